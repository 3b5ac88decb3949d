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

#[test]
fn who_is_ahead_of_the_session_is_told_to_start_over() {
    let studio = Studio::open("ahead");
    let job = studio.start_short_job();
    let events = Stream::open(&studio.session, 0).until_end(&job);
    let resync = Stream::open(&studio.session, 1_000).next_event();
    assert_eq!(resync.kind(), "resync");
    assert_eq!(resync.seq(), events.last().unwrap().seq());
    assert!(!text(resync.data("epoch")).is_empty());
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

/// A client has nothing to say; one that says much is shown the door, and the others aren't concerned.
#[test]
fn a_client_that_sends_too_much_is_closed_alone() {
    let studio = Studio::open("chatty");
    let mut quiet = Stream::open(&studio.session, 0);
    let mut loud = Stream::open(&studio.session, 0);
    loud.say("x".repeat(4_096));
    loud.say("x".repeat(4_097));
    assert_eq!(loud.close_code(), 1009);
    let job = studio.start_short_job();
    assert_eq!(quiet.until_end(&job).len(), 4);
}
