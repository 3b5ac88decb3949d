//! The course of a job's variants: what the end of an attempt means, and what follows from it.

use crate::address::ActorName;
use crate::effect::{Outcome, Output};
use crate::ids::JobId;
use crate::job::event::{self, Summary};
use crate::job::journal::{Done, Event, Status, Variant};
use crate::job::refine::{Ask, Refined};
use crate::job::stage::Stage;
use crate::job::store::{self, Head, State};
use crate::job::wishes::Route;
use crate::job::{DEADLINE, MOST_ATTEMPTS, calls, judge, money, retry, routing, view};
use crate::project;
use crate::protocol::Message;
use crate::provider::{Failure, FailureClass};
use crate::session::EventType;
use crate::snapshot::{Row, Table};
use crate::sql::Fault;
use crate::timers;
use crate::turn::Turn;

/// Attempts at reading the tips for a prompt, in all.
const REFINE_ATTEMPTS: u32 = 2;

/// A job in the middle of a turn.
pub struct Course<'a, 't> {
    /// The turn.
    pub turn: &'a mut Turn<'t>,
    /// Which job.
    pub me: &'a JobId,
    /// Its own row; [`Self::save`] writes it.
    pub head: Head,
}

impl<'a, 't> Course<'a, 't> {
    /// The job, if it has begun.
    ///
    /// # Errors
    /// [`Fault`] from the storage.
    pub fn load(turn: &'a mut Turn<'t>, me: &'a JobId) -> Result<Option<Self>, Fault> {
        Ok(store::head(turn.sql)?.map(|head| Self { turn, me, head }))
    }

    /// Gives up attempts that nobody will report.
    pub fn void_lapsed(&mut self, holder: &str) -> Result<(), Fault> {
        for mut variant in store::lapsed(self.turn.sql, holder, self.turn.now)? {
            calls::note_unknown(self, &variant, "lapsed")?;
            let lapsed = Event::Lapsed { stage: variant.stage, attempt: variant.attempt };
            self.append(&mut variant, &lapsed)?;
            if !variant.ended()
                && (variant.attempt - variant.pauses >= MOST_ATTEMPTS || self.goes_without(&variant))
            {
                let why = Failure::new(FailureClass::Timeout, format!("cut off {} times", variant.attempt));
                self.give_up(&mut variant, why)?;
            }
        }
        Ok(())
    }

    /// Ends what has no picture at its deadline. Its provider goes on, and what it yields is kept.
    pub fn end_overdue(&mut self) -> Result<(), Fault> {
        for ordinal in store::overdue(self.turn.sql, self.turn.now)? {
            // Read one by one: the end of one can move the others of its provider on.
            let Some(mut variant) = store::variant(self.turn.sql, ordinal)? else { continue };
            let late = format!("no picture within {} ms", self.head.spec.deadline_ms);
            self.stop(&mut variant, Failure::new(FailureClass::Timeout, late))?;
        }
        Ok(())
    }

    /// An attempt yielded something.
    pub fn yielded(&mut self, variant: &mut Variant, output: Output) -> Result<(), Fault> {
        match (variant.stage, output) {
            (Stage::Refine, Output::Tips(material)) => {
                let ask = Ask::of(&self.head.spec, variant.serving());
                self.refined(variant, &ask.refined(&material))
            }
            (Stage::Generate, Output::Stored(image) | Output::Found(image)) => {
                self.advance(variant, Done::Generate)?;
                self.advance(variant, Done::Store(image))
            }
            (Stage::Compose, Output::Stored(image)) => self.advance(variant, Done::Compose(image)),
            (Stage::Fingerprint, Output::Fingerprint(look)) => self.advance(variant, Done::Fingerprint(look)),
            (Stage::Deliver, Output::Delivered(delivery)) => self.advance(variant, Done::Deliver(delivery)),
            (Stage::Judge, Output::Answer(said)) => match self.verdict(&said.text) {
                Some(verdict) => self.advance(variant, Done::Judge(verdict)),
                // Asked again once: the class allows two attempts.
                None => self.failed(
                    variant,
                    Failure::new(FailureClass::BadAnswer, "its answer wasn't the JSON asked for"),
                ),
            },
            (stage, output) => Err(Fault::Illegal(format!("{} yielded {output:?}", stage.as_str()))),
        }
    }

    /// An attempt failed: try again as its class deserves, or give up.
    pub fn failed(&mut self, variant: &mut Variant, failure: Failure) -> Result<(), Fault> {
        if failure.class == FailureClass::Circuit {
            return self.paused(variant, failure);
        }
        let failures = variant.failures + 1;
        // Tips are worth one more try and no more: nobody waits for the read model.
        if variant.stage == Stage::Refine && failures >= REFINE_ATTEMPTS || self.goes_without(variant) {
            return self.give_up(variant, failure);
        }
        let Some(wait) = retry::wait(&failure, failures, self.turn.entropy) else {
            return match self.next_route(variant, failure.class) {
                Some(to) => self.reroute(variant, failure, to),
                None => self.give_up(variant, failure),
            };
        };
        self.retry_after(variant, failure, wait)
    }

    /// Nobody was asked, because the model is paused: another one is at once, where that's allowed, and else the same when it
    /// may be, if the variant still has time then.
    fn paused(&mut self, variant: &mut Variant, failure: Failure) -> Result<(), Fault> {
        if let Some(to) = self.next_route(variant, failure.class) {
            return self.reroute(variant, failure, to);
        }
        let wait = retry::pause(&failure, self.turn.entropy);
        let at = self.turn.now.saturating_add_unsigned(wait);
        if variant.deadline_at.is_some_and(|deadline| deadline <= at) {
            return self.give_up(variant, failure);
        }
        self.retry_after(variant, failure, wait)
    }

    fn retry_after(&self, variant: &mut Variant, failure: Failure, wait_ms: u64) -> Result<(), Fault> {
        event::of_retry(self.turn, &self.head.spec.session_id, self.me, variant, &failure, wait_ms)?;
        let at = self.turn.now.saturating_add_unsigned(wait_ms);
        let retry = Event::Retry { stage: variant.stage, attempt: variant.attempt, failure, at };
        self.append(variant, &retry)
    }

    /// Who is asked next, when the one who was asked can't.
    fn next_route(&self, variant: &Variant, class: FailureClass) -> Option<Route> {
        if variant.stage != Stage::Generate {
            return None;
        }
        let now = routing::current(&self.head.spec, variant);
        let successor = || routing::successor(&self.head.spec, &now);
        if class == FailureClass::ModelGone
            && let Some(successor) = successor()
        {
            return Some(successor);
        }
        let routes = self.head.spec.routes(variant.provider);
        let at = routes.iter().position(|route| route.provider == now.provider)?;
        routes.get(at + 1).filter(|_| retry::falls_back(class)).cloned()
    }

    /// Asks another model, with a prompt that's refined for it.
    fn reroute(&self, variant: &mut Variant, failure: Failure, to: Route) -> Result<(), Fault> {
        event::of_hop(self.turn, &self.head.spec.session_id, self.me, variant, &failure, &to)?;
        self.append(variant, &Event::Rerouted { attempt: variant.attempt, failure, to })
    }

    /// Whether the next attempt at a variant's stage costs no more than the job may still spend.
    pub fn can_pay(&self, variant: &Variant) -> Result<bool, Fault> {
        let Some(limit) = money::limit(&self.head.spec) else { return Ok(true) };
        Ok(match money::bound(&self.head.spec, variant) {
            Some(0) => true,
            Some(bound) => calls::committed(self.turn.sql, &self.head.spec)?.saturating_add(bound) <= limit,
            None => false,
        })
    }

    /// What can't be paid for: a prompt is as good as it is, a picture that an earlier attempt may have left is looked for,
    /// and a verdict is done without. Whether there's still something to do.
    pub fn goes_on_unpaid(&mut self, variant: &mut Variant) -> Result<bool, Fault> {
        let why = || {
            let limit = money::limit(&self.head.spec).unwrap_or_default();
            format!("another call could take the job over the {} that it may cost", money::dollars(limit))
        };
        match variant.stage {
            Stage::Judge => self.undecided(variant, &why())?,
            Stage::Generate if variant.attempt == 0 => {
                self.stop(variant, Failure::new(FailureClass::Budget, why()))?;
            }
            Stage::Refine
            | Stage::Generate
            | Stage::Store
            | Stage::Compose
            | Stage::Fingerprint
            | Stage::Deliver
            | Stage::Record
            | Stage::Settle => return Ok(true),
        }
        Ok(false)
    }

    /// The job's deadline is over, and nothing but a verdict is missing.
    fn goes_without(&self, variant: &Variant) -> bool {
        let over = self.head.deadline_at > 0 && self.turn.now >= self.head.deadline_at;
        over && variant.stage == Stage::Judge
    }

    /// An attempt ended after its variant did. What it paid for is kept.
    pub fn came_late(&mut self, variant: &mut Variant, outcome: Outcome) -> Result<(), Fault> {
        let event = match outcome {
            Ok(Output::Stored(image) | Output::Found(image)) => Event::Discarded(image),
            Ok(_) | Err(_) => Event::Lapsed { stage: variant.stage, attempt: variant.attempt },
        };
        self.append(variant, &event)
    }

    /// There's no sense in another attempt: do without what the stage yields, or end.
    fn give_up(&mut self, variant: &mut Variant, failure: Failure) -> Result<(), Fault> {
        match variant.stage {
            // A prompt without tips, and a picture without a verdict, are worth having.
            Stage::Refine => {
                self.refined(variant, &Refined::without(&self.head.spec.prompt, &failure.message))
            }
            Stage::Judge => self.undecided(variant, &failure.message),
            Stage::Generate
            | Stage::Store
            | Stage::Compose
            | Stage::Fingerprint
            | Stage::Deliver
            | Stage::Record
            | Stage::Settle => self.end(variant, failure, false),
        }
    }

    /// Goes on without a verdict.
    pub fn undecided(&mut self, variant: &mut Variant, why: &str) -> Result<(), Fault> {
        self.advance(variant, Done::Judge(judge::Verdict::undecided(why)))
    }

    fn verdict(&self, said: &str) -> Option<judge::Verdict> {
        judge::parse(said, &self.head.spec.prompt, self.head.spec.wishes.strictness)
    }

    /// One variant's refined prompt is that of all of its provider.
    fn refined(&mut self, variant: &mut Variant, refined: &Refined) -> Result<(), Fault> {
        self.advance(variant, Done::Refine(refined.clone()))?;
        for mut other in self.unrefined(variant)? {
            self.advance(&mut other, Done::Refine(refined.clone()))?;
        }
        Ok(())
    }

    /// The others of its provider that wait for a refined prompt. One that has an attempt of its own under way waits for
    /// that: moved on, it would leave the attempt's connection uncounted.
    fn unrefined(&self, variant: &Variant) -> Result<Vec<Variant>, Fault> {
        let mut others = store::variants(self.turn.sql)?;
        others.retain(|other| {
            other.serving() == variant.serving()
                && other.ordinal != variant.ordinal
                && other.stage == Stage::Refine
                && !other.ended()
                && !other.is_under_way()
        });
        Ok(others)
    }

    /// One stage further, with the event that the session sees.
    pub fn advance(&mut self, variant: &mut Variant, done: Done) -> Result<(), Fault> {
        let stage = done.stage();
        self.append(variant, &Event::Done(done))?;
        let event_type = match stage {
            // The store follows in the same breath.
            Stage::Generate => return Ok(()),
            Stage::Refine => EventType::Running,
            Stage::Judge => EventType::Judge,
            Stage::Settle => EventType::Complete,
            Stage::Store | Stage::Compose | Stage::Fingerprint | Stage::Deliver | Stage::Record => {
                EventType::Progress
            }
        };
        event::of_variant(self.turn, &self.head.spec.session_id, self.me, event_type, variant)?;
        if variant.status == Status::Complete {
            self.head.completed += 1;
            let judgment = variant.verdict.as_ref().and_then(|it| it.judgment);
            self.head.passed += u32::from(judgment == Some(judge::Judgment::Pass));
            self.head.near_duplicates += u32::from(variant.near_duplicate_of.is_some());
            self.ended()?;
        }
        Ok(())
    }

    /// A variant ends for a reason that its attempt, if there is one, knows nothing of.
    pub fn stop(&mut self, variant: &mut Variant, failure: Failure) -> Result<(), Fault> {
        let under_way = variant.is_under_way();
        self.end(variant, failure, under_way)
    }

    /// A variant ends without a place in the project.
    fn end(&mut self, variant: &mut Variant, failure: Failure, under_way: bool) -> Result<(), Fault> {
        event::of_failure(self.turn, &self.head.spec.session_id, self.me, variant, &failure)?;
        if under_way {
            calls::note_unknown(self, variant, "late")?;
        }
        self.append(variant, &Event::Failed { stage: variant.stage, failure, under_way })?;
        if variant.is_cancelled() {
            self.head.cancelled += 1;
        } else {
            self.head.failed += 1;
        }
        // Others may be waiting for this one's refined prompt: another leads from now on.
        if variant.stage == Stage::Refine
            && let Some(next) = self.unrefined(variant)?.first()
        {
            store::lead(self.turn.sql, next.ordinal, self.turn.now)?;
        }
        self.ended()
    }

    /// Writes what happened to a variant.
    pub fn append(&self, variant: &mut Variant, event: &Event) -> Result<(), Fault> {
        store::append(self.turn.sql, variant, event, self.turn.now)
    }

    /// Writes the job's own row, here and into the read model.
    pub fn save(&mut self) -> Result<(), Fault> {
        self.head.updated_at = self.turn.now;
        self.head.revision += 1;
        store::save_head(self.turn.sql, &self.head)?;
        self.turn.snapshot(Row::new(Table::Jobs, &view::columns(self.me, &self.head))?)
    }

    /// A variant ended; with the last one, so does the job.
    fn ended(&mut self) -> Result<(), Fault> {
        if self.head.all_ended() {
            self.head.state = State::Complete;
            let summary = Summary {
                variants: self.head.variants,
                completed: self.head.completed,
                failed: self.head.failed,
                cancelled: self.head.cancelled,
                passed: self.head.passed,
                near_duplicates: self.head.near_duplicates,
                ms: self.turn.now - self.head.created_at,
            };
            event::of_job(self.turn, &self.head.spec.session_id, self.me, summary)?;
            timers::clear(self.turn.sql, DEADLINE)?;
            let closed = project::Message::Closed { job_id: self.me.clone() };
            let project = ActorName::Project(self.head.spec.project_id.clone());
            self.turn.tell(project, Message::Project(closed))?;
        }
        self.save()
    }
}
