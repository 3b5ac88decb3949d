//! Published things, for everyone who has the link: streamed from R2 as they are, locked into a page that can load its own
//! pictures and do nothing else. Whatever is wrong with a slug, the answer is the same 404.

use picasso_actors::address::ActorName;
use picasso_actors::artifact::generator::Audience;
use picasso_actors::artifact::link::{Answer, Terms};
use picasso_actors::artifact::registry;
use picasso_actors::artifact::{Kind, Message, Served};
use picasso_actors::entropy::Entropy;
use picasso_actors::ids::ArtifactId;
use picasso_actors::protocol::{self, Reply};
use picasso_actors::view::View;
use worker::{Context, Env, Headers, Method, Request, Response};

use super::links;
use super::problem::Problem;
use crate::env;
use crate::queue;
use crate::runtime::mailbox;
use crate::runtime::platform::{Random, now_ms};

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

impl Page<'_> {
    /// Its path without the file.
    pub fn path(&self) -> String {
        format!("/public/{}/{}", self.only.map_or("artifact", Kind::path), self.slug)
    }
}

/// What is at `page` for a reader who shows `pass`; `None` where there's nothing, or nothing any more.
pub async fn find(env: &Env, id: &ArtifactId, pass: Option<String>) -> Result<Option<Answer>, Problem> {
    let message = protocol::Message::Artifact(Message::Serve { pass });
    match mailbox::ask(env, ActorName::Artifact(id.clone()), message).await? {
        Reply::Body(body) => Ok(Some(serde_json::from_str(body.get())?)),
        Reply::Done | Reply::Refused(_) | Reply::Again(_) => Ok(None),
    }
}

/// `GET /public/lookbook/:slug`, `GET /public/artifact/:slug` and what comes with it, `GET /public/artifact/:slug/:file`
pub async fn serve(
    request: &Request,
    env: &Env,
    context: &Context,
    page: Page<'_>,
) -> Result<Response, Problem> {
    let Ok(id) = ArtifactId::parse(page.slug) else { return missing() };
    let (served, terms) = match find(env, &id, links::pass(request, page.slug)?).await? {
        Some(Answer::Open { served, terms }) => (*served, terms),
        Some(Answer::Locked(_)) => return links::form(links::Asked::First),
        Some(Answer::Gone) | None => return missing(),
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
    let is_look = is_get && page.file.is_none();
    // Who has the page already, or asks about it only, doesn't need its bytes.
    if !known.is_empty() || !is_get {
        let Some(object) = bucket.head(&served.content_r2_key).await? else { return missing() };
        let etag = object.http_etag();
        let has_it = names(&known, &etag);
        if has_it || !is_get {
            if is_look {
                log_view(request, env, context, &id);
            }
            let status = if has_it { 304 } else { 200 };
            return Ok(Response::empty()?.with_status(status).with_headers(headers(&served, terms, &etag)?));
        }
    }
    let Some(object) = bucket.get(&served.content_r2_key).execute().await? else { return missing() };
    let Some(body) = object.body() else { return missing() };
    let headers = headers(&served, terms, &object.http_etag())?;
    let response = Response::from_body(body.response_body()?)?.with_headers(headers);
    if is_look {
        log_view(request, env, context, &id);
    }
    Ok(response)
}

/// A version that isn't shown any more, or still is, for the key's holder.
pub async fn earlier(env: &Env, served: &Served) -> Result<Response, Problem> {
    let object = env::bucket(env)?.get(&served.content_r2_key).execute().await?;
    let Some(object) = object else { return missing() };
    let Some(body) = object.body() else { return missing() };
    let terms = Terms { fresh_s: None, noindex: true, download: true };
    let headers = headers(served, terms, &object.http_etag())?;
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

fn headers(served: &Served, terms: Terms, etag: &str) -> Result<Headers, Problem> {
    let headers = Headers::new();
    headers.set("content-type", &served.media_type)?;
    headers.set("etag", etag)?;
    let caching = terms.fresh_s.map(|fresh_s| format!("public, max-age={fresh_s}, must-revalidate"));
    headers.set("cache-control", caching.as_deref().unwrap_or("private, no-store"))?;
    if terms.noindex {
        headers.set("x-robots-tag", "noindex")?;
    }
    if !terms.download {
        headers.set("content-disposition", "inline")?;
    }
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
    let words = "<p>This link shows nothing, or nothing any more. Ask whoever sent it for a new one.</p>";
    note(404, "Nothing here", words, "sandbox; default-src 'none'; style-src 'unsafe-inline'")
}

/// A page of ours that says `words`, which are markup, under a `title`.
pub fn note(status: u16, title: &str, words: &str, policy: &str) -> Result<Response, Problem> {
    let page = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <meta name=\"color-scheme\" content=\"light dark\"><title>{title}</title>\
         <body style=\"font:18px/1.5 Georgia,serif;max-width:32em;margin:20vh auto;padding:0 1.5em\">\
         <h1 style=\"font-weight:400\">{title}</h1>{words}"
    );
    let headers = Headers::new();
    headers.set("content-type", "text/html; charset=utf-8")?;
    headers.set("cache-control", "no-store")?;
    headers.set("content-security-policy", policy)?;
    headers.set("x-content-type-options", "nosniff")?;
    headers.set("referrer-policy", "no-referrer")?;
    Ok(Response::ok(page)?.with_status(status).with_headers(headers))
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
