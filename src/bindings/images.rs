//! Cloudflare Images through its binding, which workers-rs 0.8.7 doesn't have: hosted upload, for what people see.

use js_sys::{Object, Promise, Reflect, Uint8Array};
use picasso_actors::provider::{Delivery, Failure, FailureClass};
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::{JsValue, wasm_bindgen};
use wasm_bindgen_futures::JsFuture;
use worker::Env;

#[wasm_bindgen]
extern "C" {
    type Hosted;

    #[wasm_bindgen(method, catch)]
    fn upload(this: &Hosted, image: &JsValue, options: &Object) -> Result<Promise, JsValue>;

    #[wasm_bindgen(method, catch)]
    fn image(this: &Hosted, id: &str) -> Result<HostedImage, JsValue>;

    type HostedImage;

    #[wasm_bindgen(method, catch)]
    fn details(this: &HostedImage) -> Result<Promise, JsValue>;
}

/// Uploads a picture under `id`. One that is there already, from an attempt that was cut off, is taken as it is: the id
/// follows from the step.
///
/// # Errors
/// `NotConfigured` without the binding or hosted images; `Storage` for whatever else Images says.
pub async fn deliver(env: &Env, id: &str, bytes: &[u8]) -> Result<Delivery, Failure> {
    let hosted = hosted(env)?;
    let metadata = match upload_as(&hosted, id, bytes).await {
        Ok(metadata) => metadata,
        Err(refused) => match details_of(&hosted, id).await {
            Ok(metadata) if !metadata.is_null() && !metadata.is_undefined() => metadata,
            _ => return Err(failed(&refused)),
        },
    };
    let url = Reflect::get(&metadata, &"variants".into())
        .ok()
        .map(|variants| js_sys::Array::from(&variants))
        .and_then(|variants| variants.get(0).as_string())
        .ok_or_else(|| Failure::new(FailureClass::Storage, "Images named no address for the picture"))?;
    Ok(Delivery { url, image_id: id.to_owned() })
}

async fn upload_as(hosted: &Hosted, id: &str, bytes: &[u8]) -> Result<JsValue, JsValue> {
    let options = Object::new();
    Reflect::set(&options, &"id".into(), &id.into())?;
    Reflect::set(&options, &"filename".into(), &id.into())?;
    let body = Uint8Array::from(bytes).buffer();
    JsFuture::from(hosted.upload(&body.into(), &options)?).await
}

async fn details_of(hosted: &Hosted, id: &str) -> Result<JsValue, JsValue> {
    JsFuture::from(hosted.image(id)?.details()?).await
}

fn hosted(env: &Env) -> Result<Hosted, Failure> {
    let binding = Reflect::get(env.as_ref(), &"IMAGES".into()).unwrap_or(JsValue::UNDEFINED);
    if !binding.is_object() {
        return Err(Failure::new(FailureClass::NotConfigured, "binding IMAGES not configured"));
    }
    match Reflect::get(&binding, &"hosted".into()) {
        Ok(hosted) if hosted.is_object() || hosted.is_function() => Ok(hosted.unchecked_into()),
        _ => Err(Failure::new(FailureClass::NotConfigured, "binding IMAGES has no hosted images")),
    }
}

fn failed(error: &JsValue) -> Failure {
    let read = |name: &str| Reflect::get(error, &name.into()).ok();
    let message = read("message").and_then(|text| text.as_string()).unwrap_or_default();
    let code =
        read("code").and_then(|code| code.as_f64()).map(|code| format!(" ({code})")).unwrap_or_default();
    Failure::new(FailureClass::Storage, format!("Images{code}: {message}"))
}
