//! The folder per machine that outlives checkouts.

use std::{
    env,
    fs::{self, File, TryLockError},
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};

use crate::progress::Board;

/// `$PICASSO_HOME`, else `picasso/` in the user's cache folder.
#[derive(Debug, Clone)]
pub struct Home(PathBuf);

impl Home {
    /// Finds the folder; it is created when something is first put there.
    ///
    /// # Errors
    /// When neither `PICASSO_HOME` nor `HOME` is set.
    pub fn locate() -> Result<Self> {
        Self::from_variables(|name| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from))
    }

    fn from_variables(variable: impl Fn(&str) -> Option<PathBuf>) -> Result<Self> {
        if let Some(home) = variable("PICASSO_HOME") {
            return Ok(Self(std::path::absolute(home)?));
        }
        if let Some(cache) = variable("XDG_CACHE_HOME").filter(|path| path.is_absolute()) {
            return Ok(Self(cache.join("picasso")));
        }
        let home = variable("HOME").context("set PICASSO_HOME to a folder for the tools: HOME isn't set")?;
        let cache = if cfg!(target_os = "macos") { "Library/Caches" } else { ".cache" };
        Ok(Self(home.join(cache).join("picasso")))
    }

    /// Returns the folder of one item, and whether it had to be made. `make` fills a scratch folder on the same
    /// disk and names the subfolder of it to keep; only when it succeeds does the item appear, in one step, under
    /// its name. Other xtasks that want the same item wait meanwhile.
    ///
    /// # Errors
    /// Those of `make`; and when the folder can't be written.
    pub fn item(
        &self,
        name: &str,
        board: &Board,
        make: impl FnOnce(&Path) -> Result<PathBuf>,
    ) -> Result<(PathBuf, bool)> {
        let item = self.0.join(name);
        if item.is_dir() {
            return Ok((item, false));
        }
        fs::create_dir_all(&self.0).with_context(|| format!("can't create {}", self.0.display()))?;
        let lock = File::create(self.0.join(format!("{name}.lock")))?;
        if let Err(TryLockError::WouldBlock) = lock.try_lock() {
            board.line(format!("waiting for another xtask that is installing {name}"));
            lock.lock()?;
        } else {
            // Either held now, or the filesystem has no locks: then this reports it.
            lock.lock()?;
        }
        if item.is_dir() {
            return Ok((item, false));
        }
        let scratch = self.0.join(format!("{name}.part"));
        remove(&scratch)?;
        fs::create_dir_all(&scratch)?;
        let result = make(&scratch).and_then(|kept| {
            fs::rename(&kept, &item).with_context(|| format!("can't move {} into place", kept.display()))
        });
        remove(&scratch)?;
        result.map(|()| (item, true))
    }
}

fn remove(folder: &Path) -> Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("can't remove {}", folder.display()))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::{
        sync::atomic::{AtomicUsize, Ordering},
        thread,
    };

    use super::*;

    fn with(pairs: &[(&str, &str)]) -> Option<PathBuf> {
        let found = |name: &str| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| value.into());
        Home::from_variables(found).ok().map(|home| home.0)
    }

    #[test]
    fn an_explicit_home_wins_over_the_cache_folder() {
        let all = [("PICASSO_HOME", "/p"), ("XDG_CACHE_HOME", "/x"), ("HOME", "/h")];
        assert_eq!(with(&all), Some("/p".into()));
        assert_eq!(with(&all[1..]), Some("/x/picasso".into()));
        assert!(with(&all[2..]).unwrap().starts_with("/h"));
        assert_eq!(with(&[("XDG_CACHE_HOME", "relative")]), None);
        assert_eq!(with(&[]), None);
    }

    #[test]
    fn an_item_is_made_once_however_many_want_it() {
        let folder = tempfile::tempdir().unwrap();
        let (home, board, count) = (Home(folder.path().join("home")), Board::new(), AtomicUsize::new(0));
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    let make = |scratch: &Path| {
                        count.fetch_add(1, Ordering::SeqCst);
                        fs::create_dir(scratch.join("kept"))?;
                        fs::write(scratch.join("kept/file"), "whole")?;
                        Ok(scratch.join("kept"))
                    };
                    let (path, _) = home.item("tool-1", &board, make).unwrap();
                    assert_eq!(fs::read_to_string(path.join("file")).unwrap(), "whole");
                });
            }
        });
        assert_eq!(count.load(Ordering::SeqCst), 1);
    }

    #[test]
    fn a_failed_item_leaves_nothing_and_can_be_tried_again() {
        let folder = tempfile::tempdir().unwrap();
        let (home, board) = (Home(folder.path().to_owned()), Board::new());
        let failing = home.item("tool", &board, |scratch| {
            fs::write(scratch.join("half"), "")?;
            anyhow::bail!("no")
        });
        assert!(failing.is_err());
        assert!(!folder.path().join("tool").exists() && !folder.path().join("tool.part").exists());
        assert!(home.item("tool", &board, |scratch| Ok(scratch.to_owned())).unwrap().1);
    }
}
