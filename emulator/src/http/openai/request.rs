//! What a request asks for: every parameter checked against what the endpoint and the model take.

use std::sync::Arc;

use axum::http::StatusCode;
use serde_json::{Map, Value};

use super::super::conduct::{Wanted, parameters};
use super::super::{Answer, sizes};
use super::MODELS;
use super::edits::Pictures;
use super::error::{bad, gone, missing, reject, user_error};
use crate::call::Ask;
use crate::encode::Format;
use crate::operation::Material;
use crate::service::Task;

/// Characters of a prompt.
const MAX_PROMPT: usize = 32_000;

/// Where and how a request came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Endpoint {
    /// `/images/generations`.
    Generations,
    /// `/images/edits` with a document.
    EditsJson,
    /// `/images/edits` with a form, which has no `moderation`.
    EditsForm,
}

/// A request, checked.
pub struct Request {
    pub wanted: Wanted,
    pub endpoint: Endpoint,
    pub quality: String,
    pub background: &'static str,
    /// Pixels of each picture that came along.
    pub inputs: Vec<(u32, u32)>,
}

/// A model's parameters, where models differ.
struct Model<'a> {
    id: &'a str,
    /// Sizes other than the three classic ones.
    any_size: bool,
    qualities: &'static [&'static str],
    fidelity: bool,
    complexity: bool,
}

impl<'a> Model<'a> {
    fn of(id: &'a str) -> Self {
        let since_2 = id.starts_with("gpt-image-2");
        let since_2_5 = id.starts_with("gpt-image-2.");
        Self {
            id,
            any_size: since_2,
            qualities: if since_2_5 {
                &["auto", "low", "medium", "high", "xhigh", "max"]
            } else {
                &["auto", "low", "medium", "high"]
            },
            // The SDK's text says "1.5 and later", gpt-image-2 itself refuses it; the refusal is what callers meet.
            fidelity: !since_2 && !id.contains("mini"),
            complexity: id.starts_with("gpt-image-2.6"),
        }
    }
}

/// Parameters while they are read.
struct Options {
    size: String,
    count: u32,
    quality: String,
    background: &'static str,
    format: Format,
    compression: u8,
    stream: bool,
    partials: u32,
}

impl Request {
    /// Checks fields and pictures.
    ///
    /// # Errors
    /// `OpenAI`'s 400, or 404 for a model that isn't there.
    pub fn read(endpoint: Endpoint, fields: &Map<String, Value>, pictures: Pictures) -> Result<Self, Answer> {
        let model = text(fields, "model")?.ok_or_else(|| missing("model"))?.to_owned();
        if !MODELS.iter().any(|(known, _)| *known == model) {
            return Err((StatusCode::NOT_FOUND, gone(&model)));
        }
        let prompt = prompt(fields)?.to_owned();
        let options = options(endpoint, &Model::of(&model), fields)?;
        let size = match (options.size.as_str(), pictures.images.first()) {
            ("auto", Some(start)) => sizes::openai_like(start.size(), Model::of(&model).any_size),
            (size, _) => sizes::openai(size, &prompt, Model::of(&model).any_size)
                .map_err(|message| bad("size", &message, "invalid_value"))?,
        };
        let (mask, mask_facts) = pictures.mask.unzip();
        let mut material = Material::of(&prompt, &pictures.images, mask, None, size);
        material.cut_out = options.background == "transparent";
        let ask = Ask {
            task: if endpoint == Endpoint::Generations { Task::Generate } else { Task::Edit },
            operation: Some(material.operation),
            images: pictures.images.iter().map(|image| image.facts.clone()).collect(),
            mask: mask_facts,
            size: Some(format!("{}x{}", size.0, size.1)),
            quality: Some(options.quality.clone()),
            seed: None,
            streamed: options.stream,
            parameters: parameters(fields, &["model", "prompt"]),
        };
        let path = match endpoint {
            Endpoint::Generations => "/openai/v1/images/generations",
            Endpoint::EditsJson | Endpoint::EditsForm => "/openai/v1/images/edits",
        };
        let wanted = Wanted {
            model,
            prompt,
            path: path.to_owned(),
            size,
            seed: None,
            count: options.count,
            format: options.format,
            quality: options.compression,
            partials: if options.stream { options.partials } else { 0 },
            material: Arc::new(material),
            ask,
        };
        let inputs = pictures.images.iter().map(crate::picture::Sent::size).collect();
        Ok(Self { wanted, endpoint, quality: options.quality, background: options.background, inputs })
    }
}

/// The body as a document.
///
/// # Errors
/// `OpenAI`'s 400.
pub fn json(body: &[u8]) -> Result<Map<String, Value>, Answer> {
    serde_json::from_slice(body).map_err(|_| {
        reject("We could not parse the JSON body of your request. (HINT: This likely means you aren't using your HTTP library correctly. The OpenAI API expects a JSON payload, but what was sent was not valid JSON.)")
    })
}

fn prompt(fields: &Map<String, Value>) -> Result<&str, Answer> {
    let prompt = text(fields, "prompt")?.ok_or_else(|| missing("prompt"))?;
    if prompt.trim().is_empty() {
        let message = "Invalid 'prompt': empty string. Expected a string with minimum length 1.";
        return Err(bad("prompt", message, "empty_string"));
    }
    if prompt.chars().count() > MAX_PROMPT {
        let message =
            format!("Invalid 'prompt': string too long. Expected a string with maximum length {MAX_PROMPT}.");
        return Err(bad("prompt", &message, "string_above_max_length"));
    }
    Ok(prompt)
}

fn options(endpoint: Endpoint, model: &Model, fields: &Map<String, Value>) -> Result<Options, Answer> {
    let size = if endpoint == Endpoint::Generations { "1024x1024" } else { "auto" };
    let mut options = Options {
        size: size.to_owned(),
        count: 1,
        quality: "high".to_owned(),
        background: "opaque",
        format: Format::Png,
        compression: 100,
        stream: false,
        partials: 0,
    };
    for (name, value) in fields.iter().filter(|(_, value)| !value.is_null()) {
        option(&mut options, endpoint, model, name, value)?;
    }
    if options.quality == "auto" {
        "high".clone_into(&mut options.quality);
    }
    if options.compression != 100 && options.format == Format::Png {
        let message = "Compression is not supported for PNG output format.";
        return Err(bad("output_compression", message, "invalid_value"));
    }
    if options.background == "transparent" && options.format == Format::Jpeg {
        let message = "Transparent background is not supported for JPEG output format.";
        return Err(bad("background", message, "invalid_value"));
    }
    if options.partials > 0 && !options.stream {
        let message = "'partial_images' is only supported when 'stream' is true.";
        return Err(bad("partial_images", message, "invalid_value"));
    }
    if options.stream && options.count > 1 {
        return Err(bad("n", "'n' must be 1 when 'stream' is true.", "invalid_value"));
    }
    Ok(options)
}

/// One parameter beside model and prompt.
fn option(
    options: &mut Options,
    endpoint: Endpoint,
    model: &Model,
    name: &str,
    value: &Value,
) -> Result<(), Answer> {
    let invalid = |allowed: &str| {
        bad(name, &format!("Invalid value: {value}. Supported values are: {allowed}."), "invalid_value")
    };
    let one_of = |allowed: &[&'static str]| {
        let found = allowed.iter().find(|word| value.as_str() == Some(word)).copied();
        found.ok_or_else(|| {
            invalid(&allowed.iter().map(|word| format!("'{word}'")).collect::<Vec<_>>().join(", "))
        })
    };
    let number = |least: u32, most: u32| {
        let number = value.as_u64().and_then(|number| u32::try_from(number).ok());
        let number = number.filter(|number| (least..=most).contains(number));
        number.ok_or_else(|| invalid(&format!("{least} to {most}")))
    };
    let edits = endpoint != Endpoint::Generations;
    match name {
        "model" | "prompt" => {}
        "n" => options.count = number(1, 10)?,
        "size" => {
            value.as_str().ok_or_else(|| invalid("'auto' or 'WIDTHxHEIGHT'"))?.clone_into(&mut options.size);
        }
        "quality" => one_of(model.qualities)?.clone_into(&mut options.quality),
        "background" => {
            options.background = match one_of(&["auto", "transparent", "opaque"])? {
                "transparent" => "transparent",
                _ => "opaque",
            };
        }
        "output_format" => {
            let format = one_of(&["png", "jpeg", "webp"])?;
            options.format = Format::parse(format).ok_or_else(|| invalid("'png', 'jpeg', and 'webp'"))?;
        }
        "output_compression" => {
            options.compression = u8::try_from(number(0, 100)?).unwrap_or(100);
        }
        "moderation" if endpoint != Endpoint::EditsForm => drop(one_of(&["auto", "low"])?),
        "user" if value.is_string() => {}
        "complexity" if model.complexity => drop(one_of(&["low", "medium", "high"])?),
        "stream" => options.stream = value.as_bool().ok_or_else(|| invalid("true and false"))?,
        "partial_images" => options.partials = number(0, 3)?,
        "input_fidelity" if edits && model.fidelity => drop(one_of(&["high", "low"])?),
        "input_fidelity" if edits => {
            let message =
                format!("The model '{}' does not support the 'input_fidelity' parameter.", model.id);
            return Err(user_error(name, &message, "invalid_input_fidelity_model"));
        }
        _ => {
            return Err(bad(name, &format!("Unknown parameter: '{name}'."), "unknown_parameter"));
        }
    }
    Ok(())
}

fn text<'a>(fields: &'a Map<String, Value>, name: &str) -> Result<Option<&'a str>, Answer> {
    match fields.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(bad(name, &format!("Invalid type for '{name}': expected a string."), "invalid_type")),
    }
}
