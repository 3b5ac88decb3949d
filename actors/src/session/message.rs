//! What a session understands, and what it answers.

use serde::{Deserialize, Serialize};

use crate::ids::JobId;
use crate::json::Raw;

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
        /// The job that it's about. Messages of version 1 don't say; then it's read from `data`.
        #[serde(default)]
        job: Option<JobId>,
        /// It's the job's last event. Another one that follows opens the job again.
        #[serde(default)]
        closes: bool,
    },
    /// Make a ticket for the stream: it works once, for [`TICKET_MS`].
    MintTicket,
    /// Use a ticket up.
    Admit {
        /// The ticket.
        ticket: String,
    },
    /// A place for a job that is about to begin. Asked again for the same job, it has the same.
    Reserve {
        /// Which job.
        job_id: JobId,
        /// Jobs that the session may have open at once.
        most: u32,
    },
    /// The place isn't needed: the job won't begin.
    Release {
        /// Which job.
        job_id: JobId,
    },
    /// Query: the events after `since`.
    Replay {
        /// The last `seq` that the client has; 0 for all.
        since: i64,
        /// At most this many events.
        limit: u32,
        /// Those of this job only.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        job: Option<JobId>,
    },
}

impl Message {
    /// See [`crate::protocol::Message::is_repeatable`].
    pub const fn is_repeatable(&self) -> bool {
        matches!(self, Self::Replay { .. } | Self::Reserve { .. } | Self::Release { .. })
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
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Replay {
    /// Frames as the sockets saw them, in order.
    pub events: Vec<Raw>,
    /// Where to go on, when there may be more.
    pub next: Option<i64>,
    /// Which life of the session's state the numbers belong to; empty before the first event.
    pub epoch: String,
    /// These don't follow on `since`: it lies ahead of the session, or what came after it is gone.
    pub resync: bool,
}
