//! The moodboard: pictures, their colours and their words on one wall.
//!
//! **In**: one project or several; **options** `images`, `failed`, `prompts`, and `background` (`paper` is light or dark as the
//! reader has it, `dark` always dark), `palette`, `captions`. Near-duplicates stay out. **Out**: a page of columns in a
//! stable order, down the first and then the next; above them the colours that the pictures have in common, as hexadecimal codes
//! to take along, and the judge's most frequent tags. **Example**:
//! `{"kind": "moodboard", "projectIds": ["…"], "options": {"background": "dark"}}`.
//!
//! The colours are those found when a picture was hashed ([`crate::picture::palette`]); where no picture has any, there's no
//! palette. `templates/moodboard.html` holds the form. Invariants: no script; only colours that are colours get into the style.

use std::collections::BTreeMap;

use askama::Template;

use crate::artifact::generator::{Audience, Document, Error, Generator, Output};
use crate::artifact::kind::Kind;
use crate::artifact::material::{self, Material};
use crate::artifact::options::{Field, Settings, Shape};
use crate::artifact::page::{self, Frame, Picture, note, picture, provider_label, text};
use crate::gallery::Image;
use crate::picture::palette;

/// See the module.
pub const GENERATOR: Generator = Generator {
    kind: Kind::Moodboard,
    name: "Moodboard",
    about: "Pictures side by side with the colours and the words that they have in common.",
    output: Output::Html,
    options: &[&material::IMAGES, &material::FAILED, &material::PROMPTS, &BACKGROUND, &PALETTE, &CAPTIONS],
    needs: &[],
    audience: Audience::Everyone,
    render,
};

const BACKGROUND: Field = Field {
    name: "background",
    about: "paper: light or dark, as the reader has it; dark: always dark.",
    shape: Shape::Choice(&["paper", "dark"]),
};
const PALETTE: Field = Field {
    name: "palette",
    about: "Whether the colours that the pictures have in common are shown.",
    shape: Shape::Flag { default: true },
};
const CAPTIONS: Field = Field {
    name: "captions",
    about: "Whether each picture's prompt and maker stand below it.",
    shape: Shape::Flag { default: false },
};

/// Colours of the whole board: a row on a desktop screen, two on a phone.
const SWATCHES: usize = 8;
/// What a picture's first colour weighs; the ones after it less and less.
const HEAVIEST: u32 = 5;
/// Words of the whole board, and their characters.
const WORDS: usize = 14;
const WORD_CHARS: usize = 40;
/// Characters shown of a prompt below its picture.
const CAPTION_CHARS: usize = 140;

#[derive(Template)]
#[template(path = "moodboard.html")]
struct Page<'a> {
    frame: Frame<'a>,
    description: String,
    dark: bool,
    swatches: Vec<String>,
    words: Vec<Word>,
    tiles: Vec<Tile<'a>>,
}

struct Word {
    text: String,
    /// `1`, `2` or `3`: how frequent, for its size.
    weight: u8,
}

struct Tile<'a> {
    picture: Picture<'a>,
    /// With the option only.
    caption: Option<Caption>,
}

struct Caption {
    prompt: String,
    provider: &'static str,
}

fn render(material: &Material<'_>, settings: &Settings) -> Result<Document, Error> {
    let galleries = material.galleries;
    let images: Vec<&Image> =
        page::shown(galleries).filter(|image| image.near_duplicate_of.is_none()).collect();
    let captions = settings.flag(CAPTIONS.name);
    let mut tiles: Vec<Tile> = images.iter().map(|image| tile(image, captions, material)).collect();
    if let Some(first) = tiles.first_mut() {
        first.picture.eager = true;
    }
    let description =
        note(galleries.first().filter(|_| galleries.len() == 1).map(|gallery| &gallery.description));
    let counts = [text::count(tiles.len(), "image", "images")];
    let page = Page {
        frame: Frame::new(material, "Moodboard", &description, &counts),
        description,
        dark: settings.choice(BACKGROUND.name) == "dark",
        swatches: if settings.flag(PALETTE.name) { swatches(&images) } else { Vec::new() },
        words: words(&images),
        tiles,
    };
    Ok(Document {
        body: page.render()?.into_bytes(),
        image_origins: page::image_origins(galleries),
        ..Document::default()
    })
}

fn tile<'a>(image: &'a Image, captions: bool, material: &Material<'_>) -> Tile<'a> {
    let caption = || Caption {
        prompt: text::cut(&text::line(&image.prompt), CAPTION_CHARS),
        provider: provider_label(image.provider),
    };
    Tile {
        picture: picture(image, "(min-width: 60rem) 24vw, (min-width: 40rem) 31vw, 46vw", material),
        caption: captions.then(caption),
    }
}

/// The colours that most pictures have most of.
fn swatches(images: &[&Image]) -> Vec<String> {
    let mut weights: BTreeMap<palette::Colour, u32> = BTreeMap::new();
    for image in images {
        let colours = image.palette.iter().filter_map(|colour| palette::read(colour));
        for (weight, colour) in (1..=HEAVIEST).rev().zip(colours) {
            *weights.entry(colour).or_default() += weight;
        }
    }
    let merged = palette::merged(weights.into_iter().collect());
    merged.into_iter().take(SWATCHES).map(|(colour, _)| palette::written(colour)).collect()
}

/// The most frequent tags, the most frequent first.
fn words(images: &[&Image]) -> Vec<Word> {
    let mut numbers: BTreeMap<String, u32> = BTreeMap::new();
    for tag in images.iter().flat_map(|image| page::tags(image)) {
        *numbers.entry(text::cut(&tag.replace('-', " "), WORD_CHARS)).or_default() += 1;
    }
    let mut numbers: Vec<(String, u32)> = numbers.into_iter().collect();
    numbers.sort_by_key(|(_, number)| u32::MAX - number); // stable: by letters within a number
    let most = numbers.first().map_or(0, |(_, number)| *number);
    let word = |(text, number): (String, u32)| {
        let weight = if number * 3 > most * 2 { 3 } else { 1 + u8::from(number * 3 > most) };
        Word { text, weight }
    };
    numbers.into_iter().take(WORDS).map(word).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::artifact::kinds::testing::{gallery, html_with, image};

    fn with(id: &str, palette: &[&str], tags: &[&str]) -> Image {
        let owned = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        Image { palette: owned(palette), tags: owned(tags), ..image(id) }
    }

    fn board() -> Vec<Image> {
        vec![
            with("a", &["#102040", "#f0e0d0"], &["calm", "sea-light"]),
            with("b", &["#122242", "#c02020"], &["sea-light"]),
            with("c", &["#f0e0d0"], &["sea-light", "dawn"]),
        ]
    }

    #[test]
    fn colours_are_those_that_pictures_have_in_common() {
        let images = board();
        assert_eq!(swatches(&images.iter().collect::<Vec<_>>()), ["#102040", "#f0e0d0", "#c02020"]);
        let html = html_with(&GENERATOR, &[gallery(images.clone())], &json!({}));
        assert_eq!(html.matches("class=\"swatch\"").count(), 3);
        let without = html_with(&GENERATOR, &[gallery(images)], &json!({ "palette": false }));
        assert!(!without.contains("class=\"swatch\""));
        let before = html_with(&GENERATOR, &[gallery(vec![with("a", &[], &[])])], &json!({}));
        assert!(!before.contains("class=\"swatch\"") && !before.contains("class=\"words\""));
    }

    #[test]
    fn what_is_no_colour_is_in_no_style() {
        let evil = with("a", &["red;background:url(//evil.example)", "#12345\"", "#c02020"], &[]);
        let html = html_with(&GENERATOR, &[gallery(vec![evil])], &json!({}));
        assert!(!html.contains("evil") && html.matches("class=\"swatch\"").count() == 1);
    }

    #[test]
    fn words_are_the_most_frequent_tags() {
        let images = board();
        let found: Vec<(String, u8)> = words(&images.iter().collect::<Vec<_>>())
            .into_iter()
            .map(|word| (word.text, word.weight))
            .collect();
        assert_eq!(found, [("sea light", 3), ("calm", 1), ("dawn", 1)].map(|(word, n)| (word.to_owned(), n)));
    }

    #[test]
    fn captions_and_darkness_are_asked_for() {
        let plain = html_with(&GENERATOR, &[gallery(board())], &json!({}));
        assert!(!plain.contains("<figcaption") && plain.contains("class=\"board\""));
        let told = html_with(
            &GENERATOR,
            &[gallery(board())],
            &json!({ "captions": true, "background": "dark", "prompts": false }),
        );
        assert!(told.contains("class=\"board board--dark\"") && told.matches("<figcaption").count() == 3);
        assert!(!told.contains(crate::artifact::kinds::testing::PROMPT));
    }
}
