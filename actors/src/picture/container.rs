//! The parts that PNG, JPEG and WebP files are made of, without looking into them.
//!
//! Strict where decoders are lenient: parts follow each other without a gap, and a file ends with its end mark. So what is
//! measured here is what a decoder finds, and a file that was cut on its way is told from a whole one.

use super::{Format, bad};
use crate::provider::Failure;

/// What a PNG begins with.
pub const PNG_SIGNATURE: [u8; 8] = *b"\x89PNG\r\n\x1a\n";
/// What a JPEG begins with.
pub const JPEG_START: [u8; 2] = [0xff, 0xd8];

/// A PNG or RIFF chunk, or a JPEG segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part<'a> {
    /// The chunk's name; for JPEG [`marker`].
    pub tag: [u8; 4],
    /// What is inside; of a JPEG's scan the header alone.
    pub data: &'a [u8],
    /// The part with its frame, as it is in the file; a scan with its coded data.
    pub whole: &'a [u8],
}

/// The tag of a JPEG segment.
pub const fn marker(code: u8) -> [u8; 4] {
    [0, 0, 0xff, code]
}

/// The parts of a file in their order; the last is the end mark, and what comes after it is left out. An error is the last item.
pub struct Parts<'a> {
    format: Format,
    rest: &'a [u8],
    ended: bool,
}

impl<'a> Parts<'a> {
    /// The parts of a file whose format is known. A GIF has none.
    pub fn of(format: Format, bytes: &'a [u8]) -> Self {
        let rest = match format {
            Format::Png => bytes.get(PNG_SIGNATURE.len()..),
            Format::Jpeg => bytes.get(JPEG_START.len()..),
            Format::Webp => le32(bytes, 4).and_then(|size| {
                let end = usize::try_from(size).ok()?.checked_add(8)?;
                bytes.get(12..end.min(bytes.len()))
            }),
            Format::Gif => None,
        };
        Self { format, rest: rest.unwrap_or_default(), ended: false }
    }

    /// The chunks inside of a WebP's chunk.
    pub const fn within(chunks: &'a [u8]) -> Self {
        Self { format: Format::Webp, rest: chunks, ended: false }
    }

    fn part(&mut self) -> Option<Part<'a>> {
        let rest = self.rest;
        let part = match self.format {
            Format::Png => {
                let data = rest.get(8..)?.get(..usize::try_from(be32(rest, 0)?).ok()?)?;
                let whole = rest.get(..data.len() + 12)?;
                Part { tag: *rest.get(4..)?.first_chunk()?, data, whole }
            }
            Format::Jpeg => segment(rest)?,
            Format::Webp => {
                let data = rest.get(8..)?.get(..usize::try_from(le32(rest, 4)?).ok()?)?;
                // Some writers leave out the last chunk's padding.
                let whole = rest.get(..(data.len() + 8).next_multiple_of(2).min(rest.len()))?;
                Part { tag: *rest.first_chunk()?, data, whole }
            }
            Format::Gif => return None,
        };
        self.rest = rest.get(part.whole.len()..)?;
        self.ended = match self.format {
            Format::Png => part.tag == *b"IEND",
            Format::Jpeg => part.tag == marker(0xd9),
            Format::Webp | Format::Gif => self.rest.is_empty(),
        };
        Some(part)
    }
}

impl<'a> Iterator for Parts<'a> {
    type Item = Result<Part<'a>, Failure>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended || (self.format == Format::Webp && self.rest.is_empty()) {
            return None;
        }
        Some(self.part().ok_or_else(|| {
            self.ended = true;
            bad("the picture is cut or broken")
        }))
    }
}

/// Whether the file goes on to its end. A WebP says its length; a GIF's end is seen by decoding it.
///
/// # Errors
/// `bad_image` when it doesn't.
pub fn is_whole(format: Format, bytes: &[u8]) -> Result<(), Failure> {
    let said = match format {
        Format::Webp => le32(bytes, 4).map_or(u64::MAX, |size| u64::from(size) + 8),
        Format::Gif => return Ok(()),
        Format::Png | Format::Jpeg => 0,
    };
    if (bytes.len() as u64) < said {
        return Err(bad("the picture is cut"));
    }
    Parts::of(format, bytes).try_for_each(|part| part.map(drop))
}

/// Four bytes, most significant first.
pub fn be32(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().copied().map(u32::from_be_bytes)
}

/// Two bytes, most significant first.
pub fn be16(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..)?.first_chunk().copied().map(u16::from_be_bytes)
}

/// Four bytes, least significant first.
pub fn le32(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().copied().map(u32::from_le_bytes)
}

/// Three bytes, least significant first.
pub fn le24(bytes: &[u8], at: usize) -> Option<u32> {
    let [a, b, c] = *bytes.get(at..)?.first_chunk()?;
    Some(u32::from_le_bytes([a, b, c, 0]))
}

/// Two bytes, least significant first.
pub fn le16(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..)?.first_chunk().copied().map(u16::from_le_bytes)
}

fn segment(rest: &[u8]) -> Option<Part<'_>> {
    let fill = rest.iter().take_while(|byte| **byte == 0xff).count();
    let code = *rest.get(fill).filter(|_| fill > 0)?;
    let start = fill + 1;
    let (length, scan) = match code {
        // Nothing else stands alone outside of a scan.
        0xd9 => (0, 0),
        0x01 | 0xd0..=0xd8 | 0x00 => return None,
        _ => {
            let length = usize::from(be16(rest, start)?);
            let scan = if code == 0xda { coded(rest.get(start + length..)?)? } else { 0 };
            (length, scan)
        }
    };
    let data = if length == 0 { &[] } else { rest.get(start + 2..start + length)? };
    Some(Part { tag: marker(code), data, whole: rest.get(..start + length + scan)? })
}

/// Bytes of coded data before the next marker; restarts are a part of it.
fn coded(rest: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        at += rest.get(at..)?.iter().position(|byte| *byte == 0xff)?;
        match rest.get(at + 1)? {
            0x00 | 0xd0..=0xd7 => at += 2,
            0xff => at += 1,
            _ => return Some(at),
        }
    }
}
