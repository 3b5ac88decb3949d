//! What an actor does for the read model's and the operators' sake: saying everything again, and sending what was parked.

use picasso_actors::address::ActorName;
use picasso_actors::ids::{ArtifactId, DirectoryId, ProgressionId, ProjectId};
use picasso_actors::outbox::{self, REFUSALS, ROWS};
use picasso_actors::protocol::{Message, RefusalCode, Reply};
use picasso_actors::provider::Provider::{self, Openai};
use picasso_actors::snapshot::{Row, Table};
use picasso_actors::sql::Sql as _;
use picasso_actors::{artifact, directory, inbox, project, schema, timers, upkeep};
use serde_json::{Value, json};

use crate::studio::{Studio, body};
use crate::world::DAWN;
use crate::world::database::Database;
use crate::world::network::Fate;

const ACTORS_TABLES: [&str; 8] = [
    "projects",
    "image_progressions",
    "jobs",
    "artifacts",
    "project_artifacts",
    "artifact_configurations",
    "provider_calls",
    "outbox_dead",
];

fn resend() -> Message {
    Message::Upkeep(upkeep::Message::Resend)
}

/// What `POST /api/admin/rebuild` says to the directories.
fn rebuild(studio: &mut Studio) {
    for id in DirectoryId::all() {
        assert!(matches!(studio.world.ask(&ActorName::Directory(id), resend()), Reply::Done));
    }
}

fn progress(studio: &mut Studio) -> Vec<directory::Progress> {
    let shown = |id| {
        let asked = Message::Directory(directory::Message::Progress);
        serde_json::from_value(body(&studio.world.ask(&ActorName::Directory(id), asked))).unwrap()
    };
    DirectoryId::all().map(shown).collect()
}

fn empty(d1: &Database) {
    for table in ACTORS_TABLES {
        d1.script(&format!("DELETE FROM {table}"));
    }
}

fn publish(studio: &mut Studio) -> ArtifactId {
    let me = ArtifactId::random(&mut studio.world.seed);
    let edition = artifact::Edition {
        kind: artifact::Kind::Lookbook,
        title: "Sea".to_owned(),
        project_ids: vec![studio.project.clone()],
        content_r2_key: "artifact/a/1".to_owned(),
        media_type: "text/html; charset=utf-8".to_owned(),
        bytes: 10,
        image_origins: Vec::new(),
        options: serde_json::Map::new(),
        scripts: vec![],
        files: vec![],
    };
    let publish = Message::Artifact(artifact::Message::Publish(Box::new(edition)));
    body(&studio.world.ask(&ActorName::Artifact(me.clone()), publish));
    me
}

/// Makes a project say a row that D1 can't take: a project has a name.
fn poison(studio: &mut Studio) {
    let me = ActorName::Project(studio.project.clone());
    let row = Row::new(Table::Projects, &json!({"id": "poison", "revision": 1})).unwrap();
    studio.world.turn(&me, |turn| turn.snapshot(row)).unwrap();
}

fn rename(studio: &mut Studio, name: &str) {
    let update = project::Message::Update {
        name: Some(name.to_owned()),
        description: None,
        budget: None,
        near_duplicates: None,
    };
    body(&studio.ask_project(update));
}

fn parked(studio: &Studio) -> Vec<Value> {
    let rows = studio.world.d1.json(
        "SELECT json_group_array(json_object('actor', actor, 'seq', seq, 'lane', lane, 'error', error,
           'requeued', requeued_at IS NOT NULL, 'revision', revision)) FROM outbox_dead",
    );
    rows.as_array().unwrap().clone()
}

#[test]
fn an_emptied_read_model_is_filled_again_from_what_the_actors_hold() {
    let mut studio = Studio::new(130);
    studio.run(&Provider::ALL, 2);
    studio.run(&[Openai], 1);
    publish(&mut studio);
    poison(&mut studio);
    let other = ProjectId::random(&mut studio.world.seed);
    let create = project::Message::Create { name: "Empty".into(), description: String::new() };
    studio.world.ask(&ActorName::Project(other), Message::Project(create));
    studio.world.run();
    let before = studio.world.d1.dump();
    assert_eq!(studio.world.d1.number("SELECT COUNT(*) FROM outbox_dead"), 1);

    empty(&studio.world.d1);
    for _ in 0..2 {
        studio.world.now += 60_000;
        rebuild(&mut studio);
        studio.world.run();
        assert_eq!(studio.world.d1.dump(), before);
    }
    let told: Vec<(i64, i64)> = progress(&mut studio).iter().map(|it| (it.members, it.told)).collect();
    assert!(told.iter().all(|(members, told)| members == told), "{told:?}");
    assert_eq!(told.iter().map(|(members, _)| members).sum::<i64>(), 3, "two projects and an artifact");
    assert!(progress(&mut studio).iter().all(|it| it.ended_at >= it.begun_at && it.begun_at.is_some()));
}

#[test]
fn a_large_project_says_everything_in_small_turns_that_wait_for_d1() {
    let mut studio = Studio::new(131);
    let job = studio.run(&[Openai], 1);
    let (me, first) = (ActorName::Project(studio.project.clone()), ProgressionId::of_variant(&job, 0));
    let pictures = 1_500;
    for _ in 0..pictures {
        let id = ProgressionId::random(&studio.project, &mut studio.world.seed);
        body(&studio.ask_project(project::Message::Rollback { to: first.clone(), id }));
    }
    studio.world.run();
    empty(&studio.world.d1);
    studio.world.network = Box::new(|_, lane, _| if lane == "d1" { Fate::Fails } else { Fate::Arrives });
    studio.world.ask(&me, resend());
    studio.world.run_until(studio.world.now + 60_000);
    let waiting = studio.world.sql(&me).number("SELECT COUNT(*) FROM outbox WHERE dead = 0");
    assert!((300..600).contains(&waiting), "{waiting} rows wait while D1 is away");
    studio.world.network = Box::new(|_, _, _| Fate::Arrives);
    studio.world.run();
    assert_eq!(studio.world.d1.number("SELECT COUNT(*) FROM image_progressions"), pictures + 1);
    studio.check_sent();
}

#[test]
fn an_actor_from_before_the_directory_announces_itself() {
    for (name, table, row) in [
        (
            "project:4fZk0PqLx81mWd2C",
            project::store::SCHEMA,
            "INSERT INTO project (id, name, description, created_at, updated_at, revision) VALUES (1, 'Sea', '', 5, 5, 1)",
        ),
        (
            "artifact:2b7Qm0ZkLx81mWd2CaB3xY",
            artifact::store::SCHEMA,
            "INSERT INTO artifact (id, edition, created_at, updated_at, revision) VALUES (1, '{}', 5, 5, 1)",
        ),
    ] {
        let me = ActorName::parse(name).unwrap();
        let sql = Database::default();
        for statement in [inbox::SCHEMA, outbox::SCHEMA, timers::SCHEMA, table].concat() {
            sql.script(statement);
        }
        sql.script(
            "CREATE TABLE schema_version (version INTEGER NOT NULL); INSERT INTO schema_version VALUES (1)",
        );
        sql.script(row);
        sql.transaction(|| schema::open(&sql, me.kind())).unwrap();
        assert_eq!(timers::take_due(&sql, DAWN).unwrap(), [directory::ANNOUNCE]);
        sql.transaction(|| schema::open(&sql, me.kind())).unwrap();
        assert_eq!(timers::take_due(&sql, DAWN).unwrap(), Vec::<String>::new(), "once");
    }
}

#[test]
fn who_announces_itself_after_a_rebuild_began_says_everything_again() {
    let mut studio = Studio::new(132);
    studio.run(&[Openai], 1);
    let me = ActorName::Project(studio.project.clone());
    let list = directory::of(&me);
    // As if it were older than its directory: nobody lists it.
    studio.world.sql(&list).script("DELETE FROM members");
    let before = studio.world.d1.dump();
    empty(&studio.world.d1);
    rebuild(&mut studio);
    studio.world.run();
    assert_eq!(studio.world.d1.number("SELECT COUNT(*) FROM projects"), 0);
    let now = studio.world.now;
    timers::set(studio.world.sql(&me), directory::ANNOUNCE, now).unwrap();
    body(&studio.ask_project(project::Message::Fetch));
    studio.world.run();
    assert_eq!(studio.world.d1.dump(), before);
}

#[test]
fn a_job_that_its_project_hears_of_after_a_rebuild_began_says_everything_again() {
    let mut studio = Studio::new(140);
    studio.world.run();
    let back = studio.world.now + 30_000;
    studio.world.network =
        Box::new(
            move |_, lane, now| {
                if lane.starts_with("project:") && now < back { Fate::Fails } else { Fate::Arrives }
            },
        );
    let job = studio.start(&[Openai], 1);
    studio.world.run_until(back - 1_000);
    let calls = format!("SELECT COUNT(*) FROM provider_calls WHERE job_id = '{job}'");
    assert_eq!(studio.world.d1.number(&calls), 1, "the picture is there, and its project doesn't know");
    empty(&studio.world.d1);
    // The directory's word gets there before the job's: it's asked by hand.
    let me = ActorName::Project(studio.project.clone());
    assert!(matches!(studio.world.ask(&me, resend()), Reply::Done));
    studio.world.run();
    assert_eq!(studio.world.d1.number(&calls), 2, "the provider's and the judge's");
}

#[test]
fn a_row_that_d1_refuses_is_parked_and_holds_up_no_other() {
    let mut studio = Studio::new(133);
    let me = ActorName::Project(studio.project.clone());
    studio.world.run();
    studio.world.network = Box::new(|_, lane, _| if lane == "d1" { Fate::Fails } else { Fate::Arrives });
    rename(&mut studio, "Before");
    poison(&mut studio);
    rename(&mut studio, "After");
    let job = studio.start(&Provider::ALL, 8);
    studio.world.run_until(studio.world.now + 60_000);
    assert_eq!(parked(&studio), Vec::<Value>::new());

    studio.world.network = Box::new(|_, _, _| Fate::Arrives);
    let back = studio.world.now;
    studio.world.run_until(back + 20_000);
    assert_eq!(studio.rows(&job).len(), 24);
    assert_eq!(
        studio.world.d1.json("SELECT json_array(name) FROM projects WHERE id <> 'poison'"),
        json!(["After"])
    );
    let rows = parked(&studio);
    assert_eq!(rows.len(), 1, "{rows:?}");
    assert_eq!((&rows[0]["actor"], &rows[0]["lane"]), (&json!(me.to_string()), &json!("d1")));
    assert!(rows[0]["error"].as_str().unwrap().contains("NOT NULL"), "{rows:?}");
    let refusals = studio.world.sql(&me).number("SELECT refusals FROM outbox WHERE dead = 1");
    assert_eq!(refusals, REFUSALS);
}

#[test]
fn rows_wait_for_d1_however_long_it_is_away() {
    let mut studio = Studio::new(134);
    studio.world.network = Box::new(|_, lane, _| if lane == "d1" { Fate::Fails } else { Fate::Arrives });
    let job = studio.start(&[Openai], 2);
    for _ in 0..3 {
        studio.world.run_until(studio.world.now + 60_000);
        // Asleep for a day: the lane is tried again on waking.
        studio.world.now += 24 * 60 * 60 * 1000;
    }
    studio.world.run_until(studio.world.now + 60_000);
    studio.world.network = Box::new(|_, _, _| Fate::Arrives);
    studio.world.run();
    studio.check_ended(&job);
    assert_eq!(parked(&studio), Vec::<Value>::new());
}

#[test]
fn a_d1_without_the_tables_is_away_and_parks_nothing() {
    let mut studio = Studio::new(135);
    studio.world.run();
    studio.world.d1.script("ALTER TABLE projects RENAME TO gone");
    rename(&mut studio, "Ocean");
    studio.world.run_until(studio.world.now + 600_000);
    studio.world.d1.script("ALTER TABLE gone RENAME TO projects");
    studio.world.run();
    studio.check_sent();
    assert_eq!(parked(&studio), Vec::<Value>::new());
    assert_eq!(studio.world.d1.json("SELECT json_array(name) FROM projects"), json!(["Ocean"]));
}

#[test]
fn after_a_minute_without_d1_the_lag_is_gone_within_ten_seconds() {
    let mut studio = Studio::new(136);
    studio.world.run();
    let (gone, mut batches) = (studio.world.now, 0);
    let back = gone + 60_000;
    studio.world.network = Box::new(move |_, lane, now| match lane {
        "d1" if now < back => Fate::Fails,
        _ => Fate::Arrives,
    });
    let jobs: Vec<_> = (0..10).map(|_| studio.start(&Provider::ALL, 8)).collect();
    for n in 0..2_000 {
        rename(&mut studio, &format!("Sea {n}"));
        batches += 1;
    }
    studio.world.run_until(back - 1);
    let me = ActorName::Project(studio.project.clone());
    let waiting = studio.world.sql(&me).number("SELECT COUNT(*) FROM outbox WHERE lane = 'd1'");
    assert!(waiting > batches && waiting > 4 * ROWS, "{waiting}");
    studio.world.run_until(back + 10_000);
    studio.check_sent();
    for job in jobs {
        studio.check_ended(&job);
    }
}

#[test]
fn a_parked_item_is_sent_again_once_as_the_last_of_its_lane() {
    let mut studio = Studio::new(137);
    let me = ActorName::Project(studio.project.clone());
    poison(&mut studio);
    studio.world.run();
    let seq = parked(&studio)[0]["seq"].as_i64().unwrap();
    // Somebody has found out why: the row can be written now.
    studio.world.d1.script(
        "CREATE TRIGGER heal BEFORE INSERT ON projects WHEN NEW.name IS NULL BEGIN
           INSERT OR REPLACE INTO projects VALUES (NEW.id, 'healed', '', 1, 1, NEW.revision); SELECT RAISE(IGNORE); END",
    );
    let requeue = || Message::Upkeep(upkeep::Message::Requeue { seq });
    let reply = body(&studio.world.ask(&me, requeue()));
    assert_eq!((&reply["actor"], &reply["seq"]), (&json!(me.to_string()), &json!(seq)));
    assert!(reply["requeued"].as_i64().unwrap() > seq, "receivers drop what is older than they have seen");
    let Reply::Refused(no) = studio.world.ask(&me, requeue()) else { panic!("twice") };
    assert_eq!(no.code, RefusalCode::NotFound);
    studio.world.run();
    studio.check_requeued(seq);
    assert_eq!(studio.world.d1.number("SELECT COUNT(*) FROM projects WHERE name = 'healed'"), 1);
}

impl Studio {
    fn check_requeued(&mut self, seq: i64) {
        let me = ActorName::Project(self.project.clone());
        let left = self.world.sql(&me).exec("SELECT seq, dead FROM outbox", &[]).unwrap();
        let left: Vec<(i64, i64)> =
            left.iter().map(|row| (row.integer(0).unwrap(), row.integer(1).unwrap())).collect();
        assert_eq!(left, [(seq, 1)], "kept, for the read model can be emptied");
        let rows = parked(self);
        assert_eq!(rows.len(), 1);
        assert_eq!((&rows[0]["requeued"], &rows[0]["revision"]), (&json!(1), &json!(2)));
    }
}
