//! Published things, for everyone who has the link: streamed from R2 as they are, locked into a page that can load its own
//! pictures and do nothing else. Whatever is wrong with a slug, the answer is the same 404.

use picasso_actors::address::ActorName;
use picasso_actors::artifact::registry::{self, Audience};
use picasso_actors::artifact::{Kind, Message, Served};
use picasso_actors::entropy::Entropy;
use picasso_actors::ids::ArtifactId;
use picasso_actors::protocol::{self, Reply};
use picasso_actors::view::View;
use worker::{Context, Env, Headers, Method, Request, Response};

use super::problem::Problem;
use crate::env;
use crate::queue;
use crate::runtime::mailbox;
use crate::runtime::platform::{Random, now_ms};

/// Browsers and caches may show a page this long without asking, in seconds: as long as an unpublished page may linger.
const FRESH_S: u32 = 60;

/// What somebody asks for.
#[derive(Debug, Clone, Copy)]
pub struct Page<'a> {
    /// As in the path.
    pub slug: &'a str,
    /// The path leads to this kind only.
    pub only: Option<Kind>,
    /// What comes with the artifact, instead of itself.
    pub file: Option<&'a str>,
}

/// `GET /public/lookbook/:slug`, `GET /public/artifact/:slug` and what comes with it, `GET /public/artifact/:slug/:file`
pub async fn serve(
    request: &Request,
    env: &Env,
    context: &Context,
    page: Page<'_>,
) -> Result<Response, Problem> {
    let Ok(id) = ArtifactId::parse(page.slug) else { return missing() };
    let message = protocol::Message::Artifact(Message::Serve);
    let served: Served = match mailbox::ask(env, ActorName::Artifact(id.clone()), message).await? {
        Reply::Body(body) => serde_json::from_str(body.get())?,
        Reply::Done | Reply::Refused(_) | Reply::Again(_) => return missing(),
    };
    let hidden = registry::generator(served.kind).audience == Audience::KeyHolder;
    if hidden || page.only.is_some_and(|kind| kind != served.kind) {
        return missing();
    }
    let served = match page.file {
        None => served,
        Some(name) => match attachment(served, name) {
            Some(file) => file,
            None => return missing(),
        },
    };
    let bucket = env::bucket(env)?;
    let known = request.headers().get("if-none-match")?.unwrap_or_default();
    let is_get = request.method() == Method::Get;
    // Who has the page already, or asks about it only, doesn't need its bytes.
    if !known.is_empty() || !is_get {
        let Some(object) = bucket.head(&served.content_r2_key).await? else { return missing() };
        let etag = object.http_etag();
        let has_it = names(&known, &etag);
        if has_it || !is_get {
            if is_get {
                log_view(request, env, context, &id);
            }
            let status = if has_it { 304 } else { 200 };
            return Ok(Response::empty()?.with_status(status).with_headers(headers(&served, &etag)?));
        }
    }
    let Some(object) = bucket.get(&served.content_r2_key).execute().await? else { return missing() };
    let Some(body) = object.body() else { return missing() };
    log_view(request, env, context, &id);
    let headers = headers(&served, &object.http_etag())?;
    Ok(Response::from_body(body.response_body()?)?.with_headers(headers))
}

/// A version that isn't shown any more, or still is, for the key's holder.
pub async fn earlier(env: &Env, served: &Served) -> Result<Response, Problem> {
    let object = env::bucket(env)?.get(&served.content_r2_key).execute().await?;
    let Some(object) = object else { return missing() };
    let Some(body) = object.body() else { return missing() };
    let headers = headers(served, &object.http_etag())?;
    headers.set("cache-control", "private, no-store")?;
    Ok(Response::from_body(body.response_body()?)?.with_headers(headers))
}

/// The file of this name as something to be served: not a page, so it may load nothing.
pub(super) fn attachment(served: Served, name: &str) -> Option<Served> {
    let file = served.files.into_iter().find(|file| file.name == name)?;
    Some(Served {
        kind: served.kind,
        content_r2_key: file.r2_key,
        media_type: file.media_type,
        image_origins: Vec::new(),
        scripts: Vec::new(),
        files: Vec::new(),
    })
}

/// Whether `If-None-Match` names `etag`: a list of tags, compared as RFC 9110 says, weak or not, or `*`.
pub(super) fn names(known: &str, etag: &str) -> bool {
    known.split(',').map(str::trim).any(|tag| tag == "*" || tag.trim_start_matches("W/") == etag)
}

fn headers(served: &Served, etag: &str) -> Result<Headers, Problem> {
    let headers = Headers::new();
    headers.set("content-type", &served.media_type)?;
    headers.set("etag", etag)?;
    headers.set("cache-control", &format!("public, max-age={FRESH_S}, must-revalidate"))?;
    headers.set("content-security-policy", &policy(served))?;
    headers.set("x-content-type-options", "nosniff")?;
    headers.set("referrer-policy", "no-referrer")?;
    headers.set("cross-origin-resource-policy", "same-origin")?;
    headers.set("cross-origin-opener-policy", "same-origin")?;
    Ok(headers)
}

/// No forms, no frames, no requests but for the page's own pictures; no scripts but the page's own, which then have an origin
/// of their own that is nobody's.
fn policy(served: &Served) -> String {
    let origins = served.image_origins.join(" ");
    let (sandbox, scripts) = match served.scripts.as_slice() {
        [] => ("sandbox allow-popups", String::new()),
        scripts => ("sandbox allow-popups allow-scripts", format!(" script-src {};", quoted(scripts))),
    };
    format!(
        "{sandbox}; default-src 'none'; img-src {origins} data:;{scripts} style-src 'unsafe-inline'; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
}

fn quoted(scripts: &[String]) -> String {
    scripts.iter().map(|hash| format!("'{hash}'")).collect::<Vec<_>>().join(" ")
}

/// Puts the view on the queue, after the response.
fn log_view(request: &Request, env: &Env, context: &Context, id: &ArtifactId) {
    let header = |name: &str| request.headers().get(name).ok().flatten();
    let place = request.cf().map_or((None, None), |cf| (cf.country(), cf.city()));
    let view = View::new(
        Random.id(22),
        id.to_string(),
        now_ms(),
        header("cf-connecting-ip").as_deref(),
        place,
        header("user-agent").as_deref(),
    );
    let env = env.clone();
    context.wait_until(async move {
        if let Err(error) = queue::send(&env, &view).await {
            tracing::error!(step = "view", error, "a view is lost");
        }
    });
}

/// What everybody gets who has no address of ours, or one that leads nowhere any more.
pub fn missing() -> Result<Response, Problem> {
    let page = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
        <title>Nothing here</title><body style=\"font:18px/1.5 Georgia,serif;max-width:32em;margin:20vh auto;padding:0 1.5em\">\
        <h1 style=\"font-weight:400\">Nothing here</h1><p>This link shows nothing, or nothing any more. Ask whoever sent it for a \
        new one.</p>";
    let headers = Headers::new();
    headers.set("content-type", "text/html; charset=utf-8")?;
    headers.set("cache-control", "no-store")?;
    headers.set("content-security-policy", "sandbox; default-src 'none'; style-src 'unsafe-inline'")?;
    headers.set("x-content-type-options", "nosniff")?;
    headers.set("referrer-policy", "no-referrer")?;
    Ok(Response::ok(page)?.with_status(404).with_headers(headers))
}

#[cfg(test)]
mod tests {
    use super::names;

    #[test]
    fn a_known_page_is_recognised_in_any_list() {
        let etag = "\"475d384b\"";
        for known in
            ["\"475d384b\"", "W/\"475d384b\"", "\"other\", \"475d384b\"", "\"other\",W/\"475d384b\"", "*"]
        {
            assert!(names(known, etag), "{known}");
        }
        for known in ["", "\"other\"", "475d384b", "\"475d384b", "\"\"", "W/"] {
            assert!(!names(known, etag), "{known}");
        }
    }
}
