//! The right answer: one document, or a stream of events.
//!
//! Tokens, so that prices can be computed: text is a quarter of its bytes; each input picture is 65 and 129 for every
//! begun square of 512 pixels (a mask is free); an output picture is a figure for its quality by area (4160 for a
//! high-quality square of 1024 pixels), and each unfinished picture of a stream 100 more.

use serde_json::{Map, Value, json};

use super::super::conduct::{Call, Painted, Wanted};
use super::super::faults::Dialect;
use super::super::wire::{Delivery, Event};
use super::super::{base64, tokens};
use super::error::{Openai, done};
use super::request::{Endpoint, Request};
use crate::call::epoch_ms;
use crate::encode::Format;
use crate::service::Provider;

/// Tokens of one unfinished picture.
const PARTIAL_TOKENS: u64 = 100;

impl Call for Request {
    const PROVIDER: Provider = Provider::Openai;

    fn dialect(&self) -> &'static (dyn Dialect + Sync) {
        &Openai
    }

    fn wanted(&self) -> &Wanted {
        &self.wanted
    }

    fn deliver(&self, _: u64, pictures: &[Painted], _: bool) -> Delivery {
        let created = epoch_ms() / 1000;
        if self.wanted.ask.streamed {
            return self.events(created, pictures);
        }
        let mut answer = self.settings();
        answer.insert("created".to_owned(), json!(created));
        let data: Vec<Value> =
            pictures.iter().map(|picture| json!({"b64_json": base64(&picture.bytes)})).collect();
        answer.insert("data".to_owned(), Value::Array(data));
        answer.insert("usage".to_owned(), self.usage());
        Delivery::Json(Value::Object(answer))
    }
}

impl Request {
    fn events(&self, created: u64, pictures: &[Painted]) -> Delivery {
        let (partial, completed) = match self.endpoint {
            Endpoint::Generations => ("image_generation.partial_image", "image_generation.completed"),
            Endpoint::EditsJson | Endpoint::EditsForm => ("image_edit.partial_image", "image_edit.completed"),
        };
        let event = |name: &'static str, bytes: &[u8], more: (&str, Value)| {
            let mut data = self.settings();
            data.insert("type".to_owned(), json!(name));
            data.insert("b64_json".to_owned(), json!(base64(bytes)));
            data.insert("created_at".to_owned(), json!(created));
            data.insert(more.0.to_owned(), more.1);
            Event { name: Some(name), data: Value::Object(data) }
        };
        let mut events = Vec::new();
        let mut end = Vec::new();
        for picture in pictures {
            for (nth, bytes) in picture.partials.iter().enumerate() {
                events.push(event(partial, bytes, ("partial_image_index", json!(nth))));
            }
            end.push(event(completed, &picture.bytes, ("usage", self.usage())));
        }
        end.push(done());
        Delivery::Events { events, end }
    }

    /// What every answer repeats of the request.
    fn settings(&self) -> Map<String, Value> {
        let format = match self.wanted.format {
            Format::Png => "png",
            Format::Jpeg => "jpeg",
            Format::Webp => "webp",
            Format::Gif => "gif",
        };
        let (w, h) = self.wanted.size;
        let settings = [
            ("background", json!(self.background)),
            ("output_format", json!(format)),
            ("quality", json!(self.quality)),
            ("size", json!(format!("{w}x{h}"))),
        ];
        settings.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }

    fn usage(&self) -> Value {
        let text = tokens(&self.wanted.prompt);
        let shown: u64 = self.inputs.iter().map(|size| seen(*size)).sum();
        let each = match self.quality.as_str() {
            "low" => 272_u64,
            "medium" => 1056,
            "xhigh" => 6240,
            "max" => 8320,
            _ => 4160,
        };
        let (w, h) = self.wanted.size;
        let count = u64::from(self.wanted.count);
        let drawn = each * count * u64::from(w) * u64::from(h) / (1024 * 1024)
            + PARTIAL_TOKENS * u64::from(self.wanted.partials);
        json!({
            "input_tokens": text + shown,
            "input_tokens_details": {"image_tokens": shown, "text_tokens": text},
            "output_tokens": drawn,
            "output_tokens_details": {"image_tokens": drawn, "text_tokens": 0},
            "total_tokens": text + shown + drawn,
        })
    }
}

/// Tokens of looking at a picture.
fn seen((w, h): (u32, u32)) -> u64 {
    65 + 129 * u64::from(w.div_ceil(512)) * u64::from(h.div_ceil(512))
}
