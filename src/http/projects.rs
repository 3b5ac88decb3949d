//! Projects: create, fetch and change by the actor; list from the read model.

use picasso_actors::address::ActorName;
use picasso_actors::ids::ProjectId;
use picasso_actors::project::Message;
use picasso_actors::{protocol, read_model, request as requests};
use worker::{Env, Request, Response};

use super::idempotency::Asking;
use super::problem::Problem;
use super::{body, reply};
use crate::bindings::d1;

/// `GET /api/projects`
pub async fn list(request: &Request, env: &Env) -> Result<Response, Problem> {
    let page = requests::page(&reply::query(request)?)?;
    let query = read_model::projects(page.limit, page.before);
    let text = d1::read(env, &query).await.map_err(|error| Problem::read_model_away(&error))?;
    reply::json(200, &text)
}

/// `POST /api/projects`
pub async fn create(mut request: Request, env: &Env) -> Result<Response, Problem> {
    let body = body::read(&mut request).await?;
    let new = requests::new_project(&body)?;
    let asking = Asking::of(&request, &body)?;
    let to = ActorName::Project(ProjectId::random(&mut asking.ids()));
    let create = Message::Create { name: new.name, description: new.description };
    asking.ask(env, to, protocol::Message::Project(create)).await?.response(201)
}

/// `GET /api/projects/:id`
pub async fn fetch(env: &Env, id: ProjectId) -> Result<Response, Problem> {
    reply::json(200, &ask(env, id, Message::Fetch).await?)
}

/// `PATCH /api/projects/:id`
pub async fn change(mut request: Request, env: &Env, id: ProjectId) -> Result<Response, Problem> {
    let change = requests::project_change(&body::read(&mut request).await?)?;
    let message = Message::Update {
        name: change.name,
        description: change.description,
        budget: change.budget,
        near_duplicates: change.near_duplicates,
    };
    reply::json(200, &ask(env, id, message).await?)
}

/// `GET /api/projects/:id/costs`
pub async fn costs(request: &Request, env: &Env, id: ProjectId) -> Result<Response, Problem> {
    let page = requests::costs(&reply::query(request)?)?;
    reply::json(200, &ask(env, id, Message::Costs(page)).await?)
}

async fn ask(env: &Env, id: ProjectId, message: Message) -> Result<String, Problem> {
    let body = reply::ask(env, ActorName::Project(id), protocol::Message::Project(message)).await?;
    Ok(body.get().to_owned())
}
