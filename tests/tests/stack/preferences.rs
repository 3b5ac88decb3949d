//! Preferences: a document of the session's, and the jobs that leave something out.

use picasso_e2e::api::{Body, Reply};
use picasso_e2e::studio::{SCENE, Studio};
use serde_json::{Value, json};

fn path(studio: &Studio) -> String {
    format!("/api/preferences/{}", studio.session)
}

fn put(studio: &Studio, body: &Value) -> Reply {
    studio.api.send("PUT", &path(studio), &[], Body::Bytes(body.to_string().as_bytes()))
}

#[test]
fn preferences_are_kept_as_they_were_set() {
    let studio = Studio::open("preferkept");
    assert_eq!(studio.api.get(&path(&studio)), json!({}));
    let all = json!({
        "providers": ["workers", "openai"], "variants": 2, "size": "1024x768", "quality": "high",
        "refinement": "suggest", "rewrite": true, "strictness": "strict", "tone": "friendly",
    });
    assert_eq!(put(&studio, &all).expect(200).json(), all);
    assert_eq!(studio.api.get(&path(&studio)), all);
    assert_eq!(
        put(&studio, &json!({ "variants": 1, "tone": null })).expect(200).json(),
        json!({ "variants": 1 })
    );
    assert_eq!(studio.api.get(&path(&studio)), json!({ "variants": 1 }));

    for (body, field) in [
        (json!({ "provider": "workers" }), "provider"),
        (json!({ "providers": ["midas"] }), "providers[0]"),
        (json!({ "variants": 99 }), "variants"),
        (json!({ "strictness": "harsh" }), "strictness"),
        (json!({ "tone": "x".repeat(5_000) }), "body"),
    ] {
        put(&studio, &body).problem_with(422, "invalid-field", field);
    }
    studio.api.send("GET", "/api/preferences/a%20b", &[], Body::None).problem(400, "invalid-field");
}

#[test]
fn a_job_takes_what_it_leaves_out() {
    let studio = Studio::open("preferused");
    let asked = json!({ "prompt": studio.prompt(SCENE), "sessionId": studio.session });
    studio.ask(&asked).problem_with(422, "invalid-field", "providers");
    let _ = put(&studio, &json!({ "providers": ["workers"], "variants": 2 })).expect(200);
    let shown = studio.fetch(&studio.start(&asked));
    assert_eq!((&shown["providers"], shown["variants"].as_array().unwrap().len()), (&json!(["workers"]), 2));
    let mut own = asked.clone();
    own["variants"] = json!(1);
    own["providers"] = json!(["openai"]);
    let shown = studio.fetch(&studio.start(&own));
    assert_eq!((&shown["providers"], shown["variants"].as_array().unwrap().len()), (&json!(["openai"]), 1));
}
