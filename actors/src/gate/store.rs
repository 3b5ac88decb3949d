//! A gate's table: the level of each address's bucket, and since when.

use crate::gate::message::Bucket;
use crate::gate::{MOST_BUCKETS, SWEEP_EVERY_MS};
use crate::sql::{Fault, Sql};

/// Version 1.
pub const SCHEMA: &[&str] = &[
    "CREATE TABLE buckets (address TEXT PRIMARY KEY, level INTEGER NOT NULL, at_ms INTEGER NOT NULL) WITHOUT ROWID",
    "CREATE INDEX buckets_at ON buckets (at_ms)",
];

/// Buckets that weren't used for so long are full again, with any bucket worth having; in milliseconds.
pub const IDLE_MS: i64 = 6 * SWEEP_EVERY_MS;

/// The level of an address's bucket now.
///
/// # Errors
/// [`Fault`].
pub fn level(sql: &dyn Sql, address: &str, bucket: Bucket, now: i64) -> Result<i64, Fault> {
    let row = sql.first("SELECT level, at_ms FROM buckets WHERE address = ?", &[address.into()])?;
    row.map_or_else(|| Ok(bucket.full()), |row| Ok(bucket.risen(row.integer(0)?, now - row.integer(1)?)))
}

/// Writes the level of an address's bucket.
///
/// # Errors
/// [`Fault::Storage`].
pub fn save(sql: &dyn Sql, address: &str, level: i64, now: i64) -> Result<(), Fault> {
    sql.exec(
        "INSERT INTO buckets (address, level, at_ms) VALUES (?, ?, ?)
         ON CONFLICT (address) DO UPDATE SET level = excluded.level, at_ms = excluded.at_ms",
        &[address.into(), level.into(), now.into()],
    )?;
    Ok(())
}

/// Forgets buckets that are full again, and the ones that weren't used for longest if there are too many. `true` when some
/// are left.
///
/// # Errors
/// [`Fault`].
pub fn sweep(sql: &dyn Sql, now: i64) -> Result<bool, Fault> {
    sql.exec("DELETE FROM buckets WHERE at_ms <= ?", &[(now - IDLE_MS).into()])?;
    sql.exec(
        "DELETE FROM buckets WHERE address IN (SELECT address FROM buckets ORDER BY at_ms DESC LIMIT -1 OFFSET ?)",
        &[MOST_BUCKETS.into()],
    )?;
    Ok(sql.first("SELECT 1 FROM buckets LIMIT 1", &[])?.is_some())
}
