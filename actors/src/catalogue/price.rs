//! What calls cost: prices as data, a bound before a call, and the cost after it.
//!
//! Money is counted in whole billionths of a US dollar, so that sums are exact. What isn't known is `None`, never 0.

use serde_json::Value;

use super::shape::{Scale, Shape};
use crate::operation::{Quality, Size};

/// Billionths of a US dollar.
pub type Nanodollars = u64;

/// Billionths in one US dollar.
pub const DOLLAR: Nanodollars = 1_000_000_000;

/// How a provider counts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Price {
    /// By tokens, as the answer reports them. Each in billionths of a dollar.
    Tokens {
        /// A token of the prompt.
        text_in: Nanodollars,
        /// A token of a picture that is sent.
        image_in: Nanodollars,
        /// A token of words that come back.
        text_out: Nanodollars,
        /// A token of the picture that comes back.
        image_out: Nanodollars,
        /// How many tokens a picture has, for a bound before the call.
        per_image: PerImage,
    },
    /// By 512 × 512 tiles and steps, which follow from the request. Each in billionths of a dollar.
    Tiles {
        /// A tile.
        tile: Nanodollars,
        /// A step.
        step: Nanodollars,
        /// Steps of a call.
        steps: u64,
    },
    /// By tokens of words, for models that look or write.
    Words {
        /// A token that is sent.
        input: Nanodollars,
        /// A token that comes back.
        output: Nanodollars,
    },
    /// Nobody has told us.
    Unknown,
}

/// Tokens of a picture that comes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PerImage {
    /// For 1024 × 1024 pixels; in proportion for more or fewer.
    ByQuality {
        /// At low quality.
        low: u64,
        /// At medium quality.
        medium: u64,
        /// At high quality, and where the provider chooses.
        high: u64,
    },
    /// Whatever the aspect ratio.
    ByScale {
        /// At 1K.
        k1: u64,
        /// At 2K.
        k2: u64,
        /// At 4K.
        k4: u64,
    },
}

/// A call, as far as its price depends on it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Order {
    /// The size asked for.
    pub shape: Shape,
    /// The quality asked for.
    pub quality: Option<Quality>,
    /// Characters of the prompt; for a bound, its bytes: a token has at least one.
    pub prompt_chars: usize,
    /// Pictures that are sent along.
    pub pictures: usize,
    /// Partial pictures that are asked for.
    pub partials: u32,
}

/// A picture that is sent counts as at most this many tokens (`OpenAI`'s high fidelity, the dearest that is documented).
const TOKENS_PER_INPUT: u64 = 6_240;
/// A partial picture costs this many tokens more (`OpenAI`'s image generation guide).
const TOKENS_PER_PARTIAL: u64 = 100;
/// Words that may come with a picture, in tokens.
const WORDS_WITH_IT: u64 = 1_024;
/// The longest answer that a model of words is asked for, in tokens.
const WORDS_MOST: u64 = 2_048;
/// The side of a tile, in pixels.
const TILE: u32 = 512;
/// The side of a picture in a model's own size, in pixels.
const OWN_SIDE: u32 = 1_024;

impl Price {
    /// What the call costs at most. `None` when that isn't known.
    pub fn bound(&self, order: &Order) -> Option<Nanodollars> {
        match *self {
            Self::Tokens { text_in, image_in, text_out, image_out, per_image } => {
                let image = per_image.tokens(order)? + u64::from(order.partials) * TOKENS_PER_PARTIAL;
                Some(
                    text_in * whole(order.prompt_chars)
                        + image_in * whole(order.pictures) * TOKENS_PER_INPUT
                        + text_out * WORDS_WITH_IT
                        + image_out * image,
                )
            }
            Self::Tiles { tile, step, steps } => Some(tiles(order.shape)? * tile + steps * step),
            Self::Words { input, output } => Some(
                input * (whole(order.prompt_chars) + whole(order.pictures) * TOKENS_PER_INPUT)
                    + output * WORDS_MOST,
            ),
            Self::Unknown => None,
        }
    }

    /// What the call did cost, by the usage that the provider reported. `None` when that can't be told from it.
    pub fn cost(&self, order: &Order, usage: Option<&str>) -> Option<Nanodollars> {
        match *self {
            Self::Tokens { text_in, image_in, text_out, image_out, .. } => {
                let usage: Value = serde_json::from_str(usage?).ok()?;
                let tokens = openai(&usage).or_else(|| gemini(&usage))?;
                Some(
                    text_in * tokens.text_in
                        + image_in * tokens.image_in
                        + text_out * tokens.text_out
                        + image_out * tokens.image_out,
                )
            }
            Self::Tiles { .. } => self.bound(order),
            Self::Words { input, output } => {
                let usage: Value = serde_json::from_str(usage?).ok()?;
                let count = |name| usage.get(name).and_then(Value::as_u64);
                Some(input * count("prompt_tokens")? + output * count("completion_tokens")?)
            }
            Self::Unknown => None,
        }
    }
}

impl PerImage {
    fn tokens(self, order: &Order) -> Option<u64> {
        match (self, order.shape) {
            (Self::ByQuality { low, medium, high }, shape) => {
                let each = match order.quality {
                    Some(Quality::Low) => low,
                    Some(Quality::Medium) => medium,
                    Some(Quality::High | Quality::Auto) | None => high,
                    // Nobody has published these.
                    Some(Quality::Xhigh | Quality::Max) => return None,
                };
                let pixels = pixels(shape);
                Some((each * pixels).div_ceil(u64::from(OWN_SIDE).pow(2)).max(each))
            }
            (Self::ByScale { k1, k2, k4 }, Shape::Aspect(_, scale)) => Some(match scale {
                Scale::K1 => k1,
                Scale::K2 => k2,
                Scale::K4 => k4,
            }),
            (Self::ByScale { k4, .. }, Shape::Pixels(_) | Shape::Own) => Some(k4),
        }
    }
}

/// Tokens as reported.
struct Tokens {
    text_in: u64,
    image_in: u64,
    text_out: u64,
    image_out: u64,
}

/// `usage` of the images endpoints.
fn openai(usage: &Value) -> Option<Tokens> {
    let count = |path: &str| usage.pointer(path).and_then(Value::as_u64);
    let output = count("/output_tokens")?;
    let input = count("/input_tokens")?;
    let image_in = count("/input_tokens_details/image_tokens").unwrap_or(0);
    let text_in = count("/input_tokens_details/text_tokens").unwrap_or(input.saturating_sub(image_in));
    // Without details, all that comes back is the picture.
    let text_out = count("/output_tokens_details/text_tokens").unwrap_or(0);
    let image_out = count("/output_tokens_details/image_tokens").unwrap_or(output.saturating_sub(text_out));
    Some(Tokens { text_in, image_in, text_out, image_out })
}

/// `usageMetadata` of `generateContent`.
fn gemini(usage: &Value) -> Option<Tokens> {
    let of = |list: &str, modality: &str| {
        let details = usage.get(list).and_then(Value::as_array).into_iter().flatten();
        let mine = details.filter(|detail| detail.get("modality").and_then(Value::as_str) == Some(modality));
        mine.filter_map(|detail| detail.get("tokenCount").and_then(Value::as_u64)).sum::<u64>()
    };
    let total = |name: &str| usage.get(name).and_then(Value::as_u64);
    let (prompt, candidates) = (total("promptTokenCount")?, total("candidatesTokenCount")?);
    let image_in = of("promptTokensDetails", "IMAGE");
    let text_out = of("candidatesTokensDetails", "TEXT");
    Some(Tokens {
        text_in: prompt.saturating_sub(image_in),
        image_in,
        // Thoughts are billed as words.
        text_out: text_out + total("thoughtsTokenCount").unwrap_or(0),
        image_out: candidates.saturating_sub(text_out),
    })
}

/// What models cost that look at pictures or write prompts. Source: Cloudflare's Workers AI price list.
pub fn of_words(model: &str) -> Price {
    match model {
        "@cf/meta/llama-3.2-11b-vision-instruct" => Price::Words { input: 49, output: 676 },
        "@cf/meta/llama-3.3-70b-instruct-fp8-fast" => Price::Words { input: 293, output: 2_253 },
        "@cf/meta/llama-3.1-8b-instruct-fp8-fast" => Price::Words { input: 45, output: 384 },
        _ => Price::Unknown,
    }
}

fn tiles(shape: Shape) -> Option<u64> {
    let size = match shape {
        Shape::Pixels(size) => size,
        Shape::Own => Size { width: OWN_SIDE, height: OWN_SIDE },
        Shape::Aspect(..) => return None,
    };
    Some(u64::from(size.width.div_ceil(TILE)) * u64::from(size.height.div_ceil(TILE)))
}

fn pixels(shape: Shape) -> u64 {
    match shape {
        Shape::Pixels(size) => size.pixels(),
        Shape::Own | Shape::Aspect(..) => u64::from(OWN_SIDE).pow(2),
    }
}

fn whole(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::find;
    use crate::operation::Aspect;
    use crate::provider::Provider;

    const SQUARE: Shape = Shape::Pixels(Size { width: 1024, height: 1024 });

    fn order(shape: Shape, quality: Option<Quality>) -> Order {
        Order { shape, quality, prompt_chars: 40, pictures: 0, partials: 0 }
    }

    #[test]
    fn openai_is_billed_by_what_it_reports() {
        let price = find(Provider::Openai, "gpt-image-2").unwrap().price;
        let usage = r#"{"input_tokens":110,"input_tokens_details":{"image_tokens":100,"text_tokens":10},
            "output_tokens":4160,"total_tokens":4270}"#;
        let cost = price.cost(&order(SQUARE, None), Some(usage));
        assert_eq!(cost, Some(10 * 5_000 + 100 * 8_000 + 4_160 * 30_000));
        assert!(price.bound(&order(SQUARE, None)) >= Some(4_160 * 30_000));
        assert!(price.bound(&order(SQUARE, Some(Quality::Low))) < price.bound(&order(SQUARE, None)));
        assert_eq!(price.bound(&order(SQUARE, Some(Quality::Max))), None);
    }

    #[test]
    fn gemini_is_billed_by_modality_and_thoughts_are_words() {
        let price = find(Provider::Gemini, "gemini-nano-banana-2.1").unwrap().price;
        let usage = r#"{"promptTokenCount":267,"candidatesTokenCount":1130,"thoughtsTokenCount":5,"totalTokenCount":1402,
            "promptTokensDetails":[{"modality":"TEXT","tokenCount":9},{"modality":"IMAGE","tokenCount":258}],
            "candidatesTokensDetails":[{"modality":"IMAGE","tokenCount":1120},{"modality":"TEXT","tokenCount":10}]}"#;
        let shape = Shape::Aspect(Aspect { width: 1, height: 1 }, Scale::K1);
        let cost = price.cost(&order(shape, None), Some(usage));
        assert_eq!(cost, Some(267 * 1_500 + 15 * 7_500 + 1_120 * 30_000));
        // A picture at 1K: 3.36 cents, as the price list says.
        assert!(price.bound(&order(shape, None)).unwrap() > 33_600_000);
    }

    #[test]
    fn tiles_and_steps_follow_from_the_request() {
        let price = find(Provider::Workers, "@cf/black-forest-labs/flux-1-schnell").unwrap().price;
        assert_eq!(price.cost(&order(Shape::Own, None), None), Some(4 * 52_800 + 4 * 105_600));
    }

    #[test]
    fn words_are_billed_by_what_is_reported() {
        let price = of_words("@cf/meta/llama-3.2-11b-vision-instruct");
        let usage = r#"{"prompt_tokens":1000,"completion_tokens":100,"total_tokens":1100}"#;
        assert_eq!(price.cost(&order(Shape::Own, None), Some(usage)), Some(1_000 * 49 + 100 * 676));
        assert_eq!(of_words("@cf/google/gemma-4-26b-a4b-it"), Price::Unknown);
    }

    #[test]
    fn what_is_not_known_is_not_nothing() {
        let price = find(Provider::Openai, "gpt-image-2").unwrap().price;
        for usage in [None, Some(""), Some("{}"), Some("[]"), Some(r#"{"total_tokens":7}"#)] {
            assert_eq!(price.cost(&order(SQUARE, None), usage), None, "{usage:?}");
        }
        assert_eq!(Price::Unknown.bound(&order(SQUARE, None)), None);
    }
}
