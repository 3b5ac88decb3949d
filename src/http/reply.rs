//! An actor's reply as a response. A body's JSON passes through as the text that it is.

use picasso_actors::address::ActorName;
use picasso_actors::json::Raw;
use picasso_actors::protocol::{Message, Reply};
use worker::{Env, Headers, Response};

use super::problem::Problem;
use crate::runtime::mailbox;

/// Asks an actor for a body.
///
/// # Errors
/// The refusal, or what kept the message from being delivered.
pub async fn ask(env: &Env, to: ActorName, message: Message) -> Result<Raw, Problem> {
    body(mailbox::ask(env, to, message).await?)
}

/// Asks an actor for something that has no answer but yes.
///
/// # Errors
/// As [`ask`].
pub async fn agree(env: &Env, to: ActorName, message: Message) -> Result<(), Problem> {
    match mailbox::ask(env, to, message).await? {
        Reply::Done => Ok(()),
        other => body(other).and_then(|_| Err(Problem::internal("an answer where none was expected"))),
    }
}

/// The body of a reply.
///
/// # Errors
/// The refusal.
pub fn body(reply: Reply) -> Result<Raw, Problem> {
    match reply {
        Reply::Body(body) => Ok(body),
        Reply::Refused(refusal) => Err(refusal.into()),
        Reply::Done | Reply::Again(_) => Err(Problem::internal("a reply without a body")),
    }
}

/// A JSON response that nobody may keep.
///
/// # Errors
/// When the platform refuses to build it.
pub fn json(status: u16, text: &str) -> Result<Response, Problem> {
    let headers = Headers::new();
    headers.set("content-type", "application/json")?;
    headers.set("cache-control", "no-store")?;
    headers.set("x-content-type-options", "nosniff")?;
    Ok(Response::ok(text)?.with_status(status).with_headers(headers))
}

/// The request's query, decoded.
///
/// # Errors
/// When the address can't be read.
pub fn query(request: &worker::Request) -> Result<Vec<(String, String)>, Problem> {
    Ok(request.url()?.query_pairs().map(|(key, value)| (key.into_owned(), value.into_owned())).collect())
}
