//! Cloudflare Images through its binding, which workers-rs 0.8.7 doesn't have: hosted upload, and bringing a picture into shape
//! for whoever asks.

use js_sys::{Array, Object, Promise, Reflect, Uint8Array};
use picasso_actors::provider::{Failure, FailureClass};
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::{JsValue, wasm_bindgen};
use wasm_bindgen_futures::JsFuture;
use worker::{Env, Response, web_sys};

#[wasm_bindgen]
extern "C" {
    /// The binding.
    pub type Images;

    #[wasm_bindgen(method, catch)]
    fn input(this: &Images, image: &web_sys::ReadableStream) -> Result<Transformer, JsValue>;

    type Transformer;

    #[wasm_bindgen(method, catch)]
    fn transform(this: &Transformer, options: &Object) -> Result<Transformer, JsValue>;

    #[wasm_bindgen(method, catch)]
    fn output(this: &Transformer, options: &Object) -> Result<Promise, JsValue>;

    type Transformed;

    #[wasm_bindgen(method, catch)]
    fn response(this: &Transformed) -> Result<web_sys::Response, JsValue>;

    type Hosted;

    #[wasm_bindgen(method, catch)]
    fn upload(this: &Hosted, image: &JsValue, options: &Object) -> Result<Promise, JsValue>;

    #[wasm_bindgen(method, catch)]
    fn image(this: &Hosted, id: &str) -> Result<HostedImage, JsValue>;

    type HostedImage;

    #[wasm_bindgen(method, catch)]
    fn details(this: &HostedImage) -> Result<Promise, JsValue>;
}

/// Why Images hosts no copy of a picture.
#[derive(Debug)]
pub struct Refused {
    /// Images says no: there is no hosting, or it gave its reason a number. Else it may have been away.
    pub is_final: bool,
    /// What it said.
    pub failure: Failure,
}

/// The binding.
///
/// # Errors
/// `NotConfigured`, naming it.
pub fn bound(env: &Env) -> Result<Images, Failure> {
    let binding = Reflect::get(env.as_ref(), &"IMAGES".into()).unwrap_or(JsValue::UNDEFINED);
    let missing = || Failure::new(FailureClass::NotConfigured, "binding IMAGES not configured");
    if binding.is_object() { Ok(binding.unchecked_into()) } else { Err(missing()) }
}

/// Has Images host a picture under `id`; its address. One that is there already, from an attempt that was cut off, is taken as it
/// is: the id follows from the step.
///
/// # Errors
/// [`Refused`].
pub async fn host(images: &Images, id: &str, bytes: &[u8]) -> Result<String, Refused> {
    let hosted: Hosted = match Reflect::get(images, &"hosted".into()) {
        Ok(hosted) if hosted.is_object() || hosted.is_function() => hosted.unchecked_into(),
        _ => {
            let failure = Failure::new(FailureClass::NotConfigured, "binding IMAGES has no hosted images");
            return Err(Refused { is_final: true, failure });
        }
    };
    let metadata = match upload_as(&hosted, id, bytes).await {
        Ok(metadata) => metadata,
        Err(error) => match details_of(&hosted, id).await {
            Ok(metadata) if !metadata.is_null() && !metadata.is_undefined() => metadata,
            _ => return Err(Refused { is_final: code(&error).is_some(), failure: failed(&error) }),
        },
    };
    let url = Reflect::get(&metadata, &"variants".into())
        .ok()
        .and_then(|variants| Array::from(&variants).get(0).as_string());
    url.ok_or_else(|| Refused {
        is_final: false,
        failure: Failure::new(FailureClass::Storage, "Images named no address for the picture"),
    })
}

/// The media type of what [`webp`] makes.
pub const WEBP: &str = "image/webp";

/// The picture as a WebP: of the size that it has, or with no side longer than `longest` pixels.
///
/// # Errors
/// `Storage` for whatever Images says.
pub async fn webp(
    images: &Images,
    picture: &web_sys::ReadableStream,
    longest: Option<u32>,
) -> Result<Response, Failure> {
    transformed(images, picture, longest).await.map(Response::from).map_err(|error| failed(&error))
}

async fn transformed(
    images: &Images,
    picture: &web_sys::ReadableStream,
    longest: Option<u32>,
) -> Result<web_sys::Response, JsValue> {
    let mut transformer = images.input(picture)?;
    if let Some(longest) = longest {
        let bounds = Object::new();
        Reflect::set(&bounds, &"width".into(), &longest.into())?;
        Reflect::set(&bounds, &"height".into(), &longest.into())?;
        Reflect::set(&bounds, &"fit".into(), &"scale-down".into())?;
        transformer = transformer.transform(&bounds)?;
    }
    let format = Object::new();
    Reflect::set(&format, &"format".into(), &WEBP.into())?;
    let output = transformer.output(&format)?;
    JsFuture::from(output).await?.unchecked_into::<Transformed>().response()
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

/// The number that an `ImagesError` has.
fn code(error: &JsValue) -> Option<f64> {
    Reflect::get(error, &"code".into()).ok()?.as_f64()
}

fn failed(error: &JsValue) -> Failure {
    let message = Reflect::get(error, &"message".into()).ok().and_then(|text| text.as_string());
    let code = code(error).map(|code| format!(" ({code})")).unwrap_or_default();
    Failure::new(FailureClass::Storage, format!("Images{code}: {}", message.unwrap_or_default()))
}
