//! What a generator is given: the projects, and what its kind needs beside them. Tips come from D1, the rest from R2.

mod printed;

use futures::StreamExt as _;
use futures::future::try_join_all;
use picasso_actors::address::ActorName;
use picasso_actors::artifact::material::{self, Archive, Gathered, Need, OBJECTS_MAX, Stored};
use picasso_actors::gallery::{Gallery, Original};
use picasso_actors::ids::ProjectId;
use picasso_actors::knowledge::{self, Kept};
use picasso_actors::{project, protocol};
use sha2::{Digest, Sha256};
use worker::Env;

use super::problem::Problem;
use super::reply;
use crate::bindings::{d1, r2};
use crate::ingest::hex;

pub use printed::bytes;

/// Bytes that are read in all for digests that R2 wasn't told: old objects, of which an archive can have many. About as much as
/// can be read and hashed in ten seconds.
const READ_MAX: u64 = 512 * 1024 * 1024;

/// The projects with their pictures, in the given order.
pub async fn galleries(env: &Env, projects: &[ProjectId]) -> Result<Vec<Gallery>, Problem> {
    try_join_all(projects.iter().map(|project| ask(env, project, project::Message::Gallery))).await
}

/// Gathers what is needed.
///
/// # Errors
/// When R2 can't be asked. A knowledge base that can't be asked is told to the generator instead.
pub async fn gather(
    env: &Env,
    needs: &[Need],
    galleries: &[Gallery],
    projects: &[ProjectId],
) -> Result<Gathered, Problem> {
    let mut gathered = Gathered::default();
    for need in needs {
        match need {
            Need::Tips => match tips(env, galleries).await {
                Ok(tips) => (gathered.tips, gathered.tips_known) = (tips, true),
                Err(error) => {
                    tracing::warn!(step = "tips", error, "an artifact goes without the tips' words");
                }
            },
            Need::Archive => gathered.archive = archive(env, projects).await?,
            // Bytes are much more, and have a place of their own.
            Need::Pictures(_) => {}
        }
    }
    Ok(gathered)
}

async fn ask<T: serde::de::DeserializeOwned>(
    env: &Env,
    project: &ProjectId,
    message: project::Message,
) -> Result<T, Problem> {
    let asked = protocol::Message::Project(message);
    Ok(serde_json::from_str(reply::ask(env, ActorName::Project(project.clone()), asked).await?.get())?)
}

async fn tips(env: &Env, galleries: &[Gallery]) -> Result<Vec<Kept>, String> {
    let ids = material::applied(galleries);
    let query = knowledge::applied(&ids).map_err(|fault| fault.to_string())?;
    serde_json::from_str(&d1::read(env, &query).await?).map_err(|error| error.to_string())
}

async fn archive(env: &Env, projects: &[ProjectId]) -> Result<Archive, Problem> {
    let mut archive = Archive { complete: true, ..Archive::default() };
    let mut left = READ_MAX;
    for project in projects {
        archive.originals.extend(ask::<Vec<Original>>(env, project, project::Message::Originals).await?);
        let (mut cursor, mut listed) = (None, 0);
        loop {
            let prefix = format!("project/{project}/");
            let (objects, next) =
                r2::list(env, &prefix, cursor).await.map_err(|failure| unreadable(&failure))?;
            listed += objects.len();
            for object in objects {
                archive.objects.push(stored(env, project, &object, &mut left).await?);
            }
            cursor = next;
            if cursor.is_none() {
                break;
            }
            if listed >= OBJECTS_MAX {
                archive.complete = false;
                break;
            }
        }
    }
    Ok(archive)
}

/// `left` is how many bytes may still be read for digests.
async fn stored(
    env: &Env,
    project: &ProjectId,
    object: &worker::Object,
    left: &mut u64,
) -> Result<Stored, Problem> {
    let (key, bytes) = (object.key(), object.size());
    let sha256 = match object.checksum().sha256 {
        Some(digest) => Some(hex(&digest)),
        None if bytes <= *left => {
            *left -= bytes;
            digest(env, &key).await?
        }
        None => None,
    };
    Ok(Stored {
        project_id: project.to_string(),
        sha256,
        media_type: object.http_metadata().content_type,
        etag: object.etag(),
        key,
        bytes,
    })
}

/// Read piece by piece. `None` when it's gone meanwhile.
async fn digest(env: &Env, key: &str) -> Result<Option<String>, Problem> {
    let Some((_, mut stream)) = r2::open(env, key).await.map_err(|failure| unreadable(&failure))? else {
        return Ok(None);
    };
    let mut digest = Sha256::new();
    while let Some(piece) = stream.next().await {
        digest.update(piece?);
    }
    Ok(Some(hex(&digest.finalize())))
}

fn unreadable(failure: &picasso_actors::provider::Failure) -> Problem {
    Problem::internal(&failure.message)
}
