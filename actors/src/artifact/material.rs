//! What a generator works on: the projects as they are, less what the options leave out.

use std::collections::BTreeSet;

use crate::artifact::options::{Field, Settings, Shape};
use crate::gallery::{Gallery, Image, Original};
use crate::knowledge::Kept;
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
    /// The pictures that the kind asked for with [`Need::Pictures`], as many of them as could be had.
    pub pictures: &'a [Printed],
    /// What kinds write with that set their own type.
    pub fonts: Fonts<'a>,
    /// What a generator [needs](Need) beside the projects; empty where it needs nothing.
    pub gathered: &'a Gathered,
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

/// What a generator can need beside the projects. The edge gathers it.
#[derive(Debug, Clone, Copy)]
pub enum Need {
    /// The words of the tips that were applied.
    Tips,
    /// What R2 has of the projects.
    Archive,
    /// The bytes of pictures, and the fonts.
    Pictures(Pictures),
}

impl Need {
    /// The pictures, if it's they that are needed.
    pub const fn pictures(&self) -> Option<Pictures> {
        match self {
            Self::Pictures(pictures) => Some(*pictures),
            Self::Tips | Self::Archive => None,
        }
    }
}

/// Which pictures a kind puts into its documents, and how large.
#[derive(Debug, Clone, Copy)]
pub struct Pictures {
    /// The progressions' ids.
    pub choose: fn(&[Gallery], &Settings) -> Vec<String>,
    /// Pixels of the longest side, at most.
    pub longest: u32,
}

/// What was gathered.
#[derive(Debug, Clone, Default)]
pub struct Gathered {
    /// The tips that were applied, each in the version that was.
    pub tips: Vec<Kept>,
    /// Whether the knowledge base could be asked.
    pub tips_known: bool,
    /// What R2 has.
    pub archive: Archive,
}

/// What R2 has of the projects.
#[derive(Debug, Clone, Default)]
pub struct Archive {
    /// The objects, by project and key.
    pub objects: Vec<Stored>,
    /// Where the projects believe their pictures' bytes to be.
    pub originals: Vec<Original>,
    /// Whether these are all objects: at most [`OBJECTS_MAX`] of a project are listed.
    pub complete: bool,
}

/// An object as R2 has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// Whose it is.
    pub project_id: String,
    /// Where it is.
    pub key: String,
    /// How many bytes it has.
    pub bytes: u64,
    /// Hexadecimal; `None` where R2 wasn't told and there were too many bytes to read.
    pub sha256: Option<String>,
    /// What it was put as.
    pub media_type: Option<String>,
    /// What R2 calls this very content.
    pub etag: String,
}

/// Objects of a project that are listed.
pub const OBJECTS_MAX: usize = 10_000;

/// Every tip that was applied, once, as `id@version`.
pub fn applied(galleries: &[Gallery]) -> Vec<&str> {
    let tips = galleries.iter().flat_map(|gallery| &gallery.images).flat_map(|image| &image.tip_ids);
    tips.map(String::as_str).collect::<BTreeSet<_>>().into_iter().collect()
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
