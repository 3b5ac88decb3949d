//! Gemini: `POST /gemini/v1beta/models/{model}:generateContent` and `:streamGenerateContent`.

mod answer;
mod error;
mod request;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde_json::Value;

use super::Answer;
use super::conduct::conduct;
use crate::call::Ask;
use crate::service::Service;
use crate::state::Emulator;
use error::{error, gone};
use request::{Method, Request};

pub fn routes() -> Router<Emulator> {
    Router::new()
        .route("/gemini/v1beta/models/{call}", post(call))
        .route("/gemini/{*rest}", axum::routing::any(unknown))
}

async fn call(
    State(emulator): State<Emulator>,
    Path(call): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let (model, method) = call.split_once(':').unwrap_or((&call, ""));
    let sse = query.unwrap_or_default().split('&').any(|pair| pair == "alt=sse");
    let request = authorised(&headers).and_then(|()| {
        let method = match (method, sse) {
            ("generateContent", _) => Method::Whole,
            ("streamGenerateContent", true) => Method::Events,
            ("streamGenerateContent", false) => Method::List,
            _ => return Err((StatusCode::NOT_FOUND, gone(model))),
        };
        Request::read(model, method, &body)
    });
    match request {
        Ok(request) => conduct(&emulator, request).await,
        Err((status, body)) => {
            let reason = body.pointer("/error/message").and_then(Value::as_str).unwrap_or_default();
            let open = emulator.log().open(Service::Gemini, model, reason, Ask::default());
            open.close("rejected", Some(status.as_u16()));
            (status, axum::Json(body)).into_response()
        }
    }
}

fn authorised(headers: &HeaderMap) -> Result<(), Answer> {
    let key = headers.get("x-goog-api-key").and_then(|value| value.to_str().ok()).unwrap_or_default();
    if key.trim().is_empty() {
        let message = "Method doesn't allow unregistered callers (callers without established identity). Please use API Key or other form of API consumer identity to call this API.";
        return Err((StatusCode::FORBIDDEN, error(403, message, "PERMISSION_DENIED", Value::Null)));
    }
    Ok(())
}

async fn unknown() -> Response {
    let body = error(404, "Requested entity was not found.", "NOT_FOUND", Value::Null);
    (StatusCode::NOT_FOUND, axum::Json(body)).into_response()
}
