//! The core of Picasso: seven kinds of actor that decide, and nothing that acts.
//!
//! Everything here is synchronous and total. Time, ids and randomness come in as arguments; storage is the [`sql::Sql`]
//! port; what should happen in the world leaves as [`effect::Effect`]s and [`outbox::Item`]s. So the same code runs in a
//! Durable Object and, over `rusqlite`, in a native test. There is no clock, no randomness, no `async` and no JavaScript
//! in this crate; a test reads its manifest to keep it so.

pub mod actor;
pub mod address;
pub mod artifact;
pub mod bots;
pub mod breaker;
pub mod calendar;
pub mod catalogue;
pub mod directory;
pub mod effect;
pub mod entropy;
pub mod gallery;
pub mod gate;
pub mod ids;
pub mod inbox;
pub mod ingest;
pub mod job;
pub mod json;
pub mod knowledge;
pub mod limits;
pub mod operation;
pub mod outbox;
pub mod picture;
pub mod preferences;
pub mod project;
pub mod protocol;
pub mod provider;
pub mod queue;
pub mod read_model;
pub mod request;
pub mod schema;
pub mod session;
pub mod snapshot;
pub mod sql;
pub mod timers;
pub mod turn;
pub mod upkeep;
pub mod view;
pub mod zip;
