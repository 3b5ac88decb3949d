//! The page as the template needs it.

use askama::Template;

use super::GENERATOR;
use super::bench::{Bench, Row};
use crate::artifact::figures::{Rate, rounded};
use crate::artifact::material::Material;
use crate::artifact::page::chart::Dots;
use crate::artifact::page::{Frame, provider_label, text};
use crate::gallery::Calls;
use crate::provider::Provider;

/// Characters shown of a model's name.
const MODEL_CHARS: usize = 60;

#[derive(Template)]
#[template(path = "provider-benchmark.html")]
pub(super) struct Page<'a> {
    frame: Frame<'a>,
    kicker: &'static str,
    lead: String,
    facts: Vec<String>,
    /// Why not to trust it yet; empty where there is enough.
    doubts: Vec<String>,
    charts: Vec<Chart>,
    lines: Vec<Vec<String>>,
    others: Vec<Vec<String>>,
}

struct Chart {
    title: &'static str,
    about: &'static str,
    rows: Vec<Dots>,
    /// Those that aren't in it, and why; empty where all are.
    missing: String,
}

pub(super) fn page<'a>(material: &'a Material<'a>, bench: &Bench<'a>, least: u32) -> Page<'a> {
    let judged: u32 = bench.rows.iter().map(|row| row.passed.of).sum();
    let pictures: u32 = bench.rows.iter().map(|row| row.pictures).sum();
    let lead = match bench.rows.len() {
        0 => "Nothing has been asked of any model yet.".to_owned(),
        models => format!(
            "{} on the same projects: {}, of which {} been judged.",
            text::count(models, "model", "models"),
            text::count(pictures as usize, "picture", "pictures"),
            text::count(judged as usize, "has", "have"),
        ),
    };
    let names = material.galleries.iter().map(|one| text::cut(&text::line(&one.name), MODEL_CHARS));
    let facts = if material.galleries.len() > 1 { names.collect() } else { Vec::new() };
    Page {
        frame: Frame::new(material, GENERATOR.name, &lead, &[]),
        kicker: GENERATOR.name,
        lead,
        facts,
        doubts: doubts(bench, least),
        charts: if bench.rows.is_empty() { Vec::new() } else { charts(&bench.rows) },
        lines: bench.rows.iter().map(line).collect(),
        others: bench.others.iter().map(other).collect(),
    }
}

fn doubts(bench: &Bench<'_>, least: u32) -> Vec<String> {
    let few = bench.rows.iter().filter(|row| row.pictures > 0 && row.passed.of < least);
    few.map(|row| {
        format!(
            "{} has {}",
            name(row.provider, row.model),
            text::count(row.passed.of as usize, "judged picture", "judged pictures")
        )
    })
    .collect()
}

fn charts(rows: &[Row<'_>]) -> Vec<Chart> {
    let made = || rows.iter().filter(|row| row.pictures > 0);
    let rate = |of: fn(&Row<'_>) -> Rate| {
        made().map(|row| Dots::of_rate(&name(row.provider, row.model), of(row))).collect()
    };
    let slowest = seconds(rows.iter().filter_map(|row| row.time(95)).max().unwrap_or(0));
    let dearest = rows.iter().filter_map(Row::mean_cost).fold(0.0, f64::max);
    let time = |row: &Row<'_>| {
        let (p50, p95) = (seconds(row.time(50)?), seconds(row.time(95)?));
        let note = format!("p95 {p95:.1} s, n {}", row.times.len());
        Some(Dots::of_pair(&name(row.provider, row.model), (p50, p95), slowest, format!("{p50:.1} s"), note))
    };
    let cost = |row: &Row<'_>| {
        let mean = row.mean_cost()?;
        let note = format!("n {}", row.calls - row.unpriced);
        Some(Dots::of_amount(&name(row.provider, row.model), mean, dearest, dollars(mean), note))
    };
    let unpriced = rows.iter().filter(|row| row.mean_cost().is_none() && row.calls > 0);
    let unpriced: Vec<String> = unpriced.map(|row| name(row.provider, row.model)).collect();
    let missing = match unpriced.as_slice() {
        [] => String::new(),
        names => format!("Of unknown cost: {}.", text::list(names)),
    };
    let chart = |title, about, rows| Chart { title, about, rows, missing: String::new() };
    vec![
        chart(
            "Pass rate",
            "The share of judged pictures that meet the brief. The line is where the true share lies in 95 of 100 cases; where two lines overlap, the difference may be chance.",
            rate(|row| row.passed),
        ),
        chart(
            "Time",
            "What the provider took for a picture: the median as a full dot, the 95th percentile as an open one.",
            rows.iter().filter_map(time).collect(),
        ),
        Chart {
            missing,
            ..chart(
                "Cost",
                "What a call for a picture costs on average, of the calls whose cost is known.",
                rows.iter().filter_map(cost).collect(),
            )
        },
        chart(
            "Near-duplicates",
            "The share of pictures that nearly equal one that was there before: money for nothing new.",
            rate(|row| row.near_duplicates),
        ),
    ]
}

fn line(row: &Row<'_>) -> Vec<String> {
    let time = |percent| row.time(percent).map_or_else(unknown, |ms| format!("{:.1} s", seconds(ms)));
    vec![
        name(row.provider, row.model),
        row.pictures.to_string(),
        row.passed.of.to_string(),
        row.passed.shown(),
        row.undecided.to_string(),
        time(50),
        time(95),
        row.near_duplicates.shown(),
        row.calls.to_string(),
        row.mean_cost().map_or_else(|| "unknown".to_owned(), dollars),
        total(row.nanousd, row.unpriced),
    ]
}

fn other(calls: &Calls) -> Vec<String> {
    vec![
        format!("{}: {}", calls.task, name(calls.provider, calls.model.as_deref().unwrap_or_default())),
        calls.calls.to_string(),
        total(calls.nanousd, calls.unpriced),
    ]
}

/// What is known, and how much isn't.
#[expect(clippy::cast_precision_loss, reason = "no amount here reaches 2^53")]
fn total(nanousd: Option<u64>, unpriced: u32) -> String {
    let known = nanousd.map(|sum| dollars(sum as f64 / 1e9));
    match (known, unpriced) {
        (Some(known), 0) => known,
        (Some(known), unpriced) => format!("{known} + {unpriced} unknown"),
        (None, 0) => unknown(),
        (None, _) => "unknown".to_owned(),
    }
}

fn unknown() -> String {
    "–".to_owned()
}

fn name(provider: Option<Provider>, model: &str) -> String {
    let model = text::cut(&text::line(model), MODEL_CHARS);
    let label = provider_label(provider);
    if model.is_empty() { format!("{label}, model not known") } else { format!("{label} {model}") }
}

/// Of milliseconds.
#[expect(clippy::cast_precision_loss, reason = "no call takes 2^53 ms")]
fn seconds(ms: u64) -> f64 {
    ms as f64 / 1_000.0
}

/// Small amounts with the digits that tell them apart.
fn dollars(amount: f64) -> String {
    if amount < 1.0 { format!("${}", rounded(amount)) } else { format!("${amount:.2}") }
}
