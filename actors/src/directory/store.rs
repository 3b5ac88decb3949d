//! A directory's table: its members by name.

use crate::address::ActorName;
use crate::json;
use crate::sql::{Fault, Row, Sql};

/// Version 1.
pub const SCHEMA: &[&str] =
    &["CREATE TABLE members (name TEXT PRIMARY KEY, at_ms INTEGER NOT NULL) WITHOUT ROWID"];

/// Takes members in, and returns those who weren't here.
///
/// # Errors
/// [`Fault`].
pub fn enter(sql: &dyn Sql, members: &[ActorName], now: i64) -> Result<Vec<ActorName>, Fault> {
    let new = sql.exec(
        "INSERT INTO members (name, at_ms) SELECT value, ? FROM json_each(?) WHERE true
         ON CONFLICT (name) DO NOTHING RETURNING name",
        &[now.into(), json::write(members)?.into()],
    )?;
    new.iter().map(name).collect()
}

/// How many there are.
///
/// # Errors
/// [`Fault::Storage`].
pub fn count(sql: &dyn Sql) -> Result<i64, Fault> {
    sql.first("SELECT COUNT(*) FROM members", &[])?.map_or(Ok(0), |row| row.integer(0))
}

/// At most `limit` members, in the order of their names, after `after`.
///
/// # Errors
/// [`Fault`].
pub fn members_after(sql: &dyn Sql, after: &str, limit: u32) -> Result<Vec<ActorName>, Fault> {
    let rows = sql.exec(
        "SELECT name FROM members WHERE name > ? ORDER BY name LIMIT ?",
        &[after.into(), limit.into()],
    )?;
    rows.iter().map(name).collect()
}

fn name(row: &Row) -> Result<ActorName, Fault> {
    ActorName::parse(&row.text(0)?).map_err(|error| Fault::corrupt("member", error))
}
