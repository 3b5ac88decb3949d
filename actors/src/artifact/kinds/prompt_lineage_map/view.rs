//! The page as the template needs it: cards and lines in the drawings' own units, which are pixels on a screen.

use std::collections::BTreeMap;

use askama::Template;

use super::GENERATOR;
use super::tree::{Drawing, Forest, Link, Place, What};
use crate::artifact::material::Material;
use crate::artifact::page::{Frame, TITLE_CHARS, Verdict, model, provider_label, text};
use crate::gallery::{Gallery, Image};

/// The dot that stands for the prompt; a card; the gaps to the next column and the next row.
const DOT: usize = 12;
const CARD: (usize, usize) = (252, 84);
const GAP: (usize, usize) = (52, 18);
/// Characters of a line of words in a card, and of a heading.
const LINE: usize = 22;
const HEADING_CHARS: usize = 160;

#[derive(Template)]
#[template(path = "prompt-lineage-map.html")]
pub(super) struct Page<'a> {
    frame: Frame<'a>,
    kicker: &'static str,
    lead: String,
    facts: Vec<String>,
    parts: Vec<Part<'a>>,
}

struct Part<'a> {
    /// Set when there are several projects.
    name: Option<String>,
    drawings: Vec<Drawn<'a>>,
}

struct Drawn<'a> {
    number: usize,
    heading: String,
    facts: String,
    width: usize,
    height: usize,
    /// Where the prompt's dot is.
    dot: usize,
    lines: Vec<Line>,
    cards: Vec<Card<'a>>,
}

struct Line {
    path: String,
    dashed: bool,
}

struct Card<'a> {
    x: usize,
    y: usize,
    /// `None` for a step back.
    picture: Option<&'a str>,
    verdict: Verdict,
    said: String,
    words: Vec<String>,
    maker: String,
}

pub(super) fn page<'a>(material: &'a Material<'a>, forests: &[Forest<'a>]) -> Page<'a> {
    let mut number = 0;
    let several = forests.len() > 1;
    let part = |(forest, gallery): (&Forest<'a>, &'a Gallery)| Part {
        name: several.then(|| text::cut(&text::line(&gallery.name), TITLE_CHARS)),
        drawings: forest
            .drawings()
            .iter()
            .map(|drawing| {
                number += 1;
                drawn(number, drawing, forest)
            })
            .collect(),
    };
    let parts: Vec<Part<'a>> = forests.iter().zip(material.galleries).map(part).collect();
    let facts = facts(forests);
    let lead = if number == 0 {
        "Nothing has been made yet.".to_owned()
    } else {
        "From each prompt to what was made of it, and what was made of that.".to_owned()
    };
    Page {
        frame: Frame::new(material, GENERATOR.name, &lead, &facts),
        kicker: GENERATOR.name,
        lead,
        facts,
        parts,
    }
}

fn facts(forests: &[Forest<'_>]) -> Vec<String> {
    let (mut pictures, mut branches, mut steps, mut twins) = (0, 0, 0, 0);
    for forest in forests {
        for node in &forest.nodes {
            match node.what {
                What::Picture(_) => pictures += 1,
                What::StepBack(_) => steps += 1,
            }
            twins += usize::from(node.parent.is_some_and(|(_, link)| link == Link::NearDuplicate));
            let made = |child: &&usize| {
                let parent = forest.nodes.get(**child).and_then(|child| child.parent);
                parent.is_some_and(|(_, link)| link == Link::MadeFrom)
            };
            branches += usize::from(node.children.iter().filter(made).nth(1).is_some());
        }
    }
    let counted = [
        (pictures, "picture", "pictures"),
        (branches, "branch", "branches"),
        (steps, "step back", "steps back"),
        (twins, "near-duplicate", "near-duplicates"),
    ];
    let shown = counted.into_iter().filter(|(number, one, _)| *number > 0 || *one == "picture");
    shown.map(|(number, one, many)| text::count(number, one, many)).collect()
}

fn drawn<'a>(number: usize, drawing: &Drawing, forest: &Forest<'a>) -> Drawn<'a> {
    let first = drawing.roots.first().and_then(|root| forest.nodes.get(*root)).map(|node| node.what);
    let (prompt, origin) = match first {
        Some(What::Picture(image)) => (text::line(&image.prompt), "Made without words"),
        Some(What::StepBack(_)) | None => (String::new(), "A step back"),
    };
    let prompt = if prompt.is_empty() { origin.to_owned() } else { prompt };
    let places: BTreeMap<usize, Place> = drawing.places.iter().map(|place| (place.node, *place)).collect();
    let rows = drawing.places.iter().filter(|place| place.column == 1).map(|place| place.half_row);
    let middle = usize::midpoint(rows.clone().min().unwrap_or(0), rows.max().unwrap_or(0));
    let start = Place { node: 0, column: 0, half_row: middle };
    let line = |place: &Place| {
        let parent = forest.nodes.get(place.node).and_then(|node| node.parent);
        let from = parent.and_then(|(parent, _)| places.get(&parent)).copied().unwrap_or(start);
        Line { path: path(from, *place), dashed: parent.is_some_and(|(_, link)| link == Link::NearDuplicate) }
    };
    Drawn {
        number,
        heading: text::cut(&prompt, HEADING_CHARS),
        facts: text::count(drawing.places.len(), "step", "steps"),
        width: x(drawing.columns) - GAP.0,
        height: drawing.rows * (CARD.1 + GAP.1),
        dot: y(middle) + CARD.1 / 2,
        lines: drawing.places.iter().map(line).collect(),
        cards: drawing.places.iter().filter_map(|place| card(*place, &prompt, forest)).collect(),
    }
}

/// The heading says what the drawing began with: where a card's words are the same, it names the model instead.
fn card<'a>(place: Place, began: &str, forest: &Forest<'a>) -> Option<Card<'a>> {
    let (x, y) = (x(place.column), y(place.half_row));
    Some(match forest.nodes.get(place.node)?.what {
        What::StepBack(_) => Card {
            x,
            y,
            picture: None,
            verdict: Verdict::Open,
            said: "A step back: work went on from here".to_owned(),
            words: Vec::new(),
            maker: String::new(),
        },
        What::Picture(image) => Card {
            x,
            y,
            picture: Some(&image.url),
            verdict: Verdict::of(image),
            said: said(image),
            words: wrapped(&words(image, began), LINE, 2),
            maker: maker(image),
        },
    })
}

fn words(image: &Image, began: &str) -> String {
    let prompt = text::line(&image.prompt);
    if prompt == began || prompt.is_empty() { model(image) } else { prompt }
}

fn said(image: &Image) -> String {
    let prompt = text::cut(&text::line(&image.prompt), HEADING_CHARS);
    let prompt = if prompt.is_empty() { String::new() } else { format!("“{prompt}”, ") };
    let twin = if image.near_duplicate_of.is_some() { ", near-duplicate" } else { "" };
    format!("{prompt}{}, {}{twin}", maker(image), Verdict::of(image).label())
}

fn maker(image: &Image) -> String {
    match image.operation.as_str() {
        "" | "generate" => provider_label(image.provider).to_owned(),
        operation => format!("{}, {operation}", provider_label(image.provider)),
    }
}

fn path(from: Place, to: Place) -> String {
    let (x1, x2) = (if from.column == 0 { DOT } else { x(from.column) + CARD.0 }, x(to.column));
    let [y1, y2] = [from, to].map(|place| y(place.half_row) + CARD.1 / 2);
    let middle = usize::midpoint(x1, x2);
    format!("M{x1} {y1}C{middle} {y1} {middle} {y2} {x2} {y2}")
}

const fn x(column: usize) -> usize {
    DOT + GAP.0 + column.saturating_sub(1) * (CARD.0 + GAP.0)
}

const fn y(half_row: usize) -> usize {
    half_row * (CARD.1 + GAP.1) / 2 + GAP.1 / 2
}

/// `lines` lines of about `chars` characters, the last ones perhaps empty: SVG doesn't break lines itself, and the number of
/// elements mustn't follow from anybody's words.
fn wrapped(text: &str, chars: usize, lines: usize) -> Vec<String> {
    let mut wrapped: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        let word = text::cut(word, chars);
        let full = wrapped.len() == lines;
        match wrapped.last_mut() {
            Some(line) if line.chars().count() + word.chars().count() < chars => {
                line.push(' ');
                line.push_str(&word);
            }
            Some(line) if full => {
                line.push('…');
                break;
            }
            _ => wrapped.push(word),
        }
    }
    wrapped.resize(lines, String::new());
    wrapped
}
