//! What a lossless WebP takes beside its pixels: everything that libwebp writes is read, and what was made to take more than there is
//! is refused.

use image::{DynamicImage, Rgb, RgbImage, RgbaImage};
use picasso_actors::picture::decode::decode;
use picasso_actors::picture::{PIXELS_MAX, check};
use webp::{Encoder, WebPConfig};

use crate::files::{fading, scene, webp_of_codes};

/// As libwebp writes it, with this much effort, from 0 to 6.
fn lossless(picture: &DynamicImage, effort: i32) -> Vec<u8> {
    let mut config = WebPConfig::new().unwrap();
    (config.lossless, config.exact, config.method, config.quality) = (1, 1, effort, effort as f32 * 16.0);
    let (rgba, rgb): (RgbaImage, RgbImage);
    let encoder = if picture.color().has_alpha() {
        rgba = picture.to_rgba8();
        Encoder::from_rgba(&rgba, rgba.width(), rgba.height())
    } else {
        rgb = picture.to_rgb8();
        Encoder::from_rgb(&rgb, rgb.width(), rgb.height())
    };
    encoder.encode_advanced(&config).unwrap().to_vec()
}

/// A picture of parts that are unlike each other, so that each gets codes of its own.
fn quilt(width: u32, height: u32) -> RgbImage {
    let mut random = fastrand::Rng::with_seed(3);
    let scene = scene(width, height, 5);
    RgbImage::from_fn(width, height, |x, y| {
        let Rgb([red, green, blue]) = *scene.get_pixel(x, y);
        match (x / 64 + y / 64 * 3) % 5 {
            0 => Rgb([red, green, blue]),
            1 => Rgb([random.u8(..), random.u8(..16), 7]),
            2 => Rgb([(x * 3) as u8, (y * 5) as u8, (x ^ y) as u8]),
            3 => Rgb([red & 0xf0 | random.u8(..4), green, random.u8(..)]),
            _ => Rgb([random.u8(..3) * 100, 0, 0]),
        }
    })
}

#[test]
fn whatever_libwebp_writes_without_loss_is_read() {
    let few = RgbImage::from_fn(90, 70, |x, y| Rgb([(x / 9 * 20) as u8, (y / 20 * 60) as u8, 0]));
    let two = RgbImage::from_fn(33, 21, |x, y| Rgb([((x + y) % 2 * 255) as u8; 3]));
    let pictures: [DynamicImage; 8] = [
        scene(301, 211, 0).into(),
        scene(1, 1, 0).into(),
        scene(3, 700, 9).into(),
        quilt(900, 700).into(),
        fading(257, 130).into(),
        few.into(),
        two.into(),
        RgbImage::new(64, 64).into(),
    ];
    for (number, picture) in pictures.iter().enumerate() {
        for effort in 0..=6 {
            let bytes = lossless(picture, effort);
            let found = decode(&bytes, PIXELS_MAX);
            let found =
                found.unwrap_or_else(|it| panic!("picture {number}, effort {effort}: {}", it.message));
            let found: Vec<u8> = found.rgba().flatten().collect();
            assert!(found == picture.to_rgba8().into_raw(), "picture {number}, effort {effort}");
        }
    }
}

/// The alpha of a lossy picture is a lossless one of its own.
#[test]
fn alpha_is_read_as_libwebp_writes_it() {
    let picture = fading(400, 300);
    for quality in [10.0, 75.0, 100.0] {
        let bytes = Encoder::from_rgba(&picture, 400, 300).encode(quality).to_vec();
        assert!(bytes.windows(4).any(|tag| tag == b"ALPH"));
        let found = decode(&bytes, PIXELS_MAX).unwrap();
        let alpha: Vec<u8> = found.rgba().map(|[.., alpha]| alpha).collect();
        assert!(alpha == picture.pixels().map(|pixel| pixel.0[3]).collect::<Vec<_>>());
    }
}

#[test]
fn codes_that_take_more_than_there_is_are_refused() {
    assert_eq!(check(&webp_of_codes(1), None).unwrap().media_type, "image/webp");
    assert!(check(&webp_of_codes(2_000), None).is_ok());
    for groups in [4_000, 65_536] {
        let refused = check(&webp_of_codes(groups), None).unwrap_err();
        assert_eq!(refused.message, "the picture's prefix codes take too much memory", "{groups}");
    }
}
