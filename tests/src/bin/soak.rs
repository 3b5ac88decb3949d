//! `cargo xtask soak` builds this program and runs it: see [`picasso_e2e::soak`].

use std::process::ExitCode;

use anyhow::bail;
use picasso_e2e::{harness, soak};

fn main() -> ExitCode {
    harness::main(|numbers| match numbers {
        [minutes] => soak::run(*minutes),
        _ => bail!("soak MINUTES"),
    })
}
