//! The rows. Sources: the providers' public references and SDKs as of [`CHECKED`]; a figure that none of them gives is
//! left unknown, never guessed.

use super::price::{PerImage, Price};
use super::shape::{FOURTEEN_ASPECTS, Scale, Sizes, TEN_ASPECTS};
use super::{How, Model};
use crate::operation::{Format, Operation, Quality};
use crate::provider::Provider;

/// When the rows were last held against the providers' documents.
pub const CHECKED: &str = "2026-11-22";

const PADDED: &str =
    "the picture is padded to the canvas, the border painted, and the picture laid back over it";
const LAID_OVER: &str =
    "no mask at this provider: the mask is sent as a picture, and what it keeps is laid back over the result";
const BY_WORDS: &str =
    "no such call at this provider: the picture is edited, with words that ask for a variation";
const RENDERED_AGAIN: &str = "no upscaler at this provider: the picture is rendered again at a larger size";

/// `POST /images/edits` takes a mask of its own; what it keeps is laid back all the same, since the provider doesn't
/// promise untouched pixels.
const OPENAI: &[(Operation, How)] = &[
    (Operation::Generate, How::Native),
    (Operation::Edit, How::Native),
    (Operation::Inpaint, How::Native),
    (Operation::Outpaint, How::Emulated(PADDED)),
    (Operation::Variation, How::Emulated(BY_WORDS)),
    (Operation::Upscale, How::Emulated(RENDERED_AGAIN)),
];

const GEMINI: &[(Operation, How)] = &[
    (Operation::Generate, How::Native),
    (Operation::Edit, How::Native),
    (Operation::Inpaint, How::Emulated(LAID_OVER)),
    (Operation::Outpaint, How::Emulated(PADDED)),
    (Operation::Variation, How::Emulated(BY_WORDS)),
    (Operation::Upscale, How::Emulated(RENDERED_AGAIN)),
];

const QUALITIES: &[Quality] = &[Quality::Auto, Quality::Low, Quality::Medium, Quality::High];
const MORE_QUALITIES: &[Quality] = &Quality::ALL;

const GPT_IMAGE: Model = Model {
    provider: Provider::Openai,
    id: "gpt-image-2",
    operations: OPENAI,
    sizes: Sizes::Grid {
        multiple: 16,
        shortest: 256,
        longest: 3_840,
        least_pixels: 655_360,
        most_pixels: 8_294_400,
        ratio: 3,
    },
    qualities: QUALITIES,
    formats: &Format::ALL,
    seed: false,
    pictures: 16,
    picture_side: 0,
    prompt_chars: 32_000,
    partials: 3,
    price: Price::Tokens {
        text_in: 5_000,
        image_in: 8_000,
        text_out: 0,
        image_out: 30_000,
        per_image: PerImage::ByQuality { low: 272, medium: 1_056, high: 4_160 },
    },
    shutdown: None,
    successor: None,
};

/// The generation before.
const GPT_IMAGE_1: Model = Model {
    sizes: Sizes::Listed(&[(1024, 1024), (1536, 1024), (1024, 1536)]),
    price: Price::Unknown,
    shutdown: Some("2026-12-01"),
    successor: Some("gpt-image-2.6-flare"),
    ..GPT_IMAGE
};

const NANO_BANANA: Model = Model {
    provider: Provider::Gemini,
    id: "gemini-nano-banana-2.1",
    operations: GEMINI,
    sizes: Sizes::Aspects { aspects: &FOURTEEN_ASPECTS, scales: &[Scale::K1, Scale::K2, Scale::K4] },
    qualities: &[],
    formats: &[],
    seed: true,
    pictures: 14,
    picture_side: 0,
    prompt_chars: 32_000,
    partials: 0,
    price: Price::Tokens {
        text_in: 1_500,
        image_in: 1_500,
        text_out: 7_500,
        image_out: 30_000,
        per_image: PerImage::ByScale { k1: 1_120, k2: 1_680, k4: 2_520 },
    },
    shutdown: None,
    successor: None,
};

const GEMINI_IMAGE: Model = Model {
    sizes: Sizes::Aspects { aspects: &TEN_ASPECTS, scales: &[Scale::K1, Scale::K2, Scale::K4] },
    price: Price::Unknown,
    ..NANO_BANANA
};

const GENERATE: &[(Operation, How)] = &[(Operation::Generate, How::Native)];

/// What a model is taken for until something is known of it: plain pictures, no choices, at a price that nobody knows.
pub const PLAIN: Model = Model {
    provider: Provider::Workers,
    id: "",
    operations: GENERATE,
    sizes: Sizes::Own,
    qualities: &[],
    formats: &[],
    seed: false,
    pictures: 0,
    picture_side: 0,
    prompt_chars: 32_000,
    partials: 0,
    price: Price::Unknown,
    shutdown: None,
    successor: None,
};

const WORKERS: Model = Model { seed: true, ..PLAIN };

const FLUX_2: Model = Model {
    operations: &[
        (Operation::Generate, How::Native),
        (Operation::Edit, How::Native),
        (Operation::Variation, How::Emulated(BY_WORDS)),
    ],
    sizes: grid(16, 256, 1_920),
    pictures: 4,
    // Each input must be smaller than 512 × 512.
    picture_side: 511,
    ..WORKERS
};

const DIFFUSION: Model = Model { sizes: grid(8, 256, 2_048), ..WORKERS };

/// Every model that is known.
pub const MODELS: &[Model] = &[
    GPT_IMAGE,
    Model { id: "gpt-image-2-2026-04-21", ..GPT_IMAGE },
    Model { id: "gpt-image-2.5-flare", qualities: MORE_QUALITIES, ..GPT_IMAGE },
    Model { id: "gpt-image-2.5-sunburst", qualities: MORE_QUALITIES, ..GPT_IMAGE },
    Model { id: "gpt-image-2.6-flare", qualities: MORE_QUALITIES, ..GPT_IMAGE },
    Model { id: "gpt-image-2.6-sunburst", qualities: MORE_QUALITIES, ..GPT_IMAGE },
    Model { id: "gpt-image-1.5", ..GPT_IMAGE_1 },
    Model { id: "gpt-image-1-mini", ..GPT_IMAGE_1 },
    Model { id: "chatgpt-image-latest", ..GPT_IMAGE_1 },
    Model { id: "gpt-image-1", shutdown: Some("2026-10-23"), ..GPT_IMAGE_1 },
    NANO_BANANA,
    Model { id: "gemini-3-pro-image", ..GEMINI_IMAGE },
    Model {
        id: "gemini-3.1-flash-lite-image",
        sizes: Sizes::Aspects { aspects: &TEN_ASPECTS, scales: &[Scale::K1] },
        ..GEMINI_IMAGE
    },
    Model {
        id: "gemini-3.1-flash-image",
        // Deprecated on this day; sources differ on when it is off.
        shutdown: Some("2026-10-06"),
        successor: Some("gemini-nano-banana-2.1"),
        ..GEMINI_IMAGE
    },
    Model {
        id: "gemini-2.5-flash-image",
        shutdown: Some("2026-10-02"),
        successor: Some("gemini-nano-banana-2.1"),
        ..GEMINI_IMAGE
    },
    Model {
        id: "@cf/black-forest-labs/flux-1-schnell",
        seed: false,
        prompt_chars: 2_048,
        price: Price::Tiles { tile: 52_800, step: 105_600, steps: 4 },
        ..WORKERS
    },
    Model { id: "@cf/black-forest-labs/flux-2-klein-4b", ..FLUX_2 },
    Model { id: "@cf/black-forest-labs/flux-2-klein-9b", ..FLUX_2 },
    Model { id: "@cf/black-forest-labs/flux-2-dev", ..FLUX_2 },
    Model { id: "@cf/leonardo/lucid-origin", sizes: grid(8, 256, 2_496), ..WORKERS },
    Model { id: "@cf/leonardo/phoenix-1.0", sizes: grid(8, 256, 2_048), ..WORKERS },
    Model { id: "@cf/stabilityai/stable-diffusion-xl-base-1.0", ..DIFFUSION },
    Model { id: "@cf/bytedance/stable-diffusion-xl-lightning", ..DIFFUSION },
    Model { id: "@cf/lykon/dreamshaper-8-lcm", ..DIFFUSION },
    Model {
        id: "@cf/runwayml/stable-diffusion-v1-5-img2img",
        operations: &[(Operation::Variation, How::Native), (Operation::Edit, How::Native)],
        pictures: 1,
        ..DIFFUSION
    },
    Model {
        id: "@cf/runwayml/stable-diffusion-v1-5-inpainting",
        operations: &[(Operation::Inpaint, How::Native), (Operation::Outpaint, How::Emulated(PADDED))],
        pictures: 1,
        ..DIFFUSION
    },
];

const fn grid(multiple: u32, shortest: u32, longest: u32) -> Sizes {
    Sizes::Grid {
        multiple,
        shortest,
        longest,
        least_pixels: 0,
        most_pixels: crate::picture::PIXELS_MAX,
        ratio: 8,
    }
}
