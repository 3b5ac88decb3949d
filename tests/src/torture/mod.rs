//! Kill for real: clients work against a stack whose Worker is killed and started again on the same state, round after
//! round, at random and at chosen moments. What the clients saw is judged by [`crate::history`] once all has come to rest.
//!
//! Invariants: a client counts nothing as done that wasn't answered with success; every kill leaves the emulator alone, so
//! that what the providers were asked stays known; nothing outlives this process. Absent: rules. They're the history's.

mod chorus;
pub(crate) mod client;
pub(crate) mod listener;
mod moment;
mod report;
pub(crate) mod rest;
mod resume;
pub(crate) mod run;

use std::thread;

use anyhow::{Context as _, Result};
use fastrand::Rng;
use xtask::stack::Stack;

use crate::harness::{on_a_stack, pause};
use crate::history::{self, Outage};
use chorus::Chorus;
use client::Known;
use listener::Habit;
use moment::Moment;
use run::{Run, now};

/// Clients; each has a session, projects and jobs of its own.
const CLIENTS: usize = 4;
/// The longest that a client heeds a `Retry-After`, in seconds.
const PATIENCE: u64 = 5;

/// What to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// How often the Worker is killed.
    pub rounds: u32,
    /// What the clients do and when the Worker is killed follows from it, but for the machine's own timing.
    pub seed: u64,
    /// Acknowledged writes that the run must come to, the same share in each round.
    pub writes: u64,
}

/// Runs it; `false` when a rule was broken. The report goes to standard output.
///
/// # Errors
/// When the stack can't be built, started or brought to rest, or somebody stops us.
pub fn run(options: Options) -> Result<bool> {
    on_a_stack("torture", |stack| torture(stack, options))
}

fn torture(stack: &mut Stack, options: Options) -> Result<bool> {
    let run = Run::new(stack, "torture", PATIENCE);
    let sessions: Vec<String> = (0..CLIENTS).map(|at| format!("{}-{at}", run.name)).collect();
    let chorus = Chorus::new(&run, &sessions[0]);
    let kills = thread::scope(|scope| {
        let clients: Vec<_> = sessions
            .iter()
            .zip(1..)
            .map(|(session, salt)| {
                let (run, mut rng) = (&run, Rng::with_seed(options.seed.wrapping_mul(31).wrapping_add(salt)));
                for habit in [Habit::Steady, Habit::Roaming] {
                    let rng = rng.fork();
                    scope.spawn(move || listener::listen(run, session, habit, rng));
                }
                scope.spawn(move || client::work(run, session, rng))
            })
            .collect();
        for voice in 0..chorus::VOICES {
            let rng = Rng::with_seed(options.seed ^ (voice as u64 + 1_000));
            let (chorus, run) = (&chorus, &run);
            scope.spawn(move || chorus.sing(run, options.rounds, rng));
        }
        let kills = kill_again_and_again(stack, &run, options);
        run.stop_working();
        if kills.is_err() {
            // Nobody waits for an answer any more.
            run.stop_listening();
            stack.kill_worker();
        }
        let known: Vec<Known> = clients.into_iter().map(|client| client.join().expect("a client")).collect();
        let rested = kills.and_then(|kills| rest::settle(stack, &run, &known).map(|()| kills));
        run.stop_listening();
        rested
    })?;
    rest::collect(stack, &run, &sessions)?;
    let unanswered = run.unanswered();
    let history = run.into_history();
    let violations = history::check(&history);
    report::print(&history, &kills, unanswered, &violations);
    Ok(violations.is_empty())
}

/// What a kill was meant to hit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Kill {
    moment: Moment,
    outage: Outage,
}

fn kill_again_and_again(stack: &mut Stack, run: &Run, options: Options) -> Result<Vec<Kill>> {
    let mut rng = Rng::with_seed(options.seed);
    let mut kills = Vec::new();
    for round in 1..=options.rounds {
        run.begin_round(round);
        let moment = Moment::of_round(round);
        // Each round has its share of the writes, so that every kill has some to lose.
        while run.acknowledged() < options.writes * u64::from(round) / u64::from(options.rounds) {
            pause(stack, 20)?;
        }
        moment.wait_for(stack, run, &mut rng).with_context(|| format!("round {round}, {moment:?}"))?;
        run.set_down(true);
        let killed = now();
        stack.kill_worker();
        stack.start_worker()?;
        let outage = Outage { killed, up: now() };
        run.set_down(false);
        run.note(|history| history.outages.push(outage));
        resume::watch(stack, run, outage)?;
        kills.push(Kill { moment, outage });
        eprintln!("round {round}: {moment:?}, up again after {} ms", (outage.up - killed) / 1_000);
    }
    Ok(kills)
}
