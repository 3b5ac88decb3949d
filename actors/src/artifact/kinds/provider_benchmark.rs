//! The benchmark: how providers' models compare on these projects' own pictures.
//!
//! **In**: one project or several; **option** `least`, the number of judged pictures below which a row is said to be too small.
//! **Out**: a page with each model's pass rate and its 95 % interval, the median and 95th percentile of the provider's time, what
//! a call costs, and how often a picture nearly equals another, as charts and as a table; the same as `data.json` and `data.csv`.
//! Rates and times are of pictures that aren't near-duplicates; calls and costs are of all calls, those that failed included. A
//! cost that nobody knows is unknown, never 0. **Example**: `{"kind": "provider-benchmark", "projectIds": ["…"],
//! "options": {"least": 30}}`.

mod bench;
mod view;

#[cfg(test)]
mod tests;

use askama::Template as _;
use serde_json::{Value, json};

use crate::artifact::data::{self, cell};
use crate::artifact::figures::rounded;
use crate::artifact::generator::{Audience, Document, Error, File, Generator, Output};
use crate::artifact::kind::Kind;
use crate::artifact::material::Material;
use crate::artifact::options::{Field, Settings, Shape};
use crate::artifact::page::{self, text};
use crate::provider::Provider;
use bench::{Bench, Row};

/// Twenty all right still leave one in six in doubt: with fewer, a rate says little.
const LEAST: Field = Field {
    name: "least",
    about: "Judged pictures below which a model’s figures are said to be too few to tell.",
    shape: Shape::Number { least: 1, most: 1_000, default: 20 },
};

/// See the module.
pub const GENERATOR: Generator = Generator {
    kind: Kind::ProviderBenchmark,
    name: "Provider benchmark",
    about: "How models compare on these projects: pass rate, latency, cost and near-duplicates, with how sure that is.",
    output: Output::Html,
    options: &[&LEAST],
    needs: &[],
    audience: Audience::Everyone,
    render,
};

fn render(material: &Material<'_>, settings: &Settings) -> Result<Document, Error> {
    let bench = Bench::of(material.galleries);
    let least = u32::try_from(settings.number(LEAST.name)).unwrap_or(u32::MAX);
    Ok(Document {
        body: view::page(material, &bench, least).render()?.into_bytes(),
        image_origins: page::image_origins(material.galleries),
        files: vec![data::json_file("data.json", &figures(material, &bench, least)), table(&bench)?],
        ..Document::default()
    })
}

fn figures(material: &Material<'_>, bench: &Bench<'_>, least: u32) -> Value {
    let row = |row: &Row<'_>| {
        json!({
            "provider": row.provider, "model": row.model, "pictures": row.pictures, "passed": row.passed.json(),
            "tooFew": row.passed.of < least, "undecided": row.undecided, "nearDuplicates": row.near_duplicates.json(),
            "latencyMs": { "count": row.times.len(), "p50": row.time(50), "p95": row.time(95) },
            "calls": {
                "count": row.calls, "unpriced": row.unpriced, "knownNanousd": row.nanousd,
                "meanUsd": row.mean_cost().map(|dollars| rounded(dollars * 100.0) / 100.0),
            },
        })
    };
    let other = |calls: &crate::gallery::Calls| {
        json!({
            "provider": calls.provider, "model": calls.model, "task": calls.task, "count": calls.calls,
            "unpriced": calls.unpriced, "knownNanousd": calls.nanousd,
        })
    };
    json!({
        "title": page::title(material, GENERATOR.name), "published": text::day(material.published_at).iso, "least": least,
        "models": bench.rows.iter().map(row).collect::<Vec<_>>(),
        "otherCalls": bench.others.iter().map(other).collect::<Vec<_>>(),
    })
}

fn table(bench: &Bench<'_>) -> Result<File, Error> {
    let columns = [
        "provider",
        "model",
        "pictures",
        "judged",
        "passed",
        "passRate",
        "passLow",
        "passHigh",
        "undecided",
        "timed",
        "p50Ms",
        "p95Ms",
        "nearDuplicates",
        "calls",
        "unpricedCalls",
        "knownNanousd",
    ];
    let row = |row: &Row<'_>| {
        let (low, high) = row.passed.interval().unzip();
        vec![
            cell(row.provider.map(Provider::as_str)),
            row.model.to_owned(),
            row.pictures.to_string(),
            row.passed.of.to_string(),
            row.passed.hits.to_string(),
            cell(row.passed.share().map(rounded)),
            cell(low.map(rounded)),
            cell(high.map(rounded)),
            row.undecided.to_string(),
            row.times.len().to_string(),
            cell(row.time(50)),
            cell(row.time(95)),
            row.near_duplicates.hits.to_string(),
            row.calls.to_string(),
            row.unpriced.to_string(),
            cell(row.nanousd),
        ]
    };
    data::csv_file("data.csv", &columns, &bench.rows.iter().map(row).collect::<Vec<_>>())
}
