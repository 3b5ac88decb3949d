//! Pictures of something unknown: one of four compositions in the mood of the prompt's words, or in the colours that
//! the prompt names for nothing in particular.

use fastrand::Rng;
use tiny_skia::PathBuilder;

use super::backdrop::{blob, circle, closed, wave};
use super::brush::{Brush, Depth};
use super::drawing::ellipse;
use crate::colour::Lab;

/// Paints one of the compositions, in turn. `colours` has at least one; the last is the ground.
pub fn paint(brush: &mut Brush, colours: &[Lab], turn: u64, rng: &mut Rng) {
    let Some((ground, strong)) = colours.split_last() else { return };
    let strong = if strong.is_empty() { colours } else { strong };
    if let Some(all) = brush.everything() {
        brush.gradient(&all, [ground.lighter(0.012), ground.lighter(-0.02)], (0.0, 0.0), (0.0, brush.h));
    }
    match turn % 4 {
        0 => mosaic(brush, strong, rng),
        1 => ribbons(brush, strong, rng),
        2 => mobile(brush, strong, rng),
        _ => strata(brush, strong, rng),
    }
}

fn pick(colours: &[Lab], index: usize) -> Lab {
    colours.get(index % colours.len().max(1)).copied().unwrap_or_default()
}

/// A grid of quarters, halves and discs.
fn mosaic(brush: &mut Brush, colours: &[Lab], rng: &mut Rng) {
    let side = brush.unit / 4.0;
    let (columns, rows) = ((brush.w / side).round().max(1.0), (brush.h / side).round().max(1.0));
    let (cell_w, cell_h) = (brush.w / columns, brush.h / rows);
    let mut index = rng.usize(0..8);
    for row in 0..rows as usize {
        for column in 0..columns as usize {
            index += rng.usize(1..3);
            let (x, y) = (column as f32 * cell_w, row as f32 * cell_h);
            let lab = pick(colours, index);
            let mut builder = PathBuilder::new();
            match rng.usize(0..6) {
                0 => ellipse(
                    &mut builder,
                    (x + cell_w / 2.0, y + cell_h / 2.0),
                    (cell_w * 0.40, cell_h * 0.40),
                    false,
                ),
                1 | 2 => {
                    let corner = if rng.bool() { (x, y) } else { (x + cell_w, y + cell_h) };
                    let way = if corner == (x, y) { 1.0 } else { -1.0 };
                    builder.move_to(corner.0, corner.1);
                    builder.line_to(corner.0 + way * cell_w, corner.1);
                    builder.quad_to(
                        corner.0 + way * cell_w,
                        corner.1 + way * cell_h,
                        corner.0,
                        corner.1 + way * cell_h,
                    );
                    builder.close();
                }
                3 => {
                    builder.move_to(x, y + cell_h);
                    builder.line_to(x + cell_w, y + cell_h);
                    builder.line_to(x + if rng.bool() { 0.0 } else { cell_w }, y);
                    builder.close();
                }
                4 => {
                    builder.move_to(x, y);
                    builder.line_to(x + cell_w, y);
                    builder.line_to(x + cell_w, y + cell_h / 2.0);
                    builder.line_to(x, y + cell_h / 2.0);
                    builder.close();
                }
                _ => continue,
            }
            if let Some(path) = builder.finish() {
                brush.shape(&path, lab, Depth::Thing);
            }
        }
    }
}

/// Wide waves, one over the other.
fn ribbons(brush: &mut Brush, colours: &[Lab], rng: &mut Rng) {
    let first = rng.usize(0..8);
    for index in 0..7 {
        let y = brush.h * (0.14 + 0.125 * index as f32);
        let amplitude = brush.unit * (0.04 + 0.05 * rng.f32());
        if let Some(path) = wave(brush, y, amplitude, 0.7 + 0.9 * rng.f32(), rng.f32()) {
            brush.shape(
                &path,
                pick(colours, first + index).lighter(0.02 * (index as f32 - 3.0)),
                Depth::Layer,
            );
        }
    }
}

/// Discs, a bar and blobs in balance.
fn mobile(brush: &mut Brush, colours: &[Lab], rng: &mut Rng) {
    let (w, h, u) = (brush.w, brush.h, brush.unit);
    if let Some(path) = blob((w * (0.3 + 0.4 * rng.f32()), h * 0.55), u * 0.40, rng) {
        brush.shape(&path, pick(colours, 0), Depth::Layer);
    }
    let far = if rng.bool() { 0.28 } else { 0.72 };
    for (index, (x, y, reach)) in
        [(far, 0.30, 0.20), (1.0 - far, 0.62, 0.15), (far + 0.08, 0.76, 0.09), (1.0 - far, 0.22, 0.06)]
            .into_iter()
            .enumerate()
    {
        let mut builder = PathBuilder::new();
        ellipse(&mut builder, (w * (x + 0.06 * (rng.f32() - 0.5)), h * y), (u * reach, u * reach), false);
        if let Some(path) = builder.finish() {
            brush.shape(&path, pick(colours, index + 1), Depth::Thing);
        }
    }
    let y = h * (0.44 + 0.14 * rng.f32());
    if let Some(path) = closed(&[
        (w * 0.12, y),
        (w * 0.88, y - u * 0.10),
        (w * 0.88, y - u * 0.075),
        (w * 0.12, y + u * 0.025),
    ]) {
        brush.shape(&path, pick(colours, 3), Depth::Thing);
    }
}

/// A low sun behind layered arches.
fn strata(brush: &mut Brush, colours: &[Lab], rng: &mut Rng) {
    let (w, h, u) = (brush.w, brush.h, brush.unit);
    circle(brush, (w * (0.3 + 0.4 * rng.f32()), h * 0.36), u * 0.22, pick(colours, 0));
    let first = rng.usize(0..8);
    for index in 0..5 {
        let x = w * (0.1 + 0.8 * rng.f32());
        let y = h * (0.92 + 0.06 * index as f32);
        circle(brush, (x, y), u * (0.52 - 0.07 * index as f32), pick(colours, first + index));
    }
}
