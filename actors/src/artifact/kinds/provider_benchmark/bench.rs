//! What is measured of each model.

use std::collections::BTreeMap;

use crate::artifact::figures::{self, Rate};
use crate::artifact::page::Verdict;
use crate::gallery::{Calls, Gallery, Image};
use crate::provider::Provider;

/// Everything that is compared.
pub(super) struct Bench<'a> {
    /// By provider and model.
    pub rows: Vec<Row<'a>>,
    /// Calls that make no pictures.
    pub others: Vec<Calls>,
}

/// One model.
#[derive(Default)]
pub(super) struct Row<'a> {
    pub provider: Option<Provider>,
    /// Empty where it isn't known.
    pub model: &'a str,
    /// Near-duplicates included.
    pub pictures: u32,
    pub passed: Rate,
    pub undecided: u32,
    pub near_duplicates: Rate,
    /// What the provider took, in milliseconds, sorted.
    pub times: Vec<u64>,
    pub calls: u32,
    pub unpriced: u32,
    /// Of the calls whose cost is known; `None` where there are none.
    pub nanousd: Option<u64>,
}

impl<'a> Bench<'a> {
    pub fn of(galleries: &'a [Gallery]) -> Self {
        let mut rows: BTreeMap<(Option<Provider>, &str), Row<'a>> = BTreeMap::new();
        let mut others: BTreeMap<_, Calls> = BTreeMap::new();
        for image in galleries.iter().flat_map(|gallery| &gallery.images) {
            let model = image.model.as_deref().unwrap_or_default();
            rows.entry((image.provider, model)).or_default().add(image);
        }
        for calls in galleries.iter().flat_map(|gallery| &gallery.calls) {
            let model = calls.model.as_deref().unwrap_or_default();
            if calls.task == "generate" {
                rows.entry((calls.provider, model)).or_default().spend(calls);
            } else {
                let key = (calls.task.as_str(), calls.provider, model);
                let sum = others.entry(key).or_insert_with(|| Calls {
                    calls: 0,
                    unpriced: 0,
                    nanousd: None,
                    ..calls.clone()
                });
                sum.calls += calls.calls;
                sum.unpriced += calls.unpriced;
                sum.nanousd = known(sum.nanousd, calls.nanousd);
            }
        }
        let row = |((provider, model), mut row): (_, Row<'a>)| {
            row.times.sort_unstable();
            Row { provider, model, ..row }
        };
        Self { rows: rows.into_iter().map(row).collect(), others: others.into_values().collect() }
    }
}

impl Row<'_> {
    /// A percentile of the times, in milliseconds.
    pub fn time(&self, percent: usize) -> Option<u64> {
        figures::percentile(&self.times, percent)
    }

    /// What a call of known cost has cost on average, in dollars.
    #[expect(clippy::cast_precision_loss, reason = "no amount here reaches 2^53")]
    pub fn mean_cost(&self) -> Option<f64> {
        let priced = self.calls - self.unpriced.min(self.calls);
        self.nanousd.filter(|_| priced > 0).map(|sum| sum as f64 / 1e9 / f64::from(priced))
    }

    fn add(&mut self, image: &Image) {
        self.pictures += 1;
        self.near_duplicates.count(image.near_duplicate_of.is_some());
        if image.near_duplicate_of.is_some() {
            return;
        }
        self.times.extend(image.provider_ms);
        match Verdict::of(image) {
            Verdict::Open => self.undecided += 1,
            verdict => self.passed.count(verdict == Verdict::Pass),
        }
    }

    fn spend(&mut self, calls: &Calls) {
        self.calls += calls.calls;
        self.unpriced += calls.unpriced;
        self.nanousd = known(self.nanousd, calls.nanousd);
    }
}

/// The sum of what is known; `None` where nothing is.
fn known(one: Option<u64>, other: Option<u64>) -> Option<u64> {
    one.map_or(other, |one| Some(one.saturating_add(other.unwrap_or(0))))
}
