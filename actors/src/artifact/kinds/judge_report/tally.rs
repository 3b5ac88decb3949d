//! What is counted: once, for the page and for the data beside it.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{CRITERIA, scores};
use crate::artifact::figures::{self, Rate, Spread};
use crate::artifact::page::{Verdict, note, provider_label, tags, text};
use crate::gallery::{Gallery, Image};

/// Tags that are shown of a group.
const TAGS: usize = 8;

/// The counts. Near-duplicates are in none but their own.
pub(super) struct Tally<'a> {
    /// Each with its project's name.
    pub images: Vec<(&'a str, &'a Image)>,
    pub verdicts: Rate,
    pub undecided: Vec<&'a Image>,
    pub duplicates: usize,
    pub criteria: Vec<Criterion>,
    pub providers: Vec<(&'static str, Rate)>,
    pub operations: Vec<(&'a str, Rate)>,
    /// The largest first.
    pub failures: Vec<Group<'a>>,
}

/// One question of the rubric.
pub(super) struct Criterion {
    pub name: &'static str,
    pub spread: Option<Spread>,
    /// How many pictures have each score from 0 to 10.
    pub distribution: [u32; 11],
}

/// Failures that have their lowest score at the same criterion.
pub(super) struct Group<'a> {
    /// `None` where the judge gave no scores.
    pub criterion: Option<&'static str>,
    pub number: usize,
    /// Tags that failures have more often than what passed, with how many have them.
    pub tags: Vec<(String, u32)>,
    /// The reason with most pictures first.
    pub reasons: Vec<Reason<'a>>,
}

/// Failures of which the judge said the same.
pub(super) struct Reason<'a> {
    pub notes: String,
    /// Each once.
    pub suggestions: Vec<String>,
    pub images: Vec<&'a Image>,
}

impl<'a> Tally<'a> {
    pub fn of(galleries: &'a [Gallery]) -> Self {
        let all = galleries.iter().flat_map(|one| one.images.iter().map(|image| (one.name.as_str(), image)));
        let (duplicates, images): (Vec<_>, Vec<_>) =
            all.partition(|(_, image)| image.near_duplicate_of.is_some());
        let (mut verdicts, mut undecided) = (Rate::default(), Vec::new());
        let mut providers: BTreeMap<_, Rate> = BTreeMap::new();
        let mut operations: BTreeMap<&str, Rate> = BTreeMap::new();
        for (_, image) in &images {
            let verdict = Verdict::of(image);
            if verdict == Verdict::Open {
                undecided.push(*image);
                continue;
            }
            let passed = verdict == Verdict::Pass;
            verdicts.count(passed);
            providers.entry(image.provider).or_default().count(passed);
            operations.entry(&image.operation).or_default().count(passed);
        }
        let criterion = |(at, name)| Criterion::of(name, at, &images);
        Self {
            criteria: CRITERIA.into_iter().enumerate().map(criterion).collect(),
            failures: failures(&images),
            providers: providers
                .into_iter()
                .map(|(provider, rate)| (provider_label(provider), rate))
                .collect(),
            operations: operations.into_iter().collect(),
            duplicates: duplicates.len(),
            images,
            verdicts,
            undecided,
        }
    }
}

impl Criterion {
    fn of(name: &'static str, at: usize, images: &[(&str, &Image)]) -> Self {
        let given = images.iter().filter_map(|(_, image)| scores(image).get(at).copied().flatten());
        let mut distribution = [0; 11];
        for score in given.clone() {
            if let Some(number) = distribution.get_mut(usize::from(score)) {
                *number += 1;
            }
        }
        Self { name, spread: figures::spread(given.map(f64::from)), distribution }
    }

    pub fn json(&self) -> Value {
        json!({
            "name": self.name, "count": self.spread.map_or(0, |spread| spread.count),
            "mean": self.spread.map(|spread| figures::rounded(spread.mean)),
            "standardDeviation": self.spread.map(|spread| figures::rounded(spread.deviation)),
            "distribution": self.distribution,
        })
    }
}

impl Group<'_> {
    pub fn json(&self) -> Value {
        let tags: Vec<Value> =
            self.tags.iter().map(|(tag, count)| json!({ "tag": tag, "count": count })).collect();
        let reason = |reason: &Reason<'_>| {
            let ids: Vec<&str> = reason.images.iter().map(|image| image.id.as_str()).collect();
            json!({ "notes": reason.notes, "retrySuggestions": reason.suggestions, "images": ids })
        };
        let reasons: Vec<Value> = self.reasons.iter().map(reason).collect();
        json!({ "lowest": self.criterion, "count": self.number, "tags": tags, "reasons": reasons })
    }
}

fn failures<'a>(images: &[(&'a str, &'a Image)]) -> Vec<Group<'a>> {
    let of =
        |wanted| images.iter().map(|(_, image)| *image).filter(move |image| Verdict::of(image) == wanted);
    let mut groups: BTreeMap<Option<usize>, Vec<&Image>> = BTreeMap::new();
    for image in of(Verdict::Fail) {
        groups.entry(lowest(image)).or_default().push(image);
    }
    let usual = Tags::of(of(Verdict::Pass));
    let group = |(criterion, images): (Option<usize>, Vec<&'a Image>)| Group {
        criterion: criterion.and_then(|at| CRITERIA.get(at)).copied(),
        number: images.len(),
        tags: Tags::of(images.iter().copied()).more_than(&usual),
        reasons: reasons(images),
    };
    let groups: Vec<Group<'a>> = groups.into_iter().map(group).collect();
    figures::ranked(groups, |group| if group.criterion.is_some() { group.number as u64 } else { 0 })
}

/// The criterion with the lowest score; of several, the rubric's first.
fn lowest(image: &Image) -> Option<usize> {
    let given = scores(image).into_iter().enumerate().filter_map(|(at, score)| Some((score?, at)));
    given.min().map(|(_, at)| at)
}

fn reasons(images: Vec<&Image>) -> Vec<Reason<'_>> {
    let mut by_notes: BTreeMap<String, Reason<'_>> = BTreeMap::new();
    for image in images {
        let notes = note(image.notes.as_ref());
        let new = || Reason { notes: notes.clone(), suggestions: Vec::new(), images: Vec::new() };
        let reason = by_notes.entry(text::line(&notes).to_lowercase()).or_insert_with(new);
        let suggestion = note(image.retry_suggestion.as_ref());
        if !suggestion.is_empty() && !reason.suggestions.contains(&suggestion) {
            reason.suggestions.push(suggestion);
        }
        reason.images.push(image);
    }
    figures::ranked(by_notes.into_values().collect(), |reason| reason.images.len() as u64)
}

/// How many pictures have each tag.
struct Tags {
    images: u32,
    counts: BTreeMap<String, u32>,
}

impl Tags {
    fn of<'a>(images: impl Iterator<Item = &'a Image>) -> Self {
        let mut found = Self { images: 0, counts: BTreeMap::new() };
        for image in images {
            found.images += 1;
            for tag in tags(image) {
                *found.counts.entry(tag).or_default() += 1;
            }
        }
        found
    }

    /// Those that are more frequent here than there, the most frequent first: a tag that all pictures have explains nothing.
    fn more_than(self, usual: &Self) -> Vec<(String, u32)> {
        let often = |tag: &str| usual.counts.get(tag).copied().unwrap_or(0);
        let mut telling: Vec<(String, u32)> = self.counts.into_iter().collect();
        telling.retain(|(tag, count)| {
            u64::from(*count) * u64::from(usual.images.max(1))
                > u64::from(often(tag)) * u64::from(self.images)
        });
        let mut telling = figures::ranked(telling, |(_, count)| u64::from(*count));
        telling.truncate(TAGS);
        telling
    }
}
