//! Half of what the stack can take, for a long time: its memory must stay where it is after the second minute.
//!
//! Invariants: the load is the same from the second phase's beginning to its end; memory is the resident size, after a
//! collection, of the workerd that runs our Worker in this stack; wrangler's proxy before it grows by itself and isn't
//! judged. Absent: what the memory is made of.

mod garbage;
mod load;
mod memory;

use std::thread;
use std::time::Duration;

use anyhow::{Result, ensure};
use xtask::stack::Stack;

use crate::harness::{on_a_stack, pause};
use garbage::Inspector;
use load::{Load, Pace};
use memory::{Samples, Workerds};

/// How long the most that the stack can take is looked for.
const CALIBRATION: Duration = Duration::from_secs(30);
/// Between two looks at the memory, in milliseconds.
const LOOK_MS: u64 = 10_000;
/// Memory after this long is what later memory is held against.
const WARM_UP: Duration = Duration::from_mins(2);
/// How much it may grow, in percent.
const GROWTH: u64 = 10;

/// Runs it for `minutes` after the calibration; `false` when memory grew too much or a request failed.
///
/// # Errors
/// When the stack can't be started or dies; when memory can't be read here; when somebody stops us.
pub fn run(minutes: u64) -> Result<bool> {
    ensure!(minutes >= 3, "three minutes at least: memory is compared with that after the second");
    on_a_stack("soak", |stack| soak(stack, Duration::from_mins(minutes)))
}

fn soak(stack: &mut Stack, time: Duration) -> Result<bool> {
    let load = Load::new(stack);
    let rate = thread::scope(|scope| {
        load.start(scope, Pace::Unlimited);
        let waited = wait(stack, CALIBRATION, |_| Ok(()));
        load.stop();
        waited.map(|()| load.requests() / CALIBRATION.as_secs())
    })?;
    eprintln!("at most {rate} requests a second; from now on half of it");
    load.reset();
    let mut samples = Samples::default();
    let workerds = memory::workerds(stack.port())?;
    let Workerds { ours, proxy } = workerds;
    let inspector = Inspector::of(workerds)?;
    let mut heap = 0;
    thread::scope(|scope| {
        load.start(scope, Pace::PerSecond((rate / 2).max(1)));
        let waited = wait(stack, time, |at| {
            let lazy = memory::resident(ours)?;
            // On a machine that's busy with other things it may take too long: then this look isn't one.
            let Ok(used) = inspector.collect() else { return Ok(()) };
            heap = used;
            let ours = memory::resident(ours)?;
            eprintln!(
                "{:>5} s {:>5} MB, {:>5} MB collected, Worker's heap {:>3} MB, proxy {:>5} MB {:>8} requests",
                at.as_secs(),
                lazy >> 20,
                ours >> 20,
                heap >> 20,
                memory::resident(proxy)? >> 20,
                load.requests()
            );
            samples.add(at, ours);
            Ok(())
        });
        load.stop();
        waited
    })?;
    let (before, after) = (samples.before(WARM_UP), samples.before(time));
    ensure!(before > 0 && after > 0, "nothing was seen at the second minute or at the end");
    println!("sustainable        {rate} requests a second");
    println!("requests           {} in {} s", load.requests(), time.as_secs());
    println!("jobs               {}, streams {}", load.jobs(), load.streams());
    println!("errors             {}", load.errors());
    println!("Worker's heap      {} MB at the end", heap >> 20);
    println!("memory at 2 min    {} MB", before >> 20);
    println!("memory at the end  {} MB, {:+} %", after >> 20, percent(before, after));
    Ok(load.errors() == 0 && after.saturating_mul(100) <= before.saturating_mul(100 + GROWTH))
}

fn percent(before: u64, after: u64) -> i64 {
    let signed = |bytes: u64| i64::try_from(bytes >> 10).unwrap_or(i64::MAX);
    (signed(after) - signed(before)) * 100 / signed(before).max(1)
}

/// Waits, calling `look` again and again with the time since the beginning.
fn wait(stack: &mut Stack, time: Duration, mut look: impl FnMut(Duration) -> Result<()>) -> Result<()> {
    let begun = load::now();
    while begun.elapsed() < time {
        pause(stack, LOOK_MS)?;
        look(begun.elapsed())?;
    }
    Ok(())
}
