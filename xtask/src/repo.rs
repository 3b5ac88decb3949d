//! Where things are in this checkout.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail};
use serde_json::Value;

/// One checkout of the repository.
#[derive(Debug, Clone)]
pub struct Repo {
    root: PathBuf,
    target: PathBuf,
}

impl Repo {
    /// Finds the checkout that Cargo runs us from, else the one around the working directory.
    ///
    /// # Errors
    /// When neither is a checkout of this project, or Cargo can't read its manifests.
    pub fn locate() -> Result<Self> {
        let root = match env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from) {
            Some(package) => package.parent().map(Path::to_path_buf).filter(|root| is_root(root)),
            None => None,
        };
        let root = match root {
            Some(root) => root,
            None => env::current_dir()?
                .ancestors()
                .find(|folder| is_root(folder))
                .map(Path::to_path_buf)
                .context(
                    "run this inside a checkout: no folder above this one has wrangler.toml and xtask/",
                )?,
        };
        let target = target_folder(&root)?;
        Ok(Self { root, target })
    }

    /// A checkout in folders of a test's own.
    #[cfg(test)]
    pub(crate) fn at(root: PathBuf, target: PathBuf) -> Self {
        Self { root, target }
    }

    /// The folder with `wrangler.toml`.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Cargo's target folder, wherever the user's settings put it.
    pub fn target(&self) -> &Path {
        &self.target
    }

    /// A path inside the checkout.
    pub fn path(&self, relative: impl AsRef<Path>) -> PathBuf {
        self.root.join(relative)
    }
}

fn is_root(folder: &Path) -> bool {
    folder.join("wrangler.toml").is_file() && folder.join("xtask/Cargo.toml").is_file()
}

/// Asks Cargo, since the folder can come from its configuration as well as from `CARGO_TARGET_DIR`.
fn target_folder(root: &Path) -> Result<PathBuf> {
    let output = Command::new(cargo())
        .args(["metadata", "--no-deps", "--format-version", "1"])
        .current_dir(root)
        .output()
        .context("cargo is missing: install Rust with rustup")?;
    if !output.status.success() {
        bail!("cargo metadata failed:\n{}", String::from_utf8_lossy(&output.stderr).trim());
    }
    let metadata: Value = serde_json::from_slice(&output.stdout)?;
    let folder = metadata.get("target_directory").and_then(Value::as_str);
    Ok(folder.context("cargo metadata names no target folder")?.into())
}

/// The Cargo that runs us, so that a toolchain chosen with `cargo +…` stays chosen.
pub fn cargo() -> std::ffi::OsString {
    env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}
