//! Progressions: the project's tree, filtered, and rolled back.

use picasso_actors::address::ActorName;
use picasso_actors::ids::{ProgressionId, ProjectId};
use picasso_actors::project::Message;
use picasso_actors::{protocol, request as requests};
use worker::{Env, Request, Response};

use super::problem::Problem;
use super::reply;
use crate::runtime::platform::Random;

/// `GET /api/projects/:id/progressions`
pub async fn list(request: &Request, env: &Env, id: ProjectId) -> Result<Response, Problem> {
    let filter = requests::filter(&reply::query(request)?)?;
    ask(env, id, Message::Progressions(filter), 200).await
}

/// `POST /api/progressions/:id/rollback`
pub async fn roll_back(env: &Env, to: ProgressionId) -> Result<Response, Problem> {
    let project = to.project();
    let id = ProgressionId::random(&project, &mut Random);
    ask(env, project, Message::Rollback { to, id }, 201).await
}

async fn ask(env: &Env, id: ProjectId, message: Message, status: u16) -> Result<Response, Problem> {
    let body = reply::ask(env, ActorName::Project(id), protocol::Message::Project(message)).await?;
    reply::json(status, body.get())
}
