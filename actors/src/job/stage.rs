//! The stages that a variant goes through, and how far along each is.

use serde::{Deserialize, Serialize};

/// The stages of a variant, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// The prompt gets the provider's tips.
    Refine,
    /// The provider is asked.
    Generate,
    /// The bytes are in R2. Reached together with the end of `Generate`: see [`crate::effect::Task::Generate`].
    Store,
    /// What has to stay of the start image is laid back over the result. Only where a part must stay.
    Compose,
    /// The perceptual hash is known.
    Fingerprint,
    /// People can load the picture.
    Deliver,
    /// The project has the progression.
    Record,
    /// The vision model has answered.
    Judge,
    /// The project's row has the verdict.
    Settle,
}

impl Stage {
    /// The spelling in tables and events.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Refine => "refine",
            Self::Generate => "generate",
            Self::Store => "store",
            Self::Compose => "compose",
            Self::Fingerprint => "fingerprint",
            Self::Deliver => "deliver",
            Self::Record => "record",
            Self::Judge => "judge",
            Self::Settle => "settle",
        }
    }

    /// How far a variant is when it has reached this stage, 0..1. By what users wait for: the provider takes nearly all.
    pub const fn progress(self) -> f64 {
        match self {
            Self::Refine => 0.0,
            Self::Generate => 0.1,
            Self::Store => 0.6,
            Self::Compose => 0.62,
            Self::Fingerprint => 0.65,
            Self::Deliver => 0.7,
            Self::Record => 0.8,
            Self::Judge => 0.85,
            Self::Settle => 0.95,
        }
    }

    /// The stage after this one, for a picture of which nothing has to stay as it was.
    pub const fn next(self) -> Option<Self> {
        match self {
            Self::Refine => Some(Self::Generate),
            Self::Generate => Some(Self::Store),
            Self::Store | Self::Compose => Some(Self::Fingerprint),
            Self::Fingerprint => Some(Self::Deliver),
            Self::Deliver => Some(Self::Record),
            Self::Record => Some(Self::Judge),
            Self::Judge => Some(Self::Settle),
            Self::Settle => None,
        }
    }
}
