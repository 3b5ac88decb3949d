//! What must be seen in the picture that an operation yields. The painter shifts whatever it's told to keep by a few levels, so
//! pixels that are exactly the start image's were laid back by us.

use image::RgbaImage;
use image::imageops::{self, FilterType};
use picasso_e2e::picture::{Area, distance, is_within, likeness};
use picasso_emulator::retouch;
use serde_json::Value;

use super::bench::{Bench, CANVAS, HOLE, INSIDE, Made, START};

/// Levels that a lossy file and a change of size may cost, on average.
const LOSSY: f64 = 8.0;
/// Levels by which what is painted anew differs at least, on average.
const PAINTED: f64 = 16.0;

/// A picture of the size that was asked for, or as near as a provider that takes no pixels comes to it.
pub fn generated(_: &Bench, made: &Made) {
    let size = match made.cell.0.0 {
        "gemini" => (1200, 896),
        _ => (1024, 768),
    };
    assert_eq!(made.delivered.dimensions(), size, "{}", made.at());
    assert!(made.sent().is_empty(), "{}", made.at());
}

pub fn wide(_: &Bench, made: &Made) {
    let size = match made.cell.0.0 {
        "gemini" => (1376, 768),
        _ => (1360, 768),
    };
    assert_eq!(made.delivered.dimensions(), size, "{}", made.at());
}

/// The start image is still there, but for the middle, and the references came after it.
pub fn edited(bench: &Bench, made: &Made) {
    let (width, height) = made.delivered.dimensions();
    let start = imageops::resize(&bench.start, width, height, FilterType::Triangle);
    let panel = retouch::panel(width, height);
    let panel = (panel.x, panel.y, panel.w, panel.h);
    let margin = |x, y| !is_within(panel, x, y) && y < panel.1 + panel.3;
    let kept = distance(&start, &made.delivered, margin);
    let changed = distance(&start, &made.delivered, |x, y| is_within(panel, x, y));
    assert!(kept < LOSSY && changed > PAINTED, "kept {kept}, changed {changed}: {}", made.at());
    let references: Vec<&Value> = bench.uploads.references.iter().map(|upload| &upload["sha256"]).collect();
    let sent = made.sent();
    assert_eq!(sent[1..], references[..sent.len() - 1], "{}", made.at());
    let first = &made.call.entry["images"][0];
    if made.cell.0.0 == "workers" {
        assert!(
            first["width"] == 511 || first["width"] == START.0 && sent.len() == 1,
            "made to fit: {}",
            made.at()
        );
    } else {
        assert_eq!(*sent[0], bench.uploads.start["sha256"], "as it was uploaded: {}", made.at());
    }
    made.shows_references(whole(&made.delivered), u32::try_from(sent.len() - 1).unwrap());
}

/// What is masked is painted, and everything else is the start image, to the last level.
pub fn inpainted(bench: &Bench, made: &Made) {
    let at = made.at();
    let (kept, own) = made.kept();
    let own = own.unwrap_or_else(|| panic!("the provider's own picture is kept beside it: {at}"));
    for picture in [&made.delivered, &kept] {
        assert_eq!(picture.dimensions(), START, "{at}");
        let differing = |x: &u32, y: &u32| picture.get_pixel(*x, *y) != bench.start.get_pixel(*x, *y);
        let places = picture.enumerate_pixels().filter(|(x, y, _)| differing(x, y));
        let (inside, outside): (Vec<_>, Vec<_>) = places.partition(|(x, y, _)| is_within(HOLE, *x, *y));
        assert_eq!(outside.len(), 0, "kept pixels that differ, the first {:?}: {at}", outside.first());
        let painted = distance(picture, &bench.start, |x, y| is_within(HOLE, x, y));
        assert!(inside.len() > 40_000 && painted > PAINTED, "{} by {painted}: {at}", inside.len());
    }
    let drifted = imageops::resize(&own, START.0, START.1, FilterType::Triangle);
    let drift = distance(&drifted, &bench.start, |x, y| !is_within(HOLE, x, y));
    assert!(drift > 1.0, "the provider's own kept nothing exactly: {drift} {at}");
    assert_eq!(made.call.entry["mask"]["width"], START.0, "{at}");
    made.shows_references(HOLE, u32::try_from(made.sent().len() - 1).unwrap());
}

/// The whole canvas is painted around the start image, which is as it was.
pub fn outpainted(bench: &Bench, made: &Made) {
    let at = made.at();
    let (kept, own) = made.kept();
    assert!(own.is_some(), "the provider's own picture is kept beside it: {at}");
    for picture in [&made.delivered, &kept] {
        assert_eq!(picture.dimensions(), CANVAS, "{at}");
        let (left, top, width, height) = INSIDE;
        let inside = imageops::crop_imm(picture, left, top, width, height).to_image();
        assert!(inside == bench.start, "the start image has changed: {at}");
        let border = picture.enumerate_pixels().filter(|(x, y, _)| !is_within(INSIDE, *x, *y));
        let mut colours: Vec<[u8; 4]> = border.map(|(_, _, pixel)| pixel.0).collect();
        assert!(colours.iter().all(|colour| colour[3] == 255), "a hole in the border: {at}");
        colours.sort_unstable();
        colours.dedup();
        assert!(colours.len() > 64, "nothing is painted: {} colours {at}", colours.len());
    }
    made.shows_references(whole(&made.delivered), u32::try_from(made.sent().len() - 1).unwrap());
}

/// Other colours, the same lights and shadows.
pub fn varied(bench: &Bench, made: &Made) {
    let (width, height) = made.delivered.dimensions();
    let start = imageops::resize(&bench.start, width, height, FilterType::Triangle);
    let (far, alike) = (distance(&start, &made.delivered, |_, _| true), likeness(&start, &made.delivered));
    assert!(far > PAINTED && alike > 0.5, "far {far}, alike {alike}: {}", made.at());
}

/// The same picture with more pixels.
pub fn upscaled(bench: &Bench, made: &Made) {
    let (width, height) = made.delivered.dimensions();
    assert!(width > START.0 && height > START.1, "{}", made.at());
    let start = imageops::resize(&bench.start, width, height, FilterType::Triangle);
    let far = distance(&start, &made.delivered, |_, _| true);
    assert!(far < LOSSY, "far {far}: {}", made.at());
}

fn whole(picture: &RgbaImage) -> Area {
    (0, 0, picture.width(), picture.height())
}
