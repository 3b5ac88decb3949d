//! What can be done with a picture, and in what shape the result is wanted.

use serde::{Deserialize, Serialize};

/// The operations. The names are the contract's.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Operation {
    /// A picture from words.
    #[default]
    Generate,
    /// A picture changed as the words say.
    Edit,
    /// A picture changed where the mask says, and nowhere else.
    Inpaint,
    /// A picture continued beyond its edges.
    Outpaint,
    /// A picture much like another.
    Variation,
    /// The same picture with more pixels.
    Upscale,
}

impl Operation {
    /// Every operation, in the order in which the docs and tables list them.
    pub const ALL: [Self; 6] =
        [Self::Generate, Self::Edit, Self::Inpaint, Self::Outpaint, Self::Variation, Self::Upscale];

    /// The contract's spelling.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Generate => "generate",
            Self::Edit => "edit",
            Self::Inpaint => "inpaint",
            Self::Outpaint => "outpaint",
            Self::Variation => "variation",
            Self::Upscale => "upscale",
        }
    }

    /// Reads the contract's spelling; anything else is `None`.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|operation| operation.as_str() == text)
    }

    /// It begins with a picture.
    pub fn needs_start(self) -> bool {
        self != Self::Generate
    }

    /// Part of the picture must stay as it is, pixel for pixel: what comes back is laid over it through a mask.
    pub const fn keeps_pixels(self) -> bool {
        matches!(self, Self::Inpaint | Self::Outpaint)
    }

    /// It can be asked for without words.
    pub const fn needs_no_prompt(self) -> bool {
        matches!(self, Self::Variation | Self::Upscale)
    }
}

impl std::fmt::Display for Operation {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(self.as_str())
    }
}

/// Width and height.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Size {
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
}

impl Size {
    /// Reads `1536x1024`.
    pub fn parse(text: &str) -> Option<Self> {
        let (width, height) = text.split_once('x')?;
        Some(Self { width: number(width)?, height: number(height)? })
    }

    /// Pixels in all.
    pub fn pixels(self) -> u64 {
        u64::from(self.width) * u64::from(self.height)
    }

    /// The longer side.
    pub fn longest(self) -> u32 {
        self.width.max(self.height)
    }
}

impl std::fmt::Display for Size {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{}x{}", self.width, self.height)
    }
}

/// Width to height, as `16:9`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Aspect {
    /// Parts of width.
    pub width: u32,
    /// Parts of height.
    pub height: u32,
}

impl Aspect {
    /// Reads `16:9`; each part from 1 to 100.
    pub fn parse(text: &str) -> Option<Self> {
        let (width, height) = text.split_once(':')?;
        let part = |text| number(text).filter(|part| (1..=100).contains(part));
        Some(Self { width: part(width)?, height: part(height)? })
    }

    /// The relation as a number.
    pub fn ratio(self) -> f64 {
        f64::from(self.width) / f64::from(self.height)
    }
}

impl std::fmt::Display for Aspect {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{}:{}", self.width, self.height)
    }
}

/// Where a picture lies on a larger canvas.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Canvas {
    /// Pixels, of the whole.
    pub width: u32,
    /// Pixels, of the whole.
    pub height: u32,
    /// Pixels to the left of the picture.
    pub x: u32,
    /// Pixels above the picture.
    pub y: u32,
}

impl Canvas {
    /// The whole.
    pub const fn size(self) -> Size {
        Size { width: self.width, height: self.height }
    }
}

/// How much trouble a provider takes with a picture, for those that let us choose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Quality {
    /// The provider's choice.
    Auto,
    /// Fast and cheap.
    Low,
    /// Between.
    Medium,
    /// Slow and dear.
    High,
    /// More than high.
    Xhigh,
    /// All there is.
    Max,
}

impl Quality {
    /// Every quality, from the cheapest.
    pub const ALL: [Self; 6] = [Self::Auto, Self::Low, Self::Medium, Self::High, Self::Xhigh, Self::Max];

    /// The spelling on every wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Xhigh => "xhigh",
            Self::Max => "max",
        }
    }

    /// Reads a quality; anything else is `None`.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|quality| quality.as_str() == text)
    }
}

/// The file format that a provider is asked for, for those that let us choose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// Lossless.
    Png,
    /// Lossy.
    Jpeg,
    /// Lossy, smaller.
    Webp,
}

impl Format {
    /// Every format.
    pub const ALL: [Self; 3] = [Self::Png, Self::Jpeg, Self::Webp];

    /// The spelling on every wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Png => "png",
            Self::Jpeg => "jpeg",
            Self::Webp => "webp",
        }
    }

    /// Reads a format; anything else is `None`.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.as_str() == text)
    }
}

/// A number in its usual spelling, at most five digits.
fn number(text: &str) -> Option<u32> {
    let plain = (1..=5).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten().filter(|number| *number > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_aspects_are_read_in_one_spelling() {
        assert_eq!(Size::parse("1536x1024"), Some(Size { width: 1536, height: 1024 }));
        assert_eq!(Aspect::parse("16:9"), Some(Aspect { width: 16, height: 9 }));
        for text in ["", "x", "0x1", "1x0", "1X1", "+1x1", "1x1x1", " 1x1", "100000x1", "1:1"] {
            assert_eq!(Size::parse(text), None, "{text:?}");
        }
        for text in ["", ":", "0:1", "101:1", "1.5:1", "1:1:1", "1x1"] {
            assert_eq!(Aspect::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn names_go_back_and_forth() {
        assert!(Operation::ALL.iter().all(|it| Operation::parse(it.as_str()) == Some(*it)));
        assert!(Quality::ALL.iter().all(|it| Quality::parse(it.as_str()) == Some(*it)));
        assert!(Format::ALL.iter().all(|it| Format::parse(it.as_str()) == Some(*it)));
        assert_eq!(Operation::parse("Generate"), None);
    }
}
