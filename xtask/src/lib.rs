//! What a contributor runs: set-up, `build`, `dev`, `demo`, `test`, `torture`,
//! `soak`.
//!
//! A library with a thin program on top, so that other harnesses can start, kill and restart the same stack
//! (`stack::Stack`). Absent: everything that ships. Nothing here is part of the Worker.

#![allow(
    clippy::disallowed_methods,
    reason = "the ban on clocks guards code that may run in wasm; this crate is native only"
)]

#[cfg(not(unix))]
compile_error!("the local stack needs process groups: run it on Linux or macOS, or inside WSL on Windows");

pub mod build;
pub mod cli;
pub mod demo;
pub mod dev;
pub mod digest;
pub mod harness;
pub mod process;
pub mod progress;
pub mod repo;
pub mod setup;
pub mod simulate;
pub mod stack;
pub mod test;
mod together;
