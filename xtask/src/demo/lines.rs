//! A line for each variant: provider, how far it is, the stage, and the verdict at the end. On a terminal the lines
//! are bars that fill; elsewhere each change is a line.

use std::fmt::Write as _;

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::Value;

use super::api::Envelope;
use crate::progress::Board;

/// Steps of a full bar.
const FULL: u64 = 100;

/// Characters of a judge's note that fit beside a bar.
const NOTE: usize = 90;

/// All variants of one job.
pub struct Lines<'a> {
    board: &'a Board,
    variants: Vec<Variant>,
}

struct Variant {
    name: String,
    bar: ProgressBar,
    verdict: String,
}

impl<'a> Lines<'a> {
    /// None yet: they appear as their variants are queued.
    pub fn new(board: &'a Board) -> Self {
        Self { board, variants: Vec::new() }
    }

    /// Brings the line of an event's variant up to date.
    pub fn show(&mut self, event: &Envelope) {
        let Some((provider, index)) = event.variant() else {
            self.summary(event);
            return;
        };
        let name = format!("{provider} #{}", index + 1);
        let live = self.board.live();
        let variant = self.line(name);
        if event.kind() == "judge" {
            variant.verdict = verdict(event);
        }
        let text = match event.kind() {
            "complete" => variant.verdict.clone(),
            "fail" => format!("✗ {}", event.text("error").unwrap_or("failed")),
            "judge" => format!("judged {}", event.text("judgment").unwrap_or("nothing")),
            kind => event.text("stage").unwrap_or(kind).to_owned(),
        };
        if live {
            if let Some(progress) = event.data("progress").and_then(Value::as_f64) {
                variant.bar.set_position(position(progress));
            }
            variant.bar.set_message(text);
            if matches!(event.kind(), "complete" | "fail") {
                variant.bar.abandon();
            }
        } else {
            let change = format!("{:<10} {:<8} {text}", variant.name, event.kind());
            self.board.line(change.trim_end());
        }
    }

    /// Leaves the lines as they are.
    pub fn end(self) {
        for variant in &self.variants {
            variant.bar.abandon();
        }
    }

    fn line(&mut self, name: String) -> &mut Variant {
        let place = self.variants.iter().position(|variant| variant.name == name).unwrap_or_else(|| {
            let bar = self.board.bar(ProgressBar::new(FULL));
            if let Ok(style) = ProgressStyle::with_template("{prefix:<10} {bar:24} {wide_msg}") {
                bar.set_style(style.progress_chars("━╸─"));
            }
            bar.set_prefix(name.clone());
            self.variants.push(Variant { name, bar, verdict: "done".to_owned() });
            self.variants.len() - 1
        });
        // The place is that of an element, found or just pushed.
        #[allow(clippy::indexing_slicing)]
        &mut self.variants[place]
    }

    fn summary(&self, event: &Envelope) {
        if let Some(Value::Object(summary)) = event.data("summary") {
            let number = |field| summary.get(field).and_then(Value::as_u64).unwrap_or_default();
            self.board.line(format!(
                "done: {} of {} variants, {} passed the judge, {} near-duplicate, {:.1} s",
                number("completed"),
                number("variants"),
                number("passed"),
                number("nearDuplicates"),
                std::time::Duration::from_millis(number("ms")).as_secs_f64(),
            ));
        }
    }
}

/// What the judge said, in one line.
fn verdict(event: &Envelope) -> String {
    let mut text = match event.text("judgment") {
        Some("pass") => "✓ pass".to_owned(),
        Some(other) => format!("✗ {other}"),
        None => "– no verdict".to_owned(),
    };
    if let Some(distance) = event.data("nearDuplicateOf").and_then(|of| of.get("distance")) {
        // Writing to a String can't fail.
        let _ = write!(text, ", near-duplicate ({distance} of 256 bits differ)");
    }
    let advice = event.text("retrySuggestion").map(|text| format!("try: {text}"));
    if let Some(note) = advice.as_deref().or_else(|| event.text("notes")) {
        let _ = write!(text, "  {}", shortened(note));
    }
    text
}

fn shortened(note: &str) -> String {
    let line = note.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(NOTE) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default()),
        None => line,
    }
}

/// 0..1 as steps of a bar.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
fn position(progress: f64) -> u64 {
    (progress.clamp(0.0, 1.0) * FULL as f64).round() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(data: &str) -> Envelope {
        Envelope::parse(&format!(r#"{{"type":"judge","data":{data}}}"#)).unwrap()
    }

    #[test]
    fn verdicts_say_what_matters() {
        assert_eq!(verdict(&event(r#"{"judgment":"pass","notes":"all there"}"#)), "✓ pass  all there");
        let failed =
            verdict(&event(r#"{"judgment":"fail","notes":"no boat","retrySuggestion":"ask for a boat"}"#));
        assert_eq!(failed, "✗ fail  try: ask for a boat");
        let twin = verdict(&event(r#"{"nearDuplicateOf":{"progressionId":"p","distance":4}}"#));
        assert_eq!(twin, "– no verdict, near-duplicate (4 of 256 bits differ)");
    }

    #[test]
    fn long_notes_are_cut_between_characters() {
        let long = "é".repeat(NOTE + 1);
        assert_eq!(shortened(&long), format!("{}…", "é".repeat(NOTE)));
        assert_eq!(shortened("a\n b"), "a b");
    }

    #[test]
    fn progress_fills_the_bar() {
        assert_eq!([0.0, 0.65, 1.0, 7.0].map(position), [0, 65, 100, 100]);
    }
}
