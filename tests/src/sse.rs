//! The live stream as server-sent events.

use std::io::{BufRead, BufReader};
use std::time::Instant;

use serde_json::Value;
use ureq::{Agent, BodyReader};

use crate::api::Reply;
use crate::stream::Event;
use crate::{stack, wait};

/// An open stream.
pub struct Sse {
    lines: BufReader<BodyReader<'static>>,
    deadline: Instant,
    /// The answer's headers; its body is what follows.
    pub head: Reply,
}

/// One block of lines up to an empty one.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Block {
    /// `id:`
    pub id: String,
    /// `event:`
    pub event: String,
    /// `data:`
    pub data: String,
    /// `retry:`
    pub retry: String,
    /// There was a comment.
    pub comment: bool,
}

impl Sse {
    /// Opens the session's events with the key, from the first on.
    pub fn open(session: &str) -> Self {
        Self::after(session, None)
    }

    /// Comes back to the session's events with the number of the last one, as an `EventSource` does.
    pub fn after(session: &str, last: Option<i64>) -> Self {
        let key = stack::api_key();
        let last = last.map(|last| last.to_string()).unwrap_or_default();
        let headers = [("x-api-key", key.as_str()), ("last-event-id", last.as_str())];
        Self::connect(&format!("/api/stream/{session}"), &headers)
            .unwrap_or_else(|reply| panic!("the stream answered {} {}", reply.status, reply.text()))
    }

    /// Asks for events at whatever this path leads to.
    ///
    /// # Errors
    /// The answer, when it isn't 200.
    pub fn connect(path: &str, headers: &[(&str, &str)]) -> Result<Self, Box<Reply>> {
        let agent: Agent = Agent::config_builder()
            .timeout_global(Some(wait::LIMIT))
            .http_status_as_error(false)
            .build()
            .new_agent();
        let mut request = agent.get(format!("{}{path}", stack::url())).header("accept", "text/event-stream");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = request.call().unwrap_or_else(|error| panic!("{path}: {error}"));
        let (parts, mut body) = response.into_parts();
        let mut head = Reply { status: parts.status.as_u16(), headers: parts.headers, body: Vec::new() };
        if head.status != 200 {
            head.body = body.read_to_vec().unwrap();
            return Err(Box::new(head));
        }
        Ok(Self { lines: BufReader::new(body.into_reader()), deadline: wait::deadline(), head })
    }

    /// The next block.
    pub fn next_block(&mut self) -> Block {
        let (mut block, mut is_empty) = (Block::default(), true);
        loop {
            assert!(!wait::left(self.deadline).is_zero(), "no event in time");
            let mut line = String::new();
            let read = self.lines.read_line(&mut line).unwrap_or_else(|error| panic!("no event: {error}"));
            assert!(read > 0, "the stream ended");
            let line = line.strip_suffix('\n').unwrap();
            if line.is_empty() {
                assert!(!is_empty, "an empty block");
                return block;
            }
            is_empty = false;
            match line.split_once(": ") {
                Some(("id", value)) => value.clone_into(&mut block.id),
                Some(("event", value)) => value.clone_into(&mut block.event),
                Some(("data", value)) => value.clone_into(&mut block.data),
                Some(("retry", value)) => value.clone_into(&mut block.retry),
                Some(("", _)) => block.comment = true,
                _ => panic!("not a line of an event: {line:?}"),
            }
        }
    }

    /// The next event or marker, whose id and type must be those of its frame.
    pub fn next_frame(&mut self) -> Event {
        loop {
            let block = self.next_block();
            if block.data.is_empty() {
                continue;
            }
            let json: Value = serde_json::from_str(&block.data).unwrap();
            assert_eq!(block.id, json["seq"].to_string(), "{block:?}");
            assert_eq!(json["type"], block.event.as_str(), "{block:?}");
            return Event { text: block.data, json };
        }
    }

    /// Every event up to the one that closes the job, without markers.
    pub fn until_end(&mut self, job: &str) -> Vec<Event> {
        let mut events = Vec::new();
        loop {
            let event = self.next_frame();
            let ends = event.ends(job);
            if !event.is_marker() {
                events.push(event);
            }
            if ends {
                return events;
            }
        }
    }
}
