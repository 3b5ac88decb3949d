//! The catalogue: every model that answers, and for the image models every field with its range. What isn't in a
//! model's list is refused for all of them, though only flux-1-schnell's schema says so: a slip should show.

use Field::{Integer, Number, Picture, Prompt, Words};
use Output::{Base64, Bytes};

use super::language::Kind;
use crate::encode::Format;

/// A model.
#[derive(Clone, Copy, Debug)]
pub enum Model {
    /// Makes pictures.
    Image(&'static Image),
    /// Looks or writes.
    Language(Kind),
}

impl Model {
    /// True when it takes forms and nothing else.
    pub fn is_form(self) -> bool {
        matches!(self, Self::Image(Image { form: true, .. }))
    }
}

/// An image model.
#[derive(Debug)]
pub struct Image {
    pub id: &'static str,
    /// `multipart/form-data`, with up to four files `input_image_0` to `input_image_3`.
    pub form: bool,
    pub fields: &'static [Field],
    /// Fields that must be there beside the prompt; where two are named, either.
    pub needs: &'static [&'static [&'static str]],
    /// Pixels when none are asked for and there's no start image.
    pub size: (u32, u32),
    pub output: Output,
}

/// A field and what may stand in it.
#[derive(Clone, Copy, Debug)]
pub enum Field {
    /// `prompt`, 1 to so many characters.
    Prompt(usize),
    /// Any text.
    Words(&'static str),
    /// A whole number between two.
    Integer(&'static str, u64, u64),
    /// A number between two.
    Number(&'static str, f64, f64),
    /// A picture's file: as an array of bytes, or as base64 where the name ends so.
    Picture(&'static str),
}

/// The form of the answer.
#[derive(Clone, Copy, Debug)]
pub enum Output {
    /// `{image}` in the envelope.
    Base64(Format),
    /// The file itself.
    Bytes(Format),
}

/// The model of this id.
pub fn find(id: &str) -> Option<Model> {
    let image = IMAGES.iter().find(|image| image.id == id).map(Model::Image);
    image.or_else(|| LANGUAGES.iter().find(|(known, _)| *known == id).map(|(_, kind)| Model::Language(*kind)))
}

const LANGUAGES: [(&str, Kind); 5] = [
    ("@cf/meta/llama-3.2-11b-vision-instruct", Kind::Vision),
    ("@cf/google/gemma-4-26b-a4b-it", Kind::Chat),
    ("@cf/meta/llama-3.3-70b-instruct-fp8-fast", Kind::Text),
    ("@cf/meta/llama-3.1-8b-instruct", Kind::Text),
    ("@cf/meta/llama-3.1-8b-instruct-fast", Kind::Text),
];

const ANY: u64 = u64::MAX;

const FLUX_2_DEV: &[Field] = &[
    Prompt(usize::MAX),
    Integer("steps", 1, 50),
    Number("guidance", 0.0, 20.0),
    Integer("width", 256, 1920),
    Integer("height", 256, 1920),
    Integer("seed", 0, ANY),
];

/// The distilled ones have a fixed number of steps.
const FLUX_2_KLEIN: &[Field] = &[
    Prompt(usize::MAX),
    Integer("steps", 4, 4),
    Number("guidance", 0.0, 20.0),
    Integer("width", 256, 1920),
    Integer("height", 256, 1920),
    Integer("seed", 0, ANY),
];

/// The five Stable Diffusion models share one schema.
const DIFFUSION: &[Field] = &[
    Prompt(usize::MAX),
    Words("negative_prompt"),
    Integer("height", 256, 2048),
    Integer("width", 256, 2048),
    Picture("image"),
    Picture("image_b64"),
    Picture("mask"),
    Integer("num_steps", 1, 20),
    Number("strength", 0.0, 1.0),
    Number("guidance", 0.0, 30.0),
    Integer("seed", 0, ANY),
];

const IMAGE: &[&str] = &["image", "image_b64"];

static IMAGES: [Image; 11] = [
    Image {
        id: "@cf/black-forest-labs/flux-1-schnell",
        form: false,
        fields: &[Prompt(2048), Integer("steps", 1, 8)],
        needs: &[],
        size: (1024, 1024),
        output: Base64(Format::Jpeg),
    },
    flux_2("@cf/black-forest-labs/flux-2-dev", FLUX_2_DEV),
    flux_2("@cf/black-forest-labs/flux-2-klein-4b", FLUX_2_KLEIN),
    flux_2("@cf/black-forest-labs/flux-2-klein-9b", FLUX_2_KLEIN),
    Image {
        id: "@cf/leonardo/lucid-origin",
        form: false,
        fields: &[
            Prompt(usize::MAX),
            Number("guidance", 0.0, 10.0),
            Integer("seed", 0, ANY),
            Integer("width", 16, 2500),
            Integer("height", 16, 2500),
            Integer("num_steps", 1, 40),
            Integer("steps", 1, 40),
        ],
        needs: &[],
        size: (1120, 1120),
        output: Base64(Format::Jpeg),
    },
    Image {
        id: "@cf/leonardo/phoenix-1.0",
        form: false,
        fields: &[
            Prompt(usize::MAX),
            Words("negative_prompt"),
            Number("guidance", 2.0, 10.0),
            Integer("seed", 0, ANY),
            Integer("width", 16, 2048),
            Integer("height", 16, 2048),
            Integer("num_steps", 1, 50),
        ],
        needs: &[],
        size: (1024, 1024),
        output: Bytes(Format::Jpeg),
    },
    diffusion("@cf/stabilityai/stable-diffusion-xl-base-1.0", &[], 1024),
    diffusion("@cf/bytedance/stable-diffusion-xl-lightning", &[], 1024),
    diffusion("@cf/lykon/dreamshaper-8-lcm", &[], 1024),
    diffusion("@cf/runwayml/stable-diffusion-v1-5-img2img", &[IMAGE], 512),
    diffusion("@cf/runwayml/stable-diffusion-v1-5-inpainting", &[IMAGE, &["mask"]], 512),
];

const fn flux_2(id: &'static str, fields: &'static [Field]) -> Image {
    Image { id, form: true, fields, needs: &[], size: (1024, 768), output: Base64(Format::Jpeg) }
}

const fn diffusion(id: &'static str, needs: &'static [&'static [&'static str]], side: u32) -> Image {
    Image { id, form: false, fields: DIFFUSION, needs, size: (side, side), output: Bytes(Format::Png) }
}
