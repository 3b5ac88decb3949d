//! What a generator works on: the projects as they are, less what the options leave out.

use crate::artifact::options::{Field, Settings, Shape};
use crate::gallery::{Gallery, Image};
use crate::request::Invalid;

/// What is put into an artifact.
#[derive(Debug, Clone, Copy)]
pub struct Material<'a> {
    /// The projects, in the order in which they're named, with what was chosen of them.
    pub galleries: &'a [Gallery],
    /// As somebody gave it; may be empty.
    pub title: &'a str,
    /// When this edition is made, epoch milliseconds (UTC).
    pub published_at: i64,
    /// Where it will be found: an absolute `https` (or loopback `http`) URL.
    pub page_url: &'a str,
    /// Whether the Images account has flexible variants switched on (it hasn't by default). Only then may a page ask for
    /// other widths than the delivered one; with it off, each picture has one size and no `srcset`.
    pub flexible_variants: bool,
    /// The pictures that the kind asked for with [`super::registry::Pictures`], as many of them as could be had.
    pub pictures: &'a [Printed],
    /// What kinds write with that set their own type.
    pub fonts: Fonts<'a>,
}

/// A picture's bytes, made ready to be put into a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Printed {
    /// The progression's id.
    pub id: String,
    /// An RGB JPEG.
    pub jpeg: Vec<u8>,
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
}

/// The fonts in `public/fonts/`, as TrueType; empty for kinds that need none.
#[derive(Debug, Clone, Copy, Default)]
pub struct Fonts<'a> {
    /// Noto Serif, regular.
    pub serif: &'a [u8],
    /// Noto Sans, semibold.
    pub sans: &'a [u8],
}

/// Pictures that an artifact can name.
pub const IMAGES_MAX: usize = 500;

/// The option of kinds that show a choice of pictures.
pub const IMAGES: Field = Field {
    name: "images",
    about: "Only these progressions, in this order; all of them when left out.",
    shape: Shape::Images { most: IMAGES_MAX },
};

/// The option of kinds that can do without what failed.
pub const FAILED: Field = Field {
    name: "failed",
    about: "Whether pictures that the judge failed are shown.",
    shape: Shape::Flag { default: true },
};

/// The option of kinds that can do without prompts.
pub const PROMPTS: Field = Field {
    name: "prompts",
    about: "Whether the prompts are shown; without, they aren't in the file either.",
    shape: Shape::Flag { default: true },
};

/// Leaves out of the projects what the options [`IMAGES`], [`FAILED`] and [`PROMPTS`] say, where a kind has them: what isn't
/// to be seen never reaches a generator.
///
/// # Errors
/// [`Invalid`] for an image that isn't in these projects.
pub fn choose(galleries: Vec<Gallery>, settings: &Settings) -> Result<Vec<Gallery>, Invalid> {
    let mut chosen = galleries;
    if let Some(ids) = settings.images(IMAGES.name) {
        let missing =
            |id: &str| !chosen.iter().flat_map(|gallery| &gallery.images).any(|image| image.id == id);
        if let Some(at) = ids.iter().position(|id| missing(id)) {
            let field = format!("options.{}[{at}]", IMAGES.name);
            return Err(Invalid::field(field, "isn't a picture of these projects"));
        }
        for gallery in &mut chosen {
            let place = |image: &Image| ids.iter().position(|id| *id == image.id);
            gallery.images.retain(|image| place(image).is_some());
            gallery.images.sort_by_key(|image| place(image));
        }
    }
    let has = |name: &str| settings.has(name);
    for gallery in &mut chosen {
        if has(FAILED.name) && !settings.flag(FAILED.name) {
            gallery.images.retain(|image| image.judgment.as_deref() != Some("fail"));
        }
        if has(PROMPTS.name) && !settings.flag(PROMPTS.name) {
            for image in &mut gallery.images {
                image.prompt = String::new();
                image.refined_prompt = None;
            }
        }
    }
    Ok(chosen)
}
