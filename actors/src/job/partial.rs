//! Partial pictures: what a provider shows of a picture on the way to it.
//!
//! Their ids are drawn and written down in the turn that hands the attempt out, before there are any bytes: so whatever an
//! attempt leaves in R2 is known and forgotten, though its object should die right after a put. An attempt that is made again
//! makes partials of its own, and the numbers that people see go on: the highest is the newest.
//!
//! Invariants: each is told once, in order, and none after its variant's end; none is kept much longer than [`KEEP_MS`].
//! Absent: bytes, and the question whether one may still be seen, which the shell answers from what it put beside the bytes.

use crate::effect::{Effect, Task, Work};
use crate::ids::{JobId, PartialId};
use crate::job::store::{self, Head};
use crate::job::work::PLATFORM_MS;
use crate::job::{Stage, event};
use crate::json;
use crate::sql::{Fault, Sql};
use crate::timers;
use crate::turn::Turn;

/// How long a partial picture can be seen, in milliseconds.
pub const KEEP_MS: i64 = 15 * 60 * 1000;

/// Name of the timer that forgets them.
pub const TIMER: &str = "partials";

/// Forgetting that wasn't reported is begun again after this, in milliseconds.
const AGAIN_MS: i64 = 5 * 60 * 1000;
/// Forgotten at once: R2 deletes 1,000 objects a call.
const BATCH: u32 = 1_000;

/// Version 3. `shown` is the number that people were told; absent when they weren't told of it.
pub const SCHEMA: &[&str] = &["CREATE TABLE partials (
    ordinal INTEGER NOT NULL, attempt INTEGER NOT NULL, nth INTEGER NOT NULL, id TEXT NOT NULL, shown INTEGER,
    forget_at INTEGER NOT NULL, PRIMARY KEY (ordinal, attempt, nth)) WITHOUT ROWID"];

/// The ids of the `count` partials that an attempt may show, whose lease ends at `lease_until`. None is put later.
///
/// # Errors
/// [`Fault`] from the storage.
pub fn expect(
    turn: &mut Turn<'_>,
    me: &JobId,
    ordinal: u32,
    attempt: u32,
    count: u32,
    lease_until: i64,
) -> Result<Vec<PartialId>, Fault> {
    let forget_at = lease_until + KEEP_MS;
    let mut ids = Vec::new();
    for nth in 0..count {
        let id = PartialId::random(me, ordinal, turn.entropy);
        turn.sql.exec(
            "INSERT INTO partials (ordinal, attempt, nth, id, forget_at) VALUES (?, ?, ?, ?, ?)",
            &[ordinal.into(), attempt.into(), nth.into(), id.as_str().into(), forget_at.into()],
        )?;
        timers::set_by(turn.sql, TIMER, forget_at)?;
        ids.push(id);
    }
    Ok(ids)
}

/// The attempt's `nth` partial is in R2. One that was told, or comes after a later one, isn't told.
///
/// # Errors
/// [`Fault`] from the storage.
pub fn show(
    turn: &Turn<'_>,
    me: &JobId,
    head: &Head,
    ordinal: u32,
    attempt: u32,
    nth: u32,
) -> Result<(), Fault> {
    let Some(variant) = store::variant(turn.sql, ordinal)? else { return Ok(()) };
    if !variant.is_running(Stage::Generate, attempt) {
        return Ok(());
    }
    let shown = turn.sql.first(
        "UPDATE partials SET shown = (SELECT COUNT(shown) FROM partials WHERE ordinal = ?)
         WHERE ordinal = ? AND attempt = ? AND nth = ? AND NOT EXISTS
           (SELECT 1 FROM partials WHERE ordinal = ? AND attempt = ? AND nth >= ? AND shown IS NOT NULL)
         RETURNING id, shown",
        &[
            ordinal.into(),
            ordinal.into(),
            attempt.into(),
            nth.into(),
            ordinal.into(),
            attempt.into(),
            nth.into(),
        ],
    )?;
    let Some(row) = shown else { return Ok(()) };
    // Relative to where people call us, in jobs from before that was known.
    let origin = head.spec.materials.address.as_ref().map_or("", |address| address.origin.as_str());
    let url = format!("{origin}/public/partial/{}", row.text(0)?);
    event::of_partial(turn, &head.spec.session_id, me, &variant, url, row.integer(1)?)
}

/// Hands out the forgetting of what nobody can see any more.
///
/// # Errors
/// [`Fault`] from the storage.
pub fn forget(turn: &mut Turn<'_>, head: &Head) -> Result<(), Fault> {
    let rows = turn.sql.exec(
        "SELECT id, ordinal FROM partials WHERE forget_at <= ? ORDER BY forget_at LIMIT ?",
        &[turn.now.into(), BATCH.into()],
    )?;
    let Some(first) = rows.first() else { return arm(turn.sql) };
    let ordinal = u32::try_from(first.integer(1)?).map_err(|error| Fault::corrupt("ordinal", error))?;
    let Some(variant) = store::variant(turn.sql, ordinal)? else { return Ok(()) };
    let ids =
        rows.iter().map(|row| PartialId::parse(&row.text(0)?).map_err(|e| Fault::corrupt("partial", e)));
    let partials = ids.collect::<Result<_, _>>()?;
    timers::set(turn.sql, TIMER, turn.now + AGAIN_MS)?;
    turn.effects.push(Effect::Work(Box::new(Work {
        ordinal,
        provider: variant.provider,
        session_id: head.spec.session_id.clone(),
        stage: Stage::Generate,
        // None of the variant's: its attempts count from 1.
        attempt: 0,
        timeout_ms: PLATFORM_MS,
        task: Task::Forget { partials },
    })));
    Ok(())
}

/// These aren't in R2 any more.
///
/// # Errors
/// [`Fault`] from the storage.
pub fn forgotten(sql: &dyn Sql, partials: &[PartialId]) -> Result<(), Fault> {
    sql.exec(
        "DELETE FROM partials WHERE id IN (SELECT value FROM json_each(?))",
        &[json::write(partials)?.into()],
    )?;
    arm(sql)
}

/// Sets the timer to when the next one is to be forgotten.
fn arm(sql: &dyn Sql) -> Result<(), Fault> {
    let next = sql.first("SELECT MIN(forget_at) FROM partials", &[])?;
    match next.map_or(Ok(None), |row| row.optional_integer(0))? {
        Some(at) => timers::set(sql, TIMER, at),
        None => timers::clear(sql, TIMER),
    }
}
