//! What people do to a running job: they stop it or a part of it, and try again what ended badly.

use picasso_actors::address::ActorName;
use picasso_actors::effect::Task;
use picasso_actors::ids::JobId;
use picasso_actors::job::money::Claim;
use picasso_actors::job::stage::Stage;
use picasso_actors::job::{self, Selection, Spec};
use picasso_actors::protocol::{Message, RefusalCode, Reply};
use picasso_actors::provider::FailureClass;
use picasso_actors::provider::Provider::{self, Gemini, Openai, Workers};
use picasso_actors::session::places::RESERVED_MS;
use picasso_actors::{project, session};
use serde_json::{Value, json};

use crate::studio::Studio;
use crate::world::DAWN;
use crate::world::outside::{Call, Play};

const ALL: Selection = Selection { provider: None, variant_index: None };

const fn of(provider: Provider) -> Selection {
    Selection { provider: Some(provider), variant_index: None }
}

const fn one(provider: Provider, index: u32) -> Selection {
    Selection { provider: Some(provider), variant_index: Some(index) }
}

/// Provider, index and state of each item of a reply's list.
fn items(list: &Value) -> Vec<(String, u64, String)> {
    let text = |item: &Value, field: &str| item[field].as_str().unwrap().to_owned();
    let items = list.as_array().unwrap().iter();
    items
        .map(|item| (text(item, "provider"), item["variantIndex"].as_u64().unwrap(), text(item, "state")))
        .collect()
}

fn item(provider: Provider, index: u64, state: &str) -> (String, u64, String) {
    (provider.as_str().to_owned(), index, state.to_owned())
}

/// A provider's pictures take so long that everything else happens meanwhile.
fn slow(provider: Provider) -> impl FnMut(&Call) -> Option<Play> {
    move |call| {
        (call.work.stage == Stage::Generate && call.provider == provider).then_some(Play::Done(60_000))
    }
}

fn wait(studio: &mut Studio, ms: i64) {
    studio.world.run_until(studio.world.now + ms);
}

#[test]
fn cancelling_one_provider_touches_no_other_and_twice_changes_nothing() {
    let mut studio = Studio::new(90);
    studio.world.script(slow(Gemini));
    let job = studio.start(&Provider::ALL, 2);
    wait(&mut studio, 30_000);
    let reply = studio.cancel(&job, of(Gemini));
    assert_eq!(reply["state"], "complete", "the others had ended");
    assert_eq!(items(&reply["cancelled"]), [item(Gemini, 0, "cancelled"), item(Gemini, 1, "cancelled")]);
    assert_eq!(items(&reply["finished"]), []);

    let me = ActorName::Job(job.clone());
    wait(&mut studio, 0);
    let before = studio.world.sql(&me).number("SELECT revision FROM job");
    let events = studio.events().len();
    let again = studio.cancel(&job, ALL);
    assert_eq!(items(&again["cancelled"]), []);
    assert_eq!(items(&again["finished"]).len(), 6, "it lists what had ended, however it did");
    wait(&mut studio, 1_000);
    assert_eq!(studio.world.sql(&me).number("SELECT revision FROM job"), before);
    assert_eq!(studio.events().len(), events);

    studio.world.run();
    studio.check_ended(&job);
    let shown = studio.fetch(&job);
    assert_eq!(
        [&shown["completed"], &shown["failed"], &shown["cancelled"]],
        [&json!(4), &json!(0), &json!(2)]
    );
    let last = studio.events_of(Gemini, 0).pop().unwrap();
    assert_eq!((last.kind.as_str(), &last.data["errorClass"]), ("fail", &json!("cancelled")));
    assert_eq!(studio.kinds_of(Openai, 1).pop().as_deref(), Some("complete"));
}

#[test]
fn a_picture_that_comes_after_its_variant_was_cancelled_is_kept_and_a_retry_begins_with_it() {
    let mut studio = Studio::new(91);
    studio.world.script(slow(Openai));
    let job = studio.start(&[Openai], 1);
    wait(&mut studio, 10_000);
    studio.cancel(&job, one(Openai, 0));
    assert_eq!(studio.fetch(&job)["state"], "complete", "nobody waits for it");
    assert_eq!(studio.fetch(&job)["variants"][0]["discarded"], Value::Null);
    wait(&mut studio, 1_000);
    let ended = studio.events().len();
    studio.world.run();
    assert_eq!(studio.events().len(), ended, "and it's no event");
    let shown = studio.fetch(&job);
    assert_eq!(
        (&shown["variants"][0]["state"], &shown["variants"][0]["discarded"]["width"]),
        (&json!("cancelled"), &json!(64))
    );
    assert_eq!((studio.rows(&job).len(), studio.world.outside.paid), (0, 1));
    studio.check_ended(&job);

    let reply = studio.retry(&job, ALL);
    assert_eq!(
        reply["retried"],
        json!([{"provider": "openai", "variantIndex": 0, "ordinal": 1, "state": "running", "retryOf": 0}])
    );
    studio.world.run();
    studio.check_ended_again(&job, 2);
    assert_eq!(studio.world.outside.paid, 1, "it isn't paid for again");
    let shown = studio.fetch(&job);
    assert_eq!((&shown["completed"], &shown["cancelled"]), (&json!(1), &json!(0)));
    assert_eq!(
        (&shown["variants"][0]["supersededBy"], &shown["variants"][1]["retryOf"]),
        (&json!(1), &json!(0))
    );
    assert_eq!(studio.rows(&job).len(), 1);
}

#[test]
fn a_picture_that_comes_after_the_deadline_is_kept() {
    let mut studio = Studio::new(92);
    studio.world.script(slow(Workers));
    let spec = Spec { deadline_ms: 20_000, ..studio.spec(&[Workers], 1) };
    let job = studio.start_as(spec);
    studio.world.run();
    studio.check_ended(&job);
    let shown = studio.fetch(&job);
    assert_eq!(
        (&shown["variants"][0]["state"], &shown["variants"][0]["errorClass"]),
        (&json!("failed"), &json!("timeout"))
    );
    assert_eq!(shown["variants"][0]["discarded"]["model"], "workers-model");
}

#[test]
fn a_late_attempt_still_holds_its_connection() {
    let mut studio = Studio::new(93);
    studio.world.script(slow(Openai));
    let job = studio.start(&[Openai, Gemini], 8);
    wait(&mut studio, 5_000);
    studio.cancel(&job, of(Openai));
    studio.world.run();
    studio.check_ended(&job);
    assert_eq!(studio.world.most_at_once, job::MOST_AT_ONCE as usize);
    assert_eq!(studio.fetch(&job)["completed"], 8);
}

#[test]
fn what_the_project_has_been_offered_is_finished() {
    let mut studio = Studio::new(94);
    studio.world.script(|call| (call.work.stage == Stage::Judge).then_some(Play::Done(20_000)));
    let job = studio.start(&[Openai], 1);
    wait(&mut studio, 15_000);
    let reply = studio.cancel(&job, ALL);
    assert_eq!(items(&reply["cancelled"]), []);
    assert_eq!(items(&reply["finishing"]), [item(Openai, 0, "running")]);
    studio.world.run();
    studio.check_ended(&job);
    assert_eq!(studio.fetch(&job)["completed"], 1);
}

#[test]
fn who_led_the_refinement_may_be_cancelled() {
    let mut studio = Studio::new(95);
    studio.world.outside.tips = vec![r#"{"id":"openai/light","version":1,"text":"Soft light."}"#.to_owned()];
    studio
        .world
        .script(|call| (call.work.stage == Stage::Refine && call.index == 0).then_some(Play::Done(20_000)));
    let job = studio.start(&[Openai], 3);
    wait(&mut studio, 1_000);
    studio.cancel(&job, one(Openai, 0));
    studio.world.run();
    studio.check_ended(&job);
    let refined: Vec<bool> = studio.variants(&job).iter().map(|it| it.refined.is_some()).collect();
    assert_eq!(refined, [false, true, true]);
    assert_eq!(studio.calls(Stage::Refine).len(), 2, "another has led");
    assert_eq!(studio.fetch(&job)["completed"], 2);
}

#[test]
fn a_retry_is_a_new_attempt_that_names_the_old_one() {
    let mut studio = Studio::new(96);
    studio.world.script(|call| {
        (call.is(Stage::Generate, Gemini, 1) && call.work.ordinal < 6)
            .then(|| Play::fails(500, FailureClass::Moderation))
    });
    let job = studio.run(&Provider::ALL, 2);
    studio.check_ended(&job);
    assert_eq!(studio.fetch(&job)["failed"], 1);

    let reply = studio.retry(&job, ALL);
    assert_eq!(reply["state"], "running");
    assert_eq!(
        reply["retried"],
        json!([{"provider": "gemini", "variantIndex": 1, "ordinal": 6, "state": "running", "retryOf": 3}])
    );
    studio.world.run();
    studio.check_ended_again(&job, 2);
    let shown = studio.fetch(&job);
    assert_eq!([&shown["completed"], &shown["failed"]], [&json!(6), &json!(0)]);
    assert_eq!(studio.rows(&job).len(), 6);
    let queued: Vec<_> =
        studio.events_of(Gemini, 1).into_iter().filter(|event| event.kind == "queued").collect();
    assert_eq!(queued.len(), 2);
    assert_eq!(queued[1].data["retryOf"], 3);
    let keys: Vec<String> = studio
        .calls(Stage::Generate)
        .iter()
        .filter(|call| call.is(Stage::Generate, Gemini, 1))
        .map(|call| match &call.work.task {
            Task::Generate { key, .. } => key.rsplit('/').next().unwrap().to_owned(),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(keys, ["3", "6"], "and has a place of its own for its picture");

    let nothing = studio.retry(&job, ALL);
    assert_eq!((&nothing["retried"], &nothing["state"]), (&json!([]), &json!("complete")));
    studio.world.run();
    studio.check_ended_again(&job, 2);
}

#[test]
fn a_picture_that_could_not_be_delivered_is_retried_from_the_store() {
    let mut studio = Studio::new(97);
    studio.world.script(|call| {
        (call.work.stage == Stage::Deliver && call.work.ordinal == 0)
            .then(|| Play::fails(100, FailureClass::Auth))
    });
    let job = studio.run(&[Openai], 1);
    studio.check_ended(&job);
    assert_eq!(studio.fetch(&job)["failed"], 1);
    studio.retry(&job, one(Openai, 0));
    studio.world.run();
    studio.check_ended_again(&job, 2);
    assert_eq!((studio.world.outside.paid, studio.fetch(&job)["completed"].as_i64()), (1, Some(1)));
}

#[test]
fn a_retry_while_others_run_keeps_the_job_open() {
    let mut studio = Studio::new(98);
    studio.world.script(|call| match (call.work.stage, call.provider) {
        (Stage::Generate, Openai) if call.work.ordinal == 0 => Some(Play::fails(500, FailureClass::Auth)),
        (Stage::Generate, Gemini) => Some(Play::Done(60_000)),
        _ => None,
    });
    let job = studio.start(&[Openai, Gemini], 1);
    wait(&mut studio, 10_000);
    studio.retry(&job, of(Openai));
    studio.world.run();
    studio.check_ended(&job);
    assert_eq!(studio.fetch(&job)["completed"], 2);
}

#[test]
fn the_jobs_deadline_ends_what_is_open() {
    let mut studio = Studio::new(99);
    studio.world.script(|call| match (call.work.stage, call.provider) {
        (Stage::Deliver, Openai) => Some(Play::fails(1_000, FailureClass::Storage)),
        (Stage::Generate, Gemini) | (Stage::Judge, Workers) => Some(Play::Hangs),
        _ => None,
    });
    let spec = Spec { job_deadline_ms: 12_000, ..studio.spec(&Provider::ALL, 1) };
    let job = studio.start_as(spec);
    studio.world.run();
    studio.check_ended(&job);
    let closed = studio.events().pop().unwrap();
    let ms = closed.data["summary"]["ms"].as_i64().unwrap();
    assert!(
        (12_000 + 55_000..12_000 + 70_000).contains(&ms),
        "but for a verdict that's under way: {closed:?}"
    );
    let ends: Vec<i64> =
        [Openai, Gemini].map(|provider| studio.events_of(provider, 0).pop().unwrap().ts - DAWN).into();
    assert_eq!(ends, [12_000, 12_000]);
    assert_eq!(studio.calls(Stage::Judge).len(), 1, "and isn't asked for again");
    let shown = studio.fetch(&job);
    assert_eq!([&shown["completed"], &shown["failed"]], [&json!(1), &json!(2)]);
    assert_eq!(shown["variants"][0]["discarded"]["model"], "openai-model", "its picture is kept");
    assert_eq!(shown["variants"][2]["judgment"], Value::Null);
}

#[test]
fn what_is_not_there_can_be_neither_cancelled_nor_retried() {
    let mut studio = Studio::new(100);
    let job = studio.run(&[Openai], 1);
    let stranger = JobId::random(&studio.project, &mut studio.world.seed);
    for (job, selection) in [(&job, of(Gemini)), (&job, one(Openai, 1)), (&stranger, ALL)] {
        for message in [job::Message::Cancel(selection), job::Message::Retry(selection)] {
            let reply = studio.world.ask(&ActorName::Job(job.clone()), Message::Job(message));
            assert!(
                matches!(&reply, Reply::Refused(refusal) if refusal.code == RefusalCode::NotFound),
                "{reply:?}"
            );
        }
    }
}

fn granted(reply: &Reply) -> bool {
    match reply {
        Reply::Done => true,
        Reply::Refused(refusal) if refusal.code == RefusalCode::TooMany => false,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_project_has_so_many_places_for_open_jobs() {
    check_places(|studio, job| {
        granted(&studio.ask_project(project::Message::Reserve {
            job_id: job.clone(),
            most: 2,
            claim: Claim::default(),
        }))
    });
}

#[test]
fn a_session_has_so_many_places_for_open_jobs() {
    check_places(|studio, job| {
        granted(&studio.ask_session(session::Message::Reserve { job_id: job.clone(), most: 2 }))
    });
}

fn check_places(reserve: impl Fn(&mut Studio, &JobId) -> bool) {
    let mut studio = Studio::new(101);
    let id = |studio: &mut Studio| JobId::random(&studio.project, &mut studio.world.seed);
    studio.world.script(slow(Openai));
    let running = studio.start(&[Openai], 1);
    wait(&mut studio, 1_000);
    let (second, third) = (id(&mut studio), id(&mut studio));
    assert!(reserve(&mut studio, &running), "who has a place keeps it");
    assert!(reserve(&mut studio, &second) && reserve(&mut studio, &second));
    assert!(!reserve(&mut studio, &third));
    wait(&mut studio, RESERVED_MS - 1);
    assert!(!reserve(&mut studio, &third));
    wait(&mut studio, 1);
    assert!(reserve(&mut studio, &third), "a place that nobody took up is free again");
    assert!(!reserve(&mut studio, &second));
    studio.world.run();
    assert!(reserve(&mut studio, &second), "a job has ended");
}
