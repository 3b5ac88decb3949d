//! Areas of a colour: connected components of the pixels that may be called by a name, and groups of them that stand so
//! close that they may be one thing.

use super::sight::Sight;
use crate::colour::{self, Lab};
use crate::scene::Tint;

/// Part of the picture below which an area is noise.
const LEAST: f32 = 0.0006;

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

    /// True when one stands where the other does.
    pub fn overlaps(&self, other: &Self) -> bool {
        let shared = |low: usize, high: usize, other_low: usize, other_high: usize| {
            (high.min(other_high) + 1).saturating_sub(low.max(other_low))
        };
        let (one, two) = (self.bounds, other.bounds);
        let both = shared(one.0, one.2, two.0, two.2) * shared(one.1, one.3, two.1, two.3);
        let area = |blob: &Self| blob.size().0 * blob.size().1;
        both * 2 > area(self).min(area(other))
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
    let open = sight.pixels.iter().map(|lab| colour::is(tint, *lab)).collect();
    connected(sight, open, edge)
}

/// The areas of each shade of a tint: the colour's pixels in three groups by likeness, and the two most colourful
/// groups together.
pub fn shades(sight: &Sight, tint: Tint) -> Vec<Vec<Blob>> {
    let mut pixels: Vec<Lab> = sight.pixels.iter().copied().filter(|lab| colour::is(tint, *lab)).collect();
    pixels.sort_by(|one, other| other.chroma().total_cmp(&one.chroma()));
    let at = |part: usize| pixels.get(pixels.len() * part / 20).copied().unwrap_or_default();
    // From the most colourful to the palest; the means then move to where the pixels are.
    let mut means = [at(1), at(10), at(18)];
    let group = |means: &[Lab; 3], lab: Lab| {
        let nearest = |one: &(usize, &Lab), other: &(usize, &Lab)| {
            one.1.distance(lab).total_cmp(&other.1.distance(lab))
        };
        means.iter().enumerate().min_by(nearest).map_or(0, |(index, _)| index)
    };
    for _ in 0..6 {
        let mut sums = [(Lab::default(), 0.0_f32); 3];
        for lab in &pixels {
            if let Some((sum, count)) = sums.get_mut(group(&means, *lab)) {
                *sum = Lab { l: sum.l + lab.l, a: sum.a + lab.a, b: sum.b + lab.b };
                *count += 1.0;
            }
        }
        for (mean, (sum, count)) in means.iter_mut().zip(sums) {
            if count > 0.0 {
                *mean = Lab { l: sum.l / count, a: sum.a / count, b: sum.b / count };
            }
        }
    }
    let groups: [&[usize]; 4] = [&[0], &[1], &[2], &[0, 1]];
    groups
        .into_iter()
        .map(|wanted| {
            let open = sight
                .pixels
                .iter()
                .map(|lab| colour::is(tint, *lab) && wanted.contains(&group(&means, *lab)));
            connected(sight, open.collect(), None)
        })
        .collect()
}

/// Connected areas of the open pixels, the largest first.
fn connected(sight: &Sight, mut open: Vec<bool>, edge: Option<f32>) -> Vec<Blob> {
    let (w, h) = (sight.w, sight.h);
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
        if pixels.len() >= least.max(8) {
            blobs.push(Blob::of(pixels, w, h));
        }
    }
    blobs.sort_by_key(|blob| std::cmp::Reverse(blob.pixels.len()));
    blobs
}

/// Areas so close to each other that they may be parts of one thing, joined. Those that stand alone are left out.
pub fn joined(blobs: &[Blob], (w, h): (usize, usize), reach: f32) -> Vec<Blob> {
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for (index, blob) in blobs.iter().enumerate() {
        let near: Vec<usize> = groups
            .iter()
            .enumerate()
            .filter(|(_, group)| {
                group.iter().any(|other| blobs.get(*other).is_some_and(|other| close(blob, other, reach)))
            })
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
            let pixels =
                group.iter().filter_map(|index| blobs.get(*index)).flat_map(|blob| blob.pixels.clone());
            Blob::of(pixels.collect(), w, h)
        })
        .collect()
}

/// One above or beside the other, and `reach` sizes of the larger one apart at most.
fn close(one: &Blob, other: &Blob, reach: f32) -> bool {
    let size = |blob: &Blob| blob.size().0.max(blob.size().1);
    let gap = (size(one).max(size(other)) as f32 * reach) as usize + 1;
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
