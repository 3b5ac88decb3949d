//! Native tests of the core, over `SQLite`, in seconds: whole jobs in a simulated world ([`scenarios`]), every stored and wire
//! format as a literal ([`wire`]), and the rules of the house ([`house`]).

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice)]
#![allow(clippy::cast_precision_loss, clippy::cast_possible_truncation)]
#![allow(missing_docs, reason = "a test's name says what it's for")]

mod frozen;
mod house;
mod scenarios;
mod studio;
mod wire;
mod world;
