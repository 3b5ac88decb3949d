//! The queue's consumer, driven as the shell drives it: batches that come more than once, in any order, with poison in them,
//! and into a D1 that is away.

use std::collections::{BTreeMap, VecDeque};

use picasso_actors::entropy::Entropy as _;
use picasso_actors::queue::{ATTEMPTS, Batch, Message, Verdict};
use picasso_actors::sql::Sql as _;
use picasso_actors::view::View;
use serde_json::{Value, json};

use crate::world::database::Database;
use crate::world::seed::Seed;
use crate::world::{DAWN, World};

/// The platform delivers this many messages at a time.
const TOGETHER: usize = 10;

fn view(id: &str) -> String {
    let place = (Some("DE".to_owned()), None);
    let view = View::new(id.into(), "artifact".into(), 5, Some("203.0.113.77"), place, None);
    serde_json::to_string(&view).unwrap()
}

fn message(id: &str, body: &str, attempts: u32) -> Message {
    Message { id: id.to_owned(), body: Some(body.to_owned()), attempts }
}

/// Takes a batch in as `src/queue.rs` does. `works` says whether D1 can be reached for the n-th statement.
fn consume(d1: &Database, messages: Vec<Message>, works: impl Fn(usize) -> bool) -> Vec<(Message, Verdict)> {
    let mut batch = Batch::new(messages, DAWN);
    let mut statements = 0;
    while let Some((statement, params)) = batch.statement() {
        let result = if works(statements) {
            d1.exec(statement, &params).map(|_| ()).map_err(|fault| fault.to_string())
        } else {
            Err("D1 is away".to_owned())
        };
        batch.told(result);
        statements += 1;
        assert!(statements < 40, "it comes to an end");
    }
    batch.verdicts().map(|(message, verdict)| (message.clone(), verdict)).collect()
}

fn verdicts(d1: &Database, messages: Vec<Message>, works: impl Fn(usize) -> bool) -> Vec<Verdict> {
    consume(d1, messages, works).into_iter().map(|(_, verdict)| verdict).collect()
}

fn dead(d1: &Database) -> Value {
    d1.json("SELECT json_group_array(json_array(id, body, attempts, created_at)) FROM queue_dead")
}

/// Makes D1 refuse the view `id`.
fn refuse(d1: &Database, id: &str) {
    d1.script(&format!(
        "CREATE TRIGGER refuse BEFORE INSERT ON artifact_views WHEN NEW.id = '{id}'
         BEGIN SELECT RAISE(ABORT, 'not this one'); END"
    ));
}

#[test]
fn a_batch_is_one_statement() {
    let d1 = World::new(0).d1;
    let messages = (0..10).map(|n| message(&n.to_string(), &view(&n.to_string()), 1)).collect();
    let verdicts = verdicts(&d1, messages, |statement| statement == 0);
    assert_eq!(verdicts, [Verdict::Acknowledge; 10]);
    assert_eq!(d1.number("SELECT COUNT(*) FROM artifact_views"), 10);
}

#[test]
fn what_is_not_a_view_is_parked_at_once_and_nothing_waits_for_it() {
    let d1 = World::new(0).d1;
    let nothing = Message { id: "m-3".into(), body: None, attempts: 2 };
    let messages = vec![message("m-1", "{", 1), message("m-2", &view("v"), 1), nothing];
    for _ in 0..2 {
        assert_eq!(verdicts(&d1, messages.clone(), |_| true), [Verdict::Acknowledge; 3]);
    }
    assert_eq!(dead(&d1), json!([["m-1", "{", 1, DAWN], ["m-3", "", 2, DAWN]]));
    assert_eq!(d1.number("SELECT COUNT(*) FROM artifact_views"), 1);
}

#[test]
fn a_view_that_d1_refuses_is_tried_again_and_then_parked_while_the_others_are_written() {
    let d1 = World::new(0).d1;
    refuse(&d1, "bad");
    let batch = |attempts| {
        vec![message("1", &view("a"), 1), message("2", &view("bad"), attempts), message("3", &view("b"), 1)]
    };
    let ok = Verdict::Acknowledge;
    assert_eq!(verdicts(&d1, batch(1), |_| true), [ok, Verdict::Retry { delay_s: 5 }, ok]);
    assert_eq!(verdicts(&d1, batch(2), |_| true), [ok, Verdict::Retry { delay_s: 25 }, ok]);
    assert_eq!(dead(&d1), json!([]));
    assert_eq!(verdicts(&d1, batch(ATTEMPTS), |_| true), [ok; 3]);
    assert_eq!(dead(&d1), json!([["2", view("bad"), 3, DAWN]]));
    assert_eq!(d1.number("SELECT COUNT(*) FROM artifact_views"), 2);
}

#[test]
fn while_d1_is_away_nothing_is_parked_and_nothing_is_lost() {
    let d1 = World::new(0).d1;
    let batch = |attempts| vec![message("1", &view("a"), attempts), message("2", "{", attempts)];
    assert_eq!(verdicts(&d1, batch(1), |_| false), [Verdict::Retry { delay_s: 5 }; 2]);
    assert_eq!(verdicts(&d1, batch(2), |_| false), [Verdict::Retry { delay_s: 25 }; 2]);
    for attempts in [ATTEMPTS, ATTEMPTS + 1, 100] {
        assert_eq!(verdicts(&d1, batch(attempts), |_| false), [Verdict::SendAgain { delay_s: 125 }; 2]);
    }
    assert_eq!((dead(&d1), d1.number("SELECT COUNT(*) FROM artifact_views")), (json!([]), 0));
    // It comes back in the middle of a batch, or goes away in it.
    assert_eq!(verdicts(&d1, batch(1), |statement| statement > 0), [Verdict::Acknowledge; 2]);
    let (wait, ok) = (Verdict::Retry { delay_s: 5 }, Verdict::Acknowledge);
    assert_eq!(verdicts(&d1, batch(1), |statement| statement == 0), [ok, wait]);
}

/// The platform's queue, as local as it gets: a message that's retried too often is gone.
#[derive(Default)]
struct Queue {
    waiting: VecDeque<Message>,
    sent: u64,
    lost: Vec<Message>,
}

impl Queue {
    fn send(&mut self, body: &str) {
        self.sent += 1;
        self.waiting.push_back(message(&format!("m-{}", self.sent), body, 1));
    }

    /// One batch, delivered `times`.
    fn deliver(
        &mut self,
        d1: &Database,
        seed: &mut Seed,
        times: usize,
        works: impl Fn(usize) -> bool + Copy,
    ) {
        let mut batch = Vec::new();
        while batch.len() < TOGETHER && !self.waiting.is_empty() {
            batch.push(self.waiting.remove(seed.index(self.waiting.len())).unwrap());
        }
        // Of a batch that is delivered more than once, the platform takes the last verdicts.
        let mut verdicts = Vec::new();
        for _ in 0..times {
            verdicts = consume(d1, batch.clone(), works);
        }
        for (message, verdict) in verdicts {
            match verdict {
                Verdict::Acknowledge => {}
                Verdict::Retry { .. } if message.attempts >= 3 => self.lost.push(message),
                Verdict::Retry { .. } => {
                    self.waiting.push_back(Message { attempts: message.attempts + 1, ..message });
                }
                Verdict::SendAgain { .. } => self.send(message.body.as_deref().unwrap()),
            }
        }
    }
}

#[test]
fn thrice_delivered_shuffled_poisoned_and_through_an_outage_every_view_is_one_row() {
    for n in 0..30 {
        let (d1, mut seed, mut queue) = (World::new(0).d1, Seed(n), Queue::default());
        refuse(&d1, "refused");
        let mut bodies: BTreeMap<String, String> =
            (0..60).map(|_| seed.id(8)).map(|id| (id.clone(), view(&id))).collect();
        bodies.insert("refused".into(), view("refused"));
        bodies.insert("poison".into(), "poison".into());
        // The producer, too, sends some twice.
        for body in bodies.values().chain(bodies.values().step_by(7)) {
            queue.send(body);
        }
        let mut rounds = 0;
        while !queue.waiting.is_empty() {
            rounds += 1;
            let away = (5..40).contains(&rounds);
            queue.deliver(&d1, &mut seed, 3, |_| !away);
            assert!(rounds < 500, "it comes to an end");
        }
        assert_eq!(queue.lost, [], "seed {n}");
        assert_eq!(d1.number("SELECT COUNT(*) FROM artifact_views"), 60, "seed {n}");
        let parked = d1.exec("SELECT DISTINCT body FROM queue_dead ORDER BY body", &[]).unwrap();
        let parked: Vec<String> = parked.iter().map(|row| row.text(0).unwrap()).collect();
        assert_eq!(parked, ["poison".to_owned(), view("refused")], "seed {n}");
    }
}
