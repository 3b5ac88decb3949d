//! Performing a job's work: one function a task, each a straight line of calls. What an outcome means, and what happens
//! next, is the core's business.

use std::future::Future;
use std::rc::Rc;
use std::time::Duration;

use futures::FutureExt;
use picasso_actors::actor;
use picasso_actors::breaker::Verdict;
use picasso_actors::effect::{Outcome, Output, Task, Work};
use picasso_actors::ids::PartialId;
use picasso_actors::operation::Canvas;
use picasso_actors::picture::{self, prepare};
use picasso_actors::provider::{
    Failure, FailureClass, GenerateRequest, Material, Provenance, Provider, StoredImage,
};
use worker::{Delay, Env};

use self::breaker::Call;
use self::partial::Audience;
use crate::bindings::{ai, r2};
use crate::env;
use crate::providers::{self, Answer, Config, Picture, Sent, workers_ai};
use crate::runtime::object::Object;
use crate::runtime::platform::now_ms;

mod breaker;
mod deliver;
pub mod models;
mod partial;
mod send;

/// The bytes of a paid picture are in hand once and once only: the put is tried this often before they're given up.
const PUTS: u32 = 5;
/// The first waiting time between two puts; doubles.
const PUT_WAIT_MS: u64 = 100;

/// Does one piece of work, at most for as long as it may take, and takes the outcome in.
pub async fn perform(object: &Rc<Object>, work: Work) {
    let Work { ordinal, provider, session_id, stage, attempt, timeout_ms, task } = work;
    let began = now_ms();
    let call = Call::new(object);
    let outcome = within(timeout_ms, carry_out(object, &call, ordinal, attempt, task)).await;
    // One that has ended has said so itself.
    call.end(Verdict::of_silence(timeout_ms));
    let ms = now_ms() - began;
    let job_id = object.me().map(|me| me.id().to_owned()).unwrap_or_default();
    let (class, reason) =
        outcome.as_ref().err().map_or(("", ""), |failure| (failure.class.as_str(), failure.message.as_str()));
    tracing::info!(
        jobId = job_id,
        sessionId = session_id.as_str(),
        provider = provider.as_str(),
        ordinal,
        step = stage.as_str(),
        attempt,
        ms,
        class,
        reason,
        "{}",
        if outcome.is_ok() { "done" } else { "failed" }
    );
    #[cfg(feature = "trap-tests")]
    crate::trap::spring(stage.as_str(), &object.name()).await;
    // Should this fail, the lease lapses and the step is done again.
    if let Err(fault) = object.turn(|turn| actor::finish(turn, ordinal, stage, attempt, outcome)) {
        object.log(&fault);
    }
}

/// The outcome, or a timeout. What was under way is dropped, which aborts its request.
async fn within(timeout_ms: u64, work: impl Future<Output = Outcome>) -> Outcome {
    futures::select_biased! {
        outcome = Box::pin(work.fuse()) => outcome,
        () = Delay::from(Duration::from_millis(timeout_ms)).fuse() => {
            Err(Failure::new(FailureClass::Timeout, format!("no answer within {timeout_ms} ms")))
        }
    }
}

async fn carry_out(object: &Rc<Object>, call: &Call, ordinal: u32, attempt: u32, task: Task) -> Outcome {
    let env = &object.env;
    match task {
        Task::Refine(ask) => models::refine(env, &ask).await.map(Output::Tips),
        Task::Generate { request, key, probe, pay, partials } => {
            let audience = Audience { object, ordinal, attempt, partials: &partials };
            generate(env, &request, key, probe, pay, call, &audience).await
        }
        Task::Compose { image, start, mask, canvas, to } => {
            compose(env, image, &start, mask.as_deref(), canvas, to).await
        }
        Task::Fingerprint { key } => picture::look(&r2::get(env, &key).await?).map(Output::Fingerprint),
        Task::Deliver(ask) => deliver::deliver(env, &ask).await.map(Output::Delivered),
        Task::Judge { key, media_type, start, question } => {
            models::judge(env, &key, &media_type, start.as_ref(), &question).await.map(Output::Answer)
        }
        Task::Forget { partials } => {
            r2::delete(env, partials.iter().map(PartialId::key).collect()).await?;
            Ok(Output::Forgotten(partials))
        }
    }
}

async fn generate(
    env: &Env,
    request: &GenerateRequest,
    key: String,
    probe: bool,
    pay: bool,
    call: &Call,
    audience: &Audience<'_>,
) -> Outcome {
    if probe && let Some(image) = r2::find_original(env, &key).await? {
        return Ok(Output::Found(image));
    }
    if !pay {
        return Err(Failure::new(
            FailureClass::Budget,
            "no earlier attempt has left a picture, and another could cost too much",
        ));
    }
    let config = config(env);
    let pictures = materials(env, &request.materials).await?;
    call.begin(request.provider, asked(&config, request)).await?;
    let began = now_ms();
    let answer = ask_provider(env, &config, request, &pictures, audience).await;
    let answer = answer.and_then(|picture| Ok((picture::sniff(&picture.bytes)?, picture)));
    call.end(Verdict::of(answer.as_ref().err()));
    let (sniffed, picture) = answer?;
    drop(pictures);
    let provider_ms = u64::try_from(now_ms() - began).unwrap_or(0);
    let image = StoredImage {
        key,
        media_type: sniffed.media_type.to_owned(),
        bytes: u64::try_from(picture.bytes.len()).unwrap_or(u64::MAX),
        width: sniffed.width,
        height: sniffed.height,
        model: asked(&config, request).to_owned(),
        usage: picture.usage,
        provider_ms,
        original_key: None,
        provenance: picture::disclosure::provenance(&picture.bytes).map(|_| Provenance::C2pa),
    };
    keep(env, &image, &picture.bytes).await?;
    Ok(Output::Stored(image))
}

/// The model that is asked: the one that the request names, or else the configured one.
fn asked<'a>(config: &'a Config, request: &'a GenerateRequest) -> &'a str {
    if request.model.is_empty() { config.model(request.provider).unwrap_or_default() } else { &request.model }
}

/// The pictures to be sent along, ready for the provider. One is decoded at a time.
async fn materials(env: &Env, materials: &[Material]) -> Result<Vec<Sent>, Failure> {
    let mut pictures = Vec::new();
    for material in materials {
        let bytes = r2::get(env, &material.key).await?;
        let (media_type, bytes) = prepare::prepare(bytes, material.prepare)?;
        pictures.push(Sent { role: material.role, media_type, bytes });
    }
    Ok(pictures)
}

/// Lays what has to stay of the start image over the provider's picture, and keeps the whole beside it.
async fn compose(
    env: &Env,
    image: StoredImage,
    start: &str,
    mask: Option<&str>,
    canvas: Option<Canvas>,
    to: String,
) -> Outcome {
    let start = r2::get(env, start).await?;
    let result = r2::get(env, &image.key).await?;
    let mask = match mask {
        Some(mask) => Some(r2::get(env, mask).await?),
        None => None,
    };
    let whole = prepare::lay_over(&start, result, mask.as_deref(), canvas)?;
    drop((start, mask));
    let image = StoredImage {
        key: to,
        media_type: whole.media_type.to_owned(),
        bytes: u64::try_from(whole.bytes.len()).unwrap_or(u64::MAX),
        width: whole.width,
        height: whole.height,
        original_key: Some(image.original().to_owned()),
        ..image
    };
    keep(env, &image, &whole.bytes).await?;
    Ok(Output::Stored(image))
}

/// Puts the bytes, stubbornly.
async fn keep(env: &Env, image: &StoredImage, bytes: &[u8]) -> Result<(), Failure> {
    for attempt in 1.. {
        match r2::put_original(env, image, bytes.to_vec()).await {
            Ok(()) => break,
            Err(failure) if attempt >= PUTS => return Err(failure),
            Err(_) => Delay::from(Duration::from_millis(PUT_WAIT_MS << attempt)).await,
        }
    }
    Ok(())
}

async fn ask_provider(
    env: &Env,
    config: &Config,
    request: &GenerateRequest,
    pictures: &[Sent],
    audience: &Audience<'_>,
) -> Result<Picture, Failure> {
    if request.provider == Provider::Workers && config.workers.rest.is_err() {
        let inputs = workers_ai::inputs(&config.workers, request, pictures)?;
        if let Some(output) = ai::run(env, &inputs.model, &body(inputs.body)).await {
            let output = output.map_err(|message| workers_ai::binding_failure(&message))?;
            return match inputs.output {
                workers_ai::Output::Json => {
                    workers_ai::decode_result_json(&String::from_utf8_lossy(&output.bytes))
                }
                workers_ai::Output::Bytes => workers_ai::decode_result_bytes(output.bytes),
            };
        }
    }
    let call = providers::encode(config, request, pictures)?;
    let answer = send::open(&call).await?;
    // Only OpenAI's models have partial pictures, and what isn't a stream is understood all the same.
    if request.partials > 0 && answer.is_events() {
        return partial::read(answer, audience).await;
    }
    let got = answer.read().await?;
    providers::decode(
        request.provider,
        &Answer { status: got.status, headers: &|name| got.header(name), body: &got.body },
        clock(),
    )
}

fn body(body: workers_ai::Body) -> ai::Inputs {
    match body {
        workers_ai::Body::Json(json) => ai::Inputs::Json(json),
        workers_ai::Body::Multipart { content_type, bytes } => ai::Inputs::Multipart { content_type, bytes },
    }
}

/// The providers' settings, from the variables and secrets.
pub fn config(env: &Env) -> Config {
    Config::from_vars(|name| env::var(env, name))
}

fn clock() -> u64 {
    u64::try_from(now_ms()).unwrap_or(0)
}
