//! How long events are kept, and the sweep that forgets the others.
//!
//! An event may go when it's older than [`KEEP_MS`] or there are [`KEEP_EVENTS`] newer ones, but not while its job is open:
//! a `resync` tells of open jobs from their events. A job that hasn't ended for [`KEEP_OPEN_MS`] never will. The sweep runs
//! from a timer, at most hourly but for the chunks that a large one is cut into; without events or tickets there's no timer.

use crate::session::message::TICKET_MS;
use crate::session::store;
use crate::sql::Fault;
use crate::timers;
use crate::turn::Turn;

/// How long an event is kept, in milliseconds: a week.
pub const KEEP_MS: i64 = 7 * 24 * 60 * 60 * 1000;
/// How many events are kept.
pub const KEEP_EVENTS: i64 = 20_000;
/// How long a job that doesn't end keeps its events, in milliseconds: thirty days.
pub const KEEP_OPEN_MS: i64 = 30 * 24 * 60 * 60 * 1000;
/// How much later than it may something goes, in milliseconds, so that many go in one sweep.
pub const EVERY_MS: i64 = 60 * 60 * 1000;
/// Events that go in one turn.
pub const CHUNK: u32 = 1_000;
/// Name of the timer.
pub const TIMER: &str = "retention";

/// The next chunk of a large sweep comes this much later, in milliseconds: what else the session has to do goes between.
const NEXT_CHUNK_MS: i64 = 1_000;

/// Has the sweep come for event `seq`, and soon when there are too many: all up to `trimmed_to` are gone.
///
/// # Errors
/// [`Fault::Storage`].
pub fn plan_for_event(turn: &Turn<'_>, seq: i64, trimmed_to: i64) -> Result<(), Fault> {
    let keep = if seq - trimmed_to > KEEP_EVENTS { 0 } else { KEEP_MS };
    timers::set_by(turn.sql, TIMER, turn.now + keep + EVERY_MS)
}

/// Has the sweep come for a ticket made now.
///
/// # Errors
/// [`Fault::Storage`].
pub fn plan_for_ticket(turn: &Turn<'_>) -> Result<(), Fault> {
    timers::set_by(turn.sql, TIMER, turn.now + TICKET_MS + EVERY_MS)
}

/// Forgets one chunk of what may go, and sets the timer for the rest.
///
/// # Errors
/// [`Fault`] from the storage.
pub fn sweep(turn: &Turn<'_>) -> Result<(), Fault> {
    let last = store::head(turn.sql)?.last_seq;
    let bounds =
        store::Bounds { at: turn.now - KEEP_MS, seq: last - KEEP_EVENTS, opened_at: turn.now - KEEP_OPEN_MS };
    if store::trim(turn.sql, &bounds, CHUNK)? == CHUNK {
        return timers::set(turn.sql, TIMER, turn.now + NEXT_CHUNK_MS);
    }
    store::forget_jobs(turn.sql, &bounds)?;
    store::forget_tickets(turn.sql, turn.now)?;
    match store::next_expiry(turn.sql, KEEP_MS, KEEP_OPEN_MS, bounds.opened_at)? {
        Some(at) => timers::set(turn.sql, TIMER, at + EVERY_MS),
        None => Ok(()),
    }
}
