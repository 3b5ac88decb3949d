//! What a prompt asks for, in terms that both the painter and the vision model understand.
//!
//! Only the first paragraph counts: callers append guidance after a blank line. Directives in braces are taken out
//! first and never reach the scene, so a judge that reads the same prompt can't be told about them.

pub mod directive;
pub mod lexicon;
mod parse;
mod words;

pub use directive::{Directive, Orders};
pub use lexicon::{Colour, Light, Noun, Terrain, Tint, Tone, Zone};

/// How many of a thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Count {
    /// So many, 1 to 9.
    Exactly(u8),
    /// More than one.
    Several,
}

/// A thing that the picture must show.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Item {
    /// What.
    pub noun: Noun,
    /// Its colour, if one was asked.
    pub tint: Option<Tint>,
    /// A second colour ("a red and white boat").
    pub accent: Option<Tint>,
    /// How many.
    pub count: Count,
}

/// The ground of a landscape, with its colour if one was asked.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ground {
    /// What it is.
    pub terrain: Terrain,
    /// Its colour, if one was asked.
    pub tint: Option<Tint>,
}

/// A picture's contents.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scene {
    /// Colours of the background or the sky: none, one, or the ends of a gradient.
    pub backdrop: Vec<Tint>,
    /// The time of day; also set by "sky", so that a landscape is drawn.
    pub light: Option<Light>,
    /// What the landscape stands on.
    pub ground: Option<Ground>,
    /// The things, in the order of the prompt.
    pub items: Vec<Item>,
    /// Colours that belong to nothing known; the picture must show them somewhere.
    pub loose: Vec<Tint>,
    /// The words to be drawn.
    pub caption: Option<String>,
    /// A hash of the paragraph's words: what a picture of something unknown derives from.
    pub key: u64,
}

impl Scene {
    /// The colour of an item: the asked one, or the thing's own unless that would vanish in the picture.
    pub fn body(&self, item: &Item) -> Tint {
        item.tint.unwrap_or_else(|| crate::colour::natural(self, item.noun.entry().natural))
    }

    /// True when the prompt names something that can be drawn and recognised.
    pub fn is_concrete(&self) -> bool {
        !(self.backdrop.is_empty()
            && self.light.is_none()
            && self.ground.is_none()
            && self.items.is_empty()
            && self.loose.is_empty()
            && self.caption.is_none())
    }

    /// True when there is a horizon.
    pub fn is_landscape(&self) -> bool {
        self.light.is_some() || self.ground.is_some()
    }
}

/// A prompt, read.
#[derive(Clone, Debug, PartialEq)]
pub struct Brief {
    /// What to draw.
    pub scene: Scene,
    /// What steers the painter.
    pub directives: Vec<Directive>,
}

impl Brief {
    /// Reads the first paragraph of `prompt`. Never fails: what it doesn't know it leaves out.
    pub fn read(prompt: &str) -> Self {
        let (plain, directives) = directive::extract(first_paragraph(prompt));
        Self { scene: parse::scene(&plain), directives }
    }
}

/// Everything before the first blank line.
pub fn first_paragraph(prompt: &str) -> &str {
    let prompt = prompt.trim_start();
    let mut at = 0;
    for line in prompt.split_inclusive('\n') {
        if line.trim().is_empty() {
            break;
        }
        at += line.len();
    }
    prompt.get(..at).unwrap_or(prompt).trim_end()
}

/// FNV-1a: short, and the same on every machine and in every version, which std's hasher doesn't promise.
pub fn hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}
