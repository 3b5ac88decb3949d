//! The Worker with traps on demand (the feature `trap-tests`), in a folder of its own beside everything else that is built.
//!
//! It's a debug build: what it is for is the guard around the wasm, not the wasm. Nothing of it is ever deployed, and
//! [`absent_from_release`] proves that the release knows nothing of it.

use std::{
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, bail};

use super::{OUTPUTS, lock};
use crate::{process, progress::Board, repo::Repo, setup::Tools};

/// In every text of the feature: its route, its messages, the name of what it keeps.
const MARKER: &[u8] = b"trap-tests";

/// Builds it; the folder with its `wrangler.toml`.
///
/// # Errors
/// Compiler errors as Cargo prints them.
pub fn with_traps(repo: &Repo, tools: &Tools, board: &Board) -> Result<PathBuf> {
    let folder = repo.target().join("xtask/trap");
    fs::create_dir_all(folder.join("src"))?;
    let _lock = lock(&folder.join("lock"))?;
    board.watch("build the Worker with traps", |task| {
        let mut command = tools.worker_build()?;
        command
            .args(["--dev", "--out-dir"])
            .arg(folder.join("build"))
            .args(["--package", "picasso-backend", "--features", "trap-tests"])
            .current_dir(repo.root());
        process::run(&mut command, task)
    })?;
    fs::copy(repo.path("src/index.ts"), folder.join("src/index.ts"))?;
    fs::write(folder.join("wrangler.toml"), settings(&fs::read_to_string(repo.path("wrangler.toml"))?))?;
    let public = folder.join("public");
    if !public.exists() {
        symlink(repo.path("public"), &public)?;
    }
    Ok(folder)
}

/// Proves that the release has nothing of the feature, by what the build with it has.
///
/// # Errors
/// When it has; when the build with traps hasn't either, since then this proves nothing.
pub fn absent_from_release(repo: &Repo, folder: &Path) -> Result<()> {
    let [_, wasm] = OUTPUTS;
    if !contains(&folder.join(wasm), MARKER)? {
        bail!("the build with traps doesn't have the marker, so that its absence proves nothing");
    }
    for output in OUTPUTS {
        if contains(&repo.path(output), MARKER)? {
            bail!("{output} has traps: it was built with the feature trap-tests");
        }
    }
    Ok(())
}

/// The settings without the build of the release, and with a queue that doesn't wait for more.
fn settings(release: &str) -> String {
    let before = release.split("\n[build]").next().unwrap_or(release);
    before.replace("max_batch_timeout = 30", "max_batch_timeout = 1")
}

fn contains(file: &Path, marker: &[u8]) -> Result<bool> {
    let bytes = fs::read(file).with_context(|| format!("can't read {}", file.display()))?;
    Ok(bytes.windows(marker.len()).any(|window| window == marker))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checkout(release: &str, with_traps: &str) -> (tempfile::TempDir, Repo, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let repo = Repo::at(folder.path().to_owned(), folder.path().join("target"));
        let traps = folder.path().join("traps");
        for (root, text) in [(folder.path(), release), (traps.as_path(), with_traps)] {
            fs::create_dir_all(root.join("build")).unwrap();
            for output in OUTPUTS {
                fs::write(root.join(output), text).unwrap();
            }
        }
        (folder, repo, traps)
    }

    #[test]
    fn a_release_without_traps_passes() {
        let (_folder, repo, traps) = checkout("a release", "\0trap-tests: told to panic\0");
        absent_from_release(&repo, &traps).unwrap();
    }

    #[test]
    fn a_release_with_traps_is_found_out() {
        let (_folder, repo, traps) = checkout("/trap-tests/arm", "\0trap-tests: told to panic\0");
        assert!(absent_from_release(&repo, &traps).unwrap_err().to_string().contains("has traps"));
    }

    #[test]
    fn a_marker_that_no_build_has_proves_nothing() {
        let (_folder, repo, traps) = checkout("a release", "another text");
        assert!(absent_from_release(&repo, &traps).unwrap_err().to_string().contains("proves nothing"));
    }

    #[test]
    fn the_settings_build_nothing_and_dont_wait() {
        let made = settings("name = \"p\"\nmax_batch_timeout = 30\n\n[build]\ncommand = \"x\"\n");
        assert_eq!(made, "name = \"p\"\nmax_batch_timeout = 1\n");
    }
}
