//! Every wire and stored format as a literal. A test here that fails says: what is under way or stored can't be read any
//! more, so either undo the change or write down how the old form is read (ARCHITECTURE.md, invariant 10).

mod breaker;
mod ingest;
mod knowledge;
mod link;
mod message;
mod project_messages;
mod shown;
mod stored;

use picasso_actors::ids::{ArtifactId, JobId, ProgressionId, ProjectId, SessionId};
use picasso_actors::job::NearDuplicate;
use picasso_actors::job::judge::{Judgment, Verdict};
use picasso_actors::job::refine::Refined;
use picasso_actors::project::likeness::Action;
use picasso_actors::provider::{Delivery, DeliveryMode, Failure, FailureClass, StoredImage};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Holds that `value` is written as `literal`, and that `literal` is read as something that is written the same. A literal's
/// line breaks and indentation don't count.
#[track_caller]
fn pin<T: Serialize + DeserializeOwned>(value: &T, literal: &str) {
    pin_written(value, literal);
    let read: T = serde_json::from_str(&flat(literal)).unwrap();
    assert_eq!(serde_json::to_string(&read).unwrap(), flat(literal), "read back");
}

/// The same for what we only write.
#[track_caller]
fn pin_written<T: Serialize + ?Sized>(value: &T, literal: &str) {
    pin_text(&serde_json::to_string(value).unwrap(), literal);
}

/// The same for a text.
#[track_caller]
fn pin_text(text: &str, literal: &str) {
    assert_eq!(text, flat(literal));
}

fn flat(literal: &str) -> String {
    literal.lines().map(str::trim).collect()
}

const PROJECT: &str = "4fZk0PqLx81mWd2C";

fn project() -> ProjectId {
    ProjectId::parse(PROJECT).unwrap()
}

fn job() -> JobId {
    JobId::parse("4fZk0PqLx81mWd2C-9aX2kLm0Qw3E").unwrap()
}

fn session() -> SessionId {
    SessionId::parse("ada-laptop").unwrap()
}

fn artifact() -> ArtifactId {
    ArtifactId::parse("2b7Qm0ZkLx81mWd2CaB3xY").unwrap()
}

fn progression(ordinal: u32) -> ProgressionId {
    ProgressionId::of_variant(&job(), ordinal)
}

fn near_duplicate() -> NearDuplicate {
    NearDuplicate { progression_id: progression(0), distance: 7, action: Action::Mark }
}

fn verdict() -> Verdict {
    Verdict {
        judgment: Some(Judgment::Fail),
        notes: "Blue.".to_owned(),
        tags: vec!["blue-boat".to_owned()],
        retry_suggestion: Some("Say red.".to_owned()),
        scores: None,
    }
}

fn failure() -> Failure {
    Failure::new(FailureClass::Rate, "slow down").retry_after(Some(2_500))
}

fn image() -> StoredImage {
    StoredImage {
        key: "project/p/jobs/j/orig/1".to_owned(),
        media_type: "image/png".to_owned(),
        bytes: 4_096,
        width: 64,
        height: 48,
        model: "gpt-image-1".to_owned(),
        usage: Some(r#"{"n":1}"#.to_owned()),
        provider_ms: 1_234,
        original_key: None,
        provenance: None,
    }
}

fn delivery() -> Delivery {
    Delivery {
        url: "https://imagedelivery.net/h/i/public".to_owned(),
        image_id: "i".to_owned(),
        mode: DeliveryMode::Hosted,
        reason: None,
    }
}

fn refined() -> Refined {
    Refined {
        text: "A red boat\n\nSoft light.".to_owned(),
        tips: vec!["openai/light@3".to_owned()],
        ..Refined::default()
    }
}
