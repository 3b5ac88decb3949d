//! Pictures that the Worker shows itself because Images doesn't host them: a copy from R2, brought into shape by Images for whoever
//! asks, never as it lies there. Whatever is wrong with an address, the answer is the same 404.
//!
//! Images drops what a file says of itself when it makes a WebP, so that is written into what it returns.

use picasso_actors::ingest::source;
use picasso_actors::job::delivery::{self, Made, SHOWN_SIDE_MAX};
use worker::{Cache, Context, Env, Headers, Method, Object, Request, Response, ResponseBody, web_sys};

use super::problem::Problem;
use super::published::{missing, names};
use crate::bindings::{images, r2};
use crate::env;

/// `GET /public/image/:token`
pub async fn serve(
    request: &Request,
    env: &Env,
    context: &Context,
    token: &str,
) -> Result<Response, Problem> {
    if !source::is_digest(token) {
        return missing();
    }
    // Without its query, which means nothing here and would be a way around the cache.
    let mut url = request.url()?;
    url.set_query(None);
    let key = url.to_string();
    let known = request.headers().get("if-none-match")?.unwrap_or_default();
    let is_get = request.method() == Method::Get;
    let cache = Cache::default();
    if let Ok(Some(cached)) = cache.get(&key, false).await {
        let etag = cached.headers().get("etag")?.unwrap_or_default();
        return if is_get && !names(&known, &etag) { Ok(cached) } else { bare(&known, &etag) };
    }
    let bucket = env::bucket(env)?;
    let Some(object) = bucket.get(delivery::shown_key(token)).execute().await? else { return missing() };
    let etag = object.http_etag();
    if !is_get || names(&known, &etag) {
        return bare(&known, &etag);
    }
    let shaped = shaped(env, &object).await?;
    let mut response = Response::from_bytes(shaped)?.with_headers(headers(&etag)?);
    let copy = response.cloned()?;
    context.wait_until(async move {
        if let Err(error) = cache.put(&key, copy).await {
            tracing::warn!(step = "cache", error = error.to_string(), "a picture isn't cached");
        }
    });
    Ok(response)
}

async fn shaped(env: &Env, object: &Object) -> Result<Vec<u8>, Problem> {
    let away = |failure: picasso_actors::provider::Failure| Problem::pictures_away(&failure.message);
    let made: Made =
        r2::made(object).ok_or_else(|| Problem::internal("a copy without a word of its making"))?;
    let images = images::bound(env).map_err(away)?;
    let stream = stream(object)?;
    let mut shown = images::webp(&images, &stream, Some(SHOWN_SIDE_MAX)).await.map_err(away)?;
    let bytes = shown.bytes().await.map_err(|error| Problem::pictures_away(&error.to_string()))?;
    made.tell(&bytes).map_err(away)
}

fn stream(object: &Object) -> Result<web_sys::ReadableStream, Problem> {
    match object.body().map(worker::ObjectBody::response_body).transpose()? {
        Some(ResponseBody::Stream(stream)) => Ok(stream),
        _ => Err(Problem::internal("a copy without bytes")),
    }
}

/// Who has the picture already, or asks about it only.
fn bare(known: &str, etag: &str) -> Result<Response, Problem> {
    let status = if names(known, etag) { 304 } else { 200 };
    Ok(Response::empty()?.with_status(status).with_headers(headers(etag)?))
}

fn headers(etag: &str) -> Result<Headers, Problem> {
    let headers = Headers::new();
    for (name, value) in [
        ("content-type", images::WEBP),
        ("etag", etag),
        // An address never shows anything else.
        ("cache-control", "public, max-age=31536000, immutable"),
        ("content-security-policy", "sandbox; default-src 'none'"),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        // Published pages are sandboxed, so for them even this origin is another.
        ("cross-origin-resource-policy", "cross-origin"),
    ] {
        headers.set(name, value)?;
    }
    Ok(headers)
}
