//! Fetching a picture from elsewhere: every address checked before it's asked, redirects followed by hand, the bytes
//! counted as they come, and all of it within one deadline.

use std::time::Duration;

use futures::{FutureExt, StreamExt};
use picasso_actors::ingest::guard::{Rules, Target};
use picasso_actors::ingest::hop::{self, Step};
use picasso_actors::ingest::{self, ACCEPT, BYTES_MAX, DEADLINE_MS, Rejection, USER_AGENT};
use picasso_actors::picture::Sniffed;
use worker::{Delay, Headers, Method, Request, RequestInit, RequestRedirect, Response};

use crate::runtime::aborting::Aborting;

/// A picture from elsewhere.
#[derive(Debug)]
pub struct Fetched {
    /// All of it, at most [`BYTES_MAX`].
    pub bytes: Vec<u8>,
    /// What it is.
    pub sniffed: Sniffed,
    /// Where it was in the end.
    pub url: String,
}

/// Fetches the picture at `target`.
///
/// # Errors
/// [`Rejection`].
pub async fn fetch(target: &Target, rules: &Rules) -> Result<Fetched, Rejection> {
    // What is under way when the time is over is dropped, which aborts its request.
    futures::select_biased! {
        fetched = Box::pin(follow(target.clone(), rules).fuse()) => fetched,
        () = Delay::from(Duration::from_millis(DEADLINE_MS)).fuse() => Err(hop::late(target)),
    }
}

async fn follow(mut target: Target, rules: &Rules) -> Result<Fetched, Rejection> {
    let mut redirects = 0;
    loop {
        let aborting = Aborting::default();
        let asked = async { aborting.send(request(&target)?).await };
        let mut response = asked.await.map_err(|_| hop::broken(&target))?;
        let header = |name| response.headers().get(name).ok().flatten();
        let (location, declared) = (header("location"), header("content-type"));
        match hop::step(&target, response.status_code(), location.as_deref(), redirects, rules)? {
            Step::Follow(next) => target = next,
            Step::Read => {
                let bytes = read(&mut response, &target).await?;
                let sniffed = ingest::inspect(&bytes, declared.as_deref())?;
                return Ok(Fetched { bytes, sniffed, url: target.href().to_owned() });
            }
        }
        redirects += 1;
    }
}

fn request(target: &Target) -> worker::Result<Request> {
    let headers = Headers::new();
    headers.set("accept", ACCEPT)?;
    headers.set("user-agent", USER_AGENT)?;
    let mut init = RequestInit::new();
    init.with_method(Method::Get).with_headers(headers).with_redirect(RequestRedirect::Manual);
    Request::new_with_init(target.href(), &init)
}

async fn read(response: &mut Response, from: &Target) -> Result<Vec<u8>, Rejection> {
    let Ok(mut stream) = response.stream() else { return Ok(Vec::new()) };
    let mut bytes = Vec::new();
    while let Some(chunk) = stream.next().await {
        bytes.extend(chunk.map_err(|_| hop::broken(from))?);
        if bytes.len() > BYTES_MAX {
            return Err(ingest::too_large());
        }
    }
    Ok(bytes)
}
