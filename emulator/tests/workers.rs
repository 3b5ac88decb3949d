//! Workers AI's image models with pictures, and its vision model with two of them.

// Clippy knows test functions, but not what helps them.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice)]

mod common;

use common::Part::{File, Text};
use common::{Studio, data_url, decoded, drifted, encoded, pixels, plain, png, start};
use image::{Rgb, RgbImage};
use picasso_emulator::retouch::{Rect, panel, swatch};
use picasso_emulator::vision::object_in;
use serde_json::{Value, json};

const KLEIN: &str = "@cf/black-forest-labs/flux-2-klein-4b";
const DEV: &str = "@cf/black-forest-labs/flux-2-dev";
const IMG2IMG: &str = "@cf/runwayml/stable-diffusion-v1-5-img2img";
const INPAINTING: &str = "@cf/runwayml/stable-diffusion-v1-5-inpainting";
const LLAMA_VISION: &str = "@cf/meta/llama-3.2-11b-vision-instruct";

#[tokio::test]
async fn each_model_answers_in_its_own_form() {
    let studio = Studio::default();
    for (model, mime) in [
        ("@cf/stabilityai/stable-diffusion-xl-base-1.0", "image/png"),
        ("@cf/bytedance/stable-diffusion-xl-lightning", "image/png"),
        ("@cf/lykon/dreamshaper-8-lcm", "image/png"),
        ("@cf/leonardo/phoenix-1.0", "image/jpeg"),
    ] {
        let ask = json!({"prompt": "a cat", "width": 320, "height": 256, "seed": 3, "num_steps": 8, "guidance": 4.5});
        let reply = studio.workers(model, &ask).await;
        assert_eq!(reply.headers["content-type"], mime, "{model}");
        assert_eq!(pixels(&reply.bytes).dimensions(), (320, 256));
    }
    let call = studio.last_call().await;
    assert_eq!((&call["seed"], &call["parameters"]["guidance"]), (&json!(3), &json!(4.5)));
    assert_eq!((&call["task"], &call["operation"]), (&json!("generate"), &json!("generate")));
}

#[tokio::test]
async fn flux_2_takes_forms_and_small_references() {
    let studio = Studio::default();
    let begin = png(&start(300, 200));
    let red = plain(511, 20, [250, 10, 10]);
    let form = [
        Text("prompt", "a cat"),
        File("input_image_0", &begin),
        File("input_image_1", &red),
        Text("steps", "25"),
        Text("width", "640"),
        Text("height", "512"),
        Text("seed", "5"),
    ];
    let reply = studio.workers_form(DEV, &form).await;
    let picture = pixels(&decoded(&reply.json()["result"]["image"]));
    assert_eq!(picture.dimensions(), (640, 512));
    let at = swatch(Rect { x: 0, y: 0, w: 640, h: 512 }, 0);
    let [r, g, b] = picture.get_pixel(at.x + at.w / 2, at.y + at.h / 2).0;
    assert!(r > 200 && g < 60 && b < 60, "JPEG blurs, but not that much: {r} {g} {b}");
    let call = studio.last_call().await;
    assert_eq!((&call["task"], &call["size"], &call["seed"]), (&json!("edit"), &json!("640x512"), &json!(5)));
    assert_eq!(call["images"].as_array().unwrap().len(), 2);

    let large = plain(512, 20, [0; 3]);
    let refusals = [
        vec![Text("prompt", "a cat"), File("input_image_0", &large)],
        vec![Text("prompt", "a cat"), File("input_image_1", &red)],
        vec![Text("prompt", "a cat"), File("input_image_0", b"no picture")],
        vec![Text("prompt", "a cat"), Text("width", "200")],
        vec![Text("prompt", "a cat"), Text("strength", "1")],
        vec![Text("steps", "4")],
    ];
    for form in &refusals {
        let reply = studio.workers_form(KLEIN, form).await;
        assert_eq!((reply.status.as_u16(), &reply.json()["errors"][0]["code"]), (400, &json!(5004)));
    }
    let steps = [Text("prompt", "a cat"), Text("steps", "5")];
    assert_eq!(studio.workers_form(KLEIN, &steps).await.status, 400, "the distilled ones have four");
    assert_eq!(studio.workers(KLEIN, &json!({"prompt": "a cat"})).await.status, 400, "a document is no form");
}

#[tokio::test]
async fn img2img_starts_from_bytes_or_base64() {
    let studio = Studio::default();
    let begin = start(320, 256);
    let file = png(&begin);
    for ask in [
        json!({"prompt": "a cat", "image": file, "strength": 0.7, "seed": 1}),
        json!({"prompt": "a cat", "image_b64": encoded(&file), "seed": 1}),
    ] {
        let picture = pixels(&studio.workers(IMG2IMG, &ask).await.bytes);
        assert!(drifted(&begin, &picture, 3, 3));
        let at = panel(320, 256);
        assert!((0..at.w).any(|x| !drifted(&begin, &picture, at.x + x, 128)));
    }
    let close = json!({"prompt": "a cat", "image": file, "strength": 0.6});
    assert_eq!(studio.workers(IMG2IMG, &close).await.status, 200);
    assert_eq!(studio.last_call().await["operation"], "variation");
    assert_eq!(studio.workers(IMG2IMG, &json!({"prompt": "a cat"})).await.status, 400);
    let wild = json!({"prompt": "a cat", "image": file, "strength": 1.5});
    assert_eq!(studio.workers(IMG2IMG, &wild).await.status, 400);
}

#[tokio::test]
async fn inpainting_paints_where_the_mask_is_white() {
    let studio = Studio::default();
    let begin = start(320, 256);
    let white = |x: u32, y: u32| (64..256).contains(&x) && y < 128;
    let mask = RgbImage::from_fn(320, 256, |x, y| if white(x, y) { Rgb([255; 3]) } else { Rgb([0; 3]) });
    let ask = json!({"prompt": "a red circle on white", "image_b64": encoded(&png(&begin)), "mask": png(&mask), "num_steps": 20});
    let picture = pixels(&studio.workers(INPAINTING, &ask).await.bytes);
    assert!(begin.enumerate_pixels().all(|(x, y, _)| white(x, y) || drifted(&begin, &picture, x, y)));
    assert!(picture.get_pixel(70, 5).0.iter().all(|channel| *channel > 200), "the scene's white ground");
    let call = studio.last_call().await;
    assert_eq!(call["operation"], "inpaint");
    assert_eq!((&call["mask"]["width"], &call["size"]), (&json!(320), &json!("320x256")));
    for bad in [
        json!({"prompt": "a", "image": png(&begin)}),
        json!({"prompt": "a", "mask": png(&mask)}),
        json!({"prompt": "a", "image": png(&begin), "mask": plain(64, 64, [255; 3])}),
        json!({"prompt": "a", "image": png(&begin), "mask": png(&mask), "mask_b64": "x"}),
    ] {
        assert_eq!(studio.workers(INPAINTING, &bad).await.status, 400);
    }
}

#[tokio::test]
async fn with_a_start_image_the_vision_model_judges_what_has_changed() {
    let studio = Studio::default();
    let begin = png(&start(320, 256));
    let paint = json!({"prompt": "a red circle on white", "image": begin, "seed": 2});
    let edited = studio.workers(IMG2IMG, &paint).await.bytes;
    let ask = |prompt: &str, result: &[u8]| {
        let text =
            format!("Judge the edit, answer JSON with verdict and scores. <prompt-7f>{prompt}</prompt-7f>");
        json!({"messages": [{"role": "user", "content": [
            {"type": "text", "text": text},
            {"type": "image_url", "image_url": {"url": data_url(&begin)}},
            {"type": "image_url", "image_url": {"url": data_url(result)}},
        ]}]})
    };
    let mut verdicts = Vec::new();
    for (prompt, result) in [
        ("a red circle on white", &edited),
        ("a green star on black", &edited),
        ("a red circle on white", &begin),
    ] {
        let said = studio.workers(LLAMA_VISION, &ask(prompt, result)).await.json();
        verdicts.push(object_in(said["result"]["response"].as_str().unwrap()).unwrap());
    }
    let said: Vec<&Value> = verdicts.iter().map(|verdict| &verdict["verdict"]).collect();
    assert_eq!(said, ["pass", "fail", "fail"], "{verdicts:?}");
    assert_eq!(
        verdicts[0]["scores"],
        json!({"subject": 9, "composition": 8, "text": null, "style": 8, "safety": 10})
    );
    assert_eq!(verdicts[2]["tags"], json!(["unchanged"]));
    let call = studio.last_call().await;
    assert_eq!((&call["task"], &call["operation"]), (&json!("vision"), &Value::Null));
    assert_eq!(call["images"].as_array().unwrap().len(), 2);
}
