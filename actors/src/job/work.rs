//! From a variant that can be tried to what has to be done for it: the one place where intent is written before effect.

use crate::address::ActorName;
use crate::effect::{Effect, Task, Work};
use crate::ids::{JobId, ProgressionId};
use crate::job::delivery::{self, Made};
use crate::job::journal::{Event, Variant};
use crate::job::judge::{Question, Start, Verdict};
use crate::job::partial;
use crate::job::refine::Ask;
use crate::job::request;
use crate::job::routing;
use crate::job::stage::Stage;
use crate::job::store::{self, Head, OUTBOX};
use crate::job::wishes::Route;
use crate::project::{self, Progression};
use crate::protocol::Message;
use crate::provider::StoredImage;
use crate::sql::{Fault, Sql};
use crate::turn::Turn;

/// How long the shell may take for a step on our own platform, in milliseconds.
pub const PLATFORM_MS: u64 = 30_000;
/// How long the vision model may take.
const VISION_MS: u64 = 60_000;
/// How long a provider is waited for after its variant's deadline, in milliseconds: the variant has failed by then, but the
/// picture has been paid for, and is kept.
const LATE_MS: u64 = 60_000;
/// The lease ends this much after the shell must have given up.
const LEASE_MARGIN_MS: u64 = 10_000;
/// How long the project may take to answer before it's asked again: far longer than the outbox needs to get there.
const PROJECT_MS: u64 = 10 * 60 * 1000;

/// Stages that another actor carries out.
pub const fn is_told(stage: Stage) -> bool {
    matches!(stage, Stage::Record | Stage::Settle)
}

/// Journals the attempt and gives it to the shell. Without `pay`, it's one that costs nothing.
///
/// # Errors
/// [`Fault`].
pub fn hand_out(
    turn: &mut Turn<'_>,
    me: &JobId,
    head: &Head,
    variant: &mut Variant,
    holder: &str,
    pay: bool,
) -> Result<(), Fault> {
    let mut task = task(turn.sql, me, head, variant, pay)?;
    let timeout_ms = match variant.stage {
        Stage::Generate => {
            let usual = head.created_at.saturating_add_unsigned(head.spec.deadline_ms);
            let deadline_at = variant.deadline_at.unwrap_or(usual);
            u64::try_from(deadline_at - turn.now).unwrap_or(0) + LATE_MS
        }
        Stage::Judge => VISION_MS,
        Stage::Refine
        | Stage::Store
        | Stage::Compose
        | Stage::Fingerprint
        | Stage::Deliver
        | Stage::Record
        | Stage::Settle => PLATFORM_MS,
    };
    let lease_ms = timeout_ms + LEASE_MARGIN_MS;
    begin(turn, variant, holder, lease_ms)?;
    if let Task::Generate { request, partials, .. } = &mut task {
        let lease_until = turn.now.saturating_add_unsigned(lease_ms);
        *partials =
            partial::expect(turn, me, variant.ordinal, variant.attempt, request.partials, lease_until)?;
    }
    turn.effects.push(Effect::Work(Box::new(Work {
        ordinal: variant.ordinal,
        provider: variant.provider,
        session_id: head.spec.session_id.clone(),
        stage: variant.stage,
        attempt: variant.attempt,
        timeout_ms,
        task,
    })));
    Ok(())
}

/// Journals the attempt and tells the project.
///
/// # Errors
/// [`Fault`].
pub fn tell_project(turn: &Turn<'_>, me: &JobId, head: &Head, variant: &mut Variant) -> Result<(), Fault> {
    begin(turn, variant, OUTBOX, PROJECT_MS)?;
    let message = match &variant.verdict {
        Some(verdict) => settle(me, variant, verdict),
        None => record(me, head, variant)?,
    };
    turn.tell(ActorName::Project(head.spec.project_id.clone()), Message::Project(message))
}

fn begin(turn: &Turn<'_>, variant: &mut Variant, holder: &str, lease_ms: u64) -> Result<(), Fault> {
    let started = Event::Started {
        stage: variant.stage,
        attempt: variant.attempt + 1,
        lease_until: turn.now.saturating_add_unsigned(lease_ms),
        holder: holder.to_owned(),
    };
    store::append(turn.sql, variant, &started, turn.now)
}

fn task(sql: &dyn Sql, me: &JobId, head: &Head, variant: &Variant, pay: bool) -> Result<Task, Fault> {
    match variant.stage {
        Stage::Refine => {
            let ask = Ask::of(&head.spec, variant.serving());
            Ok(Task::Refine(Ask { rewrite: ask.rewrite && pay, ..ask }))
        }
        Stage::Generate => Ok(Task::Generate {
            request: request::of(&head.spec, me, variant),
            key: key(me, "orig", variant.ordinal),
            probe: variant.attempt > 0,
            pay,
            partials: Vec::new(),
        }),
        Stage::Compose => {
            let start = head.spec.materials.start.as_ref();
            let start = start.ok_or_else(|| Fault::corrupt("job spec", "nothing to lay over the picture"))?;
            Ok(Task::Compose {
                image: image(variant)?.clone(),
                start: start.key.clone(),
                mask: head.spec.materials.mask.as_ref().map(|mask| mask.key.clone()),
                canvas: routing::canvas(&head.spec),
                to: key(me, "made", variant.ordinal),
            })
        }
        Stage::Fingerprint => Ok(Task::Fingerprint { key: image(variant)?.key.clone() }),
        Stage::Deliver => {
            let image = image(variant)?;
            Ok(Task::Deliver(delivery::Ask {
                key: image.key.clone(),
                image_id: ProgressionId::of_variant(me, variant.ordinal).to_string(),
                made: Made {
                    source: delivery::source(head.spec.wishes.operation),
                    provider: variant.serving(),
                    model: image.model.clone(),
                    at: delivery::stored_at(&store::journal(sql, variant.ordinal)?)
                        .unwrap_or(head.created_at),
                },
                address: head.spec.materials.address.clone(),
                again: variant.failures > 0,
            }))
        }
        Stage::Judge => {
            let image = image(variant)?;
            let start = head.spec.materials.start.as_ref();
            Ok(Task::Judge {
                key: image.key.clone(),
                media_type: image.media_type.clone(),
                start: start.and_then(|it| Start::new(&it.key, &it.media_type, it.bytes)),
                question: Question::of(me, &head.spec, variant.ordinal, variant.failures),
            })
        }
        Stage::Store | Stage::Record | Stage::Settle => {
            Err(Fault::Illegal(format!("{} isn't work for the shell", variant.stage.as_str())))
        }
    }
}

/// The R2 key of a step's picture: follows from the step, so that doing it twice leaves one object.
fn key(me: &JobId, kind: &str, ordinal: u32) -> String {
    format!("project/{}/jobs/{me}/{kind}/{ordinal}", me.project())
}

fn image(variant: &Variant) -> Result<&StoredImage, Fault> {
    variant.image.as_ref().ok_or_else(|| Fault::corrupt("variant", "no picture at a stage that needs it"))
}

fn record(me: &JobId, head: &Head, variant: &Variant) -> Result<project::Message, Fault> {
    let image = image(variant)?;
    let delivery = variant
        .delivery
        .as_ref()
        .ok_or_else(|| Fault::corrupt("variant", "recorded before it was delivered"))?;
    let (refined_prompt, tip_ids) = variant
        .refined
        .as_ref()
        .map_or((None, Vec::new()), |it| (Some(it.text.clone()), it.applied().to_vec()));
    Ok(project::Message::Record {
        job_id: me.clone(),
        ordinal: variant.ordinal,
        progression: Box::new(Progression {
            id: ProgressionId::of_variant(me, variant.ordinal),
            parent_id: head.spec.materials.parent.clone(),
            operation: head.spec.wishes.operation.as_str().to_owned(),
            prompt: head.spec.prompt.clone(),
            refined_prompt,
            tip_ids,
            provider: Some(variant.serving()),
            model: Some(image.model.clone()),
            requested: Some(requested(head, variant)),
            hops: variant.hops.iter().map(|hop| hop.failure.message.clone()).collect(),
            emulated: emulated(head, variant),
            seed: request::seed_of(&head.spec, me, variant),
            variant_index: Some(variant.index),
            start_image_url: head.spec.wishes.start.clone(),
            generated_image_url: Some(delivery.url.clone()),
            image_id: Some(delivery.image_id.clone()),
            delivery_mode: Some(delivery.mode),
            provenance: image.provenance,
            original_image_r2_key: Some(image.original().to_owned()),
            picture_r2_key: image.original_key.as_ref().map(|_| image.key.clone()),
            media_type: Some(image.media_type.clone()),
            width: Some(image.width),
            height: Some(image.height),
            bytes: Some(image.bytes),
            phash: variant.phash.clone(),
            palette: variant.palette.clone(),
            usage: image.usage.clone(),
            provider_ms: Some(image.provider_ms),
        }),
    })
}

/// What was asked for, where another model than that has served.
fn requested(head: &Head, variant: &Variant) -> Route {
    let first = head.spec.routes(variant.provider).first().cloned();
    first.unwrap_or_else(|| Route { provider: variant.provider, model: String::new() })
}

/// What was done in place of a call that the provider doesn't have.
fn emulated(head: &Head, variant: &Variant) -> Option<String> {
    let route = routing::current(&head.spec, variant);
    let how = routing::model(&route).how(head.spec.wishes.operation)?;
    how.emulation().map(str::to_owned)
}

fn settle(me: &JobId, variant: &Variant, verdict: &Verdict) -> project::Message {
    project::Message::Settle {
        job_id: me.clone(),
        ordinal: variant.ordinal,
        progression_id: ProgressionId::of_variant(me, variant.ordinal),
        verdict: verdict.clone(),
    }
}
