//! What the core does, told as stories.

mod admin;
mod alarm;
mod crash;
mod failure;
mod journey;
mod message;
mod outbox;
mod queue;
mod read_model;
mod snapshot;
mod stream;
mod tree;
mod upkeep;
