//! HTTP as any client speaks it. A caller sends what it's told, however wrong, and gives back whatever comes.

use std::io::Cursor;
use std::time::Duration;

use serde_json::Value;
use ureq::http::{HeaderMap, Method, Request};
use ureq::{Agent, AsSendBody, SendBody};

use crate::{stack, wait};

/// What a request carries.
#[derive(Debug, Clone, Copy)]
pub enum Body<'a> {
    /// Nothing.
    None,
    /// These bytes, with their length said beforehand.
    Bytes(&'a [u8]),
    /// These bytes in chunks: the receiver can't know how many there will be.
    Chunked(&'a [u8]),
}

/// An answer, read to its end.
#[derive(Debug, Clone)]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Vec<u8>,
}

/// Somebody with a key, or without one.
#[derive(Debug, Clone)]
pub struct Caller {
    agent: Agent,
    base: String,
    key: Option<String>,
    /// Where it seems to call from. Off the edge nobody overwrites the platform's header.
    address: String,
}

impl Caller {
    /// Whom the API knows.
    pub fn with_key() -> Self {
        Self::new(stack::url(), Some(stack::api_key()))
    }

    /// Anybody.
    pub fn anonymous() -> Self {
        Self::new(stack::url(), None)
    }

    /// A caller of `base`, who sends `key` when there's one.
    pub fn new(base: String, key: Option<String>) -> Self {
        Self::with_patience(base, key, wait::LIMIT)
    }

    /// A caller who waits for an answer only so long.
    pub fn with_patience(base: String, key: Option<String>, limit: Duration) -> Self {
        let agent = Agent::config_builder()
            .timeout_global(Some(limit))
            .http_status_as_error(false)
            .allow_non_standard_methods(true)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .build()
            .new_agent();
        Self { agent, base, key, address: address() }
    }

    /// The same caller from elsewhere.
    #[must_use]
    pub fn from_address(mut self, address: &str) -> Self {
        address.clone_into(&mut self.address);
        self
    }

    /// `GET`, expecting 200 and JSON.
    pub fn get(&self, path: &str) -> Value {
        self.send("GET", path, &[], Body::None).expect(200).json()
    }

    /// `POST` of JSON, whatever comes back.
    pub fn post(&self, path: &str, body: &Value) -> Reply {
        self.send("POST", path, &[], Body::Bytes(body.to_string().as_bytes()))
    }

    /// One request, whatever comes back.
    pub fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: Body<'_>) -> Reply {
        self.try_send(method, path, headers, body).unwrap_or_else(|error| panic!("{method} {path}: {error}"))
    }

    /// One request to somebody who may be gone.
    ///
    /// # Errors
    /// When no whole answer came. Whether the request was carried out isn't known then.
    pub fn try_send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Body<'_>,
    ) -> Result<Reply, ureq::Error> {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let mut request = Request::builder().method(method).uri(format!("{}{path}", self.base));
        request = request.header("cf-connecting-ip", &self.address);
        if let Some(key) = &self.key {
            request = request.header("x-api-key", key);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        match body {
            Body::None => self.run(request.body(()).unwrap()),
            Body::Bytes(bytes) => self.run(request.body(bytes).unwrap()),
            Body::Chunked(bytes) => {
                let mut reader = Cursor::new(bytes);
                self.run(request.body(SendBody::from_reader(&mut reader)).unwrap())
            }
        }
    }

    fn run(&self, request: Request<impl AsSendBody>) -> Result<Reply, ureq::Error> {
        let mut response = self.agent.run(request)?;
        let body = response.body_mut().with_config().limit(64 << 20).read_to_vec()?;
        Ok(Reply { status: response.status().as_u16(), headers: response.headers().clone(), body })
    }
}

/// An address that no other caller has: tests share the Worker, and mustn't use up each other's allowance.
fn address() -> String {
    let mut bytes = [0; 3];
    getrandom::fill(&mut bytes).unwrap();
    let [a, b, c] = bytes;
    format!("10.{a}.{b}.{c}")
}

impl Reply {
    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8(self.body.clone()).expect("a body in UTF-8")
    }

    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error} in {} {:?}", self.status, self.text()))
    }

    /// A header; empty when it isn't there.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The same, when the status is this one.
    #[must_use]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text());
        self
    }

    /// The problem document, which must be whole and of this status and type.
    pub fn problem(&self, status: u16, kind: &str) -> Value {
        assert_eq!(self.status, status, "{}", self.text());
        assert_eq!(self.header("content-type"), "application/problem+json");
        assert_eq!(self.header("cache-control"), "no-store");
        assert_eq!(self.header("x-content-type-options"), "nosniff");
        let problem = self.json();
        assert_eq!(problem["type"], format!("urn:picasso:{kind}"), "{problem}");
        assert_eq!(problem["status"], status, "{problem}");
        for field in ["title", "detail"] {
            assert!(problem[field].as_str().is_some_and(|text| !text.is_empty()), "{problem}");
        }
        problem
    }

    /// Like [`Reply::problem`], naming `field`.
    pub fn problem_with(&self, status: u16, kind: &str, field: &str) -> Value {
        let problem = self.problem(status, kind);
        assert_eq!(problem["field"], field, "{problem}");
        problem
    }
}
