//! The queue's consumer. What becomes of a message is decided by [`picasso_actors::queue`]; here its statements are run and
//! its verdicts carried out.
//!
//! The batch is bound here because workers-rs 0.8.7 doesn't tell a message's attempts, and its own export panics, which
//! traps the instance, where a failed batch has only to throw.

use js_sys::{Array, Object, Promise, Reflect};
use picasso_actors::queue::{Batch, Message, Verdict};
use picasso_actors::view::{self, View};
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::{JsValue, wasm_bindgen};
use wasm_bindgen_futures::JsFuture;
use worker::{Env, Result};

use crate::bindings::d1;
use crate::runtime::platform::now_ms;
use crate::{env, logging};

#[wasm_bindgen]
extern "C" {
    /// A batch as the platform delivers it.
    pub type Delivered;

    #[wasm_bindgen(method, catch, getter)]
    fn messages(this: &Delivered) -> std::result::Result<Array, JsValue>;

    type Delivery;

    #[wasm_bindgen(method, getter)]
    fn id(this: &Delivery) -> String;

    #[wasm_bindgen(method, getter)]
    fn body(this: &Delivery) -> JsValue;

    #[wasm_bindgen(method, getter)]
    fn attempts(this: &Delivery) -> Option<u32>;

    #[wasm_bindgen(method, catch)]
    fn ack(this: &Delivery) -> std::result::Result<(), JsValue>;

    #[wasm_bindgen(method, catch)]
    fn retry(this: &Delivery, options: &Object) -> std::result::Result<(), JsValue>;

    type Producer;

    #[wasm_bindgen(method, catch)]
    fn send(this: &Producer, message: &str, options: &Object) -> std::result::Result<Promise, JsValue>;
}

/// Every batch of the queue: the Worker's `queue` handler.
///
/// # Errors
/// When the platform refuses a verdict: it delivers again what has none.
#[wasm_bindgen(js_name = queue)]
pub async fn consume(delivered: Delivered, env: Env, _context: JsValue) -> std::result::Result<(), JsValue> {
    logging::init();
    #[cfg(feature = "trap-tests")]
    crate::trap::spring_now("queue", "");
    let deliveries: Vec<Delivery> = delivered.messages()?.iter().map(JsCast::unchecked_into).collect();
    let mut batch = Batch::new(deliveries.iter().map(read).collect(), now_ms());
    while let Some((statement, params)) = batch.statement() {
        let result = d1::run(&env, vec![(statement.to_owned(), params)]).await;
        if let Err(error) = &result {
            tracing::warn!(step = "queue", error, "a statement failed");
        }
        batch.told(result);
    }
    for (delivery, (message, verdict)) in deliveries.iter().zip(batch.verdicts()) {
        match verdict {
            Verdict::Acknowledge => delivery.ack()?,
            Verdict::Retry { delay_s } => retry(delivery, delay_s)?,
            Verdict::SendAgain { delay_s } => {
                match send_text(&env, message.body.as_deref().unwrap_or_default(), delay_s).await {
                    Ok(()) => delivery.ack()?,
                    Err(_) => retry(delivery, delay_s)?,
                }
            }
        }
    }
    tracing::info!(step = "queue", count = deliveries.len(), "batch");
    Ok(())
}

/// Sends a view; one that the queue doesn't take goes straight to D1.
///
/// # Errors
/// When D1 doesn't take it either.
pub async fn send(env: &Env, view: &View) -> std::result::Result<(), String> {
    let text = serde_json::to_string(view).map_err(|error| error.to_string())?;
    let Err(error) = send_text(env, &text, 0).await else { return Ok(()) };
    tracing::warn!(step = "queue", error = %error, "not taken, written to D1");
    d1::run(env, vec![(view::INSERT.to_owned(), vec![format!("[{text}]").into()])]).await
}

/// Sends a message, to be delivered after `delay_s` seconds at the earliest.
///
/// # Errors
/// When the queue can't be reached.
pub async fn send_text(env: &Env, text: &str, delay_s: u32) -> Result<()> {
    let queue = env::queue(env).map_err(|missing| missing.to_string())?;
    let queue: &JsValue = queue.as_ref();
    let options = delayed(delay_s)?;
    // As text: as an object it would pass through a serializer that turns maps into something else.
    Reflect::set(&options, &"contentType".into(), &"text".into())?;
    JsFuture::from(queue.unchecked_ref::<Producer>().send(text, &options)?).await?;
    Ok(())
}

fn read(delivery: &Delivery) -> Message {
    Message {
        id: delivery.id(),
        body: delivery.body().as_string(),
        attempts: delivery.attempts().unwrap_or(1),
    }
}

fn retry(delivery: &Delivery, delay_s: u32) -> std::result::Result<(), JsValue> {
    delivery.retry(&delayed(delay_s)?)
}

fn delayed(delay_s: u32) -> std::result::Result<Object, JsValue> {
    let options = Object::new();
    Reflect::set(&options, &"delaySeconds".into(), &delay_s.into())?;
    Ok(options)
}
