//! `cargo xtask simulate`: the simulation of the core in an optimised build, as many schedules as are wanted.

use anyhow::Result;

use crate::{
    process,
    repo::{self, Repo},
};

/// What to run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Options {
    /// Random universes.
    Schedules {
        /// How many.
        count: u64,
        /// The first one's seed; a random one if none is given. They are numbered on from there.
        seed: Option<u64>,
    },
    /// A job that dies twice, at every pair of points.
    CrashPairs,
}

/// Schedules, unless said.
pub const SCHEDULES: u64 = 100_000;

/// Builds and runs it; returns the exit code.
///
/// # Errors
/// When Cargo can't be started, or there's no randomness for a seed.
pub fn run(repo: &Repo, options: &Options) -> Result<u8> {
    let mut command = process::command(repo::cargo())?;
    command
        .args([
            "test",
            "--quiet",
            "--profile",
            "simulate",
            "--package",
            "picasso-actors",
            "--test",
            "simulate",
        ])
        .current_dir(repo.root());
    let test = match options {
        Options::Schedules { count, seed } => {
            let seed = seed.map_or_else(random, Ok)?;
            command.env("PICASSO_SCHEDULES", count.to_string()).env("PICASSO_SEED", seed.to_string());
            "campaign"
        }
        Options::CrashPairs => "crash_points::crash_pairs",
    };
    command.args(["--", "--exact", "--ignored", "--nocapture", test]);
    let status = process::show(&mut command, || {
        std::thread::sleep(std::time::Duration::from_millis(100));
        Ok(())
    })?;
    Ok(u8::from(!status.success()))
}

/// Short enough to be typed again.
fn random() -> Result<u64> {
    let mut bytes = [0; 4];
    getrandom::fill(&mut bytes)?;
    Ok(u32::from_le_bytes(bytes).into())
}
