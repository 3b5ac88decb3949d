//! When the Worker is killed.

use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use fastrand::Rng;
use rusqlite::Connection;
use xtask::stack::Stack;

use super::run::{Run, now};
use crate::database;
use crate::harness::pause;
use crate::history::Micros;

/// How long a chosen moment may take to come.
const LIMIT: Duration = Duration::from_mins(1);
/// Between two looks, in milliseconds.
const TICK_MS: u64 = 2;
/// The longest quiet time of a round before its kill, in milliseconds: long enough for most jobs to end, and for their
/// resumption after the last kill to be seen.
const QUIET_MS: u64 = 6_000;

/// What is going on when the Worker dies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Moment {
    /// Whatever it is.
    Random,
    /// A provider is painting.
    Painting,
    /// A picture was just put to R2, and its job doesn't know yet.
    Stored,
    /// The vision model is looking.
    Judging,
}

impl Moment {
    /// The chosen ones first, so that three rounds have each.
    pub const fn of_round(round: u32) -> Self {
        match round % 4 {
            1 => Self::Painting,
            2 => Self::Stored,
            3 => Self::Judging,
            _ => Self::Random,
        }
    }

    /// Returns when it has come.
    ///
    /// # Errors
    /// When it doesn't; what [`pause`] says.
    pub fn wait_for(self, stack: &mut Stack, run: &Run, rng: &mut Rng) -> Result<()> {
        pause(stack, rng.u64(0..QUIET_MS))?;
        let originals = Originals::open(stack);
        let known = originals.count()?;
        let until = now() + Micros::try_from(LIMIT.as_micros())?;
        loop {
            let come = match self {
                Self::Random => true,
                Self::Painting => is_open(run, |service| service != "vision"),
                Self::Judging => is_open(run, |service| service == "vision"),
                Self::Stored => originals.count()? > known,
            };
            if come {
                return Ok(());
            }
            if now() > until {
                bail!("the moment didn't come within {} s", LIMIT.as_secs());
            }
            pause(stack, TICK_MS)?;
        }
    }
}

fn is_open(run: &Run, of: impl Fn(&str) -> bool) -> bool {
    run.emulator.calls(&run.round_word()).iter().any(|call| call.outcome == "open" && of(&call.provider))
}

/// The local R2's list of objects, looked at from outside.
struct Originals(Connection);

impl Originals {
    fn open(stack: &Stack) -> Self {
        let folder = stack.state().join("v3/r2/miniflare-R2BucketObject");
        Self(database::with_table(&folder, "_mf_objects"))
    }

    fn count(&self) -> Result<i64> {
        let count = "SELECT COUNT(*) FROM _mf_objects WHERE key LIKE 'project/%/orig/%'";
        self.0.query_row(count, [], |row| row.get(0)).context("R2 can't be read")
    }
}
