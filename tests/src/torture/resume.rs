//! Whether jobs go on after a restart, by what the API says of them: a picture or a verdict can take long on a busy machine, but
//! that it's being worked at shows at once.

use std::collections::BTreeSet;

use anyhow::Result;
use serde_json::Value;
use xtask::stack::Stack;

use super::pause;
use super::run::{Run, now};
use crate::api::Body;
use crate::history::Micros;
use crate::history::jobs::{Attempt, Outage, RESUME_LIMIT};

/// Between two looks, in milliseconds.
const TICK_MS: u64 = 50;
/// How much longer than they may take jobs are watched, so that a late one is seen to be late.
const GRACE: Micros = 2_000_000;

/// Watches every job that isn't over until it has begun an attempt after the kill, and notes when that was.
///
/// # Errors
/// When somebody wants the run to end.
pub fn watch(stack: &mut Stack, run: &Run, outage: Outage) -> Result<()> {
    let mut open: BTreeSet<String> = BTreeSet::new();
    run.note(|history| {
        let asked_before = |at: Option<Micros>| at.is_some_and(|at| at < outage.killed);
        let starts = history.starts.iter().filter(|start| asked_before(start.acknowledged));
        open.extend(starts.filter_map(|start| start.job.clone()));
    });
    run.forget_ended(&mut open);
    while !open.is_empty() && now() < outage.up + RESUME_LIMIT + GRACE {
        open.retain(|job| {
            let Some(shown) = run.send("GET", &format!("/api/jobs/{job}"), Body::None) else { return true };
            look(run, job, &shown.json(), outage.killed)
        });
        pause(stack, TICK_MS)?;
    }
    Ok(())
}

/// Whether there's still something to see.
fn look(run: &Run, job: &str, shown: &Value, killed: Micros) -> bool {
    if shown["state"] == "complete" {
        run.note_ended(job);
        return false;
    }
    let began = shown["variants"].as_array().into_iter().flatten();
    let began = began.filter_map(|variant| Some(variant["beganAt"].as_i64()? * 1_000));
    let first = began.filter(|at| *at > killed).min();
    if let Some(at) = first {
        run.note(|history| history.attempts.push(Attempt { job: job.to_owned(), at }));
    }
    first.is_none()
}
