//! Reading: whether the asked words stand in the picture, by sliding their expected image over it. The measure is
//! correlation, so neither the colours of letters and ground nor the ground's evenness matter much.

use image::GrayImage;
use image::imageops::{FilterType, resize};
use tiny_skia::{FillRule, Mask, Transform};

use crate::paint::caption;

/// Correlation from which words count as read. Other words of the same length reach about half of it.
pub const LEGIBLE: f32 = 0.58;
/// Coarse steps look at a picture this much smaller.
const COARSE: u32 = 2;
/// Coarse places that are looked at closely.
const CANDIDATES: usize = 6;

/// The best correlation of the words with any place of the picture, 0 to 1. Words that can't be set (no letters of the
/// font) are never found.
pub fn legibility(grey: &GrayImage, text: &str) -> f32 {
    let (w, h) = grey.dimensions();
    let small = resize(grey, (w / COARSE).max(1), (h / COARSE).max(1), FilterType::Triangle);
    let mut best = 0.0_f32;
    for scale in caption::SCALES {
        let (Some(coarse), Some(fine)) = (Words::set(text, &small, scale), Words::set(text, grey, scale))
        else {
            continue;
        };
        let mut places: Vec<(f32, i64, i64)> = Vec::new();
        for across in [0.0, 0.5, 1.0] {
            let x = coarse.left(&small, across);
            for y in 0..i64::from(small.height()) {
                for x in [x - 1, x, x + 1] {
                    places.push((coarse.correlation(&small, x, y), x, y));
                }
            }
        }
        places.sort_by(|one, other| other.0.total_cmp(&one.0));
        let step = i64::from(COARSE);
        for (_, x, y) in places.into_iter().take(CANDIDATES) {
            for (dx, dy) in (-2..=2).flat_map(|dx| (-2..=2).map(move |dy| (dx, dy))) {
                best = best.max(fine.correlation(grey, x * step + dx, y * step + dy));
            }
        }
    }
    best
}

/// The expected image of the words.
struct Words {
    mask: Vec<f32>,
    w: usize,
    h: usize,
}

impl Words {
    fn set(text: &str, grey: &GrayImage, scale: f32) -> Option<Self> {
        let setting = caption::set(text, grey.width() as f32, grey.height() as f32, scale)?;
        let (w, h) = ((setting.size.0.ceil() as u32).max(1), (setting.size.1.ceil() as u32).max(1));
        let mut mask = Mask::new(w, h)?;
        mask.fill_path(&setting.path, FillRule::Winding, true, Transform::identity());
        let cover: Vec<f32> = mask.data().iter().map(|cover| f32::from(*cover)).collect();
        let mean = cover.iter().sum::<f32>() / cover.len().max(1) as f32;
        let deviation = cover.iter().map(|cover| (cover - mean).powi(2)).sum::<f32>().sqrt();
        let mask = cover.iter().map(|cover| (cover - mean) / deviation.max(1.0)).collect();
        Some(Self { mask, w: w as usize, h: h as usize })
    }

    fn left(&self, grey: &GrayImage, across: f32) -> i64 {
        let margin = 0.075 * grey.width().min(grey.height()) as f32;
        (margin + (grey.width() as f32 - 2.0 * margin - self.w as f32) * across).round() as i64
    }

    /// How like the words a place is; light on dark counts as much as dark on light.
    fn correlation(&self, grey: &GrayImage, x: i64, y: i64) -> f32 {
        let width = grey.width() as usize;
        let (Ok(x), Ok(y)) = (usize::try_from(x), usize::try_from(y)) else { return 0.0 };
        if x + self.w > width || y + self.h > grey.height() as usize {
            return 0.0;
        }
        let (mut sum, mut squares, mut product) = (0.0_f32, 0.0_f32, 0.0_f32);
        let rows = grey.as_raw().chunks_exact(width).skip(y).take(self.h);
        for (row, mask) in rows.zip(self.mask.chunks_exact(self.w)) {
            for (pixel, mask) in row.iter().skip(x).zip(mask) {
                let value = f32::from(*pixel);
                sum += value;
                squares += value * value;
                product += value * mask;
            }
        }
        let count = (self.w * self.h) as f32;
        let deviation = (squares - sum * sum / count).max(0.0).sqrt();
        // A ground without contrast has no letters on it.
        if deviation < count.sqrt() * 8.0 { 0.0 } else { (product / deviation).abs() }
    }
}
