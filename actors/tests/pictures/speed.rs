//! What a fingerprint costs on decoded pixels, against `image_hasher`'s own way to the same hash.
//!
//! ```sh
//! cargo test --profile simulate -p picasso-actors --test pictures speed -- --ignored --nocapture
//! ```

#![allow(clippy::disallowed_methods, reason = "a test may look at the clock")]

use std::hint::black_box;
use std::time::Instant;

use image::{DynamicImage, RgbaImage};
use image_hasher::{HashAlg, HasherConfig};
use picasso_actors::picture::decode::Pixels;
use picasso_actors::picture::{fingerprint_of, look_of};

use crate::files::scene;

const SIDE: u32 = 1_024;
const ROUNDS: usize = 15;

/// Nanoseconds a pixel, the best of several rounds, each of the two in turn.
fn ns_a_pixel(mut one: impl FnMut(), mut other: impl FnMut()) -> (f64, f64) {
    let time = |work: &mut dyn FnMut()| {
        let began = Instant::now();
        work();
        began.elapsed().as_nanos() as f64 / f64::from(SIDE * SIDE)
    };
    (0..ROUNDS).fold((f64::MAX, f64::MAX), |(a, b), _| (a.min(time(&mut one)), b.min(time(&mut other))))
}

#[test]
#[ignore = "measures, in an optimised build"]
fn a_fingerprint_costs_at_most_an_eighth_of_image_hashers_own_way() {
    let rgb = DynamicImage::from(scene(SIDE, SIDE, 0));
    let rgba = DynamicImage::from(RgbaImage::from(rgb.to_rgba8()));
    for (name, channels, picture) in [("RGB", 3, rgb), ("RGBA", 4, rgba)] {
        let pixels = Pixels { width: SIDE, height: SIDE, channels, data: picture.as_bytes().to_vec() };
        let hasher =
            HasherConfig::new().hash_alg(HashAlg::Median).preproc_dct().hash_size(16, 16).to_hasher();
        let (ours, theirs) = ns_a_pixel(
            || drop(black_box(fingerprint_of(black_box(&pixels)))),
            || drop(black_box(hasher.hash_image(black_box(&picture)))),
        );
        println!("{name}: {ours:.2} ns a pixel, image_hasher {theirs:.2}: {:.3}", ours / theirs);
        assert!(ours / theirs <= 0.12, "{name}: {}", ours / theirs);
    }
}

#[test]
#[ignore = "measures, in an optimised build"]
fn a_palette_costs_at_most_a_twentieth_of_the_hash() {
    let pixels =
        Pixels { width: SIDE, height: SIDE, channels: 3, data: scene(SIDE, SIDE, 0).as_raw().clone() };
    let (with, without) = ns_a_pixel(
        || drop(black_box(look_of(black_box(&pixels)))),
        || drop(black_box(fingerprint_of(black_box(&pixels)))),
    );
    println!("{with:.3} ns a pixel, without a palette {without:.3}: {:.3}", with / without);
    assert!(with / without <= 1.05, "{}", with / without);
}
