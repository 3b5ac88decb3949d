//! The load: a few clients who do everything that people do, each request as likely and as heavy at the end as at the
//! beginning. What is read, changed and published is a fixed set; what new jobs fill is put away when it's full, so
//! that memory which grows was leaked, not asked for.

use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::{self, Scope};
use std::time::{Duration, Instant};

use fastrand::Rng;
use serde_json::{Value, json};
use tungstenite::client::IntoClientRequest;
use xtask::stack::Stack;

use crate::api::{Body, Caller};
use crate::studio::{SCENE, text, unique, until_complete};

/// Clients.
const CLIENTS: u64 = 8;
/// Projects that they read, change and publish, with a picture each.
const PROJECTS: usize = 16;
/// Jobs in a project and a session before the next ones take their place.
const DESK_JOBS: u64 = 20;
/// Jobs at a time: the providers paint on this machine, too.
const OPEN_JOBS: usize = 2;
/// How long a stream stays open, in milliseconds, at most.
const LISTENING_MS: u64 = 500;
/// How long anybody waits for an answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// How fast the clients are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// As fast as they are answered.
    Unlimited,
    /// All of them together.
    PerSecond(u64),
}

/// The clients and what they have done.
#[derive(Debug)]
pub struct Load {
    api: Caller,
    host: String,
    key: String,
    projects: Vec<String>,
    pages: Vec<String>,
    desk: Mutex<Desk>,
    open: Mutex<Vec<String>>,
    going: AtomicBool,
    requests: AtomicU64,
    jobs: AtomicU64,
    streams: AtomicU64,
    errors: AtomicU64,
}

/// Where new jobs go.
#[derive(Debug, Clone)]
struct Desk {
    project: String,
    session: String,
    jobs: u64,
}

impl Desk {
    fn new(api: &Caller) -> Self {
        let project = api.post("/api/projects", &json!({ "name": unique("Soak ") })).expect(201).json();
        Self { project: text(&project["id"]), session: unique("soak-"), jobs: 0 }
    }
}

impl Load {
    /// Makes what the clients work on.
    pub fn new(stack: &Stack) -> Self {
        let api = Caller::with_patience(stack.url(), Some(stack.api_key().to_owned()), PATIENCE);
        let projects: Vec<String> = (0..PROJECTS).map(|_| with_a_picture(&api)).collect();
        let page = |project: &String| {
            let path = format!("/api/projects/{project}/artifacts/lookbook");
            text(&api.send("POST", &path, &[], Body::None).expect(201).json()["public_slug"])
        };
        Self {
            host: stack.url().trim_start_matches("http://").to_owned(),
            key: stack.api_key().to_owned(),
            pages: projects.iter().map(page).collect(),
            projects,
            desk: Mutex::new(Desk::new(&api)),
            api,
            open: Mutex::default(),
            going: AtomicBool::new(false),
            requests: AtomicU64::new(0),
            jobs: AtomicU64::new(0),
            streams: AtomicU64::new(0),
            errors: AtomicU64::new(0),
        }
    }

    /// Starts the clients; they go on until [`Load::stop`].
    pub fn start<'scope>(&'scope self, scope: &'scope Scope<'scope, '_>, pace: Pace) {
        self.going.store(true, Ordering::Release);
        for client in 0..CLIENTS {
            scope.spawn(move || self.work(pace, Rng::with_seed(client)));
        }
    }

    /// Ends the clients after the request that each is at.
    pub fn stop(&self) {
        self.going.store(false, Ordering::Release);
    }

    /// Counts from 0 again.
    pub fn reset(&self) {
        for counter in [&self.requests, &self.jobs, &self.streams, &self.errors] {
            counter.store(0, Ordering::Relaxed);
        }
    }

    pub fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    pub fn jobs(&self) -> u64 {
        self.jobs.load(Ordering::Relaxed)
    }

    pub fn streams(&self) -> u64 {
        self.streams.load(Ordering::Relaxed)
    }

    /// Requests that weren't answered as they should be.
    pub fn errors(&self) -> u64 {
        self.errors.load(Ordering::Relaxed)
    }

    fn work(&self, pace: Pace, mut rng: Rng) {
        let begun = now();
        let mut done = 0;
        while self.going.load(Ordering::Acquire) {
            self.one_request(&mut rng);
            self.requests.fetch_add(1, Ordering::Relaxed);
            done += 1;
            if let Pace::PerSecond(rate) = pace {
                // By the clock, not by the last answer: a slow answer must not lower the load.
                let due = Duration::from_millis(done * CLIENTS * 1_000 / rate);
                thread::sleep(due.saturating_sub(begun.elapsed()));
            }
        }
    }

    fn one_request(&self, rng: &mut Rng) {
        let at = rng.usize(0..self.projects.len());
        let project = &self.projects[at];
        match rng.u8(0..100) {
            0..3 => self.start_job(),
            3..4 => self.ask("POST", &format!("/api/projects/{project}/artifacts/lookbook"), Body::None, 201),
            4..8 => self.listen(rng),
            8..20 => self.look_at_a_job(),
            20..35 => self.ask("GET", &format!("/public/lookbook/{}", self.pages[at]), Body::None, 200),
            35..50 => {
                self.ask("GET", &format!("/api/projects/{project}/progressions?limit=20"), Body::None, 200);
            }
            50..55 => self.ask("GET", "/api/projects?limit=20", Body::None, 200),
            55..75 => self.ask("GET", &format!("/api/projects/{project}"), Body::None, 200),
            _ => {
                let body = json!({ "name": format!("Soak {}", rng.u32(..)) }).to_string();
                self.ask("PATCH", &format!("/api/projects/{project}"), Body::Bytes(body.as_bytes()), 200);
            }
        }
    }

    fn ask(&self, method: &str, path: &str, body: Body<'_>, expected: u16) {
        match self.api.try_send(method, path, &[], body) {
            Ok(reply) if reply.status == expected => {}
            Ok(reply) => self.failed(&format!("{method} {path}: {} {}", reply.status, reply.text())),
            Err(error) => self.failed(&format!("{method} {path}: {error}")),
        }
    }

    fn start_job(&self) {
        if self.open_jobs().len() >= OPEN_JOBS {
            return self.look_at_a_job();
        }
        let Desk { project, session, .. } = self.desk_for_a_job();
        let body = one_picture(&session);
        match self.api.try_send(
            "POST",
            &format!("/api/projects/{project}/jobs"),
            &[],
            Body::Bytes(body.to_string().as_bytes()),
        ) {
            Ok(reply) if reply.status == 202 => {
                self.jobs.fetch_add(1, Ordering::Relaxed);
                self.open_jobs().push(text(&reply.json()["jobId"]));
            }
            Ok(reply) => self.failed(&format!("a job: {} {}", reply.status, reply.text())),
            Err(error) => self.failed(&format!("a job: {error}")),
        }
    }

    fn look_at_a_job(&self) {
        let Some(job) = self.open_jobs().first().cloned() else {
            return self.ask("GET", "/api/admin/overview", Body::None, 200);
        };
        match self.api.try_send("GET", &format!("/api/jobs/{job}"), &[], Body::None) {
            Ok(reply) if reply.status == 200 => {
                if reply.json()["state"] == "complete" {
                    self.open_jobs().retain(|open| *open != job);
                }
            }
            Ok(reply) => self.failed(&format!("job {job}: {} {}", reply.status, reply.text())),
            Err(error) => self.failed(&format!("job {job}: {error}")),
        }
    }

    /// Where the next job goes: to a new desk when the old one is full.
    fn desk_for_a_job(&self) -> Desk {
        let mut desk = self.desk();
        if desk.jobs == DESK_JOBS {
            *desk = Desk::new(&self.api);
        }
        desk.jobs += 1;
        desk.clone()
    }

    fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Opens a session's stream, listens for a moment and leaves without a word.
    fn listen(&self, rng: &mut Rng) {
        let opened = (|| {
            let tcp = TcpStream::connect(&self.host).ok()?;
            tcp.set_read_timeout(Some(PATIENCE)).ok()?;
            let session = self.desk().session.clone();
            let address = format!("ws://{}/api/stream/{session}?since=0", self.host);
            let mut request = address.into_client_request().ok()?;
            request.headers_mut().insert("x-api-key", self.key.parse().ok()?);
            tungstenite::client(request, tcp).ok()
        })();
        self.streams.fetch_add(1, Ordering::Relaxed);
        let Some((mut socket, _)) = opened else { return self.failed("a stream that couldn't be opened") };
        let until = now() + Duration::from_millis(rng.u64(0..LISTENING_MS));
        while now() < until {
            let left = until.saturating_duration_since(now()).max(Duration::from_millis(1));
            if socket.get_ref().set_read_timeout(Some(left)).is_err() || socket.read().is_err() {
                break;
            }
        }
    }

    fn open_jobs(&self) -> MutexGuard<'_, Vec<String>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn failed(&self, how: &str) {
        self.errors.fetch_add(1, Ordering::Relaxed);
        eprintln!("{how}");
    }
}

/// A new project that one job has put a picture into.
fn with_a_picture(api: &Caller) -> String {
    let Desk { project, session, .. } = Desk::new(api);
    let started =
        api.post(&format!("/api/projects/{project}/jobs"), &one_picture(&session)).expect(202).json();
    until_complete(api, &text(&started["jobId"]));
    project
}

fn one_picture(session: &str) -> Value {
    json!({ "prompt": SCENE, "providers": ["openai"], "variants": 1, "sessionId": session })
}

#[expect(
    clippy::disallowed_methods,
    reason = "a native harness, not part of the core with its injected time"
)]
pub fn now() -> Instant {
    Instant::now()
}
