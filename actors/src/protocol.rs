//! The whole wire between actors: what an envelope is, what can be said in it, and what can be answered.
//!
//! Enums are externally tagged, because that's the one form in which serde passes a raw JSON text through unparsed.
//! Every shape here is pinned by a literal in `tests/core/wire/`.

use serde::{Deserialize, Serialize};

use crate::address::ActorName;
use crate::artifact::message as artifact;
use crate::breaker::message as breaker;
use crate::directory::message as directory;
use crate::gate::message as gate;
use crate::job::message as job;
use crate::json::Raw;
use crate::project::message as project;
use crate::session::message as session;
use crate::upkeep;

/// Who sends, and what makes the message unique.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sender {
    /// The HTTP edge asks and waits for the reply. The id is unique for the question, so asking again is safe.
    Edge {
        /// At most 255 characters.
        id: String,
        /// A digest of the request, when the id follows from an idempotency key: the same key may only come with the same
        /// request.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        fingerprint: Option<String>,
    },
    /// Another actor tells, through its outbox.
    Actor {
        /// Its name.
        name: ActorName,
        /// The outbox's sequence number: rises for each destination, and stays the same when the message is sent again.
        seq: i64,
    },
}

/// A message on its way to one actor.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Envelope {
    /// Who sends it.
    pub from: Sender,
    /// Who must be reading it; an object with another name refuses it.
    pub to: ActorName,
    /// What is said.
    pub message: Message,
}

/// Everything that can be said to an actor.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Message {
    /// To a session.
    Session(session::Message),
    /// To a project.
    Project(project::Message),
    /// To a job.
    Job(job::Message),
    /// To an artifact.
    Artifact(artifact::Message),
    /// To a gate.
    Gate(gate::Message),
    /// To a breaker.
    Breaker(breaker::Message),
    /// To a directory.
    Directory(directory::Message),
    /// To an actor of any kind.
    Upkeep(upkeep::Message),
}

impl Message {
    /// Its reply needn't be remembered: asking again does no harm, and may well have another answer.
    pub const fn is_repeatable(&self) -> bool {
        match self {
            Self::Session(message) => message.is_repeatable(),
            Self::Project(message) => message.is_repeatable(),
            Self::Job(message) => message.is_repeatable(),
            Self::Artifact(message) => message.is_repeatable(),
            Self::Gate(message) => message.is_repeatable(),
            Self::Breaker(message) => message.is_repeatable(),
            Self::Directory(message) => message.is_repeatable(),
            Self::Upkeep(upkeep::Message::Resend | upkeep::Message::Requeue { .. }) => false,
        }
    }
}

/// What an actor answers.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reply {
    /// Understood and done.
    Done,
    /// The answer, as the JSON that the API's caller gets.
    Body(Raw),
    /// A business "no". The message is dealt with: sending it again gives the same.
    Refused(Refusal),
    /// The reply that this ask had when it came first.
    Again(Box<Reply>),
}

/// Why an actor says no.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// What the caller must do about it.
    pub code: RefusalCode,
    /// For a person.
    pub detail: String,
}

/// The kinds of "no".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefusalCode {
    /// There is no such thing.
    NotFound,
    /// It exists already, or its state doesn't allow this.
    Conflict,
    /// The ticket or token isn't valid (any more).
    Forbidden,
    /// Too many of them are open: later.
    TooMany,
    /// It could cost more than the project's budget leaves.
    Budget,
    /// What it costs isn't known, so no budget can hold it.
    Unpriced,
    /// The idempotency key came with another request before.
    KeyReused,
    /// The message was sent to an actor of another name or kind: a defect in the sender.
    Misaddressed,
}

impl Reply {
    /// "There is no such …".
    pub fn not_found(what: &str) -> Self {
        Self::Refused(Refusal { code: RefusalCode::NotFound, detail: format!("no such {what}") })
    }

    /// "That's taken", or "not now".
    pub fn conflict(detail: impl Into<String>) -> Self {
        Self::Refused(Refusal { code: RefusalCode::Conflict, detail: detail.into() })
    }

    /// "That ticket isn't valid".
    pub fn forbidden(detail: impl Into<String>) -> Self {
        Self::Refused(Refusal { code: RefusalCode::Forbidden, detail: detail.into() })
    }

    /// "Not so many at once".
    pub fn too_many(detail: impl Into<String>) -> Self {
        Self::Refused(Refusal { code: RefusalCode::TooMany, detail: detail.into() })
    }

    /// "That key belongs to another request".
    pub fn key_reused() -> Self {
        let detail = "this Idempotency-Key came with another request before: use a new one".to_owned();
        Self::Refused(Refusal { code: RefusalCode::KeyReused, detail })
    }

    /// "I'm not who this is for".
    pub fn misaddressed(detail: impl Into<String>) -> Self {
        Self::Refused(Refusal { code: RefusalCode::Misaddressed, detail: detail.into() })
    }
}
