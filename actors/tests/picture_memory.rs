//! What pictures take of memory, measured: a counting allocator under everything that reads bytes from outside. One test in a
//! process of its own, so that nothing else is counted.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice)]
#![allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
#![allow(missing_docs, reason = "a test's name says what it's for")]

#[path = "pictures/corpus.rs"]
#[allow(dead_code, reason = "the other tests use what this one doesn't")]
mod corpus;
#[path = "pictures/files.rs"]
#[allow(dead_code, reason = "the other tests use what this one doesn't")]
mod files;

use image::{ImageFormat, Rgb, RgbImage, Rgba, RgbaImage};
use jpeg_encoder::SamplingFactor;
use peak_alloc::PeakAlloc;
use picasso_actors::picture::canvas::{Canvas, composite, first_frame_png, pad, reencode, shrink};
use picasso_actors::picture::mask::Mask;
use picasso_actors::picture::prepare::prepare;
use picasso_actors::picture::{ALLOC_MAX, check, fingerprint};
use picasso_actors::provider::Prepare;

use files::{encode, exif, jpeg, png, progressive_jpeg, webp_of_codes, with_exif};

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// Rows, tables and palettes of a decoder, beside what [`ALLOC_MAX`] counts.
const ASIDE: usize = 2 << 20;
/// The most that an operation may have at its height, inputs and output included, in bytes: an isolate has 128 MB.
const ISOLATE: usize = 100_000_000;

/// Bytes at the height of `work`, beside what there was before.
fn peak<T>(work: impl FnOnce() -> T) -> (usize, T) {
    let before = MEMORY.current_usage();
    MEMORY.reset_peak_usage();
    let made = work();
    (MEMORY.peak_usage() - before, made)
}

fn noise(width: u32, height: u32) -> RgbImage {
    let mut random = fastrand::Rng::with_seed(u64::from(width));
    RgbImage::from_fn(width, height, |_, _| {
        let [red, green, blue, _] = random.u32(..).to_le_bytes();
        Rgb([red, green, blue])
    })
}

#[test]
fn no_picture_takes_more_memory_than_it_may() {
    crafted_files();
    largest_files();
    codes();
    operations();
}

fn crafted_files() {
    for case in corpus::all() {
        for work in [|bytes: &[u8]| check(bytes, None).is_ok(), |bytes: &[u8]| fingerprint(bytes).is_ok()] {
            let (peak, _) = peak(|| work(&case.bytes));
            let allowed = ALLOC_MAX as usize + case.bytes.len() + ASIDE;
            assert!(peak <= allowed, "{}: {peak} bytes", case.name);
            // Of a small file that is refused nothing large is left to be allocated.
            if matches!(case.expect, corpus::Expect::Refused("memory" | "sides" | "too many pixels")) {
                assert!(peak <= ASIDE, "{}: {peak} bytes", case.name);
            }
        }
    }
}

/// The largest of each kind that is accepted.
fn largest_files() {
    let files = [
        ("png", png(RgbImage::new(4_096, 4_096))),
        ("png with alpha", png(RgbaImage::new(4_096, 4_096))),
        ("jpeg", jpeg(&RgbImage::new(4_096, 4_096), 80)),
        ("jpeg to be turned", with_exif(&jpeg(&RgbImage::new(4_096, 4_096), 80), &exif(6, true))),
        ("progressive jpeg", progressive_jpeg(&RgbImage::new(3_200, 3_200), SamplingFactor::F_2_2)),
        ("progressive jpeg 4:4:4", progressive_jpeg(&RgbImage::new(2_600, 2_600), SamplingFactor::F_1_1)),
        ("lossless webp", encode(RgbImage::new(3_000, 3_000), ImageFormat::WebP)),
        ("lossless webp with alpha", encode(RgbaImage::new(3_000, 3_000), ImageFormat::WebP)),
        ("gif", files::gif(3_600, 3_600, &[[1, 2, 3]])),
    ];
    for (name, bytes) in files {
        let (peak, made) = peak(|| check(&bytes, None));
        made.unwrap_or_else(|failure| panic!("{name}: {}", failure.message));
        assert!(peak <= ALLOC_MAX as usize + bytes.len() + ASIDE, "{name}: {peak} bytes");
        let (turned, _) = self::peak(|| fingerprint(&bytes));
        assert!(turned <= ALLOC_MAX as usize + bytes.len() + ASIDE, "{name}: {turned} bytes");
        println!("{name}: {:.1} MB for {:.1} MB", peak as f64 / 1e6, bytes.len() as f64 / 1e6);
    }
}

/// Tables of codes, for which the decoder has no limit of its own.
fn codes() {
    for groups in [1, 300, 3_000, 65_536] {
        let bytes = webp_of_codes(groups);
        let (peak, made) = peak(|| check(&bytes, None));
        println!(
            "{groups} groups of codes: {:.1} MB for {:.1} MB",
            peak as f64 / 1e6,
            bytes.len() as f64 / 1e6
        );
        let allowed = if made.is_ok() { ISOLATE - 2 * bytes.len() } else { ASIDE + bytes.len() };
        assert!(peak <= allowed, "{groups} groups: {peak} bytes");
    }
}

/// Operations with the largest pictures that they take, of noise, which no format makes small.
fn operations() {
    let start = png(noise(2_048, 2_048));
    // As large as an answer of a provider may be, 24 MiB.
    let result = jpeg(&noise(4_096, 4_096), 80);
    let transparent =
        png(RgbaImage::from_fn(2_048, 2_048, |x, y| Rgba([x as u8, y as u8, 9, (x * y) as u8])));
    let drawn = RgbaImage::from_fn(2_048, 2_048, |x, _| Rgba([0, 0, 0, if x < 1_000 { 0 } else { 255 }]));
    let drawn = png(drawn);
    let mask = Mask::read(&drawn, 2_048, 2_048).unwrap();
    let canvas = Canvas { width: 2_048, height: 2_048, left: 0, top: 48 };
    let small = png(noise(2_048, 2_000));
    let large = png(noise(3_000, 2_750));
    let within = |name: &str, inputs: &[&[u8]], work: &dyn Fn() -> usize| {
        let (peak, made) = peak(work);
        let all = peak + inputs.iter().map(|input| input.len()).sum::<usize>();
        println!(
            "{name}: {:.1} MB at its height, inputs and the {:.1} MB made included",
            all as f64 / 1e6,
            made as f64 / 1e6
        );
        assert!(all <= ISOLATE, "{name}: {all} bytes");
    };
    within("mask", &[&drawn], &|| Mask::read(&drawn, 2_048, 2_048).unwrap().edited().len());
    within("mask for a provider", &[&drawn], &|| mask.for_openai().unwrap().len());
    within("pad", &[&small], &|| pad(&small, canvas).unwrap().png.len());
    within("composite", &[&start], &|| composite(&start, result.clone(), &mask, 8).unwrap().bytes.len());
    within("composite, transparent", &[&transparent], &|| {
        composite(&transparent, result.clone(), &mask, 0).unwrap().bytes.len()
    });
    within("shrink", &[&large], &|| shrink(&large, 2_048).unwrap().bytes.len());
    // As large as an upload may be, 10 MiB.
    let turned = with_exif(&jpeg(&noise(4_032, 3_024), 35), &exif(6, true));
    within("turned upright", &[&turned], &|| prepare(turned.clone(), Prepare::AsIs).unwrap().1.len());
    within("first frame", &[&transparent], &|| first_frame_png(&transparent).unwrap().bytes.len());
    within("reencode", &[&large], &|| reencode(&large, 10_000_000, 12_000).unwrap().bytes.len());
}
