//! What `OpenAI` says when something is wrong: `{"error":{"message","type","param","code"}}`.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::super::Answer;
use super::super::faults::Dialect;
use super::super::wire::Event;
use crate::call::epoch_ms;

pub struct Openai;

impl Dialect for Openai {
    fn error(&self, status: StatusCode, model: &str) -> Value {
        let (message, kind, code) = match status.as_u16() {
            401 => (
                "Incorrect API key provided. You can find your API key at https://platform.openai.com/account/api-keys.",
                "invalid_request_error",
                Some("invalid_api_key"),
            ),
            403 => ("Your organization must be verified to use this model.", "invalid_request_error", None),
            404 => return gone(model),
            429 => (
                "Rate limit reached for images per minute. Please try again later.",
                "requests",
                Some("rate_limit_exceeded"),
            ),
            400..=499 => ("Your request was invalid.", "invalid_request_error", None),
            503 => (
                "The server is currently overloaded. Please try again later.",
                "service_unavailable_error",
                Some("server_is_overloaded"),
            ),
            _ => (
                "The server had an error while processing your request. Sorry about that!",
                "server_error",
                None,
            ),
        };
        error(message, kind, None, code)
    }

    fn failed(&self, complaint: &str) -> Value {
        error(complaint, "server_error", None, None)
    }

    fn no_image(&self, _: &str, _: Option<&str>) -> Value {
        json!({"created": epoch_ms() / 1000, "data": [], "usage": {"input_tokens": 0, "output_tokens": 0, "total_tokens": 0}})
    }

    fn moderation(&self, _: &str) -> Answer {
        let message = "Your request was rejected by the safety system. If you believe this is an error, contact us at help.openai.com. safety_violations=[sexual].";
        (
            StatusCode::BAD_REQUEST,
            error(message, "image_generation_user_error", None, Some("moderation_blocked")),
        )
    }

    fn quota(&self, _: &str) -> Answer {
        let message = "You exceeded your current quota, please check your plan and billing details.";
        (
            StatusCode::TOO_MANY_REQUESTS,
            error(message, "insufficient_quota", None, Some("credit_balance_exhausted")),
        )
    }

    fn model_gone(&self, model: &str) -> Answer {
        (StatusCode::NOT_FOUND, gone(model))
    }

    fn streamed(&self, _: Value) -> Vec<Event> {
        vec![done()]
    }
}

/// The end of every stream.
pub fn done() -> Event {
    Event { name: None, data: Value::from("[DONE]") }
}

pub fn error(message: &str, kind: &str, param: Option<&str>, code: Option<&str>) -> Value {
    json!({"error": {"message": message, "type": kind, "param": param, "code": code}})
}

pub fn gone(model: &str) -> Value {
    let message = format!("The model '{model}' does not exist or you do not have access to it.");
    error(&message, "invalid_request_error", None, Some("model_not_found"))
}

/// 400 without a parameter to blame.
pub fn reject(message: &str) -> Answer {
    (StatusCode::BAD_REQUEST, error(message, "invalid_request_error", None, None))
}

/// 400 for one parameter.
pub fn bad(param: &str, message: &str, code: &str) -> Answer {
    (StatusCode::BAD_REQUEST, error(message, "invalid_request_error", Some(param), Some(code)))
}

/// 400 for what the image models refuse, as against the API in front of them.
pub fn user_error(param: &str, message: &str, code: &str) -> Answer {
    (StatusCode::BAD_REQUEST, error(message, "image_generation_user_error", Some(param), Some(code)))
}

pub fn missing(param: &str) -> Answer {
    bad(param, &format!("Missing required parameter: '{param}'."), "missing_required_parameter")
}
