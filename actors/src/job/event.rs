//! What a job tells its session: the `data` of the contract's events.

use serde::Serialize;

use crate::address::ActorName;
use crate::ids::{JobId, ProgressionId, SessionId};
use crate::job::journal::Variant;
use crate::job::judge::{Judgment, Scores};
use crate::job::message::NearDuplicate;
use crate::job::stage::Stage;
use crate::job::wishes::Route;
use crate::json::to_raw;
use crate::protocol::Message;
use crate::provider::{Failure, FailureClass, Provider};
use crate::session::{self, EventType};
use crate::sql::Fault;
use crate::turn::Turn;

/// The fields of an event's `data`; what doesn't apply is left out.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Data {
    job_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    provider: Option<Provider>,
    #[serde(skip_serializing_if = "Option::is_none")]
    variant_index: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ordinal: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_of: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stage: Option<Stage>,
    #[serde(skip_serializing_if = "Option::is_none")]
    progress: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    progression_id: Option<ProgressionId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    generated_image_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    partial_image_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    partial_index: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    near_duplicate_of: Option<NearDuplicate>,
    #[serde(skip_serializing_if = "Option::is_none")]
    judgment: Option<Judgment>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scores: Option<Scores>,
    #[serde(skip_serializing_if = "Option::is_none")]
    notes: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tags: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_suggestion: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_class: Option<FailureClass>,
    #[serde(skip_serializing_if = "Option::is_none")]
    summary: Option<Summary>,
}

impl Data {
    /// Which variant it's about, and nothing else yet.
    fn about(job: &JobId, variant: &Variant) -> Self {
        Self {
            job_id: job.to_string(),
            provider: Some(variant.provider),
            variant_index: Some(variant.index),
            ordinal: Some(variant.ordinal),
            retry_of: variant.retry_of,
            ..Self::default()
        }
    }
}

/// How a job ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    /// Variants in all.
    pub variants: u32,
    /// Ended with a picture.
    pub completed: u32,
    /// Ended without one.
    pub failed: u32,
    /// Were cancelled.
    pub cancelled: u32,
    /// Judged `pass`.
    pub passed: u32,
    /// Marked as near-duplicates.
    pub near_duplicates: u32,
    /// From the start to the end, in milliseconds.
    pub ms: i64,
}

/// Tells the session of something that happened to a variant.
///
/// # Errors
/// [`Fault::Storage`].
pub fn of_variant(
    turn: &Turn<'_>,
    session: &SessionId,
    job: &JobId,
    event_type: EventType,
    variant: &Variant,
) -> Result<(), Fault> {
    let verdict = variant.verdict.as_ref();
    let ended = variant.ended();
    let data = Data {
        stage: (!ended).then_some(variant.stage),
        progress: Some(if ended { 1.0 } else { variant.stage.progress() }),
        progression_id: variant.image.as_ref().map(|_| ProgressionId::of_variant(job, variant.ordinal)),
        generated_image_url: variant.delivery.as_ref().map(|delivery| delivery.url.clone()),
        near_duplicate_of: variant.near_duplicate_of.clone(),
        judgment: verdict.and_then(|verdict| verdict.judgment),
        scores: verdict.and_then(|verdict| verdict.scores),
        notes: verdict
            .map(|verdict| verdict.notes.clone())
            .or_else(|| variant.delivery.as_ref()?.reason.clone()),
        tags: verdict.map(|verdict| verdict.tags.clone()),
        retry_suggestion: verdict.and_then(|verdict| verdict.retry_suggestion.clone()),
        ..Data::about(job, variant)
    };
    publish(turn, session, job, event_type, &data, false)
}

/// Tells the session that an attempt failed and when the next one is.
///
/// # Errors
/// [`Fault::Storage`].
pub fn of_retry(
    turn: &Turn<'_>,
    session: &SessionId,
    job: &JobId,
    variant: &Variant,
    failure: &Failure,
    wait_ms: u64,
) -> Result<(), Fault> {
    let what = if failure.class == FailureClass::Circuit {
        failure.message.clone()
    } else {
        format!("Attempt {} of {} failed ({})", variant.attempt, variant.stage.as_str(), failure.message)
    };
    let data = Data {
        stage: Some(variant.stage),
        progress: Some(variant.stage.progress()),
        notes: Some(format!(
            "{what}; trying again in {:.1} s.",
            std::time::Duration::from_millis(wait_ms).as_secs_f64()
        )),
        ..Data::about(job, variant)
    };
    publish(turn, session, job, EventType::Progress, &data, false)
}

/// Tells the session that a partial picture can be seen at `url` for a while: the variant's `index`-th, from 0.
///
/// # Errors
/// [`Fault::Storage`].
pub fn of_partial(
    turn: &Turn<'_>,
    session: &SessionId,
    job: &JobId,
    variant: &Variant,
    url: String,
    index: i64,
) -> Result<(), Fault> {
    let data = Data {
        stage: Some(variant.stage),
        progress: Some(variant.stage.progress()),
        partial_image_url: Some(url),
        partial_index: Some(index),
        ..Data::about(job, variant)
    };
    publish(turn, session, job, EventType::Progress, &data, false)
}

/// Tells the session that another model is asked from now on, and why.
///
/// # Errors
/// [`Fault::Storage`].
pub fn of_hop(
    turn: &Turn<'_>,
    session: &SessionId,
    job: &JobId,
    variant: &Variant,
    failure: &Failure,
    to: &Route,
) -> Result<(), Fault> {
    let notes = format!("{}; asking {}'s {} instead.", failure.message, to.provider, to.model);
    let data = Data {
        stage: Some(Stage::Refine),
        progress: Some(Stage::Refine.progress()),
        notes: Some(notes),
        error_class: Some(failure.class),
        ..Data::about(job, variant)
    };
    publish(turn, session, job, EventType::Progress, &data, false)
}

/// Tells the session that a variant ended without a picture, and what a person can do about it.
///
/// # Errors
/// [`Fault::Storage`].
pub fn of_failure(
    turn: &Turn<'_>,
    session: &SessionId,
    job: &JobId,
    variant: &Variant,
    failure: &Failure,
) -> Result<(), Fault> {
    let data = Data {
        stage: Some(variant.stage),
        error: Some(failure.message.clone()),
        error_class: Some(failure.class),
        retry_suggestion: Some(remedy(failure.class).to_owned()),
        ..Data::about(job, variant)
    };
    publish(turn, session, job, EventType::Fail, &data, false)
}

/// Tells the session that the job ended.
///
/// # Errors
/// [`Fault::Storage`].
pub fn of_job(turn: &Turn<'_>, session: &SessionId, job: &JobId, summary: Summary) -> Result<(), Fault> {
    let data =
        Data { job_id: job.to_string(), progress: Some(1.0), summary: Some(summary), ..Data::default() };
    publish(turn, session, job, EventType::Complete, &data, true)
}

/// `closes` with the job's last event.
fn publish(
    turn: &Turn<'_>,
    session: &SessionId,
    job: &JobId,
    event_type: EventType,
    data: &Data,
    closes: bool,
) -> Result<(), Fault> {
    let data = to_raw(data)?;
    let message =
        session::Message::Publish { event_type, ts: turn.now, data, job: Some(job.clone()), closes };
    turn.tell(ActorName::Session(session.clone()), Message::Session(message))
}

/// What a person can do about a variant that failed.
const fn remedy(class: FailureClass) -> &'static str {
    match class {
        FailureClass::NotConfigured => "Set the variable that is named, or leave this provider out.",
        FailureClass::Auth => "Check the provider's API key and its permissions.",
        FailureClass::Quota => "Add credit or raise the limit at the provider, or leave it out for now.",
        FailureClass::Rate | FailureClass::Overloaded => {
            "Try again in a few minutes, or ask for fewer variants."
        }
        FailureClass::Timeout => "Try again, or give the job a longer deadlineMs.",
        FailureClass::Moderation => "Reword the prompt: the provider's safety system refused it.",
        FailureClass::BadRequest => "Shorten or simplify the prompt: the provider didn't accept the request.",
        FailureClass::ModelGone => "Set the provider's model variable to a model that it still serves.",
        FailureClass::NoImage => "Say in the prompt that a picture is wanted, and of what.",
        FailureClass::BadAnswer => "Try again: the model's answer made no sense.",
        FailureClass::BadImage => "Try again: the provider's answer wasn't a whole picture.",
        FailureClass::Storage => "Try again: a part of the platform was away.",
        FailureClass::Budget => "Give the job a larger maxCostUsd, or ask for fewer or cheaper pictures.",
        FailureClass::Circuit => {
            "Allow routing.fallback, name another model, or try again later: the provider is in trouble."
        }
        FailureClass::Cancelled => "Retry it, should you want it after all.",
    }
}
