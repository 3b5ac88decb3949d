//! A job whose objects die at every point where they can: after each step that is persisted and before it, and after each
//! pair of them. It always ends with every picture, each paid for once.

use picasso_actors::request::JOB_DEADLINE_MS;

use crate::campaign::together;
use crate::schedule::Plant;
use crate::trial::{self, Broken};
use crate::universe::Universe;
use crate::world::Death::{self, AfterCommit, BeforeCommit};

/// Two providers, two pictures each.
fn job() -> Universe {
    let mut universe =
        (0..1_000).map(Universe::of).find(|it| it.jobs.len() == 1 && it.jobs[0].size() == 4).unwrap();
    universe.acts.clear();
    universe.outages.clear();
    universe.rates = crate::universe::Rates::default();
    (universe.shuffled, universe.twins) = (false, false);
    (universe.jobs[0].deadline_ms, universe.jobs[0].whole_deadline_ms) = (300_000, JOB_DEADLINE_MS);
    assert!(universe.jobs[0].providers.len() == 2 && universe.jobs[0].variants == 2);
    universe
}

/// Lets it die so. `false` when it was over before the last of the deaths.
fn dies(aimed: &[(u64, Death)]) -> Result<bool, String> {
    let universe = Universe { aimed: aimed.to_vec(), ..job() };
    match trial::run(&universe, &Plant::default()) {
        Ok(effort) if effort.paid == 4 && effort.completed == 4 => Ok(effort.faults == aimed.len() as u64),
        Ok(effort) => Err(format!("{aimed:?}: {effort:?}")),
        Err(Broken { why, .. }) => Err(format!("{aimed:?}: {why}")),
    }
}

/// Every point at which somebody can die, before a commit and after it.
fn points() -> Vec<(u64, Death)> {
    let Ok(effort) = trial::run(&job(), &Plant::default()) else { panic!("it comes to its end") };
    // The last are those of the questions that are asked afterwards: nobody dies of them.
    (1..=effort.turns).flat_map(|n| [BeforeCommit, AfterCommit].map(|death| (n, death))).collect()
}

/// Every `stride`-th pair; gives how many there were.
fn pairs(stride: u64) -> u64 {
    let points = points();
    let counts = together(points.len(), |n| {
        let first = points[n];
        let mut count = 0;
        // Each row begins elsewhere, so that a stride meets all distances.
        let mut at = first.0 + 1 + (n as u64 * 7) % stride;
        loop {
            for death in [BeforeCommit, AfterCommit] {
                if !dies(&[first, (at, death)]).unwrap_or_else(|why| panic!("{why}")) {
                    return Some(count);
                }
                count += 1;
            }
            at += stride;
        }
    });
    counts.iter().sum()
}

#[test]
fn a_death_at_any_point_costs_nothing_but_time() {
    let points = points();
    let died = together(points.len(), |n| {
        dies(&points[n..=n]).unwrap_or_else(|why| panic!("{why}")).then_some(points[n].0)
    });
    let last = died.iter().copied().max().unwrap();
    assert!(last > 100, "{last} turns");
    assert_eq!(died.len() as u64, 2 * last, "every point of every turn before the end");
}

#[test]
fn two_deaths_at_any_points_cost_nothing_but_time() {
    let pairs = pairs(149);
    assert!(pairs > 200, "{pairs} pairs");
}

#[test]
#[ignore = "cargo xtask simulate --crash-pairs"]
fn crash_pairs() {
    println!("{} pairs of deaths, all of them; no promise was broken", pairs(1));
}
