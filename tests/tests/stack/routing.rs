//! Who serves when the one that was asked for can't: only where the request allows it, only a model that can do the very same,
//! and never for a prompt that was refused. The row says who was asked, who served, and why.

use picasso_e2e::picture;
use picasso_e2e::studio::{SCENE, Studio, text, unique};
use picasso_e2e::wait;
use serde_json::{Value, json};

const PROVIDERS: [&str; 3] = ["openai", "gemini", "workers"];
const MODELS: [(&str, &str); 3] = [
    ("openai", "gpt-image-2"),
    ("gemini", "gemini-nano-banana-2.1"),
    ("workers", "@cf/black-forest-labs/flux-1-schnell"),
];

/// A job whose first provider fails, and what must come of it.
struct Detour {
    name: &'static str,
    asked: &'static str,
    /// Who fails, and how; the first is the one that is asked.
    faults: Vec<(&'static str, Value)>,
    routing: Value,
    /// Who serves; `None`: nobody, with this class.
    served: Result<&'static str, &'static str>,
}

fn kind(kind: &str) -> Value {
    json!({ "kind": kind })
}

/// A wait that nobody has the patience for.
fn come_back_much_later() -> Value {
    json!({ "kind": "rate", "seconds": 600 })
}

fn detour(
    name: &'static str,
    asked: &'static str,
    fault: Value,
    routing: Value,
    served: Result<&'static str, &'static str>,
) -> Detour {
    Detour { name, asked, faults: vec![(asked, fault)], routing, served }
}

fn detours() -> Vec<Detour> {
    let any = || json!({ "fallback": true });
    let bad_request = json!({ "kind": "status", "status": 400 });
    let mut detours = vec![
        // Each class of which another provider may know better, from each provider at least once.
        detour("auth", "openai", kind("auth"), any(), Ok("gemini")),
        detour("quota", "gemini", kind("quota"), any(), Ok("openai")),
        detour("rate", "openai", come_back_much_later(), any(), Ok("gemini")),
        detour("overloaded", "workers", kind("overloaded"), any(), Ok("openai")),
        detour("timeout", "gemini", kind("close"), any(), Ok("openai")),
        detour("gone", "workers", kind("model_gone"), any(), Ok("openai")),
        detour("noimage", "openai", kind("no_image"), any(), Ok("gemini")),
        detour("badimage", "gemini", kind("wrong_bytes"), any(), Ok("openai")),
        // The request's own order and limits.
        detour(
            "order",
            "openai",
            kind("auth"),
            json!({ "fallback": true, "order": ["workers"] }),
            Ok("workers"),
        ),
        detour(
            "only",
            "gemini",
            kind("auth"),
            json!({ "fallback": true, "only": ["gemini", "workers"] }),
            Ok("workers"),
        ),
        detour("alone", "openai", kind("auth"), json!({ "fallback": true, "only": ["openai"] }), Err("auth")),
        // What is no reason to ask elsewhere.
        detour("plain", "openai", kind("quota"), json!({}), Err("quota")),
        detour("request", "openai", bad_request, any(), Err("bad_request")),
    ];
    detours.extend(
        PROVIDERS.map(|asked| detour("moderation", asked, kind("moderation"), any(), Err("moderation"))),
    );
    detours.push(Detour {
        name: "twice",
        asked: "openai",
        faults: vec![("openai", kind("auth")), ("gemini", kind("quota"))],
        routing: any(),
        served: Ok("workers"),
    });
    detours.push(Detour {
        name: "nobody",
        asked: "workers",
        faults: vec![("workers", kind("auth")), ("openai", kind("auth")), ("gemini", kind("quota"))],
        routing: any(),
        served: Err("quota"),
    });
    detours
}

#[test]
fn another_provider_serves_where_that_is_allowed_and_can_help() {
    let studio = Studio::open("detour");
    let detours = detours();
    let jobs: Vec<(String, String)> = detours
        .iter()
        .map(|detour| {
            let word = unique(detour.name);
            for (provider, fault) in &detour.faults {
                studio.emulator.fault(provider, &word, None, fault);
            }
            let mut job = studio.job(&format!("{SCENE} {{{word}}}"), &[detour.asked], 1);
            job["routing"] = detour.routing.clone();
            (studio.start(&job), word)
        })
        .collect();
    for (detour, (job, word)) in detours.iter().zip(&jobs) {
        let shown = studio.finished(job);
        let called = |provider: &str| !studio.emulator.calls_of(provider, word).is_empty();
        match detour.served {
            Ok(served) => it_was_served(&studio, detour, job, served),
            Err(class) => {
                assert_eq!(shown["failed"], 1, "{}: {shown}", detour.name);
                assert_eq!(shown["variants"][0]["errorClass"], class, "{}: {shown}", detour.name);
            }
        }
        for provider in PROVIDERS {
            let expected =
                detour.served == Ok(provider) || detour.faults.iter().any(|(it, _)| *it == provider);
            assert_eq!(called(provider), expected, "{}: calls of {provider}", detour.name);
        }
    }
}

fn it_was_served(studio: &Studio, detour: &Detour, job: &str, served: &str) {
    let progressions = studio.progressions(&[("limit", "200")]);
    let shown = progressions.iter().find(|it| it["jobId"] == job);
    let shown = shown.unwrap_or_else(|| panic!("{}: nothing was made: {}", detour.name, studio.fetch(job)));
    let model = |provider: &str| MODELS.iter().find(|(name, _)| *name == provider).unwrap().1;
    for (field, expected) in [
        ("requestedProvider", detour.asked),
        ("requestedModel", model(detour.asked)),
        ("provider", served),
        ("model", model(served)),
    ] {
        assert_eq!(shown[field], expected, "{} {field}: {shown}", detour.name);
    }
    let reasons = shown["reroutes"].as_array().unwrap();
    assert_eq!(reasons.len(), detour.faults.len(), "{}: {shown}", detour.name);
    for reason in reasons {
        assert!(text(reason).split_whitespace().count() >= 3, "{}: {reason}", detour.name);
    }
    let row = &studio.rows(job)[0];
    assert_eq!(
        (&row["requested_provider"], &row["ai_provider"]),
        (&shown["requestedProvider"], &shown["provider"])
    );
    assert_eq!(row["reroutes"].as_str(), Some(shown["reroutes"].to_string().as_str()), "{}", detour.name);
}

/// A detour leads only to a model that has the operation, and says how it's done there.
#[test]
fn a_detour_leads_to_the_same_operation_or_nowhere() {
    let studio = Studio::open("samedeed");
    let start = text(&studio.upload(&picture::png(picture::gradient(320, 240)))["url"]);
    let mask =
        text(&studio.upload(&picture::png(picture::white_on_black(320, 240, (80, 60, 120, 100))))["url"]);
    let upscale = json!({ "operation": "upscale", "startImageUrl": start });
    let inpaint = json!({ "startImageUrl": start, "mask": mask });
    let quality = json!({ "quality": "low" });
    let cases = [
        // No model of Workers AI has more pixels to give.
        ("upscale", upscale, Some(("gemini", "rendered again"))),
        ("inpaint", inpaint, Some(("gemini", "no mask at this provider"))),
        ("quality", quality, None),
    ];
    let jobs: Vec<String> = cases
        .iter()
        .map(|(name, wishes, _)| {
            let word = unique(name);
            studio.emulator.fault("openai", &word, None, &kind("auth"));
            let mut job = studio.job(&format!("{SCENE} {{{word}}}"), &["openai"], 1);
            job.as_object_mut().unwrap().extend(wishes.as_object().unwrap().clone());
            job["routing"] = json!({ "fallback": true, "order": ["workers", "gemini"] });
            if *name == "inpaint" {
                job["routing"]["order"] = json!(["gemini"]);
            }
            studio.start(&job)
        })
        .collect();
    for ((name, _, served), job) in cases.iter().zip(&jobs) {
        let ended = studio.finished(job);
        let progressions = studio.progressions(&[]);
        let shown = progressions.iter().find(|it| it["jobId"] == job.as_str());
        match served {
            Some((provider, how)) => {
                let shown = shown.unwrap_or_else(|| panic!("{name}: {ended}"));
                assert_eq!(
                    (&shown["provider"], &shown["requestedProvider"]),
                    (&json!(provider), &json!("openai"))
                );
                assert!(text(&shown["emulated"]).contains(how), "{name}: {shown}");
            }
            None => assert_eq!(ended["variants"][0]["errorClass"], "auth", "{name}: {ended}"),
        }
    }
}

/// A model that its provider has shut down is replaced by the one that the provider names, without any leave: what was asked
/// for and what has served is said.
#[test]
fn a_model_that_is_gone_is_served_by_its_successor() {
    let studio = Studio::open("successor");
    // The one is still known to the emulator, the other isn't.
    let cases = [
        ("openai", "gpt-image-1.5", "gpt-image-2.6-flare"),
        ("gemini", "gemini-2.5-flash-image", "gemini-nano-banana-2.1"),
    ];
    let jobs = cases.map(|(provider, gone, _)| {
        studio.emulator.rule(&json!({
            "provider": provider, "promptContains": studio.word, "model": gone, "fault": kind("model_gone"),
        }));
        let mut job = studio.job(SCENE, &[provider], 1);
        job["models"] = json!({ provider: gone });
        studio.start(&job)
    });
    for ((provider, gone, successor), job) in cases.iter().zip(&jobs) {
        let ended = studio.finished(job);
        assert_eq!(ended["completed"], 1, "{ended}");
        let progressions = studio.progressions(&[]);
        let shown = progressions.iter().find(|it| it["jobId"] == job.as_str()).unwrap();
        assert_eq!((&shown["requestedModel"], &shown["model"]), (&json!(gone), &json!(successor)), "{shown}");
        assert_eq!((&shown["provider"], &shown["requestedProvider"]), (&json!(provider), &json!(provider)));
        assert_eq!(shown["reroutes"].as_array().unwrap().len(), 1, "{shown}");
        let told = studio.api.get(&format!("/api/jobs/{job}/events"));
        let told = told["events"].as_array().unwrap().iter();
        let hops: Vec<String> = told
            .filter(|event| event["data"]["errorClass"] == "model_gone")
            .map(|event| text(&event["data"]["notes"]))
            .collect();
        assert!(hops.len() == 1 && hops[0].contains(successor), "{hops:?}");
    }
}

/// A provider that takes longer than the job has time is left, its answer is paid for all the same, and kept.
#[test]
fn a_picture_that_comes_too_late_is_kept_beside_the_project() {
    let studio = Studio::open("toolate");
    let mut job = studio.job(SCENE, &PROVIDERS, 1);
    job["deadlineMs"] = 5_000.into();
    for provider in PROVIDERS {
        let late = json!({ "kind": "late_success", "ms": 7_000 });
        studio.emulator.fault(provider, &studio.word, None, &late);
    }
    let job = studio.start(&job);
    let ended = studio.finished(&job);
    assert_eq!(ended["failed"], 3, "{ended}");
    let kept = wait::until("the late pictures are in", || {
        let shown = studio.fetch(&job);
        let all =
            shown["variants"].as_array().unwrap().iter().all(|variant| variant["discarded"].is_object());
        all.then_some(shown)
    });
    for variant in kept["variants"].as_array().unwrap() {
        assert_eq!(variant["errorClass"], "timeout", "{variant}");
        assert!(variant["discarded"]["bytes"].as_u64().is_some_and(|bytes| bytes > 1_000), "{variant}");
        let provider = text(&variant["provider"]);
        assert_eq!(studio.emulator.calls_of(&provider, &studio.word).len(), 1, "{provider} is asked once");
    }
    assert!(studio.rows(&job).is_empty() && studio.progressions(&[]).is_empty());
}
