//! worker-build and wasm-bindgen, compiled here from crates.io as `xtask/tools/Cargo.lock` pins them.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, bail};

use super::{cache::Home, prerequisites};
use crate::{
    digest::Digest,
    process,
    progress::{Board, Task},
    repo::{self, Repo},
};

const PROGRAMS: [&str; 2] = ["worker-build", "wasm-bindgen"];

/// The folder that holds both programs, and whether they had to be compiled.
pub fn ensure(repo: &Repo, home: &Home, board: &Board) -> Result<(PathBuf, bool)> {
    let workspace = repo.path("xtask/tools");
    let locks =
        (fs::read_to_string(repo.path("Cargo.lock"))?, fs::read_to_string(workspace.join("Cargo.lock"))?);
    same_bindgen(&locks.0, &locks.1)?;
    let key = Digest::default().folder(&workspace)?.finish();
    let name =
        format!("rust-tools-{}-{}-{}", env::consts::OS, env::consts::ARCH, key.get(..16).unwrap_or(&key));
    home.item(&name, board, |scratch| {
        prerequisites::compiler()?;
        let name = "compile worker-build and wasm-bindgen (once per machine)";
        board.watch(name, |task| compile(&workspace, scratch, task))
    })
}

/// One Cargo run for both, so that what they share compiles once. `cargo install` can't do that, and would ignore
/// our lock wherever a dependency is replaced.
fn compile(workspace: &Path, scratch: &Path, task: &Task) -> Result<PathBuf> {
    let target = scratch.join("target");
    let mut command = process::command(repo::cargo())?;
    command
        .args(["build", "--locked", "--manifest-path"])
        .arg(workspace.join("Cargo.toml"))
        .args([
            "-p",
            "worker-build",
            "-p",
            "wasm-bindgen-cli",
            "--bin",
            "worker-build",
            "--bin",
            "wasm-bindgen",
        ])
        .args(["--config", "future-incompat-report.frequency='never'"])
        // The checkout's settings and the user's flags for the product aren't meant for its tools.
        .current_dir(scratch)
        .env("CARGO_TARGET_DIR", &target)
        .env_remove("CARGO_BUILD_TARGET")
        .env_remove("RUSTFLAGS")
        .env_remove("CARGO_ENCODED_RUSTFLAGS");
    process::run(&mut command, task)?;
    let bin = scratch.join("bin");
    fs::create_dir(&bin)?;
    for program in PROGRAMS {
        let built = target.join("debug").join(program);
        fs::rename(&built, bin.join(program))
            .with_context(|| format!("Cargo didn't leave {}", built.display()))?;
    }
    Ok(bin)
}

/// wasm-bindgen refuses modules of any version but its own, so the pinned program and the locked library must agree.
fn same_bindgen(product: &str, tools: &str) -> Result<()> {
    let library = locked(product, "wasm-bindgen").context("Cargo.lock has no wasm-bindgen")?;
    let program =
        locked(tools, "wasm-bindgen-cli").context("xtask/tools/Cargo.lock has no wasm-bindgen-cli")?;
    if library != program {
        bail!(
            "Cargo.lock has wasm-bindgen {library}, xtask/tools pins {program}: set {library} in xtask/tools/Cargo.toml and run `cargo update` there"
        );
    }
    Ok(())
}

/// The version of a package in a Cargo.lock. Its format puts the version right below the name.
fn locked<'a>(lock: &'a str, package: &str) -> Option<&'a str> {
    let name = format!("name = \"{package}\"");
    let mut lines = lock.lines().skip_while(|line| *line != name);
    lines.nth(1)?.strip_prefix("version = \"")?.strip_suffix('"')
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCK: &str = "[[package]]\nname = \"serde-wasm-bindgen\"\nversion = \"0.6.5\"\n\n[[package]]\nname = \"wasm-bindgen\"\nversion = \"0.2.130\"\n";

    #[test]
    fn a_locked_version_is_found_by_the_whole_name() {
        assert_eq!(locked(LOCK, "wasm-bindgen"), Some("0.2.130"));
        assert_eq!(locked(LOCK, "bindgen"), None);
    }

    #[test]
    fn different_versions_are_refused_with_both_named() {
        let error =
            same_bindgen(LOCK, "name = \"wasm-bindgen-cli\"\nversion = \"0.2.1\"\n").unwrap_err().to_string();
        assert!(error.contains("wasm-bindgen 0.2.130") && error.contains("pins 0.2.1:"), "{error}");
    }

    #[test]
    fn the_pinned_program_fits_the_locked_library() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let product = fs::read_to_string(root.join("../Cargo.lock")).unwrap();
        let tools = fs::read_to_string(root.join("tools/Cargo.lock")).unwrap();
        same_bindgen(&product, &tools).unwrap();
        assert_eq!(locked(&tools, "worker-build"), locked(&product, "worker"));
    }
}
