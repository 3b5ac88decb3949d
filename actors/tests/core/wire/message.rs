//! What actors say to each other and to the edge.

use picasso_actors::address::ActorName;
use picasso_actors::artifact::{self, Edition, Kind};
use picasso_actors::job::{self, Spec};
use picasso_actors::json;
use picasso_actors::outbox::Item;
use picasso_actors::project::{self, Filter, Progression};
use picasso_actors::protocol::{Envelope, Message, Refusal, RefusalCode, Reply, Sender};
use picasso_actors::provider::Provider;
use picasso_actors::session::{self, EventType};
use picasso_actors::snapshot::{Row, Table};

use super::{artifact, job, near_duplicate, pin, progression, project, session, verdict};

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
        Message::Project(project::Message::Fetch)
        | Message::Job(job::Message::Fetch)
        | Message::Artifact(artifact::Message::Fetch) => "fetch",
        Message::Project(project::Message::Progressions(_)) => "progressions",
        Message::Project(project::Message::Gallery) => "gallery",
        Message::Project(project::Message::Record { .. }) => "record",
        Message::Project(project::Message::Settle { .. }) => "settle",
        Message::Project(project::Message::Rollback { .. }) => "rollback",
        Message::Project(project::Message::Published { .. }) => "published",
        Message::Job(job::Message::Start(_)) => "start",
        Message::Job(job::Message::Recorded { .. }) => "recorded",
        Message::Job(job::Message::Settled { .. }) => "settled",
        Message::Artifact(artifact::Message::Serve) => "serve",
    }
}

#[track_caller]
fn pin_message(message: &Message, literal: &str) {
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
    }
}

fn whole_progression() -> Progression {
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
        original_image_r2_key: Some("project/p/jobs/j/orig/1".to_owned()),
        media_type: Some("image/png".to_owned()),
        width: Some(64),
        height: Some(48),
        bytes: Some(4_096),
        phash: Some("0f".repeat(32)),
        usage: Some(r#"{"n":1}"#.to_owned()),
        provider_ms: Some(1_234),
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
    }
}

#[test]
fn envelopes() {
    let message = || Message::Session(session::Message::MintTicket);
    pin(
        &Envelope {
            from: Sender::Edge { id: "ask-1".into() },
            to: ActorName::Session(session()),
            message: message(),
        },
        r#"{"from":{"edge":{"id":"ask-1"}},"to":"session:ada-laptop","message":{"session":"mint_ticket"}}"#,
    );
    for (to, name) in [
        (ActorName::Session(session()), "session:ada-laptop"),
        (ActorName::Project(project()), "project:4fZk0PqLx81mWd2C"),
        (ActorName::Job(job()), "job:4fZk0PqLx81mWd2C-9aX2kLm0Qw3E"),
        (ActorName::Artifact(artifact()), "artifact:2b7Qm0ZkLx81mWd2CaB3xY"),
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
fn messages_to_a_project() {
    let message = Message::Project;
    pin_message(
        &message(project::Message::Create { name: "Sea".into(), description: String::new() }),
        r#"{"project":{"create":{"name":"Sea","description":""}}}"#,
    );
    pin_message(
        &message(project::Message::Update { name: None, description: Some("Boats.".into()) }),
        r#"{"project":{"update":{"name":null,"description":"Boats."}}}"#,
    );
    pin_message(&message(project::Message::Fetch), r#"{"project":"fetch"}"#);
    let before = Some((5, progression(1).to_string()));
    let filter = Filter { query: Some("boat".into()), tags: vec!["sea".into()], limit: 50, before };
    pin_message(
        &message(project::Message::Progressions(filter)),
        r#"
        {"project":{"progressions":{"query":"boat","tags":["sea"],"limit":50,"before":[5,
        "4fZk0PqLx81mWd2C-9aX2kLm0Qw3E-1"]}}}
    "#,
    );
    pin_message(&message(project::Message::Gallery), r#"{"project":"gallery"}"#);
    let record =
        project::Message::Record { job_id: job(), ordinal: 1, progression: Box::new(whole_progression()) };
    pin_message(
        &message(record),
        r#"
        {"project":{"record":{"job_id":"4fZk0PqLx81mWd2C-9aX2kLm0Qw3E","ordinal":1,
        "progression":{"id":"4fZk0PqLx81mWd2C-9aX2kLm0Qw3E-1","parentId":"4fZk0PqLx81mWd2C-9aX2kLm0Qw3E-0",
        "operation":"generate","prompt":"A red boat","refinedPrompt":"A red boat\n\nSoft light.",
        "tipIds":["openai/light@3"],"provider":"openai","model":"gpt-image-1","variantIndex":1,
        "startImageUrl":null,"generatedImageUrl":"https://imagedelivery.net/h/i/public","imageId":"i",
        "originalImageR2Key":"project/p/jobs/j/orig/1","mediaType":"image/png","width":64,"height":48,
        "bytes":4096,"phash":"0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f",
        "usage":"{\"n\":1}","providerMs":1234}}}}
    "#,
    );
    let settle = project::Message::Settle {
        job_id: job(),
        ordinal: 1,
        progression_id: progression(1),
        verdict: verdict(),
    };
    pin_message(
        &message(settle),
        r#"
        {"project":{"settle":{"job_id":"4fZk0PqLx81mWd2C-9aX2kLm0Qw3E","ordinal":1,
        "progression_id":"4fZk0PqLx81mWd2C-9aX2kLm0Qw3E-1","verdict":{"judgment":"fail","notes":"Blue.",
        "tags":["blue-boat"],"retrySuggestion":"Say red."}}}}
    "#,
    );
    pin_message(
        &message(project::Message::Rollback { to: progression(0), id: progression(1) }),
        r#"{"project":{"rollback":{"to":"4fZk0PqLx81mWd2C-9aX2kLm0Qw3E-0","id":"4fZk0PqLx81mWd2C-9aX2kLm0Qw3E-1"}}}"#,
    );
    pin_message(
        &message(project::Message::Published { artifact_id: artifact() }),
        r#"{"project":{"published":{"artifact_id":"2b7Qm0ZkLx81mWd2CaB3xY"}}}"#,
    );
}

#[test]
fn messages_to_a_job() {
    let message = Message::Job;
    pin_message(
        &message(job::Message::Start(spec())),
        r#"
        {"job":{"start":{"projectId":"4fZk0PqLx81mWd2C","sessionId":"ada-laptop","prompt":"A red boat",
        "providers":["openai","gemini","workers"],"variants":2,"deadlineMs":300000}}}
    "#,
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
fn messages_to_an_artifact() {
    let message = Message::Artifact;
    pin_message(
        &message(artifact::Message::Publish(edition())),
        r#"
        {"artifact":{"publish":{"kind":"lookbook","title":"Sea","projectIds":["4fZk0PqLx81mWd2C"],
        "contentR2Key":"artifact/a/1.html","mediaType":"text/html; charset=utf-8","bytes":10,
        "imageOrigins":["https://imagedelivery.net"]}}}
    "#,
    );
    pin_message(&message(artifact::Message::Fetch), r#"{"artifact":"fetch"}"#);
    pin_message(&message(artifact::Message::Serve), r#"{"artifact":"serve"}"#);
}

#[test]
fn replies_and_refusals() {
    pin(&Reply::Done, r#""done""#);
    pin(&Reply::Body(json::raw(r#"{"a": 1.50}"#.into()).unwrap()), r#"{"body":{"a": 1.50}}"#);
    for (code, name) in [
        (RefusalCode::NotFound, "not_found"),
        (RefusalCode::Conflict, "conflict"),
        (RefusalCode::Forbidden, "forbidden"),
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
    ] {
        assert_eq!(table.name(), name);
        let columns = json::raw(r#"{"id": "x", "revision": 1}"#.into()).unwrap();
        let literal = r#"{"snapshot":{"table":"TABLE","columns":{"id": "x", "revision": 1}}}"#;
        pin(&Item::Snapshot(Row { table, columns }), &literal.replace("TABLE", name));
    }
}
