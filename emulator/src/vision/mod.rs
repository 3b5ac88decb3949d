//! The vision model.

use serde_json::{Value, json};

use crate::colour::{self, Lab};
use crate::scene::Brief;
use crate::text;

/// Answers what is asked about a picture.
///
/// # Errors
/// When the bytes are no picture.
pub fn answer(question: &str, bytes: &[u8]) -> Result<String, String> {
    let picture =
        image::load_from_memory(bytes).map_err(|error| format!("the image could not be decoded: {error}"))?;
    let small = picture.thumbnail(256, 256).to_rgb8();
    let pixels: Vec<Lab> = small.pixels().map(|pixel| Lab::from_rgb(pixel.0)).collect();
    let prompt = text::between_tags(question).unwrap_or(question);
    let scene = Brief::read(prompt).scene;
    let mut missing = Vec::new();
    for tint in scene.items.iter().map(crate::scene::Item::body).chain(scene.backdrop.iter().copied()) {
        let share = pixels.iter().filter(|lab| colour::is(tint, **lab)).count() as f32 / pixels.len() as f32;
        if share < 0.02 {
            missing.push(format!("no {} area larger than 2 % was found", tint.colour.name()));
        }
    }
    let verdict = if missing.is_empty() { "pass" } else { "fail" };
    Ok(json!({"verdict": verdict, "notes": missing.join("; "), "tags": text::scene_tags(&scene),
        "retrySuggestion": if missing.is_empty() { Value::Null } else { json!("Name the colours first.") }})
    .to_string())
}

/// The first JSON object in a text.
pub fn object_in(said: &str) -> Option<Value> {
    let start = said.find('{')?;
    let end = said.rfind('}')?;
    serde_json::from_str(said.get(start..=end)?).ok()
}
