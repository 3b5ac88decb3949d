//! How long a session keeps its events, and that it says so when some are gone.

use picasso_actors::address::ActorName;
use picasso_actors::ids::JobId;
use picasso_actors::provider::Provider;
use picasso_actors::session::resume::Cursor;
use picasso_actors::session::retention::{CHUNK, EVERY_MS, KEEP_EVENTS, KEEP_MS, KEEP_OPEN_MS};
use picasso_actors::session::{EventType, Message, TICKET_MS};

use super::resume::{numbered_job, publish, publish_many};
use crate::studio::{Event, Studio};
use crate::world::DAWN;

const JOB: &str = "4fZk0PqLx81mWd2C-9aX2kLm0Qw3E";
const OTHER: &str = "4fZk0PqLx81mWd2C-7bY3lMn1Rx4F";

fn me(studio: &Studio) -> ActorName {
    ActorName::Session(studio.session.clone())
}

fn number(studio: &mut Studio, query: &str) -> i64 {
    let me = me(studio);
    studio.world.sql(&me).number(query)
}

fn kept(studio: &mut Studio) -> Vec<i64> {
    studio.events().iter().map(|event| event.seq).collect()
}

/// Lets the clock go on without a turn in between, but those of alarms.
fn wait_until(studio: &mut Studio, at: i64) {
    studio.world.run_until(at);
}

fn first_frame(studio: &mut Studio, since: i64) -> Event {
    let me = me(studio);
    let mut cursor = Cursor::new(since, None);
    let page = studio.world.turn(&me, |turn| cursor.next(turn, 1)).unwrap();
    Event::read(&page.into_frames().next().unwrap().text)
}

#[test]
fn an_event_goes_when_it_is_a_week_old_and_the_object_sleeps_then() {
    let mut studio = Studio::new(320);
    let job = studio.run(&[Provider::Gemini], 1);
    let last = studio.events().last().unwrap().seq;
    assert_eq!(last, 9);
    let came = number(&mut studio, "SELECT MIN(at_ms) FROM events");
    wait_until(&mut studio, came + KEEP_MS + EVERY_MS - 1);
    assert_eq!(kept(&mut studio).len(), 9, "all of them until then");
    wait_until(&mut studio, came + KEEP_MS + 3 * EVERY_MS);
    assert_eq!(kept(&mut studio), Vec::<i64>::new());
    assert_eq!(number(&mut studio, "SELECT trimmed_to FROM head"), last);
    assert_eq!(number(&mut studio, "SELECT COUNT(*) FROM jobs"), 0);
    wait_until(&mut studio, came + KEEP_MS + 48 * EVERY_MS);
    assert_eq!(number(&mut studio, "SELECT COUNT(*) FROM timers"), 0, "nothing wakes it any more");

    assert_eq!(first_frame(&mut studio, last - 1).data["reason"], "trimmed");
    assert_eq!(first_frame(&mut studio, last).kind, "caught_up", "who has all misses nothing");
    let gone = studio.replay_of(Some(&job), 0, 500);
    assert!(gone.resync && gone.events.is_empty());
    publish(&mut studio, JOB, EventType::Queued, Some(0), false);
    assert_eq!(first_frame(&mut studio, last).seq, last + 1, "numbers go on");
}

#[test]
fn the_newest_events_are_kept_and_the_rest_goes_in_chunks() {
    let mut studio = Studio::new(321);
    let extra = 2 * i64::from(CHUNK) + 1;
    publish_many(&mut studio, u32::try_from(KEEP_EVENTS + extra).unwrap());
    let came = studio.world.now;
    wait_until(&mut studio, came + EVERY_MS - 1);
    assert_eq!(number(&mut studio, "SELECT COUNT(*) FROM events"), KEEP_EVENTS + extra);
    for left in [KEEP_EVENTS + extra - i64::from(CHUNK), KEEP_EVENTS + 1, KEEP_EVENTS] {
        assert!(studio.world.step(i64::MAX), "a wake-up for each chunk");
        while number(&mut studio, "SELECT COUNT(*) FROM events") > left {
            assert!(studio.world.step(i64::MAX));
        }
        assert_eq!(number(&mut studio, "SELECT COUNT(*) FROM events"), left);
    }
    assert!(studio.world.now < came + EVERY_MS + 10_000);
    assert_eq!(number(&mut studio, "SELECT MIN(seq) FROM events"), extra + 1);
    assert_eq!(number(&mut studio, "SELECT trimmed_to FROM head"), extra);
    assert_eq!(first_frame(&mut studio, extra - 1).kind, "resync");
    assert_eq!(first_frame(&mut studio, extra).seq, extra + 1, "exactly the suffix that is there");
    // The job that lost some of its events says so, the next one doesn't.
    let last_cut = 2 * CHUNK / 10;
    let cut = studio.replay_of(Some(&numbered_job(last_cut)), 0, 500);
    assert!(cut.resync && cut.events.len() == 9, "{cut:?}");
    let whole = studio.replay_of(Some(&numbered_job(last_cut + 1)), 0, 500);
    assert!(!whole.resync && whole.events.len() == 10, "{whole:?}");
}

#[test]
fn events_of_an_open_job_stay_for_thirty_days() {
    let mut studio = Studio::new(322);
    publish(&mut studio, JOB, EventType::Queued, Some(0), false);
    publish(&mut studio, OTHER, EventType::Complete, None, true);
    publish(&mut studio, JOB, EventType::Running, Some(0), false);
    let opened = studio.world.now;
    wait_until(&mut studio, opened + KEEP_MS + 2 * EVERY_MS);
    assert_eq!(kept(&mut studio), [1, 3]);
    assert_eq!(number(&mut studio, "SELECT trimmed_to FROM head"), 2);
    let told = first_frame(&mut studio, 1);
    assert_eq!(told.data["jobs"][0]["events"][0]["seq"], 3, "{:?}", told.data);
    let job = JobId::parse(JOB).unwrap();
    assert!(!studio.replay_of(Some(&job), 0, 500).resync, "the job itself is whole");
    wait_until(&mut studio, opened + KEEP_OPEN_MS - 1);
    assert_eq!(kept(&mut studio), [1, 3]);
    wait_until(&mut studio, opened + KEEP_OPEN_MS + 2 * EVERY_MS);
    assert_eq!(kept(&mut studio), Vec::<i64>::new());
    assert_eq!(number(&mut studio, "SELECT COUNT(*) FROM jobs"), 0);
    assert!(studio.replay_of(Some(&job), 0, 500).resync);
}

#[test]
fn events_of_a_job_that_ended_late_go_within_a_week_of_its_end() {
    let mut studio = Studio::new(323);
    publish(&mut studio, JOB, EventType::Running, Some(0), false);
    wait_until(&mut studio, DAWN + 20 * 24 * EVERY_MS);
    assert_eq!(kept(&mut studio), [1]);
    publish(&mut studio, JOB, EventType::Complete, None, true);
    let ended = studio.world.now;
    wait_until(&mut studio, ended + KEEP_MS + 2 * EVERY_MS);
    assert_eq!(kept(&mut studio), Vec::<i64>::new());
}

#[test]
fn a_ticket_that_nobody_used_is_forgotten() {
    let mut studio = Studio::new(324);
    studio.ask_session(Message::MintTicket);
    let minted = studio.world.now;
    wait_until(&mut studio, minted + TICKET_MS);
    assert_eq!(number(&mut studio, "SELECT COUNT(*) FROM tickets"), 1);
    wait_until(&mut studio, minted + TICKET_MS + EVERY_MS);
    assert_eq!(number(&mut studio, "SELECT COUNT(*) FROM tickets"), 0);
    assert_eq!(number(&mut studio, "SELECT COUNT(*) FROM timers WHERE name = 'retention'"), 0);
}

/// However busy a session is, its sweeps come at most hourly.
#[test]
fn a_busy_session_is_swept_at_most_hourly() {
    let mut studio = Studio::new(325);
    let mut planned = Vec::new();
    for quarter in 0..4 * 24 * 8 {
        publish(&mut studio, numbered_job(quarter).as_str(), EventType::Complete, None, true);
        let timer = "SELECT COALESCE(MAX(at_ms), 0) FROM timers WHERE name = 'retention'";
        planned.push(number(&mut studio, timer));
        let next = studio.world.now + EVERY_MS / 4;
        wait_until(&mut studio, next);
    }
    planned.dedup();
    assert!(planned.len() > 15, "{planned:?}");
    assert!(planned.windows(2).all(|two| two[1] - two[0] >= EVERY_MS), "{planned:?}");
    assert!(number(&mut studio, "SELECT COUNT(*) FROM events") <= 4 * (7 * 24 + 2));
}
