//! `OpenAI`'s edits and streams: what is accepted and refused, what comes back, and that pixels and log show what was
//! asked.

// Clippy knows test functions, but not what helps them.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice)]

mod common;

use common::Part::{File, Text};
use common::{Studio, data_url, decoded, drifted, events, pixels, plain, png, png_with_hole, start};
use picasso_emulator::retouch::{Rect, panel, swatch};
use serde_json::{Value, json};

const SIZE: (u32, u32) = (1024, 640);

fn hole(x: u32, y: u32) -> bool {
    x >= 512 && y >= 320
}

#[tokio::test]
async fn an_edit_answers_in_its_shape_and_counts_what_it_looked_at() {
    let studio = Studio::default();
    let begin = png(&start(SIZE.0, SIZE.1));
    let body = json!({
        "model": "gpt-image-2", "prompt": "a red circle on white", "images": [{"image_url": data_url(&begin)}],
        "quality": "low", "moderation": "low",
    });
    let reply = studio.edit_json(&body).await;
    assert_eq!(reply.status, 200, "{}", reply.json());
    assert!(reply.headers.contains_key("x-request-id"));
    let mut json = reply.json();
    let picture = pixels(&decoded(&json["data"][0]["b64_json"]));
    json["data"][0]["b64_json"] = json!("…");
    json["created"] = json!(0);
    assert_eq!(
        json,
        json!({
            "created": 0, "background": "opaque", "data": [{"b64_json": "…"}], "output_format": "png",
            "quality": "low", "size": "1024x640",
            "usage": {
                "input_tokens": 587, "input_tokens_details": {"image_tokens": 581, "text_tokens": 6},
                "output_tokens": 170, "output_tokens_details": {"image_tokens": 170, "text_tokens": 0},
                "total_tokens": 757,
            },
        })
    );
    let at = panel(SIZE.0, SIZE.1);
    let begin = start(SIZE.0, SIZE.1);
    assert!(drifted(&begin, &picture, 3, 3) && drifted(&begin, &picture, 1020, 600));
    assert!((at.x..at.x + at.w).any(|x| !drifted(&begin, &picture, x, at.y + at.h / 2)));
}

#[tokio::test]
async fn a_mask_is_painted_and_the_rest_drifts() {
    let studio = Studio::default();
    let begin = start(SIZE.0, SIZE.1);
    let mask = png_with_hole(&begin, hole);
    let reply = studio
        .edit(&[
            Text("model", "gpt-image-2"),
            Text("prompt", "a red circle on white"),
            File("image", &png(&begin)),
            File("mask", &mask),
            Text("size", "1024x640"),
            Text("n", "1"),
        ])
        .await;
    assert_eq!(reply.status, 200, "{}", String::from_utf8_lossy(&reply.bytes));
    let picture = pixels(&decoded(&reply.json()["data"][0]["b64_json"]));
    let mut painted = 0;
    for (x, y, _) in begin.enumerate_pixels() {
        if hole(x, y) {
            painted += u32::from(!drifted(&begin, &picture, x, y));
        } else {
            assert!(drifted(&begin, &picture, x, y), "{x} {y}");
        }
    }
    assert!(painted > 512 * 320 * 9 / 10, "{painted}");
    let call = studio.last_call().await;
    assert_eq!((&call["task"], &call["operation"]), (&json!("edit"), &json!("inpaint")));
    assert_eq!((&call["size"], &call["quality"]), (&json!("1024x640"), &json!("high")));
    assert_eq!((&call["images"].as_array().unwrap().len(), &call["mask"]["width"]), (&1, &json!(1024)));
    assert_eq!(call["images"][0]["bytes"], png(&begin).len());
    assert_eq!(call["images"][0]["sha256"].as_str().unwrap().len(), 64);
    assert_eq!(call["parameters"], json!({"n": 1, "size": "1024x640"}));
}

#[tokio::test]
async fn a_transparent_border_is_painted_over() {
    let studio = Studio::default();
    let begin = start(SIZE.0, SIZE.1);
    let border = |x: u32, _: u32| !(200..824).contains(&x);
    let padded = png_with_hole(&begin, border);
    let form = [
        Text("model", "gpt-image-2.6-flare"),
        Text("prompt", "a forest"),
        File("image[]", &padded),
        File("mask", &padded),
    ];
    let reply = studio.edit(&form).await;
    let picture = pixels(&decoded(&reply.json()["data"][0]["b64_json"]));
    assert_eq!(picture.dimensions(), SIZE);
    assert_eq!(studio.last_call().await["operation"], "outpaint");
    assert!((0..640).all(|y| (200..824).all(|x| drifted(&begin, &picture, x, y))));
    assert!((0..640).any(|y| picture.get_pixel(100, y) != picture.get_pixel(100, 0)), "no plain border");
}

#[tokio::test]
async fn references_arrive_in_their_order() {
    let studio = Studio::default();
    let begin = png(&start(SIZE.0, SIZE.1));
    let colours = [[250, 10, 10], [10, 250, 10], [10, 10, 250]];
    let files: Vec<Vec<u8>> = colours.iter().map(|colour| plain(32, 32, *colour)).collect();
    let mut form = vec![Text("model", "gpt-image-2"), Text("prompt", "a cat"), File("image[]", &begin)];
    form.extend(files.iter().map(|file| File("image[]", file)));
    let picture = pixels(&decoded(&studio.edit(&form).await.json()["data"][0]["b64_json"]));
    let whole = Rect { x: 0, y: 0, w: SIZE.0, h: SIZE.1 };
    for (nth, colour) in (0..).zip(colours) {
        let at = swatch(whole, nth);
        assert_eq!(picture.get_pixel(at.x + at.w / 2, at.y + at.h / 2).0, colour);
    }
    let call = studio.last_call().await;
    assert_eq!(call["images"].as_array().unwrap().len(), 4);
    assert_ne!(call["images"][1]["sha256"], call["images"][2]["sha256"]);
}

#[tokio::test]
async fn what_an_edit_refuses() {
    let studio = Studio::default();
    let begin = png(&start(64, 64));
    let opaque = plain(64, 64, [0, 0, 0]);
    let small = png_with_hole(&start(32, 32), |x, _| x < 8);
    let (huge, large) = (vec![0; 50_000_000], vec![0; 4_000_000]);
    let base = || vec![Text("model", "gpt-image-2"), Text("prompt", "a cat")];
    let with = |more: Vec<common::Part<'static>>| {
        let mut form = base();
        form.extend(more);
        form
    };
    // Leaked so that the table below can be one.
    let keep = |bytes: &[u8]| -> &'static [u8] { Box::leak(bytes.to_vec().into_boxed_slice()) };
    let image = keep(&begin);
    let cases = [
        (with(vec![]), "image", "missing_required_parameter"),
        (with(vec![File("image", b"GIF89a")]), "image", "invalid_image_file"),
        (with((0..17).map(|_| File("image[]", image)).collect()), "image", "array_above_max_length"),
        (with(vec![File("image", keep(&huge))]), "image", "image_too_large"),
        (with(vec![File("image", image), File("mask", keep(&large))]), "mask", "image_too_large"),
        (with(vec![File("image", image), File("mask", keep(&opaque))]), "mask", "invalid_image_file"),
        (with(vec![File("image", image), File("mask", keep(&small))]), "mask", "invalid_image_file"),
        (with(vec![File("image", image), Text("moderation", "low")]), "moderation", "unknown_parameter"),
        (with(vec![File("image", image), Text("n", "none")]), "n", "invalid_value"),
        (with(vec![File("image", image), Text("partial_images", "1")]), "partial_images", "invalid_value"),
    ];
    for (form, param, code) in cases {
        let reply = studio.edit(&form).await;
        let error = &reply.json()["error"];
        assert_eq!(
            (reply.status.as_u16(), &error["param"], &error["code"]),
            (400, &json!(param), &json!(code))
        );
    }
    assert_eq!(studio.last_call().await["outcome"], "rejected");
}

#[tokio::test]
async fn input_fidelity_is_refused_in_the_words_that_were_seen() {
    let studio = Studio::default();
    let begin = png(&start(64, 64));
    let ask = |model: &str| json!({"model": model, "prompt": "a cat", "images": [{"image_url": data_url(&begin)}], "input_fidelity": "high"});
    let reply = studio.edit_json(&ask("gpt-image-2")).await;
    assert_eq!(
        (reply.status.as_u16(), reply.json()),
        (
            400,
            json!({"error": {
                "message": "The model 'gpt-image-2' does not support the 'input_fidelity' parameter.",
                "type": "image_generation_user_error", "param": "input_fidelity",
                "code": "invalid_input_fidelity_model",
            }})
        )
    );
    assert_eq!(studio.edit_json(&ask("gpt-image-1.5")).await.status, 200);
    for images in
        [json!([{"image_url": "https://pictures.test/a.png"}]), json!([{"file_id": "file-1"}]), json!("x")]
    {
        let body = json!({"model": "gpt-image-2", "prompt": "a cat", "images": images});
        assert_eq!(studio.edit_json(&body).await.status, 400, "{images}");
    }
}

#[tokio::test]
async fn models_differ_in_sizes_and_qualities() {
    let studio = Studio::default();
    let ask = |model: &str, more: (&str, &str)| json!({"model": model, "prompt": "a cat", more.0: more.1});
    for (model, more, status) in [
        ("gpt-image-1.5", ("size", "1280x720"), 400),
        ("gpt-image-2", ("size", "1280x720"), 200),
        ("gpt-image-2", ("quality", "xhigh"), 400),
        ("gpt-image-2.5-flare", ("quality", "xhigh"), 200),
        ("gpt-image-2", ("complexity", "low"), 400),
        ("gpt-image-2.6-flare", ("complexity", "low"), 200),
        ("gpt-image-2", ("input_fidelity", "low"), 400),
    ] {
        let reply = studio.openai(&ask(model, more)).await;
        assert_eq!(reply.status, status, "{model} {more:?}");
    }
}

#[tokio::test]
async fn a_transparent_background_has_no_corners() {
    let studio = Studio::default();
    let ask = |format: &str| json!({"model": "gpt-image-2", "prompt": "a cat", "size": "1024x640", "background": "transparent", "output_format": format});
    let json = studio.openai(&ask("webp")).await.json();
    assert_eq!(json["background"], "transparent");
    let picture = image::load_from_memory(&decoded(&json["data"][0]["b64_json"])).unwrap().into_rgba8();
    assert_eq!((picture.get_pixel(0, 0).0[3], picture.get_pixel(512, 320).0[3]), (0, 255));
    assert_eq!(studio.openai(&ask("jpeg")).await.json()["error"]["param"], "background");
}

#[tokio::test]
async fn a_stream_shows_unfinished_pictures_and_then_the_finished_one() {
    let studio = Studio::default();
    let ask = json!({
        "model": "gpt-image-2", "prompt": "a red circle", "size": "1024x640", "stream": true, "partial_images": 2,
        "output_format": "jpeg",
    });
    let reply = studio.openai(&ask).await;
    let events = events(&reply);
    let names: Vec<&str> = events.iter().map(|(name, _)| name.as_str()).collect();
    let partial = "image_generation.partial_image";
    assert_eq!(names, [partial, partial, "image_generation.completed", ""]);
    assert_eq!(events[3].1, "[DONE]");
    let mut data: Vec<Value> =
        events[..3].iter().map(|(_, data)| serde_json::from_str(data).unwrap()).collect();
    for event in &mut data {
        assert_eq!(pixels(&decoded(&event["b64_json"])).dimensions(), SIZE);
        event["b64_json"] = json!("…");
        event["created_at"] = json!(0);
    }
    let common = json!({"type": partial, "b64_json": "…", "created_at": 0, "size": "1024x640", "quality": "high", "background": "opaque", "output_format": "jpeg"});
    for (nth, event) in data[..2].iter().enumerate() {
        let mut expected = common.clone();
        expected["partial_image_index"] = json!(nth);
        assert_eq!(*event, expected);
    }
    let mut expected = common;
    expected["type"] = json!("image_generation.completed");
    expected["usage"] = json!({
        "input_tokens": 3, "input_tokens_details": {"image_tokens": 0, "text_tokens": 3},
        "output_tokens": 2800, "output_tokens_details": {"image_tokens": 2800, "text_tokens": 0},
        "total_tokens": 2803,
    });
    assert_eq!(data[2], expected);
    let call = studio.last_call().await;
    assert_eq!(
        (&call["streamed"], &call["outcome"], &call["status"]),
        (&json!(true), &json!("ok"), &json!(200))
    );
}

#[tokio::test]
async fn an_edit_streams_under_its_own_names() {
    let studio = Studio::default();
    let begin = png(&start(SIZE.0, SIZE.1));
    let form = [
        Text("model", "gpt-image-2"),
        Text("prompt", "a cat"),
        File("image", &begin),
        Text("stream", "true"),
        Text("partial_images", "1"),
    ];
    let names: Vec<String> = events(&studio.edit(&form).await).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["image_edit.partial_image", "image_edit.completed", ""]);
    let two = json!({"model": "gpt-image-2", "prompt": "a cat", "stream": true, "n": 2});
    assert_eq!(studio.openai(&two).await.json()["error"]["param"], "n");
}
