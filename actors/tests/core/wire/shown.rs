//! What leaves the actors: frames of the stream, rows for D1, and the JSON that callers and readers get.

use picasso_actors::actor;
use picasso_actors::address::ActorName;
use picasso_actors::artifact::{self, Served};
use picasso_actors::effect::Task;
use picasso_actors::job::Spec;
use picasso_actors::job::money::Terms;
use picasso_actors::job::wishes::{Address, Materials, Wishes};
use picasso_actors::json;
use picasso_actors::outbox::Item;
use picasso_actors::project::Filter;
use picasso_actors::protocol::{Message, Reply};
use picasso_actors::provider::Provider;
use picasso_actors::request::{DEADLINE_MS, JOB_DEADLINE_MS};
use picasso_actors::session::frame::{self, OpenJob, Reason};
use picasso_actors::session::{EventType, Replay, Ticket};
use picasso_actors::sql::Sql as _;
use picasso_actors::view::View;
use picasso_actors::{job, project};

use super::message::edition;
use super::{artifact, job, pin, pin_text, progression, project, session};
use crate::world::network::Fate;
use crate::world::{DAWN, World};

#[test]
fn frames_of_the_stream() {
    let data = json::raw(r#"{"jobId": "j"}"#.into()).unwrap();
    pin_text(
        &frame::event(&session(), 3, EventType::Judge, 5, &data).unwrap(),
        r#"{"sessionId":"ada-laptop","seq":3,"type":"judge","ts":5,"data":{"jobId": "j"}}"#,
    );
    let caught_up = frame::caught_up("ada-laptop", "ep0ch", 3, 5);
    pin_text(
        &caught_up.text,
        r#"{"sessionId":"ada-laptop","seq":3,"type":"caught_up","ts":5,"data":{"epoch":"ep0ch"}}"#,
    );
    assert_eq!(
        caught_up.as_sse(),
        format!("id: 3\nevent: caught_up\ndata: {}\n\n", caught_up.text),
        "the frame itself, under its type"
    );
    for (reason, name) in [(Reason::Epoch, "epoch"), (Reason::Ahead, "ahead"), (Reason::Trimmed, "trimmed")] {
        let open = |job_id: &str, events: &[&str]| OpenJob {
            job_id: job_id.into(),
            events: events.iter().map(ToString::to_string).collect(),
        };
        let jobs = [open("j", &[r#"{"seq":1}"#, r#"{"seq":2}"#]), open("k", &[r#"{"seq":3}"#])];
        let literal = r#"
            {"sessionId":"ada-laptop","seq":3,"type":"resync","ts":5,"data":{"epoch":"ep0ch","reason":"REASON",
            "jobs":[{"jobId":"j","events":[{"seq":1},{"seq":2}]},{"jobId":"k","events":[{"seq":3}]}]}}
        "#;
        let resync = frame::resync("ada-laptop", "ep0ch", 3, 5, reason, &jobs);
        pin_text(&resync.text, &literal.replace("REASON", name));
        assert_eq!(resync.seq, 3);
    }
    pin(
        &Replay { events: vec![data], next: Some(3), epoch: "ep0ch".into(), resync: false },
        r#"{"events":[{"jobId": "j"}],"next":3,"epoch":"ep0ch","resync":false}"#,
    );
    pin(&Ticket { ticket: "t".into(), expires_at: 5 }, r#"{"ticket":"t","expiresAt":5}"#);
}

#[test]
fn an_artifact() {
    pin(
        &edition(),
        r#"
        {"kind":"lookbook","title":"Sea","projectIds":["4fZk0PqLx81mWd2C"],
        "contentR2Key":"artifact/a/1.html","mediaType":"text/html; charset=utf-8","bytes":10,
        "imageOrigins":["https://imagedelivery.net"]}
    "#,
    );
    let edition = edition();
    pin(
        &Served {
            kind: edition.kind,
            content_r2_key: edition.content_r2_key,
            media_type: edition.media_type,
            image_origins: edition.image_origins,
            scripts: edition.scripts,
            files: edition.files,
        },
        r#"
            {"kind":"lookbook","contentR2Key":"artifact/a/1.html","mediaType":"text/html; charset=utf-8",
            "imageOrigins":["https://imagedelivery.net"]}
        "#,
    );
}

#[test]
fn a_view() {
    let view = View {
        id: "v".into(),
        artifact_id: "a".into(),
        timestamp: 5,
        ip_address: Some("203.0.113.0/24".into()),
        country: Some("DE".into()),
        city: None,
        user_agent: Some("curl".into()),
        bot: true,
    };
    pin(
        &view,
        r#"
        {"id":"v","artifactId":"a","timestamp":5,"ipAddress":"203.0.113.0/24","country":"DE","city":null,
        "userAgent":"curl","bot":true}
    "#,
    );
    let first = r#"
        {"id":"v","artifactId":"a","timestamp":5,"ipAddress":null,"country":null,"city":null,"userAgent":null}
    "#;
    let read: View = serde_json::from_str(first).unwrap();
    assert!(!read.bot, "version 1 didn't tell");
}

/// A world in which one picture was made, and nothing has reached D1.
fn story() -> World {
    let mut world = World::new(1);
    world.network = Box::new(|_, lane, _| if lane == "d1" { Fate::Fails } else { Fate::Arrives });
    let create = project::Message::Create { name: "Sea".into(), description: "Boats.".into() };
    world.ask(&ActorName::Project(project()), Message::Project(create));
    let start = job::Message::Start(Box::new(spec(Provider::Workers)));
    let started = world.ask(&ActorName::Job(job()), Message::Job(start));
    pin_text(
        body(&started).get(),
        r#"
        {"jobId":"4fZk0PqLx81mWd2C-9aX2kLm0Qw3E","projectId":"4fZk0PqLx81mWd2C","sessionId":"ada-laptop",
        "variants":1}
    "#,
    );
    let end = world.now + 60_000;
    world.run_until(end);
    world
}

fn spec(provider: Provider) -> Spec {
    Spec {
        project_id: project(),
        session_id: session(),
        prompt: "A red boat".into(),
        providers: vec![provider],
        variants: 1,
        deadline_ms: DEADLINE_MS,
        job_deadline_ms: JOB_DEADLINE_MS,
        wishes: Wishes::default(),
        materials: Materials::default(),
        routes: Vec::new(),
        terms: Terms::default(),
    }
}

fn body(reply: &Reply) -> &json::Raw {
    match reply {
        Reply::Body(raw) => raw,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_partial_picture_is_told_by_its_address() {
    let origin = "https://picasso.example";
    let address = Address { origin: origin.into(), secret: "s".into() };
    told_partial(Materials { address: Some(address), ..Materials::default() }, origin);
    // As a job from before that was known tells it.
    told_partial(Materials::default(), "");
}

fn told_partial(materials: Materials, origin: &str) {
    let mut world = World::new(1);
    let create = project::Message::Create { name: "Sea".into(), description: "Boats.".into() };
    world.ask(&ActorName::Project(project()), Message::Project(create));
    let wishes = Wishes { partials: 1, ..Wishes::default() };
    let spec = Spec { wishes, materials, ..spec(Provider::Openai) };
    let me = ActorName::Job(job());
    world.ask(&me, Message::Job(job::Message::Start(Box::new(spec))));
    world.run_until(DAWN + 1_000);
    world.turn(&me, |turn| actor::progress(turn, 0, 1, 0)).unwrap();
    world.run_until(DAWN + 2_000);
    let ids = world.outside.calls.iter().find_map(|call| match &call.work.task {
        Task::Generate { partials, .. } => Some(partials.clone()),
        _ => None,
    });
    let literal = r#"
        {"sessionId":"ada-laptop","seq":3,"type":"progress","ts":1795348801000,
        "data":{"jobId":"4fZk0PqLx81mWd2C-9aX2kLm0Qw3E","provider":"openai","variantIndex":0,"ordinal":0,
        "stage":"generate","progress":0.1,"partialImageUrl":"ORIGIN/public/partial/ID","partialIndex":0}}
    "#;
    let literal = literal.replace("ORIGIN", origin).replace("ID", ids.unwrap()[0].as_str());
    pin_text(world.sockets[&session()].last().unwrap(), &literal);
}

/// The columns of the last row that `me` has for D1's `table`.
fn row(world: &mut World, me: &ActorName, table: &str) -> String {
    let items =
        world.sql(me).exec("SELECT item FROM outbox WHERE lane = 'd1' ORDER BY seq DESC", &[]).unwrap();
    let rows = items.iter().map(|item| match json::read("item", &item.text(0).unwrap()).unwrap() {
        Item::Snapshot(row) => row,
        other @ Item::Tell { .. } => panic!("{other:?}"),
    });
    rows.into_iter().find(|row| row.table.name() == table).unwrap().columns.get().to_owned()
}

#[test]
fn rows_for_d1() {
    let mut world = story();
    let (job, project, me) =
        (ActorName::Job(job()), ActorName::Project(project()), ActorName::Artifact(artifact()));
    world.ask(&me, Message::Artifact(artifact::Message::Publish(Box::new(edition()))));
    pin_text(
        &row(&mut world, &job, "jobs"),
        r#"
        {"id":"4fZk0PqLx81mWd2C-9aX2kLm0Qw3E","project_id":"4fZk0PqLx81mWd2C","session_id":"ada-laptop",
        "prompt":"A red boat","state":"complete","providers":"[\"workers\"]","variants":1,"completed":1,
        "failed":0,"cancelled":0,"superseded":0,"passed":1,"near_duplicates":0,"deadline_at":1795350600000,
        "created_at":1795348800000,"updated_at":1795348809020,
        "revision":2}
    "#,
    );
    pin_text(
        &row(&mut world, &job, "provider_calls"),
        r#"
        {"id":"4fZk0PqLx81mWd2C-9aX2kLm0Qw3E-0-judge-1","job_id":"4fZk0PqLx81mWd2C-9aX2kLm0Qw3E",
        "project_id":"4fZk0PqLx81mWd2C","session_id":"ada-laptop","requested_provider":"workers","provider":"workers",
        "model":null,"task":"judge","ordinal":0,"attempt":1,"outcome":"ok","usage":null,"cost_nanousd":null,"ms":900,
        "at":1795348809020,"revision":1}
    "#,
    );
    pin_text(
        &row(&mut world, &project, "image_progressions"),
        r#"
        {"id":"4fZk0PqLx81mWd2C-9aX2kLm0Qw3E-0","project_id":"4fZk0PqLx81mWd2C",
        "parent_progression_id":null,"start_image_url":null,"prompt":"A red boat",
        "generated_image_url":"https://imagedelivery.net/h/4fZk0PqLx81mWd2C-9aX2kLm0Qw3E-0/public",
        "original_image_r2_key":"project/4fZk0PqLx81mWd2C/jobs/4fZk0PqLx81mWd2C-9aX2kLm0Qw3E/orig/0",
        "ai_provider":"workers","ai_notes":"A red boat, as asked.","ai_tags":"[\"red-boat\",\"sea\"]",
        "judgment":"pass","created_at":1795348808120,"job_id":"4fZk0PqLx81mWd2C-9aX2kLm0Qw3E",
        "variant_index":0,"model":"workers-model","refined_prompt":"A red boat","tip_ids":"[]",
        "image_id":"4fZk0PqLx81mWd2C-9aX2kLm0Qw3E-0","media_type":"image/png","width":64,"height":48,
        "bytes":4096,"phash":"722efdf6676ff88ad22875e4fa09a172b7f41489993570a0c3a2287147d6c7cd",
        "near_duplicate_of":null,"near_duplicate_distance":null,"retry_suggestion":null,
        "usage":"{\"total_tokens\":7}","provider_ms":1234,"operation":"generate","requested_provider":"workers",
        "requested_model":null,"reroutes":"[]","emulated":null,"seed":null,"scores":null,"near_duplicate_action":null,
        "delivery_mode":"hosted","provenance":null,"revision":2}
    "#,
    );
    pin_text(
        &row(&mut world, &project, "projects"),
        r#"
        {"id":"4fZk0PqLx81mWd2C","name":"Sea","description":"Boats.","created_at":1795348800000,
        "updated_at":1795348809020,"revision":2}
    "#,
    );
    pin_text(
        &row(&mut world, &me, "artifacts"),
        r#"
        {"id":"2b7Qm0ZkLx81mWd2CaB3xY","project_id":"4fZk0PqLx81mWd2C","kind":"lookbook","title":"Sea",
        "content_r2_key":"artifact/a/1.html","public_slug":"2b7Qm0ZkLx81mWd2CaB3xY",
        "created_at":1795348860000,"media_type":"text/html; charset=utf-8","bytes":10,
        "updated_at":1795348860000,"revision":1}
    "#,
    );
    pin_text(
        &row(&mut world, &me, "project_artifacts"),
        r#"{"project_id":"4fZk0PqLx81mWd2C","artifact_id":"2b7Qm0ZkLx81mWd2CaB3xY","revision":1}"#,
    );
}

#[test]
fn what_callers_get() {
    let mut world = story();
    let (job, me) = (ActorName::Job(job()), ActorName::Project(project()));
    let fetched = world.ask(&job, Message::Job(job::Message::Fetch));
    pin_text(
        body(&fetched).get(),
        r#"
        {"id":"4fZk0PqLx81mWd2C-9aX2kLm0Qw3E","projectId":"4fZk0PqLx81mWd2C","sessionId":"ada-laptop",
        "prompt":"A red boat","providers":["workers"],"state":"complete","variants":[{"provider":"workers",
        "variantIndex":0,"state":"complete","stage":"settle","attempt":1,"progress":1.0,
        "progressionId":"4fZk0PqLx81mWd2C-9aX2kLm0Qw3E-0",
        "generatedImageUrl":"https://imagedelivery.net/h/4fZk0PqLx81mWd2C-9aX2kLm0Qw3E-0/public",
        "nearDuplicateOf":null,"judgment":"pass","scores":null,"notes":"A red boat, as asked.","tags":["red-boat","sea"],
        "retrySuggestion":null,"error":null,"errorClass":null,"ordinal":0,"beganAt":1795348809020,"retryOf":null,"supersededBy":null,
        "discarded":null,"refined":{"text":"A red boat","tips":[],"revision":0}}],"completed":1,"failed":0,"cancelled":0,"passed":1,
        "nearDuplicates":0,"createdAt":1795348800000,"updatedAt":1795348809020}
    "#,
    );
    let fetched = world.ask(&me, Message::Project(project::Message::Fetch));
    pin_text(
        body(&fetched).get(),
        r#"
        {"id":"4fZk0PqLx81mWd2C","name":"Sea","description":"Boats.","progressions":1,"artifacts":[],
        "nearDuplicates":{"threshold":40,"action":"mark"},
        "budgetUsd":null,"budgetNanousd":null,"createdAt":1795348800000,"updatedAt":1795348809020}
    "#,
    );
    let page = project::CostsPage { limit: 1, after: String::new() };
    let costs = world.ask(&me, Message::Project(project::Message::Costs(page)));
    pin_text(
        body(&costs).get(),
        r#"
        {"projectId":"4fZk0PqLx81mWd2C","total":{"calls":2,"unpricedCalls":2,"costNanousd":null,"costUsd":null},
        "countedNanousd":0,"countedUsd":0.0,"reservedNanousd":0,"reservedUsd":0.0,"budgetNanousd":null,"budgetUsd":null,
        "providers":[{"provider":"workers","calls":2,"unpricedCalls":2,"costNanousd":null,"costUsd":null}],
        "models":[{"provider":"workers","model":null,"calls":1,"unpricedCalls":1,"costNanousd":null,"costUsd":null},
        {"provider":"workers","model":"workers-model","calls":1,"unpricedCalls":1,"costNanousd":null,"costUsd":null}],
        "tasks":[{"task":"generate","calls":1,"unpricedCalls":1,"costNanousd":null,"costUsd":null},
        {"task":"judge","calls":1,"unpricedCalls":1,"costNanousd":null,"costUsd":null}],
        "jobs":[{"jobId":"4fZk0PqLx81mWd2C-9aX2kLm0Qw3E","calls":2,"unpricedCalls":2,"costNanousd":null,"costUsd":null}],
        "nextCursor":"4fZk0PqLx81mWd2C-9aX2kLm0Qw3E"}
    "#,
    );
    let filter = Filter { limit: 1, ..Filter::default() };
    let page = world.ask(&me, Message::Project(project::Message::Progressions(filter)));
    pin_text(
        body(&page).get(),
        r#"
        {"progressions":[{"id":"4fZk0PqLx81mWd2C-9aX2kLm0Qw3E-0","projectId":"4fZk0PqLx81mWd2C",
        "parentProgressionId":null,"jobId":"4fZk0PqLx81mWd2C-9aX2kLm0Qw3E","variantIndex":0,
        "operation":"generate","prompt":"A red boat","refinedPrompt":"A red boat","tipIds":[],
        "provider":"workers","model":"workers-model","requestedProvider":"workers","requestedModel":null,
        "reroutes":[],"emulated":null,"seed":null,"startImageUrl":null,
        "generatedImageUrl":"https://imagedelivery.net/h/4fZk0PqLx81mWd2C-9aX2kLm0Qw3E-0/public",
        "deliveryMode":"hosted","provenance":null,
        "mediaType":"image/png","width":64,"height":48,"nearDuplicateOf":null,"nearDuplicateDistance":null,
        "nearDuplicateAction":null,"stackedUnder":null,
        "judgment":"pass","notes":"A red boat, as asked.","tags":["red-boat","sea"],"retrySuggestion":null,"scores":null,
        "palette":[],"createdAt":1795348808120}],"nextCursor":"1795348808120.4fZk0PqLx81mWd2C-9aX2kLm0Qw3E-0"}
    "#,
    );
    let gallery = world.ask(&me, Message::Project(project::Message::Gallery));
    pin_text(
        body(&gallery).get(),
        r#"
        {"projectId":"4fZk0PqLx81mWd2C","name":"Sea","description":"Boats.",
        "images":[{"id":"4fZk0PqLx81mWd2C-9aX2kLm0Qw3E-0","parentId":null,"prompt":"A red boat",
        "provider":"workers","model":"workers-model",
        "url":"https://imagedelivery.net/h/4fZk0PqLx81mWd2C-9aX2kLm0Qw3E-0/public","width":64,"height":48,
        "judgment":"pass","notes":"A red boat, as asked.","tags":["red-boat","sea"],"retrySuggestion":null,
        "scores":null,"refinedPrompt":"A red boat","jobId":"4fZk0PqLx81mWd2C-9aX2kLm0Qw3E","variantIndex":0,
        "operation":"generate","emulated":null,"requestedProvider":"workers","tipIds":[],"seed":null,"startImageUrl":null,
        "providerMs":1234,"mediaType":"image/png","bytes":4096,"palette":[],"nearDuplicateOf":null,"createdAt":1795348808120}],
        "rollbacks":[],"calls":[{"provider":"workers","model":null,"task":"judge","calls":1,"unpriced":1,"nanousd":null},
        {"provider":"workers","model":"workers-model","task":"generate","calls":1,"unpriced":1,"nanousd":null}]}
    "#,
    );
    let originals = world.ask(&me, Message::Project(project::Message::Originals));
    pin_text(
        body(&originals).get(),
        r#"
        [{"id":"4fZk0PqLx81mWd2C-9aX2kLm0Qw3E-0",
        "key":"project/4fZk0PqLx81mWd2C/jobs/4fZk0PqLx81mWd2C-9aX2kLm0Qw3E/orig/0","pictureKey":null,
        "mediaType":"image/png","bytes":4096}]
    "#,
    );
    let id = picasso_actors::ids::ProgressionId::parse("4fZk0PqLx81mWd2C-rollback0001").unwrap();
    let rolled = world.ask(&me, Message::Project(project::Message::Rollback { to: progression(0), id }));
    pin_text(
        body(&rolled).get(),
        r#"
        {"id":"4fZk0PqLx81mWd2C-rollback0001","projectId":"4fZk0PqLx81mWd2C",
        "parentProgressionId":"4fZk0PqLx81mWd2C-9aX2kLm0Qw3E-0","jobId":null,"variantIndex":null,
        "operation":"rollback","prompt":"A red boat","refinedPrompt":null,"tipIds":[],"provider":null,
        "model":null,"requestedProvider":null,"requestedModel":null,"reroutes":[],"emulated":null,"seed":null,
        "startImageUrl":"https://imagedelivery.net/h/4fZk0PqLx81mWd2C-9aX2kLm0Qw3E-0/public",
        "generatedImageUrl":null,"deliveryMode":null,"provenance":null,"mediaType":"image/png","width":64,"height":48,
        "nearDuplicateOf":null,"nearDuplicateDistance":null,"nearDuplicateAction":null,"stackedUnder":null,"judgment":null,"notes":null,"tags":[],"retrySuggestion":null,"scores":null,
        "palette":[],"createdAt":1795348860000}
    "#,
    );
}

#[test]
fn what_an_artifacts_callers_get() {
    let mut world = World::new(2);
    let me = ActorName::Artifact(artifact());
    let published = world.ask(&me, Message::Artifact(artifact::Message::Publish(Box::new(edition()))));
    pin_text(
        body(&published).get(),
        r#"{"artifact_id":"2b7Qm0ZkLx81mWd2CaB3xY","public_slug":"2b7Qm0ZkLx81mWd2CaB3xY","kind":"lookbook"}"#,
    );
    let fetched = world.ask(&me, Message::Artifact(artifact::Message::Fetch));
    pin_text(
        body(&fetched).get(),
        r#"
        {"artifact_id":"2b7Qm0ZkLx81mWd2CaB3xY","public_slug":"2b7Qm0ZkLx81mWd2CaB3xY","kind":"lookbook",
        "title":"Sea","projectIds":["4fZk0PqLx81mWd2C"],"mediaType":"text/html; charset=utf-8","bytes":10,
        "configuration":{},"files":[],
        "link":{"hasPassword":false,"expiresAt":null,"noindex":true,"download":true,"revoked":false},
        "version":1,"createdAt":1795348800000,"updatedAt":1795348800000}
    "#,
    );
    let served = world.ask(&me, Message::Artifact(artifact::Message::Serve { pass: None }));
    pin_text(
        body(&served).get(),
        r#"
        {"open":{"served":{"kind":"lookbook","contentR2Key":"artifact/a/1.html",
        "mediaType":"text/html; charset=utf-8","imageOrigins":["https://imagedelivery.net"]},
        "terms":{"freshS":60,"noindex":true,"download":true}}}
    "#,
    );
}

#[test]
fn the_stream_of_one_picture() {
    let world = story();
    let frames: Vec<&str> = world.sockets[&session()].iter().map(String::as_str).collect();
    let literals: Vec<&str> = include_str!("stream.jsonl").lines().collect();
    assert_eq!(frames, literals);
}
