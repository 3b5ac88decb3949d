//! One actor, whichever of the four it is: the only algorithm that the shell runs.
//!
//! Each function here is one turn, in one transaction that the shell opens: a message comes in ([`deliver`]), a piece of
//! work has ended ([`finish`]), or something is due ([`wake`]). It ends with a reply and effects; the shell commits, and only
//! then acts.

use crate::address::{ActorName, Kind};
use crate::effect::Outcome;
use crate::job::stage::Stage;
use crate::protocol::{Envelope, Message, Reply, Sender};
use crate::sql::{Fault, Sql};
use crate::turn::Turn;
use crate::{artifact, inbox, job, json, outbox, project, session, timers};

/// Name of the timer that sweeps what is kept for a time only.
const SWEEP: &str = "sweep";
/// How much later than it may a reply is swept, so that many go in one sweep.
const SWEEP_EVERY_MS: i64 = 60 * 60 * 1000;

/// Takes one message in, at most once, and gives the reply as JSON.
///
/// # Errors
/// [`Fault`]; the transaction must then be rolled back, and the sender may try again.
pub fn deliver(turn: &mut Turn<'_>, envelope: Envelope) -> Result<String, Fault> {
    if envelope.to != *turn.me {
        return json::write(&Reply::misaddressed(format!("this is {}, not {}", turn.me, envelope.to)));
    }
    if envelope.message.is_query() {
        return json::write(&handle(turn, envelope.message)?);
    }
    match envelope.from {
        Sender::Actor { name, seq } => {
            if !inbox::first_sight(turn.sql, &name, seq)? {
                return json::write(&Reply::Done);
            }
            json::write(&handle(turn, envelope.message)?)
        }
        Sender::Edge { id } => {
            if let Some(reply) = inbox::stored_reply(turn.sql, &id)? {
                return Ok(reply);
            }
            let reply = json::write(&handle(turn, envelope.message)?)?;
            inbox::store_reply(turn.sql, &id, &reply, turn.now)?;
            // Not moved when it runs already: an actor that is always being asked would never get to sweep.
            timers::start(turn.sql, SWEEP, sweep_at(turn.now))?;
            Ok(reply)
        }
    }
}

/// Takes in how a piece of work went. Only jobs have work.
///
/// # Errors
/// As [`deliver`].
pub fn finish(
    turn: &mut Turn<'_>,
    ordinal: u32,
    stage: Stage,
    attempt: u32,
    outcome: Outcome,
) -> Result<(), Fault> {
    job::finish(turn, ordinal, stage, attempt, outcome)
}

/// Does what is due: timers, lapsed leases, deadlines, and handing out work. `holder` names this life of the object: work
/// that an earlier life was doing is given out again at once, because there is only ever one alive.
///
/// # Errors
/// As [`deliver`].
pub fn wake(turn: &mut Turn<'_>, holder: &str) -> Result<(), Fault> {
    for timer in timers::take_due(turn.sql, turn.now)? {
        if timer == SWEEP
            && let Some(oldest) = inbox::sweep(turn.sql, turn.now)?
        {
            timers::set(turn.sql, SWEEP, sweep_at(oldest))?;
        } else if timer == session::retention::TIMER {
            session::retention::sweep(turn)?;
        }
    }
    match turn.me.kind() {
        Kind::Job => job::wake(turn, holder),
        // Their timers are all that they wake for.
        Kind::Session | Kind::Project | Kind::Artifact => Ok(()),
    }
}

/// When the object must be woken next, at the latest: the minimum over outbox, timers and journal.
///
/// # Errors
/// [`Fault::Storage`].
pub fn next_wake(sql: &dyn Sql, kind: Kind) -> Result<Option<i64>, Fault> {
    let journal = if kind == Kind::Job { job::store::next_due(sql)? } else { None };
    Ok([outbox::next(sql)?, timers::next(sql)?, journal].into_iter().flatten().min())
}

/// When a reply stored at `at` is swept.
const fn sweep_at(at: i64) -> i64 {
    at + inbox::KEEP_MS + SWEEP_EVERY_MS
}

fn handle(turn: &mut Turn<'_>, message: Message) -> Result<Reply, Fault> {
    match (turn.me.clone(), message) {
        (ActorName::Session(me), Message::Session(message)) => session::handle(turn, &me, message),
        (ActorName::Project(me), Message::Project(message)) => project::handle(turn, &me, message),
        (ActorName::Job(me), Message::Job(message)) => job::handle(turn, &me, message),
        (ActorName::Artifact(me), Message::Artifact(message)) => artifact::handle(turn, &me, message),
        (
            me @ (ActorName::Session(_) | ActorName::Project(_) | ActorName::Job(_) | ActorName::Artifact(_)),
            Message::Session(_) | Message::Project(_) | Message::Job(_) | Message::Artifact(_),
        ) => Ok(Reply::misaddressed(format!("{me} doesn't understand a message for another kind of actor"))),
    }
}
