//! What operators ask of D1, put to tables that the actors filled.

use std::collections::BTreeSet;

use picasso_actors::ids::ArtifactId;
use picasso_actors::provider::Provider::{self, Openai};
use picasso_actors::read_model::Query;
use picasso_actors::read_model::admin::{self, List};
use picasso_actors::snapshot::{self, Row, Table};
use picasso_actors::sql::Sql as _;
use serde_json::{Value, json};

use crate::studio::Studio;
use crate::world::World;
use crate::world::database::Database;

const LISTS: [(&str, List, &str); 7] = [
    ("projects", List::Projects, "projects"),
    ("jobs", List::Jobs, "jobs"),
    ("progressions", List::Progressions, "progressions"),
    ("artifacts", List::Artifacts, "artifacts"),
    ("views", List::Views, "views"),
    ("outbox", List::Outbox, "items"),
    ("queue", List::Queue, "messages"),
];
const NOW: i64 = 1_000_000_000;
const PROJECT: &str = "4fZk0PqLx81mWd2C";

fn pairs(given: &[(&str, &str)]) -> Vec<(String, String)> {
    given.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn run(d1: &Database, query: &Query) -> Value {
    let row = d1.first(query.statement, &query.params).unwrap().unwrap();
    serde_json::from_str(&row.text(0).unwrap()).unwrap()
}

fn ask(d1: &Database, list: List, given: &[(&str, &str)]) -> Value {
    run(d1, &admin::query(list, &pairs(given), NOW).unwrap())
}

/// The value of `field` in each of the list's rows.
fn each(shown: &Value, name: &str, field: &str) -> Vec<Value> {
    shown[name].as_array().unwrap().iter().map(|row| row[field].clone()).collect()
}

fn write(d1: &Database, table: Table, rows: &[Value]) {
    let rows: Vec<Row> = rows.iter().map(|columns| Row::new(table, columns).unwrap()).collect();
    for (statement, parameter) in snapshot::statements(&rows).unwrap() {
        d1.exec(&statement, &[parameter.into()]).unwrap();
    }
}

fn job(id: &str, state: &str, providers: &str, created_at: i64) -> Value {
    json!({"id": id, "project_id": PROJECT, "session_id": "ada", "prompt": "p", "state": state, "providers": providers,
        "variants": 1, "completed": 0, "failed": 0, "passed": 0, "near_duplicates": 0, "created_at": created_at,
        "updated_at": created_at, "revision": 1})
}

#[test]
fn every_list_of_nothing_is_empty_and_says_that_there_is_no_snapshot() {
    let d1 = World::new(0).d1;
    for (path, list, name) in LISTS {
        assert_eq!(List::parse(path), Some(list));
        let shown = ask(&d1, list, &[]);
        assert_eq!(
            shown,
            json!({name: [], "nextCursor": null, "newestSnapshotAt": null, "now": NOW, "staleMs": null}),
            "{path}"
        );
    }
    let providers = ask(&d1, List::Providers, &[("since", "5")]);
    assert_eq!(providers, json!({"providers": [], "newestSnapshotAt": null, "now": NOW, "staleMs": null}));
    assert_eq!(List::parse("tips"), None);
}

#[test]
fn every_page_goes_on_where_the_last_one_ended() {
    let d1 = World::new(0).d1;
    let mut times = [5, 9, 5, 5, 1, 9, 7].into_iter().cycle();
    for n in 0..7 {
        let at = times.next().unwrap() * 100_000_000;
        d1.script(&format!(
            "INSERT INTO projects (id, name, created_at, updated_at) VALUES ('{n}', 'N', 1, {at});
             INSERT INTO jobs (id, project_id, state, created_at, updated_at) VALUES ('{n}', 'p', 'running', {at}, 1);
             INSERT INTO image_progressions (id, project_id, created_at) VALUES ('{n}', 'p', {at});
             INSERT INTO artifacts (id, kind, created_at) VALUES ('{n}', 'lookbook', {at});
             INSERT INTO artifact_views (id, artifact_id, timestamp) VALUES ('{n}', 'a{n}', {at});
             INSERT INTO outbox_dead (actor, seq, lane, item, created_at, parked_at)
               VALUES ('session:{n}', {n}, 'd1', '{{', 1, {at});
             INSERT INTO queue_dead VALUES ('{n}', 'b', 'e', 1, {at})"
        ));
    }
    for (path, list, name) in LISTS {
        let (mut cursor, mut seen, mut pages) = (None::<String>, Vec::new(), 0);
        loop {
            let mut given = vec![("limit", "3")];
            given.extend(cursor.as_deref().map(|cursor| ("cursor", cursor)));
            let page = ask(&d1, list, &given);
            seen.extend(page[name].as_array().unwrap().iter().cloned());
            pages += 1;
            let Some(next) = page["nextCursor"].as_str() else { break };
            cursor = Some(next.to_owned());
        }
        let whole = ask(&d1, list, &[]);
        assert_eq!(whole[name].as_array().unwrap(), &seen, "{path}");
        let distinct: BTreeSet<String> = seen.iter().map(ToString::to_string).collect();
        assert_eq!((distinct.len(), pages), (7, 3), "{path}");
    }
}

#[test]
fn what_makes_no_sense_is_named() {
    let no = |list, name: &str, value: &str| admin::query(list, &pairs(&[(name, value)]), NOW).unwrap_err();
    for (list, name, values) in [
        (List::Projects, "limit", &["0", "101", "x", "-1", ""][..]),
        (List::Projects, "cursor", &["x", ".", "5.", "-5.x", "9007199254740993.x"]),
        (List::Projects, "query", &["", " "]),
        (List::Jobs, "state", &["done", ""]),
        (List::Jobs, "provider", &["dalle"]),
        (List::Jobs, "projectId", &["x", "' OR 1"]),
        (List::Jobs, "sessionId", &["a b"]),
        (List::Jobs, "olderThanMs", &["-1", "1.5", "9007199254740993"]),
        (List::Progressions, "judgment", &["passed"]),
        (List::Progressions, "nearDuplicates", &["1"]),
        (List::Providers, "since", &["yesterday"]),
        (List::Providers, "limit", &["5"]),
        (List::Overview, "cursor", &["5.x"]),
        (List::Artifacts, "kind", &["pdf"]),
        (List::Views, "artifactId", &["x"]),
        (List::Outbox, "lane", &["d2"]),
        (List::Outbox, "actor", &["d1"]),
        (List::Queue, "state", &["running"]),
        (List::Queue, "constructor", &["running"]),
    ] {
        for value in values {
            assert_eq!(no(list, name, value).field, name, "{list:?} {value:?}");
        }
    }
    let twice = admin::query(List::Jobs, &pairs(&[("state", "running"), ("state", "complete")]), NOW);
    assert_eq!(twice.unwrap_err().field, "state");
}

#[test]
fn jobs_are_found_by_state_age_provider_project_and_session() {
    let d1 = World::new(0).d1;
    let rows = [
        job("a", "running", r#"["openai"]"#, NOW - 1_000),
        job("b", "complete", r#"["gemini","openai"]"#, NOW - 60_000),
        job("c", "running", r#"["workers"]"#, NOW - 90_000),
    ];
    write(&d1, Table::Jobs, &rows);
    let found = |given: &[(&str, &str)]| each(&ask(&d1, List::Jobs, given), "jobs", "id");
    assert_eq!(found(&[]), ["a", "b", "c"]);
    assert_eq!(found(&[("state", "running")]), ["a", "c"]);
    assert_eq!(found(&[("provider", "openai")]), ["a", "b"]);
    assert_eq!(found(&[("olderThanMs", "60000")]), ["b", "c"]);
    assert_eq!(found(&[("olderThanMs", "60000"), ("state", "running")]), ["c"]);
    assert_eq!(found(&[("projectId", PROJECT), ("sessionId", "ada")]).len(), 3);
    assert_eq!(found(&[("sessionId", "grace")]), Vec::<Value>::new());
    let shown = ask(&d1, List::Jobs, &[("state", "complete")]);
    assert_eq!((&shown["staleMs"], &shown["newestSnapshotAt"]), (&json!(1_000), &json!(NOW - 1_000)));
    assert_eq!(
        shown["jobs"][0],
        json!({"id": "b", "projectId": PROJECT, "sessionId": "ada", "prompt": "p", "state": "complete",
            "providers": ["gemini", "openai"], "variants": 1, "completed": 0, "failed": 0, "cancelled": 0, "superseded": 0,
            "passed": 0, "nearDuplicates": 0, "createdAt": NOW - 60_000, "updatedAt": NOW - 60_000, "deadlineAt": null,
            "ageMs": 60_000})
    );
}

#[test]
fn progressions_are_found_across_projects_and_show_no_key() {
    let mut studio = Studio::new(150);
    studio.run(&Provider::ALL, 2);
    let d1 = &studio.world.d1;
    d1.script(
        "UPDATE image_progressions SET judgment = 'fail', near_duplicate_of = 'x' WHERE ai_provider = 'openai';
         UPDATE image_progressions SET judgment = NULL, ai_tags = '[\"night\"]', ai_notes = 'A Blue moon'
           WHERE ai_provider = 'gemini'",
    );
    let count =
        |given: &[(&str, &str)]| ask(d1, List::Progressions, given)["progressions"].as_array().unwrap().len();
    assert_eq!(count(&[]), 6);
    assert_eq!(count(&[("provider", "openai")]), 2);
    assert_eq!((count(&[("judgment", "pass")]), count(&[("judgment", "fail")])), (2, 2));
    assert_eq!(count(&[("judgment", "undecided"), ("provider", "gemini")]), 2);
    assert_eq!((count(&[("nearDuplicates", "true")]), count(&[("nearDuplicates", "false")])), (2, 4));
    assert_eq!((count(&[("tag", "night")]), count(&[("tag", "nigh")])), (2, 0));
    assert_eq!((count(&[("query", "blue MOON")]), count(&[("query", "red boat")])), (2, 6));
    assert_eq!(count(&[("projectId", studio.project.as_str())]), 6);
    assert_eq!(count(&[("projectId", PROJECT)]), 0);
    let text = ask(d1, List::Progressions, &[]).to_string();
    assert!(!text.contains("orig/"), "{text}");
}

#[test]
fn providers_have_their_calls_errors_and_times() {
    let d1 = World::new(0).d1;
    let mut rows = Vec::new();
    for n in 1..=100 {
        rows.push(json!({"id": format!("c{n}"), "job_id": "j", "project_id": "p", "session_id": "s", "provider": "openai",
            "model": "m", "task": "generate", "ordinal": 0, "attempt": n, "outcome": "ok", "ms": n * 10, "at": n, "cost_nanousd": 20_000_000, "revision": 1}));
    }
    for (n, outcome) in [(101, "rate"), (102, "rate"), (103, "timeout")] {
        rows.push(json!({"id": format!("c{n}"), "job_id": "j", "project_id": "p", "session_id": "s", "provider": "openai",
            "model": null, "task": "generate", "ordinal": 0, "attempt": n, "outcome": outcome, "ms": 1, "at": n, "revision": 1}));
    }
    rows.push(json!({"id": "judge", "job_id": "j", "project_id": "p", "session_id": "s", "provider": "workers",
        "model": "v", "task": "judge", "ordinal": 0, "attempt": 1, "outcome": "ok", "ms": 7, "at": 1, "revision": 1}));
    write(&d1, Table::ProviderCalls, &rows);
    d1.script(
        "INSERT INTO image_progressions (id, project_id, created_at, ai_provider, judgment, near_duplicate_of) VALUES
         ('1', 'p', 50, 'openai', 'pass', NULL), ('2', 'p', 50, 'openai', 'fail', '1'),
         ('3', 'p', 50, 'openai', NULL, NULL), ('4', 'p', 50, 'gemini', 'pass', NULL)",
    );
    let shown = ask(&d1, List::Providers, &[]);
    assert_eq!(
        shown["providers"],
        json!([
            {"provider": "gemini", "tasks": [], "images": 1, "passed": 1, "failed": 0, "undecided": 0, "passRate": 1.0,
             "nearDuplicates": 0},
            {"provider": "openai", "tasks": [{"task": "generate", "calls": 103, "ok": 100,
               "unpriced": 3, "costNanousd": 2_000_000_000, "costUsd": 2.0, "errors": {"rate": 2, "timeout": 1}, "p50Ms": 500, "p95Ms": 950}],
             "images": 3, "passed": 1, "failed": 1, "undecided": 1, "passRate": 0.3333, "nearDuplicates": 1},
            {"provider": "workers", "tasks": [{"task": "judge", "calls": 1, "ok": 1, "unpriced": 1, "costNanousd": null, "costUsd": null,
               "errors": {}, "p50Ms": 7, "p95Ms": 7}],
             "images": 0, "passed": 0, "failed": 0, "undecided": 0, "passRate": null, "nearDuplicates": 0},
        ])
    );
    let later = ask(&d1, List::Providers, &[("since", "102")]);
    assert_eq!(
        later["providers"][0]["tasks"],
        json!([{"task": "generate", "calls": 2, "ok": 0, "unpriced": 2, "costNanousd": null, "costUsd": null,
               "errors": {"rate": 1, "timeout": 1}, "p50Ms": null, "p95Ms": null}])
    );
}

#[test]
fn views_are_counted_by_artifact_and_day() {
    let mut world = World::new(151);
    let artifact = ArtifactId::random(&mut world.seed);
    let day = 86_400_000;
    for (n, at, ip) in [(1, 0, "a"), (2, day - 1, "a"), (3, day, "a"), (4, day + 5, "b"), (5, 5 * day, "a")] {
        world.d1.script(&format!(
            "INSERT INTO artifact_views (id, artifact_id, timestamp, ip_address, bot) VALUES ('{n}', '{artifact}', {at}, '{ip}', {n} = 3)"
        ));
    }
    let shown = ask(&world.d1, List::Views, &[("artifactId", artifact.as_str())]);
    let rows: Vec<Value> = shown["views"].as_array().unwrap().clone();
    let row = |day: &str, start: i64, [views, bots, networks]: [i64; 3]| json!({"artifactId": artifact.as_str(), "day": day, "dayStart": start, "views": views, "people": views - bots, "bots": bots, "networks": networks});
    assert_eq!(
        rows,
        [
            row("1970-01-06", 5 * day, [1, 0, 1]),
            row("1970-01-02", day, [2, 1, 2]),
            row("1970-01-01", 0, [2, 0, 1])
        ]
    );
    let (since, until) = (day.to_string(), (2 * day).to_string());
    let some = ask(&world.d1, List::Views, &[("since", &since), ("until", &until)]);
    assert_eq!(each(&some, "views", "day"), ["1970-01-02"]);
}

#[test]
fn a_parked_item_shows_what_it_is_about_and_nothing_of_what_it_holds() {
    let d1 = World::new(0).d1;
    let key = "project/p/jobs/j/orig/1";
    for (seq, lane, item) in [
        (
            1,
            "d1",
            json!({"snapshot": {"table": "image_progressions", "columns": {"id": "x", "original_image_r2_key": key}}}),
        ),
        (2, "job:j", json!({"tell": {"to": "job:j", "message": {"job": "fetch"}}})),
        (
            3,
            "project:p",
            json!({"tell": {"to": "project:p", "message": {"project": {"record": {"progression": {"key": key}}}}}}),
        ),
        (4, "d1", json!("{")),
    ] {
        let item = item.as_str().map_or_else(|| item.to_string(), str::to_owned);
        let columns = json!({"actor": "session:a", "seq": seq, "lane": lane, "item": item, "error": "e", "attempts": 3,
            "created_at": 1, "parked_at": seq, "requeued_at": null, "revision": 1});
        write(&d1, Table::OutboxDead, &[columns]);
    }
    let shown = ask(&d1, List::Outbox, &[]);
    assert!(!shown.to_string().contains("orig"), "{shown}");
    let about: Vec<Value> = shown["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| json!([it["seq"], it["table"], it["row"], it["message"]]))
        .collect();
    assert_eq!(
        about,
        [
            json!([4, null, null, null]),
            json!([3, null, null, "project.record"]),
            json!([2, null, null, "job.fetch"]),
            json!([1, "image_progressions", "x", null]),
        ]
    );
    assert_eq!(each(&ask(&d1, List::Outbox, &[("lane", "d1")]), "items", "seq"), [4, 1]);
    assert_eq!(each(&ask(&d1, List::Outbox, &[("actor", "session:a")]), "items", "seq").len(), 4);
}

#[test]
fn lists_are_read_from_an_index() {
    let d1 = World::new(0).d1;
    for (list, index) in [
        (List::Projects, "projects_by_updated"),
        (List::Jobs, "jobs_by_created"),
        (List::Progressions, "image_progressions_by_created"),
        (List::Artifacts, "artifacts_by_created"),
        (List::Queue, "queue_dead_by_created"),
    ] {
        let query = admin::query(list, &[], NOW).unwrap();
        let plan = d1.exec(&format!("EXPLAIN QUERY PLAN {}", query.statement), &query.params).unwrap();
        let plan: Vec<String> = plan.iter().map(|row| row.text(3).unwrap()).collect();
        assert!(plan.iter().any(|line| line.contains(index)), "{list:?}: {plan:#?}");
    }
}

#[test]
fn a_dead_message_is_found_and_forgotten() {
    let d1 = World::new(0).d1;
    d1.script("INSERT INTO queue_dead VALUES ('m', '{\"a\":1}', 'e', 3, 5)");
    assert_eq!(run(&d1, &admin::dead_message("m")), json!(["{\"a\":1}"]));
    d1.exec(admin::FORGET_MESSAGE, &["m".into()]).unwrap();
    assert_eq!(run(&d1, &admin::dead_message("m")), json!([null]));
}

#[test]
fn d1_lists_whom_it_knows_and_directories_take_them_in() {
    let mut studio = Studio::new(152);
    studio.run(&[Openai], 1);
    let names = run(&studio.world.d1, &admin::names(""));
    assert_eq!(names, json!([format!("project:{}", studio.project)]));
    assert_eq!(run(&studio.world.d1, &admin::names(names[0].as_str().unwrap())), json!([]));
    let odd = ["project:x".to_owned(), "session:a".to_owned(), format!("project:{PROJECT}")];
    let entries = picasso_actors::directory::entries(&odd);
    assert_eq!(entries.len(), 1);
    assert_eq!(entries[0].0.to_string(), "directory:3");
}
