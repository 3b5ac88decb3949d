//! The compare deck: pairs of pictures, laid over each other.
//!
//! **In**: one project or several; **options** `images`, `failed`, `prompts`, and `pairs`: `tree` (a picture and the one it was
//! made from, across steps back), `variants` (the picture of a prompt that passed first, and each other one), or `auto` (the
//! tree, where there is one). Near-duplicates are no second picture. **Out**: a page with a contents list; each pair with an
//! anchor, a slider between the pictures that a keyboard moves too, the prompt's changes word by word, and what else is known
//! of both, side by side. **Example**: `{"kind": "compare-deck", "projectIds": ["…"], "options": {"pairs": "variants"}}`.
//!
//! `templates/compare-deck.html` holds the form, `templates/compare-deck.js` its script. Invariants: without the script the
//! pictures stand side by side; at most one pair a picture, so the output grows linearly.

use std::collections::BTreeMap;

use askama::Template;

use crate::artifact::generator::{Audience, Document, Error, Generator, Output};
use crate::artifact::kind::Kind;
use crate::artifact::material::{self, Material};
use crate::artifact::options::{Field, Settings, Shape};
use crate::artifact::page::diff::{self, Run, Side};
use crate::artifact::page::facts::facts;
use crate::artifact::page::scenes::scenes;
use crate::artifact::page::{self, Frame, Picture, note, picture, provider_label, text};
use crate::gallery::{Gallery, Image};

/// See the module.
pub const GENERATOR: Generator = Generator {
    kind: Kind::CompareDeck,
    name: "Compare deck",
    about: "Pictures in pairs with a slider between them, and what differs in how they were made.",
    output: Output::Html,
    options: &[&material::IMAGES, &material::FAILED, &material::PROMPTS, &PAIRS],
    needs: &[],
    audience: Audience::Everyone,
    render,
};

const PAIRS: Field = Field {
    name: "pairs",
    about: "tree: before and after each change; variants: pictures of one prompt; auto: the tree, where there is one.",
    shape: Shape::Choice(&["auto", "tree", "variants"]),
};

const SCRIPT: &str = include_str!("../../../../templates/compare-deck.js");
/// Characters shown of a pair's heading, and of its line in the contents.
const HEADING_CHARS: usize = 220;
const ENTRY_CHARS: usize = 90;

#[derive(Template)]
#[template(path = "compare-deck.html")]
struct Page<'a> {
    frame: Frame<'a>,
    description: String,
    count: String,
    /// What the first and the second picture of a pair are called.
    labels: (&'static str, &'static str),
    pairs: Vec<Pair<'a>>,
    script: &'static str,
}

struct Pair<'a> {
    number: usize,
    heading: String,
    entry: String,
    how: String,
    first: Picture<'a>,
    second: Picture<'a>,
    /// Width by height of the second: the frame of both.
    ratio: String,
    /// The prompt's changes; empty where there are none, and the heading says it all.
    words: Vec<Run>,
    rows: Vec<Row>,
}

/// One fact of both pictures.
struct Row {
    name: &'static str,
    first: String,
    second: String,
}

impl Row {
    fn differs(&self) -> bool {
        self.first != self.second
    }
}

fn render(material: &Material<'_>, settings: &Settings) -> Result<Document, Error> {
    let galleries = material.galleries;
    let found = match settings.choice(PAIRS.name) {
        "tree" => (tree(galleries), true),
        "variants" => (variants(galleries), false),
        _ => Some(tree(galleries))
            .filter(|pairs| !pairs.is_empty())
            .map_or_else(|| (variants(galleries), false), |pairs| (pairs, true)),
    };
    let (found, is_tree) = found;
    let mut pairs: Vec<Pair> = (1..)
        .zip(found)
        .map(|(number, (first, second))| pair(number, first, second, is_tree, material))
        .collect();
    if let Some(pair) = pairs.first_mut() {
        pair.first.eager = true;
        pair.second.eager = true;
    }
    let description =
        note(galleries.first().filter(|_| galleries.len() == 1).map(|gallery| &gallery.description));
    let count = text::count(pairs.len(), "pair", "pairs");
    let page = Page {
        frame: Frame::new(material, "Compare deck", &description, std::slice::from_ref(&count)),
        description,
        count,
        labels: if is_tree { ("Before", "After") } else { ("A", "B") },
        pairs,
        script: SCRIPT,
    };
    Ok(Document {
        body: page.render()?.into_bytes(),
        image_origins: page::image_origins(galleries),
        scripts: vec![page::script_hash(SCRIPT)],
        ..Document::default()
    })
}

/// Each picture that was made from another with that one, in their order.
fn tree(galleries: &[Gallery]) -> Vec<(&Image, &Image)> {
    let mut pairs = Vec::new();
    for gallery in galleries {
        let images: Vec<&Image> = page::shown(std::slice::from_ref(gallery)).collect();
        let by_id: BTreeMap<&str, &Image> = images.iter().map(|image| (image.id.as_str(), *image)).collect();
        let back: BTreeMap<&str, &str> = gallery
            .rollbacks
            .iter()
            .filter_map(|step| Some((step.id.as_str(), step.parent_id.as_deref()?)))
            .collect();
        for child in images.iter().filter(|image| image.near_duplicate_of.is_none()) {
            let steps = std::iter::successors(child.parent_id.as_deref(), |id| back.get(id).copied());
            // As many steps back as there are: a circle has no end.
            let parent = steps.take(back.len() + 1).find_map(|id| by_id.get(id));
            pairs.extend(parent.filter(|parent| parent.id != child.id).map(|parent| (*parent, *child)));
        }
    }
    pairs
}

/// The first choice of each prompt, with each of its other pictures.
fn variants(galleries: &[Gallery]) -> Vec<(&Image, &Image)> {
    let mut pairs = Vec::new();
    for scene in galleries.iter().flat_map(scenes) {
        let Some(chosen) = page::first_choice(&scene.images) else { continue };
        let others = scene.images.iter().filter(|image| image.id != chosen.id);
        pairs.extend(others.map(|other| (chosen, *other)));
    }
    pairs
}

fn pair<'a>(
    number: usize,
    first: &'a Image,
    second: &'a Image,
    is_tree: bool,
    material: &Material<'_>,
) -> Pair<'a> {
    let line = text::line(&second.prompt);
    let heading = if line.is_empty() { format!("Pair {number}") } else { text::cut(&line, HEADING_CHARS) };
    let words = diff::words(&note(Some(&first.prompt)), &note(Some(&second.prompt)));
    let said = words.iter().all(|run| run.side == Side::Both) && line.chars().count() <= HEADING_CHARS;
    let [one, other] = [first, second].map(|image| provider_label(image.provider));
    let how = match (is_tree, second.operation.as_str()) {
        (true, "") => other.to_owned(),
        (true, operation) => format!("{} by {other}", text::cut(&text::line(operation), 60)),
        (false, _) if one == other => format!("two by {one}"),
        (false, _) => format!("{one} and {other}"),
    };
    let rows = facts(first)
        .into_iter()
        .zip(facts(second))
        .map(|(one, other)| Row { name: one.name, first: one.value, second: other.value })
        .filter(|row| !(row.first.is_empty() && row.second.is_empty()));
    let ratio = page::ratio(second);
    Pair {
        number,
        entry: text::cut(&heading, ENTRY_CHARS),
        heading,
        how,
        first: picture(first, "(min-width: 60rem) 84vw, 92vw", material),
        second: picture(second, "(min-width: 60rem) 84vw, 92vw", material),
        ratio: if ratio.is_empty() { "1".to_owned() } else { ratio },
        words: if said { Vec::new() } else { words },
        rows: rows.collect(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::artifact::kinds::testing::{failed, gallery, html_with, image};
    use crate::gallery::Rollback;

    fn child(id: &str, parent: &str, prompt: &str) -> Image {
        Image { parent_id: Some(parent.to_owned()), prompt: prompt.to_owned(), ..image(id) }
    }

    fn ids(pairs: &[(&Image, &Image)]) -> Vec<(String, String)> {
        pairs.iter().map(|(first, second)| (first.id.clone(), second.id.clone())).collect()
    }

    fn named(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(first, second)| ((*first).to_owned(), (*second).to_owned())).collect()
    }

    #[test]
    fn the_tree_leads_across_steps_back_and_out_of_circles() {
        let step = |id: &str, parent: &str| Rollback {
            id: id.to_owned(),
            parent_id: Some(parent.to_owned()),
            created_at: 0,
        };
        let twin = Image { near_duplicate_of: Some("b".to_owned()), ..child("t", "a", "x") };
        let mut project = gallery(vec![
            image("a"),
            child("b", "a", "x"),
            child("c", "r2", "y"),
            child("d", "gone", "z"),
            child("e", "o1", "z"),
            child("f", "f", "z"),
            twin,
        ]);
        project.rollbacks = vec![step("r1", "a"), step("r2", "r1"), step("o1", "o2"), step("o2", "o1")];
        assert_eq!(ids(&tree(&[project])), named(&[("a", "b"), ("a", "c")]));
    }

    #[test]
    fn variants_are_laid_beside_the_one_that_passed() {
        let galleries = [gallery(vec![failed("x"), image("a"), image("b"), child("c", "a", "alone")])];
        assert_eq!(ids(&variants(&galleries)), named(&[("a", "x"), ("a", "b")]));
    }

    #[test]
    fn auto_is_the_tree_where_there_is_one() {
        let shown = |images: Vec<Image>, pairs: &str| {
            let html = html_with(&GENERATOR, &[gallery(images)], &json!({ "pairs": pairs }));
            (html.matches("class=\"pair\"").count(), html.contains("<figcaption>Before</figcaption>"))
        };
        let edited = || vec![image("a"), image("b"), image("c"), child("d", "a", "A blue circle on white")];
        assert_eq!(shown(edited(), "auto"), (1, true));
        assert_eq!(shown(edited(), "variants"), (2, false));
        assert_eq!(shown(vec![image("a"), image("b")], "auto"), (1, false));
        assert_eq!(shown(vec![image("a"), image("b")], "tree"), (0, false));
    }

    #[test]
    fn what_differs_is_marked() {
        let edited = Image { seed: Some(7), ..child("d", "a", "A blue circle on white") };
        let html = html_with(&GENERATOR, &[gallery(vec![image("a"), edited])], &json!({}));
        assert!(html.contains("<del>red</del> <ins>blue</ins> circle on white"), "{html}");
        assert!(html.contains("<tr class=\"differs\"><th scope=\"row\">Seed</th><td></td><td>7</td></tr>"));
        assert!(html.contains("<tr><th scope=\"row\">Maker</th>"));
        let hidden = html_with(
            &GENERATOR,
            &[gallery(vec![image("a"), child("d", "a", "A blue circle")])],
            &json!({ "prompts": false }),
        );
        assert!(hidden.contains("Pair 1") && !hidden.contains("blue") && !hidden.contains("class=\"words\""));
    }
}
