//! Bodies: an answer as JSON, as bytes or as server-sent events, and the bodies that real networks make of them.

use std::convert::Infallible;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::sse::Sse;
use axum::response::{IntoResponse, Response};
use futures_util::stream::{self, StreamExt as _};
use serde_json::Value;

/// Pieces of a body that drips.
const DROPS: usize = 20;
/// Bytes of a piece of filling.
const FILLING: usize = 64 << 10;

/// The right answer, before faults.
#[derive(Clone, Debug)]
pub enum Delivery {
    /// One document.
    Json(Value),
    /// A file with its media type.
    Bytes(&'static str, Vec<u8>),
    /// A stream of events, and what makes it complete.
    Events {
        /// What comes on the way.
        events: Vec<Event>,
        /// What comes last.
        end: Vec<Event>,
    },
}

/// A server-sent event. A string as data is sent as it is, anything else as JSON.
#[derive(Clone, Debug)]
pub struct Event {
    pub name: Option<&'static str>,
    pub data: Value,
}

impl Delivery {
    /// Changes every document in it.
    pub fn each(&mut self, change: impl Fn(&mut Value)) {
        match self {
            Self::Json(json) => change(json),
            Self::Bytes(..) => {}
            Self::Events { events, end } => {
                events.iter_mut().chain(end).for_each(|event| change(&mut event.data));
            }
        }
    }
}

/// Sends events with a pause before each; `done` is told when the last one was taken, and never when nobody takes it.
pub fn event_stream(events: Vec<Event>, pause_ms: u64, done: impl FnOnce() + Send + 'static) -> Response {
    let stream = stream::unfold((events.into_iter(), done), move |(mut rest, done)| async move {
        let Some(event) = rest.next() else {
            done();
            return None;
        };
        tokio::time::sleep(Duration::from_millis(pause_ms)).await;
        let sent = axum::response::sse::Event::default();
        let sent = event.name.map_or_else(|| sent.clone(), |name| sent.clone().event(name));
        let data = event.data.as_str().map_or_else(|| event.data.to_string(), str::to_owned);
        Some((Ok::<_, Infallible>(sent.data(data)), (rest, done)))
    });
    Sse::new(stream).into_response()
}

/// Another address.
pub fn redirect(status: u16, location: &str) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::FOUND);
    match HeaderValue::from_str(location) {
        Ok(location) => (status, [(header::LOCATION, location)]).into_response(),
        Err(_) => (StatusCode::BAD_REQUEST, "the location is no header value").into_response(),
    }
}

/// The first half of the body; the head still promises all of it.
pub async fn halved(response: Response) -> Response {
    let (mut head, whole) = taken(response).await;
    head.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(whole.len()));
    let (_, body) = broken(whole.slice(..whole.len() / 2)).into_parts();
    Response::from_parts(head, body)
}

/// The body in pieces, the first at once and the last after `ms`.
pub async fn dripped(response: Response, ms: u64) -> Response {
    let (mut head, whole) = taken(response).await;
    head.headers.remove(header::CONTENT_LENGTH);
    let size = whole.len().div_ceil(DROPS).max(1);
    let pieces: Vec<Bytes> =
        (0..whole.len()).step_by(size).map(|at| whole.slice(at..whole.len().min(at + size))).collect();
    let pause = Duration::from_millis(ms / u64::try_from(pieces.len().saturating_sub(1).max(1)).unwrap_or(1));
    let pieces = stream::iter(pieces.into_iter().enumerate()).then(move |(nth, piece)| async move {
        if nth > 0 {
            tokio::time::sleep(pause).await;
        }
        Ok::<_, Infallible>(piece)
    });
    Response::from_parts(head, Body::from_stream(pieces))
}

/// The body and then blanks, until it is `bytes` long; the head doesn't say how long.
pub async fn lengthened(response: Response, bytes: u64) -> Response {
    let (mut head, whole) = taken(response).await;
    head.headers.remove(header::CONTENT_LENGTH);
    let missing = bytes.saturating_sub(u64::try_from(whole.len()).unwrap_or(u64::MAX));
    let body = stream::iter([whole]).chain(filling(b' ', missing)).map(Ok::<_, Infallible>);
    Response::from_parts(head, Body::from_stream(body))
}

/// So many bytes of one kind, without holding them.
pub fn filling(byte: u8, bytes: u64) -> impl stream::Stream<Item = Bytes> + Send + 'static {
    let block = Bytes::from(vec![byte; FILLING]);
    stream::unfold(bytes, move |left| {
        let size = usize::try_from(left).unwrap_or(FILLING).min(FILLING);
        let piece = block.slice(..size);
        async move { (size > 0).then(|| (piece, left - size as u64)) }
    })
}

/// A body that ends the connection after `first`. When that is empty the connection closes before the head is sent,
/// because hyper polls the body before it flushes anything.
pub fn broken(first: Bytes) -> Response {
    Body::new(Broken { first: Some(first).filter(|first| !first.is_empty()), paused: false }).into_response()
}

async fn taken(response: Response) -> (axum::http::response::Parts, Bytes) {
    let (head, body) = response.into_parts();
    (head, axum::body::to_bytes(body, usize::MAX).await.unwrap_or_default())
}

struct Broken {
    first: Option<Bytes>,
    paused: bool,
}

impl axum::body::HttpBody for Broken {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<http_body::Frame<Bytes>, std::io::Error>>> {
        if let Some(first) = self.first.take() {
            self.paused = true;
            return std::task::Poll::Ready(Some(Ok(http_body::Frame::data(first))));
        }
        // One pause, so that hyper writes out what it has before it learns that there's no more.
        if std::mem::take(&mut self.paused) {
            context.waker().wake_by_ref();
            return std::task::Poll::Pending;
        }
        std::task::Poll::Ready(Some(Err(std::io::ErrorKind::ConnectionAborted.into())))
    }
}
