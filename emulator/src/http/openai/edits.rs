//! The pictures of an edit, from a form or from a document: `image` or `image[]` and `mask` as files, or
//! `images:[{image_url}]` and `mask:{image_url}` as data URLs.
//!
//! Absent: `file_id` and https URLs, which the real service also takes; nothing here reaches a network.

use axum::extract::Multipart;
use image::GrayImage;
use serde_json::{Map, Value};

use super::super::{Answer, from_data_url};
use super::error::{bad, missing, reject, user_error};
use crate::operation::transparency;
use crate::picture::{Facts, Sent};

/// Pictures of one edit.
const MAX_IMAGES: usize = 16;
/// Bytes of a picture's file.
const MAX_IMAGE: usize = 50_000_000;
/// Bytes of a mask's file.
const MAX_MASK: usize = 4_000_000;
/// Characters of a data URL.
const MAX_URL: usize = 20_971_520;

/// What came along with an edit.
#[derive(Clone, Debug, Default)]
pub struct Pictures {
    /// In their order.
    pub images: Vec<Sent>,
    /// Where to paint, and the facts of its file.
    pub mask: Option<(GrayImage, Facts)>,
}

/// Reads a form: its fields in the types that they have in a document, and its files.
///
/// # Errors
/// `OpenAI`'s 400.
pub async fn form(mut form: Multipart) -> Result<(Map<String, Value>, Pictures), Answer> {
    let mut fields = Map::new();
    let (mut images, mut mask) = (Vec::new(), None);
    while let Some(field) = form.next_field().await.map_err(|error| unreadable(&error.body_text()))? {
        let name = field.name().unwrap_or_default().to_owned();
        let bytes = field.bytes().await.map_err(|error| unreadable(&error.body_text()))?;
        match name.as_str() {
            "image" | "image[]" => images.push(bytes),
            "mask" => mask = Some(bytes),
            _ => {
                let text = String::from_utf8(bytes.to_vec())
                    .map_err(|_| reject(&format!("The field '{name}' is not valid UTF-8.")))?;
                fields.insert(name.clone(), typed(&name, text));
            }
        }
    }
    Ok((fields, pictures(&images, mask.as_deref())?))
}

/// Takes the pictures out of a document.
///
/// # Errors
/// `OpenAI`'s 400.
pub fn document(fields: &mut Map<String, Value>) -> Result<Pictures, Answer> {
    let images = match fields.remove("images") {
        Some(Value::Array(images)) => images,
        Some(_) => {
            return Err(bad("images", "Invalid type for 'images': expected an array.", "invalid_type"));
        }
        None => return Err(missing("images")),
    };
    let images = images.iter().map(|image| referenced("images", image)).collect::<Result<Vec<_>, _>>()?;
    let mask = fields.remove("mask").filter(|mask| !mask.is_null());
    let mask = mask.map(|mask| referenced("mask", &mask)).transpose()?;
    pictures(&images, mask.as_deref())
}

/// A body that can't be taken apart.
pub fn unreadable(why: &str) -> Answer {
    reject(&format!("We could not parse the body of your request: {why}"))
}

/// A form has text only; what a document has as a number or a truth value becomes one again.
fn typed(name: &str, text: String) -> Value {
    let plain = matches!(name, "n" | "output_compression" | "partial_images" | "stream");
    let value = plain.then(|| serde_json::from_str::<Value>(&text).ok()).flatten();
    value.filter(|value| value.is_number() || value.is_boolean()).unwrap_or(Value::String(text))
}

fn referenced(param: &str, reference: &Value) -> Result<Vec<u8>, Answer> {
    let fields = reference.as_object().filter(|fields| fields.len() == 1);
    let url = fields.and_then(|fields| fields.get("image_url")).and_then(Value::as_str);
    let url = url.ok_or_else(|| {
        bad(param, "Expected an object with exactly one of 'image_url' and 'file_id'.", "invalid_value")
    })?;
    if url.len() > MAX_URL {
        let message =
            format!("Invalid '{param}': string too long. Expected a string with maximum length {MAX_URL}.");
        return Err(bad(param, &message, "string_above_max_length"));
    }
    from_data_url(url).ok_or_else(|| {
        bad(param, "Invalid image_url: expected a base64-encoded data URL.", "invalid_image_url")
    })
}

fn pictures<B: AsRef<[u8]>>(images: &[B], mask: Option<&[u8]>) -> Result<Pictures, Answer> {
    if images.is_empty() {
        return Err(missing("image"));
    }
    if images.len() > MAX_IMAGES {
        let message = format!(
            "Invalid 'image': array too long. Expected an array with maximum length {MAX_IMAGES}, but got an array with length {} instead.",
            images.len()
        );
        return Err(bad("image", &message, "array_above_max_length"));
    }
    let mut read = Vec::new();
    for (nth, bytes) in (1..).zip(images) {
        let bytes = bytes.as_ref();
        if bytes.len() >= MAX_IMAGE {
            let message = format!("Invalid image {nth}: the file must be smaller than 50MB.");
            return Err(user_error("image", &message, "image_too_large"));
        }
        read.push(Sent::read(bytes).map_err(|_| {
            let message =
                format!("Invalid image file or mode for image {nth}, please check your image file.");
            user_error("image", &message, "invalid_image_file")
        })?);
    }
    let mask = match (mask, read.first()) {
        (Some(bytes), Some(first)) => Some(masked(bytes, first)?),
        _ => None,
    };
    Ok(Pictures { images: read, mask })
}

fn masked(bytes: &[u8], image: &Sent) -> Result<(GrayImage, Facts), Answer> {
    let refuse = |message: &str| user_error("mask", message, "invalid_image_file");
    if bytes.len() >= MAX_MASK {
        return Err(user_error(
            "mask",
            "Invalid mask: the file must be smaller than 4MB.",
            "image_too_large",
        ));
    }
    let mask = Sent::read(bytes)
        .map_err(|_| refuse("Invalid image file or mode for the mask, please check your image file."))?;
    if mask.facts.mime != "image/png" || !mask.has_alpha {
        return Err(refuse("Invalid mask image format - the mask must be a PNG with an alpha channel."));
    }
    if mask.size() != image.size() {
        return Err(refuse("Invalid mask image format - mask size does not match image size."));
    }
    // A mask without a transparent pixel is one all the same: nothing is to be painted.
    let empty = || GrayImage::new(mask.pixels.width(), mask.pixels.height());
    Ok((transparency(&mask.pixels).unwrap_or_else(empty), mask.facts))
}
