//! The origin: good pictures in every format, and what hostile and broken origins send.

// Clippy knows test functions, but not what helps them.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice)]

mod common;

use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use common::{Studio, pixels};
use http_body_util::BodyExt as _;
use image::ImageFormat;
use picasso_emulator::{Emulator, router};
use serde_json::json;
use tower::ServiceExt as _;

#[tokio::test]
async fn pictures_come_in_every_format() {
    let studio = Studio::default();
    for (kind, mime, format) in [
        ("png", "image/png", ImageFormat::Png),
        ("jpg", "image/jpeg", ImageFormat::Jpeg),
        ("webp", "image/webp", ImageFormat::WebP),
        ("gif", "image/gif", ImageFormat::Gif),
    ] {
        let reply = studio.get(&format!("/_origin/picture.{kind}?size=96x64&seed=2")).await;
        assert_eq!((reply.status.as_u16(), reply.headers["content-type"].to_str().unwrap()), (200, mime));
        assert_eq!(image::guess_format(&reply.bytes).unwrap(), format);
        assert_eq!(pixels(&reply.bytes).dimensions(), (96, 64));
    }
    let one = studio.get("/_origin/picture.png?size=64x64&seed=1").await.bytes;
    assert_eq!(one, studio.get("/_origin/picture.png?size=64x64&seed=1").await.bytes);
    assert_ne!(one, studio.get("/_origin/picture.png?size=64x64&seed=2").await.bytes);
    let svg = studio.get("/_origin/picture.svg").await;
    assert_eq!(svg.headers["content-type"], "image/svg+xml");
    assert!(svg.bytes.starts_with(b"<svg"));
    assert_eq!(studio.get("/_origin/picture.exe").await.status, 404);
    assert_eq!(studio.get("/_origin/picture.png?size=0x9").await.status, 400);
}

#[tokio::test]
async fn redirects_lead_on_or_round_and_round() {
    let studio = Studio::default();
    let target = "https://10.0.0.1/a.png?b=c&d=%20";
    let mut at = format!("/_origin/redirect?to={}&hops=2", target.replace('%', "%25").replace('&', "%26"));
    for hop in 0..3 {
        let reply = studio.get(&at).await;
        assert_eq!(reply.status, 302);
        at = reply.headers["location"].to_str().unwrap().to_owned();
        assert_eq!(at.starts_with("/_origin/redirect"), hop < 2, "{at}");
    }
    assert_eq!(at, target);
    let round = studio.get("/_origin/loop").await;
    assert_eq!((round.status.as_u16(), round.headers["location"].to_str().unwrap()), (302, "/_origin/loop"));
    assert_eq!(studio.get("/_origin/redirect?to=/x&status=307").await.status, 307);
}

#[tokio::test]
async fn lies_pages_and_errors() {
    let studio = Studio::default();
    for (bytes, begin) in [
        ("jpeg", &b"\xff\xd8"[..]),
        ("gif", b"GIF8"),
        ("svg", b"<svg"),
        ("html", b"<!doctype"),
        ("zip", b"PK"),
    ] {
        let reply = studio.get(&format!("/_origin/lying.png?bytes={bytes}")).await;
        assert_eq!(reply.headers["content-type"], "image/png");
        assert!(reply.bytes.starts_with(begin), "{bytes}");
    }
    let reverse = studio.get("/_origin/lying.html").await;
    assert!(reverse.headers["content-type"].to_str().unwrap().starts_with("text/html"));
    assert_eq!(image::guess_format(&reverse.bytes).unwrap(), ImageFormat::Png);
    let page = studio.get("/_origin/html").await;
    assert!(page.status == 200 && page.bytes.starts_with(b"<!doctype"));
    for code in [201, 404, 410, 500] {
        assert_eq!(studio.get(&format!("/_origin/status/{code}")).await.status, code);
    }
    assert_eq!(studio.get("/_origin/status/100").await.status, 400);
}

#[tokio::test]
async fn a_slow_body_takes_its_time_and_is_whole() {
    let studio = Studio::default();
    let begun = tokio::time::Instant::now();
    let slow = studio.get("/_origin/slow?ms=200&size=64x64&seed=1").await;
    assert!(begun.elapsed() >= Duration::from_millis(180));
    assert_eq!(slow.bytes, studio.get("/_origin/picture.png?size=64x64&seed=1").await.bytes);
}

#[tokio::test]
async fn a_huge_body_looks_like_a_picture_and_says_how_long_it_is_only_when_told() {
    let studio = Studio::default();
    let silent = studio.get("/_origin/huge?bytes=3000000").await;
    assert_eq!(silent.bytes.len(), 3_000_000);
    assert_eq!(image::guess_format(&silent.bytes).unwrap(), ImageFormat::Png);
    assert!(!silent.headers.contains_key("content-length"));
    let honest = studio.get("/_origin/huge?bytes=70000&length=true").await;
    assert_eq!((honest.bytes.len(), honest.headers["content-length"].to_str().unwrap()), (70_000, "70000"));
    assert_eq!(studio.get("/_origin/huge?bytes=5").await.bytes.len(), 5);

    let endless = Request::builder().uri("/_origin/huge").body(Body::empty()).unwrap();
    let mut body = router(Emulator::default()).oneshot(endless).await.unwrap().into_body();
    let mut read = 0;
    while read < 20 << 20 {
        read += body.frame().await.unwrap().unwrap().into_data().unwrap().len();
    }
}

#[tokio::test]
async fn a_cut_body_ends_in_an_error() {
    let cut = Request::builder().uri("/_origin/cut.png?size=64x64").body(Body::empty()).unwrap();
    let response = router(Emulator::default()).oneshot(cut).await.unwrap();
    assert_eq!(response.headers()["content-type"], "image/png");
    let promised: usize = response.headers()["content-length"].to_str().unwrap().parse().unwrap();
    let mut body = response.into_body();
    assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap().len(), promised / 2);
    assert!(body.frame().await.unwrap().is_err());
}

#[tokio::test]
async fn what_was_asked_for_is_counted() {
    let studio = Studio::default();
    for path in ["/_origin/html?t=one", "/_origin/html?t=one", "/_origin/loop?t=one", "/_origin/loop?t=two"] {
        studio.get(path).await;
    }
    let hits = studio.get("/_origin/hits?contains=t%3Done").await.json();
    assert_eq!(hits, json!({"hits": 3, "paths": {"/_origin/html?t=one": 2, "/_origin/loop?t=one": 1}}));
    assert_eq!(studio.get("/_origin/hits?contains=never").await.json(), json!({"hits": 0, "paths": {}}));
    assert_eq!(studio.send("DELETE", "/_origin/hits", &[], "").await.status, 204);
    assert_eq!(studio.get("/_origin/hits").await.json()["hits"], 0);
}
