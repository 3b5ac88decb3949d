//! Many schedules on all cores, until one breaks a promise.

use std::io::{IsTerminal as _, Write as _};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::schedule::Plant;
use crate::trial::{self, Effort};
use crate::universe::Universe;

/// How far to go.
#[derive(Debug, Clone, Copy)]
pub struct Range {
    /// The first seed.
    pub seed: u64,
    /// How many, one after the other.
    pub schedules: u64,
    /// No new one is begun after this.
    pub time: Duration,
}

/// What was done.
#[derive(Debug, Clone, Copy, Default)]
pub struct Sum {
    /// Schedules.
    pub schedules: u64,
    /// All of them together.
    pub effort: Effort,
}

/// Schedules that a thread takes at once.
const BUNDLE: u64 = 16;

/// Runs them.
///
/// # Errors
/// The report of the first that breaks a promise.
pub fn run(range: Range, progress: bool) -> Result<Sum, String> {
    let began = Instant::now();
    let (next, over) = (AtomicU64::new(0), AtomicBool::new(false));
    let (sum, found) = (Mutex::new(Sum::default()), Mutex::new(None));
    let work = || {
        while !over.load(Ordering::Relaxed) && began.elapsed() < range.time {
            let from = next.fetch_add(BUNDLE, Ordering::Relaxed);
            for n in from..(from + BUNDLE).min(range.schedules) {
                let universe = Universe::of(range.seed.wrapping_add(n));
                match trial::run(&universe, &Plant::default()) {
                    Ok(effort) => add(&mut sum.lock().unwrap(), effort),
                    Err(broken) => {
                        if !over.swap(true, Ordering::Relaxed) {
                            let report = trial::report(&universe, &Plant::default(), broken);
                            *found.lock().unwrap() = Some(report);
                        }
                        return;
                    }
                }
            }
            if from >= range.schedules {
                return;
            }
        }
    };
    thread::scope(|scope| {
        let workers: Vec<_> = (0..cores()).map(|_| scope.spawn(work)).collect();
        while progress && !workers.iter().all(thread::ScopedJoinHandle::is_finished) {
            say(sum.lock().unwrap().schedules, range.schedules, began);
            thread::park_timeout(Duration::from_millis(500));
        }
    });
    let sum = *sum.lock().unwrap();
    found.into_inner().unwrap().map_or(Ok(sum), Err)
}

/// Does `act` with each of `0..count`, on all cores, and gives what it found.
pub fn together<T: Send>(count: usize, act: impl Fn(usize) -> Option<T> + Sync) -> Vec<T> {
    let (next, found) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let work = || {
        loop {
            let n = next.fetch_add(1, Ordering::Relaxed);
            if n >= count {
                return;
            }
            let result = act(n);
            found.lock().unwrap().extend(result);
        }
    };
    thread::scope(|scope| {
        for _ in 0..cores() {
            scope.spawn(work);
        }
    });
    found.into_inner().unwrap()
}

fn cores() -> usize {
    thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

fn add(sum: &mut Sum, effort: Effort) {
    sum.schedules += 1;
    sum.effort.steps += effort.steps;
    sum.effort.turns += effort.turns;
    sum.effort.faults += effort.faults;
}

fn say(done: u64, of: u64, began: Instant) {
    let mut out = std::io::stderr().lock();
    if out.is_terminal() {
        let _ = write!(out, "\r{done} of {of} schedules, {:.0} s ", began.elapsed().as_secs_f64());
        let _ = out.flush();
    }
}
