//! `cargo xtask torture`, `cargo xtask outage` and `cargo xtask soak`: build and run the harnesses of these names.
//!
//! They're programs of the end-to-end tests, `tests/src/torture/`, `tests/src/outage/` and `tests/src/soak/`: what they need beyond a stack would
//! delay everybody's first `cargo xtask dev`.

use std::thread;

use anyhow::Result;

use crate::{
    build, process,
    progress::Board,
    repo::Repo,
    test::{END_TO_END, TICK},
};

/// Rounds of a torture unless `--rounds` says otherwise.
pub const ROUNDS: u32 = 30;
/// Minutes of a soak unless `--minutes` says otherwise.
pub const MINUTES: u32 = 10;
/// Seconds of an outage unless `--seconds` says otherwise.
pub const SECONDS: u32 = 60;

/// Acknowledged writes of a round: 30 rounds have more than 5,000.
const WRITES: u64 = 170;

/// What `torture` can be told.
#[derive(Debug, PartialEq, Eq)]
pub struct Torture {
    /// How often the Worker is killed.
    pub rounds: u32,
    /// What the clients do follows from it; random when not said.
    pub seed: Option<u64>,
}

/// Kills the Worker again and again and judges what its clients saw; returns the exit code.
///
/// # Errors
/// When the harness can't be built or started.
pub fn torture(repo: &Repo, options: &Torture) -> Result<u8> {
    let seed = options.seed.map_or_else(getrandom::u64, Ok)?;
    eprintln!("cargo xtask torture --rounds {} --seed {seed}", options.rounds);
    let rounds = u64::from(options.rounds);
    run(repo, "torture", &[rounds, seed, rounds * WRITES])
}

/// Half of what the stack can take, for so many minutes, while its memory is watched; returns the exit code.
///
/// # Errors
/// As [`torture`].
pub fn soak(repo: &Repo, minutes: u32) -> Result<u8> {
    run(repo, "soak", &[u64::from(minutes)])
}

/// Takes D1 away for so many seconds while clients go on, and judges what they saw; returns the exit code.
///
/// # Errors
/// As [`torture`].
pub fn outage(repo: &Repo, seconds: u32) -> Result<u8> {
    run(repo, "outage", &[u64::from(seconds)])
}

fn run(repo: &Repo, name: &str, numbers: &[u64]) -> Result<u8> {
    let title = format!("build the harness {name}");
    let program = Board::new().watch(title, |task| build::program(repo, END_TO_END, name, task))?;
    let mut command = process::command(program)?;
    command.args(numbers.iter().map(u64::to_string)).current_dir(repo.root());
    let status = process::show(&mut command, || {
        thread::sleep(TICK);
        Ok(())
    })?;
    Ok(u8::from(!status.success()))
}
