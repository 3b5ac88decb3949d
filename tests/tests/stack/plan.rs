//! What a job would do is shown without doing any of it, and the job then does it.

use std::collections::BTreeSet;

use picasso_e2e::api::Body;
use picasso_e2e::studio::{SCENE, Studio, text};
use serde_json::{Value, json};

fn plan(studio: &Studio, body: &Value) -> Value {
    let path = format!("/api/projects/{}/jobs?plan=true", studio.project);
    studio.api.send("POST", &path, &[], Body::Bytes(body.to_string().as_bytes())).expect(200).json()
}

/// Provider, model and prompt of each, whatever their order.
fn said(list: &[Value], prompt: &str) -> Vec<String> {
    let mut said: Vec<String> =
        list.iter().map(|it| format!("{} {} {}", it["provider"], it["model"], it[prompt])).collect();
    said.sort();
    said
}

#[test]
fn a_plan_does_nothing_and_the_job_does_what_it_said() {
    let studio = Studio::open("plan");
    let mut body = studio.job(SCENE, &["openai", "gemini"], 2);
    body["size"] = json!("1536x1024");
    // Not every model of the third has a price that is known.
    body["routing"] = json!({ "fallback": true, "only": ["openai", "gemini"] });
    let planned = plan(&studio, &body);
    let variants = planned["variants"].as_array().unwrap();
    assert_eq!(
        (variants.len(), &planned["errors"], &planned["likelyDuplicates"]),
        (4, &json!([]), &json!([]))
    );
    assert_eq!((&variants[0]["size"], &variants[2]["size"]), (&json!("1536x1024"), &json!("3:2 at 1K")));
    assert!(
        planned["lowestCostUsd"].as_f64().unwrap() < planned["highestCostUsd"].as_f64().unwrap(),
        "{planned}"
    );

    assert!(studio.emulator.calls(&studio.word).is_empty(), "nobody was asked");
    for table in ["jobs", "provider_calls", "image_progressions"] {
        let rows = format!("SELECT COUNT(*) FROM {table} WHERE project_id = ?");
        assert_eq!(studio.database.count(&rows, &[&studio.project]), 0, "{table}");
    }
    let project = studio.api.get(&format!("/api/projects/{}", studio.project));
    assert_eq!(project["progressions"], 0);

    let job = studio.start(&body);
    studio.finished(&job);
    let made = studio.progressions(&[]);
    assert_eq!(said(&made, "refinedPrompt"), said(variants, "prompt"));
    let ids: BTreeSet<String> = made.iter().map(|it| text(&it["id"])).collect();
    let again = plan(&studio, &body);
    let alike: BTreeSet<String> = again["likelyDuplicates"].as_array().unwrap().iter().map(text).collect();
    assert_eq!(alike, ids, "asked for in the same words");
}

#[test]
fn a_plan_of_what_nobody_can_do_says_why() {
    let studio = Studio::open("noplan");
    let mut body = studio.job(SCENE, &["openai"], 1);
    body["seed"] = json!(7);
    let planned = plan(&studio, &body);
    assert_eq!((&planned["variants"], &planned["errors"][0]["field"]), (&json!([]), &json!("seed")));
}
