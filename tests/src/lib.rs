//! What the end-to-end tests share: a caller of the public API ([`api`]), a listener on the live stream ([`stream`], [`sse`]), the
//! emulator's controls ([`emulator`]), a read-only look into the local D1 ([`database`]), and a project, session and
//! unique word for each test ([`studio`]).
//!
//! Invariants: nothing here knows the code under test, only its contract; nothing waits without a deadline, and nothing
//! sleeps in the hope that something has happened by then. A broken expectation is a panic that says what was seen.
//! Absent: starting a stack. `cargo xtask test` does that, and says where it is in the environment ([`stack`]).

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![allow(clippy::missing_panics_doc, reason = "a panic is how every helper reports")]

pub mod api;
pub mod bucket;
pub mod database;
pub mod emulator;
pub mod harness;
pub mod history;
pub mod outage;
pub mod soak;
pub mod sse;
pub mod stack;
pub mod stream;
pub mod studio;
pub mod torture;
pub mod wait;
