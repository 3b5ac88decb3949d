//! `OpenAI` Images: `POST /openai/v1/images/generations` and the list of models.

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde_json::{Map, Value, json};

use super::{Answer, Dialect, base64, delivered, painted, replaced, sizes, tokens};
use crate::call::epoch_ms;
use crate::encode::Format;
use crate::service::{Provider, Service};
use crate::state::Emulator;

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

/// Characters of a prompt.
const MAX_PROMPT: usize = 32_000;

pub fn routes() -> Router<Emulator> {
    Router::new()
        .route("/openai/v1/images/generations", post(generate))
        .route("/openai/v1/models", get(models))
        .route("/openai/{*rest}", axum::routing::any(unknown))
}

/// What a request asks for, checked.
struct Request {
    prompt: String,
    model: String,
    size: (u32, u32),
    count: u32,
    quality: String,
    format: Format,
    compression: u8,
}

struct Openai;

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
}

async fn generate(State(emulator): State<Emulator>, headers: HeaderMap, body: Bytes) -> Response {
    let response = generation(&emulator, &headers, &body).await;
    identified(&emulator, response)
}

async fn generation(emulator: &Emulator, headers: &HeaderMap, body: &Bytes) -> Response {
    let request = authorised(headers).and_then(|()| read(body));
    let request = match request {
        Ok(request) => request,
        Err((status, body)) => {
            emulator
                .log()
                .open(Service::Openai, "", &rejected_prompt(&body))
                .close("rejected", Some(status.as_u16()));
            return (status, axum::Json(body)).into_response();
        }
    };
    let open = emulator.log().open(Service::Openai, &request.model, &request.prompt);
    let fault = emulator.rules().take(Service::Openai, &request.prompt);
    let outcome = fault.as_ref().map_or("ok", |fault| fault.kind());
    if let Some(response) = replaced(fault.as_ref(), &Openai, &request.model).await {
        open.close(outcome, Some(response.status().as_u16()));
        return response;
    }
    let mut data = Vec::new();
    for _ in 0..request.count {
        let commission = emulator.commission(Provider::Openai, &request.prompt, None, request.size);
        match painted(commission, fault.as_ref(), request.format, request.compression).await {
            Ok(bytes) => data.push(json!({"b64_json": base64(&bytes)})),
            Err(complaint) => {
                open.close("failed", Some(500));
                let body = error(&complaint, "server_error", None, None);
                return (StatusCode::INTERNAL_SERVER_ERROR, axum::Json(body)).into_response();
            }
        }
    }
    let response = axum::Json(answer(&request, &data)).into_response();
    let response = delivered(fault.as_ref(), response).await;
    open.close(outcome, Some(200));
    response
}

fn answer(request: &Request, data: &[Value]) -> Value {
    let (w, h) = request.size;
    let text = tokens(&request.prompt);
    // OpenAI bills by area and quality; the proportions matter more than the figures.
    let each = match request.quality.as_str() {
        "low" => 272_u32,
        "medium" => 1056,
        _ => 4160,
    };
    let image = u64::from(each) * u64::from(request.count) * u64::from(w) * u64::from(h) / (1024 * 1024);
    json!({
        "created": epoch_ms() / 1000,
        "background": "opaque",
        "data": data,
        "output_format": match request.format { Format::Png => "png", Format::Jpeg => "jpeg", Format::Webp => "webp" },
        "quality": request.quality,
        "size": format!("{w}x{h}"),
        "usage": {
            "input_tokens": text,
            "input_tokens_details": {"image_tokens": 0, "text_tokens": text},
            "output_tokens": image,
            "output_tokens_details": {"image_tokens": image, "text_tokens": 0},
            "total_tokens": image + u64::try_from(text).unwrap_or(0),
        },
    })
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

fn read(body: &Bytes) -> Result<Request, Answer> {
    let fields: Map<String, Value> = serde_json::from_slice(body).map_err(|_| {
        let message = "We could not parse the JSON body of your request. (HINT: This likely means you aren't using your HTTP library correctly. The OpenAI API expects a JSON payload, but what was sent was not valid JSON.)";
        (StatusCode::BAD_REQUEST, error(message, "invalid_request_error", None, None))
    })?;
    let model = text(&fields, "model")?.ok_or_else(|| missing("model"))?;
    if !MODELS.iter().any(|(known, _)| *known == model) {
        return Err((StatusCode::NOT_FOUND, gone(model)));
    }
    let prompt = text(&fields, "prompt")?.ok_or_else(|| missing("prompt"))?;
    if prompt.trim().is_empty() {
        return Err(bad(
            "prompt",
            "Invalid 'prompt': empty string. Expected a string with minimum length 1.",
            "empty_string",
        ));
    }
    if prompt.chars().count() > MAX_PROMPT {
        let message =
            format!("Invalid 'prompt': string too long. Expected a string with maximum length {MAX_PROMPT}.");
        return Err(bad("prompt", &message, "string_above_max_length"));
    }
    let mut request = Request {
        prompt: prompt.to_owned(),
        model: model.to_owned(),
        size: (1024, 1024),
        count: 1,
        quality: "high".to_owned(),
        format: Format::Png,
        compression: 100,
    };
    for (name, value) in &fields {
        option(&mut request, name, value)?;
    }
    if request.compression != 100 && request.format == Format::Png {
        return Err(bad(
            "output_compression",
            "Compression is not supported for PNG output format.",
            "invalid_value",
        ));
    }
    Ok(request)
}

/// One parameter beside model and prompt.
fn option(request: &mut Request, name: &str, value: &Value) -> Result<(), Answer> {
    let invalid = |allowed: &str| {
        bad(name, &format!("Invalid value: {value}. Supported values are: {allowed}."), "invalid_value")
    };
    let one_of = |allowed: &[&str]| {
        let found = value.as_str().filter(|value| allowed.contains(value)).map(str::to_owned);
        found.ok_or_else(|| {
            invalid(&allowed.iter().map(|word| format!("'{word}'")).collect::<Vec<_>>().join(", "))
        })
    };
    let newer = request.model.starts_with("gpt-image-2.");
    match name {
        "model" | "prompt" => {}
        _ if value.is_null() => {}
        "n" => {
            let count = value.as_u64().and_then(|n| u32::try_from(n).ok()).filter(|n| (1..=10).contains(n));
            request.count = count.ok_or_else(|| invalid("1 to 10"))?;
        }
        "size" => {
            let size = value.as_str().ok_or_else(|| invalid("'auto' or 'WIDTHxHEIGHT'"))?;
            request.size = sizes::openai(size, &request.prompt)
                .map_err(|message| bad("size", &message, "invalid_value"))?;
        }
        "quality" if newer => {
            request.quality = one_of(&["auto", "low", "medium", "high", "xhigh", "max"])?;
        }
        "quality" => request.quality = one_of(&["auto", "low", "medium", "high"])?,
        "background" => {
            if one_of(&["auto", "transparent", "opaque"])? == "transparent" {
                let message = "Transparent background is not supported for this model.";
                return Err(bad(name, message, "invalid_value"));
            }
        }
        "output_format" => {
            let format = value.as_str().and_then(Format::parse);
            request.format = format.ok_or_else(|| invalid("'png', 'jpeg', and 'webp'"))?;
        }
        "output_compression" => {
            let compression = value.as_u64().and_then(|n| u8::try_from(n).ok()).filter(|n| *n <= 100);
            request.compression = compression.ok_or_else(|| invalid("0 to 100"))?;
        }
        "moderation" => drop(one_of(&["auto", "low"])?),
        "user" if value.is_string() => {}
        "complexity" if request.model.starts_with("gpt-image-2.6") => {
            drop(one_of(&["low", "medium", "high"])?);
        }
        // The real service streams; here it's refused rather than answered in another shape.
        "stream" if value == &Value::Bool(false) => {}
        _ => {
            let message = format!("Unknown parameter: '{name}'.");
            return Err(bad(name, &message, "unknown_parameter"));
        }
    }
    if request.quality == "auto" {
        "high".clone_into(&mut request.quality);
    }
    Ok(())
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
    let message = format!("Invalid URL ({method} {path})");
    let body = error(&message, "invalid_request_error", None, None);
    identified(&emulator, (StatusCode::NOT_FOUND, axum::Json(body)).into_response())
}

fn identified(emulator: &Emulator, mut response: Response) -> Response {
    if let Ok(id) = HeaderValue::from_str(&format!("req_emulator{:08x}", emulator.request_number())) {
        response.headers_mut().insert("x-request-id", id);
    }
    response
}

fn error(message: &str, kind: &str, param: Option<&str>, code: Option<&str>) -> Value {
    json!({"error": {"message": message, "type": kind, "param": param, "code": code}})
}

fn gone(model: &str) -> Value {
    let message = format!("The model '{model}' does not exist or you do not have access to it.");
    error(&message, "invalid_request_error", None, Some("model_not_found"))
}

fn bad(param: &str, message: &str, code: &str) -> Answer {
    (StatusCode::BAD_REQUEST, error(message, "invalid_request_error", Some(param), Some(code)))
}

fn missing(param: &str) -> Answer {
    bad(param, &format!("Missing required parameter: '{param}'."), "missing_required_parameter")
}

fn text<'a>(fields: &'a Map<String, Value>, name: &str) -> Result<Option<&'a str>, Answer> {
    match fields.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(bad(name, &format!("Invalid type for '{name}': expected a string."), "invalid_type")),
    }
}

/// A refused request's prompt isn't known to be one; the log shows why it was refused instead.
fn rejected_prompt(body: &Value) -> String {
    body.pointer("/error/message").and_then(Value::as_str).unwrap_or_default().to_owned()
}
