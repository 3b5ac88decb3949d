//! Gemini with pictures: parts in their order, shapes by model, masks in words, thoughts and streams.

// Clippy knows test functions, but not what helps them.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice)]

mod common;

use common::{Reply, Studio, decoded, drifted, encoded, events, gemini_body, pixels, plain, png, start};
use image::{Rgb, RgbImage};
use picasso_emulator::retouch::{Rect, swatch};
use serde_json::{Value, json};

const NANO: &str = "gemini-nano-banana-2.1";
const PRO: &str = "gemini-3-pro-image";

fn inline(bytes: &[u8]) -> Value {
    json!({"inlineData": {"mimeType": "image/png", "data": encoded(bytes)}})
}

fn body(parts: &[Value], config: &Value) -> Value {
    json!({"contents": [{"role": "user", "parts": parts}], "generationConfig": config})
}

fn picture(reply: &Reply) -> RgbImage {
    let json = reply.json();
    let parts = json["candidates"][0]["content"]["parts"].as_array().unwrap_or_else(|| panic!("{json}"));
    let shown =
        parts.iter().find(|part| part["thought"] != true && part.get("inlineData").is_some()).unwrap();
    pixels(&decoded(&shown["inlineData"]["data"]))
}

#[tokio::test]
async fn an_edit_keeps_the_start_image_and_counts_both_modalities() {
    let studio = Studio::default();
    let begin = start(1024, 1024);
    let reference = plain(40, 40, [250, 10, 10]);
    let parts = [json!({"text": "a cat"}), inline(&png(&begin)), inline(&reference)];
    let reply =
        studio.gemini(NANO, &body(&parts, &json!({"responseModalities": ["IMAGE"], "seed": 7}))).await;
    let picture = picture(&reply);
    assert!(drifted(&begin, &picture, 5, 5));
    let at = swatch(Rect { x: 0, y: 0, w: 1024, h: 1024 }, 0);
    assert_eq!(picture.get_pixel(at.x + 3, at.y + 3).0, [250, 10, 10]);
    assert_eq!(
        reply.json()["usageMetadata"],
        json!({
            "promptTokenCount": 1292, "candidatesTokenCount": 1120, "totalTokenCount": 2412,
            "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 2}, {"modality": "IMAGE", "tokenCount": 1290}],
            "candidatesTokensDetails": [{"modality": "IMAGE", "tokenCount": 1120}],
        })
    );
    let call = studio.last_call().await;
    assert_eq!(
        (&call["task"], &call["operation"], &call["seed"]),
        (&json!("edit"), &json!("edit"), &json!(7))
    );
    assert_eq!(call["parameters"]["parts"], json!(["text", "image", "image"]));
}

#[tokio::test]
async fn a_mask_in_words_is_painted_where_it_is_white() {
    let studio = Studio::default();
    let begin = start(1024, 1024);
    let mask = RgbImage::from_fn(1024, 1024, |x, _| if x < 300 { Rgb([255; 3]) } else { Rgb([0; 3]) });
    let parts = [
        inline(&png(&begin)),
        inline(&png(&mask)),
        json!({"text": "The last picture is a mask of the first. Change what is white: a red circle on white"}),
    ];
    let picture = picture(&studio.gemini(NANO, &body(&parts, &json!({}))).await);
    assert!((0..1024).all(|y| (300..1024).all(|x| drifted(&begin, &picture, x, y))));
    assert!((0..1024).any(|y| !drifted(&begin, &picture, 150, y)));
    assert!(picture.get_pixel(290, 5).0.iter().all(|channel| *channel > 200), "the scene's white ground");
    let call = studio.last_call().await;
    assert_eq!((&call["operation"], &call["mask"]["width"]), (&json!("inpaint"), &json!(1024)));
}

#[tokio::test]
async fn a_wider_canvas_is_painted_at_its_sides() {
    let studio = Studio::default();
    let begin = start(768, 768);
    let config = json!({"imageConfig": {"aspectRatio": "16:9"}});
    let parts = [json!({"text": "a forest; extend the scene to both sides"}), inline(&png(&begin))];
    let picture = picture(&studio.gemini(NANO, &body(&parts, &config)).await);
    assert_eq!(picture.dimensions(), (1376, 768));
    assert_eq!(studio.last_call().await["operation"], "outpaint");
    assert!((0..768).all(|y| (0..768).all(|x| picture.get_pixel(304 + x, y).0[2] == 63)));
    assert!((0..768).any(|y| picture.get_pixel(100, y).0[2] != 63));
}

#[tokio::test]
async fn without_a_shape_the_start_image_decides() {
    let studio = Studio::default();
    let parts = [json!({"text": "a cat"}), inline(&plain(300, 400, [90; 3]))];
    assert_eq!(picture(&studio.gemini(NANO, &body(&parts, &json!({}))).await).dimensions(), (896, 1200));
    let variation = [json!({"text": "a variation of this"}), inline(&plain(300, 400, [200, 90, 90]))];
    let turned = picture(&studio.gemini(NANO, &body(&variation, &json!({}))).await);
    assert_eq!(studio.last_call().await["operation"], "variation");
    assert_ne!(turned.get_pixel(9, 9).0, [203, 93, 93]);
    assert_eq!(turned.get_pixel(9, 9), turned.get_pixel(800, 1100), "the composition stays");
}

#[tokio::test]
async fn what_is_refused() {
    let studio = Studio::default();
    let text = json!({"text": "a cat"});
    let small = inline(&plain(8, 8, [9; 3]));
    let many: Vec<Value> =
        std::iter::once(text.clone()).chain(std::iter::repeat_n(small.clone(), 15)).collect();
    let mut masked = gemini_body("a cat");
    masked["mask"] = json!({"inlineData": {}});
    let cases = [
        (masked, 400, "Unknown name \"mask\""),
        (body(&many, &json!({})), 400, "at most 14"),
        (
            body(&[text.clone(), json!({"inlineData": {"mimeType": "image/gif", "data": ""}})], &json!({})),
            400,
            "MIME",
        ),
        (
            body(&[text.clone(), json!({"inlineData": {"mimeType": "image/png", "data": "?"}})], &json!({})),
            400,
            "Base64",
        ),
        (
            body(
                &[text.clone(), json!({"inlineData": {"mimeType": "image/png", "data": "QUJD"}})],
                &json!({}),
            ),
            400,
            "process",
        ),
        (
            body(&[text.clone(), json!({"fileData": {"mimeType": "image/png", "fileUri": "x"}})], &json!({})),
            403,
            "File",
        ),
        (
            body(std::slice::from_ref(&text), &json!({"thinkingConfig": {"thinkingLevel": "DEEP"}})),
            400,
            "DEEP",
        ),
        (body(&[text], &json!({"thinkingConfig": {"budget": 1}})), 400, "budget"),
    ];
    for (body, status, message) in cases {
        let reply = studio.gemini(NANO, &body).await;
        let said = reply.json()["error"]["message"].as_str().unwrap().to_owned();
        assert!(reply.status == status && said.contains(message), "{said}");
    }
    assert_eq!(studio.gemini(PRO, &gemini_body("a cat")).await.status, 400, "1:8 is for one model only");
}

#[tokio::test]
async fn thoughts_come_first_and_are_marked() {
    let studio = Studio::default();
    let config = json!({"thinkingConfig": {"thinkingLevel": "HIGH", "includeThoughts": true}, "imageConfig": {"aspectRatio": "8:1"}});
    let asked = studio.gemini(NANO, &body(&[json!({"text": "a cat"})], &config)).await.json();
    studio.fault(json!({"provider": "gemini", "times": 1, "fault": {"kind": "thoughts"}})).await;
    let forced = studio.gemini(NANO, &gemini_body("a dog")).await.json();
    for json in [asked, forced] {
        let parts = json["candidates"][0]["content"]["parts"].as_array().unwrap();
        assert!(parts[0]["thought"] == true && parts[0]["text"].is_string());
        assert!(parts[1]["thought"] == true && parts[1]["inlineData"]["data"].is_string());
        let last = parts.last().unwrap();
        assert!(last.get("thought").is_none() && last["thoughtSignature"].is_string());
        assert_ne!(last["inlineData"], parts[1]["inlineData"]);
        assert_eq!(json["usageMetadata"]["thoughtsTokenCount"], 70);
    }
    studio.fault(json!({"provider": "gemini", "times": 1, "fault": {"kind": "thought_only"}})).await;
    let only = studio.gemini(NANO, &gemini_body("a cat")).await.json();
    let parts = only["candidates"][0]["content"]["parts"].as_array().unwrap();
    assert!(parts.iter().all(|part| part["thought"] == true), "{only}");
}

#[tokio::test]
async fn a_stream_says_at_its_end_what_it_cost() {
    let studio = Studio::default();
    let path = format!("/gemini/v1beta/models/{NANO}:streamGenerateContent");
    let mut ask = gemini_body("a red circle");
    ask["generationConfig"]["responseModalities"] = json!(["TEXT", "IMAGE"]);
    let headers = [("x-goog-api-key", "k")];
    let reply = studio.send("POST", &format!("{path}?alt=sse"), &headers, ask.to_string()).await;
    let mut documents: Vec<Value> =
        events(&reply).iter().map(|(_, data)| serde_json::from_str(data).unwrap()).collect();
    for document in &mut documents {
        document["responseId"] = json!("…");
    }
    documents[1]["candidates"][0]["content"]["parts"][0]["inlineData"]["data"] = json!("…");
    assert_eq!(
        documents,
        [
            json!({
                "candidates": [{"content": {"parts": [{"text": "Here is your image."}], "role": "model"}, "index": 0}],
                "modelVersion": NANO, "responseId": "…",
            }),
            json!({
                "candidates": [{
                    "content": {"parts": [{"inlineData": {"mimeType": "image/png", "data": "…"}}], "role": "model"},
                    "finishReason": "STOP", "index": 0,
                }],
                "usageMetadata": {
                    "promptTokenCount": 3, "candidatesTokenCount": 1680, "totalTokenCount": 1683,
                    "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 3}],
                    "candidatesTokensDetails": [{"modality": "IMAGE", "tokenCount": 1680}],
                },
                "modelVersion": NANO, "responseId": "…",
            }),
        ]
    );
    assert_eq!(studio.last_call().await["streamed"], true);
    let list = studio.send("POST", &path, &headers, ask.to_string()).await.json();
    assert_eq!(list.as_array().unwrap().len(), 2);
    studio.fault(json!({"provider": "gemini", "times": 1, "fault": {"kind": "moderation"}})).await;
    let blocked = studio.send("POST", &format!("{path}?alt=sse"), &headers, ask.to_string()).await;
    assert!(events(&blocked)[0].1.contains("blockReason"));
}
