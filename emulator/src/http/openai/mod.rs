//! `OpenAI` Images: `POST /openai/v1/images/generations`, `POST /openai/v1/images/edits` and the list of models.

mod answer;
mod edits;
mod error;
mod request;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, FromRequest as _, Multipart, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde_json::{Value, json};

use super::Answer;
use super::conduct::conduct;
use crate::call::Ask;
use crate::service::{Service, Task};
use crate::state::Emulator;
use error::{error, reject};
use request::{Endpoint, Request};

/// The image models that answer, and the day (epoch seconds) on which one shuts down.
const MODELS: [(&str, Option<u64>); 9] = [
    ("gpt-image-2", None),
    ("gpt-image-2-2026-04-21", None),
    ("gpt-image-2.5-flare", None),
    ("gpt-image-2.5-sunburst", None),
    ("gpt-image-2.6-flare", None),
    ("gpt-image-2.6-sunburst", None),
    ("gpt-image-1.5", Some(1_796_083_200)),
    ("gpt-image-1-mini", Some(1_796_083_200)),
    ("chatgpt-image-latest", Some(1_796_083_200)),
];

/// Bytes of the body of an edit: a handful of the largest pictures that are taken.
const MAX_EDIT_BODY: usize = 256 << 20;

pub fn routes() -> Router<Emulator> {
    Router::new()
        .route("/openai/v1/images/generations", post(generate))
        .route("/openai/v1/images/edits", post(edit).layer(DefaultBodyLimit::max(MAX_EDIT_BODY)))
        .route("/openai/v1/models", get(models))
        .route("/openai/{*rest}", axum::routing::any(unknown))
}

async fn generate(State(emulator): State<Emulator>, headers: HeaderMap, body: Bytes) -> Response {
    let request = authorised(&headers)
        .and_then(|()| request::json(&body))
        .and_then(|fields| Request::read(Endpoint::Generations, &fields, edits::Pictures::default()));
    respond(&emulator, Task::Generate, request).await
}

async fn edit(
    State(emulator): State<Emulator>,
    headers: HeaderMap,
    request: axum::extract::Request,
) -> Response {
    let request = match authorised(&headers) {
        Ok(()) => edit_of(&headers, request).await,
        Err(answer) => Err(answer),
    };
    respond(&emulator, Task::Edit, request).await
}

async fn edit_of(headers: &HeaderMap, request: axum::extract::Request) -> Result<Request, Answer> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if kind.starts_with("multipart/form-data") {
        let form = Multipart::from_request(request, &()).await;
        let (fields, pictures) =
            edits::form(form.map_err(|error| edits::unreadable(&error.body_text()))?).await?;
        return Request::read(Endpoint::EditsForm, &fields, pictures);
    }
    let body =
        Bytes::from_request(request, &()).await.map_err(|error| edits::unreadable(&error.body_text()))?;
    let mut fields = request::json(&body)?;
    let pictures = edits::document(&mut fields)?;
    Request::read(Endpoint::EditsJson, &fields, pictures)
}

async fn respond(emulator: &Emulator, task: Task, request: Result<Request, Answer>) -> Response {
    let response = match request {
        Ok(request) => conduct(emulator, request).await,
        Err((status, body)) => {
            // A refused request's prompt isn't known to be one; the log shows why it was refused instead.
            let reason = body.pointer("/error/message").and_then(Value::as_str).unwrap_or_default();
            let ask = Ask { task, ..Ask::default() };
            emulator.log().open(Service::Openai, "", reason, ask).close("rejected", Some(status.as_u16()));
            (status, axum::Json(body)).into_response()
        }
    };
    identified(emulator, response)
}

fn authorised(headers: &HeaderMap) -> Result<(), Answer> {
    let key = headers.get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default();
    match key.strip_prefix("Bearer ").map(str::trim) {
        Some(key) if !key.is_empty() => Ok(()),
        _ => {
            let message = "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth (i.e. Authorization: Bearer YOUR_KEY).";
            Err((StatusCode::UNAUTHORIZED, error(message, "invalid_request_error", None, None)))
        }
    }
}

async fn models(State(emulator): State<Emulator>, headers: HeaderMap) -> Response {
    if let Err((status, body)) = authorised(&headers) {
        return identified(&emulator, (status, axum::Json(body)).into_response());
    }
    let data: Vec<Value> = MODELS
        .iter()
        .map(|(id, shutdown)| {
            let mut model =
                json!({"id": id, "object": "model", "created": 1_776_729_600, "owned_by": "system"});
            if let (Some(fields), Some(day)) = (model.as_object_mut(), shutdown) {
                fields.insert("shutdown_date".to_owned(), json!(day));
            }
            model
        })
        .collect();
    identified(&emulator, axum::Json(json!({"object": "list", "data": data})).into_response())
}

async fn unknown(
    State(emulator): State<Emulator>,
    method: axum::http::Method,
    uri: axum::http::Uri,
) -> Response {
    let path = uri.path().trim_start_matches("/openai");
    let (_, body) = reject(&format!("Invalid URL ({method} {path})"));
    identified(&emulator, (StatusCode::NOT_FOUND, axum::Json(body)).into_response())
}

fn identified(emulator: &Emulator, mut response: Response) -> Response {
    if let Ok(id) = HeaderValue::from_str(&format!("req_emulator{:08x}", emulator.request_number())) {
        response.headers_mut().insert("x-request-id", id);
    }
    response
}
