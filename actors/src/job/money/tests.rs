use super::*;
use crate::ids::{JobId, ProjectId, SessionId};
use crate::job::judge::Question;
use crate::job::refine::Ask;
use crate::job::wishes::{Materials, Wishes};
use crate::knowledge::{Kept, Knowledge};

const JUDGE: &str = PRICED_JUDGE;

fn route(provider: Provider, model: &str) -> Route {
    Route { provider, model: model.to_owned() }
}

fn spec(models: &[(Provider, &str)], wishes: Wishes) -> Spec {
    Spec {
        project_id: ProjectId::parse("4fZk0PqLx81mWd2C").unwrap(),
        session_id: SessionId::parse("s").unwrap(),
        prompt: "a boat".into(),
        providers: models.iter().map(|(provider, _)| *provider).collect(),
        variants: 2,
        deadline_ms: 1,
        job_deadline_ms: 1,
        wishes,
        materials: Materials::default(),
        routes: models.iter().map(|(provider, model)| vec![route(*provider, model)]).collect(),
        terms: Terms { cap: None, judge: JUDGE.into(), rewriter: PRICED_REWRITER.into() },
    }
}

#[test]
fn a_job_costs_between_every_first_attempt_and_every_second() {
    let flux = (Provider::Workers, "@cf/black-forest-labs/flux-1-schnell");
    let it = estimate(&spec(&[flux], Wishes::default()));
    // 4 tiles and 4 steps; the judge's words and one picture in, its words out.
    let picture = 4 * 52_800 + 4 * 105_600;
    let judge = 49 * (6 + 2_500 + 6_240) + 676 * 2_048;
    assert_eq!((it.lowest, it.highest), (Some(2 * (picture + judge)), Some(4 * (picture + judge))));
    let each: Vec<u32> = it.variants.iter().map(|variant| variant.index).collect();
    assert_eq!(each, [0, 1]);
    let reworded = estimate(&spec(&[flux], Wishes { rewrite: true, ..Wishes::default() }));
    let words = 293 * (6 + 5_000) + 2_253 * 2_048;
    assert_eq!(reworded.lowest, Some(2 * (picture + judge + words)));
}

#[test]
fn the_lowest_is_of_the_cheapest_model_that_may_be_asked_and_the_highest_of_the_dearest() {
    let mut both = spec(&[(Provider::Openai, "gpt-image-2")], Wishes::default());
    let dear = estimate(&both);
    both.routes[0].push(route(Provider::Gemini, "gemini-nano-banana-2.1"));
    let it = estimate(&both);
    assert!(it.lowest < dear.lowest, "{it:?} {dear:?}");
    assert_eq!(it.highest, dear.highest);
}

#[test]
fn what_has_no_price_is_named_with_one_that_has() {
    let budget = || Wishes { budget: Some(DOLLAR), ..Wishes::default() };
    for (model, missing, other) in [
        ((Provider::Openai, "gpt-image-1.5"), "gpt-image-1.5", "gpt-image-2"),
        ((Provider::Gemini, "gemini-3-pro-image"), "gemini-3-pro-image", "gemini-nano-banana-2.1"),
    ] {
        let unknown = spec(&[(Provider::Workers, "@cf/black-forest-labs/flux-1-schnell"), model], budget());
        assert_eq!(estimate(&unknown).highest, None);
        let refused = claim(&unknown).unwrap_err();
        assert_eq!(refused.field, "maxCostUsd");
        assert!(refused.reason.contains(missing) && refused.reason.contains(other), "{}", refused.reason);
    }
    let mut unjudged = spec(&[(Provider::Openai, "gpt-image-2")], budget());
    unjudged.terms.judge = "@cf/a/b".into();
    let refused = claim(&unjudged).unwrap_err();
    assert!(refused.reason.contains("@cf/a/b") && refused.reason.contains(JUDGE), "{}", refused.reason);
    unjudged.wishes.budget = None;
    let open = claim(&unjudged).unwrap();
    assert!(open.highest == 0 && open.unpriced.is_some(), "without a budget of its own its project decides");
}

#[test]
fn a_job_claims_no_more_than_it_may_spend() {
    let wishes = Wishes { budget: Some(1_000), ..Wishes::default() };
    let it = spec(&[(Provider::Openai, "gpt-image-2")], wishes);
    assert_eq!(claim(&it), Ok(Claim { highest: 1_000, unpriced: None }));
    assert_eq!(limit(&it), Some(1_000));
    let capped = Spec { terms: Terms { cap: Some(999), ..it.terms.clone() }, ..it };
    assert_eq!(limit(&capped), Some(999));
}

#[test]
fn what_models_of_words_are_told_is_no_longer_than_it_was_priced() {
    let mut it = spec(&[(Provider::Openai, "gpt-image-2")], Wishes::default());
    it.prompt = "\u{e9}".repeat(PROMPT_MAX);
    let me = JobId::parse("4fZk0PqLx81mWd2C-9aX2kLm0Qw3E").unwrap();
    let question = Question { has_start: true, again: true, ..Question::of(&me, &it, 0, 1) };
    assert!(question.text(2).len() <= it.prompt.len() + JUDGE_WORDS, "{}", question.text(2).len());
    let tip = |n: u8| Kept {
        key: format!("openai/{n}"),
        version: 1,
        value: format!(r#"{{"tip":"{}"}}"#, "x".repeat(600)),
    };
    let knowledge = Knowledge { revision: 1, tips: (0..9).map(tip).collect() };
    let ask = Ask { rewrite: true, ..Ask::of(&it, Provider::Openai) };
    let told = ask.question(&knowledge).unwrap().instruction;
    assert!(told.len() <= it.prompt.len() + REWRITE_WORDS, "{}", told.len());
}

#[test]
fn dollars_are_shown_exactly() {
    for (amount, text) in [
        (0, "$0"),
        (DOLLAR, "$1"),
        (1_500_000_000, "$1.5"),
        (1, "$0.000000001"),
        (20 * DOLLAR + 10_000_000, "$20.01"),
    ] {
        assert_eq!(dollars(amount), text);
    }
}
