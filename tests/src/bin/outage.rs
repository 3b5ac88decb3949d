//! `cargo xtask outage` builds this program and runs it: see [`picasso_e2e::outage`].

use std::process::ExitCode;

use anyhow::bail;
use picasso_e2e::{harness, outage};

fn main() -> ExitCode {
    harness::main(|numbers| match numbers {
        [seconds] => outage::run(*seconds),
        _ => bail!("outage SECONDS"),
    })
}
