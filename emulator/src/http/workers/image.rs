//! Image models: a request against its model's table, and the answer.
//!
//! Masks are white where to paint. Files for flux-2 are the start image and references in the order of their numbers.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::super::conduct::{Call, Painted, Wanted, parameters};
use super::super::faults::Dialect;
use super::super::wire::Delivery;
use super::super::{Answer, base64, from_base64};
use super::envelope::{Cloudflare, bad_input, success};
use super::input::bytes_of;
use super::models::{Field, Image, Output};
use crate::call::Ask;
use crate::operation::{Material, lightness};
use crate::picture::Sent;
use crate::service::{Provider, Task};

/// Files of a form by their names; the names sort as they're numbered.
pub type Files = BTreeMap<String, Vec<u8>>;

/// Files of one request.
const MAX_FILES: usize = 4;
/// Pixels that a side of such a picture stays below.
const FILE_SIDE: u32 = 512;
/// JPEG's quality.
const QUALITY: u8 = 90;

/// A request, checked.
pub struct Request {
    wanted: Wanted,
    output: Output,
}

impl Request {
    /// Checks fields and files.
    ///
    /// # Errors
    /// Workers AI's 5004.
    pub fn read(
        model: &'static Image,
        path: String,
        fields: &Map<String, Value>,
        files: Files,
    ) -> Result<Self, Answer> {
        checked(model, fields)?;
        let mut pictures = files_of(files)?;
        pictures.extend(start_of(fields)?);
        let mask = match fields.get("mask") {
            Some(mask) => Some(picture("mask", mask)?),
            None => None,
        };
        if let (Some(mask), Some(start)) = (&mask, pictures.first())
            && mask.size() != start.size()
        {
            return Err(bad_input("'/mask' must have the size of '/image'"));
        }
        let prompt = fields.get("prompt").and_then(Value::as_str).unwrap_or_default().to_owned();
        let size = size(model, fields, pictures.first());
        let seed = fields.get("seed").and_then(Value::as_u64);
        let painting = mask.as_ref().map(|mask| lightness(&mask.pixels));
        let strength = fields.get("strength").and_then(Value::as_f64);
        let painting = painting.filter(|_| !pictures.is_empty());
        let material = Material::of(&prompt, &pictures, painting, strength, size);
        let ask = Ask {
            task: if pictures.is_empty() { Task::Generate } else { Task::Edit },
            operation: Some(material.operation),
            images: pictures.iter().map(|picture| picture.facts.clone()).collect(),
            mask: mask.map(|mask| mask.facts),
            size: Some(format!("{}x{}", size.0, size.1)),
            quality: None,
            seed,
            streamed: false,
            parameters: parameters(fields, &["prompt", "image", "image_b64", "mask"]),
        };
        let (Output::Base64(format) | Output::Bytes(format)) = model.output;
        let wanted = Wanted {
            model: model.id.to_owned(),
            prompt,
            path,
            size,
            seed,
            count: 1,
            format,
            quality: QUALITY,
            partials: 0,
            material: Arc::new(material),
            ask,
        };
        Ok(Self { wanted, output: model.output })
    }
}

impl Call for Request {
    const PROVIDER: Provider = Provider::Workers;

    fn dialect(&self) -> &'static (dyn Dialect + Sync) {
        &Cloudflare
    }

    fn wanted(&self) -> &Wanted {
        &self.wanted
    }

    fn deliver(&self, _: u64, pictures: &[Painted], _: bool) -> Delivery {
        let bytes = pictures.first().map(|picture| picture.bytes.clone()).unwrap_or_default();
        match self.output {
            Output::Base64(_) => Delivery::Json(success(&json!({"image": base64(&bytes)}))),
            Output::Bytes(format) => Delivery::Bytes(format.mime(), bytes),
        }
    }
}

fn checked(model: &Image, fields: &Map<String, Value>) -> Result<(), Answer> {
    let known = |name: &str| model.fields.iter().any(|field| name == field.name());
    if let Some(odd) = fields.keys().find(|name| !known(name)) {
        return Err(bad_input(&format!("Additional properties are not allowed at '/': '{odd}'")));
    }
    if !fields.contains_key("prompt") {
        return Err(bad_input("required properties at '/' are 'prompt'"));
    }
    for either in model.needs {
        if !either.iter().any(|name| fields.contains_key(*name)) {
            return Err(bad_input(&format!("required properties at '/' are '{}'", either.join("' or '"))));
        }
    }
    for field in model.fields {
        if let Some(value) = fields.get(field.name()) {
            field.check(value)?;
        }
    }
    Ok(())
}

impl Field {
    fn name(self) -> &'static str {
        match self {
            Self::Prompt(_) => "prompt",
            Self::Words(name) | Self::Integer(name, ..) | Self::Number(name, ..) | Self::Picture(name) => {
                name
            }
        }
    }

    fn check(self, value: &Value) -> Result<(), Answer> {
        let (fine, must) = match self {
            Self::Prompt(most) => {
                let length = value.as_str().map(|text| text.chars().count());
                let fine = length.is_some_and(|length| (1..=most).contains(&length));
                (fine, format!("be a string of length >= 1 and <= {most}"))
            }
            Self::Words(_) => (value.is_string(), "be a string".to_owned()),
            Self::Integer(_, least, most) => {
                let fine = value.as_u64().is_some_and(|number| (least..=most).contains(&number));
                (fine, format!("be an integer >= {least} and <= {most}"))
            }
            Self::Number(_, least, most) => {
                let fine = value.as_f64().is_some_and(|number| (least..=most).contains(&number));
                (fine, format!("be a number >= {least} and <= {most}"))
            }
            Self::Picture(name) if name.ends_with("_b64") => {
                (value.is_string(), "be a base64 string".to_owned())
            }
            Self::Picture(_) => (value.is_array(), "be an array of bytes".to_owned()),
        };
        if fine { Ok(()) } else { Err(bad_input(&format!("'/{}' must {must}", self.name()))) }
    }
}

fn start_of(fields: &Map<String, Value>) -> Result<Option<Sent>, Answer> {
    let start = ["image", "image_b64"].into_iter().find_map(|name| Some((name, fields.get(name)?)));
    start.map(|(name, value)| picture(name, value)).transpose()
}

fn picture(name: &str, value: &Value) -> Result<Sent, Answer> {
    let bytes = match value {
        Value::String(text) => from_base64(text),
        Value::Array(numbers) => bytes_of(numbers),
        _ => None,
    };
    let bytes = bytes.ok_or_else(|| bad_input(&format!("'/{name}' must be the bytes of an image")))?;
    Sent::read(&bytes).map_err(|why| bad_input(&format!("'/{name}': {why}")))
}

fn files_of(files: Files) -> Result<Vec<Sent>, Answer> {
    let mut pictures = Vec::new();
    for (nth, (name, bytes)) in files.into_iter().enumerate() {
        if nth >= MAX_FILES || name != format!("input_image_{nth}") {
            return Err(bad_input(&format!(
                "'/{name}': images are input_image_0 to input_image_3, without a gap"
            )));
        }
        let sent = Sent::read(&bytes).map_err(|why| bad_input(&format!("'/{name}': {why}")))?;
        if sent.facts.width >= FILE_SIDE || sent.facts.height >= FILE_SIDE {
            return Err(bad_input(&format!("'/{name}' must be smaller than 512x512")));
        }
        pictures.push(sent);
    }
    Ok(pictures)
}

/// What is asked for, else the start image's size for the models that take it as it is, else the model's own.
fn size(model: &Image, fields: &Map<String, Value>, start: Option<&Sent>) -> (u32, u32) {
    let asked =
        |name: &str| fields.get(name).and_then(Value::as_u64).and_then(|side| u32::try_from(side).ok());
    let default = start.filter(|_| !model.form).map_or(model.size, Sent::size);
    (asked("width").unwrap_or(default.0), asked("height").unwrap_or(default.1))
}
