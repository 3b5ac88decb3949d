//! What to do about a failure: one table, by class.

use crate::entropy::Entropy;
use crate::provider::{Failure, FailureClass};

/// How often a step is tried, and how long to wait between.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// Attempts in all, the first included.
    pub attempts: u32,
    /// The waiting time after the first failure, in milliseconds; doubles with each.
    pub base_ms: u64,
    /// Its ceiling, in milliseconds.
    pub cap_ms: u64,
}

/// A provider that asks for more than this is taken at its word, and given up: the official `OpenAI` client draws the same
/// line (openai-python `_base_client.py`).
pub const LONGEST_WAIT_MS: u64 = 120_000;

/// Those who wait for the end of the same pause come back within so many milliseconds, not all in one.
const SPREAD_MS: u64 = 2_000;

const ONCE: Policy = Policy { attempts: 1, base_ms: 0, cap_ms: 0 };

/// The table. Shown in AGENTS.md.
pub const fn policy(class: FailureClass) -> Policy {
    match class {
        FailureClass::NotConfigured
        | FailureClass::Auth
        | FailureClass::Quota
        | FailureClass::Moderation
        | FailureClass::BadRequest
        | FailureClass::ModelGone
        | FailureClass::Budget
        // Nobody was asked, so it's no attempt: see [`pause`].
        | FailureClass::Circuit
        | FailureClass::Cancelled => ONCE,
        FailureClass::NoImage | FailureClass::BadImage | FailureClass::BadAnswer => {
            Policy { attempts: 2, base_ms: 500, cap_ms: 2_000 }
        }
        // A call that timed out may have been billed, and the next one is billed again.
        FailureClass::Timeout => Policy { attempts: 2, base_ms: 1_000, cap_ms: 4_000 },
        FailureClass::Overloaded => Policy { attempts: 4, base_ms: 500, cap_ms: 8_000 },
        FailureClass::Rate => Policy { attempts: 5, base_ms: 1_000, cap_ms: 16_000 },
        FailureClass::Storage => Policy { attempts: 6, base_ms: 250, cap_ms: 8_000 },
    }
}

/// Whether another provider's model may do what this one didn't, where the request allows that. What the request itself is
/// to blame for would fail there too, and a refusal for safety isn't taken elsewhere.
pub const fn falls_back(class: FailureClass) -> bool {
    match class {
        FailureClass::NotConfigured
        | FailureClass::Auth
        | FailureClass::Quota
        | FailureClass::Rate
        | FailureClass::Overloaded
        | FailureClass::Timeout
        | FailureClass::ModelGone
        | FailureClass::NoImage
        | FailureClass::BadImage
        | FailureClass::Circuit => true,
        FailureClass::Moderation
        | FailureClass::BadRequest
        | FailureClass::BadAnswer
        | FailureClass::Storage
        | FailureClass::Budget
        | FailureClass::Cancelled => false,
    }
}

/// Whether it's the model's own trouble, which others will meet there too: what its [circuit](crate::breaker) counts. A refusal
/// of a prompt or of a request was served as well as any picture, and a prompt can be one that no picture follows from. A key,
/// an account's credit and its rate are the account's: with those the service is well, and they have policies of their own.
pub const fn is_trouble(class: FailureClass) -> bool {
    match class {
        FailureClass::Overloaded | FailureClass::Timeout | FailureClass::BadImage => true,
        FailureClass::NotConfigured
        | FailureClass::Auth
        | FailureClass::Quota
        | FailureClass::Rate
        | FailureClass::Moderation
        | FailureClass::BadRequest
        | FailureClass::ModelGone
        | FailureClass::NoImage
        | FailureClass::BadAnswer
        | FailureClass::Storage
        | FailureClass::Budget
        | FailureClass::Circuit
        | FailureClass::Cancelled => false,
    }
}

/// Whether the provider may have billed a call that ended like this.
pub const fn may_cost(class: FailureClass) -> bool {
    matches!(
        class,
        FailureClass::Timeout
            | FailureClass::NoImage
            | FailureClass::BadImage
            | FailureClass::BadAnswer
            | FailureClass::Storage
    )
}

/// How long to wait before the next attempt, in milliseconds, or `None` to give up. `failures` counts this one.
///
/// The provider's own word goes first. Otherwise any part of the doubled base ("full jitter"), so that variants that failed
/// together don't come back together.
pub fn wait(failure: &Failure, failures: u32, entropy: &mut dyn Entropy) -> Option<u64> {
    let policy = policy(failure.class);
    if failures >= policy.attempts {
        return None;
    }
    if let Some(asked) = failure.retry_after_ms {
        return (asked <= LONGEST_WAIT_MS).then_some(asked);
    }
    let doubled = policy.base_ms.saturating_mul(1 << failures.saturating_sub(1).min(20)).min(policy.cap_ms);
    Some(entropy.below(doubled + 1))
}

/// How long to wait for a model that is paused, in milliseconds: until it may be asked, and any part of [`SPREAD_MS`] more.
pub fn pause(failure: &Failure, entropy: &mut dyn Entropy) -> u64 {
    failure.retry_after_ms.unwrap_or(0) + entropy.below(SPREAD_MS + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Highest;
    impl Entropy for Highest {
        fn id(&mut self, len: usize) -> String {
            "x".repeat(len)
        }
        fn below(&mut self, bound: u64) -> u64 {
            bound.saturating_sub(1)
        }
    }

    #[test]
    fn what_cannot_get_better_is_not_tried_again() {
        for class in [
            FailureClass::NotConfigured,
            FailureClass::Auth,
            FailureClass::Quota,
            FailureClass::Moderation,
            FailureClass::BadRequest,
            FailureClass::ModelGone,
        ] {
            let failure = Failure::new(class, "no").retry_after(Some(1));
            assert_eq!(wait(&failure, 1, &mut Highest), None, "{class:?}");
        }
    }

    #[test]
    fn waits_double_up_to_the_cap_and_end() {
        let failure = Failure::new(FailureClass::Overloaded, "busy");
        let waits: Vec<Option<u64>> = (1..=4).map(|n| wait(&failure, n, &mut Highest)).collect();
        assert_eq!(waits, [Some(500), Some(1_000), Some(2_000), None]);
    }

    #[test]
    fn the_providers_word_goes_first_unless_it_is_too_long() {
        let failure = Failure::new(FailureClass::Rate, "wait");
        assert_eq!(wait(&failure.clone().retry_after(Some(2_500)), 1, &mut Highest), Some(2_500));
        assert_eq!(wait(&failure.retry_after(Some(LONGEST_WAIT_MS + 1)), 1, &mut Highest), None);
    }
}
