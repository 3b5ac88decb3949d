//! What the core does, told as stories.

mod alarm;
mod failure;
mod journey;
mod message;
mod outbox;
mod snapshot;
mod stream;
mod tree;
