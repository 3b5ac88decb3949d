//! What clients saw of a stack that was killed again and again, and the rules that it must not have broken.
//!
//! Pure: a [`History`] in, a list of [`Violation`]s out. It judges what clients sent and got, what is there once everything
//! has come to rest, and what the providers were asked; it reads no log. One file a group of rules: [`register`] (nothing
//! acknowledged or seen is lost or goes back), [`frames`] (the stream), [`jobs`] (ends, rows, payment, resumption),
//! [`once`] (requests under a key).
//! Absent: clocks and I/O. Every time is in microseconds since the epoch, by the one clock of this machine.

pub mod frames;
pub mod jobs;
pub mod once;
pub mod register;

use std::fmt;

pub use frames::Frame;
pub use jobs::{Attempt, Call, Outage, Progress, Rest, Row, Start};
pub use once::Answer;
pub use register::{Kind, Sighting};

/// Microseconds since the epoch.
pub type Micros = i64;

/// One run, as its clients saw it.
#[derive(Debug, Clone, Default)]
pub struct History {
    /// What was written to things that only grow, and what was read of them.
    pub sightings: Vec<Sighting>,
    /// Every event that a socket brought, each connection's in the order in which they came.
    pub frames: Vec<Frame>,
    /// Every request for a job.
    pub starts: Vec<Start>,
    /// Answers to requests that were sent again and again under one key.
    pub answers: Vec<Answer>,
    /// When the stack was killed and when it answered again, in order.
    pub outages: Vec<Outage>,
    /// Attempts that open jobs were seen to have begun after a restart.
    pub attempts: Vec<Attempt>,
    /// What is there at the end.
    pub rest: Rest,
}

/// A broken rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    /// What was acknowledged or seen is there at the end.
    Lost,
    /// What was acknowledged or seen before a read began shows in it.
    Stale,
    /// Nothing is read that nobody wrote.
    Phantom,
    /// A socket skips no number.
    Gap,
    /// A socket brings no number twice.
    Duplicate,
    /// A socket's numbers grow.
    Disorder,
    /// A number is always the same event.
    Different,
    /// An event that was seen can be replayed.
    Unreplayable,
    /// A variant has one terminal event.
    Terminal,
    /// A job has one closing event, after those of its variants, and nothing follows it.
    Closing,
    /// A variant with a picture has one row in D1, one without has none; a job's row says that it's over.
    Rows,
    /// A stored picture isn't paid for again, and only a kill excuses that one is asked for twice.
    Paid,
    /// A request that is repeated under its key has one answer.
    Once,
    /// After a restart a job goes on within [`jobs::RESUME_LIMIT`].
    Resume,
}

/// Which rule was broken, and how.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Violation {
    /// The rule.
    pub rule: Rule,
    /// What was seen.
    pub detail: String,
}

impl Violation {
    fn new(rule: Rule, detail: impl Into<String>) -> Self {
        Self { rule, detail: detail.into() }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:?}: {}", self.rule, self.detail)
    }
}

/// Every broken rule, without repetitions.
pub fn check(history: &History) -> Vec<Violation> {
    let mut found = register::check(&history.sightings);
    found.extend(frames::check(&history.frames, &history.rest.replays));
    found.extend(jobs::check(history));
    found.extend(once::check(&history.answers));
    found.sort();
    found.dedup();
    found
}

#[cfg(test)]
pub(crate) fn rules(found: &[Violation]) -> Vec<Rule> {
    found.iter().map(|violation| violation.rule).collect()
}
