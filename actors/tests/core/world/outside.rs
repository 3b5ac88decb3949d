//! What lies outside the actors: the providers, R2, Images and the vision model. Well-behaved by default; a test
//! overrides what it wants to see go wrong.

use std::collections::BTreeMap;

use picasso_actors::effect::{Outcome, Output, Task, Work};
use picasso_actors::entropy::Entropy as _;
use picasso_actors::job::delivery;
use picasso_actors::job::refine::Material;
use picasso_actors::job::stage::Stage;
use picasso_actors::knowledge::{Kept, Knowledge};
use picasso_actors::provider::{Delivery, DeliveryMode, Failure, FailureClass, Provider, StoredImage};

use super::seed::Seed;

/// One attempt that the shell makes.
#[derive(Debug, Clone)]
pub struct Call {
    /// Of which provider's variant.
    pub provider: Provider,
    /// Its number among the provider's.
    pub index: u32,
    /// When it began, epoch milliseconds.
    pub at: i64,
    /// What to do.
    pub work: Work,
}

impl Call {
    /// Whether it's an attempt at `stage` for `provider`'s variant `index`.
    pub fn is(&self, stage: Stage, provider: Provider, index: u32) -> bool {
        self.work.stage == stage && self.provider == provider && self.index == index
    }
}

/// How an attempt goes.
#[derive(Debug, Clone)]
pub enum Play {
    /// It is done, and this many milliseconds later the shell hears of it.
    Done(i64),
    /// It yields something of the test's own choice, this many milliseconds later.
    Says(i64, Outcome),
    /// It is done, yet the shell hears of a failure.
    DoneButFails(i64, Failure),
    /// No answer: the shell gives up when its time is over.
    Hangs,
    /// It is done, and the shell says so this many milliseconds after its time was over, when nobody waits any more.
    DoneTooLate(i64),
    /// It is done, and the shell never says so: whatever was to report it is gone.
    Vanishes,
}

impl Play {
    /// It fails, `after` milliseconds later.
    pub fn fails(after: i64, class: FailureClass) -> Self {
        Self::Says(after, Err(Failure::new(class, format!("scripted {}", class.as_str()))))
    }
}

/// A test's own idea of how attempts go; `None` leaves it to the default.
pub type Script = Box<dyn FnMut(&Call) -> Option<Play>>;

/// The places where effects leave traces.
#[derive(Default)]
pub struct Outside {
    /// R2: what is stored under which key.
    pub r2: BTreeMap<String, StoredImage>,
    /// The knowledge base's values, each with the `id` and the `version` that it has there.
    pub tips: Vec<String>,
    /// The newest revision of the knowledge base.
    pub revision: u64,
    /// Pictures that providers made, and so were paid for.
    pub paid: u32,
    /// Every attempt, in order.
    pub calls: Vec<Call>,
    pub(super) script: Option<Script>,
}

impl Outside {
    /// Carries `call` out: when the shell hears of it and what, or `None` when it never does.
    pub(super) fn carry_out(&mut self, call: &Call) -> Option<(i64, Outcome)> {
        let play = self.script.as_mut().and_then(|script| script(call)).unwrap_or(Play::Done(usual_ms(call)));
        self.calls.push(call.clone());
        let timeout = i64::try_from(call.work.timeout_ms).unwrap();
        let (after, outcome) = match play {
            Play::Done(after) if after < timeout => (after, Ok(self.succeed(call))),
            Play::Says(after, outcome) if after < timeout => (after, outcome),
            Play::DoneButFails(after, failure) if after < timeout => {
                self.succeed(call);
                (after, Err(failure))
            }
            Play::Done(_) | Play::Says(..) | Play::DoneButFails(..) | Play::Hangs => {
                (timeout, Err(Failure::new(FailureClass::Timeout, "no answer in time")))
            }
            Play::DoneTooLate(after) => (timeout + LEASE_MARGIN_MS + after, Ok(self.succeed(call))),
            Play::Vanishes => {
                self.succeed(call);
                return None;
            }
        };
        Some((after, outcome))
    }

    fn succeed(&mut self, call: &Call) -> Output {
        match &call.work.task {
            Task::Refine(_) => Output::Tips(Material { knowledge: self.knowledge(), rewriting: None }),
            Task::Generate { request, key, probe, .. } => {
                if let Some(found) = self.r2.get(key).filter(|_| *probe) {
                    return Output::Found(found.clone());
                }
                self.paid += 1;
                let image = image(key, request.provider);
                self.r2.insert(key.clone(), image.clone());
                Output::Stored(image)
            }
            Task::Compose { image, to, .. } => {
                let whole =
                    StoredImage { key: to.clone(), original_key: Some(image.key.clone()), ..image.clone() };
                self.r2.insert(to.clone(), whole.clone());
                Output::Stored(whole)
            }
            Task::Fingerprint { key } => Output::Fingerprint(fingerprint(key).into()),
            Task::Deliver(delivery::Ask { image_id, .. }) => Output::Delivered(Delivery {
                url: format!("https://imagedelivery.net/h/{image_id}/public"),
                image_id: image_id.clone(),
                mode: DeliveryMode::Hosted,
                reason: None,
            }),
            Task::Judge { .. } => Output::Answer(PASS.into()),
            Task::Forget { partials } => Output::Forgotten(partials.clone()),
        }
    }
}

impl Outside {
    fn knowledge(&self) -> Knowledge {
        let kept = |value: &String| {
            let read: serde_json::Value = serde_json::from_str(value).unwrap();
            let key = read["id"].as_str().unwrap().to_owned();
            Kept { key, version: read["version"].as_u64().unwrap(), value: value.clone() }
        };
        Knowledge { revision: self.revision, tips: self.tips.iter().map(kept).collect() }
    }
}

/// A lease is this much longer than its attempt may take, in milliseconds.
const LEASE_MARGIN_MS: i64 = 10_000;

/// What the vision model says by default.
pub const PASS: &str = r#"{"verdict":"pass","notes":"A red boat, as asked.","tags":["red-boat","sea"]}"#;

/// The picture that a provider makes.
pub fn image(key: &str, provider: Provider) -> StoredImage {
    StoredImage {
        key: key.to_owned(),
        media_type: "image/png".to_owned(),
        bytes: 4_096,
        width: 64,
        height: 48,
        model: format!("{provider}-model"),
        usage: Some(r#"{"total_tokens":7}"#.to_owned()),
        provider_ms: 1_234,
        original_key: None,
        provenance: None,
    }
}

/// A hash that follows from the picture's key, and lies far from that of any other.
pub fn fingerprint(key: &str) -> String {
    let mut seed =
        Seed(key.bytes().fold(7, |sum: u64, byte| sum.wrapping_mul(31).wrapping_add(u64::from(byte))));
    (0..64).map(|_| char::from_digit(u32::try_from(seed.below(16)).unwrap(), 16).unwrap()).collect()
}

/// How long each kind of attempt takes when nothing is scripted, in milliseconds.
const fn usual_ms(call: &Call) -> i64 {
    match call.work.stage {
        Stage::Generate => 8_000,
        Stage::Judge => 900,
        Stage::Refine
        | Stage::Store
        | Stage::Compose
        | Stage::Fingerprint
        | Stage::Deliver
        | Stage::Record
        | Stage::Settle => 40,
    }
}
