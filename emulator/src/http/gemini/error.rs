//! What Gemini says when something is wrong: `{"error":{"code","message","status","details"}}`, and 200 for a prompt that it
//! blocks.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::super::Answer;
use super::super::faults::Dialect;

pub struct Gemini;

impl Dialect for Gemini {
    fn error(&self, status: StatusCode, model: &str) -> Value {
        match status.as_u16() {
            400 => error(400, "Request contains an invalid argument.", "INVALID_ARGUMENT", Value::Null),
            401 => error(
                401,
                "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential.",
                "UNAUTHENTICATED",
                Value::Null,
            ),
            403 => error(403, "The caller does not have permission", "PERMISSION_DENIED", Value::Null),
            404 => gone(model),
            429 => self.rate(model, Some("46s")),
            503 => error(503, "The model is overloaded. Please try again later.", "UNAVAILABLE", Value::Null),
            504 => error(
                504,
                "Deadline expired before operation could complete.",
                "DEADLINE_EXCEEDED",
                Value::Null,
            ),
            code @ 400..=499 => {
                error(code, "The request could not be served.", "FAILED_PRECONDITION", Value::Null)
            }
            code => error(
                code,
                "An internal error has occurred. Please retry or report in https://developers.generativeai.google/guide/troubleshooting",
                "INTERNAL",
                Value::Null,
            ),
        }
    }

    fn failed(&self, complaint: &str) -> Value {
        error(500, complaint, "INTERNAL", Value::Null)
    }

    fn rate(&self, model: &str, delay: Option<&str>) -> Value {
        exhausted(model, "PerMinute", "limit: 10", delay)
    }

    fn thought_only(&self, model: &str) -> Value {
        json!({
            "candidates": [{
                "content": {"parts": [thought()], "role": "model"},
                "finishReason": "STOP",
                "index": 0,
            }],
            "usageMetadata": {
                "promptTokenCount": 8, "candidatesTokenCount": 0, "thoughtsTokenCount": 70, "totalTokenCount": 78,
                "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 8}],
            },
            "modelVersion": model,
            "responseId": "emulator-thoughts",
        })
    }

    fn usage(&self) -> (&'static str, &'static str) {
        ("", "usageMetadata")
    }

    fn no_image(&self, model: &str, finish_reason: Option<&str>) -> Value {
        let reason = finish_reason.unwrap_or("NO_IMAGE");
        json!({
            "candidates": [{"finishReason": reason, "finishMessage": "Unable to show the generated image.", "index": 0}],
            "usageMetadata": {"promptTokenCount": 8, "totalTokenCount": 8, "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 8}]},
            "modelVersion": model,
            "responseId": "emulator-no-image",
        })
    }

    fn moderation(&self, model: &str) -> Answer {
        let body = json!({
            "promptFeedback": {"blockReason": "PROHIBITED_CONTENT", "safetyRatings": []},
            "usageMetadata": {"promptTokenCount": 8, "totalTokenCount": 8, "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 8}]},
            "modelVersion": model,
            "responseId": "emulator-blocked",
        });
        (StatusCode::OK, body)
    }

    fn quota(&self, model: &str) -> Answer {
        (StatusCode::TOO_MANY_REQUESTS, exhausted(model, "PerDay", "limit: 0", None))
    }

    fn model_gone(&self, model: &str) -> Answer {
        (StatusCode::NOT_FOUND, gone(model))
    }
}

/// What Gemini shows of its thinking in words.
pub fn thought() -> Value {
    json!({"text": "**Composing the scene**\n\nThe subject goes into the middle, the light comes from the left.", "thought": true})
}

pub fn error(code: u16, message: &str, status: &str, details: Value) -> Value {
    let mut body = json!({"error": {"code": code, "message": message, "status": status}});
    if let (Some(Value::Object(fields)), false) = (body.get_mut("error"), details.is_null()) {
        fields.insert("details".to_owned(), details);
    }
    body
}

pub fn invalid(message: &str, violations: &[Value]) -> Answer {
    let details = if violations.is_empty() {
        Value::Null
    } else {
        json!([{"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": violations}])
    };
    (StatusCode::BAD_REQUEST, error(400, message, "INVALID_ARGUMENT", details))
}

pub fn gone(model: &str) -> Value {
    let message = format!(
        "models/{model} is not found for API version v1beta, or is not supported for generateContent. Call ListModels to see the list of available models and their supported methods."
    );
    error(404, &message, "NOT_FOUND", Value::Null)
}

/// `per` tells what passes from what is gone: `PerMinute` or `PerDay`.
fn exhausted(model: &str, per: &str, limit: &str, retry: Option<&str>) -> Value {
    let metric = "generativelanguage.googleapis.com/generate_content_free_tier_requests";
    let mut details = vec![json!({
        "@type": "type.googleapis.com/google.rpc.QuotaFailure",
        "violations": [{"quotaMetric": metric, "quotaId": format!("GenerateRequests{per}PerProjectPerModel-FreeTier"), "quotaDimensions": {"location": "global", "model": model}}],
    })];
    if let Some(retry) = retry {
        details.push(json!({"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": retry}));
    }
    let message = format!(
        "You exceeded your current quota, please check your plan and billing details.\n* Quota exceeded for metric: {metric}, {limit}"
    );
    error(429, &message, "RESOURCE_EXHAUSTED", Value::Array(details))
}
