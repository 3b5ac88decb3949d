//! `GET /api/artifacts/:id/originals.zip`: the originals that a manifest lists, for the key's holder, from R2 to the reader piece
//! by piece. Neither a picture nor the archive is ever whole in memory.

use futures::{StreamExt as _, stream};
use picasso_actors::artifact::kinds::r2_archive_manifest::{self as manifest, Packed};
use picasso_actors::artifact::{Kind, Message, Served};
use picasso_actors::ids::ArtifactId;
use picasso_actors::provider::Failure;
use picasso_actors::zip::Zip;
use worker::{ByteStream, Env, Headers, Response};

use super::artifacts;
use super::problem::Problem;
use crate::bindings::r2;

/// Streams the archive. An object that isn't there as the manifest has it is a note that says so; an error of R2 under way breaks
/// the download off, because half a picture is none.
pub async fn serve(env: &Env, id: ArtifactId) -> Result<Response, Problem> {
    let served: Served = serde_json::from_str(artifacts::ask(env, &id, Message::Edition).await?.get())?;
    if served.kind != Kind::R2ArchiveManifest {
        return Err(Problem::not_found("only an archive's manifest has originals"));
    }
    let manifest =
        r2::get(env, &served.content_r2_key).await.map_err(|failure| Problem::internal(&failure.message))?;
    let files = manifest::originals(&manifest)?;
    let writing =
        Writing { env: env.clone(), files: files.into_iter(), zip: Some(Zip::default()), body: None };
    let pieces = stream::unfold(writing, |mut writing| async {
        match writing.next().await {
            Ok(Some(piece)) => Some((Ok(piece), writing)),
            Ok(None) => None,
            Err(failure) => {
                tracing::error!(step = "originals", error = failure.message, "an archive breaks off");
                writing.zip = None;
                Some((Err(worker::Error::RustError(failure.message)), writing))
            }
        }
    });
    let headers = Headers::new();
    headers.set("content-type", "application/zip")?;
    headers.set("content-disposition", &format!("attachment; filename=\"originals-{id}.zip\""))?;
    headers.set("cache-control", "private, no-store")?;
    headers.set("x-content-type-options", "nosniff")?;
    Ok(Response::from_stream(Box::pin(pieces))?.with_headers(headers))
}

struct Writing {
    env: Env,
    files: std::vec::IntoIter<Packed>,
    /// `None` once it's finished.
    zip: Option<Zip>,
    /// Of the entry that is under way.
    body: Option<ByteStream>,
}

impl Writing {
    /// What is to be sent next.
    async fn next(&mut self) -> Result<Option<Vec<u8>>, Failure> {
        let Some(zip) = &mut self.zip else { return Ok(None) };
        if let Some(body) = &mut self.body {
            let piece = body.next().await.transpose().map_err(r2::failed)?;
            if let Some(piece) = &piece {
                zip.add(piece);
            } else {
                self.body = None;
            }
            return Ok(Some(piece.unwrap_or_else(|| zip.end())));
        }
        let Some(file) = self.files.next() else { return Ok(self.zip.take().map(Zip::finish)) };
        let found = r2::open(&self.env, &file.key).await?;
        let there = found.is_some();
        if let Some((_, body)) = found.filter(|(object, _)| file.is(&object.etag(), object.size())) {
            self.body = Some(body);
            return Ok(Some(zip.begin(file.name())));
        }
        let (name, text) = file.note(there);
        Ok(Some(zip.whole(name, text.as_bytes())))
    }
}
