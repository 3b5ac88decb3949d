//! Trouble at the providers: each kind is retried as its class deserves and then ends its variant with a clear event, and
//! nobody else's. How often a provider was called is counted at the provider.
//!
//! Absent: a provider whose key isn't configured. The test stack always has all of them; `src/providers` has native tests.

use std::collections::BTreeMap;

use picasso_e2e::emulator::Call;
use picasso_e2e::stream::Stream;
use picasso_e2e::studio::{SCENE, Studio, Watched, unique};
use serde_json::{Value, json};

/// What a provider does to one job, and what must come of it.
struct Trouble {
    name: &'static str,
    provider: &'static str,
    /// Which of the provider's [`MODELS`] meets it.
    model: usize,
    /// `None`: at every call.
    times: Option<u32>,
    fault: Value,
    /// Calls that the provider must see.
    calls: usize,
    /// Milliseconds that must lie between two of them, because the provider has asked for that.
    apart: i64,
    /// The class that the variant fails with; `None` when it recovers.
    class: Option<&'static str>,
}

const PROVIDERS: [&str; 3] = ["openai", "gemini", "workers"];

/// Who meets the trouble that counts against a model, two jobs each: those of three would have it paused for everybody. The
/// first are the configured ones.
const MODELS: [(&str, [&str; 4]); 3] = [
    ("openai", ["gpt-image-2", "gpt-image-2.5-sunburst", "gpt-image-2.6-sunburst", "gpt-image-2.6-flare"]),
    (
        "gemini",
        [
            "gemini-nano-banana-2.1",
            "gemini-3-pro-image",
            "gemini-3.1-flash-image",
            "gemini-3.1-flash-lite-image",
        ],
    ),
    (
        "workers",
        [
            "@cf/black-forest-labs/flux-1-schnell",
            "@cf/leonardo/lucid-origin",
            "@cf/leonardo/phoenix-1.0",
            "@cf/bytedance/stable-diffusion-xl-lightning",
        ],
    ),
];

fn for_ever(
    name: &'static str,
    provider: &'static str,
    fault: Value,
    calls: usize,
    class: &'static str,
) -> Trouble {
    Trouble { name, provider, model: 0, times: None, fault, calls, apart: 0, class: Some(class) }
}

fn once(name: &'static str, provider: &'static str, fault: Value) -> Trouble {
    Trouble { name, provider, model: 0, times: Some(1), fault, calls: 2, apart: 0, class: None }
}

fn of(model: usize, trouble: Trouble) -> Trouble {
    Trouble { model, ..trouble }
}

fn status(status: u16) -> Value {
    json!({ "kind": "status", "status": status })
}

fn wait_a_second() -> Value {
    json!({ "kind": "status", "status": 429, "headers": { "retry-after": "1" } })
}

fn kind(kind: &str) -> Value {
    json!({ "kind": kind })
}

/// What asking again can't change is asked once; what may pass is asked again, but not for ever. Each class at each provider.
fn troubles() -> Vec<Trouble> {
    let mut troubles = waits();
    for provider in PROVIDERS {
        troubles.extend([
            for_ever("refusedkey", provider, kind("auth"), 1, "auth"),
            for_ever("forbidden", provider, status(403), 1, "auth"),
            for_ever("quota", provider, kind("quota"), 1, "quota"),
            for_ever("moderation", provider, kind("moderation"), 1, "moderation"),
            for_ever("modelgone", provider, kind("model_gone"), 1, "model_gone"),
            for_ever("badrequest", provider, status(400), 1, "bad_request"),
            for_ever("elsewhere", provider, kind("redirect"), 1, "bad_request"),
            of(1, for_ever("full", provider, kind("overloaded"), 4, "overloaded")),
            of(2, for_ever("failing", provider, status(500), 4, "overloaded")),
            of(3, for_ever("webpage", provider, kind("html_200"), 4, "overloaded")),
            for_ever("noimage", provider, kind("no_image"), 2, "no_image"),
            of(1, for_ever("closed", provider, kind("close"), 2, "timeout")),
            of(2, for_ever("wrongbytes", provider, kind("wrong_bytes"), 2, "bad_image")),
            once("passing", provider, status(500)),
            once("cutbody", provider, kind("cut_body")),
        ]);
    }
    troubles
}

/// Every form in which a provider says when to come back.
fn waits() -> Vec<Trouble> {
    let at_least = |apart: i64, trouble: Trouble| Trouble { apart, ..trouble };
    let rate = |wait: Value| {
        let mut fault = kind("rate");
        fault.as_object_mut().unwrap().extend(wait.as_object().unwrap().clone());
        fault
    };
    vec![
        at_least(950, for_ever("toofast", "openai", wait_a_second(), 5, "rate")),
        // Workers AI says 429 when it is full, not when we are fast.
        at_least(950, of(3, for_ever("nocapacity", "workers", wait_a_second(), 4, "overloaded"))),
        at_least(1_950, once("seconds", "gemini", rate(json!({ "seconds": 2 })))),
        at_least(1_450, once("exactly", "openai", rate(json!({ "ms": 1_500, "seconds": 9 })))),
        // A date has whole seconds, and a part of one may be over already.
        at_least(950, once("date", "workers", rate(json!({ "dateInSeconds": 2 })))),
        at_least(1_650, once("inbody", "gemini", rate(json!({ "retryDelay": "1.7s" })))),
        // Longer than anybody waits.
        for_ever("patience", "openai", rate(json!({ "seconds": 600 })), 1, "rate"),
        for_ever("endless", "gemini", rate(json!({ "retryDelay": "600s" })), 1, "rate"),
        for_ever("inadvance", "openai", rate(json!({ "shouldRetry": false, "seconds": 1 })), 1, "quota"),
        once(
            "advised",
            "openai",
            json!({ "kind": "status", "status": 400, "headers": { "x-should-retry": "true" } }),
        ),
    ]
}

/// One session a provider, since a session may have twenty jobs open. They all are at once, because most of the time is spent
/// waiting between attempts.
#[test]
fn each_trouble_is_retried_as_its_class_deserves() {
    let troubles = troubles();
    std::thread::scope(|scope| {
        for provider in PROVIDERS {
            let mine: Vec<&Trouble> =
                troubles.iter().filter(|trouble| trouble.provider == provider).collect();
            scope.spawn(move || they_are_retried(provider, &mine));
        }
    });
}

fn they_are_retried(provider: &str, troubles: &[&Trouble]) {
    let studio = Studio::open(&format!("trouble{provider}"));
    let mut stream = Stream::open(&studio.session, 0);
    let jobs: BTreeMap<String, (&Trouble, String)> = troubles
        .iter()
        .map(|trouble| {
            let word = unique(trouble.name);
            studio.emulator.fault(trouble.provider, &word, trouble.times, &trouble.fault);
            let mut job = studio.job(&format!("{SCENE} {{{word}}}"), &[trouble.provider], 1);
            let (_, models) = MODELS.iter().find(|(name, _)| *name == provider).unwrap();
            job["models"] = json!({ provider: models[trouble.model] });
            (studio.start(&job), (*trouble, word))
        })
        .collect();
    let mut events = Vec::new();
    for _ in 0..jobs.len() {
        loop {
            let event = stream.next_event();
            let job = event.data("jobId").as_str().unwrap().to_owned();
            let ended = event.ends(&job);
            events.push(event);
            if ended {
                break;
            }
        }
    }
    for (id, (trouble, word)) in &jobs {
        let events = events.iter().filter(|event| event.data("jobId") == id.as_str()).cloned().collect();
        let job = Watched { id: id.clone(), events };
        it_was_dealt_with(&studio, trouble, &job, &studio.emulator.calls_of(provider, word));
    }
}

fn it_was_dealt_with(studio: &Studio, trouble: &Trouble, job: &Watched, calls: &[Call]) {
    let name = format!("{} at {}", trouble.name, trouble.provider);
    assert_eq!(calls.len(), trouble.calls, "{name}: {calls:?}");
    let events = job.of(trouble.provider, 0);
    let kinds: Vec<&str> = events.iter().map(|event| event.kind()).collect();
    let retries = events.iter().filter(|event| {
        event.kind() == "progress" && event.data("stage") == "generate" && event.data("notes").is_string()
    });
    assert_eq!(retries.count(), trouble.calls - 1, "{name}: each new attempt is announced: {kinds:?}");
    let gaps: Vec<i64> = calls.windows(2).map(|pair| pair[1].at - pair[0].at).collect();
    assert!(gaps.iter().all(|ms| *ms >= trouble.apart), "{name}: the provider's wish is law: {gaps:?}");
    let shown = studio.fetch(&job.id);
    let last = events[events.len() - 1];
    match trouble.class {
        None => {
            assert_eq!(last.kind(), "complete", "{name}: {}", last.text);
            assert_eq!(job.summary()["completed"], 1, "{name}");
            assert_eq!(studio.rows(&job.id).len(), 1, "{name}: one row, however many attempts");
        }
        Some(class) => {
            assert_eq!(kinds.iter().filter(|kind| ["fail", "complete"].contains(kind)).count(), 1, "{name}");
            assert_eq!(last.kind(), "fail", "{name}: {kinds:?}");
            assert_eq!(last.data("errorClass"), class, "{name}: {}", last.text);
            for field in ["error", "retrySuggestion"] {
                let words = last.data(field).as_str().unwrap_or_default();
                assert!(words.split_whitespace().count() >= 3, "{name}: {field} {words:?}");
            }
            assert!(!last.text.contains("Bearer"), "{name}: {}", last.text);
            let variant = &shown["variants"][0];
            assert_eq!(
                (&variant["state"], &variant["error"]),
                (&json!("failed"), last.data("error")),
                "{name}"
            );
            assert_eq!(variant["errorClass"], class, "{name}");
            assert_eq!((&job.summary()["failed"], &shown["failed"]), (&json!(1), &json!(1)), "{name}");
            assert!(studio.rows(&job.id).is_empty(), "{name}: no picture, no row");
        }
    }
}

/// The others finish, each with its picture, and the job sums it up.
#[test]
fn one_providers_trouble_is_nobody_elses() {
    let studio = Studio::open("neighbour");
    studio.emulator.fault("gemini", &studio.word, None, &kind("hang"));
    let mut body = studio.job(SCENE, &["openai", "gemini", "workers"], 1);
    body["deadlineMs"] = 12_000.into();
    let job = studio.watch(&body);
    let hung = job.of("gemini", 0);
    let last = hung[hung.len() - 1];
    assert_eq!((last.kind(), last.data("errorClass")), ("fail", &json!("timeout")), "{}", last.text);
    for provider in ["openai", "workers"] {
        let kinds: Vec<&str> = job.of(provider, 0).iter().map(|event| event.kind()).collect();
        assert_eq!(
            kinds,
            ["queued", "running", "progress", "progress", "progress", "progress", "judge", "complete"]
        );
    }
    let summary = job.summary();
    assert_eq!(
        (&summary["completed"], &summary["failed"], &summary["variants"]),
        (&json!(2), &json!(1), &json!(3))
    );
    assert_eq!(studio.rows(&job.id).len(), 2);
}

/// A provider that never answers is left at the job's deadline, and not asked again: there'd be no time for an answer.
#[test]
fn a_provider_that_never_answers_is_left_at_the_deadline() {
    let studio = Studio::open("hanging");
    for provider in PROVIDERS {
        studio.emulator.fault(provider, &studio.word, None, &kind("hang"));
    }
    let mut body = studio.job(SCENE, &PROVIDERS, 1);
    body["deadlineMs"] = 3_000.into();
    let job = studio.watch(&body);
    for provider in PROVIDERS {
        let failed = *job.of(provider, 0).last().unwrap();
        assert_eq!(
            (failed.kind(), failed.data("errorClass")),
            ("fail", &json!("timeout")),
            "{}",
            failed.text
        );
        let took = failed.json["ts"].as_i64().unwrap() - job.events[0].json["ts"].as_i64().unwrap();
        assert!((2_900..=6_000).contains(&took), "{provider}: after {took} ms");
        let calls = studio.emulator.calls_of(provider, &studio.word);
        assert_eq!(calls.len(), 1, "{calls:?}");
    }
    picasso_e2e::wait::until("the connections are given up", || {
        studio.emulator.calls(&studio.word).iter().all(|call| call.outcome == "abandoned").then_some(())
    });
}

/// A judge that talks nonsense twice has come to no verdict, which is never a pass; the picture is kept all the same.
#[test]
fn a_judge_without_sense_comes_to_no_verdict() {
    for (name, fault, times, calls, judgment) in [
        (
            "rubbish",
            json!({ "kind": "text", "response": "What a lovely picture! I'd say it passes." }),
            None,
            2,
            json!(null),
        ),
        (
            "halfverdict",
            json!({ "kind": "text", "response": "{\"verdict\":\"pass\"}" }),
            None,
            2,
            json!(null),
        ),
        ("brokenjudge", status(500), None, 4, json!(null)),
        ("onceconfused", json!({ "kind": "text", "response": "" }), Some(1), 2, json!("pass")),
    ] {
        let studio = Studio::open(name);
        studio.emulator.fault("vision", &studio.word, times, &fault);
        let job = studio.watch(&studio.job(SCENE, &["workers"], 1));
        assert_eq!(studio.emulator.calls_of("vision", &studio.word).len(), calls, "{name}");
        assert_eq!(studio.emulator.calls_of("workers", &studio.word).len(), 1, "{name}: painted once");
        let judged = job.events.iter().find(|event| event.kind() == "judge").unwrap();
        assert_eq!(judged.data("judgment"), &judgment, "{name}: {}", judged.text);
        assert!(!judged.data("notes").as_str().unwrap().is_empty(), "{name}");
        let shown = studio.fetch(&job.id);
        assert_eq!(shown["variants"][0]["judgment"], judgment, "{name}");
        assert_eq!(shown["passed"], u32::from(judgment == "pass"), "{name}");
        assert_eq!(shown["completed"], 1, "{name}");
        assert_eq!(studio.rows(&job.id)[0]["judgment"], judgment, "{name}");
    }
}
