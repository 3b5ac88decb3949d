//! The stakeholder PDF: a project as a document that can be mailed, printed and filed.
//!
//! **In**: one project or several; **options** `images`, `failed`, `prompts`, `notes`, `paper`. **Out**: a PDF with a cover,
//! contents with page numbers and bookmarks, a page for each picture at its full resolution (2,048 pixels at most), who made
//! it, what the judge says, and a last page about the makers. At most [`PICTURES_MAX`] pictures; near-duplicates are left out.
//! Fonts are embedded, and text can be searched and copied in the scripts that they cover: Latin, Greek and Cyrillic.
//! **Example**: `{"kind": "stakeholder-pdf", "projectIds": ["…"], "options": {"paper": "letter"}}`.

use crate::artifact::generator::{self, Audience, Error, Generator, Output};
use crate::artifact::kind::Kind;
use crate::artifact::material::{self, Material, Need, Pictures, Printed};
use crate::artifact::options::{Field, Settings, Shape};
use crate::artifact::page::{self, Verdict, text};
use crate::artifact::pdf::{About, Area, Colour, Document, Font, FontId, Page, Paper, Placed, Target};
use crate::calendar;
use crate::gallery::{Gallery, Image};

/// See the module.
pub const GENERATOR: Generator = Generator {
    kind: Kind::StakeholderPdf,
    name: "Stakeholder PDF",
    about: "A document to mail, print and file: cover, contents, a page for each picture with its verdict.",
    output: Output::Pdf,
    options: &[&material::IMAGES, &material::FAILED, &material::PROMPTS, &NOTES, &PAPER],
    needs: &[Need::Pictures(PICTURES)],
    audience: Audience::Everyone,
    render,
};

const PICTURES: Pictures = Pictures { choose, longest: 2_048 };

/// Pictures in one document: each is decoded and written anew, about a tenth of a second for a megapixel.
pub const PICTURES_MAX: usize = 60;

const NOTES: Field = Field {
    name: "notes",
    about: "Whether the judge's notes and suggestions are shown.",
    shape: Shape::Flag { default: true },
};
const PAPER: Field =
    Field { name: "paper", about: "The size of the sheets.", shape: Shape::Choice(&["a4", "letter"]) };

const MARGIN: f32 = 48.0;
const INK: Colour = [0.11, 0.10, 0.09];
const SOFT: Colour = [0.37, 0.35, 0.31];
const RULE: Colour = [0.85, 0.82, 0.76];
const ACCENT: Colour = [0.72, 0.25, 0.11];
const PASS: Colour = [0.13, 0.38, 0.24];
const FAIL: Colour = [0.59, 0.20, 0.10];
/// Entries of the contents on one page.
const ENTRIES: usize = 26;

/// One prompt and its pictures.
struct Chapter<'a> {
    heading: String,
    plates: Vec<(&'a Image, &'a Printed)>,
}

/// What all pages are written with.
struct Writer<'a> {
    document: Document<'a>,
    paper: Paper,
    serif: FontId,
    sans: FontId,
    title: String,
}

fn choose(galleries: &[Gallery], _: &Settings) -> Vec<String> {
    page::distinct(galleries).take(PICTURES_MAX).map(|image| image.id.clone()).collect()
}

fn render(material: &Material<'_>, settings: &Settings) -> Result<generator::Document, Error> {
    let paper = if settings.choice(PAPER.name) == "letter" { Paper::LETTER } else { Paper::A4 };
    let mut document = Document::new(paper);
    let fonts = Font::new("NotoSerif", material.fonts.serif).zip(Font::new("NotoSans", material.fonts.sans));
    let (serif, sans) = fonts.ok_or(Error::Font)?;
    let (serif, sans) = (document.font(serif), document.font(sans));
    let title = page::title(material, GENERATOR.name);
    let mut writer = Writer { document, paper, serif, sans, title };
    let chapters = chapters(material);
    let description = match material.galleries {
        [only] => text::clean(&only.description),
        _ => String::new(),
    };
    writer.cover(material, &chapters, &description);
    writer.body(&chapters, settings.flag(NOTES.name));
    writer.colophon(material, &chapters);
    let (year, month, day) = calendar::date(material.published_at);
    let part = |number: i64| u8::try_from(number).unwrap_or(1);
    let about = About {
        title: &writer.title,
        subject: &description,
        made: (u16::try_from(year).unwrap_or(1970), part(month), part(day)),
    };
    let body = writer.document.finish(about).ok_or(Error::Font)?;
    Ok(generator::Document { body, ..generator::Document::default() })
}

/// The printed pictures by prompt, in order of appearance; in a chapter, what passed comes first.
fn chapters<'a>(material: &Material<'a>) -> Vec<Chapter<'a>> {
    let mut chapters: Vec<Chapter<'a>> = Vec::new();
    for image in page::shown(material.galleries) {
        let Some(printed) = material.pictures.iter().find(|printed| printed.id == image.id) else { continue };
        let heading = text::line(&image.prompt);
        match chapters.iter_mut().find(|chapter| chapter.heading == heading) {
            Some(chapter) => chapter.plates.push((image, printed)),
            None => chapters.push(Chapter { heading, plates: vec![(image, printed)] }),
        }
    }
    for chapter in &mut chapters {
        chapter.plates.sort_by_key(|(image, _)| Verdict::of(image));
    }
    chapters
}

impl Writer<'_> {
    fn inner(&self) -> f32 {
        self.paper.width - 2.0 * MARGIN
    }

    fn cover(&mut self, material: &Material<'_>, chapters: &[Chapter<'_>], description: &str) {
        let reference = self.document.page_to_come();
        let mut page = self.document.page(reference);
        let plates: Vec<&(&Image, &Printed)> = chapters.iter().flat_map(|chapter| &chapter.plates).collect();
        let mut y = 150.0;
        if let Some((_, printed)) = plates.iter().min_by_key(|(image, _)| Verdict::of(image)) {
            let picture = self.document.picture(&printed.jpeg, printed.width, printed.height);
            let area = Area { x: 0.0, y: 0.0, width: self.paper.width, height: self.paper.height * 0.56 };
            self.document.cover(&mut page, picture, area);
            y = area.height + 44.0;
        }
        self.document.text(&mut page, self.sans, (MARGIN, y), 8.5, ACCENT, "FOR REVIEW");
        y += 40.0;
        let size = if self.title.chars().count() > 40 { 25.0 } else { 34.0 };
        for line in self.document.lines(self.serif, &self.title, size, self.inner(), 3) {
            self.document.text(&mut page, self.serif, (MARGIN, y), size, INK, &line);
            y += size * 1.18;
        }
        for line in self.document.lines(self.serif, description, 12.0, self.inner() * 0.8, 4) {
            self.document.text(&mut page, self.serif, (MARGIN, y), 12.0, SOFT, &line);
            y += 17.5;
        }
        let passed = plates.iter().filter(|(image, _)| Verdict::of(image) == Verdict::Pass).count();
        let counts = [
            text::count(plates.len(), "picture", "pictures"),
            text::count(passed, "meets the brief", "meet the brief"),
            text::day(material.published_at).spoken,
        ];
        let bottom = self.paper.height - MARGIN;
        let rule = Area { x: MARGIN, y: bottom - 20.0, width: self.inner(), height: 0.6 };
        self.document.rectangle(&mut page, rule, INK);
        self.document.text(&mut page, self.sans, (MARGIN, bottom), 9.0, SOFT, &counts.join("   ·   "));
        self.document.end(page);
    }

    /// Contents and pictures: the contents name pages that come after them, so their number is settled first.
    fn body(&mut self, chapters: &[Chapter<'_>], notes: bool) {
        let references: Vec<Vec<_>> = chapters
            .iter()
            .map(|chapter| chapter.plates.iter().map(|_| self.document.page_to_come()).collect())
            .collect();
        let sheets = chapters.len().div_ceil(ENTRIES);
        let mut number = 2 + sheets;
        let mut entries = Vec::new();
        for (chapter, pages) in chapters.iter().zip(&references) {
            let name = if chapter.heading.is_empty() { "Without a prompt" } else { &chapter.heading };
            if let Some(first) = pages.first() {
                entries.push((text::cut(name, 160), number, *first));
            }
            number += pages.len();
        }
        for entries in entries.chunks(ENTRIES) {
            self.contents(entries);
        }
        for (name, _, page) in &entries {
            self.document.bookmark(name, *page);
        }
        let (mut plate, mut number) = (0, 2 + sheets);
        for (chapter, pages) in chapters.iter().zip(references) {
            for ((image, printed), reference) in chapter.plates.iter().zip(pages) {
                plate += 1;
                let page = self.document.page(reference);
                self.plate(page, (plate, number), (image, printed), notes);
                number += 1;
            }
        }
    }

    fn contents(&mut self, entries: &[(String, usize, pdf_writer::Ref)]) {
        let reference = self.document.page_to_come();
        let mut page = self.document.page(reference);
        self.document.text(&mut page, self.serif, (MARGIN, MARGIN + 30.0), 24.0, INK, "Contents");
        let mut y = MARGIN + 74.0;
        for (name, number, target) in entries {
            let line = self.document.lines(self.serif, name, 11.5, self.inner() - 48.0, 1).concat();
            self.document.text(&mut page, self.serif, (MARGIN, y), 11.5, INK, &line);
            let number = number.to_string();
            let right = self.paper.width - MARGIN - self.document.width(self.sans, &number, 9.0);
            self.document.text(&mut page, self.sans, (right, y), 9.0, SOFT, &number);
            let rule = Area { x: MARGIN, y: y + 8.0, width: self.inner(), height: 0.4 };
            self.document.rectangle(&mut page, rule, RULE);
            let row = Area { x: MARGIN, y: y - 14.0, width: self.inner(), height: 22.0 };
            page.link(row, Target::Page(*target));
            y += 25.0;
        }
        self.document.end(page);
    }

    fn plate(
        &mut self,
        mut page: Page,
        (plate, number): (usize, usize),
        (image, printed): (&Image, &Printed),
        notes: bool,
    ) {
        let picture: Placed = self.document.picture(&printed.jpeg, printed.width, printed.height);
        let frame = Area { x: MARGIN, y: MARGIN, width: self.inner(), height: self.paper.height * 0.62 };
        let taken = self.document.fit(&mut page, picture, frame);
        let mut y = taken.y + taken.height + 26.0;
        let verdict = Verdict::of(image);
        let colour = match verdict {
            Verdict::Pass => PASS,
            Verdict::Open => SOFT,
            Verdict::Fail => FAIL,
        };
        let by =
            [format!("No. {plate}"), page::provider_label(image.provider).to_owned(), page::model(image)];
        let by = by.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("   ");
        self.document.text(&mut page, self.sans, (MARGIN, y), 9.0, SOFT, &by);
        let right = self.paper.width - MARGIN - self.document.width(self.sans, verdict.label(), 9.0);
        self.document.text(&mut page, self.sans, (right, y), 9.0, colour, verdict.label());
        y += 22.0;
        let bottom = self.paper.height - MARGIN - 24.0;
        let retry = image.retry_suggestion.as_ref().filter(|_| verdict == Verdict::Fail);
        let mut words = vec![(text::clean(&image.prompt), 12.5, INK)];
        if notes {
            words.push((page::note(image.notes.as_ref()), 10.5, SOFT));
            words.extend(retry.map(|retry| (format!("Try next: {}", page::note(Some(retry))), 10.5, FAIL)));
        }
        for (words, size, colour) in words {
            let room = ((bottom - y) / (size * 1.42)).max(0.0);
            for line in self.document.lines(self.serif, &words, size, self.inner(), whole(room).min(9)) {
                self.document.text(&mut page, self.serif, (MARGIN, y), size, colour, &line);
                y += size * 1.42;
            }
            y += 7.0;
        }
        page.link(taken, Target::Web(image.url.clone()));
        self.foot(&mut page, number);
        self.document.end(page);
    }

    fn foot(&mut self, page: &mut Page, number: usize) {
        let y = self.paper.height - MARGIN + 14.0;
        let title = self.document.lines(self.sans, &self.title, 8.0, self.inner() - 60.0, 1).concat();
        self.document.text(page, self.sans, (MARGIN, y), 8.0, SOFT, &title);
        let number = number.to_string();
        let right = self.paper.width - MARGIN - self.document.width(self.sans, &number, 8.0);
        self.document.text(page, self.sans, (right, y), 8.0, SOFT, &number);
    }

    fn colophon(&mut self, material: &Material<'_>, chapters: &[Chapter<'_>]) {
        let reference = self.document.page_to_come();
        let mut page = self.document.page(reference);
        let images: Vec<&Image> =
            chapters.iter().flat_map(|chapter| &chapter.plates).map(|(image, _)| *image).collect();
        self.document.text(&mut page, self.serif, (MARGIN, MARGIN + 30.0), 24.0, INK, "Made with Picasso");
        let shown = page::shown(material.galleries).count();
        let left_out = shown.saturating_sub(images.len());
        let mut words = page::makers(&images);
        if images.is_empty() {
            words.push("There are no pictures in it yet.".to_owned());
        } else {
            words.push(
                "Every picture here was generated by AI. The verdicts and notes are a vision model’s reading of each \
                 picture against its prompt."
                    .to_owned(),
            );
        }
        if left_out > 0 {
            words.push(format!(
                "{} left out: near-duplicates, and what is over {PICTURES_MAX}.",
                text::count(left_out, "picture is", "pictures are")
            ));
        }
        words.push(format!("Published on {}.", text::day(material.published_at).spoken));
        let mut y = MARGIN + 66.0;
        for words in words {
            for line in self.document.lines(self.serif, &words, 10.5, self.inner() * 0.75, 6) {
                self.document.text(&mut page, self.serif, (MARGIN, y), 10.5, SOFT, &line);
                y += 15.5;
            }
            y += 5.0;
        }
        self.document.end(page);
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "lines on a page: 0 to a hundred"
)]
const fn whole(lines: f32) -> usize {
    lines as usize
}
