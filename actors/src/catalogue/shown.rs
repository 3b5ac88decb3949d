//! The catalogue as `GET /api/providers` shows it.

use serde::Serialize;

use super::price::{DOLLAR, Nanodollars};
use super::{CHECKED, MODELS, Model, Price, Sizes, find};
use crate::breaker::{Circuits, Gauge};
use crate::operation::{Format, Operation, Quality};
use crate::provider::Provider;

/// A provider as it's configured here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Configured {
    /// Which.
    pub provider: Provider,
    /// The model that it's asked for, when the request names none.
    pub model: Option<String>,
    /// Why it can't be called; names the variable.
    pub missing: Option<String>,
    /// How its models are; `None`: its breaker can't be reached.
    pub circuits: Option<Circuits>,
}

#[derive(Serialize)]
struct Catalogue<'a> {
    checked: &'static str,
    providers: Vec<Entry<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Entry<'a> {
    provider: Provider,
    configured: bool,
    missing: Option<&'a str>,
    default_model: Option<&'a str>,
    /// Whether the catalogue knows the default model; of one that it doesn't, only plain pictures are asked.
    default_model_known: bool,
    models: Vec<Row>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    id: &'static str,
    operations: Vec<Way>,
    #[serde(flatten)]
    sizes: Shown,
    qualities: Vec<&'static str>,
    formats: Vec<&'static str>,
    seed: bool,
    max_pictures: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_picture_side: Option<u32>,
    max_prompt_chars: usize,
    partial_images: u32,
    price: Option<Rate>,
    shutdown: Option<&'static str>,
    successor: Option<&'static str>,
    /// How it's doing. `null`: nobody can say for now.
    circuit: Option<Gauge>,
}

#[derive(Serialize)]
struct Way {
    operation: Operation,
    /// What is done where the provider has no such call.
    emulated: Option<&'static str>,
}

#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Shown {
    #[serde(skip_serializing_if = "Option::is_none")]
    sizes: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    size_grid: Option<Grid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    aspects: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scales: Option<Vec<&'static str>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Grid {
    multiple: u32,
    shortest: u32,
    longest: u32,
    least_pixels: u64,
    most_pixels: u64,
    most_ratio: u32,
}

/// In US dollars: for a million tokens, or for a tile and a step.
#[derive(Serialize)]
#[serde(rename_all = "camelCase", untagged)]
enum Rate {
    #[serde(rename_all = "camelCase")]
    Tokens { text_in: f64, image_in: f64, text_out: f64, image_out: f64, per: &'static str },
    #[serde(rename_all = "camelCase")]
    Tiles { tile: f64, step: f64, steps: u64 },
}

/// The whole catalogue, and what of it can be used here.
pub fn json(configured: &[Configured]) -> String {
    let providers = configured.iter().map(entry).collect();
    // Only plain data: writing it can't fail.
    serde_json::to_string(&Catalogue { checked: CHECKED, providers }).unwrap_or_default()
}

fn entry(configured: &Configured) -> Entry<'_> {
    let provider = configured.provider;
    let (default_model, circuits) = (configured.model.as_deref(), configured.circuits.as_ref());
    Entry {
        provider,
        configured: configured.missing.is_none(),
        missing: configured.missing.as_deref(),
        default_model,
        default_model_known: default_model.is_some_and(|model| find(provider, model).is_some()),
        models: MODELS.iter().filter(|it| it.provider == provider).map(|it| row(it, circuits)).collect(),
    }
}

fn row(model: &Model, circuits: Option<&Circuits>) -> Row {
    let way =
        |(operation, how): &(Operation, super::How)| Way { operation: *operation, emulated: how.emulation() };
    Row {
        id: model.id,
        operations: model.operations.iter().map(way).collect(),
        sizes: sizes(model.sizes),
        qualities: model.qualities.iter().copied().map(Quality::as_str).collect(),
        formats: model.formats.iter().copied().map(Format::as_str).collect(),
        seed: model.seed,
        max_pictures: model.pictures,
        max_picture_side: (model.picture_side > 0).then_some(model.picture_side),
        max_prompt_chars: model.prompt_chars,
        partial_images: model.partials,
        price: rate(model.price),
        shutdown: model.shutdown,
        successor: model.successor,
        circuit: circuits.map(|all| all.get(model.id).cloned().unwrap_or_default()),
    }
}

fn sizes(sizes: Sizes) -> Shown {
    let text = |list: &[(u32, u32)], between: char| {
        list.iter().map(|(width, height)| format!("{width}{between}{height}")).collect()
    };
    match sizes {
        Sizes::Own => Shown::default(),
        Sizes::Listed(list) => Shown { sizes: Some(text(list, 'x')), ..Shown::default() },
        Sizes::Aspects { aspects, scales } => Shown {
            aspects: Some(text(aspects, ':')),
            scales: Some(scales.iter().map(|scale| scale.as_str()).collect()),
            ..Shown::default()
        },
        Sizes::Grid { multiple, shortest, longest, least_pixels, most_pixels, ratio } => Shown {
            size_grid: Some(Grid {
                multiple,
                shortest,
                longest,
                least_pixels,
                most_pixels,
                most_ratio: ratio,
            }),
            ..Shown::default()
        },
    }
}

fn rate(price: Price) -> Option<Rate> {
    // A billionth for one is a thousandth for a million.
    let million = |each: Nanodollars| dollars(each.saturating_mul(1_000_000));
    match price {
        Price::Tokens { text_in, image_in, text_out, image_out, .. } => Some(Rate::Tokens {
            text_in: million(text_in),
            image_in: million(image_in),
            text_out: million(text_out),
            image_out: million(image_out),
            per: "million tokens",
        }),
        Price::Tiles { tile, step, steps } => {
            Some(Rate::Tiles { tile: dollars(tile), step: dollars(step), steps })
        }
        Price::Words { .. } | Price::Unknown => None,
    }
}

/// As a decimal number, for people and charts; exact sums are made of billionths.
#[expect(clippy::cast_precision_loss, reason = "amounts lie far below 2^53 billionths")]
pub fn dollars(nano: Nanodollars) -> f64 {
    nano as f64 / DOLLAR as f64
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn what_is_configured_and_what_each_model_can_do_is_shown() {
        let configured = Provider::ALL.map(|provider| Configured {
            provider,
            model: (provider == Provider::Openai).then(|| "gpt-image-2".to_owned()),
            missing: (provider == Provider::Gemini).then(|| "set GEMINI_API_KEY".to_owned()),
            circuits: (provider == Provider::Openai).then(Circuits::new),
        });
        let shown: Value = serde_json::from_str(&super::json(&configured)).unwrap();
        assert_eq!(shown["providers"][1]["missing"], "set GEMINI_API_KEY");
        assert_eq!(shown["providers"][1]["configured"], false);
        let flagship = &shown["providers"][0]["models"][0];
        assert_eq!(
            *flagship,
            json!({
                "id": "gpt-image-2",
                "operations": [
                    {"operation": "generate", "emulated": null},
                    {"operation": "edit", "emulated": null},
                    {"operation": "inpaint", "emulated": null},
                    {"operation": "outpaint", "emulated":
                        "the picture is padded to the canvas, the border painted, and the picture laid back over it"},
                    {"operation": "variation", "emulated":
                        "no such call at this provider: the picture is edited, with words that ask for a variation"},
                    {"operation": "upscale", "emulated":
                        "no upscaler at this provider: the picture is rendered again at a larger size"},
                ],
                "sizeGrid": {"multiple": 16, "shortest": 256, "longest": 3840, "leastPixels": 655_360,
                    "mostPixels": 8_294_400, "mostRatio": 3},
                "qualities": ["auto", "low", "medium", "high"],
                "formats": ["png", "jpeg", "webp"],
                "seed": false,
                "maxPictures": 16,
                "maxPromptChars": 32_000,
                "partialImages": 3,
                "price": {"textIn": 5.0, "imageIn": 8.0, "textOut": 0.0, "imageOut": 30.0, "per": "million tokens"},
                "shutdown": null,
                "successor": null,
                "circuit":
                    {"state": "closed", "since": null, "until": null, "recentCalls": 0, "recentTrouble": 0},
            })
        );
        assert_eq!(shown["providers"][1]["models"][0]["circuit"], Value::Null, "nobody knows");
        let all = shown["providers"].as_array().unwrap().iter();
        assert_eq!(all.map(|entry| entry["models"].as_array().unwrap().len()).sum::<usize>(), MODELS.len());
    }
}
