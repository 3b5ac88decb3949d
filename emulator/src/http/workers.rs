//! Workers AI's REST twin: `POST /cloudflare/client/v4/accounts/{account}/ai/run/{model}`. Image, vision and text models
//! share the route, the token and the envelope; what each model takes is in its own function.

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde_json::{Map, Value, json};

use super::language::Input;
use super::{Answer, Dialect, base64, delivered, painted, replaced, tokens};
use crate::call::{Open, epoch_ms};
use crate::encode::Format;
use crate::fault::Fault;
use crate::service::{Provider, Service};
use crate::state::Emulator;
use crate::{text, vision};

/// What a model is, and so which inputs it takes and how it answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Model {
    /// flux-1-schnell: prompt and steps, nothing else; base64 JPEG, always 1024 x 1024.
    Flux,
    /// lucid-origin: base64 JPEG.
    Lucid,
    /// phoenix-1.0: the bytes of a JPEG, no envelope.
    Phoenix,
    /// Llama vision: `{response}`.
    Vision,
    /// Gemma: the chat-completions shape, with or without a picture.
    Chat,
    /// Llama text: `{response}`, JSON mode included.
    Text,
}

const MODELS: [(&str, Model); 8] = [
    ("@cf/black-forest-labs/flux-1-schnell", Model::Flux),
    ("@cf/leonardo/lucid-origin", Model::Lucid),
    ("@cf/leonardo/phoenix-1.0", Model::Phoenix),
    ("@cf/meta/llama-3.2-11b-vision-instruct", Model::Vision),
    ("@cf/google/gemma-4-26b-a4b-it", Model::Chat),
    ("@cf/meta/llama-3.3-70b-instruct-fp8-fast", Model::Text),
    ("@cf/meta/llama-3.1-8b-instruct", Model::Text),
    ("@cf/meta/llama-3.1-8b-instruct-fast", Model::Text),
];

pub fn routes() -> Router<Emulator> {
    Router::new()
        .route("/cloudflare/client/v4/accounts/{account}/ai/run/{*model}", post(run))
        .route("/cloudflare/{*rest}", axum::routing::any(unknown))
}

struct Cloudflare;

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

async fn run(
    State(emulator): State<Emulator>,
    Path((_, name)): Path<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let (model, fields) = match checked(&name, &headers, &body) {
        Ok(checked) => checked,
        Err(answer) => return refused(&emulator, Service::Workers, &name, answer),
    };
    match model {
        Model::Flux | Model::Lucid | Model::Phoenix => image(&emulator, model, &name, &fields).await,
        Model::Vision | Model::Chat | Model::Text => language(&emulator, model, &name, fields).await,
    }
}

/// What an image model was asked for.
struct Picture {
    prompt: String,
    size: (u32, u32),
    seed: Option<u64>,
}

async fn image(emulator: &Emulator, model: Model, name: &str, fields: &Map<String, Value>) -> Response {
    let picture = match picture(model, fields) {
        Ok(picture) => picture,
        Err(answer) => return refused(emulator, Service::Workers, name, answer),
    };
    let open = emulator.log().open(Service::Workers, name, &picture.prompt);
    let fault = emulator.rules().take(Service::Workers, &picture.prompt);
    let outcome = fault.as_ref().map_or("ok", |fault| fault.kind());
    if let Some(response) = replaced(fault.as_ref(), &Cloudflare, name).await {
        open.close(outcome, Some(response.status().as_u16()));
        return response;
    }
    let commission = emulator.commission(Provider::Workers, &picture.prompt, picture.seed, picture.size);
    let bytes = match painted(commission, fault.as_ref(), Format::Jpeg, 90).await {
        Ok(bytes) => bytes,
        Err(complaint) => {
            open.close("failed", Some(500));
            let body = failure(3043, &complaint);
            return (StatusCode::INTERNAL_SERVER_ERROR, axum::Json(body)).into_response();
        }
    };
    let response = if model == Model::Phoenix {
        ([(header::CONTENT_TYPE, "image/jpeg")], bytes).into_response()
    } else {
        axum::Json(success(&json!({"image": base64(&bytes)}))).into_response()
    };
    let response = delivered(fault.as_ref(), response).await;
    open.close(outcome, Some(200));
    response
}

fn picture(model: Model, fields: &Map<String, Value>) -> Result<Picture, Answer> {
    let (allowed, longest): (&[&str], usize) = match model {
        Model::Flux => (&["prompt", "steps"], 2048),
        Model::Lucid => {
            (&["prompt", "guidance", "seed", "width", "height", "num_steps", "steps"], usize::MAX)
        }
        _ => (&["prompt", "negative_prompt", "guidance", "seed", "width", "height", "num_steps"], usize::MAX),
    };
    if let Some(odd) = fields.keys().find(|name| !allowed.contains(&name.as_str())) {
        return Err(bad_input(&format!("Additional properties are not allowed at '/': '{odd}'")));
    }
    let prompt = fields.get("prompt").and_then(Value::as_str);
    let prompt = prompt.ok_or_else(|| bad_input("required properties at '/' are 'prompt'"))?;
    if prompt.is_empty() || prompt.chars().count() > longest {
        return Err(bad_input("Length of '/prompt' must be >= 1 and <= 2048"));
    }
    let integer = |name: &str, range: std::ops::RangeInclusive<u64>, default: u64| match fields.get(name) {
        None | Some(Value::Null) => Ok(default),
        Some(value) => value.as_u64().filter(|value| range.contains(value)).ok_or_else(|| {
            bad_input(&format!("'/{name}' must be an integer >= {} and <= {}", range.start(), range.end()))
        }),
    };
    let most = match model {
        Model::Flux => 8,
        Model::Lucid => 40,
        _ => 50,
    };
    integer("steps", 1..=most, 4)?;
    integer("num_steps", 1..=most, 4)?;
    let side = if model == Model::Lucid { 2500 } else { 2048 };
    let default = if model == Model::Lucid { 1120 } else { 1024 };
    let width = integer("width", 16..=side, default)?;
    let height = integer("height", 16..=side, default)?;
    let seed = fields.get("seed").filter(|seed| !seed.is_null()).map(|_| integer("seed", 0..=u64::MAX, 0));
    Ok(Picture {
        prompt: prompt.to_owned(),
        size: (u32::try_from(width).unwrap_or(1024), u32::try_from(height).unwrap_or(1024)),
        seed: seed.transpose()?,
    })
}

async fn language(emulator: &Emulator, model: Model, name: &str, fields: Map<String, Value>) -> Response {
    let input = match Input::read(&fields) {
        Ok(input) => input,
        Err(answer) => return refused(emulator, service(model, false), name, answer),
    };
    let service = service(model, input.picture.is_some());
    let open = emulator.log().open(service, name, &input.prompt);
    if service == Service::Vision && input.picture.is_none() && input.prompt.trim() == "agree" {
        // The real service thanks with the very status and code of the refusal.
        emulator.rules().agree();
        let thanks = "AiError: Thank you for agreeing to this model's Community License and Acceptable Use Policy. You may now use the model.";
        open.close("ok", Some(403));
        return (StatusCode::FORBIDDEN, axum::Json(failure(5016, thanks))).into_response();
    }
    let fault = emulator.rules().take(service, &input.prompt);
    let outcome = fault.as_ref().map_or("ok", |fault| fault.kind());
    if let Some(response) = replaced(fault.as_ref(), &Cloudflare, name).await {
        open.close(outcome, Some(response.status().as_u16()));
        return response;
    }
    let said = match &fault {
        Some(Fault::Text { response }) => Ok(json!(response)),
        Some(Fault::WrongBytes) => Ok(json!("\u{fffd}\u{fffd}\u{1}\u{2}")),
        _ => answer(input.clone()).await,
    };
    match said {
        Ok(said) => spoken(model, name, &input, &said, open, fault.as_ref()).await,
        Err(complaint) => {
            open.close("rejected", Some(400));
            let (status, body) = bad_input(&complaint);
            (status, axum::Json(body)).into_response()
        }
    }
}

/// Whom the log and the faults mean: a chat model is a vision model exactly when it's shown something.
fn service(model: Model, shown: bool) -> Service {
    match model {
        Model::Flux | Model::Lucid | Model::Phoenix => Service::Workers,
        Model::Vision => Service::Vision,
        Model::Chat if shown => Service::Vision,
        Model::Chat | Model::Text => Service::Text,
    }
}

async fn answer(input: Input) -> Result<Value, String> {
    let work = move || match &input.picture {
        Some(bytes) => {
            let said = vision::answer(&input.prompt, bytes)?;
            if input.format == text::Format::Free {
                return Ok(json!(said));
            }
            Ok(vision::object_in(&said).unwrap_or_else(|| json!({"description": said})))
        }
        None => Ok(text::answer(&input.prompt, &input.format)),
    };
    tokio::task::spawn_blocking(work).await.map_err(|error| error.to_string())?
}

/// Puts an answer into the model's shape: text is cut at `max_tokens`, an object (JSON mode) never is.
async fn spoken(
    model: Model,
    name: &str,
    input: &Input,
    said: &Value,
    open: Open,
    fault: Option<&Fault>,
) -> Response {
    let cut = usize::try_from(input.max_tokens).unwrap_or(usize::MAX).saturating_mul(4);
    let said = match said {
        Value::String(text) => json!(text.chars().take(cut).collect::<String>()),
        other => other.clone(),
    };
    let written = said.as_str().map_or_else(|| said.to_string(), str::to_owned);
    let usage = json!({
        "prompt_tokens": tokens(&input.prompt),
        "completion_tokens": tokens(&written),
        "total_tokens": tokens(&input.prompt) + tokens(&written),
    });
    let result = if model == Model::Chat {
        json!({
            "id": "chatcmpl-emulator",
            "object": "chat.completion",
            "created": epoch_ms() / 1000,
            "model": name,
            "choices": [{
                "index": 0,
                "message": {"role": "assistant", "content": written},
                "finish_reason": "stop",
            }],
            "usage": usage,
        })
    } else {
        json!({"response": said, "tool_calls": [], "usage": usage})
    };
    let response = delivered(fault, axum::Json(success(&result)).into_response()).await;
    open.close(fault.map_or("ok", Fault::kind), Some(200));
    response
}

fn checked(name: &str, headers: &HeaderMap, body: &Bytes) -> Result<(Model, Map<String, Value>), Answer> {
    let token = headers.get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default();
    if token.strip_prefix("Bearer ").is_none_or(|token| token.trim().is_empty()) {
        return Err((StatusCode::UNAUTHORIZED, failure(10_000, "Authentication error")));
    }
    let model = MODELS.iter().find(|(known, _)| *known == name).map(|(_, model)| *model);
    let model = model.ok_or_else(|| no_such_model(name))?;
    let fields = serde_json::from_slice(body).map_err(|error| {
        (StatusCode::BAD_REQUEST, failure(3003, &format!("AiError: Incomplete request: {error}")))
    })?;
    Ok((model, fields))
}

async fn unknown() -> Response {
    let body = json!({
        "result": null, "success": false,
        "errors": [{"code": 7003, "message": "Could not route to the given path, perhaps your object identifier is invalid?"}],
        "messages": [],
    });
    (StatusCode::NOT_FOUND, axum::Json(body)).into_response()
}

fn refused(emulator: &Emulator, service: Service, model: &str, (status, body): Answer) -> Response {
    let reason = body.pointer("/errors/0/message").and_then(Value::as_str).unwrap_or_default();
    emulator.log().open(service, model, reason).close("rejected", Some(status.as_u16()));
    (status, axum::Json(body)).into_response()
}

fn success(result: &Value) -> Value {
    json!({"result": result, "success": true, "errors": [], "messages": []})
}

fn failure(code: u32, message: &str) -> Value {
    json!({"result": {}, "success": false, "errors": [{"message": message, "code": code}], "messages": []})
}

fn no_such_model(model: &str) -> Answer {
    (StatusCode::BAD_REQUEST, failure(5007, &format!("AiError: No such model {model} or task")))
}

pub(super) fn bad_input(complaint: &str) -> Answer {
    (StatusCode::BAD_REQUEST, failure(5004, &format!("AiError: Bad input: Error: {complaint}")))
}
