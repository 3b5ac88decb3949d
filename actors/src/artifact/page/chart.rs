//! Charts as rows of numbers, each with the sentence that says the same: `templates/charts.html` draws them as inline SVG.
//!
//! Positions are percentages of the drawing's width, so a chart is as wide as its column, on a phone as on paper, and takes its
//! colours from the page's style sheet, in the dark too.

use crate::artifact::figures::{Rate, percent};
use crate::artifact::page::text;

/// A share of a whole, in a bar of several.
#[derive(Debug, Clone)]
pub struct Bar {
    /// For people: `Meets the brief`.
    pub name: String,
    /// In a class name.
    pub key: &'static str,
    /// `17`.
    pub value: String,
    /// Where it begins, in percent.
    pub from: f64,
    /// How long it is, in percent.
    pub length: f64,
}

/// A dot on a line, with how far around it the truth may be.
#[derive(Debug, Clone)]
pub struct Dots {
    /// For people: `OpenAI`.
    pub name: String,
    /// `71 %`.
    pub value: String,
    /// `12 of 17`.
    pub note: String,
    /// Where the dots are, in percent: one, or the median and a high percentile.
    pub at: Vec<f64>,
    /// From where to where the line is, in percent.
    pub range: Option<(f64, f64)>,
    /// All of it, for who can't see it.
    pub said: String,
}

impl Bar {
    /// Shares of their sum; none of nothing.
    pub fn shares(parts: &[(&str, &'static str, u32)]) -> Vec<Self> {
        let sum: u32 = parts.iter().map(|(_, _, number)| number).sum();
        let mut from = 0.0;
        let share = |(name, key, number): &(&str, &'static str, u32)| {
            let length = f64::from(*number) * 100.0 / f64::from(sum);
            let bar = Self { name: (*name).to_owned(), key, value: number.to_string(), from, length };
            from += length;
            bar
        };
        if sum == 0 { Vec::new() } else { parts.iter().map(share).collect() }
    }
}

impl Dots {
    /// A share with its interval, on a line from 0 to 100 %.
    pub fn of_rate(name: &str, rate: Rate) -> Self {
        let note = format!("{} of {}", rate.hits, rate.of);
        let range = rate.interval();
        let between =
            range.map(|(low, high)| format!(", likely between {} and {}", percent(low), percent(high)));
        let name = text::cut(&text::line(name), 60);
        Self {
            said: format!("{name}: {}, {note}{}", rate.shown(), between.unwrap_or_default()),
            value: rate.shown(),
            note,
            at: rate.share().map(|share| share * 100.0).into_iter().collect(),
            range: range.map(|(low, high)| (low * 100.0, high * 100.0)),
            name,
        }
    }

    /// Two numbers of the same kind on a line from 0 to `most`, the first the usual, the second the rare one.
    pub fn of_pair(name: &str, (usual, rare): (f64, f64), most: f64, value: String, note: String) -> Self {
        let at = |number: f64| if most > 0.0 { number * 100.0 / most } else { 0.0 };
        Self {
            said: format!("{name}: {value}, {note}"),
            name: name.to_owned(),
            value,
            note,
            at: vec![at(usual), at(rare)],
            range: Some((at(usual), at(rare))),
        }
    }

    /// An amount on a line from 0 to `most`.
    pub fn of_amount(name: &str, amount: f64, most: f64, value: String, note: String) -> Self {
        let pair = Self::of_pair(name, (0.0, amount), most, value, note);
        Self { at: pair.at.into_iter().skip(1).collect(), ..pair }
    }
}
