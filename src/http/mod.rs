//! The HTTP edge: which route, whose request, what message; and what the reply is over HTTP.
//!
//! Everything that can be wrong with a request is found by the core ([`picasso_actors::request`]); what goes wrong anywhere
//! leaves as a problem document ([`problem`]).

mod admin;
mod artifacts;
mod auth;
mod body;
mod gather;
mod idempotency;
mod jobs;
mod knowledge;
mod limits;
mod links;
mod materials;
mod originals;
mod partial;
mod pictures;
mod plan;
mod preferences;
mod problem;
mod progressions;
mod projects;
mod published;
mod reply;
mod route;
mod stream;
mod uploads;

use worker::{Context, Env, Request, Response, Result};

use crate::runtime::platform::now_ms;
use problem::Problem;
use route::{Api, Route};

/// Answers a request from outside.
///
/// # Errors
/// When even the problem document can't be built.
pub async fn serve(request: Request, env: Env, context: Context) -> Result<Response> {
    let began = now_ms();
    let (method, path) = (request.method(), request.path());
    let response = match dispatch(request, &env, &context).await {
        Ok(response) => response,
        Err(problem) => problem.response()?,
    };
    // The path only: a query can hold a ticket.
    tracing::info!(
        method = method.as_ref(),
        path,
        status = response.status_code(),
        ms = now_ms() - began,
        "request"
    );
    Ok(response)
}

async fn dispatch(request: Request, env: &Env, context: &Context) -> std::result::Result<Response, Problem> {
    let path = request.path();
    let is_api = path == "/api" || path.starts_with("/api/");
    let ticket = is_api && stream::has_ticket(&request, &path);
    if is_api && !ticket {
        auth::check(&request, env)?;
    }
    match route::parse(&request.method(), &path)? {
        Route::Published { slug, only, file } => {
            let page = published::Page { slug: &slug, only, file: file.as_deref() };
            published::serve(&request, env, context, page).await
        }
        Route::Unlock { slug, only, file } => {
            let page = published::Page { slug: &slug, only, file: file.as_deref() };
            links::unlock(request, env, page).await
        }
        Route::Partial(id) => partial::serve(&request, env, &id).await,
        Route::Picture(token) => pictures::serve(&request, env, context, &token).await,
        Route::Api(api) => serve_api(request, env, api).await,
    }
}

async fn serve_api(request: Request, env: &Env, api: Api) -> std::result::Result<Response, Problem> {
    match api {
        Api::ListProjects => projects::list(&request, env).await,
        Api::CreateProject => projects::create(request, env).await,
        Api::FetchProject(id) => projects::fetch(env, id).await,
        Api::ChangeProject(id) => projects::change(request, env, id).await,
        Api::ProjectCosts(id) => projects::costs(&request, env, id).await,
        Api::ListProgressions(id) => progressions::list(&request, env, id).await,
        Api::RollBack(id) => progressions::roll_back(request, env, id).await,
        Api::ListProviders => plan::providers(env).await,
        Api::KeepProgression(id) => progressions::keep(env, id).await,
        Api::StartJob(id) => jobs::start(request, env, id).await,
        Api::Upload(id) => uploads::create(request, env, id).await,
        Api::FetchUpload(id, sha256) => uploads::fetch(&request, env, id, &sha256).await,
        Api::FetchJob(id) => jobs::fetch(env, id).await,
        Api::JobEvents(id) => jobs::events(&request, env, id).await,
        Api::CancelJob(id) => jobs::cancel(request, env, id).await,
        Api::RetryJob(id) => jobs::retry(request, env, id).await,
        Api::MakeLookbook(id) => artifacts::make_lookbook(request, env, id).await,
        Api::ArtifactKinds => artifacts::kinds(),
        Api::ListArtifacts => artifacts::list(&request, env).await,
        Api::MakeArtifact => artifacts::make(request, env).await,
        Api::FetchArtifact(id) => artifacts::fetch(env, id).await,
        Api::ChangeArtifact(id) => links::change(request, env, id).await,
        Api::ArtifactViews(id) => artifacts::views(&request, env, id).await,
        Api::RenderArtifact(id) => artifacts::render_again(request, env, id).await,
        Api::Associate(id) => artifacts::associate(request, env, id).await,
        Api::ArtifactVersions(id) => artifacts::versions(env, id).await,
        Api::ArtifactVersion(id, version) => artifacts::version(env, id, version).await,
        Api::ArtifactFile(id, name) => artifacts::file(env, id, &name).await,
        Api::ArtifactOriginals(id) => originals::serve(env, id).await,
        Api::MintTicket(id) => stream::mint_ticket(request, env, id).await,
        Api::Stream(id) => stream::open(request, env, id).await,
        Api::ListTips => knowledge::list(&request, env).await,
        Api::MakeTip => knowledge::make(request, env).await,
        Api::FetchTip(key) => knowledge::fetch(env, &key).await,
        Api::ReplaceTip(key) => knowledge::replace(request, env, &key).await,
        Api::DeleteTip(key) => knowledge::delete(&request, env, &key).await,
        Api::TipVersions(key) => knowledge::versions(&request, env, &key).await,
        Api::FetchPreferences(id) => preferences::fetch(env, &id).await,
        Api::SetPreferences(id) => preferences::set(request, env, &id).await,
        Api::AgreeToVision => admin::agree(request, env).await,
        Api::Admin(list) => admin::list(&request, env, list).await,
        Api::RebuildProgress => admin::rebuild_progress(env).await,
        Api::Rebuild => admin::rebuild(env).await,
        Api::RequeueItem => admin::requeue_item(request, env).await,
        Api::RequeueMessage(id) => admin::requeue_message(env, &id).await,
    }
}
