//! Errors over HTTP: RFC 9457 `application/problem+json`, with a stable `type` and the field at fault.

use picasso_actors::ingest::Rejection;
use picasso_actors::protocol::{Refusal, RefusalCode};
use picasso_actors::provider::Failure;
use picasso_actors::request::{Invalid, InvalidKind};
use picasso_actors::session::sockets;
use serde::Serialize;
use worker::{Headers, Response};

use crate::env::Missing;
use crate::ingest;
use crate::runtime::mailbox::Undelivered;

/// How soon it's worth asking again whether a job has ended, in seconds.
const OPEN_RETRY_S: i64 = 5;

/// How soon pictures that are under way will be in, in seconds.
const BUSY_RETRY_S: i64 = 2;

/// What's wrong, for the caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    // Boxed: it's the error of nearly every function here, and errors are rare.
    document: Box<Document>,
    headers: Vec<(&'static str, String)>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Document {
    /// Stable: clients may branch on it.
    #[serde(rename = "type")]
    problem_type: &'static str,
    title: &'static str,
    status: u16,
    detail: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<String>,
}

impl Problem {
    /// The HTTP status.
    #[cfg(test)]
    pub const fn status(&self) -> u16 {
        self.document.status
    }

    /// There's nothing there.
    pub fn not_found(detail: &str) -> Self {
        Self::new(404, "urn:picasso:not-found", "Not found", detail)
    }

    /// There's something there, but this can't be done with it.
    pub fn method(allowed: &'static str) -> Self {
        Self::new(405, "urn:picasso:method-not-allowed", "Method not allowed", format!("allowed: {allowed}"))
            .with_header("allow", allowed)
    }

    /// A field that's missing or wrong.
    pub fn field(status: u16, field: &str, detail: &str) -> Self {
        let mut problem = Self::new(status, "urn:picasso:invalid-field", "Invalid field", detail);
        problem.document.field = Some(field.to_owned());
        problem
    }

    /// The key is missing or wrong.
    pub fn unauthorized(detail: &str) -> Self {
        Self::new(401, "urn:picasso:unauthorized", "Unauthorized", detail)
    }

    /// The ticket isn't valid.
    pub fn forbidden(detail: &str) -> Self {
        Self::new(403, "urn:picasso:forbidden", "Forbidden", detail)
    }

    /// More bytes than we take.
    pub fn too_large(most: usize) -> Self {
        let mut problem = Self::new(
            413,
            "urn:picasso:body-too-large",
            "Body too large",
            format!("the body may have at most {most} bytes"),
        );
        problem.document.field = Some("body".to_owned());
        problem
    }

    /// The body takes longer than it may.
    pub fn too_slow(ms: u64) -> Self {
        let detail = format!("the body has to be here within {} s", ms / 1_000);
        let mut problem = Self::new(408, "urn:picasso:body-timeout", "Body timeout", detail);
        problem.document.field = Some("body".to_owned());
        problem
    }

    /// The session has all the listeners that it may have.
    pub fn no_room() -> Self {
        Self::new(
            429,
            "urn:picasso:too-many-listeners",
            "Too many listeners",
            format!("a session may have {} listeners at once", sockets::MOST),
        )
        .with_header("retry-after", sockets::RETRY_AFTER_S)
    }

    /// The stream is a WebSocket or server-sent events.
    pub fn upgrade() -> Self {
        Self::new(
            426,
            "urn:picasso:upgrade-required",
            "Upgrade required",
            "send Upgrade: websocket, or Accept: text/event-stream for server-sent events",
        )
        .with_header("upgrade", "websocket")
    }

    /// D1 can't answer; the actors aren't concerned.
    pub fn read_model_away(error: &str) -> Self {
        tracing::error!(step = "d1", error, "read model away");
        Self::new(
            503,
            "urn:picasso:read-model-away",
            "Read model away",
            "lists and totals can't be read right now; everything else works",
        )
        .with_header("retry-after", "5")
    }

    /// Images can't bring a picture into shape.
    pub fn pictures_away(error: &str) -> Self {
        tracing::error!(step = "images", error, "pictures away");
        Self::new(
            503,
            "urn:picasso:pictures-away",
            "Pictures away",
            "pictures can't be shown right now; try again",
        )
        .with_header("retry-after", "60")
    }

    /// An object is being restarted. The same document as the entry's, which answers when the Worker itself is.
    pub fn restarting() -> Self {
        Self::new(503, "urn:picasso:restarting", "Restarting", "a part of the service restarted; try again")
            .with_header("retry-after", "1")
    }

    /// So many and no more, for now.
    pub fn too_many(detail: &str, retry_after_s: i64) -> Self {
        Self::new(429, "urn:picasso:too-many-requests", "Too many requests", detail)
            .with_header("retry-after", retry_after_s.to_string())
    }

    /// There's something there already, or another version of it.
    pub fn conflict(detail: &str) -> Self {
        Self::new(409, "urn:picasso:conflict", "Conflict", detail)
    }

    /// What `If-Match` names isn't what's there.
    pub fn changed_meanwhile() -> Self {
        let mut problem = Self::new(
            412,
            "urn:picasso:precondition-failed",
            "Precondition failed",
            "the tip has another version than If-Match names: read it again",
        );
        problem.document.field = Some("If-Match".to_owned());
        problem
    }

    /// A key-value store can't answer.
    pub fn preferences_away(error: &str) -> Self {
        tracing::error!(step = "kv", error, "preferences away");
        Self::new(
            503,
            "urn:picasso:preferences-away",
            "Preferences away",
            "preferences can't be read or kept right now; jobs go on without them",
        )
        .with_header("retry-after", "5")
    }

    /// A picture from outside that `field` names, or is.
    pub fn picture(field: &str, error: &ingest::Error) -> Self {
        let (problem_type, title, why) = match error {
            ingest::Error::Busy => return Self::too_many("too many pictures are under way", BUSY_RETRY_S),
            ingest::Error::Storage(failure) => return Self::internal(&failure.message),
            ingest::Error::Rejected(why) => match why {
                Rejection::Refused(_) => ("urn:picasso:image-refused", "Image refused", why),
                Rejection::Unreachable(_) => ("urn:picasso:image-unreachable", "Image unreachable", why),
                Rejection::Unacceptable(_) => ("urn:picasso:image-unacceptable", "Image unacceptable", why),
            },
        };
        let mut problem = Self::new(422, problem_type, title, format!("{field}: {why}"));
        problem.document.field = Some(field.to_owned());
        problem
    }

    /// Our fault: logged in full, said in general.
    pub fn internal(error: &str) -> Self {
        tracing::error!(error, "internal error");
        Self::new(500, "urn:picasso:internal", "Internal error", "something went wrong on our side")
    }

    /// As a response.
    ///
    /// # Errors
    /// When the platform refuses to build it.
    pub fn response(&self) -> worker::Result<Response> {
        let headers = Headers::new();
        headers.set("content-type", "application/problem+json")?;
        headers.set("cache-control", "no-store")?;
        headers.set("x-content-type-options", "nosniff")?;
        for (name, value) in &self.headers {
            headers.set(name, value)?;
        }
        let body = serde_json::to_string(self.document.as_ref())?;
        Ok(Response::ok(body)?.with_status(self.document.status).with_headers(headers))
    }

    fn new(status: u16, problem_type: &'static str, title: &'static str, detail: impl Into<String>) -> Self {
        let document = Document { problem_type, title, status, detail: detail.into(), field: None };
        Self { document: Box::new(document), headers: Vec::new() }
    }

    /// The same with one more header.
    #[must_use]
    pub fn with_header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

impl From<Invalid> for Problem {
    fn from(invalid: Invalid) -> Self {
        let (status, problem_type, title) = match invalid.kind {
            InvalidKind::Malformed => (400, "urn:picasso:malformed-body", "Malformed body"),
            InvalidKind::Field => (422, "urn:picasso:invalid-field", "Invalid field"),
            InvalidKind::Unsupported => (422, "urn:picasso:unsupported-operation", "Unsupported operation"),
        };
        let mut problem = Self::new(status, problem_type, title, invalid.to_string());
        problem.document.field = Some(invalid.field);
        problem
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        match refusal.code {
            RefusalCode::NotFound => Self::not_found(&refusal.detail),
            RefusalCode::Conflict => Self::conflict(&refusal.detail),
            RefusalCode::Forbidden => Self::forbidden(&refusal.detail),
            RefusalCode::TooMany => Self::too_many(&refusal.detail, OPEN_RETRY_S),
            RefusalCode::Budget => {
                Self::new(402, "urn:picasso:budget-exceeded", "Budget exceeded", refusal.detail)
            }
            RefusalCode::Unpriced => Self::field(422, "budgetUsd", &refusal.detail),
            RefusalCode::KeyReused => {
                let mut problem = Self::new(
                    422,
                    "urn:picasso:idempotency-key-reused",
                    "Idempotency key reused",
                    refusal.detail,
                );
                problem.document.field = Some("Idempotency-Key".to_owned());
                problem
            }
            RefusalCode::Misaddressed => Self::internal(&refusal.detail),
        }
    }
}

impl From<Missing> for Problem {
    fn from(missing: Missing) -> Self {
        Self::new(
            501,
            "urn:picasso:binding-not-configured",
            "Binding not configured",
            format!("{missing}: this environment can't do that"),
        )
    }
}

impl From<Undelivered> for Problem {
    fn from(undelivered: Undelivered) -> Self {
        match undelivered {
            Undelivered::Missing(missing) => missing.into(),
            Undelivered::Restarting => Self::restarting(),
            Undelivered::Failed(error) => Self::internal(&error),
        }
    }
}

/// A provider that can't be called as things stand, found before anything is spent.
impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        let mut problem =
            Self::new(422, "urn:picasso:provider-not-configured", "Provider not configured", failure.message);
        problem.document.field = Some("providers".to_owned());
        problem
    }
}

impl From<worker::Error> for Problem {
    fn from(error: worker::Error) -> Self {
        Self::internal(&error.to_string())
    }
}

impl From<serde_json::Error> for Problem {
    fn from(error: serde_json::Error) -> Self {
        Self::internal(&error.to_string())
    }
}
