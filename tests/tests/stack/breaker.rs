//! A model in trouble is paused for everybody: a job that may goes elsewhere at once, one that may not waits, and the first call
//! after the pause closes the circuit. No other test asks for this model, so what it meets is this test's doing.

use picasso_e2e::api::Body;
use picasso_e2e::studio::{SCENE, Studio, text, unique};
use picasso_e2e::wait;
use serde_json::{Value, json};

const MODEL: &str = "gpt-image-2-2026-04-21";

/// What `GET /api/providers` says of the model.
fn circuit(studio: &Studio) -> Value {
    let shown = studio.api.get("/api/providers");
    let models = shown["providers"][0]["models"].as_array().unwrap();
    models.iter().find(|model| model["id"] == MODEL).unwrap()["circuit"].clone()
}

/// A job for the model, with a word of its own.
fn job(studio: &Studio, word: &str) -> Value {
    let mut job = studio.job(&format!("{SCENE} {{{word}}}"), &["openai"], 1);
    job["models"] = json!({ "openai": MODEL });
    job
}

#[test]
fn a_model_in_trouble_is_paused_left_out_and_found_well_again() {
    let studio = Studio::open("breaker");
    // Whatever an earlier run has left.
    studio.finished(&studio.start(&job(&studio, &unique("well"))));
    wait::until("the circuit is closed", || (circuit(&studio)["state"] == "closed").then_some(()));
    let bad = unique("overloaded");
    studio.emulator.fault("openai", &bad, None, &json!({ "kind": "overloaded" }));
    let troubled: Vec<String> = (0..4)
        .map(|_| {
            let mut job = job(&studio, &bad);
            job["variants"] = 2.into();
            // Shorter than the pause, so that none of them waits for its end.
            job["deadlineMs"] = 10_000.into();
            studio.start(&job)
        })
        .collect();
    let open = wait::until("the circuit opens", || {
        Some(circuit(&studio)).filter(|circuit| circuit["state"] == "open")
    });
    let until = open["until"].as_i64().unwrap();
    assert_eq!(until - open["since"].as_i64().unwrap(), 15_000, "{open}");
    let (calls, trouble) = (open["recentCalls"].as_i64().unwrap(), open["recentTrouble"].as_i64().unwrap());
    assert!(calls >= 10 && trouble * 100 >= calls * 80, "{open}");
    for job in troubled {
        let shown = studio.finished(&job);
        for variant in shown["variants"].as_array().unwrap() {
            let class = text(&variant["errorClass"]);
            assert!(["circuit", "overloaded"].contains(&class.as_str()), "{variant}");
        }
    }

    let (patient, agile) = (unique("patient"), unique("agile"));
    let path = format!("/api/projects/{}/jobs?plan=true", studio.project);
    let plan = job(&studio, &patient).to_string();
    let plan = studio.api.send("POST", &path, &[], Body::Bytes(plan.as_bytes())).expect(200).json();
    assert_eq!(plan["variants"][0]["pausedUntil"], until, "{plan}");

    let waiting = studio.start(&job(&studio, &patient));
    let mut elsewhere = job(&studio, &agile);
    elsewhere["routing"] = json!({ "fallback": true, "only": ["openai", "gemini"] });
    let elsewhere = studio.start(&elsewhere);
    assert_eq!(studio.finished(&elsewhere)["completed"], 1);
    let why = format!("openai/{MODEL} is paused after repeated trouble: overloaded");
    let served = studio.progressions(&[]).into_iter().find(|it| it["jobId"] == elsewhere.as_str()).unwrap();
    assert_eq!(
        (&served["provider"], &served["requestedModel"], &served["reroutes"]),
        (&json!("gemini"), &json!(MODEL), &json!([why]))
    );
    let asked = studio.emulator.calls(&agile);
    assert!(asked.iter().all(|call| call.provider != "openai"), "{asked:?}");
    assert!(asked.iter().any(|call| call.provider == "gemini" && call.at < until), "at once: {asked:?}");

    assert_eq!(studio.finished(&waiting)["completed"], 1);
    let asked = studio.emulator.calls_of("openai", &patient);
    assert!(asked.len() == 1 && asked[0].at >= until, "not before {until}: {asked:?}");
    let closed = wait::until("the circuit closes", || {
        Some(circuit(&studio)).filter(|circuit| circuit["state"] == "closed")
    });
    assert!(closed["since"].as_i64().unwrap() >= until, "{closed}");
    assert_eq!((&closed["until"], &closed["recentTrouble"]), (&Value::Null, &json!(0)), "{closed}");
    let told = studio.api.get(&format!("/api/jobs/{waiting}/events"));
    let told = told["events"].as_array().unwrap().iter().filter_map(|event| event["data"]["notes"].as_str());
    assert!(told.into_iter().any(|notes| notes.starts_with(&why)), "{why}");
}
