//! The page as the template needs it.

use askama::Template;

use super::GENERATOR;
use super::tally::{Criterion, Group, Reason, Tally};
use crate::artifact::material::Material;
use crate::artifact::page::chart::{Bar, Dots};
use crate::artifact::page::{Frame, Picture, delivery, note, picture, provider_label, text};
use crate::gallery::Image;

/// Characters shown of a prompt under a thumbnail.
const PROMPT_CHARS: usize = 90;

#[derive(Template)]
#[template(path = "judge-report.html")]
pub(super) struct Page<'a> {
    frame: Frame<'a>,
    kicker: &'static str,
    lead: String,
    facts: Vec<String>,
    shares: Vec<Bar>,
    criteria: Vec<Scored>,
    rates: Vec<(&'static str, Vec<Dots>)>,
    failures: Vec<Failing<'a>>,
    undecided: Vec<Thumb<'a>>,
}

struct Scored {
    name: String,
    mean: String,
    spread: String,
    /// Heights in percent of the highest, for the scores from 0 to 10.
    bars: Vec<u32>,
    said: String,
}

struct Failing<'a> {
    title: String,
    count: String,
    tags: Vec<String>,
    reasons: Vec<Why<'a>>,
}

struct Why<'a> {
    notes: String,
    suggestions: Vec<String>,
    thumbs: Vec<Thumb<'a>>,
}

struct Thumb<'a> {
    /// None where its address may not be shown.
    picture: Option<Picture<'a>>,
    maker: &'static str,
    prompt: String,
    notes: String,
}

pub(super) fn page<'a>(material: &'a Material<'a>, tally: &Tally<'a>) -> Page<'a> {
    let judged = tally.verdicts;
    let lead = match (judged.of, tally.undecided.len()) {
        (0, 0) => "There are no pictures yet.".to_owned(),
        (0, _) => "No picture has been judged yet.".to_owned(),
        (of, _) => format!(
            "{} of {} meet the brief{}.",
            judged.hits,
            text::count(of as usize, "judged picture", "judged pictures"),
            judged.interval().map_or_else(String::new, |(low, high)| {
                format!(
                    ": {}, likely between {:.0} and {:.0} % in the long run",
                    judged.shown(),
                    low * 100.0,
                    high * 100.0
                )
            })
        ),
    };
    let mut facts = vec![text::count(tally.images.len(), "picture", "pictures")];
    if tally.duplicates > 0 {
        facts.push(text::count(
            tally.duplicates,
            "near-duplicate isn’t counted",
            "near-duplicates aren’t counted",
        ));
    }
    let missed = judged.of - judged.hits;
    let open = u32::try_from(tally.undecided.len()).unwrap_or(u32::MAX);
    let shares = [
        ("Meets the brief", "pass", judged.hits),
        ("Misses the brief", "fail", missed),
        ("Undecided", "open", open),
    ];
    let rates = [
        (
            "By maker",
            tally.providers.iter().map(|(name, rate)| Dots::of_rate(name, *rate)).collect::<Vec<_>>(),
        ),
        ("By operation", tally.operations.iter().map(|(name, rate)| Dots::of_rate(name, *rate)).collect()),
    ];
    Page {
        frame: Frame::new(material, GENERATOR.name, &lead, &facts),
        kicker: GENERATOR.name,
        lead,
        facts,
        shares: Bar::shares(&shares),
        criteria: tally.criteria.iter().map(scored).collect(),
        rates: rates.into_iter().filter(|(_, rows)| !rows.is_empty()).collect(),
        failures: tally.failures.iter().map(|group| failing(group, material)).collect(),
        undecided: tally.undecided.iter().map(|image| thumb(image, material)).collect(),
    }
}

fn scored(criterion: &Criterion) -> Scored {
    let highest = criterion.distribution.into_iter().max().unwrap_or(0).max(1);
    let (mean, spread, said) = match criterion.spread {
        None => ("–".to_owned(), "not scored".to_owned(), "no scores".to_owned()),
        Some(found) => {
            let listed = (0..=10_u32).zip(criterion.distribution).filter(|(_, number)| *number > 0);
            let listed: Vec<String> = listed.map(|(score, number)| format!("{score}: {number}")).collect();
            (
                format!("{:.1}", found.mean),
                format!(
                    "± {:.1}, {}",
                    found.deviation,
                    text::count(found.count as usize, "picture", "pictures")
                ),
                format!("pictures at each score, {}", listed.join(", ")),
            )
        }
    };
    Scored {
        name: capital(criterion.name),
        mean,
        spread,
        bars: criterion.distribution.into_iter().map(|number| number * 100 / highest).collect(),
        said,
    }
}

fn failing<'a>(group: &Group<'a>, material: &Material<'_>) -> Failing<'a> {
    let why = |reason: &Reason<'a>| Why {
        notes: if reason.notes.is_empty() {
            "The judge gave no reason.".to_owned()
        } else {
            reason.notes.clone()
        },
        suggestions: reason.suggestions.clone(),
        thumbs: reason.images.iter().map(|image| thumb(image, material)).collect(),
    };
    Failing {
        title: group.criterion.map_or_else(|| "Without scores".to_owned(), capital),
        count: text::count(
            group.number,
            "picture has its lowest score here",
            "pictures have their lowest score here",
        ),
        tags: group.tags.iter().map(|(tag, count)| format!("{tag} ×{count}")).collect(),
        reasons: group.reasons.iter().map(why).collect(),
    }
}

fn thumb<'a>(image: &'a Image, material: &Material<'_>) -> Thumb<'a> {
    Thumb {
        picture: delivery::is_safe(&image.url).then(|| picture(image, "9rem", material)),
        maker: provider_label(image.provider),
        prompt: text::cut(&text::line(&image.prompt), PROMPT_CHARS),
        notes: note(image.notes.as_ref()),
    }
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect()
}
