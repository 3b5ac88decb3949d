//! A session's tables: its head (epoch and last `seq`), its events as the frames that were sent, and open tickets.

use crate::session::message::Ticket;
use crate::sql::{Fault, Sql};

/// Version 1.
pub const SCHEMA: &[&str] = &[
    "CREATE TABLE head (id INTEGER PRIMARY KEY CHECK (id = 1), epoch TEXT NOT NULL, last_seq INTEGER NOT NULL)",
    "CREATE TABLE events (seq INTEGER PRIMARY KEY, frame TEXT NOT NULL, at_ms INTEGER NOT NULL)",
    "CREATE TABLE tickets (ticket TEXT PRIMARY KEY, expires_at INTEGER NOT NULL) WITHOUT ROWID",
];

/// Takes the next sequence number. The first one ever starts an epoch.
///
/// # Errors
/// [`Fault::Storage`].
pub fn next_seq(sql: &dyn Sql, epoch: impl FnOnce() -> String) -> Result<i64, Fault> {
    if let Some(row) = sql.first("UPDATE head SET last_seq = last_seq + 1 RETURNING last_seq", &[])? {
        return row.integer(0);
    }
    sql.exec("INSERT INTO head (id, epoch, last_seq) VALUES (1, ?, 1)", &[epoch().into()])?;
    Ok(1)
}

/// Epoch and last sequence number; empty and 0 for a session that has had no event.
///
/// # Errors
/// [`Fault::Storage`].
pub fn head(sql: &dyn Sql) -> Result<(String, i64), Fault> {
    sql.first("SELECT epoch, last_seq FROM head", &[])?
        .map_or_else(|| Ok((String::new(), 0)), |row| Ok((row.text(0)?, row.integer(1)?)))
}

/// Keeps an event.
///
/// # Errors
/// [`Fault::Storage`].
pub fn append(sql: &dyn Sql, seq: i64, frame: &str, now: i64) -> Result<(), Fault> {
    sql.exec(
        "INSERT INTO events (seq, frame, at_ms) VALUES (?, ?, ?)",
        &[seq.into(), frame.into(), now.into()],
    )?;
    Ok(())
}

/// At most `limit` frames after `since`, and where to go on if that wasn't all.
///
/// # Errors
/// [`Fault::Storage`].
pub fn after(sql: &dyn Sql, since: i64, limit: u32) -> Result<(Vec<String>, Option<i64>), Fault> {
    let rows = sql.exec(
        "SELECT frame, seq FROM events WHERE seq > ? ORDER BY seq LIMIT ?",
        &[since.into(), limit.into()],
    )?;
    let full = u32::try_from(rows.len()).is_ok_and(|count| count == limit);
    let next = if full { rows.last().map(|row| row.integer(1)).transpose()? } else { None };
    Ok((rows.iter().map(|row| row.text(0)).collect::<Result<_, _>>()?, next))
}

/// Keeps a ticket, and forgets the ones that have lapsed.
///
/// # Errors
/// [`Fault::Storage`].
pub fn add_ticket(sql: &dyn Sql, ticket: &Ticket, now: i64) -> Result<(), Fault> {
    sql.exec("DELETE FROM tickets WHERE expires_at <= ?", &[now.into()])?;
    sql.exec(
        "INSERT INTO tickets (ticket, expires_at) VALUES (?, ?)",
        &[ticket.ticket.as_str().into(), ticket.expires_at.into()],
    )?;
    Ok(())
}

/// Removes a ticket; `true` when it was there and hadn't lapsed.
///
/// # Errors
/// [`Fault::Storage`].
pub fn use_ticket(sql: &dyn Sql, ticket: &str, now: i64) -> Result<bool, Fault> {
    let row = sql.first("DELETE FROM tickets WHERE ticket = ? RETURNING expires_at", &[ticket.into()])?;
    row.map_or(Ok(false), |row| Ok(row.integer(0)? > now))
}
