//! A job whose objects die, at each point where they can, still comes to its one end. The whole of the simulation stands on
//! this: seeds that mix everything that can go wrong, then every single death, before a commit and after it.

use picasso_actors::effect::Work;
use picasso_actors::entropy::Entropy as _;
use picasso_actors::job::stage::Stage;
use picasso_actors::provider::Provider::{self, Gemini, Openai};
use picasso_actors::provider::{Failure, FailureClass};
use serde_json::json;

use crate::studio::Studio;
use crate::world::Death;
use crate::world::network::Fate;
use crate::world::outside::Play;
use crate::world::seed::Seed;

/// Runs a 2 × 1 job whose `n`-th turn is a death. `false` when it came to its end before.
fn dies_at(n: u64, death: Death) -> bool {
    let mut studio = Studio::new(100);
    let first = studio.world.turns;
    let spec = studio.spec(&[Openai, Gemini], 1);
    studio.world.deaths = Box::new(move |_, turn| (turn == first + n).then_some(death));
    let job = studio.start_whatever_happens(&spec);
    studio.world.run();
    let died = studio.world.turns >= first + n;
    studio.world.deaths = Box::new(|_, _| None);
    studio.check_ended(&job);
    assert_eq!(studio.fetch(&job)["completed"], 2, "{death:?} in turn {n}");
    assert_eq!(studio.world.outside.paid, 2, "{death:?} in turn {n}: nothing is paid twice");
    died
}

/// Lets the job die at each turn that it has, each time in a world of its own; gives how many there are.
fn points(death: Death) -> u64 {
    let mut n = 1;
    while dies_at(n, death) {
        n += 1;
    }
    n - 1
}

#[test]
fn a_death_before_any_commit_costs_nothing_but_time() {
    let deaths = points(Death::BeforeCommit);
    assert!(deaths > 50, "{deaths} points");
}

#[test]
fn a_death_after_any_commit_costs_nothing_but_time() {
    let deaths = points(Death::AfterCommit);
    assert!(deaths > 50, "{deaths} points");
}

#[test]
fn whatever_goes_wrong_together_a_job_comes_to_its_one_end() {
    for seed in 0..25 {
        let mut studio = Studio::new(seed);
        studio.world.shuffled = true;
        let mut dice = Seed(seed ^ 0xdead);
        studio.world.deaths = Box::new(move |_, _| match dice.below(40) {
            0 => Some(Death::BeforeCommit),
            1 => Some(Death::AfterCommit),
            _ => None,
        });
        let mut dice = Seed(seed ^ 0xbeef);
        studio.world.network = Box::new(move |_, _, _| match dice.below(8) {
            0 => Fate::ArrivesTwice,
            1 => Fate::ArrivesUnheard,
            2 => Fate::Fails,
            _ => Fate::Arrives,
        });
        let mut dice = Seed(seed ^ 0xcafe);
        studio.world.script(move |call| Some(mishap(&call.work, &mut dice)));
        let spec = studio.spec(&Provider::ALL, 2);
        let job = studio.start_whatever_happens(&spec);
        studio.world.run();
        studio.world.deaths = Box::new(|_, _| None);
        studio.check_ended(&job);
        assert_eq!(studio.fetch(&job)["state"], json!("complete"), "seed {seed}");
    }
}

/// How an attempt goes when anything can go wrong.
fn mishap(work: &Work, dice: &mut Seed) -> Play {
    let after = i64::try_from(dice.below(4_000)).unwrap();
    match dice.below(12) {
        0 => Play::fails(after, FailureClass::Overloaded),
        1 => Play::DoneButFails(after, Failure::new(FailureClass::Storage, "lost on the way")),
        2 => Play::Vanishes,
        3 if work.stage == Stage::Generate => Play::fails(after, FailureClass::Moderation),
        4 if work.stage == Stage::Judge => Play::Hangs,
        _ => Play::Done(after),
    }
}
