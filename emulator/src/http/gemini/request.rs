//! What a request asks for: words and pictures in their order, and a configuration in which every name is known.
//!
//! Gemini has no mask. A caller that sends one as a picture says so in words: when the prompt says "mask" and the last
//! picture is black and white and as large as the first, it's taken for one, and white is where to paint.

use std::sync::Arc;

use axum::http::StatusCode;
use image::GrayImage;
use serde_json::{Map, Value, json};

use super::super::conduct::{Wanted, parameters};
use super::super::{Answer, from_base64, sizes};
use super::error::{error, gone, invalid};
use crate::call::Ask;
use crate::encode::Format;
use crate::operation::{Material, lightness};
use crate::picture::{Facts, Sent};
use crate::service::Task;

/// The image models that answer. What was shut down (2.5-flash-image, Imagen, previews) is a 404 like any other name.
const MODELS: [&str; 4] =
    ["gemini-nano-banana-2.1", "gemini-3-pro-image", "gemini-3.1-flash-image", "gemini-3.1-flash-lite-image"];
/// The one model that also takes the extreme shapes.
const ANY_SHAPE: &str = "gemini-nano-banana-2.1";
/// Shapes that only [`ANY_SHAPE`] takes.
const EXTREME: [&str; 4] = ["1:4", "4:1", "1:8", "8:1"];
/// Fields of a request.
const FIELDS: [&str; 7] = [
    "contents",
    "generationConfig",
    "safetySettings",
    "systemInstruction",
    "tools",
    "toolConfig",
    "cachedContent",
];
/// Fields of `generationConfig`.
const CONFIG: [&str; 10] = [
    "responseModalities",
    "imageConfig",
    "seed",
    "thinkingConfig",
    "temperature",
    "topP",
    "topK",
    "candidateCount",
    "maxOutputTokens",
    "stopSequences",
];
/// Pictures of one request.
const MAX_IMAGES: usize = 14;
/// Media types of pictures; the last two are named by the API and not decoded here.
const MIMES: [&str; 5] = ["image/png", "image/jpeg", "image/webp", "image/heic", "image/heif"];

/// How the answer comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// One document.
    Whole,
    /// Server-sent events.
    Events,
    /// A stream's documents as one array.
    List,
}

/// A request, checked.
pub struct Request {
    pub wanted: Wanted,
    pub method: Method,
    pub with_text: bool,
    pub with_image: bool,
    pub thinks: bool,
    /// Pixels of each picture that came along.
    pub inputs: Vec<(u32, u32)>,
}

/// What stands in `contents`.
#[derive(Default)]
struct Contents {
    texts: Vec<String>,
    pictures: Vec<Sent>,
    /// `text` and `image` in their order.
    order: Vec<&'static str>,
}

impl Request {
    /// Checks a body.
    ///
    /// # Errors
    /// Google's 400, 403 for a file, 404 for a model that isn't there.
    pub fn read(model: &str, method: Method, body: &[u8]) -> Result<Self, Answer> {
        if !MODELS.contains(&model) {
            return Err((StatusCode::NOT_FOUND, gone(model)));
        }
        let fields: Map<String, Value> = serde_json::from_slice(body)
            .map_err(|error| invalid(&format!("Invalid JSON payload received. {error}"), &[]))?;
        known(&fields, "", &FIELDS)?;
        let empty = Map::new();
        let config = object(&fields, "generationConfig", "generation_config")?.unwrap_or(&empty);
        known(config, "generation_config", &CONFIG)?;
        let (seed, modalities, thinks) = (seed(config)?, modalities(config)?, thinks(config)?);
        let mut contents = contents(&fields)?;
        let prompt = contents.texts.join("\n");
        let size = size(model, config, contents.pictures.first())?;
        let inputs = contents.pictures.iter().map(Sent::size).collect();
        let mask = mask(&prompt, &mut contents.pictures);
        let mut shown = parameters(&fields, &["contents"]);
        shown.insert("parts".to_owned(), json!(contents.order));
        let ask = Ask {
            task: if contents.pictures.is_empty() { Task::Generate } else { Task::Edit },
            operation: None,
            images: contents.pictures.iter().map(|picture| picture.facts.clone()).collect(),
            mask: mask.as_ref().map(|(_, facts)| facts.clone()),
            size: Some(format!("{}x{}", size.0, size.1)),
            quality: None,
            seed,
            streamed: method == Method::Events,
            parameters: shown,
        };
        let material = Material::of(&prompt, &contents.pictures, mask.map(|(mask, _)| mask), None, size);
        let verb = if method == Method::Whole { "generateContent" } else { "streamGenerateContent" };
        let query = if method == Method::Events { "?alt=sse" } else { "" };
        let wanted = Wanted {
            model: model.to_owned(),
            prompt,
            path: format!("/gemini/v1beta/models/{model}:{verb}{query}"),
            size,
            seed,
            count: u32::from(modalities.contains(&"IMAGE")),
            // The pro model sends JPEG, the flash family PNG.
            format: if model.contains("pro") { Format::Jpeg } else { Format::Png },
            quality: 92,
            partials: u32::from(thinks),
            ask: Ask { operation: Some(material.operation), ..ask },
            material: Arc::new(material),
        };
        let (with_text, with_image) = (modalities.contains(&"TEXT"), modalities.contains(&"IMAGE"));
        Ok(Self { wanted, method, with_text, with_image, thinks, inputs })
    }
}

fn mask(prompt: &str, pictures: &mut Vec<Sent>) -> Option<(GrayImage, Facts)> {
    let [first, .., last] = pictures.as_slice() else { return None };
    if !prompt.to_lowercase().contains("mask") || first.size() != last.size() || !last.is_bilevel() {
        return None;
    }
    pictures.pop().map(|mask| (lightness(&mask.pixels), mask.facts))
}

fn size(model: &str, config: &Map<String, Value>, start: Option<&Sent>) -> Result<(u32, u32), Answer> {
    let empty = Map::new();
    let image = object(config, "imageConfig", "generation_config.image_config")?.unwrap_or(&empty);
    known(image, "generation_config.image_config", &["aspectRatio", "imageSize"])?;
    let like_start = start.map_or("1:1", |start| sizes::gemini_like(start.size()));
    let ratio = image.get("aspectRatio").map_or(Some(like_start), Value::as_str).unwrap_or_default();
    let class = image.get("imageSize").map_or(Some("1K"), Value::as_str).unwrap_or_default();
    let allowed = model == ANY_SHAPE || !EXTREME.contains(&ratio);
    sizes::gemini(ratio, class).filter(|_| allowed).ok_or_else(|| {
        invalid(
            "* GenerateContentRequest.generation_config.image_config: Invalid aspect ratio or image size.",
            &[],
        )
    })
}

fn seed(config: &Map<String, Value>) -> Result<Option<u64>, Answer> {
    let Some(seed) = config.get("seed").filter(|seed| !seed.is_null()) else { return Ok(None) };
    let bits = seed.as_i64().and_then(|seed| i32::try_from(seed).ok());
    bits.map(|seed| Some(u64::from(seed.cast_unsigned()))).ok_or_else(|| {
        invalid(&format!("Invalid value at 'generation_config.seed' (TYPE_INT32), {seed}"), &[])
    })
}

fn modalities(config: &Map<String, Value>) -> Result<Vec<&str>, Answer> {
    let modalities: Vec<&str> = match config.get("responseModalities") {
        None | Some(Value::Null) => vec!["TEXT", "IMAGE"],
        Some(Value::Array(list)) => list.iter().filter_map(Value::as_str).collect(),
        Some(_) => return Err(invalid("Invalid value at 'generation_config.response_modalities'", &[])),
    };
    match modalities.iter().find(|modality| !["TEXT", "IMAGE"].contains(modality)) {
        Some(odd) => Err(enumerated("response_modalities[0]", "GenerationConfig.Modality", odd)),
        None => Ok(modalities),
    }
}

/// True when thoughts are to be shown.
fn thinks(config: &Map<String, Value>) -> Result<bool, Answer> {
    let empty = Map::new();
    let thinking = object(config, "thinkingConfig", "generation_config.thinking_config")?.unwrap_or(&empty);
    known(thinking, "generation_config.thinking_config", &["thinkingLevel", "includeThoughts"])?;
    if let Some(level) = thinking.get("thinkingLevel") {
        let level = level.as_str().unwrap_or_default();
        if !["MINIMAL", "LOW", "MEDIUM", "HIGH"].contains(&level) {
            return Err(enumerated("thinking_config.thinking_level", "ThinkingConfig.ThinkingLevel", level));
        }
    }
    Ok(thinking.get("includeThoughts").and_then(Value::as_bool).unwrap_or(false))
}

fn contents(fields: &Map<String, Value>) -> Result<Contents, Answer> {
    let unset = || invalid("* GenerateContentRequest.contents: contents is not specified", &[]);
    let mut found = Contents::default();
    for content in fields.get("contents").and_then(Value::as_array).ok_or_else(unset)? {
        let content = content.as_object().ok_or_else(unset)?;
        known(content, "contents[0]", &["role", "parts"])?;
        if content.get("role").and_then(Value::as_str).is_some_and(|role| role != "user" && role != "model") {
            return Err(invalid("Please use a valid role: user, model.", &[]));
        }
        for part in content.get("parts").and_then(Value::as_array).into_iter().flatten() {
            found.take(part.as_object().ok_or_else(unset)?)?;
        }
    }
    if found.texts.iter().all(|text| text.trim().is_empty()) {
        return Err(invalid(
            "* GenerateContentRequest.contents[0].parts: contents.parts must not be empty.",
            &[],
        ));
    }
    if found.pictures.len() > MAX_IMAGES {
        let message = format!("Too many images in the request: at most {MAX_IMAGES} are supported.");
        return Err(invalid(&message, &[]));
    }
    Ok(found)
}

impl Contents {
    fn take(&mut self, part: &Map<String, Value>) -> Result<(), Answer> {
        let at = "contents[0].parts[0]";
        known(part, at, &["text", "inlineData", "fileData", "thought", "thoughtSignature"])?;
        if part.contains_key("fileData") {
            let message = "You do not have permission to access the File or it may not exist.";
            return Err((StatusCode::FORBIDDEN, error(403, message, "PERMISSION_DENIED", Value::Null)));
        }
        if let Some(text) = part.get("text").and_then(Value::as_str) {
            self.texts.push(text.to_owned());
            self.order.push("text");
        }
        let at = "contents[0].parts[0].inline_data";
        if let Some(data) = object(part, "inlineData", at)? {
            known(data, at, &["mimeType", "data"])?;
            let mime = data.get("mimeType").and_then(Value::as_str).unwrap_or_default();
            if !MIMES.contains(&mime) {
                return Err(invalid(&format!("Unsupported MIME type: {mime}"), &[]));
            }
            let bytes = data.get("data").and_then(Value::as_str).and_then(from_base64);
            let bytes = bytes.ok_or_else(|| {
                invalid(&format!("Invalid value at '{at}.data' (TYPE_BYTES), Base64 decoding failed"), &[])
            })?;
            let unusable = |_| {
                invalid(
                    "Unable to process input image. Please retry or report in https://developers.generativeai.google/guide/troubleshooting",
                    &[],
                )
            };
            self.pictures.push(Sent::read(&bytes).map_err(unusable)?);
            self.order.push("image");
        }
        Ok(())
    }
}

fn enumerated(field: &str, kind: &str, odd: &str) -> Answer {
    let message = format!(
        "Invalid value at 'generation_config.{field}' (type.googleapis.com/google.ai.generativelanguage.v1beta.{kind}), \"{odd}\""
    );
    invalid(&message, &[])
}

fn object<'a>(
    fields: &'a Map<String, Value>,
    name: &str,
    path: &str,
) -> Result<Option<&'a Map<String, Value>>, Answer> {
    match fields.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Object(fields)) => Ok(Some(fields)),
        Some(_) => Err(invalid(&format!("Invalid value at '{path}': expected an object."), &[])),
    }
}

/// Google's answer to a field that a message doesn't have. Its own snake-case spelling isn't accepted here: the
/// client that this is for writes camelCase, and a slip should show.
fn known(fields: &Map<String, Value>, path: &str, names: &[&str]) -> Result<(), Answer> {
    let Some(odd) = fields.keys().find(|name| !names.contains(&name.as_str())) else {
        return Ok(());
    };
    let at = if path.is_empty() { String::new() } else { format!(" at '{path}'") };
    let description =
        format!("Invalid JSON payload received. Unknown name \"{odd}\"{at}: Cannot find field.");
    let violation = if path.is_empty() {
        json!({"description": description})
    } else {
        json!({"field": path, "description": description})
    };
    Err(invalid(&description, &[violation]))
}
