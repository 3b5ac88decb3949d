//! The local R2, looked at from outside: its index is an `SQLite` file beside the running workerd, and each object is a file.

use std::fs;
use std::path::PathBuf;

use rusqlite::Connection;

use crate::{database, stack};

/// Miniflare's folder with the indexes of all buckets.
const INDEXES: &str = "miniflare-R2BucketObject";

/// The one bucket.
#[derive(Debug)]
pub struct Bucket {
    index: Connection,
    objects: PathBuf,
}

impl Bucket {
    /// Finds index and objects. There must be an object already: the files come with the first.
    pub fn open() -> Self {
        let folder = stack::state().join("v3/r2");
        let buckets = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
        let mut buckets = buckets.filter(|path| !path.ends_with(INDEXES));
        let objects = buckets.next().expect("a bucket").join("blobs");
        assert!(buckets.next().is_none(), "two buckets in {}", folder.display());
        Self { index: database::with_table(&folder.join(INDEXES), "_mf_objects"), objects }
    }

    /// The bytes under this key; `None` when there's nothing.
    pub fn get(&self, key: &str) -> Option<Vec<u8>> {
        let statement = "SELECT blob_id FROM _mf_objects WHERE key = ?";
        let blob = self.index.query_row(statement, [key], |row| row.get::<_, String>(0)).ok()?;
        Some(fs::read(self.objects.join(blob)).unwrap())
    }
}
