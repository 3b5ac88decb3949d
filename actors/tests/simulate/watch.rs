//! What must hold after every step. It looks at what is new only: each session has a reader who stays connected, comes back
//! with what it has when the object died, and follows the story of every job.

use std::collections::BTreeMap;

use picasso_actors::address::ActorName;
use picasso_actors::ids::SessionId;
use picasso_actors::job::{MOST_AT_ONCE, PULSE_MS};
use picasso_actors::outbox::GUARD_MS;
use picasso_actors::protocol::{Envelope, Message, Sender};
use picasso_actors::session::{self, Replay};

use crate::universe::Universe;
use crate::world::World;

/// All who look.
pub struct Watch {
    /// One a session.
    pub readers: Vec<Reader>,
    jobs: Vec<Lives>,
}

/// Somebody with an open stream.
pub struct Reader {
    me: ActorName,
    session: SessionId,
    /// Frames so far, the first with `seq` 1.
    pub log: Vec<String>,
    /// What the log says of each job.
    pub stories: BTreeMap<String, Story>,
    life: u32,
    seen: usize,
}

/// A job as its stream tells it.
#[derive(Debug, Default)]
pub struct Story {
    /// The last event of each variant, by its ordinal.
    pub variants: BTreeMap<u32, Phase>,
    /// Whether the job's own end was told.
    pub closed: bool,
    /// How often it began again after that.
    pub reopened: u32,
}

/// How far a variant's story is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// It goes on.
    Open,
    /// It ended with a picture.
    Complete,
    /// It ended without one.
    Failed,
}

/// The lives of a job's object.
struct Lives {
    me: ActorName,
    life: u32,
    /// When what the last life was doing must have been begun again.
    by: i64,
}

impl Watch {
    /// Nobody has seen anything.
    pub fn new(universe: &Universe) -> Self {
        let reader = |session: &SessionId| Reader {
            me: ActorName::Session(session.clone()),
            session: session.clone(),
            log: Vec::new(),
            stories: BTreeMap::new(),
            life: 1,
            seen: 0,
        };
        let lives = |me| Lives { me, life: 1, by: i64::MAX };
        Self {
            readers: universe.sessions.iter().map(reader).collect(),
            jobs: universe.jobs.iter().map(|job| lives(job.name())).collect(),
        }
    }

    /// Looks at what a step has changed.
    pub fn look(&mut self, world: &mut World) {
        if !world.faults.is_empty() {
            // That D1 refuses this one is meant.
            world.faults.retain(|(_, fault)| !fault.to_string().contains("failed: artifacts.public_slug"));
            assert!(world.faults.is_empty(), "a turn failed: {:?}", world.faults);
        }
        assert!(world.most_at_once <= MOST_AT_ONCE as usize, "{} attempts at once", world.most_at_once);
        for reader in &mut self.readers {
            reader.read(world);
        }
        for job in &mut self.jobs {
            job.look(world);
        }
    }

    /// Variants that ended with a picture.
    pub fn completed(&self) -> u64 {
        let stories = self.readers.iter().flat_map(|reader| reader.stories.values());
        stories.flat_map(|it| it.variants.values()).filter(|phase| **phase == Phase::Complete).count() as u64
    }

    /// Somebody else reads a stream from a point: it's what the reader has.
    pub fn replay(&mut self, world: &mut World, n: usize, since: u64, limit: u32) {
        let reader = &mut self.readers[n];
        let have = reader.log.len();
        let since = usize::try_from(since).unwrap() % (have + 1);
        let suffix = reader.replay(world, since, limit);
        reader.read(world);
        assert_eq!(suffix, reader.log[since..], "the rest after {since}, {limit} at once");
    }
}

impl Reader {
    fn read(&mut self, world: &mut World) {
        loop {
            let life = world.life(&self.me);
            if life != self.life {
                // The socket has closed. Whatever was sent meanwhile is in what is missed.
                self.life = life;
                for frame in self.replay(world, self.log.len(), 7) {
                    self.take(frame);
                }
                self.seen = world.sockets.get(&self.session).map_or(0, Vec::len);
                continue;
            }
            let frames = world.sockets.get(&self.session).map_or(&[][..], Vec::as_slice);
            let new = frames[self.seen..].to_vec();
            self.seen = frames.len();
            return new.into_iter().for_each(|frame| self.take(frame));
        }
    }

    /// The frames after `since`, page by page.
    pub fn replay(&self, world: &mut World, since: usize, limit: u32) -> Vec<String> {
        let (mut at, mut got) = (Some(i64::try_from(since).unwrap()), Vec::new());
        while let Some(since) = at {
            let envelope = Envelope {
                from: Sender::Edge { id: "reader".to_owned(), fingerprint: None },
                to: self.me.clone(),
                message: Message::Session(session::Message::Replay { since, limit, job: None }),
            };
            let envelope = serde_json::to_string(&envelope).unwrap();
            let Some(reply) = (0..100).find_map(|_| world.receive(&self.me, &envelope).ok()) else {
                panic!("{} can't be read", self.me);
            };
            let body = reply.strip_prefix(r#"{"body":"#).unwrap().strip_suffix('}').unwrap();
            let page: Replay = serde_json::from_str(body).unwrap();
            assert!(!page.resync, "{} has forgotten what came after {since}", self.me);
            got.extend(page.events.iter().map(|frame| frame.get().to_owned()));
            at = page.next;
        }
        got
    }

    fn take(&mut self, frame: String) {
        let seq = self.log.len() + 1;
        assert_eq!(number(&frame, r#""seq":"#), Some(seq as u64), "after {} frames: {frame}", seq - 1);
        let job = text(&frame, r#""jobId":""#).unwrap();
        if !self.stories.contains_key(job) {
            self.stories.insert(job.to_owned(), Story::default());
        }
        self.stories.get_mut(job).unwrap().tell(&frame);
        self.log.push(frame);
    }
}

impl Story {
    fn tell(&mut self, frame: &str) {
        let kind = text(frame, r#""type":""#).unwrap();
        if kind == "queued" && number(frame, r#""retryOf":"#).is_some() {
            self.reopened += u32::from(self.closed);
            self.closed = false;
        }
        assert!(!self.closed, "after the job's end: {frame}");
        let Some(ordinal) = number(frame, r#""ordinal":"#) else {
            assert_eq!(kind, "complete", "{frame}");
            let open = self.variants.values().filter(|phase| **phase == Phase::Open).count();
            assert_eq!(open, 0, "the job ends before its variants: {frame}");
            self.closed = true;
            return;
        };
        let next = match kind {
            "complete" => Phase::Complete,
            "fail" => Phase::Failed,
            _ => Phase::Open,
        };
        let last = self.variants.insert(u32::try_from(ordinal).unwrap(), next);
        assert_eq!(last.is_none(), kind == "queued", "a variant is queued first and once: {frame}");
        assert!(matches!(last, None | Some(Phase::Open)), "after its end: {frame}");
    }
}

impl Lives {
    /// Goes on soon after a death: what the life that was lost was doing isn't waited for.
    fn look(&mut self, world: &mut World) {
        let now = world.now;
        let life = world.life(&self.me);
        if life != self.life {
            self.life = life;
            self.by = now + PULSE_MS + GUARD_MS;
        } else if now > self.by {
            self.by = i64::MAX;
            let holder = world.holder(&self.me);
            let query =
                "SELECT COUNT(*) FROM variants WHERE status = 'running' AND holder NOT IN (?, 'outbox')";
            let rows = world.sql(&self.me).rows(query, &[holder.into()]);
            assert_eq!(rows[0].integer(0), Ok(0), "attempts of a life that was lost are still waited for");
        }
    }
}

/// The digits after `mark`.
fn number(frame: &str, mark: &str) -> Option<u64> {
    let (_, rest) = frame.split_once(mark)?;
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    rest[..end].parse().ok()
}

/// The text after `mark`, up to the next quote.
fn text<'a>(frame: &'a str, mark: &str) -> Option<&'a str> {
    frame.split_once(mark)?.1.split('"').next()
}
