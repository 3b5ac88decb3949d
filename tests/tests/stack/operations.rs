//! Every operation at every provider that has it, end to end: what is delivered is loaded and looked at. The emulator's painter
//! shifts whatever it's told to keep by a few levels, so pixels that are exactly the start image's were laid back by us.
//!
//! What the catalogue says no to is in `refusals`, what happens when a provider fails in `providers` and `routing`.

use std::collections::BTreeSet;

use image::imageops::{self, FilterType};
use image::{DynamicImage, Rgba, RgbaImage};
use picasso_e2e::api::{Body, Caller};
use picasso_e2e::bucket::Bucket;
use picasso_e2e::emulator::Call;
use picasso_e2e::picture::{self, Area, distance, is_within, likeness};
use picasso_e2e::stack;
use picasso_e2e::studio::{Studio, text, unique};
use picasso_emulator::retouch::{self, Rect};
use serde_json::{Map, Value, json};

const START: (u32, u32) = (640, 480);
/// Where the masks let paint.
const HOLE: Area = (200, 120, 240, 200);
/// A canvas, and where the start image lies on it.
const CANVAS: (u32, u32) = (960, 640);
const INSIDE: Area = (100, 60, START.0, START.1);
/// What the references are painted with, in their order.
const REFERENCES: [[u8; 3]; 2] = [[200, 30, 40], [30, 60, 210]];
/// Something with many colours, so that what is painted differs from what is kept.
const SCENE: &str = "a red boat on a blue lake under green mountains";
/// Levels that a lossy file and a change of size may cost, on average.
const LOSSY: f64 = 8.0;
/// Levels by which what is painted anew differs at least, on average.
const PAINTED: f64 = 16.0;

const GPT: (&str, &str) = ("openai", "gpt-image-2");
const BANANA: (&str, &str) = ("gemini", "gemini-nano-banana-2.1");
const KLEIN: (&str, &str) = ("workers", "@cf/black-forest-labs/flux-2-klein-4b");
const INPAINTING: (&str, &str) = ("workers", "@cf/runwayml/stable-diffusion-v1-5-inpainting");
const IMG2IMG: (&str, &str) = ("workers", "@cf/runwayml/stable-diffusion-v1-5-img2img");

/// How an operation is carried out: by a call that the provider has for it, or in another way, that is told of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum How {
    Native,
    Emulated,
}
use How::{Emulated, Native};

/// A provider and its model that carry an operation out, and how.
type Cell = ((&'static str, &'static str), How);

/// One job: what is asked for beside the words, of whom, and what must be seen.
struct Row {
    operation: &'static str,
    wishes: Value,
    cells: Vec<Cell>,
    look: fn(&Bench, &Made),
}

/// A studio with pictures to begin with.
struct Bench {
    studio: Studio,
    start: RgbaImage,
    /// What the API said of the uploads.
    uploads: Uploads,
}

struct Uploads {
    start: Value,
    white: Value,
    transparent: Value,
    references: Vec<Value>,
}

/// What came of one variant.
struct Made {
    operation: &'static str,
    cell: Cell,
    /// As the API shows it.
    shown: Value,
    /// As D1 has it.
    row: Map<String, Value>,
    /// The provider's call.
    call: Call,
    delivered: RgbaImage,
}

impl Bench {
    fn open(name: &str) -> Self {
        let studio = Studio::open(name);
        let (width, height) = START;
        let start = picture::gradient(width, height);
        let uploads = Uploads {
            start: studio.upload(&picture::png(start.clone())),
            white: studio.upload(&picture::png(picture::white_on_black(width, height, HOLE))),
            transparent: studio.upload(&picture::png(picture::hole(width, height, HOLE))),
            references: REFERENCES
                .map(|colour| studio.upload(&picture::png(picture::plain(96, 96, colour))))
                .to_vec(),
        };
        Self { studio, start: DynamicImage::from(start).into_rgba8(), uploads }
    }

    /// Begins a row's job: its id, and the word in its prompt.
    fn begin(&self, row: &Row) -> (String, String) {
        let word = unique(row.operation);
        let providers: Vec<&str> = row.cells.iter().map(|((provider, _), _)| *provider).collect();
        let mut job = self.studio.job(&format!("{SCENE} {{{word}}}"), &providers, 1);
        job.as_object_mut().unwrap().extend(row.wishes.as_object().unwrap().clone());
        (self.studio.start(&job), word)
    }

    /// What came of a row's job, a cell each.
    fn made(&self, row: &Row, job: &str, word: &str) -> Vec<Made> {
        let shown = self.studio.finished(job);
        assert_eq!(shown["completed"], row.cells.len(), "{}: {shown}", row.operation);
        let progressions = self.studio.progressions(&[("limit", "200")]);
        let rows = self.studio.rows(job);
        let of = |cell: &Cell| {
            let provider = cell.0.0;
            let shown = progressions.iter().find(|it| it["jobId"] == job && it["provider"] == provider);
            let shown = shown.unwrap_or_else(|| panic!("{}: nothing of {provider}", row.operation)).clone();
            let mut calls = self.studio.emulator.calls_of(provider, word);
            assert_eq!(calls.len(), 1, "{} {provider}: {calls:?}", row.operation);
            Made {
                operation: row.operation,
                cell: *cell,
                row: rows.iter().find(|row| row["id"] == shown["id"]).unwrap().clone(),
                delivered: delivered(&shown),
                call: calls.remove(0),
                shown,
            }
        };
        row.cells.iter().map(of).collect()
    }

    /// Begins all rows at once, and looks at what comes of each.
    fn judge(&self, rows: &[Row]) {
        let jobs: Vec<(String, String)> = rows.iter().map(|row| self.begin(row)).collect();
        for (row, (job, word)) in rows.iter().zip(&jobs) {
            for made in self.made(row, job, word) {
                made.tells_who_made_it();
                (row.look)(self, &made);
            }
        }
    }
}

impl Made {
    fn at(&self) -> String {
        format!("{} at {}: {}", self.operation, self.cell.0.0, self.shown)
    }

    /// The provider and the model that were asked and have served, and whether the provider has such a call.
    fn tells_who_made_it(&self) {
        let ((provider, model), how) = self.cell;
        let at = self.at();
        for (field, expected) in [
            ("operation", self.operation),
            ("provider", provider),
            ("requestedProvider", provider),
            ("model", model),
            ("requestedModel", model),
        ] {
            assert_eq!(self.shown[field], expected, "{field}: {at}");
        }
        assert_eq!(self.shown["reroutes"], json!([]), "{at}");
        let way =
            way(&catalogue(), provider, model, self.operation).unwrap_or_else(|| panic!("not listed: {at}"));
        assert_eq!(self.shown["emulated"], way, "as the catalogue has it: {at}");
        assert_eq!(way.is_string(), how == Emulated, "{way}: {at}");
        assert_eq!(self.shown["seed"], self.call.entry["seed"], "the seed that was sent, if any: {at}");
        assert_eq!(self.call.entry["model"], model, "{at}");
        assert_eq!(self.call.entry["operation"], self.operation, "as the provider understood it: {at}");
        let (width, height) = self.delivered.dimensions();
        assert_eq!((&self.shown["width"], &self.shown["height"]), (&json!(width), &json!(height)), "{at}");
    }

    /// The digests of the pictures that the provider was sent, in their order.
    fn sent(&self) -> Vec<&Value> {
        self.call.entry["images"].as_array().unwrap().iter().map(|image| &image["sha256"]).collect()
    }

    /// The picture as it's kept, and the provider's own where that's another.
    fn kept(&self) -> (RgbaImage, Option<RgbaImage>) {
        let bucket = Bucket::open();
        let original = self.row["original_image_r2_key"].as_str().unwrap();
        let read = |key: &str| bucket.get(key).map(|file| picture::read(&file));
        let (own, made) = (read(original).unwrap(), read(&original.replace("/orig/", "/made/")));
        match made {
            Some(made) => (made, Some(own)),
            None => (own, None),
        }
    }

    /// Every reference has left its mark in this area, in its order.
    fn shows_references(&self, (x, y, w, h): Area, count: u32) {
        for nth in 0..count {
            let at = retouch::swatch(Rect { x, y, w, h }, nth);
            let Rgba([r, g, b, _]) = *self.delivered.get_pixel(at.x + at.w / 2, at.y + at.h / 2);
            let colour = REFERENCES[nth as usize];
            let far = [r, g, b].iter().zip(colour).map(|(seen, sent)| seen.abs_diff(sent)).max().unwrap();
            assert!(far < 40, "reference {nth} is {colour:?}, seen {:?}: {}", [r, g, b], self.at());
        }
    }
}

/// Every provider's models that aren't shut down, as the API shows them.
fn catalogue() -> Vec<(String, Vec<Value>)> {
    let shown = Caller::with_key().get("/api/providers");
    let live = |models: &Value| -> Vec<Value> {
        models.as_array().unwrap().iter().filter(|model| model["shutdown"].is_null()).cloned().collect()
    };
    let providers = shown["providers"].as_array().unwrap().iter();
    providers.map(|entry| (text(&entry["provider"]), live(&entry["models"]))).collect()
}

/// What the catalogue says of how a model carries an operation out; `None` when it can't.
fn way(catalogue: &[(String, Vec<Value>)], provider: &str, model: &str, operation: &str) -> Option<Value> {
    let (_, models) = catalogue.iter().find(|(name, _)| name == provider)?;
    let model = models.iter().find(|it| it["id"] == model)?;
    let way = model["operations"].as_array()?.iter().find(|it| it["operation"] == operation)?;
    Some(way["emulated"].clone())
}

/// The picture that people see.
fn delivered(shown: &Value) -> RgbaImage {
    let url = text(&shown["generatedImageUrl"]);
    let path = url.strip_prefix(&stack::url()).unwrap();
    picture::read(&Caller::anonymous().send("GET", path, &[], Body::None).expect(200).body)
}

fn whole(picture: &RgbaImage) -> Area {
    (0, 0, picture.width(), picture.height())
}

/// A picture of the size that was asked for, or as near as a provider that takes no pixels comes to it.
fn generated(_: &Bench, made: &Made) {
    let size = match made.cell.0.0 {
        "gemini" => (1200, 896),
        _ => (1024, 768),
    };
    assert_eq!(made.delivered.dimensions(), size, "{}", made.at());
    assert!(made.sent().is_empty(), "{}", made.at());
}

fn wide(_: &Bench, made: &Made) {
    let size = match made.cell.0.0 {
        "gemini" => (1376, 768),
        _ => (1360, 768),
    };
    assert_eq!(made.delivered.dimensions(), size, "{}", made.at());
}

/// The start image is still there, but for the middle, and the references came after it.
fn edited(bench: &Bench, made: &Made) {
    let (width, height) = made.delivered.dimensions();
    let start = imageops::resize(&bench.start, width, height, FilterType::Triangle);
    let panel = retouch::panel(width, height);
    let panel = (panel.x, panel.y, panel.w, panel.h);
    let margin = |x, y| !is_within(panel, x, y) && y < panel.1 + panel.3;
    let kept = distance(&start, &made.delivered, margin);
    let changed = distance(&start, &made.delivered, |x, y| is_within(panel, x, y));
    assert!(kept < LOSSY && changed > PAINTED, "kept {kept}, changed {changed}: {}", made.at());
    let references: Vec<&Value> = bench.uploads.references.iter().map(|upload| &upload["sha256"]).collect();
    let sent = made.sent();
    assert_eq!(sent[1..], references[..sent.len() - 1], "{}", made.at());
    let first = &made.call.entry["images"][0];
    if made.cell.0.0 == "workers" {
        assert!(first["width"] == 511 || made.cell.0 == IMG2IMG, "made to fit: {}", made.at());
    } else {
        assert_eq!(*sent[0], bench.uploads.start["sha256"], "as it was uploaded: {}", made.at());
    }
    made.shows_references(whole(&made.delivered), u32::try_from(sent.len() - 1).unwrap());
}

/// What is masked is painted, and everything else is the start image, to the last level.
fn inpainted(bench: &Bench, made: &Made) {
    let at = made.at();
    let (kept, own) = made.kept();
    let own = own.unwrap_or_else(|| panic!("the provider's own picture is kept beside it: {at}"));
    for picture in [&made.delivered, &kept] {
        assert_eq!(picture.dimensions(), START, "{at}");
        let differing = |x: &u32, y: &u32| picture.get_pixel(*x, *y) != bench.start.get_pixel(*x, *y);
        let places = picture.enumerate_pixels().filter(|(x, y, _)| differing(x, y));
        let (inside, outside): (Vec<_>, Vec<_>) = places.partition(|(x, y, _)| is_within(HOLE, *x, *y));
        assert_eq!(outside.len(), 0, "kept pixels that differ, the first {:?}: {at}", outside.first());
        let painted = distance(picture, &bench.start, |x, y| is_within(HOLE, x, y));
        assert!(inside.len() > 40_000 && painted > PAINTED, "{} by {painted}: {at}", inside.len());
    }
    let drifted = imageops::resize(&own, START.0, START.1, FilterType::Triangle);
    let drift = distance(&drifted, &bench.start, |x, y| !is_within(HOLE, x, y));
    assert!(drift > 1.0, "the provider's own kept nothing exactly: {drift} {at}");
    assert_eq!(made.call.entry["mask"]["width"], START.0, "{at}");
    made.shows_references(HOLE, u32::try_from(made.sent().len() - 1).unwrap());
}

/// The whole canvas is painted around the start image, which is as it was.
fn outpainted(bench: &Bench, made: &Made) {
    let at = made.at();
    let (kept, own) = made.kept();
    assert!(own.is_some(), "the provider's own picture is kept beside it: {at}");
    for picture in [&made.delivered, &kept] {
        assert_eq!(picture.dimensions(), CANVAS, "{at}");
        let (left, top, width, height) = INSIDE;
        let inside = imageops::crop_imm(picture, left, top, width, height).to_image();
        assert!(inside == bench.start, "the start image has changed: {at}");
        let border = picture.enumerate_pixels().filter(|(x, y, _)| !is_within(INSIDE, *x, *y));
        let mut colours: Vec<[u8; 4]> = border.map(|(_, _, pixel)| pixel.0).collect();
        assert!(colours.iter().all(|colour| colour[3] == 255), "a hole in the border: {at}");
        colours.sort_unstable();
        colours.dedup();
        assert!(colours.len() > 64, "nothing is painted: {} colours {at}", colours.len());
    }
    made.shows_references(whole(&made.delivered), u32::try_from(made.sent().len() - 1).unwrap());
}

/// Other colours, the same lights and shadows.
fn varied(bench: &Bench, made: &Made) {
    let (width, height) = made.delivered.dimensions();
    let start = imageops::resize(&bench.start, width, height, FilterType::Triangle);
    let (far, alike) = (distance(&start, &made.delivered, |_, _| true), likeness(&start, &made.delivered));
    assert!(far > PAINTED && alike > 0.5, "far {far}, alike {alike}: {}", made.at());
}

/// The same picture with more pixels.
fn upscaled(bench: &Bench, made: &Made) {
    let (width, height) = made.delivered.dimensions();
    assert!(width > START.0 && height > START.1, "{}", made.at());
    let start = imageops::resize(&bench.start, width, height, FilterType::Triangle);
    let far = distance(&start, &made.delivered, |_, _| true);
    assert!(far < LOSSY, "far {far}: {}", made.at());
}

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
