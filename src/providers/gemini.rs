//! Google Gemini: `POST /models/{model}:generateContent`, one picture a call, inline in a part of the candidate.
//!
//! Gemini refuses with status 200: a block is a candidate without parts, or no candidate and a `blockReason`. Only a part
//! with `inlineData` that isn't marked as a thought counts as a picture.

use picasso_actors::catalogue::Shape;
use picasso_actors::provider::{Failure, FailureClass, GenerateRequest};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

use super::body::{self, Text};
use super::config::{Endpoint, path_part};
use super::errors::{self, CODE_CHARS, Refusal, WORDS_CHARS, clean, text_at};
use super::{Answer, Call, Picture, Sent};

const WHO: &str = "gemini";
const BASE_URL_VAR: &str = "GEMINI_BASE_URL";

/// The call that makes the picture: the words, then the pictures in their order, the mask last. The key goes into a header,
/// never into the URL.
///
/// # Errors
/// `NotConfigured` for a model whose id can't stand in a path.
pub fn encode(endpoint: &Endpoint, request: &GenerateRequest, pictures: &[Sent]) -> Result<Call, Failure> {
    let model = if request.model.is_empty() { &endpoint.model } else { &request.model };
    let model = path_part("models.gemini", model, "._-")?;
    let (aspect, scale) = match request.shape {
        Shape::Aspect(aspect, scale) => (aspect.to_string(), Some(scale.as_str())),
        Shape::Own | Shape::Pixels(_) => ("1:1".to_owned(), None),
    };
    let config = GenerationConfig {
        response_modalities: ["TEXT", "IMAGE"],
        image_config: ImageConfig { aspect_ratio: &aspect, image_size: scale },
        // The field is a signed 32-bit number; requests keep it below 2^31.
        seed: request.seed & 0x7fff_ffff,
    };
    let wrong = |error: serde_json::Error| Failure::new(FailureClass::BadRequest, format!("{WHO}: {error}"));
    let (text, config) = (
        serde_json::to_string(&request.prompt).map_err(wrong)?,
        serde_json::to_string(&config).map_err(wrong)?,
    );
    // Written by hand so that the pictures' megabytes of base64 exist once: base64 needs no JSON escapes.
    let room = pictures.iter().map(|picture| body::base64_length(&picture.bytes) + 64).sum::<usize>();
    let mut wire = String::with_capacity(text.len() + config.len() + room + 128);
    wire.push_str(r#"{"contents":[{"role":"user","parts":[{"text":"#);
    wire.push_str(&text);
    wire.push('}');
    for picture in pictures {
        wire.push_str(r#",{"inlineData":{"mimeType":""#);
        wire.push_str(picture.media_type);
        wire.push_str(r#"","data":""#);
        body::append_base64(&picture.bytes, &mut wire);
        wire.push_str(r#""}}"#);
    }
    wire.push_str(r#"]}],"generationConfig":"#);
    wire.push_str(&config);
    wire.push('}');
    let url = format!("{}/models/{model}:generateContent", endpoint.base_url);
    let secret = ("x-goog-api-key", endpoint.key.expose().to_owned());
    Ok(Call::post(url, secret, "application/json".into(), wire.into_bytes()))
}

/// The picture of an answer.
///
/// # Errors
/// See [`super::decode`].
pub fn decode(answer: &Answer<'_>, now_ms: u64) -> Result<Picture, Failure> {
    if !answer.is_success() {
        let value = serde_json::from_slice::<Value>(answer.body).unwrap_or_default();
        // A streaming endpoint wraps its error in an array.
        let error = value.pointer("/error").or_else(|| value.pointer("/0/error"));
        return Err(match error {
            Some(error) if error.is_object() => refusal(error, answer, now_ms),
            _ => errors::unexplained(WHO, BASE_URL_VAR, answer, now_ms),
        });
    }
    let reply: Reply<'_> = body::json(WHO, answer)?;
    if let Some(error) = &reply.error {
        return Err(refusal(error, answer, now_ms));
    }
    let Some(image) = reply.image() else { return Err(reply.without_image()) };
    Ok(Picture {
        bytes: body::image(WHO, image)?,
        usage: body::usage(reply.usage_metadata),
        request_id: reply.response_id.map(|id| clean(&id.0, CODE_CHARS)).or_else(|| answer.request_id()),
    })
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct GenerationConfig<'a> {
    response_modalities: [&'a str; 2],
    image_config: ImageConfig<'a>,
    seed: u32,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ImageConfig<'a> {
    aspect_ratio: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    image_size: Option<&'a str>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Reply<'a> {
    #[serde(borrow)]
    candidates: Option<Vec<Candidate<'a>>>,
    #[serde(borrow)]
    prompt_feedback: Option<PromptFeedback<'a>>,
    #[serde(borrow)]
    usage_metadata: Option<&'a RawValue>,
    #[serde(borrow)]
    response_id: Option<Text<'a>>,
    error: Option<Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Candidate<'a> {
    #[serde(borrow)]
    content: Option<Parts<'a>>,
    #[serde(borrow)]
    finish_reason: Option<Text<'a>>,
    #[serde(borrow)]
    finish_message: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct Parts<'a> {
    #[serde(borrow)]
    parts: Option<Vec<Part<'a>>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Part<'a> {
    #[serde(borrow)]
    text: Option<Text<'a>>,
    thought: Option<bool>,
    #[serde(borrow)]
    inline_data: Option<Blob<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Blob<'a> {
    #[serde(borrow)]
    mime_type: Option<Text<'a>>,
    #[serde(borrow)]
    data: Option<Text<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PromptFeedback<'a> {
    #[serde(borrow)]
    block_reason: Option<Text<'a>>,
    #[serde(borrow)]
    block_reason_message: Option<Text<'a>>,
}

impl Reply<'_> {
    fn parts(&self) -> impl DoubleEndedIterator<Item = &Part<'_>> {
        let candidates = self.candidates.iter().flatten();
        let contents = candidates.filter_map(|candidate| candidate.content.as_ref());
        let parts = contents.flat_map(|content| content.parts.iter().flatten());
        parts.filter(|part| part.thought != Some(true))
    }

    /// The last one: a model that thinks in pictures ends with the one it means.
    fn image(&self) -> Option<&str> {
        let blobs = self.parts().filter_map(|part| part.inline_data.as_ref());
        let images =
            blobs.filter(|blob| blob.mime_type.as_ref().is_none_or(|kind| kind.0.starts_with("image/")));
        images.filter_map(|blob| blob.data.as_ref()).map(|data| &*data.0).next_back()
    }

    /// Why a successful answer holds no picture.
    fn without_image(&self) -> Failure {
        let feedback = self.prompt_feedback.as_ref();
        if let Some(reason) = feedback.and_then(|feedback| feedback.block_reason.as_ref()) {
            let message = feedback.and_then(|feedback| feedback.block_reason_message.as_ref());
            let words = message.map(|text| clean(&text.0, WORDS_CHARS)).unwrap_or_default();
            let message = format!("gemini blocked the prompt ({}) {words}", clean(&reason.0, CODE_CHARS));
            return Failure::new(FailureClass::Moderation, message.trim_end());
        }
        let candidate = self.candidates.iter().flatten().next();
        let reason = candidate.and_then(|candidate| candidate.finish_reason.as_ref());
        let reason = reason.map_or("no reason given", |text| &*text.0);
        let class = finish_class(reason);
        let what = if class == FailureClass::Moderation {
            "refused this for safety reasons"
        } else {
            "sent no image"
        };
        let own = candidate.and_then(|candidate| candidate.finish_message.as_ref());
        let words = own.or_else(|| self.parts().find_map(|part| part.text.as_ref()));
        let words = words.map(|text| clean(&text.0, WORDS_CHARS)).unwrap_or_default();
        let colon = if words.is_empty() { "" } else { ": " };
        Failure::new(class, format!("gemini {what} ({}){colon}{words}", clean(reason, CODE_CHARS)))
    }
}

/// What a `finishReason` without a picture means: safety kinds are final, the rest is chance.
fn finish_class(reason: &str) -> FailureClass {
    match reason {
        "SAFETY"
        | "BLOCKLIST"
        | "PROHIBITED_CONTENT"
        | "SPII"
        | "RECITATION"
        | "IMAGE_SAFETY"
        | "IMAGE_PROHIBITED_CONTENT"
        | "IMAGE_RECITATION" => FailureClass::Moderation,
        "LANGUAGE" => FailureClass::BadRequest,
        _ => FailureClass::NoImage,
    }
}

fn refusal(error: &Value, answer: &Answer<'_>, now_ms: u64) -> Failure {
    let status = text_at(error, "/status");
    let details = error.get("details").and_then(Value::as_array);
    let delay = details.into_iter().flatten().find_map(|detail| detail.get("retryDelay")?.as_str());
    let refusal =
        Refusal { who: WHO, class: class(error, answer), code: status, words: text_at(error, "/message") };
    refusal.failure(answer, delay.and_then(errors::duration_ms), now_ms)
}

fn class(error: &Value, answer: &Answer<'_>) -> FailureClass {
    let details = error.get("details").and_then(Value::as_array);
    let mut reasons = details.into_iter().flatten().map(|detail| text_at(detail, "/reason"));
    // A wrong key is a 400 INVALID_ARGUMENT here.
    if reasons.any(|reason| reason.starts_with("API_KEY_")) {
        return FailureClass::Auth;
    }
    match text_at(error, "/status") {
        "RESOURCE_EXHAUSTED" if no_quota_left(error, answer) => FailureClass::Quota,
        "RESOURCE_EXHAUSTED" => FailureClass::Rate,
        "INVALID_ARGUMENT" | "OUT_OF_RANGE" => FailureClass::BadRequest,
        // FAILED_PRECONDITION: the account needs billing, or its region isn't served.
        "UNAUTHENTICATED" | "PERMISSION_DENIED" | "FAILED_PRECONDITION" => FailureClass::Auth,
        "NOT_FOUND" => FailureClass::ModelGone,
        "DEADLINE_EXCEEDED" => FailureClass::Timeout,
        "UNAVAILABLE" | "INTERNAL" | "ABORTED" | "CANCELLED" => FailureClass::Overloaded,
        _ => errors::status_class(answer.status, true),
    }
}

/// Tells a quota that is gone (none for this plan, the day's used up, no credit) from a rate that is too high. The
/// `retryDelay` of the former is a minute too, and of no use; a `Retry-After` header, which Google itself doesn't send
/// with them, is a gateway's promise that waiting helps.
fn no_quota_left(error: &Value, answer: &Answer<'_>) -> bool {
    let words = text_at(error, "/message");
    let zero = words.match_indices("limit: 0").any(|(at, found)| {
        let after = words.get(at + found.len()..).and_then(|rest| rest.chars().next());
        !after.is_some_and(|c| c.is_ascii_digit() || c == '.')
    });
    let details = error.get("details").and_then(Value::as_array);
    let violations = details.into_iter().flatten().filter_map(|detail| detail.get("violations")?.as_array());
    let daily = violations.flatten().any(|violation| text_at(violation, "/quotaId").contains("PerDay"));
    zero || (daily && answer.header("retry-after").is_none()) || words.contains("credits are depleted")
}

#[cfg(test)]
mod tests;
