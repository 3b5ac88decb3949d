//! Masks, canvases and results: what is kept is kept exactly, what is painted is the result's.

use image::{DynamicImage, ImageFormat, Rgba, RgbaImage};
use picasso_actors::picture::canvas::{Canvas, composite, first_frame_png, pad, reencode, shrink};
use picasso_actors::picture::mask::Mask;
use picasso_actors::provider::FailureClass;

use crate::files::{encode, fading, gif, jpeg, png, scene};

fn rgba(bytes: &[u8]) -> RgbaImage {
    image::load_from_memory(bytes).unwrap().to_rgba8()
}

/// A mask that edits a disc, as a person would draw it in transparency.
fn disc(width: u32, height: u32) -> RgbaImage {
    RgbaImage::from_fn(width, height, |x, y| {
        let (x, y) = (i64::from(x) - i64::from(width) / 2, i64::from(y) - i64::from(height) / 2);
        let inside = x * x + y * y < i64::from(height * height) / 9;
        Rgba([7, 7, 7, if inside { 0 } else { 255 }])
    })
}

#[test]
fn what_the_mask_keeps_is_the_start_image_to_the_bit() {
    let start = fading(64, 48);
    let mask = Mask::read(&png(disc(64, 48)), 64, 48).unwrap();
    // Of another size and without alpha: it's brought to the start's.
    for result in
        [png(scene(64, 48, 90)), jpeg(&scene(100, 75, 90), 90), encode(scene(32, 24, 90), ImageFormat::WebP)]
    {
        for feather in [0, 3] {
            let made = rgba(&composite(&png(start.clone()), result.clone(), &mask, feather).unwrap().bytes);
            let mut painted = 0;
            for ((made, start), edit) in made.pixels().zip(start.pixels()).zip(mask.edited()) {
                assert!(*edit || made == start);
                painted += u32::from(made != start);
            }
            assert!(painted > 300, "{painted}");
        }
    }
}

#[test]
fn what_the_mask_edits_is_the_result() {
    let (start, result) = (scene(64, 48, 0), scene(64, 48, 90));
    let mask = Mask::read(&png(disc(64, 48)), 64, 48).unwrap();
    let made = composite(&png(start), png(result.clone()), &mask, 0).unwrap();
    assert_eq!(made.media_type, "image/png");
    let made = DynamicImage::from(rgba(&made.bytes)).to_rgb8();
    for ((made, result), edit) in made.pixels().zip(result.pixels()).zip(mask.edited()) {
        assert!(!*edit || made == result);
    }
}

#[test]
fn a_feather_fades_the_result_in_from_the_masks_edge() {
    let black = png(RgbaImage::from_pixel(32, 8, Rgba([0, 0, 0, 255])));
    let white = png(RgbaImage::from_pixel(32, 8, Rgba([255; 4])));
    let mask = Mask::of(32, 8, (0..32 * 8).map(|at| at % 32 >= 16).collect()).unwrap();
    let made = rgba(&composite(&black, white, &mask, 3).unwrap().bytes);
    let row: Vec<u8> = (14..22).map(|x| made.get_pixel(x, 4)[0]).collect();
    assert_eq!(row, [0, 0, 63, 127, 191, 255, 255, 255]);
}

#[test]
fn masks_are_read_with_alpha_and_in_black_and_white() {
    let drawn = disc(64, 48);
    let by_alpha = Mask::read(&png(drawn.clone()), 64, 48).unwrap();
    let white = RgbaImage::from_fn(64, 48, |x, y| {
        let level = 255 - drawn.get_pixel(x, y)[3];
        Rgba([level, level, level, 255])
    });
    let white = DynamicImage::from(white);
    for bytes in [
        png(white.clone()),
        png(white.to_rgb8()),
        png(white.to_luma8()),
        encode(white.to_rgb8(), ImageFormat::WebP),
        encode(drawn, ImageFormat::WebP),
        by_alpha.for_openai().unwrap(),
        by_alpha.white_is_edit().unwrap(),
    ] {
        assert_eq!(Mask::read(&bytes, 64, 48).unwrap(), by_alpha);
    }
    assert_eq!(rgba(&by_alpha.for_openai().unwrap()).get_pixel(32, 24), &Rgba([0, 0, 0, 0]));
    assert_eq!(rgba(&by_alpha.white_is_edit().unwrap()).get_pixel(32, 24), &Rgba([255; 4]));
}

#[test]
fn a_mask_that_says_nothing_is_refused() {
    let of = |colour: [u8; 4]| png(RgbaImage::from_pixel(64, 48, Rgba(colour)));
    for (bytes, words) in [
        (of([0, 0, 0, 255]), "edits nothing"),
        (of([255, 255, 255, 255]), "keeps nothing"),
        (of([0, 0, 0, 0]), "keeps nothing"),
        (png(disc(64, 47)), "64 × 47"),
        (jpeg(&scene(64, 48, 0), 90), "PNG or WebP"),
        (gif(64, 48, &[[1, 1, 1]]), "PNG or WebP"),
    ] {
        let failure = Mask::read(&bytes, 64, 48).unwrap_err();
        assert_eq!(failure.class, FailureClass::BadRequest);
        assert!(failure.message.contains(words), "{}", failure.message);
    }
    assert_eq!(Mask::read(b"no picture", 64, 48).unwrap_err().class, FailureClass::BadImage);
}

#[test]
fn padding_adds_a_border_that_is_painted_and_nothing_else() {
    let start = scene(40, 30, 0);
    let padded = pad(&png(start.clone()), Canvas { width: 64, height: 48, left: 10, top: 18 }).unwrap();
    let canvas = rgba(&padded.png);
    let mask = rgba(&padded.mask.for_openai().unwrap());
    assert_eq!((canvas.dimensions(), mask.dimensions()), ((64, 48), (64, 48)));
    for (x, y, pixel) in canvas.enumerate_pixels() {
        let inside = (10..50).contains(&x) && (18..48).contains(&y);
        assert_eq!(mask.get_pixel(x, y)[3], if inside { 255 } else { 0 });
        let expected = if inside { start.get_pixel(x - 10, y - 18).0 } else { [0; 3] };
        assert_eq!(pixel.0, [expected[0], expected[1], expected[2], if inside { 255 } else { 0 }]);
    }
    // And back: what a provider painted around it is laid under the start image.
    let made = composite(&padded.png, png(scene(64, 48, 70)), &padded.mask, 0).unwrap();
    let made = DynamicImage::from(rgba(&made.bytes)).crop_imm(10, 18, 40, 30).to_rgb8();
    assert_eq!(made, start);
}

#[test]
fn a_canvas_that_doesnt_fit_is_refused() {
    let start = png(scene(40, 30, 0));
    for (width, height, left, top) in
        [(40, 30, 0, 0), (64, 48, 25, 0), (64, 48, 0, 19), (0, 9, 0, 0), (4_096, 4_096, 0, 0)]
    {
        let failure = pad(&start, Canvas { width, height, left, top }).unwrap_err();
        assert_eq!(failure.class, FailureClass::BadRequest);
    }
}

#[test]
fn references_shrink_to_their_longest_side() {
    let shrunk = shrink(&png(scene(800, 600, 0)), 511).unwrap();
    assert_eq!((shrunk.media_type, shrunk.width, shrunk.height), ("image/jpeg", 511, 383));
    let shrunk = shrink(&png(fading(600, 800)), 512).unwrap();
    assert_eq!((shrunk.media_type, shrunk.width, shrunk.height), ("image/png", 384, 512));
    let small = png(scene(100, 50, 0));
    assert_eq!(shrink(&small, 512).unwrap().bytes, small);
    let webp = shrink(&encode(scene(100, 50, 0), ImageFormat::WebP), 512).unwrap();
    assert_eq!((webp.media_type, webp.width), ("image/jpeg", 100));
}

#[test]
fn resampling_keeps_brightness_and_bleeds_nothing_that_cant_be_seen() {
    // Red that can be seen beside green that can't.
    let picture =
        RgbaImage::from_fn(64, 64, |x, _| if x < 32 { Rgba([255, 0, 0, 255]) } else { Rgba([0, 255, 0, 0]) });
    let small = rgba(&shrink(&png(picture), 16).unwrap().bytes);
    assert!(small.pixels().all(|pixel| pixel[1] == 0), "no green");
    let mean = |picture: &image::RgbImage| {
        picture.iter().map(|channel| f64::from(*channel)).sum::<f64>() / picture.len() as f64
    };
    let picture = scene(600, 450, 0);
    let small =
        image::load_from_memory(&shrink(&png(picture.clone()), 100).unwrap().bytes).unwrap().to_rgb8();
    assert!((mean(&picture) - mean(&small)).abs() < 1.5);
}

#[test]
fn an_animations_first_frame_is_a_png() {
    let frame = first_frame_png(&gif(20, 10, &[[250, 10, 10], [10, 250, 10]])).unwrap();
    assert_eq!((frame.media_type, frame.width, frame.height), ("image/png", 20, 10));
    assert_eq!(rgba(&frame.bytes).get_pixel(3, 3), &Rgba([250, 10, 10, 255]));
}

#[test]
fn a_delivery_over_the_limits_is_made_to_fit() {
    let mut random = fastrand::Rng::with_seed(3);
    let noise =
        image::RgbImage::from_fn(512, 512, |_, _| image::Rgb([random.u8(..), random.u8(..), random.u8(..)]));
    let original = png(noise.clone());
    for limit in [200_000, 60_000, 4_000] {
        let made = reencode(&original, limit, 12_000).unwrap();
        assert!(made.bytes.len() <= limit);
        assert_eq!(made.media_type, "image/jpeg");
        assert_eq!(rgba(&made.bytes).dimensions(), (made.width, made.height));
    }
    let made = reencode(&original, 1 << 20, 256).unwrap();
    assert_eq!((made.width, made.height), (256, 256));
    let transparent = reencode(&png(fading(512, 512)), 20_000, 12_000).unwrap();
    assert_eq!(transparent.media_type, "image/png");
    assert!(transparent.bytes.len() <= 20_000);
    assert!(rgba(&transparent.bytes).pixels().any(|pixel| pixel[3] < 128));
    assert!(reencode(&original, 10, 12_000).is_err());
}
