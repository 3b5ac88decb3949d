//! A breaker's tables: the circuits that aren't as new, and how calls went of late.

use super::circuit::{Circuit, MOST_CALLS, Recent, WINDOW_MS};
use super::message::{Circuits, Gauge};
use crate::ids::JobId;
use crate::json;
use crate::sql::{Fault, Row, Sql};

/// Version 1.
pub const SCHEMA: &[&str] = &[
    "CREATE TABLE circuits (model TEXT PRIMARY KEY, circuit TEXT NOT NULL, at_ms INTEGER NOT NULL) WITHOUT ROWID",
    "CREATE TABLE calls (
       seq INTEGER PRIMARY KEY AUTOINCREMENT, model TEXT NOT NULL, job TEXT NOT NULL, trouble INTEGER NOT NULL,
       at_ms INTEGER NOT NULL)",
    "CREATE INDEX calls_model ON calls (model, seq)",
    "CREATE INDEX calls_at ON calls (at_ms)",
];

/// A circuit that nothing has changed for so long, in milliseconds, is forgotten: nobody wants its model any more.
pub const FORGET_MS: i64 = 24 * 60 * 60 * 1000;

/// A model's circuit.
///
/// # Errors
/// [`Fault`].
pub fn circuit(sql: &dyn Sql, model: &str) -> Result<Circuit, Fault> {
    let row = sql.first("SELECT circuit FROM circuits WHERE model = ?", &[model.into()])?;
    row.map_or_else(|| Ok(Circuit::default()), |row| json::read("circuit", &row.text(0)?))
}

/// Writes a model's circuit, and forgets those that nobody has used for long.
///
/// # Errors
/// [`Fault`].
pub fn save(sql: &dyn Sql, model: &str, circuit: &Circuit, now: i64) -> Result<(), Fault> {
    sql.exec(
        "INSERT OR REPLACE INTO circuits (model, circuit, at_ms) VALUES (?, ?, ?)",
        &[model.into(), json::write(circuit)?.into(), now.into()],
    )?;
    sql.exec("DELETE FROM circuits WHERE at_ms <= ?", &[(now - FORGET_MS).into()])?;
    Ok(())
}

/// Notes a call, and forgets those that don't count any more.
///
/// # Errors
/// [`Fault::Storage`].
pub fn note(sql: &dyn Sql, model: &str, job: &JobId, trouble: bool, now: i64) -> Result<(), Fault> {
    sql.exec(
        "INSERT INTO calls (model, job, trouble, at_ms) VALUES (?, ?, ?, ?)",
        &[model.into(), job.as_str().into(), i64::from(trouble).into(), now.into()],
    )?;
    sql.exec("DELETE FROM calls WHERE at_ms <= ?", &[(now - WINDOW_MS).into()])?;
    sql.exec(
        "DELETE FROM calls WHERE seq IN (SELECT seq FROM calls WHERE model = ? ORDER BY seq DESC LIMIT -1 OFFSET ?)",
        &[model.into(), MOST_CALLS.into()],
    )?;
    Ok(())
}

/// Forgets how a model's calls went.
///
/// # Errors
/// [`Fault::Storage`].
pub fn forget(sql: &dyn Sql, model: &str) -> Result<(), Fault> {
    sql.exec("DELETE FROM calls WHERE model = ?", &[model.into()])?;
    Ok(())
}

/// How a model's calls went of late.
///
/// # Errors
/// [`Fault`].
pub fn recent(sql: &dyn Sql, model: &str, now: i64) -> Result<Recent, Fault> {
    let row = sql.first(
        "SELECT COUNT(*), COALESCE(SUM(trouble), 0), COUNT(DISTINCT job) FROM calls WHERE model = ? AND at_ms > ?",
        &[model.into(), (now - WINDOW_MS).into()],
    )?;
    row.map_or_else(
        || Ok(Recent::default()),
        |row| Ok(Recent { calls: count(&row, 0)?, trouble: count(&row, 1)?, jobs: count(&row, 2)? }),
    )
}

/// Every circuit that has changed and every model that was asked of late.
///
/// # Errors
/// [`Fault`].
pub fn circuits(sql: &dyn Sql, now: i64) -> Result<Circuits, Fault> {
    let mut circuits = Circuits::new();
    for row in sql.exec("SELECT model, circuit FROM circuits", &[])? {
        let circuit: Circuit = json::read("circuit", &row.text(1)?)?;
        let gauge = Gauge {
            state: circuit.state(now),
            since: Some(circuit.since),
            until: circuit.pause.map(|pause| pause.until),
            ..Gauge::default()
        };
        circuits.insert(row.text(0)?, gauge);
    }
    let recent = sql.exec(
        "SELECT model, COUNT(*), SUM(trouble) FROM calls WHERE at_ms > ? GROUP BY model",
        &[(now - WINDOW_MS).into()],
    )?;
    for row in recent {
        let gauge = circuits.entry(row.text(0)?).or_default();
        (gauge.recent_calls, gauge.recent_trouble) = (count(&row, 1)?, count(&row, 2)?);
    }
    Ok(circuits)
}

fn count(row: &Row, index: usize) -> Result<u32, Fault> {
    u32::try_from(row.integer(index)?).map_err(|error| Fault::corrupt("count", error))
}
