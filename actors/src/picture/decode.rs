//! Bytes into pixels of eight bits a channel, within [`ALLOC_MAX`].
//!
//! The decoders' own limits cover their output at best, so what a decoder takes is worked out beforehand from the same headers
//! that it will read: the coefficients of a progressive JPEG, the planes of a WebP, the size of a frame inside of a frame.

use std::io::Cursor;
use std::num::NonZeroU64;

use image_webp::WebPDecoder;
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use super::container::{Part, Parts, be16, is_whole, le24, marker};
use super::sniff::{Headers, headers, is_frame, vp8_size, vp8l_size};
use super::{ALLOC_MAX, Format, SIDE_MAX, Sniffed, bad, lossless, sniff};
use crate::provider::Failure;

/// What a PNG's decoder may keep beside the pixels, in bytes: rows, a palette, EXIF.
const PNG_ASIDE_MAX: usize = 2 * 1024 * 1024;

/// What the codes of the largest lossless WebP may take beside the pixels, in bytes; those of a smaller one have its room too.
const CODES_MAX: u64 = 8 * 1024 * 1024;

/// A decoded picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pixels {
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// Bytes a pixel: 1 grey, 2 grey and alpha, 3 RGB, 4 RGBA. Alpha isn't multiplied in.
    pub channels: usize,
    /// Rows from the top, `width × channels` bytes each.
    pub data: Vec<u8>,
}

impl Pixels {
    /// Each pixel as RGBA.
    pub fn rgba(&self) -> impl Iterator<Item = [u8; 4]> {
        self.data.chunks_exact(self.channels).map(|pixel| match *pixel {
            [grey] => [grey, grey, grey, 255],
            [grey, alpha] => [grey, grey, grey, alpha],
            [red, green, blue] => [red, green, blue, 255],
            [red, green, blue, alpha, ..] => [red, green, blue, alpha],
            [] => [0; 4],
        })
    }

    /// Whether the pixels have an alpha channel, used or not.
    pub const fn has_alpha(&self) -> bool {
        matches!(self.channels, 2 | 4)
    }

    /// Whether every pixel covers what's behind it.
    pub fn is_opaque(&self) -> bool {
        !self.has_alpha() || self.data.chunks_exact(self.channels).all(|pixel| pixel.last() == Some(&255))
    }
}

/// What the bytes are, after decoding all of them: whole, and of the type that was `declared`, if one was.
///
/// # Errors
/// `bad_image`, as [`sniff`] and [`decode`], and for a type that isn't the declared one.
pub fn check(bytes: &[u8], declared: Option<&str>) -> Result<Sniffed, Failure> {
    let sniffed = sniff(bytes)?;
    if declared.is_some_and(|declared| !sniffed.agrees_with(declared)) {
        return Err(bad("the picture isn't of the type that was declared"));
    }
    read(&headers(bytes)?, bytes).map(|_| sniffed)
}

/// Decodes a picture of at most `pixels_max` pixels, and turns it upright; of an animation its first frame.
///
/// # Errors
/// `bad_image` when the bytes are cut, broken or of a type that isn't accepted, when they're over a limit, and when decoding
/// would take more than [`ALLOC_MAX`].
pub fn decode(bytes: &[u8], pixels_max: u64) -> Result<Pixels, Failure> {
    let headers = headers(bytes)?;
    if area(headers.width, headers.height) > pixels_max {
        return Err(bad("the picture has too many pixels for this"));
    }
    read(&headers, bytes).map(|pixels| headers.orientation.apply(pixels))
}

/// The pixels as they are in the file.
fn read(headers: &Headers, bytes: &[u8]) -> Result<Pixels, Failure> {
    let Headers { format, width, height, .. } = *headers;
    is_whole(format, bytes)?;
    let pixels = match format {
        Format::Png => png(bytes),
        Format::Jpeg => jpeg(bytes),
        Format::Webp => webp(bytes, width, height),
        Format::Gif => gif(bytes, width, height),
    }?;
    let expected = area(width, height).saturating_mul(pixels.channels as u64);
    if (pixels.width, pixels.height, pixels.data.len() as u64) == (width, height, expected) {
        Ok(pixels)
    } else {
        Err(broken())
    }
}

fn broken() -> Failure {
    bad("the picture is cut or broken")
}

fn area(width: u32, height: u32) -> u64 {
    u64::from(width) * u64::from(height)
}

/// Room for what is measured in bytes before it's allocated.
fn afford(bytes: u64) -> Result<usize, Failure> {
    usize::try_from(bytes)
        .ok()
        .filter(|_| bytes <= ALLOC_MAX)
        .ok_or_else(|| bad("decoding the picture takes too much memory"))
}

fn png(bytes: &[u8]) -> Result<Pixels, Failure> {
    let mut decoder = png::Decoder::new_with_limits(Cursor::new(bytes), png::Limits { bytes: PNG_ASIDE_MAX });
    decoder.set_transformations(png::Transformations::EXPAND | png::Transformations::STRIP_16);
    decoder.set_ignore_text_chunk(true);
    decoder.set_ignore_iccp_chunk(true);
    let mut reader = decoder.read_info().map_err(|_| broken())?;
    let size = reader.output_buffer_size().ok_or_else(broken)?;
    let mut data = vec![0; afford(size as u64)?];
    let frame = reader.next_frame(&mut data).map_err(|_| broken())?;
    Ok(Pixels { width: frame.width, height: frame.height, channels: frame.color_type.samples(), data })
}

fn jpeg(bytes: &[u8]) -> Result<Pixels, Failure> {
    let (count, planes) = jpeg_planes(bytes).ok_or_else(broken)?;
    let longest = usize::try_from(SIDE_MAX).unwrap_or(usize::MAX);
    let options =
        DecoderOptions::default().set_strict_mode(false).set_max_width(longest).set_max_height(longest);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    decoder.decode_headers().map_err(|_| broken())?;
    let info = decoder.info().filter(|info| info.components == count).ok_or_else(broken)?;
    let (channels, space) = if count == 1 { (1, ColorSpace::Luma) } else { (3, ColorSpace::RGB) };
    decoder.set_options(decoder.options().jpeg_set_out_colorspace(space));
    let (width, height) = (u32::from(info.width), u32::from(info.height));
    let size = area(width, height) * channels as u64;
    afford(size + planes)?;
    let mut data = vec![0; afford(size)?];
    decoder.decode_into(&mut data).map_err(|_| broken())?;
    Ok(Pixels { width, height, channels, data })
}

/// The components of a JPEG and the bytes that its decoder takes beside the pixels: rows of blocks, and all coefficients when
/// they come in more than one scan.
fn jpeg_planes(bytes: &[u8]) -> Option<(u8, u64)> {
    let mut frame = None;
    let mut scan = None;
    for part in Parts::of(Format::Jpeg, bytes).map_while(Result::ok) {
        if is_frame(part.tag) && frame.replace(part).is_some() {
            return None;
        }
        if part.tag == marker(0xda) {
            scan = Some(part);
            break;
        }
    }
    let (frame, scan) = (frame?, scan?);
    let (height, width) = (u64::from(be16(frame.data, 1)?), u64::from(be16(frame.data, 3)?));
    let count = *frame.data.get(5).filter(|count| matches!(count, 1 | 3 | 4))?;
    let sampling = |component: &[u8]| {
        let factors = u64::from(*component.get(1).unwrap_or(&0x11));
        if count == 1 { (1, 1) } else { (factors >> 4, factors & 15) }
    };
    let components = frame.data.get(6..).filter(|rest| rest.len() == usize::from(count) * 3)?.chunks(3);
    let across = components.clone().map(|component| sampling(component).0).max()?;
    let down = components.clone().map(|component| sampling(component).1).max()?;
    if across == 0 || down == 0 {
        return None;
    }
    let (columns, rows) = (width.div_ceil(8 * across), height.div_ceil(8 * down));
    let blocks: u64 = components.map(sampling).map(|(across, down)| across * down).sum();
    // Two bytes a coefficient; rows also before, after and during upsampling.
    let row = columns * blocks * 64 * 2;
    let several = frame.tag == marker(0xc2) || scan.data.first() != Some(&count);
    Some((count, row * 4 + columns * across * down * 1_024 + if several { row * rows } else { 0 }))
}

fn webp(bytes: &[u8], width: u32, height: u32) -> Result<Pixels, Failure> {
    let frame = Frame::first(bytes, width, height).ok_or_else(broken)?;
    let still = frame.place == (0, 0) && (frame.width, frame.height) == (width, height);
    let canvas = if still { 0 } else { area(width, height) * 4 };
    let taken = frame.takes() + canvas;
    afford(taken)?;
    if let Some(stream) = frame.lossless() {
        lossless::afford(stream, frame.width, frame.height, ALLOC_MAX + CODES_MAX - taken)?;
    }
    // What image-webp sees is one still frame, and the one that was measured.
    let file = frame.file().ok_or_else(broken)?;
    let mut decoder = WebPDecoder::new(Cursor::new(file)).map_err(|_| broken())?;
    let (channels, size) = (if decoder.has_alpha() { 4 } else { 3 }, decoder.output_buffer_size());
    if decoder.dimensions() != (frame.width, frame.height) {
        return Err(broken());
    }
    let mut data = vec![0; afford(size.ok_or_else(broken)? as u64)?];
    decoder.read_image(&mut data).map_err(|_| broken())?;
    drop(decoder);
    let pixels = Pixels { width: frame.width, height: frame.height, channels, data };
    if still { Ok(pixels) } else { placed(&pixels, frame.place, width, height) }
}

/// The first frame of a WebP.
struct Frame<'a> {
    alpha: Option<Part<'a>>,
    image: Part<'a>,
    place: (u32, u32),
    width: u32,
    height: u32,
}

impl<'a> Frame<'a> {
    fn first(bytes: &'a [u8], width: u32, height: u32) -> Option<Self> {
        let mut alpha = None;
        for part in Parts::of(Format::Webp, bytes).map_while(Result::ok) {
            match &part.tag {
                b"ANMF" => {
                    let place = (le24(part.data, 0)? * 2, le24(part.data, 3)? * 2);
                    let (width, height) = (le24(part.data, 6)? + 1, le24(part.data, 9)? + 1);
                    return Self::among(Parts::within(part.data.get(16..)?), place, width, height);
                }
                b"ALPH" => alpha = alpha.or(Some(part)),
                b"VP8 " | b"VP8L" => return Self::of(alpha, part, (0, 0), width, height),
                _ => {}
            }
        }
        None
    }

    fn among(parts: Parts<'a>, place: (u32, u32), width: u32, height: u32) -> Option<Self> {
        let mut alpha = None;
        for part in parts.map_while(Result::ok) {
            match &part.tag {
                b"ALPH" => alpha = alpha.or(Some(part)),
                b"VP8 " | b"VP8L" => return Self::of(alpha, part, place, width, height),
                _ => {}
            }
        }
        None
    }

    /// A frame whose own header says the size that its surroundings say.
    fn of(
        alpha: Option<Part<'a>>,
        image: Part<'a>,
        place: (u32, u32),
        width: u32,
        height: u32,
    ) -> Option<Self> {
        let lossy = image.tag == *b"VP8 ";
        let size = if lossy { vp8_size(image.data) } else { vp8l_size(image.data) };
        let alpha = alpha.filter(|_| lossy);
        (size == Some((width, height))).then_some(Self { alpha, image, place, width, height })
    }

    /// Bytes for decoding it: planes, alpha, and the pixels.
    fn takes(&self) -> u64 {
        let pixels = area(self.width, self.height);
        let planes = area(self.width.next_multiple_of(16), self.height.next_multiple_of(16)) * 3 / 2;
        match self.alpha.and_then(|alpha| alpha.data.first()) {
            // A compressed alpha plane is a lossless picture of its own.
            Some(method) if method & 3 != 0 => planes + pixels * 9,
            Some(_) => planes + pixels * 5,
            None if self.image.tag == *b"VP8 " => planes + pixels * 3,
            None => pixels * 7,
        }
    }

    /// What is coded without loss in it: the picture, or its alpha.
    fn lossless(&self) -> Option<&'a [u8]> {
        match self.alpha {
            Some(alpha) => alpha.data.split_first().filter(|(method, _)| **method & 3 != 0).map(|(_, it)| it),
            None if self.image.tag == *b"VP8L" => self.image.data.get(5..),
            None => None,
        }
    }

    /// A file with nothing else in it.
    fn file(&self) -> Option<Vec<u8>> {
        let mut file = b"RIFF\0\0\0\0WEBP".to_vec();
        if let Some(alpha) = self.alpha {
            let (width, height) = ((self.width - 1).to_le_bytes(), (self.height - 1).to_le_bytes());
            file.extend(*b"VP8X\x0a\0\0\0\x10\0\0\0");
            file.extend(width.iter().take(3).chain(height.iter().take(3)));
            file.extend(alpha.whole);
        }
        file.extend(self.image.whole);
        let size = u32::try_from(file.len() - 8).ok()?;
        file.get_mut(4..8)?.copy_from_slice(&size.to_le_bytes());
        Some(file)
    }
}

fn gif(bytes: &[u8], width: u32, height: u32) -> Result<Pixels, Failure> {
    let mut options = gif::DecodeOptions::new();
    options.set_color_output(gif::ColorOutput::Indexed);
    options.check_frame_consistency(true);
    let room = ALLOC_MAX.checked_sub(area(width, height) * 4).and_then(NonZeroU64::new);
    let room = room.ok_or_else(|| bad("decoding the picture takes too much memory"))?;
    options.set_memory_limit(gif::MemoryLimit::Bytes(room));
    let mut decoder = options.read_info(bytes).map_err(|_| broken())?;
    let common = decoder.global_palette().map(<[u8]>::to_vec);
    let frame = decoder.read_next_frame().map_err(|_| broken())?.ok_or_else(broken)?;
    let palette = frame.palette.as_deref().or(common.as_deref()).ok_or_else(broken)?;
    let colours: Vec<[u8; 4]> = (0_u8..=255)
        .map(|index| match palette.chunks_exact(3).nth(usize::from(index)) {
            Some(&[red, green, blue]) if frame.transparent != Some(index) => [red, green, blue, 255],
            _ => [0; 4],
        })
        .collect();
    let mut data = vec![0; afford(area(width, height) * 4)?];
    let (left, across) = (usize::from(frame.left) * 4, usize::from(frame.width));
    let stride = usize::try_from(width).unwrap_or(usize::MAX) * 4;
    let rows = data.chunks_exact_mut(stride).skip(usize::from(frame.top));
    for (row, indices) in rows.zip(frame.buffer.chunks_exact(across.max(1))) {
        let target = row.get_mut(left..).unwrap_or_default().as_chunks_mut::<4>().0;
        for (pixel, index) in target.iter_mut().zip(indices) {
            *pixel = colours.get(usize::from(*index)).copied().unwrap_or_default();
        }
    }
    Ok(Pixels { width, height, channels: 4, data })
}

/// A frame on its transparent canvas.
fn placed(frame: &Pixels, (left, top): (u32, u32), width: u32, height: u32) -> Result<Pixels, Failure> {
    if left.saturating_add(frame.width) > width || top.saturating_add(frame.height) > height {
        return Err(broken());
    }
    let mut data = vec![0; afford(area(width, height) * 4)?];
    let mut source = frame.rgba();
    let (stride, left, across) = (width as usize * 4, left as usize, frame.width as usize);
    for row in data.chunks_exact_mut(stride).skip(top as usize).take(frame.height as usize) {
        for (pixel, colour) in row.as_chunks_mut::<4>().0.iter_mut().skip(left).take(across).zip(&mut source)
        {
            *pixel = colour;
        }
    }
    Ok(Pixels { width, height, channels: 4, data })
}
