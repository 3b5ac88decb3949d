//! Native programs of the workspace: built when they aren't up to date, and where they are.

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use serde_json::Value;

use crate::{
    process,
    progress::Task,
    repo::{self, Repo},
};

/// Builds the program `name` of `package`.
///
/// # Errors
/// Compiler errors as Cargo prints them.
pub fn program(repo: &Repo, package: &str, name: &str, task: &Task) -> Result<PathBuf> {
    let mut command = process::command(repo::cargo())?;
    command
        .args(["build", "--package", package, "--bin", name])
        .args(["--message-format", "json-render-diagnostics"])
        .current_dir(repo.root());
    let output = process::run(&mut command, task)?;
    let mut programs = output.stdout.lines().filter_map(|line| {
        let message: Value = serde_json::from_str(line).ok()?;
        message.get("executable").and_then(Value::as_str).map(PathBuf::from)
    });
    programs.next_back().with_context(|| format!("Cargo built no program for {package}"))
}
