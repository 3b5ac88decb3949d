//! What actors say to each other and to the edge.

use picasso_actors::address::ActorName;
use picasso_actors::artifact::{self, Edition, Kind};
use picasso_actors::breaker;
use picasso_actors::directory;
use picasso_actors::gate;
use picasso_actors::ids::DirectoryId;
use picasso_actors::job::money::{Claim, Quote, Terms};
use picasso_actors::job::wishes::{Materials, Wishes};
use picasso_actors::job::{self, Selection, Spec};
use picasso_actors::json;
use picasso_actors::outbox::Item;
use picasso_actors::project::{self, Allowed, Budget, CostsPage, Progression, Spent};
use picasso_actors::protocol::{Envelope, Message, Refusal, RefusalCode, Reply, Sender};
use picasso_actors::provider::Provider;
use picasso_actors::session::{self, EventType};
use picasso_actors::snapshot::{Row, Table};
use picasso_actors::upkeep;

use super::{artifact, job, near_duplicate, pin, progression, project, session};

/// A new message has no literal yet: this stops compiling, to say so.
const fn key(message: &Message) -> &'static str {
    match message {
        Message::Session(session::Message::Publish { .. })
        | Message::Artifact(artifact::Message::Publish(_)) => "publish",
        Message::Session(session::Message::MintTicket) => "mint_ticket",
        Message::Session(session::Message::Admit { .. }) => "admit",
        Message::Session(session::Message::Replay { .. }) => "replay",
        Message::Project(project::Message::Create { .. }) => "create",
        Message::Project(project::Message::Update { .. }) => "update",
        Message::Project(project::Message::Keep(_)) => "keep",
        Message::Project(project::Message::Fetch)
        | Message::Job(job::Message::Fetch)
        | Message::Artifact(artifact::Message::Fetch) => "fetch",
        Message::Artifact(artifact::Message::Associate(_)) => "associate",
        Message::Artifact(artifact::Message::Edition) => "edition",
        Message::Artifact(artifact::Message::Versions) => "versions",
        Message::Artifact(artifact::Message::Version(_)) => "version",
        Message::Project(project::Message::Progressions(_)) => "progressions",
        Message::Project(project::Message::Picture(_)) => "picture",
        Message::Project(project::Message::Alike { .. }) => "alike",
        Message::Project(project::Message::Gallery) => "gallery",
        Message::Project(project::Message::Originals) => "originals",
        Message::Project(project::Message::Record { .. }) => "record",
        Message::Project(project::Message::Settle { .. }) => "settle",
        Message::Project(project::Message::Rollback { .. }) => "rollback",
        Message::Project(project::Message::Published { .. }) => "published",
        Message::Session(session::Message::Release { .. }) => "release",
        Message::Session(session::Message::Reserve { .. })
        | Message::Project(project::Message::Reserve { .. }) => "reserve",
        Message::Project(project::Message::Extend { .. }) => "extend",
        Message::Project(project::Message::Spent(_)) => "spent",
        Message::Project(project::Message::Costs(_)) => "costs",
        Message::Project(project::Message::Opened { .. }) => "opened",
        Message::Project(project::Message::Closed { .. }) => "closed",
        Message::Project(project::Message::Commission) => "commission",
        Message::Job(job::Message::Start(_)) => "start",
        Message::Job(job::Message::Begun { .. }) => "begun",
        Message::Job(job::Message::Cancel(_)) => "cancel",
        Message::Job(job::Message::Retry(_)) => "retry",
        Message::Job(job::Message::RetryWithin { .. }) => "retry_within",
        Message::Job(job::Message::Quote(_)) => "quote",
        Message::Job(job::Message::Recorded { .. }) => "recorded",
        Message::Job(job::Message::Settled { .. }) => "settled",
        Message::Artifact(artifact::Message::Receipt) => "receipt",
        Message::Artifact(artifact::Message::Serve { .. }) => "serve",
        Message::Artifact(artifact::Message::Unlock { .. }) => "unlock",
        Message::Artifact(artifact::Message::Change(_)) => "change",
        Message::Gate(gate::Message::Take { .. }) => "take",
        Message::Breaker(breaker::Message::Permit { .. }) => "permit",
        Message::Breaker(breaker::Message::Outcome { .. }) => "outcome",
        Message::Breaker(breaker::Message::Circuits) => "circuits",
        Message::Directory(directory::Message::Enter { .. }) => "enter",
        Message::Directory(directory::Message::Progress) => "progress",
        Message::Upkeep(upkeep::Message::Resend) => "resend",
        Message::Upkeep(upkeep::Message::Requeue { .. }) => "requeue",
    }
}

#[track_caller]
pub fn pin_message(message: &Message, literal: &str) {
    pin(message, literal);
    assert!(literal.contains(&format!("\"{}\"", key(message))), "{literal}");
}

fn spec() -> Spec {
    Spec {
        project_id: project(),
        session_id: session(),
        prompt: "A red boat".to_owned(),
        providers: vec![Provider::Openai, Provider::Gemini, Provider::Workers],
        variants: 2,
        deadline_ms: 300_000,
        job_deadline_ms: 1_800_000,
        wishes: Wishes::default(),
        materials: Materials::default(),
        routes: Vec::new(),
        terms: Terms::default(),
    }
}

pub fn whole_progression() -> Progression {
    Progression {
        id: progression(1),
        parent_id: Some(progression(0)),
        operation: "generate".to_owned(),
        prompt: "A red boat".to_owned(),
        refined_prompt: Some("A red boat\n\nSoft light.".to_owned()),
        tip_ids: vec!["openai/light@3".to_owned()],
        provider: Some(Provider::Openai),
        model: Some("gpt-image-1".to_owned()),
        variant_index: Some(1),
        start_image_url: None,
        generated_image_url: Some("https://imagedelivery.net/h/i/public".to_owned()),
        image_id: Some("i".to_owned()),
        delivery_mode: None,
        provenance: None,
        original_image_r2_key: Some("project/p/jobs/j/orig/1".to_owned()),
        picture_r2_key: None,
        media_type: Some("image/png".to_owned()),
        width: Some(64),
        height: Some(48),
        bytes: Some(4_096),
        phash: Some("0f".repeat(32)),
        palette: vec!["#c81e1e".to_owned()],
        usage: Some(r#"{"n":1}"#.to_owned()),
        provider_ms: Some(1_234),
        requested: None,
        hops: Vec::new(),
        emulated: None,
        seed: None,
    }
}

pub fn edition() -> Edition {
    Edition {
        kind: Kind::Lookbook,
        title: "Sea".to_owned(),
        project_ids: vec![project()],
        content_r2_key: "artifact/a/1.html".to_owned(),
        media_type: "text/html; charset=utf-8".to_owned(),
        bytes: 10,
        image_origins: vec!["https://imagedelivery.net".to_owned()],
        options: serde_json::Map::new(),
        scripts: vec![],
        files: vec![],
    }
}

#[test]
fn envelopes() {
    let message = || Message::Session(session::Message::MintTicket);
    pin(
        &Envelope {
            from: Sender::Edge { id: "ask-1".into(), fingerprint: None },
            to: ActorName::Session(session()),
            message: message(),
        },
        r#"{"from":{"edge":{"id":"ask-1"}},"to":"session:ada-laptop","message":{"session":"mint_ticket"}}"#,
    );
    pin(
        &Envelope {
            from: Sender::Edge { id: "ask-1".into(), fingerprint: Some("0f".into()) },
            to: ActorName::Session(session()),
            message: message(),
        },
        r#"{"from":{"edge":{"id":"ask-1","fingerprint":"0f"}},"to":"session:ada-laptop","message":{"session":"mint_ticket"}}"#,
    );
    for (to, name) in [
        (ActorName::Session(session()), "session:ada-laptop"),
        (ActorName::Project(project()), "project:4fZk0PqLx81mWd2C"),
        (ActorName::Job(job()), "job:4fZk0PqLx81mWd2C-9aX2kLm0Qw3E"),
        (ActorName::Artifact(artifact()), "artifact:2b7Qm0ZkLx81mWd2CaB3xY"),
        (directory::of(&ActorName::Artifact(artifact())), "directory:2"),
        (directory::of(&ActorName::Project(project())), "directory:3"),
    ] {
        let literal = r#"{"from":{"actor":{"name":"job:4fZk0PqLx81mWd2C-9aX2kLm0Qw3E","seq":7}},"to":"TO","message":{"session":"mint_ticket"}}"#;
        let from = Sender::Actor { name: ActorName::Job(job()), seq: 7 };
        pin(&Envelope { from, to, message: message() }, &literal.replace("TO", name));
    }
}

#[test]
fn messages_to_a_session() {
    let message = Message::Session;
    for (event_type, name) in [
        (EventType::Queued, "queued"),
        (EventType::Running, "running"),
        (EventType::Progress, "progress"),
        (EventType::Judge, "judge"),
        (EventType::Fail, "fail"),
        (EventType::Complete, "complete"),
    ] {
        let data = json::raw(r#"{"jobId": "j"}"#.into()).unwrap();
        let literal = r#"
            {"session":{"publish":{"event_type":"TYPE","ts":5,"data":{"jobId": "j"},
            "job":"4fZk0PqLx81mWd2C-9aX2kLm0Qw3E","closes":true}}}
        "#;
        let publish = session::Message::Publish { event_type, ts: 5, data, job: Some(job()), closes: true };
        pin_message(&message(publish), &literal.replace("TYPE", name));
    }
    let first = r#"{"session":{"publish":{"event_type":"queued","ts":5,"data":{"jobId": "j"}}}}"#;
    match serde_json::from_str(first).unwrap() {
        Message::Session(session::Message::Publish { job: None, closes: false, data, .. }) => {
            assert_eq!(data.get(), r#"{"jobId": "j"}"#, "version 1 said neither job nor end");
        }
        other => panic!("{other:?}"),
    }
    pin_message(&message(session::Message::MintTicket), r#"{"session":"mint_ticket"}"#);
    pin_message(
        &message(session::Message::Admit { ticket: "t".into() }),
        r#"{"session":{"admit":{"ticket":"t"}}}"#,
    );
    pin_message(
        &message(session::Message::Replay { since: 4, limit: 100, job: None }),
        r#"{"session":{"replay":{"since":4,"limit":100}}}"#,
    );
    pin_message(
        &message(session::Message::Replay { since: 4, limit: 100, job: Some(job()) }),
        r#"{"session":{"replay":{"since":4,"limit":100,"job":"4fZk0PqLx81mWd2C-9aX2kLm0Qw3E"}}}"#,
    );
}

#[test]
fn a_place_in_a_session() {
    pin_message(
        &Message::Session(session::Message::Reserve { job_id: job(), most: 20 }),
        r#"{"session":{"reserve":{"job_id":"4fZk0PqLx81mWd2C-9aX2kLm0Qw3E","most":20}}}"#,
    );
    pin_message(
        &Message::Session(session::Message::Release { job_id: job() }),
        r#"{"session":{"release":{"job_id":"4fZk0PqLx81mWd2C-9aX2kLm0Qw3E"}}}"#,
    );
}

#[test]
fn messages_to_a_job() {
    let message = Message::Job;
    pin_message(
        &message(job::Message::Start(Box::new(spec()))),
        r#"
        {"job":{"start":{"projectId":"4fZk0PqLx81mWd2C","sessionId":"ada-laptop","prompt":"A red boat",
        "providers":["openai","gemini","workers"],"variants":2,"deadlineMs":300000,"jobDeadlineMs":1800000}}}
    "#,
    );
    pin_message(
        &message(job::Message::Begun { ask: "key:k".to_owned(), fingerprint: "f".to_owned() }),
        r#"{"job":{"begun":{"ask":"key:k","fingerprint":"f"}}}"#,
    );
    pin_message(&message(job::Message::Cancel(Selection::default())), r#"{"job":{"cancel":{}}}"#);
    let one = Selection { provider: Some(Provider::Gemini), variant_index: Some(1) };
    pin_message(
        &message(job::Message::Retry(one)),
        r#"{"job":{"retry":{"provider":"gemini","variantIndex":1}}}"#,
    );
    pin_message(&message(job::Message::Fetch), r#"{"job":"fetch"}"#);
    pin_message(
        &message(job::Message::Recorded { ordinal: 1, near_duplicate_of: None }),
        r#"{"job":{"recorded":{"ordinal":1,"near_duplicate_of":null}}}"#,
    );
    pin_message(
        &message(job::Message::Recorded { ordinal: 1, near_duplicate_of: Some(near_duplicate()) }),
        r#"
            {"job":{"recorded":{"ordinal":1,
            "near_duplicate_of":{"progressionId":"4fZk0PqLx81mWd2C-9aX2kLm0Qw3E-0","distance":7}}}}
        "#,
    );
    pin_message(&message(job::Message::Settled { ordinal: 1 }), r#"{"job":{"settled":{"ordinal":1}}}"#);
}

#[test]
fn messages_about_money() {
    let message = Message::Project;
    for (budget, literal) in [(Budget::Lifted, r#""lifted""#), (Budget::Of(7), r#"{"of":7}"#)] {
        let update = project::Message::Update {
            name: None,
            description: None,
            budget: Some(budget),
            near_duplicates: None,
        };
        let whole = r#"{"project":{"update":{"name":null,"description":null,"budget":BUDGET}}}"#;
        pin_message(&message(update), &whole.replace("BUDGET", literal));
    }
    let claim = || Claim { highest: 7, unpriced: Some("x".into()) };
    pin_message(
        &message(project::Message::Reserve { job_id: job(), most: 50, claim: claim() }),
        r#"
        {"project":{"reserve":{"job_id":"4fZk0PqLx81mWd2C-9aX2kLm0Qw3E","most":50,
        "claim":{"highest":7,"unpriced":"x"}}}}
    "#,
    );
    let priced = Claim { highest: 7, unpriced: None };
    pin_message(
        &message(project::Message::Extend { job_id: job(), claim: priced }),
        r#"{"project":{"extend":{"job_id":"4fZk0PqLx81mWd2C-9aX2kLm0Qw3E","claim":{"highest":7}}}}"#,
    );
    pin(&Allowed { cap: Some(7) }, r#"{"cap":7}"#);
    pin_message(
        &message(project::Message::Opened { job_id: job(), session_id: session(), cap: Some(7) }),
        r#"{"project":{"opened":{"job_id":"4fZk0PqLx81mWd2C-9aX2kLm0Qw3E","session_id":"ada-laptop","cap":7}}}"#,
    );
    let spent = Spent {
        id: "j-0-generate-1".into(),
        job_id: job(),
        provider: Provider::Openai,
        model: Some("gpt-image-2".into()),
        task: "generate".into(),
        nanousd: None,
        counted: 9,
        at: 5,
        revision: 1,
    };
    pin_message(
        &message(project::Message::Spent(spent)),
        r#"
        {"project":{"spent":{"id":"j-0-generate-1","job_id":"4fZk0PqLx81mWd2C-9aX2kLm0Qw3E","provider":"openai",
        "model":"gpt-image-2","task":"generate","nanousd":null,"counted":9,"at":5,"revision":1}}}
    "#,
    );
    pin_message(
        &message(project::Message::Costs(CostsPage { limit: 50, after: String::new() })),
        r#"{"project":{"costs":{"limit":50,"after":""}}}"#,
    );
    pin_message(
        &Message::Job(job::Message::RetryWithin { selection: Selection::default(), cap: 7 }),
        r#"{"job":{"retry_within":{"selection":{},"cap":7}}}"#,
    );
    pin_message(&Message::Job(job::Message::Quote(Selection::default())), r#"{"job":{"quote":{}}}"#);
    pin(&Quote { variants: 1, claim: claim() }, r#"{"variants":1,"claim":{"highest":7,"unpriced":"x"}}"#);
    pin(
        &Terms { cap: Some(7), judge: "@cf/a/b".into(), rewriter: "@cf/c/d".into() },
        r#"{"cap":7,"judge":"@cf/a/b","rewriter":"@cf/c/d"}"#,
    );
}

#[test]
fn messages_to_a_gate() {
    let bucket = gate::Bucket { burst: 60, per_minute: 30 };
    pin_message(
        &Message::Gate(gate::Message::Take { address: "203.0.113.7".into(), bucket }),
        r#"{"gate":{"take":{"address":"203.0.113.7","bucket":{"burst":60,"per_minute":30}}}}"#,
    );
    pin(
        &gate::Verdict { allowed: false, remaining: 0, wait_ms: 250 },
        r#"{"allowed":false,"remaining":0,"waitMs":250}"#,
    );
}

#[test]
fn messages_to_an_artifact() {
    let message = Message::Artifact;
    pin_message(
        &message(artifact::Message::Publish(Box::new(edition()))),
        r#"
        {"artifact":{"publish":{"kind":"lookbook","title":"Sea","projectIds":["4fZk0PqLx81mWd2C"],
        "contentR2Key":"artifact/a/1.html","mediaType":"text/html; charset=utf-8","bytes":10,
        "imageOrigins":["https://imagedelivery.net"]}}}
    "#,
    );
    let whole = Edition {
        options: serde_json::json!({ "prompts": false }).as_object().unwrap().clone(),
        scripts: vec!["sha256-AA==".to_owned()],
        files: vec![artifact::Attachment {
            name: "data.csv".to_owned(),
            r2_key: "artifact/a/2-data.csv".to_owned(),
            media_type: "text/csv".to_owned(),
            bytes: 3,
        }],
        ..edition()
    };
    pin_message(
        &message(artifact::Message::Publish(Box::new(whole))),
        r#"
        {"artifact":{"publish":{"kind":"lookbook","title":"Sea","projectIds":["4fZk0PqLx81mWd2C"],
        "contentR2Key":"artifact/a/1.html","mediaType":"text/html; charset=utf-8","bytes":10,
        "imageOrigins":["https://imagedelivery.net"],"options":{"prompts":false},"scripts":["sha256-AA=="],
        "files":[{"name":"data.csv","r2Key":"artifact/a/2-data.csv","mediaType":"text/csv","bytes":3}]}}}
    "#,
    );
    pin_message(
        &message(artifact::Message::Associate(project())),
        r#"{"artifact":{"associate":"4fZk0PqLx81mWd2C"}}"#,
    );
    pin_message(&message(artifact::Message::Edition), r#"{"artifact":"edition"}"#);
    pin_message(&message(artifact::Message::Versions), r#"{"artifact":"versions"}"#);
    pin_message(&message(artifact::Message::Version(2)), r#"{"artifact":{"version":2}}"#);
    pin_message(&message(artifact::Message::Receipt), r#"{"artifact":"receipt"}"#);
    pin_message(&message(artifact::Message::Fetch), r#"{"artifact":"fetch"}"#);
}

#[test]
fn messages_to_a_directory_and_to_any_actor() {
    let members = vec![ActorName::Project(project()), ActorName::Artifact(artifact())];
    pin_message(
        &Message::Directory(directory::Message::Enter { members }),
        r#"{"directory":{"enter":{"members":["project:4fZk0PqLx81mWd2C","artifact:2b7Qm0ZkLx81mWd2CaB3xY"]}}}"#,
    );
    pin_message(&Message::Directory(directory::Message::Progress), r#"{"directory":"progress"}"#);
    pin_message(&Message::Upkeep(upkeep::Message::Resend), r#"{"upkeep":"resend"}"#);
    pin_message(&Message::Upkeep(upkeep::Message::Requeue { seq: 7 }), r#"{"upkeep":{"requeue":{"seq":7}}}"#);
    pin(
        &directory::Progress {
            directory: "7".into(),
            members: 3,
            told: 2,
            begun_at: Some(5),
            ended_at: None,
        },
        r#"{"directory":"7","members":3,"told":2,"begunAt":5,"endedAt":null}"#,
    );
    assert_eq!(DirectoryId::all().count(), 16);
}

#[test]
fn replies_and_refusals() {
    pin(&Reply::Done, r#""done""#);
    pin(&Reply::Again(Box::new(Reply::Done)), r#"{"again":"done"}"#);
    pin(&Reply::Body(json::raw(r#"{"a": 1.50}"#.into()).unwrap()), r#"{"body":{"a": 1.50}}"#);
    for (code, name) in [
        (RefusalCode::NotFound, "not_found"),
        (RefusalCode::Conflict, "conflict"),
        (RefusalCode::Forbidden, "forbidden"),
        (RefusalCode::TooMany, "too_many"),
        (RefusalCode::Budget, "budget"),
        (RefusalCode::Unpriced, "unpriced"),
        (RefusalCode::KeyReused, "key_reused"),
        (RefusalCode::Misaddressed, "misaddressed"),
    ] {
        let literal = r#"{"refused":{"code":"CODE","detail":"no"}}"#;
        pin(&Reply::Refused(Refusal { code, detail: "no".into() }), &literal.replace("CODE", name));
    }
}

#[test]
fn items_of_the_outbox() {
    let message = Message::Job(job::Message::Settled { ordinal: 1 });
    pin(
        &Item::Tell { to: ActorName::Job(job()), message },
        r#"{"tell":{"to":"job:4fZk0PqLx81mWd2C-9aX2kLm0Qw3E","message":{"job":{"settled":{"ordinal":1}}}}}"#,
    );
    for (table, name) in [
        (Table::Projects, "projects"),
        (Table::ImageProgressions, "image_progressions"),
        (Table::Jobs, "jobs"),
        (Table::Artifacts, "artifacts"),
        (Table::ProjectArtifacts, "project_artifacts"),
        (Table::ArtifactConfigurations, "artifact_configurations"),
        (Table::ProviderCalls, "provider_calls"),
        (Table::OutboxDead, "outbox_dead"),
    ] {
        assert_eq!(table.name(), name);
        let columns = json::raw(r#"{"id": "x", "revision": 1}"#.into()).unwrap();
        let literal = r#"{"snapshot":{"table":"TABLE","columns":{"id": "x", "revision": 1}}}"#;
        pin(&Item::Snapshot(Row { table, columns }), &literal.replace("TABLE", name));
    }
}
