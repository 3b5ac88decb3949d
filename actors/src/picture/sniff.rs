//! Type and size from the first bytes, and a clear "no" for what isn't accepted.

use super::container::{JPEG_START, PNG_SIGNATURE, Parts, be16, be32, le16, le24, le32};
use super::orientation::Orientation;
use super::{PIXELS_MAX, SIDE_MAX, bad};
use crate::provider::Failure;

/// How many bytes are searched for the beginning of a document.
const DOCUMENT_HEAD: usize = 1_024;

/// Beginnings of what people and providers send and we don't take, and its name. Offset, bytes, name.
const KNOWN: [(usize, &[u8], &str); 10] = [
    (4, b"ftypavif", "an AVIF"),
    (4, b"ftyphei", "a HEIC"),
    (4, b"ftypmif1", "a HEIF"),
    (0, b"BM", "a BMP"),
    (0, b"II*\0", "a TIFF"),
    (0, b"MM\0*", "a TIFF"),
    (0, b"\0\0\x01\0", "an icon"),
    (0, b"%PDF", "a PDF"),
    (0, b"\x1f\x8b", "compressed"),
    (0, b"PK\x03\x04", "an archive"),
];

/// A format that is accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// `image/png`
    Png,
    /// `image/jpeg`
    Jpeg,
    /// `image/webp`
    Webp,
    /// `image/gif`
    Gif,
}

/// Type and size, from the magic bytes and the headers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sniffed {
    /// `image/png`, `image/jpeg`, `image/webp` or `image/gif`.
    pub media_type: &'static str,
    /// Pixels, upright.
    pub width: u32,
    /// Pixels, upright.
    pub height: u32,
}

/// A file's headers, as they are in it.
pub(super) struct Headers {
    pub format: Format,
    /// Pixels, before it's turned upright.
    pub width: u32,
    /// Pixels, before it's turned upright.
    pub height: u32,
    pub orientation: Orientation,
}

impl Format {
    /// As in a `Content-Type`.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::Webp => "image/webp",
            Self::Gif => "image/gif",
        }
    }

    /// From the magic bytes.
    pub(super) fn of(bytes: &[u8]) -> Option<Self> {
        if bytes.starts_with(&PNG_SIGNATURE) {
            Some(Self::Png)
        } else if bytes.starts_with(&JPEG_START) && bytes.get(2) == Some(&0xff) {
            Some(Self::Jpeg)
        } else if bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") {
            Some(Self::Webp)
        } else if bytes.starts_with(b"GIF87a") || bytes.starts_with(b"GIF89a") {
            Some(Self::Gif)
        } else {
            None
        }
    }
}

impl Sniffed {
    /// Whether a `Content-Type` that came with the bytes says the same. One that says nothing (`application/octet-stream`)
    /// contradicts nothing.
    pub fn agrees_with(&self, declared: &str) -> bool {
        let declared = declared.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        match declared.as_str() {
            "" | "application/octet-stream" | "binary/octet-stream" => true,
            "image/jpg" | "image/pjpeg" => self.media_type == "image/jpeg",
            "image/x-png" => self.media_type == "image/png",
            other => other == self.media_type,
        }
    }
}

/// Reads type and size without decoding.
///
/// # Errors
/// `bad_image` for anything but a PNG, JPEG, WebP or GIF within [`SIDE_MAX`] and [`PIXELS_MAX`]; the message names what it is,
/// where that can be told.
pub fn sniff(bytes: &[u8]) -> Result<Sniffed, Failure> {
    let Headers { format, width, height, orientation } = headers(bytes)?;
    let (width, height) = orientation.size(width, height);
    Ok(Sniffed { media_type: format.media_type(), width, height })
}

/// As [`sniff`].
pub(super) fn headers(bytes: &[u8]) -> Result<Headers, Failure> {
    let format = Format::of(bytes).ok_or_else(|| refusal(bytes))?;
    let (width, height) = size(format, bytes).ok_or_else(|| bad("the picture's header is broken"))?;
    if width == 0 || height == 0 || width > SIDE_MAX || height > SIDE_MAX {
        return Err(bad("the picture's sides are out of bounds"));
    }
    if u64::from(width) * u64::from(height) > PIXELS_MAX {
        return Err(bad("the picture has too many pixels"));
    }
    Ok(Headers { format, width, height, orientation: Orientation::of(format, bytes) })
}

/// Width and height of a PNG, JPEG, WebP or GIF, as its first header says.
fn size(format: Format, bytes: &[u8]) -> Option<(u32, u32)> {
    match format {
        Format::Png => {
            let header = Parts::of(format, bytes).next()?.ok()?;
            let (body, crc) = header.whole.get(4..)?.split_last_chunk()?;
            let intact = crc32fast::hash(body) == u32::from_be_bytes(*crc);
            (header.tag == *b"IHDR" && header.data.len() == 13 && intact)
                .then_some((be32(header.data, 0)?, be32(header.data, 4)?))
        }
        Format::Jpeg => {
            let frame = Parts::of(format, bytes).map_while(Result::ok).find(|part| is_frame(part.tag))?;
            Some((be16(frame.data, 3)?.into(), be16(frame.data, 1)?.into()))
        }
        Format::Webp => {
            let data = bytes.get(20..)?;
            match bytes.get(12..16)? {
                b"VP8 " => vp8_size(data),
                b"VP8L" => vp8l_size(data),
                b"VP8X" => Some((le24(data, 4)? + 1, le24(data, 7)? + 1)),
                _ => None,
            }
        }
        Format::Gif => Some((le16(bytes, 6)?.into(), le16(bytes, 8)?.into())),
    }
}

/// Whether a JPEG segment is the header of a frame: `SOF` of a kind, not the tables that share its numbers.
pub(super) fn is_frame(tag: [u8; 4]) -> bool {
    matches!(tag, [0, 0, 0xff, 0xc0..=0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf])
}

/// Size of a lossy WebP frame.
pub(super) fn vp8_size(data: &[u8]) -> Option<(u32, u32)> {
    (data.get(3..6)? == [0x9d, 0x01, 0x2a])
        .then_some((u32::from(le16(data, 6)? & 0x3fff), u32::from(le16(data, 8)? & 0x3fff)))
}

/// Size of a lossless WebP frame.
pub(super) fn vp8l_size(data: &[u8]) -> Option<(u32, u32)> {
    let bits = le32(data, 1).filter(|_| data.first() == Some(&0x2f))?;
    Some(((bits & 0x3fff) + 1, (bits >> 14 & 0x3fff) + 1))
}

fn refusal(bytes: &[u8]) -> Failure {
    if let Some((.., name)) =
        KNOWN.iter().find(|(at, magic, _)| bytes.get(*at..).is_some_and(|rest| rest.starts_with(magic)))
    {
        return bad(&format!("the file is {name}: PNG, JPEG, WebP and GIF are accepted"));
    }
    let head = bytes.get(..bytes.len().min(DOCUMENT_HEAD)).unwrap_or_default();
    let text = String::from_utf8_lossy(head).to_ascii_lowercase();
    let text = text.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
    bad(if text.starts_with('<') && text.contains("<svg") && !text.contains("<html") {
        "SVG isn't accepted: send PNG, JPEG, WebP or GIF"
    } else if text.starts_with('<') {
        "the bytes are a document, not a picture"
    } else {
        "the bytes aren't a picture"
    })
}
