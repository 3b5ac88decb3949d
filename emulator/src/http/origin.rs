//! An origin for pictures that a server is to fetch: good ones in every format, and everything that a hostile or broken
//! origin does. Which addresses were asked for, and how often, is counted: a test can prove that nothing was fetched.

use std::collections::BTreeMap;
use std::convert::Infallible;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, Query, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use futures_util::stream::{self, StreamExt as _};
use serde::Deserialize;
use serde_json::json;

use super::{sizes, wire};
use crate::encode::{Format, encode};
use crate::paint::{Order, paint};
use crate::scene::Brief;
use crate::service::Provider;
use crate::state::Emulator;

/// Milliseconds of a slow body unless told.
const SLOW_MS: u64 = 5_000;
/// A PNG's signature, a header that claims 64 by 64 pixels, and the beginning of a chunk of 2 GiB.
const PNG_HEAD: &[u8] =
    b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\0\x40\0\0\0\x40\x08\x02\0\0\0\x25\x0b\xe6\x89\x7f\xff\xff\xffIDAT";
const PAGE: &str =
    "<!doctype html><html><head><title>No picture</title></head><body><h1>This is a page</h1></body></html>";
const ARCHIVE: &[u8] = b"PK\x03\x04\x14\0\0\0\0\0 this is no picture either";

pub fn routes(emulator: &Emulator) -> Router<Emulator> {
    Router::new()
        .route("/_origin/{file}", get(file))
        .route("/_origin/redirect", get(redirect))
        .route("/_origin/loop", get(async || wire::redirect(302, "/_origin/loop")))
        .route("/_origin/slow", get(slow))
        .route("/_origin/huge", get(huge))
        .route("/_origin/html", get(async || Html(PAGE)))
        .route("/_origin/status/{code}", get(status))
        .layer(middleware::from_fn_with_state(emulator.clone(), count))
        .route("/_origin/hits", get(hits).delete(clear))
}

/// What may be asked of an origin's picture; each address reads what concerns it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Wish {
    /// `WIDTHxHEIGHT`, 1 to 4096 each.
    size: Option<String>,
    /// Which picture.
    seed: u64,
    /// What the bytes really are: `png`, `jpeg`, `webp`, `gif`, `svg`, `html` or `zip`.
    bytes: Option<String>,
    /// Milliseconds.
    ms: Option<u64>,
}

/// `picture.EXT`, `lying.png` (says PNG, is `bytes`, else JPEG), `lying.html` (says HTML, is a PNG) and `cut.png` (half of
/// what it promises).
async fn file(Path(file): Path<String>, Query(wish): Query<Wish>) -> Response {
    match file.rsplit_once('.') {
        Some(("picture", kind)) => body(kind, mime(kind), &wish).await,
        Some(("lying", "png")) => {
            body(wish.bytes.as_deref().unwrap_or("jpeg"), Some("image/png"), &wish).await
        }
        Some(("lying", "html")) => body("png", Some("text/html; charset=utf-8"), &wish).await,
        Some(("cut", kind)) => wire::halved(body(kind, mime(kind), &wish).await).await,
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

fn mime(kind: &str) -> Option<&'static str> {
    match kind {
        "svg" => Some("image/svg+xml"),
        "jpg" => Some("image/jpeg"),
        kind => format(kind).map(Format::mime),
    }
}

fn format(kind: &str) -> Option<Format> {
    match kind {
        "gif" => Some(Format::Gif),
        "jpg" => Some(Format::Jpeg),
        kind => Format::parse(kind),
    }
}

async fn body(kind: &str, mime: Option<&'static str>, wish: &Wish) -> Response {
    let size = wish.size.as_deref().unwrap_or("512x384").split_once('x');
    let size = size.and_then(|(w, h)| Some((w.parse::<u32>().ok()?, h.parse::<u32>().ok()?)));
    let Some(size) = size.filter(|(w, h)| [w, h].iter().all(|side| (1..=sizes::MAX_SIDE).contains(side)))
    else {
        return (StatusCode::BAD_REQUEST, "size is WxH, 1 to 4096 a side").into_response();
    };
    let (Some(mime), Some(bytes)) = (mime, bytes(kind, size, wish.seed).await) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    ([(header::CONTENT_TYPE, mime)], bytes).into_response()
}

async fn bytes(kind: &str, size: (u32, u32), seed: u64) -> Option<Vec<u8>> {
    match kind {
        "svg" => {
            let (w, h) = size;
            let hue = seed.wrapping_mul(47) % 360;
            let svg = format!(
                "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{w}\" height=\"{h}\"><rect width=\"100%\" height=\"100%\" fill=\"hsl({hue},60%,60%)\"/></svg>"
            );
            Some(svg.into_bytes())
        }
        "html" => Some(PAGE.as_bytes().to_vec()),
        "zip" => Some(ARCHIVE.to_vec()),
        kind => {
            let format = format(kind)?;
            let scene = Brief::read("a blue boat at sea at sunset").scene;
            let order =
                Order { provider: Provider::Workers, size, variant: seed, miss: false, twin: None, scene };
            let work = move || encode(&paint(&order), format, 90).ok();
            tokio::task::spawn_blocking(work).await.ok().flatten()
        }
    }
}

#[derive(Deserialize)]
struct Redirect {
    to: String,
    #[serde(default)]
    hops: u32,
    #[serde(default = "found")]
    status: u16,
}

fn found() -> u16 {
    302
}

/// Leads to `to`, over `hops` more redirects of its own.
async fn redirect(Query(redirect): Query<Redirect>) -> Response {
    let Redirect { to, hops, status } = redirect;
    if hops == 0 {
        return wire::redirect(status, &to);
    }
    let to: String = to.bytes().map(escaped).collect();
    wire::redirect(status, &format!("/_origin/redirect?to={to}&hops={}&status={status}", hops - 1))
}

/// A byte of a query's value: as it is where that's safe, else with a percent sign.
fn escaped(byte: u8) -> String {
    if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") }
}

async fn slow(Query(wish): Query<Wish>) -> Response {
    let ms = wish.ms.unwrap_or(SLOW_MS);
    wire::dripped(body("png", Some("image/png"), &wish).await, ms).await
}

#[derive(Deserialize)]
struct Huge {
    /// Endless when absent.
    bytes: Option<u64>,
    /// Whether the head says how long the body is.
    #[serde(default)]
    length: bool,
}

/// The beginning of a PNG and then so many bytes in all, or without end.
async fn huge(Query(huge): Query<Huge>) -> Response {
    let bytes = huge.bytes.unwrap_or(u64::MAX);
    let head = PNG_HEAD.len().min(usize::try_from(bytes).unwrap_or(usize::MAX));
    let rest = bytes.saturating_sub(u64::try_from(head).unwrap_or(u64::MAX));
    let head = axum::body::Bytes::from_static(PNG_HEAD).slice(..head);
    let body = stream::iter([head]).chain(wire::filling(0x5a, rest)).map(Ok::<_, Infallible>);
    let mut response = ([(header::CONTENT_TYPE, "image/png")], Body::from_stream(body)).into_response();
    if let (true, Some(bytes)) = (huge.length, huge.bytes) {
        response.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(bytes));
    }
    response
}

/// A picture with any status from 200 to 599; 404 and the like have a page.
async fn status(Path(code): Path<u16>) -> Response {
    match StatusCode::from_u16(code) {
        Ok(status) if status.is_success() => {
            (status, body("png", Some("image/png"), &Wish::default()).await).into_response()
        }
        Ok(status) if code >= 200 => (status, Html(PAGE)).into_response(),
        _ => StatusCode::BAD_REQUEST.into_response(),
    }
}

async fn count(State(emulator): State<Emulator>, request: Request, next: Next) -> Response {
    emulator.hit(request.uri().path_and_query().map_or("/", |path| path.as_str()));
    next.run(request).await
}

#[derive(Deserialize)]
struct Search {
    #[serde(default)]
    contains: String,
}

/// Addresses with a text in them and how often each was asked for.
async fn hits(State(emulator): State<Emulator>, Query(search): Query<Search>) -> Response {
    let paths: BTreeMap<String, u64> = emulator.hits(&search.contains);
    axum::Json(json!({"hits": paths.values().sum::<u64>(), "paths": paths})).into_response()
}

async fn clear(State(emulator): State<Emulator>) -> StatusCode {
    emulator.forget_hits();
    StatusCode::NO_CONTENT
}
