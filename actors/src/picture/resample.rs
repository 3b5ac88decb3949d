//! Another size: the mean of what a pixel covers, or the line between two pixels where there are too few.
//!
//! `image`'s own resize keeps a copy of sixteen bytes a pixel, up to the longer sides of both pictures squared. This one keeps a
//! row: memory is the result and `width × 16` bytes.

use super::decode::Pixels;

/// The picture in RGBA at another size. A triangle filter, over premultiplied colours, so that what can't be seen bleeds nowhere.
pub fn resample(source: &Pixels, width: u32, height: u32) -> Pixels {
    let columns = spans(source.width, width);
    let stride = source.width as usize * source.channels;
    let mut data = Vec::with_capacity(width as usize * height as usize * 4);
    let mut mixed = vec![[0.0_f32; 4]; source.width as usize];
    for span in spans(source.height, height) {
        mixed.fill([0.0; 4]);
        let rows = source.data.chunks_exact(stride).skip(span.first);
        for (row, weight) in rows.zip(&span.weights) {
            for (sum, pixel) in mixed.iter_mut().zip(row.chunks_exact(source.channels)) {
                add(sum, &premultiplied(pixel), *weight);
            }
        }
        for span in &columns {
            let mut sum = [0.0; 4];
            for (pixel, weight) in mixed.iter().skip(span.first).zip(&span.weights) {
                add(&mut sum, pixel, *weight);
            }
            data.extend(restored(sum));
        }
    }
    Pixels { width, height, channels: 4, data }
}

/// Which pixels of the source a pixel of the result is made of. Weights add up to one.
struct Span {
    first: usize,
    weights: Vec<f32>,
}

#[allow(clippy::cast_precision_loss, reason = "sides are at most 8,192")]
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "within the source")]
fn spans(from: u32, to: u32) -> Vec<Span> {
    let scale = from as f32 / to as f32;
    let reach = scale.max(1.0);
    (0..to)
        .map(|at| {
            let centre = (at as f32 + 0.5) * scale - 0.5;
            let first = (centre - reach).ceil().max(0.0) as usize;
            let last = ((centre + reach).floor() as usize).min(from as usize - 1);
            let mut weights: Vec<f32> =
                (first..=last).map(|x| (1.0 - (x as f32 - centre).abs() / reach).max(0.0)).collect();
            let sum: f32 = weights.iter().sum();
            for weight in &mut weights {
                *weight /= sum;
            }
            Span { first, weights }
        })
        .collect()
}

fn premultiplied(pixel: &[u8]) -> [f32; 4] {
    let (colour, alpha) = match *pixel {
        [grey] => ([grey; 3], 255),
        [grey, alpha] => ([grey; 3], alpha),
        [red, green, blue] => ([red, green, blue], 255),
        [red, green, blue, alpha, ..] => ([red, green, blue], alpha),
        [] => ([0; 3], 0),
    };
    let alpha = f32::from(alpha);
    let [red, green, blue] = colour.map(|channel| f32::from(channel) * alpha / 255.0);
    [red, green, blue, alpha]
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a cast from a float saturates")]
fn restored([red, green, blue, alpha]: [f32; 4]) -> [u8; 4] {
    if alpha < 0.5 {
        return [0; 4];
    }
    let [red, green, blue] = [red, green, blue].map(|channel| (channel * 255.0 / alpha + 0.5) as u8);
    [red, green, blue, (alpha + 0.5) as u8]
}

fn add(sum: &mut [f32; 4], pixel: &[f32; 4], weight: f32) {
    for (sum, channel) in sum.iter_mut().zip(pixel) {
        *sum += channel * weight;
    }
}
