//! The outbox: one lane for each destination, in order, each with its own patience.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;

use picasso_actors::address::ActorName;
use picasso_actors::job::stage::Stage;
use picasso_actors::outbox::{self, Item, PARK_AFTER_MS, RETRY_CAP_MS};
use picasso_actors::protocol::Message;
use picasso_actors::provider::Provider::{self, Openai};
use picasso_actors::session::{self, EventType};
use picasso_actors::sql::Sql as _;
use picasso_actors::{json, schema};

use crate::studio::{Event, Studio};
use crate::world::DAWN;
use crate::world::database::Database;
use crate::world::network::Fate;

/// Tries of a lane: when.
type Tries = Rc<RefCell<Vec<i64>>>;

/// Takes a lane down until `until`, and writes down when it was tried.
fn cut(studio: &mut Studio, down: &str, until: i64) -> Tries {
    let tries = Tries::default();
    let (noted, down) = (Rc::clone(&tries), down.to_owned());
    studio.world.network = Box::new(move |_, lane, now| {
        if lane != down {
            return Fate::Arrives;
        }
        noted.borrow_mut().push(now);
        if now < until { Fate::Fails } else { Fate::Arrives }
    });
    tries
}

#[test]
fn events_arrive_in_the_order_in_which_they_were_told() {
    let mut studio = Studio::new(60);
    let down = format!("session:{}", studio.session);
    cut(&mut studio, &down, DAWN + 60_000);
    let job = studio.run(&Provider::ALL, 2);
    studio.check_ended(&job);
    let told: Vec<i64> = studio.events().iter().map(|event| event.ts).collect();
    assert!(told.is_sorted(), "{told:?}");
    assert!(told[0] == DAWN && studio.world.now >= DAWN + 60_000);
    for provider in Provider::ALL {
        let kinds = studio.kinds_of(provider, 1);
        assert_eq!(kinds.first().map(String::as_str), Some("queued"));
        assert_eq!(kinds.last().map(String::as_str), Some("complete"));
    }
}

#[test]
fn a_lane_that_is_down_holds_up_no_other() {
    let mut studio = Studio::new(61);
    cut(&mut studio, "d1", DAWN + 600_000);
    let job = studio.start(&Provider::ALL, 2);
    studio.world.run_until(DAWN + 60_000);
    assert_eq!(studio.events().last().unwrap().data["summary"]["completed"], 6, "people saw it all");
    assert_eq!(studio.rows(&job).len(), 0);
    studio.world.run();
    studio.check_ended(&job);
    assert_eq!(studio.rows(&job).len(), 6);
}

#[test]
fn waits_double_up_to_the_cap_and_the_lag_is_gone_soon_after_an_outage() {
    let mut studio = Studio::new(62);
    studio.world.run_until(DAWN);
    let back = DAWN + 60_000;
    let job = studio.start(&[Openai], 1);
    let me = format!("job:{job}");
    // The project has a lane to D1 of its own.
    let (all, mine) = (Tries::default(), Tries::default());
    let (tries, waits) = (Rc::clone(&all), Rc::clone(&mine));
    studio.world.network = Box::new(move |from, lane, now| {
        if lane != "d1" {
            return Fate::Arrives;
        }
        all.borrow_mut().push(now);
        if from.to_string() == me {
            mine.borrow_mut().push(now);
        }
        if now < back { Fate::Fails } else { Fate::Arrives }
    });
    studio.world.run();
    studio.check_ended(&job);
    let waits: Vec<i64> = waits.borrow().windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert_eq!(waits[..6], [250, 500, 1_000, 2_000, 4_000, RETRY_CAP_MS]);
    assert!(waits[6..].iter().all(|wait| *wait <= RETRY_CAP_MS), "{waits:?}");
    let healed = tries.borrow().iter().filter(|at| **at >= back).max().copied().unwrap();
    assert!(healed <= back + RETRY_CAP_MS, "{} ms after", healed - back);
}

#[test]
fn what_cannot_be_sent_for_a_day_is_parked_and_the_lane_goes_on_behind_it() {
    let mut studio = Studio::new(63);
    let session = ActorName::Session(studio.session.clone());
    let me = ActorName::Project(studio.project.clone());
    // A project's outbox serves as any; the first letter can't be delivered, the second can.
    let poison = format!("session:{}", studio.session);
    let tell = |studio: &mut Studio, mark: &str| {
        let data = json::raw(format!("\"{mark}\"")).unwrap();
        let message = session::Message::Publish {
            event_type: EventType::Progress,
            ts: 1,
            data,
            job: None,
            closes: false,
        };
        let to = session.clone();
        studio.world.turn(&me, |turn| turn.tell(to, Message::Session(message))).unwrap();
    };
    let down = Rc::new(RefCell::new(true));
    let switch = Rc::clone(&down);
    studio.world.network =
        Box::new(
            move |_, lane, _| if lane == poison && *switch.borrow() { Fate::Fails } else { Fate::Arrives },
        );
    tell(&mut studio, "first");
    studio.world.run_until(DAWN + 1_000);
    // Asleep for most of a day: the lane is tried again on waking.
    studio.world.now = DAWN + PARK_AFTER_MS - RETRY_CAP_MS;
    studio.world.run_until(DAWN + PARK_AFTER_MS - 1);
    tell(&mut studio, "second");
    let dead =
        |studio: &mut Studio| studio.world.sql(&me).number("SELECT COUNT(*) FROM outbox WHERE dead = 1");
    assert_eq!(dead(&mut studio), 0, "a day isn't over");
    studio.world.run_until(DAWN + PARK_AFTER_MS + RETRY_CAP_MS);
    assert_eq!(dead(&mut studio), 1);
    *down.borrow_mut() = false;
    studio.world.run();
    let events: Vec<Event> = studio.events();
    assert_eq!(events.iter().map(|event| event.data.as_str().unwrap()).collect::<Vec<_>>(), ["second"]);
    assert_eq!(dead(&mut studio), 1, "and the first is there for somebody to look at");
    let kept =
        studio.world.sql(&me).number("SELECT COUNT(*) FROM outbox WHERE error = 'unreachable' AND dead = 1");
    assert_eq!(kept, 1);
}

#[test]
fn a_long_lane_goes_in_batches() {
    let mut studio = Studio::new(64);
    let down = format!("session:{}", studio.session);
    cut(&mut studio, &down, DAWN + 120_000);
    let job = studio.run(&Provider::ALL, 8);
    studio.check_ended(&job);
    assert_eq!(
        studio.events().len(),
        24 * 8 + 1,
        "all of them, though no batch holds more than {}",
        outbox::BATCH
    );
}

#[test]
fn an_acknowledgement_covers_no_more_than_was_sent() {
    let sql = Database::default();
    let me = ActorName::parse("session:a").unwrap();
    sql.transaction(|| schema::open(&sql, me.kind())).unwrap();
    let push = |lane: &str| {
        let to = ActorName::parse(lane).unwrap();
        let item = Item::Tell { to, message: Message::Session(session::Message::MintTicket) };
        outbox::push(&sql, &item, DAWN).unwrap();
    };
    push("session:b");
    push("session:c");
    let sent = outbox::due(&sql, &me, &BTreeSet::new(), DAWN).unwrap();
    push("session:b");
    assert_eq!(sent.iter().map(|batch| batch.lane.as_str()).collect::<Vec<_>>(), ["session:b", "session:c"]);
    outbox::acknowledge(&sql, "session:b", sent[0].last).unwrap();
    let left = outbox::due(&sql, &me, &BTreeSet::new(), DAWN).unwrap();
    let lanes: Vec<(&str, i64)> = left.iter().map(|it| (it.lane.as_str(), it.last)).collect();
    assert_eq!(lanes, [("session:c", 2), ("session:b", 3)]);
}

#[test]
fn a_row_that_cannot_be_read_is_parked_and_stops_nobody() {
    let mut studio = Studio::new(67);
    let job = studio.start(&[Openai], 1);
    let me = ActorName::Job(job.clone());
    studio.world.sql(&me).exec("UPDATE outbox SET item = '{' WHERE lane = 'd1'", &[]).unwrap();
    studio.world.run();
    assert_eq!(studio.events().last().unwrap().data["summary"]["completed"], 1);
    let dead =
        studio.world.sql(&me).number("SELECT COUNT(*) FROM outbox WHERE dead = 1 AND error IS NOT NULL");
    assert_eq!(dead, 1, "the row is kept, to be looked at");
}

#[test]
fn a_number_is_never_given_again_even_when_the_outbox_has_been_empty() {
    let mut studio = Studio::new(65);
    studio.run(&[Openai], 1);
    let me = ActorName::Project(studio.project.clone());
    studio.check_sent();
    let item = Item::Tell {
        to: ActorName::Session(studio.session.clone()),
        message: Message::Session(session::Message::MintTicket),
    };
    let now = studio.world.now;
    outbox::push(studio.world.sql(&me), &item, now).unwrap();
    let seq = studio.world.sql(&me).number("SELECT MAX(seq) FROM outbox");
    assert!(seq > 1, "a receiver that has seen 1 would throw it away: {seq}");
}

#[test]
fn what_the_shell_did_not_send_goes_out_when_the_guard_rings() {
    let mut studio = Studio::new(66);
    let job = studio.start(&[Openai], 1);
    let me = ActorName::Job(job.clone());
    studio.world.crash(&me);
    assert!(studio.events().is_empty(), "nobody sent it");
    studio.world.run();
    studio.check_ended(&job);
    assert_eq!(studio.calls(Stage::Generate).len(), 1);
}
