//! Pictures that callers send: decoded, measured, and told apart by digest, so that a test can prove what arrived.

use std::io::Cursor;

use image::{ImageFormat, ImageReader, Limits, RgbaImage};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

/// Pixels of a side beyond which nothing is decoded.
const MAX_SIDE: u32 = 8192;
/// Bytes that a decoder may take.
const MAX_ALLOC: u64 = 512 << 20;

/// What the call log tells of a picture that was sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Facts {
    /// The media type of the bytes, whatever the caller said about them.
    pub mime: &'static str,
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// Length of the file.
    pub bytes: usize,
    /// Of the file, hexadecimal.
    pub sha256: String,
}

/// A picture that was sent.
#[derive(Clone, Debug, PartialEq)]
pub struct Sent {
    /// Its pixels; opaque where the file has no transparency.
    pub pixels: RgbaImage,
    /// Whether the file has a channel for transparency.
    pub has_alpha: bool,
    /// What the log says of it.
    pub facts: Facts,
}

impl Sent {
    /// Decodes PNG, JPEG or WebP.
    ///
    /// # Errors
    /// When the bytes are none of these, damaged, or larger than 8,192 pixels a side.
    pub fn read(bytes: &[u8]) -> Result<Self, String> {
        let mut reader = ImageReader::new(Cursor::new(bytes))
            .with_guessed_format()
            .map_err(|error| format!("the image could not be read: {error}"))?;
        let mime = match reader.format() {
            Some(ImageFormat::Png) => "image/png",
            Some(ImageFormat::Jpeg) => "image/jpeg",
            Some(ImageFormat::WebP) => "image/webp",
            _ => return Err("the image is no PNG, JPEG or WebP".to_owned()),
        };
        let mut limits = Limits::default();
        limits.max_image_width = Some(MAX_SIDE);
        limits.max_image_height = Some(MAX_SIDE);
        limits.max_alloc = Some(MAX_ALLOC);
        reader.limits(limits);
        let picture = reader.decode().map_err(|error| format!("the image could not be decoded: {error}"))?;
        let has_alpha = picture.color().has_alpha();
        let pixels = picture.into_rgba8();
        let facts = Facts {
            mime,
            width: pixels.width(),
            height: pixels.height(),
            bytes: bytes.len(),
            sha256: hex(&Sha256::digest(bytes)),
        };
        Ok(Self { pixels, has_alpha, facts })
    }

    /// Width and height, pixels.
    pub fn size(&self) -> (u32, u32) {
        self.pixels.dimensions()
    }

    /// The mean of its opaque pixels; black when there are none.
    pub fn mean(&self) -> [u8; 3] {
        let mut sums = [0_u64; 3];
        let mut count = 0_u64;
        for pixel in self.pixels.pixels().filter(|pixel| pixel.0[3] >= 128) {
            count += 1;
            for (sum, channel) in sums.iter_mut().zip(pixel.0) {
                *sum += u64::from(channel);
            }
        }
        sums.map(|sum| u8::try_from(sum / count.max(1)).unwrap_or(u8::MAX))
    }

    /// True when every pixel is black or white, as in a mask, with some of each. What a lossy file makes of the two
    /// still counts.
    pub fn is_bilevel(&self) -> bool {
        let (mut black, mut white, mut other) = (0_usize, 0_usize, 0_usize);
        for pixel in self.pixels.pixels() {
            let [r, g, b, _] = pixel.0;
            match (r.max(g).max(b), r.min(g).min(b)) {
                (..=24, _) => black += 1,
                (_, 231..) => white += 1,
                _ => other += 1,
            }
        }
        black > 0 && white > 0 && other * 50 <= black + white
    }
}

fn hex(bytes: &[u8]) -> String {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.filter_map(|digit| char::from_digit(digit.into(), 16)).collect()
}

#[cfg(test)]
mod tests {
    use image::{DynamicImage, Rgb, RgbImage, Rgba};

    use super::*;

    fn file(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        picture.write_to(&mut bytes, format).unwrap();
        bytes.into_inner()
    }

    #[test]
    fn a_picture_is_told_by_its_bytes() {
        let plain = DynamicImage::ImageRgb8(RgbImage::from_pixel(6, 4, Rgb([10, 20, 30])));
        let sent = Sent::read(&file(&plain, ImageFormat::Png)).unwrap();
        assert_eq!((sent.facts.mime, sent.size(), sent.has_alpha), ("image/png", (6, 4), false));
        assert_eq!((sent.facts.sha256.len(), sent.mean()), (64, [10, 20, 30]));
        assert_eq!(Sent::read(&file(&plain, ImageFormat::Jpeg)).unwrap().facts.mime, "image/jpeg");
        assert!(Sent::read(b"GIF89a no picture").is_err());
        assert!(Sent::read(b"").is_err());
    }

    #[test]
    fn transparent_pixels_have_no_colour() {
        let mut pixels = RgbaImage::from_pixel(4, 4, Rgba([200, 0, 0, 255]));
        pixels.put_pixel(0, 0, Rgba([0, 255, 0, 0]));
        let sent = Sent::read(&file(&DynamicImage::ImageRgba8(pixels), ImageFormat::Png)).unwrap();
        assert!(sent.has_alpha);
        assert_eq!(sent.mean(), [200, 0, 0]);
    }

    #[test]
    fn a_mask_is_black_and_white() {
        let mut pixels = RgbImage::from_pixel(20, 20, Rgb([0, 0, 0]));
        let sent = |pixels: &RgbImage| {
            Sent::read(&file(&DynamicImage::ImageRgb8(pixels.clone()), ImageFormat::Png)).unwrap()
        };
        assert!(!sent(&pixels).is_bilevel(), "all black is no mask");
        pixels.put_pixel(3, 3, Rgb([255, 255, 255]));
        assert!(sent(&pixels).is_bilevel());
        for x in 0..20 {
            pixels.put_pixel(x, 9, Rgb([128, 128, 128]));
        }
        assert!(!sent(&pixels).is_bilevel());
    }
}
