//! What a project understands, and what it is made of.

use serde::{Deserialize, Serialize};

use crate::catalogue::price::Nanodollars;
use crate::ids::{ArtifactId, JobId, ProgressionId, SessionId};
use crate::job::judge::Verdict;
use crate::job::money::Claim;
use crate::job::wishes::Route;
use crate::operation::Operation;
use crate::project::likeness::Change;
use crate::provider::{DeliveryMode, Provenance, Provider};

/// Messages to a project.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Message {
    /// Begin.
    Create {
        /// For people.
        name: String,
        /// May be empty.
        description: String,
    },
    /// Change what is given.
    Update {
        /// The new name.
        name: Option<String>,
        /// The new description.
        description: Option<String>,
        /// The new budget.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        budget: Option<Budget>,
        /// How pictures are compared from now on.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        near_duplicates: Option<Change>,
    },
    /// Take a near-duplicate into the tree as any other picture, whatever was done with it.
    Keep(ProgressionId),
    /// Query: the project itself.
    Fetch,
    /// Query: progressions, newest first.
    Progressions(Filter),
    /// Query: the picture of a progression, to begin a job with: an [`crate::ingest::Input`].
    Picture(ProgressionId),
    /// Query: the ids of the newest pictures that were asked for in the same way, at most [`crate::project::ALIKE_MAX`].
    Alike {
        /// The person's words.
        prompt: String,
        /// What was done.
        operation: Operation,
        /// What it began with, as typed.
        start: Option<String>,
        /// Of whom.
        providers: Vec<Provider>,
    },
    /// Query: what artifact generators work on ([`crate::gallery::Gallery`]).
    Gallery,
    /// Query: where the bytes of its pictures are ([`crate::gallery::Original`]).
    Originals,
    /// From a job: a picture is there. Compares it with the others and takes it in; answers with `Recorded`.
    Record {
        /// Who asks.
        job_id: JobId,
        /// Which of its variants.
        ordinal: u32,
        /// The picture.
        progression: Box<Progression>,
    },
    /// From a job: the verdict on a picture; answers with `Settled`.
    Settle {
        /// Who asks.
        job_id: JobId,
        /// Which of its variants.
        ordinal: u32,
        /// Which picture.
        progression_id: ProgressionId,
        /// What the judge says.
        verdict: Verdict,
    },
    /// A new progression whose base is that of an earlier step.
    Rollback {
        /// The earlier step.
        to: ProgressionId,
        /// The new one's id.
        id: ProgressionId,
    },
    /// A place for a job that is about to begin, and the money for it. Asked again for the same job, it has the same. Answers
    /// with [`Allowed`] where there is a budget.
    Reserve {
        /// Which job.
        job_id: JobId,
        /// Jobs that the project may have open at once.
        most: u32,
        /// What it may cost.
        #[serde(default, skip_serializing_if = "Claim::is_empty")]
        claim: Claim,
    },
    /// The money for a job's variants that are about to be tried again. Answers with [`Allowed`].
    Extend {
        /// Which job.
        job_id: JobId,
        /// What that may cost.
        claim: Claim,
    },
    /// From a job: a call to a provider, or more of what is known of one. Told again, it changes nothing.
    Spent(Spent),
    /// Query: what the project has cost.
    Costs(CostsPage),
    /// From a job: it has open variants.
    Opened {
        /// Which.
        job_id: JobId,
        /// Whose stream it is seen in.
        session_id: SessionId,
        /// What it may spend in all, in billionths of a dollar.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cap: Option<Nanodollars>,
    },
    /// From a job: all of its variants have ended.
    Closed {
        /// Which.
        job_id: JobId,
    },
    /// An id for an artifact that is about to be made, for an asker who may ask again.
    Commission,
    /// From an artifact: it shows this project.
    Published {
        /// Which.
        artifact_id: ArtifactId,
    },
}

impl Message {
    /// See [`crate::protocol::Message::is_repeatable`].
    pub const fn is_repeatable(&self) -> bool {
        matches!(
            self,
            Self::Fetch
                | Self::Progressions(_)
                | Self::Picture(_)
                | Self::Alike { .. }
                | Self::Gallery
                | Self::Originals
                | Self::Costs(_)
                | Self::Reserve { .. }
        )
    }
}

/// What becomes of a project's budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Budget {
    /// There is none any more.
    Lifted,
    /// So many billionths of a dollar, what has been spent already included.
    Of(Nanodollars),
}

/// What a job may spend: the reply to [`Message::Reserve`], where there is a budget, and to [`Message::Extend`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Allowed {
    /// Billionths of a dollar; `None` without a budget.
    pub cap: Option<Nanodollars>,
}

/// A call to a provider, as a job tells of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spent {
    /// The ledger's id of it.
    pub id: String,
    /// Whose call.
    pub job_id: JobId,
    /// Who was asked.
    pub provider: Provider,
    /// For which model, where that's known.
    pub model: Option<String>,
    /// `generate`, `judge` or `refine`.
    pub task: String,
    /// What it cost, in billionths of a dollar; `None` where nobody knows.
    pub nanousd: Option<Nanodollars>,
    /// What it counts for against a budget: its cost, or else its bound.
    pub counted: Nanodollars,
    /// When it ended, epoch milliseconds.
    pub at: i64,
    /// Rises whenever more is known.
    pub revision: i64,
}

/// A page of the jobs in [`Message::Costs`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CostsPage {
    /// At most this many.
    pub limit: u32,
    /// After the job with this id; empty: from the first.
    pub after: String,
}

/// Which progressions.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filter {
    /// Text to be found in prompt, notes or tags, whatever the case.
    pub query: Option<String>,
    /// Tags, of which a progression must have all.
    #[serde(default)]
    pub tags: Vec<String>,
    /// At most this many.
    pub limit: u32,
    /// Go on after this progression: `createdAt` and id of the last one seen.
    pub before: Option<(i64, String)>,
}

/// A picture as a job hands it over. What isn't known is absent: a rollback has no provider, for one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Progression {
    /// Deterministic, so that recording it twice is recording it once.
    pub id: ProgressionId,
    /// Its parent in the tree.
    pub parent_id: Option<ProgressionId>,
    /// `generate`, `rollback`, …
    pub operation: String,
    /// The person's words.
    pub prompt: String,
    /// What the provider got.
    pub refined_prompt: Option<String>,
    /// Which tips were applied, as `id@version`.
    pub tip_ids: Vec<String>,
    /// Who made it.
    pub provider: Option<Provider>,
    /// Its model.
    pub model: Option<String>,
    /// Whom it was asked of; another may have served.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requested: Option<Route>,
    /// Why another has served: one reason for each model that was asked in vain.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hops: Vec<String>,
    /// What was done in place of a call that the provider doesn't have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub emulated: Option<String>,
    /// The seed, where the model takes one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<u32>,
    /// Its number among the provider's variants.
    pub variant_index: Option<u32>,
    /// The picture that it began with.
    pub start_image_url: Option<String>,
    /// Where people load it.
    pub generated_image_url: Option<String>,
    /// Its id in Images, or the token of its address, as the mode says.
    pub image_id: Option<String>,
    /// How people get it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivery_mode: Option<DeliveryMode>,
    /// What the provider signed its origin with: in the original only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provenance: Option<Provenance>,
    /// Where the provider's exact bytes are.
    pub original_image_r2_key: Option<String>,
    /// Where the picture's bytes are, when it isn't the provider's exact ones that people see.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub picture_r2_key: Option<String>,
    /// From the magic bytes.
    pub media_type: Option<String>,
    /// Pixels.
    pub width: Option<u32>,
    /// Pixels.
    pub height: Option<u32>,
    /// Of the original.
    pub bytes: Option<u64>,
    /// 256 bits, hexadecimal.
    pub phash: Option<String>,
    /// Dominant colours as `#rrggbb`, the most common first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub palette: Vec<String>,
    /// As the provider reports it, a JSON text.
    pub usage: Option<String>,
    /// How long the provider took, in milliseconds.
    pub provider_ms: Option<u64>,
}
