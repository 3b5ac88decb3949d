//! `cargo xtask dev`: the whole stack on this machine, until Ctrl-C.

use std::path::PathBuf;

use anyhow::Result;

use crate::{
    progress::Board,
    repo::Repo,
    stack::{self, Programs, Stack, variables},
};

/// The port unless `--port` says another.
pub const DEFAULT_PORT: u16 = 8787;

/// What `dev` can be told.
#[derive(Debug, PartialEq, Eq)]
pub struct Options {
    /// The Worker's port on 127.0.0.1.
    pub port: u16,
    /// Where state is kept; `.state/dev` when not said.
    pub state: Option<PathBuf>,
}

/// Runs the stack until a signal; returns the exit code.
///
/// # Errors
/// When something can't be set up, built or started; with the last lines of a service that ends by itself.
pub fn run(repo: &Repo, options: &Options) -> Result<u8> {
    // Before minutes of set-up, not after them.
    stack::free(options.port)?;
    let board = Board::new();
    let state = match &options.state {
        Some(state) => std::path::absolute(state)?,
        None => repo.path(".state/dev"),
    };
    let (variables, made) = variables::read_or_make(&repo.path(".dev.vars"))?;
    if made {
        board.line("made .dev.vars with a random API_KEY");
    }
    let programs = Programs::prepare(repo, &state, &board)?;
    let real = variables::real_providers(&variables);
    let options = stack::Options { port: options.port, state, variables, echo: true };
    let mut stack = board.watch("start the stack", |_| Stack::start(&programs, options))?;
    if real.is_empty() {
        board.line("every provider is the emulator: nothing leaves this machine");
    } else {
        board.line(format!("real providers, which cost money: {} in .dev.vars", real.join(", ")));
    }
    println!("ready {}", stack.url());
    let ended = stack.until_stopped();
    stack.stop();
    ended.map(|()| 0)
}
