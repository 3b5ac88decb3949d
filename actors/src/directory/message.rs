//! What a directory understands.

use serde::{Deserialize, Serialize};

use crate::address::ActorName;

/// Messages to a directory.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Message {
    /// These exist. Said again, it changes nothing.
    Enter {
        /// Projects and artifacts whose ids lead here.
        members: Vec<ActorName>,
    },
    /// Query: how far the telling of its members is ([`Progress`]).
    Progress,
}

impl Message {
    /// See [`crate::protocol::Message::is_repeatable`].
    pub const fn is_repeatable(&self) -> bool {
        matches!(self, Self::Progress)
    }
}

/// How far a directory is with having its members say everything again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Progress {
    /// Which.
    pub directory: String,
    /// How many it lists.
    pub members: i64,
    /// How many it has told, since it was last asked to.
    pub told: i64,
    /// When it was last asked to, epoch milliseconds.
    pub begun_at: Option<i64>,
    /// When it had told them all.
    pub ended_at: Option<i64>,
}
