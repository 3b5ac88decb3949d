//! A session's stream: what was missed is given exactly, and tickets open it once.

use picasso_actors::protocol::{RefusalCode, Reply};
use picasso_actors::provider::Provider;
use picasso_actors::session::{Message, TICKET_MS};

use crate::studio::{Event, Studio, body};

fn admitted(studio: &mut Studio, ticket: &str) -> bool {
    match studio.ask_session(Message::Admit { ticket: ticket.to_owned() }) {
        Reply::Done => true,
        Reply::Refused(refusal) if refusal.code == RefusalCode::Forbidden => false,
        other => panic!("{other:?}"),
    }
}

fn ticket(studio: &mut Studio) -> (String, i64) {
    let ticket = body(&studio.ask_session(Message::MintTicket));
    (ticket["ticket"].as_str().unwrap().to_owned(), ticket["expiresAt"].as_i64().unwrap())
}

#[test]
fn whatever_a_client_has_it_gets_exactly_the_rest() {
    let mut studio = Studio::new(80);
    studio.run(&Provider::ALL, 1);
    let sent = studio.world.sockets[&studio.session].clone();
    assert_eq!(sent.len(), 3 * 8 + 1);
    for since in 0..=sent.len() {
        for limit in [1, 7, 25, 1_000] {
            let (mut at, mut got) = (Some(i64::try_from(since).unwrap()), Vec::new());
            while let Some(from) = at {
                let page = studio.replay(from, limit);
                assert!(page.events.len() <= limit as usize && !page.resync);
                got.extend(page.events.iter().map(|event| event.get().to_owned()));
                at = page.next;
            }
            assert_eq!(got, sent[since..], "since {since}, {limit} at once");
        }
    }
}

/// `GET /api/jobs/:id/events`: the same frames, of one job among others.
#[test]
fn a_jobs_events_are_the_streams_own() {
    let mut studio = Studio::new(81);
    let jobs = [studio.start(&Provider::ALL, 1), studio.start(&[Provider::Gemini], 2)];
    studio.world.run();
    let sent = studio.world.sockets[&studio.session].clone();
    for job in &jobs {
        let of_job = |frame: &&String| Event::read(frame).data["jobId"] == job.as_str();
        let expected: Vec<&String> = sent.iter().filter(of_job).collect();
        for limit in [1, 4, 500] {
            let (mut at, mut got) = (Some(0), Vec::new());
            while let Some(after) = at {
                let page = studio.replay_of(Some(job), after, limit);
                assert!(!page.resync && page.epoch.len() == 8);
                got.extend(page.events.iter().map(|event| event.get().to_owned()));
                at = page.next;
            }
            assert_eq!(got.iter().collect::<Vec<_>>(), expected, "{limit} at once");
        }
    }
    let ahead = studio.replay_of(Some(&jobs[1]), 1_000, 500);
    assert_eq!((ahead.resync, ahead.events.len()), (true, 2 * 8 + 1), "start over with these");
}

#[test]
fn a_ticket_opens_the_stream_once() {
    let mut studio = Studio::new(83);
    let (one, expires_at) = ticket(&mut studio);
    let (two, _) = ticket(&mut studio);
    assert_eq!(expires_at, studio.world.now + TICKET_MS);
    assert!(one != two && one.len() == 32);
    assert!(admitted(&mut studio, &one));
    assert!(!admitted(&mut studio, &one), "it's used up");
    assert!(admitted(&mut studio, &two), "the other isn't");
    assert!(!admitted(&mut studio, "never-minted"));
}

#[test]
fn a_ticket_lapses_to_the_millisecond() {
    for (waited, opens) in [(TICKET_MS - 1, true), (TICKET_MS, false)] {
        let mut studio = Studio::new(84);
        let (ticket, _) = ticket(&mut studio);
        studio.world.run_until(studio.world.now + waited);
        assert_eq!(admitted(&mut studio, &ticket), opens, "after {waited} ms");
    }
}

#[test]
fn sessions_do_not_see_each_other() {
    let mut studio = Studio::new(85);
    let job = studio.run(&Provider::ALL, 1);
    studio.check_ended(&job);
    let ada = std::mem::replace(&mut studio.session, picasso_actors::ids::SessionId::parse("grace").unwrap());
    let (ticket, _) = ticket(&mut studio);
    assert!(studio.events().is_empty());
    let job = studio.run(&[Provider::Openai], 1);
    studio.check_ended(&job);
    assert_eq!(studio.events().len(), 9);
    studio.session = ada;
    assert!(!admitted(&mut studio, &ticket), "and a ticket opens its own session only");
    assert_eq!(studio.events().len(), 25);
}
