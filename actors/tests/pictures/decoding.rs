//! Bytes into pixels: types, sizes, refusals.

use image::{DynamicImage, ImageFormat};
use picasso_actors::picture::decode::decode;
use picasso_actors::picture::{PIXELS_MAX, check, fingerprint, sniff};
use picasso_actors::provider::FailureClass;

use crate::corpus::{Expect, all};
use crate::files::{encode, fading, gif, interlaced_png, jpeg, png, scene};

#[test]
fn every_crafted_file_ends_as_it_should() {
    for case in all() {
        let name = case.name;
        match (case.expect, check(&case.bytes, None)) {
            (Expect::Picture(media_type, width, height), Ok(found)) => {
                assert_eq!(
                    (found.media_type, found.width, found.height),
                    (media_type, width, height),
                    "{name}"
                );
                assert!(fingerprint(&case.bytes).is_ok(), "{name}");
            }
            (Expect::Refused(words), Err(failure)) => {
                assert_eq!(failure.class, FailureClass::BadImage, "{name}");
                assert!(failure.message.contains(words), "{name}: {}", failure.message);
                assert!(fingerprint(&case.bytes).is_err(), "{name}");
            }
            (expected, found) => panic!("{name}: expected {expected:?}, found {found:?}"),
        }
    }
}

#[test]
fn a_declared_type_must_be_the_one_that_is_found() {
    let bytes = jpeg(&scene(32, 32, 0), 90);
    for declared in ["image/jpeg", "IMAGE/JPEG; q=1", "image/jpg", "application/octet-stream", ""] {
        assert!(check(&bytes, Some(declared)).is_ok(), "{declared}");
    }
    for declared in ["image/png", "text/html", "image/svg+xml", "image/jpegx"] {
        assert!(check(&bytes, Some(declared)).unwrap_err().message.contains("declared"), "{declared}");
    }
}

#[test]
fn a_header_is_enough_to_sniff_and_not_to_check() {
    for bytes in
        [png(scene(64, 64, 0)), jpeg(&scene(64, 64, 0), 90), encode(scene(64, 64, 0), ImageFormat::WebP)]
    {
        let cut = &bytes[..bytes.len() * 3 / 4];
        assert!(sniff(cut).is_ok());
        assert!(check(cut, None).is_err());
    }
}

/// The pixels are those that `image` finds, which goes other ways through the same crates.
#[test]
fn pixels_are_those_of_an_independent_reading() {
    let picture = scene(61, 47, 3);
    let dynamic = DynamicImage::from(picture.clone());
    for bytes in [
        png(picture.clone()),
        png(fading(61, 47)),
        png(dynamic.to_luma8()),
        png(dynamic.to_luma_alpha8()),
        jpeg(&picture, 80),
        encode(dynamic.to_luma8(), ImageFormat::Jpeg),
        encode(picture.clone(), ImageFormat::WebP),
        encode(fading(61, 47), ImageFormat::WebP),
        gif(61, 47, &[[10, 200, 30], [1, 1, 1]]),
    ] {
        let expected = image::load_from_memory(&bytes).unwrap().to_rgba8();
        let found = decode(&bytes, PIXELS_MAX).unwrap();
        assert_eq!(found.rgba().flatten().collect::<Vec<u8>>(), expected.into_raw());
    }
    let interlaced = decode(&interlaced_png(&picture), PIXELS_MAX).unwrap();
    assert_eq!(interlaced.data, picture.clone().into_raw());
    let deep = decode(&png(dynamic.to_rgb16()), PIXELS_MAX).unwrap();
    assert_eq!(deep.data, picture.into_raw());
}

/// Cut anywhere, a file is refused, but where only its end mark or padding is gone.
#[test]
fn a_file_that_is_cut_is_refused_wherever_it_was_cut() {
    let picture = scene(24, 16, 0);
    for bytes in [
        png(picture.clone()),
        interlaced_png(&picture),
        jpeg(&picture, 70),
        encode(picture.clone(), ImageFormat::WebP),
        gif(24, 16, &[[9, 9, 200]]),
    ] {
        // The GIF's trailer, and the block that ends its frame, are all that may be missing.
        let needed = if bytes.starts_with(b"GIF") { bytes.len() - 2 } else { bytes.len() };
        for length in 0..needed {
            assert!(check(&bytes[..length], None).is_err(), "{length} of {}", bytes.len());
        }
        assert!(check(&bytes, None).is_ok());
    }
}
