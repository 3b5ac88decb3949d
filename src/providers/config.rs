//! Where each provider is, and with which key: read once from the Worker's variables.
//!
//! A provider that can't be called keeps the reason in place of its settings, so that asking for it names the variable
//! to set. An empty variable counts as unset, and surrounding white space (a newline pasted into a secret) is dropped.

use std::fmt;

use picasso_actors::provider::{Failure, FailureClass, Provider};

use super::workers_ai;

/// `OpenAI`'s own service.
pub const OPENAI_BASE_URL: &str = "https://api.openai.com/v1";
/// The newest `OpenAI` image model that its public SDK describes and that has no announced shutdown. (`gpt-image-1.5`,
/// `gpt-image-1-mini` and `chatgpt-image-latest` end on 2026-12-01.)
pub const OPENAI_IMAGE_MODEL: &str = "gpt-image-2";
/// Google's own service.
pub const GEMINI_BASE_URL: &str = "https://generativelanguage.googleapis.com/v1beta";
/// Generally available since 2026-10-06.
pub const GEMINI_IMAGE_MODEL: &str = "gemini-nano-banana-2.1";
/// Cloudflare's own service.
pub const WORKERS_AI_BASE_URL: &str = "https://api.cloudflare.com/client/v4";
/// The cheapest text-to-image model of the catalogue.
pub const WORKERS_AI_IMAGE_MODEL: &str = "@cf/black-forest-labs/flux-1-schnell";
/// The judge's eyes, as `wrangler.toml` has them.
pub const VISION_MODEL: &str = "@cf/meta/llama-3.2-11b-vision-instruct";

/// A key or token. Neither `Debug` nor `Display` shows it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// The text itself, to be put into one header.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("[redacted]")
    }
}

/// A service that takes one key and one model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// Without a slash at its end.
    pub base_url: String,
    /// Goes into one header.
    pub key: Secret,
    /// The provider's id of the image model.
    pub model: String,
}

/// All providers. Where one can't be called, why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// `OpenAI` Images.
    pub openai: Result<Endpoint, Failure>,
    /// Gemini `generateContent`.
    pub gemini: Result<Endpoint, Failure>,
    /// Workers AI: its models, and the REST twin of the `AI` binding.
    pub workers: workers_ai::Config,
}

impl Config {
    /// Reads every variable by its name.
    pub fn from_vars(var: impl Fn(&str) -> Option<String>) -> Self {
        let vars = Vars(&var);
        Self { openai: vars.openai(), gemini: vars.gemini(), workers: vars.workers() }
    }

    /// Whether this provider can be called: over HTTP, or, for `workers`, through the `AI` binding if there is one.
    ///
    /// # Errors
    /// `NotConfigured`, with a message that names the variable.
    pub fn check(&self, provider: Provider, ai_bound: bool) -> Result<(), Failure> {
        match provider {
            Provider::Openai => self.openai.as_ref().map(|_| ()),
            Provider::Gemini => self.gemini.as_ref().map(|_| ()),
            Provider::Workers if ai_bound => Ok(()),
            Provider::Workers => self.workers.rest.as_ref().map(|_| ()),
        }
        .map_err(Clone::clone)
    }

    /// The image model that this provider is asked for; `None` where it isn't configured.
    pub fn model(&self, provider: Provider) -> Option<&str> {
        match provider {
            Provider::Openai => self.openai.as_ref().ok().map(|endpoint| endpoint.model.as_str()),
            Provider::Gemini => self.gemini.as_ref().ok().map(|endpoint| endpoint.model.as_str()),
            Provider::Workers => Some(&self.workers.image_model),
        }
    }
}

struct Vars<'a>(&'a dyn Fn(&str) -> Option<String>);

impl Vars<'_> {
    fn get(&self, name: &str) -> Option<String> {
        let value = (self.0)(name)?;
        let value = value.trim();
        (!value.is_empty()).then(|| value.to_owned())
    }

    fn or(&self, name: &str, default: &str) -> String {
        self.get(name).unwrap_or_else(|| default.to_owned())
    }

    fn openai(&self) -> Result<Endpoint, Failure> {
        let key = self.get("OPENAI_API_KEY").ok_or_else(|| missing(Provider::Openai, "OPENAI_API_KEY"))?;
        Ok(Endpoint {
            key: secret("OPENAI_API_KEY", key)?,
            base_url: self.base_url("OPENAI_BASE_URL", OPENAI_BASE_URL)?,
            model: self.or("OPENAI_IMAGE_MODEL", OPENAI_IMAGE_MODEL),
        })
    }

    fn gemini(&self) -> Result<Endpoint, Failure> {
        let key = self.get("GEMINI_API_KEY").ok_or_else(|| missing(Provider::Gemini, "GEMINI_API_KEY"))?;
        let model = self.or("GEMINI_IMAGE_MODEL", GEMINI_IMAGE_MODEL);
        // Google's own lists spell it `models/…`.
        let model = model.strip_prefix("models/").unwrap_or(&model);
        Ok(Endpoint {
            key: secret("GEMINI_API_KEY", key)?,
            base_url: self.base_url("GEMINI_BASE_URL", GEMINI_BASE_URL)?,
            model: path_part("GEMINI_IMAGE_MODEL", model, "._-")?,
        })
    }

    fn workers(&self) -> workers_ai::Config {
        workers_ai::Config {
            image_model: self.or("WORKERS_AI_IMAGE_MODEL", WORKERS_AI_IMAGE_MODEL),
            vision_model: self.or("DEFAULT_MODEL_VISION", VISION_MODEL),
            reasoning_model: self.get("DEFAULT_MODEL_REASONING"),
            rest: self.rest(),
        }
    }

    fn rest(&self) -> Result<workers_ai::Rest, Failure> {
        let (account, token) = (self.get("WORKERS_AI_ACCOUNT_ID"), self.get("WORKERS_AI_API_TOKEN"));
        let (account, token) = match (account, token) {
            (Some(account), Some(token)) => (account, token),
            (None, Some(_)) => return Err(missing(Provider::Workers, "WORKERS_AI_ACCOUNT_ID")),
            (Some(_), None) => return Err(missing(Provider::Workers, "WORKERS_AI_API_TOKEN")),
            (None, None) => {
                let both = "WORKERS_AI_ACCOUNT_ID and WORKERS_AI_API_TOKEN, or bind AI";
                return Err(missing(Provider::Workers, both));
            }
        };
        Ok(workers_ai::Rest {
            account: path_part("WORKERS_AI_ACCOUNT_ID", &account, "_-")?,
            token: secret("WORKERS_AI_API_TOKEN", token)?,
            base_url: self.base_url("WORKERS_AI_BASE_URL", WORKERS_AI_BASE_URL)?,
        })
    }

    fn base_url(&self, name: &str, default: &str) -> Result<String, Failure> {
        let url = self.or(name, default);
        let url = url.trim_end_matches('/');
        let host = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://")).unwrap_or_default();
        let clean = url.chars().all(|c| c.is_ascii_graphic() && !matches!(c, '?' | '#' | '@' | '\\'));
        if host.is_empty() || host.starts_with('/') || !clean {
            let why = format!("{name} must be an http or https URL without user, query or fragment");
            return Err(Failure::new(FailureClass::NotConfigured, why));
        }
        Ok(url.to_owned())
    }
}

/// `text` is one variable's name, or what else a person can do.
fn missing(provider: Provider, text: &str) -> Failure {
    Failure::new(FailureClass::NotConfigured, format!("{provider} isn't configured: set {text}"))
}

/// A header value holds visible ASCII only; anything else would fail where the request is built, without a name.
fn secret(name: &str, value: String) -> Result<Secret, Failure> {
    if value.chars().all(|c| c.is_ascii_graphic()) {
        return Ok(Secret(value));
    }
    let why = format!("{name} holds a character that no key has (white space, or not ASCII): set it again");
    Err(Failure::new(FailureClass::NotConfigured, why))
}

/// A value that becomes part of a URL's path must not be able to leave its place there.
pub(super) fn path_part(name: &str, value: &str, extra: &str) -> Result<String, Failure> {
    let known = value.chars().all(|c| c.is_ascii_alphanumeric() || extra.contains(c));
    if known && !value.is_empty() && !value.contains("..") && !value.contains("//") {
        return Ok(value.to_owned());
    }
    Err(Failure::new(FailureClass::NotConfigured, format!("{name} holds a character that it can't have")))
}

#[cfg(test)]
pub(super) mod testing {
    use super::Config;

    pub fn vars(name: &str) -> Option<String> {
        let value = match name {
            "OPENAI_API_KEY" => "sk-secret-openai",
            "GEMINI_API_KEY" => "AIza-secret-gemini",
            "WORKERS_AI_ACCOUNT_ID" => "0a1b2c3d",
            "WORKERS_AI_API_TOKEN" => "secret-workers",
            _ => return None,
        };
        Some(value.to_owned())
    }

    pub fn config() -> Config {
        Config::from_vars(vars)
    }

    /// The default configuration with some variables set.
    pub fn with(overrides: &[(&str, &str)]) -> Config {
        Config::from_vars(|name| {
            let found = overrides.iter().find(|(key, _)| *key == name);
            found.map_or_else(|| vars(name), |(_, value)| Some((*value).to_owned()))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_alone_mean_the_real_services() {
        let config = testing::config();
        let openai = config.openai.clone().unwrap();
        assert_eq!((openai.base_url.as_str(), openai.model.as_str()), (OPENAI_BASE_URL, "gpt-image-2"));
        let gemini = config.gemini.clone().unwrap();
        assert_eq!(
            (gemini.base_url.as_str(), gemini.model.as_str()),
            (GEMINI_BASE_URL, "gemini-nano-banana-2.1")
        );
        assert_eq!(config.workers.rest.clone().unwrap().base_url, WORKERS_AI_BASE_URL);
        assert_eq!(config.model(Provider::Workers), Some("@cf/black-forest-labs/flux-1-schnell"));
        assert_eq!(config.workers.vision_model, "@cf/meta/llama-3.2-11b-vision-instruct");
        for provider in Provider::ALL {
            config.check(provider, false).unwrap();
        }
    }

    #[test]
    fn values_are_tidied() {
        let config = testing::with(&[
            ("OPENAI_API_KEY", " sk-a\n"),
            ("OPENAI_BASE_URL", "http://127.0.0.1:9/openai/v1/"),
            ("GEMINI_IMAGE_MODEL", "models/gemini-3-pro-image"),
            ("WORKERS_AI_IMAGE_MODEL", ""),
        ]);
        let openai = config.openai.clone().unwrap();
        assert_eq!((openai.key.expose(), openai.base_url.as_str()), ("sk-a", "http://127.0.0.1:9/openai/v1"));
        assert_eq!(config.model(Provider::Gemini), Some("gemini-3-pro-image"));
        assert_eq!(config.model(Provider::Workers), Some(WORKERS_AI_IMAGE_MODEL));
    }

    #[test]
    fn a_wrong_value_names_its_variable() {
        for (name, value, provider) in [
            ("OPENAI_API_KEY", "", Provider::Openai),
            ("OPENAI_API_KEY", "sk-\u{e9}secret", Provider::Openai),
            ("OPENAI_API_KEY", "sk-secret\r\nx: y", Provider::Openai),
            ("OPENAI_BASE_URL", "api.openai.com", Provider::Openai),
            ("OPENAI_BASE_URL", "file:///etc", Provider::Openai),
            ("OPENAI_BASE_URL", "https://", Provider::Openai),
            ("OPENAI_BASE_URL", "https:///openai/v1", Provider::Openai),
            ("OPENAI_BASE_URL", "https://user@example.com", Provider::Openai),
            ("GEMINI_BASE_URL", "https://example.com/?key=1", Provider::Gemini),
            ("GEMINI_IMAGE_MODEL", "../files", Provider::Gemini),
            ("GEMINI_IMAGE_MODEL", "a?b", Provider::Gemini),
            ("WORKERS_AI_ACCOUNT_ID", " ", Provider::Workers),
            ("WORKERS_AI_ACCOUNT_ID", "a/b", Provider::Workers),
            ("WORKERS_AI_API_TOKEN", "", Provider::Workers),
        ] {
            let failure = testing::with(&[(name, value)]).check(provider, false).unwrap_err();
            assert_eq!(failure.class, FailureClass::NotConfigured, "{name}={value:?}");
            assert!(failure.message.contains(name), "{name}={value:?}: {}", failure.message);
            assert!(!failure.message.contains("secret"), "{}", failure.message);
        }
    }
}
