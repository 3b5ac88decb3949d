//! wrangler, esbuild, binaryen and Node itself, from npm as `package-lock.json` pins them.

use std::{
    env, fs, io,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};

use super::{cache::Home, prerequisites};
use crate::{
    digest::Digest,
    process,
    progress::{Board, Task},
    repo::Repo,
};

const FILES: [&str; 3] = ["package.json", "package-lock.json", ".npmrc"];

/// The folder of the installed packages, and whether they had to be installed.
pub fn ensure(repo: &Repo, home: &Home, board: &Board) -> Result<(PathBuf, bool)> {
    let mut digest = Digest::default();
    for file in FILES {
        let bytes = fs::read(repo.path(file)).with_context(|| format!("can't read {file}"))?;
        digest = digest.part(file, &bytes);
    }
    let key = digest.finish();
    let name = format!("npm-{}-{}-{}", env::consts::OS, env::consts::ARCH, key.get(..16).unwrap_or(&key));
    let (item, made) = home.item(&name, board, |scratch| {
        prerequisites::node()?;
        let name = "install wrangler, esbuild, binaryen and Node 24 from npm (once per machine)";
        board.watch(name, |task| install(repo, scratch, task))
    })?;
    Ok((item.join("node_modules"), made))
}

/// Points `node_modules` of the checkout at the packages, so that `npx wrangler …` works in it. A folder that
/// somebody made there by hand is left alone.
pub fn link(repo: &Repo, modules: &Path) -> Result<()> {
    let link = repo.path("node_modules");
    match fs::read_link(&link) {
        Ok(target) if target == modules => return Ok(()),
        Ok(_) => fs::remove_file(&link)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(_) => return Ok(()),
    }
    match symlink(modules, &link) {
        // Another xtask in the same checkout was faster.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        other => other.context("can't link node_modules"),
    }
}

/// Without install scripts: the packages ship their programs for each platform as packages of their own, so no
/// script has anything to do, and none gets to run.
fn install(repo: &Repo, scratch: &Path, task: &Task) -> Result<PathBuf> {
    let folder = scratch.join("packages");
    fs::create_dir(&folder)?;
    for file in FILES {
        fs::copy(repo.path(file), folder.join(file))?;
    }
    let mut npm = process::command("npm")?;
    npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]).current_dir(&folder);
    process::run(&mut npm, task)?;
    let wrangler = folder.join("node_modules/.bin/wrangler");
    let node = folder.join("node_modules/.bin/node");
    let mut check = process::command(&node)?;
    check.arg(&wrangler).arg("--version").env("WRANGLER_SEND_METRICS", "false");
    process::run(&mut check, task).with_context(|| format!("wrangler doesn't run on {}", node.display()))?;
    Ok(folder)
}
