//! What is asked of the models of words: the judge's look, a prompt's wording, and the acceptance of a licence.

use std::time::Duration;

use futures::FutureExt;
use picasso_actors::effect::Said;
use picasso_actors::job::judge;
use picasso_actors::job::refine::{self, Ask, Material, Rewriting};
use picasso_actors::knowledge::Knowledge;
use picasso_actors::picture::prepare;
use picasso_actors::provider::{Failure, FailureClass, Prepare};
use worker::{Delay, Env};

use super::{clock, config, send};
use crate::bindings::{ai, d1, r2};
use crate::providers::language::{self, Model};
use crate::providers::vision::{self, Shown};
use crate::providers::{Answer, Config};

/// What refinement goes by. A model that doesn't answer leaves the tips.
///
/// # Errors
/// `Storage` when the knowledge base can't be read.
pub async fn refine(env: &Env, ask: &Ask) -> Result<Material, Failure> {
    let storage = |error: String| Failure::new(FailureClass::Storage, format!("D1: {error}"));
    let Some(query) = ask.query() else { return Ok(Material::default()) };
    let text = d1::read(env, &query).await.map_err(storage)?;
    let knowledge: Knowledge = serde_json::from_str(&text).map_err(|error| storage(error.to_string()))?;
    let rewriting = match ask.question(&knowledge) {
        Some(question) => Some(rewrite(env, &question).await.map_or_else(Rewriting::Failed, Rewriting::Said)),
        None => None,
    };
    Ok(Material { knowledge, rewriting })
}

async fn rewrite(env: &Env, question: &refine::Question) -> Result<Said, Failure> {
    let config = config(env);
    let model = language::reasoning(&config)?;
    let inputs = language::inputs(&question.instruction, refine::SCHEMA)?;
    futures::select_biased! {
        said = Box::pin(run(env, &config, &model, inputs).fuse()) => said,
        () = Delay::from(Duration::from_millis(refine::TIMEOUT_MS)).fuse() => {
            let why = format!("the reasoning model gave no answer within {} ms", refine::TIMEOUT_MS);
            Err(Failure::new(FailureClass::Timeout, why))
        }
    }
}

/// Shows the picture to the vision model, and before it the one that it was made from, where the model takes two.
///
/// # Errors
/// `Storage` when a picture can't be read; what the model says else.
pub async fn judge(
    env: &Env,
    key: &str,
    media_type: &str,
    start: Option<&judge::Start>,
    question: &judge::Question,
) -> Result<Said, Failure> {
    let config = config(env);
    let bytes = r2::get(env, key).await?;
    let picture = Shown { bytes: &bytes, media_type };
    let inputs = match start.filter(|_| vision::pictures(&config) > 1) {
        Some(start) => {
            let bytes = r2::get(env, &start.key).await?;
            let (media_type, bytes) = prepare::prepare(bytes, Prepare::AsIs)?;
            let start = Shown { bytes: &bytes, media_type };
            vision::inputs(&question.text(2), &[start, picture])?
        }
        None => vision::inputs(&question.text(1), &[picture])?,
    };
    drop(bytes);
    run(env, &config, &vision::model(&config), inputs).await
}

/// Accepts the vision model's licence for the whole account. Only ever on the key holder's word.
///
/// # Errors
/// The refusal.
pub async fn agree(env: &Env) -> Result<(), Failure> {
    let config = config(env);
    let (model, inputs) = (vision::model(&config), vision::AGREE_INPUTS.to_owned());
    if config.workers.rest.is_err()
        && let Some(output) = ai::run(env, model.id, &ai::Inputs::Json(inputs.clone())).await
    {
        return output.map_or_else(|message| vision::thrown_agreement(&config, &message), |_| Ok(()));
    }
    let got = send::send(&model.call(&config, inputs)?).await?;
    let answer = Answer { status: got.status, headers: &|name| got.header(name), body: &got.body };
    vision::decode_agreement(&config, &answer, clock())
}

/// Runs a model: over REST where that's configured, else through the binding.
async fn run(env: &Env, config: &Config, model: &Model<'_>, inputs: String) -> Result<Said, Failure> {
    if config.workers.rest.is_err() && ai::is_bound(env) {
        let output =
            ai::run(env, model.id, &ai::Inputs::Json(inputs)).await.unwrap_or_else(|| Err(String::new()));
        let output = output.map_err(|message| model.binding_failure(&message))?;
        return model.decode_result(&String::from_utf8_lossy(&output.bytes));
    }
    let got = send::send(&model.call(config, inputs)?).await?;
    model.decode(&Answer { status: got.status, headers: &|name| got.header(name), body: &got.body }, clock())
}
