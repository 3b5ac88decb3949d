//! Jobs: everything is checked before anything is spent, then the job's actor takes over.

use picasso_actors::address::ActorName;
use picasso_actors::entropy::Entropy;
use picasso_actors::ids::{JobId, ProjectId, SessionId};
use picasso_actors::job::money::{self, Quote};
use picasso_actors::job::routing;
use picasso_actors::job::wishes::Address;
use picasso_actors::job::{Message, Spec};
use picasso_actors::protocol::{self, RefusalCode, Reply};
use picasso_actors::request as requests;
use picasso_actors::session::{self, opening};
use serde::Deserialize;
use worker::{Env, Request, Response};

use super::idempotency::{Answer, Asking};
use super::limits::{self, Allowance};
use super::problem::Problem;
use super::uploads::origin;
use super::{body, materials, plan, preferences, reply};
use crate::bindings::ai;
use crate::env;
use crate::ingest::Keep;
use crate::runtime::platform::Random;
use crate::runtime::{mailbox, perform};

/// Characters of the secret that a job's own addresses follow from: 130 bits.
const SECRET_LEN: usize = 22;

/// `POST /api/projects/:id/jobs`
pub async fn start(mut request: Request, env: &Env, id: ProjectId) -> Result<Response, Problem> {
    let body = body::read(&mut request).await?;
    let spec = requests::new_job(id.clone(), &preferences::fill(env, &body).await)?;
    let asking = Asking::of(&request, &body)?;
    let config = perform::config(env);
    for provider in &spec.providers {
        config.check(*provider, ai::is_bound(env))?;
    }
    if reply::query(&request)?.iter().any(|(name, value)| name == "plan" && value == "true") {
        return plan::show(env, spec, &origin(&request)?).await;
    }
    let job = JobId::random(&id, &mut asking.ids());
    let allowance = limits::take(&request, env).await?;
    let origin = origin(&request)?;
    let answer = begin(env, &asking, &allowance, job, spec, &origin).await?;
    allowance.mark(answer.response(202)?)
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
    // What can't be done is refused before anything is spent.
    materials::find(env, &mut spec, origin, Keep::Bytes).await?;
    spec.materials.address = Some(Address {
        origin: env::var(env, "PUBLIC_ORIGIN").unwrap_or_else(|| origin.to_owned()),
        secret: Random.id(SECRET_LEN),
    });
    spec.routes = routing::resolve(&spec, &plan::configured(env))?;
    spec.terms = plan::terms(env);
    spec.terms.cap = limits::reserve(env, &job, &spec.session_id, money::claim(&spec)?).await?;
    asking.ask(env, to, protocol::Message::Job(Message::Start(Box::new(spec)))).await
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
