//! State that an older version wrote opens in this one, and goes on from where it was.
//!
//! `v1/*.sql` is what version 1 of every actor's schema held at one moment of one story: a job that was over, a job in full
//! swing (attempts under way at the provider, at Images and at the judge, a verdict on its way to the project, rows that
//! couldn't be sent), their project, session and artifact, and D1. Such a file is what somebody's disk holds: it never
//! changes, however the code does. A version that changes a schema adds a folder of its own.

use std::collections::BTreeMap;

use picasso_actors::address::{ActorName, Kind};
use picasso_actors::ids::{ArtifactId, JobId, ProjectId, SessionId};
use picasso_actors::job::stage::Stage;
use picasso_actors::project::{self, Filter};
use picasso_actors::protocol::Message;
use picasso_actors::provider::Provider;
use picasso_actors::session;
use picasso_actors::sql::{Fault, Sql as _};
use picasso_actors::{artifact, schema};
use serde_json::{Value, json};

use crate::studio::{Studio, body};
use crate::world::World;
use crate::world::database::Database;

const SESSION: &str = include_str!("v1/session.sql");
const PROJECT: &str = include_str!("v1/project.sql");
const COMPLETE: &str = include_str!("v1/job-complete.sql");
const RUNNING: &str = include_str!("v1/job-running.sql");
const ARTIFACT: &str = include_str!("v1/artifact.sql");
const D1: &str = include_str!("v1/d1.sql");

/// When the states were taken, and the objects lost: epoch milliseconds.
const FROZEN_AT: i64 = 1_795_442_457_800;
/// Files of `migrations/` that had run then.
const MIGRATIONS: usize = 1;

fn complete() -> JobId {
    JobId::parse("CQuISGvzCiENsXQw-n3cpiqw5igot").unwrap()
}

fn running() -> JobId {
    JobId::parse("CQuISGvzCiENsXQw-eOmQgOC1Txyi").unwrap()
}

fn published() -> ActorName {
    ActorName::Artifact(ArtifactId::parse("LrUoAcRs6bVL0AuN9KQs6p").unwrap())
}

fn states() -> [(ActorName, &'static str); 5] {
    [
        (ActorName::Session(SessionId::parse("ada-laptop").unwrap()), SESSION),
        (ActorName::Project(ProjectId::parse("CQuISGvzCiENsXQw").unwrap()), PROJECT),
        (ActorName::Job(complete()), COMPLETE),
        (ActorName::Job(running()), RUNNING),
        (published(), ARTIFACT),
    ]
}

/// The world of that moment, a second later, opened by the present code.
fn thawed() -> Studio {
    let mut world = World::new(1);
    world.d1 = Database::default();
    world.d1.script(D1);
    for migration in &crate::world::migrations()[MIGRATIONS..] {
        world.d1.script(migration);
    }
    world.now = FROZEN_AT + 1_000;
    for (me, state) in states() {
        world.restore(&me, state).unwrap();
    }
    Studio { world, project: running().project(), session: SessionId::parse("ada-laptop").unwrap() }
}

/// A state as it was written, not opened.
fn frozen(state: &str) -> Database {
    let sql = Database::default();
    sql.script(state);
    sql
}

/// Tables and the names of their columns.
fn tables(sql: &Database) -> BTreeMap<String, Vec<String>> {
    let names = sql.exec("SELECT name FROM sqlite_schema WHERE type = 'table'", &[]).unwrap();
    let columns = |table: &str| {
        let info = sql.exec("SELECT name FROM pragma_table_info(?) ORDER BY 1", &[table.into()]).unwrap();
        info.iter().map(|row| row.text(0).unwrap()).collect()
    };
    names.iter().map(|row| row.text(0).unwrap()).map(|table| (table.clone(), columns(&table))).collect()
}

#[test]
fn an_old_state_gets_the_tables_of_a_new_one_and_opens_again() {
    for (me, state) in states() {
        let (old, new) = (frozen(state), Database::default());
        for sql in [&old, &new] {
            sql.transaction(|| schema::open(sql, me.kind())).unwrap();
        }
        assert_eq!(tables(&old), tables(&new), "{me}");
        let opened = old.dump();
        old.transaction(|| schema::open(&old, me.kind())).unwrap();
        assert_eq!(old.dump(), opened, "{me}");
    }
}

#[test]
fn a_state_newer_than_the_code_is_refused_and_left_as_it_is() {
    for (me, state) in states() {
        let sql = frozen(state);
        sql.script("INSERT INTO schema_version (version) VALUES (1000)");
        let before = (sql.dump(), tables(&sql));
        let refused = sql.transaction(|| schema::open(&sql, me.kind()));
        assert!(matches!(refused, Err(Fault::Corrupt { what: "schema", .. })), "{refused:?}");
        assert_eq!((sql.dump(), tables(&sql)), before, "{me}");
    }
}

#[test]
fn every_event_is_replayed_to_the_letter() {
    let old = frozen(SESSION);
    let kept: Vec<String> = old
        .exec("SELECT frame FROM events ORDER BY seq", &[])
        .unwrap()
        .iter()
        .map(|row| row.text(0).unwrap())
        .collect();
    assert_eq!(kept.len(), 50);
    let mut studio = thawed();
    for (since, missed) in (0..).zip((0..kept.len()).map(|since| &kept[since..])) {
        let replayed: Vec<String> =
            studio.replay(since, 1_000).events.iter().map(|frame| frame.get().to_owned()).collect();
        assert_eq!(&replayed[..missed.len()], missed, "since {since}");
    }
    assert_eq!(studio.epoch(), old.first("SELECT epoch FROM head", &[]).unwrap().unwrap().text(0).unwrap());
    let ticket = "nIwcLWooq7OzRqom5t6RYSvy9Q9s4rO3".to_owned();
    let admitted = studio.ask_session(session::Message::Admit { ticket });
    assert!(matches!(admitted, picasso_actors::protocol::Reply::Done), "{admitted:?}");
}

#[test]
fn what_was_made_is_shown_as_it_was() {
    let mut studio = thawed();
    let shown = studio.fetch(&complete());
    let figures = ["state", "completed", "failed", "passed", "nearDuplicates"].map(|key| shown[key].clone());
    assert_eq!(json!(figures), json!(["complete", 3, 1, 2, 1]));
    assert_eq!(shown["variants"][1]["retrySuggestion"], "Ask for a straight mast.");
    assert_eq!(shown["variants"][3]["errorClass"], "moderation");
    let shown = studio.fetch(&running());
    let stages: Vec<&Value> = (0..6).map(|n| &shown["variants"][n]["stage"]).collect();
    assert_eq!(json!(stages), json!(["generate", "generate", "deliver", "judge", "settle", "generate"]));

    let all = Filter { limit: 50, ..Filter::default() };
    let page = body(&studio.ask_project(project::Message::Progressions(all)));
    let operations: Vec<&Value> =
        page["progressions"].as_array().unwrap().iter().map(|it| &it["operation"]).collect();
    assert_eq!(
        json!(operations),
        json!(["generate", "generate", "rollback", "generate", "generate", "generate"])
    );
    let found = Filter { query: Some("bent".to_owned()), limit: 50, ..Filter::default() };
    let page = body(&studio.ask_project(project::Message::Progressions(found)));
    assert_eq!(page["progressions"][0]["id"], format!("{}-1", complete()));
    let shown = body(&studio.ask_project(project::Message::Fetch));
    assert_eq!((&shown["name"], &shown["progressions"]), (&json!("Sea and sky"), &json!(6)));
    assert_eq!(shown["artifacts"], json!([published().id()]));
    let served =
        body(&studio.world.ask(&published(), Message::Artifact(artifact::Message::Serve { pass: None })));
    assert_eq!(served["open"]["served"]["contentR2Key"], "artifact/a/2");
}

#[test]
fn a_reply_that_was_kept_is_given_again() {
    let mut studio = thawed();
    let old = frozen(RUNNING);
    let row = old.first("SELECT id, reply FROM inbox_asks", &[]).unwrap().unwrap();
    let spec = old.first("SELECT spec FROM job", &[]).unwrap().unwrap().text(0).unwrap();
    let spec = serde_json::from_str(&spec).unwrap();
    let before = studio.world.sql(&ActorName::Job(running())).dump();
    let again =
        studio.world.ask_as(&row.text(0).unwrap(), &ActorName::Job(running()), crate::studio::start(spec));
    assert_eq!(serde_json::to_string(&again.unwrap()).unwrap(), row.text(1).unwrap());
    assert_eq!(studio.world.sql(&ActorName::Job(running())).dump(), before);
}

#[test]
fn a_job_in_full_swing_goes_on_to_its_end() {
    let mut studio = thawed();
    let before = frozen(COMPLETE).dump();
    studio.world.run();
    studio.check_ended(&running());
    let shown = studio.fetch(&running());
    assert_eq!((&shown["completed"], &shown["failed"]), (&json!(5), &json!(1)));
    assert!(studio.calls(Stage::Refine).is_empty(), "what was done isn't done again");
    let again: Vec<(Provider, u32)> =
        studio.calls(Stage::Generate).iter().map(|call| (call.provider, call.work.attempt)).collect();
    assert_eq!(again, [(Provider::Openai, 2), (Provider::Openai, 3)], "what was cut off is");

    studio.check_ended(&complete());
    let sql = studio.world.sql(&ActorName::Job(complete()));
    // A later version may have added columns: they come last.
    let now: Vec<String> = sql.dump().lines().map(str::to_owned).collect();
    for row in before.lines().filter(|row| ["job:", "journal:"].iter().any(|table| row.starts_with(table))) {
        assert!(now.iter().any(|it| it.starts_with(row.trim_end_matches(']'))), "{row}");
    }
    let title = studio.world.d1.json("SELECT json_array(title, content_r2_key) FROM artifacts");
    assert_eq!(title, json!(["The sea", "artifact/a/2"]), "what waited was sent");
    let name = studio.world.d1.json("SELECT json_array(name) FROM projects");
    assert_eq!(name, json!(["Sea and sky"]));
    assert_eq!(studio.world.names().iter().filter(|me| me.kind() == Kind::Job).count(), 2);
}
