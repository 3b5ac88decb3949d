//! The painter: a pure function from an [`Order`] to pixels.
//!
//! Each provider has a hand of its own: soft modelled forms (`openai`), cut paper (`gemini`), gouache (`workers`). The
//! variant's number goes through compositions in turn and seeds everything else, so neighbours differ a lot and the
//! same order is the same picture, byte for byte.

// Drawing is arithmetic between pixels and fractions of a canvas of at most 4096 pixels; every cast is in range.
#![allow(clippy::cast_possible_truncation, clippy::cast_precision_loss, clippy::cast_sign_loss)]
// x, y, w, h, r, l, a, b are the field's own names.
#![allow(clippy::many_single_char_names, clippy::similar_names)]

mod abstraction;
mod backdrop;
mod brush;
pub mod caption;
pub mod drawing;
pub mod drawings;
mod finish;
mod landscape;
mod layout;
mod miss;
pub mod palette;

use fastrand::Rng;
use image::RgbImage;
use image::imageops::FilterType;

use crate::colour::Lab;
use crate::scene::{Scene, Terrain, hash};
use crate::service::Provider;
use brush::{Brush, Cast, Depth};
use caption::Spot;
use layout::{Area, Place};

/// Pixels of the longer side beyond which a picture is painted small and enlarged; painting costs by area.
const MAX_CANVAS: f32 = 1600.0;

/// An order for one picture.
#[derive(Clone, Debug, PartialEq)]
pub struct Order {
    /// Whose style.
    pub provider: Provider,
    /// Width and height, pixels, at most 4096 each.
    pub size: (u32, u32),
    /// Which of the many pictures of this scene: a seed, or the number of the call.
    pub variant: u64,
    /// Paint something else.
    pub miss: bool,
    /// The nth imperceptible variation of one picture.
    pub twin: Option<u64>,
    /// What to paint.
    pub scene: Scene,
}

/// Paints.
pub fn paint(order: &Order) -> RgbImage {
    let (w, h) = (order.size.0.max(1), order.size.1.max(1));
    let shrink = (MAX_CANVAS / w.max(h) as f32).min(1.0);
    let canvas = (((w as f32 * shrink) as u32).max(1), ((h as f32 * shrink) as u32).max(1));
    let mut picture = on_canvas(order, canvas);
    if canvas != (w, h) {
        picture = image::imageops::resize(&picture, w, h, FilterType::Triangle);
    }
    if let Some(nth) = order.twin {
        // Too little to see, enough to be another file.
        let by = i16::try_from(nth % 3).unwrap_or(0) - 1;
        for channel in picture.iter_mut() {
            *channel = (i16::from(*channel) + by).clamp(0, 255) as u8;
        }
    }
    picture
}

fn on_canvas(order: &Order, (w, h): (u32, u32)) -> RgbImage {
    let missed;
    let scene = if order.miss {
        missed = miss::wrong(&order.scene);
        &missed
    } else {
        &order.scene
    };
    let start = hash(order.provider.name().as_bytes()) ^ scene.key.rotate_left(17);
    let turn = (start % 1000).wrapping_add(order.variant);
    let mut rng = Rng::with_seed(start ^ order.variant.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let Some(mut brush) = Brush::new(order.provider, w, h, palette::cream()) else {
        return RgbImage::new(w, h);
    };
    compose(&mut brush, scene, turn, &mut rng);
    let unit = brush.unit;
    finish::finish(&brush.pixmap, order.provider, unit, rng.u32(..))
}

fn compose(brush: &mut Brush, scene: &Scene, turn: u64, rng: &mut Rng) {
    let spot = Spot::of(turn, scene.items.is_empty());
    let setting = scene.caption.as_deref().and_then(|text| caption::set(text, brush.w, brush.h, spot.scale));
    let area = area(brush, setting.as_ref(), spot);
    if scene.is_landscape() {
        let land = landscape::paint(brush, scene, turn, rng);
        let places = if land.horizon < brush.h {
            layout::in_landscape(scene, area, land.horizon, turn, rng)
        } else {
            layout::on_backdrop(scene, area, turn, rng)
        };
        for place in places {
            let behind = if place.at.1 < land.horizon { land.sky } else { land.ground };
            if place.grounded && scene.ground.is_some_and(|ground| ground.terrain == Terrain::Sea) {
                island(brush, place, rng);
            }
            thing(brush, scene, place, behind, rng);
        }
    } else if scene.items.is_empty() && scene.backdrop.is_empty() {
        let mood = palette::mood(scene.key);
        let loose = loose(scene, rng);
        let mut colours: Vec<Lab> = if loose.is_empty() { mood.to_vec() } else { loose };
        if !scene.loose.is_empty() {
            colours.push(palette::cream());
        }
        abstraction::paint(brush, &colours, turn, rng);
    } else {
        let asked: Vec<Lab> = scene.backdrop.iter().map(|tint| palette::shade(*tint, rng)).collect();
        let behind = if let [first, second, ..] = asked.as_slice() {
            backdrop::gradient(brush, [*first, *second], rng);
            first.mix(*second, 0.5)
        } else {
            let base = asked.first().copied().unwrap_or_else(|| palette::ground(scene, turn));
            let tones = backdrop::Tones { base, loose: &loose(scene, rng) };
            backdrop::paint(brush, &tones, turn.wrapping_mul(3).wrapping_add(turn / 10), rng);
            base
        };
        if scene.items.is_empty() {
            ornament(brush, behind, turn);
        }
        for place in layout::on_backdrop(scene, area, turn, rng) {
            thing(brush, scene, place, behind, rng);
        }
    }
    if let Some(setting) = setting {
        letter(brush, &setting, spot);
    }
}

/// Something to look at where only a background or words were asked: two discs in tones of the ground.
fn ornament(brush: &mut Brush, behind: Lab, turn: u64) {
    let by = if behind.l > 0.5 { -0.085 } else { 0.085 };
    for (step, by) in [(0, by), (3, by * 0.6)] {
        let (x, y, size) = layout::alone(turn + step);
        backdrop::circle(brush, (brush.w * x, brush.h * y), brush.unit * size * 0.52, behind.lighter(by));
    }
}

fn loose(scene: &Scene, rng: &mut Rng) -> Vec<Lab> {
    scene.loose.iter().map(|tint| palette::shade(*tint, rng)).collect()
}

/// Where things may stand: everything but a margin and the caption's band.
fn area(brush: &Brush, setting: Option<&caption::Setting>, spot: Spot) -> Area {
    let margin = brush.unit * 0.035;
    let band = setting.map_or(0.0, |setting| setting.size.1 + brush.h * 0.10);
    let y = margin + if spot.down < 0.5 { band } else { 0.0 };
    Area { x: margin, y, w: brush.w - 2.0 * margin, h: (brush.h - 2.0 * margin - band).max(brush.unit * 0.2) }
}

fn thing(brush: &mut Brush, scene: &Scene, place: Place, behind: Lab, rng: &mut Rng) {
    let Some(item) = scene.items.get(place.item) else { return };
    let dress = palette::dress(scene, item, behind, rng);
    let parts = drawings::of(item.noun);
    if brush.style == Provider::Openai {
        silhouette_shadow(brush, parts, place);
    }
    for (ink, outline) in parts {
        let path = drawing::path(outline)
            .and_then(|path| drawing::placed(path, place.at, place.size, place.tilt, place.mirrored));
        let Some(path) = path else { continue };
        let size = path.bounds().width().max(path.bounds().height());
        let depth = if size > place.size * 0.34 { Depth::Thing } else { Depth::Detail };
        brush.shape(&path, dress.ink(*ink), depth);
    }
}

/// One soft shadow for the whole thing; shadows of its parts would fall on each other.
fn silhouette_shadow(brush: &mut Brush, parts: &[drawing::Part], place: Place) {
    let mut builder = tiny_skia::PathBuilder::new();
    for (_, outline) in parts {
        if let Some(path) = drawing::path(outline) {
            builder.push_path(&path);
        }
    }
    let path = builder
        .finish()
        .and_then(|path| drawing::placed(path, place.at, place.size, place.tilt, place.mirrored));
    let Some(path) = path else { return };
    let size = place.size;
    let colour = Lab { l: 0.15, a: 0.01, b: -0.03 };
    brush.cast(&path, Cast { dx: size * 0.03, dy: size * 0.075, blur: size * 0.085, colour, alpha: 0.30 });
    if place.grounded {
        let mut builder = tiny_skia::PathBuilder::new();
        let foot = (place.at.0 + size * 0.02, place.at.1 + size * 0.485);
        drawing::ellipse(&mut builder, foot, (size * 0.42, size * 0.045), false);
        if let Some(path) = builder.finish() {
            brush.cast(&path, Cast { dx: 0.0, dy: 0.0, blur: size * 0.035, colour, alpha: 0.34 });
        }
    }
}

/// A rock for what stands in the sea without being a boat.
fn island(brush: &mut Brush, place: Place, rng: &mut Rng) {
    let (x, y, size) = (place.at.0, place.at.1 + place.size * 0.47, place.size);
    let rock = Lab::lch(0.50, 0.025, 60.0 + 200.0 * rng.f32());
    for (reach, up, by) in [(0.52, 0.05, -0.05), (0.40, 0.09, 0.03)] {
        let (half, top) = (size * reach, y - size * up);
        let corners = [
            (x - half, y + size * 0.05),
            (x - half * 0.66, top + size * 0.015),
            (x - half * 0.1, top),
            (x + half * 0.7, top + size * 0.01),
            (x + half, y + size * 0.05),
        ];
        if let Some(path) = backdrop::closed(&corners) {
            brush.shape(&path, rock.lighter(by), Depth::Thing);
        }
    }
}

/// Letters in the colour that stands out most, on a strip of paper or, where the ground is restless, on a veil.
fn letter(brush: &mut Brush, setting: &caption::Setting, spot: Spot) {
    let (x, y) = caption::corner(setting, spot, brush.w, brush.h);
    let (light, dark) = (Lab::lch(0.975, 0.012, 88.0), Lab::lch(0.22, 0.035, 275.0));
    let (darkest, lightest) = lightness(brush, y, setting.size.1);
    let (ink, veil) = if f32::midpoint(darkest, lightest) > 0.64 { (dark, light) } else { (light, dark) };
    let pad = brush.h * 0.035;
    let mut band = tiny_skia::PathBuilder::new();
    if brush.style == Provider::Gemini {
        let size = (setting.size.0 + 2.0 * pad, setting.size.1 + 2.0 * pad);
        drawing::rounded(&mut band, (x - pad, y - pad), size, brush.unit * 0.008);
        if let Some(path) = band.finish() {
            brush.shape(&path, veil, Depth::Thing);
        }
    } else if (ink.l - darkest).abs().min((ink.l - lightest).abs()) < 0.30 {
        drawing::rounded(
            &mut band,
            (-pad, y - pad * 0.6),
            (brush.w + 2.0 * pad, setting.size.1 + 1.2 * pad),
            0.0,
        );
        if let Some(path) = band.finish() {
            brush.cast(&path, Cast { dx: 0.0, dy: 0.0, blur: pad * 1.4, colour: veil, alpha: 0.62 });
        }
    }
    if let Some(path) = setting.path.clone().transform(tiny_skia::Transform::from_translate(x, y)) {
        brush.flat(&path, ink);
    }
}

/// The lightness of the darkest and of the lightest parts of a band, a tenth of it cut off at both ends.
fn lightness(brush: &Brush, y: f32, height: f32) -> (f32, f32) {
    let width = brush.pixmap.width() as usize;
    let rows =
        brush.pixmap.pixels().chunks_exact(width).skip(y.max(0.0) as usize).take(height.max(1.0) as usize);
    let pixels = rows.step_by(7).flat_map(|row| row.iter().step_by(7));
    let mut found: Vec<f32> =
        pixels.map(|pixel| Lab::from_rgb([pixel.red(), pixel.green(), pixel.blue()]).l).collect();
    found.sort_by(f32::total_cmp);
    let at = |part: usize| found.get(found.len() * part / 10).copied().unwrap_or(1.0);
    (at(1), at(9))
}
