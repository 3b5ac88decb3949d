//! Crafted files, each with what has to come of it.

use image::{DynamicImage, ImageFormat};
use jpeg_encoder::SamplingFactor;

use crate::files::{
    anmf, cmyk_jpeg, crc, encode, exif, fading, gif, ihdr, interlaced_png, jpeg, png, png_of,
    progressive_jpeg, riff, scene, vp8x, webp_of, webp_of_codes, with_exif, zlib, zlib_zeros,
};

/// What has to come of a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Expect {
    /// It decodes: type, width, height.
    Picture(&'static str, u32, u32),
    /// It's refused, with these words in the message.
    Refused(&'static str),
}

use Expect::{Picture, Refused};

pub struct Case {
    pub name: &'static str,
    pub bytes: Vec<u8>,
    pub expect: Expect,
}

fn case(name: &'static str, bytes: Vec<u8>, expect: Expect) -> Case {
    Case { name, bytes, expect }
}

pub fn all() -> Vec<Case> {
    [honest(), bombs(), forged(), strangers()].into_iter().flatten().collect()
}

/// Small honest files, one of each kind: what mutations begin with.
pub fn seeds() -> Vec<Vec<u8>> {
    honest().into_iter().map(|case| case.bytes).filter(|bytes| bytes.len() < 8_000).collect()
}

fn honest() -> Vec<Case> {
    let scene = scene(48, 32, 0);
    let still = encode(scene.clone(), ImageFormat::WebP);
    let dynamic = DynamicImage::from(scene.clone());
    let frames = [anmf(&still, 0, 0, 48, 32), anmf(&still, 0, 0, 48, 32)].concat();
    let placed = anmf(&still, 8, 4, 48, 32);
    let anim = riff(*b"ANIM", &[0; 6]);
    let apng = {
        let mut out = Vec::new();
        let mut encoder = png::Encoder::new(&mut out, 48, 32);
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_animated(2, 0).unwrap();
        let mut writer = encoder.write_header().unwrap();
        writer.write_image_data(&scene).unwrap();
        writer.write_image_data(&vec![9; 48 * 32 * 3]).unwrap();
        writer.finish().unwrap();
        out
    };
    let palette = png_of(&[
        (b"IHDR", &ihdr(4, 2, 2, 3, false)),
        (b"PLTE", &[0, 0, 0, 255, 0, 0, 0, 255, 0, 0, 0, 255]),
        (b"tRNS", &[0, 255, 128]),
        (b"IDAT", &zlib(&[0, 0b0001_1011, 0, 0b1110_0100])),
    ]);
    vec![
        case("png", png(scene.clone()), Picture("image/png", 48, 32)),
        case("png with alpha", png(fading(48, 32)), Picture("image/png", 48, 32)),
        case("png, 16 bits", png(dynamic.to_rgb16()), Picture("image/png", 48, 32)),
        case("png, 16 bits, grey and alpha", png(dynamic.to_luma_alpha16()), Picture("image/png", 48, 32)),
        case("png, palette", palette, Picture("image/png", 4, 2)),
        case("png, interlaced", interlaced_png(&scene), Picture("image/png", 48, 32)),
        case("png, animated", apng, Picture("image/png", 48, 32)),
        case("jpeg", jpeg(&scene, 90), Picture("image/jpeg", 48, 32)),
        case("jpeg, grey", encode(dynamic.to_luma8(), ImageFormat::Jpeg), Picture("image/jpeg", 48, 32)),
        case("jpeg, cmyk", cmyk_jpeg(48, 32), Picture("image/jpeg", 48, 32)),
        case(
            "jpeg, progressive",
            progressive_jpeg(&scene, SamplingFactor::F_2_2),
            Picture("image/jpeg", 48, 32),
        ),
        case(
            "jpeg, progressive 4:4:4",
            progressive_jpeg(&scene, SamplingFactor::F_1_1),
            Picture("image/jpeg", 48, 32),
        ),
        case("webp", still.clone(), Picture("image/webp", 48, 32)),
        case("webp with alpha", encode(fading(48, 32), ImageFormat::WebP), Picture("image/webp", 48, 32)),
        case(
            "webp, animated",
            webp_of(&[vp8x(48, 32, 2), anim.clone(), frames].concat()),
            Picture("image/webp", 48, 32),
        ),
        case(
            "webp, animated, smaller frame",
            webp_of(&[vp8x(64, 40, 2), anim, placed].concat()),
            Picture("image/webp", 64, 40),
        ),
        case("jpeg, turned", with_exif(&jpeg(&scene, 90), &exif(6, true)), Picture("image/jpeg", 32, 48)),
        case("png, turned", with_exif(&png(scene.clone()), &exif(5, false)), Picture("image/png", 32, 48)),
        case("webp, turned", with_exif(&still, &exif(8, false)), Picture("image/webp", 32, 48)),
        case("gif", gif(48, 32, &[[200, 30, 30]]), Picture("image/gif", 48, 32)),
        case("gif, animated", gif(48, 32, &[[200, 30, 30], [30, 200, 30]]), Picture("image/gif", 48, 32)),
        case("one pixel", png(crate::files::scene(1, 1, 0)), Picture("image/png", 1, 1)),
        case("gif that is HTML too", polyglot_gif(), Picture("image/gif", 48, 32)),
        case(
            "png that is an archive too",
            [png(scene.clone()), b"PK\x05\x06".to_vec(), vec![0; 18]].concat(),
            Picture("image/png", 48, 32),
        ),
        case(
            "jpeg with a tail",
            [jpeg(&scene, 90), b"<script>".to_vec()].concat(),
            Picture("image/jpeg", 48, 32),
        ),
        case("png with compressed text of 256 MB", text_bomb(), Picture("image/png", 48, 32)),
        case("png with a profile of 256 MB", profile_bomb(), Picture("image/png", 48, 32)),
    ]
}

/// Small files that would take a lot of memory.
fn bombs() -> Vec<Case> {
    let empty = zlib(&[]);
    let giant_jpeg = |width: u16, height: u16, frame: u8, sampling: u8| {
        let mut file = jpeg(&scene(16, 16, 0), 50);
        let at = file.windows(2).position(|pair| pair == [0xff, 0xc0]).unwrap();
        file[at + 1] = frame;
        file[at + 5..at + 7].copy_from_slice(&height.to_be_bytes());
        file[at + 7..at + 9].copy_from_slice(&width.to_be_bytes());
        for component in 0..3 {
            file[at + 11 + component * 3] = sampling;
        }
        file
    };
    let mut giant_gif = gif(8, 8, &[[1, 2, 3]]);
    giant_gif[6..10].copy_from_slice(&[0xff; 4]);
    let vp8 = |width: u16, height: u16| {
        let size = [width.to_le_bytes(), height.to_le_bytes()].concat();
        riff(*b"VP8 ", &[&[0x10, 0, 0, 0x9d, 0x01, 0x2a], &size[..], &[0; 40]].concat())
    };
    let vp8l = |width: u32, height: u32| {
        let bits = (width - 1) | (height - 1) << 14;
        riff(*b"VP8L", &[&[0x2f], &bits.to_le_bytes()[..], &[0; 40]].concat())
    };
    let frame = webp_of(&vp8(16_383, 16_383));
    let alpha = riff(*b"ALPH", &[1, 0, 0, 0]);
    let inside = |frame: Vec<u8>| webp_of(&[vp8x(2, 2, 0), frame].concat());
    let animated = [vp8x(16, 16, 2), riff(*b"ANIM", &[0; 6]), anmf(&frame, 0, 0, 16, 16)].concat();
    vec![
        case(
            "png of 50,000 × 50,000",
            png_of(&[(b"IHDR", &ihdr(50_000, 50_000, 8, 6, false)), (b"IDAT", &empty)]),
            Refused("sides"),
        ),
        case(
            "png of 8,192 × 8,192",
            png_of(&[(b"IHDR", &ihdr(8_192, 8_192, 8, 6, false)), (b"IDAT", &empty)]),
            Refused("too many pixels"),
        ),
        case(
            "png of 4,096 × 4,096 and nothing in it",
            png_of(&[(b"IHDR", &ihdr(4_096, 4_096, 16, 6, true)), (b"IDAT", &empty)]),
            Refused("broken"),
        ),
        case(
            "png that inflates to more than its pixels",
            png_of(&[(b"IHDR", &ihdr(64, 64, 8, 2, false)), (b"IDAT", &zlib_zeros(128 << 20))]),
            Picture("image/png", 64, 64),
        ),
        case("jpeg of 65,535 × 65,535", giant_jpeg(65_535, 65_535, 0xc0, 0x11), Refused("sides")),
        case(
            "jpeg, progressive, 4:4:4, 4,096 × 4,096",
            giant_jpeg(4_096, 4_096, 0xc2, 0x11),
            Refused("memory"),
        ),
        case("jpeg, sampled 4 × 4, 8,192 × 2,048", giant_jpeg(8_192, 2_048, 0xc2, 0x44), Refused("memory")),
        case("gif of 65,535 × 65,535", giant_gif, Refused("sides")),
        case("webp canvas of 16,777,216 a side", webp_of(&vp8x(1 << 24, 1 << 24, 0)), Refused("sides")),
        case("webp, lossy, 4,096 × 4,096", webp_of(&vp8(4_096, 4_096)), Refused("memory")),
        case("webp, lossless, 4,096 × 4,096", webp_of(&vp8l(4_096, 4_096)), Refused("memory")),
        case("webp of 4 × 4 with 65,536 groups of codes", webp_of_codes(65_536), Refused("memory")),
        case("webp, a giant frame in a small canvas", inside(vp8(16_383, 16_383)), Refused("broken")),
        case(
            "webp, a giant lossless frame in a small canvas",
            inside(vp8l(16_384, 16_384)),
            Refused("broken"),
        ),
        case("webp, a giant frame in a small animation", webp_of(&animated), Refused("broken")),
        case(
            "webp with compressed alpha, 3,000 × 3,000",
            webp_of(&[vp8x(3_000, 3_000, 0x10), alpha, vp8(3_000, 3_000)].concat()),
            Refused("memory"),
        ),
    ]
}

/// Files that don't hold together.
fn forged() -> Vec<Case> {
    let scene = scene(48, 32, 0);
    let whole = png(scene.clone());
    let mut wrong_crc = whole.clone();
    let at = wrong_crc.windows(4).position(|tag| tag == b"IDAT").unwrap();
    wrong_crc[at + 8] ^= 1;
    let mut wrong_header = whole.clone();
    wrong_header[19] = 49;
    let mut huge_chunk = whole.clone();
    huge_chunk[33..37].copy_from_slice(&[0xff; 4]);
    let mut endless = jpeg(&scene, 90);
    endless.truncate(endless.len() - 2);
    let mut two_frames = jpeg(&scene, 90);
    let frame = two_frames.windows(2).position(|pair| pair == [0xff, 0xc0]).unwrap();
    let copy = two_frames[frame..frame + 19].to_vec();
    two_frames.splice(frame..frame, copy);
    let mut longer_riff = encode(scene, ImageFormat::WebP);
    longer_riff[4] = longer_riff[4].wrapping_add(2);
    vec![
        case("empty", Vec::new(), Refused("aren't a picture")),
        case("png, signature alone", b"\x89PNG\r\n\x1a\n".to_vec(), Refused("header")),
        case("png, wrong checksum of its pixels", wrong_crc, Refused("broken")),
        case("png, wrong checksum of its header", wrong_header, Refused("header")),
        case("png, a chunk longer than the file", huge_chunk, Refused("broken")),
        case("png, no pixels", png_of(&[(b"IHDR", &ihdr(4, 4, 8, 2, false))]), Refused("broken")),
        case("png, zero wide", png_of(&[(b"IHDR", &ihdr(0, 4, 8, 2, false))]), Refused("sides")),
        case(
            "png, a palette that isn't there",
            png_of(&[(b"IHDR", &ihdr(4, 4, 8, 3, false)), (b"IDAT", &zlib(&[0; 20]))]),
            Refused("broken"),
        ),
        case("jpeg without its end", endless, Refused("broken")),
        case("jpeg with two frames", two_frames, Refused("broken")),
        case("jpeg, magic alone", vec![0xff, 0xd8, 0xff], Refused("header")),
        case("webp that says it's longer", longer_riff, Refused("cut")),
        case(
            "webp, animation without frames",
            webp_of(&[vp8x(8, 8, 2), riff(*b"ANIM", &[0; 6])].concat()),
            Refused("broken"),
        ),
        case("gif without frames", b"GIF89a\x01\x00\x01\x00\x00\x00\x00;".to_vec(), Refused("broken")),
        case("noise", vec![0xff; 40], Refused("aren't a picture")),
    ]
}

/// Files of types that aren't accepted.
fn strangers() -> Vec<Case> {
    let named = [
        ("svg", &b"<svg xmlns='http://www.w3.org/2000/svg'/>"[..], "SVG isn't accepted"),
        ("svg with a prologue", b"\xef\xbb\xbf\n<?xml version='1.0'?><!-- a --><SVG/>", "SVG isn't accepted"),
        ("html", b"<!doctype html><html><svg/></html>", "a document"),
        ("json", b"{\"error\":\"no\"}", "aren't a picture"),
        ("avif", b"\0\0\0\x1cftypavif\0\0\0\0", "an AVIF"),
        ("heic", b"\0\0\0\x18ftypheic\0\0\0\0", "a HEIC"),
        ("bmp", b"BM\x46\0\0\0\0\0\0\0", "a BMP"),
        ("tiff", b"II*\0\x08\0\0\0", "a TIFF"),
        ("pdf", b"%PDF-1.7", "a PDF"),
        ("svgz", b"\x1f\x8b\x08\0", "compressed"),
    ];
    named.map(|(name, bytes, words)| case(name, bytes.to_vec(), Refused(words))).into()
}

/// A GIF whose comment is a script.
fn polyglot_gif() -> Vec<u8> {
    let mut file = gif(48, 32, &[[200, 30, 30]]);
    let script = b"<html><script>alert(1)</script>";
    let comment = [&[0x21, 0xfe, script.len() as u8][..], script, &[0]].concat();
    let screen = 13 + if file[10] & 0x80 != 0 { 3 << ((file[10] & 7) + 1) } else { 0 };
    file.splice(screen..screen, comment);
    file
}

fn text_bomb() -> Vec<u8> {
    with_chunk(*b"zTXt", &[&b"Comment\0\0"[..], &zlib_zeros(256 << 20)].concat())
}

fn profile_bomb() -> Vec<u8> {
    with_chunk(*b"iCCP", &[&b"p\0\0"[..], &zlib_zeros(256 << 20)].concat())
}

/// A PNG with one more chunk after its header.
fn with_chunk(tag: [u8; 4], data: &[u8]) -> Vec<u8> {
    let mut file = png(scene(48, 32, 0));
    let checksum = crc(&[&tag[..], data].concat()).to_be_bytes();
    let chunk = [&(data.len() as u32).to_be_bytes()[..], &tag, data, &checksum].concat();
    file.splice(33..33, chunk);
    file
}
