//! What an actor has promised to send: written in the turn's own transaction, deleted when the receiver has it.
//!
//! One lane for each destination, first in, first out. A lane whose head fails waits, doubling up to
//! [`RETRY_CAP_MS`]; the others go on. An item that can't be sent for [`PARK_AFTER_MS`] is parked: it stays as a dead row,
//! and the lane goes on behind it.

use serde::{Deserialize, Serialize};

use crate::address::ActorName;
use crate::json;
use crate::protocol::{Envelope, Message, Sender};
use crate::snapshot;
use crate::sql::{Fault, Sql};

/// Items of one lane that are sent together.
pub const BATCH: i64 = 50;
/// The first waiting time of a lane that failed.
pub const RETRY_BASE_MS: i64 = 250;
/// The longest: after an outage, a lane is tried again within this time, so the lag is gone soon after.
pub const RETRY_CAP_MS: i64 = 5_000;
/// How long an item is tried before it's parked.
pub const PARK_AFTER_MS: i64 = 24 * 60 * 60 * 1000;
/// The shell sends right after the commit. The alarm that guards this waits so long before it assumes that the shell is gone.
pub const GUARD_MS: i64 = 1_000;

/// The table, the same in every actor.
pub const SCHEMA: &[&str] = &[
    "CREATE TABLE outbox (
       seq INTEGER PRIMARY KEY AUTOINCREMENT, lane TEXT NOT NULL, item TEXT NOT NULL, created_at INTEGER NOT NULL,
       attempts INTEGER NOT NULL DEFAULT 0, due_at INTEGER NOT NULL, dead INTEGER NOT NULL DEFAULT 0, error TEXT)",
    "CREATE INDEX outbox_lane ON outbox (dead, lane, seq)",
];

/// Something to be sent.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Item {
    /// A message to another actor.
    Tell {
        /// The receiver.
        to: ActorName,
        /// What is said.
        message: Message,
    },
    /// A row for D1.
    Snapshot(snapshot::Row),
}

/// The items of one lane that are due, oldest first.
#[derive(Debug, Clone)]
pub struct Batch {
    /// The lane, for [`acknowledge`] and [`postpone`].
    pub lane: String,
    /// The last one's sequence number: everything of the lane up to it belongs to the batch, or is dead.
    pub last: i64,
    /// What to send.
    pub load: Load,
}

/// A batch's content, by the kind of its destination.
#[derive(Debug, Clone)]
pub enum Load {
    /// Envelopes for one actor, in order.
    Tells(ActorName, Vec<Envelope>),
    /// Rows for D1.
    Snapshots(Vec<snapshot::Row>),
}

/// Adds an item; it's due at once.
///
/// # Errors
/// [`Fault::Storage`].
pub fn push(sql: &dyn Sql, item: &Item, now: i64) -> Result<(), Fault> {
    let lane = match item {
        Item::Tell { to, .. } => to.to_string(),
        Item::Snapshot(_) => "d1".to_owned(),
    };
    sql.exec(
        "INSERT INTO outbox (lane, item, created_at, due_at) VALUES (?, ?, ?, ?)",
        &[lane.into(), json::write(item)?.into(), now.into(), now.into()],
    )?;
    Ok(())
}

/// The due batch of each lane, at most [`BATCH`] items each. Parks what can't be read, and changes nothing else: one bad
/// row mustn't stop an actor.
///
/// # Errors
/// [`Fault::Storage`].
pub fn due(sql: &dyn Sql, me: &ActorName, now: i64) -> Result<Vec<Batch>, Fault> {
    let heads = sql.exec(
        "SELECT lane FROM outbox WHERE seq IN (SELECT MIN(seq) FROM outbox WHERE dead = 0 GROUP BY lane) AND due_at <= ?
         ORDER BY seq",
        &[now.into()],
    )?;
    let batches: Result<Vec<Option<Batch>>, Fault> =
        heads.iter().map(|row| batch(sql, me, row.text(0)?)).collect();
    Ok(batches?.into_iter().flatten().collect())
}

/// When the shell has to be woken for the outbox, should it not have sent everything by then.
///
/// # Errors
/// [`Fault::Storage`].
pub fn next(sql: &dyn Sql) -> Result<Option<i64>, Fault> {
    sql.first(
        "SELECT MIN(CASE attempts WHEN 0 THEN due_at + ? ELSE due_at END) FROM outbox
         WHERE seq IN (SELECT MIN(seq) FROM outbox WHERE dead = 0 GROUP BY lane)",
        &[GUARD_MS.into()],
    )?
    .map_or(Ok(None), |row| row.optional_integer(0))
}

/// The receiver has everything of `lane` up to `last`.
///
/// # Errors
/// [`Fault::Storage`].
pub fn acknowledge(sql: &dyn Sql, lane: &str, last: i64) -> Result<(), Fault> {
    sql.exec("DELETE FROM outbox WHERE lane = ? AND seq <= ? AND dead = 0", &[lane.into(), last.into()])?;
    Ok(())
}

/// The head of `lane` couldn't be sent: wait, or park it when it has been tried for too long.
///
/// # Errors
/// [`Fault::Storage`].
pub fn postpone(sql: &dyn Sql, lane: &str, now: i64, error: &str) -> Result<(), Fault> {
    let Some(head) = sql.first(
        "SELECT seq, attempts, created_at FROM outbox WHERE lane = ? AND dead = 0 ORDER BY seq LIMIT 1",
        &[lane.into()],
    )?
    else {
        return Ok(());
    };
    let (seq, attempts, created_at) = (head.integer(0)?, head.integer(1)?, head.integer(2)?);
    let dead = i64::from(now - created_at >= PARK_AFTER_MS);
    let wait = RETRY_BASE_MS.saturating_mul(1_i64 << attempts.clamp(0, 20)).min(RETRY_CAP_MS);
    sql.exec(
        "UPDATE outbox SET attempts = attempts + 1, due_at = ?, dead = ?, error = ? WHERE seq = ?",
        &[(now + wait).into(), dead.into(), error.into(), seq.into()],
    )?;
    Ok(())
}

fn batch(sql: &dyn Sql, me: &ActorName, lane: String) -> Result<Option<Batch>, Fault> {
    let rows = sql.exec(
        "SELECT seq, item FROM outbox WHERE lane = ? AND dead = 0 ORDER BY seq LIMIT ?",
        &[lane.as_str().into(), BATCH.into()],
    )?;
    let (mut tells, mut snapshots, mut seqs) = (Vec::new(), Vec::new(), Vec::new());
    for row in &rows {
        let seq = row.integer(0)?;
        match json::read("outbox item", &row.text(1)?) {
            Ok(Item::Tell { to, message }) => {
                tells.push(Envelope { from: Sender::Actor { name: me.clone(), seq }, to, message });
            }
            Ok(Item::Snapshot(row)) => snapshots.push(row),
            Err(fault) => {
                let why = fault.to_string();
                sql.exec("UPDATE outbox SET dead = 1, error = ? WHERE seq = ?", &[why.into(), seq.into()])?;
                continue;
            }
        }
        seqs.push(seq);
    }
    let load = match tells.first() {
        Some(envelope) => Load::Tells(envelope.to.clone(), tells),
        None => Load::Snapshots(snapshots),
    };
    Ok(seqs.last().map(|last| Batch { lane, last: *last, load }))
}
