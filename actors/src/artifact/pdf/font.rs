//! A font in a PDF: text is measured and broken into lines by it, and what was used of it is embedded.
//!
//! Text is written as glyph numbers with a map back to Unicode, so it can be searched and copied. Absent: shaping. Scripts whose
//! letters join or move (Arabic, Indic) need it; those that don't (Latin, Greek, Cyrillic) are right without. A letter that
//! the font hasn't got is shown as its box.

use std::collections::BTreeMap;

use pdf_writer::types::{CidFontType, FontFlags, SystemInfo, UnicodeCmap};
use pdf_writer::{Finish as _, Name, Pdf, Rect, Ref, Str};
use subsetter::GlyphRemapper;
use ttf_parser::{Face, GlyphId};

/// Units of a PDF's glyph space in an em.
const EM: f32 = 1000.0;
const SYSTEM: SystemInfo<'static> =
    SystemInfo { registry: Str(b"Adobe"), ordering: Str(b"Identity"), supplement: 0 };

/// A TrueType font, and which of its glyphs were used.
pub struct Font<'a> {
    data: &'a [u8],
    face: Face<'a>,
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
        let face = Face::parse(data, 0).ok()?;
        Some(Self { data, face, name, glyphs: GlyphRemapper::new(), letters: BTreeMap::new() })
    }

    /// How it's called in a page's resources.
    pub const fn name(&self) -> Name<'static> {
        Name(self.name.as_bytes())
    }

    /// How wide a text is at `size` points, in points.
    pub fn width(&self, text: &str, size: f32) -> f32 {
        text.chars().map(|letter| self.advance(self.glyph(letter))).sum::<f32>() * size / EM
    }

    /// A text as lines no wider than `width` points: broken between words, a word that is too long inside. At most `lines`,
    /// the last one with an ellipsis if there's more.
    pub fn lines(&self, text: &str, size: f32, width: f32, lines: usize) -> Vec<String> {
        let mut broken: Vec<String> = Vec::new();
        for paragraph in text.lines() {
            let mut line = String::new();
            for word in paragraph.split_whitespace() {
                for piece in self.pieces(word, size, width) {
                    let longer = if line.is_empty() { piece.to_owned() } else { format!("{line} {piece}") };
                    if line.is_empty() || self.width(&longer, size) <= width {
                        line = longer;
                    } else {
                        broken.push(std::mem::replace(&mut line, piece.to_owned()));
                    }
                }
                if broken.len() > lines {
                    break;
                }
            }
            if !line.is_empty() {
                broken.push(line);
            }
        }
        if broken.len() > lines {
            broken.truncate(lines);
            if let Some(last) = broken.last_mut() {
                while !last.is_empty() && self.width(&format!("{last}…"), size) > width {
                    last.pop();
                }
                *last = format!("{}…", last.trim_end_matches([' ', ',', ';', ':', '.']));
            }
        }
        broken
    }

    /// The text as a content stream shows it.
    pub fn encode(&mut self, text: &str) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(text.len() * 2);
        for letter in text.chars() {
            let glyph = self.glyph(letter);
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
        let Ok(file) = subsetter::subset(self.data, 0, &self.glyphs) else { return false };
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
        cid.widths().consecutive(0, self.glyphs.remapped_gids().map(|glyph| self.advance(glyph)));
        cid.finish();
        let scaled = |units: i16| f32::from(units) * EM / f32::from(self.face.units_per_em());
        let ttf_parser::Rect { x_min, y_min, x_max, y_max } = self.face.global_bounding_box();
        pdf.font_descriptor(refs.descriptor)
            .name(name)
            .flags(FontFlags::SYMBOLIC)
            .bbox(Rect::new(scaled(x_min), scaled(y_min), scaled(x_max), scaled(y_max)))
            .italic_angle(0.0)
            .ascent(scaled(self.face.ascender()))
            .descent(scaled(self.face.descender()))
            .cap_height(scaled(self.face.capital_height().unwrap_or(0)))
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

    fn glyph(&self, letter: char) -> u16 {
        self.face.glyph_index(letter).map_or(0, |glyph| glyph.0)
    }

    fn advance(&self, glyph: u16) -> f32 {
        let units = self.face.glyph_hor_advance(GlyphId(glyph)).unwrap_or(0);
        f32::from(units) * EM / f32::from(self.face.units_per_em())
    }

    /// A word, cut where it alone is wider than a line.
    fn pieces<'w>(&self, word: &'w str, size: f32, width: f32) -> Vec<&'w str> {
        let (mut pieces, mut from, mut so_far) = (Vec::new(), 0, 0.0);
        for (at, letter) in word.char_indices() {
            let advance = self.advance(self.glyph(letter)) * size / EM;
            if at > from && so_far + advance > width {
                pieces.extend(word.get(from..at));
                (from, so_far) = (at, 0.0);
            }
            so_far += advance;
        }
        pieces.extend(word.get(from..));
        pieces
    }
}
