//! One transaction. `BEGIN` is refused inside an object, and a failed statement doesn't undo the ones before it, so the
//! platform's own `transactionSync` is bound here: workers-rs 0.8.7 lacks it.

use picasso_actors::sql::Fault;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::{JsValue, wasm_bindgen};
use worker::Storage;

use super::sql::ObjectSql;

#[wasm_bindgen]
extern "C" {
    type SyncStorage;

    #[wasm_bindgen(method, catch, js_name = transactionSync)]
    fn transaction_sync(
        this: &SyncStorage,
        body: &mut dyn FnMut() -> Result<JsValue, JsValue>,
    ) -> Result<JsValue, JsValue>;
}

/// Runs `body` in a transaction: all of its writes happen, or, when it fails, none.
///
/// # Errors
/// The body's fault, or [`Fault::Storage`] when the transaction itself fails.
pub fn commit<T>(storage: &Storage, body: impl FnOnce(&ObjectSql) -> Result<T, Fault>) -> Result<T, Fault> {
    let sql = ObjectSql(storage.sql());
    let mut body = Some(body);
    let mut outcome = None;
    let raw: &JsValue = storage.as_raw().as_ref();
    let done = raw.unchecked_ref::<SyncStorage>().transaction_sync(&mut || {
        let Some(body) = body.take() else { return Ok(JsValue::UNDEFINED) };
        match body(&sql) {
            Ok(value) => {
                outcome = Some(Ok(value));
                Ok(JsValue::UNDEFINED)
            }
            // Thrown, so that the platform rolls back.
            Err(fault) => {
                outcome = Some(Err(fault));
                Err(JsValue::from_str("rolled back"))
            }
        }
    });
    match (outcome, done) {
        (Some(Ok(value)), Ok(_)) => Ok(value),
        (Some(Err(fault)), _) => Err(fault),
        // The body neither returned nor failed: an exception went through it, and wasm doesn't survive that. A trap is at
        // least noticed by everybody in flight.
        (None, Err(_)) if body.is_none() => std::process::abort(),
        (_, Err(error)) => Err(Fault::Storage(format!("{error:?}"))),
        (None, Ok(_)) => Err(Fault::Storage("the transaction didn't run".to_owned())),
    }
}
