//! What can be told of a picture from its bytes: type and size from the first few, a perceptual hash from all of them.
//!
//! Bytes from outside are hostile until measured: sizes are checked before anything is decoded, and the decoder's own
//! limits are set far under what the isolate has (its default of 512 MiB would take the isolate down).

use std::io::Cursor;

use image::{ImageFormat, ImageReader, Limits};
use image_hasher::{HashAlg, HasherConfig};

use crate::provider::{Failure, FailureClass};

/// Longest side, in pixels.
pub const SIDE_MAX: u32 = 8_192;
/// Most pixels: 4096 × 4096.
pub const PIXELS_MAX: u64 = 16_777_216;
/// What the decoder may allocate, in bytes: half of the isolate's 128 MB.
const ALLOC_MAX: u64 = 64 * 1024 * 1024;

/// Type and size, from the magic bytes and the header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sniffed {
    /// `image/png`, `image/jpeg` or `image/webp`.
    pub media_type: &'static str,
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
}

/// Reads type and size without decoding.
///
/// # Errors
/// [`FailureClass::BadImage`] for anything but a PNG, JPEG or WebP within [`SIDE_MAX`] and [`PIXELS_MAX`].
pub fn sniff(bytes: &[u8]) -> Result<Sniffed, Failure> {
    let format = image::guess_format(bytes).map_err(|_| bad("the bytes aren't a picture"))?;
    let media_type = match format {
        ImageFormat::Png => "image/png",
        ImageFormat::Jpeg => "image/jpeg",
        ImageFormat::WebP => "image/webp",
        _ => return Err(bad("the picture is neither PNG, JPEG nor WebP")),
    };
    let (width, height) = ImageReader::with_format(Cursor::new(bytes), format)
        .into_dimensions()
        .map_err(|_| bad("the picture's header is broken"))?;
    if width == 0 || height == 0 || width > SIDE_MAX || height > SIDE_MAX {
        return Err(bad("the picture's sides are out of bounds"));
    }
    if u64::from(width) * u64::from(height) > PIXELS_MAX {
        return Err(bad("the picture has too many pixels"));
    }
    Ok(Sniffed { media_type, width, height })
}

/// Decodes the picture and computes its hash: 256 bits, split at the median of its low frequencies, as 64 hexadecimal
/// digits. Median, not mean: with the mean, one in fourteen pairs found alike really is (`qarmin/img_hash` issue 12).
///
/// # Errors
/// [`FailureClass::BadImage`] when the bytes can't be decoded within the limits.
pub fn fingerprint(bytes: &[u8]) -> Result<String, Failure> {
    sniff(bytes)?;
    let mut reader = ImageReader::new(Cursor::new(bytes))
        .with_guessed_format()
        .map_err(|_| bad("the bytes can't be read"))?;
    let mut limits = Limits::default();
    limits.max_image_width = Some(SIDE_MAX);
    limits.max_image_height = Some(SIDE_MAX);
    limits.max_alloc = Some(ALLOC_MAX);
    reader.limits(limits);
    let picture = reader.decode().map_err(|_| bad("the picture is cut or broken"))?;
    let hasher = HasherConfig::new().hash_alg(HashAlg::Median).preproc_dct().hash_size(16, 16).to_hasher();
    let hash = hasher.hash_image(&picture);
    Ok(hash.as_bytes().iter().fold(String::with_capacity(64), |mut hex, byte| {
        for digit in [byte >> 4, byte & 15] {
            hex.push(char::from_digit(u32::from(digit), 16).unwrap_or('0'));
        }
        hex
    }))
}

fn bad(why: &str) -> Failure {
    Failure::new(FailureClass::BadImage, why)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::project::likeness::Hash;
    use image::{DynamicImage, Rgb, RgbImage};

    fn scene(shift: u32) -> DynamicImage {
        RgbImage::from_fn(256, 192, |x, y| {
            let disc = (i64::from(x) - 90 - i64::from(shift)).pow(2) + (i64::from(y) - 80).pow(2) < 2_500;
            let stripe = (x + 2 * y + shift) % 61 < 17;
            if disc {
                Rgb([220, 40, 40])
            } else if stripe {
                Rgb([20, 60, 160])
            } else {
                Rgb([235, 230, 210])
            }
        })
        .into()
    }

    fn encode(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
        let mut out = Cursor::new(Vec::new());
        picture.write_to(&mut out, format).unwrap();
        out.into_inner()
    }

    fn hash(bytes: &[u8]) -> Hash {
        Hash::parse(&fingerprint(bytes).unwrap()).unwrap()
    }

    #[test]
    fn the_type_comes_from_the_bytes() {
        let picture = scene(0);
        for (format, media_type) in [
            (ImageFormat::Png, "image/png"),
            (ImageFormat::Jpeg, "image/jpeg"),
            (ImageFormat::WebP, "image/webp"),
        ] {
            assert_eq!(
                sniff(&encode(&picture, format)).unwrap(),
                Sniffed { media_type, width: 256, height: 192 }
            );
        }
    }

    #[test]
    fn what_is_not_a_picture_of_ours_is_refused() {
        let gif = b"GIF89a\x01\x00\x01\x00\x00\x00\x00;";
        let svg = b"<svg xmlns='http://www.w3.org/2000/svg'/>";
        for bytes in [&b""[..], b"\x89PNG\r\n\x1a\n", gif, svg, b"<html></html>", &[0xff; 40]] {
            assert_eq!(sniff(bytes).unwrap_err().class, FailureClass::BadImage);
        }
        let whole = encode(&scene(0), ImageFormat::Png);
        let cut = &whole[..whole.len() / 2];
        assert!(sniff(cut).is_ok(), "the header is whole");
        assert_eq!(fingerprint(cut).unwrap_err().class, FailureClass::BadImage);
    }

    #[test]
    fn a_claimed_size_is_checked_before_decoding() {
        let mut png = encode(&scene(0), ImageFormat::Png);
        png[16..24].copy_from_slice(&[0, 0, 0x20, 1, 0, 0, 0, 1]);
        // The header's checksum is checked first, so mend it: 8193 × 1.
        let crc = crc(&png[12..29]);
        png[29..33].copy_from_slice(&crc.to_be_bytes());
        assert!(sniff(&png).unwrap_err().message.contains("sides"));
    }

    fn crc(bytes: &[u8]) -> u32 {
        !bytes.iter().fold(!0_u32, |crc, byte| {
            (0..8)
                .fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg()))
        })
    }

    #[test]
    fn a_reencoded_picture_is_near_and_another_is_far() {
        let png = hash(&encode(&scene(0), ImageFormat::Png));
        let jpeg = hash(&encode(&scene(0), ImageFormat::Jpeg));
        let small = hash(&encode(&scene(0).thumbnail(128, 96), ImageFormat::Png));
        let other = hash(&encode(&scene(70), ImageFormat::Png));
        assert!(png.distance(jpeg) <= 10, "{}", png.distance(jpeg));
        assert!(png.distance(small) <= 26, "{}", png.distance(small));
        assert!(png.distance(other) > 60, "{}", png.distance(other));
    }
}
