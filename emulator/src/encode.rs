//! Pixels to bytes.

use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::codecs::webp::WebPEncoder;
use image::{ExtendedColorType, ImageEncoder as _, RgbImage};

/// A picture's file format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Lossless.
    Png,
    /// Lossy, without transparency.
    Jpeg,
    /// Lossless here.
    Webp,
}

impl Format {
    /// The media type.
    pub fn mime(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::Webp => "image/webp",
        }
    }

    /// `png`, `jpeg`, `webp`; `None` for anything else.
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "png" => Some(Self::Png),
            "jpeg" => Some(Self::Jpeg),
            "webp" => Some(Self::Webp),
            _ => None,
        }
    }
}

/// Encodes a picture; `quality` (1 to 100) is for JPEG only, WebP is lossless here.
///
/// # Errors
/// When the encoder fails, which for an in-memory picture means that it has no pixels.
pub fn encode(picture: &RgbImage, format: Format, quality: u8) -> image::ImageResult<Vec<u8>> {
    let mut bytes = Vec::new();
    let (width, height) = picture.dimensions();
    let (pixels, colour) = (picture.as_raw(), ExtendedColorType::Rgb8);
    match format {
        Format::Png => PngEncoder::new_with_quality(&mut bytes, CompressionType::Fast, FilterType::Up)
            .write_image(pixels, width, height, colour)?,
        Format::Jpeg => JpegEncoder::new_with_quality(&mut bytes, quality.clamp(1, 100))
            .write_image(pixels, width, height, colour)?,
        Format::Webp => WebPEncoder::new_lossless(&mut bytes).write_image(pixels, width, height, colour)?,
    }
    Ok(bytes)
}
