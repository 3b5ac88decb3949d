//! What operations need of pixels: a larger canvas, a result laid over its start image, references and deliveries that fit.
//!
//! Memory beside the inputs stays within [`ALLOC_MAX`](super::ALLOC_MAX) and the file that is returned.

use super::decode::{Pixels, decode};
use super::encode::{Encoded, jpeg, png, without_alpha};
use super::mask::Mask;
use super::orientation::Orientation;
use super::resample::resample;
use super::{ALLOC_MAX, Format, PIXELS_MAX, SIDE_MAX, bad, wrong};
use crate::provider::Failure;

/// Most pixels of a start image, a canvas and a mask: 2048 × 2048.
pub const COMPOSE_PIXELS_MAX: u64 = 4_194_304;
/// JPEG quality of references, which only a model sees.
const REFERENCE_QUALITY: u8 = 90;
/// JPEG qualities that are tried before a picture is made smaller.
const QUALITIES: [u8; 3] = [92, 85, 75];

/// A canvas, and where the start image lies on it, at its own size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Canvas {
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// Pixels from the left edge to the start image.
    pub left: u32,
    /// Pixels from the top edge to the start image.
    pub top: u32,
}

/// A start image on its canvas.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Padded {
    /// The canvas, transparent around the start image.
    pub png: Vec<u8>,
    /// The border is painted, the start image kept.
    pub mask: Mask,
}

/// Lays a start image on a larger canvas.
///
/// # Errors
/// `bad_image` when the start image can't be decoded or has more than [`COMPOSE_PIXELS_MAX`]; `bad_request` when the canvas has,
/// or doesn't hold the start image, or isn't larger than it.
pub fn pad(start: &[u8], canvas: Canvas) -> Result<Padded, Failure> {
    let Canvas { width, height, left, top } = canvas;
    let area = u64::from(width) * u64::from(height);
    if area == 0 || area > COMPOSE_PIXELS_MAX || width > SIDE_MAX || height > SIDE_MAX {
        return Err(wrong("the canvas is empty or has too many pixels"));
    }
    let start = decode(start, COMPOSE_PIXELS_MAX)?;
    if left.saturating_add(start.width) > width || top.saturating_add(start.height) > height {
        return Err(wrong("the start image doesn't fit on the canvas"));
    }
    if (start.width, start.height) == (width, height) {
        return Err(wrong("the canvas is no larger than the start image"));
    }
    let across = left as usize..(left + start.width) as usize;
    let down = top as usize..(top + start.height) as usize;
    let pixels = width as usize * height as usize;
    let (mut data, mut edit) = (Vec::with_capacity(pixels * 4), Vec::with_capacity(pixels));
    let mut source = start.rgba();
    for y in 0..height as usize {
        for x in 0..width as usize {
            let kept = across.contains(&x) && down.contains(&y);
            edit.push(!kept);
            data.extend(if kept { source.next().unwrap_or_default() } else { [0; 4] });
        }
    }
    drop(source);
    drop(start);
    let png = png(&Pixels { width, height, channels: 4, data })?.bytes;
    Ok(Padded { png, mask: Mask::of(width, height, edit)? })
}

/// Lays a provider's result over its start image, or over the canvas of [`pad`]: painted pixels are the result's, brought to the
/// start's size where it differs, kept pixels exactly the start's. With a `feather` the result fades in over so many pixels inside
/// of the mask's edge; what is kept never changes.
///
/// # Errors
/// `bad_image` when a picture can't be decoded, the start has more than [`COMPOSE_PIXELS_MAX`], or result and canvas together take
/// more than 64 MiB; `bad_request` when the mask isn't of the start's size.
pub fn composite(start: &[u8], result: Vec<u8>, mask: &Mask, feather: u8) -> Result<Encoded, Failure> {
    let (width, height) = mask.size();
    let canvas_bytes = u64::from(width) * u64::from(height) * 4;
    // The result first: it's the largest, its file goes when it's decoded, and its pixels before the start's come.
    let file = result;
    let mut result = decode(&file, PIXELS_MAX)?;
    drop(file);
    if (result.width, result.height) != (width, height) {
        if result.data.len() as u64 + canvas_bytes > ALLOC_MAX {
            return Err(bad("the result has too many pixels to be laid over its start image"));
        }
        result = resample(&result, width, height);
    }
    let start = decode(start, COMPOSE_PIXELS_MAX)?;
    if (start.width, start.height) != (width, height) {
        return Err(wrong("the mask isn't of the start image's size"));
    }
    let mut data = Vec::with_capacity(start.data.len() / start.channels * 4);
    for ((kept, painted), weight) in start.rgba().zip(result.rgba()).zip(mask.weights(feather)) {
        data.extend(match weight {
            0 => kept,
            255 => painted,
            _ => mixed(kept, painted, weight),
        });
    }
    drop((start, result));
    let pixels = Pixels { width, height, channels: 4, data };
    png(&if pixels.is_opaque() { without_alpha(pixels) } else { pixels })
}

/// A reference image whose longest side is at most `longest` pixels: PNG if it shows what's behind it, else JPEG. One that fits, is
/// upright and a PNG or JPEG is returned as it is.
///
/// # Errors
/// `bad_image` when it can't be decoded.
pub fn shrink(bytes: &[u8], longest: u32) -> Result<Encoded, Failure> {
    let pixels = decode(bytes, PIXELS_MAX)?;
    let (width, height) = fitting(pixels.width, pixels.height, longest.max(1));
    if (width, height) == (pixels.width, pixels.height) {
        if let Some(format @ (Format::Png | Format::Jpeg)) = Format::of(bytes)
            && Orientation::of(format, bytes).is_upright()
        {
            return Ok(Encoded { bytes: bytes.to_vec(), media_type: format.media_type(), width, height });
        }
        return reference(pixels);
    }
    let smaller = resample(&pixels, width, height);
    drop(pixels);
    reference(smaller)
}

/// The first frame of an animation, or the one picture that there is, as a PNG.
///
/// # Errors
/// `bad_image` when it can't be decoded or has more than [`COMPOSE_PIXELS_MAX`].
pub fn first_frame_png(bytes: &[u8]) -> Result<Encoded, Failure> {
    png(&decode(bytes, COMPOSE_PIXELS_MAX)?)
}

/// The picture, upright, in at most `bytes_max` bytes and `longest` pixels a side: as a JPEG of falling quality, or as a PNG if it has
/// transparency, and if that isn't enough, at three quarters of its size again and again.
///
/// # Errors
/// `bad_image` when it can't be decoded, or nothing is left of it before it fits.
pub fn reencode(bytes: &[u8], bytes_max: usize, longest: u32) -> Result<Encoded, Failure> {
    let mut pixels = decode(bytes, PIXELS_MAX)?;
    let (mut width, mut height) = fitting(pixels.width, pixels.height, longest.max(1));
    if pixels.is_opaque() {
        pixels = without_alpha(pixels);
    }
    loop {
        if (width, height) != (pixels.width, pixels.height) {
            pixels = resample(&pixels, width, height);
            if pixels.is_opaque() {
                pixels = without_alpha(pixels);
            }
        }
        if pixels.has_alpha() {
            let encoded = png(&pixels)?;
            if encoded.bytes.len() <= bytes_max {
                return Ok(encoded);
            }
        } else {
            for quality in QUALITIES {
                if let Some(encoded) = jpeg(&pixels, quality, bytes_max)? {
                    return Ok(encoded);
                }
            }
        }
        if width.max(height) < 16 {
            return Err(bad("the picture can't be made small enough"));
        }
        (width, height) = fitting(width, height, width.max(height) * 3 / 4);
    }
}

fn reference(pixels: Pixels) -> Result<Encoded, Failure> {
    if !pixels.is_opaque() {
        return png(&pixels);
    }
    jpeg(&without_alpha(pixels), REFERENCE_QUALITY, usize::MAX)?
        .ok_or_else(|| bad("the picture can't be written"))
}

/// The size with the same proportions whose longest side is at most `longest`.
pub(super) fn fitting(width: u32, height: u32, longest: u32) -> (u32, u32) {
    let side = width.max(height);
    if side <= longest {
        return (width, height);
    }
    let fit = |length: u32| {
        let scaled = (u64::from(length) * u64::from(longest) + u64::from(side) / 2) / u64::from(side);
        u32::try_from(scaled).unwrap_or(longest).max(1)
    };
    (fit(width), fit(height))
}

fn mixed(kept: [u8; 4], painted: [u8; 4], weight: u8) -> [u8; 4] {
    let mut pixel = kept;
    for (channel, painted) in pixel.iter_mut().zip(painted) {
        let sum = u32::from(*channel) * u32::from(255 - weight) + u32::from(painted) * u32::from(weight);
        *channel = u8::try_from((sum + 127) / 255).unwrap_or(255);
    }
    pixel
}
