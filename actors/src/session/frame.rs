//! The frames that listeners see: the contract's `WsEnvelope`, as one JSON text each. Events are built once and kept as
//! they were sent; `resync` and `caught_up` are made for one listener and have the number of the last event before them.

use serde::Serialize;

use crate::ids::SessionId;
use crate::json::{self, Raw};
use crate::session::message::EventType;
use crate::sql::Fault;

/// One frame, and where in the session it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// The event's number; for a marker, the last event's.
    pub seq: i64,
    /// The JSON, without line breaks.
    pub text: String,
}

/// Why what a listener holds can't be continued.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// It holds events of another life of the session's state.
    Epoch,
    /// It has seen more than has happened: that can only be another life, too.
    Ahead,
    /// Some of what it missed isn't kept any more.
    Trimmed,
}

/// A job that hasn't ended, in a `resync`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenJob {
    /// Its id.
    pub job_id: String,
    /// The latest event of each of its variants, in order, as the frames that they were.
    pub events: Vec<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Envelope<'a> {
    session_id: &'a SessionId,
    seq: i64,
    #[serde(rename = "type")]
    event_type: EventType,
    ts: i64,
    data: &'a Raw,
}

impl Reason {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Epoch => "epoch",
            Self::Ahead => "ahead",
            Self::Trimmed => "trimmed",
        }
    }
}

impl Frame {
    /// The frame as a server-sent event.
    pub fn as_sse(&self) -> String {
        // No id of a session holds a quote: the first type is the envelope's.
        let kind = self.text.split_once("\"type\":\"").and_then(|(_, rest)| rest.split_once('"'));
        let kind = kind.map_or("message", |(kind, _)| kind);
        format!("id: {}\nevent: {kind}\ndata: {}\n\n", self.seq, self.text)
    }
}

/// One event.
///
/// # Errors
/// [`Fault::Corrupt`] when it can't be written as JSON.
pub fn event(me: &SessionId, seq: i64, event_type: EventType, ts: i64, data: &Raw) -> Result<String, Fault> {
    json::write(&Envelope { session_id: me, seq, event_type, ts, data })
}

/// "You have everything up to `seq`; what follows is live."
pub fn caught_up(me: &str, epoch: &str, seq: i64, ts: i64) -> Frame {
    marker(me, seq, "caught_up", ts, &format!(r#"{{"epoch":"{epoch}"}}"#))
}

/// "What you hold can't be continued: forget it, take these jobs as they are, and go on from `seq`."
pub fn resync(me: &str, epoch: &str, seq: i64, ts: i64, reason: Reason, jobs: &[OpenJob]) -> Frame {
    let jobs: Vec<String> = jobs
        .iter()
        .map(|job| format!(r#"{{"jobId":"{}","events":[{}]}}"#, job.job_id, job.events.join(",")))
        .collect();
    let data = format!(r#"{{"epoch":"{epoch}","reason":"{}","jobs":[{}]}}"#, reason.as_str(), jobs.join(","));
    marker(me, seq, "resync", ts, &data)
}

/// Written by hand, because ids and epochs need no escaping.
fn marker(me: &str, seq: i64, kind: &str, ts: i64, data: &str) -> Frame {
    let text = format!(r#"{{"sessionId":"{me}","seq":{seq},"type":"{kind}","ts":{ts},"data":{data}}}"#);
    Frame { seq, text }
}
