//! Cloudflare Images' transformations through its binding, which workers-rs 0.8.7 doesn't have: a picture made anew from
//! another's pixels, for bytes that nobody should get as they are.

use js_sys::{Object, Promise, Reflect};
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::{JsValue, wasm_bindgen};
use wasm_bindgen_futures::JsFuture;
use worker::Env;
use worker::web_sys::{ReadableStream, Response};

/// The media type of what [`webp`] makes.
pub const WEBP: &str = "image/webp";

#[wasm_bindgen]
extern "C" {
    type Images;

    #[wasm_bindgen(method, catch)]
    fn input(this: &Images, picture: &ReadableStream) -> Result<Transformer, JsValue>;

    type Transformer;

    #[wasm_bindgen(method, catch)]
    fn output(this: &Transformer, options: &Object) -> Result<Promise, JsValue>;

    type Transformed;

    #[wasm_bindgen(method, catch)]
    fn response(this: &Transformed) -> Result<Response, JsValue>;
}

/// The picture as WebP, of the size that it has; `None` when Images isn't there or doesn't take it for a picture.
pub async fn webp(env: &Env, picture: &ReadableStream) -> Option<worker::Response> {
    transform(env, picture).await.ok().filter(Response::ok).map(worker::Response::from)
}

async fn transform(env: &Env, picture: &ReadableStream) -> Result<Response, JsValue> {
    let images: Images = Reflect::get(env.as_ref(), &"IMAGES".into())?.unchecked_into();
    let options = Object::new();
    Reflect::set(&options, &"format".into(), &WEBP.into())?;
    let made = JsFuture::from(images.input(picture)?.output(&options)?).await?;
    made.unchecked_into::<Transformed>().response()
}
