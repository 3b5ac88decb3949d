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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// It holds events of another life of the session's state.
    Epoch,
    /// It has seen more than has happened: that can only be another life, too.
    Ahead,
    /// Some of what it missed isn't kept any more.
    Trimmed,
}

/// A job that hasn't ended, in a `resync`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OpenJob {
    /// Its id.
    pub job_id: String,
    /// The latest event of each of its variants, in order.
    pub events: Vec<Raw>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Envelope<'a, K, D> {
    session_id: &'a str,
    seq: i64,
    #[serde(rename = "type")]
    kind: K,
    ts: i64,
    data: D,
}

#[derive(Serialize)]
struct Epoch<'a> {
    epoch: &'a str,
}

#[derive(Serialize)]
struct Resync<'a> {
    epoch: &'a str,
    reason: Reason,
    jobs: &'a [OpenJob],
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
pub fn event(me: &SessionId, seq: i64, kind: EventType, ts: i64, data: &Raw) -> Result<String, Fault> {
    json::write(&Envelope { session_id: me.as_str(), seq, kind, ts, data })
}

/// "You have everything up to `seq`; what follows is live."
///
/// # Errors
/// As [`event`].
pub fn caught_up(me: &str, epoch: &str, seq: i64, ts: i64) -> Result<Frame, Fault> {
    let data = Epoch { epoch };
    let text = json::write(&Envelope { session_id: me, seq, kind: "caught_up", ts, data })?;
    Ok(Frame { seq, text })
}

/// "What you hold can't be continued: forget it, take these jobs as they are, and go on from `seq`."
///
/// # Errors
/// As [`event`].
pub fn resync(
    me: &str,
    epoch: &str,
    seq: i64,
    ts: i64,
    reason: Reason,
    jobs: &[OpenJob],
) -> Result<Frame, Fault> {
    let data = Resync { epoch, reason, jobs };
    let text = json::write(&Envelope { session_id: me, seq, kind: "resync", ts, data })?;
    Ok(Frame { seq, text })
}
