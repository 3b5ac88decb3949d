//! Messages to other objects: a JSON array of envelopes out, a JSON array of replies back.
//!
//! The receiver takes them in order and stops at the first that it can't process, so there may be fewer replies than
//! envelopes; what has no reply wasn't taken in.

use picasso_actors::address::ActorName;
use picasso_actors::protocol::{Envelope, Message, Reply, Sender};
use worker::{Env, Headers, Method, Request, RequestInit};

use crate::env::{self, Missing};
use crate::runtime::platform::Random;
use picasso_actors::entropy::Entropy;

/// Why a message got no reply.
#[derive(Debug)]
pub enum Undelivered {
    /// This environment has no actors.
    Missing(Missing),
    /// The object is being restarted: what was asked has happened or hasn't, and can be asked again.
    Restarting,
    /// The object couldn't be reached, or faulted. For the log, not for callers.
    Failed(String),
}

impl From<worker::Error> for Undelivered {
    fn from(error: worker::Error) -> Self {
        Self::Failed(error.to_string())
    }
}

impl From<serde_json::Error> for Undelivered {
    fn from(error: serde_json::Error) -> Self {
        Self::Failed(error.to_string())
    }
}

/// Asks an actor and waits for its reply: for the HTTP edge, and for a job's question to a breaker, which asks nobody.
///
/// # Errors
/// [`Undelivered`].
pub async fn ask(env: &Env, to: ActorName, message: Message) -> Result<Reply, Undelivered> {
    ask_as(env, to, Sender::Edge { id: Random.id(22), fingerprint: None }, message).await
}

/// Asks under an id of the asker's own, which makes asking again harmless.
///
/// # Errors
/// [`Undelivered`].
pub async fn ask_as(env: &Env, to: ActorName, from: Sender, message: Message) -> Result<Reply, Undelivered> {
    let replies = post(env, &to, &[Envelope { from, to: to.clone(), message }]).await?;
    replies
        .into_iter()
        .next()
        .ok_or_else(|| Undelivered::Failed(format!("{to} couldn't process the message")))
}

/// Sends envelopes, all for one actor.
///
/// # Errors
/// [`Undelivered`].
pub async fn post(env: &Env, to: &ActorName, envelopes: &[Envelope]) -> Result<Vec<Reply>, Undelivered> {
    let stub = env::actors(env).map_err(Undelivered::Missing)?.get_by_name(&to.to_string())?;
    let headers = Headers::new();
    headers.set("content-type", "application/json")?;
    let mut init = RequestInit::new();
    init.with_method(Method::Post).with_headers(headers);
    init.with_body(Some(serde_json::to_string(envelopes)?.into()));
    let request = Request::new_with_init(&address(to), &init)?;
    let mut response = stub.fetch_with_request(request).await?;
    let text = response.text().await?;
    if response.status_code() == 503 {
        return Err(Undelivered::Restarting);
    }
    if response.status_code() != 200 {
        return Err(Undelivered::Failed(format!("{to} answered {}", response.status_code())));
    }
    Ok(serde_json::from_str(&text)?)
}

/// The address of an object inside the account; the host is never looked up.
pub fn address(to: &ActorName) -> String {
    format!("https://picasso/_actor/{}", to.id())
}
