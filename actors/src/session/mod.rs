//! The session actor: one person's live stream. Numbers events densely from 1, keeps them for a while, and sends them on.

pub mod frame;
pub mod message;
pub mod opening;
pub mod places;
pub mod resume;
pub mod retention;
pub mod sockets;
pub mod store;

use crate::effect::Effect;
use crate::ids::{JobId, SessionId};
use crate::json::{self, Raw};
use crate::protocol::Reply;
use crate::sql::Fault;
use crate::turn::Turn;

pub use message::{EventType, Message, Replay, TICKET_MS, Ticket};

/// Takes one message in.
///
/// # Errors
/// [`Fault`] from the storage.
pub fn handle(turn: &mut Turn<'_>, me: &SessionId, message: Message) -> Result<Reply, Fault> {
    match message {
        Message::Publish { event_type, ts, data, job, closes } => {
            publish(turn, me, event_type, ts, &data, job, closes)
        }
        Message::MintTicket => {
            let ticket = Ticket { ticket: turn.entropy.id(TICKET_LEN), expires_at: turn.now + TICKET_MS };
            store::add_ticket(turn.sql, &ticket, turn.now)?;
            retention::plan_for_ticket(turn)?;
            Ok(Reply::Body(json::to_raw(&ticket)?))
        }
        Message::Admit { ticket } => {
            if store::use_ticket(turn.sql, &ticket, turn.now)? {
                Ok(Reply::Done)
            } else {
                Ok(Reply::forbidden("the ticket is unknown, used or older than 60 s"))
            }
        }
        Message::Reserve { job_id, most } => {
            if places::reserve(turn.sql, &job_id, most, turn.now)? {
                Ok(Reply::Done)
            } else {
                Ok(Reply::too_many(format!("the session has {most} open jobs: wait until one has ended")))
            }
        }
        Message::Release { job_id } => {
            places::release(turn.sql, &job_id)?;
            Ok(Reply::Done)
        }
        Message::Replay { since, limit, job } => {
            Ok(Reply::Body(json::to_raw(&resume::replay(turn, since, limit, job.as_ref())?)?))
        }
    }
}

fn publish(
    turn: &mut Turn<'_>,
    me: &SessionId,
    event_type: EventType,
    ts: i64,
    data: &Raw,
    job: Option<JobId>,
    closes: bool,
) -> Result<Reply, Fault> {
    let (seq, trimmed_to) = store::next_seq(turn.sql, || turn.entropy.id(EPOCH_LEN))?;
    let frame = frame::event(me, seq, event_type, ts, data)?;
    let (job, closes) = match job {
        Some(job) => (Some(job.to_string()), closes),
        None => store::about(turn.sql, &frame)?,
    };
    store::append(turn.sql, seq, job.as_deref(), &frame, turn.now)?;
    if let Some(job) = &job {
        store::mark_job(turn.sql, job, seq, !closes, turn.now)?;
    }
    retention::plan_for_event(turn, seq, trimmed_to)?;
    turn.effects.push(Effect::Broadcast { frame });
    Ok(Reply::Done)
}

/// Random characters of an epoch: tells two lives of a session's state apart, nothing depends on its secrecy.
const EPOCH_LEN: usize = 8;
/// Random characters of a ticket: 190 bits.
const TICKET_LEN: usize = 32;
