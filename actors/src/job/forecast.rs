//! What a job would do, without doing any of it: `POST …/jobs?plan=true`.
//!
//! Everything here comes from the functions that the job itself goes by, so the job that follows does what the plan said.

use serde::Serialize;

use crate::breaker::Circuits;
use crate::catalogue::Shape;
use crate::catalogue::shown::dollars;
use crate::job::message::Spec;
use crate::job::money;
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
    /// In US dollars: every first attempt succeeds, on the cheapest model that may be asked. `null`: a price isn't known.
    lowest_cost_usd: Option<f64>,
    /// In US dollars: what would be reserved.
    highest_cost_usd: Option<f64>,
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
    /// What it's asked for: `1536x1024`, or an aspect ratio with a scale, as `3:2 at 1K`. `null`: the model has one size.
    size: Option<String>,
    /// What the provider will be told, refined.
    prompt: &'a str,
    suggestion: Option<&'a str>,
    tip_ids: &'a [String],
    knowledge_revision: Option<u64>,
    note: Option<&'a str>,
    /// The model is paused after repeated trouble, and isn't asked before this; epoch milliseconds.
    paused_until: Option<i64>,
    /// Who is asked when this one can't, in order.
    fallbacks: &'a [Route],
    lowest_cost_usd: Option<f64>,
    highest_cost_usd: Option<f64>,
}

/// The plan of a job that can be done. `refined` has the prompt of each provider and `circuits` how its models are, both in the
/// order of `spec.providers`.
pub fn of<'a>(
    spec: &'a Spec,
    refined: &'a [Refined],
    circuits: &[Option<Circuits>],
    likely_duplicates: &'a Raw,
) -> Forecast<'a> {
    let price = money::estimate(spec);
    let variants = plan::slots(spec).into_iter().zip(&price.variants).filter_map(|(slot, price)| {
        let (first, fallbacks) = spec.routes(slot.provider).split_first()?;
        let fit = routing::fit(spec, first).ok()?;
        let at = spec.providers.iter().position(|provider| *provider == slot.provider)?;
        let refined = refined.get(at)?;
        let circuit = circuits.get(at).and_then(|all| all.as_ref()?.get(&first.model));
        Some(Planned {
            provider: slot.provider,
            variant_index: slot.index,
            model: &first.model,
            emulated: fit.how.emulation(),
            size: size(fit.shape),
            prompt: &refined.text,
            suggestion: refined.suggestion.as_deref(),
            tip_ids: &refined.tips,
            knowledge_revision: refined.revision,
            note: refined.note.as_deref(),
            paused_until: circuit.and_then(|circuit| circuit.until),
            fallbacks,
            lowest_cost_usd: price.lowest.map(dollars),
            highest_cost_usd: price.highest.map(dollars),
        })
    });
    Forecast {
        operation: spec.wishes.operation,
        errors: Vec::new(),
        variants: variants.collect(),
        lowest_cost_usd: price.lowest.map(dollars),
        highest_cost_usd: price.highest.map(dollars),
        rewrite: spec.wishes.rewrite,
        likely_duplicates,
    }
}

fn size(shape: Shape) -> Option<String> {
    match shape {
        Shape::Pixels(size) => Some(size.to_string()),
        Shape::Aspect(aspect, scale) => Some(format!("{aspect} at {}", scale.as_str())),
        Shape::Own => None,
    }
}

/// The plan of one that can't.
pub fn impossible<'a>(spec: &Spec, why: &'a Invalid, likely_duplicates: &'a Raw) -> Forecast<'a> {
    Forecast {
        operation: spec.wishes.operation,
        errors: vec![Error { field: &why.field, reason: &why.reason }],
        variants: Vec::new(),
        lowest_cost_usd: None,
        highest_cost_usd: None,
        rewrite: spec.wishes.rewrite,
        likely_duplicates,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::breaker::{Gauge, State};
    use crate::ids::{ProjectId, SessionId};
    use crate::job::money::Terms;
    use crate::job::wishes::{Materials, Wishes};
    use crate::json::raw;

    fn spec() -> Spec {
        let route = |provider, model: &str| Route { provider, model: model.to_owned() };
        Spec {
            project_id: ProjectId::parse("4fZk0PqLx81mWd2C").unwrap(),
            session_id: SessionId::parse("s").unwrap(),
            prompt: "a boat".into(),
            providers: vec![Provider::Openai, Provider::Workers],
            variants: 1,
            deadline_ms: 1,
            job_deadline_ms: 1,
            wishes: Wishes::default(),
            materials: Materials::default(),
            routes: vec![
                vec![
                    route(Provider::Openai, "gpt-image-2"),
                    route(Provider::Gemini, "gemini-nano-banana-2.1"),
                ],
                vec![route(Provider::Workers, "@cf/leonardo/lucid-origin")],
            ],
            terms: Terms { judge: "@cf/meta/llama-3.2-11b-vision-instruct".to_owned(), ..Terms::default() },
        }
    }

    fn shown(forecast: &Forecast<'_>) -> Value {
        serde_json::to_value(forecast).unwrap()
    }

    #[test]
    fn a_plan_names_models_prompts_and_what_each_may_cost() {
        let spec = spec();
        let tipped = Refined {
            tips: vec!["openai/a@1".to_owned()],
            revision: Some(3),
            ..Refined::plain("a boat\n\nWell lit.")
        };
        let alike = raw(r#"["4fZk0PqLx81mWd2C-9aX2kLm0Qw3E-0"]"#.to_owned()).unwrap();
        let paused = Gauge { state: State::Open, until: Some(5), ..Gauge::default() };
        let circuits = [Some(Circuits::from([("gpt-image-2".to_owned(), paused)])), None];
        let shown = shown(&of(&spec, &[tipped, Refined::plain("a boat")], &circuits, &alike));
        let paused = (&shown["variants"][0]["pausedUntil"], &shown["variants"][1]["pausedUntil"]);
        assert_eq!(paused, (&json!(5), &Value::Null));
        let first = &shown["variants"][0];
        assert_eq!(
            (&first["model"], &first["prompt"], &first["tipIds"], &first["knowledgeRevision"]),
            (&json!("gpt-image-2"), &json!("a boat\n\nWell lit."), &json!(["openai/a@1"]), &json!(3))
        );
        assert_eq!(
            (&first["size"], &shown["variants"][1]["size"]),
            (&json!("1024x1024"), &json!("1024x1024"))
        );
        assert_eq!(first["fallbacks"][0]["model"], "gemini-nano-banana-2.1");
        assert!(first["lowestCostUsd"].as_f64().unwrap() < first["highestCostUsd"].as_f64().unwrap());
        let (second, total) = (&shown["variants"][1]["highestCostUsd"], &shown["highestCostUsd"]);
        assert_eq!((second, total), (&Value::Null, &Value::Null), "unknown isn't nothing");
        assert_eq!(shown["likelyDuplicates"][0], "4fZk0PqLx81mWd2C-9aX2kLm0Qw3E-0");
    }

    #[test]
    fn a_plan_of_what_cannot_be_done_says_why() {
        let why = Invalid::unsupported("seed", "it takes no seed");
        let shown = shown(&impossible(&spec(), &why, &raw("[]".to_owned()).unwrap()));
        assert_eq!(shown["errors"], json!([{"field": "seed", "reason": "it takes no seed"}]));
        assert_eq!((&shown["variants"], &shown["lowestCostUsd"]), (&json!([]), &Value::Null));
    }
}
