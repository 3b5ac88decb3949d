//! The judge's report: how many pictures meet the brief, what the rubric says, what fails and why.
//!
//! **In**: one project or several; **options** `images`, `prompts`. **Out**: a page with the verdicts, each criterion's mean,
//! spread and distribution, the pass rate for each provider and operation with its 95 % interval, the failures grouped by what
//! scored lowest (the largest group first) with the judge's notes and suggestions, and what wasn't decided; the same figures as
//! `data.json`, and one row a picture as `data.csv`. Near-duplicates aren't counted. **Example**:
//! `{"kind": "judge-report", "projectIds": ["…"]}`.

mod tally;
mod view;

#[cfg(test)]
mod tests;

use askama::Template as _;
use serde_json::{Value, json};

use crate::artifact::data::{self, cell};
use crate::artifact::generator::{Audience, Document, Error, Generator, Output};
use crate::artifact::kind::Kind;
use crate::artifact::material::{self, Material};
use crate::artifact::options::Settings;
use crate::artifact::page::{self, text};
use crate::gallery::Image;
use crate::job::judge::Scores;
use tally::Tally;

/// See the module.
pub const GENERATOR: Generator = Generator {
    kind: Kind::JudgeReport,
    name: "Judge report",
    about: "What the judge says of all pictures: verdicts, scores, pass rates, what fails and why.",
    output: Output::Html,
    options: &[&material::IMAGES, &material::PROMPTS],
    needs: &[],
    audience: Audience::Everyone,
    render,
};

fn render(material: &Material<'_>, _: &Settings) -> Result<Document, Error> {
    let tally = Tally::of(material.galleries);
    Ok(Document {
        body: view::page(material, &tally).render()?.into_bytes(),
        image_origins: page::image_origins(material.galleries),
        files: vec![data::json_file("data.json", &figures(material, &tally)), table(&tally)?],
        ..Document::default()
    })
}

/// The criteria in the rubric's order.
const CRITERIA: [&str; 5] = ["subject", "composition", "text", "style", "safety"];

fn scores(image: &Image) -> [Option<u8>; 5] {
    let Scores { subject, composition, text, style, safety } = image.scores.unwrap_or_default();
    [subject, composition, text, style, safety]
}

fn figures(material: &Material<'_>, tally: &Tally<'_>) -> Value {
    let criteria: Vec<Value> = tally.criteria.iter().map(tally::Criterion::json).collect();
    let failures: Vec<Value> = tally.failures.iter().map(tally::Group::json).collect();
    let rates = |rates: &[(&str, crate::artifact::figures::Rate)]| {
        rates.iter().map(|(name, rate)| json!({ "name": name, "passed": rate.json() })).collect::<Vec<_>>()
    };
    json!({
        "title": page::title(material, GENERATOR.name), "published": text::day(material.published_at).iso,
        "passed": tally.verdicts.json(), "undecided": tally.undecided.len(), "nearDuplicatesLeftOut": tally.duplicates,
        "criteria": criteria, "providers": rates(&tally.providers), "operations": rates(&tally.operations),
        "failures": failures,
    })
}

fn table(tally: &Tally<'_>) -> Result<crate::artifact::generator::File, Error> {
    let columns = [
        "id",
        "project",
        "provider",
        "model",
        "operation",
        "verdict",
        "subject",
        "composition",
        "text",
        "style",
        "safety",
        "tags",
        "notes",
        "retrySuggestion",
        "prompt",
    ];
    let row = |(project, image): &(&str, &Image)| {
        let words = [
            image.id.as_str(),
            project,
            image.provider.map_or("", crate::provider::Provider::as_str),
            image.model.as_deref().unwrap_or_default(),
            &image.operation,
            image.judgment.as_deref().unwrap_or("undecided"),
        ];
        let said = [image.notes.as_deref(), image.retry_suggestion.as_deref(), Some(image.prompt.as_str())];
        words
            .map(str::to_owned)
            .into_iter()
            .chain(scores(image).map(cell))
            .chain([image.tags.join(" ")])
            .chain(said.map(|text| text::clean(text.unwrap_or_default())))
            .collect()
    };
    data::csv_file("data.csv", &columns, &tally.images.iter().map(row).collect::<Vec<_>>())
}
