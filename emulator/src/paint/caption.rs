//! Lettering: how a caption is broken into lines, sized and placed, and its outline as a path. The layout is a function
//! of the words and the canvas only, so that a reader can know what to look for; where on the canvas it stands is
//! the variant's choice of a [`Spot`].

use std::sync::LazyLock;

use ab_glyph::{Font as _, FontRef, OutlineCurve};
use tiny_skia::{Path, PathBuilder, Stroke, Transform};

/// The font that the crate brings along.
static FONT: LazyLock<Option<FontRef<'static>>> =
    LazyLock::new(|| FontRef::try_from_slice(epaint_default_fonts::UBUNTU_LIGHT).ok());

/// Part of the canvas's height that lettering may take.
const MOST_HEIGHT: f32 = 0.26;
/// Part of the canvas's width that a line may take.
const MOST_WIDTH: f32 = 0.84;
/// Line height in letter heights.
const LEADING: f32 = 1.08;

/// Where a caption stands and how large it is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spot {
    /// 0 at the top, 1 at the bottom.
    pub down: f32,
    /// 0 at the left, 1 at the right.
    pub across: f32,
    /// Part of the largest size that fits.
    pub scale: f32,
}

const fn spot(down: f32, across: f32, scale: f32) -> Spot {
    Spot { down, across, scale }
}

/// Sizes that a caption comes in; all that a reader has to try.
pub const SCALES: [f32; 3] = [1.0, 0.78, 0.60];

/// Beside things, which keep the rest of the canvas.
const BESIDE: [Spot; 6] = [
    spot(0.0, 0.5, 1.0),
    spot(1.0, 0.5, 1.0),
    spot(0.0, 0.0, 0.78),
    spot(1.0, 1.0, 0.78),
    spot(0.0, 1.0, 0.78),
    spot(1.0, 0.0, 0.78),
];

/// With the canvas to themselves.
const ALONE: [Spot; 8] = [
    spot(0.5, 0.5, 1.0),
    spot(0.0, 0.0, 0.78),
    spot(0.86, 0.5, 1.0),
    spot(0.30, 1.0, 0.60),
    spot(0.12, 0.5, 1.0),
    spot(1.0, 0.0, 0.60),
    spot(0.70, 0.5, 0.78),
    spot(0.0, 1.0, 0.60),
];

impl Spot {
    /// The spots in turn, for words beside things or alone.
    pub fn of(turn: u64, alone: bool) -> Self {
        let spots: &[Self] = if alone { &ALONE } else { &BESIDE };
        let index = usize::try_from(turn).unwrap_or(0) % spots.len();
        spots.get(index).copied().unwrap_or(spot(0.0, 0.5, 1.0))
    }
}

/// A caption, set.
#[derive(Clone, Debug)]
pub struct Setting {
    /// The letters, with the top left corner of the whole at the origin.
    pub path: Path,
    /// Width and height of the whole, pixels.
    pub size: (f32, f32),
}

/// Sets `text` for a canvas of `w` by `h` pixels, at `scale` of the largest size that fits; `None` when the font has
/// none of its letters.
pub fn set(text: &str, w: f32, h: f32, scale: f32) -> Option<Setting> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let best = (1..=words.len().min(3))
        .filter_map(|lines| {
            let lines = broken(&words, lines);
            let widest = lines.iter().map(|line| width(line)).fold(0.0, f32::max);
            if widest <= 0.0 {
                return None;
            }
            let count = lines.len() as f32;
            let size = (w * MOST_WIDTH / widest).min(h * MOST_HEIGHT / (count * LEADING)).min(h * 0.17);
            Some((size, lines))
        })
        .max_by(|one, other| one.0.total_cmp(&other.0))?;
    let (size, lines) = (best.0 * scale, best.1);
    let widest = lines.iter().map(|line| width(line) * size).fold(0.0, f32::max);
    let mut builder = PathBuilder::new();
    for (index, line) in lines.iter().enumerate() {
        let x = (widest - width(line) * size) / 2.0;
        let baseline = size * (0.80 + LEADING * index as f32);
        push(&mut builder, line, size, (x, baseline));
    }
    let path = builder.finish()?;
    // The light face is made bold by its own outline.
    let bold = Stroke { width: size * 0.055, ..Stroke::default() };
    let mut both = PathBuilder::new();
    both.push_path(&path);
    if let Some(outline) = path.stroke(&bold, 1.0) {
        both.push_path(&outline);
    }
    let path = both.finish()?;
    let bounds = path.bounds();
    let size = (bounds.width(), bounds.height());
    let path = path.transform(Transform::from_translate(-bounds.left(), -bounds.top()))?;
    Some(Setting { path, size })
}

/// The top left corner of a caption's letters.
pub fn corner(setting: &Setting, spot: Spot, w: f32, h: f32) -> (f32, f32) {
    let margin = 0.075 * w.min(h);
    let along = |length: f32, size: f32, part: f32| margin + (length - 2.0 * margin - size) * part;
    (along(w, setting.size.0, spot.across), along(h, setting.size.1, spot.down))
}

/// Breaks words into that many lines, as even as the words allow.
fn broken(words: &[&str], lines: usize) -> Vec<String> {
    let total: f32 = words.iter().map(|word| width(word) + 0.3).sum();
    let mut broken = Vec::with_capacity(lines);
    let (mut line, mut done) = (String::new(), 0.0);
    for (index, word) in words.iter().enumerate() {
        let reached = (done + width(word) * 0.5) * lines as f32 / total;
        let left = words.len() - index;
        if !line.is_empty()
            && (reached >= broken.len() as f32 + 1.0 || left < lines - broken.len())
            && broken.len() + 1 < lines
        {
            broken.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
        done += width(word) + 0.3;
    }
    broken.push(line);
    broken
}

/// A line's width in letter heights.
fn width(line: &str) -> f32 {
    let Some(font) = FONT.as_ref() else { return 0.0 };
    let em = font.units_per_em().unwrap_or(1000.0);
    line.chars().map(|c| font.h_advance_unscaled(font.glyph_id(c)) / em).sum()
}

fn push(builder: &mut PathBuilder, line: &str, size: f32, (x, baseline): (f32, f32)) {
    let Some(font) = FONT.as_ref() else { return };
    let scale = size / font.units_per_em().unwrap_or(1000.0);
    let mut pen = x;
    for c in line.chars() {
        let glyph = font.glyph_id(c);
        if let Some(outline) = font.outline(glyph) {
            let at = |point: ab_glyph::Point| (pen + point.x * scale, baseline - point.y * scale);
            let mut last = None;
            for curve in outline.curves {
                let (start, end) = match &curve {
                    OutlineCurve::Line(start, end)
                    | OutlineCurve::Quad(start, _, end)
                    | OutlineCurve::Cubic(start, _, _, end) => (at(*start), at(*end)),
                };
                if last != Some(start) {
                    if last.is_some() {
                        builder.close();
                    }
                    builder.move_to(start.0, start.1);
                }
                match curve {
                    OutlineCurve::Line(..) => builder.line_to(end.0, end.1),
                    OutlineCurve::Quad(_, control, _) => {
                        let control = at(control);
                        builder.quad_to(control.0, control.1, end.0, end.1);
                    }
                    OutlineCurve::Cubic(_, one, two, _) => {
                        let (one, two) = (at(one), at(two));
                        builder.cubic_to(one.0, one.1, two.0, two.1, end.0, end.1);
                    }
                }
                last = Some(end);
            }
            builder.close();
        }
        pen += font.h_advance_unscaled(glyph) * scale;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_caption_fits_the_canvas_whatever_its_length() {
        for text in [
            "HI",
            "SUMMER 2026",
            "a rather long sentence that nobody would put on a poster",
            "Ünïcödé Ж Ω",
            "Donaudampfschifffahrt",
        ] {
            for (w, h) in [(1024.0, 1024.0), (1536.0, 1024.0), (512.0, 1024.0), (96.0, 64.0)] {
                let setting = set(text, w, h, 1.0).unwrap();
                assert!(
                    setting.size.0 <= w * 0.88 && setting.size.1 <= h * 0.32,
                    "{text} {:?} in {w}x{h}",
                    setting.size
                );
                assert!(setting.size.1 >= h * 0.012, "{text} {:?} in {w}x{h}", setting.size);
            }
        }
        assert!(set("", 100.0, 100.0, 1.0).is_none());
        assert!(set(" ", 100.0, 100.0, 1.0).is_none());
    }
}
