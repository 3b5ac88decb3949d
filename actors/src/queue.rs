//! What becomes of a batch of the queue's messages: views, which go to D1 in one statement.
//!
//! Deliveries come twice and in any order; a view's id makes that harmless. The contract has no dead-letter queue, and the
//! platform forgets a message after its last delivery, so nothing is left to it: what isn't a view is parked in D1 at once, a
//! view that D1 refuses after [`ATTEMPTS`], and while D1 is away a message is tried again later and, before its last
//! delivery is used up, sent as a new one. One message's trouble is never another's.
//!
//! [`Batch`] decides and the shell acts: it runs the statements one by one, says how each went, and carries out the verdicts.

use crate::sql::Value;
use crate::view::{self, View};

/// Deliveries of a message that can be relied on: locally there are three, on Cloudflare four.
pub const ATTEMPTS: u32 = 3;
/// The wait after the first failure, in seconds; each further one waits [`GROWTH`] times as long.
const WAIT_S: u32 = 5;
const GROWTH: u32 = 5;

/// A message as it was delivered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The platform's id.
    pub id: String,
    /// What it says, if that's a text.
    pub body: Option<String>,
    /// Which delivery of the message this is, from 1.
    pub attempts: u32,
}

/// What to do with a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It's dealt with.
    Acknowledge,
    /// Have it delivered again.
    Retry {
        /// After so many seconds.
        delay_s: u32,
    },
    /// Send its body as a new message and acknowledge this one, whose deliveries are used up.
    SendAgain {
        /// After so many seconds.
        delay_s: u32,
    },
}

/// A batch on its way into D1.
#[derive(Debug)]
pub struct Batch {
    held: Vec<Held>,
    step: Step,
    now: i64,
}

#[derive(Debug)]
struct Held {
    message: Message,
    state: State,
}

#[derive(Debug)]
enum State {
    /// A view that isn't written yet.
    Open,
    /// Written or parked.
    Done,
    /// Not a view: nothing will make it one.
    Unreadable(String),
    /// D1 took others, and not this one.
    Refused(String),
    /// D1 couldn't be reached.
    Waiting,
}

/// Which statement is next.
#[derive(Debug, Clone, Copy)]
enum Step {
    /// All views in one.
    Together,
    /// The same with none: does D1 take it at all?
    Probe,
    /// The view at this place alone.
    Alone(usize),
    /// The row that parks the message at this place.
    Park(usize),
    /// None.
    Over,
}

impl Batch {
    /// Sorts the messages. `now` is in epoch milliseconds.
    pub fn new(messages: Vec<Message>, now: i64) -> Self {
        let held = messages.into_iter().map(|message| Held { state: read(&message), message }).collect();
        Self { held, step: Step::Together, now }
    }

    /// The next statement for D1, with its parameters; `None` when the verdicts are clear. The same until
    /// [`told`](Self::told).
    pub fn statement(&mut self) -> Option<(&'static str, Vec<Value>)> {
        loop {
            match self.step {
                Step::Together => {
                    let views: Vec<&str> = self.held.iter().filter_map(Held::open).collect();
                    if !views.is_empty() {
                        return Some((view::INSERT, vec![array(&views)]));
                    }
                    self.step = Step::Park(0);
                }
                Step::Probe => return Some((view::INSERT, vec![array(&[])])),
                Step::Alone(at) => {
                    if let Some(view) = self.held.get(at).and_then(Held::open) {
                        return Some((view::INSERT, vec![array(&[view])]));
                    }
                    self.step = if at < self.held.len() { Step::Alone(at + 1) } else { Step::Park(0) };
                }
                Step::Park(at) => {
                    if let Some(row) = self.held.get(at).and_then(|held| held.park(self.now)) {
                        return Some((view::PARK, row));
                    }
                    self.step = if at < self.held.len() { Step::Park(at + 1) } else { Step::Over };
                }
                Step::Over => return None,
            }
        }
    }

    /// How the last statement went.
    pub fn told(&mut self, result: Result<(), String>) {
        match (self.step, result) {
            (Step::Together, Ok(())) => {
                self.settle_open(|| State::Done);
                self.step = Step::Park(0);
            }
            (Step::Together, Err(_)) => self.step = Step::Probe,
            (Step::Probe, Ok(())) => self.step = Step::Alone(0),
            (Step::Probe, Err(_)) => {
                self.settle_open(|| State::Waiting);
                self.step = Step::Park(0);
            }
            (Step::Alone(at), result) => {
                self.settle(at, result.map_or_else(State::Refused, |()| State::Done));
                self.step = Step::Alone(at + 1);
            }
            (Step::Park(at), result) => {
                self.settle(at, if result.is_ok() { State::Done } else { State::Waiting });
                self.step = Step::Park(at + 1);
            }
            (Step::Over, _) => {}
        }
    }

    /// What to do with each message, in their order.
    pub fn verdicts(&self) -> impl Iterator<Item = (&Message, Verdict)> {
        self.held.iter().map(|held| (&held.message, held.verdict()))
    }

    fn settle(&mut self, at: usize, state: State) {
        if let Some(held) = self.held.get_mut(at) {
            held.state = state;
        }
    }

    fn settle_open(&mut self, state: impl Fn() -> State) {
        for held in &mut self.held {
            if matches!(held.state, State::Open) {
                held.state = state();
            }
        }
    }
}

impl Held {
    /// The view that's to be written.
    fn open(&self) -> Option<&str> {
        self.message.body.as_deref().filter(|_| matches!(self.state, State::Open))
    }

    /// The row that parks it, if that's its lot.
    fn park(&self, now: i64) -> Option<Vec<Value>> {
        let error = match &self.state {
            State::Unreadable(error) => error,
            State::Refused(error) if self.message.attempts >= ATTEMPTS => error,
            State::Refused(_) | State::Open | State::Done | State::Waiting => return None,
        };
        let body = self.message.body.clone().unwrap_or_default();
        Some(vec![
            self.message.id.clone().into(),
            body.into(),
            error.as_str().into(),
            self.message.attempts.into(),
            now.into(),
        ])
    }

    fn verdict(&self) -> Verdict {
        let attempts = self.message.attempts.clamp(1, ATTEMPTS);
        let delay_s = WAIT_S * GROWTH.pow(attempts - 1);
        match self.state {
            State::Done => Verdict::Acknowledge,
            _ if attempts < ATTEMPTS => Verdict::Retry { delay_s },
            State::Open | State::Unreadable(_) | State::Refused(_) | State::Waiting => {
                Verdict::SendAgain { delay_s }
            }
        }
    }
}

fn read(message: &Message) -> State {
    match message.body.as_deref().map(serde_json::from_str::<View>) {
        Some(Ok(_)) => State::Open,
        Some(Err(error)) => State::Unreadable(error.to_string()),
        None => State::Unreadable("not a text".to_owned()),
    }
}

/// JSON texts as one JSON array.
fn array(texts: &[&str]) -> Value {
    format!("[{}]", texts.join(",")).into()
}
