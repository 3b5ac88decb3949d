//! `cargo xtask demo`: the tour. A stack of its own, one job over the public API as a frontend would run it, and a
//! lookbook at the end. Always on the emulator: it costs nothing, and the tour shows a rejected picture and a
//! near-duplicate, which a real provider can't be asked for.

mod api;
mod gallery;
mod lines;

use std::{
    sync::mpsc::RecvTimeoutError,
    time::{Duration, Instant},
};

use anyhow::{Result, bail};
use serde_json::json;

use self::{api::Api, lines::Lines};
use crate::{
    digest::hex,
    progress::{Board, seconds},
    repo::Repo,
    stack::{self, Event, Programs, Stack, variables},
};

/// What the providers are asked for.
const PROMPT: &str = "A red and white sailing boat on a teal sea at sunset, a golden sun and three white birds, \
                      with the words \"SUMMER 2026\"";

/// For the emulator's painter: Gemini paints the same picture twice, and the second one of Workers AI shows something
/// else. Told beside the prompt, so that nobody reads it in the lookbook.
const DIRECTIVES: &str = "{twin:gemini} {miss:workers#2}";

const PROVIDERS: [&str; 3] = ["openai", "gemini", "workers"];

/// Variants of each provider.
const VARIANTS: u32 = 2;

/// How long the job may take. The emulator paints within seconds; more than this means that it hangs.
const JOB_LIMIT: Duration = Duration::from_mins(3);

/// Between two looks at the terminal's wishes while events are awaited.
const TICK: Duration = Duration::from_millis(100);

/// Runs the tour, then waits for a signal; returns the exit code.
///
/// # Errors
/// As `dev`; and when an answer of the API isn't what the contract says, or the job doesn't end.
pub fn run(repo: &Repo, port: u16, gallery: bool) -> Result<u8> {
    let begun = Instant::now();
    stack::free(port)?;
    let board = Board::new();
    let state = repo.path(".state/demo");
    let (own, made) = variables::read_or_make(&repo.path(".dev.vars"))?;
    if made {
        board.line("made .dev.vars with a random API_KEY");
    }
    let variables = variables::only_api_key(&own);
    let programs = Programs::prepare(repo, &state, &board)?;
    let options = stack::Options { port, state, variables, echo: false };
    let mut stack = board.watch("start the stack", |_| Stack::start(&programs, options))?;
    let ended = match tour(&mut stack, &board, begun, programs.tools.fresh, gallery) {
        Ok(Tour::Done) => stack.until_stopped(),
        Ok(Tour::Stopped) => Ok(()),
        Err(error) => Err(error),
    };
    stack.stop();
    ended.map(|()| 0)
}

enum Tour {
    Done,
    /// Somebody wanted us to stop before its end.
    Stopped,
}

/// One job, from an empty project to a published page.
fn tour(stack: &mut Stack, board: &Board, begun: Instant, first_run: bool, gallery: bool) -> Result<Tour> {
    let api = Api::new(stack.url(), stack.api_key());
    let project = api.post(
        "/api/projects",
        &json!({ "name": "Summer 2026", "description": "A poster for the season's first regatta" }),
        "id",
    )?;
    let emulator = Api::new(stack.emulator_url().to_owned(), "");
    let steering = json!({ "promptContains": PROMPT, "directives": DIRECTIVES });
    emulator.post("/_control/directives", &steering, "promptContains")?;
    let session = session_id()?;
    let stream = api.stream(&session)?;
    let job = api.post(
        &format!("/api/projects/{project}/jobs"),
        &json!({ "prompt": PROMPT, "providers": PROVIDERS, "variants": VARIANTS, "sessionId": session }),
        "jobId",
    )?;
    board.line(format!("\n{PROMPT}\n"));
    let mut lines = Lines::new(board);
    let until = Instant::now() + JOB_LIMIT;
    let mut first_event = None;
    loop {
        match stream.recv_timeout(TICK) {
            Ok(Ok(event)) if event.job_id() == Some(job.as_str()) => {
                first_event.get_or_insert_with(|| begun.elapsed());
                lines.show(&event);
                if event.ends_job() {
                    break;
                }
            }
            Ok(Ok(_)) | Err(RecvTimeoutError::Timeout) => {}
            Ok(Err(error)) => return Err(error),
            Err(RecvTimeoutError::Disconnected) => bail!("the stream ended before the job did"),
        }
        match stack.wait(Duration::ZERO) {
            Some(Event::Signal) => return Ok(Tour::Stopped),
            Some(Event::Ended(name)) => return Err(stack.obituary(name)),
            None if Instant::now() > until => bail!("the job isn't done after {} s", JOB_LIMIT.as_secs()),
            None => {}
        }
    }
    lines.end();
    let slug = api.post(&format!("/api/projects/{project}/artifacts/lookbook"), &json!({}), "public_slug")?;
    if let (true, Some(took)) = (first_run, first_event) {
        board.line(format!("first run: {} from the command to the first event", seconds(took)));
    }
    let index = gallery.then(|| gallery::make(stack, board, &api, &session)).transpose()?;
    println!("\nlookbook  {}/public/lookbook/{slug}", stack.url());
    println!("API       {}/api/projects with X-Api-Key from .dev.vars", stack.url());
    println!("logs      {}", stack.state().join("logs").display());
    if let Some(index) = index {
        println!("gallery   {}", index.display());
    }
    println!("\nup until Ctrl-C");
    Ok(Tour::Done)
}

/// A stream of its own for each run, so that it begins with this job.
fn session_id() -> Result<String> {
    let mut bytes = [0; 6];
    getrandom::fill(&mut bytes)?;
    Ok(format!("demo-{}", hex(&bytes)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn session_ids_are_valid_and_differ() {
        let (one, other) = (session_id().unwrap(), session_id().unwrap());
        assert_ne!(one, other);
        assert!(one.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'));
    }
}
