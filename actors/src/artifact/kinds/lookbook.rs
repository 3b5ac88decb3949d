//! The lookbook: a project as one page that a client can be sent.
//!
//! **In**: one project or several; **options** `images`, `failed`, `prompts`. **Out**: a page with a cover, a chapter for each
//! prompt in which what meets the brief comes first, the judge's words beside each picture, and a strip of near-duplicates at
//! the end; several projects are parts with headings. **Example**: `{"kind": "lookbook", "projectIds": ["…"], "title": "Spring"}`.
//!
//! `templates/lookbook.html` holds the form. Invariants: no script; the output grows linearly with the number of images; the
//! same input gives the same bytes.

mod view;

#[cfg(test)]
mod tests;

use askama::Template as _;

use crate::artifact::generator::{Audience, Document, Error, Generator, Output};
use crate::artifact::kind::Kind;
use crate::artifact::material::{self, Material};
use crate::artifact::options::Settings;
use crate::artifact::page;

/// See the module.
pub const GENERATOR: Generator = Generator {
    kind: Kind::Lookbook,
    name: "Lookbook",
    about: "A project as one page that a client can be sent: cover, chapters, verdicts.",
    output: Output::Html,
    options: &[&material::IMAGES, &material::FAILED, &material::PROMPTS],
    needs: &[],
    audience: Audience::Everyone,
    render,
};

/// The style sheet, the head and the cover, in bytes; a hint for the allocator.
const PAGE_BYTES: usize = 16 * 1024;

/// One picture with its caption, in bytes; a hint for the allocator.
const IMAGE_BYTES: usize = 1536;

/// An image whose URL isn't safe to show is left out, and the page's last lines say how many were. Near-duplicates are
/// collected in a strip at the end.
fn render(material: &Material<'_>, _: &Settings) -> Result<Document, Error> {
    let images: usize = material.galleries.iter().map(|gallery| gallery.images.len()).sum();
    let mut html = String::with_capacity(PAGE_BYTES + images.saturating_mul(IMAGE_BYTES));
    view::page(material).render_into(&mut html)?;
    Ok(Document {
        body: html.into_bytes(),
        image_origins: page::image_origins(material.galleries),
        ..Document::default()
    })
}
