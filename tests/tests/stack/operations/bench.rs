//! A studio with pictures to begin with, the jobs that begin with them, and what came of each: as the API and D1 have it, as the
//! provider was asked, and as pixels.

use image::{DynamicImage, Rgba, RgbaImage};
use picasso_e2e::api::{Body, Caller};
use picasso_e2e::bucket::Bucket;
use picasso_e2e::emulator::Call;
use picasso_e2e::picture::{self, Area};
use picasso_e2e::stack;
use picasso_e2e::studio::{Studio, text, unique};
use picasso_emulator::retouch::{self, Rect};
use serde_json::{Map, Value, json};

pub const START: (u32, u32) = (640, 480);
/// Where the masks let paint.
pub const HOLE: Area = (200, 120, 240, 200);
/// A canvas, and where the start image lies on it.
pub const CANVAS: (u32, u32) = (960, 640);
pub const INSIDE: Area = (100, 60, START.0, START.1);
/// What the references are painted with, in their order.
pub const REFERENCES: [[u8; 3]; 2] = [[200, 30, 40], [30, 60, 210]];
/// Something with many colours, so that what is painted differs from what is kept.
pub const SCENE: &str = "a red boat on a blue lake under green mountains";

/// How an operation is carried out: by a call that the provider has for it, or in another way, that is told of.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum How {
    Native,
    Emulated,
}

/// A provider and its model that carry an operation out, and how.
pub type Cell = ((&'static str, &'static str), How);

/// One job: what is asked for beside the words, of whom, and what must be seen.
pub struct Row {
    pub operation: &'static str,
    pub wishes: Value,
    pub cells: Vec<Cell>,
    pub look: fn(&Bench, &Made),
}

/// A studio with pictures to begin with.
pub struct Bench {
    pub studio: Studio,
    pub start: RgbaImage,
    /// What the API said of the uploads.
    pub uploads: Uploads,
}

pub struct Uploads {
    pub start: Value,
    pub white: Value,
    pub transparent: Value,
    pub references: Vec<Value>,
}

/// What came of one variant.
pub struct Made {
    pub operation: &'static str,
    pub cell: Cell,
    /// As the API shows it.
    pub shown: Value,
    /// As D1 has it.
    pub row: Map<String, Value>,
    /// The provider's call.
    pub call: Call,
    pub delivered: RgbaImage,
}

impl Bench {
    pub fn open(name: &str) -> Self {
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
    pub fn judge(&self, rows: &[Row]) {
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
    pub fn at(&self) -> String {
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
        assert_eq!(way.is_string(), how == How::Emulated, "{way}: {at}");
        assert_eq!(self.shown["seed"], self.call.entry["seed"], "the seed that was sent, if any: {at}");
        assert_eq!(self.call.entry["model"], model, "{at}");
        assert_eq!(self.call.entry["operation"], self.operation, "as the provider understood it: {at}");
        let (width, height) = self.delivered.dimensions();
        assert_eq!((&self.shown["width"], &self.shown["height"]), (&json!(width), &json!(height)), "{at}");
    }

    /// The digests of the pictures that the provider was sent, in their order.
    pub fn sent(&self) -> Vec<&Value> {
        self.call.entry["images"].as_array().unwrap().iter().map(|image| &image["sha256"]).collect()
    }

    /// The picture as it's kept, and the provider's own where that's another.
    pub fn kept(&self) -> (RgbaImage, Option<RgbaImage>) {
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
    pub fn shows_references(&self, area: Area, count: u32) {
        let (x, y, w, h) = area;
        for nth in 0..count {
            let at = retouch::swatch(Rect { x, y, w, h }, nth);
            let Rgba(seen) = *self.delivered.get_pixel(at.x + at.w / 2, at.y + at.h / 2);
            let colour = REFERENCES[nth as usize];
            let far = seen.iter().zip(colour).map(|(seen, sent)| seen.abs_diff(sent)).max().unwrap();
            assert!(far < 40, "reference {nth} is {colour:?}, seen {seen:?}: {}", self.at());
        }
    }
}

/// Every provider's models that aren't shut down, as the API shows them.
pub fn catalogue() -> Vec<(String, Vec<Value>)> {
    let shown = Caller::with_key().get("/api/providers");
    let live = |models: &Value| -> Vec<Value> {
        models.as_array().unwrap().iter().filter(|model| model["shutdown"].is_null()).cloned().collect()
    };
    let providers = shown["providers"].as_array().unwrap().iter();
    providers.map(|entry| (text(&entry["provider"]), live(&entry["models"]))).collect()
}

/// What the catalogue says of how a model carries an operation out; `None` when it can't.
pub fn way(
    catalogue: &[(String, Vec<Value>)],
    provider: &str,
    model: &str,
    operation: &str,
) -> Option<Value> {
    let (_, models) = catalogue.iter().find(|(name, _)| name == provider)?;
    let model = models.iter().find(|it| it["id"] == model)?;
    let way = model["operations"].as_array()?.iter().find(|it| it["operation"] == operation)?;
    Some(way["emulated"].clone())
}

/// The picture that people see.
pub fn delivered(shown: &Value) -> RgbaImage {
    let url = text(&shown["generatedImageUrl"]);
    let path = url.strip_prefix(&stack::url()).unwrap();
    picture::read(&Caller::anonymous().send("GET", path, &[], Body::None).expect(200).body)
}
