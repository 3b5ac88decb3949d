//! SHA-256 over files and strings: the keys of everything that is skipped when it is unchanged.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use sha2::{Digest as _, Sha256};

/// Collects named parts; the order of parts matters.
#[derive(Default)]
pub struct Digest(Sha256);

impl Digest {
    /// Adds a named value. Lengths are hashed too, so that no two lists of parts look alike.
    #[must_use]
    pub fn part(mut self, name: &str, value: &[u8]) -> Self {
        for bytes in [name.as_bytes(), value] {
            self.0.update((bytes.len() as u64).to_le_bytes());
            self.0.update(bytes);
        }
        self
    }

    /// Adds a file's bytes under its path; a missing file counts as such.
    ///
    /// # Errors
    /// When the file exists and can't be read.
    pub fn file(self, path: &Path) -> Result<Self> {
        let name = path.to_string_lossy();
        match fs::read(path) {
            Ok(bytes) => Ok(self.part(&name, &bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Ok(self.part(&name, b"").part("absent", b""))
            }
            Err(error) => Err(error).with_context(|| format!("can't read {}", path.display())),
        }
    }

    /// Adds every file below `folder`, under its path relative to it, in a fixed order.
    ///
    /// # Errors
    /// When a file or folder can't be read.
    pub fn folder(mut self, folder: &Path) -> Result<Self> {
        for path in files(folder)? {
            let bytes = fs::read(&path).with_context(|| format!("can't read {}", path.display()))?;
            let name = path.strip_prefix(folder).unwrap_or(&path).to_string_lossy().into_owned();
            self = self.part(&name, &bytes);
        }
        Ok(self)
    }

    /// 64 hexadecimal digits.
    pub fn finish(self) -> String {
        hex(&self.0.finalize())
    }
}

/// Lower-case hexadecimal digits of `bytes`.
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a String can't fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Every file below `folder`, sorted; none when the folder is missing. `target` folders are passed over.
fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(next) = open.pop() {
        let entries = match fs::read_dir(&next) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error).with_context(|| format!("can't list {}", next.display())),
        };
        for entry in entries {
            let entry = entry?;
            if !entry.file_type()?.is_dir() {
                found.push(entry.path());
            } else if entry.file_name() != "target" {
                open.push(entry.path());
            }
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_dont_run_into_each_other() {
        let one = Digest::default().part("a", b"bc").finish();
        let other = Digest::default().part("ab", b"c").finish();
        assert_ne!(one, other);
        assert_eq!(one.len(), 64);
    }

    #[test]
    fn a_folder_changes_with_a_name_a_byte_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let hash = || Digest::default().folder(folder.path()).unwrap().finish();
        let empty = hash();
        fs::create_dir(folder.path().join("sub")).unwrap();
        assert_eq!(hash(), empty);
        fs::write(folder.path().join("sub/a"), "1").unwrap();
        let first = hash();
        assert_ne!(first, empty);
        fs::write(folder.path().join("sub/a"), "1").unwrap();
        assert_eq!(hash(), first);
        fs::write(folder.path().join("sub/a"), "2").unwrap();
        assert_ne!(hash(), first);
        fs::rename(folder.path().join("sub/a"), folder.path().join("sub/b")).unwrap();
        fs::write(folder.path().join("sub/b"), "1").unwrap();
        assert_ne!(hash(), first);
    }

    #[test]
    fn a_missing_file_differs_from_an_empty_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("f");
        let missing = Digest::default().file(&path).unwrap().finish();
        fs::write(&path, "").unwrap();
        assert_ne!(Digest::default().file(&path).unwrap().finish(), missing);
    }
}
