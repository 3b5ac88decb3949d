//! A project's tree and the lists: search, tags, rollback, change, paging, totals.

use std::collections::BTreeSet;

use picasso_e2e::api::{Body, Caller};
use picasso_e2e::database::Database;
use picasso_e2e::studio::{SCENE, Studio, text, unique};
use picasso_e2e::wait;
use serde_json::{Value, json};

/// Longer than the 50 bytes that a LIKE pattern may have on this platform, and not ASCII.
const LONG: &str = "ÜBERGRÖSSE – ein Kreis für die Straßenbahn, наконец, 東京の夏の夕方";

fn only(id: &str) -> Vec<String> {
    vec![id.to_owned()]
}

fn ids(progressions: &[Value]) -> Vec<String> {
    progressions.iter().map(|shown| text(&shown["id"])).collect()
}

#[test]
fn progressions_are_found_by_text_and_tags() {
    let studio = Studio::open("search");
    let first = studio.start(&studio.job(&format!("{SCENE}, {LONG}"), &["workers"], 1));
    let second = studio.start(&studio.job("a blue square on a yellow background", &["workers"], 1));
    let (first, second) = (studio.finished(&first), studio.finished(&second));
    let of = |job: &Value| text(&job["variants"][0]["progressionId"]);
    let (circle, square) = (of(&first), of(&second));
    let found = |query: &[(&str, &str)]| ids(&studio.progressions(query));

    let mut all = found(&[]);
    all.sort();
    let mut both = [circle.clone(), square.clone()];
    both.sort();
    assert_eq!(all, both);
    assert_eq!(found(&[("query", LONG)]), only(&circle));
    assert_eq!(found(&[("query", &LONG.to_lowercase())]), only(&circle), "whatever the case, in any script");
    assert_eq!(found(&[("query", "BLUE Square")]), only(&square));
    assert_eq!(found(&[("query", &studio.word)]).len(), 2);
    for nothing in ["a green triangle", "%", "_ircle", "*", "'", "\" OR 1=1 --", "\\"] {
        assert!(found(&[("query", nothing)]).is_empty(), "{nothing}");
    }

    let tags: Vec<String> = first["variants"][0]["tags"].as_array().unwrap().iter().map(text).collect();
    assert!(tags.len() >= 2, "{tags:?}");
    for tag in &tags {
        assert!(found(&[("tags", tag)]).contains(&circle), "{tag}");
    }
    let list = json!(tags).to_string();
    for query in [
        &[("tags", tags[0].as_str()), ("tags", tags[1].as_str())][..],
        &[("tags[]", &list)],
        &[("tags", &tags.join(","))],
    ] {
        assert_eq!(found(query), only(&circle), "all of them: {query:?}");
    }
    assert!(found(&[("tags", &tags[0]), ("tags", "no-such-tag")]).is_empty(), "all of them, not one of them");
    assert!(found(&[("tags", &tags[0]), ("query", "blue square")]).is_empty());
}

#[test]
fn a_rollback_is_a_new_step_from_the_old_ones_picture() {
    let studio = Studio::open("rollback");
    let job = studio.start(&studio.job(SCENE, &["openai"], 1));
    let made = studio.finished(&job)["variants"][0].clone();
    let id = text(&made["progressionId"]);
    let roll_back =
        |id: &str| studio.api.send("POST", &format!("/api/progressions/{id}/rollback"), &[], Body::None);
    let step = roll_back(&id).expect(201).json();
    let new = text(&step["id"]);
    assert_ne!(new, id);
    assert_eq!(step["parentProgressionId"], id.as_str());
    assert_eq!(step["startImageUrl"], made["generatedImageUrl"]);
    assert_eq!(ids(&studio.progressions(&[])), [new.clone(), id], "listed, newest first");
    let row = wait::until("the new step is in D1", || {
        studio.database.rows("SELECT * FROM image_progressions WHERE id = ?", &[&new]).pop()
    });
    assert_eq!(row["parent_progression_id"], made["progressionId"]);
    assert_eq!(row["start_image_url"], made["generatedImageUrl"]);
    let original = format!("project/{}/jobs/{job}/orig/0", studio.project);
    assert_eq!(row["original_image_r2_key"], original.as_str(), "its base is the step's original");
    let again = roll_back(&new).expect(201).json();
    assert_eq!(again["startImageUrl"], made["generatedImageUrl"], "from a rollback it's the same base");

    let _ = roll_back(&format!("{}-000000000000", studio.project)).problem(404, "not-found");
    let _ = roll_back(&format!("{job}-7")).problem(404, "not-found");
    let _ = roll_back("nonsense").problem(404, "not-found");
}

#[test]
fn a_project_changes_by_what_is_given() {
    let api = Caller::with_key();
    let name = unique("before");
    let body = json!({ "name": format!("  {name}  "), "description": "Sommer – 夏" });
    let made = api.post("/api/projects", &body).expect(201).json();
    assert_eq!((&made["name"], &made["description"]), (&json!(name), &json!("Sommer – 夏")));
    let path = format!("/api/projects/{}", text(&made["id"]));
    let change = |body: &Value| api.send("PATCH", &path, &[], Body::Bytes(body.to_string().as_bytes()));
    let renamed = change(&json!({ "name": "After" })).expect(200).json();
    assert_eq!((&renamed["name"], &renamed["description"]), (&json!("After"), &made["description"]));
    assert_eq!(renamed["createdAt"], made["createdAt"]);
    assert!(renamed["updatedAt"].as_i64() >= made["updatedAt"].as_i64());
    let emptied = change(&json!({ "description": "" })).expect(200).json();
    assert_eq!((&emptied["name"], &emptied["description"]), (&json!("After"), &json!("")));
    assert_eq!(api.get(&path), emptied);
    for (body, field) in [
        (json!({}), "name"),
        (json!({ "name": "" }), "name"),
        (json!({ "name": "two\nlines" }), "name"),
        (json!({ "name": "x".repeat(201) }), "name"),
        (json!({ "name": 7 }), "name"),
        (json!({ "description": [] }), "description"),
        (json!({ "description": "x".repeat(4_001) }), "description"),
    ] {
        let _ = change(&body).problem_with(422, "invalid-field", field);
    }
    assert_eq!(api.get(&path), emptied, "a refused change changes nothing");
    let database = Database::open();
    let row = wait::until("the change is in D1", || {
        let rows = database.rows("SELECT * FROM projects WHERE id = ?", &[&text(&made["id"])]);
        rows.into_iter().next().filter(|row| row["name"] == "After" && row["description"] == "")
    });
    assert_eq!(row["updated_at"], emptied["updatedAt"]);
}

/// Walks the whole list, however many projects other tests make and change meanwhile: what changes moves to the front, so
/// nothing can come twice.
fn walk(api: &Caller, limit: u32) -> Vec<Value> {
    let mut projects: Vec<Value> = Vec::new();
    let mut seen = BTreeSet::new();
    let mut cursor = String::new();
    loop {
        let page = api.get(&format!("/api/projects?limit={limit}{cursor}"));
        let items = page["projects"].as_array().unwrap();
        assert!(items.len() <= usize::try_from(limit).unwrap());
        for project in items {
            assert!(seen.insert(text(&project["id"])), "twice in pages of {limit}: {project}");
            projects.push(project.clone());
        }
        match page["nextCursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return projects,
        }
    }
}

#[test]
fn projects_are_listed_by_their_newest_change_page_after_page() {
    let api = Caller::with_key();
    let names: Vec<String> = (0..5).map(|_| unique("listed")).collect();
    let made: Vec<String> = names
        .iter()
        .map(|name| text(&api.post("/api/projects", &json!({ "name": name })).expect(201).json()["id"]))
        .collect();
    let mine = |limit: u32| -> Vec<String> {
        let all = walk(&api, limit);
        let times: Vec<i64> = all.iter().map(|project| project["updatedAt"].as_i64().unwrap()).collect();
        assert!(times.is_sorted_by(|newer, older| newer >= older), "{times:?}");
        all.iter().map(|project| text(&project["id"])).filter(|id| made.contains(id)).collect()
    };
    wait::until("all five are in the list", || (mine(200).len() == made.len()).then_some(()));
    // Two of the same millisecond are in the order of their ids.
    let database = Database::open();
    let in_order = || -> Vec<String> {
        let rows = database.rows("SELECT id FROM projects ORDER BY updated_at DESC, id", &[]);
        rows.iter().map(|row| text(&row["id"])).filter(|id| made.contains(id)).collect()
    };
    for limit in [1, 2, 3, 200] {
        assert_eq!(mine(limit), in_order(), "each once, in pages of {limit}");
    }
    let oldest = in_order().pop().unwrap();
    let change = json!({ "description": "touched" }).to_string();
    let _ = api
        .send("PATCH", &format!("/api/projects/{oldest}"), &[], Body::Bytes(change.as_bytes()))
        .expect(200);
    wait::until("the changed one comes first", || {
        mine(200).first().is_some_and(|id| *id == oldest).then_some(())
    });
    for (query, field) in [
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("limit=x", "limit"),
        ("cursor=x", "cursor"),
        ("cursor=-1.x", "cursor"),
    ] {
        let reply = api.send("GET", &format!("/api/projects?{query}"), &[], Body::None);
        let _ = reply.problem_with(422, "invalid-field", field);
    }
}

/// The overview is what D1 holds: compared between two looks at it that agree.
#[test]
fn the_overview_counts_what_is_there() {
    let studio = Studio::open("overview");
    let job = studio.start(&studio.job(SCENE, &["gemini"], 1));
    studio.finished(&job);
    assert_eq!(studio.rows(&job).len(), 1);
    let count = |statement: &str| studio.database.count(&format!("SELECT COUNT(*) FROM {statement}"), &[]);
    let totals = || {
        json!({
            "projects": count("projects"),
            "jobs": count("jobs"),
            "complete": count("jobs WHERE state = 'complete'"),
            "pictures": count("image_progressions"),
            "passed": count("image_progressions WHERE judgment = 'pass'"),
            "failed": count("image_progressions WHERE judgment = 'fail'"),
            "marked": count("image_progressions WHERE near_duplicate_of IS NOT NULL"),
            "gemini": count("image_progressions WHERE ai_provider = 'gemini'"),
            "artifacts": count("artifacts"),
            "dead": count("queue_dead"),
        })
    };
    wait::until("the overview shows what D1 holds", || {
        let before = totals();
        let shown = studio.api.get("/api/admin/overview");
        let told = json!({
            "projects": shown["projects"],
            "jobs": shown["jobs"]["total"],
            "complete": shown["jobs"]["complete"],
            "pictures": shown["progressions"]["total"],
            "passed": shown["progressions"]["passed"],
            "failed": shown["progressions"]["failed"],
            "marked": shown["progressions"]["nearDuplicates"],
            "gemini": shown["providers"]["gemini"]["images"],
            "artifacts": shown["artifacts"],
            "dead": shown["deadQueueMessages"],
        });
        (before == totals() && before == told).then_some(())
    });
    assert_eq!(count("queue_dead WHERE body NOT LIKE 'poison%'"), 0, "but for what a test poisoned");
}
