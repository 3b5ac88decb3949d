//! A KV namespace, as the two calls that are made of it. Eventually consistent: what is put may take a minute or more to be seen
//! elsewhere.

use js_sys::{Promise, Reflect};
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::{JsValue, wasm_bindgen};
use wasm_bindgen_futures::JsFuture;
use worker::Env;

use crate::env::Missing;

#[wasm_bindgen]
extern "C" {
    /// A namespace.
    pub type Namespace;

    #[wasm_bindgen(method, catch)]
    fn get(this: &Namespace, key: &str) -> Result<Promise, JsValue>;

    #[wasm_bindgen(method, catch)]
    fn put(this: &Namespace, key: &str, value: &str) -> Result<Promise, JsValue>;
}

/// The sessions' preferences.
///
/// # Errors
/// [`Missing`].
pub fn preferences(env: &Env) -> Result<Namespace, Missing> {
    let binding = Reflect::get(env.as_ref(), &"USER_PREFERENCES".into()).ok().filter(JsValue::is_object);
    binding.map(JsCast::unchecked_into).ok_or(Missing("USER_PREFERENCES"))
}

/// The text under `key`.
///
/// # Errors
/// For the log.
pub async fn read(namespace: &Namespace, key: &str) -> Result<Option<String>, String> {
    done(namespace.get(key)).await.map(|value| value.as_string())
}

/// Puts a text under `key`.
///
/// # Errors
/// For the log.
pub async fn write(namespace: &Namespace, key: &str, value: &str) -> Result<(), String> {
    done(namespace.put(key, value)).await.map(|_| ())
}

async fn done(called: Result<Promise, JsValue>) -> Result<JsValue, String> {
    let ended = match called {
        Ok(promise) => JsFuture::from(promise).await,
        Err(error) => Err(error),
    };
    ended.map_err(|error| {
        let message = Reflect::get(&error, &"message".into()).ok().and_then(|text| text.as_string());
        message.unwrap_or_else(|| "the KV binding failed".to_owned())
    })
}
