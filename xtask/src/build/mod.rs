//! `cargo xtask build`: the release Worker in `build/`, which `wrangler deploy` ships.
//!
//! wrangler runs this too, through `[build]` in wrangler.toml, and right after our own build when `dev` starts it.
//! So the second half (wasm-bindgen, wasm-opt, esbuild) is skipped when nothing it reads has changed: Cargo decides
//! whether the wasm is fresh, and the stamp compares that wasm's bytes, the tools and the outputs.

mod program;
mod size;
mod traps;

use std::{
    env,
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    time::Instant,
};

use anyhow::{Context as _, Result};

pub use program::program;
pub use size::{BUDGET, Size};
pub use traps::{absent_from_release, with_traps};

use crate::{
    digest::Digest,
    process,
    progress::{Board, Task, seconds},
    repo::{self, Repo},
    setup::{self, Tools},
    together,
};

const TARGET: &str = "wasm32-unknown-unknown";

const OUTPUTS: [&str; 2] = ["build/index.js", "build/index_bg.wasm"];

/// Variables that worker-build reads beside the paths that we set.
const SWITCHES: [&str; 5] = ["NO_MINIFY", "RUN_TO_COMPLETION", "CUSTOM_SHIM", "COREDUMP", "COREDUMP_FLAGS"];

/// wasm-opt's arguments for the last step. The features are those that worker-build names, and no more: a newer
/// encoding than workerd knows must not come in here.
const DROP_NAMES: [&str; 8] = [
    "--strip-debug",
    "--enable-mutable-globals",
    "--enable-sign-ext",
    "--enable-nontrapping-float-to-int",
    "--enable-bulk-memory",
    "--enable-multivalue",
    "--enable-reference-types",
    "--enable-exception-handling",
];

/// What a Worker over its size budget means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gate {
    /// A failed build: it must not be deployed or land.
    Fail,
    /// A warning: it runs on this machine, and whoever is at it should know.
    Warn,
}

/// Set to `warn` in wrangler's environment by the local stack, since `[build]` has no other way to say so.
pub const GATE_VARIABLE: &str = "PICASSO_SIZE_GATE";

/// The first half of a build: fresh wasm, and the lock that keeps other builds of this checkout away from it.
struct Compiled {
    wasm: PathBuf,
    begun: Instant,
    _lock: File,
}

/// Builds the Worker when it isn't up to date, and reports its size. Installs the tools that the second half needs
/// while the first one compiles.
///
/// # Errors
/// Compiler errors as Cargo prints them; those of the set-up; with [`Gate::Fail`] when the Worker is over its size
/// budget.
pub fn worker(repo: &Repo, board: &Board, gate: Gate) -> Result<Tools> {
    let (for_tools, tools_board) = (repo.clone(), board.clone());
    let (for_wasm, wasm_board) = (repo.clone(), board.clone());
    let (tools, compiled) = together::both(
        move || Tools::ensure(&for_tools, &tools_board),
        move || wasm_board.watch("compile the Worker", |task| compile(&for_wasm, task)),
    )?;
    let begun = compiled.begun;
    let task = board.task("bundle the Worker");
    match finish(repo, &tools, &compiled, &task) {
        Ok((size, fresh)) => {
            let took =
                if fresh { "up to date".to_owned() } else { format!("{} in all", seconds(begun.elapsed())) };
            task.done(&format!("{took}, {size}"));
            match (size.within_budget(), gate) {
                (Err(error), Gate::Fail) => return Err(error),
                (Err(error), Gate::Warn) => board.line(format!("warning: {error}")),
                (Ok(()), _) => {}
            }
            Ok(tools)
        }
        Err(error) => {
            task.failed();
            Err(error)
        }
    }
}

impl Gate {
    /// What [`GATE_VARIABLE`] says; fails unless it says otherwise.
    pub fn from_environment() -> Self {
        if env::var(GATE_VARIABLE).is_ok_and(|value| value == "warn") { Self::Warn } else { Self::Fail }
    }
}

/// The same Cargo call that worker-build makes, variables included, so that its own finds everything fresh. It
/// respects `CARGO_TARGET_DIR`, `RUSTFLAGS` and the rest, as Cargo does.
fn compile(repo: &Repo, task: &Task) -> Result<Compiled> {
    let begun = Instant::now();
    setup::wasm_target()?;
    let stamp = stamp(repo);
    if let Some(folder) = stamp.parent() {
        fs::create_dir_all(folder)?;
    }
    // One build at a time in this checkout: wrangler's and ours write the same files.
    let lock = lock(&stamp.with_extension("lock"))?;
    let mut command = process::command(repo::cargo())?;
    command
        .args(["build", "--lib", "--release", "--target", TARGET, "--package", "picasso-backend"])
        .current_dir(repo.root())
        .env("WASM_BINDGEN_USE_JS_SYS", "1");
    process::run(&mut command, task)?;
    let wasm = repo.target().join(TARGET).join("release/picasso_backend.wasm");
    Ok(Compiled { wasm, begun, _lock: lock })
}

fn lock(path: &Path) -> Result<File> {
    let lock = File::create(path)?;
    lock.lock()?;
    Ok(lock)
}

/// The second half, unless nothing that it reads has changed. Returns the size, and whether it was skipped.
fn finish(repo: &Repo, tools: &Tools, compiled: &Compiled, task: &Task) -> Result<(Size, bool)> {
    let stamp = stamp(repo);
    let before = inputs(repo, &tools.key(), &compiled.wasm)?;
    let fresh =
        fs::read_to_string(&stamp).is_ok_and(|old| outputs(repo, &before).is_ok_and(|now| old == now));
    if !fresh {
        task.now("wasm-bindgen, wasm-opt, esbuild");
        let mut command = tools.worker_build()?;
        // `--package`: at the root of the workspace Cargo would build every default member for wasm.
        command.args(["--release", "--package", "picasso-backend"]).current_dir(repo.root());
        process::run(&mut command, task)?;
        drop_names(repo, tools, task)?;
        // worker-build calls Cargo again: an edit in between makes other wasm, which this stamp must not vouch for.
        if inputs(repo, &tools.key(), &compiled.wasm)? == before {
            fs::write(&stamp, outputs(repo, &before)?)?;
        }
    }
    Ok((Size::of(&repo.path("build/index_bg.wasm"))?, fresh))
}

/// Function names are a ninth of the gzipped size, and worker-build always keeps them. What is shipped goes without;
/// the wasm with its names stays beside the stamp, to read a production stack trace with.
fn drop_names(repo: &Repo, tools: &Tools, task: &Task) -> Result<()> {
    let shipped = repo.path("build/index_bg.wasm");
    let named = stamp(repo).with_file_name("worker.names.wasm");
    fs::copy(&shipped, &named)?;
    let mut command = tools.wasm_opt()?;
    command.args(DROP_NAMES).arg("--output").arg(&shipped).arg(&named);
    process::run(&mut command, task)?;
    Ok(())
}

fn stamp(repo: &Repo) -> PathBuf {
    repo.target().join("xtask/worker.stamp")
}

/// All that the second half of the build reads.
fn inputs(repo: &Repo, tools: &str, wasm: &Path) -> Result<String> {
    let bytes = fs::read(wasm).with_context(|| format!("Cargo left no {}", wasm.display()))?;
    let mut digest = Digest::default()
        .part("wasm", &bytes)
        .part("tools", tools.as_bytes())
        .part("last step", DROP_NAMES.join(" ").as_bytes())
        .part("manifest", &fs::read(repo.path("Cargo.toml"))?);
    for name in SWITCHES {
        let value = env::var(name).ok();
        digest = digest.part(name, format!("{value:?}").as_bytes());
    }
    Ok(digest.finish())
}

/// The stamp: inputs and outputs, so that a damaged or foreign `build/` is built again.
fn outputs(repo: &Repo, inputs: &str) -> io::Result<String> {
    let mut digest = Digest::default().part("inputs", inputs.as_bytes());
    for name in OUTPUTS {
        digest = digest.part(name, &fs::read(repo.path(name))?);
    }
    Ok(digest.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checkout() -> (tempfile::TempDir, Repo, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let wasm = folder.path().join("raw.wasm");
        fs::create_dir(folder.path().join("build")).unwrap();
        for path in [wasm.clone(), folder.path().join("Cargo.toml")] {
            fs::write(path, "1").unwrap();
        }
        for output in OUTPUTS {
            fs::write(folder.path().join(output), "1").unwrap();
        }
        let repo = Repo::at(folder.path().to_owned(), folder.path().join("target"));
        (folder, repo, wasm)
    }

    #[test]
    fn a_stamp_holds_while_nothing_changes() {
        let (_folder, repo, wasm) = checkout();
        let stamp = || outputs(&repo, &inputs(&repo, "tools 1", &wasm).unwrap()).unwrap();
        assert_eq!(stamp(), stamp());
    }

    #[test]
    fn a_stamp_breaks_with_the_wasm_the_manifest_the_tools_and_every_output() {
        let (folder, repo, wasm) = checkout();
        let stamp = |tools| outputs(&repo, &inputs(&repo, tools, &wasm).unwrap()).unwrap();
        let built = stamp("tools 1");
        assert_ne!(stamp("tools 2"), built);
        for changed in ["raw.wasm", "Cargo.toml", OUTPUTS[0], OUTPUTS[1]] {
            let path = folder.path().join(changed);
            fs::write(&path, "2").unwrap();
            assert_ne!(stamp("tools 1"), built, "{changed}");
            fs::write(&path, "1").unwrap();
            assert_eq!(stamp("tools 1"), built, "{changed}");
        }
    }

    #[test]
    fn a_missing_output_is_never_up_to_date() {
        let (folder, repo, wasm) = checkout();
        fs::remove_file(folder.path().join(OUTPUTS[1])).unwrap();
        assert!(outputs(&repo, &inputs(&repo, "tools 1", &wasm).unwrap()).is_err());
    }
}
