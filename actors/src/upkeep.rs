//! What any actor does for the read model's and the operators' sake, whatever its kind: say all of its rows again, and
//! send once more what was parked.
//!
//! Saying everything again goes page by page, one a turn, and a page waits while the outbox is full: a project of ten
//! thousand pictures makes no giant turn, and a D1 that is away no giant outbox. Rows carry the revisions that they have, so
//! saying them again is harmless.

use serde::{Deserialize, Serialize};

use crate::address::ActorName;
use crate::protocol::{self, Reply};
use crate::sql::{Fault, Sql};
use crate::turn::Turn;
use crate::{artifact, directory, job, json, outbox, project, timers};

/// Name of the timer that goes on with the next page.
pub const TIMER: &str = "resend";
/// Rows of a page.
const ROWS: u32 = 100;
/// Actors that are told in a page: each is a request of its own.
const TELLS: u32 = 20;
/// Items waiting in the outbox, never tried, that hold the next page back.
const FULL: u32 = 400;
/// How long it's held back, in milliseconds.
const PAUSE_MS: i64 = 500;

/// The table, in every actor, from version 2 on: how far the last resending is. `part` is one of [`Part`].
pub const SCHEMA: &[&str] = &["CREATE TABLE resend (
   id INTEGER PRIMARY KEY CHECK (id = 1), part INTEGER NOT NULL, after TEXT NOT NULL, told INTEGER NOT NULL,
   begun_at INTEGER NOT NULL, ended_at INTEGER)"];

/// Messages that every actor understands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Message {
    /// Say every row to D1 again, and have those that only you know of do the same. While it's under way, this begins it
    /// anew.
    Resend,
    /// Send a parked item again, behind everything that waits.
    Requeue {
        /// Its number in the outbox.
        seq: i64,
    },
}

/// The reply to [`Message::Requeue`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Requeued {
    /// Whose outbox.
    pub actor: ActorName,
    /// The parked item's number.
    pub seq: i64,
    /// The number under which it's sent now.
    pub requeued: i64,
}

/// How far a resending is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Progress {
    /// When it began, epoch milliseconds; `None` when there was never one.
    pub begun_at: Option<i64>,
    /// When everything had been said.
    pub ended_at: Option<i64>,
    /// How many other actors were told to do the same.
    pub told: i64,
}

/// What is said, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    /// Parked items of the outbox.
    Parked = 0,
    /// The actor's own rows.
    Rows = 1,
    /// Word to the actors that it lists.
    Others = 2,
}

/// Takes one message in.
///
/// # Errors
/// [`Fault`] from the storage.
pub fn handle(turn: &mut Turn<'_>, message: Message) -> Result<Reply, Fault> {
    match message {
        Message::Resend => {
            turn.sql.exec(
                "INSERT INTO resend (id, part, after, told, begun_at) VALUES (1, 0, '', 0, ?)
                 ON CONFLICT (id) DO UPDATE SET part = 0, after = '', told = 0, begun_at = excluded.begun_at, ended_at = NULL",
                &[turn.now.into()],
            )?;
            go_on(turn)?;
            Ok(Reply::Done)
        }
        Message::Requeue { seq } => match outbox::requeue(turn.sql, turn.me, seq, turn.now)? {
            Some(requeued) => {
                Ok(Reply::Body(json::to_raw(&Requeued { actor: turn.me.clone(), seq, requeued })?))
            }
            None => Ok(Reply::not_found("parked item that waits")),
        },
    }
}

/// Says the next page, and sets the timer for the one after it.
///
/// # Errors
/// [`Fault`] from the storage.
pub fn go_on(turn: &mut Turn<'_>) -> Result<(), Fault> {
    let row = turn.sql.first("SELECT part, after FROM resend WHERE ended_at IS NULL", &[])?;
    let Some(row) = row else { return Ok(()) };
    if outbox::is_full(turn.sql, FULL)? {
        return timers::set(turn.sql, TIMER, turn.now + PAUSE_MS);
    }
    let (mut part, mut after) = (Part::of(row.integer(0)?), row.text(1)?);
    // Parts that say little share a turn: most actors have said everything in one.
    while let Some(current) = part {
        let (said, limit) = say(turn, current, &after)?;
        if current == Part::Others {
            turn.sql.exec("UPDATE resend SET told = told + ?", &[count(&said).into()])?;
        }
        if count(&said) < limit {
            (part, after) = (current.next(), String::new());
            continue;
        }
        after = said.into_iter().next_back().unwrap_or_default();
        turn.sql.exec("UPDATE resend SET part = ?, after = ?", &[(current as u32).into(), after.into()])?;
        return timers::set(turn.sql, TIMER, turn.now);
    }
    turn.sql.exec("UPDATE resend SET ended_at = ?", &[turn.now.into()])?;
    Ok(())
}

/// How far the last resending is.
///
/// # Errors
/// [`Fault::Storage`].
pub fn progress(sql: &dyn Sql) -> Result<Progress, Fault> {
    let Some(row) = sql.first("SELECT begun_at, ended_at, told FROM resend", &[])? else {
        return Ok(Progress::default());
    };
    Ok(Progress {
        begun_at: Some(row.integer(0)?),
        ended_at: row.optional_integer(1)?,
        told: row.integer(2)?,
    })
}

/// Tells actors to say everything again.
///
/// # Errors
/// [`Fault::Storage`].
pub fn tell_resend(turn: &Turn<'_>, actors: impl IntoIterator<Item = ActorName>) -> Result<(), Fault> {
    actors.into_iter().try_for_each(|to| turn.tell(to, protocol::Message::Upkeep(Message::Resend)))
}

impl Part {
    fn of(number: i64) -> Option<Self> {
        [Self::Parked, Self::Rows, Self::Others].into_iter().find(|part| *part as i64 == number)
    }

    fn next(self) -> Option<Self> {
        Self::of(self as i64 + 1)
    }
}

/// Says what of `part` comes after `after`: the keys of what was said, in order, and how many it would have been at most.
fn say(turn: &Turn<'_>, part: Part, after: &str) -> Result<(Vec<String>, u32), Fault> {
    let said = match (part, turn.me) {
        (Part::Parked, _) => outbox::say_parked(turn.sql, turn.me, after, ROWS, turn.now)?,
        (Part::Rows, ActorName::Project(me)) => project::resend(turn, me, after, ROWS)?,
        (Part::Rows, ActorName::Job(me)) => {
            job::resend(turn, me)?;
            Vec::new()
        }
        (Part::Rows, ActorName::Artifact(me)) => {
            artifact::resend(turn, me)?;
            Vec::new()
        }
        (Part::Others, ActorName::Project(_)) => {
            let jobs = project::jobs::after(turn.sql, after, TELLS)?;
            tell_resend(turn, jobs.iter().cloned().map(ActorName::Job))?;
            return Ok((jobs.iter().map(ToString::to_string).collect(), TELLS));
        }
        (Part::Others, ActorName::Directory(_)) => {
            let members = directory::store::members_after(turn.sql, after, TELLS)?;
            tell_resend(turn, members.iter().cloned())?;
            return Ok((members.iter().map(ToString::to_string).collect(), TELLS));
        }
        (
            Part::Rows,
            ActorName::Session(_) | ActorName::Directory(_) | ActorName::Gate(_) | ActorName::Breaker(_),
        )
        | (
            Part::Others,
            ActorName::Session(_)
            | ActorName::Job(_)
            | ActorName::Artifact(_)
            | ActorName::Gate(_)
            | ActorName::Breaker(_),
        ) => Vec::new(),
    };
    Ok((said, ROWS))
}

fn count(said: &[String]) -> u32 {
    u32::try_from(said.len()).unwrap_or(u32::MAX)
}
