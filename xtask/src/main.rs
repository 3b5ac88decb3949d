//! `cargo xtask …`: see `xtask::cli` for what it can do.

use std::process::ExitCode;

fn main() -> ExitCode {
    xtask::cli::main()
}
