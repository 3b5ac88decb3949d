//! A test's own corner of the studio: a project, a session, and a word that is in all of its prompts, by which the shared
//! emulator and database tell its doings from other tests'.

use serde_json::{Value, json};

use crate::api::{Body, Caller, Reply};
use crate::database::Database;
use crate::emulator::Emulator;
use crate::stream::{Event, Stream};
use crate::wait;

/// A picture that the painter gets right and the judge passes.
pub const SCENE: &str = "a red circle on a white background";

/// A project with everything around it.
#[derive(Debug)]
pub struct Studio {
    /// Unique; letters and digits only.
    pub word: String,
    /// The session that its jobs report to.
    pub session: String,
    /// The project's id.
    pub project: String,
    /// Somebody with the key.
    pub api: Caller,
    /// The providers.
    pub emulator: Emulator,
    /// The read model.
    pub database: Database,
}

/// A job that ran to its end while somebody watched.
#[derive(Debug)]
pub struct Watched {
    /// Its id.
    pub id: String,
    /// Every event of the session, from the first to the one that closed the job.
    pub events: Vec<Event>,
}

impl Studio {
    /// A new one. `name` is the test's.
    pub fn open(name: &str) -> Self {
        let word = unique(name);
        let api = Caller::with_key();
        let project =
            api.post("/api/projects", &json!({ "name": format!("Test {word}") })).expect(201).json();
        Self {
            session: format!("session-{word}"),
            project: text(&project["id"]),
            word,
            api,
            emulator: Emulator::default(),
            database: Database::open(),
        }
    }

    /// The scene with this test's word, which is neither painted nor judged.
    pub fn prompt(&self, scene: &str) -> String {
        format!("{scene} {{{}}}", self.word)
    }

    /// The body of a job.
    pub fn job(&self, scene: &str, providers: &[&str], variants: u32) -> Value {
        json!({
            "prompt": self.prompt(scene), "providers": providers, "variants": variants, "sessionId": self.session,
        })
    }

    /// Uploads a PNG; what the API says of it.
    pub fn upload(&self, png: &[u8]) -> Value {
        let path = format!("/api/projects/{}/uploads", self.project);
        self.api.send("POST", &path, &[("content-type", "image/png")], Body::Bytes(png)).expect(201).json()
    }

    /// Asks for a job, whatever comes back.
    pub fn ask(&self, body: &Value) -> Reply {
        self.api.post(&format!("/api/projects/{}/jobs", self.project), body)
    }

    /// Starts a job; its id.
    pub fn start(&self, body: &Value) -> String {
        text(&self.ask(body).expect(202).json()["jobId"])
    }

    /// Runs a job to its end.
    pub fn watch(&self, body: &Value) -> Watched {
        let mut stream = Stream::open(&self.session, 0);
        let id = self.start(body);
        let events = stream.until_end(&id);
        Watched { id, events }
    }

    /// A job that is over at once and costs no picture: its only variant's key is refused.
    pub fn start_short_job(&self) -> String {
        let refused = json!({ "kind": "status", "status": 401 });
        let word = unique("short");
        self.emulator.fault("workers", &word, None, &refused);
        self.start(&self.job(&format!("{SCENE} {{{word}}}"), &["workers"], 1))
    }

    /// The job as the API shows it.
    pub fn fetch(&self, job: &str) -> Value {
        self.api.get(&format!("/api/jobs/{job}"))
    }

    /// The job as the API shows it, once it's over.
    pub fn finished(&self, job: &str) -> Value {
        until_complete(&self.api, job)
    }

    /// The job's progressions in the read model, by variant, once the read model knows that it's over.
    pub fn rows(&self, job: &str) -> Vec<serde_json::Map<String, Value>> {
        let statement = "SELECT COUNT(*) FROM jobs WHERE id = ? AND state = 'complete'";
        wait::until(&format!("job {job} is complete in D1"), || {
            (self.database.count(statement, &[&job]) == 1).then_some(())
        });
        let expected = self.fetch(job)["completed"].as_i64().unwrap();
        // The project sends its rows on its own: they may come after the job's.
        let settled = "SELECT COUNT(*) FROM image_progressions WHERE job_id = ? AND revision >= 2";
        wait::until(&format!("the pictures of job {job} are in D1"), || {
            (self.database.count(settled, &[&job]) >= expected).then_some(())
        });
        self.database.rows("SELECT * FROM image_progressions WHERE job_id = ? ORDER BY id", &[&job])
    }

    /// Every progression of the project as the API shows it.
    pub fn progressions(&self, query: &[(&str, &str)]) -> Vec<Value> {
        let query: String = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(query).finish();
        let page = self.api.get(&format!("/api/projects/{}/progressions?{query}", self.project));
        page["progressions"].as_array().unwrap().clone()
    }

    /// Publishes a lookbook; its slug.
    pub fn publish(&self) -> String {
        let path = format!("/api/projects/{}/artifacts/lookbook", self.project);
        let published = self.api.send("POST", &path, &[], Body::None).expect(201).json();
        text(&published["public_slug"])
    }
}

impl Watched {
    /// The events of one variant.
    pub fn of(&self, provider: &str, index: u64) -> Vec<&Event> {
        self.events.iter().filter(|event| event.is_of(provider, index)).collect()
    }

    /// What the job came to.
    pub fn summary(&self) -> &Value {
        self.events.last().unwrap().data("summary")
    }
}

/// The job as the API shows it, once it's over.
pub fn until_complete(api: &Caller, job: &str) -> Value {
    wait::until(&format!("job {job} completes"), || {
        Some(api.get(&format!("/api/jobs/{job}"))).filter(|shown| shown["state"] == "complete")
    })
}

/// `prefix` with enough randomness after it that no other test, or run on the same state, has it.
pub fn unique(prefix: &str) -> String {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).unwrap();
    format!("{prefix}{:016x}", u64::from_be_bytes(bytes))
}

/// A JSON text, which must be one.
pub fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("not a text: {value}")).to_owned()
}
