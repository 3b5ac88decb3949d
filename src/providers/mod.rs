//! The image providers' wire formats: what to send, and what an answer means.
//!
//! Everything here is a pure function of its arguments: no I/O, no clock, no runtime types. The shell sends a
//! [`Call`] with redirects off (an `Authorization` header survives a cross-origin redirect at this Worker's
//! compatibility date), caps the answer at [`ANSWER_BYTES_MAX`], and hands it back to [`decode`].
//!
//! Invariants: no message and no `Debug` text holds a key; a provider's refusal becomes exactly one
//! [`FailureClass`](picasso_actors::provider::FailureClass), and what to do about it is the core's decision; bytes are
//! handed on as they came, since whether they are a picture is the core's to sniff.
//! Absent: retries, and which model is asked.

pub mod config;
pub mod gemini;
pub mod language;
pub mod openai;
pub mod vision;
pub mod workers_ai;

mod body;
mod errors;
mod multipart;
mod prompt;
mod sse;

use std::fmt;

use picasso_actors::catalogue::Shape;
use picasso_actors::operation::Size;
use picasso_actors::provider::{Failure, GenerateRequest, Provider, Role};

pub use config::Config;

/// The longest answer worth reading, in bytes. An isolate has 128 MB, and an answer is held as text and as decoded
/// bytes at once; a 1024×1024 PNG in base64 is about 2 MB.
pub const ANSWER_BYTES_MAX: usize = 24 * 1024 * 1024;

/// Width and height asked of a model that lets us choose when nobody has chosen, in pixels.
const SIDE_PX: u32 = 1024;

/// One HTTP request, ready to send. It holds the key, so its `Debug` shows no header's value and no body.
#[derive(Clone, PartialEq, Eq)]
pub struct Call {
    /// Always `POST` so far.
    pub method: &'static str,
    /// Absolute. Never holds a key.
    pub url: String,
    /// Names in lower case.
    pub headers: Vec<(&'static str, String)>,
    /// The whole body.
    pub body: Vec<u8>,
}

impl Call {
    /// A `POST` of `body`, authorised by `secret`.
    fn post(url: String, secret: (&'static str, String), content_type: String, body: Vec<u8>) -> Self {
        let headers =
            vec![secret, ("content-type", content_type), ("accept", "application/json, image/*".into())];
        Self { method: "POST", url, headers, body }
    }
}

impl fmt::Debug for Call {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.headers.iter().map(|(name, _)| *name).collect();
        out.debug_struct("Call")
            .field("method", &self.method)
            .field("url", &self.url)
            .field("headers", &names)
            .field("body_bytes", &self.body.len())
            .finish()
    }
}

/// What came back over HTTP, whatever its status.
#[derive(Clone, Copy)]
pub struct Answer<'a> {
    /// The HTTP status.
    pub status: u16,
    /// Looks a response header up by its name in lower case.
    pub headers: &'a dyn Fn(&str) -> Option<String>,
    /// The whole body, at most [`ANSWER_BYTES_MAX`].
    pub body: &'a [u8],
}

impl Answer<'_> {
    /// One header, or `None`.
    fn header(&self, name: &str) -> Option<String> {
        (self.headers)(name)
    }

    /// The provider's id of this request, for its support desk.
    fn request_id(&self) -> Option<String> {
        let id = self.header("x-request-id").or_else(|| self.header("cf-ray"))?;
        Some(errors::clean(&id, errors::CODE_CHARS)).filter(|id| !id.is_empty())
    }

    /// Whether the status says success.
    fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

/// A picture that is sent along, as the provider takes it.
#[derive(Clone, PartialEq, Eq)]
pub struct Sent {
    /// What it's for.
    pub role: Role,
    /// From its magic bytes.
    pub media_type: &'static str,
    /// The whole file.
    pub bytes: Vec<u8>,
}

impl fmt::Debug for Sent {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Sent")
            .field("role", &self.role)
            .field("media_type", &self.media_type)
            .field("bytes", &self.bytes.len())
            .finish()
    }
}

/// The pixels to ask for, of a model that takes pixels.
fn pixels(shape: Shape) -> Size {
    match shape {
        Shape::Pixels(size) => size,
        Shape::Own | Shape::Aspect(..) => Size { width: SIDE_PX, height: SIDE_PX },
    }
}

/// A picture as the provider made it.
#[derive(Clone, PartialEq, Eq)]
pub struct Picture {
    /// The exact bytes. Not yet known to be an image.
    pub bytes: Vec<u8>,
    /// The provider's own usage figures as one line of ASCII JSON, at most 2,048 bytes (it becomes object metadata).
    pub usage: Option<String>,
    /// The provider's id of this request.
    pub request_id: Option<String>,
}

impl fmt::Debug for Picture {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Picture")
            .field("bytes", &self.bytes.len())
            .field("usage", &self.usage)
            .field("request_id", &self.request_id)
            .finish()
    }
}

/// The call that makes this picture. `pictures` are those of `request.materials`, in the same order.
///
/// # Errors
/// `NotConfigured`, naming the variable; `BadRequest` when the prompt is longer than the model takes.
pub fn encode(config: &Config, request: &GenerateRequest, pictures: &[Sent]) -> Result<Call, Failure> {
    match request.provider {
        Provider::Openai => openai::encode(config.openai.as_ref().map_err(Clone::clone)?, request, pictures),
        Provider::Gemini => gemini::encode(config.gemini.as_ref().map_err(Clone::clone)?, request, pictures),
        Provider::Workers => workers_ai::encode(&config.workers, request, pictures),
    }
}

/// What the provider's answer means. `now_ms` is the Unix time in milliseconds at which it arrived: a `Retry-After`
/// can be a date.
///
/// # Errors
/// The class and message of whatever went wrong, including the refusals that arrive with status 200.
pub fn decode(provider: Provider, answer: &Answer<'_>, now_ms: u64) -> Result<Picture, Failure> {
    match provider {
        Provider::Openai => openai::decode(answer, now_ms),
        Provider::Gemini => gemini::decode(answer, now_ms),
        Provider::Workers => workers_ai::decode(answer, now_ms),
    }
}

#[cfg(test)]
mod tests {
    use picasso_actors::provider::FailureClass;

    use super::config::testing;
    use super::*;

    #[test]
    fn a_call_and_a_config_never_show_the_key() {
        let config = testing::config();
        for provider in Provider::ALL {
            let request = GenerateRequest::from_words(provider, "a red boat".into(), 7);
            let call = encode(&config, &request, &[]).unwrap();
            assert!(
                call.headers.iter().any(|(_, value)| value.contains("secret")),
                "{provider} sends its key"
            );
            let shown = format!("{call:?} {config:?}");
            assert!(!shown.contains("secret"), "{shown}");
            assert!(!call.url.contains("secret"), "{}", call.url);
        }
    }

    #[test]
    fn without_variables_every_provider_says_what_is_missing() {
        let config = Config::from_vars(|_| None);
        for (provider, names) in [
            (Provider::Openai, vec!["OPENAI_API_KEY"]),
            (Provider::Gemini, vec!["GEMINI_API_KEY"]),
            (Provider::Workers, vec!["WORKERS_AI_ACCOUNT_ID", "WORKERS_AI_API_TOKEN"]),
        ] {
            let request = GenerateRequest::from_words(provider, "a red boat".into(), 7);
            let failure = encode(&config, &request, &[]).unwrap_err();
            assert_eq!(failure.class, FailureClass::NotConfigured);
            for name in names {
                assert!(failure.message.contains(name), "{}", failure.message);
            }
        }
    }

    /// What every provider shares, whatever its error format: the status alone decides when the body says nothing.
    #[test]
    fn a_status_without_a_readable_body() {
        use FailureClass::{Auth, BadRequest, Overloaded, Quota, Rate, Timeout};
        for (status, class) in [
            (301, BadRequest),
            (400, BadRequest),
            (401, Auth),
            (402, Quota),
            (403, Auth),
            (404, BadRequest),
            (408, Timeout),
            (409, Overloaded),
            (413, BadRequest),
            (429, Rate),
            (500, Overloaded),
            (502, Overloaded),
            (503, Overloaded),
            (504, Timeout),
            (524, Timeout),
        ] {
            for provider in Provider::ALL {
                for body in ["", "<html><h1>Oops</h1></html>", "upstream connect error", "{}", "[1]", "null"]
                {
                    let answer = Answer { status, headers: &|_| None, body: body.as_bytes() };
                    let failure = decode(provider, &answer, 0).unwrap_err();
                    assert_eq!(failure.class, class, "{provider} {status} {body:?}: {}", failure.message);
                    assert!(failure.message.contains(&status.to_string()), "{}", failure.message);
                    assert!(!failure.message.contains("<h1>"), "{}", failure.message);
                }
            }
        }
    }

    #[test]
    fn a_success_that_is_no_answer() {
        use FailureClass::{BadImage, NoImage, Overloaded};
        for provider in Provider::ALL {
            for (kind, body, class) in [
                ("text/html; charset=utf-8", "<!doctype html><p>Please log in", Overloaded),
                ("application/json", "  <html>", Overloaded),
                ("application/json", "", NoImage),
                ("application/json", "{}", NoImage),
                ("application/json", "{\"data\":[{\"b64_json\":\"iVBORw0KGgoAAAANSUhEUgAAAAE", BadImage),
                ("application/json", "{\"candidates\":17,\"data\":17,\"result\":17}", BadImage),
            ] {
                let header = |name: &str| (name == "content-type").then(|| kind.to_owned());
                let answer = Answer { status: 200, headers: &header, body: body.as_bytes() };
                let failure = decode(provider, &answer, 0).unwrap_err();
                assert_eq!(failure.class, class, "{provider} {body:?}: {}", failure.message);
            }
        }
    }

    #[test]
    fn an_answer_cut_anywhere_is_never_a_picture() {
        for (provider, body) in [
            (
                Provider::Openai,
                r#"{"created":1,"data":[{"b64_json":"iVBORw0KGgoAAAAN"}],"usage":{"total_tokens":1}}"#,
            ),
            (
                Provider::Gemini,
                r#"{"candidates":[{"content":{"parts":[{"inlineData":{"mimeType":"image/png","data":"iVBORw0KGgoAAAAN"}}]},"finishReason":"STOP"}]}"#,
            ),
            (
                Provider::Workers,
                r#"{"result":{"image":"iVBORw0KGgoAAAAN"},"success":true,"errors":[],"messages":[]}"#,
            ),
        ] {
            let decoded = |body| decode(provider, &Answer { status: 200, headers: &|_| None, body }, 0);
            assert_eq!(decoded(body.as_bytes()).unwrap().bytes, b"\x89PNG\r\n\x1a\n\0\0\0\r");
            for end in 1..body.len() {
                let failure = decoded(&body.as_bytes()[..end]).unwrap_err();
                assert_eq!(failure.class, FailureClass::BadImage, "{provider} cut at {end}");
            }
        }
    }
}
