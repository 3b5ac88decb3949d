//! The page as the template needs it: every decision made, every word cut to size.
//!
//! A chapter is a prompt; inside it, what meets the brief comes first. Near-duplicates are no plates: they go to the strip
//! at the end, each pointing at the plate it nearly equals.

use std::collections::{BTreeMap, BTreeSet};

use askama::Template;

use crate::artifact::material::Material;
use crate::artifact::page::{
    self, Frame, NOTE_CHARS, Picture, TITLE_CHARS, Verdict, note, picture, provider_label, shown, size, text,
};
use crate::gallery::{Gallery, Image};
use crate::provider::Provider;

/// Characters shown of a chapter's heading.
const HEADING_CHARS: usize = 220;
/// Fewer chapters need no contents; more would be a wall.
const CONTENTS: std::ops::RangeInclusive<usize> = 3..=40;

#[derive(Template)]
#[template(path = "lookbook.html")]
pub(super) struct Page<'a> {
    frame: Frame<'a>,
    description: String,
    counts: Vec<String>,
    cover: Option<Picture<'a>>,
    contents: Vec<Entry>,
    parts: Vec<Part<'a>>,
    duplicates: Vec<Duplicate<'a>>,
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

struct Duplicate<'a> {
    picture: Picture<'a>,
    provider: &'static str,
    /// The plate it nearly equals, if that is on the page.
    of: Option<usize>,
}

/// Builds the page; the projects in the given order.
pub(super) fn page<'a>(material: &'a Material<'a>) -> Page<'a> {
    let galleries = material.galleries;
    let several = galleries.len() > 1;
    let mut numbers = Numbers::default();
    let mut parts: Vec<Part> =
        galleries.iter().map(|gallery| part(gallery, several, material, &mut numbers)).collect();
    let images: Vec<&Image> = shown(galleries).collect();
    let duplicates = images.iter().filter(|image| image.near_duplicate_of.is_some());
    let duplicates = duplicates.map(|image| duplicate(image, material, &numbers)).collect();

    // One picture alone is shown once, large; a cover would only repeat it.
    let cover = page::first_choice(&images)
        .filter(|_| numbers.plates > 1)
        .map(|image| Picture { eager: true, ..picture(image, "(min-width: 60rem) 54vw, 100vw", material) });
    if cover.is_none()
        && let Some(plate) = parts.iter_mut().flat_map(|p| &mut p.chapters).flat_map(|c| &mut c.plates).next()
    {
        plate.picture.eager = true;
    }
    let description = galleries.first().filter(|_| !several).map(|gallery| &gallery.description);
    let description = note(description);
    let counts = counts(&images, &numbers);
    Page {
        frame: Frame::new(material, "Lookbook", &description, &counts),
        description,
        counts,
        cover,
        contents: contents(&parts),
        parts,
        duplicates,
    }
}

/// Plates and chapters are numbered through the whole page, so that a number alone names one.
#[derive(Default)]
struct Numbers<'a> {
    chapters: usize,
    plates: usize,
    by_id: BTreeMap<&'a str, usize>,
}

fn part<'a>(
    gallery: &'a Gallery,
    several: bool,
    material: &Material<'_>,
    numbers: &mut Numbers<'a>,
) -> Part<'a> {
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
        chapter(&prompt, images, if several { 3 } else { 2 }, material, numbers)
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
    material: &Material<'_>,
    numbers: &mut Numbers<'a>,
) -> Chapter<'a> {
    images.sort_by_key(|image| Verdict::of(image)); // stable: oldest first within a verdict
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
        plate(image, numbers.plates, layout(at, total, image), material)
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

fn plate<'a>(image: &'a Image, number: usize, layout: &'static str, material: &Material<'_>) -> Plate<'a> {
    let verdict = Verdict::of(image);
    let sizes = match layout {
        "wide" => "(min-width: 60rem) 66vw, 92vw",
        "lead" => "(min-width: 60rem) 42vw, (min-width: 40rem) 60vw, 92vw",
        _ => "(min-width: 60rem) 32vw, (min-width: 40rem) 45vw, 92vw",
    };
    Plate {
        number,
        layout,
        ratio: page::ratio(image),
        picture: picture(image, sizes, material),
        provider: provider_label(image.provider),
        model: page::model(image),
        verdict,
        notes: note(image.notes.as_ref()),
        retry: note(image.retry_suggestion.as_ref().filter(|_| verdict == Verdict::Fail)),
        tags: page::tags(image),
    }
}

fn duplicate<'a>(image: &'a Image, material: &Material<'_>, numbers: &Numbers) -> Duplicate<'a> {
    let of = image.near_duplicate_of.as_deref().and_then(|id| numbers.by_id.get(id)).copied();
    Duplicate { picture: picture(image, "10rem", material), provider: provider_label(image.provider), of }
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

fn counts(images: &[&Image], numbers: &Numbers) -> Vec<String> {
    let passed =
        images.iter().filter(|i| i.near_duplicate_of.is_none() && Verdict::of(i) == Verdict::Pass).count();
    let mut counts = vec![text::count(numbers.plates, "image", "images")];
    if numbers.chapters > 1 {
        counts.push(text::count(numbers.chapters, "prompt", "prompts"));
    }
    if passed > 0 {
        counts.push(text::count(passed, "meets the brief", "meet the brief"));
    }
    counts
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
