//! A prompt gets the provider's tips: deterministic, so that the same tips give the same prompt.

use serde::{Deserialize, Serialize};

/// At most this many tips are added to a prompt: more would drown it.
const MOST_TIPS: usize = 5;

/// A prompt as a provider gets it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Refined {
    /// The person's words, then a blank line, then the tips that apply.
    pub text: String,
    /// Which tips, as `id@version`.
    pub tips: Vec<String>,
}

/// A row of the knowledge base. What it doesn't know of a row, it ignores.
#[derive(Debug, Clone, Deserialize)]
struct Tip {
    id: String,
    #[serde(default = "first_version")]
    version: u32,
    #[serde(rename = "tip")]
    advice: String,
    #[serde(default)]
    when: When,
}

#[derive(Debug, Clone, Default, Deserialize)]
struct When {
    /// Operations it's good for; none named = all.
    #[serde(default)]
    ops: Vec<String>,
    /// Words of which the prompt must have one; none named = always.
    #[serde(default)]
    any: Vec<String>,
}

const fn first_version() -> u32 {
    1
}

impl Refined {
    /// A prompt to which nothing was added.
    pub fn plain(prompt: &str) -> Self {
        Self { text: prompt.to_owned(), tips: Vec::new() }
    }
}

/// Adds the tips that apply, in the order of their ids. A row that can't be read is skipped: one bad tip mustn't stop a
/// job.
pub fn refine(prompt: &str, rows: &[String]) -> Refined {
    let words: Vec<String> = prompt
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect();
    let mut tips: Vec<Tip> = rows
        .iter()
        .filter_map(|row| serde_json::from_str::<Tip>(row).ok())
        .filter(|tip| tip.when.ops.is_empty() || tip.when.ops.iter().any(|op| op == "generate"))
        .filter(|tip| {
            tip.when.any.is_empty() || tip.when.any.iter().any(|word| words.contains(&word.to_lowercase()))
        })
        .collect();
    tips.sort_by(|a, b| a.id.cmp(&b.id));
    tips.truncate(MOST_TIPS);
    if tips.is_empty() {
        return Refined::plain(prompt);
    }
    let guidance: Vec<&str> = tips.iter().map(|tip| tip.advice.trim()).collect();
    Refined {
        text: format!("{}\n\n{}", prompt.trim_end(), guidance.join(" ")),
        tips: tips.iter().map(|tip| format!("{}@{}", tip.id, tip.version)).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tips_apply_by_operation_and_word_in_the_order_of_their_ids() {
        let rows = [
            r#"{"id":"x/b","version":3,"tip":"Say it plainly."}"#,
            r#"{"id":"x/a","tip":"Name the light.","when":{"ops":["generate"],"any":["Portrait"]}}"#,
            r#"{"id":"x/c","tip":"Never.","when":{"ops":["inpaint"]}}"#,
            r#"{"id":"x/d","tip":"Never.","when":{"any":["car"]}}"#,
            "not json",
        ]
        .map(str::to_owned);
        let refined = refine("A portrait of a scar\n", &rows);
        assert_eq!(refined.text, "A portrait of a scar\n\nName the light. Say it plainly.");
        assert_eq!(refined.tips, ["x/a@1", "x/b@3"]);
    }

    #[test]
    fn without_tips_the_prompt_is_left_alone() {
        assert_eq!(refine("a boat ", &[]), Refined::plain("a boat "));
    }
}
