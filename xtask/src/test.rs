//! `cargo xtask test`: everything that must be right before a change lands. `.ci/run` is this and nothing else.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Result, bail};

use crate::{
    build::{self, Gate},
    digest::hex,
    harness, process,
    progress::{Board, seconds},
    repo::{self, Repo},
    setup::Tools,
    stack::{self, Event, Programs, Stack, variables},
};

/// What to test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Parts {
    /// All of it.
    All,
    /// What needs no stack: format, lints, native tests, the Worker's build and size.
    Native,
    /// The stack, driven from outside.
    EndToEnd,
    /// Only what happens when a handler traps.
    Traps,
}

/// The package whose tests need a running stack.
pub(crate) const END_TO_END: &str = "picasso-e2e";

/// How often the Worker is killed: once at each of the chosen moments.
const KILLS: u32 = 3;

/// The environment of the tests that drive the stack.
const URL: &str = "PICASSO_URL";
const API_KEY: &str = "PICASSO_API_KEY";
const EMULATOR_URL: &str = "PICASSO_EMULATOR_URL";
const STATE: &str = "PICASSO_STATE_DIR";

/// Between two looks at a running command.
pub(crate) const TICK: Duration = Duration::from_millis(100);

struct Part {
    name: &'static str,
    took: Duration,
    passed: bool,
}

/// Runs the parts one after the other, also after a failure, and sums them up; returns the exit code.
///
/// # Errors
/// When the set-up fails: without the tools no part says anything.
pub fn run(repo: &Repo, parts: Parts) -> Result<u8> {
    let begun = Instant::now();
    let board = Board::new();
    let mut done = Vec::new();
    Tools::ensure(repo, &board)?;
    done.push(Part { name: "set-up", took: begun.elapsed(), passed: true });
    if matches!(parts, Parts::All | Parts::Native) {
        done.push(part("format", || cargo(repo, &["fmt", "--all", "--check"])));
        done.push(part("lints", || lints(repo)));
        done.push(part("native tests", || native_tests(repo)));
        done.push(part("Worker and its size", || build::worker(repo, &board, Gate::Fail).map(|_| ())));
    }
    if matches!(parts, Parts::All | Parts::EndToEnd) {
        done.push(part("end to end", || end_to_end(repo, &board)));
        done.push(part("kill and restart", || kill_and_restart(repo)));
    }
    if matches!(parts, Parts::All | Parts::Traps) {
        done.push(part("traps", || traps(repo, &board)));
    }
    Ok(summary(&done, begun.elapsed()))
}

fn part(name: &'static str, test: impl FnOnce() -> Result<()>) -> Part {
    eprintln!("\n== {name}");
    let begun = Instant::now();
    let result = test();
    if let Err(error) = &result {
        eprintln!("{name}: {error:#}");
    }
    Part { name, took: begun.elapsed(), passed: result.is_ok() }
}

/// The whole workspace natively, and the Worker as what it ships as.
fn lints(repo: &Repo) -> Result<()> {
    cargo(repo, &["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"])?;
    let wasm = ["clippy", "--package", "picasso-backend", "--lib", "--target", "wasm32-unknown-unknown"];
    cargo(repo, &[&wasm[..], &["--", "-D", "warnings"]].concat())?;
    cargo(repo, &[&wasm[..], &["--features", "trap-tests", "--", "-D", "warnings"]].concat())
}

/// Of the end-to-end tests only those of the harnesses themselves: the others need a stack.
fn native_tests(repo: &Repo) -> Result<()> {
    cargo(repo, &["test", "--workspace", "--exclude", END_TO_END])?;
    cargo(repo, &["test", "--package", END_TO_END, "--lib"])
}

fn kill_and_restart(repo: &Repo) -> Result<()> {
    match harness::torture(repo, &harness::Torture { rounds: KILLS, seed: None })? {
        0 => Ok(()),
        _ => bail!("a rule was broken"),
    }
}

fn cargo(repo: &Repo, arguments: &[&str]) -> Result<()> {
    succeeds(&mut cargo_command(repo, arguments)?, || {
        thread::sleep(TICK);
        Ok(())
    })
}

fn cargo_command(repo: &Repo, arguments: &[&str]) -> Result<Command> {
    let mut command = process::command(repo::cargo())?;
    command.args(arguments).current_dir(repo.root());
    Ok(command)
}

fn succeeds(command: &mut Command, watch: impl FnMut() -> Result<()>) -> Result<()> {
    let status = process::show(command, watch)?;
    if !status.success() {
        bail!("{} failed ({status})", process::shown(command));
    }
    Ok(())
}

fn end_to_end(repo: &Repo, board: &Board) -> Result<()> {
    // First: a compile error needs no stack, and a running stack would wait for Cargo's lock.
    cargo(repo, &["test", "--package", END_TO_END, "--test", "stack", "--no-run"])?;
    on_a_stack(|state| {
        against_a_stack(repo, state, &Programs::prepare(repo, state, board)?, &["--test", "stack"])
    })
}

/// The Worker that can be made to trap; and that the release can't.
fn traps(repo: &Repo, board: &Board) -> Result<()> {
    cargo(repo, &["test", "--package", END_TO_END, "--test", "traps", "--no-run"])?;
    on_a_stack(|state| {
        let programs = Programs::prepare(repo, state, board)?;
        let folder = build::with_traps(repo, &programs.tools, board)?;
        build::absent_from_release(repo, &folder)?;
        // One after the other: all objects of a stack share the wasm instance that traps.
        let tests = ["--test", "traps", "--", "--test-threads", "1"];
        against_a_stack(repo, state, &programs.with_worker(folder), &tests)
    })
}

/// Gives `test` an empty state, which is kept when it fails.
fn on_a_stack(test: impl FnOnce(&Path) -> Result<()>) -> Result<()> {
    let state = scratch()?;
    let result = test(&state);
    if result.is_ok() {
        fs::remove_dir_all(&state)?;
    } else {
        eprintln!("the stack's state and logs are kept in {}", state.display());
    }
    result
}

/// Drives a stack from outside, on a free port, with every provider on the emulator whatever `.dev.vars` says.
fn against_a_stack(repo: &Repo, state: &Path, programs: &Programs, tests: &[&str]) -> Result<()> {
    let options = stack::Options {
        port: stack::free_port()?,
        state: state.to_owned(),
        variables: variables::throwaway()?,
        echo: false,
    };
    let mut stack = Stack::start(programs, options)?;
    let mut command = cargo_command(repo, &["test", "--package", END_TO_END])?;
    command
        .args(tests)
        .env(URL, stack.url())
        .env(API_KEY, stack.api_key())
        .env(EMULATOR_URL, stack.emulator_url())
        .env(STATE, stack.state());
    let result = succeeds(&mut command, || match stack.wait(TICK) {
        Some(Event::Signal) => bail!("stopped"),
        Some(Event::Ended(name)) => Err(stack.obituary(name)),
        None => Ok(()),
    });
    stack.stop();
    result
}

/// A new folder for one run's state.
fn scratch() -> Result<PathBuf> {
    let mut bytes = [0; 6];
    getrandom::fill(&mut bytes)?;
    let folder = env::temp_dir().join(format!("picasso-test-{}", hex(&bytes)));
    fs::create_dir(&folder)?;
    Ok(folder)
}

fn summary(parts: &[Part], total: Duration) -> u8 {
    println!();
    for part in parts {
        let mark = if part.passed { '✓' } else { '✗' };
        println!("{mark} {:<20} {:>12}", part.name, seconds(part.took));
    }
    println!("  {:<20} {:>12}", "in all", seconds(total));
    u8::from(parts.iter().any(|part| !part.passed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_failed_part_fails_the_whole() {
        let part = |passed| Part { name: "p", took: Duration::ZERO, passed };
        assert_eq!(summary(&[part(true), part(true)], Duration::ZERO), 0);
        assert_eq!(summary(&[part(false), part(true)], Duration::ZERO), 1);
    }

    #[test]
    fn each_run_gets_an_empty_state_of_its_own() {
        let (one, other) = (scratch().unwrap(), scratch().unwrap());
        assert_ne!(one, other);
        for folder in [one, other] {
            assert_eq!(fs::read_dir(&folder).unwrap().count(), 0);
            fs::remove_dir(folder).unwrap();
        }
    }
}
