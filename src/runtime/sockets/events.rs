//! Server-sent events: a response that goes on for as long as its reader reads.
//!
//! A reader isn't fed, it reads: each time that the platform asks for more, it takes its next page from the session's log, or
//! waits until somebody rings. So a slow one costs no memory and misses nothing, and when the platform drops the stream,
//! because the client is gone, nothing of it is left but a seat that counts no more.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use futures::channel::mpsc;
use futures::{FutureExt, StreamExt, stream};
use picasso_actors::session::resume::Cursor;
use picasso_actors::session::sockets::{self, KEEP_ALIVE_MS};
use worker::{Delay, Headers, Response, Result};

use super::platform;
use crate::runtime::object::Object;
use crate::runtime::platform::now_ms;

/// Events read at a time: with frames of a kilobyte, a tenth of a megabyte.
const PAGE: u32 = 100;
/// A client that loses us comes back after a second.
const GREETING: &str = "retry: 1000\n\n";
/// Nothing, said so that the connection stays and its end is noticed.
const KEEP_ALIVE: &str = ": \n\n";

/// What the object has of a reader.
#[derive(Debug)]
pub struct Seat {
    bell: mpsc::Sender<()>,
    seen_at: Rc<Cell<i64>>,
}

impl Seat {
    /// Has the reader look.
    pub fn ring(&mut self) {
        // Full: it has been rung and hasn't looked yet.
        let _ = self.bell.try_send(());
    }

    /// Whether somebody still reads. One that is alive asks for more at least as often as it's kept alive.
    pub fn is_taken(&self, now: i64) -> bool {
        !self.bell.is_closed() && !sockets::is_gone(Some(self.seen_at.get()), now)
    }
}

struct Reader {
    object: Rc<Object>,
    cursor: Cursor,
    bell: mpsc::Receiver<()>,
    seen_at: Rc<Cell<i64>>,
    greeting: &'static str,
}

/// A response with all events from `cursor` on, and the seat of who reads it.
///
/// # Errors
/// When the platform refuses to build it.
pub fn open(object: &Rc<Object>, cursor: Cursor) -> Result<(Response, Seat)> {
    // One ring is enough: whoever looks sees all.
    let (ring, bell) = mpsc::channel(0);
    let seen_at = Rc::new(Cell::new(now_ms()));
    let seat = Seat { bell: ring, seen_at: Rc::clone(&seen_at) };
    let reader = Reader { object: Rc::clone(object), cursor, bell, seen_at, greeting: GREETING };
    let headers = Headers::new();
    headers.set("content-type", "text/event-stream")?;
    headers.set("cache-control", "no-store")?;
    headers.set("x-accel-buffering", "no")?;
    headers.set("x-content-type-options", "nosniff")?;
    let response = Response::from_stream(stream::unfold(reader, Reader::next_chunk))?;
    Ok((response.with_headers(headers), seat))
}

impl Reader {
    /// What is to be sent next; `None` ends the response, and the client comes back.
    async fn next_chunk(mut self) -> Option<(Result<Vec<u8>>, Self)> {
        self.seen_at.set(now_ms());
        loop {
            let mut text = self.page()?;
            if text.is_empty() {
                let pause = Delay::from(Duration::from_millis(KEEP_ALIVE_MS.into()));
                futures::select_biased! {
                    rung = self.bell.next() => {
                        rung?;
                        continue;
                    }
                    () = pause.fuse() => text.push_str(KEEP_ALIVE),
                }
            } else {
                platform::written(&self.object.state.storage()).await;
            }
            return Some((Ok(text.into_bytes()), self));
        }
    }

    fn page(&mut self) -> Option<String> {
        let page = super::page(&self.object, &mut self.cursor, PAGE).ok()?;
        let mut text = std::mem::take(&mut self.greeting).to_owned();
        for frame in page.into_frames() {
            text.push_str(&frame.as_sse());
        }
        Some(text)
    }
}
