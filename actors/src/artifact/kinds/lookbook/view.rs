//! The page as the template needs it: every decision made, every word cut to size.
//!
//! A chapter is a prompt; inside it, what meets the brief comes first. Near-duplicates are no plates: they go to the strip
//! at the end, each pointing at the plate it nearly equals.

use std::collections::{BTreeMap, BTreeSet};

use askama::Template;

use super::{Options, delivery, shown, text};
use crate::gallery::{Gallery, Image};
use crate::provider::Provider;

/// Characters shown of a title, of a chapter's heading, and of a prompt in an alternative text.
const TITLE_CHARS: usize = 160;
const HEADING_CHARS: usize = 220;
const ALT_CHARS: usize = 300;
/// The preview card's description: what the big services show before they cut.
const SUMMARY_CHARS: usize = 200;
/// The judge's and the user's own words beside one picture.
const NOTE_CHARS: usize = 1_200;
/// Tags are a handful by contract; a flood would push the next picture off the page.
const TAGS: usize = 24;
const TAG_CHARS: usize = 60;
/// Fewer chapters need no contents; more would be a wall.
const CONTENTS: std::ops::RangeInclusive<usize> = 3..=40;

#[derive(Template)]
#[template(path = "lookbook.html")]
pub(super) struct Page<'a> {
    title: String,
    title_size: &'static str,
    description: String,
    summary: String,
    published: text::Day,
    address: Option<&'a str>,
    counts: Vec<String>,
    card: Option<Picture<'a>>,
    cover: Option<Picture<'a>>,
    contents: Vec<Entry>,
    parts: Vec<Part<'a>>,
    duplicates: Vec<Duplicate<'a>>,
    makers: Vec<String>,
    left_out: String,
}

struct Part<'a> {
    /// Set when there are several projects; one project's name is the title already.
    name: Option<String>,
    description: String,
    chapters: Vec<Chapter<'a>>,
}

struct Chapter<'a> {
    number: usize,
    level: u8,
    heading: String,
    size: &'static str,
    /// The whole prompt, where the heading had to cut it.
    prompt: Option<String>,
    facts: String,
    plates: Vec<Plate<'a>>,
}

struct Entry {
    number: usize,
    heading: String,
    images: String,
}

struct Plate<'a> {
    number: usize,
    layout: &'static str,
    /// Width by height, for the style sheet to keep a whole picture on the screen; empty when unknown.
    ratio: String,
    picture: Picture<'a>,
    provider: &'static str,
    model: String,
    verdict: Verdict,
    notes: String,
    retry: String,
    tags: Vec<String>,
}

struct Picture<'a> {
    url: &'a str,
    srcset: String,
    sizes: &'static str,
    width: u32,
    height: u32,
    alt: String,
    eager: bool,
}

struct Duplicate<'a> {
    picture: Picture<'a>,
    provider: &'static str,
    /// The plate it nearly equals, if that is on the page.
    of: Option<usize>,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Verdict {
    Pass,
    Open,
    Fail,
}

/// Builds the page; `galleries` in the given order.
pub(super) fn page<'a>(galleries: &'a [Gallery], options: &'a Options) -> Page<'a> {
    let several = galleries.len() > 1;
    let mut numbers = Numbers::default();
    let mut parts: Vec<Part> =
        galleries.iter().map(|gallery| part(gallery, several, options, &mut numbers)).collect();
    let images: Vec<&Image> = shown(galleries).collect();
    let duplicates = images.iter().filter(|image| image.near_duplicate_of.is_some());
    let duplicates = duplicates.map(|image| duplicate(image, options, &numbers)).collect();

    let first_choice =
        images.iter().filter(|image| image.near_duplicate_of.is_none()).min_by_key(|i| verdict(i));
    // One picture alone is shown once, large; a cover would only repeat it.
    let cover = first_choice
        .filter(|_| numbers.plates > 1)
        .map(|image| Picture { eager: true, ..picture(image, "(min-width: 60rem) 54vw, 100vw", options) });
    if cover.is_none()
        && let Some(plate) = parts.iter_mut().flat_map(|p| &mut p.chapters).flat_map(|c| &mut c.plates).next()
    {
        plate.picture.eager = true;
    }
    let (name, description) =
        galleries.first().map_or(("", ""), |g| (g.name.as_str(), g.description.as_str()));
    let title = [options.title.as_str(), name, "Lookbook"]
        .map(text::line)
        .into_iter()
        .find(|title| !title.is_empty());
    let title = text::cut(&title.unwrap_or_default(), TITLE_CHARS);
    let description = if several { String::new() } else { text::cut(&text::clean(description), NOTE_CHARS) };
    let counts = counts(&images, &numbers);
    Page {
        title_size: size(&title, 28, 64),
        title,
        summary: summary(&description, &counts),
        description,
        published: text::day(options.published_at),
        address: Some(options.page_url.as_str()).filter(|url| delivery::is_safe(url)),
        counts,
        card: first_choice.map(|image| picture(image, "", options)),
        cover,
        contents: contents(&parts),
        parts,
        duplicates,
        makers: makers(&images),
        left_out: left_out(galleries, images.len()),
    }
}

impl Verdict {
    const fn key(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Open => "open",
            Self::Fail => "fail",
        }
    }

    const fn label(self) -> &'static str {
        match self {
            Self::Pass => "Meets the brief",
            Self::Open => "Not judged yet",
            Self::Fail => "Misses the brief",
        }
    }
}

/// Plates and chapters are numbered through the whole page, so that a number alone names one.
#[derive(Default)]
struct Numbers<'a> {
    chapters: usize,
    plates: usize,
    by_id: BTreeMap<&'a str, usize>,
}

fn part<'a>(gallery: &'a Gallery, several: bool, options: &Options, numbers: &mut Numbers<'a>) -> Part<'a> {
    let mut order: Vec<String> = Vec::new();
    let mut by_prompt: BTreeMap<String, Vec<&Image>> = BTreeMap::new();
    for image in shown(std::slice::from_ref(gallery)).filter(|image| image.near_duplicate_of.is_none()) {
        let prompt = text::clean(&image.prompt);
        let images = by_prompt.entry(prompt.clone()).or_default();
        if images.is_empty() {
            order.push(prompt);
        }
        images.push(image);
    }
    let chapters = order.into_iter().map(|prompt| {
        let images = by_prompt.remove(&prompt).unwrap_or_default();
        chapter(&prompt, images, if several { 3 } else { 2 }, options, numbers)
    });
    let chapters = chapters.collect();
    let name = several.then(|| text::cut(&text::line(&gallery.name), TITLE_CHARS));
    let description =
        if several { text::cut(&text::clean(&gallery.description), NOTE_CHARS) } else { String::new() };
    Part { name, description, chapters }
}

fn chapter<'a>(
    prompt: &str,
    mut images: Vec<&'a Image>,
    level: u8,
    options: &Options,
    numbers: &mut Numbers<'a>,
) -> Chapter<'a> {
    images.sort_by_key(|image| verdict(image)); // stable: oldest first within a verdict
    numbers.chapters += 1;
    let line = text::line(prompt);
    let heading =
        if line.is_empty() { "Without a prompt".to_owned() } else { text::cut(&line, HEADING_CHARS) };
    let providers: BTreeSet<Option<Provider>> = images.iter().map(|image| image.provider).collect();
    let providers: Vec<String> =
        providers.into_iter().flatten().map(|p| provider_label(Some(p)).to_owned()).collect();
    let mut facts = text::count(images.len(), "image", "images");
    if !providers.is_empty() {
        facts = format!("{facts} by {}", text::list(&providers));
    }
    let total = images.len();
    let plates = images.into_iter().enumerate().map(|(at, image)| {
        numbers.plates += 1;
        numbers.by_id.insert(&image.id, numbers.plates);
        plate(image, numbers.plates, layout(at, total, image), options)
    });
    let plates = plates.collect();
    let cut = line.chars().count() > HEADING_CHARS;
    let size = size(&heading, 60, 120);
    Chapter {
        number: numbers.chapters,
        level,
        heading,
        size,
        prompt: cut.then(|| prompt.to_owned()),
        facts,
        plates,
    }
}

fn plate<'a>(image: &'a Image, number: usize, layout: &'static str, options: &Options) -> Plate<'a> {
    let verdict = verdict(image);
    let sizes = match layout {
        "wide" => "(min-width: 60rem) 66vw, 92vw",
        "lead" => "(min-width: 60rem) 42vw, (min-width: 40rem) 60vw, 92vw",
        _ => "(min-width: 60rem) 32vw, (min-width: 40rem) 45vw, 92vw",
    };
    let note = |text: Option<&String>| {
        text.map(|text| text::cut(&text::clean(text), NOTE_CHARS)).unwrap_or_default()
    };
    let tags =
        image.tags.iter().map(|tag| text::cut(&text::line(tag), TAG_CHARS)).filter(|tag| !tag.is_empty());
    Plate {
        number,
        layout,
        ratio: match (image.width, image.height) {
            (0, _) | (_, 0) => String::new(),
            (width, height) => format!("{:.3}", f64::from(width) / f64::from(height)),
        },
        picture: picture(image, sizes, options),
        provider: provider_label(image.provider),
        model: text::cut(&text::line(image.model.as_deref().unwrap_or_default()), TAG_CHARS),
        verdict,
        notes: note(image.notes.as_ref()),
        retry: note(image.retry_suggestion.as_ref().filter(|_| verdict == Verdict::Fail)),
        tags: tags.take(TAGS).collect(),
    }
}

fn duplicate<'a>(image: &'a Image, options: &Options, numbers: &Numbers) -> Duplicate<'a> {
    let of = image.near_duplicate_of.as_deref().and_then(|id| numbers.by_id.get(id)).copied();
    Duplicate { picture: picture(image, "10rem", options), provider: provider_label(image.provider), of }
}

fn picture<'a>(image: &'a Image, sizes: &'static str, options: &Options) -> Picture<'a> {
    let prompt = text::cut(&text::line(&image.prompt), ALT_CHARS);
    let what =
        if prompt.is_empty() { "A picture without a prompt".to_owned() } else { format!("“{prompt}”") };
    let alt = match image.provider {
        Some(_) => format!("{what}, made by {}", provider_label(image.provider)),
        None => what,
    };
    let srcset =
        if options.flexible_variants { delivery::srcset(&image.url, image.width) } else { String::new() };
    let (width, height) = if image.height == 0 { (0, 0) } else { (image.width, image.height) };
    Picture { url: &image.url, srcset, sizes, width, height, alt, eager: false }
}

/// The rhythm of a chapter: a leading plate, pairs, and a closing plate where an odd one would be left alone.
fn layout(at: usize, total: usize, image: &Image) -> &'static str {
    let alone =
        total == 1 || (at == 0 && total != 2) || (at + 1 == total && total > 2 && total.is_multiple_of(2));
    let landscape = u64::from(image.width) * 5 > u64::from(image.height) * 6;
    match (alone, landscape) {
        (false, _) => "half",
        (true, true) => "wide",
        (true, false) => "lead",
    }
}

fn verdict(image: &Image) -> Verdict {
    match image.judgment.as_deref() {
        Some("pass") => Verdict::Pass,
        Some("fail") => Verdict::Fail,
        _ => Verdict::Open,
    }
}

const fn provider_label(provider: Option<Provider>) -> &'static str {
    match provider {
        Some(Provider::Openai) => "OpenAI",
        Some(Provider::Gemini) => "Gemini",
        Some(Provider::Workers) => "Workers AI",
        None => "Maker not recorded",
    }
}

/// Big words for few characters.
fn size(text: &str, short: usize, medium: usize) -> &'static str {
    match text.chars().count() {
        n if n <= short => "short",
        n if n <= medium => "medium",
        _ => "long",
    }
}

fn counts(images: &[&Image], numbers: &Numbers) -> Vec<String> {
    let passed =
        images.iter().filter(|i| i.near_duplicate_of.is_none() && verdict(i) == Verdict::Pass).count();
    let mut counts = vec![text::count(numbers.plates, "image", "images")];
    if numbers.chapters > 1 {
        counts.push(text::count(numbers.chapters, "prompt", "prompts"));
    }
    if passed > 0 {
        counts.push(text::count(passed, "meets the brief", "meet the brief"));
    }
    counts
}

fn summary(description: &str, counts: &[String]) -> String {
    let text =
        if description.is_empty() { format!("{}.", counts.join(", ")) } else { text::line(description) };
    text::cut(&text, SUMMARY_CHARS)
}

fn contents(parts: &[Part]) -> Vec<Entry> {
    let chapters: Vec<&Chapter> = parts.iter().flat_map(|part| &part.chapters).collect();
    let listed = if CONTENTS.contains(&chapters.len()) { chapters } else { Vec::new() };
    let entry = |chapter: &Chapter| Entry {
        number: chapter.number,
        heading: text::cut(&chapter.heading, 90),
        images: text::count(chapter.plates.len(), "image", "images"),
    };
    listed.into_iter().map(entry).collect()
}

/// One line a maker: `OpenAI, gpt-image-2: 3 images`.
fn makers(images: &[&Image]) -> Vec<String> {
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
