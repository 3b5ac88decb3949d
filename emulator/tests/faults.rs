//! Faults on demand, on the wire: what each looks like, and that the call log tells what happened.

// Clippy knows test functions, but not what helps them.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice)]

mod common;

use std::time::Duration;

use common::{Studio, decoded, gemini_body};
use picasso_emulator::{Emulator, router};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

const FLUX: &str = "@cf/black-forest-labs/flux-1-schnell";
const VISION: &str = "@cf/meta/llama-3.2-11b-vision-instruct";
const NANO: &str = "gemini-nano-banana-2.1";

fn openai_body(prompt: &str) -> Value {
    json!({"model": "gpt-image-2", "prompt": prompt, "size": "1024x640"})
}

#[tokio::test]
async fn each_provider_says_it_its_own_way() {
    let cases = [
        (
            "openai",
            json!({"kind": "status", "status": 503}),
            503,
            "/error/code",
            json!("server_is_overloaded"),
        ),
        ("openai", json!({"kind": "status", "status": 401}), 401, "/error/code", json!("invalid_api_key")),
        (
            "openai",
            json!({"kind": "status", "status": 429}),
            429,
            "/error/code",
            json!("rate_limit_exceeded"),
        ),
        ("openai", json!({"kind": "status", "status": 500}), 500, "/error/type", json!("server_error")),
        ("openai", json!({"kind": "no_image"}), 200, "/data", json!([])),
        ("openai", json!({"kind": "moderation"}), 400, "/error/code", json!("moderation_blocked")),
        ("openai", json!({"kind": "quota"}), 429, "/error/type", json!("insufficient_quota")),
        ("openai", json!({"kind": "model_gone"}), 404, "/error/code", json!("model_not_found")),
        ("gemini", json!({"kind": "status", "status": 503}), 503, "/error/status", json!("UNAVAILABLE")),
        (
            "gemini",
            json!({"kind": "status", "status": 429}),
            429,
            "/error/details/1/retryDelay",
            json!("46s"),
        ),
        ("gemini", json!({"kind": "no_image"}), 200, "/candidates/0/finishReason", json!("NO_IMAGE")),
        (
            "gemini",
            json!({"kind": "no_image", "finishReason": "IMAGE_SAFETY"}),
            200,
            "/candidates/0/finishReason",
            json!("IMAGE_SAFETY"),
        ),
        (
            "gemini",
            json!({"kind": "moderation"}),
            200,
            "/promptFeedback/blockReason",
            json!("PROHIBITED_CONTENT"),
        ),
        ("gemini", json!({"kind": "quota"}), 429, "/error/status", json!("RESOURCE_EXHAUSTED")),
        ("gemini", json!({"kind": "model_gone"}), 404, "/error/status", json!("NOT_FOUND")),
        ("workers", json!({"kind": "status", "status": 429}), 429, "/errors/0/code", json!(3040)),
        ("workers", json!({"kind": "no_image"}), 200, "/result", json!({})),
        ("workers", json!({"kind": "quota"}), 429, "/errors/0/code", json!(3036)),
        ("workers", json!({"kind": "model_gone"}), 400, "/errors/0/code", json!(5007)),
        (
            "workers",
            json!({"kind": "status", "status": 418, "body": {"tea": true}}),
            418,
            "/tea",
            json!(true),
        ),
    ];
    for (provider, fault, status, pointer, expected) in cases {
        let studio = Studio::default();
        studio.fault(json!({"provider": provider, "times": 1, "fault": fault})).await;
        let reply = call(&studio, provider, "a red ball").await;
        let json = reply.json();
        assert_eq!(
            (reply.status.as_u16(), json.pointer(pointer)),
            (status, Some(&expected)),
            "{provider} {fault}"
        );
        assert_eq!(
            call(&studio, provider, "a red ball").await.status,
            200,
            "the rule has fired its one time"
        );
        let calls = studio.get("/_control/calls?promptContains=red").await.json()["calls"].clone();
        assert_eq!((&calls[0]["outcome"], &calls[0]["status"]), (&fault["kind"], &json!(status)));
        assert_eq!((&calls[1]["outcome"], &calls[1]["status"]), (&json!("ok"), &json!(200)));
    }
}

#[tokio::test]
async fn headers_are_sent_and_only_matching_prompts_are_hit() {
    let studio = Studio::default();
    let fault = json!({"kind": "status", "status": 429, "headers": {"retry-after": "2"}});
    studio
        .fault(json!({"provider": "openai", "promptContains": "teapot", "times": null, "fault": fault}))
        .await;
    assert_eq!(studio.openai(&openai_body("a cup")).await.status, 200);
    for _ in 0..3 {
        let reply = studio.openai(&openai_body("a teapot")).await;
        assert_eq!((reply.status.as_u16(), reply.headers["retry-after"].to_str().unwrap()), (429, "2"));
    }
    assert_eq!(studio.get("/_control/faults").await.json()["faults"].as_array().unwrap().len(), 1);
    assert_eq!(studio.send("DELETE", "/_control/faults", &[], "").await.status, 204);
    assert_eq!(studio.openai(&openai_body("a teapot")).await.status, 200);
    assert_eq!(studio.send("POST", "/_control/faults", &[], "{\"provider\":\"dali\"}").await.status, 400);
}

#[tokio::test]
async fn wrong_bytes_are_base64_of_no_image_and_html_is_html() {
    let studio = Studio::default();
    for kind in ["wrong_bytes", "html_200"] {
        studio.fault(json!({"provider": "openai", "times": 1, "fault": {"kind": kind}})).await;
    }
    let wrong = decoded(&studio.openai(&openai_body("a ball")).await.json()["data"][0]["b64_json"]);
    assert!(image::guess_format(&wrong).is_err());
    let html = studio.openai(&openai_body("a ball")).await;
    assert_eq!(html.status, 200);
    assert!(html.headers["content-type"].to_str().unwrap().starts_with("text/html"));
}

#[tokio::test]
async fn the_licence_holds_until_somebody_agrees() {
    let studio = Studio::default();
    studio.fault(json!({"provider": "vision", "fault": {"kind": "license"}})).await;
    let ask = json!({"prompt": "Describe it.", "image": tiny_png()});
    for _ in 0..2 {
        let reply = studio.workers(VISION, &ask).await;
        assert_eq!((reply.status.as_u16(), &reply.json()["errors"][0]["code"]), (403, &json!(5016)));
    }
    let thanks = studio.workers(VISION, &json!({"prompt": "agree"})).await.json();
    assert!(thanks["errors"][0]["message"].as_str().unwrap().contains("Thank you for agreeing"), "{thanks}");
    assert_eq!(studio.workers(VISION, &ask).await.status, 200);
}

#[tokio::test]
async fn the_vision_model_can_be_told_what_to_say() {
    let studio = Studio::default();
    studio
        .fault(json!({"provider": "vision", "times": 1, "fault": {"kind": "text", "response": "I like it."}}))
        .await;
    let reply = studio.workers(VISION, &json!({"prompt": "JSON?", "image": tiny_png()})).await;
    assert_eq!(reply.json()["result"]["response"], "I like it.");
}

#[tokio::test]
async fn a_fault_takes_no_turn_of_the_painter() {
    let (spared, hit) = (Studio::default(), Studio::default());
    hit.fault(json!({"provider": "workers", "times": 1, "fault": {"kind": "status", "status": 500}})).await;
    assert_eq!(call(&hit, "workers", "a red ball").await.status, 500);
    let retried = call(&hit, "workers", "a red ball").await.json();
    assert_eq!(retried, call(&spared, "workers", "a red ball").await.json());
}

#[tokio::test]
async fn delays_wait_and_slow_prompts_too() {
    let studio = Studio::default();
    studio.fault(json!({"provider": "workers", "times": 1, "fault": {"kind": "delay", "ms": 120}})).await;
    for prompt in ["a red ball", "a blue ball {slow:workers:120}"] {
        let asked = tokio::time::Instant::now();
        assert_eq!(call(&studio, "workers", prompt).await.status, 200);
        assert!(asked.elapsed() >= Duration::from_millis(120), "{prompt}");
    }
}

#[tokio::test]
async fn close_sends_nothing_at_all() {
    let address = listening(json!({"provider": "openai", "fault": {"kind": "close"}})).await;
    assert_eq!(raw(address).await, b"");
}

#[tokio::test]
async fn cut_body_promises_more_than_it_sends() {
    let address = listening(json!({"provider": "openai", "fault": {"kind": "cut_body"}})).await;
    let text = String::from_utf8(raw(address).await).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200"));
    let length =
        head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ").map(str::to_owned));
    let length: usize = length.unwrap().parse().unwrap();
    assert_eq!(body.len(), length / 2);
}

#[tokio::test]
async fn hang_lasts_until_the_client_leaves() {
    let emulator = Emulator::default();
    emulator
        .rules()
        .add(serde_json::from_value(json!({"provider": "openai", "fault": {"kind": "hang"}})).unwrap());
    let address = serve(emulator.clone()).await;
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request().as_bytes()).await.unwrap();
    let mut byte = [0];
    assert!(tokio::time::timeout(Duration::from_millis(150), stream.read(&mut byte)).await.is_err());
    assert_eq!(emulator.log().list("ball")[0].outcome, "open");
    drop(stream);
    let gone = async {
        while emulator.log().list("ball")[0].outcome != "abandoned" {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), gone).await.unwrap();
}

async fn call(studio: &Studio, provider: &str, prompt: &str) -> common::Reply {
    match provider {
        "openai" => studio.openai(&openai_body(prompt)).await,
        "gemini" => studio.gemini(NANO, &gemini_body(prompt)).await,
        _ => studio.workers(FLUX, &json!({"prompt": prompt})).await,
    }
}

async fn listening(rule: Value) -> std::net::SocketAddr {
    let emulator = Emulator::default();
    emulator.rules().add(serde_json::from_value(rule).unwrap());
    serve(emulator).await
}

async fn serve(emulator: Emulator) -> std::net::SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router(emulator)).await });
    address
}

fn request() -> String {
    let body = openai_body("a red ball").to_string();
    format!(
        "POST /openai/v1/images/generations HTTP/1.1\r\nhost: x\r\nauthorization: Bearer k\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// Everything that the server sends before it closes the connection.
async fn raw(address: std::net::SocketAddr) -> Vec<u8> {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request().as_bytes()).await.unwrap();
    let mut all = Vec::new();
    // A reset instead of an orderly end is fine: both are no more bytes.
    let _ = stream.read_to_end(&mut all).await;
    all
}

fn tiny_png() -> Vec<u8> {
    let mut picture = image::RgbImage::from_pixel(8, 8, image::Rgb([200, 30, 30]));
    picture.put_pixel(2, 2, image::Rgb([255, 255, 255]));
    picasso_emulator::encode::encode(&picture, picasso_emulator::encode::Format::Png, 100).unwrap()
}
