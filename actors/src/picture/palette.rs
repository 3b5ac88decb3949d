//! A picture's dominant colours.
//!
//! The cells of its hash are counted into a coarse cube of red, green and blue (32 levels a step), and what people would call
//! the same colour is put together, the commoner first: near is told by "redmean" (T. Riemersma, "Colour metric"), which follows
//! the eye closely enough for swatches and needs whole numbers only. So the same picture has the same palette everywhere.
//! Absent: transparency (it's black, as in the hash) and colour management.

use std::collections::BTreeMap;

/// Colours in a palette, at most.
pub const COLOURS: usize = 5;
/// Levels that share a step of the cube: a byte's upper three bits.
const STEP: u8 = 32;
/// Colours nearer than this are one: redmean's distance, squared. Black and white are 584,970 apart.
const NEAR: u32 = 8_000;
/// A colour of less than one cell in so many isn't dominant.
const RARE: u32 = 100;

/// Red, green and blue.
pub type Colour = [u8; 3];

/// The dominant colours of these, the most common first.
pub fn dominant(colours: impl Iterator<Item = Colour>) -> Vec<Colour> {
    let mut cube: BTreeMap<Colour, ([u32; 3], u32)> = BTreeMap::new();
    for colour in colours {
        let (sums, number) = cube.entry(colour.map(|channel| channel / STEP)).or_default();
        for (sum, channel) in sums.iter_mut().zip(colour) {
            *sum += u32::from(channel);
        }
        *number += 1;
    }
    let mean = |(sums, number): ([u32; 3], u32)| {
        (sums.map(|sum| u8::try_from(sum / number.max(1)).unwrap_or(u8::MAX)), number)
    };
    let mut counted = merged(cube.into_values().map(mean).collect());
    let rare = counted.iter().map(|(_, number)| number).sum::<u32>() / RARE;
    counted.retain(|(_, number)| *number > rare);
    counted.into_iter().map(|(colour, _)| colour).take(COLOURS).collect()
}

/// Colours with their weights, of which near ones become the heaviest of them; the heaviest first.
pub fn merged(mut colours: Vec<(Colour, u32)>) -> Vec<(Colour, u32)> {
    let heaviest_first = |(colour, weight): &(Colour, u32)| (u32::MAX - weight, *colour);
    colours.sort_unstable_by_key(heaviest_first);
    let mut kept: Vec<(Colour, u32)> = Vec::new();
    for (colour, weight) in colours {
        match kept.iter_mut().find(|(known, _)| distance(*known, colour) < NEAR) {
            Some((_, sum)) => *sum += weight,
            None => kept.push((colour, weight)),
        }
    }
    kept.sort_unstable_by_key(heaviest_first);
    kept
}

/// `#rrggbb`.
pub fn written([red, green, blue]: Colour) -> String {
    format!("#{red:02x}{green:02x}{blue:02x}")
}

/// Reads what [`written`] wrote; nothing else.
pub fn read(text: &str) -> Option<Colour> {
    let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6)?;
    digits.bytes().all(|digit| digit.is_ascii_hexdigit()).then_some(())?;
    let [_, red, green, blue] = u32::from_str_radix(digits, 16).ok()?.to_be_bytes();
    Some([red, green, blue])
}

/// How far apart two colours look, squared.
fn distance(one: Colour, other: Colour) -> u32 {
    let [red, green, blue] = [0, 1, 2].map(|at: usize| {
        let level = |colour: Colour| colour.get(at).copied().unwrap_or_default();
        u32::from(level(one).abs_diff(level(other))).pow(2)
    });
    let mean = u32::midpoint(one[0].into(), other[0].into());
    ((512 + mean) * red + 1_024 * green + (767 - mean) * blue) / 256
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_common_comes_first_and_near_ones_are_one() {
        let cells =
            [([200, 30, 30], 500), ([206, 34, 28], 100), ([20, 20, 120], 300), ([250, 250, 250], 200)];
        let cells = cells.into_iter().flat_map(|(colour, number)| std::iter::repeat_n(colour, number));
        assert_eq!(dominant(cells), [[200, 30, 30], [20, 20, 120], [250, 250, 250]]);
    }

    #[test]
    fn a_speck_is_no_dominant_colour_and_there_are_five_at_most() {
        let speck = std::iter::repeat_n([0, 0, 0], 999).chain([[255, 0, 0]]);
        assert_eq!(dominant(speck), [[0, 0, 0]]);
        let corners = (0..8).map(|n| [n & 1, n >> 1 & 1, n >> 2].map(|bit| bit * 255));
        assert_eq!(dominant(corners).len(), COLOURS);
        assert_eq!(dominant(std::iter::empty()), [[0; 3]; 0]);
    }

    #[test]
    fn the_distance_is_the_eyes() {
        assert_eq!(distance([0; 3], [255; 3]), 584_970);
        assert!(distance([0, 200, 0], [0, 230, 0]) > distance([0, 0, 200], [0, 0, 230]), "green counts more");
        assert_eq!(distance([9, 8, 7], [9, 8, 7]), 0);
    }

    #[test]
    fn colours_are_read_as_they_are_written() {
        assert_eq!(read(&written([1, 171, 255])), Some([1, 171, 255]));
        for text in ["", "#", "#12345", "#1234567", "123456", "#12345g", "#+12345", "#äöü", "#12 456"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
