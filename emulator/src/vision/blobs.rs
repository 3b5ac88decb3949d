//! Areas of a colour: connected components of the pixels that may be called by a name, and groups of them that stand so
//! close that they may be one thing.

use super::sight::Sight;
use crate::colour::{self};
use crate::scene::Tint;

/// Part of the picture below which an area is noise.
const LEAST: f32 = 0.0011;

/// An area.
#[derive(Clone, Debug)]
pub struct Blob {
    /// Left, top, right, bottom; the last two are inside.
    pub bounds: (usize, usize, usize, usize),
    /// Its pixels.
    pub pixels: Vec<(usize, usize)>,
    /// Edges of the picture that it touches.
    pub touches: usize,
}

impl Blob {
    /// Width and height, pixels.
    pub fn size(&self) -> (usize, usize) {
        let (left, top, right, bottom) = self.bounds;
        (right - left + 1, bottom - top + 1)
    }

    fn of(pixels: Vec<(usize, usize)>, w: usize, h: usize) -> Self {
        let mut bounds = (usize::MAX, usize::MAX, 0, 0);
        for (x, y) in &pixels {
            bounds = (bounds.0.min(*x), bounds.1.min(*y), bounds.2.max(*x), bounds.3.max(*y));
        }
        let edges = [bounds.0 == 0, bounds.1 == 0, bounds.2 + 1 == w, bounds.3 + 1 == h];
        let touches = edges.into_iter().filter(|touch| *touch).count();
        Self { bounds, pixels, touches }
    }
}

/// The areas of a tint, the largest first. With `edge`, a step of that size inside the colour ends an area too: that
/// finds a blue boat on a blue sea.
pub fn of_tint(sight: &Sight, tint: Tint, edge: Option<f32>) -> Vec<Blob> {
    let (w, h) = (sight.w, sight.h);
    let mut open: Vec<bool> = sight.pixels.iter().map(|lab| colour::is(tint, *lab)).collect();
    let least = (LEAST * (w * h) as f32) as usize;
    let mut blobs = Vec::new();
    for start in 0..open.len() {
        if !take(&mut open, start) {
            continue;
        }
        let (mut pixels, mut stack) = (Vec::new(), vec![start]);
        while let Some(index) = stack.pop() {
            let (x, y) = (index % w, index / w);
            pixels.push((x, y));
            let here = sight.at(x, y);
            let next = [
                (x > 0).then(|| index - 1),
                (x + 1 < w).then_some(index + 1),
                (y > 0).then(|| index - w),
                (y + 1 < h).then_some(index + w),
            ];
            for index in next.into_iter().flatten() {
                let go_on = edge.is_none_or(|edge| sight.at(index % w, index / w).distance(here) < edge);
                if go_on && take(&mut open, index) {
                    stack.push(index);
                }
            }
        }
        if pixels.len() >= least.max(6) {
            blobs.push(Blob::of(pixels, w, h));
        }
    }
    blobs.sort_by_key(|blob| std::cmp::Reverse(blob.pixels.len()));
    blobs
}

/// Areas so close to each other that they may be parts of one thing, joined. Those that stand alone are left out.
pub fn joined(blobs: &[Blob], w: usize, h: usize) -> Vec<Blob> {
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for (index, blob) in blobs.iter().enumerate() {
        let near: Vec<usize> = groups
            .iter()
            .enumerate()
            .filter(|(_, group)| group.iter().any(|other| blobs.get(*other).is_some_and(|other| close(blob, other))))
            .map(|(at, _)| at)
            .collect();
        let mut merged = vec![index];
        for at in near.into_iter().rev() {
            merged.extend(groups.swap_remove(at));
        }
        groups.push(merged);
    }
    groups
        .into_iter()
        .filter(|group| group.len() > 1)
        .map(|group| {
            let pixels = group.iter().filter_map(|index| blobs.get(*index)).flat_map(|blob| blob.pixels.clone());
            Blob::of(pixels.collect(), w, h)
        })
        .collect()
}

/// One above or beside the other, and half of the larger one's size apart at most.
fn close(one: &Blob, other: &Blob) -> bool {
    let reach = |blob: &Blob| blob.size().0.max(blob.size().1);
    let gap = reach(one).max(reach(other)) / 2 + 1;
    let apart = |low: usize, high: usize, other_low: usize, other_high: usize| {
        other_low.saturating_sub(high).max(low.saturating_sub(other_high))
    };
    let across = apart(one.bounds.0, one.bounds.2, other.bounds.0, other.bounds.2);
    let along = apart(one.bounds.1, one.bounds.3, other.bounds.1, other.bounds.3);
    across.max(along) <= gap && across.min(along) <= 2
}

fn take(open: &mut [bool], index: usize) -> bool {
    open.get_mut(index).is_some_and(std::mem::take)
}
