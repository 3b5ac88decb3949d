//! A request that comes again under its key does nothing, and is answered in the same words.

use std::thread;

use picasso_e2e::api::{Body, Caller, Reply};
use picasso_e2e::studio::{SCENE, Studio, text, unique};
use serde_json::{Value, json};

/// Requests under one key, and how many at a time.
const REQUESTS: usize = 1_000;
const AT_ONCE: usize = 32;

fn post(caller: &Caller, path: &str, key: &str, body: &Value) -> Reply {
    caller.send("POST", path, &[("idempotency-key", key)], Body::Bytes(body.to_string().as_bytes()))
}

fn replayed(reply: &Reply) -> bool {
    match reply.header("idempotency-replayed") {
        "" => false,
        "true" => true,
        other => panic!("{other}"),
    }
}

#[test]
fn a_thousand_requests_with_one_key_are_one_job() {
    let studio = Studio::open("thousand");
    let path = format!("/api/projects/{}/jobs", studio.project);
    let (key, body) = (unique("key"), studio.job(SCENE, &["workers"], 1));
    let caller = &studio.api;
    let replies: Vec<Reply> = thread::scope(|scope| {
        let callers: Vec<_> = (0..AT_ONCE)
            .map(|_| {
                scope.spawn(|| {
                    let ask = |_| post(caller, &path, &key, &body);
                    (0..REQUESTS.div_ceil(AT_ONCE)).map(ask).collect::<Vec<_>>()
                })
            })
            .collect();
        callers.into_iter().flat_map(|caller| caller.join().unwrap()).collect()
    });
    assert!(replies.len() >= REQUESTS);
    for reply in &replies {
        assert_eq!((reply.status, &reply.body), (202, &replies[0].body), "{}", reply.text());
    }
    assert!(replies.iter().filter(|reply| !replayed(reply)).count() <= 1, "one of them at most is the first");
    let job = text(&replies[0].json()["jobId"]);
    studio.finished(&job);
    studio.rows(&job);
    let jobs = studio.database.rows("SELECT id FROM jobs WHERE project_id = ?", &[&studio.project]);
    assert_eq!(jobs.len(), 1);
    assert_eq!(studio.emulator.calls_of("workers", &studio.word).len(), 1);
}

#[test]
fn every_post_that_makes_something_takes_a_key() {
    let studio = Studio::open("keys");
    let done = studio.watch(&studio.job(SCENE, &["openai"], 1));
    let step = text(&studio.progressions(&[])[0]["id"]);
    let failed = studio.start_short_job();
    studio.finished(&failed);
    for (path, body, other, status) in [
        ("/api/projects".to_owned(), json!({ "name": "Sea" }), json!({ "name": "Sky" }), 201),
        (
            format!("/api/projects/{}/jobs", studio.project),
            studio.job(SCENE, &["gemini"], 1),
            studio.job(SCENE, &["gemini"], 2),
            202,
        ),
        (format!("/api/jobs/{failed}/retry"), json!({}), json!({ "variantIndex": 0 }), 202),
        (format!("/api/progressions/{step}/rollback"), json!({}), json!({ "a": 1 }), 201),
        (
            format!("/api/projects/{}/artifacts/lookbook", studio.project),
            json!({ "title": "One" }),
            json!({ "title": "Two" }),
            201,
        ),
        (format!("/api/stream/{}/ticket", studio.session), json!({}), json!({ "a": 1 }), 201),
    ] {
        let key = unique("key");
        let first = post(&studio.api, &path, &key, &body).expect(status);
        assert!(!replayed(&first), "{path}");
        let again = post(&studio.api, &path, &key, &body).expect(status);
        assert!(replayed(&again), "{path}");
        assert_eq!(again.body, first.body, "{path}: byte for byte");
        post(&studio.api, &path, &key, &other).problem_with(422, "idempotency-key-reused", "Idempotency-Key");
        let free = post(&studio.api, &path, &unique("key"), &body).expect(status);
        assert!(!replayed(&free) && (free.body != first.body || path.ends_with("retry")), "{path}");
    }
    assert_eq!(done.summary()["completed"], 1);
}

#[test]
fn a_request_that_fails_leaves_its_key_free() {
    let studio = Studio::open("freekey");
    let key = unique("key");
    let path = format!("/api/projects/{}/jobs", studio.project);
    let mut wrong = studio.job(SCENE, &["workers"], 1);
    wrong["prompt"] = json!("");
    post(&studio.api, &path, &key, &wrong).problem_with(422, "invalid-field", "prompt");
    let right = post(&studio.api, &path, &key, &studio.job(SCENE, &["workers"], 1)).expect(202);
    assert!(!replayed(&right));
    // The same meaning in other words is the same request.
    let job = studio.job(SCENE, &["workers"], 1);
    let spaced = serde_json::to_string_pretty(&job).unwrap();
    let again = studio.api.send("POST", &path, &[("idempotency-key", &key)], Body::Bytes(spaced.as_bytes()));
    assert!(replayed(&again.expect(202)));
    for key in ["", &"x".repeat(256)] {
        let reply =
            studio.api.send("POST", &path, &[("idempotency-key", key)], Body::Bytes(spaced.as_bytes()));
        reply.problem_with(400, "invalid-field", "Idempotency-Key");
    }
    studio.finished(&text(&right.json()["jobId"]));
}
