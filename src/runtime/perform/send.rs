//! The one place where a provider is called: no redirects, the answer's size counted, the request aborted when nobody waits
//! for it any more.

use futures::StreamExt;
use picasso_actors::provider::{Failure, FailureClass};
use worker::{AbortController, Fetch, Headers, Request, RequestInit, RequestRedirect, Response};

use crate::providers::{ANSWER_BYTES_MAX, Call};

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

/// Aborts the request when it's dropped.
struct Aborting(Option<AbortController>);

impl Drop for Aborting {
    fn drop(&mut self) {
        if let Some(controller) = self.0.take() {
            controller.abort();
        }
    }
}

/// Sends a call and reads the whole answer.
///
/// # Errors
/// `Timeout` when the connection fails or breaks; `BadImage` when the answer is larger than [`ANSWER_BYTES_MAX`].
pub async fn send(call: &Call) -> Result<Got, Failure> {
    let aborting = Aborting(Some(AbortController::default()));
    let signal = aborting.0.as_ref().map(AbortController::signal);
    let request = Fetch::Request(encode(call).map_err(|error| {
        Failure::new(FailureClass::BadRequest, format!("the request couldn't be built: {error}"))
    })?);
    let sent = match &signal {
        Some(signal) => request.send_with_signal(signal).await,
        None => request.send().await,
    };
    let mut response = sent.map_err(|_| broke())?;
    let body = read(&mut response).await?;
    Ok(Got { status: response.status_code(), body, headers: response.headers().clone() })
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

async fn read(response: &mut Response) -> Result<Vec<u8>, Failure> {
    let Ok(mut stream) = response.stream() else { return Ok(Vec::new()) };
    let mut body = Vec::new();
    while let Some(chunk) = stream.next().await {
        body.extend(chunk.map_err(|_| broke())?);
        if body.len() > ANSWER_BYTES_MAX {
            return Err(Failure::new(
                FailureClass::BadImage,
                format!("the answer is larger than {ANSWER_BYTES_MAX} bytes"),
            ));
        }
    }
    Ok(body)
}

fn broke() -> Failure {
    Failure::new(FailureClass::Timeout, "the connection to the provider failed or broke")
}
