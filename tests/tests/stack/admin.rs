//! What operators ask and have done: lists across projects, an emptied read model filled again, messages sent once more.

use std::collections::BTreeSet;

use picasso_e2e::api::{Body, Caller};
use picasso_e2e::studio::{SCENE, Studio, text, unique};
use picasso_e2e::wait;
use serde_json::{Map, Value, json};

/// The actors' tables, and what of each row names this test's own project.
const TABLES: [(&str, &str); 6] = [
    ("projects", "id"),
    ("image_progressions", "project_id"),
    ("jobs", "project_id"),
    ("artifacts", "project_id"),
    ("project_artifacts", "project_id"),
    ("provider_calls", "project_id"),
];

fn list(studio: &Studio, path: &str) -> Value {
    let shown = studio.api.get(&format!("/api/admin/{path}"));
    let (now, newest) = (shown["now"].as_i64().unwrap(), shown["newestSnapshotAt"].as_i64().unwrap());
    assert_eq!(shown["staleMs"], json!((now - newest).max(0)), "{path}");
    shown
}

/// What the read model holds of this test's project, table by table.
fn held(studio: &Studio) -> Vec<Vec<Map<String, Value>>> {
    let rows = |(table, owner)| {
        studio
            .database
            .rows(&format!("SELECT * FROM {table} WHERE {owner} = ? ORDER BY 1, 2"), &[&studio.project])
    };
    TABLES.into_iter().map(rows).collect()
}

/// The same, once nothing more is on its way.
fn settled(studio: &Studio, job: &str) -> Vec<Vec<Map<String, Value>>> {
    studio.finished(job);
    studio.rows(job);
    wait::until("the artifact's project is touched", || {
        let project = studio.api.get(&format!("/api/projects/{}", studio.project));
        let touched = "SELECT COUNT(*) FROM projects WHERE id = ? AND updated_at = ?";
        let at = project["updatedAt"].as_i64().unwrap();
        (project["artifacts"] != json!([]) && studio.database.count(touched, &[&studio.project, &at]) == 1)
            .then_some(())
    });
    held(studio)
}

#[test]
fn what_the_read_model_lost_is_filled_in_again_from_the_actors() {
    let studio = Studio::open("rebuild");
    let job = studio.start(&studio.job(SCENE, &["workers", "openai"], 1));
    studio.finished(&job);
    studio.publish();
    let before = settled(&studio, &job);
    assert_eq!(before[..5].iter().map(Vec::len).collect::<Vec<_>>(), [1, 2, 1, 1, 1]);
    for (table, owner) in TABLES {
        studio.database.change(&format!("DELETE FROM {table} WHERE {owner} = ?"), &[&studio.project]);
    }
    assert!(held(&studio).iter().all(Vec::is_empty));

    let begun = studio.api.send("POST", "/api/admin/rebuild", &[], Body::None).expect(202).json();
    let now = begun["now"].as_i64().unwrap();
    assert_eq!(begun["directories"].as_array().unwrap().len(), 16);
    wait::until("everybody is told", || {
        let shown = studio.api.get("/api/admin/rebuild");
        let told = |it: &Value| it["endedAt"].is_i64() && it["told"].as_i64() <= it["members"].as_i64();
        shown["directories"].as_array().unwrap().iter().all(told).then_some(())
    });
    wait::until("the rows are there again", || (held(&studio) == before).then_some(()));
    for directory in begun["directories"].as_array().unwrap() {
        assert!(directory["begunAt"].as_i64().unwrap() <= now, "{directory}");
    }
}

#[test]
fn operators_find_what_they_look_for_across_projects() {
    let studio = Studio::open("operators");
    let job = studio.start(&studio.job(SCENE, &["workers"], 2));
    studio.finished(&job);
    let slug = studio.publish();
    settled(&studio, &job);
    let (project, session) = (&studio.project, &studio.session);

    let found = list(&studio, &format!("projects?query={}", studio.word.to_uppercase()));
    assert_eq!(found["projects"][0]["id"], project.as_str());
    assert_eq!((&found["projects"][0]["progressions"], &found["nextCursor"]), (&json!(2), &json!(null)));

    let jobs = list(
        &studio,
        &format!("jobs?state=complete&provider=workers&sessionId={session}&projectId={project}"),
    );
    assert_eq!(jobs["jobs"].as_array().unwrap().len(), 1, "{jobs}");
    assert_eq!((&jobs["jobs"][0]["id"], &jobs["jobs"][0]["completed"]), (&json!(job), &json!(2)));
    assert_eq!(list(&studio, &format!("jobs?sessionId={session}&olderThanMs=86400000"))["jobs"], json!([]));

    let (mut ids, mut cursor) = (BTreeSet::new(), String::new());
    loop {
        let page = list(&studio, &format!("progressions?projectId={project}&judgment=pass&limit=1{cursor}"));
        ids.extend(page["progressions"].as_array().unwrap().iter().map(|it| text(&it["id"])));
        assert!(!page.to_string().contains("/orig/"), "{page}");
        let Some(next) = page["nextCursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(ids, [0, 1].map(|n| format!("{job}-{n}")).into());

    let artifacts = list(&studio, &format!("artifacts?kind=lookbook&projectId={project}"));
    assert_eq!(artifacts["artifacts"][0]["publicSlug"], slug.as_str());
    let providers = list(&studio, "providers");
    let names: Vec<&Value> =
        providers["providers"].as_array().unwrap().iter().map(|it| &it["provider"]).collect();
    assert!(names.contains(&&json!("workers")), "{providers}");
    for path in ["overview", "views", "outbox", "queue"] {
        list(&studio, path);
    }
}

#[test]
fn a_list_says_what_is_wrong_with_its_query() {
    let api = Caller::with_key();
    for (path, field) in [
        ("jobs?state=odd", "state"),
        ("jobs?projectId=x", "projectId"),
        ("jobs?page=2", "page"),
        ("projects?limit=101", "limit"),
        ("projects?cursor=x", "cursor"),
        ("providers?since=now", "since"),
        ("overview?limit=1", "limit"),
        ("views?since=1&since=2", "since"),
    ] {
        let reply = api.send("GET", &format!("/api/admin/{path}"), &[], Body::None);
        reply.problem_with(422, "invalid-field", field);
    }
    let requeue = |body: &Value| api.post("/api/admin/outbox/requeue", body);
    requeue(&json!({ "actor": "nobody", "seq": 1 })).problem_with(422, "invalid-field", "actor");
    requeue(&json!({ "actor": "session:s", "seq": 0 })).problem_with(422, "invalid-field", "seq");
    requeue(&json!({ "actor": "session:s" })).problem_with(422, "invalid-field", "seq");
    requeue(&json!({ "actor": "session:s", "seq": 7 })).problem(404, "not-found");
    api.send("POST", "/api/admin/queue/nothing/requeue", &[], Body::None).problem(404, "not-found");
}

/// The whole way round: a dead message is sent again, is no better than before, and is parked under another number.
#[test]
fn a_dead_message_that_is_sent_again_and_fails_again_comes_back() {
    let studio = Studio::open("poison");
    let (body, id) = (unique("poison"), unique("dead"));
    let row = "INSERT INTO queue_dead (id, body, error, attempts, created_at) VALUES (?, ?, 'e', 1, 5)";
    studio.database.change(row, &[&id, &body]);
    let path = format!("/api/admin/queue/{id}/requeue");
    assert_eq!(studio.api.send("POST", &path, &[], Body::None).expect(200).json(), json!({ "id": id }));
    studio.api.send("POST", &path, &[], Body::None).problem(404, "not-found");
    let back = wait::until("it's parked again", || {
        studio.database.rows("SELECT * FROM queue_dead WHERE body = ?", &[&body]).pop()
    });
    assert_ne!(back["id"], id.as_str());
    assert!(text(&back["error"]).contains("expected"), "{back:?}");
    assert_eq!(back["attempts"], 1);
    let shown = list(&studio, "queue?limit=100");
    let shown = shown["messages"].as_array().unwrap().iter().find(|it| it["body"] == body.as_str());
    assert_eq!(shown.unwrap()["id"], back["id"]);
}
