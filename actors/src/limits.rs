//! How much may be begun at once, as the operator sets it: variables with defaults that suit a team.

use crate::gate::Bucket;

/// The limits on jobs, and on who would like to see what is locked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Jobs and retries that one address may begin.
    pub jobs: Bucket,
    /// Passwords that one address may try.
    pub unlocks: Bucket,
    /// Jobs that one session may have open at once.
    pub open_per_session: u32,
    /// Jobs that one project may have open at once.
    pub open_per_project: u32,
}

impl Limits {
    /// What applies where nothing is set.
    pub const USUAL: Self = Self {
        jobs: Bucket { burst: 60, per_minute: 60 },
        unlocks: Bucket { burst: 10, per_minute: 6 },
        open_per_session: 20,
        open_per_project: 50,
    };

    /// The limits that the variables set: `JOBS_BURST`, `JOBS_PER_MINUTE`, `UNLOCKS_BURST`, `UNLOCKS_PER_MINUTE`,
    /// `OPEN_JOBS_PER_SESSION` and `OPEN_JOBS_PER_PROJECT`, whole numbers from 1. What isn't one is as if it weren't set: a typing error must neither
    /// stop the service nor open it to everybody.
    pub fn from_vars(var: impl Fn(&str) -> Option<String>) -> Self {
        let number = |name: &str, usual: u32| {
            var(name).and_then(|text| text.trim().parse().ok()).filter(|number| *number > 0).unwrap_or(usual)
        };
        Self {
            jobs: Bucket {
                burst: number("JOBS_BURST", Self::USUAL.jobs.burst),
                per_minute: number("JOBS_PER_MINUTE", Self::USUAL.jobs.per_minute),
            },
            unlocks: Bucket {
                burst: number("UNLOCKS_BURST", Self::USUAL.unlocks.burst),
                per_minute: number("UNLOCKS_PER_MINUTE", Self::USUAL.unlocks.per_minute),
            },
            open_per_session: number("OPEN_JOBS_PER_SESSION", Self::USUAL.open_per_session),
            open_per_project: number("OPEN_JOBS_PER_PROJECT", Self::USUAL.open_per_project),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_a_number_from_one_is_as_if_it_were_not_set() {
        assert_eq!(Limits::from_vars(|_| None), Limits::USUAL);
        for wrong in ["", "0", "-1", "many", "1.5", "99999999999"] {
            assert_eq!(Limits::from_vars(|_| Some(wrong.to_owned())), Limits::USUAL, "{wrong}");
        }
        let set = Limits::from_vars(|name| (name == "JOBS_BURST").then(|| " 7 ".to_owned()));
        assert_eq!((set.jobs.burst, set.jobs.per_minute), (7, 60));
    }
}
