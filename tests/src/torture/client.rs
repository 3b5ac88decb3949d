//! One client: makes and renames projects, starts jobs, publishes lookbooks, and looks at all of it in between.

use std::collections::BTreeSet;
use std::thread;
use std::time::Duration;

use fastrand::Rng;
use serde_json::{Value, json};

use super::run::{Run, now};
use crate::api::Body;
use crate::history::{Kind, Start, jobs};
use crate::studio::{self, SCENE};

/// Projects that a client makes.
const PROJECTS: usize = 8;
/// Jobs that it has open at a time: the providers paint on this machine, too.
const OPEN_JOBS: usize = 2;
/// Lookbooks that it publishes.
const LOOKBOOKS: usize = 20;
/// Longest pause between two requests, in milliseconds.
const THINKING_MS: u64 = 10;
const PROVIDERS: [&str; 3] = ["openai", "gemini", "workers"];

/// Something that this client alone writes.
struct Project {
    id: String,
    version: u64,
}

struct Client<'a> {
    run: &'a Run,
    rng: Rng,
    session: &'a str,
    projects: Vec<Project>,
    jobs: Vec<String>,
    open: Vec<String>,
    lookbooks: Vec<String>,
}

/// Works until told to stop; returns the ids of what it was told of: jobs, projects and lookbooks.
pub fn work(run: &Run, session: &str, rng: Rng) -> Known {
    let (projects, jobs, open, lookbooks) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut client = Client { run, rng, session, projects, jobs, open, lookbooks };
    while run.is_working() {
        client.step();
        thread::sleep(Duration::from_millis(client.rng.u64(0..=THINKING_MS)));
    }
    Known {
        projects: client.projects.into_iter().map(|project| project.id).collect(),
        jobs: client.jobs,
        lookbooks: client.lookbooks,
    }
}

/// What a client was told is there.
#[derive(Debug, Default)]
pub struct Known {
    pub projects: Vec<String>,
    pub jobs: Vec<String>,
    pub lookbooks: Vec<String>,
}

impl Client<'_> {
    fn step(&mut self) {
        match self.rng.u8(0..100) {
            _ if self.projects.is_empty() => self.create(),
            0..3 if self.projects.len() < PROJECTS => self.create(),
            0..15 if self.open.len() < OPEN_JOBS => self.start(),
            15..17 if self.lookbooks.len() < LOOKBOOKS => self.publish(),
            17..22 => self.list(),
            22..32 => self.read_project(),
            32..42 => self.read_job(),
            _ => self.rename(),
        }
    }

    fn create(&mut self) {
        let begun = now();
        let body = json!({ "name": name(self.run, 0) }).to_string();
        let Some(reply) = self.run.send("POST", "/api/projects", Body::Bytes(body.as_bytes())) else {
            return;
        };
        let id = studio::text(&reply.expect(201).json()["id"]);
        let key = format!("project {id}");
        self.run.saw(Kind::Attempt, &key, 0, begun);
        self.run.saw(Kind::Acknowledged, &key, 0, begun);
        self.projects.push(Project { id, version: 0 });
    }

    fn rename(&mut self) {
        let at = self.rng.usize(0..self.projects.len());
        let project = &mut self.projects[at];
        project.version += 1;
        let (begun, version) = (now(), project.version);
        let key = format!("project {}", project.id);
        self.run.saw(Kind::Attempt, &key, version, begun);
        let body = json!({ "name": name(self.run, version) }).to_string();
        let path = format!("/api/projects/{}", project.id);
        let Some(reply) = self.run.send("PATCH", &path, Body::Bytes(body.as_bytes())) else { return };
        if reply.status == 404 {
            return self.run.saw(Kind::Missing, &key, 0, begun);
        }
        self.run.saw(Kind::Acknowledged, &key, version, begun);
        // The answer is a read, too.
        self.run.saw(Kind::Seen, &key, shown_version(&reply.expect(200).json()), now());
    }

    fn read_project(&mut self) {
        let project = &self.projects[self.rng.usize(0..self.projects.len())];
        read_project(self.run, &project.id, [Kind::Seen, Kind::Missing]);
    }

    /// What lists show may be behind, but it never goes back.
    fn list(&mut self) {
        let begun = now();
        let Some(reply) = self.run.send("GET", "/api/projects?limit=100", Body::None) else { return };
        for project in reply.expect(200).json()["projects"].as_array().unwrap() {
            let id = studio::text(&project["id"]);
            self.run.saw(Kind::Seen, &listed_key(&id), shown_version(project), begun);
        }
    }

    fn start(&mut self) {
        let project = &self.projects[self.rng.usize(0..self.projects.len())];
        let word = format!("{}{:016x}x", self.run.round_word(), self.rng.u64(..));
        let first = self.rng.usize(0..PROVIDERS.len());
        let count = self.rng.usize(1..=2);
        let providers: Vec<&str> = PROVIDERS.into_iter().cycle().skip(first).take(count).collect();
        let variants = self.rng.u64(1..=2);
        let slow = self.rng.u64(100..1_200);
        let body = json!({
            "prompt": format!("{SCENE} {{{word}}} {{slow:{slow}}}"),
            "providers": providers, "variants": variants, "sessionId": self.session,
        });
        let path = format!("/api/projects/{}/jobs", project.id);
        let begun = now();
        let reply = self.run.send("POST", &path, Body::Bytes(body.to_string().as_bytes()));
        if reply.as_ref().is_some_and(|reply| reply.status == 404) {
            return self.run.saw(Kind::Missing, &format!("project {}", project.id), 0, begun);
        }
        let job = reply.map(|reply| studio::text(&reply.expect(202).json()["jobId"]));
        let variants: BTreeSet<jobs::Variant> = providers
            .iter()
            .flat_map(|provider| (0..variants).map(|index| ((*provider).to_owned(), index)))
            .collect();
        let acknowledged = job.as_ref().map(|_| now());
        if let Some(job) = &job {
            self.run.saw(Kind::Acknowledged, &format!("job {job}"), 0, begun);
            self.jobs.push(job.clone());
            self.open.push(job.clone());
        }
        self.run.note(|history| history.starts.push(Start { job, acknowledged, word, variants }));
    }

    fn read_job(&mut self) {
        // Open ones above all: a client that never looks at them starts no more.
        let of = if self.rng.u8(0..4) > 0 && !self.open.is_empty() { &self.open } else { &self.jobs };
        if of.is_empty() {
            return;
        }
        let job = of[self.rng.usize(0..of.len())].clone();
        if read_job(self.run, &job, [Kind::Seen, Kind::Missing]) == Some(true) {
            self.open.retain(|open| *open != job);
        }
    }

    fn publish(&mut self) {
        let project = &self.projects[self.rng.usize(0..self.projects.len())];
        let path = format!("/api/projects/{}/artifacts/lookbook", project.id);
        let begun = now();
        let Some(reply) = self.run.send("POST", &path, Body::None) else { return };
        if reply.status == 404 {
            return self.run.saw(Kind::Missing, &format!("project {}", project.id), 0, begun);
        }
        let slug = studio::text(&reply.expect(201).json()["public_slug"]);
        self.run.saw(Kind::Acknowledged, &format!("lookbook {slug}"), 0, begun);
        self.lookbooks.push(slug);
    }
}

/// Reads a project and writes down what came: `seen`, or `missing` when it isn't there.
pub fn read_project(run: &Run, id: &str, [seen, missing]: [Kind; 2]) -> Option<u64> {
    let begun = now();
    let reply = run.send("GET", &format!("/api/projects/{id}"), Body::None)?;
    let version = (reply.status == 200).then(|| shown_version(&reply.json()));
    run.saw(
        if version.is_some() { seen } else { missing },
        &format!("project {id}"),
        version.unwrap_or(0),
        begun,
    );
    version
}

/// The same for a job and each of its variants; whether it's over.
pub fn read_job(run: &Run, id: &str, [seen, missing]: [Kind; 2]) -> Option<bool> {
    let begun = now();
    let reply = run.send("GET", &format!("/api/jobs/{id}"), Body::None)?;
    if reply.status != 200 {
        run.saw(missing, &format!("job {id}"), 0, begun);
        return Some(false);
    }
    let shown = reply.json();
    run.saw(seen, &format!("job {id}"), 0, begun);
    for variant in shown["variants"].as_array().unwrap() {
        let key =
            variant_key(id, variant["provider"].as_str().unwrap(), variant["variantIndex"].as_u64().unwrap());
        run.saw(seen, &key, jobs::percent(variant.get("progress")), begun);
    }
    Some(shown["state"] == "complete")
}

/// The same for a published page.
pub fn read_lookbook(run: &Run, slug: &str, [seen, missing]: [Kind; 2]) -> Option<()> {
    let begun = now();
    let reply = run.send("GET", &format!("/public/lookbook/{slug}"), Body::None)?;
    run.saw(if reply.status == 200 { seen } else { missing }, &format!("lookbook {slug}"), 0, begun);
    Some(())
}

/// What the progress of a variant is written down under.
pub fn variant_key(job: &str, provider: &str, index: u64) -> String {
    format!("variant {job} {provider} {index}")
}

/// What a project's row in D1 is written down under.
pub fn listed_key(project: &str) -> String {
    format!("listed {project}")
}

fn name(run: &Run, version: u64) -> String {
    format!("{} v{version}", run.name)
}

/// The version in a project's name.
pub fn shown_version(project: &Value) -> u64 {
    let name = project["name"].as_str().unwrap_or_default();
    name.rsplit_once(" v").and_then(|(_, version)| version.parse().ok()).expect("a name of ours")
}
