//! The vision model: decodes the picture that it is sent, measures it, and answers in words or in the JSON that a judge
//! was asked for. It reads the prompt between `<prompt>` and `</prompt>` for what should be in the picture and takes
//! orders from neither: a prompt is only ever looked up in the lexicon, and words in a picture are only compared.

// Measuring is arithmetic between pixel counts of small pictures and shares; every cast is in range.
#![allow(clippy::cast_possible_truncation, clippy::cast_precision_loss, clippy::cast_sign_loss)]
// x, y, w, h are the field's own names.
#![allow(clippy::many_single_char_names, clippy::similar_names)]

mod blobs;
mod change;
mod judge;
mod lettering;
mod shapes;
mod sight;

use serde_json::{Value, json};

use crate::scene::{Brief, Scene, hash};
use crate::text;
use judge::Complaint;
use sight::Sight;

/// Characters of the notes; the model's default answer is 256 tokens long and must end inside them.
const MAX_NOTES: usize = 420;

/// Answers what is asked about a picture, the last one: a verdict in JSON when the question asks for JSON, else a
/// description. Of several the first is the start image, and what is judged is what has changed since
/// ([`change`]); `scores` from 0 to 10 come along when the question has that word.
///
/// # Errors
/// When there are no pictures, or one is none.
pub fn answer(question: &str, pictures: &[Vec<u8>]) -> Result<String, String> {
    let (result, start) = match pictures {
        [] => return Err("there is no image".to_owned()),
        [result] => (result, None),
        [start, .., result] => (result, Some(start)),
    };
    let asked = question.to_lowercase();
    if !asked.contains("json") {
        return Ok(described(&Sight::of(result)?));
    }
    let prompt = text::between_tags(question).map_or_else(|| last_quoted(question), str::to_owned);
    let scene = Brief::read(&prompt).scene;
    let complaints = match start {
        None => judge::complaints(&Sight::of(result)?, &scene),
        // These are to look like the start image, whatever else the prompt says.
        Some(_) if asked.contains("variation") || asked.contains("upscale") => {
            judge::complaints(&Sight::of(result)?, &Scene::default())
        }
        Some(start) => match change::since(start, result)? {
            Some(changed) => judge::complaints(&Sight::of_picture(&changed), &scene),
            None => vec![judge::unchanged()],
        },
    };
    let mut verdict = verdict(&scene, &complaints);
    if let (true, Some(fields)) = (asked.contains("scores"), verdict.as_object_mut()) {
        fields.insert("scores".to_owned(), scores(&scene, &complaints));
    }
    Ok(wrapped(&verdict, hash(result)))
}

fn scores(scene: &Scene, complaints: &[Complaint]) -> Value {
    let (subject, composition) = if complaints.is_empty() { (9, 8) } else { (2, 6) };
    json!({
        "subject": subject,
        "composition": composition,
        "text": scene.caption.as_ref().map(|_| subject),
        "style": 8,
        "safety": 10,
    })
}

/// Judges a picture without the talk: the verdict's JSON.
///
/// # Errors
/// When the bytes are no picture.
pub fn judged(prompt: &str, bytes: &[u8]) -> Result<Value, String> {
    let scene = Brief::read(prompt).scene;
    Ok(verdict(&scene, &judge::complaints(&Sight::of(bytes)?, &scene)))
}

/// The first JSON object in a text.
pub fn object_in(said: &str) -> Option<Value> {
    let (start, end) = (said.find('{')?, said.rfind('}')?);
    serde_json::from_str(said.get(start..=end)?).ok()
}

fn verdict(scene: &Scene, complaints: &[Complaint]) -> Value {
    let tags = text::scene_tags(scene);
    if complaints.is_empty() {
        let seen = if scene.is_concrete() {
            tags.join(", ").replace('-', " ")
        } else {
            "the mood of the prompt".to_owned()
        };
        return json!({
            "verdict": "pass",
            "notes": format!("The image shows what was asked: {seen}."),
            "tags": tags,
            "retrySuggestion": null,
        });
    }
    let notes: Vec<&str> = complaints.iter().map(|complaint| complaint.notes.as_str()).collect();
    let notes: String = notes.join("; ").chars().take(MAX_NOTES).collect();
    let mut first = notes.chars();
    let notes = first.next().map(|c| c.to_uppercase().chain(first).collect::<String>()).unwrap_or_default();
    let mut tags: Vec<String> = complaints.iter().map(|complaint| complaint.tag.clone()).collect();
    tags.dedup();
    tags.truncate(4);
    json!({
        "verdict": "fail",
        "notes": format!("{notes}."),
        "tags": tags,
        "retrySuggestion": complaints.first().map(|complaint| complaint.retry.clone()),
    })
}

/// Says it as the real model does: now bare, now fenced, now with a sentence around it; the picture decides which.
fn wrapped(verdict: &Value, key: u64) -> String {
    match key % 4 {
        0 => verdict.to_string(),
        1 => format!("```json\n{verdict:#}\n```"),
        2 => format!("Here is my evaluation of the image:\n\n```json\n{verdict:#}\n```"),
        _ => format!(
            "Based on the image, here is the JSON object:\n{verdict}\n\nLet me know if you need anything else."
        ),
    }
}

fn described(sight: &Sight) -> String {
    if sight.is_blank() {
        return "The image is blank: a single even colour with nothing on it.".to_owned();
    }
    let names: Vec<String> = sight
        .names()
        .into_iter()
        .take(4)
        .map(|(colour, share)| format!("{} ({:.0} %)", colour.name(), share * 100.0))
        .collect();
    let dark = sight.share(sight::Part::Whole, |lab| lab.l < 0.4);
    let mood = if dark > 0.5 { "dark" } else { "bright" };
    format!("The image is a {mood} composition. Its main colours are {}.", names.join(", "))
}

/// Without tags the prompt is what the question quotes last, else its last line.
fn last_quoted(question: &str) -> String {
    let quoted =
        question.rsplit_once('"').and_then(|(before, _)| before.rsplit_once('"')).map(|(_, inside)| inside);
    let long = quoted.filter(|quoted| quoted.split_whitespace().count() > 1);
    long.or_else(|| question.trim().lines().last()).unwrap_or_default().to_owned()
}
