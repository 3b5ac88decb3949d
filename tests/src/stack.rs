//! Where the running stack is: four variables that `cargo xtask test` sets.

use std::env;
use std::path::PathBuf;

/// The Worker's address, `http://127.0.0.1:PORT`.
pub fn url() -> String {
    variable("PICASSO_URL")
}

/// The key that `/api` takes.
pub fn api_key() -> String {
    variable("PICASSO_API_KEY")
}

/// The emulator's address.
pub fn emulator_url() -> String {
    variable("PICASSO_EMULATOR_URL")
}

/// The folder with everything that the stack keeps.
pub fn state() -> PathBuf {
    PathBuf::from(variable("PICASSO_STATE_DIR"))
}

fn variable(name: &str) -> String {
    env::var(name).unwrap_or_else(|_| {
        panic!(
            "{name} isn't set: these tests need a running stack; `cargo xtask test --e2e-only` brings its own"
        )
    })
}
