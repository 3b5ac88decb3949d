//! Where things stand: a place, a size and a tilt for every instance, from the scene and the variant's number. The number
//! goes through the arrangements in turn, so that neighbours differ in structure and not by chance.

use fastrand::Rng;

use crate::scene::{Count, Scene, Zone};

/// A rectangle of the canvas, pixels.
#[derive(Clone, Copy, Debug)]
pub struct Area {
    /// Left edge.
    pub x: f32,
    /// Top edge.
    pub y: f32,
    /// Width.
    pub w: f32,
    /// Height.
    pub h: f32,
}

/// One instance of a thing.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// Index into the scene's items.
    pub item: usize,
    /// Centre, pixels.
    pub at: (f32, f32),
    /// Side of its box, pixels.
    pub size: f32,
    /// Degrees.
    pub tilt: f32,
    /// Left and right swapped.
    pub mirrored: bool,
    /// It stands on something and throws a shadow there.
    pub grounded: bool,
}

/// Instances in one picture, whatever was asked.
const MOST: usize = 14;

/// Centre and size for a thing alone, in parts of the area.
const ALONE: [(f32, f32, f32); 10] = [
    (0.50, 0.50, 0.62),
    (0.34, 0.40, 0.46),
    (0.66, 0.58, 0.54),
    (0.50, 0.62, 0.74),
    (0.30, 0.63, 0.50),
    (0.68, 0.36, 0.44),
    (0.44, 0.46, 0.70),
    (0.62, 0.66, 0.42),
    (0.38, 0.34, 0.58),
    (0.58, 0.48, 0.36),
];

/// How many of each item are drawn, none of them zero.
pub fn counts(scene: &Scene, rng: &mut Rng) -> Vec<usize> {
    let mut left = MOST;
    let kinds = scene.items.len();
    let mut counts = Vec::with_capacity(kinds);
    for (index, item) in scene.items.iter().enumerate() {
        let wanted = match item.count {
            Count::Exactly(count) => usize::from(count),
            Count::Several if kinds > 2 => 3,
            Count::Several => rng.usize(3..=5),
        };
        let count = wanted.min(left.saturating_sub(kinds - index - 1)).max(1);
        left = left.saturating_sub(count);
        counts.push(count);
    }
    counts
}

/// Places for things on a plain background.
pub fn on_backdrop(scene: &Scene, area: Area, turn: u64, rng: &mut Rng) -> Vec<Place> {
    let queue = queue(scene, rng);
    let unit = area.w.min(area.h);
    if let [item] = queue.as_slice() {
        let (x, y, size) = alone(turn);
        let size = size * unit * scale(scene, *item) * (0.86 + 0.28 * rng.f32());
        let at = (area.x + area.w * (x + jitter(rng, 0.07)), area.y + area.h * (y + jitter(rng, 0.07)));
        return vec![settled(scene, *item, at, size, area, rng)];
    }
    let count = queue.len();
    if count == 0 {
        return Vec::new();
    }
    let points = arrangement(count, turn, rng);
    let apart = nearest(&points, area);
    queue
        .iter()
        .zip(points)
        .map(|(item, (x, y))| {
            let size =
                apart.min(unit * 0.52) * 0.94 * scale(scene, *item).min(1.06) * (0.90 + 0.14 * rng.f32());
            settled(scene, *item, (area.x + area.w * x, area.y + area.h * y), size, area, rng)
        })
        .collect()
}

/// Places for things in a landscape whose horizon is at `horizon` pixels.
pub fn in_landscape(scene: &Scene, area: Area, horizon: f32, turn: u64, rng: &mut Rng) -> Vec<Place> {
    let unit = area.w.min(area.h);
    // The first thing's side and size alternate, so that neighbours differ at a glance.
    let side =
        [0.30, 0.68, 0.50, 0.20, 0.78].get(usize::try_from(turn % 5).unwrap_or(0)).copied().unwrap_or(0.5);
    let near = [1.18, 0.80, 1.0].get(usize::try_from(turn % 3).unwrap_or(0)).copied().unwrap_or(1.0);
    let queue = queue(scene, rng);
    let sky = (horizon - area.y).max(unit * 0.2);
    let ground = (area.y + area.h - horizon).max(unit * 0.12);
    let crowd =
        |zone: bool| queue.iter().filter(|item| (zone_of(scene, **item) == Zone::Sky) == zone).count().max(1);
    let (above, below) = (crowd(true) as f32, crowd(false) as f32);
    let mut places: Vec<Place> = Vec::new();
    for item in &queue {
        let zone = zone_of(scene, *item);
        let share = match zone {
            Zone::Sky => ((sky * 0.62).min(unit * 0.44) / above.sqrt()).max(unit * 0.19),
            Zone::Far => (sky * 1.05).min(unit * 0.62) / below.powf(0.35),
            _ => unit * 0.50 / below.powf(0.58),
        };
        let size = share * near * scale(scene, *item) * (0.9 + 0.2 * rng.f32());
        let candidate = |rng: &mut Rng| {
            let x = area.x + size * 0.5 + rng.f32() * (area.w - size).max(1.0);
            let y = match zone {
                Zone::Sky => area.y + size * 0.55 + rng.f32() * (sky - size * 1.15).max(1.0),
                // Foot on the horizon.
                Zone::Far => horizon - size * 0.44 + ground * 0.05,
                Zone::Ground | Zone::Water | Zone::Free => {
                    horizon + ground * (0.16 + 0.62 * rng.f32()) - size * 0.44
                }
            };
            (x, y.min(area.y + area.h - size * 0.5))
        };
        let mut best = (f32::MAX, (0.0, 0.0));
        for _ in 0..96 {
            let at = candidate(rng);
            let cost = places.iter().map(|place| crowding(place, at, size)).sum::<f32>()
                + if places.is_empty() { ((at.0 - area.x) / area.w - side).abs() } else { 0.15 * rng.f32() };
            if cost < best.0 {
                best = (cost, at);
            }
        }
        places.push(Place {
            item: *item,
            at: best.1,
            size,
            tilt: if zone == Zone::Sky { jitter(rng, 7.0) } else { jitter(rng, 1.5) },
            mirrored: rng.bool(),
            grounded: matches!(zone, Zone::Ground | Zone::Free),
        });
    }
    // What is far goes behind what is near.
    places.sort_by(|one, other| {
        let depth = |place: &Place| match zone_of(scene, place.item) {
            Zone::Sky => place.at.1 - 4.0 * area.h,
            Zone::Far => place.at.1 - 2.0 * area.h - place.size,
            _ => place.at.1 + place.size * 0.5,
        };
        depth(one).total_cmp(&depth(other))
    });
    places
}

/// Where a thing alone would stand: centre in parts of the canvas, size in parts of its shorter side.
pub fn alone(turn: u64) -> (f32, f32, f32) {
    ALONE.get(usize::try_from(turn % 10).unwrap_or(0)).copied().unwrap_or((0.5, 0.5, 0.6))
}

fn queue(scene: &Scene, rng: &mut Rng) -> Vec<usize> {
    let counts = counts(scene, rng);
    counts.iter().enumerate().flat_map(|(item, count)| std::iter::repeat_n(item, *count)).collect()
}

fn zone_of(scene: &Scene, item: usize) -> Zone {
    scene.items.get(item).map_or(Zone::Free, |item| item.noun.entry().zone)
}

fn scale(scene: &Scene, item: usize) -> f32 {
    scene.items.get(item).map_or(1.0, |item| item.noun.entry().scale)
}

/// Keeps a thing inside the area, and tilts it when nothing says that it must stand.
fn settled(scene: &Scene, item: usize, at: (f32, f32), size: f32, area: Area, rng: &mut Rng) -> Place {
    let margin = size * 0.52;
    let inside = |value: f32, from: f32, length: f32| {
        let (low, high) = (from + margin, from + length - margin);
        if low > high { from + length / 2.0 } else { value.clamp(low, high) }
    };
    let stands = matches!(zone_of(scene, item), Zone::Ground | Zone::Water | Zone::Far);
    Place {
        item,
        at: (inside(at.0, area.x, area.w), inside(at.1, area.y, area.h)),
        size,
        tilt: jitter(rng, if stands { 1.5 } else { 9.0 }),
        mirrored: rng.bool(),
        grounded: stands,
    }
}

/// Points for several things, in parts of the area.
fn arrangement(count: usize, turn: u64, rng: &mut Rng) -> Vec<(f32, f32)> {
    let n = count as f32;
    let flip = rng.bool();
    let mirror = |x: f32| if flip { 1.0 - x } else { x };
    let at = |index: usize| (index as f32 + 0.5) / n;
    let points: Vec<(f32, f32)> = match (turn % 5, count) {
        (0, 2..=3) => {
            let y = 0.38 + 0.24 * rng.f32();
            (0..count).map(|index| (at(index), y + 0.10 * ((index % 2) as f32 - 0.5))).collect()
        }
        (1, 2..=5) => {
            (0..count).map(|index| (mirror(0.06 + 0.88 * at(index)), 0.10 + 0.80 * at(index))).collect()
        }
        (2, 3..) => {
            let turn = rng.f32();
            let angle = |index: usize| (index as f32 / n + turn) * std::f32::consts::TAU;
            (0..count)
                .map(|index| (0.5 + 0.34 * angle(index).cos(), 0.5 + 0.34 * angle(index).sin()))
                .collect()
        }
        (3, _) => scattered(count, rng),
        _ => grid(count, mirror(0.0) > 0.5),
    };
    points.into_iter().map(|(x, y)| (x + jitter(rng, 0.012), y + jitter(rng, 0.012))).collect()
}

fn grid(count: usize, transposed: bool) -> Vec<(f32, f32)> {
    let columns = (count as f32).sqrt().ceil() as usize;
    let rows = count.div_ceil(columns);
    let points = (0..count).map(|index| {
        let row = index / columns;
        let here = columns.min(count - row * columns);
        let x = ((index % columns) as f32 + 0.5) / here as f32;
        let y = (row as f32 + 0.5) / rows as f32;
        (0.08 + 0.84 * x, 0.08 + 0.84 * y)
    });
    points.map(|(x, y)| if transposed { (y, x) } else { (x, y) }).collect()
}

/// Best candidate of many: irregular, and never on top of each other.
fn scattered(count: usize, rng: &mut Rng) -> Vec<(f32, f32)> {
    let mut points: Vec<(f32, f32)> = Vec::with_capacity(count);
    for _ in 0..count {
        let mut best = ((0.5, 0.5), -1.0);
        for _ in 0..40 {
            let at = (0.14 + 0.72 * rng.f32(), 0.14 + 0.72 * rng.f32());
            let free = points.iter().map(|point| (point.0 - at.0).hypot(point.1 - at.1)).fold(2.0, f32::min);
            if free > best.1 {
                best = (at, free);
            }
        }
        points.push(best.0);
    }
    points
}

/// The smallest distance between two points, pixels.
fn nearest(points: &[(f32, f32)], area: Area) -> f32 {
    let mut least = f32::MAX;
    for (index, one) in points.iter().enumerate() {
        for other in points.iter().skip(index + 1) {
            least = least.min(((one.0 - other.0) * area.w).hypot((one.1 - other.1) * area.h));
        }
    }
    least
}

/// What it costs to stand at `at` beside a thing that is there already.
fn crowding(place: &Place, at: (f32, f32), size: f32) -> f32 {
    let wanted = (place.size + size) * 0.60;
    let distance = (place.at.0 - at.0).hypot(place.at.1 - at.1);
    if distance >= wanted { 0.0 } else { 1.0 + 4.0 * (1.0 - distance / wanted) }
}

fn jitter(rng: &mut Rng, most: f32) -> f32 {
    (rng.f32() * 2.0 - 1.0) * most
}
