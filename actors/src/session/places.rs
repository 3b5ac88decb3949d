//! How many jobs a session may have open at once. A place is kept from the request until the job's first event is here.

use crate::ids::JobId;
use crate::sql::{Fault, Sql};

/// Version 2.
pub const SCHEMA: &[&str] =
    &["CREATE TABLE reserved (job_id TEXT PRIMARY KEY, at_ms INTEGER NOT NULL) WITHOUT ROWID"];

/// How long a place is kept for a job that doesn't begin, in milliseconds.
pub const RESERVED_MS: i64 = 60_000;

/// Gives back a place that wasn't taken up.
///
/// # Errors
/// [`Fault::Storage`].
pub fn release(sql: &dyn Sql, job: &JobId) -> Result<(), Fault> {
    sql.exec("DELETE FROM reserved WHERE job_id = ?", &[job.as_str().into()])?;
    Ok(())
}

/// Keeps a place for a job; `false` when `most` jobs have one. A job that is known here has or had one already.
///
/// # Errors
/// [`Fault::Storage`].
pub fn reserve(sql: &dyn Sql, job: &JobId, most: u32, now: i64) -> Result<bool, Fault> {
    sql.exec(
        "DELETE FROM reserved WHERE at_ms <= ? OR job_id IN (SELECT job_id FROM jobs)",
        &[(now - RESERVED_MS).into()],
    )?;
    let known = sql.first(
        "SELECT 1 WHERE EXISTS (SELECT 1 FROM jobs WHERE job_id = ?1) OR EXISTS (SELECT 1 FROM reserved WHERE job_id = ?1)",
        &[job.as_str().into()],
    )?;
    if known.is_some() {
        return Ok(true);
    }
    let row = sql.first(
        "INSERT INTO reserved (job_id, at_ms) SELECT ?, ?
         WHERE (SELECT COUNT(*) FROM jobs WHERE open = 1) + (SELECT COUNT(*) FROM reserved) < ? RETURNING job_id",
        &[job.as_str().into(), now.into(), most.into()],
    )?;
    Ok(row.is_some())
}
