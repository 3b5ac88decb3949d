//! What people and operators do in a universe, and what must hold at once.

use std::collections::BTreeSet;

use picasso_actors::address::ActorName;
use picasso_actors::ids::ProgressionId;
use picasso_actors::job::money::{Claim, Terms};
use picasso_actors::job::wishes::{Materials, Wishes};
use picasso_actors::job::{self, Spec};
use picasso_actors::project::{self, Filter};
use picasso_actors::protocol::{Envelope, Message, Sender};
use picasso_actors::sql::Value;
use picasso_actors::{artifact, directory, session, upkeep};

use crate::schedule::Schedule;
use crate::universe::{Deed, Job};
use crate::world::seed::Seed;

/// How long somebody waits for whom there's no place, in milliseconds.
const PATIENCE_MS: i64 = 20_000;
/// How long a place is kept for a job that doesn't begin.
const RESERVED_MS: i64 = 60_000;
/// Whoever parks something has given up on it by then.
const PARKED_MS: i64 = 120_000;

/// D1's tables that actors fill.
const TABLES: [&str; 7] = [
    "projects",
    "image_progressions",
    "jobs",
    "artifacts",
    "project_artifacts",
    "provider_calls",
    "outbox_dead",
];

/// Whether job 1 has or gets a place in a session with the limit 3; places from before 2 that nobody took are free.
const FREE_IN_SESSION: &str = "SELECT EXISTS (SELECT 1 FROM jobs WHERE job_id = ?1)
  OR EXISTS (SELECT 1 FROM reserved WHERE job_id = ?1 AND at_ms > ?2)
  OR (SELECT COUNT(*) FROM jobs WHERE open = 1) + (SELECT COUNT(*) FROM reserved
    WHERE at_ms > ?2 AND job_id NOT IN (SELECT job_id FROM jobs)) < ?3";
/// The same in a project.
const FREE_IN_PROJECT: &str = "SELECT EXISTS (SELECT 1 FROM jobs WHERE job_id = ?1)
  OR (SELECT COUNT(*) FROM jobs WHERE closed_at IS NULL AND (opened_at IS NOT NULL OR reserved_at > ?2)) < ?3";

impl Schedule<'_> {
    /// Starts a job as the edge does: with a place in its session and its project.
    pub fn start(&mut self, job: &Job) {
        let spec = Spec {
            project_id: job.id.project(),
            session_id: self.universe.sessions[job.session].clone(),
            prompt: "A red boat".to_owned(),
            providers: job.providers.clone(),
            variants: job.variants,
            deadline_ms: job.deadline_ms,
            job_deadline_ms: job.whole_deadline_ms,
            wishes: Wishes::default(),
            materials: Materials::default(),
            routes: Vec::new(),
            terms: Terms::default(),
        };
        while !self.reserve(job) {
            self.until(self.world.now + PATIENCE_MS);
        }
        let reply = self.ask(job.name(), Message::Job(job::Message::Start(Box::new(spec))));
        assert!(reply.starts_with(r#"{"body":{"jobId":"#), "{reply}");
    }

    /// A place for a job in its session and in its project: there is one exactly while fewer than the limit are taken.
    fn reserve(&mut self, job: &Job) -> bool {
        let session = ActorName::Session(self.universe.sessions[job.session].clone());
        let (job_id, most) = (job.id.clone(), self.universe.most_open);
        let taken = [job.id.as_str().into(), (self.world.now - RESERVED_MS).into(), most.into()];
        let asked = session::Message::Reserve { job_id: job_id.clone(), most };
        if !self.place(session, Message::Session(asked), FREE_IN_SESSION, &taken) {
            return false;
        }
        let asked = project::Message::Reserve { job_id, most, claim: Claim::default() };
        self.place(job.project(), Message::Project(asked), FREE_IN_PROJECT, &taken)
    }

    fn place(&mut self, of: ActorName, message: Message, free: &str, taken: &[Value]) -> bool {
        let free = self.world.sql(&of).rows(free, taken)[0].integer(0) == Ok(1);
        let reply = self.ask(of, message);
        assert_eq!(reply == r#""done""#, free, "a place: {reply}");
        free
    }

    /// Does what is asked.
    pub fn act(&mut self, deed: Deed) {
        let universe = self.universe;
        let project = |n: usize| universe.projects[n % universe.projects.len()].clone();
        let begun: Vec<&Job> = universe.jobs.iter().take(self.begun).collect();
        match deed {
            Deed::Rename(n) => {
                let me = ActorName::Project(project(n));
                let name = format!("renamed-{}", self.asked.len());
                let update = project::Message::Update {
                    name: Some(name.clone()),
                    description: None,
                    budget: None,
                    near_duplicates: None,
                };
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
            Deed::Key(n) => self.keyed(&ActorName::Project(project(n))),
            Deed::Wipe => self.wipe(),
            Deed::Block(n) => self.block(n),
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
            options: serde_json::Map::new(),
            scripts: vec![],
            files: vec![],
        };
        self.ask(me.clone(), Message::Artifact(artifact::Message::Publish(Box::new(edition))));
        let served = self.ask(me, Message::Artifact(artifact::Message::Serve { pass: None }));
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

    /// Asks under an idempotency key: the same request gets the same words, another one none.
    fn keyed(&mut self, me: &ActorName) {
        // Whoever did it again would get another id.
        self.ask_with(Some("this"), me.clone(), Message::Project(project::Message::Commission));
        let n = self.asked.len() - 1;
        self.repeat(n);
        let id = format!("ask-{n}");
        let other = Envelope {
            from: Sender::Edge { id, fingerprint: Some("that".to_owned()) },
            to: me.clone(),
            message: Message::Project(project::Message::Commission),
        };
        let refused = self.send(me, &serde_json::to_string(&other).unwrap());
        assert!(refused.contains("key_reused"), "a key with another request: {refused}");
        self.repeat(n);
    }

    /// D1 loses everything, and the directories are told to have it filled again.
    fn wipe(&mut self) {
        for table in TABLES {
            self.world.d1.rows(&format!("DELETE FROM {table}"), &[]);
        }
        let projects = self.universe.projects.iter().cloned().map(ActorName::Project);
        let artifacts = self.universe.artifacts.iter().cloned().map(ActorName::Artifact);
        // The others list nobody.
        let directories: BTreeSet<ActorName> =
            projects.chain(artifacts).map(|member| directory::of(&member)).collect();
        for directory in directories {
            self.ask(directory, Message::Upkeep(upkeep::Message::Resend));
        }
    }

    /// D1 has a row that doesn't let an artifact's in, and the artifact is published.
    fn block(&mut self, n: usize) {
        let Some(n) = n.checked_rem(self.universe.artifacts.len()) else { return };
        let slug = self.universe.artifacts[n].to_string();
        self.world.d1.rows(
            "INSERT INTO artifacts (id, kind, title, public_slug, created_at) VALUES (?1, 'lookbook', '', ?2, 0)
             ON CONFLICT DO NOTHING",
            &[format!("block-{n}").into(), slug.into()],
        );
        self.publish(n);
    }

    /// Takes away what is in the way, and sends again what was parked because of it.
    pub fn operate(&mut self) {
        if !self.universe.acts.iter().any(|act| matches!(act.what, Deed::Block(_))) {
            return;
        }
        // What is refused or on its way is parked, and D1 knows.
        self.until(self.world.now + PARKED_MS);
        self.world.d1.rows("DELETE FROM artifacts WHERE id LIKE 'block-%'", &[]);
        let parked = self.world.d1.rows("SELECT actor, seq FROM outbox_dead WHERE requeued_at IS NULL", &[]);
        for row in parked {
            let (actor, seq) = (ActorName::parse(&row.text(0).unwrap()).unwrap(), row.integer(1).unwrap());
            let requeue = || Message::Upkeep(upkeep::Message::Requeue { seq });
            let reply = self.ask(actor.clone(), requeue());
            assert!(reply.contains("requeued"), "{actor} has parked {seq}: {reply}");
            let twice = self.ask(actor, requeue());
            assert!(twice.contains("not_found"), "sent again twice: {twice}");
        }
        // The day may be over already.
        self.until(self.world.now + PARKED_MS);
    }
}
