//! The session actor: one person's live stream. Numbers events densely from 1, keeps them, and sends them on.

pub mod message;
pub mod store;

use crate::effect::Effect;
use crate::ids::SessionId;
use crate::json;
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
        Message::Publish { event_type, ts, data } => {
            let seq = store::next_seq(turn.sql, || turn.entropy.id(EPOCH_LEN))?;
            let frame = message::frame(me, seq, event_type, ts, &data)?;
            store::append(turn.sql, seq, &frame, turn.now)?;
            turn.effects.push(Effect::Broadcast { frame });
            Ok(Reply::Done)
        }
        Message::MintTicket => {
            let ticket = Ticket { ticket: turn.entropy.id(TICKET_LEN), expires_at: turn.now + TICKET_MS };
            store::add_ticket(turn.sql, &ticket, turn.now)?;
            Ok(Reply::Body(json::to_raw(&ticket)?))
        }
        Message::Admit { ticket } => {
            if store::use_ticket(turn.sql, &ticket, turn.now)? {
                Ok(Reply::Done)
            } else {
                Ok(Reply::forbidden("the ticket is unknown, used or older than 60 s"))
            }
        }
        Message::Replay { since, limit } => Ok(Reply::Body(json::to_raw(&replay(turn, since, limit)?)?)),
    }
}

/// The frames after `since`, or word that there can't be any: a client whose `since` lies ahead of us holds events of
/// another epoch (the session's state was lost), and must start over.
///
/// # Errors
/// [`Fault`] from the storage.
pub fn replay(turn: &mut Turn<'_>, since: i64, limit: u32) -> Result<Replay, Fault> {
    let (epoch, last_seq) = store::head(turn.sql)?;
    if since > last_seq {
        let frame = message::resync(turn.me.id(), &epoch, last_seq, turn.now)?;
        return Ok(Replay { frames: vec![frame], next: None });
    }
    let (frames, next) = store::after(turn.sql, since, limit)?;
    Ok(Replay { frames, next })
}

/// Random characters of an epoch: tells two lives of a session's state apart, nothing depends on its secrecy.
const EPOCH_LEN: usize = 8;
/// Random characters of a ticket: 190 bits.
const TICKET_LEN: usize = 32;
