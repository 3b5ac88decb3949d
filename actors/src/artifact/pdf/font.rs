//! A font in a PDF: what was used of it is embedded, as glyph numbers with a map back to Unicode, so that text can be searched
//! and copied.

use std::collections::BTreeMap;

use pdf_writer::types::{CidFontType, FontFlags, SystemInfo, UnicodeCmap};
use pdf_writer::{Finish as _, Name, Pdf, Rect, Ref, Str};
use subsetter::GlyphRemapper;

use crate::artifact::typeface::{EM, Typeface};

const SYSTEM: SystemInfo<'static> =
    SystemInfo { registry: Str(b"Adobe"), ordering: Str(b"Identity"), supplement: 0 };

/// A TrueType font, and which of its glyphs were used.
pub struct Font<'a> {
    /// Its letters.
    pub typeface: Typeface<'a>,
    /// As PDF names it: the resource and the font.
    name: &'static str,
    glyphs: GlyphRemapper,
    letters: BTreeMap<u16, char>,
}

/// The objects that one font takes.
#[derive(Debug, Clone, Copy)]
pub struct Refs {
    /// What pages refer to.
    pub font: Ref,
    cid: Ref,
    descriptor: Ref,
    unicode: Ref,
    file: Ref,
}

impl Refs {
    /// Draws them from `next`.
    pub fn new(mut next: impl FnMut() -> Ref) -> Self {
        Self { font: next(), cid: next(), descriptor: next(), unicode: next(), file: next() }
    }
}

impl<'a> Font<'a> {
    /// Reads it; `None` for what isn't a TrueType font.
    pub fn new(name: &'static str, data: &'a [u8]) -> Option<Self> {
        let typeface = Typeface::new(data)?;
        Some(Self { typeface, name, glyphs: GlyphRemapper::new(), letters: BTreeMap::new() })
    }

    /// How it's called in a page's resources.
    pub const fn name(&self) -> Name<'static> {
        Name(self.name.as_bytes())
    }

    /// The text as a content stream shows it.
    pub fn encode(&mut self, text: &str) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(text.len() * 2);
        for letter in text.chars() {
            let glyph = self.typeface.glyph(letter);
            let number = self.glyphs.remap(glyph);
            if glyph != 0 {
                self.letters.entry(number).or_insert(letter);
            }
            bytes.extend(number.to_be_bytes());
        }
        bytes
    }

    /// Embeds what was used. `false` when the font doesn't let itself be cut.
    pub fn write(&self, pdf: &mut Pdf, refs: Refs) -> bool {
        let Ok(file) = subsetter::subset(self.typeface.data, 0, &self.glyphs) else { return false };
        // The six letters say that it isn't the whole font.
        let name = format!("PICASO+{}", self.name);
        let name = Name(name.as_bytes());
        pdf.type0_font(refs.font)
            .base_font(name)
            .encoding_predefined(Name(b"Identity-H"))
            .descendant_font(refs.cid)
            .to_unicode(refs.unicode);
        let mut cid = pdf.cid_font(refs.cid);
        cid.subtype(CidFontType::Type2).base_font(name).system_info(SYSTEM).font_descriptor(refs.descriptor);
        cid.default_width(0.0).cid_to_gid_map_predefined(Name(b"Identity"));
        cid.widths().consecutive(0, self.glyphs.remapped_gids().map(|glyph| self.typeface.advance(glyph)));
        cid.finish();
        let face = &self.typeface.face;
        let scaled = |units: i16| f32::from(units) * EM / f32::from(face.units_per_em());
        let ttf_parser::Rect { x_min, y_min, x_max, y_max } = face.global_bounding_box();
        pdf.font_descriptor(refs.descriptor)
            .name(name)
            .flags(FontFlags::SYMBOLIC)
            .bbox(Rect::new(scaled(x_min), scaled(y_min), scaled(x_max), scaled(y_max)))
            .italic_angle(0.0)
            .ascent(scaled(face.ascender()))
            .descent(scaled(face.descender()))
            .cap_height(scaled(face.capital_height().unwrap_or(0)))
            .stem_v(80.0)
            .font_file2(refs.file);
        let mut unicode = UnicodeCmap::new(Name(b"Picasso"), SYSTEM);
        for (number, letter) in &self.letters {
            unicode.pair(*number, *letter);
        }
        pdf.cmap(refs.unicode, &unicode.finish());
        let length = i32::try_from(file.len()).unwrap_or(i32::MAX);
        pdf.stream(refs.file, &file).pair(Name(b"Length1"), length);
        true
    }
}
