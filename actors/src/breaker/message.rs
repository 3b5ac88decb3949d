//! What a breaker understands, and what it answers.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::ids::JobId;
use crate::job::retry;
use crate::provider::{Failure, FailureClass};

/// Silence says something of a service after this long, in milliseconds. Whoever waits shorter (a job may have any deadline)
/// has only given up early: the slowest model in good health takes about so long.
const PATIENCE_MS: u64 = 120_000;

/// Messages to a breaker.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Message {
    /// Query: may this model be asked now? An [`Answer`]. The one that's let through as a probe is remembered.
    Permit {
        /// The provider's id of it.
        model: String,
    },
    /// How a call went that was permitted.
    Outcome {
        /// Which model was asked.
        model: String,
        /// For which job.
        job: JobId,
        /// What it was permitted with.
        permit: Permit,
        /// What it says of the model.
        verdict: Verdict,
    },
    /// Query: [`Circuits`].
    Circuits,
}

impl Message {
    /// See [`crate::protocol::Message::is_repeatable`]. An outcome that's told twice counts twice, of which a few more are
    /// needed all the same.
    pub const fn is_repeatable(&self) -> bool {
        matches!(self, Self::Permit { .. } | Self::Outcome { .. } | Self::Circuits)
    }
}

/// Whether a model may be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// Yes; how that went is to be told.
    Go(Permit),
    /// No.
    Wait {
        /// Ask again then, epoch milliseconds.
        until: i64,
        /// What its trouble was last.
        trouble: FailureClass,
    },
}

/// The leave for one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Permit {
    /// When it was given, epoch milliseconds.
    pub at: i64,
    /// The call decides on whether the circuit closes.
    pub probe: bool,
}

/// What a call says of the health of the model that was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// There was a picture.
    Served,
    /// It's in trouble.
    Trouble(FailureClass),
    /// Nothing: the request, the account or we were the reason.
    Unclear,
}

impl Verdict {
    /// That of a call that has ended, with this failure if with any.
    pub fn of(failure: Option<&Failure>) -> Self {
        match failure.map(|failure| failure.class) {
            None => Self::Served,
            Some(class) if retry::is_trouble(class) => Self::Trouble(class),
            Some(_) => Self::Unclear,
        }
    }

    /// That of a call that hasn't ended after `waited_ms` milliseconds, and isn't waited for any more.
    pub const fn of_silence(waited_ms: u64) -> Self {
        if waited_ms >= PATIENCE_MS { Self::Trouble(FailureClass::Timeout) } else { Self::Unclear }
    }
}

/// Where the circuits of a provider's models stand; one that isn't named is closed and had no calls of late.
pub type Circuits = BTreeMap<String, Gauge>;

/// Where a model's circuit stands.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Gauge {
    /// Whether it lets calls through.
    pub state: State,
    /// When it opened or closed, epoch milliseconds; `None`: it never did.
    pub since: Option<i64>,
    /// Until when no call is let through, epoch milliseconds.
    pub until: Option<i64>,
    /// Calls of the last minute that say something of its health.
    pub recent_calls: u32,
    /// Those of them that met trouble.
    pub recent_trouble: u32,
}

/// What a circuit does with calls.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// It lets them through.
    #[default]
    Closed,
    /// It stops them.
    Open,
    /// It lets one through, and stops the others until that is over.
    HalfOpen,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_services_own_trouble_counts() {
        let of = |class| Verdict::of(Some(&Failure::new(class, "no")));
        for class in [FailureClass::Overloaded, FailureClass::Timeout, FailureClass::BadImage] {
            assert_eq!(of(class), Verdict::Trouble(class));
        }
        for class in [
            FailureClass::NotConfigured,
            FailureClass::Auth,
            FailureClass::Quota,
            FailureClass::Rate,
            FailureClass::Moderation,
            FailureClass::BadRequest,
            FailureClass::ModelGone,
            FailureClass::NoImage,
        ] {
            assert_eq!(of(class), Verdict::Unclear, "{class:?}");
        }
        assert_eq!(Verdict::of(None), Verdict::Served);
    }

    #[test]
    fn an_early_goodbye_says_nothing_of_a_service() {
        assert_eq!(Verdict::of_silence(PATIENCE_MS - 1), Verdict::Unclear);
        assert_eq!(Verdict::of_silence(PATIENCE_MS), Verdict::Trouble(FailureClass::Timeout));
    }
}
