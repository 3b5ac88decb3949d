//! The queue's consumer: views, written to D1 in one statement a batch.
//!
//! Deliveries come twice and in any order; a view's id makes that harmless. A message that isn't a view never will be: it's
//! parked in D1 and acknowledged, so it can't block the others (the contract has no dead-letter queue).

use picasso_actors::entropy::Entropy;
use picasso_actors::view::{self, View};
use worker::{Env, MessageBatch, Result};

use crate::bindings::d1;
use crate::env;
use crate::runtime::platform::{Random, now_ms};

/// Writes a batch.
///
/// # Errors
/// When D1 is away: the platform delivers the batch again.
pub async fn consume(batch: &MessageBatch<serde_json::Value>, env: &Env) -> Result<()> {
    let mut views: Vec<View> = Vec::new();
    let mut statements = Vec::new();
    for message in batch.raw_iter() {
        let text = message.body().as_string();
        match text.as_deref().map(serde_json::from_str::<View>) {
            Some(Ok(view)) => views.push(view),
            Some(Err(error)) => statements.push(park(text.unwrap_or_default(), &error.to_string())),
            None => statements.push(park(format!("{:?}", message.body()), "not a text")),
        }
    }
    let count = views.len();
    if !views.is_empty() {
        statements.push((view::INSERT.to_owned(), vec![serde_json::to_string(&views)?.into()]));
    }
    d1::run(env, statements).await?;
    batch.ack_all();
    tracing::info!(step = "views", count, "written");
    Ok(())
}

/// Sends a view.
///
/// # Errors
/// When the queue can't be reached.
pub async fn send(env: &Env, view: &View) -> Result<()> {
    let queue = env::queue(env).map_err(|missing| missing.to_string())?;
    let text = serde_json::to_string(view)?;
    // As text: as an object it would pass through a serializer that turns maps into something else.
    let message = worker::RawMessageBuilder::new(wasm_bindgen::JsValue::from_str(&text))
        .build_with_content_type(worker::QueueContentType::Text);
    queue.send_raw(message).await
}

fn park(body: String, error: &str) -> (String, Vec<picasso_actors::sql::Value>) {
    tracing::warn!(step = "views", error, "message parked");
    (view::PARK.to_owned(), vec![Random.id(22).into(), body.into(), error.into(), now_ms().into()])
}
