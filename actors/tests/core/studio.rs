//! A world with one project and one session, and the questions that tests ask of it.

use picasso_actors::address::ActorName;
use picasso_actors::ids::{JobId, ProgressionId, ProjectId, SessionId};
use picasso_actors::job::journal::{self, Status, Variant};
use picasso_actors::job::money::Terms;
use picasso_actors::job::stage::Stage;
use picasso_actors::job::wishes::{Materials, Wishes};
use picasso_actors::job::{self, Selection, Spec};
use picasso_actors::protocol::{Message, Reply};
use picasso_actors::provider::Provider;
use picasso_actors::request::{DEADLINE_MS, JOB_DEADLINE_MS};
use picasso_actors::sql::Sql as _;
use picasso_actors::{project, session};
use serde_json::Value;

use crate::world::World;
use crate::world::outside::Call;

pub struct Studio {
    pub world: World,
    pub project: ProjectId,
    pub session: SessionId,
}

/// One event of the stream.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    pub seq: i64,
    pub kind: String,
    pub ts: i64,
    pub data: Value,
}

impl Event {
    pub fn read(frame: &str) -> Self {
        let frame: Value = serde_json::from_str(frame).unwrap();
        Self {
            seq: frame["seq"].as_i64().unwrap(),
            kind: frame["type"].as_str().unwrap().to_owned(),
            ts: frame["ts"].as_i64().unwrap(),
            data: frame["data"].clone(),
        }
    }

    /// Whether it's about `provider`'s variant `index`.
    pub fn is_of(&self, provider: Provider, index: u32) -> bool {
        self.data["provider"] == provider.as_str() && self.data["variantIndex"] == index
    }

    /// Whether it's about this variant, and none that had its place before or after.
    fn is_of_variant(&self, variant: &Variant) -> bool {
        match &self.data["ordinal"] {
            // Version 1 knew no retries.
            Value::Null => self.is_of(variant.provider, variant.index),
            ordinal => *ordinal == variant.ordinal,
        }
    }

    fn ends_a_variant(&self) -> bool {
        !self.data["variantIndex"].is_null() && ["complete", "fail"].contains(&self.kind.as_str())
    }
}

impl Studio {
    pub fn new(seed: u64) -> Self {
        let mut world = World::new(seed);
        let project = ProjectId::random(&mut world.seed);
        let session = SessionId::parse("ada-laptop").unwrap();
        let create =
            project::Message::Create { name: "Sea".to_owned(), description: "Boats and more.".to_owned() };
        let reply = world.ask(&ActorName::Project(project.clone()), Message::Project(create));
        assert!(matches!(reply, Reply::Body(_)), "{reply:?}");
        Self { world, project, session }
    }

    /// What a job of `providers` × `variants` is asked for.
    pub fn spec(&self, providers: &[Provider], variants: u32) -> Spec {
        Spec {
            project_id: self.project.clone(),
            session_id: self.session.clone(),
            prompt: "A red boat on a calm sea".to_owned(),
            providers: providers.to_vec(),
            variants,
            deadline_ms: DEADLINE_MS,
            job_deadline_ms: JOB_DEADLINE_MS,
            wishes: Wishes::default(),
            materials: Materials::default(),
            routes: Vec::new(),
            terms: Terms::default(),
        }
    }

    pub fn start(&mut self, providers: &[Provider], variants: u32) -> JobId {
        let spec = self.spec(providers, variants);
        self.start_as(spec)
    }

    pub fn start_as(&mut self, spec: Spec) -> JobId {
        let job = JobId::random(&self.project, &mut self.world.seed);
        let reply = self.world.ask(&ActorName::Job(job.clone()), start(spec));
        assert!(matches!(reply, Reply::Body(_)), "{reply:?}");
        job
    }

    /// Starts a job as a caller does whose question may get lost: asks again under the same id until there's an answer.
    pub fn start_whatever_happens(&mut self, spec: &Spec) -> JobId {
        let job = JobId::random(&self.project, &mut self.world.seed);
        let me = ActorName::Job(job.clone());
        while self.world.ask_as("start", &me, start(spec.clone())).is_err() {}
        job
    }

    /// Starts a job and sees it through.
    pub fn run(&mut self, providers: &[Provider], variants: u32) -> JobId {
        let job = self.start(providers, variants);
        self.world.run();
        job
    }

    pub fn ask_project(&mut self, message: project::Message) -> Reply {
        self.world.ask(&ActorName::Project(self.project.clone()), Message::Project(message))
    }

    pub fn ask_session(&mut self, message: session::Message) -> Reply {
        self.world.ask(&ActorName::Session(self.session.clone()), Message::Session(message))
    }

    /// The stream from its beginning, read page by page as a socket is served.
    pub fn events(&mut self) -> Vec<Event> {
        let (mut since, mut events) = (0, Vec::new());
        loop {
            let page = self.replay(since, 40);
            events.extend(page.events.iter().map(|frame| Event::read(frame.get())));
            match page.next {
                Some(next) => since = next,
                None => return events,
            }
        }
    }

    pub fn events_of(&mut self, provider: Provider, index: u32) -> Vec<Event> {
        self.events().into_iter().filter(|event| event.is_of(provider, index)).collect()
    }

    /// The kinds of event that a variant had, in order.
    pub fn kinds_of(&mut self, provider: Provider, index: u32) -> Vec<String> {
        self.events_of(provider, index).into_iter().map(|event| event.kind).collect()
    }

    pub fn replay(&mut self, since: i64, limit: u32) -> session::Replay {
        self.replay_of(None, since, limit)
    }

    pub fn replay_of(&mut self, job: Option<&JobId>, since: i64, limit: u32) -> session::Replay {
        match self.ask_session(session::Message::Replay { since, limit, job: job.cloned() }) {
            Reply::Body(raw) => serde_json::from_str(raw.get()).unwrap(),
            other => panic!("{other:?}"),
        }
    }

    /// Which life of the session's state the stream belongs to.
    pub fn epoch(&mut self) -> String {
        let me = ActorName::Session(self.session.clone());
        session::store::head(self.world.sql(&me)).unwrap().epoch
    }

    pub fn variants(&mut self, job: &JobId) -> Vec<Variant> {
        job::store::variants(self.world.sql(&ActorName::Job(job.clone()))).unwrap()
    }

    pub fn variant(&mut self, job: &JobId, provider: Provider, index: u32) -> Variant {
        let found = self.variants(job).into_iter().find(|it| it.provider == provider && it.index == index);
        found.unwrap()
    }

    /// The attempts at `stage`, in order.
    pub fn calls(&self, stage: Stage) -> Vec<Call> {
        self.world.outside.calls.iter().filter(|call| call.work.stage == stage).cloned().collect()
    }

    /// The job as the API shows it.
    pub fn fetch(&mut self, job: &JobId) -> Value {
        body(&self.world.ask(&ActorName::Job(job.clone()), Message::Job(job::Message::Fetch)))
    }

    /// Cancels what `selection` says of a job.
    pub fn cancel(&mut self, job: &JobId, selection: Selection) -> Value {
        self.ask_job(job, job::Message::Cancel(selection))
    }

    /// Retries what `selection` says of a job.
    pub fn retry(&mut self, job: &JobId, selection: Selection) -> Value {
        self.ask_job(job, job::Message::Retry(selection))
    }

    fn ask_job(&mut self, job: &JobId, message: job::Message) -> Value {
        body(&self.world.ask(&ActorName::Job(job.clone()), Message::Job(message)))
    }

    /// D1's rows of the job, in order, each as an object.
    pub fn rows(&self, job: &JobId) -> Vec<Value> {
        let rows = self.world.d1.json(&format!(
            "SELECT json_group_array(json_object('id', id, 'url', generated_image_url, 'original', original_image_r2_key,
               'provider', ai_provider, 'index', variant_index, 'judgment', judgment, 'notes', ai_notes, 'tags', ai_tags,
               'suggestion', retry_suggestion, 'duplicateOf', near_duplicate_of, 'distance', near_duplicate_distance,
               'refined', refined_prompt, 'tips', tip_ids, 'revision', revision))
             FROM (SELECT * FROM image_progressions WHERE job_id = '{job}' ORDER BY id)"
        ));
        rows.as_array().unwrap().clone()
    }

    /// Checks what must hold of a job that has come to its end, whatever happened on the way.
    pub fn check_ended(&mut self, job: &JobId) {
        self.check_ended_again(job, 1);
    }

    /// The same of a job that has come to its end `times` times, because retries opened it again.
    pub fn check_ended_again(&mut self, job: &JobId, times: usize) {
        let events = self.events();
        let seqs: Vec<i64> = events.iter().map(|event| event.seq).collect();
        assert_eq!(seqs, (1..=i64::try_from(seqs.len()).unwrap()).collect::<Vec<_>>(), "dense from 1");

        let mine: Vec<&Event> = events.iter().filter(|event| event.data["jobId"] == job.as_str()).collect();
        let variants = self.variants(job);
        for variant in &variants {
            let of = mine.iter().filter(|event| event.is_of_variant(variant));
            let kinds: Vec<&Event> = of.copied().collect();
            assert_eq!(kinds[0].kind, "queued");
            assert_eq!(kinds.iter().filter(|event| event.ends_a_variant()).count(), 1, "one end: {kinds:?}");
            assert!(kinds.last().unwrap().ends_a_variant(), "nothing follows the end: {kinds:?}");
            self.check_fold(job, variant);
        }
        let finals = mine.iter().filter(|event| event.data["variantIndex"].is_null()).count();
        assert_eq!(finals, times, "the job completes once whenever it was opened");
        let last = mine.last().unwrap();
        assert!(last.kind == "complete" && last.data["variantIndex"].is_null(), "and last: {last:?}");

        let pictures = variants.iter().filter(|it| it.status == Status::Complete).count();
        assert_eq!(self.rows(job).len(), pictures, "one row for each picture");
        self.check_d1(job);
        self.check_sent();
    }

    /// The journal folds to the stored variant.
    fn check_fold(&mut self, job: &JobId, stored: &Variant) {
        let sql = self.world.sql(&ActorName::Job(job.clone()));
        let head = job::store::head(sql).unwrap().unwrap();
        let slot = job::plan::Slot {
            ordinal: stored.ordinal,
            provider: stored.provider,
            index: stored.index,
            retry_of: stored.retry_of,
            composes: stored.composes,
        };
        let may_take = i64::try_from(head.spec.deadline_ms).unwrap();
        let deadline = stored.deadline_at.unwrap_or(head.created_at + may_take);
        let mut folded = Variant::new(slot, deadline - may_take, deadline);
        let happened = job::store::journal(sql, stored.ordinal).unwrap();
        // A retry that began with a picture of another model's knows of the way there from the beginning.
        if !happened.iter().any(|(event, _)| matches!(event, journal::Event::Rerouted { .. })) {
            folded.hops.clone_from(&stored.hops);
        }
        for (event, at) in happened {
            folded.apply(&event, at).unwrap();
        }
        if stored.deadline_at.is_none() {
            // Version 1 noted neither.
            folded.deadline_at = None;
            folded.began_at = stored.began_at;
        }
        assert_eq!(folded, *stored);
    }

    /// D1 shows what the actors hold.
    fn check_d1(&mut self, job: &JobId) {
        let head = job::store::head(self.world.sql(&ActorName::Job(job.clone()))).unwrap().unwrap();
        let row = self.world.d1.json(&format!(
            "SELECT json_array(state, completed, failed, passed, near_duplicates, revision) FROM jobs WHERE id = '{job}'"
        ));
        let truth = serde_json::json!([
            head.state.as_str(),
            head.completed,
            head.failed,
            head.passed,
            head.near_duplicates,
            head.revision
        ]);
        assert_eq!(row, truth);
        let project = self.project.clone();
        for row in self.rows(job) {
            let id = row["id"].as_str().unwrap();
            let sql = self.world.sql(&ActorName::Project(project.clone()));
            let columns = project::store::progression_columns(sql, project.as_str(), &progression(id));
            let columns: Value = serde_json::from_str(&columns.unwrap().unwrap()).unwrap();
            assert_eq!(columns["revision"], row["revision"]);
            assert_eq!(columns["judgment"], row["judgment"]);
        }
    }

    /// Every outbox is empty.
    pub fn check_sent(&mut self) {
        for me in self.world.names() {
            let left = self.world.sql(&me).exec("SELECT lane, item FROM outbox", &[]).unwrap();
            assert_eq!(left, [], "{me}");
        }
    }
}

pub fn start(spec: Spec) -> Message {
    Message::Job(job::Message::Start(Box::new(spec)))
}

/// The JSON of a reply that has one.
pub fn body(reply: &Reply) -> Value {
    match reply {
        Reply::Body(raw) => serde_json::from_str(raw.get()).unwrap(),
        other => panic!("{other:?}"),
    }
}

pub fn progression(id: &str) -> ProgressionId {
    ProgressionId::parse(id).unwrap()
}
