//! The right answer: one document, or the same in parts.
//!
//! Tokens, so that prices can be computed: text is a quarter of its bytes, each input picture 258 for every begun square
//! of 768 pixels, an output picture 1120, 1680 or 2000 by its size, thoughts 70.

use serde_json::{Value, json};

use super::super::conduct::{Call, Painted, Wanted};
use super::super::faults::Dialect;
use super::super::wire::{Delivery, Event};
use super::super::{base64, tokens};
use super::error::{Gemini, thought};
use super::request::{Method, Request};
use crate::service::Provider;

/// Tokens of thinking.
const THOUGHT_TOKENS: u64 = 70;

impl Call for Request {
    const PROVIDER: Provider = Provider::Gemini;

    fn dialect(&self) -> &'static (dyn Dialect + Sync) {
        &Gemini
    }

    fn wanted(&self) -> &Wanted {
        &self.wanted
    }

    fn deliver(&self, number: u64, pictures: &[Painted], thinks: bool) -> Delivery {
        let thinks = thinks || self.thinks;
        let parts = self.parts(pictures, thinks);
        if self.method == Method::Whole {
            return Delivery::Json(self.document(number, &parts, Some(self.usage(thinks))));
        }
        let last = parts.len().saturating_sub(1);
        let mut documents: Vec<Value> = parts
            .iter()
            .enumerate()
            .map(|(nth, part)| {
                let usage = (nth == last).then(|| self.usage(thinks));
                self.document(number, std::slice::from_ref(part), usage)
            })
            .collect();
        if self.method == Method::List {
            return Delivery::Json(Value::Array(documents));
        }
        let end = documents.pop();
        let event = |data| Event { name: None, data };
        Delivery::Events {
            events: documents.into_iter().map(event).collect(),
            end: end.into_iter().map(event).collect(),
        }
    }
}

impl Request {
    fn parts(&self, pictures: &[Painted], thinks: bool) -> Vec<Value> {
        let inline = |bytes: &[u8]| json!({"mimeType": self.wanted.format.mime(), "data": base64(bytes)});
        let mut parts = Vec::new();
        if thinks {
            parts.push(thought());
            let sketches = pictures.iter().flat_map(|picture| &picture.partials);
            parts.extend(sketches.map(|sketch| json!({"inlineData": inline(sketch), "thought": true})));
        }
        if self.with_text {
            parts.push(json!({"text": "Here is your image."}));
        }
        for picture in pictures {
            let mut part = json!({"inlineData": inline(&picture.bytes)});
            if let (true, Some(fields)) = (thinks, part.as_object_mut()) {
                fields.insert("thoughtSignature".to_owned(), json!(base64(b"emulator")));
            }
            parts.push(part);
        }
        parts
    }

    /// A document with some of the parts; the last one of a stream has the usage and says that it is the last.
    fn document(&self, number: u64, parts: &[Value], usage: Option<Value>) -> Value {
        let mut candidate = json!({"content": {"parts": parts, "role": "model"}, "index": 0});
        let mut document =
            json!({"modelVersion": self.wanted.model, "responseId": format!("emulator{number:012x}")});
        if let (Some(usage), Some(fields), Some(answer)) =
            (usage, candidate.as_object_mut(), document.as_object_mut())
        {
            fields.insert("finishReason".to_owned(), json!("STOP"));
            answer.insert("usageMetadata".to_owned(), usage);
        }
        if let Some(answer) = document.as_object_mut() {
            answer.insert("candidates".to_owned(), json!([candidate]));
        }
        document
    }

    fn usage(&self, thinks: bool) -> Value {
        let text = tokens(&self.wanted.prompt);
        let shown: u64 = self.inputs.iter().map(|size| seen(*size)).sum();
        let (w, h) = self.wanted.size;
        let drawn = match (self.with_image, w.max(h)) {
            (false, _) => 0,
            (_, 0..=1599) => 1120,
            (_, 1600..=3199) => 1680,
            _ => 2000,
        };
        let thought = if thinks { THOUGHT_TOKENS } else { 0 };
        let mut prompt_details = vec![json!({"modality": "TEXT", "tokenCount": text})];
        if shown > 0 {
            prompt_details.push(json!({"modality": "IMAGE", "tokenCount": shown}));
        }
        let mut usage = json!({
            "promptTokenCount": text + shown,
            "candidatesTokenCount": drawn,
            "totalTokenCount": text + shown + drawn + thought,
            "promptTokensDetails": prompt_details,
            "candidatesTokensDetails": [{"modality": "IMAGE", "tokenCount": drawn}],
        });
        if let (true, Some(fields)) = (thinks, usage.as_object_mut()) {
            fields.insert("thoughtsTokenCount".to_owned(), json!(thought));
        }
        usage
    }
}

/// Tokens of looking at a picture.
fn seen((w, h): (u32, u32)) -> u64 {
    258 * u64::from(w.div_ceil(768)) * u64::from(h.div_ceil(768))
}
