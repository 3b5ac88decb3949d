//! When an actor is woken, and what a wake-up after a crash does.

use std::collections::BTreeSet;

use picasso_actors::actor;
use picasso_actors::address::{ActorName, Kind};
use picasso_actors::effect::Task;
use picasso_actors::inbox::KEEP_MS;
use picasso_actors::job;
use picasso_actors::job::stage::Stage;
use picasso_actors::provider::Provider::{self, Gemini, Openai, Workers};
use picasso_actors::{project, session};

use crate::studio::Studio;
use crate::world::outside::Play;

/// How soon a job goes on after its object was lost, in milliseconds: the design's goal R4.
const RESUME_MS: i64 = 5_000;

#[test]
fn a_job_that_is_full_waits_for_an_attempt_to_end_and_not_for_the_clock() {
    let mut studio = Studio::new(20);
    studio.world.script(|call| (call.work.stage == Stage::Generate).then_some(Play::Done(30_000)));
    let job = ActorName::Job(studio.start(&Provider::ALL, 8));
    let now = studio.world.now + 1_000;
    studio.world.run_until(now);
    let sql = studio.world.sql(&job);
    assert_eq!(job::store::running(sql).unwrap(), job::MOST_AT_ONCE);
    assert!(!job::store::ready(sql, now).unwrap().is_empty(), "others wait for their turn");
    assert!(actor::next_wake(sql, Kind::Job).unwrap().unwrap() > now, "an alarm in the past rings for ever");
}

#[test]
fn no_job_has_more_than_six_attempts_under_way() {
    let mut studio = Studio::new(21);
    let job = studio.run(&Provider::ALL, 8);
    studio.check_ended(&job);
    assert_eq!(studio.world.most_at_once, job::MOST_AT_ONCE as usize);
    assert_eq!(studio.fetch(&job)["completed"], 24);
}

#[test]
fn an_attempt_cut_off_by_a_crash_is_begun_again_and_looks_for_its_picture_first() {
    let mut studio = Studio::new(22);
    let job = studio.start(&[Openai, Gemini], 1);
    let me = ActorName::Job(job.clone());
    studio.world.run_until(studio.world.now + 4_000);
    assert_eq!(job::store::running(studio.world.sql(&me)).unwrap(), 2);

    studio.world.crash(&me);
    let crashed_at = studio.world.now;
    studio.world.run();

    studio.check_ended(&job);
    let mut again = studio.calls(Stage::Generate);
    again.retain(|call| call.work.attempt == 2);
    assert_eq!(again.len(), 2);
    for call in again {
        assert!(matches!(call.work.task, Task::Generate { probe: true, .. }));
        assert!(call.at <= crashed_at + RESUME_MS, "{} ms later", call.at - crashed_at);
    }
    assert_eq!(studio.world.outside.paid, 2, "the pictures of the first attempts were in R2");
    assert_eq!(studio.fetch(&job)["completed"], 2);
}

#[test]
fn whoever_asks_after_a_crash_finds_the_job_due_at_once() {
    let mut studio = Studio::new(26);
    let job = ActorName::Job(studio.start(&[Openai], 1));
    let now = studio.world.now + 4_000;
    studio.world.run_until(now);
    let sql = studio.world.sql(&job);
    let wake = |holder| actor::next_wake_in(sql, Kind::Job, holder, &BTreeSet::new(), now).unwrap().unwrap();
    assert!(wake("life-1") > now, "it waits for what it has under way");
    assert!(wake("life-2") <= now, "another life has nothing under way");
}

#[test]
fn a_result_that_nobody_reported_is_asked_for_again() {
    let mut studio = Studio::new(23);
    studio.world.script(|call| {
        (call.is(Stage::Fingerprint, Workers, 0) && call.work.attempt == 1).then_some(Play::Vanishes)
    });
    let job = studio.run(&[Workers], 1);
    studio.check_ended(&job);
    assert_eq!(studio.fetch(&job)["completed"], 1);
}

#[test]
fn stored_replies_are_forgotten_a_day_later_however_busy_the_actor_is() {
    let mut studio = Studio::new(24);
    let me = ActorName::Session(studio.session.clone());
    for _ in 0..100 {
        studio.ask_session(session::Message::MintTicket);
        studio.world.run_until(studio.world.now + KEEP_MS / 24);
    }
    let kept = studio.world.sql(&me).number("SELECT COUNT(*) FROM inbox_asks");
    assert!((24..=28).contains(&kept), "{kept} replies are kept");
    let oldest = studio.world.sql(&me).number("SELECT MIN(at_ms) FROM inbox_asks");
    assert!(oldest <= studio.world.now - 24 * 60 * 60 * 1000, "a day's replies are there");
    studio.world.run();
    assert_eq!(studio.world.sql(&me).number("SELECT COUNT(*) FROM inbox_asks"), 0);
    assert_eq!(actor::next_wake(studio.world.sql(&me), Kind::Session).unwrap(), None, "and it can sleep");
}

#[test]
fn an_asker_who_asks_again_a_day_later_gets_the_same_reply() {
    let mut studio = Studio::new(25);
    let me = ActorName::Project(studio.project.clone());
    let rename = || {
        picasso_actors::protocol::Message::Project(project::Message::Update {
            name: Some("Ocean".to_owned()),
            description: None,
            budget: None,
            near_duplicates: None,
        })
    };
    let first = studio.world.ask_as("rename", &me, rename()).unwrap();
    studio.world.run_until(studio.world.now + 24 * 60 * 60 * 1000);
    let again = studio.world.ask_as("rename", &me, rename()).unwrap();
    assert_eq!(format!("{first:?}"), format!("{again:?}"));
    assert_eq!(studio.world.sql(&me).number("SELECT revision FROM project"), 2, "and changed nothing");
}

#[test]
fn what_is_cut_off_again_and_again_is_given_up() {
    let mut studio = Studio::new(29);
    studio.world.script(|call| call.is(Stage::Fingerprint, Openai, 0).then_some(Play::Vanishes));
    let job = studio.run(&[Openai, Gemini], 1);
    studio.check_ended(&job);
    let attempts =
        studio.calls(Stage::Fingerprint).iter().filter(|call| call.work.provider == Openai).count();
    assert_eq!(attempts, job::MOST_ATTEMPTS as usize);
    let last = studio.events_of(Openai, 0).pop().unwrap();
    assert_eq!((last.kind.as_str(), last.data["errorClass"].as_str()), ("fail", Some("timeout")));
    assert_eq!(studio.kinds_of(Gemini, 0).pop().as_deref(), Some("complete"));
}
