//! The routes. Each provider's module owns its wire shapes; what is common to all is here: reading the body, the call
//! log, painting off the async threads, and faults, which speak through each provider's [`Dialect`].

mod control;
mod gemini;
mod language;
mod openai;
mod sizes;
mod workers;

use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::Value;

use crate::encode::{Format, encode};
use crate::fault::Fault;
use crate::paint::Order;
use crate::state::{Commission, Emulator};

/// Bytes of a request's body; a 20 MB picture in base64 fits.
const MAX_BODY: usize = 32 << 20;

/// What `wrong_bytes` delivers instead of a picture: valid base64, plainly no image.
const WRONG_BYTES: &[u8] = b"This is no image. The emulator was asked to send wrong bytes.";

/// Everything that the emulator serves.
pub fn router(emulator: Emulator) -> Router {
    Router::new()
        .merge(openai::routes())
        .merge(gemini::routes())
        .merge(workers::routes())
        .merge(control::routes())
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .with_state(emulator)
}

/// An answer before it is a response: status and JSON.
type Answer = (StatusCode, Value);

/// How one provider says the things that every provider says differently.
trait Dialect {
    /// The provider's own error for a status.
    fn error(&self, status: StatusCode, model: &str) -> Value;
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
}

/// Plays the faults that replace an answer. `None`: go on with the right one (perhaps later than usual).
async fn replaced(fault: Option<&Fault>, dialect: &(impl Dialect + Sync), model: &str) -> Option<Response> {
    let answer = match fault? {
        Fault::Status { status, headers, body } => {
            let status = StatusCode::from_u16(*status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
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
            return Some(response);
        }
        Fault::NoImage { finish_reason } => {
            (StatusCode::OK, dialect.no_image(model, finish_reason.as_deref()))
        }
        Fault::Hang => std::future::pending().await,
        Fault::Close => return Some(broken(Bytes::new())),
        Fault::Html200 => {
            let page = "<!doctype html><html><head><title>Sign in</title></head><body><h1>Welcome to the network</h1></body></html>";
            return Some(axum::response::Html(page).into_response());
        }
        Fault::Moderation => dialect.moderation(model),
        Fault::Quota => dialect.quota(model),
        Fault::ModelGone => dialect.model_gone(model),
        Fault::License => dialect.license(model),
        Fault::Delay { ms } => {
            tokio::time::sleep(Duration::from_millis(*ms)).await;
            return None;
        }
        Fault::CutBody | Fault::WrongBytes | Fault::Text { .. } => return None,
    };
    Some((answer.0, axum::Json(answer.1)).into_response())
}

/// Cuts the body in half when the fault says so; the head still promises all of it.
async fn delivered(fault: Option<&Fault>, response: Response) -> Response {
    if fault != Some(&Fault::CutBody) {
        return response;
    }
    let (mut head, body) = response.into_parts();
    let whole = axum::body::to_bytes(body, usize::MAX).await.unwrap_or_default();
    head.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(whole.len()));
    let (_, body) = broken(whole.slice(..whole.len() / 2)).into_parts();
    Response::from_parts(head, body)
}

/// A body that ends the connection after `first`. When that is empty the connection closes before the head is sent,
/// because hyper polls the body before it flushes anything.
fn broken(first: Bytes) -> Response {
    Body::new(Broken { first: Some(first).filter(|first| !first.is_empty()), paused: false }).into_response()
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

/// Paints and encodes off the async threads, after the wait that the prompt may ask for.
async fn painted(
    commission: Commission,
    fault: Option<&Fault>,
    format: Format,
    quality: u8,
) -> Result<Vec<u8>, String> {
    if commission.slow_ms > 0 {
        tokio::time::sleep(Duration::from_millis(commission.slow_ms)).await;
    }
    if fault == Some(&Fault::WrongBytes) {
        return Ok(WRONG_BYTES.to_vec());
    }
    let order: Order = commission.order;
    let work = move || {
        let quality =
            order.twin.map_or(quality, |nth| quality.saturating_sub(u8::try_from(nth % 5).unwrap_or(0)));
        encode(&crate::paint::paint(&order), format, quality).map_err(|error| error.to_string())
    };
    tokio::task::spawn_blocking(work).await.map_err(|error| error.to_string())?
}

fn base64(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

/// Roughly how many tokens a text is.
fn tokens(text: &str) -> usize {
    text.len().div_ceil(4)
}
