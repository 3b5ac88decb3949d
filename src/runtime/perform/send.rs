//! The one place where a provider is called: no redirects, the answer's size counted, the request aborted when nobody waits
//! for it any more.

use futures::StreamExt;
use picasso_actors::provider::{Failure, FailureClass};
use worker::{ByteStream, Headers, Request, RequestInit, RequestRedirect, Response};

use crate::providers::{ANSWER_BYTES_MAX, Call};
use crate::runtime::aborting::Aborting;

/// What came back.
pub struct Got {
    /// The HTTP status.
    pub status: u16,
    /// The whole body.
    pub body: Vec<u8>,
    headers: Headers,
}

impl Got {
    /// One header by its name.
    pub fn header(&self, name: &str) -> Option<String> {
        self.headers.get(name).ok().flatten()
    }
}

/// An answer whose body is still to come. Dropped, it aborts the request.
pub struct Open {
    /// The HTTP status.
    pub status: u16,
    body: Option<ByteStream>,
    response: Response,
    _aborting: Aborting,
}

impl Open {
    /// One header by its name.
    pub fn header(&self, name: &str) -> Option<String> {
        self.response.headers().get(name).ok().flatten()
    }

    /// Whether it succeeded and is a stream of events.
    pub fn is_events(&self) -> bool {
        (200..300).contains(&self.status)
            && self.header("content-type").is_some_and(|kind| kind.starts_with("text/event-stream"))
    }

    /// The next piece of the body.
    ///
    /// # Errors
    /// `Timeout` when the connection breaks.
    pub async fn next(&mut self) -> Result<Option<Vec<u8>>, Failure> {
        let Some(body) = &mut self.body else { return Ok(None) };
        body.next().await.transpose().map_err(|_| broke())
    }

    /// The whole answer.
    ///
    /// # Errors
    /// As [`send`].
    pub async fn read(mut self) -> Result<Got, Failure> {
        let mut body = Vec::new();
        while let Some(piece) = self.next().await? {
            body.extend(piece);
            if body.len() > ANSWER_BYTES_MAX {
                return Err(Failure::new(
                    FailureClass::BadImage,
                    format!("the answer is larger than {ANSWER_BYTES_MAX} bytes"),
                ));
            }
        }
        Ok(Got { status: self.status, body, headers: self.response.headers().clone() })
    }
}

/// Sends a call and reads the whole answer.
///
/// # Errors
/// `Timeout` when the connection fails or breaks; `BadImage` when the answer is larger than [`ANSWER_BYTES_MAX`].
pub async fn send(call: &Call) -> Result<Got, Failure> {
    open(call).await?.read().await
}

/// Sends a call.
///
/// # Errors
/// `Timeout` when the connection fails.
pub async fn open(call: &Call) -> Result<Open, Failure> {
    let request = encode(call).map_err(|error| {
        Failure::new(FailureClass::BadRequest, format!("the request couldn't be built: {error}"))
    })?;
    let aborting = Aborting::default();
    let mut response = aborting.send(request).await.map_err(|_| broke())?;
    Ok(Open { status: response.status_code(), body: response.stream().ok(), response, _aborting: aborting })
}

fn encode(call: &Call) -> worker::Result<Request> {
    let headers = Headers::new();
    for (name, value) in &call.headers {
        headers.set(name, value)?;
    }
    let mut init = RequestInit::new();
    // An Authorization header would be sent on to wherever a redirect leads.
    init.with_method(call.method.to_owned().into())
        .with_headers(headers)
        .with_redirect(RequestRedirect::Manual);
    init.with_body(Some(js_sys::Uint8Array::from(call.body.as_slice()).into()));
    Request::new_with_init(&call.url, &init)
}

fn broke() -> Failure {
    Failure::new(FailureClass::Timeout, "the connection to the provider failed or broke")
}
