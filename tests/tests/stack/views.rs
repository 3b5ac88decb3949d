//! Looks at a published page, read back by day and country, people and programs apart.

use picasso_e2e::api::{Body, Caller, Reply};
use picasso_e2e::studio::Studio;
use picasso_e2e::wait;
use serde_json::{Value, json};

const PERSON: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0";
const PROGRAM: &str = "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)";

fn look(method: &str, path: &str, agent: &str) -> Reply {
    Caller::anonymous().send(method, path, &[("user-agent", agent)], Body::None)
}

fn sum(rows: &Value, of: &str) -> i64 {
    rows.as_array().unwrap().iter().map(|row| row[of].as_i64().unwrap()).sum()
}

/// The queue delivers ten at a time: looks at another page move these on.
#[test]
fn people_and_programs_are_counted_apart_and_only_when_they_saw_the_page() {
    let studio = Studio::open("looks");
    let (slug, other) = (studio.publish(), studio.publish());
    let path = format!("/public/lookbook/{slug}");
    let api = format!("/api/artifacts/{slug}");
    for agent in [PERSON, PROGRAM, PERSON] {
        let _ = look("GET", &path, agent).expect(200);
    }
    let _ = look("HEAD", &path, PERSON).expect(200);
    let _ = look("GET", &format!("/public/artifact/{slug}/data.csv"), PERSON).expect(404);
    let lock = json!({ "link": { "password": "not for everybody" } }).to_string();
    let _ = studio.api.send("PATCH", &api, &[], Body::Bytes(lock.as_bytes())).expect(200);
    let _ = look("GET", &path, PERSON).expect(401);
    let views = format!("{api}/views");
    let shown = wait::until("three views are in D1", || {
        let _ = look("GET", &format!("/public/lookbook/{other}"), "pusher").expect(200);
        let shown = studio.api.get(&views);
        (shown["total"]["people"].as_i64()? + shown["total"]["bots"].as_i64()? >= 3).then_some(shown)
    });
    assert_eq!(shown["total"], json!({ "people": 2, "bots": 1 }), "{shown}");
    for rows in [&shown["days"], &shown["countries"]] {
        assert_eq!((sum(rows, "people"), sum(rows, "bots")), (2, 1), "{shown}");
    }
    for day in shown["days"].as_array().unwrap() {
        let start = day["dayStart"].as_i64().unwrap();
        assert_eq!(start % 86_400_000, 0, "{day}");
        assert_eq!(sum(&day["countries"], "people"), day["people"].as_i64().unwrap(), "{day}");
    }
    let admin = studio.api.get(&format!("/api/admin/views?artifactId={slug}"));
    let rows = &admin["views"];
    assert_eq!((sum(rows, "views"), sum(rows, "people"), sum(rows, "bots")), (3, 2, 1), "{admin}");

    let before = studio.api.get(&format!("{views}?from=0&to=86400000"));
    assert_eq!((&before["total"], &before["days"]), (&json!({ "people": 0, "bots": 0 }), &json!([])));
    let refuse = |query: &str| studio.api.send("GET", &format!("{views}?{query}"), &[], Body::None);
    refuse("from=yesterday").problem_with(422, "invalid-field", "from");
    refuse("from=2&to=1").problem_with(422, "invalid-field", "from");
    let unknown = "/api/artifacts/0000000000000000000000/views";
    studio.api.send("GET", unknown, &[], Body::None).problem(404, "not-found");
    Caller::anonymous().send("GET", &views, &[], Body::None).problem(401, "unauthorized");
}
