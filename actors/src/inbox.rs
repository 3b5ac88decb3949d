//! What an actor has already seen, so that a message delivered k times has the effect of one.
//!
//! A *tell* comes from another actor's outbox, which is first in, first out for each destination: remembering the highest
//! sequence number of each sender is enough, and the table grows with the senders, not with the messages. An *ask* comes
//! from the HTTP edge under an id of its own; its reply is kept for [`KEEP_MS`] and given again.

use crate::address::ActorName;
use crate::sql::{Fault, Sql};

/// How long the reply to an ask is kept: a day and an hour, so that a promise of 24 h holds at its last minute too.
pub const KEEP_MS: i64 = 25 * 60 * 60 * 1000;

/// The tables, the same in every actor.
pub const SCHEMA: &[&str] = &[
    "CREATE TABLE inbox_senders (sender TEXT PRIMARY KEY, seq INTEGER NOT NULL) WITHOUT ROWID",
    "CREATE TABLE inbox_asks (id TEXT PRIMARY KEY, reply TEXT NOT NULL, at_ms INTEGER NOT NULL) WITHOUT ROWID",
    "CREATE INDEX inbox_asks_at ON inbox_asks (at_ms)",
];

/// Version 2: what was asked, in digest.
pub const SCHEMA_2: &[&str] = &["ALTER TABLE inbox_asks ADD COLUMN fingerprint TEXT"];

/// What is known of an ask that came before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// The reply, as it was given.
    pub reply: String,
    /// Of the request that was asked for, when the asker said.
    pub fingerprint: Option<String>,
}

/// Marks tell `seq` of `sender` as seen; `false` when it was seen before.
///
/// # Errors
/// [`Fault::Storage`].
pub fn first_sight(sql: &dyn Sql, sender: &ActorName, seq: i64) -> Result<bool, Fault> {
    let row = sql.first(
        "INSERT INTO inbox_senders (sender, seq) VALUES (?, ?)
         ON CONFLICT (sender) DO UPDATE SET seq = excluded.seq WHERE excluded.seq > seq RETURNING seq",
        &[sender.to_string().into(), seq.into()],
    )?;
    Ok(row.is_some())
}

/// The stored reply to ask `id`.
///
/// # Errors
/// [`Fault::Storage`].
pub fn answered(sql: &dyn Sql, id: &str) -> Result<Option<Answered>, Fault> {
    sql.first("SELECT reply, fingerprint FROM inbox_asks WHERE id = ?", &[id.into()])?
        .map(|row| Ok(Answered { reply: row.text(0)?, fingerprint: row.optional_text(1)? }))
        .transpose()
}

/// Stores the reply to ask `id`.
///
/// # Errors
/// [`Fault::Storage`].
pub fn store_reply(sql: &dyn Sql, id: &str, answered: &Answered, now: i64) -> Result<(), Fault> {
    sql.exec(
        "INSERT INTO inbox_asks (id, reply, at_ms, fingerprint) VALUES (?, ?, ?, ?)",
        &[id.into(), answered.reply.as_str().into(), now.into(), answered.fingerprint.clone().into()],
    )?;
    Ok(())
}

/// Forgets replies older than [`KEEP_MS`]; returns when the oldest of the others was stored.
///
/// # Errors
/// [`Fault::Storage`].
pub fn sweep(sql: &dyn Sql, now: i64) -> Result<Option<i64>, Fault> {
    sql.exec("DELETE FROM inbox_asks WHERE at_ms < ?", &[(now - KEEP_MS).into()])?;
    sql.first("SELECT MIN(at_ms) FROM inbox_asks", &[])?.map_or(Ok(None), |row| row.optional_integer(0))
}
