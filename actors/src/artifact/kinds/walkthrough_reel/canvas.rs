//! One frame of a reel: pixels that pictures are laid on and words are written over.

use crate::artifact::typeface::Typeface;
use crate::picture::decode::Pixels;

/// An RGB colour.
pub type Colour = [u8; 3];

/// A frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Canvas {
    /// Pixels.
    pub width: u16,
    /// Pixels.
    pub height: u16,
    /// RGB, rows from the top.
    pub data: Vec<u8>,
}

impl Canvas {
    /// A frame of one colour.
    pub fn new(width: u16, height: u16, colour: Colour) -> Self {
        Self { width, height, data: colour.repeat(usize::from(width) * usize::from(height)) }
    }

    /// Lays RGB pixels in the middle; what doesn't fit is left out.
    pub fn lay(&mut self, pixels: &Pixels) {
        let (width, height) = (usize::from(self.width), usize::from(self.height));
        let (across, down) = (side(pixels.width), side(pixels.height));
        let (left, top) = (width.saturating_sub(across) / 2, height.saturating_sub(down) / 2);
        let rows = self.data.chunks_exact_mut(width * 3).skip(top);
        for (row, source) in rows.zip(pixels.data.chunks_exact(across.max(1) * 3)) {
            for (to, from) in row.iter_mut().skip(left * 3).zip(source) {
                *to = *from;
            }
        }
    }

    /// Darkens the rows from `top` down, more and more, so that light words can be read on them.
    pub fn shade(&mut self, top: u16) {
        let width = usize::from(self.width);
        let rows = usize::from(self.height.saturating_sub(top)).max(1);
        for (down, row) in self.data.chunks_exact_mut(width * 3).skip(usize::from(top)).enumerate() {
            // Full strength after a third of the way.
            let strength = (down * 3 * 190 / rows).min(190);
            for light in row {
                *light = mixed(*light, 12, strength, 255);
            }
        }
    }

    /// Writes a line whose baseline begins at (`x`, `y`).
    pub fn write(&mut self, font: &Typeface<'_>, text: &str, size: f32, at: (f32, f32), colour: Colour) {
        let (width, height) = (i32::from(self.width), i32::from(self.height));
        let data = &mut self.data;
        font.draw(text, size, at, |x, y, cover| {
            if !(0..width).contains(&x) || !(0..height).contains(&y) {
                return;
            }
            let offset = usize::try_from((y * width + x) * 3).unwrap_or(usize::MAX);
            let Some(pixel) = data.get_mut(offset..offset.saturating_add(3)) else { return };
            for (light, ink) in pixel.iter_mut().zip(colour) {
                *light = mixed(*light, ink, covered(cover), 255);
            }
        });
    }

    /// The frame `step` of `steps` on the way to `other`.
    pub fn towards(&self, other: &Self, step: usize, steps: usize) -> Self {
        let data = self.data.iter().zip(&other.data).map(|(from, to)| mixed(*from, *to, step, steps));
        Self { data: data.collect(), ..*self }
    }

    /// The frame when `other` has come in from the right by `step` of `steps`.
    pub fn pushed_by(&self, other: &Self, step: usize, steps: usize) -> Self {
        let width = usize::from(self.width) * 3;
        let gone = usize::from(self.width) * step / steps.max(1) * 3;
        let rows = self.data.chunks_exact(width).zip(other.data.chunks_exact(width));
        let data = rows.flat_map(|(old, new)| old.iter().skip(gone).chain(new.iter().take(gone)).copied());
        Self { data: data.collect(), ..*self }
    }
}

/// `part` of `whole` of the way between two lights.
fn mixed(from: u8, to: u8, part: usize, whole: usize) -> u8 {
    let (from, to, whole) = (usize::from(from), usize::from(to), whole.max(1));
    let part = part.min(whole);
    u8::try_from((from * (whole - part) + to * part + whole / 2) / whole).unwrap_or(u8::MAX)
}

fn side(pixels: u32) -> usize {
    usize::try_from(pixels).unwrap_or(usize::MAX)
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 255")]
fn covered(cover: f32) -> usize {
    (cover.clamp(0.0, 1.0) * 255.0) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_lie_in_the_middle() {
        let mut canvas = Canvas::new(4, 3, [0; 3]);
        canvas.lay(&Pixels { width: 2, height: 1, channels: 3, data: vec![9; 6] });
        let lit: Vec<bool> = canvas.data.chunks(3).map(|pixel| pixel == [9; 3]).collect();
        assert_eq!(lit, [false, false, false, false, false, true, true, false, false, false, false, false]);
    }

    #[test]
    fn transitions_begin_and_end_where_they_should() {
        let (one, other) = (Canvas::new(3, 2, [0; 3]), Canvas::new(3, 2, [200; 3]));
        for go in [Canvas::towards, Canvas::pushed_by] {
            assert_eq!(go(&one, &other, 0, 4), one);
            assert_eq!(go(&one, &other, 4, 4), other);
        }
        assert_eq!(one.towards(&other, 1, 4).data[0], 50);
        assert_eq!(one.pushed_by(&other, 1, 3).data[..9], [0, 0, 0, 0, 0, 0, 200, 200, 200]);
    }
}
