//! One universe, run to rest: what is asked of it when, and that every promise holds after every step and at the end.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;

use picasso_actors::address::ActorName;
use picasso_actors::artifact;
use picasso_actors::ids::{JobId, ProgressionId};
use picasso_actors::job::{self, Selection, Spec};
use picasso_actors::project::{self, Filter};
use picasso_actors::protocol::{Envelope, Message, Sender};
use picasso_actors::request::JOB_DEADLINE_MS;
use picasso_actors::session;

use crate::chaos::Chaos;
use crate::universe::{Deed, Job, Universe};
use crate::verdict;
use crate::watch::Watch;
use crate::world::database::Defect;
use crate::world::seed::Seed;
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
    here: u32,
}

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
                }
                (_, Some(at)) => {
                    self.until(DAWN + at);
                    self.act(acts.next().unwrap().what);
                }
                (_, None) => break,
            }
        }
        let last = self.asked.iter().map(|it| it.at).max().unwrap_or(DAWN);
        self.until(last + DAY_MS - 1);
        self.chaos.borrow_mut().calm = true;
        for n in 0..self.asked.len() {
            self.repeat(n);
        }
        verdict::check(self);
        self.until(i64::MAX);
        verdict::check_rest(self);
    }

    /// Carries out what is due up to `at` (epoch milliseconds).
    fn until(&mut self, at: i64) {
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
    fn ask(&mut self, to: ActorName, message: Message) -> String {
        let id = format!("ask-{}", self.asked.len());
        let query = message.is_repeatable();
        let envelope = serde_json::to_string(&Envelope {
            from: Sender::Edge { id, fingerprint: None },
            to: to.clone(),
            message,
        })
        .unwrap();
        let reply = self.send(&to, &envelope);
        if !query {
            self.asked.push(Asked { to, envelope, reply: reply.clone(), at: self.world.now });
        }
        reply
    }

    fn send(&mut self, to: &ActorName, envelope: &str) -> String {
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
    fn repeat(&mut self, n: usize) {
        let Some(n) = n.checked_rem(self.asked.len()) else { return };
        if self.asked[n].at + DAY_MS > self.world.now {
            let (to, envelope) = (self.asked[n].to.clone(), self.asked[n].envelope.clone());
            let reply = self.send(&to, &envelope);
            assert_eq!(reply, self.asked[n].reply, "another reply to the same ask of {to}: {envelope}");
        }
    }

    fn start(&mut self, job: &Job) {
        let spec = Spec {
            project_id: job.id.project(),
            session_id: self.universe.sessions[job.session].clone(),
            prompt: "A red boat".to_owned(),
            providers: job.providers.clone(),
            variants: job.variants,
            deadline_ms: job.deadline_ms,
            job_deadline_ms: JOB_DEADLINE_MS,
        };
        let reply = self.ask(job.name(), Message::Job(job::Message::Start(spec)));
        assert!(reply.starts_with(r#"{"body":{"jobId":"#), "{reply}");
    }

    fn act(&mut self, deed: Deed) {
        let universe = self.universe;
        let project = |n: usize| universe.projects[n % universe.projects.len()].clone();
        let begun: Vec<&Job> = universe.jobs.iter().filter(|job| DAWN + job.at <= self.world.now).collect();
        match deed {
            Deed::Rename(n) => {
                let me = ActorName::Project(project(n));
                let name = format!("renamed-{}", self.asked.len());
                let update = project::Message::Update { name: Some(name.clone()), description: None };
                self.ask(me.clone(), Message::Project(update));
                let shown = self.ask(me, Message::Project(project::Message::Fetch));
                assert!(shown.contains(&name), "what was acknowledged isn't shown: {shown}");
            }
            Deed::Publish(n) => self.publish(n),
            Deed::RollBack(n) => {
                if let Some(job) = begun.get(n % begun.len().max(1)) {
                    let to = ProgressionId::of_variant(&job.id, 0);
                    let mut seed = Seed(universe.seed ^ self.asked.len() as u64);
                    let id = ProgressionId::random(&job.id.project(), &mut seed);
                    let message = Message::Project(project::Message::Rollback { to, id });
                    self.ask(job.project(), message);
                }
            }
            Deed::Repeat(n) => self.repeat(n),
            Deed::StartAgain(n) => {
                if let Some(job) = begun.get(n % begun.len().max(1)) {
                    self.start(job);
                }
            }
            Deed::Replay(n, since, limit) => {
                let n = n % universe.sessions.len();
                self.watch.replay(&mut self.world, n, since, limit);
            }
            Deed::Ticket(n) => self.ticket(n),
            Deed::Cancel(n, selection) => {
                if let Some(job) = begun.get(n % begun.len().max(1)) {
                    self.cancelled.push((job.id.clone(), selection));
                    self.ask(job.name(), Message::Job(job::Message::Cancel(selection)));
                }
            }
            Deed::Retry(n, selection) => {
                if let Some(job) = begun.get(n % begun.len().max(1)) {
                    self.retried.insert(job.id.clone());
                    self.ask(job.name(), Message::Job(job::Message::Retry(selection)));
                }
            }
            Deed::Look(n) => {
                let all = Filter { limit: 50, ..Filter::default() };
                self.ask(
                    ActorName::Project(project(n)),
                    Message::Project(project::Message::Progressions(all)),
                );
                if let Some(job) = begun.get(n % begun.len().max(1)) {
                    let shown = self.ask(job.name(), Message::Job(job::Message::Fetch));
                    assert!(shown.contains(job.id.as_str()), "what was acknowledged isn't there: {shown}");
                }
            }
        }
    }

    fn publish(&mut self, n: usize) {
        let Some(n) = n.checked_rem(self.universe.artifacts.len()) else { return };
        let me = ActorName::Artifact(self.universe.artifacts[n].clone());
        let key = format!("artifact/{}", self.asked.len());
        let edition = artifact::Edition {
            kind: artifact::Kind::Lookbook,
            title: key.clone(),
            project_ids: self.universe.projects.clone(),
            content_r2_key: key.clone(),
            media_type: "text/html".to_owned(),
            bytes: 10,
            image_origins: Vec::new(),
        };
        self.ask(me.clone(), Message::Artifact(artifact::Message::Publish(edition)));
        let served = self.ask(me, Message::Artifact(artifact::Message::Serve));
        assert!(served.contains(&key), "an older edition is served: {served}");
    }

    fn ticket(&mut self, n: usize) {
        let me = ActorName::Session(self.universe.sessions[n % self.universe.sessions.len()].clone());
        let minted = self.ask(me.clone(), Message::Session(session::Message::MintTicket));
        let (_, ticket) = minted.split_once(r#""ticket":""#).unwrap();
        let ticket = ticket[..32].to_owned();
        let admit = |it: &mut Self| {
            it.ask(me.clone(), Message::Session(session::Message::Admit { ticket: ticket.clone() }))
        };
        assert_eq!(admit(self), r#""done""#, "a ticket opens the stream");
        assert!(admit(self).contains("forbidden"), "a ticket opens the stream once");
    }
}
