//! Colour in a perceptual space (Oklab, after Björn Ottosson): what a named colour looks like, and which pixels people
//! would call by that name. The painter and the vision model share only this; the regions overlap on purpose, because
//! people's do.

use crate::scene::{Colour, Scene, Tint, Tone};

/// A colour in Oklab: lightness 0 to 1, and the two opponent axes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Lab {
    /// Lightness, 0 black to 1 white.
    pub l: f32,
    /// Green to red.
    pub a: f32,
    /// Blue to yellow.
    pub b: f32,
}

impl Lab {
    /// From lightness, chroma (0 to about 0.32) and hue in degrees.
    pub fn lch(l: f32, chroma: f32, hue: f32) -> Self {
        let (sin, cos) = hue.to_radians().sin_cos();
        Self { l, a: chroma * cos, b: chroma * sin }
    }

    /// From 8-bit sRGB.
    #[expect(clippy::many_single_char_names, reason = "the names of the axes")]
    pub fn from_rgb([r, g, b]: [u8; 3]) -> Self {
        let [r, g, b] = [r, g, b].map(|channel| linear(f32::from(channel) / 255.0));
        let l = (0.412_221_46 * r + 0.536_332_55 * g + 0.051_445_995 * b).cbrt();
        let m = (0.211_903_5 * r + 0.680_699_5 * g + 0.107_396_96 * b).cbrt();
        let s = (0.088_302_46 * r + 0.281_718_85 * g + 0.629_978_7 * b).cbrt();
        Self {
            l: 0.210_454_26 * l + 0.793_617_8 * m - 0.004_072_047 * s,
            a: 1.977_998_5 * l - 2.428_592_2 * m + 0.450_593_7 * s,
            b: 0.025_904_037 * l + 0.782_771_77 * m - 0.808_675_77 * s,
        }
    }

    /// To sRGB, 0 to 1 a channel; what the screen can't show is clipped.
    pub fn to_rgb(self) -> [f32; 3] {
        let l = (self.l + 0.396_337_78 * self.a + 0.215_803_76 * self.b).powi(3);
        let m = (self.l - 0.105_561_346 * self.a - 0.063_854_17 * self.b).powi(3);
        let s = (self.l - 0.089_484_18 * self.a - 1.291_485_5 * self.b).powi(3);
        [
            4.076_741_7 * l - 3.307_711_6 * m + 0.230_969_94 * s,
            -1.268_438 * l + 2.609_757_4 * m - 0.341_319_38 * s,
            -0.004_196_086_3 * l - 0.703_418_6 * m + 1.707_614_7 * s,
        ]
        .map(|channel| companded(channel.clamp(0.0, 1.0)))
    }

    /// Colourfulness.
    pub fn chroma(self) -> f32 {
        self.a.hypot(self.b)
    }

    /// Hue in degrees, 0 to 360.
    pub fn hue(self) -> f32 {
        self.b.atan2(self.a).to_degrees().rem_euclid(360.0)
    }

    /// Lighter (or darker) by `by`, with the chroma that such a lightness can carry.
    #[must_use]
    pub fn lighter(self, by: f32) -> Self {
        let l = (self.l + by).clamp(0.02, 0.995);
        let fade = if by > 0.0 { 1.0 - by * 0.6 } else { 1.0 + by * 0.35 };
        Self { l, a: self.a * fade, b: self.b * fade }
    }

    /// `part` of the way to another colour.
    #[must_use]
    pub fn mix(self, other: Self, part: f32) -> Self {
        let go = |from: f32, to: f32| from + (to - from) * part;
        Self { l: go(self.l, other.l), a: go(self.a, other.a), b: go(self.b, other.b) }
    }

    /// How different two colours look; 0.02 is just visible, red to blue is about 0.5.
    pub fn distance(self, other: Self) -> f32 {
        let (l, a, b) = (self.l - other.l, self.a - other.a, self.b - other.b);
        (l * l + a * a + b * b).sqrt()
    }
}

/// The middle of what a tint means.
pub fn of(tint: Tint) -> Lab {
    let (l, chroma, hue) = match tint.colour {
        Colour::Red => (0.58, 0.205, 27.0),
        Colour::Orange => (0.73, 0.165, 56.0),
        Colour::Yellow => (0.88, 0.165, 98.0),
        Colour::Gold => (0.77, 0.135, 83.0),
        Colour::Green => (0.60, 0.135, 148.0),
        Colour::Teal => (0.62, 0.100, 195.0),
        Colour::Blue => (0.55, 0.160, 256.0),
        Colour::Purple => (0.52, 0.165, 303.0),
        Colour::Pink => (0.76, 0.125, 2.0),
        Colour::Brown => (0.43, 0.075, 52.0),
        Colour::Beige => (0.88, 0.045, 82.0),
        Colour::Black => (0.20, 0.012, 270.0),
        Colour::Grey => (0.62, 0.010, 260.0),
        Colour::White => (0.968, 0.006, 90.0),
    };
    let neutral = matches!(tint.colour, Colour::Black | Colour::White);
    match tint.tone {
        Tone::Plain => Lab::lch(l, chroma, hue),
        _ if neutral => Lab::lch(l, chroma, hue),
        Tone::Pale => Lab::lch(l + (0.93 - l) * 0.62, chroma * 0.55, hue),
        // A dark yellow is no longer yellow; it stays lighter than the others do.
        Tone::Deep => match tint.colour {
            Colour::Yellow | Colour::Gold | Colour::Beige => Lab::lch(l - 0.10, chroma, hue - 5.0),
            Colour::Orange => Lab::lch(0.56, 0.13, 42.0),
            Colour::Pink => Lab::lch(0.60, 0.21, 355.0),
            _ => Lab::lch(l * 0.66, chroma * 0.82, hue),
        },
    }
}

/// True when people may call this pixel by the tint's name. Generous: light, shadow, grain and JPEG are in it.
pub fn is(tint: Tint, lab: Lab) -> bool {
    let (l, chroma, hue) = (lab.l, lab.chroma(), lab.hue());
    let from = |low: f32, high: f32| {
        if low <= high { (low..=high).contains(&hue) } else { hue >= low || hue <= high }
    };
    match (tint.colour, tint.tone) {
        (Colour::Red, Tone::Pale) => chroma > 0.05 && from(350.0, 42.0) && l > 0.55,
        (Colour::Red, _) => chroma > 0.085 && from(8.0, 42.0) && (0.20..0.74).contains(&l),
        (Colour::Orange, Tone::Pale) => chroma > 0.045 && from(38.0, 80.0) && l > 0.65,
        (Colour::Orange, Tone::Deep) => chroma > 0.06 && from(28.0, 68.0) && (0.32..0.72).contains(&l),
        (Colour::Orange, _) => chroma > 0.085 && from(40.0, 75.0) && l > 0.52,
        (Colour::Yellow, _) => chroma > 0.07 && from(80.0, 122.0) && l > 0.66,
        (Colour::Gold, _) => chroma > 0.06 && from(64.0, 104.0) && (0.48..0.93).contains(&l),
        (Colour::Green, _) => chroma > 0.035 && from(112.0, 175.0) && (0.18..0.95).contains(&l),
        (Colour::Teal, _) => chroma > 0.042 && from(165.0, 219.0) && (0.18..0.96).contains(&l),
        (Colour::Blue, _) => chroma > 0.035 && from(222.0, 284.0) && (0.10..0.96).contains(&l),
        (Colour::Purple, _) => chroma > 0.035 && from(282.0, 340.0) && (0.12..0.94).contains(&l),
        (Colour::Pink, Tone::Deep) => chroma > 0.09 && from(325.0, 22.0) && l > 0.40,
        (Colour::Pink, _) => chroma > 0.04 && from(328.0, 30.0) && l > 0.58,
        (Colour::Brown, Tone::Pale) => {
            (0.025..0.135).contains(&chroma) && from(25.0, 92.0) && (0.40..0.82).contains(&l)
        }
        (Colour::Brown, _) => {
            (0.025..0.135).contains(&chroma) && from(25.0, 92.0) && (0.20..0.62).contains(&l)
        }
        (Colour::Beige, _) => (0.014..0.095).contains(&chroma) && from(48.0, 112.0) && l > 0.70,
        (Colour::Black, _) => l < 0.34 && chroma < 0.06,
        (Colour::Grey, Tone::Pale) => chroma < 0.035 && (0.55..0.93).contains(&l),
        (Colour::Grey, Tone::Deep) => chroma < 0.045 && (0.22..0.62).contains(&l),
        (Colour::Grey, Tone::Plain) => chroma < 0.038 && (0.36..0.86).contains(&l),
        (Colour::White, _) => l > 0.82 && chroma < 0.045,
    }
}

/// The family whose middle is nearest, for describing a pixel in a word.
pub fn nearest(lab: Lab) -> Colour {
    let fitting = Colour::ALL.into_iter().filter(|colour| is(Tint::plain(*colour), lab));
    let distance = |colour: &Colour| of(Tint::plain(*colour)).distance(lab);
    let best = |a: &Colour, b: &Colour| distance(a).total_cmp(&distance(b));
    fitting.min_by(best).or_else(|| Colour::ALL.into_iter().min_by(best)).unwrap_or(Colour::Grey)
}

/// The colour that an item has when none was asked, unless the picture's own colours leave no contrast.
pub fn natural(scene: &Scene, natural: Tint) -> Tint {
    let around: Vec<Tint> = scene
        .backdrop
        .iter()
        .chain(&scene.loose)
        .copied()
        .chain(scene.ground.and_then(|ground| ground.tint))
        .collect();
    let clashes = |tint: Tint| around.iter().any(|other| is(*other, of(tint)) || is(tint, of(*other)));
    let others = [Colour::White, Colour::Yellow, Colour::Red, Colour::Blue, Colour::Teal];
    std::iter::once(natural)
        .chain(others.map(|colour| Tint { colour, tone: Tone::Plain }))
        .find(|tint| !clashes(*tint))
        .unwrap_or(natural)
}

fn linear(channel: f32) -> f32 {
    if channel <= 0.04045 { channel / 12.92 } else { ((channel + 0.055) / 1.055).powf(2.4) }
}

fn companded(channel: f32) -> f32 {
    if channel <= 0.003_130_8 { channel * 12.92 } else { 1.055 * channel.powf(1.0 / 2.4) - 0.055 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rgb_survives_the_round_trip() {
        for rgb in [[0, 0, 0], [255, 255, 255], [200, 30, 40], [12, 180, 99], [3, 5, 250]] {
            let back = Lab::from_rgb(rgb).to_rgb();
            for (channel, back) in rgb.iter().zip(back) {
                assert!((f32::from(*channel) / 255.0 - back).abs() < 0.004, "{rgb:?} {back}");
            }
        }
    }

    #[test]
    fn every_tint_is_what_it_is_called_and_survives_the_screen() {
        for colour in Colour::ALL {
            for tone in [Tone::Pale, Tone::Plain, Tone::Deep] {
                let tint = Tint { colour, tone };
                let [r, g, b] = of(tint).to_rgb().map(|channel| (channel * 255.0).round());
                #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 255")]
                let shown = Lab::from_rgb([r as u8, g as u8, b as u8]);
                assert!(is(tint, shown), "{tint:?} {shown:?} c {} h {}", shown.chroma(), shown.hue());
            }
        }
    }

    #[test]
    fn names_that_people_tell_apart_are_told_apart() {
        use Colour::{Black, Blue, Green, Orange, Pink, Purple, Red, Teal, White, Yellow};
        let apart = [
            (Red, Blue),
            (Red, Green),
            (Red, Orange),
            (Blue, Green),
            (Blue, Purple),
            (Green, Teal),
            (Yellow, Green),
            (Pink, Purple),
            (Black, White),
            (Orange, Pink),
            (Yellow, Orange),
            (Teal, Blue),
            (Pink, Red),
        ];
        for (one, other) in apart {
            assert!(!is(Tint::plain(one), of(Tint::plain(other))), "{other:?} taken for {one:?}");
            assert!(!is(Tint::plain(other), of(Tint::plain(one))), "{one:?} taken for {other:?}");
        }
    }
}
