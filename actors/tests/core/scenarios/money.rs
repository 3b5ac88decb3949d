//! Every call is a row with its price, ledger and report agree, and no budget is overspent.

use std::collections::BTreeMap;

use picasso_actors::address::ActorName;
use picasso_actors::catalogue::price::DOLLAR;
use picasso_actors::effect::{Output, Said, Task};
use picasso_actors::entropy::Entropy as _;
use picasso_actors::ids::JobId;
use picasso_actors::job::money::{self, Claim, Quote, Terms};
use picasso_actors::job::stage::Stage;
use picasso_actors::job::wishes::{Route, Wishes};
use picasso_actors::job::{self, Selection, Spec};
use picasso_actors::project::{self, Allowed, Budget, CostsPage, Spent};
use picasso_actors::protocol::{Message, Refusal, RefusalCode, Reply};
use picasso_actors::provider::FailureClass::{self, Overloaded, Timeout};
use picasso_actors::provider::Provider::{self, Gemini, Openai, Workers};
use picasso_actors::provider::{Failure, StoredImage};
use serde_json::{Value, json};

use crate::studio::{Studio, body, start};
use crate::world::outside::{Call, PASS, Play, image};
use crate::world::seed::Seed;

const FLUX: &str = "@cf/black-forest-labs/flux-1-schnell";
const JUDGE: &str = "@cf/meta/llama-3.2-11b-vision-instruct";
/// 4,160 tokens of a picture and ten of words, at `OpenAI`'s prices.
const PICTURE: u64 = 10 * 5_000 + 4_160 * 30_000;
/// 1,000 tokens in and 100 out.
const LOOK: u64 = 1_000 * 49 + 100 * 676;

fn priced(studio: &Studio, providers: &[Provider], variants: u32) -> Spec {
    let model = |provider| match provider {
        Openai => "gpt-image-2",
        Gemini => "gemini-nano-banana-2.1",
        Workers => FLUX,
    };
    let route = |provider: &Provider| vec![Route { provider: *provider, model: model(*provider).to_owned() }];
    Spec {
        routes: providers.iter().map(route).collect(),
        terms: Terms { cap: None, judge: JUDGE.to_owned(), rewriter: String::new() },
        ..studio.spec(providers, variants)
    }
}

/// A picture as the model asked for bills it.
fn billed(key: &str, model: &str) -> StoredImage {
    let usage = match model {
        "gpt-image-2" => Some(r#"{"input_tokens":10,"output_tokens":4160}"#),
        "gemini-nano-banana-2.1" => Some(r#"{"promptTokenCount":20,"candidatesTokenCount":1120}"#),
        _ => None,
    };
    StoredImage { model: model.to_owned(), usage: usage.map(str::to_owned), ..image(key, Openai) }
}

/// Everybody answers, and says what it used.
fn answers(call: &Call) -> Option<Play> {
    match &call.work.task {
        Task::Generate { request, key, .. } => {
            Some(Play::Says(900, Ok(Output::Stored(billed(key, &request.model)))))
        }
        Task::Judge { .. } => {
            let usage = Some(r#"{"prompt_tokens":1000,"completion_tokens":100}"#.to_owned());
            let said = Said { text: PASS.to_owned(), model: Some(JUDGE.to_owned()), usage };
            Some(Play::Says(300, Ok(Output::Answer(said))))
        }
        _ => None,
    }
}

/// Begins a job as the edge does.
fn begin(studio: &mut Studio, mut spec: Spec) -> Result<JobId, Refusal> {
    let job = JobId::random(&studio.project, &mut studio.world.seed);
    let claim = money::claim(&spec).unwrap();
    let place = project::Message::Reserve { job_id: job.clone(), most: 50, claim };
    spec.terms.cap = allowed(&studio.ask_project(place))?;
    body(&studio.world.ask(&ActorName::Job(job.clone()), start(spec)));
    Ok(job)
}

/// Tries again as the edge does.
fn try_again(studio: &mut Studio, job: &JobId) -> Result<Value, Refusal> {
    let (me, selection) = (ActorName::Job(job.clone()), Selection::default());
    let quote = studio.world.ask(&me, Message::Job(job::Message::Quote(selection)));
    let quote: Quote = serde_json::from_value(body(&quote)).unwrap();
    let claim = project::Message::Extend { job_id: job.clone(), claim: quote.claim };
    let again = match allowed(&studio.ask_project(claim))? {
        Some(cap) => job::Message::RetryWithin { selection, cap },
        None => job::Message::Retry(selection),
    };
    Ok(body(&studio.world.ask(&me, Message::Job(again))))
}

fn allowed(reply: &Reply) -> Result<Option<u64>, Refusal> {
    match reply {
        Reply::Done => Ok(None),
        Reply::Refused(refusal) => Err(refusal.clone()),
        other => Ok(serde_json::from_value::<Allowed>(body(other)).unwrap().cap),
    }
}

fn set_budget(studio: &mut Studio, budget: Budget) {
    let update = project::Message::Update {
        name: None,
        description: None,
        budget: Some(budget),
        near_duplicates: None,
    };
    body(&studio.ask_project(update));
}

fn costs(studio: &mut Studio) -> Value {
    body(&studio.ask_project(project::Message::Costs(CostsPage { limit: 50, after: String::new() })))
}

/// D1's rows of a job's calls: task, ordinal, attempt, outcome, cost.
fn ledger(studio: &Studio, job: &JobId) -> Value {
    studio.world.d1.json(&format!(
        "SELECT json_group_array(json_array(task, ordinal, attempt, outcome, cost_nanousd)) FROM
           (SELECT * FROM provider_calls WHERE job_id = '{job}' ORDER BY ordinal, task, attempt)"
    ))
}

/// Calls, calls of unknown cost, and the sum of the known ones.
fn figures(value: &Value) -> (i64, i64, Option<i64>) {
    let number = |name| value[name].as_i64();
    (number("calls").unwrap(), number("unpricedCalls").unwrap(), number("costNanousd"))
}

#[test]
fn ledger_report_and_jobs_agree() {
    let mut studio = Studio::new(140);
    let mut tried = BTreeMap::new();
    studio.world.script(move |call| {
        let times: &mut u32 = tried.entry((call.provider, call.index, call.work.stage.as_str())).or_default();
        *times += 1;
        match (call.work.stage, call.provider, call.index, *times) {
            (Stage::Generate, Openai, 0, 1) | (Stage::Judge, Workers, 0, 1) => Some(Play::fails(50, Timeout)),
            (Stage::Generate, Gemini, 1, 1 | 2) => Some(Play::fails(50, Overloaded)),
            _ => answers(call),
        }
    });
    let spec = priced(&studio, &[Openai, Gemini, Workers], 2);
    let jobs = [begin(&mut studio, spec.clone()).unwrap(), begin(&mut studio, spec).unwrap()];
    studio.world.run();
    let shown = costs(&mut studio);
    let d1 = studio.world.d1.json(
        "SELECT json_object('calls', COUNT(*), 'unpricedCalls', COUNT(*) - COUNT(cost_nanousd),
           'costNanousd', SUM(cost_nanousd)) FROM provider_calls",
    );
    assert_eq!(figures(&shown["total"]), figures(&d1));
    for part in ["providers", "models", "tasks", "jobs"] {
        let parts: Vec<_> = shown[part].as_array().unwrap().iter().map(figures).collect();
        let whole = parts.iter().fold((0, 0, 0), |(a, b, c), it| (a + it.0, b + it.1, c + it.2.unwrap_or(0)));
        assert_eq!((whole.0, whole.1, Some(whole.2)), figures(&d1), "{part}");
    }
    let mut whole = 0;
    for job in &jobs {
        let sum = "SELECT SUM(columns ->> '$.cost_nanousd') FROM calls";
        let mine = studio.world.sql(&ActorName::Job(job.clone())).number(sum);
        let theirs =
            format!("SELECT json_array(SUM(cost_nanousd)) FROM provider_calls WHERE job_id = '{job}'");
        assert_eq!(studio.world.d1.json(&theirs), json!([mine]));
        whole += mine;
    }
    // Twelve pictures and verdicts, two calls that timed out and two that were refused.
    assert_eq!(figures(&d1), (12 + 12 + 2 + 2, 2, Some(whole)), "{shown}");
    // What isn't known counts at its bound, and dollars are the same figure.
    assert!(shown["countedNanousd"].as_i64().unwrap() > whole);
    let dollars = shown["total"]["costUsd"].as_f64().unwrap();
    assert!((dollars * 1e9 - shown["total"]["costNanousd"].as_f64().unwrap()).abs() < 1.0);
    assert_eq!((&shown["budgetUsd"], &shown["reservedNanousd"]), (&Value::Null, &json!(0)));
    // The ledger is said again with everything else.
    studio.world.d1.script("DELETE FROM provider_calls");
    let resend = Message::Upkeep(picasso_actors::upkeep::Message::Resend);
    studio.world.ask(&ActorName::Project(studio.project.clone()), resend);
    studio.world.run();
    let again = studio.world.d1.json("SELECT json_array(COUNT(*), SUM(cost_nanousd)) FROM provider_calls");
    assert_eq!(again, json!([figures(&d1).0, whole]));
}

#[test]
fn a_call_costs_what_it_reports_nothing_when_refused_and_null_when_nobody_knows() {
    let mut studio = Studio::new(141);
    let mut tries = 0;
    studio.world.script(move |call| {
        tries += u32::from(call.work.stage == Stage::Generate);
        match (call.work.stage, tries) {
            (Stage::Generate, 1) => Some(Play::fails(50, FailureClass::NoImage)),
            (Stage::Generate, 2) => Some(Play::fails(50, Overloaded)),
            _ => answers(call),
        }
    });
    let spec = priced(&studio, &[Openai], 1);
    let job = begin(&mut studio, spec).unwrap();
    studio.world.run();
    studio.check_ended(&job);
    assert_eq!(
        ledger(&studio, &job),
        json!([
            ["generate", 0, 1, "no_image", null],
            ["generate", 0, 2, "overloaded", 0],
            ["generate", 0, 3, "ok", PICTURE],
            ["judge", 0, 1, "ok", LOOK]
        ])
    );
    let row = studio.world.d1.json(
        "SELECT json_array(requested_provider, provider, model, usage) FROM provider_calls WHERE attempt = 3",
    );
    let usage = r#"{"input_tokens":10,"output_tokens":4160}"#;
    assert_eq!(row, json!(["openai", "openai", "gpt-image-2", usage]));
}

#[test]
fn a_model_without_a_price_costs_null_and_nothing_else_changes() {
    let mut studio = Studio::new(142);
    let job = studio.run(&[Openai], 1);
    studio.check_ended(&job);
    assert_eq!(ledger(&studio, &job), json!([["generate", 0, 1, "ok", null], ["judge", 0, 1, "ok", null]]));
    assert_eq!(figures(&costs(&mut studio)["total"]), (2, 2, None));
}

#[test]
fn a_picture_that_is_found_again_is_no_second_call() {
    for cut_off in [false, true] {
        let mut studio = Studio::new(143);
        studio.world.script(move |call| {
            let first = call.work.stage == Stage::Generate && call.work.attempt == 1;
            let unheard = || Play::DoneButFails(900, Failure::new(Timeout, "no answer"));
            first.then(|| if cut_off { Play::Vanishes } else { unheard() })
        });
        let spec = priced(&studio, &[Workers], 1);
        let job = begin(&mut studio, spec).unwrap();
        let soon = studio.world.now + 500;
        studio.world.run_until(soon);
        if cut_off {
            studio.world.crash(&ActorName::Job(job.clone()));
        }
        studio.world.outside.r2.values_mut().for_each(|image| FLUX.clone_into(&mut image.model));
        studio.world.run();
        studio.check_ended(&job);
        assert_eq!((studio.fetch(&job)["completed"].as_u64(), studio.world.outside.paid), (Some(1), 1));
        let flux = 4 * 52_800 + 4 * 105_600;
        assert_eq!(
            ledger(&studio, &job),
            json!([["generate", 0, 1, "ok", flux], ["judge", 0, 1, "ok", null]]),
            "what was unknown became known"
        );
        assert_eq!(figures(&costs(&mut studio)["total"]), (2, 1, Some(flux)));
    }
}

#[test]
fn a_call_that_outlives_its_variant_counts_at_its_bound_until_it_ends() {
    let mut studio = Studio::new(144);
    studio.world.script(|call| match &call.work.task {
        Task::Generate { request, key, .. } => {
            Some(Play::Says(20_000, Ok(Output::Stored(billed(key, &request.model)))))
        }
        _ => answers(call),
    });
    set_budget(&mut studio, Budget::Of(DOLLAR));
    let spec = priced(&studio, &[Openai], 1);
    let job = begin(&mut studio, spec.clone()).unwrap();
    let soon = studio.world.now + 5_000;
    studio.world.run_until(soon);
    studio.cancel(&job, Selection::default());
    let soon = soon + 5_000;
    studio.world.run_until(soon);
    let shown = costs(&mut studio);
    assert!(shown["countedNanousd"].as_u64().unwrap() > PICTURE, "{shown}");
    assert_eq!((&shown["reservedNanousd"], figures(&shown["total"])), (&json!(0), (1, 1, None)));
    studio.world.run();
    let shown = costs(&mut studio);
    assert_eq!(shown["countedNanousd"], PICTURE);
    assert_eq!(ledger(&studio, &job), json!([["generate", 0, 1, "discarded", PICTURE]]));
    // A retry begins with the picture, so only the judge is to be paid.
    try_again(&mut studio, &job).unwrap();
    studio.world.run();
    assert_eq!(costs(&mut studio)["countedNanousd"], PICTURE + LOOK);
}

#[test]
fn a_job_spends_no_more_than_it_may_and_says_why_it_ends() {
    let mut studio = Studio::new(145);
    studio.world.script(answers);
    let one = money::estimate(&priced(&studio, &[Openai], 1)).lowest.unwrap();
    let wishes = Wishes { budget: Some(one), ..Wishes::default() };
    let spec = Spec { wishes, ..priced(&studio, &[Openai], 3) };
    let job = begin(&mut studio, spec).unwrap();
    studio.world.run();
    studio.check_ended(&job);
    let shown = studio.fetch(&job);
    assert_eq!((&shown["completed"], &shown["failed"]), (&json!(1), &json!(2)));
    let classes: Vec<&Value> =
        shown["variants"].as_array().unwrap().iter().map(|variant| &variant["errorClass"]).collect();
    assert_eq!(classes.iter().filter(|class| **class == "budget").count(), 2);
    assert_eq!(studio.calls(Stage::Generate).len(), 1, "nobody else was asked");
    assert_eq!(figures(&costs(&mut studio)["total"]).2, i64::try_from(PICTURE + LOOK).ok());
}

#[test]
fn a_verdict_that_cannot_be_paid_for_is_done_without() {
    let silent = |call: &Call| match &call.work.task {
        Task::Generate { request, key, .. } => {
            let image = StoredImage { usage: None, ..billed(key, &request.model) };
            Some(Play::Says(900, Ok(Output::Stored(image))))
        }
        _ => answers(call),
    };
    // What a picture of unknown cost counts for.
    let mut studio = Studio::new(146);
    studio.world.script(silent);
    let spec = priced(&studio, &[Openai], 1);
    begin(&mut studio, spec).unwrap();
    studio.world.run();
    let bound = costs(&mut studio)["countedNanousd"].as_u64().unwrap() - LOOK;

    let mut studio = Studio::new(146);
    studio.world.script(silent);
    let wishes = Wishes { budget: Some(bound), ..Wishes::default() };
    let spec = Spec { wishes, ..priced(&studio, &[Openai], 1) };
    let job = begin(&mut studio, spec).unwrap();
    studio.world.run();
    studio.check_ended(&job);
    let variant = &studio.fetch(&job)["variants"][0];
    assert_eq!((&variant["state"], &variant["judgment"]), (&json!("complete"), &Value::Null));
    assert!(variant["notes"].as_str().unwrap().contains("may cost"), "{variant}");
    assert_eq!(studio.calls(Stage::Judge).len(), 0);
}

#[test]
fn a_project_refuses_what_could_cost_more_than_is_left() {
    let mut studio = Studio::new(147);
    studio.world.script(answers);
    let spec = priced(&studio, &[Openai], 1);
    let highest = money::claim(&spec).unwrap().highest;
    set_budget(&mut studio, Budget::Of(highest * 3 / 2));
    let job = begin(&mut studio, spec.clone()).unwrap();
    let refused = begin(&mut studio, spec.clone()).unwrap_err();
    assert_eq!(refused.code, RefusalCode::Budget);
    assert!(refused.detail.contains(&money::dollars(highest / 2)), "what is left: {}", refused.detail);
    let shown = costs(&mut studio);
    assert_eq!(shown["reservedNanousd"], highest);
    studio.world.run();
    studio.check_ended(&job);
    // What wasn't needed is free again.
    assert_eq!(costs(&mut studio)["reservedNanousd"], 0);
    begin(&mut studio, spec.clone()).unwrap();
    studio.world.run();
    // A price that nobody knows can't be held to a budget.
    let unpriced = Claim { highest: 0, unpriced: Some("no price".into()) };
    let job_id = JobId::random(&studio.project, &mut studio.world.seed);
    let place = project::Message::Reserve { job_id, most: 50, claim: unpriced };
    assert_eq!(allowed(&studio.ask_project(place)).unwrap_err().code, RefusalCode::Unpriced);
    set_budget(&mut studio, Budget::Lifted);
    assert_eq!(body(&studio.ask_project(project::Message::Fetch))["budgetUsd"], Value::Null);
    begin(&mut studio, spec).unwrap();
}

#[test]
fn a_retry_needs_money_again_and_gets_no_more_than_there_is() {
    let mut studio = Studio::new(148);
    let mut calls = 0;
    studio.world.script(move |call| {
        calls += u32::from(call.work.stage == Stage::Generate);
        let refuses = call.work.stage == Stage::Generate && calls == 1;
        if refuses { Some(Play::fails(50, FailureClass::Moderation)) } else { answers(call) }
    });
    let spec = priced(&studio, &[Openai], 1);
    let highest = money::claim(&spec).unwrap().highest;
    set_budget(&mut studio, Budget::Of(highest));
    let job = begin(&mut studio, spec.clone()).unwrap();
    studio.world.run();
    assert_eq!(costs(&mut studio)["countedNanousd"], 0, "a refusal isn't billed");
    set_budget(&mut studio, Budget::Of(highest - 1));
    assert_eq!(try_again(&mut studio, &job).unwrap_err().code, RefusalCode::Budget);
    set_budget(&mut studio, Budget::Of(highest));
    try_again(&mut studio, &job).unwrap();
    assert_eq!(begin(&mut studio, spec).unwrap_err().code, RefusalCode::Budget);
    studio.world.run();
    studio.check_ended_again(&job, 2);
    let shown = costs(&mut studio);
    assert_eq!((&shown["reservedNanousd"], &shown["countedNanousd"]), (&json!(0), &json!(PICTURE + LOOK)));
}

/// Jobs that claim, begin, spend, end, try again or never come, in every order that a seed gives: what is promised and spent
/// is never more than the budget, and nothing that would fit is refused.
#[test]
fn the_last_dollar_is_promised_once() {
    for seed in 0..200 {
        let mut studio = Studio::new(150);
        let mut dice = Seed(seed);
        set_budget(&mut studio, Budget::Of(1_000));
        // Of each job that has a promise: what it may spend, what it has spent, whether it has begun.
        let mut open: Vec<(JobId, u64, u64, bool)> = Vec::new();
        let (mut spent, mut refused, mut calls) = (0_u64, 0, 0);
        for _ in 0..40 {
            let held: u64 = open.iter().map(|job| job.1 - job.2).sum();
            assert!(spent + held <= 1_000, "{seed}");
            let shown = costs(&mut studio);
            assert_eq!((&shown["countedNanousd"], &shown["reservedNanousd"]), (&json!(spent), &json!(held)));
            match dice.below(4) {
                0 | 1 => {
                    let highest = 1 + dice.below(400);
                    let job_id = JobId::random(&studio.project, &mut dice);
                    let claim = Claim { highest, unpriced: None };
                    let place = project::Message::Reserve { job_id: job_id.clone(), most: 50, claim };
                    let fits = spent + held + highest <= 1_000;
                    let reply = studio.ask_project(place);
                    assert_eq!(allowed(&reply).is_ok(), fits, "{seed}: {reply:?}");
                    refused += u32::from(!fits);
                    if fits {
                        open.push((job_id.clone(), highest, 0, false));
                        let session_id = studio.session.clone();
                        let opened = project::Message::Opened { job_id, session_id, cap: Some(highest) };
                        studio.ask_project(opened);
                    }
                }
                2 if !open.is_empty() => {
                    let at = usize::try_from(dice.below(open.len() as u64)).unwrap();
                    let job = &mut open[at];
                    let cost = dice.below(job.1 - job.2 + 1);
                    (job.2, spent, calls) = (job.2 + cost, spent + cost, calls + 1);
                    let call = Spent {
                        id: format!("call-{calls}"),
                        job_id: job.0.clone(),
                        provider: Openai,
                        model: None,
                        task: "generate".into(),
                        nanousd: Some(cost),
                        counted: cost,
                        at: 1,
                        revision: 1,
                    };
                    // Told twice, it counts once.
                    studio.ask_project(project::Message::Spent(call.clone()));
                    studio.ask_project(project::Message::Spent(call));
                }
                3 if !open.is_empty() => {
                    let at = usize::try_from(dice.below(open.len() as u64)).unwrap();
                    let (job_id, ..) = open.swap_remove(at);
                    studio.ask_project(project::Message::Closed { job_id });
                }
                _ => {}
            }
        }
        assert!(refused > 0 || spent + 400 < 1_000, "{seed}: the budget was never felt");
    }
}

#[test]
fn a_promise_that_no_job_takes_up_is_void_after_a_while() {
    let mut studio = Studio::new(151);
    studio.world.script(answers);
    let spec = priced(&studio, &[Openai], 1);
    let claim = money::claim(&spec).unwrap();
    set_budget(&mut studio, Budget::Of(claim.highest));
    let job_id = JobId::random(&studio.project, &mut studio.world.seed);
    let place = project::Message::Reserve { job_id, most: 50, claim };
    allowed(&studio.ask_project(place)).unwrap();
    assert!(begin(&mut studio, spec.clone()).is_err());
    let later = studio.world.now + project::jobs::RESERVED_MS;
    studio.world.run_until(later);
    let job = begin(&mut studio, spec).unwrap();
    studio.world.run();
    studio.check_ended(&job);
}
