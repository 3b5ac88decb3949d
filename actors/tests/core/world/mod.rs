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
use std::sync::OnceLock;

use picasso_actors::actor;
use picasso_actors::address::ActorName;
use picasso_actors::effect::{Effect, Outcome, Work};
use picasso_actors::ids::SessionId;
use picasso_actors::job;
use picasso_actors::job::stage::Stage;
use picasso_actors::outbox::{GUARD_MS, Trouble};
use picasso_actors::protocol::{Envelope, Message, Reply, Sender};
use picasso_actors::sql::Fault;
use picasso_actors::turn::Turn;
use picasso_actors::{entropy::Entropy as _, schema};

use database::Database;
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

/// An actor's object.
struct Actor {
    sql: Database,
    /// Which life of the object this is.
    life: u32,
    alarm: Option<i64>,
    /// Lanes that have a parcel under way.
    posted: BTreeSet<String>,
}

impl Actor {
    /// The name of this life.
    fn holder(&self) -> String {
        format!("life-{}", self.life)
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
    Finish { ordinal: u32, stage: Stage, attempt: u32, outcome: Outcome },
    Arrive { parcel: Parcel, again: bool },
    Heard { lane: String, done: Option<i64>, error: Option<Trouble> },
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
    /// Whether the object that runs its `n`-th turn of the whole world dies of it, and where.
    pub deaths: Box<dyn FnMut(u64) -> Option<Death>>,
    /// Whether happenings that are due together happen in any order instead of that in which they began.
    pub shuffled: bool,
    /// Turns so far.
    pub turns: u64,
    /// The most attempts that one job ever had under way.
    pub most_at_once: usize,
    actors: BTreeMap<ActorName, Actor>,
    pending: Vec<Pending>,
    order: u64,
}

impl World {
    /// An empty world.
    pub fn new(seed: u64) -> Self {
        let d1 = Database::default();
        for migration in migrations() {
            d1.script(migration);
        }
        Self {
            now: DAWN,
            seed: Seed(seed),
            d1,
            outside: Outside::default(),
            sockets: BTreeMap::new(),
            network: Box::new(|_, _, _| Fate::Arrives),
            deaths: Box::new(|_| None),
            shuffled: false,
            turns: 0,
            most_at_once: 0,
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
        self.actors.insert(me.clone(), Actor { sql, life: 1_000, alarm: None, posted: BTreeSet::new() });
        self.arm(me);
        Ok(())
    }

    /// An actor's database, for looking into it.
    pub fn sql(&mut self, me: &ActorName) -> &Database {
        &self.object(me).sql
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
        self.plan(0, me, Happening::Wake);
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
        let death = (self.deaths)(self.turns);
        let actor = &self.actors[me];
        let (now, seed) = (self.now, &mut self.seed);
        let result = actor.sql.transaction(|| {
            let mut turn = Turn::new(&actor.sql, me, now, seed);
            let value = act(&mut turn)?;
            match death {
                Some(Death::BeforeCommit) => Err(died()),
                Some(Death::AfterCommit) | None => Ok((value, turn.effects)),
            }
        });
        self.arm(me);
        if death.is_some() {
            self.crash(me);
            return Err(died());
        }
        let (value, effects) = result?;
        for effect in effects {
            self.perform(me, effect);
        }
        self.plan(0, me, Happening::Flush);
        Ok(value)
    }

    /// The object dies: what its shell had under way is forgotten, and its next life has another name.
    pub fn crash(&mut self, me: &ActorName) {
        let actor = self.object(me);
        actor.life += 1;
        actor.posted.clear();
        // Parcels are on the wire already.
        self.pending.retain(|it| it.actor != *me || matches!(it.what, Happening::Arrive { .. }));
    }

    /// Carries out what is due next, letting the clock go on when it must, up to `until`. `false` when there is nothing.
    pub fn step(&mut self, until: i64) -> bool {
        let alarm = self.actors.values().filter_map(|actor| actor.alarm).min().map(|at| at.max(self.now));
        let pending = self.pending.iter().map(|it| it.at).min();
        let Some(next) = pending.into_iter().chain(alarm).min().filter(|at| *at <= until) else {
            return false;
        };
        self.now = self.now.max(next);
        if pending.is_some_and(|at| at <= self.now) {
            let happening = self.draw();
            self.happen(happening);
        } else {
            let due = self.actors.iter().find(|(_, it)| it.alarm.is_some_and(|at| at <= next));
            let me = due.map(|(name, _)| name.clone()).unwrap();
            self.object(&me).alarm = None;
            self.wake(&me);
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
            let sql = Database::default();
            sql.transaction(|| schema::open(&sql, me.kind())).unwrap();
            Actor { sql, life: 1, alarm: None, posted: BTreeSet::new() }
        })
    }

    fn arm(&mut self, me: &ActorName) {
        let actor = self.object(me);
        actor.alarm = actor::next_wake(&actor.sql, me.kind()).unwrap();
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
            Happening::Finish { ordinal, stage, attempt, outcome } => {
                let done = self.turn(&me, |turn| actor::finish(turn, ordinal, stage, attempt, outcome));
                if done.is_ok() {
                    self.plan(0, &me, Happening::Wake);
                }
            }
            Happening::Arrive { parcel, again } => self.arrive(&me, life, parcel, again),
            Happening::Heard { lane, done, error } => self.heard(&me, &lane, done, error.as_ref()),
        }
    }

    fn wake(&mut self, me: &ActorName) {
        let holder = self.object(me).holder();
        if self.turn(me, |turn| actor::wake(turn, &holder)).is_err() {
            // As the real alarm does: try again soon.
            let soon = self.now + GUARD_MS;
            let actor = self.object(me);
            actor.alarm = Some(actor.alarm.map_or(soon, |at| at.max(soon)));
        }
    }

    fn perform(&mut self, me: &ActorName, effect: Effect) {
        match (me, effect) {
            (ActorName::Session(session), Effect::Broadcast { frame }) => {
                self.sockets.entry(session.clone()).or_default().push(frame);
            }
            (ActorName::Job(_), Effect::Work(work)) => self.attempt(me, work),
            (me, effect) => panic!("{me} asked for {effect:?}"),
        }
    }

    fn attempt(&mut self, me: &ActorName, work: Work) {
        let variant = job::store::variant(&self.actors[me].sql, work.ordinal).unwrap().unwrap();
        let (ordinal, stage, attempt) = (work.ordinal, work.stage, work.attempt);
        let call = Call { provider: variant.provider, index: variant.index, at: self.now, work };
        if let Some((after, outcome)) = self.outside.carry_out(&call) {
            self.plan(after, me, Happening::Finish { ordinal, stage, attempt, outcome });
        }
        let under_way =
            self.pending.iter().filter(|it| it.actor == *me && matches!(it.what, Happening::Finish { .. }));
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

fn died() -> Fault {
    Fault::Storage("the object died".to_owned())
}
