//! What the threads of a run share.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use std::{mem, thread};

use xtask::stack::Stack;

use crate::api::{Body, Caller, Reply};
use crate::emulator::Emulator;
use crate::history::{History, Kind, Micros, Sighting};
use crate::studio::{self, unique};

/// Between two looks whether the Worker is back.
const TICK: Duration = Duration::from_millis(10);
/// How long a client waits for an answer.
const ANSWER_LIMIT: Duration = Duration::from_secs(20);

/// A request and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exchange {
    pub method: String,
    pub path: String,
    /// None when no whole answer came.
    pub status: Option<u16>,
    /// The problem's type; empty when the answer is none.
    pub problem: String,
    /// In seconds, when the answer said so.
    pub retry_after: Option<u64>,
    /// How long it took.
    pub took: Micros,
}

/// One run.
#[derive(Debug)]
pub struct Run {
    /// In the names and prompts of this run and no other.
    pub name: String,
    /// Somebody with the key.
    pub api: Caller,
    /// The key, for the stream.
    pub key: String,
    /// The Worker's address.
    pub url: String,
    /// The providers.
    pub emulator: Emulator,
    /// The longest that a client heeds a `Retry-After`, in seconds: the run must end.
    patience: u64,
    history: Mutex<History>,
    exchanges: Mutex<Vec<Exchange>>,
    ended: Mutex<BTreeSet<String>>,
    round: AtomicU32,
    acknowledged: AtomicU64,
    unanswered: AtomicU64,
    connections: AtomicU64,
    down: AtomicBool,
    working: AtomicBool,
    listening: AtomicBool,
}

impl Run {
    /// A new one, whose clients wait at most `patience` seconds after an answer that asks them to.
    pub fn new(stack: &Stack, name: &str, patience: u64) -> Self {
        let (url, key) = (stack.url(), stack.api_key().to_owned());
        Self {
            name: unique(name),
            api: Caller::with_patience(url.clone(), Some(key.clone()), ANSWER_LIMIT),
            key,
            url,
            emulator: Emulator::at(stack.emulator_url()),
            patience,
            history: Mutex::default(),
            exchanges: Mutex::default(),
            ended: Mutex::default(),
            round: AtomicU32::new(0),
            acknowledged: AtomicU64::new(0),
            unanswered: AtomicU64::new(0),
            connections: AtomicU64::new(0),
            down: AtomicBool::new(false),
            working: AtomicBool::new(true),
            listening: AtomicBool::new(true),
        }
    }

    /// Writes something into the history.
    pub fn note(&self, write: impl FnOnce(&mut History)) {
        write(&mut self.history.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Remembers that a job is over.
    pub fn note_ended(&self, job: &str) {
        self.ended.lock().unwrap_or_else(PoisonError::into_inner).insert(job.to_owned());
    }

    /// Takes out of `jobs` those that are known to be over.
    pub fn forget_ended(&self, jobs: &mut BTreeSet<String>) {
        let ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        jobs.retain(|job| !ended.contains(job));
    }

    /// Writes down a sighting that ends now; an acknowledgement is counted.
    pub fn saw(&self, kind: Kind, key: &str, value: u64, begun: Micros) {
        if kind == Kind::Acknowledged {
            self.acknowledged.fetch_add(1, Ordering::Relaxed);
        }
        let sighting = Sighting { key: key.to_owned(), value, kind, begun, ended: now() };
        self.note(|history| history.sightings.push(sighting));
    }

    /// One request; none when nothing that says anything came back. Heeds `Retry-After`, and waits for the Worker when
    /// it's gone.
    pub fn send(&self, method: &str, path: &str, body: Body<'_>) -> Option<Reply> {
        self.send_with(method, path, &[], body)
    }

    /// The same with headers.
    pub fn send_with(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Body<'_>,
    ) -> Option<Reply> {
        let begun = now();
        let answer = self.api.try_send(method, path, headers, body);
        self.write_down(method, path, answer.as_ref().ok(), begun);
        match answer {
            Ok(reply) if reply.status < 500 && reply.status != 429 => Some(reply),
            Ok(reply) => {
                let seconds = reply.header("retry-after").parse().unwrap_or(0);
                thread::sleep(Duration::from_secs(seconds.min(self.patience)).max(TICK));
                None
            }
            Err(_) => {
                self.unanswered.fetch_add(u64::from(method != "GET"), Ordering::Relaxed);
                thread::sleep(TICK);
                self.wait_until_up();
                None
            }
        }
    }

    /// Every request since the last call.
    pub fn take_exchanges(&self) -> Vec<Exchange> {
        mem::take(&mut self.exchanges.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Returns once the Worker is there, or nobody works any more.
    pub fn wait_until_up(&self) {
        while self.down.load(Ordering::Acquire) && self.is_listening() {
            thread::sleep(TICK);
        }
    }

    /// Acknowledged writes so far.
    pub fn acknowledged(&self) -> u64 {
        self.acknowledged.load(Ordering::Relaxed)
    }

    /// Writes that got no answer so far: nobody knows whether they happened.
    pub fn unanswered(&self) -> u64 {
        self.unanswered.load(Ordering::Relaxed)
    }

    /// A new socket's number, from 1.
    pub fn next_connection(&self) -> u64 {
        self.connections.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// In the prompts of every job of this round.
    pub fn round_word(&self) -> String {
        format!("{}r{}x", self.name, self.round.load(Ordering::Relaxed))
    }

    pub fn begin_round(&self, round: u32) {
        self.round.store(round, Ordering::Relaxed);
    }

    pub fn set_down(&self, down: bool) {
        self.down.store(down, Ordering::Release);
    }

    pub fn is_working(&self) -> bool {
        self.working.load(Ordering::Acquire)
    }

    pub fn stop_working(&self) {
        self.working.store(false, Ordering::Release);
    }

    pub fn is_listening(&self) -> bool {
        self.listening.load(Ordering::Acquire)
    }

    pub fn stop_listening(&self) {
        self.listening.store(false, Ordering::Release);
    }

    fn write_down(&self, method: &str, path: &str, answer: Option<&Reply>, begun: Micros) {
        let is_problem = |reply: &&Reply| reply.header("content-type") == "application/problem+json";
        let problem = answer.filter(is_problem).map(Reply::json);
        let exchange = Exchange {
            method: method.to_owned(),
            path: path.to_owned(),
            status: answer.map(|reply| reply.status),
            problem: problem.map(|it| studio::text(&it["type"])).unwrap_or_default(),
            retry_after: answer.and_then(|reply| reply.header("retry-after").parse().ok()),
            took: now() - begun,
        };
        self.exchanges.lock().unwrap_or_else(PoisonError::into_inner).push(exchange);
    }

    /// What was seen, once everybody is done.
    pub fn into_history(self) -> History {
        self.history.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The time.
#[expect(
    clippy::disallowed_methods,
    reason = "a native harness, not part of the core with its injected time"
)]
pub fn now() -> Micros {
    let age = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Micros::try_from(age.as_micros()).unwrap_or(Micros::MAX)
}
