//! Cloudflare's envelope, `{result,success,errors,messages}`, and what Workers AI says in it when something is wrong.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::super::Answer;
use super::super::faults::Dialect;

pub struct Cloudflare;

impl Dialect for Cloudflare {
    fn error(&self, status: StatusCode, model: &str) -> Value {
        match status.as_u16() {
            400 => failure(5004, "AiError: Bad input: the request is not valid for this model"),
            401 => failure(10_000, "Authentication error"),
            403 => failure(5018, "AiError: This account is not allowed to access this model"),
            404 => failure(3042, &format!("AiError: No such model {model} or task")),
            408 => failure(3007, "AiError: Request timeout"),
            413 => failure(3006, "AiError: Request is too large"),
            429 => failure(3040, "AiError: Capacity temporarily exceeded, please try again."),
            _ => failure(3043, "AiError: Internal server error"),
        }
    }

    fn failed(&self, complaint: &str) -> Value {
        failure(3043, complaint)
    }

    fn overloaded(&self, model: &str) -> Answer {
        (StatusCode::TOO_MANY_REQUESTS, self.error(StatusCode::TOO_MANY_REQUESTS, model))
    }

    fn usage(&self) -> (&'static str, &'static str) {
        ("/result", "usage")
    }

    fn no_image(&self, _: &str, _: Option<&str>) -> Value {
        success(&json!({}))
    }

    fn moderation(&self, _: &str) -> Answer {
        let message = "AiError: Input prompt contains NSFW content. (3030)";
        (StatusCode::BAD_REQUEST, failure(3030, message))
    }

    fn quota(&self, _: &str) -> Answer {
        let message = "AiError: you have used up your daily free allocation of 10,000 neurons, please upgrade to Cloudflare's Workers Paid plan if you would like to continue usage.";
        (StatusCode::TOO_MANY_REQUESTS, failure(3036, message))
    }

    fn model_gone(&self, model: &str) -> Answer {
        no_such_model(model)
    }

    fn license(&self, _: &str) -> Answer {
        let message = "AiError: Model Agreement: Prior to using this model, you must submit the prompt 'agree'. By submitting 'agree', you hereby agree to the Llama 3.2 Community License and Acceptable Use Policy. User has not agreed to Llama3.2 model terms.";
        (StatusCode::FORBIDDEN, failure(5016, message))
    }
}

pub fn success(result: &Value) -> Value {
    json!({"result": result, "success": true, "errors": [], "messages": []})
}

pub fn failure(code: u32, message: &str) -> Value {
    json!({"result": {}, "success": false, "errors": [{"message": message, "code": code}], "messages": []})
}

pub fn no_such_model(model: &str) -> Answer {
    (StatusCode::BAD_REQUEST, failure(5007, &format!("AiError: No such model {model} or task")))
}

pub fn bad_input(complaint: &str) -> Answer {
    (StatusCode::BAD_REQUEST, failure(5004, &format!("AiError: Bad input: Error: {complaint}")))
}
