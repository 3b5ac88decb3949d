//! `cargo xtask torture`: builds and runs the harness of that name, which kills the Worker and judges what its clients saw.
//!
//! It's a program of the end-to-end tests, `tests/src/torture/`: what it needs beyond a stack would delay everybody's first
//! `cargo xtask dev`.

use std::thread;

use anyhow::Result;

use crate::{
    build, process,
    progress::Board,
    repo::Repo,
    test::{END_TO_END, TICK},
};

/// Rounds unless `--rounds` says otherwise.
pub const ROUNDS: u32 = 30;

/// Acknowledged writes of a round: 30 rounds have more than 5,000.
const WRITES: u32 = 170;

/// What `torture` can be told.
#[derive(Debug, PartialEq, Eq)]
pub struct Options {
    /// How often the Worker is killed.
    pub rounds: u32,
    /// What the clients do follows from it; random when not said.
    pub seed: Option<u64>,
}

/// Runs it; returns the exit code.
///
/// # Errors
/// When the harness can't be built or started.
pub fn run(repo: &Repo, options: &Options) -> Result<u8> {
    let board = Board::new();
    let program =
        board.watch("build the harness", |task| build::program(repo, END_TO_END, "torture", task))?;
    let seed = match options.seed {
        Some(seed) => seed,
        None => getrandom::u64()?,
    };
    eprintln!("cargo xtask torture --rounds {} --seed {seed}", options.rounds);
    let writes = u64::from(options.rounds) * u64::from(WRITES);
    let mut command = process::command(program)?;
    command.args([u64::from(options.rounds), seed, writes].map(|number| number.to_string()));
    let status = process::show(command.current_dir(repo.root()), || {
        thread::sleep(TICK);
        Ok(())
    })?;
    Ok(u8::from(!status.success()))
}
