//! Jobs: everything is checked before anything is spent, then the job's actor takes over.

use picasso_actors::address::ActorName;
use picasso_actors::ids::{JobId, ProgressionId, ProjectId, SessionId};
use picasso_actors::ingest::Input;
use picasso_actors::ingest::guard::Rules;
use picasso_actors::job::money::{self, Quote, Terms};
use picasso_actors::job::routing::{self, Configured};
use picasso_actors::job::wishes::Materials;
use picasso_actors::job::{Message, Spec};
use picasso_actors::project;
use picasso_actors::protocol::{self, RefusalCode, Reply};
use picasso_actors::provider::Provider;
use picasso_actors::request as requests;
use picasso_actors::session::{self, opening};
use serde::Deserialize;
use worker::{Env, Request, Response};

use super::idempotency::{Answer, Asking};
use super::limits::{self, Allowance};
use super::problem::Problem;
use super::uploads::origin;
use super::{body, preferences, reply};
use crate::bindings::ai;
use crate::ingest::{self, Resolved};
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
    let origin = origin(&request)?;
    let answer = begin(env, &asking, &allowance, job, spec, &origin).await?;
    allowance.mark(answer.response(202)?)
}

/// Finds everything that the job will need, so that what can't be done is refused before anything is spent: the pictures that
/// are sent along, and a model for each provider.
async fn settle(env: &Env, spec: &mut Spec, origin: &str) -> Result<(), Problem> {
    let rules = ingest::rules(env, origin);
    let mut materials = Materials::default();
    let (project, wishes) = (&spec.project_id, &spec.wishes);
    if let Some(start) = &wishes.start {
        let (input, parent) = picture(env, project, "startImageUrl", start, &rules).await?;
        (materials.start, materials.parent) = (Some(input), parent);
    }
    for (n, reference) in wishes.references.iter().enumerate() {
        let field = format!("referenceImageUrls[{n}]");
        materials.references.push(picture(env, project, &field, reference, &rules).await?.0);
    }
    if let Some(mask) = &wishes.mask {
        materials.mask = Some(picture(env, project, "mask", mask, &rules).await?.0);
    }
    spec.materials = materials;
    spec.routes = routing::resolve(spec, &configured(env))?;
    let workers = perform::config(env).workers;
    let rewriter = workers.reasoning_model.unwrap_or_default();
    spec.terms = Terms { cap: None, judge: workers.vision_model, rewriter };
    Ok(())
}

/// A picture that a job begins with, and the progression that it is.
async fn picture(
    env: &Env,
    project: &ProjectId,
    field: &str,
    text: &str,
    rules: &Rules,
) -> Result<(Input, Option<ProgressionId>), Problem> {
    match ingest::resolve(env, project, text, rules).await {
        Ok(Resolved::Input(input)) => Ok((input, None)),
        Ok(Resolved::Progression(id)) => {
            let of = protocol::Message::Project(project::Message::Picture(id.clone()));
            match mailbox::ask(env, ActorName::Project(project.clone()), of).await? {
                Reply::Refused(refusal) if refusal.code == RefusalCode::NotFound => {
                    Err(Problem::field(422, field, "the project has no picture with this id"))
                }
                found => Ok((serde_json::from_str(reply::body(found)?.get())?, Some(id))),
            }
        }
        Err(error) => Err(Problem::picture(field, &error)),
    }
}

/// The providers that can be called, each with the model that it's configured with.
fn configured(env: &Env) -> Vec<Configured> {
    let config = perform::config(env);
    let ready = |provider: &Provider| config.check(*provider, ai::is_bound(env)).is_ok();
    let model = |provider| (provider, config.model(provider).unwrap_or_default().to_owned());
    Provider::ALL.into_iter().filter(ready).map(model).collect()
}

async fn begin(
    env: &Env,
    asking: &Asking,
    allowance: &Allowance,
    job: JobId,
    mut spec: Spec,
    origin: &str,
) -> Result<Answer, Problem> {
    let to = ActorName::Job(job.clone());
    // A repetition finds its job by its key, whatever has become of addresses, models and preferences since.
    if let Some(earlier) = earlier(env, asking, &to).await? {
        return Ok(earlier);
    }
    allowance.check()?;
    settle(env, &mut spec, origin).await?;
    spec.terms.cap = limits::reserve(env, &job, &spec.session_id, money::claim(&spec)?).await?;
    asking.ask(env, to, protocol::Message::Job(Message::Start(spec))).await
}

/// The answer that an earlier request under the same key has had.
async fn earlier(env: &Env, asking: &Asking, job: &ActorName) -> Result<Option<Answer>, Problem> {
    let Some((ask, fingerprint)) = asking.key() else { return Ok(None) };
    let begun = protocol::Message::Job(Message::Begun { ask, fingerprint });
    match mailbox::ask(env, job.clone(), begun).await? {
        Reply::Refused(refusal) if refusal.code == RefusalCode::NotFound => Ok(None),
        earlier => Ok(Some(Answer { body: reply::body(earlier)?, replayed: true })),
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
    let quote = protocol::Message::Job(Message::Quote(selection));
    let quote = reply::ask(env, ActorName::Job(id.clone()), quote).await?;
    let quote: Quote = serde_json::from_str(quote.get())?;
    let cap = if quote.variants > 0 { limits::extend(env, &asking, &id, quote.claim).await? } else { None };
    let retry = protocol::Message::Job(match cap {
        Some(cap) => Message::RetryWithin { selection, cap },
        None => Message::Retry(selection),
    });
    allowance.mark(asking.ask(env, ActorName::Job(id), retry).await?.response(202)?)
}
