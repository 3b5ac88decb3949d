//! Server-sent events and a job's own events: the stream's very bytes by other ways.

use std::collections::BTreeMap;

use picasso_e2e::api::{Body, Caller};
use picasso_e2e::sse::Sse;
use picasso_e2e::stream::{Event, Stream};
use picasso_e2e::studio::{SCENE, Studio, text};
use picasso_e2e::wait;
use serde_json::value::RawValue;
use serde_json::{Value, json};

/// A page of `GET /api/jobs/:id/events`, its events as they came.
struct Page {
    events: Vec<String>,
    next: Option<i64>,
    epoch: String,
    resync: bool,
}

fn page(studio: &Studio, job: &str, query: &str) -> Page {
    let path = format!("/api/jobs/{job}/events?{query}");
    let body = studio.api.send("GET", &path, &[], Body::None).expect(200).text();
    let fields: BTreeMap<&str, &RawValue> = serde_json::from_str(&body).unwrap();
    let events: Vec<&RawValue> = serde_json::from_str(fields["events"].get()).unwrap();
    Page {
        events: events.into_iter().map(|event| event.get().to_owned()).collect(),
        next: serde_json::from_str(fields["next"].get()).unwrap(),
        epoch: serde_json::from_str(fields["epoch"].get()).unwrap(),
        resync: serde_json::from_str(fields["resync"].get()).unwrap(),
    }
}

/// Every event of a job, read in pages.
fn events_of(studio: &Studio, job: &str, limit: u32) -> Vec<String> {
    let (mut after, mut events) = (Some(0), Vec::new());
    while let Some(at) = after {
        let page = page(studio, job, &format!("after={at}&limit={limit}"));
        assert!(!page.resync && page.epoch.len() == 8);
        events.extend(page.events);
        after = page.next;
    }
    events
}

fn texts<'a>(events: impl IntoIterator<Item = &'a Event>) -> Vec<&'a str> {
    events.into_iter().map(|event| event.text.as_str()).collect()
}

#[test]
fn websocket_server_sent_events_and_a_jobs_events_are_the_same_bytes() {
    let studio = Studio::open("threeways");
    let (mut socket, mut reader) = (Stream::open(&studio.session, 0), Sse::open(&studio.session));
    let header = |name: &str| reader.head.header(name).to_owned();
    assert_eq!(header("content-type"), "text/event-stream");
    assert_eq!(header("cache-control"), "no-store");
    assert_eq!(header("x-accel-buffering"), "no");
    assert_eq!(reader.next_block().retry, "1000");

    let jobs = [
        studio.start(&studio.job(SCENE, &["gemini", "openai"], 2)),
        studio.start(&studio.job(SCENE, &["workers"], 1)),
    ];
    let (mut live, mut missing) = (Vec::new(), jobs.len());
    while missing > 0 {
        live.push(socket.next_event());
        missing -= usize::from(jobs.iter().any(|job| live.last().unwrap().ends(job)));
    }
    assert_eq!(live.len(), 4 * 8 + 1 + 9);
    assert_eq!(reader.next_frame().kind(), "caught_up");
    for event in &live {
        assert_eq!(reader.next_frame(), *event, "live");
    }
    let mut later = Sse::open(&studio.session);
    for event in &live {
        assert_eq!(later.next_frame(), *event, "replayed");
    }
    let marker = later.next_frame();
    assert_eq!((marker.kind(), marker.seq()), ("caught_up", 42));
    for job in &jobs {
        let expected = texts(live.iter().filter(|event| event.data("jobId") == job.as_str()));
        for limit in [1, 5, 500] {
            assert_eq!(events_of(&studio, job, limit), expected, "{limit} at once");
        }
    }
    let ahead = page(&studio, &jobs[0], "after=1000");
    assert!(ahead.resync && ahead.events.len() == 33, "start over with these");
}

/// An `EventSource` comes back to the address that it began with, and says in a header what it has.
#[test]
fn a_reader_that_comes_back_gets_exactly_what_was_missed() {
    let studio = Studio::open("lasteventid");
    let job = studio.watch(&studio.job(SCENE, &["openai"], 1));
    for since in 0..=job.events.len() {
        let mut reader = Sse::after(&studio.session, Some(i64::try_from(since).unwrap()));
        let missed: Vec<Event> = (since..job.events.len()).map(|_| reader.next_frame()).collect();
        assert_eq!(missed, job.events[since..], "since {since}");
        assert_eq!(reader.next_frame().kind(), "caught_up");
    }
    let mut ahead = Sse::after(&studio.session, Some(1_000));
    let resync = ahead.next_frame();
    assert_eq!((resync.kind(), resync.data("reason")), ("resync", &json!("ahead")));
    assert_eq!(ahead.next_frame().kind(), "caught_up");
}

/// In the middle of a job, at every event, a connection that is lost costs nothing.
#[test]
fn a_reader_that_loses_its_connection_during_a_job_misses_nothing() {
    let studio = Studio::open("droppedsse");
    let mut whole = Sse::open(&studio.session);
    let job = studio.start(&studio.job(SCENE, &["gemini", "workers"], 1));
    let mut seen: Vec<Event> = Vec::new();
    while !seen.last().is_some_and(|event| event.ends(&job)) {
        let mut reader = Sse::after(&studio.session, Some(seen.last().map_or(0, Event::seq)));
        let mut next = reader.next_frame();
        while next.is_marker() {
            assert_eq!(next.kind(), "caught_up");
            next = reader.next_frame();
        }
        seen.push(next);
    }
    assert_eq!(seen, whole.until_end(&job));
}

#[test]
fn a_ticket_opens_server_sent_events_once() {
    let studio = Studio::open("sseticket");
    let job = studio.start_short_job();
    let mint = format!("/api/stream/{}/ticket", studio.session);
    let ticket = text(&studio.api.send("POST", &mint, &[], Body::None).expect(201).json()["ticket"]);
    let path = format!("/api/stream/{}?ticket={ticket}", studio.session);
    assert_eq!(Sse::connect(&path, &[]).ok().unwrap().until_end(&job).len(), 4);
    let _ = Sse::connect(&path, &[]).err().unwrap().problem(403, "forbidden");
    let path = format!("/api/stream/{}", studio.session);
    let _ = Sse::connect(&path, &[]).err().unwrap().problem(401, "unauthorized");
}

/// A reader that nothing happens to hears from us all the same.
#[test]
fn a_quiet_stream_is_kept_alive() {
    let studio = Studio::open("quiet");
    let mut reader = Sse::open(&studio.session);
    assert_eq!(reader.next_block().retry, "1000");
    assert_eq!(reader.next_frame().kind(), "caught_up");
    assert!(reader.next_block().comment);
    let job = studio.start_short_job();
    assert_eq!(reader.until_end(&job).len(), 4);
}

/// A reader that goes makes room, at the latest when it's found out by the next sign of life: more come, one after the
/// other, than there may be at once.
#[test]
fn readers_that_are_gone_leave_nothing_behind() {
    let studio = Studio::open("comeandgo");
    let job = studio.start_short_job();
    let _ = studio.finished(&job);
    for _ in 0..33 {
        let mut reader = wait::until("there's room for a reader", || {
            Sse::connect(
                &format!("/api/stream/{}", studio.session),
                &[("x-api-key", &picasso_e2e::stack::api_key())],
            )
            .ok()
        });
        assert_eq!(reader.until_end(&job).len(), 4);
    }
}

#[test]
fn a_job_that_is_not_there_has_no_events() {
    let studio = Studio::open("noevents");
    let path = format!("/api/jobs/{}-000000000000/events", studio.project);
    let _ = studio.api.send("GET", &path, &[], Body::None).problem(404, "not-found");
    let job = studio.start_short_job();
    for (query, field) in
        [("after=x", "after"), ("after=-1", "after"), ("limit=0", "limit"), ("limit=501", "limit")]
    {
        let path = format!("/api/jobs/{job}/events?{query}");
        let reply = studio.api.send("GET", &path, &[], Body::None);
        let _ = reply.problem_with(422, "invalid-field", field);
    }
    let path = format!("/api/jobs/{job}/events");
    let _ = Caller::anonymous().send("GET", &path, &[], Body::None).problem(401, "unauthorized");
    let wrong = studio.api.send("POST", &path, &[], Body::None).problem(405, "method-not-allowed");
    assert_eq!(wrong["detail"], Value::from("allowed: GET"));
}
