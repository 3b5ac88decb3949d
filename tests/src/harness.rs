//! A stack for a harness that is a program of its own: an empty state, no limits on what one address may begin, and nothing
//! left behind when it's over.

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;
use std::{env, fs};

use anyhow::{Result, bail};
use xtask::process::guard;
use xtask::progress::Board;
use xtask::repo::Repo;
use xtask::stack::{self, Event, Programs, Stack, Stopped, variables};

use crate::studio::unique;

/// Raised, because a harness has one address and begins more than any team does.
const LIMITS: [&str; 4] = ["JOBS_BURST", "JOBS_PER_MINUTE", "OPEN_JOBS_PER_SESSION", "OPEN_JOBS_PER_PROJECT"];

/// The program: its arguments are numbers, and it succeeds when `run` says `true`.
pub fn main(run: impl FnOnce(&[u64]) -> Result<bool>) -> ExitCode {
    let mut arguments = env::args_os().skip(1).peekable();
    // The stack's services run under a guard, which is a subcommand of whatever program starts them.
    if arguments.next_if(|first| first == guard::SUBCOMMAND).is_some() {
        return guard::main(arguments).map_or(ExitCode::FAILURE, ExitCode::from);
    }
    let numbers: Result<Vec<u64>> =
        arguments.map(|argument| Ok(argument.to_string_lossy().parse()?)).collect();
    match numbers.and_then(|numbers| run(&numbers)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Runs `work` on a new stack. The state is kept when it fails or says `false`, for somebody to look into.
///
/// # Errors
/// When the stack can't be built or started; those of `work`.
pub fn on_a_stack(name: &str, work: impl FnOnce(&mut Stack) -> Result<bool>) -> Result<bool> {
    let state = env::temp_dir().join(unique(&format!("picasso-{name}-")));
    fs::create_dir(&state)?;
    let judged = start(&state).and_then(|mut stack| {
        let judged = work(&mut stack);
        // Not asked to end: there is nothing left to lose, and somebody may be waiting.
        stack.kill_worker();
        stack.stop();
        judged
    });
    if matches!(judged, Ok(true)) || judged.as_ref().is_err_and(anyhow::Error::is::<Stopped>) {
        fs::remove_dir_all(&state)?;
    } else {
        eprintln!("the stack's state and logs are kept in {}", state.display());
    }
    judged
}

/// Waits `ms`, unless the stack dies or somebody stops us.
///
/// # Errors
/// [`Stopped`]; the last lines of a service that ended.
pub fn pause(stack: &mut Stack, ms: u64) -> Result<()> {
    match stack.wait(Duration::from_millis(ms)) {
        Some(Event::Signal) => bail!(Stopped),
        Some(Event::Ended(name)) => Err(stack.obituary(name)),
        None => Ok(()),
    }
}

fn start(state: &Path) -> Result<Stack> {
    let programs = Programs::prepare(&Repo::locate()?, state, &Board::new())?;
    let mut variables = variables::throwaway()?;
    variables.extend(LIMITS.map(|name| (name.to_owned(), "1000000".to_owned())));
    let options =
        stack::Options { port: stack::free_port()?, state: state.to_owned(), variables, echo: false };
    Stack::start(&programs, options)
}
