//! What the matrix says no to: refused before anything is spent, with the field that asks for it and, where there is one, a
//! model that can.

use picasso_e2e::picture::{self, white_on_black};
use picasso_e2e::studio::{SCENE, Studio, text};
use serde_json::{Value, json};

const GPT: &str = "openai's gpt-image-2 can";
const BANANA: &str = "gemini's gemini-nano-banana-2.1 can";
const SCHNELL: &str = "@cf/black-forest-labs/flux-1-schnell";

/// Pictures to begin with, by what they're for.
struct Uploads {
    studio: Studio,
    start: String,
    /// Five times as wide as it is high.
    flat: String,
    /// Forty times.
    line: String,
    mask: String,
    small_mask: String,
}

/// A request: of whom, what beside the words, and the field and the way out that the refusal must name.
type Case = (&'static str, Value, &'static str, &'static str);

impl Uploads {
    fn open(name: &str) -> Self {
        let studio = Studio::open(name);
        let url = |file: &[u8]| text(&studio.upload(file)["url"]);
        let area = (8, 8, 16, 16);
        let (start, flat) =
            (url(&picture::png(picture::gradient(96, 64))), url(&picture::png(picture::gradient(250, 50))));
        let line = url(&picture::png(picture::gradient(1_200, 30)));
        let mask = url(&picture::png(white_on_black(96, 64, area)));
        let small_mask = url(&picture::png(white_on_black(64, 96, area)));
        Self { studio, start, flat, line, mask, small_mask }
    }

    /// Asks for a job of `provider` with these fields, and has it refused.
    fn refused(&self, (provider, wishes, field, way_out): &Case, kind: &str) {
        let mut job = self.studio.job(SCENE, &[provider], 1);
        job.as_object_mut().unwrap().extend(wishes.as_object().unwrap().clone());
        let reply = self.studio.ask(&job);
        assert_eq!(reply.status, 422, "{provider} {wishes}: {}", reply.text());
        let detail = text(&reply.problem_with(422, kind, field)["detail"]);
        assert!(detail.contains(way_out), "{provider} {wishes}: {detail}");
    }

    /// Nobody was asked for anything, and no job was begun.
    fn nothing_was_spent(&self) {
        let studio = &self.studio;
        assert!(studio.emulator.calls(&studio.word).is_empty());
        let jobs = "SELECT COUNT(*) FROM jobs WHERE project_id = ?";
        assert_eq!(studio.database.count(jobs, &[&studio.project]), 0);
        assert_eq!(studio.progressions(&[]), Vec::<Value>::new());
    }
}

#[test]
fn what_a_model_cant_do_is_refused_with_one_that_can() {
    let uploads = Uploads::open("unable");
    let start = uploads.start.as_str();
    let with = |mut wishes: Value| {
        wishes["startImageUrl"] = json!(start);
        wishes
    };
    let many = |count: usize| json!({ "startImageUrl": start, "referenceImageUrls": vec![start; count] });
    let workers = |model: &str| json!({ "workers": model });
    let cases: Vec<Case> = vec![
        ("workers", with(json!({ "operation": "upscale" })), "operation", GPT),
        ("workers", with(json!({ "mask": uploads.mask, "models": workers(SCHNELL) })), "operation", GPT),
        ("workers", with(json!({ "models": workers("@cf/leonardo/lucid-origin") })), "operation", GPT),
        (
            "workers",
            json!({ "models": workers("@cf/runwayml/stable-diffusion-v1-5-img2img") }),
            "operation",
            GPT,
        ),
        ("openai", with(json!({ "models": { "openai": "gpt-image-9" } })), "operation", GPT),
        ("openai", json!({ "seed": 1 }), "seed", BANANA),
        ("workers", json!({ "seed": 1, "models": workers(SCHNELL) }), "seed", BANANA),
        ("gemini", json!({ "quality": "high" }), "quality", GPT),
        ("workers", json!({ "quality": "high" }), "quality", GPT),
        (
            "openai",
            json!({ "quality": "max", "models": { "openai": "gpt-image-2" } }),
            "quality",
            "openai's gpt-image-2.5-flare can",
        ),
        ("gemini", json!({ "format": "webp" }), "format", GPT),
        ("workers", json!({ "format": "webp" }), "format", GPT),
        ("gemini", json!({ "partialImages": 1 }), "partialImages", GPT),
        ("workers", json!({ "partialImages": 1 }), "partialImages", GPT),
        ("openai", json!({ "size": "512x512" }), "size", BANANA),
        ("openai", json!({ "size": "1000x1000" }), "size", BANANA),
        ("openai", json!({ "aspect": "8:1" }), "aspect", BANANA),
        ("gemini", json!({ "size": "1000x904" }), "size", "workers's @cf/leonardo/lucid-origin can"),
        ("gemini", json!({ "size": "1001x901" }), "size", "no model that is known can"),
        ("workers", json!({ "size": "1024x768", "models": workers(SCHNELL) }), "size", GPT),
        ("workers", json!({ "aspect": "1:1", "models": workers(SCHNELL) }), "aspect", GPT),
        ("workers", many(4), "referenceImageUrls", GPT),
        ("gemini", many(14), "referenceImageUrls", GPT),
        ("openai", json!({ "startImageUrl": uploads.flat }), "startImageUrl", BANANA),
        ("openai", json!({ "startImageUrl": uploads.line }), "startImageUrl", BANANA),
        ("workers", json!({ "startImageUrl": uploads.line }), "startImageUrl", BANANA),
        ("workers", json!({ "prompt": "long ".repeat(500), "models": workers(SCHNELL) }), "prompt", GPT),
    ];
    for case in &cases {
        uploads.refused(case, "unsupported-operation");
    }
    uploads.nothing_was_spent();
}

/// What belongs together is there, and nothing that doesn't; a picture that has to fit another does.
#[test]
fn what_makes_no_sense_for_any_model_is_refused_too() {
    let uploads = Uploads::open("senseless");
    let (start, mask) = (uploads.start.as_str(), uploads.mask.as_str());
    let with = |mut wishes: Value| {
        wishes["startImageUrl"] = json!(start);
        wishes
    };
    let canvas = |width: u32, height: u32| json!({ "width": width, "height": height });
    let cases: Vec<Case> = vec![
        ("openai", json!({ "operation": "edit" }), "startImageUrl", "edit needs it"),
        ("openai", json!({ "operation": "upscale" }), "startImageUrl", "upscale needs it"),
        ("openai", with(json!({ "operation": "inpaint" })), "mask", "inpaint needs it"),
        ("openai", with(json!({ "operation": "outpaint" })), "canvas", "outpaint needs it"),
        ("openai", with(json!({ "operation": "generate" })), "startImageUrl", "has no use"),
        ("openai", with(json!({ "operation": "edit", "mask": mask })), "mask", "has no use"),
        ("openai", with(json!({ "mask": mask, "canvas": canvas(200, 200) })), "canvas", "has no use"),
        ("openai", json!({ "referenceImageUrls": [start] }), "referenceImageUrls", "startImageUrl"),
        ("openai", with(json!({ "mask": mask, "size": "1024x1024" })), "size", "has no use"),
        ("openai", with(json!({ "canvas": canvas(200, 200), "aspect": "1:1" })), "aspect", "has no use"),
        ("openai", json!({ "size": "1024x1024", "aspect": "1:1" }), "aspect", "size"),
        ("openai", with(json!({ "mask": uploads.small_mask })), "mask", "96x64"),
        ("gemini", with(json!({ "canvas": canvas(96, 64) })), "canvas", "96x64"),
        ("gemini", with(json!({ "canvas": canvas(90, 200) })), "canvas", "96x64"),
        ("openai", with(json!({ "canvas": canvas(3_000, 2_000) })), "canvas", "3000x2000"),
        ("openai", with(json!({ "operation": "upscale", "size": "96x64" })), "size", "larger"),
        (
            "openai",
            with(json!({ "operation": "upscale", "referenceImageUrls": [start] })),
            "referenceImageUrls",
            "has no use",
        ),
        ("openai", with(json!({ "referenceImageUrls": vec![start; 16] })), "referenceImageUrls", "15"),
        ("openai", json!({ "seed": 2_147_483_648_i64 }), "seed", "2147483647"),
        ("openai", json!({ "quality": "best" }), "quality", "medium"),
        ("openai", json!({ "format": "gif" }), "format", "webp"),
        ("openai", json!({ "partialImages": 4 }), "partialImages", "3"),
        ("openai", json!({ "operation": "repaint" }), "operation", "outpaint"),
        ("openai", json!({ "routing": { "only": ["gemini"] } }), "providers[0]", "routing.only"),
        ("openai", json!({ "models": { "openai": "../keys" } }), "models.openai", "id"),
    ];
    for case in &cases {
        uploads.refused(case, "invalid-field");
    }
    uploads.nothing_was_spent();
}
