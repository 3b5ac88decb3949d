//! Who gets in, and what can't be got at: keys, methods, other projects, actors, originals, logs.

use std::fs;

use picasso_e2e::api::{Body, Caller};
use picasso_e2e::stack;
use picasso_e2e::stream::Stream;
use picasso_e2e::studio::{SCENE, Studio, text, unique};
use serde_json::{Value, json};

const METHODS: [&str; 8] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND"];

fn api_paths(project: &str) -> Vec<String> {
    let job = format!("{project}-000000000000");
    vec![
        "/api".to_owned(),
        "/api/nothing".to_owned(),
        "/api/projects".to_owned(),
        format!("/api/projects/{project}"),
        format!("/api/projects/{project}/progressions"),
        format!("/api/projects/{project}/jobs"),
        format!("/api/projects/{project}/artifacts/lookbook"),
        format!("/api/jobs/{job}"),
        format!("/api/jobs/{job}/events"),
        format!("/api/progressions/{job}-0/rollback"),
        "/api/artifacts/0000000000000000000000".to_owned(),
        "/api/stream/somebody".to_owned(),
        "/api/stream/somebody/ticket".to_owned(),
        "/api/stream/somebody/ticket?ticket=x".to_owned(),
        "/api/admin/overview".to_owned(),
        "/api/admin/overview?ticket=x".to_owned(),
    ]
}

#[test]
fn without_the_key_every_route_and_method_is_closed() {
    let studio = Studio::open("closed");
    let word = unique("intruder");
    let body =
        json!({ "name": word, "prompt": word, "providers": ["openai"], "sessionId": word }).to_string();
    let key = stack::api_key();
    let (prefix, rest) = key.split_at(key.len() - 1);
    let wrong = [
        String::new(),
        "wrong".to_owned(),
        prefix.to_owned(),
        rest.to_owned(),
        format!("{key}x"),
        format!("{key},{key}"),
        key.to_uppercase(),
    ];
    let without = Caller::anonymous();
    for path in api_paths(&studio.project) {
        for method in METHODS {
            let carried = if ["POST", "PUT", "PATCH"].contains(&method) {
                Body::Bytes(body.as_bytes())
            } else {
                Body::None
            };
            let reply = without.send(method, &path, &[], carried);
            assert_eq!(reply.status, 401, "{method} {path}: {}", reply.text());
            if method != "HEAD" {
                let _ = reply.problem(401, "unauthorized");
            }
        }
    }
    for wrong in &wrong {
        for (method, path) in
            [("POST", "/api/projects"), ("GET", "/api/projects"), ("OPTIONS", "/api/projects")]
        {
            let carried = if method == "POST" { Body::Bytes(body.as_bytes()) } else { Body::None };
            let reply = without.send(method, path, &[("x-api-key", wrong)], carried);
            let _ = reply.problem(401, "unauthorized");
        }
    }
    // The key anywhere else is no key.
    let bearer = format!("Bearer {key}");
    let cookie = format!("x-api-key={key}");
    for (name, value) in [("authorization", bearer.as_str()), ("cookie", &cookie), ("x-api-keys", &key)] {
        let _ =
            without.send("GET", "/api/projects", &[(name, value)], Body::None).problem(401, "unauthorized");
    }
    let _ = without
        .send("GET", &format!("/api/projects?x-api-key={key}"), &[], Body::None)
        .problem(401, "unauthorized");
    let _ = without.send("GET", "/api/projects", &[("x-api-key", &key)], Body::None).expect(200);

    let job = studio.start_short_job();
    studio.rows(&job);
    assert_eq!(studio.database.count("SELECT COUNT(*) FROM projects WHERE name = ?", &[&word]), 0);
    assert!(studio.emulator.calls(&word).is_empty());
}

/// The method is what the request line says.
#[test]
fn a_method_cant_be_smuggled_in_a_header() {
    let studio = Studio::open("override");
    let path = format!("/api/projects/{}", studio.project);
    let before = studio.api.get(&path);
    for header in ["x-http-method-override", "x-http-method", "x-method-override"] {
        let renamed = json!({ "name": "smuggled" }).to_string();
        let reply = studio.api.send("POST", &path, &[(header, "PATCH")], Body::Bytes(renamed.as_bytes()));
        let _ = reply.problem(405, "method-not-allowed");
        let reply = studio.api.send("GET", &path, &[(header, "DELETE")], Body::None);
        assert_eq!(reply.expect(200).json(), before);
        let _ = Caller::anonymous()
            .send("POST", &path, &[(header, "GET")], Body::None)
            .problem(401, "unauthorized");
    }
    assert_eq!(studio.api.get(&path), before);
}

#[test]
fn actors_cant_be_reached_from_outside() {
    let studio = Studio::open("outside");
    let project = format!("project:{}", studio.project);
    let envelope = json!([{
        "from": { "edge": { "id": "x" } }, "to": project,
        "message": { "project": { "update": { "name": "smuggled", "description": null } } },
    }])
    .to_string();
    for path in [
        format!("/_actor/{}", studio.session),
        format!("/_actor/{project}"),
        format!("/_actor/session:{}", studio.session),
        "/_actor/".to_owned(),
        "/_actor".to_owned(),
        format!("/api/../_actor/{project}"),
        format!("//_actor/{project}"),
    ] {
        for caller in [Caller::anonymous(), Caller::with_key()] {
            for method in ["GET", "POST"] {
                let carried = if method == "POST" { Body::Bytes(envelope.as_bytes()) } else { Body::None };
                let reply = caller.send(method, &path, &[], carried);
                assert_eq!(reply.status, 404, "{method} {path}: {}", reply.text());
            }
        }
        let upgrade = Stream::connect(&path, &[("x-api-key", &stack::api_key())]);
        assert_eq!(upgrade.err(), Some(404), "{path}");
    }
    let shown = studio.api.get(&format!("/api/projects/{}", studio.project));
    assert_eq!(shown["name"], format!("Test {}", studio.word));
}

/// A step is found in its own project only, however its id is put together.
#[test]
fn a_step_of_another_project_isnt_found() {
    let (mine, other) = (Studio::open("mine"), Studio::open("other"));
    let job = mine.start(&mine.job(SCENE, &["workers"], 1));
    let id = text(&mine.finished(&job)["variants"][0]["progressionId"]);
    let forged = id.replacen(&mine.project, &other.project, 1);
    let roll_back =
        |id: &str| mine.api.send("POST", &format!("/api/progressions/{id}/rollback"), &[], Body::None);
    let _ = roll_back(&forged).problem(404, "not-found");
    let _ = mine
        .api
        .send(
            "GET",
            &format!("/api/jobs/{}", job.replacen(&mine.project, &other.project, 1)),
            &[],
            Body::None,
        )
        .problem(404, "not-found");
    assert!(other.progressions(&[]).is_empty());
    assert_eq!(mine.progressions(&[]).len(), 1);
    let _ = roll_back(&id).expect(201);
    assert_eq!(mine.progressions(&[]).len(), 2);
}

/// An original's key is known from D1: no address made of it leads to it, and nothing that the API says contains it.
#[test]
fn an_original_is_reachable_by_no_url() {
    let studio = Studio::open("original");
    let job = studio.watch(&studio.job(SCENE, &["openai"], 1));
    let row = studio.rows(&job.id).pop().unwrap();
    let key = text(&row["original_image_r2_key"]);
    let encoded: String = url::form_urlencoded::byte_serialize(key.as_bytes()).collect();
    let slug = studio.publish();
    for key in [&key, &encoded] {
        for before in [
            "/",
            "//",
            "/public/",
            "/public/lookbook/",
            "/public/artifact/",
            "/api/",
            "/api/projects/",
            "/api/artifacts/",
            "/api/jobs/",
            "/r2/",
            "/orig/",
            "/bucket/",
            "/picasso-backend/",
            "/_actor/",
            "/public/../",
            "/cdn-cgi/image/width=100/",
            "/__cf_local/imagedelivery/",
        ] {
            for after in ["", "/public", "?ticket=x"] {
                let path = format!("{before}{key}{after}");
                for caller in [Caller::anonymous(), Caller::with_key()] {
                    let reply = caller.send("GET", &path, &[], Body::None);
                    assert!([400, 401, 404].contains(&reply.status), "{path}: {}", reply.status);
                    assert!(image::guess_format(&reply.body).is_err(), "{path} is a picture");
                }
            }
        }
    }
    let said = [
        studio.fetch(&job.id).to_string(),
        Value::from(studio.progressions(&[])).to_string(),
        studio.api.get(&format!("/api/projects/{}", studio.project)).to_string(),
        studio.api.get("/api/projects?limit=200").to_string(),
        studio.api.get("/api/admin/overview").to_string(),
        studio.api.get(&format!("/api/artifacts/{slug}")).to_string(),
        studio
            .api
            .send("POST", &format!("/api/progressions/{}/rollback", text(&row["id"])), &[], Body::None)
            .expect(201)
            .text(),
        studio.ask(&json!({ "prompt": key, "providers": ["nobody"], "sessionId": "s" })).text(),
        Caller::anonymous()
            .send("GET", &format!("/public/lookbook/{slug}"), &[], Body::None)
            .expect(200)
            .text(),
        job.events.iter().map(|event| event.text.clone()).collect(),
    ];
    for text in said {
        assert!(
            !text.contains("/orig/") && !text.to_lowercase().contains("r2_key") && !text.contains("r2Key"),
            "{text}"
        );
    }
}

/// One JSON object a line, with the fields that people search by; no key, no ticket, no picture, no prompt.
#[test]
fn the_log_is_structured_and_holds_no_secret() {
    let log = stack::state().join("logs/worker.log");
    if !log.is_file() {
        eprintln!("skipped: this stack keeps no log at {}", log.display());
        return;
    }
    let studio = Studio::open("logged");
    let minted =
        studio.api.send("POST", &format!("/api/stream/{}/ticket", studio.session), &[], Body::None).json();
    let ticket = text(&minted["ticket"]);
    let mut stream =
        Stream::connect(&format!("/api/stream/{}?since=0&ticket={ticket}", studio.session), &[]).unwrap();
    let job = studio.start(&studio.job(SCENE, &["openai"], 1));
    stream.until_end(&job);
    let lines = picasso_e2e::wait::until("the job's last step is in the log", || {
        let text = fs::read_to_string(&log).unwrap();
        let lines: Vec<Value> = text
            .lines()
            .filter(|line| line.starts_with('{'))
            .filter_map(|line| serde_json::from_str(line).ok())
            .collect();
        lines.iter().any(|line| line["jobId"] == job.as_str() && line["step"] == "judge").then_some(lines)
    });
    let mine: Vec<&Value> = lines.iter().filter(|line| line["jobId"] == job.as_str()).collect();
    for step in ["generate", "fingerprint", "deliver", "judge"] {
        let line =
            mine.iter().find(|line| line["step"] == step).unwrap_or_else(|| panic!("no {step}: {mine:?}"));
        assert!(line["ms"].is_i64(), "{line}");
        assert_eq!(
            (&line["provider"], &line["sessionId"]),
            (&json!("openai"), &json!(studio.session)),
            "{line}"
        );
    }
    for line in &lines {
        let text = line.to_string();
        for secret in [
            stack::api_key(),
            ticket.clone(),
            studio.prompt(SCENE),
            "base64,".to_owned(),
            "since=0".to_owned(),
        ] {
            assert!(!text.contains(&secret), "{secret:?} in {text}");
        }
        assert!(text.len() < 4_096, "{text}");
    }
}
