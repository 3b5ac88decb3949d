//! The lookbook: a project as one page that a client can be sent.
//!
//! Its job is the page's content: which pictures, in which order and size, with which words. `templates/lookbook.html`
//! holds the form. Invariants: the page carries no script and asks for nothing but pictures, and only from
//! [`image_origins`]; every word of a user, a provider or the judge is escaped by the template; the output grows linearly
//! with the number of images; the same input gives the same bytes. Absent here: headers (the HTTP edge sets the
//! Content-Security-Policy with `image_origins`), storage, and clocks.

mod delivery;
mod text;
mod view;

#[cfg(test)]
mod tests;

use askama::Template as _;

use crate::gallery::{Gallery, Image};

/// What the page says that isn't in the projects.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Options {
    /// The page's title; empty takes the first project's name.
    pub title: String,
    /// When it was published, in epoch milliseconds (UTC). Shown as a date.
    pub published_at: i64,
    /// Where the page will be found: an absolute `https` (or loopback `http`) URL. Any other is left out of the page.
    pub page_url: String,
    /// Whether the Images account has flexible variants switched on (it hasn't by default). Only then may the page ask
    /// for other widths than the delivered one; with it off, each picture has one size and no `srcset`.
    pub flexible_variants: bool,
}

/// Why there is no page.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The template engine gave up.
    #[error("the lookbook could not be rendered: {0}")]
    Template(#[from] askama::Error),
}

/// The whole page as UTF-8 HTML.
///
/// An image whose URL isn't safe to show is left out, and the page's last lines say how many were. Near-duplicates are
/// collected in a strip at the end.
///
/// # Errors
/// [`Error::Template`], which no input is known to cause.
pub fn render(galleries: &[Gallery], options: &Options) -> Result<String, Error> {
    let images: usize = galleries.iter().map(|gallery| gallery.images.len()).sum();
    let mut html = String::with_capacity(PAGE_BYTES + images.saturating_mul(IMAGE_BYTES));
    view::page(galleries, options).render_into(&mut html)?;
    Ok(html)
}

/// Every origin (`scheme://host[:port]`) that the page loads a picture from, once each, in order of appearance: the
/// `img-src` of its Content-Security-Policy. Holds only `https` and loopback `http`, and no byte that could end a
/// directive.
pub fn image_origins(galleries: &[Gallery]) -> Vec<String> {
    let mut origins: Vec<String> = Vec::new();
    for image in shown(galleries) {
        if let Some(origin) = delivery::origin(&image.url)
            && !origins.contains(&origin)
        {
            origins.push(origin);
        }
    }
    origins
}

/// The style sheet, the head and the cover, in bytes; a hint for the allocator.
const PAGE_BYTES: usize = 16 * 1024;

/// One picture with its caption, in bytes; a hint for the allocator.
const IMAGE_BYTES: usize = 1536;

fn shown(galleries: &[Gallery]) -> impl Iterator<Item = &Image> {
    galleries.iter().flat_map(|gallery| &gallery.images).filter(|image| delivery::is_safe(&image.url))
}
