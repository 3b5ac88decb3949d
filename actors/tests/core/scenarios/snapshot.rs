//! D1 converges to the actors: whatever the order and however often its rows arrive, the newest stay.

use picasso_actors::entropy::Entropy as _;
use picasso_actors::ids::ArtifactId;
use picasso_actors::protocol::Message;
use picasso_actors::provider::Provider::{self, Openai};
use picasso_actors::snapshot::{self, Row, Table};
use picasso_actors::sql::Sql as _;
use picasso_actors::{address::ActorName, artifact, json};
use serde_json::json;

use crate::studio::{Studio, body};
use crate::world::World;
use crate::world::database::Database;
use crate::world::network::Fate;
use crate::world::seed::Seed;

/// Every row that a job's actors ever said, in the order in which they said them.
fn history() -> (Vec<Row>, String) {
    let mut studio = Studio::new(90);
    studio.world.run();
    studio.world.network = Box::new(|_, lane, _| if lane == "d1" { Fate::Fails } else { Fate::Arrives });
    let job = studio.start(&Provider::ALL, 2);
    studio.world.run_until(studio.world.now + 60_000);
    let mut rows = Vec::new();
    for me in [ActorName::Job(job.clone()), ActorName::Project(studio.project.clone())] {
        let items = studio.world.sql(&me).exec("SELECT item FROM outbox WHERE lane = 'd1' ORDER BY seq", &[]);
        for item in items.unwrap() {
            match json::read("item", &item.text(0).unwrap()).unwrap() {
                picasso_actors::outbox::Item::Snapshot(row) => rows.push(row),
                other @ picasso_actors::outbox::Item::Tell { .. } => panic!("{other:?}"),
            }
        }
    }
    studio.world.network = Box::new(|_, _, _| Fate::Arrives);
    studio.world.run();
    studio.check_ended(&job);
    (rows, studio.world.d1.dump())
}

fn apply(d1: &Database, rows: &[Row]) {
    for (statement, parameter) in snapshot::statements(rows).unwrap() {
        d1.exec(&statement, &[parameter.into()]).unwrap();
    }
}

fn shuffled(rows: &[Row], seed: &mut Seed) -> Vec<Row> {
    let mut rows = rows.to_vec();
    for at in (1..rows.len()).rev() {
        rows.swap(at, seed.index(at + 1));
    }
    rows
}

#[test]
fn rows_in_any_order_and_any_number_converge_to_the_same() {
    let (rows, truth) = history();
    assert!(rows.len() > 20, "{}", rows.len());
    for n in 0..40 {
        let mut seed = Seed(n);
        let d1 = World::new(0).d1;
        apply(&d1, &rows[..1]);
        let (first, second) = (shuffled(&rows, &mut seed), shuffled(&rows, &mut seed));
        for row in &first {
            apply(&d1, std::slice::from_ref(row));
        }
        let size = usize::try_from(seed.below(9)).unwrap() + 1;
        for batch in second.chunks(size) {
            apply(&d1, batch);
        }
        assert_eq!(d1.dump(), truth, "order {n}");
    }
}

#[test]
fn an_old_row_never_takes_a_newer_ones_place() {
    let d1 = World::new(0).d1;
    let row = |revision: i64, name: &str| {
        let columns = json!({"id": "p", "name": name, "description": "", "created_at": 1, "updated_at": 1, "revision": revision});
        Row::new(Table::Projects, &columns).unwrap()
    };
    let name = |d1: &Database| d1.first("SELECT name FROM projects", &[]).unwrap().unwrap().text(0).unwrap();
    for (revision, said, stays) in
        [(2, "b", "b"), (1, "a", "b"), (2, "other", "b"), (4, "d", "d"), (3, "c", "d")]
    {
        apply(&d1, &[row(revision, said)]);
        assert_eq!(name(&d1), stays);
    }
    apply(&d1, &[row(7, "g"), row(6, "f"), row(5, "e")]);
    assert_eq!(name(&d1), "g", "inside one statement too");
}

#[test]
fn a_job_said_before_it_had_these_columns_has_none_of_them() {
    let d1 = World::new(0).d1;
    let mut columns = json!({"id": "j", "project_id": "p", "state": "running", "providers": "[]", "variants": 1,
        "completed": 0, "failed": 0, "passed": 0, "near_duplicates": 0, "created_at": 1, "updated_at": 1, "revision": 1});
    let shown = |d1: &Database| d1.json("SELECT json_array(cancelled, superseded, deadline_at) FROM jobs");
    apply(&d1, &[Row::new(Table::Jobs, &columns).unwrap()]);
    assert_eq!(shown(&d1), json!([0, 0, null]));
    columns["revision"] = json!(2);
    (columns["cancelled"], columns["superseded"], columns["deadline_at"]) = (json!(3), json!(4), json!(5));
    apply(&d1, &[Row::new(Table::Jobs, &columns).unwrap()]);
    assert_eq!(shown(&d1), json!([3, 4, 5]));
}

#[test]
fn numbers_stay_numbers_and_texts_stay_texts() {
    let mut studio = Studio::new(91);
    studio.run(&[Openai], 1);
    let types = studio.world.d1.json(
        "SELECT json_array(typeof(created_at), typeof(width), typeof(bytes), typeof(phash), typeof(usage), usage,
           typeof(ai_tags), typeof(near_duplicate_distance), provider_ms) FROM image_progressions",
    );
    assert_eq!(
        types,
        json!([
            "integer",
            "integer",
            "integer",
            "text",
            "text",
            r#"{"total_tokens":7}"#,
            "text",
            "null",
            1234
        ])
    );
}

#[test]
fn a_published_artifact_is_in_every_project_and_in_d1() {
    let mut studio = Studio::new(92);
    let me = ArtifactId::random(&mut studio.world.seed);
    let edition = |title: &str, key: &str| artifact::Edition {
        kind: artifact::Kind::Lookbook,
        title: title.to_owned(),
        project_ids: vec![studio.project.clone()],
        content_r2_key: key.to_owned(),
        media_type: "text/html; charset=utf-8".to_owned(),
        bytes: 10,
        image_origins: vec!["https://imagedelivery.net".to_owned()],
        options: serde_json::Map::new(),
        scripts: vec![],
        files: vec![],
    };
    let (first, second) = (edition("Sea", "artifact/a/1"), edition("Ocean", "artifact/a/2"));
    let name = ActorName::Artifact(me.clone());
    let publish = |edition| Message::Artifact(artifact::Message::Publish(edition));
    let reply = body(&studio.world.ask(&name, publish(Box::new(first))));
    assert_eq!(reply, json!({"artifact_id": me.as_str(), "public_slug": me.as_str(), "kind": "lookbook"}));
    studio.world.run_until(studio.world.now + 5_000);
    studio.world.ask(&name, publish(Box::new(second)));
    studio.world.run();
    studio.check_sent();

    let row = studio.world.d1.json(
        "SELECT json_array(title, content_r2_key, public_slug, project_id, updated_at - created_at, revision) FROM artifacts",
    );
    let project = studio.project.as_str();
    assert_eq!(row, json!(["Ocean", "artifact/a/2", me.as_str(), project, 5_000, 2]));
    let link =
        studio.world.d1.json("SELECT json_array(project_id, artifact_id, revision) FROM project_artifacts");
    assert_eq!(link, json!([project, me.as_str(), 2]));
    let served = body(&studio.world.ask(&name, Message::Artifact(artifact::Message::Serve { pass: None })));
    assert_eq!(served["open"]["served"]["contentR2Key"], "artifact/a/2");
    let shown = body(&studio.ask_project(picasso_actors::project::Message::Fetch));
    assert_eq!(shown["artifacts"], json!([me.as_str()]));
}
