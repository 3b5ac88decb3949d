//! What goes wrong, and where: a function of the seed and the point, not of what happened before. So a fault can be taken
//! away without moving the others, which is what makes a failing schedule shrink.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::fmt::Display;
use std::rc::Rc;

use picasso_actors::address::ActorName;
use picasso_actors::breaker;
use picasso_actors::effect::Output;
use picasso_actors::entropy::Entropy as _;
use picasso_actors::job::stage::Stage;
use picasso_actors::provider::{Failure, FailureClass};

use crate::universe::{Rates, Universe};
use crate::world::network::Fate;
use crate::world::outside::{Call, Play};
use crate::world::seed::Seed;
use crate::world::{DAWN, Death, World};

/// Everything that is drawn is out of this many.
pub const CHANCES: u64 = 1_024;

/// The faults of one run.
pub struct Chaos {
    seed: u64,
    rates: Rates,
    twins: bool,
    spared: BTreeSet<u64>,
    aimed: Vec<(u64, Death)>,
    /// How often each kind of point of each place was passed.
    passed: HashMap<u64, u64>,
    /// What has gone wrong so far: the point, and the words for it.
    pub fired: Vec<(u64, String)>,
    /// No more of it: the run is over, and questions are asked.
    pub calm: bool,
}

impl Chaos {
    /// Lets `world` have the faults of `universe`.
    pub fn unleash(universe: &Universe, world: &mut World) -> Rc<RefCell<Self>> {
        let chaos = Rc::new(RefCell::new(Self {
            seed: universe.seed,
            rates: universe.rates,
            twins: universe.twins,
            spared: universe.spared.clone(),
            aimed: universe.aimed.clone(),
            passed: HashMap::new(),
            fired: Vec::new(),
            calm: false,
        }));
        let it = Rc::clone(&chaos);
        world.deaths = Box::new(move |me, turn| it.borrow_mut().death(me, turn));
        let (it, outages) = (Rc::clone(&chaos), universe.outages.clone());
        world.network = Box::new(move |me, lane, now| {
            let away = outages.iter().any(|outage| outage.covers(lane, now - DAWN));
            if away { Fate::Fails } else { it.borrow_mut().fate(me, lane) }
        });
        let it = Rc::clone(&chaos);
        world.script(move |call| Some(it.borrow_mut().play(call)));
        chaos
    }

    fn death(&mut self, me: &ActorName, turn: u64) -> Option<Death> {
        if let Some((_, death)) = self.aimed.iter().find(|(at, _)| *at == turn).filter(|_| !self.calm) {
            let death = *death;
            return self.fire(turn, &format_args!("{me} dies {death:?} in turn {turn}")).then_some(death);
        }
        let (point, mut dice) = self.pass(1, me.id(), "")?;
        let death = match dice.below(CHANCES) {
            n if n < self.rates.deaths => Death::BeforeCommit,
            n if n < 2 * self.rates.deaths => Death::AfterCommit,
            _ => return None,
        };
        self.fire(point, &format_args!("{me} dies {death:?}")).then_some(death)
    }

    fn fate(&mut self, me: &ActorName, lane: &str) -> Fate {
        let Some((point, mut dice)) = self.pass(2, me.id(), lane) else { return Fate::Arrives };
        let later = |dice: &mut Seed| i64::try_from(dice.below(8_000)).unwrap();
        let fate = match dice.below(CHANCES) / self.rates.network.max(1) {
            _ if self.rates.network == 0 => return Fate::Arrives,
            0 => Fate::ArrivesTwice,
            1 => Fate::ArrivesUnheard,
            2 => Fate::Fails,
            3 => Fate::Lags(later(&mut dice)),
            4 => Fate::ArrivesLate(later(&mut dice)),
            _ => return Fate::Arrives,
        };
        if self.fire(point, &format_args!("{me} to {lane}: {fate:?}")) { fate } else { Fate::Arrives }
    }

    fn play(&mut self, call: &Call) -> Play {
        let work = &call.work;
        let place = format!("{}{}", work.ordinal, work.stage.as_str());
        let key = key_of(call);
        let mut dice = Seed(mix(self.seed, 3, &key, &place));
        let after =
            i64::try_from(dice.below(if work.stage == Stage::Generate { 12_000 } else { 2_000 })).unwrap();
        let done = self.done(call, after, &mut dice);
        let Some((point, mut dice)) = self.pass(4, &key, &place) else { return done };
        let soon = i64::try_from(dice.below(6_000)).unwrap();
        let play = match dice.below(CHANCES) / self.rates.outside.max(1) {
            _ if self.rates.outside == 0 => return done,
            0 => Play::fails(soon, FailureClass::Overloaded),
            1 => Play::DoneButFails(soon, Failure::new(FailureClass::Storage, "lost on the way")),
            2 => Play::Vanishes,
            3 => Play::Hangs,
            4 => Play::DoneTooLate(soon),
            5 if work.stage == Stage::Generate => Play::fails(soon, FailureClass::Moderation),
            6 if work.stage == Stage::Generate => {
                Play::Says(soon, Err(Failure::new(FailureClass::Rate, "too fast").retry_after(Some(20_000))))
            }
            7 if work.stage == Stage::Generate => {
                let (now, pause) = (call.at + soon, i64::try_from(dice.below(60_000)).unwrap());
                let trouble = FailureClass::Overloaded;
                Play::Says(soon, Err(breaker::paused(call.provider, "m", trouble, now + pause, now)))
            }
            5 if work.stage == Stage::Judge => Play::Says(soon, Ok(Output::Answer("no JSON".into()))),
            _ => return done,
        };
        let stage = work.stage.as_str();
        let what =
            format_args!("{key} {stage} of variant {}, attempt {}: {play:?}", work.ordinal, work.attempt);
        if self.fire(point, &what) { play } else { done }
    }

    /// How an attempt goes when it goes well.
    fn done(&self, call: &Call, after: i64, dice: &mut Seed) -> Play {
        match call.work.stage {
            Stage::Fingerprint if self.twins => {
                Play::Says(after, Ok(Output::Fingerprint(likeness(dice).into())))
            }
            Stage::Judge if dice.below(3) == 0 => {
                let answer =
                    r#"{"verdict":"fail","notes":"No boat.","tags":["sea"],"retrySuggestion":"Ask for it."}"#;
                Play::Says(after, Ok(Output::Answer(answer.into())))
            }
            _ => Play::Done(after),
        }
    }

    /// A point that may go wrong, and the dice for it.
    fn pass(&mut self, kind: u64, place: &str, lane: &str) -> Option<(u64, Seed)> {
        if self.calm || self.rates == Rates::default() {
            return None;
        }
        let here = mix(self.seed, kind, place, lane);
        let times = self.passed.entry(here).or_default();
        *times += 1;
        let point = here.wrapping_add(times.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        Some((point, Seed(point)))
    }

    fn fire(&mut self, point: u64, what: &dyn Display) -> bool {
        let fires = !self.spared.contains(&point);
        if fires {
            self.fired.push((point, what.to_string()));
        }
        fires
    }
}

/// The job's id and the attempt's stage are in the key of the picture; a refinement has none, and is told by its session.
fn key_of(call: &Call) -> String {
    use picasso_actors::effect::Task;
    match &call.work.task {
        Task::Refine(_) => call.work.session_id.to_string(),
        Task::Generate { key, .. } | Task::Fingerprint { key } | Task::Judge { key, .. } => key.clone(),
        Task::Deliver(ask) => ask.key.clone(),
        Task::Compose { to, .. } => to.clone(),
        Task::Forget { partials } => partials.iter().map(ToString::to_string).collect(),
    }
}

/// A perceptual hash of few that there are: some are near others, one says nothing.
fn likeness(dice: &mut Seed) -> String {
    let base = "0123456789abcdef".repeat(4);
    match dice.below(5) {
        0 => base,
        1 => base.replacen("0123", "ffff", 1),
        // Ten bits from the one before, and more than the threshold from the first.
        2 => base.replacen("0123456789", "ffff000000", 1),
        3 => "0".repeat(64),
        _ => "fedcba9876543210".repeat(4),
    }
}

/// FNV-1a over all of it.
fn mix(seed: u64, kind: u64, place: &str, lane: &str) -> u64 {
    let bytes = seed.to_le_bytes().into_iter().chain(kind.to_le_bytes());
    bytes
        .chain(place.bytes())
        .chain([0])
        .chain(lane.bytes())
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}
