//! The wire shapes, as literals: what the providers' clients send and get.

// Clippy knows test functions, but not what helps them.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice)]

mod common;

use common::{Studio, decoded, gemini_body};
use image::GenericImageView as _;
use serde_json::{Value, json};

const FLUX: &str = "@cf/black-forest-labs/flux-1-schnell";
const LLAMA_VISION: &str = "@cf/meta/llama-3.2-11b-vision-instruct";
const GEMMA: &str = "@cf/google/gemma-4-26b-a4b-it";
const LLAMA: &str = "@cf/meta/llama-3.3-70b-instruct-fp8-fast";
const NANO: &str = "gemini-nano-banana-2.1";

#[tokio::test]
async fn openai_answers_images_in_its_shape() {
    let studio = Studio::default();
    let body = json!({"model": "gpt-image-2", "prompt": "a red circle", "size": "1024x640", "output_format": "jpeg"});
    let reply = studio.openai(&body).await;
    assert_eq!(reply.status, 200);
    assert!(reply.headers["x-request-id"].to_str().unwrap().starts_with("req_"));
    let mut json = reply.json();
    let bytes = decoded(&json["data"][0]["b64_json"]);
    assert_eq!(image::guess_format(&bytes).unwrap(), image::ImageFormat::Jpeg);
    assert_eq!(image::load_from_memory(&bytes).unwrap().dimensions(), (1024, 640));
    json["data"][0]["b64_json"] = json!("…");
    json["created"] = json!(0);
    assert_eq!(
        json,
        json!({
            "created": 0, "background": "opaque", "data": [{"b64_json": "…"}], "output_format": "jpeg",
            "quality": "high", "size": "1024x640",
            "usage": {
                "input_tokens": 3, "input_tokens_details": {"image_tokens": 0, "text_tokens": 3},
                "output_tokens": 2600, "output_tokens_details": {"image_tokens": 2600, "text_tokens": 0},
                "total_tokens": 2603,
            },
        })
    );
}

#[tokio::test]
async fn openai_refuses_in_its_shape() {
    let studio = Studio::default();
    let reply =
        studio.send("POST", "/openai/v1/images/generations", &[("authorization", "Bearer ")], "{}").await;
    assert_eq!(reply.status, 401);
    assert_eq!(reply.json()["error"]["type"], "invalid_request_error");
    let cases = [
        (json!({"prompt": "a cat"}), 400, json!("model"), json!("missing_required_parameter")),
        (json!({"model": "gpt-image-2"}), 400, json!("prompt"), json!("missing_required_parameter")),
        (json!({"model": "gpt-image-2", "prompt": ""}), 400, json!("prompt"), json!("empty_string")),
        (json!({"model": "gpt-image-2", "prompt": 7}), 400, json!("prompt"), json!("invalid_type")),
        (json!({"model": "dall-e-3", "prompt": "a cat"}), 404, Value::Null, json!("model_not_found")),
        (json!({"model": "gpt-image-2", "prompt": "a", "n": 11}), 400, json!("n"), json!("invalid_value")),
        (
            json!({"model": "gpt-image-2", "prompt": "a", "size": "999x999"}),
            400,
            json!("size"),
            json!("invalid_value"),
        ),
        (
            json!({"model": "gpt-image-2", "prompt": "a", "quality": "max"}),
            400,
            json!("quality"),
            json!("invalid_value"),
        ),
        (
            json!({"model": "gpt-image-2", "prompt": "a", "response_format": "b64_json"}),
            400,
            json!("response_format"),
            json!("unknown_parameter"),
        ),
        (
            json!({"model": "gpt-image-2", "prompt": "a", "seed": 1}),
            400,
            json!("seed"),
            json!("unknown_parameter"),
        ),
        (
            json!({"model": "gpt-image-2", "prompt": "é".repeat(32_001)}),
            400,
            json!("prompt"),
            json!("string_above_max_length"),
        ),
    ];
    for (body, status, param, code) in cases {
        let reply = studio.openai(&body).await;
        let error = &reply.json()["error"];
        assert_eq!(
            (reply.status.as_u16(), &error["param"], &error["code"]),
            (status, &param, &code),
            "{error}"
        );
        assert!(error["message"].is_string() && error["type"].is_string());
    }
    assert_eq!(studio.openai(&json!("no object")).await.status, 400);
    assert_eq!(studio.send("GET", "/openai/v1/nothing", &[], "").await.status, 404);
}

#[tokio::test]
async fn openai_lists_its_models() {
    let reply =
        Studio::default().send("GET", "/openai/v1/models", &[("authorization", "Bearer k")], "").await;
    let json = reply.json();
    assert_eq!(json["object"], "list");
    let find = |id: &str| json["data"].as_array().unwrap().iter().find(|model| model["id"] == id).cloned();
    assert_eq!(find("gpt-image-2").unwrap()["object"], "model");
    assert!(find("gpt-image-1.5").unwrap()["shutdown_date"].is_u64());
    assert!(find("dall-e-3").is_none());
}

#[tokio::test]
async fn gemini_answers_in_its_shape() {
    let reply = Studio::default().gemini(NANO, &gemini_body("a red circle")).await;
    assert_eq!(reply.status, 200);
    let mut json = reply.json();
    let data = &mut json["candidates"][0]["content"]["parts"][0]["inlineData"]["data"];
    let bytes = decoded(data);
    assert_eq!(image::guess_format(&bytes).unwrap(), image::ImageFormat::Png);
    assert_eq!(image::load_from_memory(&bytes).unwrap().dimensions(), (384, 3072));
    *data = json!("…");
    json["responseId"] = json!("…");
    assert_eq!(
        json,
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
            "modelVersion": "gemini-nano-banana-2.1", "responseId": "…",
        })
    );
}

#[tokio::test]
async fn gemini_refuses_in_its_shape() {
    let studio = Studio::default();
    let with = |change: fn(&mut Value)| {
        let mut body = gemini_body("a cat");
        change(&mut body);
        body
    };
    let cases: [(Value, &str); 7] = [
        (with(|body| body["colour"] = json!(1)), "Unknown name \"colour\": Cannot find field."),
        (with(|body| body["generationConfig"]["n"] = json!(1)), "Unknown name \"n\" at 'generation_config'"),
        (
            with(|body| body["generationConfig"]["imageConfig"]["personGeneration"] = json!("x")),
            "Unknown name \"personGeneration\"",
        ),
        (
            with(|body| body["generationConfig"]["imageConfig"]["aspectRatio"] = json!("7:3")),
            "Invalid aspect ratio",
        ),
        (with(|body| body["generationConfig"]["seed"] = json!(3_000_000_000_u64)), "TYPE_INT32"),
        (with(|body| body["contents"] = json!([])), "must not be empty"),
        (json!({}), "contents is not specified"),
    ];
    for (body, message) in cases {
        let reply = studio.gemini(NANO, &body).await;
        let error = reply.json()["error"].clone();
        assert_eq!(
            (reply.status.as_u16(), &error["code"], &error["status"]),
            (400, &json!(400), &json!("INVALID_ARGUMENT"))
        );
        assert!(error["message"].as_str().unwrap().contains(message), "{error}");
    }
    let gone = studio.gemini("gemini-2.5-flash-image", &gemini_body("a cat")).await;
    assert_eq!((gone.status.as_u16(), &gone.json()["error"]["status"]), (404, &json!("NOT_FOUND")));
    let path = format!("/gemini/v1beta/models/{NANO}:generateContent");
    let keyless = studio.send("POST", &path, &[], gemini_body("a cat").to_string()).await;
    assert_eq!(
        (keyless.status.as_u16(), &keyless.json()["error"]["status"]),
        (403, &json!("PERMISSION_DENIED"))
    );
}

#[tokio::test]
async fn workers_ai_answers_in_its_envelope() {
    let studio = Studio::default();
    let mut json = studio.workers(FLUX, &json!({"prompt": "a red circle", "steps": 4})).await.json();
    let bytes = decoded(&json["result"]["image"]);
    assert_eq!(image::guess_format(&bytes).unwrap(), image::ImageFormat::Jpeg);
    assert_eq!(image::load_from_memory(&bytes).unwrap().dimensions(), (1024, 1024));
    json["result"]["image"] = json!("…");
    assert_eq!(json, json!({"result": {"image": "…"}, "success": true, "errors": [], "messages": []}));

    let phoenix = studio
        .workers("@cf/leonardo/phoenix-1.0", &json!({"prompt": "a cat", "width": 256, "height": 128}))
        .await;
    assert_eq!(phoenix.headers["content-type"], "image/jpeg");
    assert_eq!(image::load_from_memory(&phoenix.bytes).unwrap().dimensions(), (256, 128));
    let lucid = studio
        .workers(
            "@cf/leonardo/lucid-origin",
            &json!({"prompt": "a cat", "width": 320, "height": 128, "seed": 3}),
        )
        .await;
    assert_eq!(
        image::load_from_memory(&decoded(&lucid.json()["result"]["image"])).unwrap().dimensions(),
        (320, 128)
    );
}

#[tokio::test]
async fn workers_ai_refuses_in_its_envelope() {
    let studio = Studio::default();
    let cases = [
        (FLUX, json!({"prompt": "a", "seed": 1}), 400, 5004),
        (FLUX, json!({"prompt": "a", "steps": 9}), 400, 5004),
        (FLUX, json!({"prompt": "a".repeat(2049)}), 400, 5004),
        (FLUX, json!({}), 400, 5004),
        (FLUX, json!([]), 400, 3003),
        ("@cf/nobody/nothing", json!({"prompt": "a"}), 400, 5007),
        ("@cf/leonardo/phoenix-1.0", json!({"prompt": "a", "width": 4000}), 400, 5004),
        (
            LLAMA_VISION,
            json!({"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "https://x.test/a.png"}}]}]}),
            400,
            5004,
        ),
        (LLAMA_VISION, json!({"prompt": "what?", "image": [1, 2, 300]}), 400, 5004),
        (LLAMA_VISION, json!({"prompt": "what?", "image": [1, 2, 3]}), 400, 5004),
        (LLAMA, json!({}), 400, 5004),
    ];
    for (model, body, status, code) in cases {
        let reply = studio.workers(model, &body).await;
        let json = reply.json();
        assert_eq!((reply.status.as_u16(), &json["errors"][0]["code"]), (status, &json!(code)), "{json}");
        assert_eq!((&json["success"], &json["messages"]), (&json!(false), &json!([])));
    }
    let path = format!("/cloudflare/client/v4/accounts/acc/ai/run/{FLUX}");
    let reply = studio.send("POST", &path, &[], "{}").await;
    assert_eq!((reply.status.as_u16(), &reply.json()["errors"][0]["code"]), (401, &json!(10_000)));
}

#[tokio::test]
async fn both_vision_models_look_at_both_input_forms() {
    let studio = Studio::default();
    let look = "/_control/paint?provider=openai&size=256x256&prompt=a%20red%20circle%20on%20white";
    let png = studio.get(look).await.bytes;
    let url = format!(
        "data:image/png;base64,{}",
        base64::Engine::encode(&base64::engine::general_purpose::STANDARD, &png)
    );
    let ask = |prompt: &str| format!("Judge the image. <prompt>{prompt}</prompt> Answer one JSON object.");
    let message = |prompt: &str| json!([{"role": "user", "content": [{"type": "text", "text": ask(prompt)}, {"type": "image_url", "image_url": {"url": url}}]}]);

    let said =
        studio.workers(LLAMA_VISION, &json!({"messages": message("a red circle on white")})).await.json();
    let said = said["result"]["response"].as_str().unwrap().to_owned();
    assert_eq!(picasso_emulator::vision::object_in(&said).unwrap()["verdict"], "pass", "{said}");
    let said = studio
        .workers(LLAMA_VISION, &json!({"prompt": ask("a green star on black"), "image": png}))
        .await
        .json();
    let said = said["result"]["response"].as_str().unwrap().to_owned();
    assert_eq!(picasso_emulator::vision::object_in(&said).unwrap()["verdict"], "fail", "{said}");
    let said = studio.workers(GEMMA, &json!({"messages": message("a red circle on white"), "response_format": {"type": "json_object"}})).await.json();
    let content = said["result"]["choices"][0]["message"]["content"].as_str().unwrap();
    assert_eq!(serde_json::from_str::<Value>(content).unwrap()["verdict"], "pass");
    let said =
        studio.workers(LLAMA_VISION, &json!({"prompt": "Describe the image.", "image": png})).await.json();
    assert!(said["result"]["response"].as_str().unwrap().contains("white"), "{said}");
}

#[tokio::test]
async fn the_text_model_answers_text_or_an_object() {
    let studio = Studio::default();
    let ask = json!({"prompt": "Rewrite this prompt: a red boat", "max_tokens": 4});
    let said = studio.workers(LLAMA, &ask).await.json();
    let cut = said["result"]["response"].as_str().unwrap();
    assert!(cut.starts_with("a red boat, ") && cut.len() == 16, "{cut}");
    let schema = json!({"type": "object", "properties": {"prompt": {"type": "string"}}});
    let ask = json!({"messages": [{"role": "user", "content": "Rewrite: a red boat"}], "response_format": {"type": "json_schema", "json_schema": schema}});
    let said = studio.workers(LLAMA, &ask).await.json();
    assert!(said["result"]["response"]["prompt"].as_str().unwrap().starts_with("a red boat, "), "{said}");
}

#[tokio::test]
async fn a_fresh_emulator_repeats_the_sequence_and_variants_differ() {
    let body = json!({"model": "gpt-image-2", "prompt": "two blue boats", "size": "1024x640", "n": 2});
    let (one, other) =
        (Studio::default().openai(&body).await.json(), Studio::default().openai(&body).await.json());
    assert_eq!(one["data"], other["data"]);
    assert_ne!(one["data"][0], one["data"][1]);
}

#[tokio::test]
async fn a_body_over_the_cap_is_refused() {
    let reply = Studio::default().openai(&json!({"prompt": "a".repeat(33 << 20)})).await;
    assert_eq!(reply.status, 413);
}
