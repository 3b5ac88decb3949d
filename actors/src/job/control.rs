//! What people do to a job, and what its deadline does: stopping what is open, and trying again what ended badly.

use serde::Serialize;

use crate::catalogue::price::Nanodollars;
use crate::job::course::Course;
use crate::job::journal::{Done, Event, Variant};
use crate::job::message::Selection;
use crate::job::money::{Claim, Quote};
use crate::job::plan::Slot;
use crate::job::stage::Stage;
use crate::job::store::{self, State};
use crate::job::{MOST_VARIANTS, calls, event, money, opened, view};
use crate::json;
use crate::protocol::Reply;
use crate::provider::{Failure, FailureClass, Provider};
use crate::session::EventType;
use crate::sql::Fault;

/// A variant in a reply.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Item {
    provider: Provider,
    variant_index: u32,
    ordinal: u32,
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_of: Option<u32>,
}

impl Item {
    fn of(variant: &Variant) -> Self {
        Self {
            provider: variant.provider,
            variant_index: variant.index,
            ordinal: variant.ordinal,
            state: view::state(variant),
            retry_of: variant.retry_of,
        }
    }
}

/// What a cancellation did.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Stopped<'a> {
    job_id: &'a str,
    state: &'static str,
    /// What was open, and has ended now.
    cancelled: Vec<Item>,
    /// What is finished all the same, because its picture is on its way into the project.
    finishing: Vec<Item>,
    /// What had ended before, in whatever way.
    finished: Vec<Item>,
}

/// What a retry did.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Resumed<'a> {
    job_id: &'a str,
    state: &'static str,
    /// The new variants, each naming the one whose place it has taken.
    retried: Vec<Item>,
}

/// Stops what is open of the selection. What runs goes on at its provider, and a picture that comes of it is kept.
///
/// # Errors
/// [`Fault`] from the storage.
pub fn cancel(course: &mut Course<'_, '_>, selection: Selection) -> Result<Reply, Fault> {
    let selected = current(course, selection)?;
    if selected.is_empty() {
        return Ok(Reply::not_found("variant"));
    }
    let (mut cancelled, mut finishing, mut finished) = (Vec::new(), Vec::new(), Vec::new());
    for mut variant in selected {
        if variant.ended() {
            finished.push(Item::of(&variant));
        } else if variant.is_recorded() {
            finishing.push(Item::of(&variant));
        } else {
            course.stop(&mut variant, Failure::new(FailureClass::Cancelled, "cancelled"))?;
            cancelled.push(Item::of(&variant));
        }
    }
    let (job_id, state) = (course.me.as_str(), course.head.state.as_str());
    Ok(Reply::Body(json::to_raw(&Stopped { job_id, state, cancelled, finishing, finished })?))
}

/// Puts a new variant into the place of each of the selection that failed or was cancelled. One that has left a picture
/// begins with it: it isn't paid for again.
///
/// # Errors
/// [`Fault`] from the storage.
pub fn retry(
    course: &mut Course<'_, '_>,
    selection: Selection,
    cap: Option<Nanodollars>,
) -> Result<Reply, Fault> {
    let mut selected = current(course, selection)?;
    if selected.is_empty() {
        return Ok(Reply::not_found("variant"));
    }
    selected.retain(Variant::is_failed);
    let next = course.head.variants + course.head.superseded;
    let count = u32::try_from(selected.len()).unwrap_or(u32::MAX);
    if next.saturating_add(count) > MOST_VARIANTS {
        return Ok(Reply::conflict(format!("a job can have {MOST_VARIANTS} variants, retries included")));
    }
    let terms = match renewed(course, &selected, cap)? {
        Ok(terms) => terms,
        Err(no) => return Ok(no),
    };
    let mut retried = Vec::new();
    for (ordinal, mut old) in (next..).zip(selected) {
        retried.push(Item::of(&replace(course, &mut old, ordinal)?));
    }
    if !retried.is_empty() {
        course.head.spec.terms.cap = terms;
        if course.head.state == State::Complete {
            course.head.state = State::Running;
            opened(course.turn, course.me, &mut course.head)?;
        }
        course.save()?;
    }
    let (job_id, state) = (course.me.as_str(), course.head.state.as_str());
    Ok(Reply::Body(json::to_raw(&Resumed { job_id, state, retried })?))
}

/// What trying the selection again may cost.
///
/// # Errors
/// [`Fault`] from the storage.
pub fn quote(course: &Course<'_, '_>, selection: Selection) -> Result<Reply, Fault> {
    let mut selected = current(course, selection)?;
    selected.retain(Variant::is_failed);
    let (variants, claim) = (selected.len(), claim(course, &selected));
    Ok(Reply::Body(json::to_raw(&Quote { variants, claim })?))
}

/// The job's own deadline: ends what has no place in the project, and goes without verdicts that nobody is working at. One
/// that's under way holds a connection, so it's waited for, but not asked for again. What the project has been asked is
/// answered.
///
/// # Errors
/// [`Fault`] from the storage.
pub fn end_all(course: &mut Course<'_, '_>) -> Result<(), Fault> {
    let why = format!("the job's {} ms are over", course.head.spec.job_deadline_ms);
    for mut variant in store::variants(course.turn.sql)? {
        if variant.ended() {
            continue;
        }
        if !variant.is_recorded() {
            course.stop(&mut variant, Failure::new(FailureClass::Timeout, &why))?;
        } else if variant.stage == Stage::Judge && !variant.is_under_way() {
            course.undecided(&mut variant, &why)?;
        }
    }
    Ok(())
}

fn claim(course: &Course<'_, '_>, selected: &[Variant]) -> Claim {
    let spec = &course.head.spec;
    money::claim_of(spec, selected.iter().map(|old| money::of_retry(spec, old)).sum())
}

/// What the job may spend once these are tried again; `Err` when what was reserved is for others. Without a reservation the
/// project has no budget any more, and nothing holds the job.
fn renewed(
    course: &Course<'_, '_>,
    selected: &[Variant],
    more: Option<Nanodollars>,
) -> Result<Result<Option<Nanodollars>, Reply>, Fault> {
    let Some(more) = more else { return Ok(Ok(None)) };
    if claim(course, selected).highest > more {
        return Ok(Err(Reply::conflict("what can be tried again has changed meanwhile: ask again")));
    }
    let spec = &course.head.spec;
    let already = match spec.terms.cap {
        // What wasn't spent was given back when the job ended.
        Some(cap) if course.head.state == State::Running => Some(cap),
        // Begun before the project had a budget: what runs is held by none.
        None if course.head.state == State::Running => None,
        Some(_) | None => Some(calls::committed(course.turn.sql, spec)?),
    };
    Ok(Ok(already.map(|already| already.saturating_add(more))))
}

/// The variants of the selection that stand in their places.
fn current(course: &Course<'_, '_>, selection: Selection) -> Result<Vec<Variant>, Fault> {
    let mut variants = store::variants(course.turn.sql)?;
    variants.retain(|variant| variant.is_current() && selection.takes(variant.provider, variant.index));
    Ok(variants)
}

/// A new variant in the place of `old`.
fn replace(course: &mut Course<'_, '_>, old: &mut Variant, ordinal: u32) -> Result<Variant, Fault> {
    if old.is_cancelled() {
        course.head.cancelled -= 1;
    } else {
        course.head.failed -= 1;
    }
    course.head.superseded += 1;
    course.append(old, &Event::Superseded { by: ordinal })?;
    let now = course.turn.now;
    let slot = Slot {
        ordinal,
        provider: old.provider,
        index: old.index,
        retry_of: Some(old.ordinal),
        composes: old.composes,
    };
    let mut new = Variant::new(slot, now, now.saturating_add_unsigned(course.head.spec.deadline_ms));
    // A picture that was kept stays that of the model that made it; without one, the first model is asked again.
    let image = old.kept_image().cloned();
    if image.is_some() {
        new.hops.clone_from(&old.hops);
    }
    store::insert(course.turn.sql, &new, true)?;
    event::of_variant(course.turn, &course.head.spec.session_id, course.me, EventType::Queued, &new)?;
    if let Some(refined) = old.refined.clone().filter(|_| new.serving() == old.serving()) {
        course.advance(&mut new, Done::Refine(refined))?;
        if let Some(image) = image {
            course.advance(&mut new, Done::Generate)?;
            course.advance(&mut new, Done::Store(image))?;
        }
    }
    Ok(new)
}
