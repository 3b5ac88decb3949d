//! Pictures to be told apart: five kinds of motif, painted from two numbers. The layout is what a prompt would fix (motif, palette,
//! composition), the detail is what differs between two pictures of the same prompt.

use image::{Rgb, RgbImage};

/// Sides of what is painted, in pixels.
const SIDES: [(u32, u32); 4] = [(192, 192), (240, 144), (144, 216), (192, 160)];

/// One picture.
pub fn paint(layout: u64, detail: u64) -> RgbImage {
    let mut plan = fastrand::Rng::with_seed(layout.wrapping_mul(0x9e37_79b9) ^ 0x51ed);
    let mut chance = fastrand::Rng::with_seed(layout.wrapping_mul(31).wrapping_add(detail * 7_919) ^ 0xd00d);
    let (width, height) = SIDES[(layout % 4) as usize];
    let palette: Vec<[f32; 3]> = (0..5).map(|_| std::array::from_fn(|_| plan.f32() * 255.0)).collect();
    let mut picture = Canvas { width, height, data: vec![palette[0]; (width * height) as usize] };
    match layout % 5 {
        0 => shapes(&mut picture, &palette, &mut plan, &mut chance),
        1 => landscape(&mut picture, &palette, &mut plan, &mut chance),
        2 => texture(&mut picture, &palette, &mut plan, &mut chance),
        3 => page(&mut picture, &palette, &mut plan, &mut chance),
        _ => photograph(&mut picture, &palette, &mut plan, &mut chance),
    }
    picture.finish()
}

/// A plain colour or a plain gradient.
pub fn flat(number: u64) -> RgbImage {
    let mut random = fastrand::Rng::with_seed(number);
    let from: [f32; 3] = std::array::from_fn(|_| random.f32() * 100.0);
    let slope = if number.is_multiple_of(2) { 0.0 } else { 0.3 };
    RgbImage::from_fn(256, 256, |x, y| Rgb(from.map(|level| (level + (x + y) as f32 * slope) as u8)))
}

struct Canvas {
    width: u32,
    height: u32,
    data: Vec<[f32; 3]>,
}

impl Canvas {
    /// Lays a colour over each pixel, as opaque as `cover` says for its place, both sides from 0 to 1.
    fn cover(&mut self, colour: [f32; 3], cover: impl Fn(f32, f32) -> f32) {
        let (width, height) = (self.width as f32, self.height as f32);
        for (at, pixel) in self.data.iter_mut().enumerate() {
            let (x, y) = (at as u32 % self.width, at as u32 / self.width);
            let part = cover((x as f32 + 0.5) / width, (y as f32 + 0.5) / height).clamp(0.0, 1.0);
            for (channel, colour) in pixel.iter_mut().zip(colour) {
                *channel += (colour - *channel) * part;
            }
        }
    }

    fn finish(self) -> RgbImage {
        let bytes = self.data.into_iter().flatten().map(|level| level as u8).collect();
        RgbImage::from_raw(self.width, self.height, bytes).unwrap()
    }
}

fn around(plan: &mut fastrand::Rng, chance: &mut fastrand::Rng) -> f32 {
    plan.f32().mul_add(0.8, 0.1) + (chance.f32() - 0.5) * 0.3
}

fn shapes(picture: &mut Canvas, palette: &[[f32; 3]], plan: &mut fastrand::Rng, chance: &mut fastrand::Rng) {
    for n in 0..plan.usize(4..9) {
        let (x, y) = (around(plan, chance), around(plan, chance));
        let (wide, high) = (plan.f32().mul_add(0.2, 0.05), plan.f32().mul_add(0.2, 0.05));
        let turn = chance.f32() * 3.0;
        let colour = palette[1 + (n + chance.usize(..2)) % 4];
        let round = plan.bool();
        picture.cover(colour, |u, v| {
            let (a, b) =
                ((u - x) * turn.cos() - (v - y) * turn.sin(), (u - x) * turn.sin() + (v - y) * turn.cos());
            let inside = if round {
                (a / wide).powi(2) + (b / high).powi(2) < 1.0
            } else {
                a.abs() < wide && b.abs() < high
            };
            f32::from(u8::from(inside))
        });
    }
}

fn landscape(
    picture: &mut Canvas,
    palette: &[[f32; 3]],
    plan: &mut fastrand::Rng,
    chance: &mut fastrand::Rng,
) {
    picture.cover(palette[1], |_, v| v);
    let (x, y) = (around(plan, chance), plan.f32() * 0.3);
    picture.cover(palette[2], |u, v| (0.12 - (u - x).hypot(v - y)) * 30.0);
    for n in 0..4_u8 {
        let level = plan.f32().mul_add(0.1, 0.35) + f32::from(n) * 0.14;
        let waves: Vec<(f32, f32, f32)> = (0..4)
            .map(|k| {
                (chance.f32() * 6.3, 2.0 + chance.f32() * 5.0 * f32::from(k + 1_u8), chance.f32() * 0.12)
            })
            .collect();
        picture.cover(palette[usize::from(n + 1) % 5], |u, v| {
            let ridge: f32 =
                waves.iter().map(|(phase, rate, height)| (u * rate + phase).sin() * height).sum();
            (v - level - ridge * 0.6) * 40.0
        });
    }
}

fn texture(picture: &mut Canvas, palette: &[[f32; 3]], plan: &mut fastrand::Rng, chance: &mut fastrand::Rng) {
    for n in 0..6 {
        let (rate, angle) = (plan.f32() * 28.0 + 5.0, plan.f32() * 3.2 + chance.f32() * 0.4);
        let (phase, bend) = (chance.f32() * 6.3, chance.f32() * 4.0);
        picture.cover(palette[n % 5], |u, v| {
            let along = u * angle.cos() + v * angle.sin();
            ((along * rate + phase + (v * bend * 3.0).sin() * bend).sin() - 0.2) * 0.8
        });
    }
}

fn page(picture: &mut Canvas, palette: &[[f32; 3]], plan: &mut fastrand::Rng, chance: &mut fastrand::Rng) {
    picture.cover([245.0, 243.0, 235.0], |_, _| 0.9);
    let (x, y, side) = (around(plan, chance), around(plan, chance), plan.f32().mul_add(0.2, 0.1));
    picture.cover(palette[1], |u, v| f32::from(u8::from((u - x).abs() < side && (v - y).abs() < side)));
    let rows = plan.u32(8..18);
    let words: Vec<(f32, f32, f32)> = (0..rows)
        .flat_map(|row| {
            let mut at = 0.06;
            let mut words = Vec::new();
            while at < 0.85 {
                let length = chance.f32() * 0.15 + 0.03;
                words.push((at, (at + length).min(0.93), (row as f32 + 0.7) / (rows as f32 + 1.0)));
                at += length + 0.02 + if chance.u8(..9) == 0 { 0.4 } else { 0.0 };
            }
            words
        })
        .collect();
    let thick = 0.25 / rows as f32;
    picture.cover([20.0, 20.0, 30.0], |u, v| {
        let stroke = (u * 260.0).sin() > -0.3;
        let inside = words.iter().any(|(from, to, row)| u > *from && u < *to && (v - row).abs() < thick);
        f32::from(u8::from(inside && stroke))
    });
}

/// Lit clouds of noise in several sizes, with a subject in front.
fn photograph(
    picture: &mut Canvas,
    palette: &[[f32; 3]],
    plan: &mut fastrand::Rng,
    chance: &mut fastrand::Rng,
) {
    for octave in 0..5_u32 {
        let cells = 3 << octave;
        let values: Vec<f32> = (0..(cells + 1) * (cells + 1)).map(|_| chance.f32()).collect();
        let colour = palette[(octave as usize + 1) % 5];
        let strength = 1.1 / (octave as f32 + 1.0);
        picture.cover(colour, |u, v| {
            let (x, y) = (u * cells as f32, v * cells as f32);
            let (column, row) = ((x as u32).min(cells - 1), (y as u32).min(cells - 1));
            let (a, b) = (x - column as f32, y - row as f32);
            let value = |dx: u32, dy: u32| values[((row + dy) * (cells + 1) + column + dx) as usize];
            let top = value(0, 0) * (1.0 - a) + value(1, 0) * a;
            let bottom = value(0, 1) * (1.0 - a) + value(1, 1) * a;
            (top * (1.0 - b) + bottom * b - 0.3) * strength
        });
    }
    let (x, y, side) = (around(plan, chance), around(plan, chance), plan.f32().mul_add(0.15, 0.12));
    picture.cover(palette[3], |u, v| (side - (u - x).hypot(v - y)) * 12.0);
    picture.cover([255.0; 3], |u, v| (side * 0.4 - (u - x + side * 0.3).hypot(v - y + side * 0.3)) * 6.0);
}
