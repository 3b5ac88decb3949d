//! A world for the core: actors over `SQLite`, one virtual clock, a network between them, sockets, D1 and a shell that does
//! what the real one does. Deterministic: the same seed and script give the same history.
//!
//! The shell runs each turn in a transaction and acts after the commit. What it has under way (attempts, parcels, its own
//! next steps) is a list of pending happenings; [`World::step`] carries out the next one, and when none is left the clock jumps
//! to the next alarm. A crash of an actor's object forgets what its shell had under way and keeps what was committed.

pub mod database;
pub mod network;
pub mod outside;
pub mod seed;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::rc::Rc;
use std::sync::OnceLock;

use picasso_actors::actor;
use picasso_actors::address::{ActorName, Kind};
use picasso_actors::breaker::{self, Answer, Permit, Verdict};
use picasso_actors::effect::{Effect, Outcome, Task, Work};
use picasso_actors::ids::{BreakerId, JobId, SessionId};
use picasso_actors::job;
use picasso_actors::job::stage::Stage;
use picasso_actors::outbox::{GUARD_MS, Trouble};
use picasso_actors::protocol::{Envelope, Message, Reply, Sender};
use picasso_actors::provider::{Failure, Provider};
use picasso_actors::sql::Fault;
use picasso_actors::turn::Turn;
use picasso_actors::{entropy::Entropy as _, schema};

use database::{Database, Defect};
use network::{Fate, Network, Parcel};
use outside::{Call, Outside, Play};
use seed::Seed;

/// When the world begins: 2026-11-22, 12:00 UTC.
pub const DAWN: i64 = 1_795_348_800_000;

/// Whatever is under way ends sooner, parking included; what is kept for days stays.
const REST_MS: i64 = 2 * 24 * 60 * 60 * 1000;

/// Where an object can die in a turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Death {
    /// Before the commit: as if the turn had never begun.
    BeforeCommit,
    /// After it: what the turn wrote stays, and nobody acts on it or hears of it.
    AfterCommit,
}

/// Who dies of a turn, which has a number, and where.
pub type Deaths = Box<dyn FnMut(&ActorName, u64) -> Option<Death>>;

/// A defect of the shell, to be planted: a simulation must notice it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slip {
    /// Work that the core hands out isn't done.
    ForgetsWork,
    /// Frames don't get to the sockets.
    ForgetsFrames,
    /// Nobody sets the alarm.
    ForgetsAlarm,
    /// A result is reported twice, the second time as that of whatever is under way by then.
    ReportsTwice,
    /// All of a parcel is acknowledged, whatever the receiver could take in.
    AcknowledgesAll,
    /// A crash isn't noticed: the next life has the last one's name.
    KeepsItsName,
}

/// An actor's object.
struct Actor {
    sql: Database,
    /// Which life of the object this is.
    life: u32,
    /// What this life takes itself for.
    name: u32,
    alarm: Option<i64>,
    /// Whether what it stores has changed since the alarm was set.
    stale: bool,
    /// After a fault, it isn't woken before this.
    snooze: Option<i64>,
    /// Lanes that have a parcel under way.
    posted: BTreeSet<String>,
}

impl Actor {
    /// The name of this life.
    fn holder(&self) -> String {
        format!("life-{}", self.name)
    }
}

/// Something that the shell or the network has under way.
struct Pending {
    at: i64,
    order: u64,
    /// Whose object it happens in; for a parcel's arrival, the sender's.
    actor: ActorName,
    life: u32,
    what: Happening,
}

enum Happening {
    Wake,
    Flush,
    /// An attempt's time is `over` at some point, whether or not its end was reported by then.
    Finish {
        ordinal: u32,
        stage: Stage,
        attempt: u32,
        outcome: Outcome,
        over: i64,
    },
    /// A breaker gets to know how a call went.
    Outcome {
        provider: Provider,
        told: breaker::Message,
    },
    Echo {
        ordinal: u32,
        outcome: Outcome,
    },
    Arrive {
        parcel: Parcel,
        again: bool,
        unheard: bool,
    },
    Heard {
        lane: String,
        done: Option<i64>,
        error: Option<Trouble>,
    },
}

/// The world.
pub struct World {
    /// Epoch milliseconds.
    pub now: i64,
    /// All randomness.
    pub seed: Seed,
    /// The read model.
    pub d1: Database,
    /// Providers and stores.
    pub outside: Outside,
    /// Frames that each session's sockets have been sent.
    pub sockets: BTreeMap<SessionId, Vec<String>>,
    /// What happens to a parcel on a lane of an actor; everything arrives unless a test says otherwise.
    pub network: Network,
    /// Whether the object that runs the `n`-th turn of the whole world dies of it, and where.
    pub deaths: Deaths,
    /// Whether happenings that are due together happen in any order instead of that in which they began.
    pub shuffled: bool,
    /// Turns so far.
    pub turns: u64,
    /// The most attempts that one job ever had under way.
    pub most_at_once: usize,
    /// Faults of turns that weren't a death's doing. A world without a fuse has none.
    pub faults: Vec<(ActorName, Fault)>,
    /// What is wrong with the shell.
    pub slip: Option<Slip>,
    /// Whether breakers are asked before providers are. A test that isn't about them has no use for pauses.
    pub has_breakers: bool,
    defect: Option<Rc<Defect>>,
    actors: BTreeMap<ActorName, Actor>,
    pending: Vec<Pending>,
    order: u64,
}

impl World {
    /// An empty world.
    pub fn new(seed: u64) -> Self {
        Self {
            now: DAWN,
            seed: Seed(seed),
            d1: Database::d1(),
            outside: Outside::default(),
            sockets: BTreeMap::new(),
            network: Box::new(|_, _, _| Fate::Arrives),
            deaths: Box::new(|_, _| None),
            shuffled: false,
            turns: 0,
            most_at_once: 0,
            faults: Vec::new(),
            slip: None,
            has_breakers: false,
            defect: None,
            actors: BTreeMap::new(),
            pending: Vec::new(),
            order: 0,
        }
    }

    /// Says how attempts go; see [`outside::Script`].
    pub fn script(&mut self, script: impl FnMut(&Call) -> Option<Play> + 'static) {
        self.outside.script = Some(Box::new(script));
    }

    /// Wakes an actor whose state is this script's, as an object is that the platform took away and brings back.
    ///
    /// # Errors
    /// What the opening of the state gives; the actor isn't there then.
    pub fn restore(&mut self, me: &ActorName, state: &str) -> Result<(), Fault> {
        let sql = Database::default();
        sql.script(state);
        sql.transaction(|| schema::open(&sql, me.kind()))?;
        // Whoever wrote the state was another life.
        self.actors.insert(
            me.clone(),
            Actor {
                sql,
                life: 1_000,
                name: 1_000,
                alarm: None,
                snooze: None,
                stale: true,
                posted: BTreeSet::new(),
            },
        );
        Ok(())
    }

    /// Plants a defect in the core, as far as its statements show it.
    pub fn plant(&mut self, defect: &Rc<Defect>) {
        assert!(self.actors.is_empty(), "before anything lives here");
        self.d1.plant(Some(Rc::clone(defect)));
        self.defect = Some(Rc::clone(defect));
    }

    /// Which life of the object this is, from 1.
    pub fn life(&mut self, me: &ActorName) -> u32 {
        self.object(me).life
    }

    /// What the life of the object is called.
    pub fn holder(&mut self, me: &ActorName) -> String {
        self.object(me).holder()
    }

    /// When the object is woken next.
    pub fn alarm(&mut self, me: &ActorName) -> Option<i64> {
        self.arm();
        self.object(me).alarm
    }

    /// An actor's database, for looking into it, or for changing it behind its back.
    pub fn sql(&mut self, me: &ActorName) -> &Database {
        let actor = self.object(me);
        actor.stale = true;
        &actor.sql
    }

    /// Every actor there is.
    pub fn names(&self) -> Vec<ActorName> {
        self.actors.keys().cloned().collect()
    }

    /// The HTTP edge asks, under an id of its own.
    pub fn ask(&mut self, to: &ActorName, message: Message) -> Reply {
        let id = self.seed.id(20);
        self.ask_as(&id, to, message).unwrap()
    }

    /// The HTTP edge asks under `id`.
    ///
    /// # Errors
    /// The fault of the turn, which has left nothing behind.
    pub fn ask_as(&mut self, id: &str, to: &ActorName, message: Message) -> Result<Reply, Fault> {
        let envelope =
            Envelope { from: Sender::Edge { id: id.to_owned(), fingerprint: None }, to: to.clone(), message };
        let text = serde_json::to_string(&envelope).unwrap();
        let reply = self.receive(to, &text)?;
        Ok(serde_json::from_str(&reply).unwrap())
    }

    /// The object named `me` takes in an envelope as it came over the wire.
    ///
    /// # Errors
    /// As [`Self::ask_as`].
    pub fn receive(&mut self, me: &ActorName, envelope: &str) -> Result<String, Fault> {
        let envelope: Envelope = serde_json::from_str(envelope).unwrap();
        let reply = self.turn(me, |turn| actor::deliver(turn, envelope))?;
        if me.kind() == Kind::Job {
            self.plan(0, me, Happening::Wake);
        }
        Ok(reply)
    }

    /// One turn: a transaction, and what follows from it.
    ///
    /// # Errors
    /// As [`Self::ask_as`]. A death is a fault to whoever waits for the turn.
    pub fn turn<T>(
        &mut self,
        me: &ActorName,
        act: impl FnOnce(&mut Turn<'_>) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        self.object(me);
        self.turns += 1;
        let death = (self.deaths)(me, self.turns);
        let actor = &self.actors[me];
        let (now, seed) = (self.now, &mut self.seed);
        let before = actor.sql.changes();
        let result = actor.sql.transaction(|| {
            let mut turn = Turn::new(&actor.sql, me, now, seed);
            let value = act(&mut turn)?;
            match death {
                Some(Death::BeforeCommit) => Err(died()),
                Some(Death::AfterCommit) | None => Ok((value, turn.effects)),
            }
        });
        let changed = self.actors[me].sql.changes() != before;
        self.object(me).stale |= changed;
        if death.is_some() {
            self.crash(me);
            return Err(died());
        }
        let (value, effects) = match result {
            Ok(done) => done,
            Err(fault) => {
                self.faults.push((me.clone(), fault.clone()));
                return Err(fault);
            }
        };
        for effect in effects {
            self.perform(me, effect);
        }
        if changed {
            self.plan(0, me, Happening::Flush);
        }
        Ok(value)
    }

    /// The object dies: what its shell had under way is forgotten, and its next life has another name.
    pub fn crash(&mut self, me: &ActorName) {
        let renamed = u32::from(self.slip != Some(Slip::KeepsItsName));
        let actor = self.object(me);
        actor.life += 1;
        actor.name += renamed;
        actor.posted.clear();
        // Parcels are on the wire already.
        self.pending.retain(|it| it.actor != *me || matches!(it.what, Happening::Arrive { .. }));
    }

    /// Carries out what is due next, letting the clock go on when it must, up to `until`. `false` when there is nothing.
    pub fn step(&mut self, until: i64) -> bool {
        let pending = self.pending.iter().map(|it| it.at).min();
        if pending.is_some_and(|at| at <= self.now && at <= until) {
            let happening = self.draw();
            self.happen(happening);
            return true;
        }
        self.arm();
        let ringing = self.actors.iter().filter_map(|(me, actor)| Some((actor.alarm?.max(self.now), me)));
        match (pending, ringing.min()) {
            (Some(at), alarm) if at <= until && alarm.is_none_or(|(rings, _)| at <= rings) => {
                self.now = at;
                let happening = self.draw();
                self.happen(happening);
            }
            (_, Some((at, me))) if at <= until => {
                let me = me.clone();
                self.now = at;
                let actor = self.object(&me);
                (actor.alarm, actor.stale) = (None, true);
                self.wake(&me);
            }
            _ => return false,
        }
        true
    }

    /// Carries everything out until nothing is left to do for two days.
    pub fn run(&mut self) {
        self.go_on(self.now + REST_MS);
    }

    /// Carries out what is due up to `until` (epoch milliseconds), and lets it be that time.
    pub fn run_until(&mut self, until: i64) {
        self.go_on(until);
        self.now = self.now.max(until);
    }

    fn go_on(&mut self, until: i64) {
        let began = self.now;
        let (mut at, mut steps, mut here) = (self.now, 0, 0);
        while self.step(until) {
            steps += 1;
            here = if self.now == at { here + 1 } else { 0 };
            at = self.now;
            assert!(here < 2_000, "the clock stands still at {} ms", at - DAWN);
            assert!(steps < 10_000, "no rest {} ms on", at - began);
        }
    }

    fn object(&mut self, me: &ActorName) -> &mut Actor {
        self.actors.entry(me.clone()).or_insert_with(|| {
            let mut sql = Database::of(me.kind());
            sql.plant(self.defect.clone());
            Actor { sql, life: 1, name: 1, alarm: None, snooze: None, stale: true, posted: BTreeSet::new() }
        })
    }

    /// Sets every alarm that isn't what it must be: it follows from what is stored, so it's looked up when it matters.
    fn arm(&mut self) {
        if self.slip == Some(Slip::ForgetsAlarm) {
            return;
        }
        for (me, actor) in self.actors.iter_mut().filter(|(_, actor)| actor.stale) {
            actor.stale = false;
            actor.alarm = actor::next_wake(&actor.sql, me.kind()).unwrap().max(actor.snooze.take());
            if !actor.posted.is_empty() && actor.alarm.is_some_and(|at| at <= self.now) {
                // What is overdue is on its way; ringing at once again and again wouldn't speed it up.
                actor.alarm = Some(self.now + GUARD_MS / 10);
            }
        }
    }

    fn plan(&mut self, after: i64, actor: &ActorName, what: Happening) {
        let life = self.actors[actor].life;
        let planned = |it: &Pending| {
            it.actor == *actor
                && matches!(
                    (&it.what, &what),
                    (Happening::Wake, Happening::Wake) | (Happening::Flush, Happening::Flush)
                )
        };
        if !self.pending.iter().any(planned) {
            self.order += 1;
            let at = self.now + after;
            self.pending.push(Pending { at, order: self.order, actor: actor.clone(), life, what });
        }
    }

    /// The next of what is due.
    fn draw(&mut self) -> Pending {
        let now = self.now;
        let due: Vec<usize> = (0..self.pending.len()).filter(|at| self.pending[*at].at <= now).collect();
        let chosen = if self.shuffled {
            due[self.seed.index(due.len())]
        } else {
            due.into_iter().min_by_key(|at| (self.pending[*at].at, self.pending[*at].order)).unwrap()
        };
        self.pending.swap_remove(chosen)
    }

    fn happen(&mut self, pending: Pending) {
        let Pending { actor: me, life, what, .. } = pending;
        match what {
            Happening::Wake => self.wake(&me),
            Happening::Flush => self.flush(&me),
            Happening::Finish { ordinal, stage, attempt, outcome, .. } => {
                self.report(&me, ordinal, stage, attempt, outcome);
            }
            Happening::Outcome { provider, told } => {
                self.ask(&breaker_of(provider), Message::Breaker(told));
            }
            Happening::Echo { ordinal, outcome } => {
                let now = job::store::variant(&self.actors[&me].sql, ordinal).unwrap().unwrap();
                let _ = self.turn(&me, |turn| actor::finish(turn, ordinal, now.stage, now.attempt, outcome));
            }
            Happening::Arrive { parcel, again, unheard } => {
                // A sender that died meanwhile hears nothing, and sends it again.
                let listens = !unheard && self.object(&me).life == life;
                self.arrive(&me, &parcel, again, listens);
            }
            Happening::Heard { lane, done, error } => self.heard(&me, &lane, done, error.as_ref()),
        }
    }

    fn report(&mut self, me: &ActorName, ordinal: u32, stage: Stage, attempt: u32, outcome: Outcome) {
        if self.slip == Some(Slip::ReportsTwice) {
            self.plan(50, me, Happening::Echo { ordinal, outcome: outcome.clone() });
        }
        let done = self.turn(me, |turn| actor::finish(turn, ordinal, stage, attempt, outcome));
        if done.is_ok() {
            self.plan(0, me, Happening::Wake);
        }
    }

    fn wake(&mut self, me: &ActorName) {
        let holder = self.object(me).holder();
        if self.turn(me, |turn| actor::wake(turn, &holder)).is_err() {
            // As the real alarm does: try again soon.
            let soon = self.now + GUARD_MS;
            let actor = self.object(me);
            (actor.snooze, actor.stale) = (Some(soon), true);
        } else {
            // What it was woken for may be the outbox.
            self.plan(0, me, Happening::Flush);
        }
    }

    fn perform(&mut self, me: &ActorName, effect: Effect) {
        match (me, effect) {
            (_, Effect::Broadcast { .. }) if self.slip == Some(Slip::ForgetsFrames) => {}
            (_, Effect::Work(_)) if self.slip == Some(Slip::ForgetsWork) => {}
            (ActorName::Session(session), Effect::Broadcast { frame }) => {
                self.sockets.entry(session.clone()).or_default().push(frame);
            }
            (ActorName::Job(_), Effect::Work(work)) => self.attempt(me, *work),
            (me, effect) => panic!("{me} asked for {effect:?}"),
        }
    }

    /// The leave of the provider's breaker, for work that would ask the provider.
    fn permit(&mut self, work: &Work) -> Result<Option<(Provider, String, Permit)>, Failure> {
        let Task::Generate { request, key, probe, .. } = &work.task else { return Ok(None) };
        if !self.has_breakers || *probe && self.outside.r2.contains_key(key) {
            return Ok(None);
        }
        let (provider, model) = (request.provider, request.model.clone());
        let asked = breaker::Message::Permit { model: model.clone() };
        let Reply::Body(body) = self.ask(&breaker_of(provider), Message::Breaker(asked)) else { panic!() };
        match serde_json::from_str(body.get()).unwrap() {
            Answer::Go(permit) => Ok(Some((provider, model, permit))),
            Answer::Wait { until, trouble } => {
                Err(breaker::paused(provider, &model, trouble, until, self.now))
            }
        }
    }

    fn attempt(&mut self, me: &ActorName, work: Work) {
        let variant = job::store::variant(&self.actors[me].sql, work.ordinal).unwrap().unwrap();
        let (ordinal, stage, attempt) = (work.ordinal, work.stage, work.attempt);
        let call = Call { provider: variant.provider, index: variant.index, at: self.now, work };
        let over = self.now.saturating_add_unsigned(call.work.timeout_ms);
        let permitted = match self.permit(&call.work) {
            Ok(permitted) => permitted,
            Err(paused) => {
                let outcome = Err(paused);
                return self.plan(1, me, Happening::Finish { ordinal, stage, attempt, outcome, over });
            }
        };
        if let Some((after, outcome)) = self.outside.carry_out(&call) {
            if let Some((provider, model, permit)) = permitted {
                let job = JobId::parse(me.id()).unwrap();
                let verdict = Verdict::of(outcome.as_ref().err());
                let told = breaker::Message::Outcome { model, job, permit, verdict };
                self.plan(after, me, Happening::Outcome { provider, told });
            }
            self.plan(after, me, Happening::Finish { ordinal, stage, attempt, outcome, over });
        }
        let now = self.now;
        let under_way = self
            .pending
            .iter()
            .filter(|it| it.actor == *me && matches!(it.what, Happening::Finish { over, .. } if over > now));
        self.most_at_once = self.most_at_once.max(under_way.count());
    }
}

/// D1's tables: the texts of `migrations/`, in the order of their names.
pub fn migrations() -> &'static [String] {
    static TEXTS: OnceLock<Vec<String>> = OnceLock::new();
    TEXTS.get_or_init(|| {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../migrations");
        let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        paths.iter().map(|path| fs::read_to_string(path).unwrap()).collect()
    })
}

fn breaker_of(provider: Provider) -> ActorName {
    ActorName::Breaker(BreakerId::of(provider))
}

fn died() -> Fault {
    Fault::Storage("the object died".to_owned())
}
