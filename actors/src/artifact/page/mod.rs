//! What all pages share: the frame around them, pictures with their words, verdicts, makers.
//!
//! `templates/base.html` is the frame, `templates/parts.html` what pages are put together from. Invariants: a page asks for
//! nothing but its pictures, and only from [`image_origins`]; every word of a user, a provider or the judge is escaped by the
//! template. Absent: headers (the HTTP edge sets the Content-Security-Policy), storage, clocks.

pub mod chart;
pub mod delivery;
pub mod diff;
pub mod facts;
pub mod scenes;
pub mod text;

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use crate::artifact::material::Material;
use crate::gallery::{Gallery, Image};
use crate::provider::Provider;

/// Characters shown of a title, and of a prompt in an alternative text.
pub const TITLE_CHARS: usize = 160;
const ALT_CHARS: usize = 300;
/// The preview card's description: what the big services show before they cut.
const SUMMARY_CHARS: usize = 200;
/// The judge's and the user's own words beside one picture.
pub const NOTE_CHARS: usize = 1_200;
/// Tags are a handful by contract; a flood would push the next picture off the page.
const TAGS: usize = 24;
const TAG_CHARS: usize = 60;

/// The head and the foot of a page, which `base.html` renders.
#[derive(Debug)]
pub struct Frame<'a> {
    /// Cut to [`TITLE_CHARS`], never empty.
    pub title: String,
    /// The class of the title's size: `short`, `medium` or `long`.
    pub title_size: &'static str,
    /// The preview card's words.
    pub summary: String,
    /// The day it was published.
    pub published: text::Day,
    /// Where the page is found, if that may be shown.
    pub address: Option<&'a str>,
    /// The preview card's picture.
    pub card: Option<Picture<'a>>,
    /// Whether there are pictures on the page.
    pub has_pictures: bool,
    /// One line a maker: `OpenAI, gpt-image-2: 3 images`.
    pub makers: Vec<String>,
    /// What isn't shown, as a sentence; empty when nothing is missing.
    pub left_out: String,
}

/// A picture in an `<img>`.
#[derive(Debug)]
pub struct Picture<'a> {
    /// Its address, which may be shown.
    pub url: &'a str,
    /// Other widths; empty where there are none.
    pub srcset: String,
    /// How wide it's shown.
    pub sizes: &'static str,
    /// Pixels; 0 when unknown.
    pub width: u32,
    /// Pixels; 0 when unknown.
    pub height: u32,
    /// For who can't see it.
    pub alt: String,
    /// Whether it's loaded at once, not when it comes near.
    pub eager: bool,
}

/// What the judge said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// It does what was asked.
    Pass,
    /// Nothing yet.
    Open,
    /// It doesn't.
    Fail,
}

impl<'a> Frame<'a> {
    /// The frame of a page called `name` (`Lookbook`) when nobody gave it a title. `about` is its description, of which the
    /// summary is made; where it's empty, `counts` are.
    pub fn new(material: &'a Material<'a>, name: &str, about: &str, counts: &[String]) -> Self {
        let images: Vec<&Image> = shown(material.galleries).collect();
        let title = title(material, name);
        Self {
            title_size: size(&title, 28, 64),
            title,
            summary: summary(about, counts),
            published: text::day(material.published_at),
            address: Some(material.page_url).filter(|url| delivery::is_safe(url)),
            card: first_choice(&images).map(|image| picture(image, "", material)),
            has_pictures: !images.is_empty(),
            makers: makers(&images),
            left_out: left_out(material.galleries, images.len()),
        }
    }
}

impl Verdict {
    /// Of a picture.
    pub fn of(image: &Image) -> Self {
        match image.judgment.as_deref() {
            Some("pass") => Self::Pass,
            Some("fail") => Self::Fail,
            _ => Self::Open,
        }
    }

    /// In a class name.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Open => "open",
            Self::Fail => "fail",
        }
    }

    /// For people.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Pass => "Meets the brief",
            Self::Open => "Not judged yet",
            Self::Fail => "Misses the brief",
        }
    }
}

/// An inline script as a source of a Content-Security-Policy.
pub fn script_hash(script: &str) -> String {
    format!("sha256-{}", STANDARD.encode(Sha256::digest(script)))
}

/// The images that may be shown, in order.
pub fn shown(galleries: &[Gallery]) -> impl Iterator<Item = &Image> {
    galleries.iter().flat_map(|gallery| &gallery.images).filter(|image| delivery::is_safe(&image.url))
}

/// The images that may be shown and are no near-duplicates, in order.
pub fn distinct(galleries: &[Gallery]) -> impl Iterator<Item = &Image> {
    shown(galleries).filter(|image| image.near_duplicate_of.is_none())
}

/// Every origin (`scheme://host[:port]`) that a page loads a picture from, once each, in order of appearance: the
/// `img-src` of its Content-Security-Policy. Holds only `https` and loopback `http`, and no byte that could end a
/// directive.
pub fn image_origins(galleries: &[Gallery]) -> Vec<String> {
    let mut origins: Vec<String> = Vec::new();
    for origin in shown(galleries).filter_map(|image| delivery::origin(&image.url)) {
        if !origins.contains(&origin) {
            origins.push(origin);
        }
    }
    origins
}

/// The picture that stands for all: the first that passed, or else the first; never a near-duplicate.
pub fn first_choice<'a>(images: &[&'a Image]) -> Option<&'a Image> {
    images
        .iter()
        .copied()
        .filter(|image| image.near_duplicate_of.is_none())
        .min_by_key(|image| Verdict::of(image))
}

/// The title: as given, or the first project's name, or the kind's.
pub fn title(material: &Material<'_>, name: &str) -> String {
    let project = material.galleries.first().map_or("", |gallery| gallery.name.as_str());
    let title = [material.title, project, name].map(text::line).into_iter().find(|title| !title.is_empty());
    text::cut(&title.unwrap_or_default(), TITLE_CHARS)
}

/// Words beside a picture: cleaned and cut; empty where there are none.
pub fn note(text: Option<&String>) -> String {
    text.map(|text| text::cut(&text::clean(text), NOTE_CHARS)).unwrap_or_default()
}

/// A picture's tags, as many as are shown.
pub fn tags(image: &Image) -> Vec<String> {
    let tags = image.tags.iter().map(|tag| text::cut(&text::line(tag), TAG_CHARS));
    tags.filter(|tag| !tag.is_empty()).take(TAGS).collect()
}

/// A picture's model; empty where it isn't known.
pub fn model(image: &Image) -> String {
    text::cut(&text::line(image.model.as_deref().unwrap_or_default()), TAG_CHARS)
}

/// Width by height, for a style sheet; empty when unknown.
pub fn ratio(image: &Image) -> String {
    match (image.width, image.height) {
        (0, _) | (_, 0) => String::new(),
        (width, height) => format!("{:.3}", f64::from(width) / f64::from(height)),
    }
}

/// A picture with its alternative text. `sizes` is how wide it's shown, as the attribute of that name.
pub fn picture<'a>(image: &'a Image, sizes: &'static str, material: &Material<'_>) -> Picture<'a> {
    let prompt = text::cut(&text::line(&image.prompt), ALT_CHARS);
    let what =
        if prompt.is_empty() { "A picture without a prompt".to_owned() } else { format!("“{prompt}”") };
    let alt = match image.provider {
        Some(_) => format!("{what}, made by {}", provider_label(image.provider)),
        None => what,
    };
    let srcset =
        if material.flexible_variants { delivery::srcset(&image.url, image.width) } else { String::new() };
    let (width, height) = if image.height == 0 { (0, 0) } else { (image.width, image.height) };
    Picture { url: &image.url, srcset, sizes, width, height, alt, eager: false }
}

/// A provider's name for people.
pub const fn provider_label(provider: Option<Provider>) -> &'static str {
    match provider {
        Some(Provider::Openai) => "OpenAI",
        Some(Provider::Gemini) => "Gemini",
        Some(Provider::Workers) => "Workers AI",
        None => "Maker not recorded",
    }
}

/// Big words for few characters: the class of a heading's size.
pub fn size(text: &str, short: usize, medium: usize) -> &'static str {
    match text.chars().count() {
        n if n <= short => "short",
        n if n <= medium => "medium",
        _ => "long",
    }
}

fn summary(about: &str, counts: &[String]) -> String {
    let text = if about.is_empty() { format!("{}.", counts.join(", ")) } else { text::line(about) };
    text::cut(&text, SUMMARY_CHARS)
}

/// One line a maker: `OpenAI, gpt-image-2: 3 images`.
pub fn makers(images: &[&Image]) -> Vec<String> {
    let mut by_provider: BTreeMap<Provider, (usize, BTreeSet<String>)> = BTreeMap::new();
    for image in images {
        let Some(provider) = image.provider else { continue };
        let (number, models) = by_provider.entry(provider).or_default();
        *number += 1;
        models.extend(image.model.as_deref().map(|model| text::cut(&text::line(model), TAG_CHARS)));
    }
    let line = |(provider, (number, models)): (Provider, (usize, BTreeSet<String>))| {
        let names =
            [provider_label(Some(provider)).to_owned()].into_iter().chain(models.into_iter().take(TAGS));
        format!("{}: {}", names.collect::<Vec<_>>().join(", "), text::count(number, "image", "images"))
    };
    by_provider.into_iter().map(line).collect()
}

fn left_out(galleries: &[Gallery], shown: usize) -> String {
    let all: usize = galleries.iter().map(|gallery| gallery.images.len()).sum();
    match all.saturating_sub(shown) {
        0 => String::new(),
        1 => "1 image is left out: its address can’t be shown safely.".to_owned(),
        number => format!("{number} images are left out: their addresses can’t be shown safely."),
    }
}
