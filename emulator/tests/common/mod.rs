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

    pub async fn fault(&self, rule: Value) {
        let reply = self.send("POST", "/_control/faults", &[], rule.to_string()).await;
        assert_eq!(reply.status, 201, "{}", reply.json());
    }
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
