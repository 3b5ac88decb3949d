//! What an actor has promised to send: written in the turn's own transaction, deleted when the receiver has it.
//!
//! One lane for each destination, first in, first out. A lane whose head fails waits, doubling up to
//! [`RETRY_CAP_MS`]; the others go on. What can't be sent is parked: it stays as a dead row, D1 is told of it, and the lane
//! goes on behind it. That happens to a message that couldn't be sent for [`PARK_AFTER_MS`], and to a row that D1 refuses
//! ([`Trouble::Refused`]); never to a row because D1 was away.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::address::ActorName;
use crate::json;
use crate::protocol::{Envelope, Message, Sender};
use crate::snapshot;
use crate::sql::{Fault, Row, Sql};

/// Messages of one lane that are sent together.
pub const BATCH: i64 = 50;
/// Rows that are sent to D1 together, so that what an outage has piled up is gone in a few statements.
pub const ROWS: i64 = 512;
/// A batch ends with the item that reaches this many characters: D1 takes parameters of 2 MB.
const BATCH_CHARS: i64 = 400_000;
/// After each refusal D1 is tried with a quarter of the rows, and with one after these.
const NARROWINGS: i64 = 5;
/// Refusals of one row, the last of them alone, after which it's parked.
pub const REFUSALS: i64 = NARROWINGS + 5;
/// The first waiting time of a lane that failed.
pub const RETRY_BASE_MS: i64 = 250;
/// The longest: after an outage, a lane is tried again within this time, so the lag is gone soon after.
pub const RETRY_CAP_MS: i64 = 5_000;
/// How long a message is tried before it's parked.
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

/// Version 2.
pub const SCHEMA_2: &[&str] = &[
    "ALTER TABLE outbox ADD COLUMN refusals INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE outbox ADD COLUMN parked_at INTEGER",
    "ALTER TABLE outbox ADD COLUMN requeued_at INTEGER",
];

/// The lane of rows.
const D1: &str = "d1";
/// What the row of a parked item shows of it, in characters; the actor keeps the whole.
const SHOWN_CHARS: i64 = 16_000;

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

/// Why a batch, or the rest of it, wasn't taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// The destination can't be reached or can't do it now.
    Away(String),
    /// D1 took the batch's statements without rows ([`snapshot::probes`]), right after it had refused them with rows. So it's
    /// there and has the tables, and one of the rows is at fault.
    Refused(String),
}

/// Adds an item; it's due at once.
///
/// # Errors
/// [`Fault::Storage`].
pub fn push(sql: &dyn Sql, item: &Item, now: i64) -> Result<(), Fault> {
    let lane = match item {
        Item::Tell { to, .. } => to.to_string(),
        Item::Snapshot(_) => D1.to_owned(),
    };
    sql.exec(
        "INSERT INTO outbox (lane, item, created_at, due_at) VALUES (?, ?, ?, ?)",
        &[lane.into(), json::write(item)?.into(), now.into(), now.into()],
    )?;
    Ok(())
}

/// The due batch of each lane but those that the shell is `sending`, at most [`BATCH`] messages or [`ROWS`] rows each. Parks
/// what can't be read, and changes nothing else: one bad row mustn't stop an actor.
///
/// # Errors
/// [`Fault::Storage`].
pub fn due(sql: &dyn Sql, me: &ActorName, sending: &BTreeSet<String>, now: i64) -> Result<Vec<Batch>, Fault> {
    let heads = sql.exec(
        // With MIN, the other columns are those of the row that has it.
        "SELECT lane, refusals, due_at, MIN(seq) FROM outbox WHERE dead = 0 GROUP BY lane HAVING due_at <= ? ORDER BY MIN(seq)",
        &[now.into()],
    )?;
    let mut batches = Vec::new();
    for head in &heads {
        let lane = head.text(0)?;
        if !sending.contains(&lane) {
            batches.extend(batch(sql, me, lane, head.integer(1)?, now)?);
        }
    }
    Ok(batches)
}

/// When the shell has to be woken for the outbox, should it not have sent everything by then. A lane that it's `sending`
/// stays due until that is over: it's looked after a guard's time from `now`, in case the shell dies over it.
///
/// # Errors
/// [`Fault`].
pub fn next(sql: &dyn Sql, sending: &BTreeSet<String>, now: i64) -> Result<Option<i64>, Fault> {
    sql.first(
        "SELECT MIN(CASE WHEN lane IN (SELECT value FROM json_each(?1)) THEN MAX(due_at, ?2) + ?3
           WHEN attempts = 0 THEN due_at + ?3 ELSE due_at END)
         FROM (SELECT lane, attempts, due_at, MIN(seq) FROM outbox WHERE dead = 0 GROUP BY lane)",
        &[json::write(sending)?.into(), now.into(), GUARD_MS.into()],
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

/// The head of `lane` wasn't taken. While the destination is away it waits; a message that has been tried for too long is
/// parked, a row waits however long that takes. What is refused is looked for with ever fewer rows, and a head that's refused
/// alone again and again is parked.
///
/// # Errors
/// [`Fault::Storage`].
pub fn postpone(sql: &dyn Sql, me: &ActorName, lane: &str, now: i64, trouble: &Trouble) -> Result<(), Fault> {
    let head = sql.first(
        "SELECT seq, attempts, refusals, created_at FROM outbox WHERE lane = ? AND dead = 0 ORDER BY seq LIMIT 1",
        &[lane.into()],
    )?;
    let Some(head) = head else { return Ok(()) };
    let (seq, attempts, created_at) = (head.integer(0)?, head.integer(1)?, head.integer(3)?);
    let (refusals, doublings, error) = match trouble {
        Trouble::Away(error) => (head.integer(2)?, attempts, error),
        Trouble::Refused(error) => {
            let refusals = head.integer(2)? + 1;
            (refusals, refusals - NARROWINGS, error)
        }
    };
    let wait = RETRY_BASE_MS.saturating_mul(1_i64 << doublings.clamp(0, 20)).min(RETRY_CAP_MS);
    sql.exec(
        "UPDATE outbox SET attempts = attempts + 1, refusals = ?, due_at = ?, error = ? WHERE seq = ?",
        &[refusals.into(), (now + wait).into(), error.as_str().into(), seq.into()],
    )?;
    let hopeless = if lane == D1 { refusals >= REFUSALS } else { now - created_at >= PARK_AFTER_MS };
    if hopeless { park(sql, me, seq, now, error) } else { Ok(()) }
}

/// Sends a parked item again, as a new one behind everything that waits: receivers drop what is older than the last that
/// they have seen. Its new number; `None` when nothing is parked under `seq` or it was sent again before.
///
/// # Errors
/// [`Fault::Storage`].
pub fn requeue(sql: &dyn Sql, me: &ActorName, seq: i64, now: i64) -> Result<Option<i64>, Fault> {
    let parked = sql.first(
        "UPDATE outbox SET requeued_at = ? WHERE seq = ? AND dead = 1 AND requeued_at IS NULL RETURNING lane, item",
        &[now.into(), seq.into()],
    )?;
    let Some(parked) = parked else { return Ok(None) };
    let added = sql.first(
        "INSERT INTO outbox (lane, item, created_at, due_at) VALUES (?, ?, ?, ?) RETURNING seq",
        &[parked.text(0)?.into(), parked.text(1)?.into(), now.into(), now.into()],
    )?;
    say(sql, me, seq, now)?;
    added.map(|row| row.integer(0)).transpose()
}

/// Says the rows of at most `limit` parked items after number `after` (empty for all) again. Returns their numbers, in order.
///
/// # Errors
/// [`Fault`].
pub fn say_parked(
    sql: &dyn Sql,
    me: &ActorName,
    after: &str,
    limit: u32,
    now: i64,
) -> Result<Vec<String>, Fault> {
    let parked = sql.exec(
        "SELECT seq FROM outbox WHERE dead = 1 AND seq > ? ORDER BY seq LIMIT ?",
        &[after.parse::<i64>().unwrap_or(0).into(), limit.into()],
    )?;
    let said = |row: &Row| {
        let seq = row.integer(0)?;
        say(sql, me, seq, now)?;
        Ok(seq.to_string())
    };
    parked.iter().map(said).collect()
}

/// Whether `most` items or more wait that have never been tried.
///
/// # Errors
/// [`Fault::Storage`].
pub fn is_full(sql: &dyn Sql, most: u32) -> Result<bool, Fault> {
    let waiting = sql.first(
        "SELECT COUNT(*) FROM (SELECT 1 FROM outbox WHERE dead = 0 AND attempts = 0 LIMIT ?)",
        &[most.into()],
    )?;
    waiting.map_or(Ok(false), |row| Ok(row.integer(0)? >= i64::from(most)))
}

fn park(sql: &dyn Sql, me: &ActorName, seq: i64, now: i64, error: &str) -> Result<(), Fault> {
    sql.exec(
        "UPDATE outbox SET dead = 1, parked_at = ?, error = ? WHERE seq = ?",
        &[now.into(), error.into(), seq.into()],
    )?;
    say(sql, me, seq, now)
}

/// Promises D1 the row of a parked item. That of an item that is such a row itself isn't: it would be parked for ever.
fn say(sql: &dyn Sql, me: &ActorName, seq: i64, now: i64) -> Result<(), Fault> {
    let columns = sql.first(
        "SELECT json_object('actor', ?1, 'seq', seq, 'lane', lane, 'item', substr(item, 1, ?2), 'error', error,
           'attempts', attempts, 'created_at', created_at, 'parked_at', COALESCE(parked_at, created_at),
           'requeued_at', requeued_at, 'revision', 1 + (requeued_at IS NOT NULL)) FROM outbox
         WHERE seq = ?3 AND dead = 1 AND instr(item, '{\"snapshot\":{\"table\":\"outbox_dead\"') <> 1",
        &[me.to_string().into(), SHOWN_CHARS.into(), seq.into()],
    )?;
    let Some(columns) = columns else { return Ok(()) };
    let columns = json::raw(columns.text(0)?)?;
    push(sql, &Item::Snapshot(snapshot::Row { table: snapshot::Table::OutboxDead, columns }), now)
}

fn batch(
    sql: &dyn Sql,
    me: &ActorName,
    lane: String,
    refusals: i64,
    now: i64,
) -> Result<Option<Batch>, Fault> {
    let most = if lane == D1 { (ROWS >> (2 * refusals.clamp(0, NARROWINGS))).max(1) } else { BATCH };
    let rows = sql.exec(
        "SELECT seq, item FROM (SELECT seq, item, SUM(LENGTH(item)) OVER (ORDER BY seq) - LENGTH(item) AS before
           FROM outbox WHERE lane = ? AND dead = 0 ORDER BY seq LIMIT ?) WHERE before < ?",
        &[lane.as_str().into(), most.into(), BATCH_CHARS.into()],
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
                park(sql, me, seq, now, &fault.to_string())?;
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
