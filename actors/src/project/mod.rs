//! The project actor: the tree of progressions, and the only place where two pictures are compared.

pub mod jobs;
pub mod likeness;
pub mod message;
pub mod money;
pub mod store;

use crate::address::ActorName;
use crate::catalogue::price::Nanodollars;
use crate::directory;
use crate::ids::{ArtifactId, JobId, ProgressionId, ProjectId};
use crate::job::judge::Verdict;
use crate::job::message::{self as job, NearDuplicate};
use crate::job::money::Claim;
use crate::json;
use crate::protocol::{self, Reply};
use crate::snapshot::{Row, Table};
use crate::sql::Fault;
use crate::turn::Turn;
use crate::upkeep;

pub use message::{Allowed, Budget, CostsPage, Filter, Message, Progression, Spent};
pub use store::ALIKE_MAX;

/// Takes one message in.
///
/// # Errors
/// [`Fault`] from the storage.
pub fn handle(turn: &mut Turn<'_>, me: &ProjectId, message: Message) -> Result<Reply, Fault> {
    if !matches!(message, Message::Create { .. }) && !store::exists(turn.sql)? {
        return Ok(Reply::not_found("project"));
    }
    match message {
        Message::Create { name, description } => {
            if store::exists(turn.sql)? {
                return Ok(Reply::conflict("this project exists"));
            }
            store::create(turn.sql, &name, &description, turn.now)?;
            directory::announce(turn)?;
            snapshot(turn, me)?;
            shown(turn, me)
        }
        Message::Update { name, description, budget, near_duplicates } => {
            if let Some(change) = near_duplicates {
                store::compare(turn.sql, change, turn.now)?;
            }
            if let Some(budget) = budget {
                money::set_budget(turn.sql, budget)?;
            }
            store::touch(turn.sql, name.as_deref(), description.as_deref(), turn.now)?;
            snapshot(turn, me)?;
            shown(turn, me)
        }
        Message::Keep(id) => {
            if store::keep(turn.sql, &id)? {
                snapshot_progression(turn, me, &id)?;
            }
            body(store::progression(turn.sql, me.as_str(), &id)?, "progression")
        }
        Message::Fetch => shown(turn, me),
        Message::Progressions(filter) => {
            Ok(Reply::Body(json::raw(store::page(turn.sql, me.as_str(), &filter)?)?))
        }
        Message::Picture(id) => body(store::picture(turn.sql, &id)?, "picture"),
        Message::Alike { prompt, operation, start, providers } => {
            let found = store::alike(turn.sql, &prompt, operation, start.as_deref(), &providers)?;
            Ok(Reply::Body(json::raw(found)?))
        }
        Message::Gallery => body(store::gallery(turn.sql, me.as_str())?, "project"),
        Message::Originals => body(store::originals(turn.sql)?, "project"),
        Message::Record { job_id, ordinal, progression } => record(turn, me, job_id, ordinal, &progression),
        Message::Settle { job_id, ordinal, progression_id, verdict } => {
            settle(turn, me, job_id, ordinal, &progression_id, &verdict)
        }
        Message::Rollback { to, id } => {
            if !store::roll_back(turn.sql, &to, &id, turn.now)? {
                return Ok(Reply::not_found("progression"));
            }
            snapshot_progression(turn, me, &id)?;
            body(store::progression(turn.sql, me.as_str(), &id)?, "progression")
        }
        Message::Reserve { job_id, most, claim } => reserve(turn, &job_id, most, &claim),
        Message::Extend { job_id, claim } => match money::room(turn.sql, &claim, turn.now)? {
            Ok(cap) => {
                money::extend(turn.sql, &job_id, claim.highest, turn.now)?;
                Ok(Reply::Body(json::to_raw(&Allowed { cap })?))
            }
            Err(refusal) => Ok(Reply::Refused(refusal)),
        },
        Message::Spent(call) => {
            money::note(turn.sql, &call)?;
            Ok(Reply::Done)
        }
        Message::Costs(page) => body(money::shown(turn.sql, me.as_str(), &page, turn.now)?, "project"),
        Message::Opened { job_id, session_id, cap } => {
            let new = jobs::open(turn.sql, &job_id, &session_id, turn.now)?;
            money::opened(turn.sql, &job_id, cap)?;
            // A rebuild that began before the job was heard of didn't reach it: what it had said, D1 may have lost.
            if new && upkeep::progress(turn.sql)?.begun_at.is_some() {
                upkeep::tell_resend(turn, [ActorName::Job(job_id)])?;
            }
            Ok(Reply::Done)
        }
        Message::Closed { job_id } => {
            jobs::close(turn.sql, &job_id, turn.now)?;
            money::closed(turn.sql, &job_id)?;
            Ok(Reply::Done)
        }
        Message::Commission => Ok(Reply::Body(json::to_raw(&ArtifactId::random(turn.entropy))?)),
        Message::Published { artifact_id } => {
            store::add_artifact(turn.sql, &artifact_id, turn.now)?;
            store::touch(turn.sql, None, None, turn.now)?;
            snapshot(turn, me)?;
            Ok(Reply::Done)
        }
    }
}

/// A place and the money for a job, or neither.
fn reserve(turn: &Turn<'_>, job: &JobId, most: u32, claim: &Claim) -> Result<Reply, Fault> {
    if let Some(cap) = money::reserved(turn.sql, job)? {
        return allowed(cap);
    }
    let cap = match money::room(turn.sql, claim, turn.now)? {
        Ok(cap) => cap,
        Err(refusal) => return Ok(Reply::Refused(refusal)),
    };
    if !jobs::reserve(turn.sql, job, most, turn.now)? {
        return Ok(Reply::too_many(format!("the project has {most} open jobs: wait until one has ended")));
    }
    money::reserve(turn.sql, job, claim.highest)?;
    allowed(cap)
}

fn allowed(cap: Option<Nanodollars>) -> Result<Reply, Fault> {
    if cap.is_none() { Ok(Reply::Done) } else { Ok(Reply::Body(json::to_raw(&Allowed { cap })?)) }
}

/// Compares a picture with the tree and takes it in, in one turn: of two alike that arrive together, the first is kept and
/// the second marked. Asked again, it answers the same.
fn record(
    turn: &Turn<'_>,
    me: &ProjectId,
    job_id: JobId,
    ordinal: u32,
    progression: &Progression,
) -> Result<Reply, Fault> {
    let near_duplicate_of = if let Some(found) = store::recorded(turn.sql, &progression.id)? {
        found
    } else {
        let found = compare(turn, progression)?;
        store::insert(turn.sql, progression, Some(job_id.as_str()), found.as_ref(), turn.now)?;
        snapshot_progression(turn, me, &progression.id)?;
        found
    };
    answer(turn, job_id, job::Message::Recorded { ordinal, near_duplicate_of })
}

fn compare(turn: &Turn<'_>, progression: &Progression) -> Result<Option<NearDuplicate>, Fault> {
    let Some(hash) = progression.phash.as_deref().and_then(likeness::Hash::parse) else { return Ok(None) };
    let others = store::hashes(turn.sql)?;
    let others = others.iter().map(|(id, hash)| (id, *hash));
    Ok(likeness::nearest(hash, others, store::settings(turn.sql)?))
}

fn settle(
    turn: &Turn<'_>,
    me: &ProjectId,
    job_id: JobId,
    ordinal: u32,
    id: &ProgressionId,
    verdict: &Verdict,
) -> Result<Reply, Fault> {
    if !store::settle(turn.sql, id, verdict)? {
        return Ok(Reply::not_found("progression"));
    }
    store::touch(turn.sql, None, None, turn.now)?;
    snapshot_progression(turn, me, id)?;
    snapshot(turn, me)?;
    answer(turn, job_id, job::Message::Settled { ordinal })
}

/// Says the project's rows again: itself at the beginning, then at most `limit` progressions after `after`. Returns the
/// progressions said, in order.
///
/// # Errors
/// [`Fault`] from the storage.
pub fn resend(turn: &Turn<'_>, me: &ProjectId, after: &str, limit: u32) -> Result<Vec<String>, Fault> {
    if after.is_empty() {
        snapshot(turn, me)?;
    }
    let ids = store::progressions_after(turn.sql, after, limit)?;
    for id in &ids {
        snapshot_progression(turn, me, id)?;
    }
    Ok(ids.iter().map(ToString::to_string).collect())
}

fn answer(turn: &Turn<'_>, job_id: JobId, message: job::Message) -> Result<Reply, Fault> {
    turn.tell(ActorName::Job(job_id), protocol::Message::Job(message))?;
    Ok(Reply::Done)
}

fn shown(turn: &Turn<'_>, me: &ProjectId) -> Result<Reply, Fault> {
    body(store::shown(turn.sql, me.as_str())?, "project")
}

fn body(text: Option<String>, what: &str) -> Result<Reply, Fault> {
    text.map_or_else(|| Ok(Reply::not_found(what)), |text| Ok(Reply::Body(json::raw(text)?)))
}

fn snapshot(turn: &Turn<'_>, me: &ProjectId) -> Result<(), Fault> {
    match store::columns(turn.sql, me.as_str())? {
        Some(columns) => turn.snapshot(Row { table: Table::Projects, columns: json::raw(columns)? }),
        None => Ok(()),
    }
}

fn snapshot_progression(turn: &Turn<'_>, me: &ProjectId, id: &ProgressionId) -> Result<(), Fault> {
    match store::progression_columns(turn.sql, me.as_str(), id)? {
        Some(columns) => turn.snapshot(Row { table: Table::ImageProgressions, columns: json::raw(columns)? }),
        None => Ok(()),
    }
}
