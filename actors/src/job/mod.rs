//! The job actor: one request, fanned out to variants, each carried through its stages.
//!
//! Nothing here calls anybody. [`handle`] and [`finish`] fold what happened into the journal; [`wake`] looks at the journal,
//! as if after a crash, and hands out what can be done next. So there's one way forward, and waking up is the normal path.

pub mod event;
pub mod journal;
pub mod judge;
pub mod message;
pub mod plan;
pub mod refine;
mod resend;
pub mod retry;
pub mod stage;
pub mod store;
mod view;
mod work;

use crate::address::ActorName;
use crate::effect::{Outcome, Output};
use crate::ids::JobId;
use crate::job::event::Summary;
use crate::job::journal::{Done, Event, Status, Variant};
use crate::job::stage::Stage;
use crate::job::store::{Head, State};
use crate::json;
use crate::protocol::Reply;
use crate::provider::{Failure, FailureClass};
use crate::session::EventType;
use crate::snapshot::{Row, Table};
use crate::sql::Fault;
use crate::timers;
use crate::turn::Turn;

pub use message::{Message, NearDuplicate, Spec, Started};
pub use resend::resend;

/// Attempts that the shell makes at once for one job: the platform allows six open connections to one invocation.
pub const MOST_AT_ONCE: u32 = 6;

/// Attempts at one stage after which a lapse isn't bad luck any more: a picture that takes the isolate down whenever it's
/// decoded would do so for ever. Policies that count failures end far below.
pub const MOST_ATTEMPTS: u32 = 12;

/// Name of the timer that runs while attempts are under way. That a life of the object was cut off is noticed by the next
/// one, and only a wake-up begins one: without this, it would be the lease's end or the deadline, minutes later.
const PULSE: &str = "pulse";
/// A job goes on at most this much after its object was lost, in milliseconds.
pub const PULSE_MS: i64 = 5_000;

/// Takes one message in.
///
/// # Errors
/// [`Fault`] from the storage.
pub fn handle(turn: &mut Turn<'_>, me: &JobId, message: Message) -> Result<Reply, Fault> {
    match message {
        Message::Start(spec) => start(turn, me, spec),
        Message::Fetch => Ok(match store::head(turn.sql)? {
            Some(head) => Reply::Body(view::of_job(me, &head, &store::variants(turn.sql)?)?),
            None => Reply::not_found("job"),
        }),
        Message::Recorded { ordinal, near_duplicate_of } => {
            reached(turn, me, ordinal, Done::Record(near_duplicate_of))
        }
        Message::Settled { ordinal } => reached(turn, me, ordinal, Done::Settle),
    }
}

/// Takes in how an attempt went. One that isn't the current attempt is too late to matter.
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
    let ActorName::Job(me) = turn.me.clone() else { return Ok(()) };
    let (Some(mut head), Some(mut variant)) = (store::head(turn.sql)?, store::variant(turn.sql, ordinal)?)
    else {
        return Ok(());
    };
    if !variant.is_running(stage, attempt) {
        return Ok(());
    }
    match outcome {
        Ok(output) => yielded(turn, &me, &mut head, &mut variant, output),
        Err(failure) => failed(turn, &me, &mut head, &mut variant, failure),
    }
}

/// Hands out what can be done now.
///
/// # Errors
/// [`Fault`] from the storage.
pub fn wake(turn: &mut Turn<'_>, holder: &str) -> Result<(), Fault> {
    let ActorName::Job(me) = turn.me.clone() else { return Ok(()) };
    let Some(mut head) = store::head(turn.sql)? else { return Ok(()) };
    for mut variant in store::lapsed(turn.sql, holder, turn.now)? {
        let lapsed = Event::Lapsed { stage: variant.stage, attempt: variant.attempt };
        store::append(turn.sql, &mut variant, &lapsed, turn.now)?;
        if variant.attempt >= MOST_ATTEMPTS {
            let why = Failure::new(FailureClass::Timeout, format!("cut off {MOST_ATTEMPTS} times"));
            give_up(turn, &me, &mut head, &mut variant, why)?;
        }
    }
    for ordinal in store::overdue(turn.sql, turn.now)? {
        // Read one by one: the end of one can move the others of its provider on.
        let Some(mut variant) = store::variant(turn.sql, ordinal)? else { continue };
        let late =
            Failure::new(FailureClass::Timeout, format!("no picture within {} ms", head.spec.deadline_ms));
        end_failed(turn, &me, &mut head, &mut variant, late)?;
    }
    let mut running = store::running(turn.sql)?;
    for mut variant in store::ready(turn.sql, turn.now)? {
        if work::is_told(variant.stage) {
            work::tell_project(turn, &me, &head, &mut variant)?;
        } else if running < MOST_AT_ONCE {
            running += 1;
            work::hand_out(turn, &me, &head, &mut variant, holder)?;
        }
    }
    if running > 0 {
        timers::set(turn.sql, PULSE, turn.now + PULSE_MS)?;
    }
    Ok(())
}

fn start(turn: &mut Turn<'_>, me: &JobId, spec: Spec) -> Result<Reply, Fault> {
    if let Some(head) = store::head(turn.sql)? {
        return if head.spec == spec {
            started(me, &spec)
        } else {
            Ok(Reply::conflict("this job has begun with another specification"))
        };
    }
    if spec.project_id != me.project() {
        return Ok(Reply::misaddressed("the job belongs to another project"));
    }
    let slots = plan::slots(&spec);
    let head = Head {
        variants: u32::try_from(slots.len()).unwrap_or(u32::MAX),
        state: State::Running,
        completed: 0,
        failed: 0,
        passed: 0,
        near_duplicates: 0,
        created_at: turn.now,
        updated_at: turn.now,
        revision: 1,
        spec,
    };
    store::save_head(turn.sql, &head)?;
    let deadline_at = turn.now.saturating_add_unsigned(head.spec.deadline_ms);
    for slot in slots {
        let variant = Variant::new(slot, turn.now);
        store::insert(turn.sql, &variant, deadline_at)?;
        event::of_variant(turn, &head.spec.session_id, me, EventType::Queued, &variant)?;
    }
    turn.snapshot(Row::new(Table::Jobs, &view::columns(me, &head))?)?;
    started(me, &head.spec)
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
fn reached(turn: &mut Turn<'_>, me: &JobId, ordinal: u32, done: Done) -> Result<Reply, Fault> {
    let (Some(mut head), Some(mut variant)) = (store::head(turn.sql)?, store::variant(turn.sql, ordinal)?)
    else {
        return Ok(Reply::not_found("variant"));
    };
    // A question that was asked twice is answered twice.
    if variant.stage == done.stage() && !variant.ended() {
        advance(turn, me, &mut head, &mut variant, done)?;
    }
    Ok(Reply::Done)
}

/// An attempt yielded something.
fn yielded(
    turn: &mut Turn<'_>,
    me: &JobId,
    head: &mut Head,
    variant: &mut Variant,
    output: Output,
) -> Result<(), Fault> {
    match (variant.stage, output) {
        (Stage::Refine, Output::Tips(rows)) => refined(turn, me, head, variant, &rows),
        (Stage::Generate, Output::Stored(image)) => {
            advance(turn, me, head, variant, Done::Generate)?;
            advance(turn, me, head, variant, Done::Store(image))
        }
        (Stage::Fingerprint, Output::Fingerprint(hash)) => {
            advance(turn, me, head, variant, Done::Fingerprint(hash))
        }
        (Stage::Deliver, Output::Delivered(delivery)) => {
            advance(turn, me, head, variant, Done::Deliver(delivery))
        }
        (Stage::Judge, Output::Answer(answer)) => match judge::parse(&answer) {
            Some(verdict) => advance(turn, me, head, variant, Done::Judge(verdict)),
            // Asked again once: the class allows two attempts.
            None => failed(
                turn,
                me,
                head,
                variant,
                Failure::new(FailureClass::BadAnswer, "its answer wasn't the JSON asked for"),
            ),
        },
        (stage, output) => Err(Fault::Illegal(format!("{} yielded {output:?}", stage.as_str()))),
    }
}

/// An attempt failed: try again as its class deserves, or give up.
fn failed(
    turn: &mut Turn<'_>,
    me: &JobId,
    head: &mut Head,
    variant: &mut Variant,
    failure: Failure,
) -> Result<(), Fault> {
    if let Some(wait) = retry::wait(&failure, variant.failures + 1, turn.entropy) {
        event::of_retry(turn, &head.spec.session_id, me, variant, &failure, wait)?;
        let retry = Event::Retry {
            stage: variant.stage,
            attempt: variant.attempt,
            failure,
            at: turn.now.saturating_add_unsigned(wait),
        };
        return store::append(turn.sql, variant, &retry, turn.now);
    }
    give_up(turn, me, head, variant, failure)
}

/// There's no sense in another attempt: do without what the stage yields, or end.
fn give_up(
    turn: &mut Turn<'_>,
    me: &JobId,
    head: &mut Head,
    variant: &mut Variant,
    failure: Failure,
) -> Result<(), Fault> {
    match variant.stage {
        // A prompt without tips, and a picture without a verdict, are worth having.
        Stage::Refine => refined(turn, me, head, variant, &[]),
        Stage::Judge => {
            advance(turn, me, head, variant, Done::Judge(judge::Verdict::undecided(&failure.message)))
        }
        Stage::Generate
        | Stage::Store
        | Stage::Fingerprint
        | Stage::Deliver
        | Stage::Record
        | Stage::Settle => end_failed(turn, me, head, variant, failure),
    }
}

/// The first variant's refined prompt is that of all of its provider.
fn refined(
    turn: &mut Turn<'_>,
    me: &JobId,
    head: &mut Head,
    variant: &mut Variant,
    rows: &[String],
) -> Result<(), Fault> {
    let refined = refine::refine(&head.spec.prompt, rows);
    advance(turn, me, head, variant, Done::Refine(refined.clone()))?;
    for mut other in store::variants(turn.sql)? {
        if other.provider == variant.provider && other.stage == Stage::Refine && !other.ended() {
            advance(turn, me, head, &mut other, Done::Refine(refined.clone()))?;
        }
    }
    Ok(())
}

/// One stage further, with the event that the session sees.
fn advance(
    turn: &mut Turn<'_>,
    me: &JobId,
    head: &mut Head,
    variant: &mut Variant,
    done: Done,
) -> Result<(), Fault> {
    let stage = done.stage();
    store::append(turn.sql, variant, &Event::Done(done), turn.now)?;
    let event_type = match stage {
        // The store follows in the same breath.
        Stage::Generate => return Ok(()),
        Stage::Refine => EventType::Running,
        Stage::Judge => EventType::Judge,
        Stage::Settle => EventType::Complete,
        Stage::Store | Stage::Fingerprint | Stage::Deliver | Stage::Record => EventType::Progress,
    };
    event::of_variant(turn, &head.spec.session_id, me, event_type, variant)?;
    if variant.status == Status::Complete {
        head.completed += 1;
        let passed = variant.verdict.as_ref().is_some_and(|it| it.judgment == Some(judge::Judgment::Pass));
        head.passed += u32::from(passed);
        head.near_duplicates += u32::from(variant.near_duplicate_of.is_some());
        ended(turn, me, head)?;
    }
    Ok(())
}

fn end_failed(
    turn: &mut Turn<'_>,
    me: &JobId,
    head: &mut Head,
    variant: &mut Variant,
    failure: Failure,
) -> Result<(), Fault> {
    event::of_failure(turn, &head.spec.session_id, me, variant, &failure)?;
    let event = Event::Failed { stage: variant.stage, failure };
    store::append(turn.sql, variant, &event, turn.now)?;
    head.failed += 1;
    ended(turn, me, head)?;
    // The others waited for this one's refined prompt.
    let orphans = if variant.stage == Stage::Refine && variant.index == 0 {
        store::variants(turn.sql)?
            .into_iter()
            .filter(|other| {
                other.provider == variant.provider && other.stage == Stage::Refine && !other.ended()
            })
            .collect()
    } else {
        Vec::new()
    };
    for mut other in orphans {
        let plain = Done::Refine(refine::Refined::plain(&head.spec.prompt));
        advance(turn, me, head, &mut other, plain)?;
    }
    Ok(())
}

/// A variant ended; with the last one, so does the job.
fn ended(turn: &mut Turn<'_>, me: &JobId, head: &mut Head) -> Result<(), Fault> {
    head.updated_at = turn.now;
    head.revision += 1;
    if head.completed + head.failed == head.variants {
        head.state = State::Complete;
        let summary = Summary {
            variants: head.variants,
            completed: head.completed,
            failed: head.failed,
            passed: head.passed,
            near_duplicates: head.near_duplicates,
            ms: head.updated_at - head.created_at,
        };
        event::of_job(turn, &head.spec.session_id, me, summary)?;
    }
    store::save_head(turn.sql, head)?;
    turn.snapshot(Row::new(Table::Jobs, &view::columns(me, head))?)
}
