//! `cargo xtask torture` builds this program and runs it: see [`picasso_e2e::torture`].

use std::env;
use std::process::ExitCode;

use anyhow::{Result, bail};
use picasso_e2e::torture::{self, Options};
use xtask::process::guard;

fn main() -> ExitCode {
    let mut arguments = env::args_os().skip(1).peekable();
    // The stack's services run under a guard, which is a subcommand of whatever program starts them.
    if arguments.next_if(|first| first == guard::SUBCOMMAND).is_some() {
        return guard::main(arguments).map_or(ExitCode::FAILURE, ExitCode::from);
    }
    match options(arguments.filter_map(|argument| argument.into_string().ok())).and_then(torture::run) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("torture: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// `ROUNDS SEED WRITES`.
fn options(arguments: impl Iterator<Item = String>) -> Result<Options> {
    let numbers = arguments.map(|argument| argument.parse()).collect::<Result<Vec<u64>, _>>()?;
    let [rounds, seed, writes] = numbers[..] else { bail!("torture ROUNDS SEED WRITES") };
    Ok(Options { rounds: rounds.try_into()?, seed, writes })
}
