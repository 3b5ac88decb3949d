//! What a run came to, for people: one line a figure.

use super::Kill;
use super::moment::Moment;
use crate::history::jobs::{Outage, all_resumptions};
use crate::history::{Frame, History, Kind, Micros, Progress, Violation};

/// Prints it.
pub fn print(history: &History, kills: &[Kill], unanswered: u64, violations: &[Violation]) {
    let count = |kind| history.sightings.iter().filter(|it| it.kind == kind).count();
    println!("kills              {}", kills.len());
    for moment in [Moment::Painting, Moment::Stored, Moment::Judging, Moment::Random] {
        let of_moment: Vec<&Kill> = kills.iter().filter(|kill| kill.moment == moment).collect();
        if !of_moment.is_empty() {
            println!(
                "  {:<16} {}{}",
                format!("{moment:?}"),
                of_moment.len(),
                hits(history, moment, &of_moment)
            );
        }
    }
    println!("writes             {} acknowledged, {unanswered} without an answer", count(Kind::Acknowledged));
    println!("reads              {}", count(Kind::Seen) + count(Kind::AtRest));
    let sockets =
        history.frames.iter().map(|frame| frame.connection).collect::<std::collections::BTreeSet<_>>();
    let events: usize = history.rest.replays.values().map(Vec::len).sum();
    println!(
        "stream             {events} events, {} frames on {} sockets",
        history.frames.len(),
        sockets.len()
    );
    let pictures: usize =
        history.starts.iter().filter(|it| it.job.is_some()).map(|it| it.variants.len()).sum();
    let asked = history.rest.calls.iter().filter(|call| call.provider != "vision").count();
    let jobs = history.starts.iter().filter(|start| start.job.is_some()).count();
    println!("jobs               {jobs} of {pictures} pictures, {asked} calls to providers");
    if !history.answers.is_empty() {
        let bodies: std::collections::BTreeSet<&str> = history.answers.iter().map(|it| &*it.body).collect();
        println!("under one key      {} answers, {} different", history.answers.len(), bodies.len());
    }
    times("restart", kills.iter().map(|kill| kill.outage.up - kill.outage.killed).collect());
    times(
        "jobs go on after",
        all_resumptions(history).iter().filter_map(|resumption| resumption.took).collect(),
    );
    for violation in violations {
        println!("✗ {violation}");
    }
    println!("violations         {}", violations.len());
}

/// How many of the kills between R2 and the row really fell there: a picture whose job told of it only afterwards, though
/// its provider was asked only before.
fn hits(history: &History, moment: Moment, kills: &[&Kill]) -> String {
    if moment != Moment::Stored {
        return String::new();
    }
    let events: Vec<Progress> = history
        .rest
        .replays
        .values()
        .flatten()
        .filter_map(|frame: &Frame| Progress::read(&frame.text))
        .collect();
    let hit = |kill: &&&Kill| {
        history
            .starts
            .iter()
            .any(|start| start.job.is_some() && found_again(start, &kill.outage, history, &events))
    };
    format!(" ({} found a picture in R2 that its job didn't know)", kills.iter().filter(hit).count())
}

fn found_again(
    start: &crate::history::Start,
    outage: &Outage,
    history: &History,
    events: &[Progress],
) -> bool {
    start.variants.iter().any(|variant| {
        let calls = history
            .rest
            .calls
            .iter()
            .filter(|it| it.provider == variant.0 && it.prompt.contains(&start.word));
        let mut of_variant = events.iter().filter(|it| {
            Some(&it.job) == start.job.as_ref()
                && it.variant.as_ref() == Some(variant)
                && it.kind == "progress"
        });
        let stored_at = of_variant.next().map(|event| event.at);
        // Only where every variant was asked for once can the one be told from the others.
        let once =
            calls.clone().count() == start.variants.iter().filter(|other| other.0 == variant.0).count();
        once && calls.clone().all(|call| call.at < outage.killed)
            && stored_at
                .is_some_and(|at| at > outage.killed && at < outage.up + crate::history::jobs::RESUME_LIMIT)
    })
}

fn times(what: &str, mut micros: Vec<Micros>) {
    micros.sort_unstable();
    if let (Some(median), Some(longest)) = (micros.get(micros.len() / 2), micros.last()) {
        println!(
            "{what:<18} {} ms median, {} ms longest, of {}",
            median / 1_000,
            longest / 1_000,
            micros.len()
        );
    }
}
