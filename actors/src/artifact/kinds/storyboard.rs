//! The storyboard: numbered frames with captions, and a shot list.
//!
//! **In**: one project or several; **options** `images`, `failed`, `prompts`, and `frames` (`one` a scene: the first that
//! passed; or `all`), `captions` (`prompt`, or the judge's `notes`), `columns` (1 to 4). A scene is a prompt, in the order of
//! the first pictures; near-duplicates stay out. **Out**: a page of frames of one shape, in which pictures keep theirs, lines
//! to write on in print (A4 landscape), and a table of the shots. **Example**:
//! `{"kind": "storyboard", "projectIds": ["…"], "options": {"columns": 2, "frames": "all"}}`.
//!
//! `templates/storyboard.html` holds the form. Invariants: no script; several projects are sequences whose scenes are numbered
//! through.

use std::collections::BTreeMap;

use askama::Template;

use crate::artifact::generator::{Audience, Document, Error, Generator, Output};
use crate::artifact::kind::Kind;
use crate::artifact::material::{self, Material};
use crate::artifact::options::{Field, Settings, Shape};
use crate::artifact::page::scenes::scenes;
use crate::artifact::page::{
    self, Frame, Picture, TITLE_CHARS, Verdict, note, picture, provider_label, text,
};
use crate::gallery::{Gallery, Image};

/// See the module.
pub const GENERATOR: Generator = Generator {
    kind: Kind::Storyboard,
    name: "Storyboard",
    about: "Numbered frames with captions, lines for notes in print, and a shot list.",
    output: Output::Html,
    options: &[&material::IMAGES, &material::FAILED, &material::PROMPTS, &FRAMES, &CAPTIONS, &COLUMNS],
    needs: &[],
    audience: Audience::Everyone,
    render,
};

const FRAMES: Field = Field {
    name: "frames",
    about: "One frame a scene, the first that meets the brief; or all of them.",
    shape: Shape::Choice(&["one", "all"]),
};
const CAPTIONS: Field = Field {
    name: "captions",
    about: "What stands below a frame: its prompt, or the judge's notes; where there's none of it, the other.",
    shape: Shape::Choice(&["prompt", "notes"]),
};
const COLUMNS: Field = Field {
    name: "columns",
    about: "Frames side by side, on a wide screen and in print.",
    shape: Shape::Number { least: 1, most: 4, default: 3 },
};

/// Characters shown below a frame: five lines at three columns.
const CAPTION_CHARS: usize = 220;

#[derive(Template)]
#[template(path = "storyboard.html")]
struct Page<'a> {
    frame: Frame<'a>,
    description: String,
    counts: Vec<String>,
    columns: i64,
    /// Width by height of every frame.
    ratio: String,
    sequences: Vec<Sequence<'a>>,
}

/// One project.
struct Sequence<'a> {
    /// Set when there are several projects; one project's name is the title already.
    name: Option<String>,
    shots: Vec<Shot<'a>>,
}

struct Shot<'a> {
    /// `3`, or `3B` where a scene has several.
    number: String,
    picture: Picture<'a>,
    /// The same, for the shot list: it's loaded already.
    thumbnail: Picture<'a>,
    caption: String,
    /// The caption of the shot list: what the frame's doesn't say.
    remark: String,
    provider: &'static str,
    model: String,
    verdict: Verdict,
}

fn render(material: &Material<'_>, settings: &Settings) -> Result<Document, Error> {
    let galleries = material.galleries;
    let several = galleries.len() > 1;
    let mut scenes_before = 0;
    let mut sequences = Vec::with_capacity(galleries.len());
    let mut ratios: BTreeMap<String, usize> = BTreeMap::new();
    for gallery in galleries {
        let (scenes, shots) = shots(gallery, scenes_before, material, settings, &mut ratios);
        scenes_before += scenes;
        let name = several.then(|| text::cut(&text::line(&gallery.name), TITLE_CHARS));
        sequences.push(Sequence { name, shots });
    }
    let frames = sequences.iter().map(|sequence| sequence.shots.len()).sum();
    let counts = vec![text::count(scenes_before, "scene", "scenes"), text::count(frames, "frame", "frames")];
    let description = note(galleries.first().filter(|_| !several).map(|gallery| &gallery.description));
    if let Some(first) = sequences.iter_mut().flat_map(|sequence| &mut sequence.shots).next() {
        first.picture.eager = true;
    }
    let page = Page {
        frame: Frame::new(material, "Storyboard", &description, &counts),
        description,
        counts,
        columns: settings.number(COLUMNS.name),
        ratio: most_frequent(ratios),
        sequences,
    };
    Ok(Document {
        body: page.render()?.into_bytes(),
        image_origins: page::image_origins(galleries),
        ..Document::default()
    })
}

/// A project's number of scenes, and its shots.
fn shots<'a>(
    gallery: &'a Gallery,
    before: usize,
    material: &Material<'_>,
    settings: &Settings,
    ratios: &mut BTreeMap<String, usize>,
) -> (usize, Vec<Shot<'a>>) {
    let scenes = scenes(gallery);
    let mut shots = Vec::with_capacity(scenes.len());
    for (number, scene) in (before + 1..).zip(&scenes) {
        let chosen = match settings.choice(FRAMES.name) {
            "all" => scene.images.clone(),
            _ => page::first_choice(&scene.images).into_iter().collect(),
        };
        let alone = chosen.len() == 1;
        for (at, image) in chosen.into_iter().enumerate() {
            *ratios.entry(page::ratio(image)).or_default() += 1;
            let letter = if alone { String::new() } else { letters(at) };
            shots.push(shot(image, format!("{number}{letter}"), material, settings));
        }
    }
    (scenes.len(), shots)
}

fn shot<'a>(image: &'a Image, number: String, material: &Material<'_>, settings: &Settings) -> Shot<'a> {
    let prompt = text::cut(&text::line(&image.prompt), CAPTION_CHARS);
    let notes = text::cut(&text::line(&note(image.notes.as_ref())), CAPTION_CHARS);
    let (caption, remark) =
        if settings.choice(CAPTIONS.name) == "notes" { (notes, prompt) } else { (prompt, notes) };
    let (caption, remark) = if caption.is_empty() { (remark, caption) } else { (caption, remark) };
    Shot {
        number,
        picture: picture(image, "(min-width: 60rem) 32vw, (min-width: 40rem) 46vw, 92vw", material),
        thumbnail: picture(image, "8rem", material),
        caption,
        remark,
        provider: provider_label(image.provider),
        model: page::model(image),
        verdict: Verdict::of(image),
    }
}

/// `A` to `Z`, `AA`, …
fn letters(at: usize) -> String {
    let last = char::from(b'A' + u8::try_from(at % 26).unwrap_or(0));
    match at / 26 {
        0 => last.to_string(),
        more => format!("{}{last}", letters(more - 1)),
    }
}

/// The shape that most frames have; 3:2 where none is known.
fn most_frequent(ratios: BTreeMap<String, usize>) -> String {
    let known = ratios.into_iter().filter(|(ratio, _)| !ratio.is_empty());
    known.max_by_key(|(_, number)| *number).map_or_else(|| "1.5".to_owned(), |(ratio, _)| ratio)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::artifact::kinds::testing::{failed, gallery, html_with, image};

    fn page(options: &serde_json::Value) -> String {
        let wide = Image { prompt: "Two".to_owned(), width: 1536, ..image("w") };
        let galleries = [gallery(vec![failed("x"), image("a"), image("b"), wide])];
        html_with(&GENERATOR, &galleries, options)
    }

    fn frames(html: &str) -> Vec<&str> {
        html.split("<figure ")
            .skip(1)
            .filter_map(|part| part.split("id=\"shot-").nth(1)?.split('"').next())
            .collect()
    }

    #[test]
    fn a_scene_has_the_first_frame_that_passed_or_all() {
        let one = page(&json!({}));
        assert_eq!(frames(&one), ["1", "2"]);
        assert!(one.contains("hash/a/public") && !one.contains("hash/b/public") && !one.contains("hash/x/"));
        assert!(one.contains("<li>2 scenes</li>") && one.contains("<li>2 frames</li>"));
        assert_eq!(frames(&page(&json!({ "frames": "all" }))), ["1A", "1B", "1C", "2"]);
    }

    #[test]
    fn frames_have_the_shape_that_most_pictures_have() {
        assert!(page(&json!({ "frames": "all" })).contains("--ratio: 1.000"));
        assert_eq!(most_frequent(BTreeMap::new()), "1.5");
    }

    #[test]
    fn a_caption_is_what_was_asked_for_and_never_nothing_where_there_are_words() {
        let caption = |options| {
            let html = page(&options);
            html.split("class=\"shot__caption\" dir=\"auto\">")
                .nth(1)
                .unwrap()
                .split('<')
                .next()
                .unwrap()
                .to_owned()
        };
        assert_eq!(caption(json!({})), "A red circle on white");
        assert_eq!(caption(json!({ "captions": "notes" })), "One circle, on white.");
        let bare = Image { notes: None, ..image("a") };
        let html = html_with(&GENERATOR, &[gallery(vec![bare])], &json!({ "captions": "notes" }));
        assert!(html.contains("dir=\"auto\">A red circle on white<"));
    }

    #[test]
    fn letters_go_on_after_the_last() {
        assert_eq!([0, 25, 26, 51, 52, 702].map(letters), ["A", "Z", "AA", "AZ", "BA", "AAA"]);
    }
}
