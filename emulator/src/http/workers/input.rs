//! What the language models of Workers AI are sent: `prompt` or `messages`, with pictures as data URLs inside
//! messages, or one as an array of bytes or a binary string beside the prompt.

use serde_json::{Map, Value};

use super::super::{Answer, from_data_url};
use super::envelope::bad_input;
use crate::text;

/// Tokens of an answer when `max_tokens` doesn't say.
const DEFAULT_MAX_TOKENS: u64 = 256;

/// What a language model was sent, whichever form it came in.
#[derive(Clone, Debug)]
pub struct Input {
    /// Every text of every message, joined.
    pub prompt: String,
    /// Every picture, in their order; the last one is what the question is about.
    pub pictures: Vec<Vec<u8>>,
    /// Tokens of the answer at most.
    pub max_tokens: u64,
    /// The answer's form.
    pub format: text::Format,
}

impl Input {
    /// Reads `prompt` or `messages`, and the picture in either of its forms.
    ///
    /// # Errors
    /// Workers AI's 5004.
    pub fn read(fields: &Map<String, Value>) -> Result<Self, Answer> {
        let mut texts = Vec::new();
        let mut pictures = Vec::new();
        texts.extend(fields.get("prompt").and_then(Value::as_str).map(str::to_owned));
        for message in fields.get("messages").and_then(Value::as_array).into_iter().flatten() {
            match message.get("content") {
                Some(Value::String(text)) => texts.push(text.clone()),
                Some(Value::Array(parts)) => {
                    for part in parts {
                        texts.extend(part.get("text").and_then(Value::as_str).map(str::to_owned));
                        if let Some(url) = part.pointer("/image_url/url").and_then(Value::as_str) {
                            pictures.push(from_data_url(url).ok_or_else(|| {
                                bad_input("image_url must be a base64 data URL, HTTP URLs are not accepted")
                            })?);
                        }
                    }
                }
                _ => return Err(bad_input("required properties at '/messages/0' are 'content'")),
            }
        }
        match fields.get("image") {
            None | Some(Value::Null) => {}
            Some(Value::Array(numbers)) => {
                let bytes = bytes_of(numbers);
                pictures.push(bytes.ok_or_else(|| bad_input("'/image' must be an array of bytes"))?);
            }
            // "binary string": each character is a byte.
            Some(Value::String(binary)) => {
                let bytes: Option<Vec<u8>> =
                    binary.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect();
                pictures.push(bytes.ok_or_else(|| bad_input("'/image' must be a binary string"))?);
            }
            Some(_) => return Err(bad_input("'/image' must be an array or a binary string")),
        }
        if texts.is_empty() {
            return Err(bad_input(
                "oneOf at '/' not met, 0 matches: required properties at '/' are 'prompt', 'messages'",
            ));
        }
        let format = match fields.get("response_format") {
            None | Some(Value::Null) => text::Format::Free,
            Some(format) => match format.get("type").and_then(Value::as_str) {
                Some("json_object") => text::Format::Object,
                Some("json_schema") => {
                    let schema = format.get("json_schema").cloned().unwrap_or_default();
                    // OpenAI's form wraps the schema once more.
                    let schema = schema.get("schema").cloned().unwrap_or(schema);
                    text::Format::Schema(schema)
                }
                Some("text") => text::Format::Free,
                _ => return Err(bad_input("'/response_format/type' is not supported")),
            },
        };
        let max_tokens = fields.get("max_tokens").and_then(Value::as_u64).unwrap_or(DEFAULT_MAX_TOKENS);
        Ok(Self { prompt: texts.join("\n"), pictures, max_tokens, format })
    }
}

/// Bytes that are sent as numbers.
pub fn bytes_of(numbers: &[Value]) -> Option<Vec<u8>> {
    numbers.iter().map(|byte| byte.as_u64().and_then(|byte| u8::try_from(byte).ok())).collect()
}
