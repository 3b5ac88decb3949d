//! Artifacts: the projects' data is gathered, the pure generator renders, the bytes go to R2, and only then does the
//! artifact's actor show them.

use picasso_actors::address::ActorName;
use picasso_actors::artifact::generator::Document;
use picasso_actors::artifact::material::{self, Material};
use picasso_actors::artifact::{Attachment, Edition, Message};
use picasso_actors::artifact::{generator, registry};
use picasso_actors::entropy::Entropy;
use picasso_actors::ids::{ArtifactId, ProjectId};
use picasso_actors::protocol::{self, RefusalCode, Reply};
use picasso_actors::request::{self as requests, Order};
use picasso_actors::{project, read_model};
use worker::{Env, Request, Response};

use super::idempotency::{Answer, Asking};
use super::problem::Problem;
use super::{body, gather, published, reply};
use crate::bindings::{d1, r2};
use crate::runtime::mailbox;
use crate::runtime::platform::{Random, now_ms};

/// `GET /api/artifact-kinds`
pub fn kinds() -> Result<Response, Problem> {
    reply::json(200, &registry::shown().to_string())
}

/// `GET /api/artifacts`
pub async fn list(request: &Request, env: &Env) -> Result<Response, Problem> {
    let page = requests::page(&reply::query(request)?)?;
    let query = read_model::artifacts(page.limit, page.before);
    let text = d1::read(env, &query).await.map_err(|error| Problem::read_model_away(&error))?;
    reply::json(200, &text)
}

/// `POST /api/artifacts`
pub async fn make(mut request: Request, env: &Env) -> Result<Response, Problem> {
    let body = body::read(&mut request).await?;
    let order = requests::new_artifact(&body)?;
    let asking = Asking::of(&request, &body)?;
    publish(&request, env, &asking, order).await
}

/// `POST /api/projects/:id/artifacts/lookbook`
pub async fn make_lookbook(mut request: Request, env: &Env, id: ProjectId) -> Result<Response, Problem> {
    let body = body::read(&mut request).await?;
    let order = requests::new_lookbook(&body, id)?;
    let asking = Asking::of(&request, &body)?;
    publish(&request, env, &asking, order).await
}

/// `POST /api/artifacts/:id/render`
pub async fn render_again(mut request: Request, env: &Env, id: ArtifactId) -> Result<Response, Problem> {
    let body = body::read(&mut request).await?;
    let asking = Asking::of(&request, &body)?;
    let shown: Edition = serde_json::from_str(ask(env, &id, Message::Edition).await?.get())?;
    let order = requests::next_edition(&body, shown)?;
    render(&request, env, &asking, id, order).await?.response(201)
}

/// `POST /api/artifacts/:id/associate`
pub async fn associate(mut request: Request, env: &Env, id: ArtifactId) -> Result<Response, Problem> {
    let project = requests::association(&body::read(&mut request).await?)?;
    let known = protocol::Message::Project(project::Message::Fetch);
    reply::ask(env, ActorName::Project(project.clone()), known).await?;
    reply::json(200, ask(env, &id, Message::Associate(project)).await?.get())
}

/// `GET /api/artifacts/:id`
pub async fn fetch(env: &Env, id: ArtifactId) -> Result<Response, Problem> {
    reply::json(200, ask(env, &id, Message::Fetch).await?.get())
}

/// `GET /api/artifacts/:id/views`
pub async fn views(request: &Request, env: &Env, id: ArtifactId) -> Result<Response, Problem> {
    let (from, to) = requests::span(&reply::query(request)?, now_ms())?;
    // D1 knows the views, and only the actor whether there's such an artifact.
    ask(env, &id, Message::Receipt).await?;
    let views = d1::read(env, &read_model::views(&id, from, to)).await;
    reply::json(200, &views.map_err(|error| Problem::read_model_away(&error))?)
}

/// `GET /api/artifacts/:id/versions`
pub async fn versions(env: &Env, id: ArtifactId) -> Result<Response, Problem> {
    reply::json(200, ask(env, &id, Message::Versions).await?.get())
}

/// `GET /api/artifacts/:id/versions/:version`
pub async fn version(env: &Env, id: ArtifactId, version: i64) -> Result<Response, Problem> {
    let served = serde_json::from_str(ask(env, &id, Message::Version(version)).await?.get())?;
    published::earlier(env, &served).await
}

/// `GET /api/artifacts/:id/files/:name`: what comes with the current version, for the key's holder.
pub async fn file(env: &Env, id: ArtifactId, name: &str) -> Result<Response, Problem> {
    let served = serde_json::from_str(ask(env, &id, Message::Edition).await?.get())?;
    let file = published::attachment(served, name).ok_or_else(|| Problem::not_found("no such file"))?;
    published::earlier(env, &file).await
}

pub(super) async fn ask(
    env: &Env,
    id: &ArtifactId,
    message: Message,
) -> Result<Box<serde_json::value::RawValue>, Problem> {
    reply::ask(env, ActorName::Artifact(id.clone()), protocol::Message::Artifact(message)).await
}

/// Makes a new artifact, unless the same request has made it before.
async fn publish(request: &Request, env: &Env, asking: &Asking, order: Order) -> Result<Response, Problem> {
    let first = order.project_ids.first().cloned();
    let first = first.ok_or_else(|| Problem::internal("an order without a project"))?;
    match commission(env, asking, &first).await? {
        Commission::Made(answer) => answer.response(201),
        Commission::New(id) => render(request, env, asking, id, order).await?.response(201),
    }
}

async fn render(
    request: &Request,
    env: &Env,
    asking: &Asking,
    id: ArtifactId,
    order: Order,
) -> Result<Answer, Problem> {
    let origin = request.url()?.origin().ascii_serialization();
    let generator = registry::generator(order.kind);
    let galleries = gather::galleries(env, &order.project_ids).await?;
    let galleries = material::choose(galleries, &order.settings)?;
    let bytes =
        gather::bytes(env, generator.needs, (&order.project_ids, &galleries), &order.settings).await?;
    let name = galleries.first().map(|gallery| gallery.name.clone());
    let title = order.title.or(name).unwrap_or_default();
    let material = Material {
        galleries: &galleries,
        title: &title,
        published_at: now_ms(),
        page_url: &format!("{origin}/public/{}/{id}", generator.kind.path()),
        flexible_variants: false,
        pictures: &bytes.pictures,
        fonts: bytes.fonts(),
        gathered: &gather::gather(env, generator.needs, &galleries, &order.project_ids).await?,
    };
    let document = (generator.render)(&material, &order.settings).map_err(|error| match error {
        generator::Error::Invalid(invalid) => invalid.into(),
        failed => Problem::internal(&failed.to_string()),
    })?;
    let Document { body, image_origins, scripts, files } = document;
    let edition = Edition {
        kind: order.kind,
        title,
        project_ids: order.project_ids,
        content_r2_key: format!("artifact/{id}/{}.{}", Random.id(12), generator.output.ending()),
        media_type: generator.output.media_type().to_owned(),
        bytes: size(&body),
        image_origins,
        options: order.settings.given().clone(),
        scripts,
        files: keep(env, &id, files).await?,
    };
    put(env, &edition.content_r2_key, &edition.media_type, body).await?;
    let publish = protocol::Message::Artifact(Message::Publish(Box::new(edition)));
    asking.ask(env, ActorName::Artifact(id), publish).await
}

async fn keep(env: &Env, id: &ArtifactId, files: Vec<generator::File>) -> Result<Vec<Attachment>, Problem> {
    let mut kept = Vec::with_capacity(files.len());
    for file in files {
        let attachment = Attachment {
            name: file.name.to_owned(),
            r2_key: format!("artifact/{id}/{}-{}", Random.id(12), file.name),
            media_type: file.media_type.to_owned(),
            bytes: size(&file.body),
        };
        put(env, &attachment.r2_key, &attachment.media_type, file.body).await?;
        kept.push(attachment);
    }
    Ok(kept)
}

async fn put(env: &Env, key: &str, media_type: &str, body: Vec<u8>) -> Result<(), Problem> {
    r2::put_artifact(env, key, media_type, body).await.map_err(|failure| Problem::internal(&failure.message))
}

fn size(body: &[u8]) -> u64 {
    u64::try_from(body.len()).unwrap_or(u64::MAX)
}

/// An artifact's id, for one that is to be made or has been.
enum Commission {
    New(ArtifactId),
    Made(Answer),
}

/// An id is the key to a published page, so it mustn't follow from anything that a caller chooses: with an idempotency key,
/// the project draws it and remembers it.
async fn commission(env: &Env, asking: &Asking, project: &ProjectId) -> Result<Commission, Problem> {
    if asking.key().is_none() {
        return Ok(Commission::New(ArtifactId::random(&mut Random)));
    }
    let commission = protocol::Message::Project(project::Message::Commission);
    let drawn = asking.ask(env, ActorName::Project(project.clone()), commission).await?;
    let id: ArtifactId = serde_json::from_str(drawn.body.get())?;
    if drawn.replayed {
        let receipt = protocol::Message::Artifact(Message::Receipt);
        match mailbox::ask(env, ActorName::Artifact(id.clone()), receipt).await? {
            // The first request is still at it, or didn't get so far.
            Reply::Refused(refusal) if refusal.code == RefusalCode::NotFound => {}
            receipt => return Ok(Commission::Made(Answer { body: reply::body(receipt)?, replayed: true })),
        }
    }
    Ok(Commission::New(id))
}
