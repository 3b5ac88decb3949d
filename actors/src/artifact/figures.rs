//! Figures for people to decide by: shares with how sure they are, means with their spread, percentiles.
//!
//! Pure arithmetic of IEEE doubles, so the same input gives the same digits everywhere. Absent: drawing.

use serde_json::{Value, json};

/// Two-sided 95 % of the normal distribution.
const Z: f64 = 1.959_964;

/// So many of so many.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rate {
    /// How many did.
    pub hits: u32,
    /// Of how many.
    pub of: u32,
}

/// How numbers lie.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spread {
    /// How many they are; at least 1.
    pub count: u32,
    /// Their mean.
    pub mean: f64,
    /// Their standard deviation, as of all there are (not of a sample).
    pub deviation: f64,
}

impl Rate {
    /// Counts one more.
    pub fn count(&mut self, hit: bool) {
        self.of += 1;
        self.hits += u32::from(hit);
    }

    /// 0 to 1; `None` of none.
    pub fn share(self) -> Option<f64> {
        (self.of > 0).then(|| f64::from(self.hits) / f64::from(self.of))
    }

    /// Where the true share lies in 95 of 100 cases: Wilson's score interval, which holds for small numbers and never leaves
    /// 0 to 1. `None` of none.
    pub fn interval(self) -> Option<(f64, f64)> {
        let (share, n) = (self.share()?, f64::from(self.of));
        let (squared, over) = (Z * Z, 1.0 + Z * Z / n);
        let middle = (share + squared / (2.0 * n)) / over;
        let reach = Z / over * (share * (1.0 - share) / n + squared / (4.0 * n * n)).sqrt();
        Some(((middle - reach).max(0.0), (middle + reach).min(1.0)))
    }

    /// `71 %`; a dash of none.
    pub fn shown(self) -> String {
        self.share().map_or_else(|| "–".to_owned(), percent)
    }

    /// As data: the counts, the share and its interval, which are null of none.
    pub fn json(self) -> Value {
        let (low, high) = self.interval().unzip();
        json!({
            "hits": self.hits, "of": self.of, "rate": self.share().map(rounded), "low": low.map(rounded),
            "high": high.map(rounded),
        })
    }
}

/// The mean and the spread; `None` of none.
pub fn spread(numbers: impl Iterator<Item = f64> + Clone) -> Option<Spread> {
    let (count, sum) = numbers.clone().fold((0_u32, 0.0), |(count, sum), number| (count + 1, sum + number));
    if count == 0 {
        return None;
    }
    let mean = sum / f64::from(count);
    let squares: f64 = numbers.map(|number| (number - mean) * (number - mean)).sum();
    Some(Spread { count, mean, deviation: (squares / f64::from(count)).sqrt() })
}

/// The number that `percent` of 100 don't exceed (nearest rank) of `sorted` numbers; `None` of none.
pub fn percentile(sorted: &[u64], percent: usize) -> Option<u64> {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied()
}

/// The heaviest first, and of equals the one that came first. One sort for all: each type that the standard library's sort is
/// made for costs the Worker kilobytes.
pub fn ranked<T>(items: Vec<T>, weight: impl Fn(&T) -> u64) -> Vec<T> {
    let places = items.iter().enumerate();
    let mut order: Vec<(u64, usize)> = places.map(|(at, item)| (u64::MAX - weight(item), at)).collect();
    order.sort_unstable();
    let mut items: Vec<Option<T>> = items.into_iter().map(Some).collect();
    order.into_iter().filter_map(|(_, at)| items.get_mut(at).and_then(Option::take)).collect()
}

/// A number of at least 0 as a weight, to six places; 0 of none.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a cast saturates, and so may a weight"
)]
pub fn weight(number: Option<f64>) -> u64 {
    (number.unwrap_or(0.0) * 1e6).round() as u64
}

/// `71 %`.
pub fn percent(share: f64) -> String {
    format!("{:.0} %", share * 100.0)
}

/// To four places: more would be noise, and less would show.
pub fn rounded(number: f64) -> f64 {
    (number * 10_000.0).round() / 10_000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_is_wilsons() {
        // Newcombe 1998, table I: 81 of 263, and the extremes at which simpler intervals fail.
        for (hits, of, low, high) in [
            (81, 263, 0.2553, 0.3662),
            (15, 148, 0.0624, 0.1605),
            (0, 20, 0.0, 0.1611),
            (1, 29, 0.0061, 0.1718),
        ] {
            let found = Rate { hits, of }.interval().unwrap();
            assert!(
                (found.0 - low).abs() < 0.0001 && (found.1 - high).abs() < 0.0001,
                "{hits}/{of}: {found:?}"
            );
        }
        assert_eq!((Rate::default().interval(), Rate::default().shown()), (None, "–".to_owned()));
        let (_, high) = Rate { hits: 3, of: 3 }.interval().unwrap();
        assert!((high - 1.0).abs() < f64::EPSILON);
    }

    #[test]
    fn percentiles_are_numbers_that_were_there() {
        let numbers: Vec<u64> = (1..=20).collect();
        assert_eq!((percentile(&numbers, 50), percentile(&numbers, 95)), (Some(10), Some(19)));
        assert_eq!(
            (percentile(&[7], 50), percentile(&[7], 95), percentile(&[], 50)),
            (Some(7), Some(7), None)
        );
    }

    #[test]
    fn equals_stay_as_they_came() {
        assert_eq!(ranked(vec!["a", "ccc", "b", "dd"], |word| word.len() as u64), ["ccc", "dd", "a", "b"]);
        assert!(weight(Some(9.25)) > weight(Some(9.2)) && weight(None) == 0);
    }

    #[test]
    fn a_spread_is_of_all_there_are() {
        let found = spread([2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0].into_iter()).unwrap();
        assert_eq!((found.count, found.mean, found.deviation), (8, 5.0, 2.0));
        assert_eq!(spread(std::iter::empty()), None);
    }
}
