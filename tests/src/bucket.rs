//! The local R2 from outside: what lies in it, to the byte.

use std::fs;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags};

use crate::{database, stack};

/// The bucket.
#[derive(Debug)]
pub struct Bucket {
    objects: Connection,
    blobs: PathBuf,
}

impl Bucket {
    /// Finds its files and opens them.
    pub fn open() -> Self {
        let folder = stack::state().join("v3/r2");
        let objects = database::with_table(&folder.join("miniflare-R2BucketObject"), "_mf_objects");
        Self { objects, blobs: folder.join("picasso-backend/blobs") }
    }

    /// An object's bytes.
    pub fn get(&self, key: &str) -> Option<Vec<u8>> {
        let blob = "SELECT blob_id FROM _mf_objects WHERE key = ?";
        let blob: String = self.objects.query_row(blob, [key], |row| row.get(0)).ok()?;
        fs::read(self.blobs.join(blob)).ok()
    }

    /// Loses an object.
    pub fn remove(&self, key: &str) {
        assert_eq!(self.write("DELETE FROM _mf_objects WHERE key = ?", &[key]), 1, "{key}");
    }

    /// Has an object's bytes lie under another key too, with metadata of their own.
    pub fn copy(&self, from: &str, to: &str, metadata: &str) {
        let copied = self.write(
            "INSERT INTO _mf_objects SELECT ?, blob_id, version, size, etag, uploaded, checksums, http_metadata, ?
             FROM _mf_objects WHERE key = ?",
            &[to, metadata, from],
        );
        assert_eq!(copied, 1, "{from}");
    }

    /// The rows that a statement has changed.
    fn write(&self, statement: &str, params: &[&str]) -> usize {
        let path = Path::new(self.objects.path().unwrap());
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags).unwrap();
        connection.busy_timeout(database::BUSY).unwrap();
        connection.execute(statement, rusqlite::params_from_iter(params)).unwrap()
    }
}
