//! A session's tables: its head (epoch, last `seq`, how far events are gone), its events as the frames that were sent, the
//! jobs that they are of, and open tickets.

use crate::ids::JobId;
use crate::session::frame::{Frame, OpenJob};
use crate::session::message::Ticket;
use crate::sql::{Fault, Row, Sql};

/// Version 1.
pub const SCHEMA: &[&str] = &[
    "CREATE TABLE head (id INTEGER PRIMARY KEY CHECK (id = 1), epoch TEXT NOT NULL, last_seq INTEGER NOT NULL)",
    "CREATE TABLE events (seq INTEGER PRIMARY KEY, frame TEXT NOT NULL, at_ms INTEGER NOT NULL)",
    "CREATE TABLE tickets (ticket TEXT PRIMARY KEY, expires_at INTEGER NOT NULL) WITHOUT ROWID",
];

/// Version 2: events know their job, jobs whether they are open, and events can go. The timer is the retention's: a week and
/// an hour after the oldest event.
pub const SCHEMA_2: &[&str] = &[
    "ALTER TABLE head ADD COLUMN trimmed_to INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE events ADD COLUMN job_id TEXT",
    "UPDATE events SET job_id = json_extract(frame, '$.data.jobId')",
    "CREATE INDEX events_job ON events (job_id, seq)",
    "CREATE TABLE jobs (
       job_id TEXT PRIMARY KEY, first_seq INTEGER NOT NULL, opened_at INTEGER NOT NULL, open INTEGER NOT NULL
     ) WITHOUT ROWID",
    "INSERT INTO jobs (job_id, first_seq, opened_at, open)
     SELECT job_id, MIN(seq), MIN(at_ms), 1 - MAX(json_extract(frame, '$.type') = 'complete'
       AND json_extract(frame, '$.data.variantIndex') IS NULL)
     FROM events WHERE job_id IS NOT NULL GROUP BY job_id",
    "INSERT INTO timers (name, at_ms) SELECT 'retention', MIN(at_ms) + 608400000 FROM events HAVING COUNT(*) > 0",
];

/// How far the log goes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Head {
    /// Tells two lives of the state apart; empty for a session that has had no event.
    pub epoch: String,
    /// The last event's number; 0 for none.
    pub last_seq: i64,
    /// Of the events up to this one, some are gone; none after it is.
    pub trimmed_to: i64,
}

/// What may go: see [`crate::session::retention`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Events taken in up to then, epoch milliseconds.
    pub at: i64,
    /// Events up to this one.
    pub seq: i64,
    /// Also those of open jobs, when these were opened up to then, epoch milliseconds.
    pub opened_at: i64,
}

/// Takes the next sequence number, and says how far events are gone. The first one ever starts an epoch.
///
/// # Errors
/// [`Fault::Storage`].
pub fn next_seq(sql: &dyn Sql, epoch: impl FnOnce() -> String) -> Result<(i64, i64), Fault> {
    if let Some(row) =
        sql.first("UPDATE head SET last_seq = last_seq + 1 RETURNING last_seq, trimmed_to", &[])?
    {
        return Ok((row.integer(0)?, row.integer(1)?));
    }
    sql.exec("INSERT INTO head (id, epoch, last_seq) VALUES (1, ?, 1)", &[epoch().into()])?;
    Ok((1, 0))
}

/// How far the log goes.
///
/// # Errors
/// [`Fault::Storage`].
pub fn head(sql: &dyn Sql) -> Result<Head, Fault> {
    let row = sql.first("SELECT epoch, last_seq, trimmed_to FROM head", &[])?;
    row.map_or_else(
        || Ok(Head::default()),
        |row| Ok(Head { epoch: row.text(0)?, last_seq: row.integer(1)?, trimmed_to: row.integer(2)? }),
    )
}

/// Keeps an event.
///
/// # Errors
/// [`Fault::Storage`].
pub fn append(sql: &dyn Sql, seq: i64, job: Option<&str>, frame: &str, now: i64) -> Result<(), Fault> {
    sql.exec(
        "INSERT INTO events (seq, job_id, frame, at_ms) VALUES (?, ?, ?, ?)",
        &[seq.into(), job.into(), frame.into(), now.into()],
    )?;
    Ok(())
}

/// The job that a frame is of, and whether it's the last one of it, as far as the frame itself tells.
///
/// # Errors
/// [`Fault::Storage`].
pub fn about(sql: &dyn Sql, frame: &str) -> Result<(Option<String>, bool), Fault> {
    let row = sql.first(
        "SELECT json_extract(frame, '$.data.jobId'),
           json_extract(frame, '$.type') = 'complete' AND json_extract(frame, '$.data.variantIndex') IS NULL
         FROM (SELECT ? AS frame)",
        &[frame.into()],
    )?;
    row.map_or(Ok((None, false)), |row| Ok((row.optional_text(0)?, row.integer(1)? == 1)))
}

/// Notes whether a job is open, as of event `seq`. It's written only when that changes.
///
/// # Errors
/// [`Fault::Storage`].
pub fn mark_job(sql: &dyn Sql, job: &str, seq: i64, open: bool, now: i64) -> Result<(), Fault> {
    sql.exec(
        "INSERT INTO jobs (job_id, first_seq, opened_at, open) VALUES (?, ?, ?, ?)
         ON CONFLICT (job_id) DO UPDATE SET open = excluded.open, opened_at = excluded.opened_at
         WHERE open <> excluded.open",
        &[job.into(), seq.into(), now.into(), i64::from(open).into()],
    )?;
    Ok(())
}

/// At most `limit` frames after `since`, of one job or all.
///
/// # Errors
/// [`Fault::Storage`].
pub fn after(sql: &dyn Sql, since: i64, limit: u32, job: Option<&JobId>) -> Result<Vec<Frame>, Fault> {
    let rows = match job {
        None => sql.exec(
            "SELECT seq, frame FROM events WHERE seq > ? ORDER BY seq LIMIT ?",
            &[since.into(), limit.into()],
        ),
        Some(job) => sql.exec(
            "SELECT seq, frame FROM events WHERE job_id = ? AND seq > ? ORDER BY seq LIMIT ?",
            &[job.as_str().into(), since.into(), limit.into()],
        ),
    }?;
    rows.iter().map(|row| Ok(Frame { seq: row.integer(0)?, text: row.text(1)? })).collect()
}

/// Whether a job's first event is there: a job's events go oldest first, so the others are, too.
///
/// # Errors
/// [`Fault::Storage`].
pub fn is_whole(sql: &dyn Sql, job: &JobId) -> Result<bool, Fault> {
    let first = sql.first(
        "SELECT 1 FROM jobs JOIN events ON seq = first_seq WHERE jobs.job_id = ?",
        &[job.as_str().into()],
    )?;
    Ok(first.is_some())
}

/// The open jobs in the order of their beginning, each with the latest event of each of its variants.
///
/// # Errors
/// [`Fault`] from the storage.
pub fn open_jobs(sql: &dyn Sql) -> Result<Vec<OpenJob>, Fault> {
    let rows = sql.exec(
        "SELECT job_id, frame FROM events JOIN jobs USING (job_id) WHERE seq IN (
           SELECT MAX(seq) FROM jobs JOIN events USING (job_id)
           WHERE open = 1 AND json_extract(frame, '$.data.variantIndex') IS NOT NULL
           GROUP BY job_id, json_extract(frame, '$.data.provider'), json_extract(frame, '$.data.variantIndex'))
         ORDER BY first_seq, seq",
        &[],
    )?;
    let mut jobs: Vec<OpenJob> = Vec::new();
    for row in rows {
        let (job_id, event) = (row.text(0)?, row.text(1)?);
        match jobs.last_mut().filter(|job| job.job_id == job_id) {
            Some(job) => job.events.push(event),
            None => jobs.push(OpenJob { job_id, events: vec![event] }),
        }
    }
    Ok(jobs)
}

/// Forgets the oldest of the events that may go, at most `limit`; how many these were.
///
/// # Errors
/// [`Fault::Storage`].
pub fn trim(sql: &dyn Sql, bounds: &Bounds, limit: u32) -> Result<u32, Fault> {
    let gone = sql.exec(
        "DELETE FROM events WHERE seq IN (
           SELECT seq FROM events WHERE (at_ms <= ? OR seq <= ?) AND NOT EXISTS (
             SELECT 1 FROM jobs WHERE jobs.job_id = events.job_id AND open = 1 AND opened_at > ?)
           ORDER BY seq LIMIT ?)
         RETURNING seq",
        &[bounds.at.into(), bounds.seq.into(), bounds.opened_at.into(), limit.into()],
    )?;
    let last = gone.iter().map(|row| row.integer(0)).collect::<Result<Vec<_>, _>>()?.into_iter().max();
    if let Some(last) = last {
        sql.exec("UPDATE head SET trimmed_to = MAX(trimmed_to, ?)", &[last.into()])?;
    }
    Ok(u32::try_from(gone.len()).unwrap_or(u32::MAX))
}

/// Forgets the jobs that have no event left, but for open ones that may still go on.
///
/// # Errors
/// [`Fault::Storage`].
pub fn forget_jobs(sql: &dyn Sql, bounds: &Bounds) -> Result<(), Fault> {
    sql.exec(
        "DELETE FROM jobs WHERE (open = 0 OR opened_at <= ?)
           AND NOT EXISTS (SELECT 1 FROM events WHERE events.job_id = jobs.job_id)",
        &[bounds.opened_at.into()],
    )?;
    Ok(())
}

/// When the next event or ticket may go, epoch milliseconds: an event `keep` after it came, one of a job opened after
/// `opened_at` that's still open `keep_open` after that.
///
/// # Errors
/// [`Fault::Storage`].
pub fn next_expiry(sql: &dyn Sql, keep: i64, keep_open: i64, opened_at: i64) -> Result<Option<i64>, Fault> {
    sql.first(
        "SELECT MIN(at) FROM (
           SELECT COALESCE(opened_at + ?, at_ms + ?) AS at FROM events
             LEFT JOIN jobs ON jobs.job_id = events.job_id AND open = 1 AND opened_at > ?
           UNION ALL SELECT expires_at FROM tickets)",
        &[keep_open.into(), keep.into(), opened_at.into()],
    )?
    .map_or(Ok(None), |row| row.optional_integer(0))
}

/// Keeps a ticket, and forgets the ones that have lapsed.
///
/// # Errors
/// [`Fault::Storage`].
pub fn add_ticket(sql: &dyn Sql, ticket: &Ticket, now: i64) -> Result<(), Fault> {
    forget_tickets(sql, now)?;
    sql.exec(
        "INSERT INTO tickets (ticket, expires_at) VALUES (?, ?)",
        &[ticket.ticket.as_str().into(), ticket.expires_at.into()],
    )?;
    Ok(())
}

/// Forgets the tickets that have lapsed.
///
/// # Errors
/// [`Fault::Storage`].
pub fn forget_tickets(sql: &dyn Sql, now: i64) -> Result<(), Fault> {
    sql.exec("DELETE FROM tickets WHERE expires_at <= ?", &[now.into()]).map(|_: Vec<Row>| ())
}

/// Removes a ticket; `true` when it was there and hadn't lapsed.
///
/// # Errors
/// [`Fault::Storage`].
pub fn use_ticket(sql: &dyn Sql, ticket: &str, now: i64) -> Result<bool, Fault> {
    let row = sql.first("DELETE FROM tickets WHERE ticket = ? RETURNING expires_at", &[ticket.into()])?;
    row.map_or(Ok(false), |row| Ok(row.integer(0)? > now))
}
