//! Preferences of a session: read, set, and filled into the jobs that leave something out.

use picasso_actors::ids::SessionId;
use picasso_actors::preferences::{self, Preferences};
use worker::{Env, Request, Response};

use super::problem::Problem;
use super::{body, reply};
use crate::bindings::kv;

/// `GET /api/preferences/:sessionId`
pub async fn fetch(env: &Env, session: &SessionId) -> Result<Response, Problem> {
    let namespace = kv::preferences(env)?;
    let stored = kv::read(&namespace, &preferences::key(session)).await;
    let stored = stored.map_err(|error| Problem::preferences_away(&error))?;
    reply::json(200, stored.as_deref().unwrap_or("{}"))
}

/// `PUT /api/preferences/:sessionId`: all of them; what is left out is forgotten.
pub async fn set(mut request: Request, env: &Env, session: &SessionId) -> Result<Response, Problem> {
    let namespace = kv::preferences(env)?;
    let text = serde_json::to_string(&preferences::parse(&body::read(&mut request).await?)?)?;
    let kept = kv::write(&namespace, &preferences::key(session), &text).await;
    kept.map_err(|error| Problem::preferences_away(&error))?;
    reply::json(200, &text)
}

/// A job's body with what its session prefers. A job is never refused for preferences that can't be had: then it's as it came.
pub async fn fill(env: &Env, job: &[u8]) -> Vec<u8> {
    let preferred = async {
        let session = preferences::session_of(job)?;
        let text = match kv::read(&kv::preferences(env).ok()?, &preferences::key(&session)).await {
            Ok(text) => text?,
            Err(error) => {
                tracing::error!(step = "kv", error, sessionId = session.as_str(), "preferences away");
                return None;
            }
        };
        serde_json::from_str::<Preferences>(&text).ok()
    };
    preferred.await.map_or_else(|| job.to_vec(), |preferred| preferences::fill(job, &preferred))
}
