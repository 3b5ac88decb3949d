//! D1 away for a while: clients work on as if nothing were the matter, and D1 catches up when it's back.
//!
//! The clients and listeners are those of [`crate::torture`], and what they saw is judged by [`crate::history`]; here
//! nobody is killed, so every refusal counts.
//! Invariants: D1 is back only after the last job has ended without it, and what the actors hold is read just before, so
//! the lag is D1's alone. Absent: a D1 that is slow, and clients who go on while it catches up.

mod away;
mod truth;
mod verdict;

use std::collections::BTreeMap;
use std::thread;

use anyhow::{Result, anyhow, ensure};
use fastrand::Rng;
use xtask::stack::Stack;

use crate::database::Database;
use crate::harness::{on_a_stack, pause};
use crate::history::{self, History, Kind, Micros, Progress};
use crate::torture::client::{self, Known};
use crate::torture::listener::{self, Habit};
use crate::torture::rest;
use crate::torture::run::{Run, now};
use away::Switch;
use truth::{Table, Truth};
use verdict::Figures;

/// Clients; each has a session, projects and jobs of its own.
const CLIENTS: usize = 4;
/// How long they work before D1 goes, in microseconds: they need something to go on with.
const BEFORE: Micros = 5_000_000;
/// How long the last jobs may take to end, in microseconds.
const ENDING: Micros = 60_000_000;
/// How long is looked whether D1 has caught up, in microseconds: longer than it may take, for the figure.
const PATIENCE: Micros = 60_000_000;
/// Between two looks, in milliseconds; so exact is the lag.
const LOOK_MS: u64 = 20;

/// Takes D1 away for `seconds`; `false` when anybody but the lists felt it or D1 didn't catch up in time. The report goes
/// to standard output.
///
/// # Errors
/// When the stack can't be built or started or dies, or somebody stops us.
pub fn run(seconds: u64) -> Result<bool> {
    ensure!(seconds >= 1, "a second at least");
    let time = Micros::try_from(seconds)?.saturating_mul(1_000_000);
    on_a_stack("outage", |stack| outage(stack, time))
}

fn outage(stack: &mut Stack, time: Micros) -> Result<bool> {
    // A client's next request has nothing to do with the list that it was refused.
    let run = Run::new(stack, "outage", 0);
    let sessions: Vec<String> = (0..CLIENTS).map(|at| format!("{}-{at}", run.name)).collect();
    let mut figures = Figures::default();
    let (known, span) = thread::scope(|scope| {
        let clients: Vec<_> = sessions
            .iter()
            .zip(1..)
            .map(|(session, seed)| {
                let (run, mut rng) = (&run, Rng::with_seed(seed));
                for habit in [Habit::Steady, Habit::Roaming] {
                    let rng = rng.fork();
                    scope.spawn(move || listener::listen(run, session, habit, rng));
                }
                scope.spawn(move || client::work(run, session, rng))
            })
            .collect();
        let join = move || {
            let known =
                clients.into_iter().map(|client| client.join().map_err(|_| anyhow!("a client gave up")));
            known.collect()
        };
        let done = take_away(stack, &run, time, &mut figures, join);
        run.stop_working();
        run.stop_listening();
        if done.is_err() {
            // Nobody waits for an answer any more.
            stack.kill_worker();
        }
        done
    })?;
    rest::settle(stack, &run, &known)?;
    rest::collect(stack, &run, &sessions)?;
    let database = Database::of(stack.state());
    figures.parked =
        database.count("SELECT (SELECT COUNT(*) FROM outbox_dead) + (SELECT COUNT(*) FROM queue_dead)", &[]);
    figures.around.extend(run.take_exchanges());
    let history = run.into_history();
    figures.jobs = ends(&history, span);
    figures.violations = history::check(&history).iter().map(ToString::to_string).collect();
    let complaints = figures.complaints();
    print!("{figures}");
    for complaint in &complaints {
        println!("✗ {complaint}");
    }
    Ok(complaints.is_empty())
}

/// When D1 went, and when it was back.
type Span = (Micros, Micros);

fn take_away(
    stack: &mut Stack,
    run: &Run,
    time: Micros,
    figures: &mut Figures,
    join: impl FnOnce() -> Result<Vec<Known>>,
) -> Result<(Vec<Known>, Span)> {
    let (switch, database) = (Switch::of(stack.state()), Database::of(stack.state()));
    wait(stack, BEFORE, || false)?;
    figures.around = run.take_exchanges();
    let gone = now();
    switch.off();
    eprintln!("D1 is away");
    wait(stack, time, || false)?;
    run.stop_working();
    let known = join()?;
    let mut open: Vec<&String> = known.iter().flat_map(|known| &known.jobs).collect();
    wait(stack, ENDING, || {
        open.retain(|job| client::read_job(run, job, [Kind::Seen, Kind::Missing]) != Some(true));
        open.is_empty()
    })?;
    let truth = Truth::of(run, &known);
    figures.held = [Table::Projects, Table::Jobs, Table::Pictures].map(|table| truth.count(table));
    figures.away = run.take_exchanges();
    switch.on();
    let back = now();
    figures.outage = back - gone;
    eprintln!("D1 is back, {} rows behind", truth.missing_in(&database).len());
    wait(stack, PATIENCE, || {
        figures.missing = truth.missing_in(&database);
        if figures.missing.is_empty() {
            figures.lag = Some(now() - back);
        }
        figures.lag.is_some()
    })?;
    Ok((known, (gone, back)))
}

/// How long each job took that was promised while D1 was away; none for one that hadn't ended by its return.
fn ends(history: &History, (gone, back): Span) -> Vec<Option<Micros>> {
    let mut ended: BTreeMap<String, Micros> = BTreeMap::new();
    for frame in &history.frames {
        let Some(event) = Progress::read(&frame.text) else { continue };
        if event.kind == "complete" && event.variant.is_none() {
            ended.entry(event.job).and_modify(|at| *at = frame.at.min(*at)).or_insert(frame.at);
        }
    }
    let promised = history.starts.iter().filter_map(|start| start.job.as_ref().zip(start.acknowledged));
    let meanwhile = promised.filter(|(_, begun)| (gone..back).contains(begun));
    meanwhile.map(|(job, begun)| ended.get(job).filter(|at| **at < back).map(|at| at - begun)).collect()
}

/// Looks until it's so, or until the time is over.
fn wait(stack: &mut Stack, limit: Micros, mut is_so: impl FnMut() -> bool) -> Result<()> {
    let until = now() + limit;
    while !is_so() && now() < until {
        pause(stack, LOOK_MS)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::{Frame, Start};

    fn start(job: &str, acknowledged: Micros) -> Start {
        Start {
            job: Some(job.to_owned()),
            acknowledged: Some(acknowledged),
            word: String::new(),
            variants: [("openai".to_owned(), 0)].into(),
        }
    }

    fn frame(seq: i64, at: Micros, job: &str, index: &str) -> Frame {
        let data = format!(r#"{{"jobId":"{job}"{index}}}"#);
        let text = format!(r#"{{"type":"complete","seq":{seq},"ts":1,"data":{data}}}"#);
        Frame { session: "s".to_owned(), connection: 1, since: 0, seq, text, at }
    }

    #[test]
    fn a_job_of_the_outage_has_ended_when_its_closing_event_came_before_d1() {
        let history = History {
            starts: vec![start("before", 1), start("ends", 11), start("variant", 12), start("late", 13)],
            frames: vec![
                frame(1, 20, "before", ""),
                frame(2, 30, "ends", ""),
                frame(2, 25, "ends", ""),
                frame(3, 30, "variant", r#","provider":"openai","variantIndex":0"#),
                frame(4, 51, "late", ""),
            ],
            ..History::default()
        };
        assert_eq!(ends(&history, (10, 50)), [Some(14), None, None]);
    }
}
