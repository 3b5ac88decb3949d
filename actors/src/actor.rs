//! One actor, of whichever kind it is: the only algorithm that the shell runs.
//!
//! Each function here is one turn, in one transaction that the shell opens: a message comes in ([`deliver`]), a piece of
//! work has ended ([`finish`]), or something is due ([`wake`]). It ends with a reply and effects; the shell commits, and only
//! then acts.

use std::collections::BTreeSet;

use crate::address::{ActorName, Kind};
use crate::effect::Outcome;
use crate::inbox::Answered;
use crate::job::stage::Stage;
use crate::protocol::{Envelope, Message, Reply, Sender};
use crate::sql::{Fault, Sql};
use crate::turn::Turn;
use crate::{artifact, breaker, directory, gate, inbox, job, json, outbox, project, session, timers, upkeep};

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
    if envelope.message.is_repeatable() {
        return json::write(&handle(turn, envelope.message)?);
    }
    match envelope.from {
        Sender::Actor { name, seq } => {
            if !inbox::first_sight(turn.sql, &name, seq)? {
                return json::write(&Reply::Done);
            }
            json::write(&handle(turn, envelope.message)?)
        }
        Sender::Edge { id, fingerprint } => {
            if let Some(answered) = inbox::answered(turn.sql, &id)? {
                return again(answered, fingerprint.as_deref());
            }
            let reply = handle(turn, envelope.message)?;
            // Nothing was made, so there's nothing that the key could stand for.
            if matches!(reply, Reply::Refused(_)) && fingerprint.is_some() {
                return json::write(&reply);
            }
            let reply = json::write(&reply)?;
            let answered = Answered { reply: reply.clone(), fingerprint };
            inbox::store_reply(turn.sql, &id, &answered, turn.now)?;
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

/// Takes in that a partial picture of attempt `attempt` can be seen: the attempt's `nth`, from 0.
///
/// # Errors
/// As [`deliver`].
pub fn progress(turn: &mut Turn<'_>, ordinal: u32, attempt: u32, nth: u32) -> Result<(), Fault> {
    job::progress(turn, ordinal, attempt, nth)
}

/// Does what is due: timers, lapsed leases, deadlines, and handing out work. `holder` names this life of the object: work
/// that an earlier life was doing is given out again at once, because there is only ever one alive.
///
/// # Errors
/// As [`deliver`].
pub fn wake(turn: &mut Turn<'_>, holder: &str) -> Result<(), Fault> {
    let due = timers::take_due(turn.sql, turn.now)?;
    for timer in &due {
        match timer.as_str() {
            SWEEP => {
                if let Some(oldest) = inbox::sweep(turn.sql, turn.now)? {
                    timers::set(turn.sql, SWEEP, sweep_at(oldest))?;
                }
            }
            upkeep::TIMER => upkeep::go_on(turn)?,
            directory::ANNOUNCE => directory::announce(turn)?,
            session::retention::TIMER => session::retention::sweep(turn)?,
            // The kind's own, or there for the wake-up alone.
            _ => {}
        }
    }
    match turn.me.kind() {
        Kind::Job => job::wake(turn, holder, &due),
        Kind::Gate => gate::wake(turn, &due),
        // Their timers are all that they wake for.
        Kind::Session | Kind::Project | Kind::Artifact | Kind::Breaker | Kind::Directory => Ok(()),
    }
}

/// When an object that does nothing must be woken next, at the latest: the minimum over outbox, timers and journal.
///
/// # Errors
/// [`Fault::Storage`].
pub fn next_wake(sql: &dyn Sql, kind: Kind) -> Result<Option<i64>, Fault> {
    earliest(sql, kind, None, &BTreeSet::new(), 0)
}

/// The same of an object in the life named `holder`, which is `sending` lanes of its outbox at `now`.
///
/// # Errors
/// [`Fault::Storage`].
pub fn next_wake_in(
    sql: &dyn Sql,
    kind: Kind,
    holder: &str,
    sending: &BTreeSet<String>,
    now: i64,
) -> Result<Option<i64>, Fault> {
    earliest(sql, kind, Some(holder), sending, now)
}

/// What an ask gets that came before: the same words, provided that it is the same.
fn again(answered: Answered, fingerprint: Option<&str>) -> Result<String, Fault> {
    match fingerprint {
        // Whoever makes its ids itself knows that it asks again.
        None => Ok(answered.reply),
        Some(_) if fingerprint == answered.fingerprint.as_deref() => {
            Ok(format!("{{\"again\":{}}}", answered.reply))
        }
        Some(_) => json::write(&Reply::key_reused()),
    }
}

fn earliest(
    sql: &dyn Sql,
    kind: Kind,
    holder: Option<&str>,
    sending: &BTreeSet<String>,
    now: i64,
) -> Result<Option<i64>, Fault> {
    let journal = if kind == Kind::Job { job::store::next_due(sql, holder)? } else { None };
    Ok([outbox::next(sql, sending, now)?, timers::next(sql)?, journal].into_iter().flatten().min())
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
        (ActorName::Gate(_), Message::Gate(message)) => gate::handle(turn, message),
        (ActorName::Breaker(_), Message::Breaker(message)) => breaker::handle(turn, message),
        (ActorName::Directory(_), Message::Directory(message)) => directory::handle(turn, message),
        (_, Message::Upkeep(message)) => upkeep::handle(turn, message),
        (
            me,
            Message::Session(_)
            | Message::Project(_)
            | Message::Job(_)
            | Message::Artifact(_)
            | Message::Gate(_)
            | Message::Breaker(_)
            | Message::Directory(_),
        ) => Ok(Reply::misaddressed(format!("{me} doesn't understand a message for another kind of actor"))),
    }
}
