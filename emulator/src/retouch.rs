//! The painter with pictures in front of it. What it does to them can be told from the pixels:
//!
//! - **edit**: the start image fills the canvas, and the prompt's scene is painted over the middle three quarters of
//!   each side ([`panel`]);
//! - **inpaint**, **outpaint**: the scene is painted into the mask's bounding box and shows where the mask says so;
//! - **variation**: the start image with its hues turned, by an angle that the variant decides;
//! - **upscale**: the start image, resized;
//! - whatever is kept **drifts** by [`DRIFT`] levels in every channel, as with real models: a caller that wants
//!   untouched pixels must put them back itself;
//! - each **reference** leaves a square of its mean colour at the lower edge, from the left ([`swatch`]); in inpainting
//!   and outpainting at the lower edge of the mask's bounding box, as far as the mask goes, so that a caller that puts
//!   untouched pixels back keeps it.
//!
//! Everything is a pure function of the order and the material.

// Pixels and shares of at most 4096 by 4096; every cast is in range.
#![allow(clippy::cast_possible_truncation, clippy::cast_precision_loss, clippy::cast_sign_loss)]
// x, y, w, h, r, g, b are the field's own names.
#![allow(clippy::many_single_char_names)]

use image::imageops::{self, FilterType};
use image::{GrayImage, Rgb, RgbImage, Rgba, RgbaImage};

use crate::operation::{Material, Operation};
use crate::paint::{Order, paint};

/// Levels by which kept pixels differ from what was sent: upwards, or downwards where there's no room.
pub const DRIFT: u8 = 3;

/// Part of a canvas, pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rect {
    /// From the left.
    pub x: u32,
    /// From the top.
    pub y: u32,
    /// Width.
    pub w: u32,
    /// Height.
    pub h: u32,
}

/// Paints an order with what came with it.
pub fn retouch(order: &Order, material: &Material) -> RgbImage {
    let (w, h) = (order.size.0.max(1), order.size.1.max(1));
    let mut area = Rect { x: 0, y: 0, w, h };
    let mut painted = None;
    let mut picture = match (&material.start, &material.mask) {
        (Some(start), Some(mask)) => {
            let mask = fitted_mask(mask, w, h);
            area = bounds(&mask).unwrap_or(area);
            let picture = filled(order, fitted(start, w, h), &mask, area);
            painted = Some(mask);
            picture
        }
        (Some(start), None) => {
            let mut picture = fitted(start, w, h);
            match material.operation {
                Operation::Variation => turn_hues(&mut picture, order.variant),
                Operation::Upscale => {}
                Operation::Generate | Operation::Edit | Operation::Inpaint | Operation::Outpaint => {
                    put(&mut picture, order, panel(w, h));
                }
            }
            picture
        }
        (None, _) => paint(order),
    };
    mark(&mut picture, area, painted.as_ref(), &material.references);
    picture
}

/// Where an edit paints: the middle three quarters of each side.
pub fn panel(w: u32, h: u32) -> Rect {
    Rect { x: w / 8, y: h / 8, w: (w - w / 4).max(1), h: (h - h / 4).max(1) }
}

/// Where the `nth` reference (from 0) leaves its mark in an area: a square of a twenty-fourth of its height, eight
/// pixels at least, and a sixteenth of its width at most.
pub fn swatch(area: Rect, nth: u32) -> Rect {
    let side = (area.h / 24).max(8).min(area.w / 16).min(area.h).max(1);
    Rect { x: area.x + nth * side, y: area.y + area.h - side, w: side, h: side }
}

/// Leaves out what surrounds the ellipse that fits into the canvas: a subject without a background.
pub fn cut_out(picture: &RgbImage) -> RgbaImage {
    let (w, h) = (picture.width() as f32, picture.height() as f32);
    RgbaImage::from_fn(picture.width(), picture.height(), |x, y| {
        let (dx, dy) = ((x as f32 + 0.5) / w * 2.0 - 1.0, (y as f32 + 0.5) / h * 2.0 - 1.0);
        let [r, g, b] = picture.get_pixel(x, y).0;
        if dx * dx + dy * dy > 1.0 { Rgba([0, 0, 0, 0]) } else { Rgba([r, g, b, 255]) }
    })
}

/// What a picture looks like while it's made: `step` of `steps` (from 0), in blocks that get smaller.
pub fn unfinished(picture: &RgbImage, step: u32, steps: u32) -> RgbImage {
    let (w, h) = picture.dimensions();
    let block = 8_u32 << steps.saturating_sub(step + 1).min(4);
    let small = imageops::thumbnail(picture, w.div_ceil(block).max(1), h.div_ceil(block).max(1));
    imageops::resize(&small, w, h, FilterType::Nearest)
}

/// The start image on the canvas, drifted; what was transparent is white.
fn fitted(start: &RgbaImage, w: u32, h: u32) -> RgbImage {
    let resized;
    let start = if start.dimensions() == (w, h) {
        start
    } else {
        resized = imageops::resize(start, w, h, FilterType::Triangle);
        &resized
    };
    RgbImage::from_fn(w, h, |x, y| {
        let [r, g, b, alpha] = start.get_pixel(x, y).0;
        let over = |channel: u8| {
            let over = (u16::from(channel) * u16::from(alpha) + 255 * (255 - u16::from(alpha)) + 127) / 255;
            drifted(over as u8)
        };
        Rgb([over(r), over(g), over(b)])
    })
}

fn drifted(channel: u8) -> u8 {
    channel.checked_add(DRIFT).unwrap_or_else(|| channel - DRIFT)
}

fn fitted_mask(mask: &GrayImage, w: u32, h: u32) -> GrayImage {
    if mask.dimensions() == (w, h) {
        return mask.clone();
    }
    imageops::resize(mask, w, h, FilterType::Triangle)
}

/// The smallest rectangle around all that is to be painted.
fn bounds(mask: &GrayImage) -> Option<Rect> {
    let mut found: Option<(u32, u32, u32, u32)> = None;
    for (x, y, _) in mask.enumerate_pixels().filter(|(_, _, paint)| paint.0[0] >= 128) {
        let (left, top, right, bottom) = found.unwrap_or((x, y, x, y));
        found = Some((left.min(x), top.min(y), right.max(x), bottom.max(y)));
    }
    found.map(|(left, top, right, bottom)| Rect { x: left, y: top, w: right - left + 1, h: bottom - top + 1 })
}

fn filled(order: &Order, mut picture: RgbImage, mask: &GrayImage, area: Rect) -> RgbImage {
    let scene = paint(&Order { size: (area.w, area.h), ..order.clone() });
    for (x, y, new) in scene.enumerate_pixels() {
        let (x, y) = (area.x + x, area.y + y);
        let share = u16::from(mask.get_pixel(x, y).0[0]);
        let old = picture.get_pixel_mut(x, y);
        for (old, new) in old.0.iter_mut().zip(new.0) {
            *old = ((u16::from(*old) * (255 - share) + u16::from(new) * share + 127) / 255) as u8;
        }
    }
    picture
}

fn put(picture: &mut RgbImage, order: &Order, at: Rect) {
    let scene = paint(&Order { size: (at.w, at.h), ..order.clone() });
    imageops::replace(picture, &scene, i64::from(at.x), i64::from(at.y));
}

/// Turns hues by 60 to 300 degrees and leaves the composition as it is.
fn turn_hues(picture: &mut RgbImage, variant: u64) {
    // A step that has no common factor with the range, so that neighbours are far from each other.
    let degrees = 60 + variant.wrapping_mul(97) % 241;
    *picture = imageops::huerotate(picture, i32::try_from(degrees).unwrap_or(60));
}

fn mark(picture: &mut RgbImage, area: Rect, mask: Option<&GrayImage>, references: &[[u8; 3]]) {
    for (nth, colour) in (0_u32..).zip(references) {
        let at = swatch(area, nth);
        for y in at.y..(at.y + at.h).min(picture.height()) {
            for x in at.x..(at.x + at.w).min(picture.width()) {
                if mask.is_none_or(|mask| mask.get_pixel(x, y).0[0] >= 128) {
                    picture.put_pixel(x, y, Rgb(*colour));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use image::Luma;

    use super::*;
    use crate::scene::Brief;
    use crate::service::Provider;

    const SIDE: u32 = 160;

    fn order(prompt: &str, variant: u64) -> Order {
        let scene = Brief::read(prompt).scene;
        Order { provider: Provider::Openai, size: (SIDE, SIDE), variant, miss: false, twin: None, scene }
    }

    fn start() -> RgbaImage {
        RgbaImage::from_fn(SIDE, SIDE, |x, y| Rgba([x as u8, y as u8, 254, 255]))
    }

    fn material(operation: Operation, mask: Option<GrayImage>) -> Material {
        Material {
            operation,
            start: Some(start()),
            mask,
            references: vec![[1, 2, 3], [250, 0, 0]],
            cut_out: false,
        }
    }

    #[test]
    fn an_edit_carries_the_start_image_and_paints_the_middle() {
        let edit = material(Operation::Edit, None);
        let (one, other) = (retouch(&order("a cat", 1), &edit), retouch(&order("a cat", 2), &edit));
        assert_eq!(one, retouch(&order("a cat", 1), &edit));
        assert_eq!(one.get_pixel(5, 7).0, [8, 10, 251], "drifted, downwards where there's no room");
        let at = panel(SIDE, SIDE);
        let scene = paint(&Order { size: (at.w, at.h), ..order("a cat", 1) });
        assert_eq!(one.get_pixel(at.x, at.y), scene.get_pixel(0, 0));
        assert_eq!(one.get_pixel(80, 80), scene.get_pixel(60, 60));
        assert_ne!(one, other);
    }

    #[test]
    fn only_the_masked_part_is_painted_and_the_rest_drifts() {
        let mask = GrayImage::from_fn(SIDE, SIDE, |x, y| Luma([if x >= 40 && y >= 60 { 255 } else { 0 }]));
        let picture = retouch(&order("a red circle on white", 1), &material(Operation::Inpaint, Some(mask)));
        let scene = paint(&Order { size: (120, 100), ..order("a red circle on white", 1) });
        for (x, y, pixel) in picture.enumerate_pixels() {
            if x < 40 || y < 60 {
                assert_eq!(pixel.0, [x as u8 + 3, y as u8 + 3, 251]);
            } else if y < 150 {
                assert_eq!(pixel, scene.get_pixel(x - 40, y - 60));
            }
        }
        let area = Rect { x: 40, y: 60, w: 120, h: 100 };
        assert_eq!(picture.get_pixel(swatch(area, 1).x, swatch(area, 1).y).0, [250, 0, 0]);
    }

    #[test]
    fn a_variation_keeps_lines_and_an_upscale_everything() {
        let varied = retouch(&order("a cat", 1), &material(Operation::Variation, None));
        assert_ne!(varied, retouch(&order("a cat", 2), &material(Operation::Variation, None)));
        assert_ne!(varied.get_pixel(20, 20).0, [23, 23, 251]);
        let large = Order { size: (320, 320), ..order("a cat", 1) };
        let upscaled = retouch(&large, &material(Operation::Upscale, None));
        let near = upscaled.get_pixel(161, 81).0;
        assert!(near[0].abs_diff(83) < 2 && near[1].abs_diff(43) < 2, "{near:?}");
    }

    #[test]
    fn references_leave_their_colours_in_order() {
        let whole = Rect { x: 0, y: 0, w: SIDE, h: SIDE };
        let mut references = material(Operation::Generate, None);
        references.start = None;
        let picture = retouch(&order("a cat", 1), &references);
        for (nth, colour) in [(0, [1, 2, 3]), (1, [250, 0, 0])] {
            let at = swatch(whole, nth);
            assert_eq!(picture.get_pixel(at.x + at.w / 2, at.y + at.h / 2).0, colour);
        }
    }

    #[test]
    fn unfinished_pictures_come_nearer_and_what_is_cut_out_has_no_corners() {
        let whole = retouch(&order("a red circle on white", 1), &Material::default());
        let far = |step| {
            let part = unfinished(&whole, step, 3);
            part.iter().zip(whole.iter()).map(|(one, other)| u64::from(one.abs_diff(*other))).sum::<u64>()
        };
        assert!(far(0) > far(1) && far(1) > far(2) && far(2) > 0);
        let cut = cut_out(&whole);
        assert_eq!((cut.get_pixel(0, 0).0[3], cut.get_pixel(80, 80).0[3]), (0, 255));
    }
}
