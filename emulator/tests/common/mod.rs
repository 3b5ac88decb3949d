//! A router in this process, and requests to it.

// Each test program uses a part of this.
#![allow(dead_code)]
// Clippy knows test functions, but not what helps them.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice)]

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode};
use base64::Engine as _;
use http_body_util::BodyExt as _;
use image::{Rgb, RgbImage, Rgba, RgbaImage};
use picasso_emulator::{Emulator, router};
use serde_json::Value;
use tower::ServiceExt as _;

/// What came back.
pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub bytes: Vec<u8>,
}

impl Reply {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes)
            .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&self.bytes)))
    }
}

/// A fresh emulator.
#[derive(Clone)]
pub struct Studio(Router);

impl Default for Studio {
    fn default() -> Self {
        Self(router(Emulator::default()))
    }
}

impl Studio {
    pub async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Body>,
    ) -> Reply {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = self.0.clone().oneshot(request.body(body.into()).unwrap()).await.unwrap();
        let (head, body) = response.into_parts();
        Reply {
            status: head.status,
            headers: head.headers,
            bytes: body.collect().await.unwrap().to_bytes().to_vec(),
        }
    }

    pub async fn get(&self, path: &str) -> Reply {
        self.send("GET", path, &[], Body::empty()).await
    }

    pub async fn openai(&self, body: &Value) -> Reply {
        let headers = [("authorization", "Bearer k"), ("content-type", "application/json")];
        self.send("POST", "/openai/v1/images/generations", &headers, body.to_string()).await
    }

    pub async fn gemini(&self, model: &str, body: &Value) -> Reply {
        let path = format!("/gemini/v1beta/models/{model}:generateContent");
        self.send("POST", &path, &[("x-goog-api-key", "k")], body.to_string()).await
    }

    pub async fn workers(&self, model: &str, body: &Value) -> Reply {
        let path = format!("/cloudflare/client/v4/accounts/acc/ai/run/{model}");
        self.send("POST", &path, &[("authorization", "Bearer k")], body.to_string()).await
    }

    /// An edit as a form.
    pub async fn edit(&self, parts: &[Part<'_>]) -> Reply {
        let (kind, body) = form(parts);
        let headers = [("authorization", "Bearer k"), ("content-type", kind.as_str())];
        self.send("POST", "/openai/v1/images/edits", &headers, body).await
    }

    /// An edit as a document.
    pub async fn edit_json(&self, body: &Value) -> Reply {
        let headers = [("authorization", "Bearer k"), ("content-type", "application/json")];
        self.send("POST", "/openai/v1/images/edits", &headers, body.to_string()).await
    }

    /// A form for a Workers AI model.
    pub async fn workers_form(&self, model: &str, parts: &[Part<'_>]) -> Reply {
        let (kind, body) = form(parts);
        let path = format!("/cloudflare/client/v4/accounts/acc/ai/run/{model}");
        self.send("POST", &path, &[("authorization", "Bearer k"), ("content-type", &kind)], body).await
    }

    /// The newest call in the log.
    pub async fn last_call(&self) -> Value {
        self.get("/_control/calls").await.json()["calls"].as_array().unwrap().last().unwrap().clone()
    }

    pub async fn fault(&self, rule: Value) {
        let reply = self.send("POST", "/_control/faults", &[], rule.to_string()).await;
        assert_eq!(reply.status, 201, "{}", reply.json());
    }
}

/// A part of a form.
pub enum Part<'a> {
    Text(&'a str, &'a str),
    File(&'a str, &'a [u8]),
}

/// The media type and the body of a form, as every HTTP library writes it.
fn form(parts: &[Part]) -> (String, Vec<u8>) {
    let boundary = "----emulator-boundary";
    let mut body = Vec::new();
    for part in parts {
        body.extend(format!("--{boundary}\r\nContent-Disposition: form-data; ").bytes());
        let bytes = match part {
            Part::Text(name, text) => {
                body.extend(format!("name=\"{name}\"\r\n\r\n").bytes());
                text.as_bytes()
            }
            Part::File(name, bytes) => {
                let head = format!("name=\"{name}\"; filename=\"a.png\"\r\nContent-Type: image/png\r\n\r\n");
                body.extend(head.bytes());
                bytes
            }
        };
        body.extend(bytes);
        body.extend(b"\r\n");
    }
    body.extend(format!("--{boundary}--\r\n").bytes());
    (format!("multipart/form-data; boundary={boundary}"), body)
}

/// A start image: every pixel says where it is.
pub fn start(w: u32, h: u32) -> RgbImage {
    RgbImage::from_fn(w, h, |x, y| Rgb([(x % 200) as u8, (y % 200) as u8, 60]))
}

/// A picture of one colour.
pub fn plain(w: u32, h: u32, colour: [u8; 3]) -> Vec<u8> {
    png(&RgbImage::from_pixel(w, h, Rgb(colour)))
}

/// The picture as a PNG.
pub fn png(picture: &RgbImage) -> Vec<u8> {
    picasso_emulator::encode::encode(picture, picasso_emulator::encode::Format::Png, 100).unwrap()
}

/// A PNG that is transparent where `hole` says so.
pub fn png_with_hole(picture: &RgbImage, hole: impl Fn(u32, u32) -> bool) -> Vec<u8> {
    let holed = RgbaImage::from_fn(picture.width(), picture.height(), |x, y| {
        let [r, g, b] = picture.get_pixel(x, y).0;
        if hole(x, y) { Rgba([0, 0, 0, 0]) } else { Rgba([r, g, b, 255]) }
    });
    picasso_emulator::encode::encode_transparent(&holed, picasso_emulator::encode::Format::Png).unwrap()
}

/// The bytes as base64.
pub fn encoded(bytes: &[u8]) -> String {
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

/// The bytes as a data URL of a PNG.
pub fn data_url(bytes: &[u8]) -> String {
    format!("data:image/png;base64,{}", encoded(bytes))
}

/// The pixels of an answer's picture.
pub fn pixels(bytes: &[u8]) -> RgbImage {
    image::load_from_memory(bytes).unwrap().into_rgb8()
}

/// The `data:` lines of a stream with their `event:` lines, in order.
pub fn events(reply: &Reply) -> Vec<(String, String)> {
    assert_eq!(reply.headers["content-type"], "text/event-stream");
    let text = String::from_utf8(reply.bytes.clone()).unwrap();
    let events = text.split("\n\n").filter(|event| !event.is_empty());
    events
        .map(|event| {
            let line =
                |name: &str| event.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
            (line("event: ").to_owned(), line("data: ").to_owned())
        })
        .collect()
}

/// Whether a start image's pixel has only drifted.
pub fn drifted(start: &RgbImage, result: &RgbImage, x: u32, y: u32) -> bool {
    let drift = picasso_emulator::retouch::DRIFT;
    start
        .get_pixel(x, y)
        .0
        .iter()
        .zip(result.get_pixel(x, y).0)
        .all(|(one, other)| one.abs_diff(other) == drift)
}

/// The bytes behind base64 text.
pub fn decoded(value: &Value) -> Vec<u8> {
    base64::engine::general_purpose::STANDARD.decode(value.as_str().unwrap()).unwrap()
}

/// A Gemini request with one text part.
pub fn gemini_body(prompt: &str) -> Value {
    serde_json::json!({
        "contents": [{"role": "user", "parts": [{"text": prompt}]}],
        "generationConfig": {"responseModalities": ["IMAGE"], "imageConfig": {"aspectRatio": "1:8", "imageSize": "1K"}},
    })
}
