//! Traps under requests: who gets what, and what is there afterwards.

use picasso_e2e::api::Caller;
use picasso_e2e::studio::{Studio, text};
use serde_json::json;

use super::{ANSWER_LIMIT, KINDS, arm, in_flight, now, says_come_back, sprung};

/// Where a request to rename a project can trap, and whether the project has its new name then.
const PLACES: [(&str, bool); 4] = [("fetch", false), ("object", false), ("turn", false), ("committed", true)];

#[test]
fn whoever_is_in_flight_is_told_to_come_back_within_a_second_and_the_next_request_works() {
    for (place, renamed) in PLACES {
        for kind in KINDS {
            one_trap(place, kind, renamed);
        }
    }
}

fn one_trap(place: &str, kind: &str, renamed: bool) {
    let (victim, in_worker, in_object) =
        (Studio::open("old"), Studio::open("worker"), Studio::open("object"));
    let path = |studio: &Studio| format!("/api/projects/{}", studio.project);
    arm("fetch", "hold", &in_worker.project);
    arm("object", "hold", &in_object.project);
    let bystanders = [
        in_flight("GET", path(&in_worker), ""),
        in_flight("PATCH", path(&in_object), r#"{"name":"bystander"}"#),
    ];
    let _ = sprung("hold");

    arm(place, kind, &victim.project);
    let begun = now();
    let (reply, answered) = in_flight("PATCH", path(&victim), r#"{"name":"new"}"#).join().unwrap();
    let what = format!("{kind} at {place}");
    assert!(answered - begun < ANSWER_LIMIT, "{what}: the caller waited {:?}", answered - begun);
    says_come_back(&reply);
    for bystander in bystanders {
        let (reply, answered) = bystander.join().unwrap();
        assert!(answered - begun < ANSWER_LIMIT, "{what}: a bystander waited {:?}", answered - begun);
        says_come_back(&reply);
    }

    let api = Caller::with_key();
    assert_eq!(api.get(&path(&victim))["name"] == "new", renamed, "{what}: all or nothing");
    assert_ne!(api.get(&path(&in_object))["name"], "bystander", "{what}: it was held before its turn");
    for studio in [&victim, &in_worker, &in_object] {
        let again = studio.api.send(
            "PATCH",
            &path(studio),
            &[],
            picasso_e2e::api::Body::Bytes(br#"{"name":"again"}"#),
        );
        assert_eq!(text(&again.expect(200).json()["name"]), "again", "{what}: the next request works");
    }
}

/// Nobody who traps can make a second project by trying again, and none is half made.
#[test]
fn a_project_whose_creation_trapped_is_made_once_by_trying_again() {
    let studio = Studio::open("creation");
    for place in ["fetch", "object", "turn"] {
        let subject = if place == "fetch" { "/api/projects" } else { "project:" };
        arm(place, "panic", subject);
        let name = json!({ "name": format!("{} {place}", studio.word) });
        says_come_back(&studio.api.post("/api/projects", &name));
        let id = text(&studio.api.post("/api/projects", &name).expect(201).json()["id"]);
        assert_eq!(studio.api.get(&format!("/api/projects/{id}"))["name"], name["name"]);
        let count = picasso_e2e::wait::until("the project is in D1", || {
            let count = "SELECT COUNT(*) FROM projects WHERE name = ?";
            Some(studio.database.count(count, &[&name["name"].as_str()])).filter(|count| *count > 0)
        });
        assert_eq!(count, 1, "{place}");
    }
}
