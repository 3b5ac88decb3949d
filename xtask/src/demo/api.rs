//! The public API as a frontend calls it: JSON over HTTP with a key, events over a WebSocket with a ticket.

use std::{
    sync::mpsc::{self, Receiver},
    thread,
    time::Duration,
};

use anyhow::{Context as _, Result, anyhow, bail};
use serde_json::{Value, json};
use tungstenite::Message;
use ureq::Agent;

/// How long one request may take; making a film of a project is the longest.
const REQUEST_LIMIT: Duration = Duration::from_mins(2);

/// One deployment's API.
pub struct Api {
    url: String,
    key: String,
    agent: Agent,
}

/// A `WsEnvelope`: one event of a session's stream.
#[derive(Debug, Clone, PartialEq)]
pub struct Envelope(Value);

/// The events of a stream as they come; an error is the last of them.
pub type Stream = Receiver<Result<Envelope>>;

impl Api {
    /// `url` has no path; `key` is what `X-Api-Key` takes.
    pub fn new(url: String, key: &str) -> Self {
        let config = Agent::config_builder().timeout_global(Some(REQUEST_LIMIT)).http_status_as_error(false);
        Self { url, key: key.to_owned(), agent: config.build().new_agent() }
    }

    /// Posts JSON and returns one text field of the answer.
    ///
    /// # Errors
    /// The problem document, when the answer isn't a success; when the field isn't there.
    pub fn post(&self, path: &str, body: &Value, field: &str) -> Result<String> {
        let request = self.agent.post(format!("{}{path}", self.url)).header("X-Api-Key", &self.key);
        let mut response = request.send_json(body).with_context(|| format!("POST {path}"))?;
        let status = response.status();
        let text = response.body_mut().read_to_string()?;
        if !status.is_success() {
            bail!("POST {path}: {status} {text}");
        }
        let answer: Value = serde_json::from_str(&text).with_context(|| format!("POST {path}: {text}"))?;
        let value = answer.get(field).and_then(Value::as_str);
        value.map(str::to_owned).with_context(|| format!("POST {path}: no `{field}` in {text}"))
    }

    /// What is at a path, as JSON.
    ///
    /// # Errors
    /// The problem document, when the answer isn't a success.
    pub fn get(&self, path: &str) -> Result<Value> {
        let request = self.agent.get(format!("{}{path}", self.url)).header("X-Api-Key", &self.key);
        let mut response = request.call().with_context(|| format!("GET {path}"))?;
        let status = response.status();
        let text = response.body_mut().read_to_string()?;
        if !status.is_success() {
            bail!("GET {path}: {status} {text}");
        }
        serde_json::from_str(&text).with_context(|| format!("GET {path}: {text}"))
    }

    /// Opens a session's stream from its beginning.
    ///
    /// # Errors
    /// When no ticket is given or the socket isn't accepted.
    pub fn stream(&self, session: &str) -> Result<Stream> {
        let path = format!("/api/stream/{session}");
        let ticket = self.post(&format!("{path}/ticket"), &json!({}), "ticket")?;
        let host = self.url.strip_prefix("http://").unwrap_or(&self.url);
        let address = format!("ws://{host}{path}?ticket={ticket}&since=0");
        let (mut socket, _) = tungstenite::connect(address).with_context(|| format!("GET {path}"))?;
        let (sender, stream) = mpsc::channel();
        thread::spawn(move || {
            loop {
                let event = match socket.read() {
                    Ok(Message::Text(text)) => Envelope::parse(&text),
                    Ok(Message::Close(_)) => return,
                    Ok(_) => continue,
                    Err(error) => Err(anyhow!("the stream broke: {error}")),
                };
                let last = event.is_err();
                if sender.send(event).is_err() || last {
                    return;
                }
            }
        });
        Ok(stream)
    }
}

impl Envelope {
    /// Reads a frame.
    ///
    /// # Errors
    /// When it isn't an object with `type` and `data`.
    pub fn parse(text: &str) -> Result<Self> {
        let frame: Value = serde_json::from_str(text).with_context(|| format!("not an event: {text}"))?;
        if frame.get("type").and_then(Value::as_str).is_none()
            || !frame.get("data").is_some_and(Value::is_object)
        {
            bail!("not an event: {text}");
        }
        Ok(Self(frame))
    }

    /// `queued`, `running`, `progress`, `judge`, `fail`, `complete`.
    pub fn kind(&self) -> &str {
        self.0.get("type").and_then(Value::as_str).unwrap_or_default()
    }

    /// The job that it is about.
    pub fn job_id(&self) -> Option<&str> {
        self.text("jobId")
    }

    /// The variant that it is about: provider and index, from 0.
    pub fn variant(&self) -> Option<(&str, u64)> {
        self.text("provider").zip(self.data("variantIndex").and_then(Value::as_u64))
    }

    /// Whether it closes its job.
    pub fn ends_job(&self) -> bool {
        self.kind() == "complete" && self.variant().is_none()
    }

    /// A field of `data`.
    pub fn data(&self, field: &str) -> Option<&Value> {
        self.0.pointer("/data")?.get(field).filter(|value| !value.is_null())
    }

    /// A text field of `data`.
    pub fn text(&self, field: &str) -> Option<&str> {
        self.data(field).and_then(Value::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_read() {
        let text = r#"{"sessionId":"s","seq":3,"type":"complete","ts":1,"data":{"jobId":"j","provider":"gemini","variantIndex":1,"judgment":null}}"#;
        let event = Envelope::parse(text).unwrap();
        assert_eq!((event.kind(), event.job_id()), ("complete", Some("j")));
        assert_eq!(event.variant(), Some(("gemini", 1)));
        assert!(event.text("judgment").is_none() && !event.ends_job());
        assert!(Envelope::parse(r#"{"type":"complete","data":{"jobId":"j"}}"#).unwrap().ends_job());
    }

    #[test]
    fn what_isnt_an_event_is_refused() {
        for text in ["", "[]", "{}", r#"{"type":"queued"}"#, r#"{"type":1,"data":{}}"#] {
            assert!(Envelope::parse(text).is_err(), "{text}");
        }
    }
}
