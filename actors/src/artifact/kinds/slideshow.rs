//! The slideshow: one picture a screen.
//!
//! **In**: one project or several; **options** `images`, `failed`, `prompts`, and `seconds` (each picture by itself; 0: only when
//! somebody asks for the next), `notes` (for whoever presents). Near-duplicates stay out. **Out**: a page of slides that snap
//! when they're swiped or scrolled; with its script also by keys (arrows, space, Home, End, F for the whole screen, P for the
//! notes) and by themselves, unless the reader wants no motion; printed, a slide a page (A4 landscape). **Example**:
//! `{"kind": "slideshow", "projectIds": ["…"], "options": {"seconds": 8, "notes": false}}`.
//!
//! `templates/slideshow.html` holds the form, `templates/slideshow.js` its script. Invariants: all is there without the script;
//! the script is the same for every deck and has nobody's words in it.

use askama::Template;

use crate::artifact::generator::{Audience, Document, Error, Generator, Output};
use crate::artifact::kind::Kind;
use crate::artifact::material::{self, Material};
use crate::artifact::options::{Field, Settings, Shape};
use crate::artifact::page::facts::{Fact, facts};
use crate::artifact::page::{self, Frame, Picture, Verdict, note, picture, provider_label, text};
use crate::gallery::Image;

/// See the module.
pub const GENERATOR: Generator = Generator {
    kind: Kind::Slideshow,
    name: "Slideshow",
    about: "One picture a screen, by keys, touch or by itself, with notes for whoever presents.",
    output: Output::Html,
    options: &[&material::IMAGES, &material::FAILED, &material::PROMPTS, &SECONDS, &NOTES],
    needs: &[],
    audience: Audience::Everyone,
    render,
};

const SECONDS: Field = Field {
    name: "seconds",
    about: "How long each picture is shown before the next comes by itself; 0 waits for the reader.",
    shape: Shape::Number { least: 0, most: 60, default: 0 },
};
const NOTES: Field = Field {
    name: "notes",
    about: "Whether each picture has presenter's notes, to be opened; without, they aren't in the file either.",
    shape: Shape::Flag { default: true },
};

const SCRIPT: &str = include_str!("../../../../templates/slideshow.js");
/// Characters shown of a prompt below its picture: two lines.
const PROMPT_CHARS: usize = 180;

#[derive(Template)]
#[template(path = "slideshow.html")]
struct Page<'a> {
    frame: Frame<'a>,
    description: String,
    count: String,
    seconds: i64,
    has_notes: bool,
    slides: Vec<Slide<'a>>,
    script: &'static str,
}

struct Slide<'a> {
    number: usize,
    picture: Picture<'a>,
    prompt: String,
    provider: &'static str,
    notes: Option<Notes>,
}

/// For whoever presents.
struct Notes {
    judge: String,
    retry: String,
    prompt: String,
    facts: Vec<Fact>,
}

fn render(material: &Material<'_>, settings: &Settings) -> Result<Document, Error> {
    let galleries = material.galleries;
    let has_notes = settings.flag(NOTES.name);
    let images = page::shown(galleries).filter(|image| image.near_duplicate_of.is_none());
    let slides: Vec<Slide> =
        (1..).zip(images).map(|(number, image)| slide(image, number, has_notes, material)).collect();
    let description =
        note(galleries.first().filter(|_| galleries.len() == 1).map(|gallery| &gallery.description));
    let count = text::count(slides.len(), "image", "images");
    let page = Page {
        frame: Frame::new(material, "Slideshow", &description, std::slice::from_ref(&count)),
        description,
        count,
        seconds: settings.number(SECONDS.name),
        has_notes: has_notes && !slides.is_empty(),
        slides,
        script: SCRIPT,
    };
    Ok(Document {
        body: page.render()?.into_bytes(),
        image_origins: page::image_origins(galleries),
        scripts: vec![page::script_hash(SCRIPT)],
        ..Document::default()
    })
}

fn slide<'a>(image: &'a Image, number: usize, has_notes: bool, material: &Material<'_>) -> Slide<'a> {
    let failed = Verdict::of(image) == Verdict::Fail;
    let notes = || Notes {
        judge: note(image.notes.as_ref()),
        retry: note(image.retry_suggestion.as_ref().filter(|_| failed)),
        prompt: note(Some(&image.prompt)),
        facts: facts(image),
    };
    // The first picture is one swipe away from what is seen first.
    let picture = Picture { eager: number == 1, ..picture(image, "100vw", material) };
    Slide {
        number,
        picture,
        prompt: text::cut(&text::line(&image.prompt), PROMPT_CHARS),
        provider: provider_label(image.provider),
        notes: has_notes.then(notes),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::artifact::kinds::testing::{failed, gallery, html_with, image, material, render};

    #[test]
    fn a_slide_is_a_picture_and_the_notes_are_asked_for() {
        let twin = Image { near_duplicate_of: Some("a".to_owned()), ..image("t") };
        let galleries = [gallery(vec![image("a"), failed("b"), twin])];
        let html = html_with(&GENERATOR, &galleries, &json!({}));
        assert_eq!(html.matches("<section class=\"slide\"").count(), 2);
        assert!(html.contains("The circle is blue.") && html.contains("Name the colour first."));
        let bare = html_with(&GENERATOR, &galleries, &json!({ "notes": false }));
        assert!(!bare.contains("The circle is blue.") && !bare.contains("<details"));
    }

    #[test]
    fn seconds_are_data_and_not_script() {
        let galleries = [gallery(vec![image("a")])];
        let playing = html_with(&GENERATOR, &galleries, &json!({ "seconds": 8 }));
        assert!(playing.contains("data-seconds=\"8\""));
        let script =
            |html: &str| html.split_once("<script>").unwrap().1.split_once("</script>").unwrap().0.to_owned();
        assert_eq!(script(&playing), SCRIPT);
        assert_eq!(script(&html_with(&GENERATOR, &galleries, &json!({}))), SCRIPT);
        let document = render(&GENERATOR, &material(&galleries));
        assert_eq!(document.scripts, [page::script_hash(SCRIPT)]);
    }
}
