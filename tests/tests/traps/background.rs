//! Traps under what nobody waits for: alarms, the queue, sockets.

use std::time::{SystemTime, UNIX_EPOCH};

use picasso_e2e::api::{Body, Caller};
use picasso_e2e::stream::{Event, Stream};
use picasso_e2e::studio::{SCENE, Studio};
use picasso_e2e::wait;

use super::{ALARM_LIMIT, ANSWER_LIMIT, KINDS, arm, in_flight, says_come_back, sprung};

/// Stages whose work traps when it's done and before its result is taken in.
const STAGES: [&str; 5] = ["refine", "generate", "fingerprint", "deliver", "judge"];

#[test]
fn an_alarm_that_trapped_runs_again_within_five_seconds() {
    for kind in KINDS {
        let (studio, bystander) = (Studio::open("alarm"), Studio::open("bystander"));
        arm("object", "hold", &bystander.project);
        let held = in_flight("GET", format!("/api/projects/{}", bystander.project), "");
        let _ = sprung("hold");
        arm("alarm", kind, &format!("job:{}", studio.project));
        let job = studio.start(&studio.job(SCENE, &["openai"], 1));
        let trapped = sprung("alarm");
        let trapped_at = epoch_ms();
        let (reply, answered) = held.join().unwrap();
        says_come_back(&reply);
        assert!(answered.saturating_duration_since(trapped) < ANSWER_LIMIT, "{kind}");

        let first =
            wait::until("the provider is asked", || studio.emulator.calls(&studio.word).into_iter().next());
        let waited = first.at - trapped_at;
        assert!(waited < i64::try_from(ALARM_LIMIT.as_millis()).unwrap(), "{kind}: {waited} ms");
        the_job_is_right(&studio, &job, kind);
    }
}

/// A trap between an effect and its journal is a crash: what was paid for is found again, and the job ends as if nothing
/// had happened.
#[test]
fn work_that_trapped_is_taken_up_again_and_nothing_is_paid_for_twice() {
    for stage in STAGES {
        let studio = Studio::open("work");
        arm(stage, "panic", &format!("job:{}", studio.project));
        let job = studio.start(&studio.job(SCENE, &["gemini"], 1));
        let _ = sprung(stage);
        the_job_is_right(&studio, &job, stage);
    }
}

fn the_job_is_right(studio: &Studio, job: &str, what: &str) {
    let shown = studio.finished(job);
    assert_eq!((&shown["completed"], &shown["failed"]), (&1.into(), &0.into()), "{what}: {shown}");
    let events = Stream::open(&studio.session, 0).until_end(job);
    let seqs: Vec<i64> = events.iter().map(Event::seq).collect();
    assert_eq!(seqs, (1..).take(seqs.len()).collect::<Vec<i64>>(), "{what}");
    assert_eq!(events.iter().filter(|event| event.kind() == "complete").count(), 2, "{what}");
    assert_eq!(studio.rows(job).len(), 1, "{what}");
    let calls = studio.emulator.calls(&studio.word);
    assert_eq!(calls.iter().filter(|call| call.provider != "vision").count(), 1, "{what}: {calls:?}");
}

#[test]
fn a_batch_of_the_queue_that_trapped_is_delivered_again() {
    for kind in KINDS {
        let studio = Studio::open("queue");
        let slug = studio.publish();
        arm("queue", kind, "");
        let page = format!("/public/lookbook/{slug}");
        let _ = Caller::anonymous().send("GET", &page, &[], Body::None).expect(200);
        let _ = sprung("queue");
        let count = "SELECT COUNT(*) FROM artifact_views WHERE artifact_id = ?";
        let views = wait::until("the view is in D1", || {
            Some(studio.database.count(count, &[&slug])).filter(|views| *views > 0)
        });
        assert_eq!(views, 1, "{kind}");
    }
}

#[test]
fn a_socket_whose_handler_trapped_loses_nothing() {
    for kind in KINDS {
        let (studio, bystander) = (Studio::open("socket"), Studio::open("bystander"));
        let before = studio.start_short_job();
        let mut loud = Stream::open(&studio.session, 0);
        let mut other = Stream::open(&bystander.session, 0);
        assert_eq!(loud.until_end(&before).len(), 4);
        arm("socket", kind, &studio.session);
        loud.say("hello".to_owned());
        let _ = sprung("socket");
        let next = studio.start_short_job();
        let seen = loud.until_end_or_loss(&next);
        let since = seen.last().map_or(4, Event::seq);
        let missed = if seen.last().is_some_and(|event| event.ends(&next)) {
            Vec::new()
        } else {
            Stream::open(&studio.session, since).until_end(&next)
        };
        let seqs: Vec<i64> = seen.iter().chain(&missed).map(Event::seq).collect();
        assert_eq!(seqs, [5, 6, 7, 8], "{kind}");
        let job = bystander.start_short_job();
        assert_eq!(other.until_end(&job).len(), 4, "{kind}: a bystander's socket goes on");
    }
}

#[expect(clippy::disallowed_methods, reason = "a native test, not part of the core with its injected time")]
fn epoch_ms() -> i64 {
    i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap()
}
