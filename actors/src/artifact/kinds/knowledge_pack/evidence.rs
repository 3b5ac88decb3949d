//! What the pictures say for and against each tip and each prompt. Near-duplicates say nothing new and aren't counted.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::artifact::figures::{self, Rate};
use crate::artifact::material::Material;
use crate::artifact::page::{Verdict, delivery};
use crate::gallery::Image;
use crate::provider::Provider;

/// Examples of a tip, and prompts that are listed.
const EXAMPLES: usize = 3;
const PROMPTS: usize = 100;

pub(super) struct Evidence<'a> {
    pub judged: Rate,
    /// Those with most pictures first.
    pub tips: Vec<Tip<'a>>,
    /// The best first.
    pub prompts: Vec<Worked<'a>>,
}

/// A tip in one version.
pub(super) struct Tip<'a> {
    /// `openai/exact-scope@1`
    pub id: &'a str,
    pub title: Option<String>,
    pub words: Option<String>,
    pub source: Option<String>,
    /// Why its words aren't here.
    pub missing: Option<&'static str>,
    pub pictures: u32,
    pub with: Rate,
    /// Of the same maker's other pictures.
    pub without: Rate,
    pub examples: Vec<&'a Image>,
}

/// A prompt of which something passed.
pub(super) struct Worked<'a> {
    pub prompt: &'a str,
    pub passed: Rate,
    /// Of those that passed, 0 to 10.
    pub score: Option<f64>,
    pub best: &'a Image,
}

/// The mean of a picture's scores, safety left out: nearly everything is safe. `None` without scores.
pub(super) fn score(image: &Image) -> Option<f64> {
    let scores = image.scores?;
    let given = [scores.subject, scores.composition, scores.text, scores.style];
    let given = given.into_iter().flatten().map(f64::from);
    figures::spread(given).map(|spread| spread.mean)
}

impl<'a> Evidence<'a> {
    pub fn of(material: &'a Material<'a>) -> Self {
        let images = material.galleries.iter().flat_map(|gallery| &gallery.images);
        let images: Vec<&Image> = images.filter(|image| image.near_duplicate_of.is_none()).collect();
        let mut judged = Rate::default();
        let mut makers: BTreeMap<Provider, Rate> = BTreeMap::new();
        let mut by_tip: BTreeMap<&str, Vec<&Image>> = BTreeMap::new();
        let mut by_prompt: BTreeMap<&str, Vec<&Image>> = BTreeMap::new();
        for image in images {
            count(&mut judged, image);
            if let Some(provider) = image.provider {
                count(makers.entry(provider).or_default(), image);
            }
            for id in &image.tip_ids {
                by_tip.entry(id).or_default().push(image);
            }
            by_prompt.entry(image.prompt.trim()).or_default().push(image);
        }
        let tip = |(id, images)| Tip::of(id, images, &makers, material);
        let tips: Vec<Tip<'a>> = by_tip.into_iter().map(tip).collect();
        let tips = figures::ranked(tips, |tip| u64::from(tip.pictures));
        let worked = by_prompt.into_iter().filter(|(prompt, _)| !prompt.is_empty());
        let prompts: Vec<Worked<'a>> =
            worked.filter_map(|(prompt, images)| Worked::of(prompt, &images)).collect();
        // The share has at most 1,000,000 parts, so it only decides between equal scores.
        let mut prompts = figures::ranked(prompts, |it| {
            figures::weight(it.score).saturating_mul(2_000_000) + figures::weight(it.passed.share())
        });
        prompts.truncate(PROMPTS);
        Self { judged, tips, prompts }
    }
}

impl<'a> Tip<'a> {
    fn of(
        id: &'a str,
        images: Vec<&'a Image>,
        makers: &BTreeMap<Provider, Rate>,
        material: &Material<'_>,
    ) -> Self {
        let with = rate(&images);
        let provider = id.split('/').next().and_then(Provider::parse);
        let all = provider.and_then(|provider| makers.get(&provider)).copied().unwrap_or_default();
        let without = Rate { hits: all.hits.saturating_sub(with.hits), of: all.of.saturating_sub(with.of) };
        let kept = material.gathered.tips.iter().find(|kept| {
            id.rsplit_once('@')
                .is_some_and(|(key, version)| key == kept.key && version == kept.version.to_string())
        });
        let value: Value = kept.and_then(|kept| serde_json::from_str(&kept.value).ok()).unwrap_or_default();
        let say = |name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
        let words = say("tip");
        let missing = match (&words, material.gathered.tips_known) {
            (Some(_), _) => None,
            (None, true) => Some("the knowledge base has no such version any more"),
            (None, false) => Some("the knowledge base couldn’t be asked"),
        };
        let pictures = u32::try_from(images.len()).unwrap_or(u32::MAX);
        let mut examples = images;
        examples.retain(|image| Verdict::of(image) == Verdict::Pass && delivery::is_safe(&image.url));
        let mut examples = figures::ranked(examples, |image| figures::weight(score(image)));
        examples.truncate(EXAMPLES);
        Self {
            id,
            title: say("title"),
            words,
            source: say("source").filter(|source| delivery::is_safe(source)),
            missing,
            pictures,
            with,
            without,
            examples,
        }
    }
}

impl<'a> Worked<'a> {
    fn of(prompt: &'a str, images: &[&'a Image]) -> Option<Self> {
        let passed = rate(images);
        let good = images.iter().copied().filter(|image| Verdict::of(image) == Verdict::Pass);
        let best = good
            .clone()
            .filter(|image| delivery::is_safe(&image.url))
            .max_by(|one, other| score(one).unwrap_or(0.0).total_cmp(&score(other).unwrap_or(0.0)))?;
        let scores: Vec<f64> = good.filter_map(score).collect();
        let score = figures::spread(scores.into_iter()).map(|spread| spread.mean);
        Some(Self { prompt, passed, score, best })
    }
}

fn rate(images: &[&Image]) -> Rate {
    let mut rate = Rate::default();
    for image in images {
        count(&mut rate, image);
    }
    rate
}

fn count(rate: &mut Rate, image: &Image) {
    match Verdict::of(image) {
        Verdict::Open => {}
        verdict => rate.count(verdict == Verdict::Pass),
    }
}
