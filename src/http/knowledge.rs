//! The knowledge base over HTTP. D1 holds it, and its triggers keep every version.

use picasso_actors::knowledge::{self, Change, Expected, Key};
use serde::Deserialize;
use worker::{Env, Request, Response};

use super::problem::Problem;
use super::{body, reply};
use crate::bindings::d1;

/// `GET /api/knowledge`
pub async fn list(request: &Request, env: &Env) -> Result<Response, Problem> {
    let query = knowledge::list(&reply::query(request)?)?;
    let text = d1::read(env, &query).await.map_err(|error| Problem::read_model_away(&error))?;
    reply::json(200, &text)
}

/// `POST /api/knowledge`
pub async fn make(mut request: Request, env: &Env) -> Result<Response, Problem> {
    let tip = knowledge::new_tip(&body::read(&mut request).await?)?;
    let key = tip.id.clone();
    if !change(env, Change::Make(tip), Expected::default()).await? {
        return Err(Problem::conflict("there is such a tip: PUT its next version"));
    }
    shown(env, &key, 201).await
}

/// `GET /api/knowledge/:key`
pub async fn fetch(env: &Env, key: &Key) -> Result<Response, Problem> {
    shown(env, key, 200).await
}

/// `PUT /api/knowledge/:key`
pub async fn replace(mut request: Request, env: &Env, key: &Key) -> Result<Response, Problem> {
    let (tip, version) = knowledge::tip(key, &body::read(&mut request).await?)?;
    let expected = expected(&request, version)?;
    if !change(env, Change::Replace(tip), expected).await? {
        return Err(unchanged(env, key, expected).await?);
    }
    shown(env, key, 200).await
}

/// `DELETE /api/knowledge/:key`: a version too, the last one until somebody makes the tip again.
pub async fn delete(request: &Request, env: &Env, key: &Key) -> Result<Response, Problem> {
    let expected = expected(request, None)?;
    if !change(env, Change::Delete(key.clone()), expected).await? {
        return Err(unchanged(env, key, expected).await?);
    }
    Ok(Response::empty()?.with_status(204))
}

/// `GET /api/knowledge/:key/versions`
pub async fn versions(request: &Request, env: &Env, key: &Key) -> Result<Response, Problem> {
    let query = knowledge::versions(key, &reply::query(request)?)?;
    let found = d1::find(env, &query).await.map_err(|error| Problem::read_model_away(&error))?;
    reply::json(200, &found.ok_or_else(|| Problem::not_found("there has never been such a tip"))?)
}

fn expected(request: &Request, version: Option<u64>) -> Result<Expected, Problem> {
    Ok(knowledge::expected(request.headers().get("if-match")?.as_deref(), version)?)
}

/// Whether the change was made.
async fn change(env: &Env, change: Change, expected: Expected) -> Result<bool, Problem> {
    let query =
        knowledge::change(&change, expected).map_err(|fault| Problem::internal(&fault.to_string()))?;
    let changed = d1::find(env, &query).await.map_err(|error| Problem::read_model_away(&error))?;
    Ok(changed.is_some())
}

/// Why a change wasn't made.
async fn unchanged(env: &Env, key: &Key, expected: Expected) -> Result<Problem, Problem> {
    find(env, key).await?;
    Ok(match expected.header {
        Some(_) => Problem::changed_meanwhile(),
        None => Problem::conflict("the tip has another version than yours: read it again"),
    })
}

async fn shown(env: &Env, key: &Key, status: u16) -> Result<Response, Problem> {
    #[derive(Deserialize)]
    struct Shown {
        version: u64,
    }

    let text = find(env, key).await?;
    let Shown { version } = serde_json::from_str(&text)?;
    let response = reply::json(status, &text)?;
    response.headers().set("etag", &format!("\"{version}\""))?;
    Ok(response)
}

async fn find(env: &Env, key: &Key) -> Result<String, Problem> {
    let found =
        d1::find(env, &knowledge::one(key)).await.map_err(|error| Problem::read_model_away(&error))?;
    found.ok_or_else(|| Problem::not_found("no such tip"))
}
