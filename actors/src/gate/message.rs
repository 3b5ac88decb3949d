//! What a gate understands, and the arithmetic of a token bucket.
//!
//! A level is counted in 60,000ths of a token, so that what flows in within a millisecond is a whole number.

use serde::{Deserialize, Serialize};

/// One token.
const TOKEN: i64 = 60_000;

/// Messages to a gate.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Message {
    /// Take a token out of an address's bucket, if there is one.
    Take {
        /// As [`crate::gate::counted`], or [`crate::gate::counted_unlocking`].
        address: String,
        /// What the bucket is like.
        bucket: Bucket,
    },
}

impl Message {
    /// See [`crate::protocol::Message::is_repeatable`]. Taking twice costs two tokens, which is what two requests cost.
    pub const fn is_repeatable(&self) -> bool {
        matches!(self, Self::Take { .. })
    }
}

/// A bucket's size and inflow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bucket {
    /// Tokens that it holds when full; at least 1.
    pub burst: u32,
    /// Tokens that flow in each minute; at least 1.
    pub per_minute: u32,
}

/// Whether there was a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Verdict {
    /// It was taken.
    pub allowed: bool,
    /// Whole tokens left.
    pub remaining: u32,
    /// Milliseconds until the next one can be taken.
    pub wait_ms: i64,
}

impl Verdict {
    /// The wait in whole seconds, rounded up.
    pub const fn wait_s(self) -> i64 {
        self.wait_ms.saturating_add(999) / 1_000
    }
}

impl Bucket {
    /// The level of a full bucket.
    pub fn full(self) -> i64 {
        i64::from(self.burst.max(1)) * TOKEN
    }

    /// The level that `before` has risen to in `elapsed` milliseconds.
    pub fn risen(self, before: i64, elapsed: i64) -> i64 {
        let inflow = elapsed.max(0).saturating_mul(self.inflow());
        before.saturating_add(inflow).min(self.full())
    }

    /// What a bucket at this level gives, and the level that it leaves.
    pub fn take(self, level: i64) -> (Verdict, i64) {
        let allowed = level >= TOKEN;
        let left = if allowed { level - TOKEN } else { level };
        let missing = (TOKEN - left).max(0);
        let verdict = Verdict {
            allowed,
            remaining: u32::try_from(left / TOKEN).unwrap_or(0),
            wait_ms: missing.saturating_add(self.inflow() - 1) / self.inflow(),
        };
        (verdict, left)
    }

    /// How long an empty bucket takes to fill, in seconds, rounded up.
    pub fn window_s(self) -> u64 {
        (u64::from(self.burst.max(1)) * 60).div_ceil(u64::from(self.per_minute.max(1)))
    }

    /// What flows in within a millisecond.
    fn inflow(self) -> i64 {
        i64::from(self.per_minute.max(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BUCKET: Bucket = Bucket { burst: 3, per_minute: 6 };

    #[test]
    fn a_bucket_gives_its_burst_and_then_what_flows_in() {
        let mut level = BUCKET.full();
        for remaining in [2, 1, 0] {
            let (verdict, left) = BUCKET.take(level);
            assert_eq!((verdict.allowed, verdict.remaining), (true, remaining));
            level = left;
        }
        let (empty, left) = BUCKET.take(level);
        assert_eq!((empty.allowed, empty.remaining, empty.wait_ms, left), (false, 0, 10_000, level));
        assert!(!BUCKET.take(BUCKET.risen(level, 9_999)).0.allowed);
        assert!(BUCKET.take(BUCKET.risen(level, 10_000)).0.allowed, "to the millisecond");
        assert_eq!(BUCKET.risen(level, i64::MAX), BUCKET.full());
        assert_eq!(BUCKET.risen(5, -1_000), 5, "a clock that goes back gives nothing");
        assert_eq!(BUCKET.window_s(), 30);
    }

    #[test]
    fn a_verdict_says_when_the_next_token_is_there() {
        assert_eq!(BUCKET.take(BUCKET.full()).0.wait_ms, 0);
        let (last, _) = BUCKET.take(TOKEN);
        assert_eq!((last.allowed, last.wait_ms), (true, 10_000));
    }
}
