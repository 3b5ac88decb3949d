//! Pictures made in code: honest ones of every kind that is accepted, and the pieces to forge others from.

use std::io::{Cursor, Write as _};

use flate2::Compression;
use flate2::write::ZlibEncoder;
use image::{DynamicImage, ImageFormat, Rgb, RgbImage, Rgba, RgbaImage};

/// A scene with a disc, stripes and a light in the corner.
pub fn scene(width: u32, height: u32, shift: u32) -> RgbImage {
    let (across, down) = (f64::from(width), f64::from(height));
    RgbImage::from_fn(width, height, |x, y| {
        let (u, v) = (f64::from(x) / across, f64::from(y) / down);
        let disc = (u - 0.35 - f64::from(shift) / 256.0).powi(2) + (v - 0.4).powi(2) < 0.04;
        let stripe = (u * 256.0 + v * 400.0 + f64::from(shift)) % 61.0 < 17.0;
        let light = (80.0 * (1.0 - u) * (1.0 - v)) as u8;
        if disc {
            Rgb([170 + light, 40, 40])
        } else if stripe {
            Rgb([20, 60 + light, 160])
        } else {
            Rgb([170 + light, 150 + light, 130 + light])
        }
    })
}

/// A scene that fades to transparent towards the right.
pub fn fading(width: u32, height: u32) -> RgbaImage {
    let scene = scene(width, height, 0);
    RgbaImage::from_fn(width, height, |x, y| {
        let Rgb([red, green, blue]) = *scene.get_pixel(x, y);
        Rgba([red, green, blue, (255 - x * 255 / width.max(2)) as u8])
    })
}

pub fn encode(picture: impl Into<DynamicImage>, format: ImageFormat) -> Vec<u8> {
    let mut out = Cursor::new(Vec::new());
    picture.into().write_to(&mut out, format).unwrap();
    out.into_inner()
}

pub fn png(picture: impl Into<DynamicImage>) -> Vec<u8> {
    encode(picture, ImageFormat::Png)
}

pub fn jpeg(picture: &RgbImage, quality: u8) -> Vec<u8> {
    let mut out = Vec::new();
    image::codecs::jpeg::JpegEncoder::new_with_quality(&mut out, quality).encode_image(picture).unwrap();
    out
}

/// A JPEG in several scans.
pub fn progressive_jpeg(picture: &RgbImage, sampling: jpeg_encoder::SamplingFactor) -> Vec<u8> {
    let mut out = Vec::new();
    let mut encoder = jpeg_encoder::Encoder::new(&mut out, 90);
    encoder.set_progressive(true);
    encoder.set_sampling_factor(sampling);
    let (width, height) = (picture.width() as u16, picture.height() as u16);
    encoder.encode(picture, width, height, jpeg_encoder::ColorType::Rgb).unwrap();
    out
}

pub fn cmyk_jpeg(width: u16, height: u16) -> Vec<u8> {
    let mut out = Vec::new();
    let pixels: Vec<u8> =
        (0..usize::from(width) * usize::from(height)).flat_map(|n| [n as u8, 40, 200, 0]).collect();
    let encoder = jpeg_encoder::Encoder::new(&mut out, 90);
    encoder.encode(&pixels, width, height, jpeg_encoder::ColorType::Cmyk).unwrap();
    out
}

/// A GIF of several frames, each all of one colour.
pub fn gif(width: u16, height: u16, colours: &[[u8; 3]]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut encoder = gif::Encoder::new(&mut out, width, height, &[]).unwrap();
    for colour in colours {
        let pixels = colour.repeat(usize::from(width) * usize::from(height));
        encoder.write_frame(&gif::Frame::from_rgb(width, height, &pixels)).unwrap();
    }
    drop(encoder);
    out
}

/// A PNG of chunks: signature, these, `IEND`.
pub fn png_of(chunks: &[(&[u8; 4], &[u8])]) -> Vec<u8> {
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    for (tag, data) in chunks.iter().chain(&[(b"IEND", &[][..])]) {
        file.extend((data.len() as u32).to_be_bytes());
        file.extend(*tag);
        file.extend(*data);
        file.extend(crc(&[*tag, *data].concat()).to_be_bytes());
    }
    file
}

/// `IHDR`: depth in bits, colour type, interlaced.
pub fn ihdr(width: u32, height: u32, depth: u8, colour: u8, interlaced: bool) -> Vec<u8> {
    [&width.to_be_bytes()[..], &height.to_be_bytes(), &[depth, colour, 0, 0, u8::from(interlaced)]].concat()
}

pub fn zlib(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::new(6));
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// EXIF that says nothing but how to turn the picture; its words most significant byte first, or last.
pub fn exif(orientation: u16, big: bool) -> Vec<u8> {
    let tag: [&[u8]; 2] = [&[1, 0x12, 0, 3, 0, 0, 0, 1], &[0x12, 1, 3, 0, 1, 0, 0, 0]];
    let (head, tag, value): (&[u8], _, _) = if big {
        (b"MM\0*\0\0\0\x08\0\x01", tag[0], orientation.to_be_bytes())
    } else {
        (b"II*\0\x08\0\0\0\x01\0", tag[1], orientation.to_le_bytes())
    };
    [head, tag, &value, &[0; 6]].concat()
}

/// The file with EXIF where its format has it.
pub fn with_exif(file: &[u8], exif: &[u8]) -> Vec<u8> {
    if file.starts_with(b"\xff\xd8") {
        let length = (exif.len() as u16 + 8).to_be_bytes();
        return [&b"\xff\xd8\xff\xe1"[..], &length, b"Exif\0\0", exif, &file[2..]].concat();
    }
    if file.starts_with(b"RIFF") {
        let chunks = &file[12..];
        let picture = image::load_from_memory(file).unwrap();
        let flags = if picture.color().has_alpha() { 0x18 } else { 0x08 };
        return webp_of(
            &[&vp8x(picture.width(), picture.height(), flags), chunks, &riff(*b"EXIF", exif)].concat(),
        );
    }
    let header = 8 + 25;
    let body = [b"eXIf", exif].concat();
    let length = (exif.len() as u32).to_be_bytes();
    [&file[..header], &length, &body, &crc(&body).to_be_bytes(), &file[header..]].concat()
}

/// So many zero bytes, compressed a megabyte at a time.
pub fn zlib_zeros(bytes: usize) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::new(6));
    for _ in 0..bytes >> 20 {
        encoder.write_all(&vec![0; 1 << 20]).unwrap();
    }
    encoder.finish().unwrap()
}

/// An Adam7 PNG, which no encoder at hand writes.
pub fn interlaced_png(picture: &RgbImage) -> Vec<u8> {
    let passes =
        [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)];
    let (width, height) = picture.dimensions();
    let mut raw = Vec::new();
    for (left, top, across, down) in passes {
        for y in (top..height).step_by(down) {
            let row: Vec<u8> =
                (left..width).step_by(across).flat_map(|x| picture.get_pixel(x, y).0).collect();
            if !row.is_empty() {
                raw.push(0);
                raw.extend(row);
            }
        }
    }
    png_of(&[(b"IHDR", &ihdr(width, height, 8, 2, true)), (b"IDAT", &zlib(&raw))])
}

/// A RIFF chunk, padded.
pub fn riff(tag: [u8; 4], data: &[u8]) -> Vec<u8> {
    let mut chunk = [&tag[..], &(data.len() as u32).to_le_bytes(), data].concat();
    chunk.resize(chunk.len().next_multiple_of(2), 0);
    chunk
}

/// A WebP of chunks.
pub fn webp_of(chunks: &[u8]) -> Vec<u8> {
    [&b"RIFF"[..], &(chunks.len() as u32 + 4).to_le_bytes(), b"WEBP", chunks].concat()
}

/// `VP8X`, with flags.
pub fn vp8x(width: u32, height: u32, flags: u8) -> Vec<u8> {
    let data = [&[flags, 0, 0, 0], &le24(width - 1)[..], &le24(height - 1)].concat();
    riff(*b"VP8X", &data)
}

/// One frame of an animated WebP, with the image chunk of a still one.
pub fn anmf(still: &[u8], left: u32, top: u32, width: u32, height: u32) -> Vec<u8> {
    let head = [le24(left / 2), le24(top / 2), le24(width - 1), le24(height - 1), le24(100)].concat();
    riff(*b"ANMF", &[&head[..], &[2], &still[12..]].concat())
}

/// A lossless WebP of 4 × 4 pixels with so many groups of prefix codes, up to 65,536, each of five of the largest tables that the
/// fewest bits make.
pub fn webp_of_codes(groups: u32) -> Vec<u8> {
    let mut bits = Bits::default();
    bits.put(0x2f, 8).put(3, 14).put(3, 14).put(0, 4);
    // No transform, no colour cache; groups, by blocks of 4 × 4, told by a picture of one pixel.
    bits.put(0, 1).put(0, 1).put(1, 1).put(0, 3).put(0, 1);
    let last = groups - 1;
    for symbol in [last & 0xff, last >> 8, 0, 0, 0] {
        // One symbol of eight bits.
        bits.put(1, 1).put(0, 1).put(1, 1).put(symbol, 8);
    }
    for _ in 0..groups * 5 {
        // Codes of 1, 2, … 9, 10 and 10 bits: the lengths themselves have 4 bits each, 0 and 11 to 15 being among them.
        bits.put(0, 1).put(15, 4);
        for length in [0, 0, 4, 4, 4, 4, 4, 4, 0, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4] {
            bits.put(length, 3);
        }
        // Eleven of them are written.
        bits.put(1, 1).put(1, 3).put(9, 4);
        for length in [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 10_u32] {
            bits.put(length.reverse_bits() >> 28, 4);
        }
    }
    // Sixteen pixels, each of four shortest codes.
    bits.put(0, 32).put(0, 32);
    webp_of(&riff(*b"VP8L", &bits.bytes))
}

#[derive(Default)]
struct Bits {
    bytes: Vec<u8>,
    count: usize,
}

impl Bits {
    /// Bits of a number, the least first.
    fn put(&mut self, number: u32, bits: u32) -> &mut Self {
        for bit in 0..bits {
            if self.count.is_multiple_of(8) {
                self.bytes.push(0);
            }
            *self.bytes.last_mut().unwrap() |= ((number >> bit & 1) as u8) << (self.count % 8);
            self.count += 1;
        }
        self
    }
}

fn le24(number: u32) -> [u8; 3] {
    let [a, b, c, _] = number.to_le_bytes();
    [a, b, c]
}

pub fn crc(bytes: &[u8]) -> u32 {
    let mut crc = flate2::Crc::new();
    crc.update(bytes);
    crc.sum()
}
