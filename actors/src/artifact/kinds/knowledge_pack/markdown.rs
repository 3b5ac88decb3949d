//! The pack as Markdown: every word of anybody's is escaped, so that none becomes a heading, a link or HTML.

use super::CAUTION;
use super::evidence::{Evidence, Tip, Worked};
use crate::artifact::figures::{Rate, percent};
use crate::artifact::page::{provider_label, text};
use crate::gallery::Image;

pub(super) fn pack(title: &str, day: &str, evidence: &Evidence<'_>) -> String {
    let mut lines = vec![
        format!("# {}", words(title)),
        format!("What was learnt of {}. {day}.", said(evidence.judged)),
        format!("*{CAUTION}*"),
        "## Tips".to_owned(),
    ];
    if evidence.tips.is_empty() {
        lines.push("No tip was applied.".to_owned());
    }
    for it in &evidence.tips {
        tip(it, &mut lines);
    }
    lines.push("## Prompts that worked".to_owned());
    if evidence.prompts.is_empty() {
        lines.push("None has passed yet.".to_owned());
    }
    for it in &evidence.prompts {
        prompt(it, &mut lines);
    }
    lines.push(String::new());
    lines.join("\n\n")
}

fn tip(tip: &Tip<'_>, lines: &mut Vec<String>) {
    lines.push(format!("### {}", words(tip.title.as_deref().unwrap_or(tip.id))));
    match (&tip.words, tip.missing) {
        (Some(said), _) => lines.push(format!("> “{}”", words(said))),
        (None, why) => lines.push(format!("Its words aren’t here: {}.", why.unwrap_or("nobody knows them"))),
    }
    let id = words(tip.id);
    let source = tip.source.as_ref().map(|source| format!(", [source](<{source}>)"));
    lines.push(format!("{id}{}", source.unwrap_or_default()));
    let with = format!("- with it: {}", said(tip.with));
    lines.push(format!("{with}\n- the same maker without it: {}", said(tip.without)));
    lines.extend(tip.examples.iter().map(|image| format!("- {}", example(image))));
}

fn prompt(worked: &Worked<'_>, lines: &mut Vec<String>) {
    let score = worked.score.map(|score| format!(", mean score {score:.1} of 10"));
    lines.push(format!("> “{}”", words(worked.prompt)));
    lines.push(format!(
        "{}{}. Best: {}",
        said(worked.passed),
        score.unwrap_or_default(),
        example(worked.best)
    ));
}

fn example(image: &Image) -> String {
    format!("[picture](<{}>) by {}", image.url, provider_label(image.provider))
}

/// `12 of 17 judged pictures passed (71 %, likely 47 to 87 %)`.
fn said(rate: Rate) -> String {
    let Some((low, high)) = rate.interval() else { return "no judged pictures".to_owned() };
    let between = format!("{:.0} to {}", low * 100.0, percent(high));
    format!("{} of {} judged pictures passed ({}, likely {between})", rate.hits, rate.of, rate.shown())
}

/// One line in which nothing is markup.
fn words(text: &str) -> String {
    let mut escaped = String::new();
    for c in text::line(text).chars() {
        if matches!(
            c,
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '#' | '|' | '~' | '&' | '!' | '(' | ')'
        ) {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}
