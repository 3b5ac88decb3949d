//! Pictures whose rows aren't as people see them: all eight ways, in each format that says so, against `image`'s own reading.

use std::io::Cursor;

use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader};
use picasso_actors::operation::Canvas;
use picasso_actors::picture::canvas::{COMPOSE_PIXELS_MAX, composite, shrink};
use picasso_actors::picture::decode::{Pixels, decode};
use picasso_actors::picture::mask::Mask;
use picasso_actors::picture::prepare::{lay_over, prepare};
use picasso_actors::picture::{PIXELS_MAX, Sniffed, check, fingerprint, fingerprint_of, sniff};
use picasso_actors::project::likeness::THRESHOLD;
use picasso_actors::provider::Prepare;

use crate::files::{encode, exif, fading, jpeg, png, scene, with_exif};

const UPRIGHT: u16 = 1;
const QUARTER_TURN: u16 = 6;

/// A picture of each format and kind of pixel.
fn files() -> Vec<Vec<u8>> {
    let grey = DynamicImage::from(scene(37, 22, 0)).to_luma8();
    let faded_grey = DynamicImage::from(fading(37, 22)).to_luma_alpha8();
    vec![
        jpeg(&scene(37, 22, 0), 90),
        encode(grey, ImageFormat::Jpeg),
        png(scene(37, 22, 0)),
        png(fading(37, 22)),
        png(faded_grey),
        encode(scene(37, 22, 0), ImageFormat::WebP),
        encode(fading(37, 22), ImageFormat::WebP),
    ]
}

fn read_by_image(bytes: &[u8]) -> DynamicImage {
    let mut decoder =
        ImageReader::new(Cursor::new(bytes)).with_guessed_format().unwrap().into_decoder().unwrap();
    let orientation = decoder.orientation().unwrap();
    let mut picture = DynamicImage::from_decoder(decoder).unwrap();
    picture.apply_orientation(orientation);
    picture
}

fn rgba(pixels: &Pixels) -> Vec<u8> {
    pixels.rgba().flatten().collect()
}

fn size(sniffed: Sniffed) -> (u32, u32) {
    (sniffed.width, sniffed.height)
}

#[test]
fn every_orientation_is_turned_upright_in_every_format() {
    for (file, plain) in files().into_iter().enumerate() {
        for orientation in 1..=8 {
            for big in [false, true] {
                let bytes = with_exif(&plain, &exif(orientation, big));
                let expected = read_by_image(&bytes).to_rgba8();
                let found = decode(&bytes, PIXELS_MAX).unwrap();
                let name = format!("file {file}, orientation {orientation}");
                assert_eq!((found.width, found.height), expected.dimensions(), "{name}");
                assert!(rgba(&found) == expected.into_raw(), "{name}");
                let upright = (found.width, found.height);
                assert_eq!(upright, if orientation < 5 { (37, 22) } else { (22, 37) }, "{name}");
                assert_eq!(size(sniff(&bytes).unwrap()), upright, "{name}");
                assert_eq!(size(check(&bytes, None).unwrap()), upright, "{name}");
            }
        }
    }
}

#[test]
fn what_is_told_wrongly_turns_nothing() {
    let plain = jpeg(&scene(37, 22, 0), 90);
    let mut strange = vec![exif(0, true), exif(9, false), exif(300, true), b"MM".to_vec(), Vec::new()];
    // Its table of entries is where nothing is.
    strange.push([b"II*\0", &[0xff; 4][..], &[0; 20]].concat());
    for exif in strange {
        let bytes = with_exif(&plain, &exif);
        assert_eq!(size(sniff(&bytes).unwrap()), (37, 22));
        assert_eq!(decode(&bytes, PIXELS_MAX).unwrap(), decode(&plain, PIXELS_MAX).unwrap());
    }
}

/// Whoever is sent the bytes needn't read EXIF: what they see is upright, and nothing tells them to turn it.
#[test]
fn what_is_sent_along_is_upright() {
    for plain in files() {
        let bytes = with_exif(&plain, &exif(QUARTER_TURN, true));
        let upright = fingerprint(&png(read_by_image(&bytes).to_rgba8())).unwrap();
        for how in [Prepare::AsIs, Prepare::Shrink(512), Prepare::Shrink(30)] {
            let (media_type, sent) = prepare(bytes.clone(), how).unwrap();
            assert_ne!(sent, bytes);
            let reader = ImageReader::new(Cursor::new(&sent)).with_guessed_format().unwrap();
            assert_eq!(reader.into_decoder().unwrap().orientation().unwrap().to_exif(), UPRIGHT as u8);
            assert_eq!(sniff(&sent).unwrap().media_type, media_type);
            let far = distance(&fingerprint(&sent).unwrap(), &upright);
            assert!(far <= THRESHOLD, "{far} bits from the upright picture");
        }
        let same = with_exif(&plain, &exif(UPRIGHT, true));
        assert_eq!(prepare(same.clone(), Prepare::AsIs).unwrap().1, same, "what is upright is sent as it is");
    }
}

fn distance(one: &str, other: &str) -> u32 {
    let digits = |text: &str| text.chars().map(|digit| digit.to_digit(16).unwrap()).collect::<Vec<_>>();
    digits(one).iter().zip(digits(other)).map(|(one, other)| (one ^ other).count_ones()).sum()
}

#[test]
fn a_picture_is_fingerprinted_as_it_is_seen() {
    let plain = png(scene(64, 48, 0));
    let turned = with_exif(&plain, &exif(QUARTER_TURN, false));
    assert_ne!(fingerprint(&turned), fingerprint(&plain));
    let seen = png(read_by_image(&turned));
    assert_eq!(fingerprint(&turned), fingerprint(&seen));
    assert_eq!(fingerprint(&turned).unwrap(), fingerprint_of(&decode(&seen, PIXELS_MAX).unwrap()));
}

#[test]
fn what_has_to_stay_is_laid_back_upright() {
    let start = with_exif(&png(scene(48, 32, 0)), &exif(QUARTER_TURN, true));
    let seen = decode(&start, COMPOSE_PIXELS_MAX).unwrap();
    assert_eq!((seen.width, seen.height), (32, 48));
    let edit = (0..32 * 48).map(|at| at % 32 < 10).collect();
    let mask = Mask::of(32, 48, edit).unwrap();
    let result = png(scene(32, 48, 90));
    let whole = decode(&composite(&start, result.clone(), &mask, 0).unwrap().bytes, PIXELS_MAX).unwrap();
    let kept =
        |pixels: &Pixels| pixels.rgba().enumerate().filter(|(at, _)| at % 32 >= 10).collect::<Vec<_>>();
    assert_eq!(kept(&whole), kept(&seen));

    let canvas = Canvas { width: 40, height: 48, x: 8, y: 0 };
    let whole = lay_over(&start, png(scene(40, 48, 90)), None, Some(canvas)).unwrap();
    assert_eq!((whole.width, whole.height), (40, 48));
    let whole = decode(&whole.bytes, PIXELS_MAX).unwrap();
    let within: Vec<_> = whole.rgba().enumerate().filter(|(at, _)| at % 40 >= 8).map(|(_, it)| it).collect();
    assert_eq!(within, seen.rgba().collect::<Vec<_>>());

    // A mask is as large as what is seen, and turned itself where it says so.
    let turned = with_exif(&png(scene(48, 32, 0)), &exif(QUARTER_TURN, false));
    assert_eq!(Mask::read(&turned, 32, 48).unwrap().size(), (32, 48));
    assert_eq!(shrink(&turned, 24).map(|small| (small.width, small.height)).unwrap(), (16, 24));
}
