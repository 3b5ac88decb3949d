//! The job actor: one request, fanned out to variants, each carried through its stages.
//!
//! Nothing here calls anybody. [`handle`] and [`finish`] fold what happened into the journal; [`wake`] looks at the journal,
//! as if after a crash, and hands out what can be done next. So there's one way forward, and waking up is the normal path.
//! How a variant gets from one stage to the next is in [`course`], what people do to a running job in [`control`].

mod answer;
pub mod calls;
mod control;
mod course;
pub mod delivery;
pub mod event;
mod fence;
pub mod forecast;
pub mod journal;
pub mod judge;
pub mod message;
pub mod money;
pub mod partial;
pub mod plan;
pub mod refine;
mod request;
mod resend;
pub mod retry;
pub mod routing;
pub mod stage;
pub mod store;
mod view;
pub mod wishes;
mod work;

use crate::address::ActorName;
use crate::effect::{Outcome, Output};
use crate::ids::JobId;
use crate::inbox;
use crate::job::course::Course;
use crate::job::journal::{Done, Variant};
use crate::job::stage::Stage;
use crate::job::store::{Head, State};
use crate::json;
use crate::project;
use crate::protocol::{self, Reply};
use crate::session::EventType;
use crate::snapshot::{Row, Table};
use crate::sql::Fault;
use crate::timers;
use crate::turn::Turn;

pub use message::{Message, NearDuplicate, Selection, Spec, Started};
pub use resend::resend;

/// Attempts that the shell makes at once for one job: the platform allows six open connections to one invocation.
pub const MOST_AT_ONCE: u32 = 6;

/// Attempts at one stage after which a lapse isn't bad luck any more: a picture that takes the isolate down whenever it's
/// decoded would do so for ever. Policies that count failures end far below.
pub const MOST_ATTEMPTS: u32 = 12;

/// Variants that a job may have in all, those that retries have replaced included.
pub const MOST_VARIANTS: u32 = 256;

/// Name of the timer that runs while attempts are under way. That a life of the object was cut off is noticed by the next
/// one, and only a wake-up begins one: without this, it would be the lease's end or the deadline, minutes later.
const PULSE: &str = "pulse";
/// A job goes on at most this much after its object was lost, in milliseconds.
pub const PULSE_MS: i64 = 5_000;

/// Name of the timer of the job's own deadline.
pub const DEADLINE: &str = "deadline";

/// Takes one message in.
///
/// # Errors
/// [`Fault`] from the storage.
pub fn handle(turn: &mut Turn<'_>, me: &JobId, message: Message) -> Result<Reply, Fault> {
    if let Message::Start(spec) = message {
        return start(turn, me, *spec);
    }
    let Some(mut course) = Course::load(turn, me)? else { return Ok(Reply::not_found("job")) };
    match message {
        // Handled above; the same again is what a repeated start gets.
        Message::Start(spec) => begun(me, &course.head, &spec),
        Message::Begun { ask, fingerprint } => match inbox::answered(course.turn.sql, &ask)? {
            Some(first) if first.fingerprint.as_ref() == Some(&fingerprint) => {
                json::read("reply", &first.reply)
            }
            Some(_) => Ok(Reply::key_reused()),
            // The reply is swept in time; the job is there all the same.
            None => started(me, &course.head.spec),
        },
        Message::Fetch => {
            Ok(Reply::Body(view::of_job(me, &course.head, &store::variants(course.turn.sql)?)?))
        }
        Message::Cancel(selection) => control::cancel(&mut course, selection),
        Message::Retry(selection) => control::retry(&mut course, selection, None),
        Message::RetryWithin { selection, cap } => control::retry(&mut course, selection, Some(cap)),
        Message::Quote(selection) => control::quote(&course, selection),
        Message::Recorded { ordinal, near_duplicate_of } => {
            reached(&mut course, ordinal, Done::Record(near_duplicate_of))
        }
        Message::Settled { ordinal } => reached(&mut course, ordinal, Done::Settle),
    }
}

/// Takes in how an attempt went. One that is neither the current attempt nor one that its variant's end left under way is
/// too late to matter.
///
/// # Errors
/// [`Fault`] from the storage.
pub fn finish(
    turn: &mut Turn<'_>,
    ordinal: u32,
    stage: Stage,
    attempt: u32,
    outcome: Outcome,
) -> Result<(), Fault> {
    let ActorName::Job(me) = turn.me else { return Ok(()) };
    if let Ok(Output::Forgotten(partials)) = &outcome {
        return partial::forgotten(turn.sql, partials);
    }
    let Some(mut course) = Course::load(turn, me)? else { return Ok(()) };
    let Some(mut variant) = store::variant(course.turn.sql, ordinal)? else { return Ok(()) };
    if variant.is_late(stage, attempt) || variant.is_running(stage, attempt) {
        calls::note(&course, &variant, &outcome)?;
    }
    if variant.is_late(stage, attempt) {
        return course.came_late(&mut variant, outcome);
    }
    if !variant.is_running(stage, attempt) {
        return Ok(());
    }
    match outcome {
        Ok(output) => course.yielded(&mut variant, output),
        Err(failure) => course.failed(&mut variant, failure),
    }
}

/// Takes in that the provider's `nth` partial picture, from 0, is in R2. One of an attempt that doesn't matter any more is
/// nobody's.
///
/// # Errors
/// [`Fault`] from the storage.
pub fn progress(turn: &Turn<'_>, ordinal: u32, attempt: u32, nth: u32) -> Result<(), Fault> {
    let ActorName::Job(me) = turn.me else { return Ok(()) };
    let Some(head) = store::head(turn.sql)? else { return Ok(()) };
    partial::show(turn, me, &head, ordinal, attempt, nth)
}

/// Hands out what can be done now. `due` are the job's timers that have run out.
///
/// # Errors
/// [`Fault`] from the storage.
pub fn wake(turn: &mut Turn<'_>, holder: &str, due: &[String]) -> Result<(), Fault> {
    let ActorName::Job(me) = turn.me else { return Ok(()) };
    let Some(mut course) = Course::load(turn, me)? else { return Ok(()) };
    course.void_lapsed(holder)?;
    course.end_overdue()?;
    if due.iter().any(|timer| timer == DEADLINE) {
        control::end_all(&mut course)?;
    }
    if due.iter().any(|timer| timer == partial::TIMER) {
        partial::forget(course.turn, &course.head)?;
    }
    let mut running = store::running(course.turn.sql)?;
    for mut variant in store::ready(course.turn.sql, course.turn.now)? {
        if work::is_told(variant.stage) {
            work::tell_project(course.turn, me, &course.head, &mut variant)?;
        } else if running < MOST_AT_ONCE {
            let pay = course.can_pay(&variant)?;
            if pay || course.goes_on_unpaid(&mut variant)? {
                running += 1;
                work::hand_out(course.turn, me, &course.head, &mut variant, holder, pay)?;
            }
        }
    }
    if running > 0 {
        timers::set(course.turn.sql, PULSE, course.turn.now + PULSE_MS)?;
    }
    Ok(())
}

fn start(turn: &mut Turn<'_>, me: &JobId, spec: Spec) -> Result<Reply, Fault> {
    if let Some(head) = store::head(turn.sql)? {
        return begun(me, &head, &spec);
    }
    if spec.project_id != me.project() {
        return Ok(Reply::misaddressed("the job belongs to another project"));
    }
    let slots = plan::slots(&spec);
    let mut head = Head {
        variants: u32::try_from(slots.len()).unwrap_or(u32::MAX),
        state: State::Running,
        completed: 0,
        failed: 0,
        cancelled: 0,
        superseded: 0,
        passed: 0,
        near_duplicates: 0,
        created_at: turn.now,
        updated_at: turn.now,
        revision: 1,
        deadline_at: 0,
        spec,
    };
    opened(turn, me, &mut head)?;
    store::save_head(turn.sql, &head)?;
    let deadline_at = turn.now.saturating_add_unsigned(head.spec.deadline_ms);
    for slot in slots {
        let variant = Variant::new(slot, turn.now, deadline_at);
        store::insert(turn.sql, &variant, slot.index == 0)?;
        event::of_variant(turn, &head.spec.session_id, me, EventType::Queued, &variant)?;
    }
    turn.snapshot(Row::new(Table::Jobs, &view::columns(me, &head))?)?;
    started(me, &head.spec)
}

/// The job has open variants from now on: its deadline runs, and the project counts it.
fn opened(turn: &Turn<'_>, me: &JobId, head: &mut Head) -> Result<(), Fault> {
    head.deadline_at = turn.now.saturating_add_unsigned(head.spec.job_deadline_ms);
    timers::set(turn.sql, DEADLINE, head.deadline_at)?;
    let (session_id, cap) = (head.spec.session_id.clone(), head.spec.terms.cap);
    let opened = project::Message::Opened { job_id: me.clone(), session_id, cap };
    turn.tell(ActorName::Project(head.spec.project_id.clone()), protocol::Message::Project(opened))
}

/// A job's id follows from an idempotency key, or is new: whoever names one with another specification has used the key
/// before.
fn begun(me: &JobId, head: &Head, spec: &Spec) -> Result<Reply, Fault> {
    if head.spec.is_same_request(spec) { started(me, spec) } else { Ok(Reply::key_reused()) }
}

fn started(me: &JobId, spec: &Spec) -> Result<Reply, Fault> {
    let body = Started {
        job_id: me.to_string(),
        project_id: spec.project_id.clone(),
        session_id: spec.session_id.clone(),
        variants: plan::slots(spec).len(),
    };
    Ok(Reply::Body(json::to_raw(&body)?))
}

/// The project has answered.
fn reached(course: &mut Course<'_, '_>, ordinal: u32, done: Done) -> Result<Reply, Fault> {
    let Some(mut variant) = store::variant(course.turn.sql, ordinal)? else {
        return Ok(Reply::not_found("variant"));
    };
    // A question that was asked twice is answered twice.
    if variant.stage == done.stage() && !variant.ended() {
        course.advance(&mut variant, done)?;
    }
    Ok(Reply::Done)
}
