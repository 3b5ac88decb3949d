//! A schedule as data: who lives in it, what is asked when, and how much goes wrong. All of it follows from a seed; shrinking
//! takes parts away.

use std::collections::BTreeSet;
use std::fmt;

use picasso_actors::address::ActorName;
use picasso_actors::entropy::Entropy as _;
use picasso_actors::ids::{ArtifactId, JobId, ProjectId, SessionId};
use picasso_actors::job::Selection;
use picasso_actors::provider::Provider;
use picasso_actors::request::JOB_DEADLINE_MS;

use crate::world::Death;
use crate::world::seed::Seed;

/// One small random universe.
#[derive(Debug, Clone)]
pub struct Universe {
    /// Where it came from.
    pub seed: u64,
    /// People.
    pub sessions: Vec<SessionId>,
    /// What they work on.
    pub projects: Vec<ProjectId>,
    /// Jobs, by when they're started.
    pub jobs: Vec<Job>,
    /// Lookbooks.
    pub artifacts: Vec<ArtifactId>,
    /// What else is asked, by when.
    pub acts: Vec<Act>,
    /// Jobs that a session or a project may have open at once.
    pub most_open: u32,
    /// Who can't be reached, and when.
    pub outages: Vec<Outage>,
    /// Deaths that are meant: of whoever runs the turn of this number.
    pub aimed: Vec<(u64, Death)>,
    /// How much goes wrong.
    pub rates: Rates,
    /// Whether what is due together happens in any order.
    pub shuffled: bool,
    /// Whether pictures may look like each other.
    pub twins: bool,
    /// Faults that were taken away.
    pub spared: BTreeSet<u64>,
}

/// A job.
#[derive(Debug, Clone)]
pub struct Job {
    /// Milliseconds after the dawn.
    pub at: i64,
    /// Its name.
    pub id: JobId,
    /// Which session.
    pub session: usize,
    /// Who paints.
    pub providers: Vec<Provider>,
    /// How many each.
    pub variants: u32,
    /// For the pictures.
    pub deadline_ms: u64,
    /// For all of it.
    pub whole_deadline_ms: u64,
}

impl Job {
    /// Its actor.
    pub fn name(&self) -> ActorName {
        ActorName::Job(self.id.clone())
    }

    /// Its project's actor.
    pub fn project(&self) -> ActorName {
        ActorName::Project(self.id.project())
    }

    /// All of its variants.
    pub fn size(&self) -> usize {
        self.providers.len() * self.variants as usize
    }
}

/// Something that is asked.
#[derive(Debug, Clone)]
pub struct Act {
    /// Milliseconds after the dawn.
    pub at: i64,
    /// What.
    pub what: Deed,
}

/// What can be asked. Numbers are indexes, taken modulo what there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    /// A project gets a new name.
    Rename(usize),
    /// A lookbook of all projects is published.
    Publish(usize),
    /// A step is gone back to.
    RollBack(usize),
    /// Something that was asked before is asked again under its id.
    Repeat(usize),
    /// A job is started again by somebody else, under another id.
    StartAgain(usize),
    /// A stream is read from a point, in pages of a size.
    Replay(usize, u64, u32),
    /// A ticket is made and used twice.
    Ticket(usize),
    /// Something is asked under an idempotency key, again, and with another request.
    Key(usize),
    /// D1 is emptied, and filled again from what the actors hold.
    Wipe,
    /// D1 can't take the row of a lookbook that is published, until an operator has looked.
    Block(usize),
    /// A part of a job is stopped.
    Cancel(usize, Selection),
    /// A part of a job is tried again.
    Retry(usize, Selection),
    /// A job, a project and its progressions are looked at.
    Look(usize),
}

/// A destination that nobody can reach for a while.
#[derive(Debug, Clone)]
pub struct Outage {
    /// Its lane.
    pub lane: String,
    /// Milliseconds after the dawn.
    pub from: i64,
    /// The same.
    pub to: i64,
}

impl Outage {
    /// Whether it holds for `lane`, `at` milliseconds after the dawn.
    pub fn covers(&self, lane: &str, at: i64) -> bool {
        (self.from..self.to).contains(&at) && self.lane == lane
    }
}

/// How often things go wrong, each out of [`crate::chaos::CHANCES`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rates {
    /// An object dies of a turn, before and after the commit each.
    pub deaths: u64,
    /// A parcel has each of the fates that aren't good.
    pub network: u64,
    /// An attempt has each of the ends that aren't good.
    pub outside: u64,
}

impl Universe {
    /// The universe of a seed. Most are small, because most defects need little to show; one in 24 is large.
    pub fn of(seed: u64) -> Self {
        let dice = &mut Seed(seed);
        let large = dice.below(24) == 0;
        let middling = !large && dice.below(6) == 0;
        let up_to = |dice: &mut Seed, most: u64| 1 + usize::try_from(dice.below(most)).unwrap();
        let sessions = if large { up_to(dice, 3) } else { 1 };
        let sessions = (0..sessions).map(|n| SessionId::parse(&format!("s{n}")).unwrap()).collect();
        let projects: Vec<ProjectId> =
            (0..if large { up_to(dice, 2) } else { 1 }).map(|_| ProjectId::random(dice)).collect();
        let mut it = Self {
            seed,
            sessions,
            projects,
            jobs: Vec::new(),
            artifacts: (0..dice.below(3) / 2).map(|_| ArtifactId::random(dice)).collect(),
            acts: Vec::new(),
            most_open: 1 + u32::try_from(dice.below(3)).unwrap(),
            outages: Vec::new(),
            aimed: Vec::new(),
            rates: rates(dice),
            shuffled: dice.below(2) == 0,
            twins: dice.below(4) == 0,
            spared: BTreeSet::new(),
        };
        let jobs = if large { up_to(dice, 3) } else { 1 };
        it.jobs = (0..jobs).map(|_| it.job(dice, large, large || middling)).collect();
        it.jobs.sort_by_key(|job| job.at);
        it.acts = (0..dice.below(if large { 10 } else { 5 })).map(|_| act(dice)).collect();
        it.acts.sort_by_key(|act| act.at);
        if !it.quiet() && dice.below(6) == 0 {
            it.outages = vec![it.outage(dice)];
        }
        it
    }

    /// Whether nothing goes wrong in it.
    pub fn quiet(&self) -> bool {
        self.rates == Rates::default() && self.outages.is_empty() && self.aimed.is_empty()
    }

    fn job(&self, dice: &mut Seed, large: bool, middling: bool) -> Job {
        let project = &self.projects[dice.index(self.projects.len())];
        let mut providers = Provider::ALL.to_vec();
        providers.rotate_left(dice.index(3));
        providers.truncate(if large { 1 + dice.index(3) } else { 1 + usize::from(middling) });
        // Nine variants are more than are tried at once.
        let crowd = large && providers.len() == 3 && dice.below(4) == 0;
        Job {
            at: i64::try_from(dice.below(20_000)).unwrap(),
            id: JobId::random(project, dice),
            session: dice.index(self.sessions.len()),
            variants: if crowd { 3 } else { 1 + u32::from(middling && dice.below(2) == 0) },
            deadline_ms: if dice.below(4) == 0 { 10_000 } else { 300_000 },
            whole_deadline_ms: if dice.below(6) == 0 { 2_000 + dice.below(28_000) } else { JOB_DEADLINE_MS },
            providers,
        }
    }

    fn outage(&self, dice: &mut Seed) -> Outage {
        let job = &self.jobs[dice.index(self.jobs.len())];
        let (lane, most) = match dice.below(6) {
            0 | 1 => ("d1".to_owned(), 90_000),
            2 => (format!("session:{}", self.sessions[job.session]), 60_000),
            3 => (format!("project:{}", job.id.project()), 60_000),
            // Longer than a job waits for its project's answer.
            4 => (format!("project:{}", job.id.project()), 1_500_000),
            _ => (format!("job:{}", job.id), 1_500_000),
        };
        let from = i64::try_from(dice.below(30_000)).unwrap();
        Outage { lane, from, to: from + i64::try_from(dice.below(most)).unwrap() }
    }
}

fn selection(dice: &mut Seed) -> Selection {
    Selection {
        provider: (dice.below(3) == 0).then(|| Provider::ALL[dice.index(3)]),
        variant_index: (dice.below(4) == 0).then_some(0),
    }
}

fn rates(dice: &mut Seed) -> Rates {
    let all = Rates { deaths: 40, network: 80, outside: 60 };
    match dice.below(8) {
        0 => Rates::default(),
        1 => Rates { deaths: all.deaths, ..Rates::default() },
        2 => Rates { network: all.network, ..Rates::default() },
        3 => Rates { outside: all.outside, ..Rates::default() },
        4 => all,
        _ => Rates { deaths: 8, network: 16, outside: 20 },
    }
}

fn act(dice: &mut Seed) -> Act {
    let n = dice.index(16);
    let what = match dice.below(18) {
        0 => Deed::Rename(n),
        1 => Deed::Publish(n),
        2 => Deed::RollBack(n),
        3 | 4 => Deed::Repeat(n),
        5 => Deed::StartAgain(n),
        6 => Deed::Replay(n, dice.below(64), 1 + u32::try_from(dice.below(20)).unwrap()),
        7 => Deed::Ticket(n),
        8 | 9 => Deed::Cancel(n, selection(dice)),
        10..=12 => Deed::Retry(n, selection(dice)),
        13 => Deed::Look(n),
        14 | 15 => Deed::Key(n),
        16 => Deed::Wipe,
        _ => Deed::Block(n),
    };
    // Most while there's work; a few when replies begin to be forgotten.
    let latest = if dice.below(16) == 0 { 90_000_000 } else { 60_000 };
    Act { at: i64::try_from(dice.below(latest)).unwrap(), what }
}

impl fmt::Display for Universe {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let order = if self.shuffled { ", in any order" } else { "" };
        let (sessions, projects) = (self.sessions.len(), self.projects.len());
        writeln!(out, "sessions {sessions}, projects {projects}, jobs open {}{order}", self.most_open)?;
        for job in &self.jobs {
            let providers: Vec<&str> = job.providers.iter().map(|it| it.as_str()).collect();
            writeln!(
                out,
                "{:>7} ms  job {} of session {}: {} × {}, deadline {} ms, {} ms for all",
                job.at,
                job.id,
                job.session,
                providers.join("+"),
                job.variants,
                job.deadline_ms,
                job.whole_deadline_ms
            )?;
        }
        for act in &self.acts {
            writeln!(out, "{:>7} ms  {:?}", act.at, act.what)?;
        }
        for outage in &self.outages {
            writeln!(out, "{:>7} ms  {} is away until {} ms", outage.from, outage.lane, outage.to)?;
        }
        Ok(())
    }
}
