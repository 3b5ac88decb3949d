//! Proof by simulation: small random universes in which everything goes wrong that can, each run to rest on a virtual clock,
//! with every promise looked at after every step. See ARCHITECTURE.md, "Invariants".
//!
//! `cargo xtask simulate` runs as many as wanted in an optimised build; the tests here are what fits into seconds.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice)]
#![allow(clippy::cast_precision_loss, clippy::cast_possible_truncation)]
#![allow(
    clippy::disallowed_methods,
    reason = "the clock says how long the simulation took, never what happens in it"
)]
#![allow(missing_docs, reason = "a test's name says what it's for")]

mod campaign;
mod chaos;
mod crash_points;
mod deeds;
mod mutants;
mod schedule;
mod trial;
mod universe;
mod verdict;
mod watch;
#[allow(dead_code, reason = "the scenarios use what the simulation doesn't")]
#[path = "../core/world/mod.rs"]
mod world;

use std::env;
use std::time::{Duration, Instant};

use campaign::Range;

/// A number from the environment: how `cargo xtask simulate` says what is wanted.
fn variable(name: &str) -> Option<u64> {
    env::var(name).ok().map(|text| text.parse().unwrap())
}

#[test]
fn no_schedule_breaks_a_promise() {
    // The same seeds every time: whether a change passes mustn't be luck. Others are for `cargo xtask simulate`.
    let seed = variable("PICASSO_SEED").unwrap_or(1);
    println!("seed {seed}");
    let range = Range { seed, schedules: 100_000, time: Duration::from_secs(8) };
    match campaign::run(range, false) {
        Ok(sum) => assert!(sum.schedules >= 100, "{sum:?}"),
        Err(report) => panic!("{report}"),
    }
}

#[test]
#[ignore = "cargo xtask simulate"]
fn campaign() {
    let seed = variable("PICASSO_SEED").unwrap();
    let schedules = variable("PICASSO_SCHEDULES").unwrap();
    println!("seed {seed}");
    let began = Instant::now();
    match campaign::run(Range { seed, schedules, time: Duration::MAX }, true) {
        Ok(sum) => {
            let took = began.elapsed().as_secs_f64();
            println!(
                "\n{} schedules in {took:.1} s: {} steps, {} turns, {} faults; no promise was broken",
                sum.schedules, sum.effort.steps, sum.effort.turns, sum.effort.faults
            );
        }
        Err(report) => panic!("{report}"),
    }
}
