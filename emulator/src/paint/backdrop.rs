//! Backgrounds for things on no landscape: a base, and one of ten quiet motifs in its own tones, in turn.

use fastrand::Rng;
use tiny_skia::{Path, PathBuilder};

use super::brush::{Brush, Depth};
use super::drawing::ellipse;
use crate::colour::Lab;

/// The tones that a motif may use: index 0 is nearest to the base.
pub struct Tones<'a> {
    /// What the canvas is filled with.
    pub base: Lab,
    /// Colours that the prompt named for nothing in particular; they replace tones of the base.
    pub loose: &'a [Lab],
}

impl Tones<'_> {
    fn at(&self, index: usize) -> Lab {
        if let Some(lab) = self.loose.get(index % self.loose.len().max(1)) {
            return lab.lighter(0.012 * (index as f32 - 1.0));
        }
        let step = 0.017 + 0.013 * index as f32;
        // Light grounds get darker tones, dark ones lighter, so that the motif shows and the name of the colour stays.
        self.base.lighter(if self.base.l > 0.5 { -step } else { step * 1.2 })
    }
}

/// Paints the base and a motif.
pub fn paint(brush: &mut Brush, tones: &Tones<'_>, turn: u64, rng: &mut Rng) {
    if let Some(all) = brush.everything() {
        let (w, h) = (brush.w, brush.h);
        let end = if rng.bool() { (w, h) } else { (0.0, h) };
        brush.gradient(&all, [tones.base.lighter(0.012), tones.base.lighter(-0.012)], (w - end.0, 0.0), end);
    }
    match turn % 10 {
        0 => arches(brush, tones, rng),
        1 => bands(brush, tones, rng),
        2 => hills(brush, tones, rng),
        3 => discs(brush, tones, rng),
        4 => room(brush, tones, rng),
        5 => rays(brush, tones, rng),
        6 => blobs(brush, tones, rng),
        7 => scallops(brush, tones, rng),
        8 => halves(brush, tones, rng),
        _ => quarters(brush, tones, rng),
    }
}

/// Paints a gradient between two colours, with a few large veils.
pub fn gradient(brush: &mut Brush, ends: [Lab; 2], rng: &mut Rng) {
    let (w, h) = (brush.w, brush.h);
    let angles = [(0.0, 0.0, 0.0, h), (0.0, 0.0, w, h), (w, 0.0, 0.0, h), (0.0, h * 0.2, w, h * 0.8)];
    let (x, y, to_x, to_y) = angles.get(rng.usize(0..4)).copied().unwrap_or_default();
    if let Some(all) = brush.everything() {
        brush.gradient(&all, ends, (x, y), (to_x, to_y));
    }
    for veil in 0..3 {
        let reach = brush.unit * (0.25 + 0.16 * veil as f32);
        if let Some(path) = PathBuilder::from_circle(w * rng.f32(), h * rng.f32(), reach) {
            brush.tinted(&path, Lab::lch(0.98, 0.01, 90.0), 0.09);
        }
    }
}

fn arches(brush: &mut Brush, tones: &Tones<'_>, rng: &mut Rng) {
    let (x, y) = (brush.w * (0.2 + 0.6 * rng.f32()), brush.h * (0.94 + 0.10 * rng.f32()));
    for index in 0..4 {
        let reach = brush.unit * (0.92 - 0.19 * index as f32);
        circle(brush, (x, y), reach, tones.at(index));
    }
}

fn discs(brush: &mut Brush, tones: &Tones<'_>, rng: &mut Rng) {
    let x = if rng.bool() { 0.12 } else { 0.88 } + 0.1 * (rng.f32() - 0.5);
    let at = (brush.w * x, brush.h * (0.15 + 0.6 * rng.f32()));
    for index in 0..4 {
        circle(brush, at, brush.unit * (0.98 - 0.24 * index as f32), tones.at(index));
    }
}

fn hills(brush: &mut Brush, tones: &Tones<'_>, rng: &mut Rng) {
    for index in 0..4 {
        let y = brush.h * (0.46 + 0.145 * index as f32);
        let amplitude = brush.unit * (0.035 + 0.05 * rng.f32());
        if let Some(path) = wave(brush, y, amplitude, 0.8 + 0.9 * rng.f32(), rng.f32()) {
            brush.shape(&path, tones.at(index), Depth::Layer);
        }
    }
}

fn bands(brush: &mut Brush, tones: &Tones<'_>, rng: &mut Rng) {
    let lean = brush.h * (0.35 + 0.5 * rng.f32()) * if rng.bool() { 1.0 } else { -1.0 };
    let mut x = -0.2 * brush.w;
    for index in 0..4 {
        let width = brush.w * (0.14 + 0.12 * rng.f32());
        let corners = [
            (x + lean / 2.0, 0.0),
            (x + width + lean / 2.0, 0.0),
            (x + width - lean / 2.0, brush.h),
            (x - lean / 2.0, brush.h),
        ];
        polygon(brush, &corners, tones.at(index % 3), Depth::Layer);
        x += width + brush.w * (0.08 + 0.14 * rng.f32());
    }
}

fn room(brush: &mut Brush, tones: &Tones<'_>, rng: &mut Rng) {
    let (w, h) = (brush.w, brush.h);
    let floor = h * (0.66 + 0.14 * rng.f32());
    polygon(
        brush,
        &[(-9.0, floor), (w + 9.0, floor), (w + 9.0, h + 9.0), (-9.0, h + 9.0)],
        tones.at(2),
        Depth::Layer,
    );
    // Light from a window that isn't in the picture.
    let (x, lean) = (w * (0.05 + 0.5 * rng.f32()), w * 0.16 * if rng.bool() { 1.0 } else { -1.0 });
    let light = Lab { l: 0.99, ..tones.base };
    for pane in 0..2 {
        let left = x + pane as f32 * w * 0.19;
        let corners = [
            (left, h * 0.06),
            (left + w * 0.17, h * 0.06),
            (left + w * 0.17 + lean, floor),
            (left + lean, floor),
        ];
        if let Some(path) = closed(&corners) {
            brush.tinted(&path, light, if tones.base.l > 0.5 { 0.30 } else { 0.07 });
        }
    }
}

fn rays(brush: &mut Brush, tones: &Tones<'_>, rng: &mut Rng) {
    let at = (brush.w * (0.2 + 0.6 * rng.f32()), brush.h * (0.3 + 0.6 * rng.f32()));
    let (count, turn, far) = (13.0_f32, rng.f32(), brush.w + brush.h);
    let mut index = 0.0;
    while index < count {
        let angle = |part: f32| ((index + part) / count + turn) * std::f32::consts::TAU;
        let point = |angle: f32| (at.0 + far * angle.cos(), at.1 + far * angle.sin());
        if let Some(path) = closed(&[at, point(angle(0.0)), point(angle(0.5))]) {
            brush.flat(&path, tones.at(1));
        }
        index += 1.0;
    }
    circle(brush, at, brush.unit * 0.34, tones.at(2));
}

fn blobs(brush: &mut Brush, tones: &Tones<'_>, rng: &mut Rng) {
    let corners = [(0.02, 0.05), (0.98, 0.12), (0.95, 0.98), (0.05, 0.92)];
    let skipped = rng.usize(0..4);
    for (index, (x, y)) in corners.into_iter().enumerate().filter(|(index, _)| *index != skipped) {
        let reach = brush.unit * (0.30 + 0.16 * rng.f32());
        if let Some(path) = blob((brush.w * x, brush.h * y), reach, rng) {
            brush.shape(&path, tones.at(index), Depth::Layer);
        }
    }
}

fn scallops(brush: &mut Brush, tones: &Tones<'_>, rng: &mut Rng) {
    let reach = brush.unit * (0.13 + 0.05 * rng.f32());
    for row in 0..4_usize {
        let y = brush.h * 0.62 + row as f32 * reach * 0.9;
        let mut x = if row % 2 == 0 { 0.0 } else { reach };
        while x < brush.w + reach * 2.0 {
            circle(brush, (x, y + reach), reach, tones.at(row));
            circle(brush, (x, y + reach), reach * 0.62, tones.at(row + 1));
            x += reach * 2.0;
        }
    }
}

fn halves(brush: &mut Brush, tones: &Tones<'_>, rng: &mut Rng) {
    let (w, h, u) = (brush.w, brush.h, brush.unit);
    let right = rng.bool();
    let x = if right { w } else { 0.0 };
    circle(brush, (x, h * (0.25 + 0.2 * rng.f32())), u * 0.46, tones.at(1));
    circle(brush, (w - x, h * (0.72 + 0.2 * rng.f32())), u * 0.36, tones.at(2));
    let top = h * (0.80 + 0.08 * rng.f32());
    for stripe in 0..3 {
        let y = top + stripe as f32 * u * 0.055;
        polygon(
            brush,
            &[(-9.0, y), (w + 9.0, y), (w + 9.0, y + u * 0.028), (-9.0, y + u * 0.028)],
            tones.at(stripe),
            Depth::Detail,
        );
    }
}

fn quarters(brush: &mut Brush, tones: &Tones<'_>, rng: &mut Rng) {
    let side = brush.unit / 2.0;
    let (columns, rows) = ((brush.w / side).ceil() as usize, (brush.h / side).ceil() as usize);
    for row in 0..rows {
        for column in 0..columns {
            let (x, y) = (column as f32 * side, row as f32 * side);
            let (right, down) = (rng.bool(), rng.bool());
            let corner = (if right { x + side } else { x }, if down { y + side } else { y });
            let mut builder = PathBuilder::new();
            let (sx, sy) = (if right { -1.0 } else { 1.0 }, if down { -1.0 } else { 1.0 });
            let (reach, k) = (side * 0.96, side * 0.96 * 0.552_284_8);
            builder.move_to(corner.0, corner.1);
            builder.line_to(corner.0 + sx * reach, corner.1);
            builder.cubic_to(
                corner.0 + sx * reach,
                corner.1 + sy * k,
                corner.0 + sx * k,
                corner.1 + sy * reach,
                corner.0,
                corner.1 + sy * reach,
            );
            builder.close();
            if let Some(path) = builder.finish() {
                brush.shape(&path, tones.at(rng.usize(0..3)), Depth::Layer);
            }
        }
    }
}

/// A layer whose upper edge is a wave: `waves` of them across the canvas, starting at `phase` (0 to 1).
pub fn wave(brush: &Brush, y: f32, amplitude: f32, waves: f32, phase: f32) -> Option<Path> {
    let mut builder = PathBuilder::new();
    let left = -0.04 * brush.w;
    builder.move_to(left, brush.h + 40.0);
    let height = |x: f32| {
        let turn = std::f32::consts::TAU * (waves * x / brush.w + phase);
        y + amplitude * (turn.sin() + 0.35 * (turn * 1.9 + phase * 9.0).sin())
    };
    let steps = 56_u8;
    for step in 0..=steps {
        let x = left + brush.w * 1.08 * f32::from(step) / f32::from(steps);
        builder.line_to(x, height(x));
    }
    builder.line_to(brush.w * 1.04, brush.h + 40.0);
    builder.close();
    builder.finish()
}

/// An irregular round shape.
pub fn blob((cx, cy): (f32, f32), reach: f32, rng: &mut Rng) -> Option<Path> {
    let count = 7_u8;
    let points: Vec<(f32, f32)> = (0..count)
        .map(|index| {
            let angle = std::f32::consts::TAU * f32::from(index) / f32::from(count);
            let radius = reach * (0.78 + 0.40 * rng.f32());
            (cx + radius * angle.cos(), cy + radius * angle.sin())
        })
        .collect();
    let middle =
        |one: (f32, f32), other: (f32, f32)| (f32::midpoint(one.0, other.0), f32::midpoint(one.1, other.1));
    let first = middle(*points.last()?, *points.first()?);
    let mut builder = PathBuilder::new();
    builder.move_to(first.0, first.1);
    for (one, other) in points.iter().zip(points.iter().cycle().skip(1)) {
        let to = middle(*one, *other);
        builder.quad_to(one.0, one.1, to.0, to.1);
    }
    builder.close();
    builder.finish()
}

/// A circle in the brush's style.
pub fn circle(brush: &mut Brush, (x, y): (f32, f32), reach: f32, lab: Lab) {
    let mut builder = PathBuilder::new();
    ellipse(&mut builder, (x, y), (reach, reach), false);
    if let Some(path) = builder.finish() {
        brush.shape(&path, lab, Depth::Layer);
    }
}

/// A closed polygon.
pub fn closed(corners: &[(f32, f32)]) -> Option<Path> {
    let mut builder = PathBuilder::new();
    for (index, (x, y)) in corners.iter().enumerate() {
        if index == 0 { builder.move_to(*x, *y) } else { builder.line_to(*x, *y) }
    }
    builder.close();
    builder.finish()
}

fn polygon(brush: &mut Brush, corners: &[(f32, f32)], lab: Lab, depth: Depth) {
    if let Some(path) = closed(corners) {
        brush.shape(&path, lab, depth);
    }
}
