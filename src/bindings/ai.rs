//! The `AI` binding, for accounts that have it. Read without workers-rs' own type, which checks the class's name and takes
//! no options: the raw response is asked for, so that the adapters decode it as they do over REST.

use js_sys::{Object, Promise, Reflect};
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::{JsValue, wasm_bindgen};
use wasm_bindgen_futures::JsFuture;
use worker::Env;

#[wasm_bindgen]
extern "C" {
    type Ai;

    #[wasm_bindgen(method, catch)]
    fn run(this: &Ai, model: &str, inputs: &JsValue, options: &Object) -> Result<Promise, JsValue>;
}

/// What the model answered.
pub struct Output {
    /// Its content type.
    pub media_type: String,
    /// Its body.
    pub bytes: Vec<u8>,
}

/// What a model takes.
pub enum Inputs {
    /// A JSON object.
    Json(String),
    /// A multipart body with its content type.
    Multipart {
        /// With the boundary.
        content_type: String,
        /// Whole.
        bytes: Vec<u8>,
    },
}

/// Whether this environment has an `AI` binding. Locally there is one that can't be used: the REST settings go first there.
pub fn is_bound(env: &Env) -> bool {
    Reflect::get(env.as_ref(), &"AI".into()).is_ok_and(|binding| binding.is_object())
}

/// Runs a model. `None` when this environment has no `AI` binding.
///
/// # Errors
/// What the binding threw: `"<code>: <description>"`.
pub async fn run(env: &Env, model: &str, inputs: &Inputs) -> Option<Result<Output, String>> {
    let binding = Reflect::get(env.as_ref(), &"AI".into()).ok().filter(JsValue::is_object)?;
    let ai: Ai = binding.unchecked_into();
    Some(call(&ai, model, inputs).await.map_err(|error| message(&error)))
}

async fn call(ai: &Ai, model: &str, inputs: &Inputs) -> Result<Output, JsValue> {
    let inputs = match inputs {
        Inputs::Json(json) => js_sys::JSON::parse(json)?,
        Inputs::Multipart { content_type, bytes } => {
            let multipart = Object::new();
            Reflect::set(&multipart, &"body".into(), &stream_of(bytes)?)?;
            Reflect::set(&multipart, &"contentType".into(), &content_type.as_str().into())?;
            let inputs = Object::new();
            Reflect::set(&inputs, &"multipart".into(), &multipart)?;
            inputs.into()
        }
    };
    let options = Object::new();
    Reflect::set(&options, &"returnRawResponse".into(), &JsValue::TRUE)?;
    let response = JsFuture::from(ai.run(model, &inputs, &options)?).await?;
    let mut response: worker::Response = response.unchecked_into::<worker::web_sys::Response>().into();
    let media_type = response.headers().get("content-type").ok().flatten().unwrap_or_default();
    let bytes = response.bytes().await.map_err(|error| JsValue::from_str(&error.to_string()))?;
    Ok(Output { media_type, bytes })
}

/// A stream of the bytes, by way of a response: the form that the binding's documentation shows.
fn stream_of(bytes: &[u8]) -> Result<JsValue, JsValue> {
    let response = worker::Response::from_bytes(bytes.to_vec())
        .map_err(|error| JsValue::from_str(&error.to_string()))?;
    let response: worker::web_sys::Response = response.into();
    Ok(response.body().into())
}

fn message(error: &JsValue) -> String {
    Reflect::get(error, &"message".into())
        .ok()
        .and_then(|text| text.as_string())
        .unwrap_or_else(|| "the AI binding failed".to_owned())
}
