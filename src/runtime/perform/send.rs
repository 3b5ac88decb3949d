//! The one place where a provider is called: no redirects, the answer's size counted, the request aborted when nobody waits
//! for it any more.

use futures::StreamExt;
use picasso_actors::provider::{Failure, FailureClass};
use worker::{Headers, Request, RequestInit, RequestRedirect, Response};

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

/// Sends a call and reads the whole answer.
///
/// # Errors
/// `Timeout` when the connection fails or breaks; `BadImage` when the answer is larger than [`ANSWER_BYTES_MAX`].
pub async fn send(call: &Call) -> Result<Got, Failure> {
    let request = encode(call).map_err(|error| {
        Failure::new(FailureClass::BadRequest, format!("the request couldn't be built: {error}"))
    })?;
    let aborting = Aborting::default();
    let mut response = aborting.send(request).await.map_err(|_| broke())?;
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
