//! Which way up a picture is: cameras write rows as their sensor has them, and beside them, in EXIF, how to turn them.
//!
//! It's read where browsers read it: ahead of the pixels in PNG and JPEG, anywhere in WebP. What can't be understood turns nothing.

use image::metadata::Orientation as Exif;

use super::Format;
use super::container::{Part, Parts, marker};
use super::decode::Pixels;
use super::sniff::is_frame;

/// What an `APP1` with EXIF begins with; some writers of WebP put it there too.
const PREFIX: &[u8] = b"Exif\0\0";

/// What brings rows upright: first their turn about the diagonal, then the mirrors.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Orientation {
    transposed: bool,
    mirrored: bool,
    upturned: bool,
}

impl Orientation {
    /// Of a file, from its headers.
    pub fn of(format: Format, bytes: &[u8]) -> Self {
        let exif = Parts::of(format, bytes)
            .map_while(Result::ok)
            .take_while(|part| part.tag != *b"IDAT" && !is_frame(part.tag))
            .find_map(|part| exif(format, &part));
        let code = exif.and_then(Exif::from_exif_chunk).map_or(1, Exif::to_exif);
        Self {
            transposed: code >= 5,
            mirrored: matches!(code, 2 | 3 | 6 | 7),
            upturned: matches!(code, 3 | 4 | 7 | 8),
        }
    }

    /// The rows are as people see them.
    pub fn is_upright(self) -> bool {
        self == Self::default()
    }

    /// Width and height of what is this large in the file.
    pub const fn size(self, width: u32, height: u32) -> (u32, u32) {
        if self.transposed { (height, width) } else { (width, height) }
    }

    /// Turns pixels upright, in place: two of the largest pictures at once are more than there is room for.
    pub fn apply(self, mut pixels: Pixels) -> Pixels {
        match pixels.channels {
            1 => self.turn::<1>(&mut pixels),
            2 => self.turn::<2>(&mut pixels),
            3 => self.turn::<3>(&mut pixels),
            _ => self.turn::<4>(&mut pixels),
        }
        pixels
    }

    fn turn<const CHANNELS: usize>(self, pixels: &mut Pixels) {
        let (data, _) = pixels.data.as_chunks_mut::<CHANNELS>();
        if self.transposed {
            transpose(data, pixels.width as usize);
            (pixels.width, pixels.height) = (pixels.height, pixels.width);
        }
        match (self.mirrored, self.upturned) {
            (true, true) => data.reverse(),
            (true, false) => data.chunks_exact_mut(pixels.width.max(1) as usize).for_each(<[_]>::reverse),
            (false, true) => {
                data.reverse();
                data.chunks_exact_mut(pixels.width.max(1) as usize).for_each(<[_]>::reverse);
            }
            (false, false) => {}
        }
    }
}

fn exif<'a>(format: Format, part: &Part<'a>) -> Option<&'a [u8]> {
    let stripped = part.data.strip_prefix(PREFIX);
    match format {
        Format::Png => (part.tag == *b"eXIf").then_some(part.data),
        Format::Jpeg => stripped.filter(|_| part.tag == marker(0xe1)),
        Format::Webp => (part.tag == *b"EXIF").then_some(stripped.unwrap_or(part.data)),
        Format::Gif => None,
    }
}

/// Makes columns of rows that are `width` long: each pixel goes to its place, and the one that was there on to its own, round each
/// circle once.
fn transpose<const CHANNELS: usize>(data: &mut [[u8; CHANNELS]], width: usize) {
    let Some(height) = data.len().checked_div(width) else { return };
    let mut done = vec![0_u64; data.len().div_ceil(64)];
    for first in 0..data.len() {
        let mut at = first;
        while let Some(word) = done.get_mut(at / 64).filter(|word| **word >> (at % 64) & 1 == 0) {
            *word |= 1 << (at % 64);
            at = at % width * height + at / width;
            // What waits for its place waits in the first one.
            if at < data.len() {
                data.swap(first, at);
            }
        }
    }
}
