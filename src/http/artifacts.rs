//! Artifacts: the projects' data is gathered, the pure generator renders, the bytes go to R2, and only then does the
//! artifact's actor show them.

use picasso_actors::address::ActorName;
use picasso_actors::artifact::kinds::lookbook;
use picasso_actors::artifact::{Edition, Kind, Message};
use picasso_actors::entropy::Entropy;
use picasso_actors::gallery::Gallery;
use picasso_actors::ids::{ArtifactId, ProjectId};
use picasso_actors::protocol::{self, RefusalCode, Reply};
use picasso_actors::{project, request as requests};
use worker::{Env, Request, Response};

use super::idempotency::{Answer, Asking};
use super::problem::Problem;
use super::{body, reply};
use crate::bindings::r2;
use crate::runtime::mailbox;
use crate::runtime::platform::{Random, now_ms};

/// `POST /api/projects/:id/artifacts/lookbook`
pub async fn make_lookbook(mut request: Request, env: &Env, id: ProjectId) -> Result<Response, Problem> {
    let origin = request.url()?.origin().ascii_serialization();
    let body = body::read(&mut request).await?;
    let new = requests::new_lookbook(&body)?;
    let asking = Asking::of(&request, &body)?;
    let artifact = match commission(env, &asking, &id).await? {
        Commission::New(artifact) => artifact,
        Commission::Made(answer) => return answer.response(201),
    };
    let asked = protocol::Message::Project(project::Message::Gallery);
    let gallery: Gallery =
        serde_json::from_str(reply::ask(env, ActorName::Project(id.clone()), asked).await?.get())?;
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
    let publish = protocol::Message::Artifact(Message::Publish(edition));
    asking.ask(env, ActorName::Artifact(artifact), publish).await?.response(201)
}

/// `GET /api/artifacts/:id`
pub async fn fetch(env: &Env, id: ArtifactId) -> Result<Response, Problem> {
    let artifact =
        reply::ask(env, ActorName::Artifact(id), protocol::Message::Artifact(Message::Fetch)).await?;
    reply::json(200, artifact.get())
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
