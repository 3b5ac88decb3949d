//! After the last kill: all comes to rest, and what is there is written down.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use anyhow::{Context as _, Result};
use tungstenite::Message;
use xtask::stack::Stack;

use super::client::{self, Known, read_job, read_lookbook, read_project};
use super::listener;
use super::run::{Run, now};
use crate::database::Database;
use crate::harness::pause;
use crate::history::{Call, Frame, Kind, Micros, Rest, Row};

/// How long everything may take to come to rest, in microseconds.
const LIMIT: Micros = 180_000_000;
/// How long D1 may take after that.
const LAG: Micros = 30_000_000;
/// Between two looks, in milliseconds.
const TICK_MS: u64 = 100;
/// How long a replay may take between two events.
const REPLAY_LIMIT: Duration = Duration::from_secs(5);
const AT_REST: [Kind; 2] = [Kind::AtRest, Kind::MissingAtRest];

/// Waits for every job to end and for D1 to hear of it, then reads everything a last time. What doesn't come to rest in
/// time is left as it is: the rules will say so.
///
/// # Errors
/// When the stack dies or somebody stops us.
pub fn settle(stack: &mut Stack, run: &Run, clients: &[Known]) -> Result<()> {
    let database = Database::of(stack.state());
    let jobs: Vec<&String> = clients.iter().flat_map(|known| &known.jobs).collect();
    wait(stack, LIMIT, || {
        jobs.iter().all(|job| read_job(run, job, [Kind::Seen, Kind::Missing]) == Some(true))
    })?;
    // Those whose answer was lost are nobody's; only D1 knows them.
    wait(stack, LIMIT, || {
        database.count("SELECT COUNT(*) FROM jobs WHERE state <> 'complete'", &[]) == 0
            && jobs.iter().all(|job| database.count("SELECT COUNT(*) FROM jobs WHERE id = ?", &[job]) == 1)
    })?;
    for job in jobs {
        persistently(stack, || read_job(run, job, AT_REST))?;
    }
    for slug in clients.iter().flat_map(|known| &known.lookbooks) {
        persistently(stack, || read_lookbook(run, slug, AT_REST))?;
    }
    for project in clients.iter().flat_map(|known| &known.projects) {
        let Some(version) = persistently(stack, || read_project(run, project, AT_REST))? else { continue };
        wait(stack, LAG, || listed(&database, project) == Some(version))?;
        // By now D1 must know what the project itself says.
        let key = client::listed_key(project);
        run.saw(Kind::Seen, &key, version, Micros::MIN);
        let listed = listed(&database, project);
        run.saw(listed.map_or(Kind::MissingAtRest, |_| Kind::AtRest), &key, listed.unwrap_or(0), now() + 1);
    }
    Ok(())
}

/// Writes down what D1, the streams and the providers have at the end.
///
/// # Errors
/// When a stream can't be replayed; when the stack dies or somebody stops us.
pub fn collect(stack: &mut Stack, run: &Run, sessions: &[String]) -> Result<()> {
    let database = Database::of(stack.state());
    find_jobs_whose_answer_was_lost(run, &database);
    let mut replays = BTreeMap::new();
    for session in sessions {
        replays.insert(session.clone(), replay(stack, run, session)?);
    }
    let text = |row: &serde_json::Map<String, serde_json::Value>, column: &str| {
        row[column].as_str().unwrap_or_default().to_owned()
    };
    let pictures = database.rows("SELECT job_id, ai_provider, variant_index FROM image_progressions", &[]);
    let rows = pictures
        .iter()
        .map(|row| Row {
            job: text(row, "job_id"),
            variant: (text(row, "ai_provider"), row["variant_index"].as_u64().unwrap_or(u64::MAX)),
        })
        .collect();
    let over = database.rows("SELECT id FROM jobs WHERE state = 'complete'", &[]);
    let over: BTreeSet<String> = over.iter().map(|row| text(row, "id")).collect();
    let calls = run.emulator.calls(&run.name).into_iter();
    let calls = calls
        .map(|call| Call { provider: call.provider, prompt: call.prompt, at: call.at * 1_000 })
        .collect();
    run.note(|history| history.rest = Rest { replays, rows, over, calls });
    Ok(())
}

/// A request for a job that got no answer may have made one: its word is in the prompt.
fn find_jobs_whose_answer_was_lost(run: &Run, database: &Database) {
    run.note(|history| {
        for start in history.starts.iter_mut().filter(|start| start.job.is_none()) {
            let rows = database.rows("SELECT id FROM jobs WHERE instr(prompt, ?) > 0", &[&start.word]);
            start.job = rows.first().map(|row| row["id"].as_str().unwrap_or_default().to_owned());
        }
    });
}

/// The whole stream, up to the mark that says so.
fn replay(stack: &mut Stack, run: &Run, session: &str) -> Result<Vec<Frame>> {
    let frames = persistently(stack, || {
        let mut socket = listener::open(run, session, 0)?;
        socket.get_ref().set_read_timeout(Some(REPLAY_LIMIT)).ok()?;
        let mut frames = Vec::new();
        loop {
            if let Message::Text(text) = socket.read().ok()? {
                match listener::read(session, 0, 0, text.as_str()) {
                    Some(frame) => frames.push(frame),
                    None => return Some(frames),
                }
            }
        }
    })?;
    frames.with_context(|| format!("{session} can't be replayed"))
}

/// The version of the project's row in D1.
fn listed(database: &Database, project: &str) -> Option<u64> {
    let rows = database.rows("SELECT name FROM projects WHERE id = ?", &[&project]);
    rows.first().map(|row| client::shown_version(&serde_json::Value::Object(row.clone())))
}

fn persistently<T>(stack: &mut Stack, mut ask: impl FnMut() -> Option<T>) -> Result<Option<T>> {
    let mut answer = None;
    wait(stack, LAG, || {
        answer = ask();
        answer.is_some()
    })?;
    Ok(answer)
}

/// Looks until it's so, or until the time is over.
fn wait(stack: &mut Stack, limit: Micros, mut is_so: impl FnMut() -> bool) -> Result<()> {
    let until = now() + limit;
    while !is_so() && now() < until {
        pause(stack, TICK_MS)?;
    }
    Ok(())
}
