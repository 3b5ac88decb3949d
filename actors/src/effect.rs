//! All that the core may ask of the world, as values.
//!
//! What must survive a crash isn't here: messages to other actors and snapshots are
//! [`crate::outbox::Item`]s, and work is journalled before it's handed out. An effect that gets lost is repeated (work, when
//! its lease lapses) or was a courtesy (a frame to sockets that can ask for it again by `seq`).

use serde::{Deserialize, Serialize};

use crate::ids::{PartialId, SessionId};
use crate::job::stage::Stage;
use crate::job::{delivery, judge, refine};
use crate::operation::Canvas;
use crate::picture;
use crate::provider::{Delivery, Failure, GenerateRequest, Provider, StoredImage};

/// Something for the shell to do after the commit.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Send this text frame to every socket of the session. Serialised once, sent as it is.
    Broadcast {
        /// One event, as JSON.
        frame: String,
    },
    /// Carry out one step of a job and report how it went.
    Work(Box<Work>),
}

/// One attempt at one step of a job. `Started` is in the journal when the shell gets to see it.
#[derive(Debug, Clone, PartialEq)]
pub struct Work {
    /// The variant's place in the job's plan.
    pub ordinal: u32,
    /// For the log: whose picture it is.
    pub provider: Provider,
    /// For the log: who waits for it.
    pub session_id: SessionId,
    /// Which step.
    pub stage: Stage,
    /// Counts from 1 for each stage.
    pub attempt: u32,
    /// The shell gives up after this many milliseconds and reports a timeout.
    pub timeout_ms: u64,
    /// What to do.
    pub task: Task,
}

/// The kinds of work.
#[derive(Debug, Clone, PartialEq)]
pub enum Task {
    /// Read the tips, and ask the reasoning model, as far as it says.
    Refine(refine::Ask),
    /// Ask the provider for a picture and put its exact bytes to R2 under `key`. One task, because the bytes exist only in
    /// the memory of the invocation that asked.
    Generate {
        /// The call.
        request: GenerateRequest,
        /// Where the bytes go: always the same for this step, so that a repetition can't leave two.
        key: String,
        /// An earlier attempt was cut off: look whether its picture is in R2 before paying again.
        probe: bool,
        /// A picture that isn't there may be paid for. Without that, it's looked for alone.
        pay: bool,
        /// What the provider's partial pictures are to be put under, in order.
        partials: Vec<PartialId>,
    },
    /// Lay what has to stay of the start image back over a stored picture, and put the whole under `to`.
    Compose {
        /// The picture as the provider made it.
        image: StoredImage,
        /// Where the start image is.
        start: String,
        /// Where the mask is; without one, the canvas around the start image was painted.
        mask: Option<String>,
        /// The canvas that the start image lies on.
        canvas: Option<Canvas>,
        /// Where the whole goes: always the same for this step.
        to: String,
    },
    /// Decode the stored picture and compute its perceptual hash and its palette.
    Fingerprint {
        /// Where the bytes are.
        key: String,
    },
    /// Bring a copy of the stored picture to where people can load it.
    Deliver(delivery::Ask),
    /// Show the stored picture to the vision model.
    Judge {
        /// Where the bytes are.
        key: String,
        /// What to send along.
        media_type: String,
        /// What it was made from, for a model that takes two pictures.
        start: Option<judge::Start>,
        /// What to ask.
        question: judge::Question,
    },
    /// Delete partial pictures, whether or not they are there.
    Forget {
        /// Which.
        partials: Vec<PartialId>,
    },
}

/// What a task yields.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Output {
    /// What refinement goes by.
    Tips(refine::Material),
    /// The picture is in R2.
    Stored(StoredImage),
    /// The picture of an earlier attempt was in R2: nobody was asked for it again.
    Found(StoredImage),
    /// What the picture looks like.
    Fingerprint(picture::Look),
    /// The picture can be seen.
    Delivered(Delivery),
    /// What the vision model said.
    Answer(Said),
    /// These partial pictures aren't in R2.
    Forgotten(Vec<PartialId>),
}

/// What a language or vision model said, and what it reports to have used.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Said {
    /// Its words.
    pub text: String,
    /// Which model it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Its own usage figures as one JSON text, kept raw; absent where it reports none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage: Option<String>,
}

impl From<&str> for Said {
    fn from(text: &str) -> Self {
        Self { text: text.to_owned(), ..Self::default() }
    }
}

/// How a task went.
pub type Outcome = Result<Output, Failure>;
