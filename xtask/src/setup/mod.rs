//! Everything the Worker's build and the local stack need beyond Rust and Node, pinned, kept once per machine.
//!
//! Invariants: what is installed is decided by files of this checkout alone (`xtask/tools/Cargo.lock`,
//! `package-lock.json`); an item is there completely or not at all; several xtasks may set up at the same time.
//! Absent: removing old versions; every one lives in a folder of its own that can be deleted at any time.

mod cache;
mod compiled;
mod packages;
mod prerequisites;

use std::{env, ffi::OsString, path::PathBuf, process::Command};

use anyhow::Result;

pub use cache::Home;
pub use prerequisites::wasm_target;

use crate::{process, progress::Board, repo::Repo, together};

/// The installed tools.
#[derive(Debug, Clone)]
pub struct Tools {
    bin: PathBuf,
    modules: PathBuf,
    /// Whether anything had to be installed in this run.
    pub fresh: bool,
}

impl Tools {
    /// Installs what is missing; a second run finds everything in place in a few milliseconds.
    ///
    /// # Errors
    /// One clear line when a prerequisite is missing; the tail of the output when an installation fails.
    pub fn ensure(repo: &Repo, board: &Board) -> Result<Self> {
        let home = Home::locate()?;
        // The compiler and npm's downloads wait for different things.
        let (for_rust, rust_home, rust_board) = (repo.clone(), home.clone(), board.clone());
        let (for_npm, npm_board) = (repo.clone(), board.clone());
        let ((bin, built), (modules, installed)) = together::both(
            move || compiled::ensure(&for_rust, &rust_home, &rust_board),
            move || packages::ensure(&for_npm, &home, &npm_board),
        )?;
        packages::link(repo, &modules)?;
        Ok(Self { bin, modules, fresh: built || installed })
    }

    /// A key that changes with any tool's version.
    pub fn key(&self) -> String {
        format!("{} {}", self.bin.display(), self.modules.display())
    }

    /// worker-build with everything it would otherwise download named to it.
    ///
    /// # Errors
    /// When the guard can't be found.
    pub fn worker_build(&self) -> Result<Command> {
        let mut command = process::command(self.bin.join("worker-build"))?;
        command
            .env("PATH", self.path())
            .env("WASM_BINDGEN_BIN", self.bin.join("wasm-bindgen"))
            .env("WASM_OPT_BIN", self.script("wasm-opt"))
            .env("ESBUILD_BIN", self.script("esbuild"));
        Ok(command)
    }

    /// wasm-opt on the pinned Node.
    ///
    /// # Errors
    /// When the guard can't be found.
    pub fn wasm_opt(&self) -> Result<Command> {
        let mut command = process::command(self.script("wasm-opt"))?;
        command.env("PATH", self.path());
        Ok(command)
    }

    /// wrangler on the pinned Node, silent towards the outside: no metrics, no crash reports, no update check, no
    /// prompt, no look-up of where this machine is.
    ///
    /// # Errors
    /// When the guard can't be found.
    pub fn wrangler(&self) -> Result<Command> {
        let mut command = process::command(self.script("wrangler"))?;
        command.env("PATH", self.path());
        for (name, value) in [
            ("WRANGLER_SEND_METRICS", "false"),
            ("WRANGLER_SEND_ERROR_REPORTS", "false"),
            ("WRANGLER_HIDE_BANNER", "true"),
            ("WRANGLER_NO_SKILLS_UPDATE_PROMPTS", "true"),
            ("CLOUDFLARE_CF_FETCH_ENABLED", "false"),
            ("CLOUDFLARE_INCLUDE_PROCESS_ENV", "false"),
            ("CI", "1"),
        ] {
            command.env(name, value);
        }
        Ok(command)
    }

    fn script(&self, name: &str) -> PathBuf {
        self.modules.join(".bin").join(name)
    }

    /// The pinned Node first: the scripts name their interpreter by `env node`.
    fn path(&self) -> OsString {
        let mut folders = vec![self.modules.join(".bin")];
        if let Some(path) = env::var_os("PATH") {
            folders.extend(env::split_paths(&path));
        }
        env::join_paths(&folders).unwrap_or_else(|_| folders.swap_remove(0).into_os_string())
    }
}
