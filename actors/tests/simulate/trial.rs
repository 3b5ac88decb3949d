//! One schedule as an experiment: it holds, or it breaks a promise, in which case it can be made smaller.

use std::cell::RefCell;
use std::fmt::Write as _;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

use crate::schedule::{Plant, Schedule};
use crate::universe::Universe;

/// What a schedule that held took.
#[derive(Debug, Clone, Copy, Default)]
pub struct Effort {
    /// Happenings.
    pub steps: u64,
    /// Transactions.
    pub turns: u64,
    /// Faults.
    pub faults: u64,
    /// Pictures that were paid for.
    pub paid: u64,
    /// Variants that ended with one.
    pub completed: u64,
}

/// A promise that was broken.
#[derive(Debug, Clone)]
pub struct Broken {
    /// Which, and how.
    pub why: String,
    /// What had gone wrong until then.
    pub fired: Vec<(u64, String)>,
}

/// Runs a universe.
///
/// # Errors
/// [`Broken`].
pub fn run(universe: &Universe, plant: &Plant) -> Result<Effort, Broken> {
    let mut schedule = Schedule::new(universe, plant);
    let done = quietly(|| schedule.run());
    let chaos = schedule.chaos.borrow();
    match done {
        Ok(()) => Ok(Effort {
            steps: schedule.steps,
            turns: schedule.world.turns,
            faults: chaos.fired.len() as u64,
            paid: schedule.world.outside.paid.into(),
            completed: schedule.watch.completed(),
        }),
        Err(why) => Err(Broken { why, fired: chaos.fired.clone() }),
    }
}

/// Takes away whatever isn't needed for a promise to be broken: jobs, acts, faults, variants. Gives what is left.
pub fn shrink(universe: &Universe, plant: &Plant, broken: Broken) -> (Universe, Broken) {
    let (mut smallest, mut broken) = (universe.clone(), broken);
    let mut runs = 0;
    'smaller: loop {
        for candidate in candidates(&smallest, &broken) {
            runs += 1;
            if runs > MOST_RUNS {
                return (smallest, broken);
            }
            if let Err(still) = run(&candidate, plant) {
                (smallest, broken) = (candidate, still);
                continue 'smaller;
            }
        }
        return (smallest, broken);
    }
}

/// What there is to say of a schedule that broke a promise.
pub fn report(universe: &Universe, plant: &Plant, broken: Broken) -> String {
    let first = broken.why.clone();
    let (smallest, broken) = shrink(universe, plant, broken);
    let mut text = format!("seed {} breaks a promise: {first}\n", universe.seed);
    writeln!(text, "again: cargo xtask simulate --schedules 1 --seed {}\n", universe.seed).unwrap();
    writeln!(text, "the least that shows it: {}\n{smallest}with", broken.why).unwrap();
    for (_, fault) in &broken.fired {
        writeln!(text, "  {fault}").unwrap();
    }
    text
}

/// Runs after which shrinking is good enough.
const MOST_RUNS: u32 = 600;

/// Smaller universes, the boldest cuts first.
fn candidates(universe: &Universe, broken: &Broken) -> Vec<Universe> {
    let mut found = Vec::new();
    let mut cut = |change: &dyn Fn(&mut Universe)| {
        let mut smaller = universe.clone();
        change(&mut smaller);
        found.push(smaller);
    };
    if !broken.fired.is_empty() {
        for part in broken.fired.chunks(broken.fired.len().div_ceil(2)) {
            cut(&|it| it.spared.extend(part.iter().map(|(point, _)| point)));
        }
    }
    for n in 0..universe.jobs.len() {
        cut(&|it| _ = it.jobs.remove(n));
    }
    for n in 0..universe.acts.len() {
        cut(&|it| _ = it.acts.remove(n));
    }
    for n in 0..universe.outages.len() {
        cut(&|it| _ = it.outages.remove(n));
    }
    for n in 0..universe.jobs.len() {
        if universe.jobs[n].providers.len() > 1 {
            cut(&|it| _ = it.jobs[n].providers.pop());
        }
        if universe.jobs[n].variants > 1 {
            cut(&|it| it.jobs[n].variants -= 1);
        }
    }
    for (point, _) in &broken.fired {
        cut(&|it| it.spared.extend([*point]));
    }
    if universe.shuffled {
        cut(&|it| it.shuffled = false);
    }
    found
}

thread_local! {
    /// The message of a panic that is only a finding.
    static FINDING: RefCell<Option<String>> = const { RefCell::new(None) };
    static LOOKING: RefCell<bool> = const { RefCell::new(false) };
}

/// Runs `act`; a panic in it is a finding, and nothing that is printed.
pub fn quietly(act: impl FnOnce()) -> Result<(), String> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let loud = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if LOOKING.with_borrow(|looking| *looking) {
                FINDING.set(Some(info.to_string()));
            } else {
                loud(info);
            }
        }));
    });
    LOOKING.set(true);
    let done = panic::catch_unwind(AssertUnwindSafe(act));
    LOOKING.set(false);
    done.map_err(|_| FINDING.take().unwrap_or_default())
}
