//! The log of calls: what was asked of whom, when, and what became of it. In memory, the newest
//! [`KEPT`] calls; a test reads it to prove that something was called once, or never.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use serde::Serialize;
use serde_json::{Map, Value};

use crate::operation::Operation;
use crate::picture::Facts;
use crate::service::{Service, Task};

/// How many calls are remembered; at ~1 kB each this stays far below what anyone minds.
pub const KEPT: usize = 10_000;

/// One call, as the control route shows it.
#[derive(Clone, Debug, Serialize)]
pub struct Call {
    /// Dense from 1 since the start or since the log was cleared.
    pub seq: u64,
    /// Whose route was called.
    pub provider: Service,
    /// The model's id.
    pub model: String,
    /// The whole prompt as it arrived.
    pub prompt: String,
    /// Epoch milliseconds of the call's arrival.
    pub at: u64,
    /// `open`, `ok`, `rejected`, a fault's kind, or `abandoned` when the client left first.
    pub outcome: &'static str,
    /// HTTP status; absent while open, and when nothing was answered.
    pub status: Option<u16>,
    /// What it asked for beside the prompt.
    #[serde(flatten)]
    pub ask: Ask,
}

/// What a call asks for, as it was understood. A call that was refused has only its task.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Ask {
    /// Pictures from words, pictures from pictures, looking, or writing.
    pub task: Task,
    /// What the painter is to do; absent when nothing is painted.
    pub operation: Option<Operation>,
    /// The pictures that came along, in their order; a mask isn't among them.
    pub images: Vec<Facts>,
    /// The mask.
    pub mask: Option<Facts>,
    /// Pixels of the picture that is asked for, `WIDTHxHEIGHT`.
    pub size: Option<String>,
    /// In the provider's own word.
    pub quality: Option<String>,
    /// The seed.
    pub seed: Option<u64>,
    /// Whether the answer is to be streamed.
    pub streamed: bool,
    /// Every other parameter, as it was sent: no prompt and no picture.
    pub parameters: Map<String, Value>,
}

#[derive(Debug, Default)]
struct Entries {
    last: u64,
    calls: VecDeque<Call>,
}

/// The log. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Log(Arc<Mutex<Entries>>);

impl Log {
    /// Writes down an arrival. The returned guard says `abandoned` when it's dropped without an outcome.
    pub fn open(&self, provider: Service, model: &str, prompt: &str, ask: Ask) -> Open {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        entries.last += 1;
        let seq = entries.last;
        if entries.calls.len() == KEPT {
            entries.calls.pop_front();
        }
        entries.calls.push_back(Call {
            seq,
            provider,
            model: model.to_owned(),
            prompt: prompt.to_owned(),
            at: epoch_ms(),
            outcome: "open",
            status: None,
            ask,
        });
        Open { log: self.clone(), seq, outcome: "abandoned", status: None }
    }

    /// The calls whose prompt contains `needle`, oldest first.
    pub fn list(&self, needle: &str) -> Vec<Call> {
        let entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        entries.calls.iter().filter(|call| call.prompt.contains(needle)).cloned().collect()
    }

    /// Forgets everything and counts from 1 again.
    pub fn clear(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Entries::default();
    }

    fn close(&self, seq: u64, outcome: &'static str, status: Option<u16>) {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(call) = entries.calls.iter_mut().find(|call| call.seq == seq && call.outcome == "open") {
            call.outcome = outcome;
            call.status = status;
        }
    }
}

/// A call that is being answered.
#[derive(Debug)]
pub struct Open {
    log: Log,
    seq: u64,
    outcome: &'static str,
    status: Option<u16>,
}

impl Open {
    /// Ends the call.
    pub fn close(mut self, outcome: &'static str, status: Option<u16>) {
        self.outcome = outcome;
        self.status = status;
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.log.close(self.seq, self.outcome, self.status);
    }
}

/// Epoch milliseconds. The emulator is a native program: the clock that the Worker lacks exists here.
#[expect(clippy::disallowed_methods, reason = "native code, not part of the injected-time core")]
pub fn epoch_ms() -> u64 {
    std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .map_or(0, |age| u64::try_from(age.as_millis()).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_ends_once_and_a_dropped_one_was_abandoned() {
        let log = Log::default();
        let first = log.open(Service::Gemini, "m", "a red boat", Ask::default());
        let second = log.open(Service::Openai, "m", "a car", Ask::default());
        assert_eq!(log.list("")[0].outcome, "open");
        first.close("ok", Some(200));
        drop(second);
        let calls = log.list("");
        assert_eq!((calls[0].seq, calls[0].outcome, calls[0].status), (1, "ok", Some(200)));
        assert_eq!((calls[1].seq, calls[1].outcome, calls[1].status), (2, "abandoned", None));
        assert_eq!(log.list("boat").len(), 1);
        log.clear();
        assert!(log.list("").is_empty());
    }

    #[test]
    fn the_log_keeps_the_newest() {
        let log = Log::default();
        for _ in 0..=KEPT {
            log.open(Service::Text, "m", "", Ask::default()).close("ok", Some(200));
        }
        let calls = log.list("");
        assert_eq!((calls.len(), calls[0].seq), (KEPT, 2));
    }
}
