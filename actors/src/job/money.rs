//! What a job may cost: estimated before anything is spent, reserved in its project, and held to while it runs.
//!
//! A bound is what a call costs at most; what isn't known is `None`, never 0. A call whose cost can't be told (cut off, timed
//! out) counts as its bound. Which rows there are is decided in [`super::calls`].

use serde::{Deserialize, Serialize};

use crate::catalogue::price::{DOLLAR, Nanodollars, Order, Price, of_words};
use crate::catalogue::{MODELS, Model, Shape};
use crate::job::journal::Variant;
use crate::job::message::Spec;
use crate::job::refine::Refinement;
use crate::job::stage::Stage;
use crate::job::wishes::Route;
use crate::job::{plan, routing};
use crate::provider::{Provider, StoredImage};
use crate::request::{Invalid, PROMPT_MAX};

/// Calls for which each picture is reserved: one that times out or yields none may have been billed, and is tried again.
const TRIES: u64 = 2;
/// What is added to a prompt at most, in bytes: five tips of 600 characters, and what the operation needs said.
const GUIDANCE: usize = 4_000;
/// What a provider is told around a prompt that is refined already, in bytes.
const INSTRUCTION: usize = 1_000;
/// What the judge is told around the prompt, in bytes.
const JUDGE_WORDS: usize = 2_500;
/// What the reasoning model is told around the prompt, tips included, in bytes.
const REWRITE_WORDS: usize = 5_000;
/// A judge whose price is known.
const PRICED_JUDGE: &str = "@cf/meta/llama-3.2-11b-vision-instruct";
/// A reasoning model whose price is known.
const PRICED_REWRITER: &str = "@cf/meta/llama-3.3-70b-instruct-fp8-fast";

/// On what terms a job was begun: what has come of asking for it, not what was asked.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Terms {
    /// What the project has reserved for it, in billionths of a dollar: it may spend no more. `None`: the project has no
    /// budget.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cap: Option<Nanodollars>,
    /// The vision model that was configured.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub judge: String,
    /// The reasoning model that was configured.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub rewriter: String,
}

impl Terms {
    /// There are none.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// What a job will cost, in billionths of a dollar.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Estimate {
    /// At least about this: every first attempt succeeds, on the cheapest model that may be asked.
    pub lowest: Option<Nanodollars>,
    /// At most this, unless calls are cut off again and again.
    pub highest: Option<Nanodollars>,
    /// The variants, in the plan's order.
    pub variants: Vec<Priced>,
}

/// What a variant will cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Priced {
    /// Whose.
    pub provider: Provider,
    /// Its number among the provider's.
    pub index: u32,
    /// As [`Estimate::lowest`].
    pub lowest: Option<Nanodollars>,
    /// As [`Estimate::highest`].
    pub highest: Option<Nanodollars>,
}

/// What a job asks its project to reserve.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Claim {
    /// What it may cost at most, in billionths of a dollar.
    pub highest: Nanodollars,
    /// Why that isn't known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unpriced: Option<String>,
}

impl Claim {
    /// Nothing is to be reserved.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// What a retry may cost: the reply to [`super::Message::Quote`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quote {
    /// Variants that would be tried again.
    pub variants: usize,
    /// What they may cost.
    pub claim: Claim,
}

/// What the job will cost.
pub fn estimate(spec: &Spec) -> Estimate {
    let price = |slot: plan::Slot| {
        let (lowest, highest) = of_variant(spec, slot.provider);
        Priced { provider: slot.provider, index: slot.index, lowest, highest }
    };
    let variants: Vec<Priced> = plan::slots(spec).into_iter().map(price).collect();
    Estimate {
        lowest: variants.iter().map(|it| it.lowest).sum(),
        highest: variants.iter().map(|it| it.highest).sum(),
        variants,
    }
}

/// What the project is asked to reserve for the job.
///
/// # Errors
/// [`Invalid`] for a job with a budget of its own whose price isn't known.
pub fn claim(spec: &Spec) -> Result<Claim, Invalid> {
    let claim = claim_of(spec, estimate(spec).highest);
    match &claim.unpriced {
        Some(why) if spec.wishes.budget.is_some() => Err(Invalid::unsupported("maxCostUsd", why)),
        Some(_) | None => Ok(claim),
    }
}

/// A claim to as much, but no more than the job may spend.
pub fn claim_of(spec: &Spec, highest: Option<Nanodollars>) -> Claim {
    match highest {
        Some(highest) => {
            Claim { highest: highest.min(spec.wishes.budget.unwrap_or(u64::MAX)), unpriced: None }
        }
        None => Claim { highest: 0, unpriced: Some(unpriced(spec)) },
    }
}

/// What another variant in the place of one that ended badly may cost.
pub fn of_retry(spec: &Spec, old: &Variant) -> Option<Nanodollars> {
    if old.kept_image().is_some() { Some(judging(spec)? * TRIES) } else { of_variant(spec, old.provider).1 }
}

/// What the job may spend in all.
pub fn limit(spec: &Spec) -> Option<Nanodollars> {
    spec.wishes.budget.into_iter().chain(spec.terms.cap).min()
}

/// What the next or current attempt at a variant's stage costs at most; 0 where it's no call to a provider.
pub fn bound(spec: &Spec, variant: &Variant) -> Option<Nanodollars> {
    match variant.stage {
        Stage::Refine if rewrites(spec) => rewriting(spec),
        Stage::Generate => {
            let words = variant.refined.as_ref().map_or(spec.prompt.len(), |refined| refined.text.len());
            picture(spec, &routing::current(spec, variant), words + INSTRUCTION)
        }
        Stage::Judge => judging(spec),
        Stage::Refine
        | Stage::Store
        | Stage::Compose
        | Stage::Fingerprint
        | Stage::Deliver
        | Stage::Record
        | Stage::Settle => Some(0),
    }
}

/// What a picture did cost.
pub fn of_picture(spec: &Spec, variant: &Variant, image: &StoredImage) -> Option<Nanodollars> {
    let route = Route { provider: variant.serving(), model: image.model.clone() };
    routing::model(&route).price.cost(&order(spec, &route, 0)?, image.usage.as_deref())
}

/// What an answer of a model of words did cost.
pub fn of_answer(model: &str, usage: Option<&str>) -> Option<Nanodollars> {
    of_words(model).cost(&words(0, 0), usage)
}

/// The reasoning model may be asked.
pub fn rewrites(spec: &Spec) -> bool {
    spec.wishes.rewrite && spec.wishes.refinement != Refinement::Off && !spec.prompt.trim().is_empty()
}

/// Dollars for a person, exactly.
pub fn dollars(amount: Nanodollars) -> String {
    let (whole, parts) = (amount / DOLLAR, amount % DOLLAR);
    let text = format!("${whole}.{parts:09}");
    let kept = text.trim_end_matches('0');
    kept.strip_suffix('.').unwrap_or(kept).to_owned()
}

/// The least and the most that a variant costs.
fn of_variant(spec: &Spec, provider: Provider) -> (Option<Nanodollars>, Option<Nanodollars>) {
    let routes = spec.routes(provider).iter();
    let bounds: Option<Vec<u64>> = routes.map(|route| picture(spec, route, written(spec))).collect();
    let around = || Some((judging(spec)?, if rewrites(spec) { rewriting(spec)? } else { 0 }));
    let (Some(bounds), Some((judge, rewrite))) = (bounds, around()) else { return (None, None) };
    let with = |picture: Option<&u64>, tries| Some((picture? + judge) * tries + rewrite);
    (with(bounds.iter().min(), 1), with(bounds.iter().max(), TRIES))
}

/// How long the words of a call can get, in bytes.
fn written(spec: &Spec) -> usize {
    let words = if rewrites(spec) { spec.prompt.len().max(PROMPT_MAX) } else { spec.prompt.len() };
    words + GUIDANCE
}

/// A model's picture. A token has a byte at least, so bytes bound them.
fn picture(spec: &Spec, route: &Route, bytes: usize) -> Option<Nanodollars> {
    routing::model(route).price.bound(&order(spec, route, bytes)?)
}

fn judging(spec: &Spec) -> Option<Nanodollars> {
    let shown = 1 + usize::from(spec.materials.start.is_some());
    of_words(&spec.terms.judge).bound(&words(spec.prompt.len() + JUDGE_WORDS, shown))
}

fn rewriting(spec: &Spec) -> Option<Nanodollars> {
    of_words(&spec.terms.rewriter).bound(&words(spec.prompt.len() + REWRITE_WORDS, 0))
}

const fn words(bytes: usize, pictures: usize) -> Order {
    Order { shape: Shape::Own, quality: None, prompt_chars: bytes, pictures, partials: 0 }
}

/// The call, as far as its price depends on it; `None` when the model can't do it.
fn order(spec: &Spec, route: &Route, bytes: usize) -> Option<Order> {
    let (wishes, materials) = (&spec.wishes, &spec.materials);
    let mask = materials.mask.is_some() || wishes.canvas.is_some();
    let pictures = usize::from(materials.start.is_some()) + materials.references.len() + usize::from(mask);
    Some(Order {
        shape: routing::fit(spec, route).ok()?.shape,
        quality: wishes.quality,
        prompt_chars: bytes,
        pictures,
        partials: wishes.partials,
    })
}

/// Which price it is that isn't known, and whose is.
fn unpriced(spec: &Spec) -> String {
    let mut routes = spec.routes.iter().flatten();
    let missing = routes.find(|route| picture(spec, route, 0).is_none());
    let (name, other) = match missing {
        Some(route) => {
            let known = |model: &&Model| {
                let other = Route { provider: model.provider, model: model.id.to_owned() };
                model.shutdown.is_none()
                    && model.price != Price::Unknown
                    && picture(spec, &other, 0).is_some()
            };
            let own = MODELS.iter().filter(known).find(|model| model.provider == route.provider);
            let other = own.or_else(|| MODELS.iter().find(known)).map_or("no model", |model| model.id);
            (if route.model.is_empty() { route.provider.as_str() } else { &route.model }, other)
        }
        None if judging(spec).is_none() => (spec.terms.judge.as_str(), PRICED_JUDGE),
        None => (spec.terms.rewriter.as_str(), PRICED_REWRITER),
    };
    format!("the price of {name} isn't known, so no budget can hold it; that of {other} is")
}

#[cfg(test)]
mod tests;
