//! `OpenAI` Images: `POST /images/generations` for words alone, `POST /images/edits` where there are pictures; one picture a
//! call, answered as base64 in JSON, or as a [`stream`] where partial pictures are wanted.
//!
//! The model is always sent (the documented default no longer exists), and of the other parameters only those that were asked
//! for: the catalogue knows which a model takes. `OpenAI` takes no seed: two calls differ by themselves. `input_fidelity` is
//! never sent: what the SDK says of it and what the models accept differ.

use picasso_actors::operation::Format;
use picasso_actors::provider::{Failure, FailureClass, GenerateRequest, Role};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

use super::body::{self, Text};
use super::config::Endpoint;
use super::errors::{self, Refusal, text_at};
use super::multipart::{self, Field};
use super::{Answer, Call, Picture, Sent, pixels, prompt};

pub mod stream;

/// The longest prompt of the GPT image models, in characters.
pub const PROMPT_CHARS_MAX: usize = 32_000;

const WHO: &str = "openai";
const BASE_URL_VAR: &str = "OPENAI_BASE_URL";

/// The call that makes the picture.
///
/// # Errors
/// `BadRequest` for a prompt over [`PROMPT_CHARS_MAX`].
pub fn encode(endpoint: &Endpoint, request: &GenerateRequest, pictures: &[Sent]) -> Result<Call, Failure> {
    let model = if request.model.is_empty() { &endpoint.model } else { &request.model };
    let wire = Generate {
        model,
        prompt: &prompt::fit(&request.prompt, PROMPT_CHARS_MAX, model)?,
        n: 1,
        size: &pixels(request.shape).to_string(),
        output_format: request.format.unwrap_or(Format::Png).as_str(),
        quality: request.quality.map(picasso_actors::operation::Quality::as_str),
        stream: (request.partials > 0).then_some(true),
        partial_images: (request.partials > 0).then_some(request.partials),
    };
    let (path, content_type, body) = if pictures.is_empty() {
        let body = serde_json::to_vec(&wire)
            .map_err(|error| Failure::new(FailureClass::BadRequest, format!("{WHO}: {error}")))?;
        ("generations", "application/json".to_owned(), body)
    } else {
        let (content_type, body) = wire.form(pictures);
        ("edits", content_type, body)
    };
    let secret = ("authorization", format!("Bearer {}", endpoint.key.expose()));
    Ok(Call::post(format!("{}/images/{path}", endpoint.base_url), secret, content_type, body))
}

/// The picture of an answer.
///
/// # Errors
/// See [`super::decode`].
pub fn decode(answer: &Answer<'_>, now_ms: u64) -> Result<Picture, Failure> {
    if !answer.is_success() {
        let value = serde_json::from_slice::<Value>(answer.body).unwrap_or_default();
        return Err(match value.get("error") {
            Some(error) if error.is_object() => refusal(error, answer, now_ms),
            _ => errors::unexplained(WHO, BASE_URL_VAR, answer, now_ms),
        });
    }
    let reply: Reply<'_> = body::json(WHO, answer)?;
    if let Some(error) = &reply.error {
        return Err(refusal(error, answer, now_ms));
    }
    let item = reply.data.into_iter().flatten().next();
    let Some(Text(image)) = item.and_then(|item| item.b64_json) else {
        return Err(Failure::new(FailureClass::NoImage, "openai answered without an image"));
    };
    Ok(Picture {
        bytes: body::image(WHO, &image)?,
        usage: body::usage(reply.usage),
        request_id: answer.request_id(),
    })
}

#[derive(Serialize)]
struct Generate<'a> {
    model: &'a str,
    prompt: &'a str,
    n: u32,
    size: &'a str,
    output_format: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    quality: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stream: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    partial_images: Option<u32>,
}

impl Generate<'_> {
    /// The same with pictures: the first is the one that's edited, and the mask has a field of its own.
    fn form(&self, pictures: &[Sent]) -> (String, Vec<u8>) {
        let text = |name, value: &str| Field::Text(name, value.to_owned());
        let mut fields = vec![
            text("model", self.model),
            text("prompt", self.prompt),
            text("n", "1"),
            text("size", self.size),
            text("output_format", self.output_format),
        ];
        fields.extend(self.quality.map(|quality| text("quality", quality)));
        fields.extend(self.stream.map(|_| text("stream", "true")));
        fields.extend(self.partial_images.map(|count| text("partial_images", &count.to_string())));
        fields.extend(pictures.iter().map(|picture| {
            let name = if picture.role == Role::Mask { "mask" } else { "image[]" };
            Field::File(name.to_owned(), picture)
        }));
        multipart::encode(&fields)
    }
}

#[derive(Deserialize)]
struct Reply<'a> {
    #[serde(borrow)]
    data: Option<Vec<Item<'a>>>,
    #[serde(borrow)]
    usage: Option<&'a RawValue>,
    error: Option<Value>,
}

#[derive(Deserialize)]
struct Item<'a> {
    #[serde(borrow)]
    b64_json: Option<Text<'a>>,
}

/// Codes and types that decide by themselves, whatever the status.
const CLASSES: &[(&str, FailureClass)] = &[
    ("moderation_blocked", FailureClass::Moderation),
    ("content_policy_violation", FailureClass::Moderation),
    ("insufficient_quota", FailureClass::Quota),
    ("credit_balance_exhausted", FailureClass::Quota),
    ("organization_usage_limit_exceeded", FailureClass::Quota),
    ("organization_spend_limit_exceeded", FailureClass::Quota),
    ("project_spend_limit_exceeded", FailureClass::Quota),
    ("billing_hard_limit_reached", FailureClass::Quota),
    ("billing_not_active", FailureClass::Quota),
    ("invalid_api_key", FailureClass::Auth),
    ("account_deactivated", FailureClass::Auth),
    ("model_not_found", FailureClass::ModelGone),
    ("rate_limit_exceeded", FailureClass::Rate),
    ("slow_down", FailureClass::Rate),
    ("server_is_overloaded", FailureClass::Overloaded),
    ("server_error", FailureClass::Overloaded),
];

fn refusal(error: &Value, answer: &Answer<'_>, now_ms: u64) -> Failure {
    let (code, kind) = (text_at(error, "/code"), text_at(error, "/type"));
    let words = text_at(error, "/message");
    let refusal = Refusal {
        who: WHO,
        class: advised(class(error, answer.status), answer.header("x-should-retry").as_deref()),
        code: if code.is_empty() { kind } else { code },
        words,
    };
    refusal.failure(answer, None, now_ms)
}

fn class(error: &Value, status: u16) -> FailureClass {
    let (code, kind) = (text_at(error, "/code"), text_at(error, "/type"));
    let known = |name: &str| CLASSES.iter().find(|(known, _)| *known == name).map(|(_, class)| *class);
    if let Some(class) = known(code).or_else(|| known(kind)) {
        return class;
    }
    let words = text_at(error, "/message");
    if text_at(error, "/param") == "model" && words.contains("does not exist") {
        // The images endpoint says 400 `invalid_value` for a model that is gone.
        return FailureClass::ModelGone;
    }
    if kind == "image_generation_user_error" && words.contains("safety system") {
        return FailureClass::Moderation;
    }
    errors::status_class(status, true)
}

/// `x-should-retry` wins over the status, as in the official SDK; it never overrides a refusal with a known reason.
fn advised(class: FailureClass, should_retry: Option<&str>) -> FailureClass {
    match (should_retry, class) {
        (Some("false"), FailureClass::Rate) => FailureClass::Quota,
        (Some("false"), FailureClass::Overloaded | FailureClass::Timeout) => FailureClass::BadRequest,
        (Some("true"), FailureClass::BadRequest) => FailureClass::Overloaded,
        _ => class,
    }
}

#[cfg(test)]
mod tests {
    use picasso_actors::provider::Provider;
    use serde_json::json;

    use super::super::config::testing;
    use super::*;

    fn request(prompt: &str) -> GenerateRequest {
        GenerateRequest::from_words(Provider::Openai, prompt.into(), 7)
    }

    fn answered(status: u16, body: &str) -> Result<Picture, Failure> {
        decode(&Answer { status, headers: &|_| None, body: body.as_bytes() }, 0)
    }

    #[test]
    fn the_call() {
        let call =
            super::super::encode(&testing::config(), &request("a \"red\" boat\n\nSoft light."), &[]).unwrap();
        assert_eq!(
            (call.method, call.url.as_str()),
            ("POST", "https://api.openai.com/v1/images/generations")
        );
        assert!(call.headers.contains(&("authorization", "Bearer sk-secret-openai".into())));
        assert!(call.headers.contains(&("content-type", "application/json".into())));
        let body: Value = serde_json::from_slice(&call.body).unwrap();
        let expected = json!({
            "model": "gpt-image-2", "prompt": "a \"red\" boat\n\nSoft light.",
            "n": 1, "size": "1024x1024", "output_format": "png"
        });
        assert_eq!(body, expected);
        let failure =
            super::super::encode(&testing::config(), &request(&"x".repeat(32_001)), &[]).unwrap_err();
        assert_eq!(failure.class, FailureClass::BadRequest);
    }

    #[test]
    fn with_pictures_it_is_an_edit() {
        let picture = |role, bytes: &[u8]| Sent { role, media_type: "image/png", bytes: bytes.to_vec() };
        let pictures =
            [picture(Role::Start, b"START"), picture(Role::Reference, b"LOOK"), picture(Role::Mask, b"MASK")];
        let wanted = GenerateRequest {
            model: "gpt-image-2.6-flare".into(),
            quality: Some(picasso_actors::operation::Quality::Low),
            partials: 2,
            ..request("a boat")
        };
        let call = super::super::encode(&testing::config(), &wanted, &pictures).unwrap();
        assert_eq!(call.url, "https://api.openai.com/v1/images/edits");
        let form = String::from_utf8(call.body).unwrap();
        let fields: Vec<&str> = form
            .split("form-data; name=\"")
            .skip(1)
            .map(|part| part.split("\r\n--").next().unwrap())
            .collect();
        let file = |name, bytes| {
            format!("{name}\"; filename=\"image.png\"\r\ncontent-type: image/png\r\n\r\n{bytes}")
        };
        let text = |name, value| format!("{name}\"\r\n\r\n{value}");
        assert_eq!(
            fields,
            [
                text("model", "gpt-image-2.6-flare"),
                text("prompt", "a boat"),
                text("n", "1"),
                text("size", "1024x1024"),
                text("output_format", "png"),
                text("quality", "low"),
                text("stream", "true"),
                text("partial_images", "2"),
                file("image[]", "START"),
                file("image[]", "LOOK"),
                file("mask", "MASK"),
            ]
        );
    }

    #[test]
    fn a_picture() {
        let body = r#"{"created":1795305600,"background":"opaque","output_format":"png","quality":"high",
            "size":"1024x1024","data":[{"b64_json":"iVBORw0KGgo="}],
            "usage":{"input_tokens":50,"input_tokens_details":{"text_tokens":10,"image_tokens":40},
            "output_tokens":4160,"total_tokens":4210}}"#;
        let header = |name: &str| (name == "x-request-id").then(|| "req_7".to_owned());
        let answer = Answer { status: 200, headers: &header, body: body.as_bytes() };
        let picture = decode(&answer, 0).unwrap();
        assert_eq!(picture.bytes, b"\x89PNG\r\n\x1a\n");
        assert_eq!(picture.request_id.as_deref(), Some("req_7"));
        let usage: Value = serde_json::from_str(&picture.usage.unwrap()).unwrap();
        assert_eq!(usage["total_tokens"], 4210);
    }

    #[test]
    fn a_success_without_a_picture() {
        for body in [
            r#"{"created":1,"data":[]}"#,
            r#"{"created":1,"data":null}"#,
            r#"{"created":1,"data":[{"url":"https://example.com/a.png","b64_json":null}]}"#,
            r#"{"created":1,"data":[{"b64_json":""}]}"#,
        ] {
            assert_eq!(answered(200, body).unwrap_err().class, FailureClass::NoImage, "{body}");
        }
        let broken = answered(200, r#"{"data":[{"b64_json":"%"}]}"#).unwrap_err();
        assert_eq!(broken.class, FailureClass::BadImage);
    }

    #[test]
    fn refusals() {
        use FailureClass::{Auth, BadRequest, ModelGone, Moderation, Overloaded, Quota, Rate};
        for (status, body, class) in [
            (
                400,
                r#"{"error":{"message":"Your request was rejected by the safety system. safety_violations=[violence].","type":"image_generation_user_error","param":null,"code":"moderation_blocked"}}"#,
                Moderation,
            ),
            (
                400,
                r#"{"error":{"message":"Your request was rejected by the safety system.","type":"image_generation_user_error"}}"#,
                Moderation,
            ),
            (
                400,
                r#"{"error":{"message":"The model 'gpt-image-2' does not support the 'input_fidelity' parameter.","type":"image_generation_user_error","param":"input_fidelity","code":"invalid_input_fidelity_model"}}"#,
                BadRequest,
            ),
            (
                400,
                r#"{"error":{"message":"The model 'dall-e-3' does not exist.","type":"image_generation_user_error","param":"model","code":"invalid_value"}}"#,
                ModelGone,
            ),
            (
                400,
                r#"{"error":{"message":"Billing hard limit has been reached","type":"invalid_request_error","param":null,"code":"billing_hard_limit_reached"}}"#,
                Quota,
            ),
            (
                401,
                r#"{"error":{"message":"Incorrect API key provided: sk-proj-********abcd.","type":"invalid_request_error","param":null,"code":"invalid_api_key"}}"#,
                Auth,
            ),
            (
                403,
                r#"{"error":{"message":"Your organization must be verified to use the model `gpt-image-2`.","type":"invalid_request_error","param":null,"code":null}}"#,
                Auth,
            ),
            (
                403,
                r#"{"error":{"message":"Project `p` does not have access to model `gpt-image-2`","type":"invalid_request_error","param":null,"code":"model_not_found"}}"#,
                ModelGone,
            ),
            (
                404,
                r#"{"error":{"message":"The model `x` does not exist","type":"invalid_request_error","param":null,"code":"model_not_found"}}"#,
                ModelGone,
            ),
            (
                429,
                r#"{"error":{"message":"Rate limit reached for images per minute. Limit: 5/1min.","type":"tokens","param":null,"code":"rate_limit_exceeded"}}"#,
                Rate,
            ),
            (
                429,
                r#"{"error":{"message":"You exceeded your current quota","type":"insufficient_quota","param":null,"code":"insufficient_quota"}}"#,
                Quota,
            ),
            (
                429,
                r#"{"error":{"message":"Limit reached","type":"insufficient_quota","param":null,"code":"project_spend_limit_exceeded"}}"#,
                Quota,
            ),
            (
                500,
                r#"{"error":{"message":"The server had an error","type":"server_error","param":null,"code":null}}"#,
                Overloaded,
            ),
            (
                503,
                r#"{"error":{"message":"Overloaded","type":"service_unavailable_error","code":"server_is_overloaded"}}"#,
                Overloaded,
            ),
            (200, r#"{"error":{"message":"late","type":"server_error"}}"#, Overloaded),
        ] {
            let failure = answered(status, body).unwrap_err();
            assert_eq!(failure.class, class, "{body}");
            assert!(!failure.message.contains("abcd"), "{}", failure.message);
        }
    }

    #[test]
    fn waiting_and_the_retry_header() {
        let body = br#"{"error":{"message":"slow","type":"requests","code":"rate_limit_exceeded"}}"#;
        for (advice, class, wait) in [
            (None, FailureClass::Rate, Some(2_000)),
            (Some("true"), FailureClass::Rate, Some(2_000)),
            (Some("false"), FailureClass::Quota, None),
        ] {
            let header = |name: &str| match name {
                "retry-after" => Some("2".to_owned()),
                "x-should-retry" => advice.map(str::to_owned),
                _ => None,
            };
            let failure = decode(&Answer { status: 429, headers: &header, body }, 0).unwrap_err();
            assert_eq!((failure.class, failure.retry_after_ms), (class, wait), "{advice:?}");
        }
        assert_eq!(advised(FailureClass::BadRequest, Some("true")), FailureClass::Overloaded);
        assert_eq!(advised(FailureClass::Moderation, Some("true")), FailureClass::Moderation);
        assert_eq!(advised(FailureClass::Overloaded, Some("false")), FailureClass::BadRequest);
    }
}
