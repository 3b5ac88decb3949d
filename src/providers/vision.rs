//! The judge's look at a picture: one call of a Workers AI vision model, over REST or through the `AI` binding.
//!
//! The picture travels as a data URL inside the message (the models take no http URLs). The answer is the model's text as
//! it stands: making sense of it is the judge's work. A licence is accepted only by an explicit [`agree_call`]: it binds
//! the account's owner, so nothing here does it unasked.

use picasso_actors::provider::{Failure, FailureClass};
use serde::Deserialize;
use serde_json::Value;

use super::errors::text_at;
use super::workers_ai::{self, LICENCE, Rest};
use super::{Answer, Call, Config, body};

/// Enough for a verdict with notes, and for a model that thinks first; the model's own default of 256 cuts verdicts off.
pub const TOKENS_MAX: u32 = 1_024;

const WHO: &str = "the vision model";
const MODEL_VAR: &str = "DEFAULT_MODEL_VISION";

/// The REST call that shows `image` to the vision model.
///
/// # Errors
/// `NotConfigured` without account and token; those of [`vision_inputs`].
pub fn encode_vision(
    config: &Config,
    instruction: &str,
    image: &[u8],
    media_type: &str,
) -> Result<Call, Failure> {
    let inputs = vision_inputs(instruction, image, media_type)?;
    call(rest(config)?, &config.workers.vision_model, inputs)
}

/// The same inputs as JSON text for the binding.
///
/// # Errors
/// `BadImage` for a media type other than PNG, JPEG and WebP, or no bytes.
pub fn vision_inputs(instruction: &str, image: &[u8], media_type: &str) -> Result<String, Failure> {
    if !matches!(media_type, "image/png" | "image/jpeg" | "image/webp") || image.is_empty() {
        let why = format!("no picture that a vision model takes ({media_type}, {} bytes)", image.len());
        return Err(Failure::new(FailureClass::BadImage, why));
    }
    let instruction = serde_json::to_string(instruction)
        .map_err(|error| Failure::new(FailureClass::BadRequest, format!("{WHO}: {error}")))?;
    // Written by hand so that the picture's megabytes of base64 exist once: base64 needs no JSON escapes.
    let head = format!(
        r#"{{"messages":[{{"role":"user","content":[{{"type":"text","text":{instruction}}},{{"type":"image_url","image_url":{{"url":"data:{media_type};base64,"#
    );
    let tail = format!(r#""}}}}]}}],"max_tokens":{TOKENS_MAX},"temperature":0}}"#);
    let mut text = String::with_capacity(head.len() + body::base64_length(image) + tail.len());
    text.push_str(&head);
    body::append_base64(image, &mut text);
    text.push_str(&tail);
    Ok(text)
}

/// The model's text from a REST answer; `now_ms` as in [`super::decode`].
///
/// # Errors
/// The class of the refusal. A licence that isn't accepted yet is `Auth`, and its message says what to do. An answer
/// without words is `BadAnswer`.
pub fn decode_vision(answer: &Answer<'_>, now_ms: u64) -> Result<String, Failure> {
    if !answer.is_success() {
        return Err(workers_ai::refusal(WHO, answer, now_ms));
    }
    let reply: Envelope = body::json(WHO, answer).map_err(wordless)?;
    if reply.success == Some(false) {
        return Err(workers_ai::refusal(WHO, answer, now_ms));
    }
    words(&reply.result)
}

/// The model's text from a binding's result, given as JSON text.
///
/// # Errors
/// `BadAnswer` when there is none.
pub fn decode_result_json(text: &str) -> Result<String, Failure> {
    words(&serde_json::from_str(text).unwrap_or_default())
}

/// The failure behind an error that the binding threw.
pub fn binding_failure(message: &str) -> Failure {
    workers_ai::thrown(WHO, message)
}

/// What the model is run with to accept its licence, once an account.
pub const AGREE_INPUTS: &str = r#"{"prompt":"agree"}"#;

/// The REST call that accepts the model's licence for the whole account. Only ever on the owner's word.
///
/// # Errors
/// `NotConfigured` without account and token.
pub fn agree_call(config: &Config) -> Result<Call, Failure> {
    call(rest(config)?, &config.workers.vision_model, AGREE_INPUTS.to_owned())
}

/// Whether the licence is accepted now. Cloudflare says so with the very status and code of the refusal (403, 5016);
/// only the words differ.
///
/// # Errors
/// The refusal.
pub fn decode_agreement(answer: &Answer<'_>, now_ms: u64) -> Result<(), Failure> {
    let value = serde_json::from_slice::<Value>(answer.body).unwrap_or_default();
    let thanked = text_at(&value, "/errors/0/message").contains("Thank you for agreeing");
    let code = value.pointer("/errors/0/code").and_then(Value::as_u64);
    if thanked && code == Some(LICENCE) || answer.is_success() && code.is_none() && value.is_object() {
        return Ok(());
    }
    Err(workers_ai::refusal(WHO, answer, now_ms))
}

#[derive(Deserialize)]
struct Envelope {
    #[serde(default)]
    result: Value,
    success: Option<bool>,
}

fn rest(config: &Config) -> Result<&Rest, Failure> {
    config.workers.rest.as_ref().map_err(Clone::clone)
}

fn call(rest: &Rest, model: &str, inputs: String) -> Result<Call, Failure> {
    workers_ai::run(rest, MODEL_VAR, model, "application/json".into(), inputs.into_bytes())
}

/// The older models answer `{response}`, the newer ones in the shape of chat completions; a response can be an object
/// where JSON was asked for.
fn words(result: &Value) -> Result<String, Failure> {
    let text = match result.get("response").or_else(|| result.pointer("/choices/0/message/content")) {
        Some(Value::String(text)) => text.trim().to_owned(),
        Some(value @ Value::Object(_)) => value.to_string(),
        _ => String::new(),
    };
    if text.is_empty() {
        return Err(Failure::new(FailureClass::BadAnswer, "the vision model answered without words"));
    }
    Ok(text)
}

/// A broken answer of this model is no broken image.
fn wordless(failure: Failure) -> Failure {
    match failure.class {
        FailureClass::NoImage | FailureClass::BadImage => {
            Failure { class: FailureClass::BadAnswer, ..failure }
        }
        _ => failure,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::config::testing;
    use super::*;

    fn answered(status: u16, body: &Value) -> Result<String, Failure> {
        decode_vision(&Answer { status, headers: &|_| None, body: body.to_string().as_bytes() }, 0)
    }

    fn said(result: &Value) -> Result<String, Failure> {
        answered(200, &json!({"result": result, "success": true, "errors": [], "messages": []}))
    }

    #[test]
    fn the_call() {
        let call =
            encode_vision(&testing::config(), "Does it show \"a boat\"?\n<prompt>", b"abcd", "image/png")
                .unwrap();
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
        let failure = encode_vision(&Config::from_vars(|_| None), "x", b"abcd", "image/png").unwrap_err();
        assert_eq!(failure.class, FailureClass::NotConfigured);
    }

    #[test]
    fn only_pictures_are_shown() {
        for (bytes, kind) in
            [(&b"abcd"[..], "image/svg+xml"), (b"abcd", "image/png\",\""), (b"", "image/png")]
        {
            assert_eq!(vision_inputs("x", bytes, kind).unwrap_err().class, FailureClass::BadImage);
        }
    }

    #[test]
    fn words_in_every_form() {
        let verdict = "{\"verdict\":\"pass\"}";
        for result in [
            json!({"response": format!(" {verdict}\n"), "usage": {"total_tokens": 9}}),
            json!({"response": {"verdict": "pass"}}),
            json!({"choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": verdict}}]}),
        ] {
            assert_eq!(said(&result).unwrap(), verdict);
            assert_eq!(decode_result_json(&result.to_string()).unwrap(), verdict);
        }
    }

    #[test]
    fn no_words() {
        for result in [
            json!({}),
            json!(null),
            json!({"response": ""}),
            json!({"response": null}),
            json!({"choices": []}),
            json!({"choices": [{"message": {"content": null}, "finish_reason": "length"}]}),
        ] {
            assert_eq!(said(&result).unwrap_err().class, FailureClass::BadAnswer, "{result}");
        }
        for (body, class) in [
            (&b"{\"result\":{\"resp"[..], FailureClass::BadAnswer),
            (b"", FailureClass::BadAnswer),
            (b"<html>", FailureClass::Overloaded),
        ] {
            let failure = decode_vision(&Answer { status: 200, headers: &|_| None, body }, 0).unwrap_err();
            assert_eq!(failure.class, class);
        }
        assert_eq!(decode_result_json("{").unwrap_err().class, FailureClass::BadAnswer);
    }

    #[test]
    fn refusals_are_classed_as_those_of_the_image_models() {
        for (status, code, class) in [
            (429, 3036, FailureClass::Quota),
            (429, 3040, FailureClass::Overloaded),
            (400, 5007, FailureClass::ModelGone),
            (401, 10_000, FailureClass::Auth),
            (200, 3040, FailureClass::Overloaded),
        ] {
            let body = json!({"result": {}, "success": false, "errors": [{"code": code, "message": "no"}]});
            let failure = answered(status, &body).unwrap_err();
            assert_eq!(failure.class, class, "{code}");
            assert!(failure.message.starts_with("the vision model"), "{}", failure.message);
        }
        assert_eq!(binding_failure("3036: used up").class, FailureClass::Quota);
    }

    #[test]
    fn a_licence_that_is_not_accepted_says_what_to_do() {
        let message =
            "AiError: Model Agreement: Prior to using this model, you must submit the prompt 'agree'.";
        let body = json!({"errors": [{"code": 5016, "message": message}], "success": false, "result": {}});
        for failure in [answered(403, &body).unwrap_err(), binding_failure(&format!("5016: {message}"))] {
            assert_eq!(failure.class, FailureClass::Auth);
            assert!(failure.message.contains("\"agree\""), "{}", failure.message);
            assert!(failure.message.contains("licence"), "{}", failure.message);
        }
    }

    #[test]
    fn agreeing() {
        let call = agree_call(&testing::config()).unwrap();
        assert!(call.url.ends_with("/ai/run/@cf/meta/llama-3.2-11b-vision-instruct"));
        assert_eq!(call.body, br#"{"prompt":"agree"}"#);
        let agreed = |status: u16, body: &Value| {
            decode_agreement(&Answer { status, headers: &|_| None, body: body.to_string().as_bytes() }, 0)
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
        assert_eq!(agreed(502, &Value::Null).unwrap_err().class, FailureClass::Overloaded);
    }
}
