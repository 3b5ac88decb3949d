//! Pixels to bytes.

use image::codecs::gif::GifEncoder;
use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::codecs::webp::WebPEncoder;
use image::{ExtendedColorType, ImageEncoder as _, RgbImage, RgbaImage};

/// The GIF encoder's haste, 1 to 30: a palette nobody looks at.
const GIF_SPEED: i32 = 30;

/// A picture's file format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Lossless.
    Png,
    /// Lossy, without transparency.
    Jpeg,
    /// Lossless here.
    Webp,
    /// 256 colours. No provider's output here, only an origin's.
    Gif,
}

impl Format {
    /// The media type.
    pub fn mime(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::Webp => "image/webp",
            Self::Gif => "image/gif",
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
    pixels(picture.as_raw(), picture.dimensions(), ExtendedColorType::Rgb8, format, quality)
}

/// Encodes a picture with its transparency.
///
/// # Errors
/// Like [`encode`], and for JPEG, which has none.
pub fn encode_transparent(picture: &RgbaImage, format: Format) -> image::ImageResult<Vec<u8>> {
    pixels(picture.as_raw(), picture.dimensions(), ExtendedColorType::Rgba8, format, 100)
}

fn pixels(
    pixels: &[u8],
    (width, height): (u32, u32),
    colour: ExtendedColorType,
    format: Format,
    quality: u8,
) -> image::ImageResult<Vec<u8>> {
    let mut bytes = Vec::new();
    match format {
        Format::Png => PngEncoder::new_with_quality(&mut bytes, CompressionType::Fast, FilterType::Up)
            .write_image(pixels, width, height, colour)?,
        Format::Jpeg => JpegEncoder::new_with_quality(&mut bytes, quality.clamp(1, 100))
            .write_image(pixels, width, height, colour)?,
        Format::Webp => WebPEncoder::new_lossless(&mut bytes).write_image(pixels, width, height, colour)?,
        Format::Gif => {
            GifEncoder::new_with_speed(&mut bytes, GIF_SPEED).encode(pixels, width, height, colour)?;
        }
    }
    Ok(bytes)
}
