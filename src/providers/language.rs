//! The models of words on Workers AI, over REST or through the `AI` binding: the judge's eyes ([`super::vision`]) and the model
//! that words prompts anew. What they say is handed on as text; making sense of it is the core's work.

use picasso_actors::effect::Said;
use picasso_actors::provider::{Failure, FailureClass};
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::workers_ai::{self, Rest};
use super::{Answer, Call, Config, body};

/// Enough for a prompt of the greatest length; the models' own default of 256 cuts answers off.
const TOKENS_MAX: u32 = 2_048;

/// One of the models.
#[derive(Debug, Clone, Copy)]
pub struct Model<'a> {
    /// As a person would call it, in messages.
    pub who: &'static str,
    /// The variable that holds its id.
    pub var: &'static str,
    /// Its id.
    pub id: &'a str,
}

/// The model that words prompts anew.
///
/// # Errors
/// `NotConfigured`, naming the variable.
pub fn reasoning(config: &Config) -> Result<Model<'_>, Failure> {
    let id = config.workers.reasoning_model.as_deref();
    let id = id.ok_or_else(|| Failure::new(FailureClass::NotConfigured, "set DEFAULT_MODEL_REASONING"))?;
    Ok(Model { who: "the reasoning model", var: "DEFAULT_MODEL_REASONING", id })
}

/// What a text model is run with for an answer of this JSON schema, as JSON text.
///
/// # Errors
/// `BadRequest` for a text that JSON can't hold.
pub fn inputs(instruction: &str, schema: &str) -> Result<String, Failure> {
    let instruction = serde_json::to_string(instruction)
        .map_err(|error| Failure::new(FailureClass::BadRequest, error.to_string()))?;
    Ok(format!(
        r#"{{"messages":[{{"role":"user","content":{instruction}}}],"response_format":{{"type":"json_schema","json_schema":{schema}}},"max_tokens":{TOKENS_MAX},"temperature":0}}"#
    ))
}

impl Model<'_> {
    /// The REST call that runs it.
    ///
    /// # Errors
    /// `NotConfigured` without account and token, or for an id that can't be one.
    pub fn call(&self, config: &Config, inputs: String) -> Result<Call, Failure> {
        let rest: &Rest = config.workers.rest.as_ref().map_err(Clone::clone)?;
        workers_ai::run(rest, self.var, self.id, "application/json".into(), inputs.into_bytes())
    }

    /// What it said, from a REST answer; `now_ms` as in [`super::decode`].
    ///
    /// # Errors
    /// The class of the refusal. A licence that isn't accepted yet is `Auth`, and its message says what to do. An answer
    /// without words is `BadAnswer`.
    pub fn decode(&self, answer: &Answer<'_>, now_ms: u64) -> Result<Said, Failure> {
        if !answer.is_success() {
            return Err(workers_ai::refusal(self.who, answer, now_ms));
        }
        let reply: Envelope<'_> = body::json(self.who, answer).map_err(wordless)?;
        if reply.success == Some(false) {
            return Err(workers_ai::refusal(self.who, answer, now_ms));
        }
        self.decode_result(reply.result.map_or("", RawValue::get))
    }

    /// What it said, from a binding's result, given as JSON text.
    ///
    /// # Errors
    /// `BadAnswer` when it said nothing.
    pub fn decode_result(&self, text: &str) -> Result<Said, Failure> {
        #[derive(Default, Deserialize)]
        struct Reported<'a> {
            #[serde(borrow)]
            usage: Option<&'a RawValue>,
        }
        let words = words(&serde_json::from_str(text).unwrap_or_default());
        let usage = serde_json::from_str::<Reported<'_>>(text).unwrap_or_default().usage;
        if words.is_empty() {
            return Err(Failure::new(
                FailureClass::BadAnswer,
                format!("{} answered without words", self.who),
            ));
        }
        Ok(Said { text: words, model: Some(self.id.to_owned()), usage: body::usage(usage) })
    }

    /// The failure behind an error that the binding threw.
    pub fn binding_failure(&self, message: &str) -> Failure {
        workers_ai::thrown(self.who, message)
    }
}

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow)]
    result: Option<&'a RawValue>,
    success: Option<bool>,
}

/// The older models answer `{response}`, the newer ones in the shape of chat completions; a response can be an object
/// where JSON was asked for.
fn words(result: &Value) -> String {
    match result.get("response").or_else(|| result.pointer("/choices/0/message/content")) {
        Some(Value::String(text)) => text.trim().to_owned(),
        Some(value @ Value::Object(_)) => value.to_string(),
        _ => String::new(),
    }
}

/// A broken answer of these models is no broken image.
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

    const MODEL: Model<'_> =
        Model { who: "the reasoning model", var: "DEFAULT_MODEL_REASONING", id: "@cf/a/b" };

    fn answered(status: u16, body: &Value) -> Result<Said, Failure> {
        MODEL.decode(&Answer { status, headers: &|_| None, body: body.to_string().as_bytes() }, 0)
    }

    fn said(result: &Value) -> Result<Said, Failure> {
        answered(200, &json!({"result": result, "success": true, "errors": [], "messages": []}))
    }

    #[test]
    fn the_call_asks_for_json_of_a_schema() {
        let config =
            testing::with(&[("DEFAULT_MODEL_REASONING", "@cf/meta/llama-3.3-70b-instruct-fp8-fast")]);
        let inputs = inputs("Word \"it\"\nanew", r#"{"type":"object"}"#).unwrap();
        let call = reasoning(&config).unwrap().call(&config, inputs).unwrap();
        assert!(
            call.url.ends_with("/accounts/0a1b2c3d/ai/run/@cf/meta/llama-3.3-70b-instruct-fp8-fast"),
            "{}",
            call.url
        );
        let body: Value = serde_json::from_slice(&call.body).unwrap();
        let expected = json!({
            "messages": [{"role": "user", "content": "Word \"it\"\nanew"}],
            "response_format": {"type": "json_schema", "json_schema": {"type": "object"}},
            "max_tokens": 2048,
            "temperature": 0
        });
        assert_eq!(body, expected);
    }

    #[test]
    fn what_is_missing_is_named() {
        let failure = reasoning(&testing::config()).unwrap_err();
        assert_eq!(failure.class, FailureClass::NotConfigured);
        assert!(failure.message.contains("DEFAULT_MODEL_REASONING"), "{}", failure.message);
        let failure = MODEL.call(&Config::from_vars(|_| None), String::new()).unwrap_err();
        assert_eq!(failure.class, FailureClass::NotConfigured);
    }

    #[test]
    fn words_in_every_form_and_what_they_cost() {
        let words = "{\"verdict\":\"pass\"}";
        for (result, usage) in [
            (
                json!({"response": format!(" {words}\n"), "usage": {"total_tokens": 9}}),
                Some(r#"{"total_tokens":9}"#),
            ),
            (json!({"response": {"verdict": "pass"}}), None),
            (
                json!({"choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": words}}]}),
                None,
            ),
        ] {
            let expected =
                Said { text: words.into(), model: Some("@cf/a/b".into()), usage: usage.map(Into::into) };
            assert_eq!(said(&result).unwrap(), expected);
            assert_eq!(MODEL.decode_result(&result.to_string()).unwrap(), expected);
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
            let failure = MODEL.decode(&Answer { status: 200, headers: &|_| None, body }, 0).unwrap_err();
            assert_eq!(failure.class, class);
        }
        assert_eq!(MODEL.decode_result("{").unwrap_err().class, FailureClass::BadAnswer);
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
            assert!(failure.message.starts_with("the reasoning model"), "{}", failure.message);
        }
        assert_eq!(MODEL.binding_failure("3036: used up").class, FailureClass::Quota);
    }
}
