//! A tip as people write it: `POST` and `PUT` of `/api/knowledge`, and the value that D1 keeps.

use serde::{Deserialize, Serialize};

use super::query::Expected;
use crate::operation::Operation;
use crate::provider::Provider;
use crate::request::{self, Invalid};

/// Longest key, in bytes.
const KEY_MAX: usize = 80;
/// Longest advice, in characters: some models take 2,048 in all, for five tips and the person's own words.
const TIP_MAX: usize = 600;
/// Most words that a tip looks for, and the longest one in characters.
const WORDS_MAX: usize = 64;
const WORD_MAX: usize = 40;
/// Longest address of a source, in characters.
const SOURCE_MAX: usize = 500;

/// A tip's key: its provider, a slash, a name in kebab-case; at most 80 bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Key(String);

/// A tip as it's stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Tip {
    /// Its key.
    pub id: Key,
    /// Whom it's for.
    pub provider: Provider,
    /// D1 writes the true one in its place.
    pub version: u32,
    /// For people; one line, at most 200 characters.
    pub title: String,
    /// What is appended to a prompt; one paragraph, at most 600 characters.
    pub tip: String,
    /// When it applies.
    pub when: When,
    /// Where the provider says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

/// When a tip applies.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct When {
    /// Operations it's good for; none named: all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ops: Vec<String>,
    /// Words of which the prompt must have one; none named: always.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub any: Vec<String>,
}

impl Key {
    /// Reads the two parts of a path; `None` for what can't be a key.
    pub fn parse(provider: &str, name: &str) -> Option<Self> {
        let part = |part: &str| {
            !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        };
        let right = Provider::parse(provider).is_some() && name.split('-').all(part);
        let key = format!("{provider}/{name}");
        (right && key.len() <= KEY_MAX).then_some(Self(key))
    }

    /// The key's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Reads the body of `POST /api/knowledge`.
///
/// # Errors
/// [`Invalid`] naming the field.
pub fn new_tip(body: &[u8]) -> Result<Tip, Invalid> {
    let body: Body = request::decode(body)?;
    let key = body.key.as_deref().and_then(|key| key.split_once('/'));
    let key = key.and_then(|(provider, name)| Key::parse(provider, name)).ok_or_else(|| {
        Invalid::field("key", "must be openai, gemini or workers, a slash and a name in kebab-case")
    })?;
    body.tip(&key)
}

/// Reads the body of `PUT /api/knowledge/:key`, and the version that the caller believes to change.
///
/// # Errors
/// [`Invalid`] naming the field.
pub fn tip(key: &Key, body: &[u8]) -> Result<(Tip, Option<u64>), Invalid> {
    let body: Body = request::decode(body)?;
    if body.key.as_ref().is_some_and(|named| named != key.as_str()) {
        return Err(Invalid::field("key", "must be the key in the address, or left out"));
    }
    let version = body.version;
    Ok((body.tip(key)?, version))
}

/// What a caller expects of a tip before changing it, from `If-Match` and from the body's `version`.
///
/// # Errors
/// [`Invalid`] for an `If-Match` that is no version in quotation marks.
pub fn expected(if_match: Option<&str>, version: Option<u64>) -> Result<Expected, Invalid> {
    let header = match if_match.map(str::trim) {
        None | Some("*") => None,
        Some(tag) => {
            let number = tag.trim_start_matches("W/").trim_matches('"').parse();
            Some(
                number
                    .map_err(|_| Invalid::field("If-Match", "must be the ETag of the tip: \"<version>\""))?,
            )
        }
    };
    Ok(Expected { header, body: version })
}

#[derive(Deserialize)]
struct Body {
    key: Option<String>,
    provider: Option<String>,
    title: String,
    tip: String,
    when: Option<When>,
    source: Option<String>,
    version: Option<u64>,
}

impl Body {
    fn tip(self, key: &Key) -> Result<Tip, Invalid> {
        // A key begins with its provider: that's what makes it one.
        let provider = key.as_str().split('/').next().and_then(Provider::parse).unwrap_or(Provider::Openai);
        if self.provider.is_some_and(|named| named != provider.as_str()) {
            return Err(Invalid::field("provider", format!("the key is one of {provider}'s")));
        }
        let when = self.when.unwrap_or_default();
        for (at, operation) in when.ops.iter().enumerate() {
            if Operation::parse(operation).is_none() || when.ops.iter().take(at).any(|it| it == operation) {
                let known = Operation::ALL.map(Operation::as_str).join(", ");
                return Err(Invalid::field(
                    format!("when.ops[{at}]"),
                    format!("must be one of {known}, once"),
                ));
            }
        }
        if when.any.len() > WORDS_MAX {
            return Err(Invalid::field("when.any", format!("at most {WORDS_MAX} words")));
        }
        for (at, word) in when.any.iter().enumerate() {
            line(&format!("when.any[{at}]"), word, WORD_MAX)?;
            if !word.chars().any(char::is_alphanumeric) {
                return Err(Invalid::field(format!("when.any[{at}]"), "must have a letter or a digit"));
            }
        }
        Ok(Tip {
            id: key.clone(),
            provider,
            version: 0,
            title: line("title", &self.title, request::NAME_MAX)?,
            tip: line("tip", &self.tip, TIP_MAX)?,
            when,
            source: self.source.map(|source| address(&source)).transpose()?,
        })
    }
}

fn address(text: &str) -> Result<String, Invalid> {
    let text = line("source", text, SOURCE_MAX)?;
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")).unwrap_or_default();
    if rest.is_empty() || text.contains(|c: char| c.is_whitespace() || "<>\"'\\".contains(c)) {
        return Err(Invalid::field("source", "must be an http or https address"));
    }
    Ok(text)
}

/// One line of at least one and at most `most` characters, trimmed.
fn line(field: &str, text: &str, most: usize) -> Result<String, Invalid> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > most || text.chars().any(char::is_control) {
        return Err(Invalid::field(field, format!("must be one line of 1 to {most} characters")));
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn with(change: &Value) -> Vec<u8> {
        let mut body = json!({"key": "openai/soft-light", "title": "Light", "tip": "Name the light."});
        for (name, value) in change.as_object().unwrap() {
            body[name] = value.clone();
        }
        body.to_string().into_bytes()
    }

    #[test]
    fn a_tip_is_stored_as_the_seed_writes_it() {
        let body = with(
            &json!({"title": " Light ", "when": {"ops": ["edit"], "any": ["boat"]}, "source": "https://a.example/b"}),
        );
        assert_eq!(
            serde_json::to_string(&new_tip(&body).unwrap()).unwrap(),
            r#"{"id":"openai/soft-light","provider":"openai","version":0,"title":"Light","tip":"Name the light.","when":{"ops":["edit"],"any":["boat"]},"source":"https://a.example/b"}"#
        );
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (change, field) in [
            (json!({"key": "openai"}), "key"),
            (json!({"key": "openai/"}), "key"),
            (json!({"key": "openai/A"}), "key"),
            (json!({"key": "openai/a--b"}), "key"),
            (json!({"key": "openai/a/b"}), "key"),
            (json!({"key": "midas/a"}), "key"),
            (json!({"key": format!("openai/{}", "a".repeat(80))}), "key"),
            (json!({"key": null}), "key"),
            (json!({"provider": "gemini"}), "provider"),
            (json!({"title": " "}), "title"),
            (json!({"title": "a\nb"}), "title"),
            (json!({"title": 7}), "title"),
            (json!({"tip": ""}), "tip"),
            (json!({"tip": "x".repeat(601)}), "tip"),
            (json!({"when": {"ops": ["paint"]}}), "when.ops[0]"),
            (json!({"when": {"ops": ["edit", "edit"]}}), "when.ops[1]"),
            (json!({"when": {"any": ["a", "!"]}}), "when.any[1]"),
            (json!({"when": {"any": vec!["a"; 65]}}), "when.any"),
            (json!({"when": {"any": ["x".repeat(41)]}}), "when.any[0]"),
            (json!({"source": "ftp://a"}), "source"),
            (json!({"source": "https://"}), "source"),
            (json!({"source": "javascript:alert(1)"}), "source"),
            (json!({"source": "https://a/\"onload="}), "source"),
        ] {
            assert_eq!(new_tip(&with(&change)).unwrap_err().field, field, "{change}");
        }
        assert_eq!(new_tip(br#"{"key":"openai/a","tip":"T."}"#).unwrap_err().field, "title");
        new_tip(&with(&json!({"provider": "openai", "tip": "\u{e4}".repeat(600), "when": null}))).unwrap();
    }

    #[test]
    fn a_new_version_has_the_key_of_its_address() {
        let key = Key::parse("openai", "soft-light").unwrap();
        assert_eq!(tip(&key, &with(&json!({"version": 4}))).unwrap().1, Some(4));
        assert_eq!(tip(&key, br#"{"title":"T","tip":"T."}"#).unwrap().0.id, key);
        let other = Key::parse("openai", "other").unwrap();
        assert_eq!(tip(&other, &with(&json!({}))).unwrap_err().field, "key");
    }

    #[test]
    fn an_expectation_is_a_version_in_a_header_or_the_body() {
        let of = |header, body| expected(header, body).unwrap();
        assert_eq!(of(None, None), Expected::default());
        assert_eq!(of(Some("*"), None), Expected::default());
        assert_eq!(of(Some("\"3\""), Some(2)), Expected { header: Some(3), body: Some(2) });
        assert_eq!(of(Some(" W/\"3\" "), None).header, Some(3));
        assert_eq!(expected(Some("\"x\""), None).unwrap_err().field, "If-Match");
    }
}
