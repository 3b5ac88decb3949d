//! Every operation at every provider that has it, end to end: what is delivered is loaded and looked at.
//!
//! What the catalogue says no to is in `refusals`, what happens when a provider fails in `providers` and `routing`.

mod bench;
mod looks;

use std::collections::BTreeSet;

use bench::How::{Emulated, Native};
use bench::{Bench, CANVAS, INSIDE, Row, SCENE, Uploads, catalogue, delivered};
use looks::{edited, generated, inpainted, outpainted, upscaled, varied, wide};
use picasso_e2e::studio::{Studio, text};
use serde_json::{Value, json};

const GPT: (&str, &str) = ("openai", "gpt-image-2");
const BANANA: (&str, &str) = ("gemini", "gemini-nano-banana-2.1");
const KLEIN: (&str, &str) = ("workers", "@cf/black-forest-labs/flux-2-klein-4b");
const INPAINTING: (&str, &str) = ("workers", "@cf/runwayml/stable-diffusion-v1-5-inpainting");
const IMG2IMG: (&str, &str) = ("workers", "@cf/runwayml/stable-diffusion-v1-5-img2img");

/// The matrix: every operation at every provider, but for the one that no model of Workers AI has.
fn matrix(uploads: &Uploads) -> Vec<Row> {
    let (start, white) = (&uploads.start["url"], &uploads.white["url"]);
    let references: Vec<&Value> = uploads.references.iter().map(|upload| &upload["url"]).collect();
    let (left, top, ..) = INSIDE;
    let canvas = json!({ "width": CANVAS.0, "height": CANVAS.1, "x": left, "y": top });
    vec![
        Row {
            operation: "generate",
            wishes: json!({ "size": "1024x768" }),
            cells: vec![(GPT, Native), (BANANA, Native), (KLEIN, Native)],
            look: generated,
        },
        Row {
            operation: "edit",
            wishes: json!({ "startImageUrl": start, "referenceImageUrls": references }),
            cells: vec![(GPT, Native), (BANANA, Native), (KLEIN, Native)],
            look: edited,
        },
        Row {
            operation: "inpaint",
            wishes: json!({ "startImageUrl": start, "mask": white }),
            cells: vec![(GPT, Native), (BANANA, Emulated), (INPAINTING, Native)],
            look: inpainted,
        },
        Row {
            operation: "outpaint",
            wishes: json!({ "startImageUrl": start, "canvas": canvas }),
            cells: vec![(GPT, Emulated), (BANANA, Emulated), (INPAINTING, Emulated)],
            look: outpainted,
        },
        Row {
            operation: "variation",
            wishes: json!({ "operation": "variation", "startImageUrl": start }),
            cells: vec![(GPT, Emulated), (BANANA, Emulated), (KLEIN, Emulated)],
            look: varied,
        },
        Row {
            operation: "upscale",
            wishes: json!({ "operation": "upscale", "startImageUrl": start }),
            cells: vec![(GPT, Emulated), (BANANA, Emulated)],
            look: upscaled,
        },
    ]
}

/// What the matrix leaves open: aspects, masks of the other kind, references beside a mask, models that have a wire format of
/// their own.
fn corners(uploads: &Uploads) -> Vec<Row> {
    let (start, transparent) = (&uploads.start["url"], &uploads.transparent["url"]);
    let reference = &uploads.references[0]["url"];
    let named = |cell: (&str, &str)| json!({ cell.0: cell.1 });
    let (left, top, ..) = INSIDE;
    let canvas = json!({ "width": CANVAS.0, "height": CANVAS.1, "x": left, "y": top });
    vec![
        Row {
            operation: "generate",
            wishes: json!({ "aspect": "16:9" }),
            cells: vec![(GPT, Native), (BANANA, Native), (KLEIN, Native)],
            look: wide,
        },
        Row {
            operation: "inpaint",
            wishes: json!({ "startImageUrl": start, "mask": transparent, "referenceImageUrls": [reference] }),
            cells: vec![(GPT, Native), (BANANA, Emulated)],
            look: inpainted,
        },
        Row {
            operation: "outpaint",
            wishes: json!({ "startImageUrl": start, "canvas": canvas, "referenceImageUrls": [reference] }),
            cells: vec![(GPT, Emulated), (BANANA, Emulated)],
            look: outpainted,
        },
        Row {
            operation: "edit",
            wishes: json!({ "startImageUrl": start, "models": named(IMG2IMG) }),
            cells: vec![(IMG2IMG, Native)],
            look: edited,
        },
        Row {
            operation: "variation",
            wishes: json!({ "operation": "variation", "startImageUrl": start, "models": named(IMG2IMG) }),
            cells: vec![(IMG2IMG, Native)],
            look: varied,
        },
    ]
}

#[test]
fn every_operation_at_every_provider_yields_the_right_picture() {
    let bench = Bench::open("matrix");
    let rows = matrix(&bench.uploads);
    // A cell that the catalogue says yes to and that nobody looks at isn't shown to work.
    let looked_at: BTreeSet<(String, String)> = rows
        .iter()
        .flat_map(|row| row.cells.iter().map(|((provider, _), _)| (row.operation.into(), (*provider).into())))
        .collect();
    let mut listed = BTreeSet::new();
    for (provider, models) in catalogue() {
        for way in models.iter().flat_map(|model| model["operations"].as_array().unwrap()) {
            listed.insert((text(&way["operation"]), provider.clone()));
        }
    }
    assert_eq!(looked_at, listed);
    bench.judge(&rows);
}

/// Each model is asked in its own format, and yields a picture of the size that was asked for.
#[test]
fn every_model_that_makes_pictures_of_words_makes_one() {
    let studio = Studio::open("models");
    let mut left: Vec<(String, Vec<Value>)> = catalogue();
    for (_, models) in &mut left {
        models.retain(|model| model["operations"][0]["operation"] == "generate");
    }
    // A job names one model of each provider.
    let mut jobs = Vec::new();
    while left.iter().any(|(_, models)| !models.is_empty()) {
        let asked: Vec<(String, Value)> =
            left.iter_mut().filter_map(|(name, models)| Some((name.clone(), models.pop()?))).collect();
        let providers: Vec<&str> = asked.iter().map(|(provider, _)| provider.as_str()).collect();
        let mut job = studio.job(SCENE, &providers, 1);
        let named = asked.iter().map(|(provider, model)| (provider.clone(), model["id"].clone()));
        job["models"] = Value::Object(named.collect());
        jobs.push((studio.start(&job), asked));
    }
    for (job, asked) in jobs {
        let ended = studio.finished(&job);
        assert_eq!(ended["completed"], asked.len(), "{ended}");
        let progressions = studio.progressions(&[("limit", "200")]);
        for (provider, model) in asked {
            let mine = |it: &&Value| it["jobId"] == job.as_str() && it["provider"] == provider.as_str();
            let shown = progressions.iter().find(mine).unwrap();
            assert_eq!((&shown["model"], &shown["requestedModel"]), (&model["id"], &model["id"]));
            let picture = delivered(shown);
            assert_eq!(picture.dimensions(), (1024, 1024), "{shown}");
        }
    }
}

#[test]
fn so_do_other_masks_and_models() {
    let bench = Bench::open("corners");
    bench.judge(&corners(&bench.uploads));
}

/// Each provider is asked in its own words, and for nothing that it doesn't take.
#[test]
fn parameters_reach_the_provider_that_takes_them() {
    let studio = Studio::open("parameters");
    let asked = [
        ("openai", json!({ "quality": "low", "format": "webp" }), "image/webp"),
        ("gemini", json!({ "seed": 7, "variants": 2 }), "image/png"),
        ("workers", json!({ "seed": 7, "variants": 2, "size": "512x512" }), "image/jpeg"),
    ];
    let jobs: Vec<(String, &str, &str)> = asked
        .iter()
        .map(|(provider, wishes, media_type)| {
            let mut job = studio.job(SCENE, &[provider], 1);
            job.as_object_mut().unwrap().extend(wishes.as_object().unwrap().clone());
            (studio.start(&job), *provider, *media_type)
        })
        .collect();
    for (job, provider, media_type) in jobs {
        let shown = studio.finished(&job);
        assert_eq!(shown["completed"], shown["variants"].as_array().unwrap().len(), "{shown}");
        let progressions = studio.progressions(&[]);
        let of = |index: u64| {
            let mine = |it: &&Value| it["jobId"] == job.as_str() && it["variantIndex"] == index;
            progressions.iter().find(mine).unwrap()
        };
        assert_eq!(of(0)["mediaType"], media_type, "{provider}");
        let calls = studio.emulator.calls_of(provider, &studio.word);
        let mut seeds: Vec<&Value> = calls.iter().map(|call| &call.entry["seed"]).collect();
        seeds.sort_by_key(|seed| seed.as_u64());
        if provider == "openai" {
            assert_eq!((&calls[0].entry["quality"], seeds[0]), (&json!("low"), &Value::Null));
            assert_eq!(calls[0].entry["parameters"]["output_format"], "webp");
            assert_eq!(of(0)["seed"], Value::Null, "it has none");
        } else {
            assert_eq!(seeds, [&json!(7), &json!(8)], "{provider}");
            assert_eq!((&of(0)["seed"], &of(1)["seed"]), (&json!(7), &json!(8)), "{provider}");
        }
    }
}

/// A picture of the project is a start image by its id, and the new one's parent; where the words may be left out, they may.
#[test]
fn a_progression_is_a_start_image_and_a_parent() {
    let bench = Bench::open("parent");
    let studio = &bench.studio;
    let first = studio.finished(&studio.start(&studio.job(SCENE, &["workers"], 1)));
    let parent = text(&first["variants"][0]["progressionId"]);
    let mut edit = studio.job("a black cat", &["openai", "gemini", "workers"], 1);
    edit["startImageUrl"] = json!(parent);
    let mut variation = edit.clone();
    variation.as_object_mut().unwrap().remove("prompt");
    variation["operation"] = json!("variation");
    let jobs = [("edit", studio.start(&edit)), ("variation", studio.start(&variation))];
    for (operation, job) in jobs {
        assert_eq!(studio.finished(&job)["completed"], 3, "{operation}");
        let progressions = studio.progressions(&[]);
        let mine: Vec<&Value> = progressions.iter().filter(|it| it["jobId"] == job.as_str()).collect();
        assert_eq!(mine.len(), 3);
        for shown in mine {
            assert_eq!(
                (&shown["parentProgressionId"], &shown["operation"]),
                (&json!(parent), &json!(operation))
            );
        }
    }
    let root = studio.progressions(&[]).into_iter().find(|it| it["id"] == parent.as_str()).unwrap();
    assert_eq!(root["parentProgressionId"], Value::Null);
}
