//! Gemini: `POST /gemini/v1beta/models/{model}:generateContent`.

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde_json::{Map, Value, json};

use super::{Answer, Dialect, base64, delivered, painted, replaced, sizes, tokens};
use crate::encode::Format;
use crate::service::{Provider, Service};
use crate::state::Emulator;

/// The image models that answer. What was shut down (2.5-flash-image, Imagen, previews) is a 404 like any other name.
const MODELS: [&str; 4] =
    ["gemini-nano-banana-2.1", "gemini-3-pro-image", "gemini-3.1-flash-image", "gemini-3.1-flash-lite-image"];

pub fn routes() -> Router<Emulator> {
    Router::new()
        .route("/gemini/v1beta/models/{call}", post(call))
        .route("/gemini/{*rest}", axum::routing::any(unknown))
}

/// What a request asks for, checked.
struct Request {
    prompt: String,
    size: (u32, u32),
    seed: Option<u64>,
    with_text: bool,
    with_image: bool,
}

struct Gemini;

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
            429 => exhausted(model, "limit: 10", Some("46s")),
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
        (StatusCode::TOO_MANY_REQUESTS, exhausted(model, "limit: 0", None))
    }

    fn model_gone(&self, model: &str) -> Answer {
        (StatusCode::NOT_FOUND, gone(model))
    }
}

async fn call(
    State(emulator): State<Emulator>,
    Path(call): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let (model, method) = call.split_once(':').unwrap_or((&call, ""));
    let request = checked(model, method, &headers, &body);
    let request = match request {
        Ok(request) => request,
        Err((status, body)) => {
            let reason = body.pointer("/error/message").and_then(Value::as_str).unwrap_or_default();
            emulator.log().open(Service::Gemini, model, reason).close("rejected", Some(status.as_u16()));
            return (status, axum::Json(body)).into_response();
        }
    };
    let open = emulator.log().open(Service::Gemini, model, &request.prompt);
    let fault = emulator.rules().take(Service::Gemini, &request.prompt);
    let outcome = fault.as_ref().map_or("ok", |fault| fault.kind());
    if let Some(response) = replaced(fault.as_ref(), &Gemini, model).await {
        open.close(outcome, Some(response.status().as_u16()));
        return response;
    }
    let mut parts = Vec::new();
    if request.with_text {
        parts.push(json!({"text": "Here is your image."}));
    }
    // The pro model sends JPEG, the flash family PNG.
    let format = if model.contains("pro") { Format::Jpeg } else { Format::Png };
    if request.with_image {
        let commission = emulator.commission(Provider::Gemini, &request.prompt, request.seed, request.size);
        match painted(commission, fault.as_ref(), format, 92).await {
            Ok(bytes) => {
                parts.push(json!({"inlineData": {"mimeType": format.mime(), "data": base64(&bytes)}}));
            }
            Err(complaint) => {
                open.close("failed", Some(500));
                let body = error(500, &complaint, "INTERNAL", Value::Null);
                return (StatusCode::INTERNAL_SERVER_ERROR, axum::Json(body)).into_response();
            }
        }
    }
    let response = axum::Json(answer(&request, model, &parts, emulator.request_number())).into_response();
    let response = delivered(fault.as_ref(), response).await;
    open.close(outcome, Some(200));
    response
}

fn answer(request: &Request, model: &str, parts: &[Value], number: u64) -> Value {
    let text = tokens(&request.prompt);
    let image = match request.size.0.max(request.size.1) {
        0..=1599 => 1120,
        1600..=3199 => 1680,
        _ => 2000,
    };
    let drawn = if request.with_image { image } else { 0 };
    json!({
        "candidates": [{
            "content": {"parts": parts, "role": "model"},
            "finishReason": "STOP",
            "index": 0,
        }],
        "usageMetadata": {
            "promptTokenCount": text,
            "candidatesTokenCount": drawn,
            "totalTokenCount": text + drawn,
            "promptTokensDetails": [{"modality": "TEXT", "tokenCount": text}],
            "candidatesTokensDetails": [{"modality": "IMAGE", "tokenCount": drawn}],
        },
        "modelVersion": model,
        "responseId": format!("emulator{number:012x}"),
    })
}

fn checked(model: &str, method: &str, headers: &HeaderMap, body: &Bytes) -> Result<Request, Answer> {
    let key = headers.get("x-goog-api-key").and_then(|value| value.to_str().ok()).unwrap_or_default();
    if key.trim().is_empty() {
        let message = "Method doesn't allow unregistered callers (callers without established identity). Please use API Key or other form of API consumer identity to call this API.";
        return Err((StatusCode::FORBIDDEN, error(403, message, "PERMISSION_DENIED", Value::Null)));
    }
    if method != "generateContent" || !MODELS.contains(&model) {
        return Err((StatusCode::NOT_FOUND, gone(model)));
    }
    let fields: Map<String, Value> = serde_json::from_slice(body)
        .map_err(|error| invalid(&format!("Invalid JSON payload received. {error}"), &[]))?;
    known(
        &fields,
        "",
        &[
            "contents",
            "generationConfig",
            "safetySettings",
            "systemInstruction",
            "tools",
            "toolConfig",
            "cachedContent",
        ],
    )?;
    let empty = Map::new();
    let config = object(&fields, "generationConfig", "generation_config")?.unwrap_or(&empty);
    known(
        config,
        "generation_config",
        &[
            "responseModalities",
            "imageConfig",
            "seed",
            "thinkingConfig",
            "temperature",
            "topP",
            "topK",
            "candidateCount",
            "maxOutputTokens",
            "stopSequences",
        ],
    )?;
    let image = object(config, "imageConfig", "generation_config.image_config")?.unwrap_or(&empty);
    known(image, "generation_config.image_config", &["aspectRatio", "imageSize"])?;
    let ratio = image.get("aspectRatio").map_or(Some("1:1"), Value::as_str).unwrap_or_default();
    let class = image.get("imageSize").map_or(Some("1K"), Value::as_str).unwrap_or_default();
    let size = sizes::gemini(ratio, class).ok_or_else(|| {
        invalid(
            "* GenerateContentRequest.generation_config.image_config: Invalid aspect ratio or image size.",
            &[],
        )
    })?;
    let seed = match config.get("seed") {
        None | Some(Value::Null) => None,
        Some(seed) => Some(
            seed.as_i64()
                .and_then(|seed| i32::try_from(seed).ok())
                .map(|seed| u64::from(seed.cast_unsigned()))
                .ok_or_else(|| {
                    invalid(&format!("Invalid value at 'generation_config.seed' (TYPE_INT32), {seed}"), &[])
                })?,
        ),
    };
    let modalities: Vec<&str> = match config.get("responseModalities") {
        None | Some(Value::Null) => vec!["TEXT", "IMAGE"],
        Some(Value::Array(list)) => list.iter().filter_map(Value::as_str).collect(),
        Some(_) => return Err(invalid("Invalid value at 'generation_config.response_modalities'", &[])),
    };
    if let Some(odd) = modalities.iter().find(|modality| !["TEXT", "IMAGE"].contains(modality)) {
        let message = format!(
            "Invalid value at 'generation_config.response_modalities[0]' (type.googleapis.com/google.ai.generativelanguage.v1beta.GenerationConfig.Modality), \"{odd}\""
        );
        return Err(invalid(&message, &[]));
    }
    Ok(Request {
        prompt: prompt(&fields)?,
        size,
        seed,
        with_text: modalities.contains(&"TEXT"),
        with_image: modalities.contains(&"IMAGE"),
    })
}

/// The user's text parts, joined by newlines.
fn prompt(fields: &Map<String, Value>) -> Result<String, Answer> {
    let unset = || invalid("* GenerateContentRequest.contents: contents is not specified", &[]);
    let contents = fields.get("contents").and_then(Value::as_array).ok_or_else(unset)?;
    let mut texts = Vec::new();
    for content in contents {
        let content = content.as_object().ok_or_else(unset)?;
        known(content, "contents[0]", &["role", "parts"])?;
        if content.get("role").and_then(Value::as_str).is_some_and(|role| role != "user" && role != "model") {
            return Err(invalid("Please use a valid role: user, model.", &[]));
        }
        for part in content.get("parts").and_then(Value::as_array).into_iter().flatten() {
            let part = part.as_object().ok_or_else(unset)?;
            known(
                part,
                "contents[0].parts[0]",
                &["text", "inlineData", "fileData", "thought", "thoughtSignature"],
            )?;
            texts.extend(part.get("text").and_then(Value::as_str));
        }
    }
    let text = texts.join("\n");
    if text.trim().is_empty() {
        return Err(invalid(
            "* GenerateContentRequest.contents[0].parts: contents.parts must not be empty.",
            &[],
        ));
    }
    Ok(text)
}

fn object<'a>(
    fields: &'a Map<String, Value>,
    name: &str,
    path: &str,
) -> Result<Option<&'a Map<String, Value>>, Answer> {
    match fields.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Object(fields)) => Ok(Some(fields)),
        Some(_) => Err(invalid(&format!("Invalid value at '{path}': expected an object."), &[])),
    }
}

/// Google's answer to a field that a message doesn't have. Its own snake-case spelling isn't accepted here: the
/// client that this is for writes camelCase, and a slip should show.
fn known(fields: &Map<String, Value>, path: &str, names: &[&str]) -> Result<(), Answer> {
    let Some(odd) = fields.keys().find(|name| !names.contains(&name.as_str())) else {
        return Ok(());
    };
    let at = if path.is_empty() { String::new() } else { format!(" at '{path}'") };
    let description =
        format!("Invalid JSON payload received. Unknown name \"{odd}\"{at}: Cannot find field.");
    let violation = if path.is_empty() {
        json!({"description": description})
    } else {
        json!({"field": path, "description": description})
    };
    Err(invalid(&description, &[violation]))
}

async fn unknown() -> Response {
    (
        StatusCode::NOT_FOUND,
        axum::Json(error(404, "Requested entity was not found.", "NOT_FOUND", Value::Null)),
    )
        .into_response()
}

fn error(code: u16, message: &str, status: &str, details: Value) -> Value {
    let mut body = json!({"error": {"code": code, "message": message, "status": status}});
    if let (Some(Value::Object(fields)), false) = (body.get_mut("error"), details.is_null()) {
        fields.insert("details".to_owned(), details);
    }
    body
}

fn invalid(message: &str, violations: &[Value]) -> Answer {
    let details = if violations.is_empty() {
        Value::Null
    } else {
        json!([{"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": violations}])
    };
    (StatusCode::BAD_REQUEST, error(400, message, "INVALID_ARGUMENT", details))
}

fn gone(model: &str) -> Value {
    let message = format!(
        "models/{model} is not found for API version v1beta, or is not supported for generateContent. Call ListModels to see the list of available models and their supported methods."
    );
    error(404, &message, "NOT_FOUND", Value::Null)
}

fn exhausted(model: &str, limit: &str, retry: Option<&str>) -> Value {
    let metric = "generativelanguage.googleapis.com/generate_content_free_tier_requests";
    let mut details = vec![json!({
        "@type": "type.googleapis.com/google.rpc.QuotaFailure",
        "violations": [{"quotaMetric": metric, "quotaId": "GenerateRequestsPerDayPerProjectPerModel-FreeTier", "quotaDimensions": {"location": "global", "model": model}}],
    })];
    if let Some(retry) = retry {
        details.push(json!({"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": retry}));
    }
    let message = format!(
        "You exceeded your current quota, please check your plan and billing details.\n* Quota exceeded for metric: {metric}, {limit}"
    );
    error(429, &message, "RESOURCE_EXHAUSTED", Value::Array(details))
}
