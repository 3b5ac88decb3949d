//! Skies and grounds: a light, a horizon, and layers that get nearer and darker.

use fastrand::Rng;
use tiny_skia::{Path, PathBuilder};

use super::backdrop::{closed, wave};
use super::brush::{Brush, Depth};
use super::drawing::{ellipse, placed, rounded};
use super::{drawing, drawings, palette};
use crate::colour::{self, Lab};
use crate::scene::{Ground, Light, Noun, Scene, Terrain, Tint};

/// What the things in a landscape have to know about it.
#[derive(Clone, Copy, Debug)]
pub struct Land {
    /// The horizon's height on the canvas, pixels; beyond the canvas when there's only sky.
    pub horizon: f32,
    /// What is behind things in the sky.
    pub sky: Lab,
    /// What is behind things on the ground.
    pub ground: Lab,
}

/// Paints everything that isn't a thing.
pub fn paint(brush: &mut Brush, scene: &Scene, turn: u64, rng: &mut Rng) -> Land {
    let light = scene.light.unwrap_or(Light::Day);
    let (height, vary) = match scene.ground.map(|ground| ground.terrain) {
        Some(Terrain::Sea) => (0.46, 0.20),
        Some(_) => (0.52, 0.20),
        None if light == Light::Sunset => (0.78, 0.12),
        None => (1.02, 0.0),
    };
    // Low, high and between, in turn.
    let step = [0.90, 0.05, 0.60, 0.30].get(usize::try_from(turn % 4).unwrap_or(0)).copied().unwrap_or(0.5);
    let horizon = (height + vary * (step + 0.15 * rng.f32())) * brush.h;
    let has = |noun: Noun| scene.items.iter().any(|item| item.noun == noun);
    let ends = sky(brush, scene, light, horizon, rng);
    let ground = scene.ground.map_or(ends[1], |ground| earth(ground, light, rng));
    match light {
        Light::Night => stars(brush, horizon, rng),
        Light::Sunset if !has(Noun::Sun) && !has(Noun::Moon) => setting_sun(brush, horizon, turn, rng),
        Light::Sunset => {}
        Light::Day if has(Noun::Cloud) || !scene.backdrop.is_empty() && rng.bool() => {}
        Light::Day => clouds(brush, ends, horizon, rng),
    }
    match scene.ground.map(|ground| ground.terrain) {
        Some(Terrain::Sea) => sea(brush, ground, ends[1], horizon, light, rng),
        Some(Terrain::Forest) => forest(brush, ground, ends[1], horizon, rng),
        Some(Terrain::City) => city(brush, ground, ends[1], horizon, light, rng),
        Some(Terrain::Snow) => {
            rolling(brush, ground, ends[1], horizon, 0.012, rng);
            flakes(brush, rng);
        }
        Some(Terrain::Desert | Terrain::Meadow) => rolling(brush, ground, ends[1], horizon, 0.032, rng),
        None if light == Light::Sunset => {
            let hills = Lab::lch(0.30, 0.07, 320.0);
            rolling(brush, hills, ends[1], horizon, 0.02, rng);
        }
        None => {}
    }
    Land { horizon, sky: ends[0].mix(ends[1], 0.5), ground }
}

/// Top and horizon of the sky, painted.
fn sky(brush: &mut Brush, scene: &Scene, light: Light, horizon: f32, rng: &mut Rng) -> [Lab; 2] {
    let asked: Vec<Lab> = scene.backdrop.iter().map(|tint| palette::shade(*tint, rng)).collect();
    let drift = rng.f32() * 2.0 - 1.0;
    let stops: [Lab; 3] = match (asked.as_slice(), light) {
        ([top, low, ..], _) => [*top, top.mix(*low, 0.5), *low],
        ([base], Light::Sunset) => [base.lighter(-0.07), *base, base.mix(Lab::lch(0.88, 0.12, 75.0), 0.45)],
        ([base], Light::Day) => [base.lighter(-0.05), *base, base.lighter(0.05)],
        ([base], Light::Night) => [base.lighter(-0.05), *base, base.lighter(0.03)],
        ([], Light::Day) => {
            let hue = 236.0 + 12.0 * drift;
            [Lab::lch(0.70, 0.115, hue), Lab::lch(0.82, 0.075, hue - 8.0), Lab::lch(0.93, 0.035, hue - 20.0)]
        }
        ([], Light::Sunset) => [
            Lab::lch(0.46, 0.125, 304.0 + 14.0 * drift),
            Lab::lch(0.69, 0.155, 22.0 + 14.0 * drift),
            Lab::lch(0.87, 0.125, 72.0 + 8.0 * drift),
        ],
        ([], Light::Night) => [
            Lab::lch(0.165, 0.050, 276.0 + 10.0 * drift),
            Lab::lch(0.235, 0.070, 272.0 + 12.0 * drift),
            Lab::lch(0.345, 0.090, 266.0 + 18.0 * drift),
        ],
    };
    let end = horizon.min(brush.h);
    let [top, middle, low] = stops;
    let halves = [(top, middle, -2.0, end * 0.52), (middle, low, end * 0.52, end + 2.0)];
    for (from, to, y, until) in halves {
        let corners = [(-2.0, y), (brush.w + 2.0, y), (brush.w + 2.0, until + 1.0), (-2.0, until + 1.0)];
        if let Some(path) = closed(&corners) {
            brush.gradient(&path, [from, to], (0.0, y), (0.0, until));
        }
    }
    if end < brush.h
        && let Some(below) = closed(&[
            (-2.0, end),
            (brush.w + 2.0, end),
            (brush.w + 2.0, brush.h + 2.0),
            (-2.0, brush.h + 2.0),
        ])
    {
        brush.flat(&below, low);
    }
    [top, low]
}

/// The ground's colour in this light; an asked colour keeps its name.
fn earth(ground: Ground, light: Light, rng: &mut Rng) -> Lab {
    if let Some(tint) = ground.tint {
        let base = palette::shade(tint, rng);
        let darker = base.lighter(-0.08);
        return if light == Light::Night && colour::is(tint, darker) { darker } else { base };
    }
    let drift = rng.f32() * 2.0 - 1.0;
    let day = match ground.terrain {
        Terrain::Sea => Lab::lch(0.57, 0.100, 232.0 + 16.0 * drift),
        Terrain::Desert => Lab::lch(0.82, 0.085, 77.0 + 6.0 * drift),
        Terrain::Meadow => Lab::lch(0.67, 0.125, 136.0 + 9.0 * drift),
        Terrain::Forest => Lab::lch(0.46, 0.085, 152.0 + 8.0 * drift),
        Terrain::Snow => Lab::lch(0.95, 0.014, 240.0),
        Terrain::City => Lab::lch(0.52, 0.045, 265.0),
    };
    match light {
        Light::Day => day,
        Light::Sunset => {
            let warm = if ground.terrain == Terrain::Snow { 0.10 } else { 0.16 };
            day.mix(Lab::lch(0.50, 0.12, 20.0), warm).lighter(-0.05)
        }
        Light::Night => Lab { l: day.l * 0.62, ..day.mix(Lab::lch(0.30, 0.08, 268.0), 0.35) },
    }
}

/// Three to four layers of soft ridges.
fn rolling(brush: &mut Brush, near: Lab, far: Lab, horizon: f32, rough: f32, rng: &mut Rng) {
    let depth = brush.h - horizon;
    for index in 0..4_u8 {
        let part = f32::from(index) / 4.0;
        let lab = near.mix(far, 0.30 * (1.0 - part) * (1.0 - part)).lighter(0.03 - 0.055 * part);
        let amplitude = brush.unit * rough * (0.7 + part);
        let y = horizon + amplitude + depth * part * 0.92;
        if let Some(path) = wave(brush, y, amplitude, 0.6 + 0.8 * rng.f32(), rng.f32()) {
            brush.shape(&path, lab, Depth::Layer);
        }
    }
}

fn sea(brush: &mut Brush, near: Lab, far: Lab, horizon: f32, light: Light, rng: &mut Rng) {
    let depth = brush.h - horizon;
    let shine = if light == Light::Sunset { Lab::lch(0.88, 0.11, 72.0) } else { near.lighter(0.22) };
    for index in 0..6_u8 {
        let part = f32::from(index) / 6.0;
        let lab = near.mix(far, 0.28 * (1.0 - part) * (1.0 - part)).lighter(0.045 - 0.10 * part);
        let amplitude = if index == 0 { 0.0 } else { brush.unit * (0.004 + 0.011 * part) };
        let y = horizon + depth * part.powf(1.25);
        if let Some(path) = wave(brush, y, amplitude, 3.4 - 1.6 * part, rng.f32()) {
            brush.shape(&path, lab, Depth::Layer);
        }
        let mut dashes = PathBuilder::new();
        for _ in 0..4 {
            let (length, thick) =
                (brush.unit * (0.03 + 0.09 * rng.f32()), brush.unit * (0.0025 + 0.003 * part));
            let at = (brush.w * rng.f32() - length / 2.0, y + depth * (0.03 + 0.09 * rng.f32()));
            rounded(&mut dashes, at, (length, thick), thick / 2.0);
        }
        if let Some(path) = dashes.finish() {
            brush.tinted(&path, shine, 0.55);
        }
    }
}

fn forest(brush: &mut Brush, near: Lab, far: Lab, horizon: f32, rng: &mut Rng) {
    let depth = brush.h - horizon;
    for index in 0..3_u8 {
        let part = f32::from(index) / 3.0;
        let lab = near.mix(far, 0.50 * (1.0 - part)).lighter(0.02 - 0.07 * part);
        let y = horizon + depth * part * 0.55;
        let mut builder = PathBuilder::new();
        let mut x = -0.04 * brush.w;
        while x < brush.w * 1.04 {
            let tall = brush.unit * (0.12 + 0.07 * rng.f32()) * (1.0 - 0.25 * part);
            let wide = tall * 0.44;
            for tier in 0..3_u8 {
                let up = y + tall * 0.20 - tall * (1.0 - f32::from(tier) * 0.27);
                let half = wide * (0.26 + 0.12 * f32::from(tier));
                builder.move_to(x, up);
                builder.line_to(x + half, up + tall * 0.42);
                builder.line_to(x - half, up + tall * 0.42);
                builder.close();
            }
            x += wide * (0.42 + 0.35 * rng.f32());
        }
        if let Some(trees) = builder.finish() {
            brush.shape(&trees, lab, Depth::Layer);
        }
        if let Some(floor) = wave(brush, y + brush.unit * 0.03, brush.unit * 0.008, 1.2, rng.f32()) {
            brush.shape(&floor, lab.lighter(-0.012), Depth::Detail);
        }
    }
    if let Some(glade) = wave(brush, horizon + depth * 0.60, brush.unit * 0.015, 0.8, rng.f32()) {
        brush.shape(&glade, near.lighter(0.05), Depth::Layer);
    }
}

fn city(brush: &mut Brush, near: Lab, far: Lab, horizon: f32, light: Light, rng: &mut Rng) {
    let lamp = if light == Light::Day { Lab::lch(0.88, 0.03, 225.0) } else { Lab::lch(0.88, 0.11, 85.0) };
    for index in 0..3_u8 {
        let part = f32::from(index) / 3.0;
        let lab = near.mix(far, 0.62 * (1.0 - part)).lighter(-0.03 * part);
        let foot = horizon + (brush.h - horizon) * part * 0.30;
        let (mut towers, mut windows) = (PathBuilder::new(), PathBuilder::new());
        let mut x = -0.03 * brush.w;
        while x < brush.w * 1.02 {
            let wide = brush.unit * (0.055 + 0.06 * rng.f32());
            let tall = brush.unit * (0.12 + 0.34 * rng.f32() * rng.f32()) * (1.0 - 0.25 * part);
            rounded(&mut towers, (x, foot - tall), (wide, tall + brush.h), brush.unit * 0.004);
            let pane = brush.unit * 0.010;
            let mut y = foot - tall + pane * 1.6;
            while y < foot - pane {
                let mut column = x + pane;
                while column < x + wide - pane * 1.6 {
                    if rng.f32() < 0.45 {
                        rounded(&mut windows, (column, y), (pane, pane * 1.3), 0.5);
                    }
                    column += pane * 2.0;
                }
                y += pane * 2.6;
            }
            x += wide * 1.02;
        }
        if let Some(path) = towers.finish() {
            brush.shape(&path, lab, Depth::Layer);
        }
        if let (Some(path), true) = (windows.finish(), index > 0) {
            brush.tinted(&path, lamp, 0.75);
        }
    }
    let street = horizon + (brush.h - horizon) * 0.42;
    if let Some(path) = wave(brush, street, 0.0, 1.0, 0.0) {
        brush.shape(&path, near.lighter(-0.09), Depth::Layer);
    }
}

fn setting_sun(brush: &mut Brush, horizon: f32, turn: u64, rng: &mut Rng) {
    let side =
        [0.70, 0.26, 0.52, 0.82, 0.38].get(usize::try_from(turn % 5).unwrap_or(0)).copied().unwrap_or(0.5);
    let at = (brush.w * (side + 0.12 * (rng.f32() - 0.5)), horizon - brush.unit * (0.02 + 0.16 * rng.f32()));
    brush.glow(at, brush.unit * 0.55, Lab::lch(0.93, 0.09, 80.0), 0.55);
    let mut builder = PathBuilder::new();
    let reach = brush.unit * (0.10 + 0.05 * rng.f32());
    ellipse(&mut builder, at, (reach, reach), false);
    if let Some(path) = builder.finish() {
        brush.shape(&path, Lab::lch(0.93, 0.085, 82.0), Depth::Layer);
    }
}

fn clouds(brush: &mut Brush, ends: [Lab; 2], horizon: f32, rng: &mut Rng) {
    let [top, low] = ends;
    let outline = drawings::of(Noun::Cloud).first().map_or("", |(_, outline)| outline);
    for _ in 0..3 {
        let size = brush.unit * (0.16 + 0.16 * rng.f32());
        let part = 0.10 + 0.62 * rng.f32();
        let at = (brush.w * rng.f32(), horizon.min(brush.h) * part);
        let lab = top.mix(low, part).lighter(0.055);
        let path = drawing::path(outline).and_then(|path| placed(path, at, size, 0.0, rng.bool()));
        if let Some(path) = path.and_then(|path| flattened(path, at.1)) {
            brush.shape(&path, lab, Depth::Layer);
        }
    }
}

/// Squashes a path to two thirds of its height around `y`.
fn flattened(path: Path, y: f32) -> Option<Path> {
    path.transform(tiny_skia::Transform::from_row(1.0, 0.0, 0.0, 0.62, 0.0, y * 0.38))
}

fn stars(brush: &mut Brush, horizon: f32, rng: &mut Rng) {
    let mut builder = PathBuilder::new();
    for _ in 0..70 {
        let reach = brush.unit * (0.0009 + 0.0022 * rng.f32() * rng.f32());
        let at = (brush.w * rng.f32(), horizon.min(brush.h) * rng.f32() * 0.96);
        ellipse(&mut builder, at, (reach, reach), false);
    }
    let at = (brush.w * rng.f32(), horizon.min(brush.h) * 0.75);
    brush.glow(at, brush.unit * 0.7, Lab::lch(0.48, 0.11, 285.0), 0.28);
    if let Some(path) = builder.finish() {
        brush.tinted(&path, colour::of(Tint::plain(crate::scene::Colour::White)), 0.9);
    }
}

fn flakes(brush: &mut Brush, rng: &mut Rng) {
    let mut builder = PathBuilder::new();
    for _ in 0..60 {
        let reach = brush.unit * (0.0015 + 0.0035 * rng.f32());
        ellipse(&mut builder, (brush.w * rng.f32(), brush.h * rng.f32()), (reach, reach), false);
    }
    if let Some(path) = builder.finish() {
        brush.tinted(&path, Lab::lch(0.99, 0.004, 240.0), 0.75);
    }
}
