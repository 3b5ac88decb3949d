//! The bindings and variables by name. What an environment lacks is an error that names it, on the routes that need it
//! only: `env.preview` has neither objects nor Images nor a queue.

use worker::{Bucket, D1Database, Env, Fetcher, ObjectNamespace, Queue};

/// A binding that this environment doesn't have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing(pub &'static str);

impl std::fmt::Display for Missing {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "binding {} not configured", self.0)
    }
}

/// The read model.
///
/// # Errors
/// [`Missing`].
pub fn read_model(env: &Env) -> Result<D1Database, Missing> {
    env.d1("DB").map_err(|_| Missing("DB"))
}

/// Originals and rendered artifacts.
///
/// # Errors
/// [`Missing`].
pub fn bucket(env: &Env) -> Result<Bucket, Missing> {
    env.bucket("BUCKET").map_err(|_| Missing("BUCKET"))
}

/// The files of `public/`.
///
/// # Errors
/// [`Missing`].
pub fn assets(env: &Env) -> Result<Fetcher, Missing> {
    env.assets("ASSETS").map_err(|_| Missing("ASSETS"))
}

/// The actors.
///
/// # Errors
/// [`Missing`].
pub fn actors(env: &Env) -> Result<ObjectNamespace, Missing> {
    env.durable_object("PICASSO_DO").map_err(|_| Missing("PICASSO_DO"))
}

/// Work that nobody waits for.
///
/// # Errors
/// [`Missing`].
pub fn queue(env: &Env) -> Result<Queue, Missing> {
    env.queue("PICASSO_QUEUE").map_err(|_| Missing("PICASSO_QUEUE"))
}

/// A variable or secret that is set and not empty.
pub fn var(env: &Env, name: &str) -> Option<String> {
    env.var(name).ok().map(|value| value.to_string()).filter(|value| !value.is_empty())
}
