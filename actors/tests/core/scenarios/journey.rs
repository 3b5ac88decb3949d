//! A job that goes well, from the request to the last row.

use picasso_actors::effect::{Output, Task};
use picasso_actors::job::stage::Stage;
use picasso_actors::provider::FailureClass;
use picasso_actors::provider::Provider::{self, Gemini, Openai, Workers};
use serde_json::json;

use crate::studio::Studio;
use crate::world::DAWN;
use crate::world::outside::{Play, fingerprint};

#[test]
fn six_variants_go_all_the_way() {
    let mut studio = Studio::new(1);
    let job = studio.run(&Provider::ALL, 2);
    studio.check_ended(&job);

    for provider in Provider::ALL {
        for index in 0..2 {
            let events = studio.events_of(provider, index);
            let steps: Vec<(&str, Option<&str>, f64)> = events
                .iter()
                .map(|it| {
                    (it.kind.as_str(), it.data["stage"].as_str(), it.data["progress"].as_f64().unwrap())
                })
                .collect();
            assert_eq!(
                steps,
                [
                    ("queued", Some("refine"), 0.0),
                    ("running", Some("generate"), 0.1),
                    ("progress", Some("fingerprint"), 0.65),
                    ("progress", Some("deliver"), 0.7),
                    ("progress", Some("record"), 0.8),
                    ("progress", Some("judge"), 0.85),
                    ("judge", Some("settle"), 0.95),
                    ("complete", None, 1.0),
                ],
                "{provider} {index}"
            );
            let last = &events.last().unwrap().data;
            assert_eq!(last["judgment"], "pass");
            assert_eq!(last["notes"], "A red boat, as asked.");
            assert_eq!(last["tags"], json!(["red-boat", "sea"]));
            assert!(last["generatedImageUrl"].as_str().unwrap().starts_with("https://imagedelivery.net/"));
        }
    }
    let last = studio.events().pop().unwrap();
    let ms = last.ts - DAWN;
    assert_eq!(
        last.data,
        json!({"jobId": job.as_str(), "progress": 1.0, "summary": {"variants": 6, "completed": 6, "failed": 0, "cancelled": 0,
            "passed": 6, "nearDuplicates": 0, "ms": ms}})
    );
    assert_eq!(studio.world.outside.paid, 6);
}

#[test]
fn every_picture_has_its_row_with_both_places() {
    let mut studio = Studio::new(2);
    let job = studio.run(&Provider::ALL, 2);
    let rows = studio.rows(&job);
    assert_eq!(rows.len(), 6);
    for (ordinal, row) in rows.iter().enumerate() {
        let project = &studio.project;
        let key = format!("project/{project}/jobs/{job}/orig/{ordinal}");
        assert_eq!(row["id"], format!("{job}-{ordinal}"));
        assert_eq!(row["original"], key);
        assert!(studio.world.outside.r2.contains_key(&key));
        assert_eq!(row["url"], format!("https://imagedelivery.net/h/{job}-{ordinal}/public"));
        assert_eq!(row["provider"], Provider::ALL[ordinal / 2].as_str());
        assert_eq!(row["index"], ordinal % 2);
        assert_eq!((&row["judgment"], &row["tags"]), (&json!("pass"), &json!(r#"["red-boat","sea"]"#)));
    }
    let shown = studio.fetch(&job);
    assert_eq!(
        (&shown["state"], &shown["completed"], &shown["passed"]),
        (&json!("complete"), &json!(6), &json!(6))
    );
}

#[test]
fn a_near_duplicate_is_marked_delivered_judged_and_rowed() {
    let mut studio = Studio::new(3);
    let twin = fingerprint("twin");
    let nearly = format!("{:x}{}", u8::from_str_radix(&twin[..1], 16).unwrap() ^ 0b0101, &twin[1..]);
    studio.world.script(move |call| match (&call.work.task, call.provider) {
        (Task::Fingerprint { .. }, Openai) => {
            Some(Play::Says(40, Ok(Output::Fingerprint(twin.clone().into()))))
        }
        (Task::Fingerprint { .. }, Workers) => {
            Some(Play::Says(90, Ok(Output::Fingerprint(nearly.clone().into()))))
        }
        _ => None,
    });
    let job = studio.run(&Provider::ALL, 1);
    studio.check_ended(&job);

    let rows = studio.rows(&job);
    assert_eq!(rows.len(), 3);
    let (first, other, second) = (&rows[0], &rows[1], &rows[2]);
    assert!(first["duplicateOf"].is_null() && other["duplicateOf"].is_null());
    assert_eq!((&second["duplicateOf"], &second["distance"]), (&first["id"], &json!(2)));
    assert_eq!(second["judgment"], "pass");
    assert!(second["url"].as_str().unwrap().ends_with("/public"));
    let marked = json!({"progressionId": first["id"], "distance": 2});
    let last = studio.events_of(Workers, 0).pop().unwrap();
    assert_eq!((last.kind.as_str(), &last.data["nearDuplicateOf"]), ("complete", &marked));
    assert_eq!(studio.events().pop().unwrap().data["summary"]["nearDuplicates"], 1);
    assert_eq!(studio.fetch(&job)["variants"][2]["nearDuplicateOf"], marked);
}

#[test]
fn a_near_duplicate_is_no_measure_for_the_next() {
    let mut studio = Studio::new(4);
    // Each 30 bits from the one before: the third is near to the second, which isn't in the tree, and far from the first.
    let chain = |at: u32| {
        format!("{:016x}{}", 0x0f0f_0f0f_0f0f_0f0f_u64 ^ ((1_u64 << (30 * at)) - 1), "3c5a".repeat(12))
    };
    studio.world.script(move |call| match &call.work.task {
        Task::Fingerprint { .. } => {
            let after = i64::from(call.index) * 500 + 40;
            Some(Play::Says(after, Ok(Output::Fingerprint(chain(call.index).into()))))
        }
        _ => None,
    });
    let job = studio.run(&[Gemini], 3);
    let marks: Vec<bool> = studio.rows(&job).iter().map(|row| !row["duplicateOf"].is_null()).collect();
    assert_eq!(marks, [false, true, false]);
}

#[test]
fn a_failing_verdict_says_how_to_do_better() {
    let mut studio = Studio::new(5);
    let answer = r#"{"verdict":"fail","notes":"The boat is blue.","tags":["blue boat"],"retrySuggestion":"Begin with: a RED boat."}"#;
    studio.world.script(move |call| {
        call.is(Stage::Judge, Gemini, 0).then(|| Play::Says(900, Ok(Output::Answer(answer.into()))))
    });
    let job = studio.run(&[Openai, Gemini], 1);
    studio.check_ended(&job);
    let events = studio.events_of(Gemini, 0);
    for event in &events[events.len() - 2..] {
        assert_eq!(event.data["judgment"], "fail");
        assert_eq!(event.data["notes"], "The boat is blue.");
        assert_eq!(event.data["retrySuggestion"], "Begin with: a RED boat.");
    }
    let row = &studio.rows(&job)[1];
    assert_eq!(
        (&row["judgment"], &row["suggestion"], &row["tags"]),
        (&json!("fail"), &json!("Begin with: a RED boat."), &json!(r#"["blue-boat"]"#))
    );
    let summary = &studio.events().pop().unwrap().data["summary"];
    assert_eq!(
        (&summary["completed"], &summary["passed"]),
        (&json!(2), &json!(1)),
        "a failing picture is a picture"
    );
}

#[test]
fn a_judge_that_makes_no_sense_twice_comes_to_no_verdict() {
    let mut studio = Studio::new(6);
    studio.world.script(|call| {
        (call.work.stage == Stage::Judge)
            .then(|| Play::Says(900, Ok(Output::Answer("Looks great, pass!".into()))))
    });
    let job = studio.run(&[Workers], 1);
    studio.check_ended(&job);
    assert_eq!(studio.calls(Stage::Judge).len(), 2, "asked twice");
    let last = studio.events_of(Workers, 0).pop().unwrap();
    assert_eq!((last.kind.as_str(), &last.data["judgment"]), ("complete", &json!(null)));
    assert!(last.data["notes"].as_str().unwrap().starts_with("The judge came to no verdict"));
    assert_eq!(studio.rows(&job)[0]["judgment"], json!(null));
    assert_eq!(studio.fetch(&job)["passed"], 0);
}

#[test]
fn a_judge_that_makes_sense_the_second_time_is_heard() {
    let mut studio = Studio::new(7);
    studio.world.script(|call| {
        (call.work.stage == Stage::Judge && call.work.attempt == 1)
            .then(|| Play::Says(900, Ok(Output::Answer("{}".into()))))
    });
    let job = studio.run(&[Workers], 1);
    assert_eq!(studio.rows(&job)[0]["judgment"], "pass");
}

#[test]
fn without_the_knowledge_base_the_prompt_stays_as_it_is() {
    let mut studio = Studio::new(8);
    studio.world.outside.tips = vec![r#"{"id":"t/light","version":3,"tip":"Soft light."}"#.to_owned()];
    studio
        .world
        .script(|call| call.is(Stage::Refine, Openai, 0).then(|| Play::fails(40, FailureClass::Storage)));
    let job = studio.run(&[Openai, Gemini], 2);
    studio.check_ended(&job);
    let rows = studio.rows(&job);
    for row in &rows[..2] {
        assert_eq!((&row["refined"], &row["tips"]), (&json!("A red boat on a calm sea"), &json!("[]")));
    }
    for row in &rows[2..] {
        assert_eq!(row["refined"], "A red boat on a calm sea\n\nSoft light.");
        assert_eq!(row["tips"], r#"["t/light@3"]"#);
    }
}

#[test]
fn a_prompt_is_refined_once_for_each_provider() {
    let mut studio = Studio::new(9);
    studio.run(&Provider::ALL, 4);
    let refined: Vec<(Provider, u32)> =
        studio.calls(Stage::Refine).iter().map(|call| (call.provider, call.index)).collect();
    assert_eq!(refined, [(Openai, 0), (Gemini, 0), (Workers, 0)]);
}

#[test]
fn variants_ask_for_different_pictures_and_a_repetition_for_the_same() {
    let mut studio = Studio::new(10);
    studio.world.script(|call| {
        (call.work.stage == Stage::Generate && call.work.attempt == 1)
            .then(|| Play::fails(1_000, FailureClass::Overloaded))
    });
    studio.run(&[Openai], 3);
    let asked = |attempt: u32, studio: &Studio| -> Vec<u32> {
        let calls = studio.calls(Stage::Generate);
        let of = calls.iter().filter(|call| call.work.attempt == attempt);
        let mut seeds: Vec<(u32, u32)> = of
            .map(|call| match &call.work.task {
                Task::Generate { request, .. } => (call.index, request.seed),
                other => panic!("{other:?}"),
            })
            .collect();
        seeds.sort_unstable();
        seeds.into_iter().map(|(_, seed)| seed).collect()
    };
    let first = asked(1, &studio);
    assert_eq!(first, asked(2, &studio));
    assert!(first[0] != first[1] && first[1] != first[2] && first[0] != first[2], "{first:?}");
}
