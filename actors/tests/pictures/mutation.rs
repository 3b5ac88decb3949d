//! Damaged files: none may make a decoder panic, whatever comes of it.
//!
//! Every ordinary run flips bits for about five seconds. For longer, and with another seed (it's printed when it fails):
//!
//! ```sh
//! PICASSO_FUZZ_SECONDS=600 PICASSO_FUZZ_SEED=7 cargo test --release -p picasso-actors --test pictures mutation -- --nocapture
//! ```

#![allow(clippy::disallowed_methods, reason = "a test may look at the clock")]

use std::env;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use picasso_actors::picture::canvas::{composite, reencode};
use picasso_actors::picture::disclosure::{Disclosure, Source, disclose, provenance};
use picasso_actors::picture::mask::Mask;
use picasso_actors::picture::{check, fingerprint};

use crate::corpus::seeds;
use crate::files::{png, scene};

const SECONDS: u64 = 5;

/// Everything that reads bytes from outside.
fn read(bytes: &[u8]) {
    let told = Disclosure { source: Source::Generated, provider: "p", model: "m", created: "2026-01-01" };
    if check(bytes, None).is_ok() {
        fingerprint(bytes).unwrap();
        reencode(bytes, 1 << 20, 4_096).unwrap();
    }
    let _ = Mask::read(bytes, 48, 32);
    let _ = provenance(bytes);
    let _ = disclose(bytes, &told);
}

fn survive(bytes: &[u8], how: &str) {
    if catch_unwind(AssertUnwindSafe(|| read(bytes))).is_err() {
        let path = env::temp_dir().join("picasso-mutation.bin");
        std::fs::write(&path, bytes).unwrap();
        panic!("{how}: a panic; the file is {}", path.display());
    }
}

#[test]
fn every_flipped_byte_is_survived() {
    let mut random = fastrand::Rng::with_seed(1);
    for (number, seed) in seeds().into_iter().enumerate() {
        let mut bytes = seed.clone();
        // Headers byte by byte, coded pixels here and there.
        for at in (0..seed.len()).filter(|at| *at < 300 || at % 11 == 0) {
            bytes[at] ^= random.u8(1..);
            survive(&bytes, &format!("seed {number}, byte {at}"));
            bytes[at] = seed[at];
        }
    }
}

#[test]
fn random_damage_is_survived() {
    let number = |name: &str| env::var(name).ok().map(|text| text.parse::<u64>().unwrap());
    let seconds = number("PICASSO_FUZZ_SECONDS").unwrap_or(SECONDS);
    let seed = number("PICASSO_FUZZ_SEED").unwrap_or(1);
    let mut random = fastrand::Rng::with_seed(seed);
    let seeds = seeds();
    let end = Instant::now() + Duration::from_secs(seconds);
    let mut rounds: u64 = 0;
    while Instant::now() < end {
        let mut bytes = random.choice(&seeds).unwrap().clone();
        for _ in 0..random.u32(1..8) {
            damage(&mut random, &mut bytes, &seeds);
        }
        mend(&mut bytes);
        survive(&bytes, &format!("PICASSO_FUZZ_SEED={seed}, round {rounds}"));
        rounds += 1;
    }
    println!("{rounds} damaged files in {seconds} s");
    assert!(rounds > seconds * 20, "only {rounds} files in {seconds} s");
}

fn damage(random: &mut fastrand::Rng, bytes: &mut Vec<u8>, seeds: &[Vec<u8>]) {
    if bytes.is_empty() {
        return;
    }
    let at = random.usize(..bytes.len());
    let length = random.usize(..=(bytes.len() - at).min(64));
    match random.u8(..8) {
        0..=2 => bytes[at] ^= 1 << random.u8(..8),
        3 => bytes[at] = *random.choice(&[0, 1, 0x7f, 0x80, 0xfe, 0xff]).unwrap(),
        4 => drop(bytes.drain(at..at + length)),
        5 => {
            let piece = bytes[at..at + length].to_vec();
            bytes.splice(at..at, piece);
        }
        6 => {
            let other = random.choice(seeds).unwrap();
            let from = random.usize(..other.len());
            let piece = other[from..other.len().min(from + length)].to_vec();
            bytes.splice(at..at + length, piece);
        }
        _ => bytes[at..at + length].fill_with(|| random.u8(..)),
    }
}

/// A PNG's checksums made right again: else most damage ends at the first of them.
fn mend(bytes: &mut [u8]) {
    if !bytes.starts_with(b"\x89PNG") {
        return;
    }
    let mut at: usize = 8;
    while let Some(length) =
        bytes.get(at..at + 4).map(|it| u32::from_be_bytes(it.try_into().unwrap()) as usize)
    {
        let Some(body) = bytes.get(at + 4..at + 8 + length.min(1 << 20)) else { return };
        let crc = crate::files::crc(body).to_be_bytes();
        let end = at + 8 + length.min(1 << 20);
        let Some(place) = bytes.get_mut(end..end + 4) else { return };
        place.copy_from_slice(&crc);
        at = end + 4;
    }
}

#[test]
fn what_is_laid_over_a_damaged_result_is_survived() {
    let start = png(scene(48, 32, 0));
    let edit = (0..48 * 32).map(|at| at % 48 < 20).collect();
    let mask = Mask::of(48, 32, edit).unwrap();
    let mut random = fastrand::Rng::with_seed(2);
    let seeds = seeds();
    for round in 0..200 {
        let mut bytes = random.choice(&seeds).unwrap().clone();
        damage(&mut random, &mut bytes, &seeds);
        mend(&mut bytes);
        let survived = catch_unwind(AssertUnwindSafe(|| drop(composite(&start, bytes, &mask, 2))));
        assert!(survived.is_ok(), "round {round}");
    }
}
