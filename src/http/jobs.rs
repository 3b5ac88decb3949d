//! Jobs: everything is checked before anything is spent, then the job's actor takes over.

use picasso_actors::address::ActorName;
use picasso_actors::ids::{JobId, ProjectId, SessionId};
use picasso_actors::job::{Message, Spec};
use picasso_actors::protocol::{self, RefusalCode, Reply};
use picasso_actors::request as requests;
use picasso_actors::session::{self, opening};
use serde::Deserialize;
use worker::{Env, Request, Response};

use super::idempotency::{Answer, Asking};
use super::limits::{self, Allowance};
use super::problem::Problem;
use super::{body, preferences, reply};
use crate::bindings::ai;
use crate::runtime::{mailbox, perform};

/// `POST /api/projects/:id/jobs`
pub async fn start(mut request: Request, env: &Env, id: ProjectId) -> Result<Response, Problem> {
    let body = body::read(&mut request).await?;
    let spec = requests::new_job(id.clone(), &preferences::fill(env, &body).await)?;
    let asking = Asking::of(&request, &body)?;
    let config = perform::config(env);
    for provider in &spec.providers {
        config.check(*provider, ai::is_bound(env))?;
    }
    let job = JobId::random(&id, &mut asking.ids());
    let allowance = limits::take(&request, env).await?;
    let answer = begin(env, &asking, &allowance, job, spec).await?;
    allowance.mark(answer.response(202)?)
}

async fn begin(
    env: &Env,
    asking: &Asking,
    allowance: &Allowance,
    job: JobId,
    spec: Spec,
) -> Result<Answer, Problem> {
    let to = ActorName::Job(job.clone());
    if let Err(too_many) = allowance.check() {
        // What has begun under the key is no new job.
        return if asking.is_keyed() { begun(env, to, spec, too_many).await } else { Err(too_many) };
    }
    limits::reserve(env, &job, &spec.session_id).await?;
    asking.ask(env, to, protocol::Message::Job(Message::Start(spec))).await
}

/// The answer that an earlier request has had, or else the problem.
async fn begun(env: &Env, to: ActorName, spec: Spec, problem: Problem) -> Result<Answer, Problem> {
    match mailbox::ask(env, to, protocol::Message::Job(Message::Begun(spec))).await? {
        Reply::Refused(refusal) if refusal.code == RefusalCode::NotFound => Err(problem),
        earlier => Ok(Answer { body: reply::body(earlier)?, replayed: true }),
    }
}

/// `GET /api/jobs/:id`
pub async fn fetch(env: &Env, id: JobId) -> Result<Response, Problem> {
    let job = reply::ask(env, ActorName::Job(id), protocol::Message::Job(Message::Fetch)).await?;
    reply::json(200, job.get())
}

/// `GET /api/jobs/:id/events?after=&limit=`: the job's part of its session's stream.
pub async fn events(request: &Request, env: &Env, id: JobId) -> Result<Response, Problem> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Told {
        session_id: SessionId,
    }

    let (since, limit) = opening::of_job(&reply::query(request)?)?;
    let job = protocol::Message::Job(Message::Fetch);
    let job = reply::ask(env, ActorName::Job(id.clone()), job).await?;
    let session = serde_json::from_str::<Told>(job.get())?.session_id;
    let replay = session::Message::Replay { since, limit, job: Some(id) };
    let events = reply::ask(env, ActorName::Session(session), protocol::Message::Session(replay)).await?;
    reply::json(200, events.get())
}

/// `POST /api/jobs/:id/cancel`
pub async fn cancel(mut request: Request, env: &Env, id: JobId) -> Result<Response, Problem> {
    let selection = requests::selection(&body::read(&mut request).await?)?;
    let cancel = protocol::Message::Job(Message::Cancel(selection));
    reply::json(200, reply::ask(env, ActorName::Job(id), cancel).await?.get())
}

/// `POST /api/jobs/:id/retry`
pub async fn retry(mut request: Request, env: &Env, id: JobId) -> Result<Response, Problem> {
    let body = body::read(&mut request).await?;
    let selection = requests::selection(&body)?;
    let asking = Asking::of(&request, &body)?;
    let allowance = limits::take(&request, env).await?;
    allowance.check()?;
    let retry = protocol::Message::Job(Message::Retry(selection));
    allowance.mark(asking.ask(env, ActorName::Job(id), retry).await?.response(202)?)
}
