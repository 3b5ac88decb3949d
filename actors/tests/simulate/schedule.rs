//! One universe, run to rest: what is asked of it when, and that every promise holds after every step and at the end.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;

use picasso_actors::address::ActorName;
use picasso_actors::ids::JobId;
use picasso_actors::job::Selection;
use picasso_actors::project;
use picasso_actors::protocol::{Envelope, Message, Sender};

use crate::chaos::Chaos;
use crate::universe::Universe;
use crate::verdict;
use crate::watch::Watch;
use crate::world::database::Defect;
use crate::world::{DAWN, Slip, World};

/// What is wrong with the world on purpose.
#[derive(Debug, Clone, Default)]
pub struct Plant {
    /// In the core.
    pub defect: Option<Rc<Defect>>,
    /// In the shell.
    pub slip: Option<Slip>,
}

/// An ask that got its reply.
pub struct Asked {
    /// Who was asked.
    pub to: ActorName,
    /// What, and under which id.
    pub envelope: String,
    /// The reply, to the letter.
    pub reply: String,
    /// Whether the id follows from an idempotency key.
    pub keyed: bool,
    /// When it came, epoch milliseconds.
    pub at: i64,
}

/// A run.
pub struct Schedule<'a> {
    /// What is run.
    pub universe: &'a Universe,
    /// Where.
    pub world: World,
    /// What went wrong.
    pub chaos: Rc<RefCell<Chaos>>,
    /// Who looks.
    pub watch: Watch,
    /// All asks that aren't queries.
    pub asked: Vec<Asked>,
    /// Steps so far.
    pub steps: u64,
    /// What was cancelled of which job.
    pub cancelled: Vec<(JobId, Selection)>,
    /// Jobs of which something was tried again.
    pub retried: BTreeSet<JobId>,
    /// How many of the jobs have begun.
    pub begun: usize,
    here: u32,
}

/// What stands before a reply that is given again under an idempotency key.
const AGAIN: &str = r#"{"again":"#;
/// Replies are promised for this long.
const DAY_MS: i64 = 24 * 60 * 60 * 1000;
/// Steps after which a schedule doesn't come to rest any more; the largest takes a tenth.
const MOST_STEPS: u64 = 30_000;
/// Steps in one millisecond after which the clock stands still.
const MOST_AT_ONCE: u32 = 3_000;

impl<'a> Schedule<'a> {
    /// A world at its dawn.
    pub fn new(universe: &'a Universe, plant: &Plant) -> Self {
        let mut world = World::new(universe.seed);
        world.shuffled = universe.shuffled;
        world.slip = plant.slip;
        if let Some(defect) = &plant.defect {
            world.plant(defect);
        }
        let chaos = Chaos::unleash(universe, &mut world);
        Self {
            universe,
            world,
            chaos,
            watch: Watch::new(universe),
            asked: Vec::new(),
            steps: 0,
            cancelled: Vec::new(),
            retried: BTreeSet::new(),
            begun: 0,
            here: 0,
        }
    }

    /// Runs it, and panics when a promise is broken.
    pub fn run(&mut self) {
        for n in 0..self.universe.projects.len() {
            let create = project::Message::Create { name: format!("p{n}"), description: String::new() };
            self.ask(ActorName::Project(self.universe.projects[n].clone()), Message::Project(create));
        }
        let (mut jobs, mut acts) =
            (self.universe.jobs.iter().peekable(), self.universe.acts.iter().peekable());
        loop {
            match (jobs.peek().map(|it| it.at), acts.peek().map(|it| it.at)) {
                (Some(at), act) if act.is_none_or(|act| at <= act) => {
                    self.until(DAWN + at);
                    self.start(jobs.next().unwrap());
                    self.begun += 1;
                }
                (_, Some(at)) => {
                    self.until(DAWN + at);
                    self.act(acts.next().unwrap().what);
                }
                (_, None) => break,
            }
        }
        let last = self.asked.iter().map(|it| it.at).max().unwrap_or(DAWN);
        self.until(last + DAY_MS / 2);
        self.chaos.borrow_mut().calm = true;
        self.operate();
        self.until(last + DAY_MS - 1);
        for n in 0..self.asked.len() {
            self.repeat(n);
        }
        verdict::check(self);
        self.until(i64::MAX);
        verdict::check_rest(self);
    }

    /// Carries out what is due up to `at` (epoch milliseconds).
    pub fn until(&mut self, at: i64) {
        let mut now = self.world.now;
        while self.world.step(at) {
            self.steps += 1;
            self.here = if self.world.now == now { self.here + 1 } else { 0 };
            now = self.world.now;
            assert!(self.here < MOST_AT_ONCE, "the clock stands still");
            assert!(self.steps < MOST_STEPS, "no rest");
            self.watch.look(&mut self.world);
        }
        if at < i64::MAX {
            self.world.now = self.world.now.max(at);
        }
    }

    /// Asks under a new id, again and again until there's a reply.
    pub fn ask(&mut self, to: ActorName, message: Message) -> String {
        self.ask_with(None, to, message)
    }

    /// The same; with the fingerprint of a request when its id follows from an idempotency key.
    pub fn ask_with(&mut self, fingerprint: Option<&str>, to: ActorName, message: Message) -> String {
        let id = format!("ask-{}", self.asked.len());
        let query = message.is_repeatable();
        let keyed = fingerprint.is_some();
        let from = Sender::Edge { id, fingerprint: fingerprint.map(str::to_owned) };
        let envelope = serde_json::to_string(&Envelope { from, to: to.clone(), message }).unwrap();
        let mut reply = self.send(&to, &envelope);
        // The reply may have got lost with an object's death.
        if let Some(first) = reply.strip_prefix(AGAIN).filter(|_| keyed) {
            reply = first.strip_suffix('}').unwrap().to_owned();
        }
        if !query {
            self.asked.push(Asked { to, envelope, reply: reply.clone(), keyed, at: self.world.now });
        }
        reply
    }

    pub fn send(&mut self, to: &ActorName, envelope: &str) -> String {
        for _ in 0..100 {
            let reply = self.world.receive(to, envelope);
            self.watch.look(&mut self.world);
            if let Ok(reply) = reply {
                return reply;
            }
        }
        panic!("{to} doesn't answer: {envelope}");
    }

    /// The same words for the same id, for a day.
    pub fn repeat(&mut self, n: usize) {
        let Some(n) = n.checked_rem(self.asked.len()) else { return };
        if self.asked[n].at + DAY_MS > self.world.now {
            let (to, envelope) = (self.asked[n].to.clone(), self.asked[n].envelope.clone());
            let reply = self.send(&to, &envelope);
            let first = &self.asked[n].reply;
            let same =
                if self.asked[n].keyed { reply == format!("{AGAIN}{first}}}") } else { reply == *first };
            assert!(same, "another reply to the same ask of {to}: {envelope}: {first}, now {reply}");
        }
    }
}
