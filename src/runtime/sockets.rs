//! The sockets of a session. They hibernate: the platform keeps them while the object sleeps, so there's no map of them
//! here, and nothing to lose.

use picasso_actors::session::resume::Cursor;
use picasso_actors::sql::Fault;
use picasso_actors::turn::Turn;
use worker::{State, WebSocket};

/// Largest message that a client may send, in bytes: it has nothing to say but a ping.
pub const INBOUND_MAX: usize = 4_096;
/// Frames read at a time while replaying.
const PAGE: u32 = 500;

/// Sends one frame to every socket, as it is. A socket that can't take it is gone: its client comes back with `since`.
pub fn broadcast(state: &State, frame: &str) {
    for socket in state.get_websockets() {
        if socket.send_with_str(frame).is_err() {
            let _ = socket.close(Some(1011), Some("reconnect with ?since="));
        }
    }
}

/// Sends what the client missed, page after page.
///
/// # Errors
/// [`Fault`] from the storage.
pub fn replay(turn: &mut Turn<'_>, socket: &WebSocket, since: i64) -> Result<(), Fault> {
    let mut cursor = Cursor::new(since, None);
    while !cursor.is_caught_up() {
        for frame in cursor.next(turn, PAGE)?.into_frames() {
            if socket.send_with_str(&frame.text).is_err() {
                return Ok(());
            }
        }
    }
    Ok(())
}
