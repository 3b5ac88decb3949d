//! Bad input: each is a problem document with the right status that names the field; nothing is written, nobody is called.

use picasso_e2e::api::{Body, Caller, Reply};
use picasso_e2e::studio::{SCENE, Studio};
use picasso_e2e::wait;
use serde_json::{Value, json};

/// Largest body, in bytes.
const BODY_MAX: usize = 64 * 1024;

/// A job's body that would be fine, with one field made otherwise.
fn with(studio: &Studio, field: &str, value: Value) -> Value {
    let mut body = studio.job(SCENE, &["openai"], 1);
    body[field] = value;
    body
}

fn without(studio: &Studio, field: &str) -> Value {
    let mut body = studio.job(SCENE, &["openai"], 1);
    body.as_object_mut().unwrap().remove(field);
    body
}

/// A job's body with exactly so many bytes.
fn padded(studio: &Studio, bytes: usize) -> Vec<u8> {
    let mut body = studio.job(SCENE, &["openai"], 1);
    body["padding"] = "".into();
    body["padding"] = "x".repeat(bytes - body.to_string().len()).into();
    body.to_string().into_bytes()
}

/// Nothing of this project's is in D1, and no provider heard its word: shown after one good, short job has left its traces
/// in both, so that what came before it had every chance.
fn nothing_came_of_it(studio: &Studio) {
    let good = studio.start_short_job();
    studio.finished(&good);
    studio.rows(&good);
    let jobs = studio.database.rows("SELECT id FROM jobs WHERE project_id = ?", &[&studio.project]);
    assert_eq!(jobs.len(), 1, "{jobs:?}");
    let pictures = "SELECT COUNT(*) FROM image_progressions WHERE project_id = ?";
    assert_eq!(studio.database.count(pictures, &[&studio.project]), 0);
    assert_eq!(studio.emulator.calls(&studio.word).len(), 1, "only the good job's call");
    let shown = studio.api.get(&format!("/api/projects/{}", studio.project));
    assert_eq!((&shown["progressions"], &shown["artifacts"]), (&json!(0), &json!([])));
}

#[test]
fn a_field_that_is_wrong_is_named() {
    let studio = Studio::open("field");
    for (body, field) in [
        (with(&studio, "prompt", json!("")), "prompt"),
        (with(&studio, "prompt", json!(" \n\t ")), "prompt"),
        (with(&studio, "prompt", json!(7)), "prompt"),
        (with(&studio, "prompt", json!(null)), "prompt"),
        (with(&studio, "prompt", json!("é".repeat(4_001))), "prompt"),
        (without(&studio, "prompt"), "prompt"),
        (with(&studio, "providers", json!([])), "providers"),
        (with(&studio, "providers", json!("openai")), "providers"),
        (with(&studio, "providers", json!(["openai", "dall-e"])), "providers[1]"),
        (with(&studio, "providers", json!(["OpenAI"])), "providers[0]"),
        (with(&studio, "providers", json!(["gemini", "gemini"])), "providers[1]"),
        (with(&studio, "providers", json!([null])), "providers[0]"),
        (without(&studio, "providers"), "providers"),
        (with(&studio, "variants", json!(0)), "variants"),
        (with(&studio, "variants", json!(9)), "variants"),
        (with(&studio, "variants", json!(-1)), "variants"),
        (with(&studio, "variants", json!(1.5)), "variants"),
        (with(&studio, "variants", json!("2")), "variants"),
        (with(&studio, "variants", json!(1e300)), "variants"),
        (with(&studio, "sessionId", json!("")), "sessionId"),
        (with(&studio, "sessionId", json!("a b")), "sessionId"),
        (with(&studio, "sessionId", json!("x".repeat(129))), "sessionId"),
        (with(&studio, "sessionId", json!({})), "sessionId"),
        (without(&studio, "sessionId"), "sessionId"),
        (with(&studio, "deadlineMs", json!(999)), "deadlineMs"),
        (with(&studio, "deadlineMs", json!(600_001)), "deadlineMs"),
        (json!([]), "body"),
        (json!(null), "body"),
        (json!("a text"), "body"),
    ] {
        let _ = studio.ask(&body).problem_with(422, "invalid-field", field);
    }
    for (field, value) in [("size", json!("1000x1000")), ("seed", json!(7))] {
        let _ = studio.ask(&with(&studio, field, value)).problem_with(422, "unsupported-operation", field);
    }
    nothing_came_of_it(&studio);
}

#[test]
fn what_is_not_json_is_malformed() {
    let studio = Studio::open("malformed");
    let good = studio.job(SCENE, &["openai"], 1).to_string();
    let cut = good.as_bytes().split_last().unwrap().1;
    let twice = format!("{good}{good}");
    let utf16: Vec<u8> = good.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let mut latin = good.replace(SCENE, "#").into_bytes();
    *latin.iter_mut().find(|byte| **byte == b'#').unwrap() = 0xe9;
    let deep = "[".repeat(60_000);
    let path = format!("/api/projects/{}/jobs", studio.project);
    for body in [b"".as_slice(), b"{", b"nonsense", cut, twice.as_bytes(), &utf16, &latin, deep.as_bytes()] {
        let reply = studio.api.send("POST", &path, &[], Body::Bytes(body));
        let _ = reply.problem_with(400, "malformed-body", "body");
    }
    for path in ["/api/projects", &format!("/api/projects/{}/artifacts/lookbook", studio.project)] {
        let reply = studio.api.send("POST", path, &[], Body::Bytes(b"{\"name\":"));
        let _ = reply.problem_with(400, "malformed-body", "body");
    }
    let reply =
        studio.api.send("PATCH", &format!("/api/projects/{}", studio.project), &[], Body::Bytes(b"]"));
    let _ = reply.problem_with(400, "malformed-body", "body");
    nothing_came_of_it(&studio);
}

/// The cap holds for what comes, whatever was said beforehand; one byte makes the difference.
#[test]
fn a_body_over_the_cap_is_too_large_however_it_comes() {
    let studio = Studio::open("large");
    let path = format!("/api/projects/{}/jobs", studio.project);
    let too_large = |reply: Reply| reply.problem_with(413, "body-too-large", "body");
    for bytes in [BODY_MAX + 1, 3 * BODY_MAX] {
        let body = padded(&studio, bytes);
        assert_eq!(body.len(), bytes);
        too_large(studio.api.send("POST", &path, &[], Body::Chunked(&body)));
        too_large(studio.api.send("POST", &path, &[], Body::Bytes(&body)));
    }
    nothing_came_of_it(&studio);
    let most = padded(&studio, BODY_MAX);
    let refused = json!({ "kind": "status", "status": 401 });
    studio.emulator.fault("openai", &studio.word, None, &refused);
    for body in [Body::Chunked(&most), Body::Bytes(&most)] {
        let _ = studio.api.send("POST", &path, &[], body).expect(202);
    }
}

#[test]
fn a_project_needs_a_name() {
    let studio = Studio::open("nameless");
    let word = studio.word.as_str();
    for (body, field) in [
        (json!({}), "name"),
        (json!({ "name": null }), "name"),
        (json!({ "name": 1, "description": word }), "name"),
        (json!({ "name": "  ", "description": word }), "name"),
        (json!({ "name": format!("{word}\u{7}"), "description": word }), "name"),
        (json!({ "name": word.repeat(20), "description": word }), "name"),
        (json!({ "name": word, "description": { "description": word } }), "description"),
        (json!({ "name": word, "description": word.repeat(300) }), "description"),
    ] {
        let _ = studio.api.post("/api/projects", &body).problem_with(422, "invalid-field", field);
    }
    let path = format!("/api/projects/{}/artifacts/lookbook", studio.project);
    for title in [json!(""), json!(3), json!("x".repeat(201))] {
        let _ =
            studio.api.post(&path, &json!({ "title": title })).problem_with(422, "invalid-field", "title");
    }
    nothing_came_of_it(&studio);
    let mine = "SELECT COUNT(*) FROM projects WHERE instr(name, ?1) OR instr(description, ?1)";
    assert_eq!(studio.database.count(mine, &[&studio.word]), 1, "the studio's own");
}

/// Ids that can't be, and ids that could be but aren't, look the same.
#[test]
fn what_does_not_exist_is_not_found() {
    let studio = Studio::open("unknown");
    let body = studio.job(SCENE, &["openai"], 1).to_string();
    let project = "0000000000000000";
    let known = &studio.project;
    let missing = [
        ("GET", format!("/api/projects/{project}")),
        ("GET", "/api/projects/short".to_owned()),
        ("GET", format!("/api/projects/{known}x")),
        ("GET", format!("/api/projects/{}", "x".repeat(3_000))),
        ("PATCH", format!("/api/projects/{project}")),
        ("GET", format!("/api/projects/{project}/progressions")),
        ("POST", format!("/api/projects/{project}/jobs")),
        ("POST", format!("/api/projects/{project}/artifacts/lookbook")),
        ("GET", format!("/api/jobs/{project}-000000000000")),
        ("GET", format!("/api/jobs/{known}-000000000000")),
        ("GET", format!("/api/jobs/{known}")),
        ("GET", "/api/jobs/job:x".to_owned()),
        ("POST", format!("/api/progressions/{project}-000000000000-0/rollback")),
        ("GET", "/api/artifacts/0000000000000000000000".to_owned()),
        ("GET", "/api/artifacts/x".to_owned()),
        ("GET", "/api".to_owned()),
        ("GET", "/api/".to_owned()),
        ("GET", "/api/projects/".to_owned()),
        ("GET", "/api/nothing".to_owned()),
        ("GET", format!("/api/projects/{known}/nothing")),
        ("DELETE", "/api/nothing".to_owned()),
        ("POST", "/api/admin".to_owned()),
    ];
    for (method, path) in missing {
        let carried = match method {
            "POST" => Body::Bytes(body.as_bytes()),
            "PATCH" => Body::Bytes(b"{\"name\":\"x\"}"),
            _ => Body::None,
        };
        let reply = studio.api.send(method, &path, &[], carried);
        assert_eq!(reply.status, 404, "{method} {path}: {}", reply.text());
        let _ = reply.problem(404, "not-found");
    }
    nothing_came_of_it(&studio);
}

#[test]
fn a_wrong_method_says_which_ones_there_are() {
    let api = Caller::with_key();
    let project = "0000000000000000";
    let job = format!("{project}-000000000000");
    for (path, allowed) in [
        ("/api/projects".to_owned(), "GET, POST"),
        (format!("/api/projects/{project}"), "GET, PATCH"),
        (format!("/api/projects/{project}/progressions"), "GET"),
        (format!("/api/projects/{project}/jobs"), "POST"),
        (format!("/api/projects/{project}/artifacts/lookbook"), "POST"),
        (format!("/api/jobs/{job}"), "GET"),
        (format!("/api/progressions/{job}-0/rollback"), "POST"),
        ("/api/artifacts/0000000000000000000000".to_owned(), "GET, PATCH"),
        ("/api/stream/somebody".to_owned(), "GET"),
        ("/api/stream/somebody/ticket".to_owned(), "POST"),
        ("/api/admin/overview".to_owned(), "GET"),
        ("/public/lookbook/0000000000000000000000".to_owned(), "GET, HEAD, POST"),
        ("/public/artifact/0000000000000000000000".to_owned(), "GET, HEAD, POST"),
    ] {
        for method in ["GET", "POST", "PATCH", "PUT", "DELETE", "OPTIONS"] {
            if !allowed.split(", ").any(|it| it == method) {
                let reply = api.send(method, &path, &[], Body::None);
                assert_eq!(reply.status, 405, "{method} {path}: {}", reply.text());
                let _ = reply.problem(405, "method-not-allowed");
                assert_eq!(reply.header("allow"), allowed, "{method} {path}");
            }
        }
    }
}

#[test]
fn a_filter_that_is_wrong_is_named() {
    let studio = Studio::open("filter");
    let long = "x".repeat(501);
    let many = vec!["t"; 33].join(",");
    for (query, field) in [
        (format!("query={long}"), "query"),
        ("tags=Not%20Kebab".to_owned(), "tags"),
        ("tags=%5B1%5D".to_owned(), "tags"),
        (format!("tags={many}"), "tags"),
        ("limit=0".to_owned(), "limit"),
        ("cursor=1.x".to_owned(), "cursor"),
    ] {
        let path = format!("/api/projects/{}/progressions?{query}", studio.project);
        let _ = studio.api.send("GET", &path, &[], Body::None).problem_with(422, "invalid-field", field);
    }
    wait::until("the project is there and empty", || {
        studio.progressions(&[("query", &"é".repeat(500))]).is_empty().then_some(())
    });
}
