//! A font as letters: how wide they are, where a text breaks into lines, and what they look like.
//!
//! Absent: shaping. Scripts whose letters join or move (Arabic, Indic) need it; those that don't (Latin, Greek, Cyrillic) are
//! right without. A letter that the font hasn't got is shown as its box.

use ab_glyph_rasterizer::{Rasterizer, point};
use ttf_parser::{Face, GlyphId, OutlineBuilder};

/// Units in an em, as PDF counts them.
pub const EM: f32 = 1000.0;

/// A TrueType font.
#[derive(Clone)]
pub struct Typeface<'a> {
    /// The file.
    pub data: &'a [u8],
    /// What it says.
    pub face: Face<'a>,
}

impl<'a> Typeface<'a> {
    /// Reads it; `None` for what isn't a TrueType font.
    pub fn new(data: &'a [u8]) -> Option<Self> {
        Some(Self { data, face: Face::parse(data, 0).ok()? })
    }

    /// The glyph of a letter; 0, which is the font's box, where it has none.
    pub fn glyph(&self, letter: char) -> u16 {
        self.face.glyph_index(letter).map_or(0, |glyph| glyph.0)
    }

    /// How far a glyph moves what comes after it, in thousandths of an em.
    pub fn advance(&self, glyph: u16) -> f32 {
        let units = self.face.glyph_hor_advance(GlyphId(glyph)).unwrap_or(0);
        f32::from(units) * EM / f32::from(self.face.units_per_em())
    }

    /// How wide a text is at `size`, in the unit of `size`.
    pub fn width(&self, text: &str, size: f32) -> f32 {
        text.chars().map(|letter| self.advance(self.glyph(letter))).sum::<f32>() * size / EM
    }

    /// A text as lines no wider than `width`: broken between words, a word that is too long inside. At most `lines`, the last
    /// one with an ellipsis if there's more.
    pub fn lines(&self, text: &str, size: f32, width: f32, lines: usize) -> Vec<String> {
        let mut broken: Vec<String> = Vec::new();
        for paragraph in text.lines() {
            self.paragraph(paragraph, size, width, lines, &mut broken);
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

    /// Draws a line of text whose baseline begins at (`x`, `y`), in pixels from the top left. `dot` gets each pixel that is
    /// touched, and how much of it: 0 to 1.
    pub fn draw(&self, text: &str, size: f32, (x, y): (f32, f32), mut dot: impl FnMut(i32, i32, f32)) {
        let scale = size / f32::from(self.face.units_per_em());
        let mut pen = x;
        for letter in text.chars() {
            let glyph = self.glyph(letter);
            self.draw_glyph(GlyphId(glyph), scale, (pen, y), &mut dot);
            pen += self.advance(glyph) * size / EM;
        }
    }

    fn draw_glyph(
        &self,
        glyph: GlyphId,
        scale: f32,
        (x, y): (f32, f32),
        dot: &mut impl FnMut(i32, i32, f32),
    ) {
        let Some(bounds) = self.face.glyph_bounding_box(glyph) else { return };
        let (left, top) = (x + f32::from(bounds.x_min) * scale, y - f32::from(bounds.y_max) * scale);
        let (left, top) = (left.floor(), top.floor());
        let side = |from: i16, to: i16| to_pixels(f32::from(to - from) * scale) + 2;
        let (width, height) = (side(bounds.x_min, bounds.x_max), side(bounds.y_min, bounds.y_max));
        let mut outline = Outline {
            raster: Rasterizer::new(width, height),
            scale,
            origin: (x - left, y - top),
            first: point(0.0, 0.0),
            last: point(0.0, 0.0),
        };
        self.face.outline_glyph(glyph, &mut outline);
        let (left, top) = (to_place(left), to_place(top));
        outline.raster.for_each_pixel_2d(|column, row, cover| {
            if cover > 0.0 {
                dot(left.saturating_add_unsigned(column), top.saturating_add_unsigned(row), cover.min(1.0));
            }
        });
    }

    fn paragraph(&self, text: &str, size: f32, width: f32, lines: usize, broken: &mut Vec<String>) {
        let mut line = String::new();
        for word in text.split_whitespace() {
            for piece in self.pieces(word, size, width) {
                let longer = if line.is_empty() { piece.to_owned() } else { format!("{line} {piece}") };
                if line.is_empty() || self.width(&longer, size) <= width {
                    line = longer;
                } else {
                    broken.push(std::mem::replace(&mut line, piece.to_owned()));
                }
            }
            if broken.len() > lines {
                return;
            }
        }
        if !line.is_empty() {
            broken.push(line);
        }
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

/// A glyph's outline on its way to pixels: y goes up in fonts and down in pictures.
struct Outline {
    raster: Rasterizer,
    scale: f32,
    origin: (f32, f32),
    first: ab_glyph_rasterizer::Point,
    last: ab_glyph_rasterizer::Point,
}

impl Outline {
    fn at(&self, x: f32, y: f32) -> ab_glyph_rasterizer::Point {
        point(self.origin.0 + x * self.scale, self.origin.1 - y * self.scale)
    }
}

impl OutlineBuilder for Outline {
    fn move_to(&mut self, x: f32, y: f32) {
        self.first = self.at(x, y);
        self.last = self.first;
    }

    fn line_to(&mut self, x: f32, y: f32) {
        let to = self.at(x, y);
        self.raster.draw_line(self.last, to);
        self.last = to;
    }

    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        let (by, to) = (self.at(x1, y1), self.at(x, y));
        self.raster.draw_quad(self.last, by, to);
        self.last = to;
    }

    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        let (one, two, to) = (self.at(x1, y1), self.at(x2, y2), self.at(x, y));
        self.raster.draw_cubic(self.last, one, two, to);
        self.last = to;
    }

    fn close(&mut self) {
        self.raster.draw_line(self.last, self.first);
        self.last = self.first;
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a glyph's side: a few hundred pixels"
)]
const fn to_pixels(side: f32) -> usize {
    side as usize
}

#[expect(clippy::cast_possible_truncation, reason = "a place in a picture; `as` stays within an i32")]
const fn to_place(at: f32) -> i32 {
    at as i32
}

#[cfg(test)]
mod tests {
    use super::Typeface;

    fn serif() -> Typeface<'static> {
        Typeface::new(include_bytes!("../../../public/fonts/NotoSerif-Regular.ttf")).unwrap()
    }

    #[test]
    fn lines_are_no_wider_than_they_may_be_and_lose_nothing() {
        let (font, text) = (
            serif(),
            "Every word of a text that is rather long stays, in its order, and breaks between words.",
        );
        let lines = font.lines(text, 12.0, 120.0, 99);
        assert!(lines.len() > 3 && lines.iter().all(|line| font.width(line, 12.0) <= 120.0));
        assert_eq!(lines.join(" "), text);
        let cut = font.lines(text, 12.0, 120.0, 2);
        assert_eq!((cut.len(), cut.last().unwrap().ends_with('…')), (2, true));
        assert!(font.width(cut.last().unwrap(), 12.0) <= 120.0);
    }

    #[test]
    fn a_word_without_end_breaks_inside() {
        let lines = serif().lines(&"x".repeat(500), 12.0, 100.0, 99);
        assert!(lines.len() > 10);
        assert_eq!(lines.concat(), "x".repeat(500));
        assert!(serif().lines("", 12.0, 100.0, 5).is_empty());
    }

    #[test]
    fn letters_leave_ink_where_they_stand() {
        let mut ink = Vec::new();
        serif().draw("I", 40.0, (10.0, 50.0), |x, y, cover| ink.push((x, y, cover)));
        assert!(ink.iter().all(|(x, y, cover)| (9..40).contains(x) && (18..52).contains(y) && *cover <= 1.0));
        assert!(ink.iter().filter(|(.., cover)| *cover > 0.9).count() > 60, "the stem is solid");
        serif().draw("\u{10FFFF} \n", 40.0, (0.0, 0.0), |_, _, _| {});
    }
}
