//! The journal's vocabulary: what can happen to a variant, and the fold that makes its state from it.
//!
//! An event is committed *before* the effect it announces ([`Event::Started`]) and *with* the result it reports. The fold
//! refuses an event that the state doesn't allow, on write and on recovery alike: [`Variant::apply`] is the only way in which a
//! variant changes.

use serde::{Deserialize, Serialize};

use crate::job::judge::Verdict;
use crate::job::message::NearDuplicate;
use crate::job::plan::Slot;
use crate::job::refine::Refined;
use crate::job::stage::Stage;
use crate::job::wishes::Route;
use crate::picture;
use crate::provider::{Delivery, Failure, FailureClass, Provider, StoredImage};
use crate::sql::Fault;

/// What happened to a variant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// An attempt is about to be made by `holder`, who has until `lease_until`.
    Started {
        /// Of which stage.
        stage: Stage,
        /// From 1.
        attempt: u32,
        /// Epoch milliseconds.
        lease_until: i64,
        /// The life of the object that makes it.
        holder: String,
    },
    /// The holder is gone, or its time is over, and nothing was reported. For an attempt that outlived its variant: nothing
    /// that's worth keeping was.
    Lapsed {
        /// Of which stage.
        stage: Stage,
        /// Which attempt.
        attempt: u32,
    },
    /// An attempt failed, and there will be another.
    Retry {
        /// Of which stage.
        stage: Stage,
        /// Which attempt.
        attempt: u32,
        /// Why.
        failure: Failure,
        /// When the next one is due.
        at: i64,
    },
    /// Another model will be asked, from the beginning.
    Rerouted {
        /// Which attempt at [`Stage::Generate`] was the last.
        attempt: u32,
        /// Why.
        failure: Failure,
        /// Who is asked from now on.
        to: Route,
    },
    /// A stage is done.
    Done(Done),
    /// The variant ended without a picture, or was cancelled.
    Failed {
        /// Where.
        stage: Stage,
        /// Why.
        failure: Failure,
        /// Its attempt goes on all the same: the end came from elsewhere.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        under_way: bool,
    },
    /// The picture came after the end: it's kept, since it was paid for, and a retry begins with it.
    Discarded(StoredImage),
    /// A retry has taken the variant's place in the job.
    Superseded {
        /// The retry's ordinal.
        by: u32,
    },
}

/// The end of a stage, with what it yields.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Done {
    /// The prompt as the provider gets it.
    Refine(Refined),
    /// The provider has answered.
    Generate,
    /// The bytes are in R2.
    Store(StoredImage),
    /// What had to stay is laid over the picture.
    Compose(StoredImage),
    /// What the picture looks like.
    Fingerprint(picture::Look),
    /// People can load it.
    Deliver(Delivery),
    /// It's in the project.
    Record(Option<NearDuplicate>),
    /// What the judge says.
    Judge(Verdict),
    /// The verdict is in the project.
    Settle,
}

impl Done {
    /// The stage that ended.
    pub const fn stage(&self) -> Stage {
        match self {
            Self::Refine(_) => Stage::Refine,
            Self::Generate => Stage::Generate,
            Self::Store(_) => Stage::Store,
            Self::Compose(_) => Stage::Compose,
            Self::Fingerprint(_) => Stage::Fingerprint,
            Self::Deliver(_) => Stage::Deliver,
            Self::Record(_) => Stage::Record,
            Self::Judge(_) => Stage::Judge,
            Self::Settle => Stage::Settle,
        }
    }
}

/// Where a variant stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// The stage can be tried from this time on (epoch milliseconds).
    Ready(i64),
    /// An attempt is under way.
    Running {
        /// Epoch milliseconds.
        lease_until: i64,
        /// Whose attempt it is.
        holder: String,
    },
    /// It ended with a picture.
    Complete,
    /// It ended without one.
    Failed(Failure),
}

/// An attempt that its variant's end didn't stop: it still holds a connection, and its picture will have been paid for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Late {
    /// Epoch milliseconds.
    pub lease_until: i64,
    /// Whose attempt it is.
    pub holder: String,
}

/// A model that was asked in vain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hop {
    /// Who is asked since.
    pub to: Route,
    /// Why.
    pub failure: Failure,
}

/// A variant: the fold of its events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Variant {
    /// Its number in the job.
    pub ordinal: u32,
    /// Who makes it.
    pub provider: Provider,
    /// Its number among the provider's variants.
    pub index: u32,
    /// The stage that is under way or was the last.
    pub stage: Stage,
    /// Where it stands.
    pub status: Status,
    /// Attempts begun at this stage.
    pub attempt: u32,
    /// Failures at this stage: what the retry policy counts. An attempt that was cut off isn't one.
    pub failures: u32,
    /// The prompt as the provider gets it, once refined.
    pub refined: Option<Refined>,
    /// Once stored. With a variant that failed or was cancelled: kept, and no part of the project.
    pub image: Option<StoredImage>,
    /// 256 bits, hexadecimal.
    pub phash: Option<String>,
    /// Dominant colours as `#rrggbb`, the most common first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub palette: Vec<String>,
    /// Once delivered.
    pub delivery: Option<Delivery>,
    /// When it nearly equals another.
    pub near_duplicate_of: Option<NearDuplicate>,
    /// Once judged.
    pub verdict: Option<Verdict>,
    /// When the attempt under way began, or the last one, epoch milliseconds; 0 when that's unknown.
    #[serde(default)]
    pub began_at: i64,
    /// By when the picture must be stored, epoch milliseconds; `None` where the job's own start decides (version 1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline_at: Option<i64>,
    /// The ordinal of the variant whose place this one has taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_of: Option<u32>,
    /// The ordinal of the variant that has taken this one's place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub superseded_by: Option<u32>,
    /// An attempt that goes on although the variant has ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub late: Option<Late>,
    /// A part of the start image must stay as it is, so its picture goes through [`Stage::Compose`].
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub composes: bool,
    /// The models that were asked after the first, and why.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hops: Vec<Hop>,
    /// Attempts at [`Stage::Generate`] before the last hop: numbers of attempts aren't used twice.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub asked: u32,
    /// Attempts at this stage for which nobody was asked, because the model was paused.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub pauses: u32,
}

impl Variant {
    /// A variant to which nothing has happened, ready at `now`, whose picture must be stored by `deadline_at`.
    pub const fn new(slot: Slot, now: i64, deadline_at: i64) -> Self {
        Self {
            ordinal: slot.ordinal,
            provider: slot.provider,
            index: slot.index,
            stage: Stage::Refine,
            status: Status::Ready(now),
            attempt: 0,
            failures: 0,
            refined: None,
            image: None,
            phash: None,
            palette: Vec::new(),
            delivery: None,
            near_duplicate_of: None,
            verdict: None,
            began_at: 0,
            deadline_at: Some(deadline_at),
            retry_of: slot.retry_of,
            superseded_by: None,
            late: None,
            composes: slot.composes,
            hops: Vec::new(),
            asked: 0,
            pauses: 0,
        }
    }

    /// Who is asked, if it isn't the first route any more.
    pub fn rerouted(&self) -> Option<&Route> {
        self.hops.last().map(|hop| &hop.to)
    }

    /// Whose model makes it.
    pub fn serving(&self) -> Provider {
        self.rerouted().map_or(self.provider, |route| route.provider)
    }

    /// It has ended, one way or the other.
    pub const fn ended(&self) -> bool {
        matches!(self.status, Status::Complete | Status::Failed(_))
    }

    /// It stands in its place of the job, and hasn't been retried.
    pub const fn is_current(&self) -> bool {
        self.superseded_by.is_none()
    }

    /// It ended without a place in the project.
    pub const fn is_failed(&self) -> bool {
        matches!(self.status, Status::Failed(_))
    }

    /// The picture that a variant without a place in the project has left, when it's good for anything.
    pub fn kept_image(&self) -> Option<&StoredImage> {
        match &self.status {
            Status::Failed(failure) if failure.class != FailureClass::BadImage => self.image.as_ref(),
            Status::Failed(_) | Status::Ready(_) | Status::Running { .. } | Status::Complete => None,
        }
    }

    /// Whoever asked for it has taken it back.
    pub fn is_cancelled(&self) -> bool {
        matches!(&self.status, Status::Failed(failure) if failure.class == FailureClass::Cancelled)
    }

    /// The project has its picture, or has been asked to take it.
    pub fn is_recorded(&self) -> bool {
        self.stage >= Stage::Record && !self.is_failed()
    }

    /// The shell is making an attempt. (What another actor was asked for holds nothing of ours.)
    pub fn is_under_way(&self) -> bool {
        matches!(self.status, Status::Running { .. }) && !matches!(self.stage, Stage::Record | Stage::Settle)
    }

    /// Attempt `attempt` at `stage` is the one under way.
    pub fn is_running(&self, stage: Stage, attempt: u32) -> bool {
        matches!(self.status, Status::Running { .. }) && self.stage == stage && self.attempt == attempt
    }

    /// Attempt `attempt` at `stage` is still under way, though the variant has ended.
    pub fn is_late(&self, stage: Stage, attempt: u32) -> bool {
        self.late.is_some() && self.stage == stage && self.attempt == attempt
    }

    /// Folds one event in, at time `at`.
    ///
    /// # Errors
    /// [`Fault::Illegal`] when the state doesn't allow the event; the variant is unchanged then.
    pub fn apply(&mut self, event: &Event, at: i64) -> Result<(), Fault> {
        if !self.allows(event) {
            return Err(Fault::Illegal(format!(
                "{event:?} in {:?} {:?}, attempt {}",
                self.stage, self.status, self.attempt
            )));
        }
        match event {
            Event::Started { attempt, lease_until, holder, .. } => {
                self.attempt = *attempt;
                self.began_at = at;
                self.status = Status::Running { lease_until: *lease_until, holder: holder.clone() };
            }
            Event::Lapsed { .. } if self.ended() => self.late = None,
            Event::Lapsed { .. } => self.status = Status::Ready(at),
            Event::Retry { at: due, failure, .. } => {
                let paused = u32::from(failure.class == FailureClass::Circuit);
                self.pauses += paused;
                self.failures += 1 - paused;
                self.status = Status::Ready(*due);
            }
            Event::Rerouted { attempt, failure, to } => {
                self.hops.push(Hop { to: to.clone(), failure: failure.clone() });
                self.asked = *attempt;
                self.refined = None;
                self.enter(Stage::Refine, at);
            }
            Event::Done(done) => self.advance(done, at),
            Event::Failed { failure, under_way, .. } => self.end(failure, *under_way),
            Event::Discarded(image) => {
                self.image = Some(image.clone());
                self.late = None;
            }
            Event::Superseded { by } => self.superseded_by = Some(*by),
        }
        Ok(())
    }

    /// Which events fit.
    fn allows(&self, event: &Event) -> bool {
        match event {
            Event::Started { stage, attempt, .. } => {
                *stage == self.stage
                    && *attempt == self.attempt + 1
                    && matches!(self.status, Status::Ready(_))
            }
            Event::Lapsed { stage, attempt } => {
                self.is_running(*stage, *attempt) || self.is_late(*stage, *attempt)
            }
            Event::Retry { stage, attempt, .. } => self.is_running(*stage, *attempt),
            Event::Rerouted { attempt, .. } => self.is_running(Stage::Generate, *attempt),
            Event::Done(done) => done.stage() == self.stage && !self.ended(),
            Event::Failed { stage, under_way, .. } => {
                *stage == self.stage && !self.ended() && (!under_way || self.is_under_way())
            }
            Event::Discarded(_) => self.late.is_some() && self.image.is_none(),
            Event::Superseded { .. } => matches!(self.status, Status::Failed(_)) && self.is_current(),
        }
    }

    fn end(&mut self, failure: &Failure, under_way: bool) {
        if let Status::Running { lease_until, holder } = &self.status
            && under_way
        {
            self.late = Some(Late { lease_until: *lease_until, holder: holder.clone() });
        }
        self.status = Status::Failed(failure.clone());
    }

    fn advance(&mut self, done: &Done, at: i64) {
        match done {
            Done::Refine(refined) => self.refined = Some(refined.clone()),
            Done::Store(image) | Done::Compose(image) => self.image = Some(image.clone()),
            Done::Fingerprint(look) => {
                self.phash = Some(look.hash.clone());
                self.palette.clone_from(&look.palette);
            }
            Done::Deliver(delivery) => self.delivery = Some(delivery.clone()),
            Done::Record(duplicate) => self.near_duplicate_of.clone_from(duplicate),
            Done::Judge(verdict) => self.verdict = Some(verdict.clone()),
            Done::Generate | Done::Settle => {}
        }
        match done.stage().next() {
            Some(_) if self.composes && done.stage() == Stage::Store => self.enter(Stage::Compose, at),
            Some(stage) => self.enter(stage, at),
            None => self.status = Status::Complete,
        }
    }

    fn enter(&mut self, stage: Stage, at: i64) {
        self.stage = stage;
        self.status = Status::Ready(at);
        self.attempt = if stage == Stage::Generate { self.asked } else { 0 };
        (self.failures, self.pauses) = (0, 0);
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks by reference")]
const fn is_zero(number: &u32) -> bool {
    *number == 0
}

#[cfg(test)]
mod tests;
