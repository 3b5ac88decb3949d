//! When two pictures are nearly the same: the distance of their perceptual hashes, in bits.

use crate::ids::ProgressionId;
use crate::job::message::NearDuplicate;

/// Pictures at most this far apart, of 256 bits, are near-duplicates, unless their project says otherwise.
///
/// From the labelled set in `actors/tests/pictures/alike.rs`: different pictures of the same prompt are more than 64 bits
/// apart, so that up to there nothing is marked wrongly; re-encoded, resized, noisy and gamma-corrected copies are within 26, a
/// watermark and a small edit mostly within 40, a crop of 5 % mostly beyond. Two thirds of the way to the first mistake: marking a
/// wanted picture is worse than keeping a twin, and a model's pictures of one prompt can be more alike than painted ones.
pub const THRESHOLD: u32 = 40;

/// Bits of a hash.
const BITS: usize = 256;

/// A hash in four words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hash([u64; 4]);

impl Hash {
    /// Reads 64 hexadecimal digits.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() * 4 != BITS || !text.is_ascii() {
            return None;
        }
        let mut words = [0; 4];
        for (word, start) in words.iter_mut().zip((0..).step_by(16)) {
            *word = u64::from_str_radix(text.get(start..start + 16)?, 16).ok()?;
        }
        Some(Self(words))
    }

    /// Bits that differ.
    pub fn distance(self, other: Self) -> u32 {
        self.0.iter().zip(other.0).map(|(a, b)| (a ^ b).count_ones()).sum()
    }

    /// A picture without detail (one colour, a plain gradient) has a hash that says nothing: nearly all of its bits are the
    /// same, and any two such pictures look alike to it.
    pub fn is_flat(self) -> bool {
        let ones: u32 = self.0.iter().map(|word| word.count_ones()).sum();
        !(32..=224).contains(&ones)
    }
}

/// The nearest of `others`, if it's near enough. Equal distances go to the first.
pub fn nearest<'a>(
    hash: Hash,
    others: impl Iterator<Item = (&'a ProgressionId, Hash)>,
) -> Option<NearDuplicate> {
    if hash.is_flat() {
        return None;
    }
    others
        .filter(|(_, other)| !other.is_flat())
        .map(|(id, other)| (hash.distance(other), id))
        .filter(|(distance, _)| *distance <= THRESHOLD)
        .min_by_key(|(distance, _)| *distance)
        .map(|(distance, id)| NearDuplicate { progression_id: id.clone(), distance })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash(text: &str) -> Hash {
        Hash::parse(&text.repeat(64 / text.len())).unwrap()
    }

    #[test]
    fn the_nearest_within_the_threshold_is_found() {
        let ids: Vec<ProgressionId> = (0..3)
            .map(|n| ProgressionId::parse(&format!("4fZk0PqLx81mWd2C-9aX2kLm0Qw3E-{n}")).unwrap())
            .collect();
        let base = hash("0f");
        let near = Hash([base.0[0] ^ 0b11, base.0[1], base.0[2], base.0[3]]);
        let at_threshold = Hash([base.0[0] ^ ((1 << THRESHOLD) - 1), base.0[1], base.0[2], base.0[3]]);
        let beyond = Hash([base.0[0] ^ ((2 << THRESHOLD) - 1), base.0[1], base.0[2], base.0[3]]);
        let others = [(&ids[0], beyond), (&ids[1], at_threshold), (&ids[2], near)];
        let found = nearest(base, others.into_iter()).unwrap();
        assert_eq!((found.progression_id, found.distance), (ids[2].clone(), 2));
        assert_eq!(nearest(base, [(&ids[1], at_threshold)].into_iter()).unwrap().distance, THRESHOLD);
        assert_eq!(nearest(base, [(&ids[0], beyond)].into_iter()), None);
    }

    #[test]
    fn flat_pictures_are_like_nothing() {
        let id = ProgressionId::parse("4fZk0PqLx81mWd2C-9aX2kLm0Qw3E-0").unwrap();
        let black = hash("00");
        assert_eq!(nearest(black, [(&id, black)].into_iter()), None);
    }

    #[test]
    fn what_is_not_a_hash_is_none() {
        for text in ["", "0", &"g".repeat(64), &"0".repeat(63), &"é".repeat(32), &"0".repeat(65)] {
            assert_eq!(Hash::parse(text), None, "{text:?}");
        }
    }
}
