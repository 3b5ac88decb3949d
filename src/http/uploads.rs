//! Uploads: pictures that a project's jobs may begin with. The body is the picture, a form with one file, or JSON that names
//! an address to fetch it from. The same picture is the same upload, so a repetition needs no key.

use js_sys::{Array, Uint8Array};
use picasso_actors::address::ActorName;
use picasso_actors::ids::ProjectId;
use picasso_actors::ingest::guard;
use picasso_actors::ingest::upload::{self, Form};
use picasso_actors::ingest::{BYTES_MAX, Input, inspect};
use picasso_actors::{project, protocol};
use wasm_bindgen::JsCast;
use worker::{Env, File, Headers, Method, Request, RequestInit, Response, web_sys};

use super::problem::Problem;
use super::{body, reply};
use crate::ingest::Keep;
use crate::ingest::Place;
use crate::{env, ingest};

/// What a form may have around its file, in bytes.
const FORM_MAX: usize = 64 * 1024;

/// `POST /api/projects/:id/uploads`
pub async fn create(mut request: Request, env: &Env, id: ProjectId) -> Result<Response, Problem> {
    env::bucket(env)?;
    let fetch = protocol::Message::Project(project::Message::Fetch);
    reply::ask(env, ActorName::Project(id.clone()), fetch).await?;
    let origin = origin(&request)?;
    let declared = request.headers().get("content-type")?;
    let input = match upload::form(declared.as_deref()) {
        Form::Picture => {
            let _place = place().await?;
            let bytes = body::read_at_most(&mut request, BYTES_MAX).await?;
            keep(env, &id, bytes, declared.as_deref()).await?
        }
        Form::Multipart => {
            let _place = place().await?;
            let file = only_file(&mut request, declared.as_deref().unwrap_or_default()).await?;
            if file.size() > BYTES_MAX {
                return Err(Problem::too_large(BYTES_MAX));
            }
            keep(env, &id, file.bytes().await?, Some(&file.type_())).await?
        }
        Form::Address => {
            let url = upload::address(&body::read(&mut request).await?)?;
            let rules = ingest::rules(env, &origin);
            let downloaded = match guard::allow(&url, &rules) {
                Ok(target) => ingest::download(env, &id, &target, &rules, Keep::Bytes).await,
                Err(denied) => Err(denied.into()),
            };
            downloaded.map_err(|error| Problem::picture("url", &error))?
        }
    };
    shown(201, &origin, &id, &input)
}

/// `GET /api/projects/:id/uploads/:sha256`: what is known of it, never its bytes.
pub async fn fetch(request: &Request, env: &Env, id: ProjectId, sha256: &str) -> Result<Response, Problem> {
    env::bucket(env)?;
    match ingest::find(env, &id, sha256).await {
        Ok(Some(input)) => shown(200, &origin(request)?, &id, &input),
        Ok(None) => Err(Problem::not_found("no such upload")),
        Err(error) => Err(Problem::picture("uploadId", &error)),
    }
}

async fn place() -> Result<Place, Problem> {
    ingest::place().await.map_err(|error| Problem::picture("body", &error))
}

async fn keep(
    env: &Env,
    project: &ProjectId,
    bytes: Vec<u8>,
    declared: Option<&str>,
) -> Result<Input, Problem> {
    let kept = match inspect(&bytes, declared) {
        Ok(sniffed) => ingest::store(env, project, bytes, &sniffed).await,
        Err(rejection) => Err(rejection.into()),
    };
    kept.map_err(|error| Problem::picture("body", &error))
}

/// The file of a form that has one. The platform takes the form apart, but of bytes that were counted.
async fn only_file(request: &mut Request, content_type: &str) -> Result<File, Problem> {
    let bytes = body::read_at_most(request, BYTES_MAX + FORM_MAX).await?;
    let headers = Headers::new();
    headers.set("content-type", content_type)?;
    let mut init = RequestInit::new();
    init.with_method(Method::Post).with_headers(headers);
    init.with_body(Some(Uint8Array::from(bytes.as_slice()).into()));
    let mut form = Request::new_with_init(request.url()?.as_str(), &init)?;
    let form = form.form_data().await.map_err(|_| upload::no_form())?;
    let entries = Array::from(&form.into());
    let mut files =
        entries.iter().filter_map(|entry| Array::from(&entry).get(1).dyn_into::<web_sys::File>().ok());
    match (files.next(), files.next()) {
        (Some(file), None) => Ok(file.into()),
        _ => Err(upload::not_one_file().into()),
    }
}

fn shown(status: u16, origin: &str, project: &ProjectId, input: &Input) -> Result<Response, Problem> {
    reply::json(status, &serde_json::to_string(&input.shown(origin, project))?)
}

/// Where the request was sent to, as `https://host`: what our addresses begin with for this caller.
///
/// # Errors
/// When the address can't be read.
pub fn origin(request: &Request) -> Result<String, Problem> {
    Ok(request.url()?.origin().ascii_serialization())
}
