//! The routes that the real services don't have: faults, the call log, health, and a look at the painter.

use axum::body::Bytes;
use axum::extract::{Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use super::sizes;
use crate::encode::{Format, encode};
use crate::fault::Rule;
use crate::paint::{self, Order};
use crate::scene::{Brief, Orders};
use crate::service::Provider;
use crate::state::Emulator;

pub fn routes() -> Router<Emulator> {
    Router::new()
        .route("/healthz", get(async || "ok"))
        .route("/_control/faults", get(faults).post(add_fault).delete(clear_faults))
        .route("/_control/directives", post(steer))
        .route("/_control/calls", get(calls).delete(clear_calls))
        .route("/_control/paint", get(paint))
}

async fn faults(State(emulator): State<Emulator>) -> Json<Value> {
    Json(json!({"faults": emulator.rules().list()}))
}

async fn add_fault(State(emulator): State<Emulator>, body: Bytes) -> Response {
    match serde_json::from_slice::<Rule>(&body) {
        Ok(rule) => {
            emulator.rules().add(rule.clone());
            (StatusCode::CREATED, Json(json!(rule))).into_response()
        }
        Err(error) => complaint(&error.to_string()),
    }
}

async fn clear_faults(State(emulator): State<Emulator>) -> StatusCode {
    emulator.rules().clear();
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Steering {
    prompt_contains: String,
    directives: String,
}

/// Directives for prompts that shouldn't show any: what people read in a lookbook is the prompt as it was typed.
async fn steer(State(emulator): State<Emulator>, body: Bytes) -> Response {
    match serde_json::from_slice::<Steering>(&body) {
        Ok(steering) if emulator.steer(steering.prompt_contains.clone(), &steering.directives) > 0 => {
            (StatusCode::CREATED, Json(json!({"promptContains": steering.prompt_contains}))).into_response()
        }
        Ok(_) => complaint("directives holds none, like {miss:openai#1}"),
        Err(error) => complaint(&error.to_string()),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Search {
    #[serde(default)]
    prompt_contains: String,
}

async fn calls(State(emulator): State<Emulator>, Query(search): Query<Search>) -> Json<Value> {
    Json(json!({"calls": emulator.log().list(&search.prompt_contains)}))
}

async fn clear_calls(State(emulator): State<Emulator>) -> StatusCode {
    emulator.log().clear();
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
struct Look {
    provider: String,
    prompt: String,
    #[serde(default = "first")]
    seed: u64,
    size: Option<String>,
}

fn first() -> u64 {
    1
}

/// The picture that the provider's `seed`th call for this prompt would get; nothing is counted.
async fn paint(Query(look): Query<Look>) -> Response {
    let Some(provider) = Provider::parse(&look.provider) else {
        return complaint("provider is openai, gemini or workers");
    };
    let size = look.size.as_deref().unwrap_or("1024x1024").split_once('x');
    let size = size.and_then(|(w, h)| Some((w.parse::<u32>().ok()?, h.parse::<u32>().ok()?)));
    let Some(size) = size.filter(|(w, h)| [w, h].iter().all(|side| (16..=sizes::MAX_SIDE).contains(side)))
    else {
        return complaint("size is WxH, 16 to 4096 a side");
    };
    let brief = Brief::read(&look.prompt);
    let orders = Orders::of(&brief.directives, provider, look.seed);
    let order = Order {
        provider,
        size,
        variant: if orders.twin { 1 } else { look.seed },
        miss: orders.miss,
        twin: orders.twin.then_some(look.seed),
        scene: brief.scene,
    };
    tokio::time::sleep(std::time::Duration::from_millis(orders.slow_ms)).await;
    let work = move || encode(&paint::paint(&order), Format::Png, 100).map_err(|error| error.to_string());
    match tokio::task::spawn_blocking(work).await.map_err(|error| error.to_string()).flatten() {
        Ok(png) => ([(header::CONTENT_TYPE, "image/png")], png).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error).into_response(),
    }
}

fn complaint(error: &str) -> Response {
    (StatusCode::BAD_REQUEST, Json(json!({"error": error}))).into_response()
}
