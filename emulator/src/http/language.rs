//! What the language models of Workers AI are sent: `prompt` or `messages`, with a picture as a data URL inside a
//! message, an array of bytes or a binary string beside the prompt.

use serde_json::{Map, Value};

use super::Answer;
use super::workers::bad_input;
use crate::text;

/// Tokens of an answer when `max_tokens` doesn't say.
const DEFAULT_MAX_TOKENS: u64 = 256;

/// What a language model was sent, whichever form it came in.
#[derive(Clone, Debug)]
pub struct Input {
    /// Every text of every message, joined.
    pub prompt: String,
    /// The last picture.
    pub picture: Option<Vec<u8>>,
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
        let mut picture = None;
        texts.extend(fields.get("prompt").and_then(Value::as_str).map(str::to_owned));
        for message in fields.get("messages").and_then(Value::as_array).into_iter().flatten() {
            match message.get("content") {
                Some(Value::String(text)) => texts.push(text.clone()),
                Some(Value::Array(parts)) => {
                    for part in parts {
                        texts.extend(part.get("text").and_then(Value::as_str).map(str::to_owned));
                        if let Some(url) = part.pointer("/image_url/url").and_then(Value::as_str) {
                            picture = Some(data_url(url)?);
                        }
                    }
                }
                _ => return Err(bad_input("required properties at '/messages/0' are 'content'")),
            }
        }
        match fields.get("image") {
            None | Some(Value::Null) => {}
            Some(Value::Array(bytes)) => {
                let bytes: Option<Vec<u8>> =
                    bytes.iter().map(|byte| byte.as_u64().and_then(|byte| u8::try_from(byte).ok())).collect();
                picture = Some(bytes.ok_or_else(|| bad_input("'/image' must be an array of bytes"))?);
            }
            // "binary string": each character is a byte.
            Some(Value::String(binary)) => {
                let bytes: Option<Vec<u8>> =
                    binary.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect();
                picture = Some(bytes.ok_or_else(|| bad_input("'/image' must be a binary string"))?);
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
        Ok(Self { prompt: texts.join("\n"), picture, max_tokens, format })
    }
}

/// The bytes of `data:image/…;base64,…`.
fn data_url(url: &str) -> Result<Vec<u8>, Answer> {
    use base64::Engine as _;
    let data = url.strip_prefix("data:image/").and_then(|rest| rest.split_once(";base64,"));
    let (_, data) =
        data.ok_or_else(|| bad_input("image_url must be a data URL, HTTP URLs are not accepted"))?;
    base64::engine::general_purpose::STANDARD
        .decode(data)
        .map_err(|_| bad_input("image_url is not valid base64"))
}
