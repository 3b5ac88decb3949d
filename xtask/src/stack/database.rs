//! The local D1: migrations and the knowledge base, applied by wrangler as they are on Cloudflare.

use std::{fs, path::Path};

use anyhow::{Context as _, Result};

use crate::{digest::Digest, process, progress::Board, repo::Repo, setup::Tools};

const MIGRATIONS: &str = "migrations";
const SEED: &str = "seed/knowledge_base.sql";

/// Brings the database in `state` up to date. Starting wrangler costs seconds, so a stamp in the state folder
/// tells when neither the migrations nor the seed changed since the last time.
///
/// # Errors
/// What wrangler says when a migration or the seed fails.
pub fn prepare(repo: &Repo, tools: &Tools, state: &Path, board: &Board) -> Result<()> {
    let stamp = state.join("database.stamp");
    let key = Digest::default().folder(&repo.path(MIGRATIONS))?.file(&repo.path(SEED))?.finish();
    if fs::read_to_string(&stamp).is_ok_and(|done| done == key) {
        return Ok(());
    }
    fs::create_dir_all(state).with_context(|| format!("can't create {}", state.display()))?;
    let steps: [&[&str]; 2] =
        [&["d1", "migrations", "apply", "DB"], &["d1", "execute", "DB", "--yes", "--file", SEED]];
    board.watch("prepare the database", |task| {
        for step in steps {
            let mut command = tools.wrangler()?;
            command.args(step).args(["--local", "--persist-to"]).arg(state).current_dir(repo.root());
            super::keep_inside(&mut command, state);
            process::run(&mut command, task)?;
        }
        Ok(())
    })?;
    fs::write(&stamp, key)?;
    Ok(())
}
