//! What a job understands, and what it shows.

use serde::{Deserialize, Serialize};

use crate::catalogue::price::Nanodollars;
use crate::ids::{ProgressionId, ProjectId, SessionId};
use crate::job::money::Terms;
use crate::job::wishes::{Materials, Route, Wishes};
use crate::project::likeness::Action;
use crate::provider::Provider;

/// Messages to a job.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Message {
    /// Begin. A job that has begun refuses a different specification and accepts the same one again.
    Start(Box<Spec>),
    /// Query: the state of every variant.
    Fetch,
    /// Query: the reply that an earlier [`Self::Start`] under this key has had.
    Begun {
        /// The ask's id, that follows from the key.
        ask: String,
        /// Digest of the request.
        fingerprint: String,
    },
    /// Stop what is open. What has a place in the project already, or has been offered to it, is finished instead.
    Cancel(Selection),
    /// Try again what failed or was cancelled, each in a new variant that takes the old one's place.
    Retry(Selection),
    /// Query: what a retry of these may cost, as a [`Quote`](super::money::Quote).
    Quote(Selection),
    /// As [`Self::Retry`], for which the project has reserved something.
    RetryWithin {
        /// Which.
        selection: Selection,
        /// What was reserved, in billionths of a dollar.
        cap: Nanodollars,
    },
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
    /// See [`crate::protocol::Message::is_repeatable`].
    pub const fn is_repeatable(&self) -> bool {
        matches!(self, Self::Fetch | Self::Begun { .. } | Self::Quote(_))
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
    /// How long the job may take in all, in milliseconds.
    #[serde(default = "job_deadline")]
    pub job_deadline_ms: u64,
    /// What is wanted beyond that.
    #[serde(default, skip_serializing_if = "Wishes::is_plain")]
    pub wishes: Wishes,
    /// The pictures that were sent along, once they are in R2.
    #[serde(default, skip_serializing_if = "Materials::is_empty")]
    pub materials: Materials,
    /// For each provider, in their order: the models to ask, the first of them first. Empty in specifications from before there
    /// was a choice: then the shell asks for the configured one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub routes: Vec<Vec<Route>>,
    /// What it was begun with: the models of words, and how much it may spend.
    #[serde(default, skip_serializing_if = "Terms::is_empty")]
    pub terms: Terms,
}

impl Spec {
    /// Whether both ask for the same. What has come of it since (which bytes an address led to, which models were configured)
    /// doesn't count.
    pub fn is_same_request(&self, other: &Self) -> bool {
        self.project_id == other.project_id
            && self.session_id == other.session_id
            && self.prompt == other.prompt
            && self.providers == other.providers
            && self.variants == other.variants
            && self.deadline_ms == other.deadline_ms
            && self.job_deadline_ms == other.job_deadline_ms
            && self.wishes == other.wishes
    }

    /// The models to ask for a provider's variants, in order.
    pub fn routes(&self, provider: Provider) -> &[Route] {
        let index = self.providers.iter().position(|it| *it == provider);
        index.and_then(|index| self.routes.get(index)).map_or(&[], Vec::as_slice)
    }
}

/// What version 1's specifications, which had none, are given.
const fn job_deadline() -> u64 {
    crate::request::JOB_DEADLINE_MS
}

/// Which variants of a job: all, those of a provider, those of an index, or one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Selection {
    /// Of this provider only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<Provider>,
    /// With this number among their provider's variants only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant_index: Option<u32>,
}

impl Selection {
    /// Whether a variant belongs to it.
    pub fn takes(&self, provider: Provider, index: u32) -> bool {
        self.provider.is_none_or(|it| it == provider) && self.variant_index.is_none_or(|it| it == index)
    }
}

/// A picture that nearly equals an earlier one of the project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NearDuplicate {
    /// The earlier one.
    pub progression_id: ProgressionId,
    /// Bits that differ, of 256.
    pub distance: u32,
    /// What its project does with it.
    #[serde(default, skip_serializing_if = "Action::is_usual")]
    pub action: Action,
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
