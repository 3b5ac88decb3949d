//! The live stream, as a client sees it.

use std::net::TcpStream;
use std::time::Instant;

use serde_json::Value;
use tungstenite::client::IntoClientRequest;
use tungstenite::handshake::HandshakeError;
use tungstenite::{Error, Message, WebSocket};

use crate::{stack, wait};

/// One frame: the text as it came, and what it says.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// The frame.
    pub text: String,
    /// The frame, read.
    pub json: Value,
}

/// An open stream.
#[derive(Debug)]
pub struct Stream {
    socket: WebSocket<TcpStream>,
    deadline: Instant,
}

impl Event {
    /// `queued`, `running`, …
    pub fn kind(&self) -> &str {
        self.json["type"].as_str().unwrap_or_default()
    }

    /// Its number in the session.
    pub fn seq(&self) -> i64 {
        self.json["seq"].as_i64().unwrap_or_default()
    }

    /// A field of `data`; null when it isn't there.
    pub fn data(&self, field: &str) -> &Value {
        &self.json["data"][field]
    }

    /// Whether it's about this variant.
    pub fn is_of(&self, provider: &str, index: u64) -> bool {
        self.data("provider") == provider && self.data("variantIndex") == index
    }

    /// Whether it says where the listener is, not what happened.
    pub fn is_marker(&self) -> bool {
        ["caught_up", "resync"].contains(&self.kind())
    }

    /// Whether it closes the job.
    pub fn ends(&self, job: &str) -> bool {
        self.kind() == "complete" && self.data("jobId") == job && self.data("variantIndex").is_null()
    }
}

impl Stream {
    /// Opens the session's stream after `since` with the key.
    pub fn open(session: &str, since: i64) -> Self {
        Self::at(&format!("/api/stream/{session}?since={since}"))
    }

    /// Opens the stream at this path with the key.
    pub fn at(path: &str) -> Self {
        Self::connect(path, &[("x-api-key", &stack::api_key())])
            .unwrap_or_else(|status| panic!("the stream answered {status}"))
    }

    /// Opens whatever this path leads to.
    ///
    /// # Errors
    /// The HTTP status, when it isn't a WebSocket.
    pub fn connect(path: &str, headers: &[(&str, &str)]) -> Result<Self, u16> {
        let base = url::Url::parse(&stack::url()).unwrap();
        let address = base.socket_addrs(|| None).unwrap();
        let tcp = TcpStream::connect(&address[..]).unwrap();
        let deadline = wait::deadline();
        tcp.set_read_timeout(Some(wait::left(deadline))).unwrap();
        let mut request = format!("ws://{}:{}{path}", base.host_str().unwrap(), base.port().unwrap())
            .into_client_request()
            .unwrap();
        for (name, value) in headers {
            let name = tungstenite::http::HeaderName::from_bytes(name.as_bytes()).unwrap();
            request.headers_mut().insert(name, value.parse().unwrap());
        }
        match tungstenite::client(request, tcp) {
            Ok((socket, _)) => Ok(Self { socket, deadline }),
            Err(HandshakeError::Failure(Error::Http(response))) => Err(response.status().as_u16()),
            Err(error) => panic!("{path}: {error}"),
        }
    }

    /// The next event; that the stream has caught up is none.
    pub fn next_event(&mut self) -> Event {
        loop {
            let frame = self.next_frame();
            if frame.kind() != "caught_up" {
                return frame;
            }
        }
    }

    /// The next event or marker.
    pub fn next_frame(&mut self) -> Event {
        let text = self.next_text();
        let json = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
        Event { text, json }
    }

    /// All that the stream has missed, markers included: what comes up to `caught_up`.
    pub fn missed(&mut self) -> Vec<Event> {
        let mut frames = Vec::new();
        loop {
            frames.push(self.next_frame());
            if frames.last().is_some_and(|frame| frame.kind() == "caught_up") {
                return frames;
            }
        }
    }

    /// The next message, which must be a text.
    pub fn next_text(&mut self) -> String {
        loop {
            self.socket.get_ref().set_read_timeout(Some(wait::left(self.deadline))).unwrap();
            match self.socket.read() {
                Ok(Message::Text(text)) => return text.to_string(),
                Ok(Message::Ping(_) | Message::Pong(_)) => {}
                Ok(other) => panic!("no event: {other:?}"),
                Err(error) => panic!("no event: {error}"),
            }
        }
    }

    /// The next events.
    pub fn take(&mut self, count: usize) -> Vec<Event> {
        (0..count).map(|_| self.next_event()).collect()
    }

    /// Every event up to the one that closes the job.
    pub fn until_end(&mut self, job: &str) -> Vec<Event> {
        let mut events = Vec::new();
        loop {
            events.push(self.next_event());
            if events.last().is_some_and(|event| event.ends(job)) {
                return events;
            }
        }
    }

    /// The same, or those that came before the socket was lost.
    pub fn until_end_or_loss(&mut self, job: &str) -> Vec<Event> {
        let mut events = Vec::new();
        while !events.last().is_some_and(|event: &Event| event.ends(job)) {
            self.socket.get_ref().set_read_timeout(Some(wait::left(self.deadline))).unwrap();
            match self.socket.read() {
                Ok(Message::Text(text)) => {
                    events.push(Event { json: serde_json::from_str(&text).unwrap(), text: text.to_string() });
                }
                Ok(Message::Ping(_) | Message::Pong(_)) => {}
                Ok(_) | Err(Error::ConnectionClosed | Error::AlreadyClosed | Error::Protocol(_)) => break,
                Err(error) => panic!("no event: {error}"),
            }
        }
        events
    }

    /// Sends a text.
    pub fn say(&mut self, text: String) {
        self.socket.send(Message::text(text)).unwrap();
    }

    /// The code that the other side closes with.
    pub fn close_code(&mut self) -> u16 {
        self.socket.get_ref().set_read_timeout(Some(wait::left(self.deadline))).unwrap();
        loop {
            match self.socket.read() {
                Ok(Message::Close(frame)) => return frame.map_or(1005, |frame| frame.code.into()),
                Ok(_) => {}
                Err(error) => panic!("not closed: {error}"),
            }
        }
    }
}
