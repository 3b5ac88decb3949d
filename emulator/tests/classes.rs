//! Faults of every class that came after the first ones in `faults.rs`, and the rules that aim them.

// Clippy knows test functions, but not what helps them.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice)]

mod common;

use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use common::{Reply, Studio, events, gemini_body};
use http_body_util::BodyExt as _;
use picasso_emulator::{Emulator, router};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};
use tower::ServiceExt as _;

const FLUX: &str = "@cf/black-forest-labs/flux-1-schnell";
const PHOENIX: &str = "@cf/leonardo/phoenix-1.0";
const LLAMA: &str = "@cf/meta/llama-3.3-70b-instruct-fp8-fast";
const NANO: &str = "gemini-nano-banana-2.1";

fn openai_body(prompt: &str) -> Value {
    json!({"model": "gpt-image-2", "prompt": prompt, "size": "1024x640"})
}

async fn call(studio: &Studio, provider: &str) -> Reply {
    match provider {
        "openai" => studio.openai(&openai_body("a red ball")).await,
        "gemini" => studio.gemini(NANO, &gemini_body("a red ball")).await,
        "text" => studio.workers(LLAMA, &json!({"prompt": "Rewrite: a red ball"})).await,
        _ => studio.workers(PHOENIX, &json!({"prompt": "a red ball", "width": 64, "height": 64})).await,
    }
}

async fn meets(provider: &str, fault: Value) -> Reply {
    let studio = Studio::default();
    studio.fault(json!({"provider": provider, "times": 1, "fault": fault})).await;
    let reply = call(&studio, provider).await;
    assert_eq!(studio.last_call().await["outcome"], fault["kind"]);
    assert_eq!(call(&studio, provider).await.status, 200, "the rule has fired its one time");
    reply
}

#[tokio::test]
async fn auth_and_overload_in_each_provider_s_words() {
    for (provider, kind, status, pointer, expected) in [
        ("openai", "auth", 401, "/error/code", json!("invalid_api_key")),
        ("openai", "overloaded", 503, "/error/code", json!("server_is_overloaded")),
        ("openai", "stream_error", 503, "/error/code", json!("server_is_overloaded")),
        ("openai", "thought_only", 200, "/data", json!([])),
        ("gemini", "auth", 401, "/error/status", json!("UNAUTHENTICATED")),
        ("gemini", "overloaded", 503, "/error/status", json!("UNAVAILABLE")),
        ("workers", "auth", 401, "/errors/0/code", json!(10_000)),
        ("workers", "overloaded", 429, "/errors/0/code", json!(3040)),
    ] {
        let reply = meets(provider, json!({"kind": kind})).await;
        assert_eq!(
            (reply.status.as_u16(), reply.json().pointer(pointer)),
            (status, Some(&expected)),
            "{kind}"
        );
    }
}

#[tokio::test]
async fn a_wait_has_every_form_in_use_and_only_the_one_asked_for() {
    let header =
        |reply: &Reply, name: &str| reply.headers.get(name).map(|value| value.to_str().unwrap().to_owned());
    for (fault, name, value) in [
        (json!({"kind": "rate", "seconds": 7}), "retry-after", "7"),
        (json!({"kind": "rate", "ms": 1500}), "retry-after-ms", "1500"),
        (json!({"kind": "rate", "shouldRetry": false}), "x-should-retry", "false"),
    ] {
        let reply = meets("openai", fault.clone()).await;
        assert_eq!((reply.status.as_u16(), header(&reply, name).as_deref()), (429, Some(value)));
        let all = ["retry-after", "retry-after-ms", "x-should-retry"];
        assert_eq!(all.iter().filter(|name| header(&reply, name).is_some()).count(), 1, "{fault}");
    }
    let dated = meets("workers", json!({"kind": "rate", "dateInSeconds": 90})).await;
    let date = httpdate::parse_http_date(&header(&dated, "retry-after").unwrap()).unwrap();
    let now = Duration::from_millis(picasso_emulator::call::epoch_ms());
    let ahead = date.duration_since(std::time::UNIX_EPOCH + now).unwrap().as_secs();
    assert!((60..=90).contains(&ahead), "{ahead}");
    let told = meets("gemini", json!({"kind": "rate", "retryDelay": "3.5s"})).await.json();
    assert_eq!(told["error"]["details"][1]["retryDelay"], "3.5s");
    let silent = meets("gemini", json!({"kind": "rate"})).await.json();
    assert_eq!(silent["error"]["details"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn redirects_lead_elsewhere_or_to_where_one_was() {
    let away = meets("openai", json!({"kind": "redirect", "location": "https://elsewhere.test/"})).await;
    assert_eq!(
        (away.status.as_u16(), away.headers["location"].to_str().unwrap()),
        (302, "https://elsewhere.test/")
    );
    for (provider, path) in [
        ("openai", "/openai/v1/images/generations".to_owned()),
        ("gemini", format!("/gemini/v1beta/models/{NANO}:generateContent")),
        ("workers", format!("/cloudflare/client/v4/accounts/acc/ai/run/{PHOENIX}")),
        ("text", format!("/cloudflare/client/v4/accounts/acc/ai/run/{LLAMA}")),
    ] {
        let round = meets(provider, json!({"kind": "redirect", "status": 307})).await;
        assert_eq!(
            (round.status.as_u16(), round.headers["location"].to_str().unwrap()),
            (307, path.as_str())
        );
    }
}

#[tokio::test]
async fn usage_can_be_missing_or_untrue() {
    for (provider, pointer) in [("openai", "/usage"), ("gemini", "/usageMetadata"), ("text", "/result/usage")]
    {
        let without = meets(provider, json!({"kind": "no_usage"})).await.json();
        assert_eq!(without.pointer(pointer), None);
        let untrue = meets(provider, json!({"kind": "wrong_usage"})).await.json();
        let figures = untrue.pointer(pointer).unwrap().as_object().unwrap();
        assert!(figures.values().filter_map(Value::as_i64).all(|number| number < 0), "{figures:?}");
        let odd = meets(provider, json!({"kind": "wrong_usage", "usage": "lots"})).await.json();
        assert_eq!(odd.pointer(pointer), Some(&json!("lots")));
    }
}

#[tokio::test]
async fn a_body_can_drip_or_be_too_long() {
    let begun = tokio::time::Instant::now();
    let slow = meets("openai", json!({"kind": "slow_drip", "ms": 200})).await;
    assert!(begun.elapsed() >= Duration::from_millis(180));
    assert!(slow.json()["data"][0]["b64_json"].is_string(), "all of it");
    for provider in ["gemini", "workers"] {
        let long = meets(provider, json!({"kind": "too_large", "bytes": 30_000_000})).await;
        assert_eq!(long.bytes.len(), 30_000_000);
        assert!(!long.headers.contains_key("content-length"));
    }
}

#[tokio::test]
async fn a_stream_can_end_early_or_in_an_error() {
    let studio = Studio::default();
    let mut ask = openai_body("a red ball");
    ask["stream"] = json!(true);
    ask["partial_images"] = json!(1);
    for (kind, names) in [
        ("cut_stream", vec!["image_generation.partial_image"]),
        ("stream_error", vec!["image_generation.partial_image", "error"]),
        ("no_image", vec![""]),
    ] {
        studio.fault(json!({"provider": "openai", "times": 1, "fault": {"kind": kind}})).await;
        let events = events(&studio.openai(&ask).await);
        let came: Vec<&str> = events.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(came, names);
        assert_eq!(studio.last_call().await["outcome"], kind);
    }
    studio.fault(json!({"provider": "openai", "times": 1, "fault": {"kind": "no_usage"}})).await;
    let events = events(&studio.openai(&ask).await);
    assert!(events[1].0.ends_with("completed") && !events[1].1.contains("usage"));
}

#[tokio::test]
async fn a_stream_that_nobody_reads_to_its_end_was_abandoned() {
    let emulator = Emulator::default();
    let mut ask = openai_body("a red ball");
    ask["stream"] = json!(true);
    ask["partial_images"] = json!(2);
    let request = Request::post("/openai/v1/images/generations").header("authorization", "Bearer k");
    let request = request.body(Body::from(ask.to_string())).unwrap();
    let mut body = router(emulator.clone()).oneshot(request).await.unwrap().into_body();
    assert!(body.frame().await.unwrap().is_ok());
    assert_eq!(emulator.log().list("")[0].outcome, "open");
    drop(body);
    assert_eq!(emulator.log().list("")[0].outcome, "abandoned");
}

#[tokio::test]
async fn a_judge_says_anything_it_is_told_to() {
    for response in [json!(""), json!({"verdict": 7}), json!("{\"verdict\":"), json!(null)] {
        let said = meets("text", json!({"kind": "text", "response": response})).await.json();
        assert_eq!(said["result"]["response"], response);
    }
}

#[tokio::test]
async fn rules_aim_at_a_model_and_at_a_kind_of_work() {
    let studio = Studio::default();
    studio
        .fault(json!({"provider": "workers", "model": FLUX, "times": null, "fault": {"kind": "overloaded"}}))
        .await;
    assert_eq!(studio.workers(FLUX, &json!({"prompt": "a cat"})).await.status, 429);
    assert_eq!(call(&studio, "workers").await.status, 200);
    studio
        .fault(json!({"provider": "gemini", "task": "edit", "times": null, "fault": {"kind": "quota"}}))
        .await;
    assert_eq!(call(&studio, "gemini").await.status, 200);
    let mut edit = gemini_body("a cat");
    let picture = common::encoded(&common::plain(8, 8, [9; 3]));
    let part = json!({"inlineData": {"mimeType": "image/png", "data": picture}});
    edit["contents"][0]["parts"].as_array_mut().unwrap().push(part);
    assert_eq!(studio.gemini(NANO, &edit).await.status, 429);
}

#[tokio::test]
async fn a_late_success_is_done_and_billed_though_nobody_waits() {
    let emulator = Emulator::default();
    let rule = json!({"provider": "openai", "fault": {"kind": "late_success", "ms": 150}});
    emulator.rules().add(serde_json::from_value(rule).unwrap());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let routes = router(emulator.clone());
    tokio::spawn(async move { axum::serve(listener, routes).await });
    let body = openai_body("a red ball").to_string();
    let request = format!(
        "POST /openai/v1/images/generations HTTP/1.1\r\nhost: x\r\nauthorization: Bearer k\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut client = TcpStream::connect(address).await.unwrap();
    client.write_all(request.as_bytes()).await.unwrap();
    let outcome = || emulator.log().list("ball").first().map(|call| call.outcome);
    let until = async |wanted| {
        while outcome() != Some(wanted) {
            tokio::task::yield_now().await;
        }
    };
    let limit = Duration::from_secs(10);
    tokio::time::timeout(limit, until("open")).await.unwrap();
    drop(client);
    tokio::time::timeout(limit, until("late_success")).await.unwrap();
}
