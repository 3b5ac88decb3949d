//! What has changed between a start image and a result: the largest connected part that differs by more than models
//! drift by themselves.

use image::imageops::{self, FilterType};
use image::{DynamicImage, RgbImage};

use crate::picture::Sent;

/// Cells a side in which pictures are compared.
const GRID: u32 = 64;
/// Levels of a channel's mean by which a cell that has changed differs.
const MOVED: u8 = 14;
/// Cells that are a change.
const LEAST: usize = 12;

/// The part of the result that is new. `None` when nothing is.
///
/// # Errors
/// When either is no picture.
pub fn since(start: &[u8], result: &[u8]) -> Result<Option<DynamicImage>, String> {
    let result = DynamicImage::ImageRgba8(Sent::read(result)?.pixels).into_rgb8();
    let before = cells(&DynamicImage::ImageRgba8(Sent::read(start)?.pixels).into_rgb8());
    let after = cells(&result);
    let moved: Vec<bool> = before
        .pixels()
        .zip(after.pixels())
        .map(|(before, after)| before.0.iter().zip(after.0).any(|(one, other)| one.abs_diff(other) > MOVED))
        .collect();
    Ok(largest(moved).map(|(left, top, right, bottom)| {
        let at = |cell: u32, pixels: u32| cell * pixels / GRID;
        let (x, y) = (at(left, result.width()), at(top, result.height()));
        let (w, h) = (at(right + 1, result.width()) - x, at(bottom + 1, result.height()) - y);
        DynamicImage::ImageRgb8(imageops::crop_imm(&result, x, y, w.max(1), h.max(1)).to_image())
    }))
}

fn cells(picture: &RgbImage) -> RgbImage {
    imageops::resize(picture, GRID, GRID, FilterType::Triangle)
}

/// The bounds (left, top, right, bottom; inclusive) of the largest connected part, if it's large enough.
fn largest(mut moved: Vec<bool>) -> Option<(u32, u32, u32, u32)> {
    let mut best = None;
    let mut most = LEAST - 1;
    for start in 0..moved.len() {
        let mut open = vec![start];
        let (mut count, mut bounds) = (0, (GRID, GRID, 0, 0));
        while let Some(cell) = open.pop() {
            if !moved.get_mut(cell).is_some_and(std::mem::take) {
                continue;
            }
            let (x, y) = (cell as u32 % GRID, cell as u32 / GRID);
            count += 1;
            bounds = (bounds.0.min(x), bounds.1.min(y), bounds.2.max(x), bounds.3.max(y));
            if x > 0 {
                open.push(cell - 1);
            }
            if x + 1 < GRID {
                open.push(cell + 1);
            }
            open.extend(
                [cell.checked_sub(GRID as usize), cell.checked_add(GRID as usize)].into_iter().flatten(),
            );
        }
        if count > most {
            (most, best) = (count, Some(bounds));
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encode::{Format, encode};

    fn file(paint: impl Fn(u32, u32) -> [u8; 3]) -> Vec<u8> {
        let picture = RgbImage::from_fn(128, 128, |x, y| image::Rgb(paint(x, y)));
        encode(&picture, Format::Png, 100).unwrap()
    }

    #[test]
    fn drift_is_no_change_and_the_largest_change_is_cut_out() {
        let start = file(|x, _| [x as u8, 90, 90]);
        assert!(since(&start, &file(|x, _| [x as u8 + 3, 93, 93])).unwrap().is_none());
        let result = file(|x, y| match (x, y) {
            (32..96, 16..80) => [0, 250, 0],
            (100..110, 100..110) => [250, 0, 0],
            _ => [x as u8, 90, 90],
        });
        let changed = since(&start, &result).unwrap().unwrap().into_rgb8();
        assert!(
            changed.width().abs_diff(64) <= 4 && changed.height().abs_diff(64) <= 4,
            "{:?}",
            changed.dimensions()
        );
        assert_eq!(changed.get_pixel(32, 32).0, [0, 250, 0]);
        assert!(since(b"no picture", &start).is_err());
    }
}
