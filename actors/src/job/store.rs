//! A job's tables. `journal` is the truth; a row of `variants` is the fold of that variant's events, written in the same
//! transaction, so that a turn about one variant costs the same however many the job has.

use crate::job::MOST_AT_ONCE;
use crate::job::journal::{Event, Late, Status, Variant};
use crate::job::message::Spec;
use crate::json;
use crate::sql::{Fault, Row, Sql, Value};

/// Version 1.
pub const SCHEMA: &[&str] = &[
    "CREATE TABLE job (
       id INTEGER PRIMARY KEY CHECK (id = 1), spec TEXT NOT NULL, state TEXT NOT NULL, variants INTEGER NOT NULL,
       completed INTEGER NOT NULL, failed INTEGER NOT NULL, passed INTEGER NOT NULL, near_duplicates INTEGER NOT NULL,
       created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, revision INTEGER NOT NULL)",
    "CREATE TABLE journal (
       seq INTEGER PRIMARY KEY AUTOINCREMENT, ordinal INTEGER NOT NULL, event TEXT NOT NULL, at_ms INTEGER NOT NULL)",
    "CREATE INDEX journal_variant ON journal (ordinal, seq)",
    "CREATE TABLE variants (
       ordinal INTEGER PRIMARY KEY, status TEXT NOT NULL, due_at INTEGER, holder TEXT, deadline_at INTEGER,
       fold TEXT NOT NULL)",
    "CREATE INDEX variants_due ON variants (status, due_at)",
];

/// Version 2: cancelled variants, and variants that a retry has replaced.
pub const SCHEMA_2: &[&str] = &[
    "ALTER TABLE job ADD COLUMN cancelled INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE job ADD COLUMN superseded INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE job ADD COLUMN deadline_at INTEGER NOT NULL DEFAULT 0",
];

/// The holder of what waits for another actor's answer: the outbox brings the question there, in whatever life of the
/// object.
pub const OUTBOX: &str = "outbox";

/// A job's state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Some variant is open.
    Running,
    /// Every variant has ended.
    Complete,
}

impl State {
    /// The spelling in tables and replies.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Complete => "complete",
        }
    }
}

/// The job's own row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// What was asked for.
    pub spec: Spec,
    /// Whether it's over.
    pub state: State,
    /// Places in the plan, each held by one current variant.
    pub variants: u32,
    /// Current ones that ended with a picture.
    pub completed: u32,
    /// Current ones that ended without one.
    pub failed: u32,
    /// Current ones that were cancelled.
    pub cancelled: u32,
    /// Variants whose place a retry has taken.
    pub superseded: u32,
    /// Judged `pass`.
    pub passed: u32,
    /// Marked as near-duplicates.
    pub near_duplicates: u32,
    /// Epoch milliseconds.
    pub created_at: i64,
    /// Epoch milliseconds.
    pub updated_at: i64,
    /// Rises with every change.
    pub revision: i64,
    /// Epoch milliseconds; 0 for a job of version 1, which has none.
    pub deadline_at: i64,
}

/// The head, if the job has begun.
///
/// # Errors
/// [`Fault`].
pub fn head(sql: &dyn Sql) -> Result<Option<Head>, Fault> {
    sql.first(
        "SELECT spec, state, variants, completed, failed, passed, near_duplicates, created_at, updated_at, revision,
           cancelled, superseded, deadline_at FROM job",
        &[],
    )?
    .map(|row| {
        Ok(Head {
            spec: json::read("job spec", &row.text(0)?)?,
            state: match row.text(1)?.as_str() {
                "running" => State::Running,
                "complete" => State::Complete,
                other => return Err(Fault::corrupt("job state", other)),
            },
            variants: count(&row, 2)?,
            completed: count(&row, 3)?,
            failed: count(&row, 4)?,
            passed: count(&row, 5)?,
            near_duplicates: count(&row, 6)?,
            created_at: row.integer(7)?,
            updated_at: row.integer(8)?,
            revision: row.integer(9)?,
            cancelled: count(&row, 10)?,
            superseded: count(&row, 11)?,
            deadline_at: row.integer(12)?,
        })
    })
    .transpose()
}

/// Writes the head.
///
/// # Errors
/// [`Fault`].
pub fn save_head(sql: &dyn Sql, head: &Head) -> Result<(), Fault> {
    sql.exec(
        "INSERT OR REPLACE INTO job (id, spec, state, variants, completed, failed, passed, near_duplicates, created_at,
           updated_at, revision, cancelled, superseded, deadline_at) VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        &[
            json::write(&head.spec)?.into(),
            head.state.as_str().into(),
            head.variants.into(),
            head.completed.into(),
            head.failed.into(),
            head.passed.into(),
            head.near_duplicates.into(),
            head.created_at.into(),
            head.updated_at.into(),
            head.revision.into(),
            head.cancelled.into(),
            head.superseded.into(),
            head.deadline_at.into(),
        ],
    )?;
    Ok(())
}

impl Head {
    /// Every place's variant has ended.
    pub const fn all_ended(&self) -> bool {
        self.completed + self.failed + self.cancelled == self.variants
    }
}

/// Writes a variant to which nothing has happened yet. One that doesn't lead waits for the refined prompt of the one of its
/// provider that does, and isn't due before.
///
/// # Errors
/// [`Fault`].
pub fn insert(sql: &dyn Sql, variant: &Variant, leads: bool) -> Result<(), Fault> {
    let due_at = if leads { due(variant) } else { None };
    sql.exec(
        "INSERT INTO variants (ordinal, status, due_at, holder, deadline_at, fold) VALUES (?, ?, ?, NULL, ?, ?)",
        &[
            variant.ordinal.into(),
            column(&variant.status).into(),
            due_at.into(),
            variant.deadline_at.into(),
            json::write(variant)?.into(),
        ],
    )?;
    Ok(())
}

/// Makes a variant that hasn't begun the one whose refined prompt the others of its provider wait for.
///
/// # Errors
/// [`Fault`].
pub fn lead(sql: &dyn Sql, ordinal: u32, now: i64) -> Result<(), Fault> {
    sql.exec("UPDATE variants SET due_at = ? WHERE ordinal = ?", &[now.into(), ordinal.into()])?;
    Ok(())
}

/// Folds `event` into `variant` and writes both.
///
/// # Errors
/// [`Fault::Illegal`] when the state doesn't allow the event; nothing is written then.
pub fn append(sql: &dyn Sql, variant: &mut Variant, event: &Event, now: i64) -> Result<(), Fault> {
    variant.apply(event, now)?;
    sql.exec(
        "INSERT INTO journal (ordinal, event, at_ms) VALUES (?, ?, ?)",
        &[variant.ordinal.into(), json::write(event)?.into(), now.into()],
    )?;
    let holder = match (&variant.status, &variant.late) {
        (Status::Running { holder, .. }, _) | (_, Some(Late { holder, .. })) => Value::from(holder.as_str()),
        (Status::Ready(_) | Status::Complete | Status::Failed(_), None) => Value::Null,
    };
    // The deadline is on getting the picture: once it's stored, it's worth any wait.
    let open = variant.image.is_none() && !variant.ended();
    sql.exec(
        "UPDATE variants SET status = ?, due_at = ?, holder = ?, fold = ?,
           deadline_at = CASE WHEN ? THEN deadline_at END WHERE ordinal = ?",
        &[
            column(&variant.status).into(),
            due(variant).into(),
            holder,
            json::write(variant)?.into(),
            i64::from(open).into(),
            variant.ordinal.into(),
        ],
    )?;
    Ok(())
}

/// One variant.
///
/// # Errors
/// [`Fault`].
pub fn variant(sql: &dyn Sql, ordinal: u32) -> Result<Option<Variant>, Fault> {
    Ok(select(sql, "ordinal = ?", &[ordinal.into()])?.into_iter().next())
}

/// Every variant, in order.
///
/// # Errors
/// [`Fault`].
pub fn variants(sql: &dyn Sql) -> Result<Vec<Variant>, Fault> {
    select(sql, "true", &[])
}

/// Variants with an attempt that will never be reported: its holder is another life of the object, or its lease is over.
///
/// # Errors
/// [`Fault`].
pub fn lapsed(sql: &dyn Sql, holder: &str, now: i64) -> Result<Vec<Variant>, Fault> {
    select(
        sql,
        "holder IS NOT NULL AND (due_at <= ? OR holder NOT IN (?, ?))",
        &[now.into(), holder.into(), OUTBOX.into()],
    )
}

/// Variants that still have no picture at their deadline.
///
/// # Errors
/// [`Fault`].
pub fn overdue(sql: &dyn Sql, now: i64) -> Result<Vec<u32>, Fault> {
    sql.exec("SELECT ordinal FROM variants WHERE deadline_at <= ? ORDER BY ordinal", &[now.into()])?
        .iter()
        .map(|row| count(row, 0))
        .collect()
}

/// Variants that can be tried now, in order.
///
/// # Errors
/// [`Fault`].
pub fn ready(sql: &dyn Sql, now: i64) -> Result<Vec<Variant>, Fault> {
    select(sql, "status = 'ready' AND due_at <= ?", &[now.into()])
}

/// How many attempts the shell is making, late ones included: each holds a connection.
///
/// # Errors
/// [`Fault`].
pub fn running(sql: &dyn Sql) -> Result<u32, Fault> {
    let row = sql.first("SELECT COUNT(*) FROM variants WHERE holder <> ?", &[OUTBOX.into()])?;
    row.map_or(Ok(0), |row| count(&row, 0))
}

/// When the job has to be woken for its variants: something can be tried, a lease ends, or a deadline is reached. What waits
/// for a free place isn't waiting for the clock: with no place free, only what needs none counts (asking the project). What
/// an earlier life than `holder`'s was doing is due already.
///
/// # Errors
/// [`Fault`].
pub fn next_due(sql: &dyn Sql, holder: Option<&str>) -> Result<Option<i64>, Fault> {
    let free = running(sql)? < MOST_AT_ONCE;
    sql.first(
        "SELECT MIN(at) FROM (
           SELECT MIN(CASE WHEN holder NOT IN (?, ?) THEN 0 ELSE due_at END) AS at FROM variants
             WHERE holder IS NOT NULL OR (status = 'ready' AND (? OR fold ->> '$.stage' IN ('record', 'settle')))
           UNION ALL SELECT MIN(deadline_at) FROM variants)",
        &[holder.into(), OUTBOX.into(), i64::from(free).into()],
    )?
    .map_or(Ok(None), |row| row.optional_integer(0))
}

/// A variant's events, oldest first, with their times.
///
/// # Errors
/// [`Fault`].
pub fn journal(sql: &dyn Sql, ordinal: u32) -> Result<Vec<(Event, i64)>, Fault> {
    sql.exec("SELECT event, at_ms FROM journal WHERE ordinal = ? ORDER BY seq", &[ordinal.into()])?
        .iter()
        .map(|row| Ok((json::read("journal event", &row.text(0)?)?, row.integer(1)?)))
        .collect()
}

fn select(sql: &dyn Sql, condition: &str, params: &[Value]) -> Result<Vec<Variant>, Fault> {
    sql.exec(&format!("SELECT fold FROM variants WHERE {condition} ORDER BY ordinal"), params)?
        .iter()
        .map(|row| json::read("variant", &row.text(0)?))
        .collect()
}

const fn column(status: &Status) -> &'static str {
    match status {
        Status::Ready(_) => "ready",
        Status::Running { .. } => "running",
        Status::Complete => "complete",
        Status::Failed(_) => "failed",
    }
}

const fn due(variant: &Variant) -> Option<i64> {
    match (&variant.status, &variant.late) {
        (Status::Ready(at), _) => Some(*at),
        (Status::Running { lease_until, .. }, _) | (_, Some(Late { lease_until, .. })) => Some(*lease_until),
        (Status::Complete | Status::Failed(_), None) => None,
    }
}

fn count(row: &Row, index: usize) -> Result<u32, Fault> {
    u32::try_from(row.integer(index)?).map_err(|error| Fault::corrupt("count", error))
}
