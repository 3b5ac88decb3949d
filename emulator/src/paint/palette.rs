//! Which exact colours a picture uses: the asked ones with a shade of the artist's own, and companions for what wasn't
//! asked. An asked colour never leaves the region that people call by its name.

use fastrand::Rng;

use super::drawing::Ink;
use crate::colour::{self, Lab};
use crate::scene::{Colour, Item, Scene, Tint, Tone};

/// Backgrounds for things on no particular one: lightness, chroma, hue.
const GROUNDS: [(f32, f32, f32); 12] = [
    (0.945, 0.022, 85.0),
    (0.905, 0.036, 18.0),
    (0.900, 0.038, 235.0),
    (0.885, 0.034, 152.0),
    (0.885, 0.036, 300.0),
    (0.865, 0.052, 72.0),
    (0.310, 0.062, 262.0),
    (0.330, 0.055, 165.0),
    (0.345, 0.060, 330.0),
    (0.830, 0.110, 86.0),
    (0.720, 0.105, 32.0),
    (0.600, 0.085, 205.0),
];

/// The colours of one thing.
#[derive(Clone, Copy, Debug)]
pub struct Dress {
    /// The thing's colour.
    pub body: Lab,
    /// The second one, if asked.
    pub accent: Option<Lab>,
}

impl Dress {
    /// What an ink is on this thing.
    pub fn ink(&self, ink: Ink) -> Lab {
        let body = self.body;
        match ink {
            Ink::Body => body,
            // White in shadow is still to be called white.
            Ink::Shade if body.l > 0.9 => body.lighter(-0.045),
            Ink::Shade => body.lighter(-0.075),
            Ink::Light => body.lighter(0.055),
            Ink::Accent => {
                self.accent.unwrap_or_else(|| body.lighter(if body.l > 0.60 { -0.13 } else { 0.12 }))
            }
            Ink::Cloth => self.accent.unwrap_or_else(|| Lab::lch(0.955, 0.016, 85.0)),
            Ink::Dark => Lab::lch(0.25, 0.02, 270.0),
            Ink::Pale => Lab::lch(0.955, 0.014, 88.0),
            Ink::Wood => Lab::lch(0.46, 0.065, 55.0),
            Ink::Leaf => Lab::lch(0.55, 0.115, 142.0),
            Ink::Glass => Lab::lch(0.84, 0.050, 225.0),
            Ink::Glow => Lab::lch(0.88, 0.130, 90.0),
        }
    }
}

/// A tint with a shade of its own, still what it's called in light and in shadow.
pub fn shade(tint: Tint, rng: &mut Rng) -> Lab {
    let middle = colour::of(tint);
    for shrink in [1.0, 0.6, 0.3, 0.0] {
        let by = |rng: &mut Rng, most: f32| (rng.f32() * 2.0 - 1.0) * most * shrink;
        let (l, chroma, hue) = (by(rng, 0.035), by(rng, 0.09), by(rng, 6.0));
        let lab = Lab::lch(middle.l + l, middle.chroma() * (1.0 + chroma), middle.hue() + hue);
        if [-0.06, 0.0, 0.04].iter().all(|light| colour::is(tint, lab.lighter(*light))) {
            return lab;
        }
    }
    middle
}

/// Moves a thing's colour away from what is behind it, as far as its name allows.
pub fn apart(body: Lab, tint: Tint, behind: Lab) -> Lab {
    let away = if body.l > behind.l { 1.0 } else { -1.0 };
    let tries = [0.0, 0.06, 0.10, 0.14].into_iter().flat_map(|by| [by * away, -by * away]);
    tries
        .map(|by| body.lighter(by))
        .filter(|lab| colour::is(tint, *lab))
        .find(|lab| lab.distance(behind) > 0.15)
        .unwrap_or(body)
}

/// The dress of an item in front of `behind`.
pub fn dress(scene: &Scene, item: &Item, behind: Lab, rng: &mut Rng) -> Dress {
    let tint = scene.body(item);
    let accent = item.accent.map(|accent| shade(accent, rng));
    Dress { body: apart(shade(tint, rng), tint, behind), accent }
}

/// A background for things that were given none: away from all of their colours.
pub fn ground(scene: &Scene, turn: u64) -> Lab {
    let bodies: Vec<Tint> = scene.items.iter().map(|item| scene.body(item)).collect();
    let loose = scene.loose.iter();
    let candidates = GROUNDS.map(|(l, chroma, hue)| Lab::lch(l, chroma, hue));
    let start = usize::try_from(turn % 12).unwrap_or(0);
    let clear = |lab: &&Lab| {
        bodies.iter().chain(loose.clone()).all(|tint| {
            !colour::is(*tint, **lab)
                && colour::of(*tint).distance(**lab) > if tint.tone == Tone::Pale { 0.10 } else { 0.20 }
        })
    };
    candidates
        .iter()
        .cycle()
        .skip(start)
        .take(candidates.len())
        .find(clear)
        .copied()
        .unwrap_or_else(|| Lab::lch(0.94, 0.02, 85.0))
}

/// The colours of a picture of something unknown: two strong, opposed hues, one between them, one dark, one light.
/// A pure function of the prompt's words, so that a judge can tell whose picture it is.
pub fn mood(key: u64) -> [Lab; 5] {
    let part = |shift: u32, most: u16| {
        f32::from(u16::try_from((key >> shift) & 0xff).unwrap_or(0)) / 255.0 * f32::from(most)
    };
    let first = part(8, 360);
    let second = first + 120.0 + part(16, 100);
    [
        Lab::lch(0.62, 0.145, first),
        Lab::lch(0.74, 0.120, second),
        Lab::lch(0.83, 0.080, first + 35.0),
        Lab::lch(0.30, 0.055, second + 20.0),
        Lab::lch(0.945, 0.022, second - 20.0),
    ]
}

/// A neutral that goes with everything.
pub fn cream() -> Lab {
    colour::of(Tint::plain(Colour::White)).mix(colour::of(Tint::plain(Colour::Beige)), 0.4)
}
