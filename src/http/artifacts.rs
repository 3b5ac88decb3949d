//! Artifacts: the projects' data is gathered, the pure generator renders, the bytes go to R2, and only then does the
//! artifact's actor show them.

use picasso_actors::address::ActorName;
use picasso_actors::artifact::kinds::lookbook;
use picasso_actors::artifact::{Edition, Kind, Message};
use picasso_actors::entropy::Entropy;
use picasso_actors::gallery::Gallery;
use picasso_actors::ids::{ArtifactId, ProjectId};
use picasso_actors::{project, protocol, request as requests};
use worker::{Env, Request, Response};

use super::problem::Problem;
use super::{body, reply};
use crate::bindings::r2;
use crate::runtime::platform::{Random, now_ms};

/// `POST /api/projects/:id/artifacts/lookbook`
pub async fn make_lookbook(request: Request, env: &Env, id: ProjectId) -> Result<Response, Problem> {
    let origin = request.url()?.origin().ascii_serialization();
    let new = requests::new_lookbook(&body::read(request).await?)?;
    let asked = protocol::Message::Project(project::Message::Gallery);
    let gallery: Gallery =
        serde_json::from_str(reply::ask(env, ActorName::Project(id.clone()), asked).await?.get())?;
    let artifact = ArtifactId::random(&mut Random);
    let title = new.title.unwrap_or_else(|| gallery.name.clone());
    let galleries = [gallery];
    let options = lookbook::Options {
        title: title.clone(),
        published_at: now_ms(),
        page_url: format!("{origin}/public/lookbook/{artifact}"),
        flexible_variants: false,
    };
    let page =
        lookbook::render(&galleries, &options).map_err(|error| Problem::internal(&error.to_string()))?;
    let edition = Edition {
        kind: Kind::Lookbook,
        title,
        project_ids: vec![id],
        content_r2_key: format!("artifact/{artifact}/{}.html", Random.id(12)),
        media_type: "text/html; charset=utf-8".to_owned(),
        bytes: u64::try_from(page.len()).unwrap_or(u64::MAX),
        image_origins: lookbook::image_origins(&galleries),
    };
    r2::put_artifact(env, &edition.content_r2_key, &edition.media_type, page.into_bytes())
        .await
        .map_err(|failure| Problem::internal(&failure.message))?;
    publish(env, artifact, edition).await
}

/// `GET /api/artifacts/:id`
pub async fn fetch(env: &Env, id: ArtifactId) -> Result<Response, Problem> {
    let artifact =
        reply::ask(env, ActorName::Artifact(id), protocol::Message::Artifact(Message::Fetch)).await?;
    reply::json(200, artifact.get())
}

async fn publish(env: &Env, id: ArtifactId, edition: Edition) -> Result<Response, Problem> {
    let message = protocol::Message::Artifact(Message::Publish(edition));
    reply::json(201, reply::ask(env, ActorName::Artifact(id), message).await?.get())
}
