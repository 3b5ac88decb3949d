//! Recognising a thing by its outline: an area, brought to 32 by 32, against the outline that each noun shows in the
//! asked colour.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use tiny_skia::{FillRule, Mask, Transform};

use super::blobs::Blob;
use crate::colour;
use crate::paint::drawing::{self, Ink};
use crate::paint::drawings;
use crate::paint::palette::Dress;
use crate::scene::lexicon::NOUNS;
use crate::scene::{Noun, Tint};

/// Side of the grid on which outlines are compared.
const GRID: usize = 32;
/// Side of the box in which outlines are drawn before they are cut out.
const BOX: u32 = 96;

/// An outline on the grid, a row a word, with the proportions that it had.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Outline {
    rows: [u32; GRID],
    /// Width by height.
    aspect: f32,
}

/// The outlines of every noun in one colour.
pub struct Gallery(Vec<(Noun, Outline)>);

/// The galleries drawn so far; there are at most as many as there are tints, and each takes a while.
static DRAWN: LazyLock<Mutex<HashMap<Tint, Arc<Gallery>>>> = LazyLock::new(Mutex::default);

impl Gallery {
    /// The outlines in a tint, drawn at the first call.
    pub fn of(tint: Tint) -> Arc<Self> {
        let mut drawn = DRAWN.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(drawn.entry(tint).or_insert_with(|| Arc::new(Self::draw(tint))))
    }

    /// Draws them: each noun upright, leaning and mirrored, with and without its second colour.
    fn draw(tint: Tint) -> Self {
        let body = colour::of(tint);
        let mut all = Vec::new();
        for entry in &NOUNS {
            let parts = drawings::of(entry.noun);
            let two = parts.iter().any(|(ink, _)| matches!(ink, Ink::Accent | Ink::Cloth));
            for accent in [false, true] {
                if accent && !two {
                    continue;
                }
                for (tilt, mirrored) in
                    [(0.0, false), (8.0, false), (-8.0, false), (0.0, true), (8.0, true), (-8.0, true)]
                {
                    let shows = |ink: Ink| match ink {
                        Ink::Body | Ink::Shade | Ink::Light => true,
                        Ink::Accent => !accent,
                        Ink::Cloth if accent => false,
                        other => colour::is(tint, Dress { body, accent: None }.ink(other)),
                    };
                    if let Some(outline) = drawn(parts, shows, tilt, mirrored)
                        && !all.contains(&(entry.noun, outline))
                    {
                        all.push((entry.noun, outline));
                    }
                }
            }
        }
        Self(all)
    }

    /// How well an area fits a noun, and the noun that it fits best; both 0 to 1.
    pub fn fit(&self, blob: &Blob, noun: Noun) -> Fit {
        let seen = [outline(blob, false), outline(blob, true)];
        let mut fit = Fit { asked: 0.0, best: (noun, 0.0) };
        for (known, drawn) in &self.0 {
            let likeness = seen.iter().map(|seen| likeness(seen, drawn)).fold(0.0, f32::max);
            if *known == noun {
                fit.asked = fit.asked.max(likeness);
            }
            if likeness > fit.best.1 {
                fit.best = (*known, likeness);
            }
        }
        fit
    }
}

/// What an area looks like.
#[derive(Clone, Copy, Debug)]
pub struct Fit {
    /// Likeness to the asked noun.
    pub asked: f32,
    /// The noun that it's most like, and how much.
    pub best: (Noun, f32),
}

/// Overlap of two outlines, less for other proportions.
fn likeness(one: &Outline, other: &Outline) -> f32 {
    let (mut both, mut either) = (0_u32, 0_u32);
    for (one, other) in one.rows.iter().zip(&other.rows) {
        both += (one & other).count_ones();
        either += (one | other).count_ones();
    }
    let ratio = (one.aspect / other.aspect).min(other.aspect / one.aspect);
    let overlap = both as f32 / (either.max(1)) as f32;
    overlap * if ratio > 0.8 { 1.0 } else { (ratio / 0.8).powf(0.8) }
}

/// An area's outline; with `filled`, highlights inside it count as it.
fn outline(blob: &Blob, filled: bool) -> Outline {
    let (w, h) = blob.size();
    let mut cells = vec![false; w * h];
    for (x, y) in &blob.pixels {
        if let Some(cell) = cells.get_mut((y - blob.bounds.1) * w + (x - blob.bounds.0)) {
            *cell = true;
        }
    }
    if filled {
        fill_holes(&mut cells, w, h);
    }
    sampled(|x, y| cells.get(y * w + x).copied().unwrap_or(false), w, h)
}

/// Whatever can't be reached from the edge of the box belongs to the area.
fn fill_holes(cells: &mut [bool], w: usize, h: usize) {
    let mut outside = vec![false; w * h];
    let mut stack: Vec<usize> = Vec::new();
    for x in 0..w {
        stack.extend([x, (h - 1) * w + x]);
    }
    for y in 0..h {
        stack.extend([y * w, y * w + w - 1]);
    }
    while let Some(index) = stack.pop() {
        let free = cells.get(index) == Some(&false) && outside.get(index) == Some(&false);
        if !free {
            continue;
        }
        if let Some(cell) = outside.get_mut(index) {
            *cell = true;
        }
        let (x, y) = (index % w, index / w);
        stack.extend((x > 0).then(|| index - 1));
        stack.extend((x + 1 < w).then_some(index + 1));
        stack.extend((y > 0).then(|| index - w));
        stack.extend((y + 1 < h).then_some(index + w));
    }
    for (cell, outside) in cells.iter_mut().zip(outside) {
        *cell |= !outside;
    }
}

fn drawn(parts: &[drawing::Part], shows: impl Fn(Ink) -> bool, tilt: f32, mirrored: bool) -> Option<Outline> {
    let mut shown = Mask::new(BOX, BOX)?;
    let side = BOX as f32;
    for (ink, outline) in parts {
        let path = drawing::path(outline)
            .and_then(|path| drawing::placed(path, (side / 2.0, side / 2.0), side * 0.74, tilt, mirrored))?;
        let mut part = Mask::new(BOX, BOX)?;
        part.fill_path(&path, FillRule::Winding, true, Transform::identity());
        let shows = shows(*ink);
        for (shown, part) in shown.data_mut().iter_mut().zip(part.data()) {
            if *part > 127 {
                *shown = if shows { 255 } else { 0 };
            }
        }
    }
    let data = shown.data();
    let width = BOX as usize;
    let set = || {
        data.iter()
            .enumerate()
            .filter(|(_, cover)| **cover > 127)
            .map(|(index, _)| (index % width, index / width))
    };
    let (left, right) = (set().map(|(x, _)| x).min()?, set().map(|(x, _)| x).max()?);
    let (top, bottom) = (set().map(|(_, y)| y).min()?, set().map(|(_, y)| y).max()?);
    let cell = |x: usize, y: usize| data.get((y + top) * width + x + left).is_some_and(|cover| *cover > 127);
    Some(sampled(cell, right - left + 1, bottom - top + 1))
}

/// Brings `w` by `h` cells to the grid.
fn sampled(cell: impl Fn(usize, usize) -> bool, w: usize, h: usize) -> Outline {
    let mut rows = [0_u32; GRID];
    for (row, word) in rows.iter_mut().enumerate() {
        for column in 0..GRID {
            let (x, y) = ((2 * column + 1) * w / (2 * GRID), (2 * row + 1) * h / (2 * GRID));
            if cell(x, y) {
                *word |= 1 << column;
            }
        }
    }
    Outline { rows, aspect: w as f32 / h.max(1) as f32 }
}
