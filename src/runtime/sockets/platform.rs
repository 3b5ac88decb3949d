//! What the platform offers and workers-rs 0.8.7 doesn't bind.

use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::{JsValue, wasm_bindgen};
use worker::{State, Storage, WebSocket};

#[wasm_bindgen]
extern "C" {
    type Hibernation;

    #[wasm_bindgen(method, catch, js_name = getWebSocketAutoResponseTimestamp)]
    fn last_auto_response(this: &Hibernation, socket: &JsValue) -> Result<Option<js_sys::Date>, JsValue>;

    type Written;

    #[wasm_bindgen(method, catch)]
    fn sync(this: &Written) -> Result<js_sys::Promise, JsValue>;
}

/// When the platform last answered a ping of this socket, epoch milliseconds.
pub fn last_ping(state: &State, socket: &WebSocket) -> Option<i64> {
    let state: &JsValue = state.as_raw().as_ref();
    let socket: &JsValue = socket.as_ref().as_ref();
    let at = state.unchecked_ref::<Hibernation>().last_auto_response(socket).ok().flatten()?;
    // A date is a whole number of milliseconds well within an integer's range.
    #[expect(clippy::cast_possible_truncation)]
    Some(at.get_time() as i64)
}

/// Waits until what was committed is on disk. The platform holds a socket's frames back until then, but not those of
/// a response that is under way.
pub async fn written(storage: &Storage) {
    let storage: &JsValue = storage.as_raw().as_ref();
    if let Ok(promise) = storage.unchecked_ref::<Written>().sync() {
        let _ = wasm_bindgen_futures::JsFuture::from(promise).await;
    }
}
