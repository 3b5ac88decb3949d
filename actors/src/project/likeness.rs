//! When two pictures are nearly the same: the distance of their perceptual hashes, in bits.

use serde::{Deserialize, Serialize};

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

/// The largest threshold that a project may set: beyond, different pictures of one prompt are taken for twins.
pub const THRESHOLD_MAX: u32 = 64;

/// What a project does with a near-duplicate. All of them are kept: none is ever deleted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// It's marked, stays out of the tree, and later pictures aren't measured by it.
    #[default]
    Mark,
    /// It's in the tree, under the picture that it nearly equals, by which alone later ones are measured.
    Stack,
    /// It's in the tree as any other picture is.
    Keep,
}

impl Action {
    /// The spelling everywhere.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Mark => "mark",
            Self::Stack => "stack",
            Self::Keep => "keep",
        }
    }

    /// Reads the spelling; anything else is `None`.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Mark, Self::Stack, Self::Keep].into_iter().find(|action| action.as_str() == text)
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks by reference")]
    pub(crate) fn is_usual(&self) -> bool {
        *self == Self::default()
    }
}

/// How a project compares its pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// Bits, of 256: pictures at most this far apart are near-duplicates.
    pub threshold: u32,
    /// What is done with them.
    pub action: Action,
}

impl Default for Settings {
    fn default() -> Self {
        Self { threshold: THRESHOLD, action: Action::Mark }
    }
}

/// A change of [`Settings`], for pictures that come from then on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// At most [`THRESHOLD_MAX`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threshold: Option<u32>,
    /// What is done with near-duplicates.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<Action>,
}

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
    settings: Settings,
) -> Option<NearDuplicate> {
    if hash.is_flat() {
        return None;
    }
    others
        .filter(|(_, other)| !other.is_flat())
        .map(|(id, other)| (hash.distance(other), id))
        .filter(|(distance, _)| *distance <= settings.threshold)
        .min_by_key(|(distance, _)| *distance)
        .map(|(distance, id)| NearDuplicate { progression_id: id.clone(), distance, action: settings.action })
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
        let nearest = |others: &[(&_, _)]| nearest(base, others.iter().copied(), Settings::default());
        let found = nearest(&others).unwrap();
        assert_eq!((found.progression_id, found.distance), (ids[2].clone(), 2));
        assert_eq!(nearest(&[(&ids[1], at_threshold)]).unwrap().distance, THRESHOLD);
        assert_eq!(nearest(&[(&ids[0], beyond)]), None);
    }

    #[test]
    fn a_project_says_how_near_is_near_and_what_is_done() {
        let id = ProgressionId::parse("4fZk0PqLx81mWd2C-9aX2kLm0Qw3E-0").unwrap();
        let base = hash("0f");
        let near = Hash([base.0[0] ^ 0b11, base.0[1], base.0[2], base.0[3]]);
        let found = |threshold, action| {
            nearest(near, [(&id, base)].into_iter(), Settings { threshold, action }).map(|it| it.action)
        };
        assert_eq!(found(1, Action::Mark), None);
        assert_eq!(found(2, Action::Stack), Some(Action::Stack));
        assert_eq!(found(THRESHOLD_MAX, Action::Keep), Some(Action::Keep));
    }

    #[test]
    fn flat_pictures_are_like_nothing() {
        let id = ProgressionId::parse("4fZk0PqLx81mWd2C-9aX2kLm0Qw3E-0").unwrap();
        let black = hash("00");
        assert_eq!(nearest(black, [(&id, black)].into_iter(), Settings::default()), None);
    }

    #[test]
    fn what_is_not_a_hash_is_none() {
        for text in ["", "0", &"g".repeat(64), &"0".repeat(63), &"é".repeat(32), &"0".repeat(65)] {
            assert_eq!(Hash::parse(text), None, "{text:?}");
        }
    }
}
