//! Stopping a running job or a part of it, and trying again what ended badly.

use picasso_e2e::api::Body;
use picasso_e2e::studio::{SCENE, Studio, text};
use picasso_e2e::wait;
use serde_json::{Value, json};

/// Long enough for everything else to happen meanwhile, in milliseconds.
const SLOW: u32 = 4_000;

fn cancel(studio: &Studio, job: &str, selection: &Value) -> Value {
    studio.api.post(&format!("/api/jobs/{job}/cancel"), selection).expect(200).json()
}

fn retry(studio: &Studio, job: &str, selection: &Value) -> Value {
    studio.api.post(&format!("/api/jobs/{job}/retry"), selection).expect(202).json()
}

fn variant(job: &Value, ordinal: usize) -> &Value {
    &job["variants"][ordinal]
}

/// Until the provider has the question.
fn asked(studio: &Studio, provider: &str) {
    wait::until(&format!("{provider} is asked"), || {
        studio
            .emulator
            .calls_of(provider, &studio.word)
            .iter()
            .any(|call| call.outcome == "open")
            .then_some(())
    });
}

#[test]
fn one_provider_is_stopped_its_late_picture_kept_and_a_retry_begins_with_it() {
    let studio = Studio::open("cancel");
    studio.emulator.fault("gemini", &studio.word, Some(1), &json!({ "kind": "delay", "ms": SLOW }));
    let job = studio.start(&studio.job(SCENE, &["openai", "gemini"], 1));
    asked(&studio, "gemini");
    let reply = cancel(&studio, &job, &json!({ "provider": "gemini" }));
    let item =
        |state: &str| json!([{ "provider": "gemini", "variantIndex": 0, "ordinal": 1, "state": state }]);
    assert_eq!(reply["cancelled"], item("cancelled"));
    assert_eq!((&reply["finished"], &reply["finishing"]), (&json!([]), &json!([])));
    let again = cancel(&studio, &job, &json!({ "provider": "gemini", "variantIndex": 0 }));
    assert_eq!((&again["cancelled"], &again["finished"]), (&json!([]), &item("cancelled")));

    let shown = studio.finished(&job);
    assert_eq!([&shown["completed"], &shown["cancelled"], &shown["failed"]], [1, 1, 0]);
    let kept = wait::until("the late picture is kept", || {
        Some(studio.fetch(&job)).filter(|shown| variant(shown, 1)["discarded"].is_object())
    });
    assert_eq!(variant(&kept, 1)["state"], "cancelled");
    assert!(variant(&kept, 1)["discarded"]["width"].as_u64().unwrap() > 0);
    assert_eq!(studio.progressions(&[]).len(), 1, "it's no part of the project");

    let reply = retry(&studio, &job, &json!({}));
    assert_eq!(reply["retried"][0]["retryOf"], 1);
    let shown = studio.finished(&job);
    assert_eq!([&shown["completed"], &shown["cancelled"]], [2, 0]);
    assert_eq!((&variant(&shown, 1)["supersededBy"], &variant(&shown, 2)["retryOf"]), (&json!(2), &json!(1)));
    assert_eq!(studio.emulator.calls_of("gemini", &studio.word).len(), 1, "it isn't paid for again");
    assert_eq!(studio.rows(&job).len(), 2);
}

#[test]
fn what_failed_is_tried_again_in_the_same_job() {
    let studio = Studio::open("retry");
    studio.emulator.fault("openai", &studio.word, Some(1), &json!({ "kind": "status", "status": 401 }));
    let watched = studio.watch(&studio.job(SCENE, &["openai"], 1));
    assert_eq!(watched.summary()["failed"], 1);
    let reply = retry(&studio, &watched.id, &json!({ "provider": "openai", "variantIndex": 0 }));
    assert_eq!((&reply["state"], &reply["retried"][0]["ordinal"]), (&json!("running"), &json!(1)));
    let shown = studio.finished(&watched.id);
    assert_eq!([&shown["completed"], &shown["failed"]], [1, 0]);
    assert_eq!(retry(&studio, &watched.id, &json!({}))["retried"], json!([]));
}

#[test]
fn a_whole_job_is_stopped_without_a_body() {
    let studio = Studio::open("stop");
    studio.emulator.fault("workers", &studio.word, None, &json!({ "kind": "hang" }));
    let job = studio.start(&studio.job(SCENE, &["workers"], 2));
    asked(&studio, "workers");
    let path = format!("/api/jobs/{job}/cancel");
    let reply = studio.api.send("POST", &path, &[], Body::None).expect(200).json();
    assert_eq!((&reply["state"], reply["cancelled"].as_array().unwrap().len()), (&json!("complete"), 2));
    assert_eq!(studio.finished(&job)["cancelled"], 2);
}

#[test]
fn what_is_not_there_and_what_makes_no_sense() {
    let studio = Studio::open("nocancel");
    let job = studio.start_short_job();
    for verb in ["cancel", "retry"] {
        let path = format!("/api/jobs/{job}/{verb}");
        studio.api.post(&path, &json!({ "provider": "openai" })).problem(404, "not-found");
        studio.api.post(&path, &json!({ "variantIndex": 7 })).problem(404, "not-found");
        studio.api.post(&path, &json!({ "provider": "dali" })).problem_with(422, "invalid-field", "provider");
        studio.api.post(&path, &json!({ "variantIndex": 8 })).problem_with(
            422,
            "invalid-field",
            "variantIndex",
        );
        studio.api.post(&path, &json!({ "variantIndex": "1" })).problem_with(
            422,
            "invalid-field",
            "variantIndex",
        );
        let stranger = format!("/api/jobs/{}-aaaaaaaaaaaa/{verb}", studio.project);
        studio.api.post(&stranger, &json!({})).problem(404, "not-found");
    }
    assert_eq!(text(&studio.finished(&job)["state"]), "complete");
}
