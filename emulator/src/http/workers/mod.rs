//! Workers AI's REST twin: `POST /cloudflare/client/v4/accounts/{account}/ai/run/{model}`. Image, vision and text models
//! share the route, the token and the envelope; what each image model takes is a table ([`models`]).

mod envelope;
mod image;
mod input;
mod language;
mod models;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{FromRequest as _, Multipart, Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde_json::{Map, Value, json};

use super::Answer;
use super::conduct::conduct;
use crate::call::Ask;
use crate::service::Service;
use crate::state::Emulator;
use envelope::{bad_input, failure, no_such_model};
use image::{Files, Request};
use language::Chat;
use models::Model;

/// Bytes of a file in a form; the model takes nothing larger than 512 pixels a side anyway.
const MAX_FILE: usize = 8 << 20;

pub fn routes() -> Router<Emulator> {
    Router::new()
        .route("/cloudflare/client/v4/accounts/{account}/ai/run/{*model}", post(run))
        .route("/cloudflare/{*rest}", axum::routing::any(unknown))
}

async fn run(
    State(emulator): State<Emulator>,
    Path((account, name)): Path<(String, String)>,
    headers: HeaderMap,
    request: axum::extract::Request,
) -> Response {
    let path = format!("/cloudflare/client/v4/accounts/{account}/ai/run/{name}");
    let read = async {
        authorised(&headers)?;
        let model = models::find(&name).ok_or_else(|| no_such_model(&name))?;
        let (fields, files) = body(&headers, request, model.is_form()).await?;
        Ok((model, fields, files))
    };
    let (model, fields, files) = match read.await {
        Ok(read) => read,
        Err(answer) => return refused(&emulator, Service::Workers, &name, answer),
    };
    match model {
        Model::Image(model) => match Request::read(model, path, &fields, files) {
            Ok(request) => conduct(&emulator, request).await,
            Err(answer) => refused(&emulator, Service::Workers, &name, answer),
        },
        Model::Language(kind) => match Chat::read(kind, &name, path, &fields) {
            Ok(chat) => chat.answer(&emulator).await,
            Err(answer) => refused(&emulator, kind.service(false), &name, answer),
        },
    }
}

/// The fields of a document, or those of a form with its files.
async fn body(
    headers: &HeaderMap,
    request: axum::extract::Request,
    form: bool,
) -> Result<(Map<String, Value>, Files), Answer> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let incomplete =
        |why: &str| (StatusCode::BAD_REQUEST, failure(3003, &format!("AiError: Incomplete request: {why}")));
    if form && !kind.starts_with("multipart/form-data") {
        return Err(bad_input("required properties at '/' are 'multipart'"));
    }
    if !form {
        let body = Bytes::from_request(request, &()).await.map_err(|error| {
            (error.status(), failure(3006, &format!("AiError: Request is too large: {}", error.body_text())))
        })?;
        let fields = serde_json::from_slice(&body).map_err(|error| incomplete(&error.to_string()))?;
        return Ok((fields, Files::default()));
    }
    let mut form =
        Multipart::from_request(request, &()).await.map_err(|error| incomplete(&error.body_text()))?;
    let (mut fields, mut files) = (Map::new(), Files::default());
    while let Some(field) = form.next_field().await.map_err(|error| incomplete(&error.body_text()))? {
        let name = field.name().unwrap_or_default().to_owned();
        let bytes = field.bytes().await.map_err(|error| incomplete(&error.body_text()))?;
        if bytes.len() > MAX_FILE {
            return Err((StatusCode::PAYLOAD_TOO_LARGE, failure(3006, "AiError: Request is too large")));
        }
        if name.starts_with("input_image_") {
            files.insert(name, bytes.to_vec());
        } else {
            let text = String::from_utf8(bytes.to_vec()).map_err(|error| incomplete(&error.to_string()))?;
            // A form has text only; only a prompt that looks like a number stays text.
            let number = serde_json::from_str::<Value>(&text).ok().filter(Value::is_number);
            fields.insert(name.clone(), number.filter(|_| name != "prompt").unwrap_or_else(|| json!(text)));
        }
    }
    Ok((fields, files))
}

fn authorised(headers: &HeaderMap) -> Result<(), Answer> {
    let token = headers.get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default();
    if token.strip_prefix("Bearer ").is_none_or(|token| token.trim().is_empty()) {
        return Err((StatusCode::UNAUTHORIZED, failure(10_000, "Authentication error")));
    }
    Ok(())
}

async fn unknown() -> Response {
    let message = "Could not route to the given path, perhaps your object identifier is invalid?";
    let mut body = failure(7003, message);
    if let Some(fields) = body.as_object_mut() {
        fields.insert("result".to_owned(), Value::Null);
    }
    (StatusCode::NOT_FOUND, axum::Json(body)).into_response()
}

fn refused(emulator: &Emulator, service: Service, model: &str, (status, body): Answer) -> Response {
    let reason = body.pointer("/errors/0/message").and_then(Value::as_str).unwrap_or_default();
    let ask = Ask { task: language::task(service), ..Ask::default() };
    emulator.log().open(service, model, reason, ask).close("rejected", Some(status.as_u16()));
    (status, axum::Json(body)).into_response()
}
