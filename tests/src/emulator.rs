//! The emulator's controls: what goes wrong, and what was called.

use serde_json::{Value, json};

use crate::api::Caller;
use crate::stack;

/// The emulator of the running stack, which all tests share: a fault is always for one test's word only.
#[derive(Debug, Clone)]
pub struct Emulator(Caller);

/// A call that reached the emulator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// `openai`, `gemini`, `workers`, `vision` or `text`.
    pub provider: String,
    /// The prompt as it arrived.
    pub prompt: String,
    /// When it came, epoch milliseconds.
    pub at: i64,
    /// `ok`, `open`, `abandoned`, `rejected` or a fault's kind.
    pub outcome: String,
    /// Everything that the log says of it: the model, what was asked for, the pictures that came along.
    pub entry: Value,
}

impl Default for Emulator {
    fn default() -> Self {
        Self::at(&stack::emulator_url())
    }
}

impl Emulator {
    /// The one at this address.
    pub fn at(url: &str) -> Self {
        Self(Caller::new(url.to_owned(), None))
    }

    /// From now on, `times` calls (all of them when `None`) of `provider` with `word` in their prompt meet `fault`.
    pub fn fault(&self, provider: &str, word: &str, times: Option<u32>, fault: &Value) {
        self.rule(&json!({ "provider": provider, "promptContains": word, "times": times, "fault": fault }));
    }

    /// From now on, the calls that this rule is for meet its fault.
    pub fn rule(&self, rule: &Value) {
        let _ = self.0.post("/_control/faults", rule).expect(201);
    }

    /// Every call with `word` in its prompt, oldest first.
    pub fn calls(&self, word: &str) -> Vec<Call> {
        let answer = self.0.get(&format!("/_control/calls?promptContains={word}"));
        let calls = answer["calls"].as_array().unwrap().iter();
        calls
            .map(|call| Call {
                provider: call["provider"].as_str().unwrap().to_owned(),
                prompt: call["prompt"].as_str().unwrap().to_owned(),
                at: call["at"].as_i64().unwrap(),
                outcome: call["outcome"].as_str().unwrap().to_owned(),
                entry: call.clone(),
            })
            .collect()
    }

    /// The calls of one provider with `word` in their prompt, oldest first.
    pub fn calls_of(&self, provider: &str, word: &str) -> Vec<Call> {
        self.calls(word).into_iter().filter(|call| call.provider == provider).collect()
    }
}
