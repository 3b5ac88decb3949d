//! `cargo xtask torture` builds this program and runs it: see [`picasso_e2e::torture`].

use std::process::ExitCode;

use anyhow::bail;
use picasso_e2e::harness;
use picasso_e2e::torture::{self, Options};

fn main() -> ExitCode {
    harness::main(|numbers| match numbers {
        [rounds, seed, writes] => {
            torture::run(Options { rounds: (*rounds).try_into()?, seed: *seed, writes: *writes })
        }
        _ => bail!("torture ROUNDS SEED WRITES"),
    })
}
