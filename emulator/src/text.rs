//! The text model: rewrites prompts the same way every time, and fills in a JSON schema when one is asked for.
//! It has no knowledge beyond the words it is sent.

use serde_json::{Map, Value, json};

use crate::scene::{Brief, Scene, hash};

/// The form of the answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Format {
    /// Text.
    Free,
    /// Some JSON object.
    Object,
    /// A JSON object of this schema.
    Schema(Value),
}

/// Nesting of a schema beyond which nothing is filled in.
const MAX_DEPTH: usize = 8;

/// What a rewritten prompt gains; one of each list, chosen by the prompt's words.
const LIGHTS: [&str; 4] = [
    "soft daylight from the left",
    "warm low light",
    "even studio light",
    "gentle backlight with long shadows",
];
const FRAMES: [&str; 4] = [
    "generous empty space around the subject",
    "a clear focal point on the upper third",
    "a calm, symmetrical composition",
    "a low viewpoint with a wide horizon",
];
const FINISHES: [&str; 4] = [
    "a restrained palette",
    "fine paper grain",
    "crisp edges and smooth tones",
    "subtle depth between the layers",
];

/// Answers a prompt.
pub fn answer(prompt: &str, format: &Format) -> Value {
    match format {
        Format::Free => Value::String(rewritten(&subject(prompt))),
        Format::Object => {
            let subject = subject(prompt);
            json!({"prompt": rewritten(&subject), "title": title(&subject), "tags": tags(&subject)})
        }
        Format::Schema(schema) => filled(schema, "", &subject(prompt), MAX_DEPTH),
    }
}

/// The text to work on: what is between `<prompt>` tags, else in the last quotation marks, else after the last colon
/// of the last paragraph, else that paragraph.
fn subject(prompt: &str) -> String {
    if let Some(inside) = between_tags(prompt) {
        return inside.trim().to_owned();
    }
    let last = prompt.trim().rsplit("\n\n").next().unwrap_or_default().trim();
    let quoted =
        last.rsplit_once('"').and_then(|(before, _)| before.rsplit_once('"')).map(|(_, inside)| inside);
    let told = last.rsplit_once(": ").map(|(_, told)| told);
    quoted.filter(|quoted| quoted.split_whitespace().count() > 2).or(told).unwrap_or(last).trim().to_owned()
}

/// The text between the first `<prompt>` and the last `</prompt>`: what a prompt itself writes there can't end it. Both
/// tags may go on before they close, as in `<prompt-7f3a>`, and then end alike.
pub fn between_tags(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once("<prompt")?;
    let (mark, rest) = rest.split_once('>')?;
    let own = format!("</prompt{mark}>");
    rest.rsplit_once(own.as_str()).or_else(|| rest.rsplit_once("</prompt>")).map(|(inside, _)| inside)
}

fn rewritten(subject: &str) -> String {
    let subject = subject.trim_end_matches(['.', ' ']);
    let key = hash(subject.as_bytes());
    let pick = |list: &[&'static str], shift: u32| {
        let index = usize::try_from((key >> shift) % 4).unwrap_or(0);
        list.get(index).copied().unwrap_or_default()
    };
    format!("{subject}, {}, {}, {}.", pick(&LIGHTS, 0), pick(&FRAMES, 8), pick(&FINISHES, 16))
}

fn title(subject: &str) -> String {
    let words: Vec<&str> = subject.split_whitespace().take(6).collect();
    words.join(" ").trim_end_matches([',', '.', ';', ':']).to_owned()
}

/// Kebab-case tags for what a prompt names.
pub fn tags(prompt: &str) -> Vec<String> {
    scene_tags(&Brief::read(prompt).scene)
}

/// Kebab-case tags for a scene, at most six.
pub fn scene_tags(scene: &Scene) -> Vec<String> {
    let mut tags = Vec::new();
    for item in &scene.items {
        let name = item.noun.name().replace(' ', "-");
        tags.push(item.tint.map_or_else(|| name.clone(), |tint| format!("{}-{name}", tint.colour.name())));
    }
    tags.extend(scene.backdrop.iter().map(|tint| format!("{}-background", tint.colour.name())));
    tags.extend(scene.light.map(|light| format!("{light:?}").to_lowercase()));
    tags.extend(scene.ground.map(|ground| format!("{:?}", ground.terrain).to_lowercase()));
    tags.extend(scene.loose.iter().map(|tint| tint.colour.name().to_owned()));
    if scene.caption.is_some() {
        tags.push("caption".to_owned());
    }
    if tags.is_empty() {
        tags.push("abstract".to_owned());
    }
    tags.dedup();
    tags.truncate(6);
    tags
}

/// The smallest honest value of a schema: strings are made from the subject, by the property's name.
fn filled(schema: &Value, name: &str, subject: &str, depth: usize) -> Value {
    if let Some(first) = schema.get("enum").and_then(Value::as_array).and_then(|values| values.first()) {
        return first.clone();
    }
    let kind = match schema.get("type") {
        Some(Value::String(kind)) => kind.as_str(),
        Some(Value::Array(kinds)) => kinds.first().and_then(Value::as_str).unwrap_or("string"),
        _ if schema.get("properties").is_some() => "object",
        _ => "string",
    };
    match kind {
        "object" if depth > 0 => {
            let properties = schema.get("properties").and_then(Value::as_object);
            let fields: Map<String, Value> = properties
                .into_iter()
                .flatten()
                .map(|(name, schema)| (name.clone(), filled(schema, name, subject, depth - 1)))
                .collect();
            Value::Object(fields)
        }
        "array" if depth > 0 => {
            if name.contains("tag") {
                return json!(tags(subject));
            }
            let least = schema.get("minItems").and_then(Value::as_u64).unwrap_or(1).clamp(1, 16);
            let item = schema.get("items").cloned().unwrap_or_else(|| json!({"type": "string"}));
            Value::Array((0..least).map(|_| filled(&item, name, subject, depth - 1)).collect())
        }
        "object" => json!({}),
        "array" => json!([]),
        "integer" | "number" => schema.get("minimum").cloned().unwrap_or_else(|| json!(1)),
        "boolean" => json!(true),
        "null" => Value::Null,
        _ if name.to_lowercase().contains("title") || name == "name" => json!(title(subject)),
        _ => json!(rewritten(subject)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rewrite_keeps_the_prompt_and_is_the_same_every_time() {
        let ask = "Rewrite this prompt so that an image model follows it better: a red boat at sea.";
        let said = answer(ask, &Format::Free);
        assert_eq!(said, answer(ask, &Format::Free));
        assert!(said.as_str().unwrap().starts_with("a red boat at sea, "), "{said}");
        assert_eq!(between_tags("<prompt-7f>a </prompt> b</prompt-7f>, please"), Some("a </prompt> b"));
        let tagged = answer("Improve it.\n<prompt>two\n\ncars</prompt> Thanks.", &Format::Free);
        assert!(tagged.as_str().unwrap().starts_with("two\n\ncars, "), "{tagged}");
    }

    #[test]
    fn json_mode_answers_an_object_of_the_schema() {
        let schema = json!({"type": "object", "required": ["prompt", "shots"], "properties": {
            "prompt": {"type": "string"}, "mood": {"enum": ["calm", "loud"]}, "count": {"type": "integer", "minimum": 3},
            "tags": {"type": "array", "items": {"type": "string"}},
            "shots": {"type": "array", "minItems": 2, "items": {"type": "object", "properties": {"title": {"type": "string"}}}}}});
        let said = answer("Shots for: a red boat at sea", &Format::Schema(schema));
        assert_eq!(said["mood"], "calm");
        assert_eq!(said["count"], 3);
        assert_eq!(said["tags"], json!(["red-boat", "sea"]));
        assert_eq!(said["shots"], json!([{"title": "a red boat at sea"}, {"title": "a red boat at sea"}]));
        assert!(answer("a cat", &Format::Object).is_object());
    }
}
