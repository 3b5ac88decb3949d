//! What goes wrong outside: a variant is tried again as the failure's class deserves, then ends clearly, and alone.

use picasso_actors::actor;
use picasso_actors::address::ActorName;
use picasso_actors::effect::Output;
use picasso_actors::ids::JobId;
use picasso_actors::job::Spec;
use picasso_actors::job::retry::{LONGEST_WAIT_MS, policy};
use picasso_actors::job::stage::Stage;
use picasso_actors::provider::Provider::{self, Gemini, Openai, Workers};
use picasso_actors::provider::{Failure, FailureClass};
use serde_json::json;

use crate::studio::Studio;
use crate::world::DAWN;
use crate::world::outside::{Play, image};

const CLASSES: [FailureClass; 13] = [
    FailureClass::NotConfigured,
    FailureClass::Auth,
    FailureClass::Quota,
    FailureClass::Rate,
    FailureClass::Overloaded,
    FailureClass::Timeout,
    FailureClass::Moderation,
    FailureClass::BadRequest,
    FailureClass::ModelGone,
    FailureClass::NoImage,
    FailureClass::BadImage,
    FailureClass::BadAnswer,
    FailureClass::Storage,
];

/// When the attempts at a provider's first picture began.
fn attempts(studio: &Studio, provider: Provider) -> Vec<i64> {
    let calls = studio.calls(Stage::Generate);
    calls.iter().filter(|call| call.provider == provider && call.index == 0).map(|call| call.at).collect()
}

#[test]
fn a_provider_that_keeps_failing_is_tried_as_often_as_its_class_deserves() {
    for class in CLASSES {
        let mut studio = Studio::new(30);
        studio.world.script(move |call| call.is(Stage::Generate, Gemini, 0).then(|| Play::fails(700, class)));
        let job = studio.run(&[Openai, Gemini], 2);
        studio.check_ended(&job);

        let policy = policy(class);
        let began = attempts(&studio, Gemini);
        assert_eq!(began.len(), policy.attempts as usize, "{class:?}");
        for (n, pair) in began.windows(2).enumerate() {
            let waited = u64::try_from(pair[1] - pair[0] - 700).unwrap();
            let whole = (policy.base_ms << n).min(policy.cap_ms);
            assert!(waited <= whole, "{class:?}: wait {n} was {waited} ms");
        }

        let end = studio.events_of(Gemini, 0).pop().unwrap();
        assert_eq!(end.kind, "fail");
        assert_eq!(end.data["error"], format!("scripted {}", class.as_str()));
        assert_eq!(
            (&end.data["errorClass"], &end.data["stage"]),
            (&json!(class.as_str()), &json!("generate"))
        );
        assert!(!end.data["retrySuggestion"].as_str().unwrap().is_empty(), "it says what to do");
        let sql = studio.world.sql(&ActorName::Job(job.clone()));
        let lapses = sql.number("SELECT COUNT(*) FROM journal WHERE event LIKE '%lapsed%'");
        assert_eq!(lapses, 0, "an attempt that has reported holds nothing any more");
        let calls = studio.world.d1.json(
            "SELECT json_group_array(outcome ORDER BY attempt) FROM provider_calls
             WHERE provider = 'gemini' AND task = 'generate' AND ordinal = 2",
        );
        assert_eq!(calls, json!(vec![class.as_str(); policy.attempts as usize]));

        let shown = studio.fetch(&job);
        assert_eq!(
            (&shown["state"], &shown["completed"], &shown["failed"]),
            (&json!("complete"), &json!(3), &json!(1))
        );
        assert_eq!(
            (&shown["variants"][2]["state"], &shown["variants"][2]["errorClass"]),
            (&json!("failed"), &json!(class.as_str()))
        );
        assert_eq!(studio.rows(&job).len(), 3, "no picture, no row");
    }
}

#[test]
fn a_retry_is_an_event_that_says_why_and_when() {
    let mut studio = Studio::new(31);
    studio.world.script(|call| {
        (call.work.stage == Stage::Generate && call.work.attempt == 1).then(|| {
            let failure = Failure::new(FailureClass::Rate, "too fast").retry_after(Some(2_500));
            Play::Says(700, Err(failure))
        })
    });
    studio.run(&[Workers], 1);
    assert_eq!(
        studio.events_of(Workers, 0)[2].data["notes"],
        "Attempt 1 of generate failed (too fast); trying again in 2.5 s."
    );
}

#[test]
fn nobody_waits_long_for_tips() {
    let mut studio = Studio::new(29);
    studio
        .world
        .script(|call| (call.work.stage == Stage::Refine).then(|| Play::fails(40, FailureClass::Storage)));
    let job = studio.run(&[Openai, Gemini], 2);
    studio.check_ended(&job);
    assert_eq!(studio.calls(Stage::Refine).len(), 2 * 2, "each provider's leader has tried twice");
    assert_eq!(studio.fetch(&job)["completed"], 4);
    assert!(attempts(&studio, Openai)[0] - DAWN < 500, "and pictures are begun without them");
}

#[test]
fn the_time_that_a_provider_asks_for_is_honoured_to_the_millisecond() {
    let mut studio = Studio::new(32);
    studio.world.script(|call| {
        (call.is(Stage::Generate, Openai, 0) && call.work.attempt <= 2).then(|| {
            let failure = Failure::new(FailureClass::Rate, "too fast").retry_after(Some(20_000));
            Play::Says(700, Err(failure))
        })
    });
    let job = studio.run(&[Openai], 1);
    studio.check_ended(&job);
    let began = attempts(&studio, Openai);
    assert_eq!(began.windows(2).map(|pair| pair[1] - pair[0]).collect::<Vec<_>>(), [20_700, 20_700]);
    assert_eq!(studio.fetch(&job)["completed"], 1);
}

#[test]
fn a_provider_that_asks_for_too_long_is_given_up() {
    let mut studio = Studio::new(33);
    studio.world.script(|call| {
        (call.work.stage == Stage::Generate).then(|| {
            let failure =
                Failure::new(FailureClass::Rate, "come back tomorrow").retry_after(Some(LONGEST_WAIT_MS + 1));
            Play::Says(700, Err(failure))
        })
    });
    let job = studio.run(&[Openai], 1);
    studio.check_ended(&job);
    assert_eq!(attempts(&studio, Openai).len(), 1);
    assert_eq!(studio.fetch(&job)["failed"], 1);
}

#[test]
fn a_provider_that_never_answers_fails_at_the_deadline_and_nobody_waits_for_it() {
    let mut studio = Studio::new(34);
    studio.world.script(|call| call.is(Stage::Generate, Gemini, 0).then_some(Play::Hangs));
    let spec = Spec { deadline_ms: 60_000, ..studio.spec(&Provider::ALL, 1) };
    let job = studio.start_as(spec);
    studio.world.run();
    studio.check_ended(&job);

    let end = studio.events_of(Gemini, 0).pop().unwrap();
    assert_eq!((end.kind.as_str(), &end.data["errorClass"]), ("fail", &json!("timeout")));
    assert_eq!(end.data["error"], "no picture within 60000 ms");
    assert_eq!(end.ts - DAWN, 60_000);
    for provider in [Openai, Workers] {
        let end = studio.events_of(provider, 0).pop().unwrap();
        assert!(end.kind == "complete" && end.ts - DAWN < 10_000, "{end:?}");
    }
}

#[test]
fn a_deadline_does_not_take_a_picture_that_is_stored() {
    let mut studio = Studio::new(35);
    studio.world.script(|call| match call.work.stage {
        Stage::Generate => Some(Play::Done(59_000)),
        Stage::Deliver if call.work.attempt < 5 => Some(Play::fails(500, FailureClass::Storage)),
        _ => None,
    });
    let spec = Spec { deadline_ms: 60_000, ..studio.spec(&[Workers], 1) };
    let job = studio.start_as(spec);
    studio.world.run();
    studio.check_ended(&job);
    assert_eq!(studio.fetch(&job)["completed"], 1);
    assert!(studio.events().pop().unwrap().ts - DAWN > 60_000);
}

#[test]
fn a_failure_after_the_picture_is_stored_never_asks_the_provider_again() {
    for stage in [Stage::Fingerprint, Stage::Deliver, Stage::Judge] {
        let mut studio = Studio::new(36);
        studio.world.script(move |call| {
            (call.work.stage == stage && call.work.attempt < 4)
                .then(|| Play::fails(300, FailureClass::Storage))
        });
        let job = studio.run(&[Openai], 1);
        studio.check_ended(&job);
        assert_eq!((attempts(&studio, Openai).len(), studio.world.outside.paid), (1, 1), "{stage:?}");
        assert_eq!(studio.fetch(&job)["completed"], 1, "{stage:?}");
    }
}

#[test]
fn a_provider_that_was_done_but_seemed_to_fail_is_paid_once() {
    let mut studio = Studio::new(37);
    studio.world.script(|call| {
        (call.work.stage == Stage::Generate && call.work.attempt == 1).then(|| {
            Play::DoneButFails(5_000, Failure::new(FailureClass::Storage, "the put's answer was lost"))
        })
    });
    let job = studio.run(&[Openai], 1);
    studio.check_ended(&job);
    assert_eq!((studio.world.outside.paid, studio.fetch(&job)["completed"].as_i64()), (1, Some(1)));
}

#[test]
fn a_result_of_an_earlier_attempt_is_too_late() {
    let mut studio = Studio::new(38);
    studio.world.script(|call| {
        (call.work.stage == Stage::Generate).then(|| match call.work.attempt {
            1 => Play::fails(700, FailureClass::Overloaded),
            _ => Play::Done(20_000),
        })
    });
    let job = studio.start(&[Openai], 1);
    studio.world.run_until(DAWN + 5_000);
    let me = ActorName::Job(job.clone());
    let before = studio.world.sql(&me).dump();
    let late = [Ok(Output::Stored(image("late", Openai))), Err(Failure::new(FailureClass::Auth, "no"))];
    for (outcome, attempt) in late.into_iter().zip([1, 1]) {
        finish(&mut studio, &job, Stage::Generate, attempt, outcome);
        assert_eq!(studio.world.sql(&me).dump(), before);
    }
    studio.world.run();
    studio.check_ended(&job);
    assert_eq!(
        studio.variant(&job, Openai, 0).image.unwrap().key,
        format!("project/{}/jobs/{job}/orig/0", studio.project)
    );
}

#[test]
fn nothing_that_is_reported_after_the_end_changes_it() {
    let mut studio = Studio::new(39);
    let job = studio.run(&[Openai], 1);
    let me = ActorName::Job(job.clone());
    let before = studio.world.sql(&me).dump();
    for stage in [Stage::Refine, Stage::Generate, Stage::Judge] {
        finish(&mut studio, &job, stage, 1, Err(Failure::new(FailureClass::Auth, "no")));
    }
    studio.world.run();
    assert_eq!(studio.world.sql(&me).dump(), before);
}

fn finish(
    studio: &mut Studio,
    job: &JobId,
    stage: Stage,
    attempt: u32,
    outcome: picasso_actors::effect::Outcome,
) {
    let me = ActorName::Job(job.clone());
    studio.world.turn(&me, |turn| actor::finish(turn, 0, stage, attempt, outcome)).unwrap();
}
