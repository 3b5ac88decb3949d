//! What happens when a handler traps: with the Worker that can be told to, on a stack of its own. All its objects share one
//! wasm instance, so these tests run one after the other.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![allow(missing_docs, reason = "a test's name says what it's for")]
#![allow(clippy::missing_panics_doc, reason = "a panic is how every helper reports")]

mod background;
mod requests;

use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use picasso_e2e::api::{Body, Caller, Reply};
use picasso_e2e::{stack, wait};

/// Ways in which a wasm instance ends.
pub const KINDS: [&str; 4] = ["panic", "memory", "stack", "throw"];
/// How soon everybody must be answered.
pub const ANSWER_LIMIT: Duration = Duration::from_secs(1);
/// How soon an alarm that trapped must be at work again.
pub const ALARM_LIMIT: Duration = Duration::from_secs(5);

/// How long anybody waits, so that a hang is found out soon.
const PATIENCE: Duration = Duration::from_secs(10);

/// Arms a place: the next call that comes by there for `subject` meets `kind`, once.
pub fn arm(place: &str, kind: &str, subject: &str) {
    let path = format!("/trap-tests/{place}/{kind}/{subject}");
    let _ = Caller::anonymous().send("POST", &path, &[], Body::None).expect(200);
}

/// Waits until the call that it was armed for came by; that moment.
pub fn sprung(place: &str) -> Instant {
    wait::until(&format!("somebody comes by {place}"), || {
        let armed = Caller::anonymous().send("GET", "/trap-tests/", &[], Body::None).expect(200).text();
        (!armed.contains(place)).then(now)
    })
}

/// A request on a thread of its own; its answer, and when it came.
pub fn in_flight(method: &'static str, path: String, body: &'static str) -> JoinHandle<(Reply, Instant)> {
    thread::spawn(move || {
        let caller = Caller::with_patience(stack::url(), Some(stack::api_key()), PATIENCE);
        let reply = caller.send(method, &path, &[], Body::Bytes(body.as_bytes()));
        (reply, now())
    })
}

/// What everybody gets who was in flight.
pub fn says_come_back(reply: &Reply) {
    let problem = reply.json();
    assert_eq!((reply.status, &problem["type"]), (503, &"urn:picasso:restarting".into()), "{problem}");
    assert_eq!(reply.header("retry-after"), "1");
    assert_eq!(reply.header("content-type"), "application/problem+json");
}

#[expect(clippy::disallowed_methods, reason = "a native test, not part of the core with its injected time")]
pub fn now() -> Instant {
    Instant::now()
}
