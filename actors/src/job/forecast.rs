//! What a job would do, without doing any of it: `POST …/jobs?plan=true`.
//!
//! Everything here comes from the functions that the job itself goes by, so the job that follows does what the plan said.

use serde::Serialize;

use crate::catalogue::Shape;
use crate::job::message::Spec;
use crate::job::plan;
use crate::job::refine::Refined;
use crate::job::routing;
use crate::job::wishes::Route;
use crate::json::Raw;
use crate::operation::Operation;
use crate::provider::Provider;
use crate::request::Invalid;

/// What is to be shown.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Forecast<'a> {
    operation: Operation,
    /// Why it can't be done; then there are no variants.
    errors: Vec<Error<'a>>,
    variants: Vec<Planned<'a>>,
    /// Whether the reasoning model will word the prompts anew: what it says isn't known before.
    rewrite: bool,
    /// Pictures of the project that were asked for in the same words.
    likely_duplicates: &'a Raw,
}

#[derive(Serialize)]
struct Error<'a> {
    field: &'a str,
    reason: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Planned<'a> {
    provider: Provider,
    variant_index: u32,
    model: &'a str,
    /// What is done where the provider has no such call.
    emulated: Option<&'static str>,
    shape: Shape,
    /// What the provider will be told, refined.
    prompt: &'a str,
    suggestion: Option<&'a str>,
    tip_ids: &'a [String],
    knowledge_revision: Option<u64>,
    note: Option<&'a str>,
    /// Who is asked when this one can't, in order.
    fallbacks: &'a [Route],
}

/// The plan of a job that can be done. `refined` has the prompt of each provider, in the order of `spec.providers`.
pub fn of<'a>(spec: &'a Spec, refined: &'a [Refined], likely_duplicates: &'a Raw) -> Forecast<'a> {
    let variants = plan::slots(spec).into_iter().filter_map(|slot| {
        let (first, fallbacks) = spec.routes(slot.provider).split_first()?;
        let fit = routing::fit(spec, first).ok()?;
        let at = spec.providers.iter().position(|provider| *provider == slot.provider)?;
        let refined = refined.get(at)?;
        Some(Planned {
            provider: slot.provider,
            variant_index: slot.index,
            model: &first.model,
            emulated: fit.how.emulation(),
            shape: fit.shape,
            prompt: &refined.text,
            suggestion: refined.suggestion.as_deref(),
            tip_ids: &refined.tips,
            knowledge_revision: refined.revision,
            note: refined.note.as_deref(),
            fallbacks,
        })
    });
    Forecast {
        operation: spec.wishes.operation,
        errors: Vec::new(),
        variants: variants.collect(),
        rewrite: spec.wishes.rewrite,
        likely_duplicates,
    }
}

/// The plan of one that can't.
pub fn impossible<'a>(spec: &Spec, why: &'a Invalid, likely_duplicates: &'a Raw) -> Forecast<'a> {
    Forecast {
        operation: spec.wishes.operation,
        errors: vec![Error { field: &why.field, reason: &why.reason }],
        variants: Vec::new(),
        rewrite: spec.wishes.rewrite,
        likely_duplicates,
    }
}
