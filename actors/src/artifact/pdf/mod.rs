//! A PDF as a generator writes it: pages with text, pictures, lines and links; fonts embedded, contents as bookmarks.
//!
//! Coordinates are points from the top left, as people read. Strings are escaped by [`pdf_writer`]; there is no script and no
//! action but links inside the document and to `https`.

mod font;

pub use font::Font;

use pdf_writer::types::{ActionType, AnnotationType};
use pdf_writer::{Content, Filter, Finish as _, Name, Pdf, Rect, Ref, Str, TextStr};

/// An RGB colour, each part 0 to 1.
pub type Colour = [f32; 3];

/// A sheet, in points.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Paper {
    /// Points.
    pub width: f32,
    /// Points.
    pub height: f32,
}

impl Paper {
    /// ISO A4.
    pub const A4: Self = Self { width: 595.276, height: 841.89 };
    /// US Letter.
    pub const LETTER: Self = Self { width: 612.0, height: 792.0 };
}

/// A rectangle on a page, in points from the top left.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Area {
    /// From the left.
    pub x: f32,
    /// From the top.
    pub y: f32,
    /// Points.
    pub width: f32,
    /// Points.
    pub height: f32,
}

/// A picture that was put into the document.
#[derive(Debug, Clone, Copy)]
pub struct Placed {
    object: Ref,
    /// Width by height.
    pub ratio: f32,
}

/// What a document says of itself.
#[derive(Debug, Clone, Copy)]
pub struct About<'a> {
    /// Its title.
    pub title: &'a str,
    /// What it's about.
    pub subject: &'a str,
    /// When it was made: year, month, day.
    pub made: (u16, u8, u8),
}

/// A document that's being written.
pub struct Document<'a> {
    pdf: Pdf,
    next: i32,
    paper: Paper,
    fonts: Vec<(Font<'a>, font::Refs)>,
    pages: Vec<Ref>,
    bookmarks: Vec<(String, Ref)>,
    tree: Ref,
}

/// Which of a document's fonts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FontId(usize);

/// A page that's being written.
pub struct Page {
    reference: Ref,
    content: Content,
    pictures: Vec<Ref>,
    links: Vec<(Area, Target)>,
}

/// Where a link leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// A page of this document.
    Page(Ref),
    /// An address; anything but `https` isn't written.
    Web(String),
}

impl<'a> Document<'a> {
    /// An empty one.
    pub fn new(paper: Paper) -> Self {
        let mut document = Self {
            pdf: Pdf::new(),
            next: 1,
            paper,
            fonts: Vec::new(),
            pages: Vec::new(),
            bookmarks: Vec::new(),
            tree: Ref::new(1),
        };
        document.tree = document.object();
        document
    }

    /// Adds a font.
    pub fn font(&mut self, font: Font<'a>) -> FontId {
        let refs = font::Refs::new(|| self.object());
        self.fonts.push((font, refs));
        FontId(self.fonts.len() - 1)
    }

    /// Adds an RGB JPEG, which is kept as it is.
    pub fn picture(&mut self, jpeg: &[u8], width: u32, height: u32) -> Placed {
        let object = self.object();
        let side = |pixels: u32| i32::try_from(pixels).unwrap_or(i32::MAX);
        let mut image = self.pdf.image_xobject(object, jpeg);
        image.filter(Filter::DctDecode);
        image.width(side(width)).height(side(height));
        image.color_space().device_rgb();
        image.bits_per_component(8);
        image.finish();
        Placed { object, ratio: lossy(width) / lossy(height.max(1)) }
    }

    /// The object of a page that is yet to come, to link to.
    pub fn page_to_come(&mut self) -> Ref {
        self.object()
    }

    /// Begins a page.
    pub fn page(&mut self, reference: Ref) -> Page {
        Page { reference, content: Content::new(), pictures: Vec::new(), links: Vec::new() }
    }

    /// Names a page in the document's contents.
    pub fn bookmark(&mut self, name: &str, page: Ref) {
        self.bookmarks.push((name.to_owned(), page));
    }

    /// How wide a text is, in points.
    pub fn width(&self, font: FontId, text: &str, size: f32) -> f32 {
        self.fonts.get(font.0).map_or(0.0, |(font, _)| font.typeface.width(text, size))
    }

    /// See [`crate::artifact::typeface::Typeface::lines`].
    pub fn lines(&self, font: FontId, text: &str, size: f32, width: f32, lines: usize) -> Vec<String> {
        self.fonts
            .get(font.0)
            .map(|(font, _)| font.typeface.lines(text, size, width, lines))
            .unwrap_or_default()
    }

    /// A line of text whose baseline is `y` points from the top.
    pub fn text(
        &mut self,
        page: &mut Page,
        font: FontId,
        (x, y): (f32, f32),
        size: f32,
        colour: Colour,
        text: &str,
    ) {
        let Some((font, _)) = self.fonts.get_mut(font.0) else { return };
        let [red, green, blue] = colour;
        page.content.begin_text().set_fill_rgb(red, green, blue).set_font(font.name(), size);
        page.content.next_line(x, self.paper.height - y).show(Str(&font.encode(text)));
        page.content.end_text();
    }

    /// A picture that fills an area; what is too wide or too high of it is cut off evenly.
    pub fn cover(&self, page: &mut Page, picture: Placed, area: Area) {
        let (mut width, mut height) = (area.width, area.width / picture.ratio);
        if height < area.height {
            (width, height) = (area.height * picture.ratio, area.height);
        }
        let bottom = self.paper.height - area.y - area.height;
        page.content.save_state().rect(area.x, bottom, area.width, area.height).clip_nonzero().end_path();
        let (x, y) = (area.x - (width - area.width) / 2.0, bottom - (height - area.height) / 2.0);
        page.place(picture, [width, 0.0, 0.0, height, x, y]);
        page.content.restore_state();
    }

    /// A picture as large as it can be in an area, at its top left; the area that it takes.
    pub fn fit(&self, page: &mut Page, picture: Placed, area: Area) -> Area {
        let mut taken = Area { height: area.width / picture.ratio, ..area };
        if taken.height > area.height {
            taken = Area { width: area.height * picture.ratio, ..area };
        }
        page.content.save_state();
        let y = self.paper.height - area.y - taken.height;
        page.place(picture, [taken.width, 0.0, 0.0, taken.height, area.x, y]);
        page.content.restore_state();
        taken
    }

    /// A filled rectangle.
    pub fn rectangle(&self, page: &mut Page, area: Area, [red, green, blue]: Colour) {
        page.content.set_fill_rgb(red, green, blue);
        page.content.rect(area.x, self.paper.height - area.y - area.height, area.width, area.height);
        page.content.fill_nonzero();
    }

    /// Ends a page.
    pub fn end(&mut self, page: Page) {
        let Page { reference, content, pictures, links } = page;
        let (stream, tree) = (self.object(), self.tree);
        let links: Vec<(Ref, Area, Target)> =
            links.into_iter().map(|(area, target)| (self.object(), area, target)).collect();
        self.pdf.stream(stream, &content.finish());
        for (object, area, target) in &links {
            self.link(*object, *area, target);
        }
        let mut written = self.pdf.page(reference);
        written.parent(tree).contents(stream);
        written.media_box(Rect::new(0.0, 0.0, self.paper.width, self.paper.height));
        if !links.is_empty() {
            written.annotations(links.iter().map(|(object, ..)| *object));
        }
        let mut resources = written.resources();
        let mut fonts = resources.fonts();
        for (font, refs) in &self.fonts {
            fonts.pair(font.name(), refs.font);
        }
        fonts.finish();
        let mut objects = resources.x_objects();
        for picture in &pictures {
            objects.pair(Name(name_of(*picture).as_bytes()), *picture);
        }
        objects.finish();
        resources.finish();
        written.finish();
        self.pages.push(reference);
    }

    /// Ends the document; `None` when a font didn't let itself be embedded.
    pub fn finish(mut self, about: About<'_>) -> Option<Vec<u8>> {
        let (catalog, info, outline) = (self.object(), self.object(), self.object());
        for (font, refs) in &self.fonts {
            if !font.write(&mut self.pdf, *refs) {
                return None;
            }
        }
        let count = i32::try_from(self.pages.len()).ok()?;
        self.pdf.pages(self.tree).kids(self.pages.iter().copied()).count(count);
        let has_bookmarks = self.write_bookmarks(outline);
        let (year, month, day) = about.made;
        let made =
            pdf_writer::Date::new(year).month(month).day(day).hour(0).minute(0).second(0).utc_offset_hour(0);
        self.pdf
            .document_info(info)
            .title(TextStr(about.title))
            .subject(TextStr(about.subject))
            .creator(TextStr("Picasso"))
            .creation_date(made);
        let mut root = self.pdf.catalog(catalog);
        root.pages(self.tree).lang(TextStr("en"));
        root.viewer_preferences().display_doc_title(true);
        if has_bookmarks {
            root.outlines(outline);
        }
        root.finish();
        Some(self.pdf.finish())
    }

    fn write_bookmarks(&mut self, outline: Ref) -> bool {
        let items: Vec<Ref> = (0..self.bookmarks.len()).map(|_| self.object()).collect();
        let (Some(first), Some(last)) = (items.first(), items.last()) else { return false };
        let count = i32::try_from(items.len()).unwrap_or(i32::MAX);
        self.pdf.outline(outline).first(*first).last(*last).count(count);
        for (at, ((name, page), item)) in self.bookmarks.iter().zip(&items).enumerate() {
            let mut written = self.pdf.outline_item(*item);
            written.title(TextStr(name)).parent(outline);
            if let Some(before) = at.checked_sub(1).and_then(|before| items.get(before)) {
                written.prev(*before);
            }
            if let Some(after) = items.get(at + 1) {
                written.next(*after);
            }
            written.dest().page(*page).fit();
        }
        true
    }

    fn link(&mut self, object: Ref, area: Area, target: &Target) {
        let bottom = self.paper.height - area.y - area.height;
        let mut link = self.pdf.annotation(object);
        link.subtype(AnnotationType::Link).border(0.0, 0.0, 0.0, None);
        link.rect(Rect::new(area.x, bottom, area.x + area.width, bottom + area.height));
        match target {
            Target::Page(page) => {
                link.action().action_type(ActionType::GoTo).destination().page(*page).fit();
            }
            Target::Web(address) => {
                link.action().action_type(ActionType::Uri).uri(Str(address.as_bytes()));
            }
        }
    }

    const fn object(&mut self) -> Ref {
        let object = Ref::new(self.next);
        self.next += 1;
        object
    }
}

impl Page {
    /// Makes an area a link.
    pub fn link(&mut self, area: Area, target: Target) {
        let safe = match &target {
            Target::Page(_) => true,
            Target::Web(address) => address.starts_with("https://") && address.is_ascii(),
        };
        if safe {
            self.links.push((area, target));
        }
    }

    fn place(&mut self, picture: Placed, matrix: [f32; 6]) {
        if !self.pictures.contains(&picture.object) {
            self.pictures.push(picture.object);
        }
        self.content.transform(matrix).x_object(Name(name_of(picture.object).as_bytes()));
    }
}

fn name_of(picture: Ref) -> String {
    format!("P{}", picture.get())
}

#[expect(clippy::cast_precision_loss, reason = "a picture's side: under 2^24 pixels")]
const fn lossy(pixels: u32) -> f32 {
    pixels as f32
}
