//! One listener: holds a socket on a session's stream, and comes back with `since` whenever it's lost.

use std::io::ErrorKind;
use std::net::TcpStream;
use std::thread;
use std::time::Duration;

use fastrand::Rng;
use serde_json::Value;
use tungstenite::client::IntoClientRequest;
use tungstenite::{Error, Message, WebSocket};

use super::client::variant_key;
use super::run::{Run, now};
use crate::history::{Frame, Kind, Micros, Progress};

/// How long a read waits before it looks whether there is anything else to do.
const LOOK: Duration = Duration::from_millis(100);
/// Between two attempts to connect.
const AGAIN: Duration = Duration::from_millis(50);
/// Events after which a roaming listener lets go, at most.
const ROAMING_FRAMES: usize = 12;
/// Between two visits of a roaming listener.
const ROAMING_PAUSE: Duration = Duration::from_millis(300);
/// How many events a roaming listener goes back, at most.
const FAR_BACK: i64 = 100;
/// What the stream says that is no event: it has no number of its own.
const MARKERS: [&str; 1] = ["caught_up"];

/// How a listener behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Habit {
    /// Stays for as long as its socket does, and goes on where it was.
    Steady,
    /// Leaves after a few events and comes back to any place before.
    Roaming,
}

/// Listens until told to stop.
pub fn listen(run: &Run, session: &str, habit: Habit, mut rng: Rng) {
    let mut last = 0;
    while run.is_listening() {
        // Not far back: replaying thousands of events again and again is a load test, which this isn't.
        let since = if habit == Habit::Roaming { rng.i64((last - FAR_BACK).max(0)..=last) } else { last };
        let limit = if habit == Habit::Roaming { rng.usize(1..=ROAMING_FRAMES) } else { usize::MAX };
        match open(run, session, since) {
            Some(socket) => last = last.max(follow(run, session, socket, since, limit)),
            None => run.wait_until_up(),
        }
        thread::sleep(if habit == Habit::Roaming { ROAMING_PAUSE } else { AGAIN });
    }
}

/// Opens the stream; none when that fails, for whatever reason.
pub fn open(run: &Run, session: &str, since: i64) -> Option<WebSocket<TcpStream>> {
    let host = run.url.strip_prefix("http://")?;
    let tcp = TcpStream::connect(host).ok()?;
    // The handshake goes to a Worker that may be killed any moment: its end closes the connection.
    tcp.set_read_timeout(Some(Duration::from_secs(10))).ok()?;
    let mut request = format!("ws://{host}/api/stream/{session}?since={since}").into_client_request().ok()?;
    request.headers_mut().insert("x-api-key", run.key.parse().ok()?);
    let (socket, _) = tungstenite::client(request, tcp).ok()?;
    socket.get_ref().set_read_timeout(Some(LOOK)).ok()?;
    Some(socket)
}

/// Takes in what comes until the socket is lost, `limit` events came or nobody listens any more; the last number seen.
fn follow(run: &Run, session: &str, mut socket: WebSocket<TcpStream>, since: i64, limit: usize) -> i64 {
    let connection = run.next_connection();
    let (mut last, mut count) = (since, 0);
    while run.is_listening() && count < limit {
        match socket.read() {
            Ok(Message::Text(text)) => {
                let Some(frame) = read(session, connection, since, text.as_str()) else { continue };
                last = last.max(frame.seq);
                count += 1;
                if let Some(Progress { job, variant: Some((provider, index)), percent, .. }) =
                    Progress::read(&frame.text)
                {
                    // It says how far the variant was when it happened, which may be long ago.
                    run.saw(Kind::Seen, &variant_key(&job, &provider, index), percent, Micros::MIN);
                }
                run.note(|history| history.frames.push(frame));
            }
            Ok(Message::Close(_)) => break,
            Ok(_) => {}
            Err(Error::Io(error)) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            Err(_) => break,
        }
    }
    last
}

/// The frame as an event; none for a marker.
pub fn read(session: &str, connection: u64, since: i64, text: &str) -> Option<Frame> {
    let json: Value = serde_json::from_str(text).expect("a frame of JSON");
    if json["type"].as_str().is_none_or(|kind| MARKERS.contains(&kind)) {
        return None;
    }
    let seq = json["seq"].as_i64().expect("an event's number");
    Some(Frame { session: session.to_owned(), connection, since, seq, text: text.to_owned(), at: now() })
}
