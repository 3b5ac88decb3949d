//! Who listens to a session: sockets and readers of server-sent events.
//!
//! Sockets hibernate: the platform keeps them while the object sleeps, so there's no map of them here. A reader is a
//! response that is being sent ([`events`]); it keeps the object awake, and what is known of it may be lost with the object,
//! because the reader is lost then, too.

pub mod attach;
mod events;
mod platform;

use std::cell::{Cell, RefCell};

use picasso_actors::session::resume::{Cursor, Page};
use picasso_actors::session::sockets::{self, Close, Inbound};
use picasso_actors::sql::Fault;
use worker::WebSocket;

use crate::runtime::object::Object;
use crate::runtime::platform::now_ms;
use events::Seat;

/// What an object knows of its listeners beyond what the platform does.
#[derive(Debug, Default)]
pub struct Listeners {
    readers: RefCell<Vec<Seat>>,
    pruned_at: Cell<i64>,
}

/// Sends one frame to every socket, as it is, and has the readers look. A socket that can't take it is gone: its client
/// comes back with `since`.
pub fn broadcast(object: &Object, frame: &str) {
    let now = now_ms();
    if now - object.listeners.pruned_at.get() >= sockets::PRUNE_EVERY_MS {
        prune(object, now);
    }
    for socket in object.state.get_websockets() {
        if socket.send_with_str(frame).is_err() {
            close(&socket, Close::GONE);
        }
    }
    for seat in object.listeners.readers.borrow_mut().iter_mut() {
        seat.ring();
    }
}

/// Takes note of a client's message; one that says too much is closed.
pub fn receive(socket: &WebSocket, bytes: usize) {
    let kept: Option<String> = socket.deserialize_attachment().ok().flatten();
    let mut inbound: Inbound = kept.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
    if let Some(why) = inbound.receive(bytes, now_ms()) {
        close(socket, why);
    } else if let Ok(text) = serde_json::to_string(&inbound) {
        let _ = socket.serialize_attachment(text);
    }
}

/// A listener's next page.
fn page(object: &Object, cursor: &mut Cursor, limit: u32) -> Result<Page, Fault> {
    let (page, _) = object.turn(|turn| cursor.next(turn, limit)).inspect_err(|fault| object.log(fault))?;
    Ok(page)
}

/// Closes the listeners that are gone without having said so.
fn prune(object: &Object, now: i64) {
    object.listeners.pruned_at.set(now);
    for socket in object.state.get_websockets() {
        if sockets::is_gone(platform::last_ping(&object.state, &socket), now) {
            close(&socket, Close::GONE);
        }
    }
    object.listeners.readers.borrow_mut().retain(|seat| seat.is_taken(now));
}

/// How many listen.
fn count(object: &Object) -> usize {
    object.state.get_websockets().len() + object.listeners.readers.borrow().len()
}

/// A socket that can't be closed is closed.
fn close(socket: &WebSocket, why: Close) {
    let _ = socket.close(Some(why.code), Some(why.reason));
}
