//! The painter's promises: deterministic, different where it should be, the same where it's told to, and never stopped by
//! an odd size or an odd prompt.

// Clippy knows test functions, but not what helps them.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice)]

use image::RgbImage;
use image_hasher::{HashAlg, Hasher, HasherConfig, ImageHash};
use picasso_emulator::operation::{Material, Operation};
use picasso_emulator::paint::{Order, paint};
use picasso_emulator::retouch::retouch;
use picasso_emulator::scene::Brief;
use picasso_emulator::service::Provider;

/// Bits of 256 by which two variants of a prompt differ at least.
const FAR: u32 = 60;
/// The same of two edits of one start image, which they share.
const EDITED: u32 = 30;
/// Bits of 256 by which two twins differ at most.
const NEAR: u32 = 10;

fn hasher() -> Hasher {
    HasherConfig::new().hash_size(16, 16).hash_alg(HashAlg::Median).preproc_dct().to_hasher()
}

fn order(prompt: &str, provider: Provider, variant: u64) -> Order {
    Order { provider, size: (192, 192), variant, miss: false, twin: None, scene: Brief::read(prompt).scene }
}

fn picture(prompt: &str, provider: Provider, variant: u64) -> RgbImage {
    paint(&order(prompt, provider, variant))
}

#[test]
fn the_same_order_is_the_same_picture_and_every_part_of_it_counts() {
    let prompt = "a red boat at sea at sunset";
    for provider in Provider::ALL {
        let one = picture(prompt, provider, 1);
        assert_eq!(one, picture(prompt, provider, 1));
        assert_ne!(one, picture(prompt, provider, 2));
        assert_ne!(one, picture("a blue boat at sea at sunset", provider, 1));
    }
    assert_ne!(picture(prompt, Provider::Openai, 1), picture(prompt, Provider::Gemini, 1));
}

#[test]
fn variants_that_follow_each_other_look_different() {
    let prompts = [
        "red circle on white",
        "three yellow stars",
        "a blue boat at sea at sunset",
        "an idea",
        "\"HELLO\" on red",
        "a forest",
    ];
    for prompt in prompts {
        for provider in Provider::ALL {
            let hashes: Vec<ImageHash> =
                (1..=5).map(|variant| hasher().hash_image(&picture(prompt, provider, variant))).collect();
            for pair in hashes.windows(2) {
                let distance = pair[0].dist(&pair[1]);
                assert!(distance > FAR, "{prompt} by {provider:?}: {distance}");
            }
        }
    }
}

#[test]
fn edits_of_one_start_image_look_different_too() {
    let begin = picture("a blue boat at sea at sunset", Provider::Workers, 1);
    let start = Some(image::DynamicImage::ImageRgb8(begin).into_rgba8());
    let edit = Material { operation: Operation::Edit, start, ..Material::default() };
    for provider in Provider::ALL {
        let hashes: Vec<ImageHash> = (1..=5)
            .map(|variant| hasher().hash_image(&retouch(&order("a red house", provider, variant), &edit)))
            .collect();
        for pair in hashes.windows(2) {
            let distance = pair[0].dist(&pair[1]);
            assert!(distance > EDITED, "{provider:?}: {distance}");
        }
    }
}

#[test]
fn twins_are_other_files_of_one_picture() {
    for provider in Provider::ALL {
        let twin =
            |nth: u64| paint(&Order { twin: Some(nth), ..order("a red circle on white", provider, 1) });
        let (one, other) = (twin(1), twin(2));
        assert_ne!(one, other);
        let distance = hasher().hash_image(&one).dist(&hasher().hash_image(&other));
        assert!(distance <= NEAR, "{provider:?}: {distance}");
        let most = one.iter().zip(other.iter()).map(|(one, other)| one.abs_diff(*other)).max();
        assert!(most <= Some(2), "{most:?}");
    }
}

#[test]
fn a_miss_looks_like_another_picture() {
    for provider in Provider::ALL {
        let honest = order("a red circle on white", provider, 1);
        let missed = paint(&Order { miss: true, ..honest.clone() });
        assert!(hasher().hash_image(&missed).dist(&hasher().hash_image(&paint(&honest))) > NEAR);
    }
}

#[test]
fn any_size_and_any_prompt_give_a_picture() {
    let prompts = [
        "",
        "{miss}",
        "\"\"",
        "\"漢字だけ\"",
        "9 stars, 9 cats, 9 cars, 9 boats, 9 houses, 9 keys",
        "a gradient from red to red on red",
        "no sun, no moon, nothing",
        "\"a caption that is as long as a caption may be, and then some more of it\" on a red circle",
    ];
    for prompt in prompts {
        for provider in Provider::ALL {
            for size in [(1, 1), (3, 200), (200, 3), (97, 61)] {
                let painted = paint(&Order { size, ..order(prompt, provider, u64::MAX) });
                assert_eq!(painted.dimensions(), size, "{prompt} {provider:?}");
            }
        }
    }
}

#[test]
fn large_pictures_are_painted_small_and_enlarged() {
    let painted = paint(&Order { size: (1616, 64), ..order("a sea", Provider::Gemini, 1) });
    assert_eq!(painted.dimensions(), (1616, 64));
}
