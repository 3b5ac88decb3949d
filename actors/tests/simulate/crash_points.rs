//! A job whose objects die at every point where they can: after each step that is persisted and before it, and after each
//! pair of them. It always ends with every picture, each paid for once.

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
    universe.jobs[0].deadline_ms = 300_000;
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

/// Every `stride`-th pair; gives how many there were.
pub fn pairs(stride: u64) -> u64 {
    let turns = turns();
    let rows: Vec<(u64, Death)> =
        (1..=turns).flat_map(|n| [BeforeCommit, AfterCommit].map(|death| (n, death))).collect();
    let counts = together(rows.len(), |n| {
        let first = rows[n];
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

/// Turns until it's over.
fn turns() -> u64 {
    (1..10_000).find(|n| !dies(&[(*n, AfterCommit)]).unwrap()).unwrap() - 1
}

#[test]
fn a_death_at_any_point_costs_nothing_but_time() {
    let (mut n, mut points) = (1, 0);
    loop {
        for death in [BeforeCommit, AfterCommit] {
            if !dies(&[(n, death)]).unwrap_or_else(|why| panic!("{why}")) {
                assert!(points > 200, "{points} points");
                return;
            }
            points += 1;
        }
        n += 1;
    }
}

#[test]
fn two_deaths_at_any_points_cost_nothing_but_time() {
    let pairs = pairs(97);
    assert!(pairs > 200, "{pairs} pairs");
}

#[test]
#[ignore = "cargo xtask simulate --crash-pairs"]
fn crash_pairs() {
    println!("{} pairs of deaths, all of them; no promise was broken", pairs(1));
}
