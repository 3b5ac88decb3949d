//! What has to be done to a picture before a provider takes it, and what has to be done to a provider's picture before people
//! see it.

use super::canvas::{self, Padded};
use super::encode::Encoded;
use super::mask::Mask;
use super::orientation::Orientation;
use super::{Format, SIDE_MAX, Sniffed, sniff};
use crate::ingest::BYTES_MAX;
use crate::operation;
use crate::provider::{Failure, Prepare};

/// A file that is ready to be sent: its type, from the magic bytes, and its bytes.
pub type Ready = (&'static str, Vec<u8>);

/// Makes a picture ready to be sent.
///
/// # Errors
/// `bad_image` when it can't be decoded; `bad_request` when it isn't what it's meant for, as a mask that is empty.
pub fn prepare(bytes: Vec<u8>, how: Prepare) -> Result<Ready, Failure> {
    let sniffed = sniff(&bytes)?;
    match how {
        Prepare::AsIs if sniffed.media_type == "image/gif" => canvas::first_frame_png(&bytes).map(file),
        Prepare::AsIs if !is_upright(&bytes) => canvas::reencode(&bytes, BYTES_MAX, SIDE_MAX).map(file),
        Prepare::AsIs => Ok((sniffed.media_type, bytes)),
        Prepare::Shrink(longest) => canvas::shrink(&bytes, longest).map(file),
        Prepare::Pad(canvas) => Ok((PNG, pad(&bytes, canvas)?.png)),
        Prepare::MaskAlpha => Ok((PNG, read(&bytes, sniffed)?.for_openai()?)),
        Prepare::MaskWhite => Ok((PNG, read(&bytes, sniffed)?.white_is_edit()?)),
        Prepare::BorderAlpha(canvas) => Ok((PNG, pad(&bytes, canvas)?.mask.for_openai()?)),
        Prepare::BorderWhite(canvas) => Ok((PNG, pad(&bytes, canvas)?.mask.white_is_edit()?)),
    }
}

/// Lays what has to stay of `start` over a provider's `result`: what the mask keeps, or, on a canvas, all of it.
///
/// # Errors
/// As [`canvas::composite`].
pub fn lay_over(
    start: &[u8],
    result: Vec<u8>,
    mask: Option<&[u8]>,
    on: Option<operation::Canvas>,
) -> Result<Encoded, Failure> {
    match (on, mask) {
        (Some(canvas), _) => {
            let padded = pad(start, canvas)?;
            canvas::composite(&padded.png, result, &padded.mask, 0)
        }
        (None, Some(mask)) => canvas::composite(start, result, &read(mask, sniff(mask)?)?, 0),
        (None, None) => Err(super::wrong("neither a mask nor a canvas says what has to stay")),
    }
}

const PNG: &str = "image/png";

fn file(encoded: Encoded) -> Ready {
    (encoded.media_type, encoded.bytes)
}

fn is_upright(bytes: &[u8]) -> bool {
    Format::of(bytes).is_none_or(|format| Orientation::of(format, bytes).is_upright())
}

fn read(mask: &[u8], sniffed: Sniffed) -> Result<Mask, Failure> {
    Mask::read(mask, sniffed.width, sniffed.height)
}

fn pad(start: &[u8], on: operation::Canvas) -> Result<Padded, Failure> {
    canvas::pad(start, canvas::Canvas { width: on.width, height: on.height, left: on.x, top: on.y })
}

#[cfg(test)]
mod tests {
    use super::super::decode::decode;
    use super::super::{PIXELS_MAX, decode::Pixels, encode::png};
    use super::*;
    use crate::operation::Canvas;

    fn plain(width: u32, height: u32, colour: [u8; 3]) -> Vec<u8> {
        let data = colour.repeat(width as usize * height as usize);
        png(&Pixels { width, height, channels: 3, data }).unwrap().bytes
    }

    fn at(bytes: &[u8], x: u32, y: u32) -> [u8; 4] {
        let pixels = decode(bytes, PIXELS_MAX).unwrap();
        pixels.rgba().nth((y * pixels.width + x) as usize).unwrap()
    }

    const CANVAS: Canvas = Canvas { width: 12, height: 8, x: 2, y: 0 };

    #[test]
    fn beyond_the_edges_it_is_the_providers_and_within_them_the_start() {
        let (start, result) = (plain(8, 8, [9, 9, 9]), plain(24, 16, [200, 0, 0]));
        let whole = lay_over(&start, result.clone(), None, Some(CANVAS)).unwrap();
        assert_eq!((whole.width, whole.height), (12, 8));
        assert_eq!(at(&whole.bytes, 2, 7), [9, 9, 9, 255]);
        assert_eq!(at(&whole.bytes, 1, 7), [200, 0, 0, 255]);
        assert_eq!(at(&whole.bytes, 10, 0), [200, 0, 0, 255]);
        assert!(lay_over(&start, result, None, None).is_err());
    }

    #[test]
    fn every_provider_gets_the_border_in_its_own_way() {
        let start = plain(8, 8, [9, 9, 9]);
        let ready = |how| prepare(start.clone(), how).unwrap();
        assert_eq!(at(&ready(Prepare::Pad(CANVAS)).1, 0, 0)[3], 0, "nothing is there yet");
        assert_eq!(at(&ready(Prepare::BorderAlpha(CANVAS)).1, 0, 0)[3], 0, "transparent = paint");
        assert_eq!(at(&ready(Prepare::BorderAlpha(CANVAS)).1, 2, 0)[3], 255);
        assert_eq!(at(&ready(Prepare::BorderWhite(CANVAS)).1, 0, 0), [255; 4], "white = paint");
        assert_eq!(at(&ready(Prepare::BorderWhite(CANVAS)).1, 2, 0), [0, 0, 0, 255]);
        assert_eq!(ready(Prepare::AsIs), ("image/png", start.clone()));
        let small = decode(&ready(Prepare::Shrink(4)).1, PIXELS_MAX).unwrap();
        assert_eq!((small.width, small.height), (4, 4));
    }
}
