//! What is said to a project.

use picasso_actors::job::money::Claim;
use picasso_actors::operation::Operation;
use picasso_actors::project::{self, Filter, likeness};
use picasso_actors::protocol::Message;
use picasso_actors::provider::Provider;

use super::message::{pin_message, whole_progression};
use super::{artifact, job, progression, session, verdict};

#[test]
fn a_project_is_made_and_changed() {
    let message = Message::Project;
    pin_message(
        &message(project::Message::Create { name: "Sea".into(), description: String::new() }),
        r#"{"project":{"create":{"name":"Sea","description":""}}}"#,
    );
    pin_message(
        &message(project::Message::Update {
            name: None,
            description: Some("Boats.".into()),
            budget: None,
            near_duplicates: None,
        }),
        r#"{"project":{"update":{"name":null,"description":"Boats."}}}"#,
    );
    let change = likeness::Change { threshold: Some(20), action: Some(likeness::Action::Stack) };
    pin_message(
        &message(project::Message::Update {
            name: None,
            description: None,
            budget: None,
            near_duplicates: Some(change),
        }),
        r#"
        {"project":{"update":{"name":null,"description":null,
        "near_duplicates":{"threshold":20,"action":"stack"}}}}
    "#,
    );
    pin_message(
        &message(project::Message::Keep(progression(1))),
        r#"{"project":{"keep":"4fZk0PqLx81mWd2C-9aX2kLm0Qw3E-1"}}"#,
    );
}

#[test]
fn what_a_project_is_asked_and_told() {
    let message = Message::Project;
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
    pin_message(&message(project::Message::Originals), r#"{"project":"originals"}"#);
    pin_message(
        &message(project::Message::Alike {
            prompt: "A red boat".to_owned(),
            operation: Operation::Edit,
            start: None,
            providers: vec![Provider::Gemini],
        }),
        r#"{"project":{"alike":{"prompt":"A red boat","operation":"edit","start":null,"providers":["gemini"]}}}"#,
    );
    pin_message(
        &message(project::Message::Picture(progression(0))),
        r#"{"project":{"picture":"4fZk0PqLx81mWd2C-9aX2kLm0Qw3E-0"}}"#,
    );
    let record =
        project::Message::Record { job_id: job(), ordinal: 1, progression: Box::new(whole_progression()) };
    pin_message(
        &message(record),
        r##"
        {"project":{"record":{"job_id":"4fZk0PqLx81mWd2C-9aX2kLm0Qw3E","ordinal":1,
        "progression":{"id":"4fZk0PqLx81mWd2C-9aX2kLm0Qw3E-1","parentId":"4fZk0PqLx81mWd2C-9aX2kLm0Qw3E-0",
        "operation":"generate","prompt":"A red boat","refinedPrompt":"A red boat\n\nSoft light.",
        "tipIds":["openai/light@3"],"provider":"openai","model":"gpt-image-1","variantIndex":1,
        "startImageUrl":null,"generatedImageUrl":"https://imagedelivery.net/h/i/public","imageId":"i",
        "originalImageR2Key":"project/p/jobs/j/orig/1","mediaType":"image/png","width":64,"height":48,
        "bytes":4096,"phash":"0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f","palette":["#c81e1e"],
        "usage":"{\"n\":1}","providerMs":1234}}}}
    "##,
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
    pin_message(
        &message(project::Message::Reserve { job_id: job(), most: 50, claim: Claim::default() }),
        r#"{"project":{"reserve":{"job_id":"4fZk0PqLx81mWd2C-9aX2kLm0Qw3E","most":50}}}"#,
    );
    pin_message(
        &message(project::Message::Opened { job_id: job(), session_id: session(), cap: None }),
        r#"{"project":{"opened":{"job_id":"4fZk0PqLx81mWd2C-9aX2kLm0Qw3E","session_id":"ada-laptop"}}}"#,
    );
    pin_message(
        &message(project::Message::Closed { job_id: job() }),
        r#"{"project":{"closed":{"job_id":"4fZk0PqLx81mWd2C-9aX2kLm0Qw3E"}}}"#,
    );
    pin_message(&message(project::Message::Commission), r#"{"project":"commission"}"#);
}
