//! A job as others see it: `GET /api/jobs/:id`, and its row in D1.

use serde::Serialize;

use crate::ids::{JobId, ProgressionId};
use crate::job::journal::{Status, Variant};
use crate::job::judge::{Judgment, Scores};
use crate::job::message::NearDuplicate;
use crate::job::refine::Refined;
use crate::job::stage::Stage;
use crate::job::store::Head;
use crate::json::{self, Raw, to_raw};
use crate::provider::{FailureClass, Provider};
use crate::sql::Fault;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Job<'a> {
    id: &'a JobId,
    project_id: String,
    session_id: &'a str,
    prompt: &'a str,
    providers: &'a [Provider],
    state: &'static str,
    variants: Vec<View<'a>>,
    completed: u32,
    failed: u32,
    cancelled: u32,
    passed: u32,
    near_duplicates: u32,
    created_at: i64,
    updated_at: i64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct View<'a> {
    provider: Provider,
    variant_index: u32,
    state: &'static str,
    stage: Stage,
    attempt: u32,
    progress: f64,
    progression_id: Option<ProgressionId>,
    generated_image_url: Option<&'a str>,
    near_duplicate_of: Option<&'a NearDuplicate>,
    judgment: Option<Judgment>,
    scores: Option<Scores>,
    notes: Option<&'a str>,
    tags: &'a [String],
    retry_suggestion: Option<&'a str>,
    error: Option<&'a str>,
    error_class: Option<FailureClass>,
    ordinal: u32,
    began_at: Option<i64>,
    retry_of: Option<u32>,
    superseded_by: Option<u32>,
    discarded: Option<Discarded<'a>>,
    refined: Option<&'a Refined>,
}

/// A picture that was paid for and has no place in the project. A retry begins with it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Discarded<'a> {
    media_type: &'a str,
    bytes: u64,
    width: u32,
    height: u32,
    model: &'a str,
    provider_ms: u64,
}

/// The state of the job and of every variant.
///
/// # Errors
/// [`Fault::Corrupt`] when it can't be written as JSON.
pub fn of_job(me: &JobId, head: &Head, variants: &[Variant]) -> Result<Raw, Fault> {
    to_raw(&Job {
        id: me,
        project_id: head.spec.project_id.to_string(),
        session_id: head.spec.session_id.as_str(),
        prompt: &head.spec.prompt,
        providers: &head.spec.providers,
        state: head.state.as_str(),
        variants: variants.iter().map(|variant| of_variant(me, variant)).collect(),
        completed: head.completed,
        failed: head.failed,
        cancelled: head.cancelled,
        passed: head.passed,
        near_duplicates: head.near_duplicates,
        created_at: head.created_at,
        updated_at: head.updated_at,
    })
}

/// Where a variant stands, in the word that people see.
pub fn state(variant: &Variant) -> &'static str {
    match &variant.status {
        Status::Complete => "complete",
        Status::Failed(_) if variant.is_cancelled() => "cancelled",
        Status::Failed(_) => "failed",
        Status::Ready(_) | Status::Running { .. } => {
            if variant.stage > Stage::Refine || variant.attempt > 0 {
                "running"
            } else {
                "queued"
            }
        }
    }
}

fn of_variant<'a>(me: &JobId, variant: &'a Variant) -> View<'a> {
    let verdict = variant.verdict.as_ref();
    let failure = if let Status::Failed(failure) = &variant.status { Some(failure) } else { None };
    let discarded = variant.image.as_ref().filter(|_| failure.is_some());
    View {
        provider: variant.provider,
        variant_index: variant.index,
        state: state(variant),
        stage: variant.stage,
        attempt: variant.attempt,
        progress: if variant.ended() { 1.0 } else { variant.stage.progress() },
        progression_id: variant
            .image
            .as_ref()
            .filter(|_| failure.is_none())
            .map(|_| ProgressionId::of_variant(me, variant.ordinal)),
        generated_image_url: variant.delivery.as_ref().map(|delivery| delivery.url.as_str()),
        near_duplicate_of: variant.near_duplicate_of.as_ref(),
        judgment: verdict.and_then(|verdict| verdict.judgment),
        scores: verdict.and_then(|verdict| verdict.scores),
        notes: verdict.map(|verdict| verdict.notes.as_str()),
        tags: verdict.map_or(&[], |verdict| &verdict.tags),
        retry_suggestion: verdict.and_then(|verdict| verdict.retry_suggestion.as_deref()),
        error: failure.map(|failure| failure.message.as_str()),
        error_class: failure.map(|failure| failure.class),
        ordinal: variant.ordinal,
        began_at: (variant.began_at > 0).then_some(variant.began_at),
        retry_of: variant.retry_of,
        superseded_by: variant.superseded_by,
        discarded: discarded.map(|image| Discarded {
            media_type: &image.media_type,
            bytes: image.bytes,
            width: image.width,
            height: image.height,
            model: &image.model,
            provider_ms: image.provider_ms,
        }),
        refined: variant.refined.as_ref(),
    }
}

/// The row of the `jobs` table.
#[derive(Serialize)]
pub struct Columns {
    id: String,
    project_id: String,
    session_id: String,
    prompt: String,
    state: &'static str,
    providers: String,
    variants: u32,
    completed: u32,
    failed: u32,
    cancelled: u32,
    superseded: u32,
    passed: u32,
    near_duplicates: u32,
    deadline_at: Option<i64>,
    created_at: i64,
    updated_at: i64,
    revision: i64,
}

/// Makes the row.
pub fn columns(me: &JobId, head: &Head) -> Columns {
    Columns {
        id: me.to_string(),
        project_id: head.spec.project_id.to_string(),
        session_id: head.spec.session_id.to_string(),
        prompt: head.spec.prompt.clone(),
        state: head.state.as_str(),
        // A list of unit variants always has a JSON form.
        providers: json::write(&head.spec.providers).unwrap_or_default(),
        variants: head.variants,
        completed: head.completed,
        failed: head.failed,
        cancelled: head.cancelled,
        superseded: head.superseded,
        passed: head.passed,
        near_duplicates: head.near_duplicates,
        deadline_at: (head.deadline_at > 0).then_some(head.deadline_at),
        created_at: head.created_at,
        updated_at: head.updated_at,
        revision: head.revision,
    }
}
