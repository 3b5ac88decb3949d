//! The live stream: what a client that comes back gets, who may listen, and many who listen at once.

use picasso_e2e::api::{Body, Caller};
use picasso_e2e::stack;
use picasso_e2e::stream::{Event, Stream};
use picasso_e2e::studio::{SCENE, Studio, text};

/// For each `since`: exactly the rest, as the very same frames, and after it what happens next.
#[test]
fn who_comes_back_gets_exactly_what_was_missed() {
    let studio = Studio::open("resume");
    let job = studio.watch(&studio.job(SCENE, &["openai", "workers"], 1));
    let last = job.events.len();
    assert!(last >= 15, "{last} events");
    let mut streams: Vec<(usize, Stream)> = [0, 1, 2, 7, last - 1, last]
        .into_iter()
        .map(|since| (since, Stream::open(&studio.session, i64::try_from(since).unwrap())))
        .collect();
    for (since, stream) in &mut streams {
        assert_eq!(stream.take(last - *since), job.events[*since..], "since {since}");
    }
    let next = studio.start_short_job();
    let expected = streams[0].1.until_end(&next);
    assert_eq!(expected[0].seq(), i64::try_from(last).unwrap() + 1);
    for (since, stream) in &mut streams[1..] {
        assert_eq!(stream.until_end(&next), expected, "since {since}");
    }
}

/// In the middle of a job, a socket that is lost costs nothing.
#[test]
fn a_client_that_loses_its_socket_during_a_job_misses_nothing() {
    let studio = Studio::open("dropped");
    let mut whole = Stream::open(&studio.session, 0);
    let job = studio.start(&studio.job(SCENE, &["gemini"], 2));
    let mut seen: Vec<Event> = Vec::new();
    while !seen.last().is_some_and(|event| event.ends(&job)) {
        let since = seen.last().map_or(0, Event::seq);
        let next = Stream::open(&studio.session, since).next_event();
        assert_eq!(next.seq(), since + 1);
        seen.push(next);
    }
    assert_eq!(seen, whole.until_end(&job));
}

/// What was missed, then `caught_up`, once, then what happens.
#[test]
fn who_has_caught_up_is_told_so() {
    let studio = Studio::open("caughtup");
    let mut fresh = Stream::open(&studio.session, 0);
    let marker = fresh.next_frame();
    assert_eq!((marker.kind(), marker.seq(), marker.data("epoch")), ("caught_up", 0, &"".into()));
    let job = studio.start_short_job();
    let events = (0..4).map(|_| fresh.next_frame()).collect::<Vec<_>>();
    assert!(events[3].ends(&job));
    for since in 0..=4 {
        let mut missed = Stream::open(&studio.session, since).missed();
        let marker = missed.pop().unwrap();
        assert_eq!(marker.seq(), 4);
        assert_eq!(text(marker.data("epoch")).len(), 8);
        assert_eq!(missed, events[usize::try_from(since).unwrap()..], "since {since}");
    }
}

/// With `batch=1`, what was missed comes as arrays of the very same frames, and what happens doesn't.
#[test]
fn much_that_was_missed_comes_in_batches() {
    let studio = Studio::open("batches");
    let mut live = Stream::at(&batch(&studio, 0));
    assert_eq!(live.next_frame().kind(), "caught_up");
    let jobs: Vec<String> = (0..6).map(|_| studio.start_short_job()).collect();
    let events = live.take(jobs.len() * 4);
    assert_eq!(live_seqs(&events), (1..=24).collect::<Vec<_>>());
    for since in [0, 1, 23] {
        let mut stream = Stream::at(&batch(&studio, since));
        let texts: Vec<&str> = events[since..].iter().map(|event| event.text.as_str()).collect();
        assert_eq!(stream.next_text(), format!("[{}]", texts.join(",")), "since {since}");
        assert_eq!(stream.next_frame().kind(), "caught_up");
    }
    let mut stream = Stream::at(&batch(&studio, 24));
    assert_eq!(stream.next_frame().kind(), "caught_up", "nothing missed is no array");
}

fn batch(studio: &Studio, since: usize) -> String {
    format!("/api/stream/{}?batch=1&since={since}", studio.session)
}

fn live_seqs(events: &[Event]) -> Vec<i64> {
    events.iter().map(Event::seq).collect()
}

#[test]
fn who_cannot_be_continued_is_told_why_and_shown_the_open_jobs() {
    let studio = Studio::open("ahead");
    let short = studio.start_short_job();
    let events = Stream::open(&studio.session, 0).until_end(&short);
    let epoch = text(Stream::open(&studio.session, 4).next_frame().data("epoch"));
    let ask = |query: &str| {
        let path = format!("/api/stream/{}?{query}", studio.session);
        let missed = Stream::at(&path).missed();
        assert_eq!(missed.len(), 2, "resync and caught_up: {missed:?}");
        assert_eq!(missed[0].seq(), missed[1].seq());
        assert_eq!(text(missed[0].data("epoch")), epoch);
        missed.into_iter().next().unwrap()
    };
    for (query, reason) in [("since=1000", "ahead"), ("since=2&epoch=another", "epoch")] {
        let resync = ask(query);
        assert_eq!((resync.kind(), resync.data("reason")), ("resync", &reason.into()));
        assert_eq!(resync.seq(), events.last().unwrap().seq());
        assert_eq!(resync.data("jobs"), &serde_json::json!([]));
    }
    let known = format!("/api/stream/{}?since=2&epoch={epoch}", studio.session);
    assert_eq!(Stream::at(&known).next_frame(), events[2]);

    let mut live = Stream::open(&studio.session, 4);
    let open = studio.start(&studio.job(&format!("{SCENE} {{slow:8000}}"), &["workers"], 2));
    let begun: Vec<Event> = live.take(4);
    assert_eq!(begun.iter().map(Event::kind).collect::<Vec<_>>(), ["queued", "queued", "running", "running"]);
    let jobs = ask("since=1000").data("jobs").clone();
    assert_eq!(jobs.as_array().unwrap().len(), 1, "{jobs}");
    assert_eq!(jobs[0]["jobId"], open.as_str());
    let shown: Vec<i64> =
        jobs[0]["events"].as_array().unwrap().iter().map(|event| event["seq"].as_i64().unwrap()).collect();
    assert_eq!(shown.len(), 2, "one for each variant: {jobs}");
    assert!(shown.iter().all(|seq| *seq >= begun[2].seq()), "the latest: {jobs}");
    let _ = studio.finished(&open);

    let fresh = Stream::open("a-session-that-never-was", 5).next_event();
    assert_eq!((fresh.kind(), fresh.seq()), ("resync", 0));
}

#[test]
fn twenty_sockets_see_the_same_frames_in_the_same_order() {
    let studio = Studio::open("crowd");
    let mut crowd: Vec<Stream> = (0..20).map(|_| Stream::open(&studio.session, 0)).collect();
    let job = studio.start(&studio.job(SCENE, &["workers"], 1));
    let expected = crowd[0].until_end(&job);
    assert_eq!(expected.iter().map(Event::seq).collect::<Vec<_>>(), (1..=9).collect::<Vec<_>>());
    for stream in &mut crowd[1..] {
        assert_eq!(stream.until_end(&job), expected);
    }
}

#[test]
fn a_job_that_nobody_watches_completes_as_well() {
    let studio = Studio::open("unseen");
    let job = studio.start(&studio.job(SCENE, &["gemini"], 1));
    let shown = studio.finished(&job);
    assert_eq!(shown["completed"], 1, "{shown}");
    assert_eq!(studio.rows(&job).len(), 1);
    let events = Stream::open(&studio.session, 0).until_end(&job);
    assert_eq!(events.len(), 9, "and all that happened can be seen later");
}

/// The contract lets several jobs of one session share its numbers.
#[test]
fn two_jobs_of_one_session_share_one_dense_sequence() {
    let studio = Studio::open("shared");
    let mut stream = Stream::open(&studio.session, 0);
    let jobs = [studio.start_short_job(), studio.start_short_job(), studio.start_short_job()];
    let events = stream.take(jobs.len() * 4);
    assert_eq!(events.iter().map(Event::seq).collect::<Vec<_>>(), (1..=12).collect::<Vec<_>>());
    for job in &jobs {
        let kinds: Vec<&str> =
            events.iter().filter(|event| event.data("jobId") == job.as_str()).map(Event::kind).collect();
        assert_eq!(kinds, ["queued", "running", "fail", "complete"]);
    }
}

#[test]
fn a_ticket_opens_its_own_session_once() {
    let studio = Studio::open("ticket");
    let job = studio.start_short_job();
    let mint = |session: &str| {
        let path = format!("/api/stream/{session}/ticket");
        let minted = studio.api.send("POST", &path, &[], Body::None).expect(201).json();
        assert!(minted["expiresAt"].is_i64(), "{minted}");
        text(&minted["ticket"])
    };
    let open = |session: &str, ticket: &str| {
        Stream::connect(&format!("/api/stream/{session}?since=0&ticket={ticket}"), &[])
    };
    let ticket = mint(&studio.session);
    assert!(ticket.len() >= 22, "a ticket that can't be guessed: {ticket}");
    assert_eq!(open(&studio.session, &ticket).unwrap().until_end(&job).len(), 4);
    assert_eq!(open(&studio.session, &ticket).err(), Some(403), "used");
    assert_eq!(open(&studio.session, "3aVYgVd3OSAr9dyV8mbTzLHhkQ1sPnWc").err(), Some(403), "made up");
    assert_eq!(open(&studio.session, "").err(), Some(403), "empty");
    assert_eq!(open("somebody-else", &mint(&studio.session)).err(), Some(403), "another session's");
    let path = format!("/api/stream/{}", studio.session);
    assert_eq!(Stream::connect(&path, &[]).err(), Some(401), "neither key nor ticket");
    assert_eq!(Stream::connect(&path, &[("x-api-key", "wrong")]).err(), Some(401));
    let wrong = format!("{path}?ticket={}", mint(&studio.session));
    assert_eq!(Stream::connect(&wrong, &[("x-api-key", "wrong")]).err(), Some(401), "a wrong key is wrong");
}

#[test]
fn what_is_no_stream_request_is_refused_by_name() {
    let caller = Caller::with_key();
    let get = |path: &str| caller.send("GET", path, &[], Body::None);
    let _ = get("/api/stream/somebody").problem(426, "upgrade-required");
    let all = caller.send("GET", "/api/stream/somebody", &[("accept", "*/*")], Body::None);
    let _ = all.problem(426, "upgrade-required");
    let long = "x".repeat(129);
    for bad in ["a%20b", "a.b", "a:b", "%C3%A9", &long] {
        let _ = get(&format!("/api/stream/{bad}")).problem_with(400, "invalid-field", "sessionId");
        let ticket = caller.send("POST", &format!("/api/stream/{bad}/ticket"), &[], Body::None);
        let _ = ticket.problem_with(400, "invalid-field", "sessionId");
        let key = stack::api_key();
        assert_eq!(
            Stream::connect(&format!("/api/stream/{bad}"), &[("x-api-key", &key)]).err(),
            Some(400),
            "{bad}"
        );
    }
    let key = stack::api_key();
    for since in ["x", "-1", "1.5", "99999999999"] {
        let path = format!("/api/stream/somebody?since={since}");
        assert_eq!(Stream::connect(&path, &[("x-api-key", &key)]).err(), Some(400), "{since}");
    }
}
