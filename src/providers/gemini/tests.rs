//! Gemini against its documented wire shapes.

use picasso_actors::provider::Provider;
use serde_json::json;

use super::super::config::testing;
use super::*;

fn answered(status: u16, body: &str) -> Result<Picture, Failure> {
    decode(&Answer { status, headers: &|_| None, body: body.as_bytes() }, 0)
}

#[test]
fn the_call() {
    let request = GenerateRequest::from_words(Provider::Gemini, "a red boat".into(), 7);
    let call = super::super::encode(&testing::config(), &request, &[]).unwrap();
    let url =
        "https://generativelanguage.googleapis.com/v1beta/models/gemini-nano-banana-2.1:generateContent";
    assert_eq!((call.method, call.url.as_str()), ("POST", url));
    assert!(call.headers.contains(&("x-goog-api-key", "AIza-secret-gemini".into())));
    assert!(call.headers.contains(&("content-type", "application/json".into())));
    let body: Value = serde_json::from_slice(&call.body).unwrap();
    let expected = json!({
        "contents": [{"role": "user", "parts": [{"text": "a red boat"}]}],
        "generationConfig": {
            "responseModalities": ["TEXT", "IMAGE"],
            "imageConfig": {"aspectRatio": "1:1"},
            "seed": 7
        }
    });
    assert_eq!(body, expected);
}

#[test]
fn pictures_follow_the_words_in_their_order() {
    use picasso_actors::catalogue::shape::Scale;
    use picasso_actors::operation::Aspect;
    use picasso_actors::provider::Role;
    let request = GenerateRequest {
        model: "gemini-3-pro-image".into(),
        shape: Shape::Aspect(Aspect { width: 16, height: 9 }, Scale::K2),
        ..GenerateRequest::from_words(Provider::Gemini, "a \"red\" boat".into(), 7)
    };
    let pictures = [
        Sent { role: Role::Start, media_type: "image/jpeg", bytes: b"ABC".to_vec() },
        Sent { role: Role::Mask, media_type: "image/png", bytes: b"ABD".to_vec() },
    ];
    let call = super::super::encode(&testing::config(), &request, &pictures).unwrap();
    assert!(call.url.ends_with("/models/gemini-3-pro-image:generateContent"), "{}", call.url);
    let expected = json!({
        "contents": [{"role": "user", "parts": [
            {"text": "a \"red\" boat"},
            {"inlineData": {"mimeType": "image/jpeg", "data": "QUJD"}},
            {"inlineData": {"mimeType": "image/png", "data": "QUJE"}},
        ]}],
        "generationConfig": {
            "responseModalities": ["TEXT", "IMAGE"],
            "imageConfig": {"aspectRatio": "16:9", "imageSize": "2K"},
            "seed": 7
        }
    });
    assert_eq!(serde_json::from_slice::<Value>(&call.body).unwrap(), expected);
    let astray = GenerateRequest { model: "a/../../files".into(), ..request };
    assert!(super::super::encode(&testing::config(), &astray, &[]).is_err());
}

#[test]
fn a_picture_after_thoughts_and_words() {
    let body = r#"{
      "candidates": [{"index": 0, "finishReason": "STOP", "content": {"role": "model", "parts": [
        {"thought": true, "inlineData": {"mimeType": "image/png", "data": "QUJD"}},
            {"inlineData": {"mimeType": "image/png", "data": "QUJE"}},
        {"text": "Here it is."},
        {"inlineData": {"mimeType": "image/png", "data": "iVBORw0KGgo\u003d"}, "thoughtSignature": "c2ln"}
      ]}}],
      "usageMetadata": {"promptTokenCount": 7, "candidatesTokenCount": 1120, "totalTokenCount": 1127,
        "candidatesTokensDetails": [{"modality": "IMAGE", "tokenCount": 1120}]},
      "modelVersion": "gemini-nano-banana-2.1", "responseId": "r-1"
    }"#;
    let picture = answered(200, body).unwrap();
    assert_eq!(picture.bytes, b"\x89PNG\r\n\x1a\n");
    assert_eq!(picture.request_id.as_deref(), Some("r-1"));
    let usage: Value = serde_json::from_str(&picture.usage.unwrap()).unwrap();
    assert_eq!(usage["totalTokenCount"], 1127);
}

#[test]
fn refusals_with_status_200() {
    use FailureClass::{BadRequest, Moderation, NoImage};
    for (body, class) in [
        (r#"{"promptFeedback":{"blockReason":"SAFETY"},"usageMetadata":{"promptTokenCount":3}}"#, Moderation),
        (r#"{"promptFeedback":{"blockReason":"PROHIBITED_CONTENT"},"candidates":[]}"#, Moderation),
        (r#"{"promptFeedback":{"blockReason":"OTHER"}}"#, Moderation),
        (
            r#"{"candidates":[{"finishReason":"IMAGE_SAFETY","finishMessage":"Try another","index":0}]}"#,
            Moderation,
        ),
        (r#"{"candidates":[{"finishReason":"SAFETY","content":{}}]}"#, Moderation),
        (r#"{"candidates":[{"finishReason":"IMAGE_RECITATION","content":{"parts":null}}]}"#, Moderation),
        (r#"{"candidates":[{"finishReason":"NO_IMAGE","content":{"role":"model"}}]}"#, NoImage),
        (r#"{"candidates":[{"finishReason":"IMAGE_OTHER"}]}"#, NoImage),
        (r#"{"candidates":[{"finishReason":"OTHER"}]}"#, NoImage),
        (r#"{"candidates":[{"finishReason":"A_NEW_REASON"}]}"#, NoImage),
        (r#"{"candidates":[{"finishReason":"LANGUAGE"}]}"#, BadRequest),
        (
            r#"{"candidates":[{"finishReason":"STOP","content":{"parts":[{"text":"I can only talk."}]}}]}"#,
            NoImage,
        ),
        (
            r#"{"candidates":[{"finishReason":"STOP","content":{"parts":[{"thought":true,"inlineData":{"mimeType":"image/png","data":"QUJD"}}]}}]}"#,
            NoImage,
        ),
        (
            r#"{"candidates":[{"finishReason":"STOP","content":{"parts":[{"inlineData":{"mimeType":"audio/wav","data":"QUJD"}}]}}]}"#,
            NoImage,
        ),
        (r#"{"candidates":[]}"#, NoImage),
    ] {
        assert_eq!(answered(200, body).unwrap_err().class, class, "{body}");
    }
    let words =
        answered(200, r#"{"candidates":[{"finishReason":"STOP","content":{"parts":[{"text":"No."}]}}]}"#);
    assert_eq!(words.unwrap_err().message, "gemini sent no image (STOP): No.");
    let broken =
        r#"{"candidates":[{"content":{"parts":[{"inlineData":{"mimeType":"image/png","data":"%"}}]}}]}"#;
    assert_eq!(answered(200, broken).unwrap_err().class, FailureClass::BadImage);
}

#[test]
fn refusals() {
    use FailureClass::{Auth, BadRequest, ModelGone, Overloaded, Quota, Rate, Timeout};
    for (status, body, class, wait) in [
        (
            400,
            r#"{"error":{"code":400,"message":"API key not valid. Please pass a valid API key.","status":"INVALID_ARGUMENT","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"API_KEY_INVALID","domain":"googleapis.com"}]}}"#,
            Auth,
            None,
        ),
        (
            400,
            r#"{"error":{"code":400,"message":"Invalid JSON payload received. Unknown name \"personGeneration\"","status":"INVALID_ARGUMENT"}}"#,
            BadRequest,
            None,
        ),
        (
            400,
            r#"{"error":{"code":400,"message":"User location is not supported for the API use.","status":"FAILED_PRECONDITION"}}"#,
            Auth,
            None,
        ),
        (403, r#"{"error":{"code":403,"message":"Denied","status":"PERMISSION_DENIED"}}"#, Auth, None),
        (
            404,
            r#"{"error":{"code":404,"message":"models/x is not found for API version v1beta","status":"NOT_FOUND"}}"#,
            ModelGone,
            None,
        ),
        (
            429,
            r#"{"error":{"code":429,"message":"You exceeded your current quota. limit: 10","status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.QuotaFailure","violations":[{"quotaId":"GenerateRequestsPerMinutePerProjectPerModel"}]},{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"46s"}]}}"#,
            Rate,
            Some(46_000),
        ),
        (
            429,
            r#"{"error":{"code":429,"message":"Quota exceeded for metric: generativelanguage.googleapis.com/generate_content_free_tier_requests, limit: 0, model: x","status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"38.6s"}]}}"#,
            Quota,
            None,
        ),
        (
            429,
            r#"{"error":{"code":429,"message":"Quota exceeded, limit: 0.5","status":"RESOURCE_EXHAUSTED"}}"#,
            Rate,
            None,
        ),
        (
            429,
            r#"{"error":{"code":429,"message":"Quota","status":"RESOURCE_EXHAUSTED","details":[{"violations":[{"quotaId":"GenerateRequestsPerDayPerProjectPerModel-FreeTier"}]}]}}"#,
            Quota,
            None,
        ),
        (
            429,
            r#"{"error":{"code":429,"message":"Your prepayment credits are depleted.","status":"RESOURCE_EXHAUSTED"}}"#,
            Quota,
            None,
        ),
        (500, r#"{"error":{"code":500,"message":"Internal","status":"INTERNAL"}}"#, Overloaded, None),
        (503, r#"[{"error":{"code":503,"message":"Overloaded","status":"UNAVAILABLE"}}]"#, Overloaded, None),
        (504, r#"{"error":{"code":504,"message":"Late","status":"DEADLINE_EXCEEDED"}}"#, Timeout, None),
    ] {
        let failure = answered(status, body).unwrap_err();
        assert_eq!((failure.class, failure.retry_after_ms), (class, wait), "{body}");
    }
}

#[test]
fn a_promise_that_waiting_helps_is_believed_of_a_daily_quota() {
    let header = |name: &str| (name == "retry-after").then(|| "2".to_owned());
    let body = |limit: &str| {
        let violation = json!({"quotaId": "GenerateRequestsPerDayPerProjectPerModel-FreeTier"});
        let details = json!([{"violations": [violation]}]);
        json!({"error": {"code": 429, "message": limit, "status": "RESOURCE_EXHAUSTED", "details": details}})
    };
    for (limit, class) in [("limit: 15", FailureClass::Rate), ("limit: 0", FailureClass::Quota)] {
        let body = body(limit).to_string();
        let answer = Answer { status: 429, headers: &header, body: body.as_bytes() };
        assert_eq!(decode(&answer, 0).unwrap_err().class, class, "{limit}");
    }
}
