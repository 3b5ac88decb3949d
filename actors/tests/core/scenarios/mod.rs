//! What the core does, told as stories.

mod admin;
mod alarm;
mod breaker;
mod control;
mod crash;
mod editions;
mod failure;
mod gate;
mod journey;
mod judgement;
mod knowledge;
mod likeness;
mod links;
mod message;
mod money;
mod outbox;
mod partial;
mod queue;
mod read_model;
mod resume;
mod retention;
mod routes;
mod snapshot;
mod stream;
mod tree;
mod upkeep;
