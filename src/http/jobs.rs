//! Jobs: everything is checked before anything is spent, then the job's actor takes over.

use picasso_actors::address::ActorName;
use picasso_actors::ids::{JobId, ProjectId, SessionId};
use picasso_actors::job::Message;
use picasso_actors::session::{self, opening};
use picasso_actors::{project, protocol, request as requests};
use serde::Deserialize;
use worker::{Env, Request, Response};

use super::problem::Problem;
use super::{body, reply};
use crate::bindings::ai;
use crate::runtime::perform;
use crate::runtime::platform::Random;

/// `POST /api/projects/:id/jobs`
pub async fn start(request: Request, env: &Env, id: ProjectId) -> Result<Response, Problem> {
    let spec = requests::new_job(id.clone(), &body::read(request).await?)?;
    let config = perform::config(env);
    for provider in &spec.providers {
        config.check(*provider, ai::is_bound(env))?;
    }
    let exists = protocol::Message::Project(project::Message::Fetch);
    reply::ask(env, ActorName::Project(id.clone()), exists).await?;
    let job = JobId::random(&id, &mut Random);
    let started = reply::ask(env, ActorName::Job(job), protocol::Message::Job(Message::Start(spec))).await?;
    reply::json(202, started.get())
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
