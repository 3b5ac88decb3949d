//! Pixels into files: PNG where nothing may be lost, JPEG where it has to be small.

use std::io::{self, Write};

use image::ExtendedColorType;
use image::codecs::jpeg::JpegEncoder;

use super::bad;
use super::decode::Pixels;
use crate::provider::Failure;

/// Bytes of a PNG's chunks of pixels.
const CHUNK: usize = 64 * 1024;

/// An encoded picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Encoded {
    /// The file.
    pub bytes: Vec<u8>,
    /// `image/png` or `image/jpeg`.
    pub media_type: &'static str,
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
}

/// A PNG of exactly these pixels.
///
/// # Errors
/// `bad_image` when the pixels don't fill their size.
pub fn png(pixels: &Pixels) -> Result<Encoded, Failure> {
    let Pixels { width, height, channels, ref data } = *pixels;
    // Room for noise, which grows by less than an eighth: a file that had to move while it grows would be there three times over.
    let mut bytes = Vec::with_capacity(data.len() + data.len() / 8 + CHUNK);
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(match channels {
        1 => png::ColorType::Grayscale,
        2 => png::ColorType::GrayscaleAlpha,
        3 => png::ColorType::Rgb,
        _ => png::ColorType::Rgba,
    });
    encoder.set_compression(png::Compression::Fast);
    encoder
        .write_header()
        .and_then(|mut writer| {
            let mut stream = writer.stream_writer_with_size(CHUNK)?;
            stream.write_all(data)?;
            stream.finish()
        })
        .map_err(|_| bad("the picture can't be written"))?;
    bytes.shrink_to_fit();
    Ok(Encoded { bytes, media_type: "image/png", width, height })
}

/// A JPEG at a quality from 1 to 100, of pixels [`without_alpha`]. `None` when it would be over `bytes_max`.
///
/// # Errors
/// `bad_image` when the pixels don't fill their size or have alpha.
pub fn jpeg(pixels: &Pixels, quality: u8, bytes_max: usize) -> Result<Option<Encoded>, Failure> {
    let Pixels { width, height, channels, ref data } = *pixels;
    let colour = if channels == 1 { ExtendedColorType::L8 } else { ExtendedColorType::Rgb8 };
    let mut file = Limited { bytes: Vec::new(), bytes_max, over: false };
    let done = JpegEncoder::new_with_quality(&mut file, quality).encode(data, width, height, colour);
    match done {
        Ok(()) => Ok(Some(Encoded { bytes: file.bytes, media_type: "image/jpeg", width, height })),
        Err(_) if file.over => Ok(None),
        Err(_) => Err(bad("the picture can't be written")),
    }
}

/// A file that ends the writing when it gets too large: nobody wants the rest, and there may be no room for it.
struct Limited {
    bytes: Vec<u8>,
    bytes_max: usize,
    over: bool,
}

impl Write for Limited {
    fn write(&mut self, more: &[u8]) -> io::Result<usize> {
        if more.len() > self.bytes_max.saturating_sub(self.bytes.len()) {
            self.over = true;
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.bytes.extend(more);
        Ok(more.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Moves the colours together in place: right for a picture that [is opaque](Pixels::is_opaque).
pub fn without_alpha(mut pixels: Pixels) -> Pixels {
    if pixels.has_alpha() {
        let mut at = 0;
        pixels.data.retain(|_| {
            at += 1;
            at % pixels.channels != 0
        });
        pixels.channels -= 1;
    }
    pixels
}
