//! Many who ask for the same job under the same key, again and again, through every kill: there is to be one.

use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

use fastrand::Rng;
use serde_json::json;

use super::run::{Run, now};
use crate::api::Body;
use crate::history::{Answer, Start};
use crate::studio::{self, SCENE};

/// Who asks at the same time.
pub const VOICES: usize = 32;
/// Requests in all.
const REQUESTS: u32 = 1_000;
/// Longest pause of each between two requests, in milliseconds, for each round of the run: so that they go on through it.
const PAUSE_MS: u64 = 100;

/// The request that everybody sends.
pub struct Chorus {
    path: String,
    body: String,
    key: String,
    word: String,
    asked: AtomicU32,
}

impl Chorus {
    /// Makes the project that the job is for. The Worker must be there.
    pub fn new(run: &Run, session: &str) -> Self {
        let project =
            run.api.post("/api/projects", &json!({ "name": format!("{} v0", run.name) })).expect(201);
        let word = format!("{}chorus", run.name);
        let body = json!({
            "prompt": format!("{SCENE} {{{word}}} {{slow:1000}}"),
            "providers": ["openai"], "variants": 1, "sessionId": session,
        });
        let path = format!("/api/projects/{}/jobs", studio::text(&project.json()["id"]));
        Self { path, body: body.to_string(), key: word.clone(), word, asked: AtomicU32::new(0) }
    }

    /// Asks until everybody together has had all answers, or the run is over.
    pub fn sing(&self, run: &Run, rounds: u32, mut rng: Rng) {
        while run.is_working() && self.asked.load(Ordering::Relaxed) < REQUESTS {
            let headers = [("idempotency-key", self.key.as_str())];
            if let Some(reply) =
                run.send_with("POST", &self.path, &headers, Body::Bytes(self.body.as_bytes()))
            {
                self.asked.fetch_add(1, Ordering::Relaxed);
                let reply = reply.expect(202);
                let (body, replayed) = (reply.text(), reply.header("idempotency-replayed") == "true");
                let job = studio::text(&reply.json()["jobId"]);
                run.note(|history| {
                    history.answers.push(Answer { key: self.key.clone(), replayed, body });
                    // The first to be told of a job speaks for all who are told of the same one.
                    if history.starts.iter().all(|start| start.job.as_ref() != Some(&job)) {
                        history.starts.push(Start {
                            job: Some(job),
                            acknowledged: Some(now()),
                            word: self.word.clone(),
                            variants: [("openai".to_owned(), 0)].into(),
                        });
                    }
                });
            }
            thread::sleep(Duration::from_millis(rng.u64(0..=PAUSE_MS * u64::from(rounds))));
        }
    }
}
