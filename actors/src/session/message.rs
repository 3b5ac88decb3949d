//! What a session understands, and the frames that its sockets see.

use serde::{Deserialize, Serialize};

use crate::ids::SessionId;
use crate::json::{self, Raw};
use crate::sql::Fault;

/// How long a ticket for the stream can be used, in milliseconds.
pub const TICKET_MS: i64 = 60_000;

/// Messages to a session.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Message {
    /// An event for the stream.
    Publish {
        /// The event's type.
        event_type: EventType,
        /// When it happened, epoch milliseconds.
        ts: i64,
        /// The event's `data`, passed on as it is.
        data: Raw,
    },
    /// Make a ticket for the stream: it works once, for [`TICKET_MS`].
    MintTicket,
    /// Use a ticket up.
    Admit {
        /// The ticket.
        ticket: String,
    },
    /// Query: the frames after `since`.
    Replay {
        /// The last `seq` that the client has; 0 for all.
        since: i64,
        /// At most this many frames.
        limit: u32,
    },
}

impl Message {
    /// See [`crate::protocol::Message::is_repeatable`].
    pub const fn is_repeatable(&self) -> bool {
        matches!(self, Self::Replay { .. })
    }
}

/// The contract's event types.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EventType {
    /// A variant is planned.
    Queued,
    /// Work on it began.
    Running,
    /// It got further.
    Progress,
    /// The judge has spoken.
    Judge,
    /// It ended without a picture.
    Fail,
    /// It ended with one; without `variantIndex`, the whole job ended.
    Complete,
}

/// The reply to [`Message::MintTicket`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Ticket {
    /// For `?ticket=`.
    pub ticket: String,
    /// Epoch milliseconds.
    pub expires_at: i64,
}

/// The reply to [`Message::Replay`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replay {
    /// Text frames, in order.
    pub frames: Vec<String>,
    /// Where to go on, when there is more.
    pub next: Option<i64>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Frame<'a> {
    session_id: &'a SessionId,
    seq: i64,
    #[serde(rename = "type")]
    event_type: EventType,
    ts: i64,
    data: &'a Raw,
}

/// One event as its sockets see it: the contract's `WsEnvelope`.
///
/// # Errors
/// [`Fault::Corrupt`] when it can't be written as JSON.
pub fn frame(me: &SessionId, seq: i64, event_type: EventType, ts: i64, data: &Raw) -> Result<String, Fault> {
    json::write(&Frame { session_id: me, seq, event_type, ts, data })
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Resync<'a> {
    session_id: &'a str,
    seq: i64,
    #[serde(rename = "type")]
    event_type: &'static str,
    ts: i64,
    data: ResyncData<'a>,
}

#[derive(Serialize)]
struct ResyncData<'a> {
    epoch: &'a str,
}

/// "What you hold isn't ours: forget it, and go on from `seq`."
///
/// # Errors
/// As [`frame`].
pub fn resync(me: &str, epoch: &str, seq: i64, ts: i64) -> Result<String, Fault> {
    json::write(&Resync { session_id: me, seq, event_type: "resync", ts, data: ResyncData { epoch } })
}
