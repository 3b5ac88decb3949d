//! Who may listen: how many, from which pages, and how much they may say.

use picasso_e2e::api::Body;
use picasso_e2e::sse::Sse;
use picasso_e2e::stack;
use picasso_e2e::stream::Stream;
use picasso_e2e::studio::Studio;
use picasso_e2e::wait;

/// A client has nothing to say; one that says much is shown the door, and the others aren't concerned.
#[test]
fn a_client_that_sends_too_much_is_closed_alone() {
    let studio = Studio::open("chatty");
    let mut quiet = Stream::open(&studio.session, 0);
    let mut loud = Stream::open(&studio.session, 0);
    loud.say("x".repeat(4_096));
    loud.say("x".repeat(4_097));
    assert_eq!(loud.close_code(), 1009);
    let mut busy = Stream::open(&studio.session, 0);
    for _ in 0..101 {
        busy.say("hello".to_owned());
    }
    assert_eq!(busy.close_code(), 1008);
    let job = studio.start_short_job();
    assert_eq!(quiet.until_end(&job).len(), 4);
}

/// The platform answers pings by itself: they are no messages and no events.
#[test]
fn a_ping_is_answered_and_counts_for_nothing() {
    let studio = Studio::open("ping");
    let mut stream = Stream::open(&studio.session, 0);
    assert_eq!(stream.next_frame().kind(), "caught_up");
    for _ in 0..150 {
        stream.say("ping".to_owned());
        assert_eq!(stream.next_text(), "pong");
    }
    let job = studio.start_short_job();
    let events = stream.take(4);
    assert!(events[3].ends(&job));
    assert_eq!(events[0].seq(), 1);
}

#[test]
fn thirty_two_may_listen_to_a_session_and_the_next_one_is_asked_to_wait() {
    let studio = Studio::open("full");
    let path = format!("/api/stream/{}", studio.session);
    let key = stack::api_key();
    let mut sockets: Vec<Stream> = (0..30).map(|_| Stream::open(&studio.session, 0)).collect();
    let mut readers: Vec<Sse> = (0..2).map(|_| Sse::open(&studio.session)).collect();
    let mint = studio.api.send("POST", &format!("{path}/ticket"), &[], Body::None).expect(201).json();
    let with_ticket = format!("{path}?ticket={}", mint["ticket"].as_str().unwrap());
    for path in [&path, &with_ticket] {
        assert_eq!(Stream::connect(path, &[("x-api-key", &key)]).err(), Some(429));
    }
    let refused = Sse::connect(&path, &[("x-api-key", &key)]).err().unwrap();
    let _ = refused.problem(429, "too-many-listeners");
    assert_eq!(refused.header("retry-after"), "10");
    assert!(Stream::connect("/api/stream/another-one", &[("x-api-key", &key)]).is_ok(), "only this session");

    let job = studio.start_short_job();
    for socket in &mut sockets {
        assert_eq!(socket.until_end(&job).len(), 4);
    }
    for reader in &mut readers {
        assert_eq!(reader.until_end(&job).len(), 4);
    }
    drop(sockets.pop());
    let freed = wait::until("a socket that goes makes room", || Stream::connect(&with_ticket, &[]).ok());
    readers.clear();
    let more: Vec<Stream> = (0..2)
        .map(|_| {
            wait::until("a reader that goes makes room", || {
                Stream::connect(&path, &[("x-api-key", &key)]).ok()
            })
        })
        .collect();
    drop((freed, more));
}

#[test]
fn pages_of_another_origin_may_not_listen() {
    let studio = Studio::open("origin");
    let path = format!("/api/stream/{}", studio.session);
    let key = stack::api_key();
    for origin in ["https://evil.example", "null", "http://127.0.0.1:1"] {
        let headers = [("x-api-key", key.as_str()), ("origin", origin)];
        assert_eq!(Stream::connect(&path, &headers).err(), Some(403), "{origin}");
        let refused = Sse::connect(&path, &headers).err().unwrap();
        let _ = refused.problem(403, "forbidden");
    }
    let own = stack::url();
    let headers = [("x-api-key", key.as_str()), ("origin", own.as_str())];
    assert!(Stream::connect(&path, &headers).is_ok(), "{own}");
    assert_eq!(Sse::connect(&path, &headers).ok().unwrap().next_frame().kind(), "caught_up");
}
