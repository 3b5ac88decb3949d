//! Pictures on paper and in films: decoded once, upright, without transparency, and no larger than they're shown.

use super::canvas::fitting;
use super::decode::{Pixels, decode};
use super::encode::{Encoded, jpeg};
use super::resample::resample;
use super::{PIXELS_MAX, bad};
use crate::provider::Failure;

/// The JPEG quality of what is printed.
const QUALITY: u8 = 88;

/// A picture as an RGB JPEG on white, at most `longest` pixels a side.
///
/// # Errors
/// `bad_image` when it can't be decoded.
pub fn print(bytes: &[u8], longest: u32) -> Result<Encoded, Failure> {
    jpeg(&on_white(bytes, longest)?, QUALITY, usize::MAX)?.ok_or_else(|| bad("the picture can't be written"))
}

/// The pixels of a picture as RGB on white, at most `longest` pixels a side.
///
/// # Errors
/// `bad_image` when it can't be decoded.
pub fn on_white(bytes: &[u8], longest: u32) -> Result<Pixels, Failure> {
    let mut pixels = decode(bytes, PIXELS_MAX)?;
    let (width, height) = fitting(pixels.width, pixels.height, longest.max(1));
    if (width, height) != (pixels.width, pixels.height) {
        pixels = resample(&pixels, width, height);
    }
    if pixels.channels == 3 {
        return Ok(pixels);
    }
    let mut data = Vec::with_capacity(pixels.data.len() / pixels.channels.max(1) * 3);
    for [red, green, blue, alpha] in pixels.rgba() {
        data.extend([red, green, blue].map(|light| over_white(light, alpha)));
    }
    Ok(Pixels { width, height, channels: 3, data })
}

/// Light through an opacity, before white.
fn over_white(light: u8, alpha: u8) -> u8 {
    let (light, alpha) = (u32::from(light), u32::from(alpha));
    u8::try_from((light * alpha + 255 * (255 - alpha) + 127) / 255).unwrap_or(u8::MAX)
}

#[cfg(test)]
mod tests {
    use image::{DynamicImage, ImageFormat, Rgba, RgbaImage};

    use super::*;

    fn png(picture: impl Into<DynamicImage>) -> Vec<u8> {
        let mut file = std::io::Cursor::new(Vec::new());
        picture.into().write_to(&mut file, ImageFormat::Png).unwrap();
        file.into_inner()
    }

    #[test]
    fn what_is_transparent_is_white() {
        let half = RgbaImage::from_fn(4, 1, |x, _| Rgba([0, 0, 0, [0, 255, 128, 64][x as usize]]));
        let pixels = on_white(&png(half), 100).unwrap();
        assert_eq!((pixels.width, pixels.height, pixels.channels), (4, 1, 3));
        assert_eq!(pixels.data.chunks(3).map(|rgb| rgb[0]).collect::<Vec<_>>(), [255, 0, 127, 191]);
    }

    #[test]
    fn grey_becomes_colour_and_large_small() {
        let grey = image::GrayImage::from_pixel(300, 100, image::Luma([90]));
        let printed = print(&png(grey), 120).unwrap();
        assert_eq!((printed.width, printed.height, printed.media_type), (120, 40, "image/jpeg"));
        let read = image::load_from_memory(&printed.bytes).unwrap();
        assert_eq!(read.color(), image::ColorType::Rgb8);
        assert!(print(b"no picture", 10).is_err());
    }
}
