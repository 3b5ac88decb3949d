//! How much one address may begin, and how many jobs may be open.

use picasso_e2e::api::{Body, Caller, Reply};
use picasso_e2e::studio::{SCENE, Studio, unique};
use picasso_e2e::wait;
use serde_json::json;

/// More than any bucket of the test's stack holds.
const ENOUGH: usize = 2_000;

#[test]
fn an_address_that_asks_for_too_much_is_told_when_to_come_back() {
    let studio = Studio::open("bucket");
    let network = unique("").split_at(4).0.to_owned();
    let address = format!("2001:db8:{network}::1");
    let caller = Caller::with_key().from_address(&address);
    // A project that doesn't exist: the address pays for the question, and nothing else comes of it.
    let body = studio.job(SCENE, &["openai"], 1);
    let ask = |caller: &Caller| caller.post("/api/projects/aaaaaaaaaaaaaaaa/jobs", &body);
    let refused = (0..ENOUGH).map(|_| ask(&caller)).find(|reply| reply.status == 429).expect("an end");
    refused.problem(429, "too-many-requests");
    let wait: u64 = refused.header("retry-after").parse().unwrap();
    assert!((1..=60).contains(&wait), "{wait} s");
    assert!(refused.header("ratelimit-policy").starts_with("\"jobs\";q="), "{:?}", refused.headers);
    assert!(refused.header("ratelimit").starts_with("\"jobs\";r=0;t="), "{:?}", refused.headers);

    let neighbour = Caller::with_key().from_address(&format!("2001:db8:{network}::ffff"));
    // A token a second comes back, which on a slow machine is there before the next question: one of a few finds none.
    let refused_again = |ask: &dyn Fn() -> Reply| (0..5).map(|_| ask()).find(|reply| reply.status == 429);
    refused_again(&|| ask(&neighbour)).expect("the same bucket").problem(429, "too-many-requests");
    let stranger = Caller::with_key();
    ask(&stranger).problem(404, "not-found");
    // Reading costs nothing.
    caller.get(&format!("/api/projects/{}", studio.project));
    // A header of the caller's own choice makes it nobody else.
    let forwarded = [("x-forwarded-for", "198.51.100.7"), ("x-real-ip", "198.51.100.7")];
    let text = body.to_string();
    let path = "/api/projects/aaaaaaaaaaaaaaaa/jobs";
    let forged = || caller.send("POST", path, &forwarded, Body::Bytes(text.as_bytes()));
    refused_again(&forged).expect("the same bucket").problem(429, "too-many-requests");
}

#[test]
fn a_session_has_so_many_open_jobs_and_a_place_is_free_when_one_ends() {
    let studio = Studio::open("places");
    studio.emulator.fault("workers", &studio.word, None, &json!({ "kind": "hang" }));
    let mut body = studio.job(SCENE, &["workers"], 1);
    // So short that the silence isn't held against the model, which other tests ask as well.
    body["deadlineMs"] = 30_000.into();
    let mut open = Vec::new();
    let refused = loop {
        let reply = studio.ask(&body);
        if reply.status != 202 {
            break reply;
        }
        assert_eq!(reply.header("ratelimit").split(';').next(), Some("\"jobs\""));
        open.push(reply.json()["jobId"].as_str().unwrap().to_owned());
        assert!(open.len() <= 100, "no end");
    };
    let problem = refused.problem(429, "too-many-requests");
    assert!(problem["detail"].as_str().unwrap().contains("session"), "{problem}");
    assert!(refused.header("retry-after").parse::<u64>().unwrap() > 0);
    let _ = studio.api.post(&format!("/api/jobs/{}/cancel", open[0]), &json!({})).expect(200);
    wait::until("there is a place again", || (studio.ask(&body).status == 202).then_some(()));
    for job in open {
        let _ = studio.api.post(&format!("/api/jobs/{job}/cancel"), &json!({})).expect(200);
    }
}
