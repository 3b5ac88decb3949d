//! Things that only grow: a project's version, a variant's progress, a row's version in a list. Whoever reads one gets at
//! least what was acknowledged or read before, and never what nobody wrote.

use std::collections::BTreeMap;

use super::{Micros, Rule, Violation};

/// What a sighting says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A write was sent; nobody knows yet whether it happens.
    Attempt,
    /// A write was acknowledged.
    Acknowledged,
    /// A read gave this.
    Seen,
    /// A read gave nothing at all.
    Missing,
    /// The last read, when everything is at rest.
    AtRest,
    /// The last read gave nothing at all.
    MissingAtRest,
}

/// One request about one thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sighting {
    /// Which thing.
    pub key: String,
    /// How far it is.
    pub value: u64,
    /// What this says.
    pub kind: Kind,
    /// When the request was sent.
    pub begun: Micros,
    /// When the answer was there.
    pub ended: Micros,
}

/// The rules `Lost`, `Stale` and `Phantom`.
pub fn check(sightings: &[Sighting]) -> Vec<Violation> {
    let mut by_key: BTreeMap<&str, Vec<&Sighting>> = BTreeMap::new();
    for sighting in sightings {
        by_key.entry(&sighting.key).or_default().push(sighting);
    }
    by_key.into_values().flat_map(|of_one| check_one(&of_one)).collect()
}

fn check_one(sightings: &[&Sighting]) -> Vec<Violation> {
    let mut known = Frontier::new(sightings, |it| {
        matches!(it.kind, Kind::Acknowledged | Kind::Seen | Kind::AtRest).then_some(it.ended)
    });
    let mut sent = Frontier::new(sightings, |it| (it.kind == Kind::Attempt).then_some(it.begun));
    let mut reads: Vec<&&Sighting> = sightings.iter().filter(|it| is_read(it.kind)).collect();
    let mut found = Vec::new();
    reads.sort_by_key(|read| read.ended);
    // Things that are only ever read have no such limit.
    let is_written = !sent.points.is_empty();
    for read in &reads {
        // Sent in the same microsecond counts as sent.
        if is_written
            && !is_missing(read.kind)
            && sent.before(read.ended + 1).is_none_or(|most| most < read.value)
        {
            let detail = format!("{} was read as {}, which nobody had written", read.key, read.value);
            found.push(Violation::new(Rule::Phantom, detail));
        }
    }
    reads.sort_by_key(|read| read.begun);
    for read in reads {
        let Some(least) = known.before(read.begun) else { continue };
        if is_missing(read.kind) || read.value < least {
            let rule = if is_at_rest(read.kind) { Rule::Lost } else { Rule::Stale };
            let got = if is_missing(read.kind) { "nothing".to_owned() } else { read.value.to_string() };
            let detail = format!("{} was known to be at {least}, then it was read as {got}", read.key);
            found.push(Violation::new(rule, detail));
        }
    }
    found
}

/// The highest value known at a moment, asked for in the order of time.
struct Frontier {
    points: Vec<(Micros, u64)>,
    next: usize,
    highest: Option<u64>,
}

impl Frontier {
    fn new(sightings: &[&Sighting], moment: impl Fn(&Sighting) -> Option<Micros>) -> Self {
        let mut points: Vec<(Micros, u64)> =
            sightings.iter().filter_map(|it| moment(it).map(|at| (at, it.value))).collect();
        points.sort_unstable();
        Self { points, next: 0, highest: None }
    }

    fn before(&mut self, moment: Micros) -> Option<u64> {
        while let Some((_, value)) = self.points.get(self.next).filter(|(at, _)| *at < moment) {
            self.highest = self.highest.max(Some(*value));
            self.next += 1;
        }
        self.highest
    }
}

fn is_read(kind: Kind) -> bool {
    matches!(kind, Kind::Seen | Kind::Missing | Kind::AtRest | Kind::MissingAtRest)
}

fn is_missing(kind: Kind) -> bool {
    matches!(kind, Kind::Missing | Kind::MissingAtRest)
}

fn is_at_rest(kind: Kind) -> bool {
    matches!(kind, Kind::AtRest | Kind::MissingAtRest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::rules;

    fn it(kind: Kind, value: u64, begun: Micros, ended: Micros) -> Sighting {
        Sighting { key: "project a".to_owned(), value, kind, begun, ended }
    }

    /// Version 1 acknowledged at 20, version 2 sent at 30 and never answered.
    fn written() -> Vec<Sighting> {
        vec![it(Kind::Attempt, 1, 10, 10), it(Kind::Acknowledged, 1, 10, 20), it(Kind::Attempt, 2, 30, 30)]
    }

    fn broken(reads: &[Sighting]) -> Vec<Rule> {
        rules(&check(&[&written()[..], reads].concat()))
    }

    #[test]
    fn what_may_or_may_not_have_happened_may_be_seen_or_not() {
        assert!(broken(&[it(Kind::Seen, 1, 40, 41), it(Kind::AtRest, 1, 90, 91)]).is_empty());
        assert!(broken(&[it(Kind::Seen, 2, 40, 41), it(Kind::AtRest, 2, 90, 91)]).is_empty());
    }

    #[test]
    fn an_acknowledged_write_that_is_gone_at_the_end_is_lost() {
        assert_eq!(broken(&[it(Kind::AtRest, 0, 90, 91)]), [Rule::Lost]);
        assert_eq!(broken(&[it(Kind::MissingAtRest, 0, 90, 91)]), [Rule::Lost]);
    }

    #[test]
    fn what_was_read_once_may_not_be_gone_later() {
        assert_eq!(broken(&[it(Kind::Seen, 2, 40, 41), it(Kind::AtRest, 1, 90, 91)]), [Rule::Lost]);
    }

    #[test]
    fn a_read_after_an_acknowledgement_or_another_read_must_show_it() {
        assert_eq!(broken(&[it(Kind::Seen, 0, 21, 25)]), [Rule::Stale]);
        assert_eq!(broken(&[it(Kind::Missing, 0, 21, 25)]), [Rule::Stale]);
        assert_eq!(broken(&[it(Kind::Seen, 2, 40, 41), it(Kind::Seen, 1, 42, 43)]), [Rule::Stale]);
    }

    #[test]
    fn a_read_that_overlaps_the_write_may_show_either() {
        assert!(broken(&[it(Kind::Seen, 0, 20, 25), it(Kind::Missing, 0, 5, 25)]).is_empty());
    }

    #[test]
    fn a_value_that_nobody_sent_yet_is_a_phantom() {
        assert_eq!(broken(&[it(Kind::Seen, 3, 40, 41)]), [Rule::Phantom]);
        assert_eq!(broken(&[it(Kind::Seen, 2, 21, 29)]), [Rule::Phantom]);
    }

    #[test]
    fn things_dont_concern_each_other() {
        let other = Sighting { key: "project b".to_owned(), ..it(Kind::Missing, 0, 40, 41) };
        assert!(broken(&[other]).is_empty());
    }
}
