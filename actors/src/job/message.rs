//! What a job understands, and what it shows.

use serde::{Deserialize, Serialize};

use crate::ids::{ProgressionId, ProjectId, SessionId};
use crate::provider::Provider;

/// Messages to a job.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Message {
    /// Begin. A job that has begun refuses a different specification and accepts the same one again.
    Start(Spec),
    /// Query: the state of every variant.
    Fetch,
    /// From the project: the progression is in the tree, or marked as a near-duplicate.
    Recorded {
        /// Which variant's.
        ordinal: u32,
        /// The progression it nearly equals.
        near_duplicate_of: Option<NearDuplicate>,
    },
    /// From the project: the verdict is in the row.
    Settled {
        /// Which variant's.
        ordinal: u32,
    },
}

impl Message {
    /// See [`crate::protocol::Message::is_query`].
    pub const fn is_query(&self) -> bool {
        matches!(self, Self::Fetch)
    }
}

/// Everything that decides what a job does: its plan follows from this alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Spec {
    /// The project that gets the pictures.
    pub project_id: ProjectId,
    /// The session that gets the events.
    pub session_id: SessionId,
    /// As typed by a person.
    pub prompt: String,
    /// Distinct, in the order asked for.
    pub providers: Vec<Provider>,
    /// Pictures from each provider.
    pub variants: u32,
    /// How long a variant may take until its picture is stored, in milliseconds.
    pub deadline_ms: u64,
}

/// A picture that nearly equals an earlier one of the project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NearDuplicate {
    /// The earlier one.
    pub progression_id: ProgressionId,
    /// Bits that differ, of 256.
    pub distance: u32,
}

/// The reply to [`Message::Start`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Started {
    /// The job's id.
    pub job_id: String,
    /// The project's id.
    pub project_id: ProjectId,
    /// The session that gets the events.
    pub session_id: SessionId,
    /// How many variants there will be.
    pub variants: usize,
}
