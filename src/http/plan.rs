//! `POST /api/projects/:id/jobs?plan=true`, and what can be asked of whom: `GET /api/providers`.

use futures::future::join_all;
use picasso_actors::address::ActorName;
use picasso_actors::breaker::{self, Circuits};
use picasso_actors::catalogue::shown;
use picasso_actors::ids::BreakerId;
use picasso_actors::job::money::Terms;
use picasso_actors::job::refine::{Ask, Refined};
use picasso_actors::job::routing::{self, Configured};
use picasso_actors::job::{Spec, forecast};
use picasso_actors::provider::Provider;
use picasso_actors::{project, protocol};
use worker::{Env, Response};

use super::problem::Problem;
use super::{materials, reply};
use crate::bindings::ai;
use crate::ingest::Keep;
use crate::runtime::mailbox;
use crate::runtime::perform::{self, models};

/// What the job would do. Nothing is written, and nobody is asked for a picture or a word; pictures from elsewhere are fetched
/// and let go.
///
/// # Errors
/// What's wrong with the request, as for the job itself; only what no model can do is a part of the plan.
pub async fn show(env: &Env, mut spec: Spec, origin: &str) -> Result<Response, Problem> {
    let project = ActorName::Project(spec.project_id.clone());
    let alike = project::Message::Alike {
        prompt: spec.prompt.clone(),
        operation: spec.wishes.operation,
        start: spec.wishes.start.clone(),
        providers: spec.providers.clone(),
    };
    let alike = reply::ask(env, project, protocol::Message::Project(alike)).await?;
    materials::find(env, &mut spec, origin, Keep::Nothing).await?;
    let forecast = match routing::resolve(&spec, &configured(env)) {
        Ok(routes) => {
            spec.routes = routes;
            spec.terms = terms(env);
            let refined = refined(env, &spec).await?;
            let circuits = circuits(env, &spec.providers).await;
            serde_json::to_string(&forecast::of(&spec, &refined, &circuits, &alike))?
        }
        Err(why) => serde_json::to_string(&forecast::impossible(&spec, &why, &alike))?,
    };
    reply::json(200, &forecast)
}

/// The prompt of each provider, as the job will have it when nobody words it anew.
async fn refined(env: &Env, spec: &Spec) -> Result<Vec<Refined>, Problem> {
    let mut refined = Vec::new();
    for provider in &spec.providers {
        let ask = Ask { rewrite: false, ..Ask::of(spec, *provider) };
        let material = models::refine(env, &ask).await?;
        refined.push(ask.refined(&material));
    }
    Ok(refined)
}

/// The providers that can be called, each with the model that it's configured with.
pub fn configured(env: &Env) -> Vec<Configured> {
    let config = perform::config(env);
    let ready = |provider: &Provider| config.check(*provider, ai::is_bound(env)).is_ok();
    let model = |provider| (provider, config.model(provider).unwrap_or_default().to_owned());
    Provider::ALL.into_iter().filter(ready).map(model).collect()
}

/// The models that a job's words and verdicts will come from, for its prices.
pub fn terms(env: &Env) -> Terms {
    let workers = perform::config(env).workers;
    let rewriter = workers.reasoning_model.unwrap_or_default();
    Terms { cap: None, judge: workers.vision_model, rewriter }
}

/// `GET /api/providers`
///
/// # Errors
/// When the platform refuses to build the answer.
pub async fn providers(env: &Env) -> Result<Response, Problem> {
    let config = perform::config(env);
    let circuits = circuits(env, &Provider::ALL).await;
    let shown = Provider::ALL.into_iter().zip(circuits).map(|(provider, circuits)| shown::Configured {
        provider,
        model: config.model(provider).map(str::to_owned),
        missing: config.check(provider, ai::is_bound(env)).err().map(|failure| failure.message),
        circuits,
    });
    reply::json(200, &shown::json(&shown.collect::<Vec<_>>()))
}

/// How the models of each provider are; `None` where its breaker doesn't say. All are asked at once.
async fn circuits(env: &Env, providers: &[Provider]) -> Vec<Option<Circuits>> {
    let ask = |provider: &Provider| {
        let breaker = ActorName::Breaker(BreakerId::of(*provider));
        mailbox::ask(env, breaker, protocol::Message::Breaker(breaker::Message::Circuits))
    };
    let said = join_all(providers.iter().map(ask)).await.into_iter();
    said.map(|said| serde_json::from_str(reply::body(said.ok()?).ok()?.get()).ok()).collect()
}
