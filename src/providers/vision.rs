//! The judge's look at a picture: one call of a Workers AI vision model, over REST or through the `AI` binding.
//!
//! Pictures travel as data URLs inside the message (the models take no http URLs). A licence is accepted only by an explicit
//! [`AGREE_INPUTS`]: it binds the account's owner, so nothing here does it unasked.

use picasso_actors::provider::{Failure, FailureClass};
use serde_json::Value;

use super::errors::text_at;
use super::language::Model;
use super::workers_ai::{self, LICENCE};
use super::{Answer, Config, body};

/// Enough for a verdict with notes, and for a model that thinks first; the model's own default of 256 cuts verdicts off.
pub const TOKENS_MAX: u32 = 1_024;

/// Models that are known to take several pictures in one message. Llama 3.2 takes one, and of others it isn't known.
const TAKE_SEVERAL: [&str; 2] = ["@cf/google/gemma-4-26b-a4b-it", "@cf/meta/llama-4-scout-17b-16e-instruct"];

/// A picture to show.
#[derive(Debug, Clone, Copy)]
pub struct Shown<'a> {
    /// Its bytes.
    pub bytes: &'a [u8],
    /// What they are.
    pub media_type: &'a str,
}

/// The model that looks.
pub fn model(config: &Config) -> Model<'_> {
    Model { who: "the vision model", var: "DEFAULT_MODEL_VISION", id: &config.workers.vision_model }
}

/// How many pictures the model can be shown at once: 1 or 2.
pub fn pictures(config: &Config) -> usize {
    1 + usize::from(TAKE_SEVERAL.contains(&config.workers.vision_model.as_str()))
}

/// What the model is run with, as JSON text: the instruction, then the pictures in their order.
///
/// # Errors
/// `BadImage` for a media type other than PNG, JPEG and WebP, or no bytes.
pub fn inputs(instruction: &str, pictures: &[Shown<'_>]) -> Result<String, Failure> {
    let instruction = serde_json::to_string(instruction)
        .map_err(|error| Failure::new(FailureClass::BadRequest, error.to_string()))?;
    // Written by hand so that a picture's megabytes of base64 exist once: base64 needs no JSON escapes.
    let room: usize = pictures.iter().map(|it| body::base64_length(it.bytes) + 100).sum();
    let mut text = String::with_capacity(instruction.len() + room + 200);
    text.push_str(r#"{"messages":[{"role":"user","content":[{"type":"text","text":"#);
    text.push_str(&instruction);
    for Shown { bytes, media_type } in pictures {
        if !matches!(*media_type, "image/png" | "image/jpeg" | "image/webp") || bytes.is_empty() {
            let why = format!("no picture that a vision model takes ({media_type}, {} bytes)", bytes.len());
            return Err(Failure::new(FailureClass::BadImage, why));
        }
        text.push_str(r#"},{"type":"image_url","image_url":{"url":"data:"#);
        text.push_str(media_type);
        text.push_str(";base64,");
        body::append_base64(bytes, &mut text);
        text.push_str(r#""}"#);
    }
    text.push_str(r#"}]}],"max_tokens":"#);
    text.push_str(&TOKENS_MAX.to_string());
    text.push_str(r#","temperature":0}"#);
    Ok(text)
}

/// What the model is run with to accept its licence, once an account. Only ever on the owner's word.
pub const AGREE_INPUTS: &str = r#"{"prompt":"agree"}"#;

/// Whether the licence is accepted now. Cloudflare says so with the very status and code of the refusal (403, 5016);
/// only the words differ.
///
/// # Errors
/// The refusal.
pub fn decode_agreement(config: &Config, answer: &Answer<'_>, now_ms: u64) -> Result<(), Failure> {
    let value = serde_json::from_slice::<Value>(answer.body).unwrap_or_default();
    let code = value.pointer("/errors/0/code").and_then(Value::as_u64);
    let thanked = is_thanks(text_at(&value, "/errors/0/message")) && code == Some(LICENCE);
    if thanked || answer.is_success() && code.is_none() && value.is_object() {
        return Ok(());
    }
    Err(workers_ai::refusal(model(config).who, answer, now_ms))
}

/// The same for an error that the binding threw.
///
/// # Errors
/// The refusal.
pub fn thrown_agreement(config: &Config, message: &str) -> Result<(), Failure> {
    if is_thanks(message) { Ok(()) } else { Err(model(config).binding_failure(message)) }
}

fn is_thanks(words: &str) -> bool {
    words.contains("Thank you for agreeing")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::config::testing;
    use super::*;

    #[test]
    fn the_call() {
        let config = testing::config();
        let png = Shown { bytes: b"abcd", media_type: "image/png" };
        let inputs_of =
            |pictures: &[Shown<'_>]| inputs("Does it show \"a boat\"?\n<prompt>", pictures).unwrap();
        let call = model(&config).call(&config, inputs_of(&[png])).unwrap();
        let url = "https://api.cloudflare.com/client/v4/accounts/0a1b2c3d/ai/run/@cf/meta/llama-3.2-11b-vision-instruct";
        assert_eq!((call.method, call.url.as_str()), ("POST", url));
        assert!(call.headers.contains(&("authorization", "Bearer secret-workers".into())));
        let body: Value = serde_json::from_slice(&call.body).unwrap();
        let expected = json!({
            "messages": [{"role": "user", "content": [
                {"type": "text", "text": "Does it show \"a boat\"?\n<prompt>"},
                {"type": "image_url", "image_url": {"url": "data:image/png;base64,YWJjZA=="}}
            ]}],
            "max_tokens": 1024,
            "temperature": 0
        });
        assert_eq!(body, expected);
        let both = inputs_of(&[Shown { bytes: b"a", media_type: "image/webp" }, png]);
        let both: Value = serde_json::from_str(&both).unwrap();
        let urls =
            ["1", "2"].map(|at| both.pointer(&format!("/messages/0/content/{at}/image_url/url")).cloned());
        assert_eq!(json!(urls), json!(["data:image/webp;base64,YQ==", "data:image/png;base64,YWJjZA=="]));
    }

    #[test]
    fn a_model_is_shown_as_many_pictures_as_it_takes() {
        assert_eq!(pictures(&testing::config()), 1);
        assert_eq!(pictures(&testing::with(&[("DEFAULT_MODEL_VISION", "@cf/google/gemma-4-26b-a4b-it")])), 2);
        assert_eq!(pictures(&testing::with(&[("DEFAULT_MODEL_VISION", "@cf/some/other")])), 1);
    }

    #[test]
    fn only_pictures_are_shown() {
        for (bytes, media_type) in
            [(&b"abcd"[..], "image/svg+xml"), (b"abcd", "image/png\",\""), (b"", "image/png")]
        {
            assert_eq!(
                inputs("x", &[Shown { bytes, media_type }]).unwrap_err().class,
                FailureClass::BadImage
            );
        }
    }

    #[test]
    fn a_licence_that_is_not_accepted_says_what_to_do() {
        let message =
            "AiError: Model Agreement: Prior to using this model, you must submit the prompt 'agree'.";
        let body = json!({"errors": [{"code": 5016, "message": message}], "success": false, "result": {}});
        let config = testing::config();
        let model = model(&config);
        let body = body.to_string();
        let answer = Answer { status: 403, headers: &|_| None, body: body.as_bytes() };
        let failures =
            [model.decode(&answer, 0).unwrap_err(), model.binding_failure(&format!("5016: {message}"))];
        for failure in failures {
            assert_eq!(failure.class, FailureClass::Auth);
            assert!(failure.message.contains("/api/admin/vision/agree"), "{}", failure.message);
            assert!(failure.message.contains("licence"), "{}", failure.message);
        }
    }

    #[test]
    fn agreeing() {
        let config = testing::config();
        let agreed = |status: u16, body: &Value| {
            decode_agreement(
                &config,
                &Answer { status, headers: &|_| None, body: body.to_string().as_bytes() },
                0,
            )
        };
        let thanks = "AiError: Model Agreement: Thank you for agreeing to this model's terms. You may now use the model.";
        let body = json!({"errors": [{"code": 5016, "message": thanks}], "success": false, "result": {}, "messages": []});
        agreed(403, &body).unwrap();
        agreed(200, &json!({"result": {"response": "Hello"}, "success": true, "errors": []})).unwrap();
        let refused =
            json!({"errors": [{"code": 5016, "message": "User has not agreed to Llama3.2 model terms"}]});
        assert_eq!(agreed(403, &refused).unwrap_err().class, FailureClass::Auth);
        let other = json!({"errors": [{"code": 10000, "message": "Authentication error"}]});
        assert_eq!(agreed(401, &other).unwrap_err().class, FailureClass::Auth);
        thrown_agreement(&config, &format!("5016: {thanks}")).unwrap();
        assert_eq!(thrown_agreement(&config, "3036: used up").unwrap_err().class, FailureClass::Quota);
        assert_eq!(agreed(502, &Value::Null).unwrap_err().class, FailureClass::Overloaded);
    }
}
