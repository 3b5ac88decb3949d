//! Telling that a picture was made by a machine: in the file itself, as IPTC asks, without touching a pixel.
//!
//! The words go into an XMP packet: `iTXt` in PNG, `APP1` in JPEG, `XMP ` in WebP. A copy that is changed so can't keep a
//! provider's signed C2PA manifest, whose hash is over the whole file; the copy leaves it out, the original is never changed.

use serde::{Deserialize, Serialize};

use super::container::{JPEG_START, PNG_SIGNATURE, Part, Parts, marker};
use super::sniff::{vp8_size, vp8l_size};
use super::{Format, bad};
use crate::provider::Failure;

/// Characters of provider, model and time that are written.
const FIELD_CHARS: usize = 200;
/// Where XMP is in a PNG: keyword, not compressed, no language, no translated keyword.
const PNG_XMP: &[u8] = b"XML:com.adobe.xmp\0\0\0\0\0";
/// What an `APP1` with XMP begins with; a long packet goes on in others.
const JPEG_XMP: [&[u8]; 2] = [b"http://ns.adobe.com/xap/1.0/\0", b"http://ns.adobe.com/xmp/extension/\0"];
/// A WebP's flags: alpha, XMP.
const ALPHA: u8 = 0x10;
const XMP: u8 = 0x04;

/// How a picture was made: IPTC's digital source types, of <http://cv.iptc.org/newscodes/digitalsourcetype/>.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// All of it by a model.
    Generated,
    /// A picture that was there, changed by a model, in part or as a whole.
    Composite,
}

/// What is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Disclosure<'a> {
    /// How it was made.
    pub source: Source,
    /// Who made it.
    pub provider: &'a str,
    /// With what.
    pub model: &'a str,
    /// When, in ISO 8601.
    pub created: &'a str,
}

/// What a provider signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Provenance {
    /// Bytes of its C2PA manifest store. Nothing is said about whether its signature holds.
    pub bytes: usize,
}

impl Source {
    /// The term's address.
    pub const fn uri(self) -> &'static str {
        match self {
            Self::Generated => "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia",
            Self::Composite => {
                "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"
            }
        }
    }
}

impl Disclosure<'_> {
    /// The XMP packet.
    fn packet(&self) -> String {
        let (provider, model, created) = (field(self.provider), field(self.model), field(self.created));
        let source = self.source.uri();
        format!(
            "<?xpacket begin=\"\u{feff}\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\
             <x:xmpmeta xmlns:x=\"adobe:ns:meta/\">\
             <rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">\
             <rdf:Description rdf:about=\"\" \
             xmlns:Iptc4xmpExt=\"http://iptc.org/std/Iptc4xmpExt/2008-02-29/\" \
             xmlns:photoshop=\"http://ns.adobe.com/photoshop/1.0/\" \
             xmlns:xmp=\"http://ns.adobe.com/xap/1.0/\" \
             Iptc4xmpExt:DigitalSourceType=\"{source}\" \
             photoshop:Credit=\"{provider}\" \
             xmp:CreatorTool=\"{provider} {model}\" \
             xmp:CreateDate=\"{created}\"/>\
             </rdf:RDF></x:xmpmeta><?xpacket end=\"r\"?>"
        )
    }
}

/// A copy of a PNG, JPEG or WebP that tells how it was made. Its pixels are coded as they were; XMP that it had, a C2PA manifest and
/// whatever followed the picture's end are left out.
///
/// # Errors
/// `bad_image` for another format, and when the file is cut.
pub fn disclose(bytes: &[u8], disclosure: &Disclosure<'_>) -> Result<Vec<u8>, Failure> {
    let format = Format::of(bytes).filter(|format| *format != Format::Gif);
    let format = format.ok_or_else(|| bad("only PNG, JPEG and WebP can tell how they were made"))?;
    let parts = Parts::of(format, bytes).collect::<Result<Vec<_>, _>>()?;
    let packet = disclosure.packet();
    let mut copy = Vec::with_capacity(bytes.len() + packet.len() + 64);
    let mut kept = parts.iter().filter(|part| !is_replaced(format, part)).peekable();
    match format {
        Format::Png => {
            copy.extend(PNG_SIGNATURE);
            copy.extend(kept.next().map_or(&[][..], |header| header.whole));
            put_png(&mut copy, *b"iTXt", &[PNG_XMP, packet.as_bytes()].concat());
        }
        Format::Jpeg => {
            copy.extend(JPEG_START);
            // JFIF and EXIF want to be first.
            while let Some(first) = kept.next_if(|part| part.tag == marker(0xe0) || part.tag == marker(0xe1))
            {
                copy.extend(first.whole);
            }
            let [begin, _] = JPEG_XMP;
            let length = u16::try_from(begin.len() + packet.len() + 2);
            copy.extend([0xff, 0xe1]);
            copy.extend(length.map_err(|_| bad("too much to tell"))?.to_be_bytes());
            copy.extend([begin, packet.as_bytes()].concat());
        }
        Format::Webp | Format::Gif => {
            copy.extend(*b"RIFF\0\0\0\0WEBP");
            let header =
                extended(kept.peek().copied()).ok_or_else(|| bad("the picture's header is broken"))?;
            put_riff(&mut copy, *b"VP8X", &header);
            kept.next_if(|part| part.tag == *b"VP8X");
        }
    }
    for part in kept {
        if format == Format::Webp {
            put_riff(&mut copy, part.tag, part.data);
        } else {
            copy.extend(part.whole);
        }
    }
    if format == Format::Webp {
        put_riff(&mut copy, *b"XMP ", packet.as_bytes());
        let size = u32::try_from(copy.len() - 8).map_err(|_| bad("the picture is too large"))?;
        if let Some(place) = copy.get_mut(4..8) {
            place.copy_from_slice(&size.to_le_bytes());
        }
    }
    Ok(copy)
}

/// The C2PA manifest that a provider signed, if there is one.
pub fn provenance(bytes: &[u8]) -> Option<Provenance> {
    let format = Format::of(bytes)?;
    let parts = Parts::of(format, bytes).map_while(Result::ok);
    let bytes = parts.filter(|part| is_manifest(format, part)).map(|part| part.data.len()).sum();
    (bytes > 0).then_some(Provenance { bytes })
}

fn is_manifest(format: Format, part: &Part<'_>) -> bool {
    match format {
        Format::Png => part.tag == *b"caBX",
        // JUMBF, of which C2PA is the one use in a JPEG.
        Format::Jpeg => part.tag == marker(0xeb) && part.data.starts_with(b"JP"),
        Format::Webp => part.tag == *b"C2PA",
        Format::Gif => false,
    }
}

fn is_replaced(format: Format, part: &Part<'_>) -> bool {
    is_manifest(format, part)
        || match format {
            Format::Png => part.tag == *b"iTXt" && part.data.starts_with(b"XML:com.adobe.xmp\0"),
            Format::Jpeg => {
                part.tag == marker(0xe1) && JPEG_XMP.iter().any(|begin| part.data.starts_with(begin))
            }
            Format::Webp => part.tag == *b"XMP ",
            Format::Gif => false,
        }
}

/// The extended header of a WebP whose first chunk is given: as it is, or made for a plain one; with the flag for XMP.
fn extended(first: Option<&Part<'_>>) -> Option<[u8; 10]> {
    let Part { tag, data, .. } = *first?;
    let mut header = [0; 10];
    if tag == *b"VP8X" {
        header = *data.first_chunk()?;
    } else {
        let lossless = tag == *b"VP8L";
        let (width, height) = if lossless { vp8l_size(data)? } else { vp8_size(data)? };
        if lossless && data.get(4)? & ALPHA != 0 {
            header = [ALPHA, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        }
        let sides = [width, height].map(|side| side.saturating_sub(1).to_le_bytes());
        let sides = sides.iter().flat_map(|bytes| bytes.iter().take(3));
        header.iter_mut().skip(4).zip(sides).for_each(|(place, byte)| *place = *byte);
    }
    let [flags, ..] = &mut header;
    *flags |= XMP;
    Some(header)
}

fn put_png(copy: &mut Vec<u8>, tag: [u8; 4], data: &[u8]) {
    let mut crc = crc32fast::Hasher::new();
    crc.update(&tag);
    crc.update(data);
    copy.extend(u32::try_from(data.len()).unwrap_or(0).to_be_bytes());
    copy.extend(tag);
    copy.extend(data);
    copy.extend(crc.finalize().to_be_bytes());
}

fn put_riff(copy: &mut Vec<u8>, tag: [u8; 4], data: &[u8]) {
    copy.extend(tag);
    copy.extend(u32::try_from(data.len()).unwrap_or(0).to_le_bytes());
    copy.extend(data);
    if !data.len().is_multiple_of(2) {
        copy.push(0);
    }
}

/// Text for an attribute, cut to size, without control characters.
fn field(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars().filter(|c| !c.is_control()).take(FIELD_CHARS) {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c => out.push(c),
        }
    }
    out
}
