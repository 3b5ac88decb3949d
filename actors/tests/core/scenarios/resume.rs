//! Coming back to the stream: exactly what was missed, or word that it can't be had; then `caught_up`; then what happens.

use picasso_actors::address::ActorName;
use picasso_actors::ids::JobId;
use picasso_actors::json;
use picasso_actors::provider::Provider;
use picasso_actors::schema;
use picasso_actors::session::resume::Cursor;
use picasso_actors::session::{self, EventType};
use picasso_actors::sql::Sql as _;
use picasso_actors::turn::Turn;
use serde_json::{Value, json};

use crate::studio::{Event, Studio};

/// All that a listener gets until it has caught up, page by page.
fn catch_up(studio: &mut Studio, cursor: &mut Cursor, limit: u32) -> Vec<String> {
    let mut got = Vec::new();
    while !cursor.is_caught_up() {
        got.extend(page(studio, cursor, limit));
    }
    got
}

fn page(studio: &mut Studio, cursor: &mut Cursor, limit: u32) -> Vec<String> {
    let me = ActorName::Session(studio.session.clone());
    let page = studio.world.turn(&me, |turn| cursor.next(turn, limit)).unwrap();
    assert!(page.events.len() <= limit as usize);
    page.into_frames().map(|frame| frame.text).collect()
}

/// What a listener gets that has nothing to continue.
fn resync(studio: &mut Studio, since: i64, epoch: Option<&str>) -> Event {
    let mut cursor = Cursor::new(since, epoch.map(str::to_owned));
    let got = catch_up(studio, &mut cursor, 500);
    assert_eq!(got.len(), 2, "resync and caught_up: {got:?}");
    let (resync, caught_up) = (Event::read(&got[0]), Event::read(&got[1]));
    assert_eq!((resync.kind.as_str(), caught_up.kind.as_str()), ("resync", "caught_up"));
    assert_eq!(resync.seq, caught_up.seq);
    assert_eq!(page(studio, &mut cursor, 500), Vec::<String>::new(), "and nothing twice");
    resync
}

/// Publishes one event of a job, past the inbox.
pub fn publish(studio: &mut Studio, job: &str, kind: EventType, variant: Option<u32>, closes: bool) {
    let message = event(studio.world.now, job, kind, variant, closes);
    let session = studio.session.clone();
    let me = ActorName::Session(session.clone());
    studio.world.turn(&me, |turn| session::handle(turn, &session, message)).unwrap();
}

/// Publishes many events in one turn: jobs of ten each, one after the other. The first job's number is 0.
pub fn publish_many(studio: &mut Studio, count: u32) {
    let (session, now) = (studio.session.clone(), studio.world.now);
    let me = ActorName::Session(session.clone());
    let publish_all = |turn: &mut Turn<'_>| {
        for index in 0..count {
            let (job, last) = (numbered_job(index / 10), index % 10 == 9);
            let message = event(now, job.as_str(), EventType::Progress, Some(index % 4), last);
            session::handle(turn, &session, message)?;
        }
        Ok(())
    };
    studio.world.turn(&me, publish_all).unwrap();
}

pub fn numbered_job(number: u32) -> JobId {
    JobId::parse(&format!("4fZk0PqLx81mWd2C-{number:012}")).unwrap()
}

fn event(ts: i64, job: &str, event_type: EventType, variant: Option<u32>, closes: bool) -> session::Message {
    let mut data = json!({ "jobId": job, "provider": "gemini" });
    if let Some(variant) = variant {
        data["variantIndex"] = variant.into();
    }
    let data = json::raw(data.to_string()).unwrap();
    session::Message::Publish { event_type, ts, data, job: JobId::parse(job).ok(), closes }
}

#[test]
fn whoever_comes_back_gets_what_was_missed_and_is_told_when_that_was_all() {
    let mut studio = Studio::new(300);
    studio.run(&Provider::ALL, 1);
    let sent = studio.world.sockets[&studio.session].clone();
    let epoch = studio.epoch();
    for since in 0..=sent.len() {
        for limit in [1, 7, 25, 500] {
            for epoch in [None, Some(String::new()), Some(epoch.clone())] {
                let mut cursor = Cursor::new(i64::try_from(since).unwrap(), epoch);
                let mut got = catch_up(&mut studio, &mut cursor, limit);
                let marker = Event::read(&got.pop().unwrap());
                assert_eq!(got, sent[since..], "since {since}, {limit} at once");
                assert_eq!((marker.kind.as_str(), marker.seq), ("caught_up", 25));
                assert_eq!(marker.data, json!({ "epoch": studio.epoch() }));
            }
        }
    }
}

/// Events that come while a listener is catching up are neither lost nor early: it reads one log.
#[test]
fn what_happens_between_two_pages_comes_in_its_place_and_once() {
    let mut studio = Studio::new(301);
    let job = studio.start(&[Provider::Gemini], 2);
    studio.world.run();
    let mut cursor = Cursor::new(0, None);
    let mut got = Vec::new();
    for _ in 0..40 {
        got.extend(page(&mut studio, &mut cursor, 3));
        publish(&mut studio, job.as_str(), EventType::Progress, Some(0), false);
    }
    got.extend(page(&mut studio, &mut cursor, 500));
    let (markers, events): (Vec<_>, Vec<_>) =
        got.into_iter().partition(|frame| Event::read(frame).kind == "caught_up");
    assert_eq!(events, studio.world.sockets[&studio.session]);
    assert_eq!(markers.len(), 1, "it has caught up once");
}

#[test]
fn ten_thousand_missed_events_are_twenty_pages() {
    let mut studio = Studio::new(302);
    publish_many(&mut studio, 10_000);
    let mut cursor = Cursor::new(0, None);
    let (mut pages, mut got) = (0, Vec::new());
    while got.len() < 10_000 {
        got.extend(page(&mut studio, &mut cursor, 500));
        pages += 1;
    }
    assert_eq!(pages, 20);
    assert_eq!(Event::read(&got.pop().unwrap()).kind, "caught_up", "in the last page");
    assert_eq!(got, studio.world.sockets[&studio.session]);
}

#[test]
fn who_is_ahead_or_of_another_epoch_is_told_to_start_over() {
    let mut studio = Studio::new(303);
    studio.run(&Provider::ALL, 1);
    let epoch = studio.epoch();
    for (since, known, reason) in [
        (26, None, "ahead"),
        (1_000_000, Some(epoch.as_str()), "ahead"),
        (25, Some("0therLfe"), "epoch"),
        (0, Some("0therLfe"), "epoch"),
        (1_000_000, Some("0therLfe"), "epoch"),
    ] {
        let told = resync(&mut studio, since, known);
        assert_eq!(told.seq, 25);
        assert_eq!(told.data, json!({ "epoch": epoch, "reason": reason, "jobs": [] }));
    }
}

#[test]
fn a_session_without_events_has_nothing_to_continue() {
    let mut studio = Studio::new(304);
    let got = catch_up(&mut studio, &mut Cursor::new(0, None), 500);
    assert_eq!(got.len(), 1);
    assert_eq!(Event::read(&got[0]).kind, "caught_up");
    assert_eq!(Event::read(&got[0]).data, json!({ "epoch": "" }));
    assert_eq!(resync(&mut studio, 1, None).data["reason"], "ahead");
}

/// A resync shows each open job as its variants were last heard of, and no other job.
#[test]
fn a_resync_shows_the_open_jobs_as_they_are() {
    let mut studio = Studio::new(305);
    studio.run(&[Provider::Openai], 1);
    let first = studio.start(&[Provider::Gemini, Provider::Workers], 2);
    let dawn = studio.world.now;
    for step in 1..=60 {
        studio.world.run_until(dawn + step * 200);
        let events = studio.events();
        let mine: Vec<&Event> = events.iter().filter(|event| event.data["jobId"] == first.as_str()).collect();
        let told = resync(&mut studio, 1_000, None);
        if mine.is_empty() || mine.iter().any(|event| event.data["variantIndex"].is_null()) {
            assert_eq!(told.data["jobs"], json!([]), "not begun, or over");
            continue;
        }
        let mut latest: Vec<&Event> = Vec::new();
        for provider in [Provider::Gemini, Provider::Workers] {
            for index in 0..2 {
                latest.extend(mine.iter().rfind(|event| event.is_of(provider, index)));
            }
        }
        latest.sort_by_key(|event| event.seq);
        let shown = told.data["jobs"].as_array().unwrap();
        assert_eq!(shown.len(), 1);
        assert_eq!(shown[0]["jobId"], first.as_str());
        let shown: Vec<Event> =
            shown[0]["events"].as_array().unwrap().iter().map(|it| Event::read(&it.to_string())).collect();
        assert_eq!(shown.iter().collect::<Vec<_>>(), latest);
    }
    studio.world.run();
    studio.check_ended(&first);
}

/// A job that goes on after its last event, as a retry does, is open again until its next last one.
#[test]
fn a_job_that_goes_on_is_open_again() {
    let mut studio = Studio::new(306);
    let job = "4fZk0PqLx81mWd2C-9aX2kLm0Qw3E";
    let open = |studio: &mut Studio| resync(studio, 1_000, None).data["jobs"].as_array().unwrap().len();
    for _ in 0..2 {
        publish(&mut studio, job, EventType::Running, Some(0), false);
        assert_eq!(open(&mut studio), 1);
        publish(&mut studio, job, EventType::Complete, Some(0), false);
        publish(&mut studio, job, EventType::Complete, None, true);
        assert_eq!(open(&mut studio), 0);
    }
}

/// What version 1 stored, and what it had under way.
#[test]
fn the_state_of_version_1_opens_with_its_jobs_known() {
    let (over, open) = ("4fZk0PqLx81mWd2C-9aX2kLm0Qw3E", "4fZk0PqLx81mWd2C-7bY3lMn1Rx4F");
    let mut studio = Studio::new(307);
    let me = ActorName::Session(studio.session.clone());
    let sql = studio.world.sql(&me);
    let made = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'sqlite_sequence'";
    for table in sql.exec(made, &[]).unwrap() {
        sql.script(&format!("DROP TABLE {}", table.text(0).unwrap()));
    }
    sql.script(include_str!("session_1.sql"));
    sql.transaction(|| schema::open(sql, me.kind())).unwrap();

    let told = resync(&mut studio, 1_000, None);
    assert_eq!((told.seq, &told.data["epoch"]), (6, &json!("Ep0chOne")));
    let jobs: Vec<&Value> = told.data["jobs"].as_array().unwrap().iter().map(|job| &job["jobId"]).collect();
    assert_eq!(jobs, [open]);
    assert_eq!(told.data["jobs"][0]["events"][0]["seq"], 4);
    let of_over = studio.replay_of(JobId::parse(over).ok().as_ref(), 0, 500);
    assert_eq!(of_over.events.len(), 4);
    assert!(!of_over.resync);
    assert_eq!(
        studio.world.sql(&me).number("SELECT at_ms FROM timers WHERE name = 'retention'"),
        1_795_957_200_000
    );

    let last = format!(
        r#"{{"from":{{"actor":{{"name":"job:{open}","seq":9}}}},"to":"{me}","message":{{"session":{{"publish":{{
           "event_type":"complete","ts":7,"data":{{"jobId":"{open}","progress":1.0}}}}}}}}}}"#
    );
    studio.world.receive(&me, &last).unwrap();
    assert_eq!(resync(&mut studio, 1_000, None).data["jobs"], json!([]), "its end is told in the old words");
    assert_eq!(studio.world.sql(&me).exec("SELECT seq FROM events WHERE job_id IS NULL", &[]).unwrap(), []);
}
