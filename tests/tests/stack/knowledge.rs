//! The knowledge base: tips that are made, changed and deleted, each version kept, and jobs that use them.

use picasso_e2e::api::{Body, Reply};
use picasso_e2e::studio::{SCENE, Studio, text};
use serde_json::{Value, json};

/// A tip that only prompts with the test's own word get: all tests share the knowledge base.
fn tip(studio: &Studio, words: &str) -> Value {
    json!({
        "title": "A test's", "tip": words, "when": { "ops": ["generate"], "any": [studio.word] }, "source": "https://example.com/tips",
    })
}

fn key(studio: &Studio) -> String {
    format!("openai/{}", studio.word)
}

fn send(studio: &Studio, method: &str, path: &str, headers: &[(&str, &str)], body: &Value) -> Reply {
    let body = body.to_string();
    studio.api.send(method, &format!("/api/knowledge{path}"), headers, Body::Bytes(body.as_bytes()))
}

/// Makes a tip of this test's own; its path.
fn make(studio: &Studio, words: &str) -> String {
    let mut body = tip(studio, words);
    body["key"] = json!(key(studio));
    let _ = send(studio, "POST", "", &[], &body).expect(201);
    format!("/{}", key(studio))
}

/// What a job's only variant was refined to.
fn refined(studio: &Studio) -> Value {
    refined_as(studio, &json!({}))
}

/// The same of a job with these fields.
fn refined_as(studio: &Studio, fields: &Value) -> Value {
    let mut job = studio.job(SCENE, &["openai"], 1);
    for (name, value) in fields.as_object().unwrap() {
        job[name] = value.clone();
    }
    let job = studio.start(&job);
    let shown = studio.finished(&job);
    assert_eq!(shown["completed"], 1, "{shown}");
    shown["variants"][0]["refined"].clone()
}

#[test]
fn a_tip_is_made_changed_and_deleted_and_every_version_is_kept() {
    let studio = Studio::open("tipkept");
    let path = make(&studio, "One.");
    let get = |path: &str| studio.api.send("GET", &format!("/api/knowledge{path}"), &[], Body::None);
    let made = get(&path).expect(200);
    assert_eq!(made.header("etag"), "\"1\"");
    assert_eq!(made.json()["when"], json!({ "ops": ["generate"], "any": [studio.word] }));
    let mut again = tip(&studio, "Two.");
    again["key"] = json!(key(&studio));
    send(&studio, "POST", "", &[], &again).problem(409, "conflict");

    let put = |headers: &[(&str, &str)], body: &Value| send(&studio, "PUT", &path, headers, body);
    put(&[("if-match", "\"2\"")], &again).problem_with(412, "precondition-failed", "If-Match");
    put(&[("if-match", "x")], &again).problem_with(422, "invalid-field", "If-Match");
    let two = put(&[("if-match", "\"1\"")], &again).expect(200);
    assert_eq!((two.header("etag"), &two.json()["version"]), ("\"2\"", &json!(2)));
    again["version"] = json!(1);
    put(&[], &again).problem(409, "conflict");
    again["version"] = json!(2);
    assert_eq!(put(&[], &again).expect(200).json()["version"], 3);

    let _ = studio.api.send("DELETE", &format!("/api/knowledge{path}"), &[], Body::None).expect(204);
    get(&path).problem(404, "not-found");
    put(&[], &tip(&studio, "Three.")).problem(404, "not-found");
    studio.api.send("DELETE", &format!("/api/knowledge{path}"), &[], Body::None).problem(404, "not-found");
    let kept = get(&format!("{path}/versions")).expect(200).json();
    let kept: Vec<Value> = kept["versions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| json!([it["version"], it["deleted"], it["tip"]]))
        .collect();
    assert_eq!(
        json!(kept),
        json!([[4, true, null], [3, false, "Two."], [2, false, "Two."], [1, false, "One."]])
    );
    get("/openai/never-there/versions").problem(404, "not-found");
}

#[test]
fn a_job_gets_the_tips_as_they_stand_and_says_which() {
    let studio = Studio::open("tipused");
    let path = make(&studio, "Mind the edges.");
    let first = refined(&studio);
    assert!(
        text(&first["text"]).contains("\n\nMind the edges. "),
        "the tip that a word found comes first: {first}"
    );
    assert_eq!(first["tips"][0], format!("{}@1", key(&studio)));
    let _ = send(&studio, "PUT", &path, &[], &tip(&studio, "Mind the middle.")).expect(200);
    let second = refined(&studio);
    assert_eq!(second["tips"][0], format!("{}@2", key(&studio)));
    assert!(second["revision"].as_u64() > first["revision"].as_u64(), "{first} {second}");
    let _ = studio.api.send("DELETE", &format!("/api/knowledge{path}"), &[], Body::None).expect(204);
    let third = refined(&studio);
    assert!(!text(&third["text"]).contains("Mind the"), "{third}");
    let asked: Vec<String> =
        studio.emulator.calls_of("openai", &studio.word).into_iter().map(|call| call.prompt).collect();
    assert_eq!(asked, [&first, &second, &third].map(|refined| text(&refined["text"])));
}

#[test]
fn a_job_says_how_its_prompt_is_refined() {
    let studio = Studio::open("tipmodes");
    let prompt = studio.prompt(SCENE);
    let path = make(&studio, "Mind the edges.");
    let auto = refined(&studio);
    let off = refined_as(&studio, &json!({ "refinement": "off" }));
    assert_eq!(off, json!({ "text": prompt, "tips": [] }));
    let suggested = refined_as(&studio, &json!({ "refinement": "suggest" }));
    assert_eq!((&suggested["text"], &suggested["suggestion"]), (&json!(prompt), &auto["text"]));

    let _ = send(&studio, "PUT", &path, &[], &tip(&studio, "Mind the middle.")).expect(200);
    let pinned = refined_as(&studio, &json!({ "knowledgeRevision": auto["revision"] }));
    assert_eq!(pinned, auto, "what stood then stands there still");
    assert_ne!(refined(&studio)["text"], auto["text"]);
    let ahead = refined_as(&studio, &json!({ "knowledgeRevision": 1_000_000 }));
    assert_eq!(ahead["text"], prompt);
    assert!(text(&ahead["note"]).contains("newest revision"), "{ahead}");
    let prompts: Vec<String> =
        studio.emulator.calls_of("openai", &studio.word).into_iter().map(|call| call.prompt).collect();
    assert_eq!((&prompts[1], &prompts[2]), (&prompt, &prompt));
    assert!(studio.emulator.calls_of("text", &studio.word).is_empty(), "no model was asked");
    let _ = studio.api.send("DELETE", &format!("/api/knowledge{path}"), &[], Body::None).expect(204);
}

#[test]
fn a_model_words_a_prompt_anew_and_keeps_what_is_quoted_or_is_not_heard() {
    let studio = Studio::open("reworded");
    let scene = "a red circle on a white background with the words \"Open late\"";
    let rewrite = json!({ "rewrite": true, "prompt": studio.prompt(scene) });
    let reworded = refined_as(&studio, &rewrite);
    assert_eq!(reworded["rewritten"], true, "{reworded}");
    assert!(text(&reworded["text"]).contains("\"Open late\""), "{reworded}");
    assert_eq!(studio.emulator.calls_of("text", &studio.word).len(), 1);

    let lost = json!({ "kind": "text", "response": "{\"prompt\":\"a red circle\"}" });
    studio.emulator.fault("text", &studio.word, None, &lost);
    let kept = refined_as(&studio, &rewrite);
    assert!(text(&kept["note"]).contains("lost a quoted text"), "{kept}");
    assert!(text(&kept["text"]).starts_with(&studio.prompt(scene)), "{kept}");
    assert_eq!(kept.get("rewritten"), None);
}

#[test]
fn tips_are_listed_and_what_is_wrong_is_named() {
    let studio = Studio::open("tiplist");
    let list = studio.api.get("/api/knowledge?provider=gemini&op=generate&limit=200");
    let keys: Vec<String> = list["tips"].as_array().unwrap().iter().map(|it| text(&it["key"])).collect();
    assert!(keys.len() >= 5 && keys.iter().all(|key| key.starts_with("gemini/")), "{keys:?}");
    assert!(list["revision"].as_i64().unwrap() >= 15);
    let page = studio.api.get("/api/knowledge?limit=1");
    let next = studio.api.get(&format!("/api/knowledge?limit=1&cursor={}", text(&page["nextCursor"])));
    assert!(text(&page["tips"][0]["key"]) < text(&next["tips"][0]["key"]));
    for (query, field) in
        [("provider=x", "provider"), ("op=paint", "op"), ("limit=0", "limit"), ("page=1", "page")]
    {
        let reply = studio.api.send("GET", &format!("/api/knowledge?{query}"), &[], Body::None);
        reply.problem_with(422, "invalid-field", field);
    }
    send(&studio, "POST", "", &[], &json!({ "key": "midas/a", "title": "T", "tip": "T." })).problem_with(
        422,
        "invalid-field",
        "key",
    );
    send(&studio, "POST", "", &[], &json!({ "key": "openai/a", "title": "T", "tip": "x".repeat(601) }))
        .problem_with(422, "invalid-field", "tip");
    studio.api.send("GET", "/api/knowledge/midas/gold", &[], Body::None).problem(404, "not-found");
}
