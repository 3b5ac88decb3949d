//! The project's jobs: which there are, and how many may be open at once.
//!
//! A place is reserved before a job begins, so that many requests at once can't get past the limit. The job says when it
//! begins and when it has ended; a place that no job took up is free again after a while.

use crate::ids::{JobId, SessionId};
use crate::sql::{Fault, Sql};

/// Version 2.
pub const SCHEMA: &[&str] = &[
    "CREATE TABLE jobs (
       job_id TEXT PRIMARY KEY, session_id TEXT, reserved_at INTEGER NOT NULL, opened_at INTEGER, closed_at INTEGER)
       WITHOUT ROWID",
    "CREATE INDEX jobs_closed ON jobs (closed_at)",
    // Version 1 told the project nothing of jobs: those that have left pictures are known by them.
    "INSERT INTO jobs (job_id, reserved_at, opened_at, closed_at)
       SELECT job_id, MIN(created_at), MIN(created_at), MAX(created_at) FROM progressions
       WHERE job_id IS NOT NULL GROUP BY job_id",
];

/// How long a place is kept for a job that doesn't begin, in milliseconds.
pub const RESERVED_MS: i64 = 60_000;

/// Keeps a place for a job; `false` when `most` jobs have one. A job that has or had one gets no other.
///
/// # Errors
/// [`Fault::Storage`].
pub fn reserve(sql: &dyn Sql, job: &JobId, most: u32, now: i64) -> Result<bool, Fault> {
    if sql.first("SELECT 1 FROM jobs WHERE job_id = ?", &[job.as_str().into()])?.is_some() {
        return Ok(true);
    }
    sql.exec(
        "DELETE FROM jobs WHERE closed_at IS NULL AND opened_at IS NULL AND reserved_at <= ?",
        &[(now - RESERVED_MS).into()],
    )?;
    let row = sql.first(
        "INSERT INTO jobs (job_id, reserved_at) SELECT ?, ?
         WHERE (SELECT COUNT(*) FROM jobs WHERE closed_at IS NULL) < ? RETURNING job_id",
        &[job.as_str().into(), now.into(), most.into()],
    )?;
    Ok(row.is_some())
}

/// Notes that a job has open variants; `true` when it had none before.
///
/// # Errors
/// [`Fault::Storage`].
pub fn open(sql: &dyn Sql, job: &JobId, session: &SessionId, now: i64) -> Result<bool, Fault> {
    let known =
        sql.first("SELECT 1 FROM jobs WHERE job_id = ? AND opened_at IS NOT NULL", &[job.as_str().into()])?;
    sql.exec(
        "INSERT INTO jobs (job_id, session_id, reserved_at, opened_at) VALUES (?1, ?2, ?3, ?3)
         ON CONFLICT (job_id) DO UPDATE SET session_id = ?2, opened_at = COALESCE(opened_at, ?3), closed_at = NULL",
        &[job.as_str().into(), session.as_str().into(), now.into()],
    )?;
    Ok(known.is_none())
}

/// Notes that a job has ended.
///
/// # Errors
/// [`Fault::Storage`].
pub fn close(sql: &dyn Sql, job: &JobId, now: i64) -> Result<(), Fault> {
    sql.exec(
        "INSERT INTO jobs (job_id, reserved_at, opened_at, closed_at) VALUES (?1, ?2, ?2, ?2)
         ON CONFLICT (job_id) DO UPDATE SET closed_at = ?2",
        &[job.as_str().into(), now.into()],
    )?;
    Ok(())
}

/// At most `limit` of the jobs that have begun, by their ids, after `after`.
///
/// # Errors
/// [`Fault`].
pub fn after(sql: &dyn Sql, after: &str, limit: u32) -> Result<Vec<JobId>, Fault> {
    sql.exec(
        "SELECT job_id FROM jobs WHERE job_id > ? AND opened_at IS NOT NULL ORDER BY job_id LIMIT ?",
        &[after.into(), limit.into()],
    )?
    .iter()
    .map(|row| JobId::parse(&row.text(0)?).map_err(|error| Fault::corrupt("job id", error)))
    .collect()
}
