//! Named timers of an actor: what it wants to be woken for, besides the outbox and the journal.

use crate::sql::{Fault, Sql};

/// The table, the same in every actor.
pub const SCHEMA: &[&str] =
    &["CREATE TABLE timers (name TEXT PRIMARY KEY, at_ms INTEGER NOT NULL) WITHOUT ROWID"];

/// Sets or moves the timer `name` to `at` (epoch milliseconds).
///
/// # Errors
/// [`Fault::Storage`].
pub fn set(sql: &dyn Sql, name: &str, at: i64) -> Result<(), Fault> {
    sql.exec(
        "INSERT INTO timers (name, at_ms) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET at_ms = excluded.at_ms",
        &[name.into(), at.into()],
    )?;
    Ok(())
}

/// Sets the timer `name` to `at` (epoch milliseconds), unless it runs already.
///
/// # Errors
/// [`Fault::Storage`].
pub fn start(sql: &dyn Sql, name: &str, at: i64) -> Result<(), Fault> {
    sql.exec(
        "INSERT INTO timers (name, at_ms) VALUES (?, ?) ON CONFLICT (name) DO NOTHING",
        &[name.into(), at.into()],
    )?;
    Ok(())
}

/// Stops the timer `name`, if it runs.
///
/// # Errors
/// [`Fault::Storage`].
pub fn clear(sql: &dyn Sql, name: &str) -> Result<(), Fault> {
    sql.exec("DELETE FROM timers WHERE name = ?", &[name.into()])?;
    Ok(())
}

/// Sets the timer `name` to `at` (epoch milliseconds), unless it runs already and ends sooner.
///
/// # Errors
/// [`Fault::Storage`].
pub fn set_by(sql: &dyn Sql, name: &str, at: i64) -> Result<(), Fault> {
    sql.exec(
        "INSERT INTO timers (name, at_ms) VALUES (?, ?)
         ON CONFLICT (name) DO UPDATE SET at_ms = excluded.at_ms WHERE excluded.at_ms < at_ms",
        &[name.into(), at.into()],
    )?;
    Ok(())
}

/// Removes and returns the names of the timers due at `now`, earliest first.
///
/// # Errors
/// [`Fault::Storage`].
pub fn take_due(sql: &dyn Sql, now: i64) -> Result<Vec<String>, Fault> {
    let due = sql.exec("SELECT name FROM timers WHERE at_ms <= ? ORDER BY at_ms, name", &[now.into()])?;
    if !due.is_empty() {
        sql.exec("DELETE FROM timers WHERE at_ms <= ?", &[now.into()])?;
    }
    due.iter().map(|row| row.text(0)).collect()
}

/// When the earliest timer is due.
///
/// # Errors
/// [`Fault::Storage`].
pub fn next(sql: &dyn Sql) -> Result<Option<i64>, Fault> {
    sql.first("SELECT MIN(at_ms) FROM timers", &[])?.map_or(Ok(None), |row| row.optional_integer(0))
}
