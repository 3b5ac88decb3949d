//! `cargo xtask build`: the release Worker in `build/`, which `wrangler deploy` ships.
//!
//! wrangler runs this too, through `[build]` in wrangler.toml, and right after our own build when `dev` starts it.
//! So the second half (wasm-bindgen, wasm-opt, esbuild) is skipped when nothing it reads has changed: Cargo decides
//! whether the wasm is fresh, and the stamp compares that wasm's bytes, the tools and the outputs.

mod size;

use std::{
    env, fs,
    fs::File,
    io,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};

pub use size::{BUDGET, Size};

use crate::{
    digest::Digest,
    process,
    progress::{Board, Task},
    repo::{self, Repo},
    setup::Tools,
};

const TARGET: &str = "wasm32-unknown-unknown";

const OUTPUTS: [&str; 2] = ["build/index.js", "build/index_bg.wasm"];

/// Variables that worker-build reads beside the paths that we set.
const SWITCHES: [&str; 5] = ["NO_MINIFY", "RUN_TO_COMPLETION", "CUSTOM_SHIM", "COREDUMP", "COREDUMP_FLAGS"];

/// Builds the Worker when it isn't up to date, and reports its size.
///
/// # Errors
/// Compiler errors as Cargo prints them; and when the Worker is over its size budget.
pub fn worker(repo: &Repo, tools: &Tools, board: &Board) -> Result<()> {
    let task = board.task("build the Worker");
    match build(repo, tools, &task) {
        Ok((size, fresh)) => {
            task.done(&format!("{}{size}", if fresh { "up to date, " } else { "" }));
            size.within_budget()
        }
        Err(error) => {
            task.failed();
            Err(error)
        }
    }
}

fn build(repo: &Repo, tools: &Tools, task: &Task) -> Result<(Size, bool)> {
    let stamp = repo.target().join("xtask/worker.stamp");
    if let Some(folder) = stamp.parent() {
        fs::create_dir_all(folder)?;
    }
    // One build at a time in this checkout: wrangler's and ours write the same files.
    let lock = File::create(stamp.with_extension("lock"))?;
    lock.lock()?;
    let wasm = compile(repo, task)?;
    let inputs = inputs(repo, tools, &wasm)?;
    if fs::read_to_string(&stamp).is_ok_and(|old| outputs(repo, &inputs).is_ok_and(|now| old == now)) {
        return Ok((Size::of(&repo.path("build/index_bg.wasm"))?, true));
    }
    task.now("wasm-bindgen, wasm-opt, esbuild");
    let mut command = tools.worker_build()?;
    // `--package`: at the root of the workspace Cargo would build every default member for wasm.
    command.args(["--release", "--package", "picasso-backend"]).current_dir(repo.root());
    process::run(&mut command, task)?;
    fs::write(&stamp, outputs(repo, &inputs)?)?;
    Ok((Size::of(&repo.path("build/index_bg.wasm"))?, false))
}

/// The same Cargo call that worker-build makes, variables included, so that its own finds everything fresh. It
/// respects `CARGO_TARGET_DIR`, `RUSTFLAGS` and the rest, as Cargo does.
fn compile(repo: &Repo, task: &Task) -> Result<PathBuf> {
    let mut command = process::command(repo::cargo())?;
    command
        .args(["build", "--lib", "--release", "--target", TARGET, "--package", "picasso-backend"])
        .current_dir(repo.root())
        .env("WASM_BINDGEN_USE_JS_SYS", "1");
    process::run(&mut command, task)?;
    Ok(repo.target().join(TARGET).join("release/picasso_backend.wasm"))
}

/// All that the second half of the build reads.
fn inputs(repo: &Repo, tools: &Tools, wasm: &Path) -> Result<String> {
    let bytes = fs::read(wasm).with_context(|| format!("Cargo left no {}", wasm.display()))?;
    let mut digest = Digest::default()
        .part("wasm", &bytes)
        .part("tools", tools.key().as_bytes())
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
