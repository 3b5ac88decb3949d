//! Which pictures are found alike: a labelled set, painted here, and the precision and recall that are reached on it.
//!
//! The table at every threshold, and the same files for other tools (`bench/near_duplicates/`):
//!
//! ```sh
//! PICASSO_ALIKE_FOLDER=/tmp/alike cargo test -p picasso-actors --test pictures alike::table -- --ignored --nocapture
//! ```

use std::fmt::Write as _;
use std::{env, fs, thread};

use image::imageops::{FilterType, crop_imm, resize};
use image::{ImageFormat, Rgb, RgbImage};
use image_hasher::{HashAlg, HasherConfig};
use picasso_actors::picture::{FLAT, fingerprint};
use picasso_actors::project::likeness::{Hash, THRESHOLD};

use crate::files::{encode, jpeg, png};
use crate::painter::{flat, paint};

/// Layouts, each with one base picture; every third has two more of the same prompt.
const LAYOUTS: u64 = 160;

/// A way to make a near-duplicate: its class, the least recall at [`THRESHOLD`] that is held, and the way.
struct Way {
    class: &'static str,
    recall: f64,
    make: fn(&RgbImage, u64) -> Vec<u8>,
}

const WAYS: [Way; 15] = [
    Way { class: "jpeg 60", recall: 0.99, make: |picture, _| jpeg(picture, 60) },
    Way { class: "jpeg 75", recall: 0.99, make: |picture, _| jpeg(picture, 75) },
    Way { class: "jpeg 85", recall: 0.99, make: |picture, _| jpeg(picture, 85) },
    Way { class: "jpeg 95", recall: 0.99, make: |picture, _| jpeg(picture, 95) },
    Way { class: "webp", recall: 0.99, make: |picture, _| encode(picture.clone(), ImageFormat::WebP) },
    Way { class: "resize .5", recall: 0.99, make: |picture, _| jpeg(&scaled(picture, 0.5), 85) },
    Way { class: "resize 1.5", recall: 0.99, make: |picture, _| jpeg(&scaled(picture, 1.5), 85) },
    Way { class: "crop 5 %", recall: 0.25, make: |picture, _| png(cropped(picture)) },
    Way { class: "local edit", recall: 0.65, make: |picture, seed| png(edited(picture, seed)) },
    Way { class: "gamma .8", recall: 0.99, make: |picture, _| png(gamma(picture, 0.8)) },
    Way { class: "gamma 1.25", recall: 0.99, make: |picture, _| png(gamma(picture, 1.25)) },
    Way { class: "noise", recall: 0.99, make: |picture, seed| png(noisy(picture, seed, 12.0)) },
    Way { class: "watermark", recall: 0.80, make: |picture, _| png(watermarked(picture)) },
    // A quarter of the levels, a twentieth: where no detail is left that is more than the codec's, they're like nothing.
    Way { class: "dim", recall: 0.93, make: |picture, _| jpeg(&darkened(picture, 64.0), 90) },
    Way { class: "dark", recall: 0.30, make: |picture, _| jpeg(&darkened(picture, 12.0), 90) },
];

struct Base {
    layout: u64,
    hash: Hash,
    /// By [`WAYS`].
    copies: Vec<Hash>,
}

fn hash(bytes: &[u8]) -> Hash {
    Hash::parse(&fingerprint(bytes).unwrap()).unwrap()
}

/// Layout and detail of each base.
fn bases() -> impl Iterator<Item = (u64, u64)> {
    let details = |layout: u64| if layout.is_multiple_of(3) { 3 } else { 1 };
    (0..LAYOUTS).flat_map(move |layout| (0..details(layout)).map(move |detail| (layout, detail)))
}

/// The whole set, hashed, on every core that there is.
fn set(seen: impl Fn(usize, &str, &[u8]) + Sync) -> Vec<Base> {
    let make = |number: usize, layout: u64, picture: &RgbImage| {
        let bytes = png(picture.clone());
        seen(number, "base", &bytes);
        let copy = |way: &Way| {
            let copy = (way.make)(picture, number as u64);
            seen(number, way.class, &copy);
            hash(&copy)
        };
        Base { layout, hash: hash(&bytes), copies: WAYS.iter().map(copy).collect() }
    };
    let bases: Vec<_> = bases().enumerate().collect();
    let cores = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        let share = |part: &[(usize, (u64, u64))]| -> Vec<Base> {
            part.iter()
                .map(|(number, (layout, detail))| make(*number, *layout, &paint(*layout, *detail)))
                .collect()
        };
        let shares = bases.chunks(bases.len().div_ceil(cores));
        let at_work: Vec<_> = shares.map(|part| scope.spawn(move || share(part))).collect();
        at_work.into_iter().flat_map(|work| work.join().unwrap()).collect()
    })
}

fn alike(a: Hash, b: Hash, threshold: u32) -> bool {
    !a.is_flat() && !b.is_flat() && a.distance(b) <= threshold
}

/// Wrong pairs at a threshold: any picture of one base against another base. Among them those of the same prompt.
fn wrong(set: &[Base], threshold: u32) -> (usize, usize) {
    let (mut all, mut same_prompt) = (0, 0);
    for (at, one) in set.iter().enumerate() {
        for (_, other) in set.iter().enumerate().filter(|(other, _)| *other != at) {
            let near =
                one.copies.iter().chain([&one.hash]).filter(|hash| alike(**hash, other.hash, threshold));
            let count = near.count();
            all += count;
            same_prompt += if one.layout == other.layout { count } else { 0 };
        }
    }
    (all, same_prompt)
}

fn recall(set: &[Base], way: usize, threshold: u32) -> f64 {
    set.iter().filter(|base| alike(base.hash, base.copies[way], threshold)).count() as f64 / set.len() as f64
}

fn precision(set: &[Base], threshold: u32) -> f64 {
    let right: f64 = (0..WAYS.len()).map(|way| recall(set, way, threshold) * set.len() as f64).sum();
    right / (right + wrong(set, threshold).0 as f64)
}

#[test]
fn near_duplicates_are_found_and_nothing_else() {
    let set = set(|_, _, _| {});
    assert!(set.len() >= 150);
    let precision = precision(&set, THRESHOLD);
    assert!(precision >= 0.999, "{precision}");
    for (number, way) in WAYS.iter().enumerate() {
        let recall = recall(&set, number, THRESHOLD);
        assert!(recall >= way.recall, "{}: {recall}", way.class);
    }
}

#[test]
fn pictures_without_detail_are_like_nothing() {
    for number in 0..40 {
        let picture = flat(number);
        for bytes in [png(picture.clone()), jpeg(&picture, 75), png(noisy(&picture, number, 2.0))] {
            assert_eq!(fingerprint(&bytes).unwrap(), FLAT, "{number}, {} bytes", bytes.len());
        }
        let black = png(noisy(&darkened(&picture, 2.0), number, 1.0));
        assert_eq!(fingerprint(&black).unwrap(), FLAT, "{number}");
    }
    assert!(hash(&png(flat(0))).is_flat());
}

/// What versions up to the first release stored: `image_hasher`'s own way down to 32 × 32.
fn stored_before(picture: &RgbImage) -> Hash {
    let hasher = HasherConfig::new().hash_alg(HashAlg::Median).preproc_dct().hash_size(16, 16).to_hasher();
    let hash = hasher.hash_image(&image::DynamicImage::from(picture.clone()));
    let hex = hash.as_bytes().iter().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").unwrap();
        hex
    });
    Hash::parse(&hex).unwrap()
}

#[test]
fn hashes_that_are_stored_can_still_be_compared() {
    let pictures = bases().step_by(2).map(|(layout, detail)| paint(layout, detail));
    let pairs = pictures.map(|picture| (stored_before(&picture), hash(&png(picture))));
    let pairs = pairs.filter(|(_, now)| !now.is_flat());
    let distances: Vec<u32> = pairs.map(|(before, now)| before.distance(now)).collect();
    let mean = f64::from(distances.iter().sum::<u32>()) / distances.len() as f64;
    println!("old against new: {mean:.2} bits on average, {} at most", distances.iter().max().unwrap());
    let far = distances.iter().filter(|distance| **distance > THRESHOLD).count();
    assert!(far * 100 <= distances.len(), "{far} of {}", distances.len());
    assert!(mean < 8.0, "{mean}");
}

#[test]
#[ignore = "prints a table, and writes the set where PICASSO_ALIKE_FOLDER says"]
fn table() {
    let folder = env::var("PICASSO_ALIKE_FOLDER").ok();
    if let Some(folder) = &folder {
        fs::create_dir_all(folder).unwrap();
    }
    let set = set(|number, class, bytes| {
        if let Some(folder) = &folder {
            let extension = image::guess_format(bytes).unwrap().extensions_str()[0];
            fs::write(format!("{folder}/{number:03}_{class}.{extension}"), bytes).unwrap();
        }
    });
    let thresholds = [8, 16, 20, 26, 32, 40, 48, 56, 64, 80];
    let row = |name: &str, cells: Vec<String>| println!("| {name:<11} | {} |", cells.join(" | "));
    println!("{} bases, {} pairs that are alike", set.len(), set.len() * WAYS.len());
    row("threshold", thresholds.iter().map(|it| format!("{it:>5}")).collect());
    for (number, way) in WAYS.iter().enumerate() {
        row(
            way.class,
            thresholds.iter().map(|it| format!("{:>5.1}", recall(&set, number, *it) * 100.0)).collect(),
        );
    }
    row("precision", thresholds.iter().map(|it| format!("{:>5.1}", precision(&set, *it) * 100.0)).collect());
    row("wrong", thresholds.iter().map(|it| format!("{:>5}", wrong(&set, *it).0)).collect());
    row("same prompt", thresholds.iter().map(|it| format!("{:>5}", wrong(&set, *it).1)).collect());
    let nearest = |same: bool| {
        let pairs =
            set.iter().enumerate().flat_map(|(at, one)| set[at + 1..].iter().map(move |other| (one, other)));
        let pairs = pairs.filter(|(one, other)| (one.layout == other.layout) == same);
        pairs.map(|(one, other)| one.hash.distance(other.hash)).min().unwrap()
    };
    println!("nearest bases: {} of other prompts, {} of the same", nearest(false), nearest(true));
    println!("flat by mistake: {}", set.iter().filter(|base| base.hash.is_flat()).count());
}

fn scaled(picture: &RgbImage, by: f64) -> RgbImage {
    let side = |length: u32| (f64::from(length) * by) as u32;
    resize(picture, side(picture.width()), side(picture.height()), FilterType::Lanczos3)
}

fn cropped(picture: &RgbImage) -> RgbImage {
    let (width, height) = picture.dimensions();
    crop_imm(picture, width / 40, height / 40, width * 19 / 20, height * 19 / 20).to_image()
}

fn each(picture: &RgbImage, mut change: impl FnMut(f32) -> f32) -> RgbImage {
    let mut changed = picture.clone();
    changed.iter_mut().for_each(|channel| *channel = change(f32::from(*channel)).round() as u8);
    changed
}

fn gamma(picture: &RgbImage, by: f32) -> RgbImage {
    each(picture, |channel| 255.0 * (channel / 255.0).powf(by))
}

fn darkened(picture: &RgbImage, levels: f32) -> RgbImage {
    each(picture, |channel| channel * levels / 255.0)
}

fn noisy(picture: &RgbImage, seed: u64, deviation: f32) -> RgbImage {
    let mut random = fastrand::Rng::with_seed(seed);
    // The sum of four is nearly normal; a deviation of one.
    let mut normal = move || ((0..4).map(|_| random.f32()).sum::<f32>() - 2.0) * 1.73;
    each(picture, |channel| channel + normal() * deviation)
}

/// A small thing painted over: 12 % of each side.
fn edited(picture: &RgbImage, seed: u64) -> RgbImage {
    let mut random = fastrand::Rng::with_seed(seed);
    let (width, height) = picture.dimensions();
    let (left, top) = (random.u32(..width * 7 / 8), random.u32(..height * 7 / 8));
    let colour = Rgb([random.u8(..), random.u8(..), random.u8(..)]);
    let mut edited = picture.clone();
    for (x, y, pixel) in edited.enumerate_pixels_mut() {
        if (left..left + width * 12 / 100).contains(&x) && (top..top + height * 12 / 100).contains(&y) {
            *pixel = colour;
        }
    }
    edited
}

/// Half-transparent strokes, like letters, across the lower right.
fn watermarked(picture: &RgbImage) -> RgbImage {
    let (width, height) = picture.dimensions();
    let mut marked = picture.clone();
    for (x, y, pixel) in marked.enumerate_pixels_mut() {
        let inside =
            x > width * 6 / 10 && x < width * 19 / 20 && y > height * 17 / 20 && y < height * 37 / 40;
        if inside && (x / 5) % 3 != 0 {
            pixel.0 = pixel.0.map(|channel| channel / 2 + 120);
        }
    }
    marked
}
