//! Defects that are planted, each to be caught: what the simulation can't notice it doesn't prove.
//!
//! Most of the core's decisions stand in SQL, so a defect of the core is another text for a part of a statement
//! ([`Defect`]); one of the shell is a [`Slip`]. A part that no statement has any more fails the test: the defect isn't
//! planted then, and being caught would say nothing.

use std::cell::Cell;
use std::rc::Rc;

use crate::campaign::together;
use crate::schedule::Plant;
use crate::trial;
use crate::universe::Universe;
use crate::world::Slip;
use crate::world::database::Defect;

/// What is wrong, in words; what stands in the core; what stands there instead.
const DEFECTS: &[(&str, &str, &str)] = &[
    ("a tell that comes twice is taken twice", "WHERE excluded.seq > seq RETURNING", "WHERE true RETURNING"),
    ("a stored reply isn't found", "FROM inbox_asks WHERE id = ?", "FROM inbox_asks WHERE id = ? AND false"),
    (
        "a reply is forgotten within the day",
        "DELETE FROM inbox_asks WHERE at_ms < ?",
        "DELETE FROM inbox_asks WHERE at_ms < ? + 90000000",
    ),
    (
        "a receipt covers one row too many",
        "WHERE lane = ? AND seq <= ? AND dead = 0",
        "WHERE lane = ? AND seq <= ? + 1 AND dead = 0",
    ),
    (
        "a receipt covers other lanes",
        "DELETE FROM outbox WHERE lane = ? AND",
        "DELETE FROM outbox WHERE ? <> '' AND",
    ),
    (
        "a receipt deletes nothing",
        "DELETE FROM outbox WHERE lane = ? AND seq <= ?",
        "DELETE FROM outbox WHERE lane = ? AND seq < ? - 1000000",
    ),
    (
        "what couldn't be sent is parked at once",
        "UPDATE outbox SET attempts = attempts + 1, refusals",
        "UPDATE outbox SET dead = 1, attempts = attempts + 1, refusals",
    ),
    (
        "a job that ended stays open for its project",
        "ON CONFLICT (job_id) DO UPDATE SET closed_at = ?2",
        "ON CONFLICT (job_id) DO UPDATE SET closed_at = NULLIF(?2, ?2)",
    ),
    (
        "a parcel is packed backwards",
        "AND dead = 0 ORDER BY seq LIMIT ?",
        "AND dead = 0 ORDER BY seq DESC LIMIT ?",
    ),
    (
        "nobody guards the outbox",
        "WHEN attempts = 0 THEN due_at + ?3 ELSE due_at END",
        "WHEN attempts = 0 THEN NULL AND ?3 ELSE due_at END",
    ),
    ("numbers in a stream have gaps", "SET last_seq = last_seq + 1", "SET last_seq = last_seq + 2"),
    ("a resumed stream begins one too early", "FROM events WHERE seq > ?", "FROM events WHERE seq >= ?"),
    ("a resumed stream begins one too late", "FROM events WHERE seq > ?", "FROM events WHERE seq > ? + 1"),
    (
        "a ticket can be used again",
        "DELETE FROM tickets WHERE ticket = ? RETURNING",
        "UPDATE tickets SET ticket = ticket WHERE ticket = ? RETURNING",
    ),
    ("a lease never ends", "(due_at <= ? OR holder NOT IN", "(due_at <= ? - 1000000000000 OR holder NOT IN"),
    ("who holds a lease doesn't matter", "OR holder NOT IN (?, ?)", "OR '' IN (?, ?)"),
    (
        "what the outbox asks is begun again by every life",
        "OR holder NOT IN (?, ?)",
        "OR holder NOT IN (?, ? || 'x')",
    ),
    ("a deadline is no deadline", "WHERE deadline_at <= ?", "WHERE deadline_at <= ? - 1000000000000"),
    (
        "a deadline takes a picture that is stored",
        "CASE WHEN ? THEN deadline_at END",
        "CASE WHEN ? < 2 THEN deadline_at END",
    ),
    (
        "attempts are counted as none",
        "SELECT COUNT(*) FROM variants WHERE holder",
        "SELECT 0 * COUNT(*) FROM variants WHERE holder",
    ),
    ("an ended job isn't written down", "INSERT OR REPLACE INTO job ", "INSERT OR IGNORE INTO job "),
    (
        "the fold isn't written down",
        "UPDATE variants SET status = ?, due_at = ?, holder = ?, fold = ?",
        "UPDATE variants SET status = ?, due_at = ?, holder = ?, fold = substr(?, 1, 0) || fold",
    ),
    (
        "timers that rang ring on",
        "DELETE FROM timers WHERE at_ms <= ?",
        "DELETE FROM timers WHERE at_ms <= ? - 1000000000000",
    ),
    ("twins are no twins", "WHERE phash IS NOT NULL AND", "WHERE phash IS NULL AND"),
    ("a twin is a measure", "AND (near_duplicate_of IS NULL OR", "AND (true OR"),
    (
        "a change of a project is no revision",
        "updated_at = MAX(updated_at, ?), revision = revision + 1",
        "updated_at = MAX(updated_at, ?), revision = revision",
    ),
    (
        "D1 keeps the first row that it gets",
        "WHERE excluded.revision >",
        "WHERE excluded.revision < 0 AND excluded.revision >",
    ),
    (
        "an older row takes a newer one's place in D1",
        "WHERE excluded.revision >",
        "WHERE excluded.revision > -1 OR excluded.revision >",
    ),
    (
        "a key opens every reply",
        "SELECT reply, fingerprint FROM inbox_asks",
        "SELECT reply, 'that' AS fingerprint FROM inbox_asks",
    ),
    (
        "a rebuild leaves projects out",
        "FROM members WHERE name > ? ORDER BY",
        "FROM members WHERE name > ? || 'q' ORDER BY",
    ),
    (
        "a rebuild leaves jobs out",
        "AND opened_at IS NOT NULL ORDER BY job_id LIMIT",
        "AND opened_at IS NULL ORDER BY job_id LIMIT",
    ),
    (
        "a rebuild leaves calls out",
        "SELECT columns FROM calls ORDER BY",
        "SELECT columns FROM calls WHERE 0 ORDER BY",
    ),
    (
        "a parked item can be sent again and again",
        "AND dead = 1 AND requeued_at IS NULL RETURNING",
        "AND dead = 1 RETURNING",
    ),
    (
        "what is parked isn't kept",
        "UPDATE outbox SET dead = 1, parked_at = ?, error = ? WHERE seq = ?",
        "DELETE FROM outbox WHERE ? <> ? AND seq = ?",
    ),
    (
        "a session's places aren't counted",
        "(SELECT COUNT(*) FROM jobs WHERE open = 1) + (SELECT COUNT(*) FROM reserved) < ?",
        "0 < ?",
    ),
    (
        "a project's places aren't counted",
        "WHERE (SELECT COUNT(*) FROM jobs WHERE closed_at IS NULL) < ?",
        "WHERE 0 < ?",
    ),
    (
        "a job has no deadline",
        "SELECT name FROM timers WHERE at_ms <= ? ORDER",
        "SELECT name FROM timers WHERE at_ms <= ? AND name <> 'deadline' ORDER",
    ),
];

/// The same for the shell.
const SLIPS: &[(&str, Slip)] = &[
    ("work is forgotten", Slip::ForgetsWork),
    ("frames are forgotten", Slip::ForgetsFrames),
    ("the alarm is forgotten", Slip::ForgetsAlarm),
    ("a result is reported twice", Slip::ReportsTwice),
    ("all is acknowledged", Slip::AcknowledgesAll),
    ("a life keeps the last one's name", Slip::KeepsItsName),
];

/// Schedules within which every defect must be caught.
const MOST: u64 = 1_000;

/// A seed from which all begin.
const SEED: u64 = 1_000_000;

/// The schedule that catches it, counted from 1, and what it says.
fn caught(plant: &Plant) -> Option<(u64, String)> {
    (0..MOST).find_map(|n| {
        let broken = trial::run(&Universe::of(SEED + n), plant).err()?;
        Some((n + 1, broken.why))
    })
}

fn check(name: &str, plant: &Plant) -> Result<(), String> {
    let found = caught(plant);
    if plant.defect.as_ref().is_some_and(|defect| defect.planted.get() == 0) {
        return Err(format!("{name}: not planted, no statement has it"));
    }
    let (n, why) = found.ok_or_else(|| format!("{name}: not caught in {MOST} schedules"))?;
    let why: String = why.lines().nth(1).unwrap_or_default().chars().take(110).collect();
    println!("{n:>5}  {name}: {why}");
    Ok(())
}

#[test]
fn every_planted_defect_is_caught() {
    let failures = together(DEFECTS.len() + SLIPS.len(), |n| {
        let (name, plant) = match DEFECTS.get(n) {
            Some((name, right, wrong)) => {
                let defect = Rc::new(Defect { right, wrong, planted: Cell::new(0) });
                (name, Plant { defect: Some(defect), slip: None })
            }
            None => {
                (&SLIPS[n - DEFECTS.len()].0, Plant { defect: None, slip: Some(SLIPS[n - DEFECTS.len()].1) })
            }
        };
        check(name, &plant).err()
    });
    assert_eq!(failures, Vec::<String>::new());
}

#[test]
fn a_defect_that_no_statement_has_is_not_taken_for_caught() {
    let defect = Defect { right: "no such words", wrong: "", planted: Cell::new(0) };
    let failure = check("nothing", &Plant { defect: Some(Rc::new(defect)), slip: None });
    assert_eq!(failure, Err("nothing: not planted, no statement has it".to_owned()));
}
