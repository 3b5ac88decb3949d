//! The product from outside: HTTP and WebSocket against real workerd, with the emulator as the providers.
//!
//! The tests run side by side on one stack. Each has a project, a session and a word of its own ([`picasso_e2e::studio`]);
//! none looks at what isn't its own, but for totals.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![allow(missing_docs, reason = "a test's name says what it's for")]

mod admin;
mod archive;
mod artifacts;
mod bad_input;
mod breaker;
mod control;
mod delivery;
mod idempotency;
mod ingest;
mod job;
mod judge;
mod knowledge;
mod limits;
mod links;
mod listeners;
mod lookbook;
mod money;
mod operations;
mod partial;
mod plan;
mod preferences;
mod providers;
mod refusals;
mod reports;
mod routing;
mod security;
mod sse;
mod stream;
mod tree;
mod views;
