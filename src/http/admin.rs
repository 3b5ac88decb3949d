//! Questions across projects, answered from the read model.

use picasso_actors::read_model;
use worker::{Env, Response};

use super::problem::Problem;
use super::reply;
use crate::bindings::d1;

/// `GET /api/admin/overview`
pub async fn overview(env: &Env) -> Result<Response, Problem> {
    let text =
        d1::read(env, &read_model::overview()).await.map_err(|error| Problem::read_model_away(&error))?;
    reply::json(200, &text)
}
