//! What we can't install ourselves. Each check runs only when something is about to need it, and answers with one
//! line that says what to install.

use std::{
    env,
    path::PathBuf,
    process::{Command, Stdio},
};

use anyhow::{Context as _, Result, bail};

/// The oldest Node whose npm reads our lock file.
const OLDEST_NODE: u32 = 20;

const WASM: &str = "wasm32-unknown-unknown";

/// Node and npm, to install the pinned ones with.
pub fn node() -> Result<()> {
    let found = output("node", &["--version"]);
    match found.as_deref().map(major) {
        Some(Some(version)) if version >= OLDEST_NODE => {}
        Some(_) => {
            bail!("Node is too old ({}): install Node {OLDEST_NODE} or newer", found.unwrap_or_default())
        }
        None => bail!("Node is missing: install Node {OLDEST_NODE} or newer"),
    }
    if output("npm", &["--version"]).is_none() {
        bail!("npm is missing: install it (it comes with Node from most sources)");
    }
    Ok(())
}

/// A C compiler: Rust links through it, and the native tests compile `SQLite` with it.
pub fn compiler() -> Result<()> {
    let program = env::var("CC").unwrap_or_else(|_| "cc".to_owned());
    if output(&program, &["--version"]).is_none() {
        bail!(
            "a C compiler is missing: install gcc or clang (Debian: build-essential; macOS: xcode-select --install)"
        );
    }
    Ok(())
}

/// The standard library for wasm, added by rustup when it isn't there.
///
/// # Errors
/// When it isn't and can't be.
pub fn wasm_target() -> Result<()> {
    let folder = output("rustc", &["--print", "target-libdir", "--target", WASM])
        .context("rustc is missing: install Rust with rustup")?;
    if PathBuf::from(folder).is_dir() {
        return Ok(());
    }
    let added = Command::new("rustup").args(["target", "add", WASM]).stdin(Stdio::null()).output();
    match added {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => {
            bail!("`rustup target add {WASM}` failed: {}", String::from_utf8_lossy(&output.stderr).trim())
        }
        Err(_) => bail!("Rust's {WASM} target is missing and so is rustup: install Rust with rustup"),
    }
}

/// What a program prints, trimmed; none when it isn't there or fails.
fn output(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).stdin(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// `v20.1.2` is 20.
fn major(version: &str) -> Option<u32> {
    version.trim_start_matches('v').split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn node_versions_are_read() {
        assert_eq!(major("v20.20.2"), Some(20));
        assert_eq!(major("v8"), Some(8));
        assert_eq!(major("nonsense"), None);
    }
}
