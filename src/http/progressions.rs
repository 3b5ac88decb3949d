//! Progressions: the project's tree, filtered, and rolled back.

use picasso_actors::address::ActorName;
use picasso_actors::ids::{ProgressionId, ProjectId};
use picasso_actors::project::Message;
use picasso_actors::{protocol, request as requests};
use worker::{Env, Request, Response};

use super::idempotency::Asking;
use super::problem::Problem;
use super::{body, reply};

/// `GET /api/projects/:id/progressions`
pub async fn list(request: &Request, env: &Env, id: ProjectId) -> Result<Response, Problem> {
    let filter = requests::filter(&reply::query(request)?)?;
    let page = protocol::Message::Project(Message::Progressions(filter));
    reply::json(200, reply::ask(env, ActorName::Project(id), page).await?.get())
}

/// `POST /api/progressions/:id/keep`: a near-duplicate joins the tree after all.
pub async fn keep(env: &Env, id: ProgressionId) -> Result<Response, Problem> {
    let project = ActorName::Project(id.project());
    let keep = protocol::Message::Project(Message::Keep(id));
    reply::json(200, reply::ask(env, project, keep).await?.get())
}

/// `POST /api/progressions/:id/rollback`
pub async fn roll_back(mut request: Request, env: &Env, to: ProgressionId) -> Result<Response, Problem> {
    let body = body::read(&mut request).await?;
    let asking = Asking::of(&request, &body)?;
    let project = to.project();
    let id = ProgressionId::random(&project, &mut asking.ids());
    let roll_back = protocol::Message::Project(Message::Rollback { to, id });
    asking.ask(env, ActorName::Project(project), roll_back).await?.response(201)
}
