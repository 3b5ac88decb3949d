//! In which sizes a model makes pictures, and what it's asked for so that a wish comes true.

use serde::{Deserialize, Serialize};

use crate::operation::{Aspect, Size};

/// The sizes of a model.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Sizes {
    /// Any within bounds, on a grid.
    Grid {
        /// Both sides are multiples of this, in pixels.
        multiple: u32,
        /// Shortest side, in pixels.
        shortest: u32,
        /// Longest side, in pixels.
        longest: u32,
        /// Fewest pixels in all.
        least_pixels: u64,
        /// Most pixels in all.
        most_pixels: u64,
        /// The longer side is at most this many times the shorter.
        ratio: u32,
    },
    /// These: width and height, the usual one first.
    Listed(&'static [(u32, u32)]),
    /// An aspect ratio and a scale; the provider decides on the pixels.
    Aspects {
        /// Width to height.
        aspects: &'static [(u32, u32)],
        /// The usual one first.
        scales: &'static [Scale],
    },
    /// Its own: there's no choice.
    Own,
}

/// About how long a side is, for models that take no pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Scale {
    /// About 1,024 pixels.
    #[serde(rename = "1K")]
    K1,
    /// About 2,048 pixels.
    #[serde(rename = "2K")]
    K2,
    /// About 4,096 pixels.
    #[serde(rename = "4K")]
    K4,
}

impl Scale {
    /// The spelling on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::K1 => "1K",
            Self::K2 => "2K",
            Self::K4 => "4K",
        }
    }

    /// The side that it stands for, in pixels.
    pub const fn side(self) -> u32 {
        match self {
            Self::K1 => 1_024,
            Self::K2 => 2_048,
            Self::K4 => 4_096,
        }
    }
}

/// What Gemini's image models have in common.
pub const TEN_ASPECTS: [(u32, u32); 10] =
    [(1, 1), (2, 3), (3, 2), (3, 4), (4, 3), (4, 5), (5, 4), (9, 16), (16, 9), (21, 9)];
/// What the newest of them take.
pub const FOURTEEN_ASPECTS: [(u32, u32); 14] = [
    (1, 1),
    (2, 3),
    (3, 2),
    (3, 4),
    (4, 3),
    (4, 5),
    (5, 4),
    (9, 16),
    (16, 9),
    (21, 9),
    (1, 4),
    (4, 1),
    (1, 8),
    (8, 1),
];

/// What a provider is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shape {
    /// So many pixels.
    Pixels(Size),
    /// An aspect ratio at a scale.
    Aspect(Aspect, Scale),
    /// Nothing: the model has one size.
    Own,
}

/// What a person wants.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Wish {
    /// Nothing in particular.
    Any,
    /// Exactly so many pixels.
    Exactly(Size),
    /// This aspect ratio.
    Aspect(Aspect),
    /// As near as can be to the form of a picture that there is, with about as many pixels.
    Like(Size),
}

/// The side of a picture that nobody has asked a size for, in pixels.
const USUAL_SIDE: u32 = 1_024;
/// Two aspect ratios are the same when they differ by no more than this part.
const SAME_RATIO: f64 = 0.02;

impl Sizes {
    /// What to ask for.
    ///
    /// # Errors
    /// What the model makes instead, for a person.
    pub fn fit(self, wish: Wish) -> Result<Shape, String> {
        match self {
            Self::Own => own(wish),
            Self::Listed(listed) => on_list(listed, wish),
            Self::Grid { .. } => self.on_grid(wish),
            Self::Aspects { aspects, scales } => by_aspect(aspects, scales, wish),
        }
    }

    fn on_grid(self, wish: Wish) -> Result<Shape, String> {
        let Self::Grid { multiple, shortest, longest, least_pixels, most_pixels, ratio } = self else {
            return Ok(Shape::Own);
        };
        let takes = |size: Size| {
            let (short, long) = (size.width.min(size.height), size.longest());
            size.width.is_multiple_of(multiple)
                && size.height.is_multiple_of(multiple)
                && short >= shortest
                && long <= longest
                && (least_pixels..=most_pixels).contains(&size.pixels())
                && u64::from(long) <= u64::from(short) * u64::from(ratio)
        };
        let size = match wish {
            Wish::Exactly(size) => size,
            Wish::Any => Size { width: USUAL_SIDE, height: USUAL_SIDE },
            Wish::Aspect(aspect) => grown(aspect.ratio(), f64::from(USUAL_SIDE).powi(2), multiple),
            Wish::Like(size) => {
                let ratio = f64::from(size.width) / f64::from(size.height);
                let long = ratio.max(1.0 / ratio);
                // A side too short or too long is as good a reason for another size as too few or too many pixels.
                let low = to_float(least_pixels).max(f64::from(shortest).powi(2) * long) * 1.02;
                let high = to_float(most_pixels).min(f64::from(longest).powi(2) / long) * 0.98;
                // Not `clamp`: where the ratio is extreme nothing lies between the two, and it would panic.
                grown(ratio, to_float(size.pixels()).min(high).max(low), multiple)
            }
        };
        if takes(size) {
            return Ok(Shape::Pixels(size));
        }
        Err(format!(
            "it makes multiples of {multiple} pixels, sides from {shortest} to {longest}, at most {ratio} times as long as \
             wide, {least_pixels} to {most_pixels} pixels in all; {size} isn't"
        ))
    }
}

fn own(wish: Wish) -> Result<Shape, String> {
    match wish {
        Wish::Any | Wish::Like(_) => Ok(Shape::Own),
        Wish::Exactly(_) | Wish::Aspect(_) => Err("it makes pictures in one size of its own".to_owned()),
    }
}

fn on_list(listed: &[(u32, u32)], wish: Wish) -> Result<Shape, String> {
    let sizes = listed.iter().map(|&(width, height)| Size { width, height });
    let ratio_of = |size: Size| f64::from(size.width) / f64::from(size.height);
    let found = match wish {
        Wish::Any => sizes.clone().next(),
        Wish::Exactly(wanted) => sizes.clone().find(|size| *size == wanted),
        Wish::Aspect(aspect) => sizes.clone().find(|size| is_same(ratio_of(*size), aspect.ratio())),
        Wish::Like(like) => sizes.clone().min_by(|a, b| {
            distance(ratio_of(*a), ratio_of(like)).total_cmp(&distance(ratio_of(*b), ratio_of(like)))
        }),
    };
    let list = || sizes.map(|size| size.to_string()).collect::<Vec<_>>().join(", ");
    found.map(Shape::Pixels).ok_or_else(|| format!("it makes {}", list()))
}

fn by_aspect(aspects: &[(u32, u32)], scales: &[Scale], wish: Wish) -> Result<Shape, String> {
    let known = || aspects.iter().map(|&(width, height)| Aspect { width, height });
    let list = || known().map(|aspect| aspect.to_string()).collect::<Vec<_>>().join(", ");
    let usual = scales.first().copied().unwrap_or(Scale::K1);
    let near =
        |ratio: f64| known().min_by(|a, b| distance(a.ratio(), ratio).total_cmp(&distance(b.ratio(), ratio)));
    let (aspect, side) = match wish {
        Wish::Any => (known().next(), None),
        Wish::Aspect(aspect) => (known().find(|it| is_same(it.ratio(), aspect.ratio())), None),
        Wish::Exactly(size) => {
            let ratio = f64::from(size.width) / f64::from(size.height);
            (known().find(|it| is_same(it.ratio(), ratio)), Some(size))
        }
        Wish::Like(size) => (near(f64::from(size.width) / f64::from(size.height)), Some(size)),
    };
    let aspect = aspect.ok_or_else(|| format!("it makes the aspect ratios {}", list()))?;
    let scale = side.map_or(usual, |size| {
        let side = size.pixels().isqrt();
        // The smallest scale that has nearly as many pixels.
        let enough = scales.iter().copied().find(|scale| u64::from(scale.side()) * 10 >= side * 8);
        enough.or_else(|| scales.last().copied()).unwrap_or(usual)
    });
    Ok(Shape::Aspect(aspect, scale))
}

/// A size of this ratio and about so many pixels, on the grid.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "sides are positive and at most a few thousand; a cast saturates"
)]
fn grown(ratio: f64, pixels: f64, multiple: u32) -> Size {
    let height = (pixels / ratio).sqrt();
    let snap = |side: f64| ((side / f64::from(multiple)).round() as u32).max(1) * multiple;
    Size { width: snap(height * ratio), height: snap(height) }
}

fn is_same(a: f64, b: f64) -> bool {
    distance(a, b) <= SAME_RATIO
}

/// How far apart two ratios are: the same for a ratio and its inverse.
fn distance(a: f64, b: f64) -> f64 {
    (a / b).ln().abs()
}

/// Pixel counts lie far below 2^53.
#[expect(clippy::cast_precision_loss, reason = "pixel counts lie far below 2^53")]
const fn to_float(pixels: u64) -> f64 {
    pixels as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::{MODELS, find};
    use crate::provider::Provider;

    const fn size(width: u32, height: u32) -> Size {
        Size { width, height }
    }

    const fn pixels(width: u32, height: u32) -> Shape {
        Shape::Pixels(size(width, height))
    }

    #[test]
    fn a_size_is_made_exactly_or_not_at_all() {
        let sizes = find(Provider::Openai, "gpt-image-2").unwrap().sizes;
        assert_eq!(sizes.fit(Wish::Any), Ok(pixels(1024, 1024)));
        assert_eq!(sizes.fit(Wish::Exactly(size(3840, 2160))), Ok(pixels(3840, 2160)));
        for (width, height) in [(1000, 1000), (512, 512), (3856, 1024), (3200, 1024), (3840, 2176)] {
            assert!(sizes.fit(Wish::Exactly(size(width, height))).is_err(), "{width}x{height}");
        }
        assert_eq!(sizes.fit(Wish::Aspect(Aspect { width: 16, height: 9 })), Ok(pixels(1360, 768)));
        assert!(sizes.fit(Wish::Aspect(Aspect { width: 4, height: 1 })).is_err());
    }

    #[test]
    fn a_picture_that_there_is_is_followed_as_near_as_can_be() {
        let sizes = find(Provider::Openai, "gpt-image-2").unwrap().sizes;
        assert_eq!(sizes.fit(Wish::Like(size(1536, 1024))), Ok(pixels(1536, 1024)));
        assert_eq!(sizes.fit(Wish::Like(size(300, 200))), Ok(pixels(1008, 672)));
        for (width, height) in [(1, 1), (8192, 2048), (8000, 2800), (100, 300), (97, 61), (5000, 3300)] {
            let fitted = sizes.fit(Wish::Like(size(width, height)));
            // Beyond 3:1 there is nothing near.
            assert_eq!(
                fitted.is_ok(),
                width <= height * 3 && height <= width * 3,
                "{width}x{height} {fitted:?}"
            );
        }
    }

    #[test]
    fn a_picture_of_any_proportions_is_followed_or_refused() {
        let klein = find(Provider::Workers, "@cf/black-forest-labs/flux-2-klein-4b").unwrap().sizes;
        assert_eq!(klein.fit(Wish::Like(size(96, 64))), Ok(pixels(384, 256)), "no side below the shortest");
        assert_eq!(klein.fit(Wish::Like(size(640, 480))), Ok(pixels(640, 480)));
        for model in MODELS {
            for (width, height) in [(8192, 1), (1, 8192), (3000, 100), (60, 2000), (1, 1)] {
                let fitted = model.sizes.fit(Wish::Like(size(width, height)));
                assert!(fitted.is_err() || !matches!(model.sizes, Sizes::Grid { .. }) || width == height);
            }
        }
    }

    #[test]
    fn every_model_makes_a_picture_when_nothing_is_asked() {
        for model in MODELS {
            assert!(model.sizes.fit(Wish::Any).is_ok(), "{}", model.id);
            for (width, height) in [(1024, 1024), (1536, 1024), (640, 480), (768, 1344)] {
                let fitted = model.sizes.fit(Wish::Like(size(width, height)));
                assert!(fitted.is_ok(), "{} like {width}x{height}: {fitted:?}", model.id);
            }
        }
    }

    #[test]
    fn where_pixels_cannot_be_asked_for_the_aspect_is() {
        let sizes = find(Provider::Gemini, "gemini-nano-banana-2.1").unwrap().sizes;
        let shape = |width, height, scale| Ok(Shape::Aspect(Aspect { width, height }, scale));
        assert_eq!(sizes.fit(Wish::Any), shape(1, 1, Scale::K1));
        assert_eq!(sizes.fit(Wish::Exactly(size(1536, 1024))), shape(3, 2, Scale::K1));
        assert_eq!(sizes.fit(Wish::Exactly(size(2048, 2048))), shape(1, 1, Scale::K2));
        assert_eq!(sizes.fit(Wish::Like(size(4000, 2300))), shape(16, 9, Scale::K4));
        assert_eq!(sizes.fit(Wish::Aspect(Aspect { width: 8, height: 1 })), shape(8, 1, Scale::K1));
        assert!(sizes.fit(Wish::Exactly(size(1000, 900))).unwrap_err().contains("16:9"));
    }
}
