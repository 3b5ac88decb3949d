//! Partial pictures, for everyone who was told of one, for a while: made anew by Images, never R2's bytes as they are. Whatever
//! is wrong with an address, the answer is the same 404.

use picasso_actors::ids::PartialId;
use worker::{Env, Headers, Method, Request, Response, ResponseBody};

use super::problem::Problem;
use super::published::missing;
use crate::bindings::{images, r2};
use crate::runtime::platform::now_ms;

/// A browser may show one this long without asking, in seconds.
const FRESH_S: i64 = 60;

/// `GET /public/partial/:id`
pub async fn serve(request: &Request, env: &Env, id: &str) -> Result<Response, Problem> {
    let Ok(id) = PartialId::parse(id) else { return missing() };
    let Ok(Some((object, until))) = r2::partial(env, &id.key()).await else { return missing() };
    let left_ms = until - now_ms();
    let Some(body) = object.body().filter(|_| left_ms > 0) else { return missing() };
    let headers = headers(FRESH_S.min(left_ms / 1000))?;
    if request.method() != Method::Get {
        return Ok(Response::empty()?.with_headers(headers));
    }
    let ResponseBody::Stream(bytes) = body.response_body()? else { return missing() };
    let Ok(images) = images::bound(env) else { return missing() };
    match images::webp(&images, &bytes, None).await {
        Ok(picture) if picture.status_code() == 200 => Ok(picture.with_headers(headers)),
        Ok(_) | Err(_) => missing(),
    }
}

fn headers(fresh_s: i64) -> Result<Headers, Problem> {
    let headers = Headers::new();
    for (name, value) in [
        ("content-type", images::WEBP),
        ("cache-control", &format!("private, max-age={fresh_s}")),
        ("content-security-policy", "sandbox; default-src 'none'"),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        // Whoever follows a job may do so from a page that is served elsewhere.
        ("cross-origin-resource-policy", "cross-origin"),
    ] {
        headers.set(name, value)?;
    }
    Ok(headers)
}
