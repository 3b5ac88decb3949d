//! A model's circuit: the policy, and the states that it leads through.

use serde::{Deserialize, Serialize};

use super::message::{Answer, Permit, State, Verdict};
use crate::provider::FailureClass;

/// How far back calls count, in milliseconds: long enough for a few jobs' worth of them, short enough to be about now.
pub const WINDOW_MS: i64 = 60_000;
/// With fewer calls than this, a bad minute is bad luck: a single job of six variants fails as often in one go.
pub const LEAST_CALLS: u32 = 10;
/// The calls must be of as many jobs: one whose every prompt overwhelms a model stops nobody else.
pub const LEAST_JOBS: u32 = 3;
/// How many of a hundred calls must have met trouble: a service that serves one of four is worth a retry.
pub const TROUBLE_PERCENT: u32 = 80;
/// Newest calls of a model that are kept: what a row more says is known by then.
pub const MOST_CALLS: u32 = 100;
/// The first pause, in milliseconds: about how long a hiccup lasts that retries haven't outlasted already.
pub const FIRST_PAUSE_MS: i64 = 15_000;
/// The longest pause, in milliseconds: a service that's back is noticed within that.
pub const LONGEST_PAUSE_MS: i64 = 5 * 60_000;
/// A probe that isn't heard of for so long, in milliseconds, is followed by another: most pictures take less.
pub const PROBE_MS: i64 = 60_000;
/// Who comes while a probe is under way asks again after this long, in milliseconds: about how long a picture takes.
pub const LOOK_AGAIN_MS: i64 = 10_000;

/// A model's circuit. One that's new is closed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Circuit {
    /// When it last opened or closed, epoch milliseconds: what was begun before says nothing of now.
    pub since: i64,
    /// Set while it isn't closed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pause: Option<Pause>,
}

/// The pause that an open circuit makes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pause {
    /// When it ends and the circuit is half open, epoch milliseconds.
    pub until: i64,
    /// How long it is, in milliseconds.
    pub ms: i64,
    /// What the trouble was last.
    pub trouble: FailureClass,
    /// By when the probe that is under way must have ended, epoch milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub probe_until: Option<i64>,
}

/// How a model's calls went of late.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Recent {
    /// Calls that say something of its health.
    pub calls: u32,
    /// Those that met trouble.
    pub trouble: u32,
    /// The jobs that they were for.
    pub jobs: u32,
}

impl Recent {
    /// That's enough to stop.
    pub const fn is_bad(self) -> bool {
        self.calls >= LEAST_CALLS
            && self.jobs >= LEAST_JOBS
            && self.trouble as u64 * 100 >= self.calls as u64 * TROUBLE_PERCENT as u64
    }
}

impl Circuit {
    /// Whether a call may be made at `now`. The first one after the pause is a probe.
    pub fn permit(&mut self, now: i64) -> Answer {
        let Some(pause) = &mut self.pause else { return Answer::Go(Permit { at: now, probe: false }) };
        let trouble = pause.trouble;
        if now < pause.until {
            return Answer::Wait { until: pause.until, trouble };
        }
        if let Some(end) = pause.probe_until.filter(|end| now < *end) {
            return Answer::Wait { until: end.min(now + LOOK_AGAIN_MS), trouble };
        }
        pause.probe_until = Some(now + PROBE_MS);
        Answer::Go(Permit { at: now, probe: true })
    }

    /// Whether a call with this permit is among those that decide on whether the circuit opens.
    pub const fn counts(&self, permit: Permit) -> bool {
        self.pause.is_none() && permit.at >= self.since
    }

    /// Stops calls from `now` on.
    pub fn open(&mut self, trouble: FailureClass, now: i64) {
        let pause = Pause { until: now + FIRST_PAUSE_MS, ms: FIRST_PAUSE_MS, trouble, probe_until: None };
        *self = Self { since: now, pause: Some(pause) };
    }

    /// Takes in how a probe went. Whether the circuit is closed again.
    pub fn probed(&mut self, permit: Permit, verdict: Verdict, now: i64) -> bool {
        let Some(pause) = self.pause.as_mut().filter(|_| permit.probe && permit.at >= self.since) else {
            return false;
        };
        match verdict {
            Verdict::Served => {
                *self = Self { since: now, pause: None };
                return true;
            }
            // One that was given up for lost may come after the next one has failed: it's been a failure already.
            Verdict::Trouble(trouble) if now >= pause.until => {
                let ms = pause.ms.saturating_mul(2).min(LONGEST_PAUSE_MS);
                *pause = Pause { until: now + ms, ms, trouble, probe_until: None };
            }
            // It has shown nothing: whoever comes next is the probe.
            Verdict::Unclear if pause.probe_until == Some(permit.at + PROBE_MS) => pause.probe_until = None,
            Verdict::Trouble(_) | Verdict::Unclear => {}
        }
        false
    }

    /// What it does with calls at `now`.
    pub fn state(&self, now: i64) -> State {
        match &self.pause {
            None => State::Closed,
            Some(pause) if now < pause.until => State::Open,
            Some(_) => State::HalfOpen,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TROUBLE: Verdict = Verdict::Trouble(FailureClass::Overloaded);

    fn opened() -> Circuit {
        let mut circuit = Circuit::default();
        circuit.open(FailureClass::Overloaded, 1_000);
        circuit
    }

    fn probe(circuit: &mut Circuit, now: i64) -> Permit {
        match circuit.permit(now) {
            Answer::Go(permit @ Permit { probe: true, .. }) => permit,
            other => panic!("{other:?}"),
        }
    }

    fn wait(circuit: &mut Circuit, now: i64) -> i64 {
        match circuit.permit(now) {
            Answer::Wait { until, trouble: FailureClass::Overloaded } => until,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn it_opens_for_much_trouble_of_several_jobs_and_for_nothing_less() {
        let bad = Recent { calls: 10, trouble: 8, jobs: 3 };
        assert!(bad.is_bad());
        for fine in
            [Recent { calls: 9, trouble: 9, ..bad }, Recent { jobs: 2, ..bad }, Recent { trouble: 7, ..bad }]
        {
            assert!(!fine.is_bad(), "{fine:?}");
        }
    }

    #[test]
    fn a_closed_one_lets_everybody_through() {
        let mut circuit = Circuit::default();
        assert_eq!(circuit.permit(5), Answer::Go(Permit { at: 5, probe: false }));
        assert_eq!((circuit.clone(), circuit.state(5)), (Circuit::default(), State::Closed));
    }

    #[test]
    fn after_the_pause_one_goes_through_and_closes_it_when_it_is_served() {
        let mut circuit = opened();
        let end = 1_000 + FIRST_PAUSE_MS;
        assert_eq!((wait(&mut circuit, end - 1), circuit.state(end - 1)), (end, State::Open));
        let permit = probe(&mut circuit, end);
        assert_eq!(circuit.state(end), State::HalfOpen);
        for _ in 0..99 {
            assert_eq!(wait(&mut circuit, end), end + LOOK_AGAIN_MS, "one probe, however many come");
        }
        assert!(circuit.probed(permit, Verdict::Served, end + 3_000));
        assert_eq!(circuit, Circuit { since: end + 3_000, pause: None });
    }

    #[test]
    fn the_pause_doubles_with_each_failed_probe_up_to_the_longest() {
        let mut circuit = opened();
        let mut now = wait(&mut circuit, 1_000);
        let mut pauses = Vec::new();
        for _ in 0..6 {
            let permit = probe(&mut circuit, now);
            assert!(!circuit.probed(permit, TROUBLE, now));
            let until = wait(&mut circuit, now);
            pauses.push((until - now) / 1_000);
            now = until;
        }
        assert_eq!(pauses, [30, 60, 120, 240, 300, 300]);
        circuit.open(FailureClass::Overloaded, now);
        assert_eq!(wait(&mut circuit, now) - now, FIRST_PAUSE_MS, "another trouble begins anew");
    }

    #[test]
    fn a_probe_that_is_lost_is_followed_by_another_and_may_still_come() {
        let mut circuit = opened();
        let now = wait(&mut circuit, 1_000);
        let lost = probe(&mut circuit, now);
        let late = now + PROBE_MS;
        assert_eq!(wait(&mut circuit, late - 1), late, "no longer than the lease");
        let next = probe(&mut circuit, late);
        assert!(!circuit.probed(lost, Verdict::Unclear, late));
        assert!(wait(&mut circuit, late) > late, "the other one's lease is its own");
        assert!(!circuit.probed(next, TROUBLE, late + 1));
        let until = wait(&mut circuit, late + 1);
        assert!(!circuit.probed(lost, TROUBLE, late + 2));
        assert_eq!(wait(&mut circuit, late + 2), until, "doubled once");
        assert!(circuit.probed(lost, Verdict::Served, late + 3), "whoever is served has seen it well");
    }

    #[test]
    fn a_probe_that_shows_nothing_makes_room_for_the_next() {
        let mut circuit = opened();
        let now = wait(&mut circuit, 1_000);
        let permit = probe(&mut circuit, now);
        assert!(!circuit.probed(permit, Verdict::Unclear, now + 500));
        probe(&mut circuit, now + 500);
    }

    #[test]
    fn what_was_begun_before_it_changed_says_nothing() {
        let mut circuit = opened();
        let early = Permit { at: 999, probe: true };
        assert!(!circuit.probed(early, Verdict::Served, 1_001) && !circuit.counts(early));
        let now = wait(&mut circuit, 1_000);
        let permit = probe(&mut circuit, now);
        circuit.probed(permit, Verdict::Served, now + 9);
        assert!(!circuit.counts(Permit { at: now + 8, probe: false }));
        assert!(circuit.counts(Permit { at: now + 9, probe: false }));
    }
}
