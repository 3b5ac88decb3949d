//! The body of `POST /api/projects/:id/jobs`: everything about a job that can be said without knowing a model.

use serde::Deserialize;

use super::{Invalid, PROMPT_MAX, VARIANTS_MAX, at_most, decode};
use crate::catalogue::price::{DOLLAR, Nanodollars};
use crate::ids::{ProjectId, SessionId};
use crate::job::Spec;
use crate::job::judge::Strictness;
use crate::job::money::Terms;
use crate::job::refine::Refinement;
use crate::job::wishes::{Materials, Route, Routing, WantedCanvas, Wishes};
use crate::operation::{Aspect, Format, Operation, Quality, Size};
use crate::picture::SIDE_MAX;
use crate::provider::Provider;

/// How long a variant may take until its picture is stored, in milliseconds: the slowest model's documented worst is 280 s.
pub const DEADLINE_MS: u64 = 300_000;
const DEADLINE_MIN_MS: u64 = 1_000;
const DEADLINE_MAX_MS: u64 = 600_000;
/// How long a job may take in all, in milliseconds, until what is still open ends: time for the pictures, and for what
/// comes after them to be tried again and again.
pub const JOB_DEADLINE_MS: u64 = 30 * 60 * 1000;
const JOB_DEADLINE_MAX_MS: u64 = 24 * 60 * 60 * 1000;
/// Longest address, in characters.
const URL_MAX: usize = 2_048;
/// Most pictures to look at beside the start image: the most generous model takes sixteen in all.
const REFERENCES_MAX: usize = 15;
/// Most partial pictures.
const PARTIALS_MAX: i64 = 3;
/// Longest model id, in characters.
const MODEL_MAX: usize = 100;
/// The greatest revision of the knowledge base that can be named: JavaScript's integers end there.
const REVISION_MAX: i64 = 1 << 53;
/// The largest budget of a job, in US dollars.
const BUDGET_MAX: f64 = 10_000.0;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    #[serde(default)]
    prompt: Option<String>,
    providers: Vec<String>,
    #[serde(default)]
    variants: Option<i64>,
    session_id: String,
    #[serde(default)]
    deadline_ms: Option<i64>,
    #[serde(default)]
    job_deadline_ms: Option<i64>,
    #[serde(default)]
    operation: Option<String>,
    #[serde(default)]
    start_image_url: Option<String>,
    #[serde(default)]
    reference_image_urls: Option<Vec<String>>,
    #[serde(default)]
    mask: Option<String>,
    #[serde(default)]
    canvas: Option<CanvasBody>,
    #[serde(default)]
    size: Option<String>,
    #[serde(default)]
    aspect: Option<String>,
    #[serde(default)]
    quality: Option<String>,
    #[serde(default)]
    format: Option<String>,
    #[serde(default)]
    seed: Option<i64>,
    #[serde(default)]
    partial_images: Option<i64>,
    #[serde(default)]
    models: Option<Models>,
    #[serde(default)]
    routing: Option<RoutingBody>,
    #[serde(default)]
    max_cost_usd: Option<f64>,
    #[serde(default)]
    refinement: Option<String>,
    #[serde(default)]
    rewrite: Option<bool>,
    #[serde(default)]
    knowledge_revision: Option<i64>,
    #[serde(default)]
    strictness: Option<String>,
}

#[derive(Deserialize)]
struct CanvasBody {
    width: u32,
    height: u32,
    #[serde(default)]
    x: Option<u32>,
    #[serde(default)]
    y: Option<u32>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Models {
    openai: Option<String>,
    gemini: Option<String>,
    workers: Option<String>,
}

#[derive(Deserialize)]
struct RoutingBody {
    #[serde(default)]
    fallback: Option<bool>,
    #[serde(default)]
    order: Option<Vec<String>>,
    #[serde(default)]
    only: Option<Vec<String>>,
}

/// Reads the body. Materials and routes are still to be found.
///
/// # Errors
/// [`Invalid`] naming the field.
pub fn new_job(project_id: ProjectId, body: &[u8]) -> Result<Spec, Invalid> {
    let mut body: Body = decode(body)?;
    let prompt = body.prompt.take();
    let wishes = wishes(&mut body)?;
    let session_id = SessionId::parse(&body.session_id).map_err(|_| {
        Invalid::field("sessionId", "must be 1 to 128 letters, digits, hyphens or underscores")
    })?;
    Ok(Spec {
        project_id,
        session_id,
        prompt: words(prompt, wishes.operation)?,
        providers: providers("providers", &body.providers)?,
        variants: within("variants", body.variants.unwrap_or(1), 1, i64::from(VARIANTS_MAX))?,
        deadline_ms: deadline("deadlineMs", body.deadline_ms, DEADLINE_MS, DEADLINE_MAX_MS)?,
        job_deadline_ms: deadline(
            "jobDeadlineMs",
            body.job_deadline_ms,
            JOB_DEADLINE_MS,
            JOB_DEADLINE_MAX_MS,
        )?,
        wishes,
        materials: Materials::default(),
        routes: Vec::new(),
        terms: Terms::default(),
    })
}

fn words(prompt: Option<String>, operation: Operation) -> Result<String, Invalid> {
    let prompt = match prompt {
        Some(prompt) => prompt,
        None if operation.needs_no_prompt() => return Ok(String::new()),
        None => return Err(Invalid::field("prompt", "missing field `prompt`")),
    };
    if prompt.trim().is_empty() && !operation.needs_no_prompt() {
        return Err(Invalid::field("prompt", "must not be empty"));
    }
    at_most("prompt", &prompt, PROMPT_MAX)?;
    Ok(prompt)
}

fn wishes(body: &mut Body) -> Result<Wishes, Invalid> {
    let operation = operation(body)?;
    let size = body.size.as_deref().filter(|text| *text != "auto").map(|text| {
        let sane = |size: &Size| size.longest() <= SIDE_MAX;
        let size = Size::parse(text).filter(sane);
        size.ok_or_else(|| Invalid::field("size", format!("must be WIDTHxHEIGHT, each from 1 to {SIDE_MAX}")))
    });
    let aspect = body.aspect.as_deref().map(|text| {
        Aspect::parse(text).ok_or_else(|| Invalid::field("aspect", "must be WIDTH:HEIGHT, as 16:9"))
    });
    let wishes = Wishes {
        operation,
        start: body.start_image_url.take().map(|text| address("startImageUrl", text)).transpose()?,
        references: references(body.reference_image_urls.take().unwrap_or_default())?,
        mask: body.mask.take().map(|text| address("mask", text)).transpose()?,
        canvas: body.canvas.as_ref().map(canvas).transpose()?,
        size: size.transpose()?,
        aspect: aspect.transpose()?,
        quality: named(
            "quality",
            body.quality.as_deref(),
            Quality::parse,
            &Quality::ALL.map(Quality::as_str),
        )?,
        format: named("format", body.format.as_deref(), Format::parse, &Format::ALL.map(Format::as_str))?,
        seed: body.seed.map(|seed| within("seed", seed, 0, i64::from(i32::MAX))).transpose()?,
        partials: within("partialImages", body.partial_images.unwrap_or(0), 0, PARTIALS_MAX)?,
        models: models(body.models.take().unwrap_or_default())?,
        routing: body.routing.as_ref().map(routing).transpose()?.unwrap_or_default(),
        budget: body.max_cost_usd.map(|dollars| budget("maxCostUsd", dollars, BUDGET_MAX)).transpose()?,
        refinement: named("refinement", body.refinement.as_deref(), Refinement::parse, &Refinement::NAMES)?
            .unwrap_or_default(),
        rewrite: body.rewrite.unwrap_or(false),
        knowledge_revision: body
            .knowledge_revision
            .map(|revision| within("knowledgeRevision", revision, 0, REVISION_MAX))
            .transpose()?,
        strictness: named("strictness", body.strictness.as_deref(), Strictness::parse, &Strictness::NAMES)?
            .unwrap_or_default(),
    };
    check(&wishes)?;
    Ok(wishes)
}

/// As named, or as it follows from what is sent along.
fn operation(body: &Body) -> Result<Operation, Invalid> {
    let all = Operation::ALL.map(Operation::as_str);
    if let Some(named) = named("operation", body.operation.as_deref(), Operation::parse, &all)? {
        return Ok(named);
    }
    Ok(if body.mask.is_some() {
        Operation::Inpaint
    } else if body.canvas.is_some() {
        Operation::Outpaint
    } else if body.start_image_url.is_some() {
        Operation::Edit
    } else {
        Operation::Generate
    })
}

/// What belongs together is there, and nothing that doesn't.
fn check(wishes: &Wishes) -> Result<(), Invalid> {
    let operation = wishes.operation;
    let needs = |field: &str, there: bool, wanted: bool| match (there, wanted) {
        (false, true) => Err(Invalid::field(field, format!("{operation} needs it"))),
        (true, false) => Err(Invalid::field(field, format!("{operation} has no use for it"))),
        (true, true) | (false, false) => Ok(()),
    };
    needs("startImageUrl", wishes.start.is_some(), operation.needs_start())?;
    needs("mask", wishes.mask.is_some(), operation == Operation::Inpaint)?;
    needs("canvas", wishes.canvas.is_some(), operation == Operation::Outpaint)?;
    if operation == Operation::Upscale {
        needs("referenceImageUrls", !wishes.references.is_empty(), false)?;
        needs("aspect", wishes.aspect.is_some(), false)?;
    }
    if operation.keeps_pixels() {
        needs("size", wishes.size.is_some(), false)?;
        needs("aspect", wishes.aspect.is_some(), false)?;
    }
    if wishes.size.is_some() && wishes.aspect.is_some() {
        return Err(Invalid::field("aspect", "leave it out where size is given"));
    }
    if !wishes.references.is_empty() && !operation.needs_start() {
        return Err(Invalid::field(
            "referenceImageUrls",
            "needs a startImageUrl: the first picture is the one to begin with",
        ));
    }
    Ok(())
}

fn address(field: &str, text: String) -> Result<String, Invalid> {
    if text.is_empty() {
        return Err(Invalid::field(field, "must not be empty"));
    }
    at_most(field, &text, URL_MAX)?;
    Ok(text)
}

fn references(texts: Vec<String>) -> Result<Vec<String>, Invalid> {
    if texts.len() > REFERENCES_MAX {
        return Err(Invalid::field("referenceImageUrls", format!("at most {REFERENCES_MAX} pictures")));
    }
    texts
        .into_iter()
        .enumerate()
        .map(|(n, text)| address(&format!("referenceImageUrls[{n}]"), text))
        .collect()
}

fn canvas(body: &CanvasBody) -> Result<WantedCanvas, Invalid> {
    for (field, side) in [("canvas.width", body.width), ("canvas.height", body.height)] {
        within::<u32>(field, i64::from(side), 1, i64::from(SIDE_MAX))?;
    }
    Ok(WantedCanvas { width: body.width, height: body.height, x: body.x, y: body.y })
}

fn models(body: Models) -> Result<Vec<Route>, Invalid> {
    let named =
        [(Provider::Openai, body.openai), (Provider::Gemini, body.gemini), (Provider::Workers, body.workers)];
    let mut models = Vec::new();
    for (provider, model) in named {
        let Some(model) = model else { continue };
        let sane = |byte: u8| byte.is_ascii_alphanumeric() || b"@/._-".contains(&byte);
        if model.is_empty() || model.len() > MODEL_MAX || !model.bytes().all(sane) || model.contains("..") {
            return Err(Invalid::field(format!("models.{provider}"), "isn't a model's id"));
        }
        models.push(Route { provider, model });
    }
    Ok(models)
}

fn routing(body: &RoutingBody) -> Result<Routing, Invalid> {
    let list = |field: &str, names: &Option<Vec<String>>| match names {
        Some(names) if !names.is_empty() => providers(field, names),
        Some(_) | None => Ok(Vec::new()),
    };
    Ok(Routing {
        fallback: body.fallback.unwrap_or(false),
        order: list("routing.order", &body.order)?,
        only: list("routing.only", &body.only)?,
    })
}

/// US dollars in their billionths.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "checked"
)]
pub(super) fn budget(field: &str, dollars: f64, most: f64) -> Result<Nanodollars, Invalid> {
    if !(dollars > 0.0 && dollars <= most) {
        return Err(Invalid::field(field, format!("must be more than 0 and at most {most}")));
    }
    Ok((dollars * DOLLAR as f64).round() as Nanodollars)
}

pub(crate) fn named<T>(
    field: &str,
    text: Option<&str>,
    parse: impl Fn(&str) -> Option<T>,
    all: &[&str],
) -> Result<Option<T>, Invalid> {
    let Some(text) = text else { return Ok(None) };
    parse(text).map(Some).ok_or_else(|| Invalid::field(field, format!("must be one of {}", all.join(", "))))
}

pub(crate) fn providers(list: &str, names: &[String]) -> Result<Vec<Provider>, Invalid> {
    let mut providers = Vec::new();
    for (index, name) in names.iter().enumerate() {
        let field = format!("{list}[{index}]");
        let provider = Provider::parse(name).ok_or_else(|| {
            Invalid::field(field.clone(), "unknown provider: must be openai, gemini or workers")
        })?;
        if providers.contains(&provider) {
            return Err(Invalid::field(field, "named twice: use variants for more than one picture"));
        }
        providers.push(provider);
    }
    if providers.is_empty() {
        return Err(Invalid::field(list, "name at least one of openai, gemini, workers"));
    }
    Ok(providers)
}

pub(crate) fn within<T: TryFrom<i64>>(field: &str, number: i64, least: i64, most: i64) -> Result<T, Invalid> {
    let wrong = || Invalid::field(field, format!("must be from {least} to {most}"));
    if (least..=most).contains(&number) { T::try_from(number).map_err(|_| wrong()) } else { Err(wrong()) }
}

fn deadline(field: &str, asked: Option<i64>, usual: u64, most: u64) -> Result<u64, Invalid> {
    let Some(asked) = asked else { return Ok(usual) };
    u64::try_from(asked)
        .ok()
        .filter(|ms| (DEADLINE_MIN_MS..=most).contains(ms))
        .ok_or_else(|| Invalid::field(field, format!("must be from {DEADLINE_MIN_MS} to {most}")))
}
