//! What faults do: those that replace an answer speak through each provider's [`Dialect`], the others work on the right
//! answer's body.

use std::time::{Duration, SystemTime};

use axum::body::Bytes;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::Value;

use super::Answer;
use super::wire::{self, Delivery, Event};
use crate::call::{Open, epoch_ms};
use crate::fault::{Fault, Wait};

/// How one provider says the things that every provider says differently.
pub trait Dialect {
    /// The provider's own error for a status.
    fn error(&self, status: StatusCode, model: &str) -> Value;
    /// The error of a server that failed for this reason.
    fn failed(&self, complaint: &str) -> Value;
    /// 200 without an image.
    fn no_image(&self, model: &str, finish_reason: Option<&str>) -> Value;
    /// The prompt was refused.
    fn moderation(&self, model: &str) -> Answer;
    /// Nothing left to spend.
    fn quota(&self, model: &str) -> Answer;
    /// The model was shut down.
    fn model_gone(&self, model: &str) -> Answer;
    /// The licence was not agreed to; only Workers AI has such a thing.
    fn license(&self, model: &str) -> Answer {
        (StatusCode::FORBIDDEN, self.error(StatusCode::FORBIDDEN, model))
    }
    /// Too many requests; `delay` is for a provider that says in the body when to come back.
    fn rate(&self, model: &str, delay: Option<&str>) -> Value {
        let _ = delay;
        self.error(StatusCode::TOO_MANY_REQUESTS, model)
    }
    /// No capacity.
    fn overloaded(&self, model: &str) -> Answer {
        (StatusCode::SERVICE_UNAVAILABLE, self.error(StatusCode::SERVICE_UNAVAILABLE, model))
    }
    /// Thoughts and no answer; no image where a provider doesn't show its thoughts.
    fn thought_only(&self, model: &str) -> Value {
        self.no_image(model, None)
    }
    /// The events of an answer that has nothing to stream.
    fn streamed(&self, answer: Value) -> Vec<Event> {
        vec![Event { name: None, data: answer }]
    }
    /// Where the usage figures are: the object's pointer and the field in it.
    fn usage(&self) -> (&'static str, &'static str) {
        ("", "usage")
    }
}

/// What is known of the call that a fault replaces.
#[derive(Clone, Copy)]
pub struct Asked<'a> {
    pub model: &'a str,
    pub path: &'a str,
    pub streamed: bool,
}

/// Plays the faults that replace an answer. `None`: go on with the right one (perhaps later than usual).
pub async fn replaced(
    fault: Option<&Fault>,
    dialect: &(dyn Dialect + Sync),
    asked: Asked<'_>,
) -> Option<Response> {
    let Asked { model, path, streamed } = asked;
    let answer = match fault? {
        Fault::Status { status, headers, body } => {
            return Some(status_of(*status, headers, body.as_ref(), dialect, model));
        }
        Fault::NoImage { finish_reason } => {
            (StatusCode::OK, dialect.no_image(model, finish_reason.as_deref()))
        }
        Fault::Hang => std::future::pending().await,
        Fault::Close => return Some(wire::broken(Bytes::new())),
        Fault::Html200 => {
            let page = "<!doctype html><html><head><title>Sign in</title></head><body><h1>Welcome to the network</h1></body></html>";
            return Some(axum::response::Html(page).into_response());
        }
        Fault::Moderation => dialect.moderation(model),
        Fault::Quota => dialect.quota(model),
        Fault::ModelGone => dialect.model_gone(model),
        Fault::License => dialect.license(model),
        Fault::Auth => (StatusCode::UNAUTHORIZED, dialect.error(StatusCode::UNAUTHORIZED, model)),
        Fault::Overloaded => dialect.overloaded(model),
        Fault::StreamError if !streamed => dialect.overloaded(model),
        Fault::Rate(wait) => {
            let body = dialect.rate(model, wait.retry_delay.as_deref());
            return Some((StatusCode::TOO_MANY_REQUESTS, forms(wait), axum::Json(body)).into_response());
        }
        Fault::Redirect { status, location } => {
            return Some(wire::redirect(*status, location.as_deref().unwrap_or(path)));
        }
        Fault::ThoughtOnly => (StatusCode::OK, dialect.thought_only(model)),
        Fault::Delay { ms } | Fault::LateSuccess { ms } => {
            tokio::time::sleep(Duration::from_millis(*ms)).await;
            return None;
        }
        Fault::CutBody
        | Fault::WrongBytes
        | Fault::Text { .. }
        | Fault::SlowDrip { .. }
        | Fault::TooLarge { .. }
        | Fault::NoUsage
        | Fault::WrongUsage { .. }
        | Fault::CutStream
        | Fault::StreamError
        | Fault::Thoughts => return None,
    };
    if streamed && answer.0 == StatusCode::OK {
        return Some(wire::event_stream(dialect.streamed(answer.1), 0, || ()));
    }
    Some((answer.0, axum::Json(answer.1)).into_response())
}

/// Sends the right answer, or what a fault leaves of it, and ends the call in the log: a stream when its last event is
/// taken, anything else at once. `slow_ms` is spread over a stream's events.
pub async fn delivered(
    fault: Option<&Fault>,
    dialect: &(dyn Dialect + Sync),
    mut delivery: Delivery,
    slow_ms: u64,
    open: Open,
) -> Response {
    let outcome = fault.map_or("ok", Fault::kind);
    match fault {
        Some(Fault::NoUsage) => delivery.each(|json| bill(json, dialect.usage(), |_| None)),
        Some(Fault::WrongUsage { usage }) => {
            delivery.each(|json| {
                bill(json, dialect.usage(), |right| Some(usage.clone().unwrap_or_else(|| untrue(right))));
            });
        }
        _ => {}
    }
    let response = match delivery {
        Delivery::Events { mut events, end } => {
            match fault {
                Some(Fault::CutStream) => {}
                Some(Fault::StreamError) => {
                    events.push(Event { name: Some("error"), data: dialect.overloaded("").1 });
                }
                _ => events.extend(end),
            }
            let pause = slow_ms / u64::try_from(events.len().max(1)).unwrap_or(1);
            if !matches!(fault, Some(Fault::CutBody | Fault::SlowDrip { .. } | Fault::TooLarge { .. })) {
                return wire::event_stream(events, pause, move || open.close(outcome, Some(200)));
            }
            wire::event_stream(events, pause, || ())
        }
        Delivery::Json(json) => axum::Json(json).into_response(),
        Delivery::Bytes(mime, bytes) => ([(header::CONTENT_TYPE, mime)], bytes).into_response(),
    };
    let response = match fault {
        Some(Fault::CutBody | Fault::CutStream) => wire::halved(response).await,
        Some(Fault::SlowDrip { ms }) => wire::dripped(response, *ms).await,
        Some(Fault::TooLarge { bytes }) => wire::lengthened(response, *bytes).await,
        _ => response,
    };
    open.close(outcome, Some(200));
    response
}

fn status_of(
    status: u16,
    headers: &std::collections::BTreeMap<String, String>,
    body: Option<&Value>,
    dialect: &(dyn Dialect + Sync),
    model: &str,
) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = match body {
        Some(Value::String(text)) => (status, text.clone()).into_response(),
        Some(json) => (status, axum::Json(json.clone())).into_response(),
        None => (status, axum::Json(dialect.error(status, model))).into_response(),
    };
    for (name, value) in headers {
        if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), value.parse::<HeaderValue>()) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

/// The headers of a wait, in the forms that were asked for.
fn forms(wait: &Wait) -> HeaderMap {
    let date = wait.date_in_seconds.map(|seconds| {
        let then = SystemTime::UNIX_EPOCH + Duration::from_millis(epoch_ms()) + Duration::from_secs(seconds);
        httpdate::fmt_http_date(then)
    });
    let headers = [
        ("retry-after", date.or_else(|| wait.seconds.map(|seconds| seconds.to_string()))),
        ("retry-after-ms", wait.ms.map(|ms| ms.to_string())),
        ("x-should-retry", wait.should_retry.map(|should| should.to_string())),
    ];
    let set = headers.into_iter().filter_map(|(name, value)| {
        Some((HeaderName::from_static(name), HeaderValue::from_str(&value?).ok()?))
    });
    set.collect()
}

fn bill(json: &mut Value, (at, field): (&str, &str), change: impl Fn(&Value) -> Option<Value>) {
    let Some(object) = json.pointer_mut(at).and_then(Value::as_object_mut) else { return };
    if let Some(right) = object.remove(field)
        && let Some(other) = change(&right)
    {
        object.insert(field.to_owned(), other);
    }
}

/// Figures that can't be true: below nothing.
fn untrue(right: &Value) -> Value {
    match right {
        Value::Number(number) => Value::from(-1 - number.as_i64().unwrap_or(0)),
        Value::Object(fields) => {
            Value::Object(fields.iter().map(|(name, value)| (name.clone(), untrue(value))).collect())
        }
        Value::Array(list) => Value::Array(list.iter().map(untrue).collect()),
        other => other.clone(),
    }
}
