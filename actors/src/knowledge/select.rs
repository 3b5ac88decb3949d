//! Which tips a prompt gets: by operation and by words, the same for the same prompt and revision.
//!
//! Words are compared without regard to case and to the simple plurals of English. A tip's word may be several
//! ("oil painting"): they must stand side by side. In scripts that write no spaces, a word is found anywhere. Not known: other
//! inflections, synonyms, and accents written as marks of their own.

use serde::Deserialize;

use super::Knowledge;
use crate::operation::Operation;

/// At most this many tips are added to a prompt: more would drown it.
const MOST: usize = 5;

/// A tip that applies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Advice {
    /// `<key>@<version>`.
    pub id: String,
    /// One or two sentences.
    pub text: String,
}

/// What is asked of a stored value; whatever else it has is ignored.
#[derive(Deserialize)]
struct Value {
    tip: String,
    #[serde(default)]
    when: When,
}

#[derive(Default, Deserialize)]
struct When {
    #[serde(default)]
    ops: Vec<String>,
    #[serde(default)]
    any: Vec<String>,
}

/// The tips for a prompt: the most specific first (found by a word of the prompt, then made for the operation, then those that
/// always apply), in the order of their keys where that's equal; five at most. A value that can't be read is skipped: one bad
/// tip mustn't stop a job.
pub fn select(knowledge: &Knowledge, operation: Operation, prompt: &str) -> Vec<Advice> {
    let text = prompt.to_lowercase();
    let words = words(&text);
    let mut found: Vec<(u8, Advice)> = Vec::new();
    for kept in &knowledge.tips {
        let Ok(Value { tip, when }) = serde_json::from_str(&kept.value) else { continue };
        let for_operation = when.ops.is_empty() || when.ops.iter().any(|it| it == operation.as_str());
        let for_words = when.any.is_empty() || when.any.iter().any(|it| names(&text, &words, it));
        if for_operation && for_words && !tip.trim().is_empty() {
            let vague = 2 * u8::from(when.any.is_empty()) + u8::from(when.ops.is_empty());
            let id = format!("{}@{}", kept.key, kept.version);
            found.push((vague, Advice { id, text: tip.trim().to_owned() }));
        }
    }
    // Stable: the knowledge is in the order of its keys.
    found.sort_by_key(|(vague, _)| *vague);
    found.into_iter().map(|(_, advice)| advice).take(MOST).collect()
}

/// Whether the prompt names a tip's word.
fn names(text: &str, prompt: &[String], word: &str) -> bool {
    let word = word.to_lowercase();
    let wanted = words(&word);
    if wanted.is_empty() {
        return false;
    }
    prompt.windows(wanted.len()).any(|window| window == wanted)
        || word.chars().any(is_written_without_spaces) && text.contains(word.trim())
}

/// The words of a lower-case text, each in the singular.
fn words(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(singular).collect()
}

/// Photos and photo, boxes and box, families and family are one word. Wrong guesses do no harm: both sides make them.
fn singular(word: &str) -> String {
    let longer = |length: usize| word.chars().count() > length;
    if let Some(stem) = word.strip_suffix("ies").filter(|_| longer(4)) {
        return format!("{stem}y");
    }
    let hissing = |stem: &&str| ["s", "x", "z", "ch", "sh"].iter().any(|end| stem.ends_with(end));
    if let Some(stem) = word.strip_suffix("es").filter(hissing) {
        return stem.to_owned();
    }
    let plural = longer(3) && !["ss", "us", "is"].iter().any(|end| word.ends_with(end));
    word.strip_suffix('s').filter(|_| plural).unwrap_or(word).to_owned()
}

/// Thai to Burmese, Khmer, and the scripts of Chinese, Japanese and Korean (whose words carry their particles).
const fn is_written_without_spaces(c: char) -> bool {
    matches!(c,
        '\u{0e00}'..='\u{0eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}' | '\u{3040}'..='\u{30ff}'
        | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}' | '\u{20000}'..='\u{3ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::knowledge::Kept;

    fn base(values: &[&str]) -> Knowledge {
        let keys = 'a'..='z';
        let kept = |(key, value): (char, &&str)| Kept {
            key: format!("openai/{key}"),
            version: 3,
            value: (*value).to_owned(),
        };
        Knowledge { revision: 9, tips: keys.zip(values).map(kept).collect() }
    }

    fn ids(values: &[&str], operation: &str, prompt: &str) -> Vec<String> {
        select(&base(values), Operation::parse(operation).unwrap(), prompt)
            .into_iter()
            .map(|advice| advice.id)
            .collect()
    }

    #[test]
    fn the_most_specific_come_first_and_then_the_order_of_the_keys() {
        let values = [
            r#"{"tip":"Always."}"#,
            r#"{"tip":"By operation.","when":{"ops":["edit","generate"]}}"#,
            r#"{"tip":"By word.","when":{"any":["boat"]}}"#,
            r#"{"tip":"By both.","when":{"ops":["generate"],"any":["sea","boat"]}}"#,
            r#"{"tip":"By both too.","when":{"ops":["generate"],"any":["boat"]}}"#,
        ];
        let all = ["openai/d@3", "openai/e@3", "openai/c@3", "openai/b@3", "openai/a@3"];
        assert_eq!(ids(&values, "generate", "A boat at sea"), all);
        assert_eq!(ids(&values, "generate", "A house"), ["openai/b@3", "openai/a@3"]);
        assert_eq!(ids(&values, "upscale", "A boat"), ["openai/c@3", "openai/a@3"]);
    }

    #[test]
    fn five_at_most_and_never_what_cannot_be_read() {
        let tip = r#"{"tip":"T."}"#;
        let odd =
            ["not json", "[]", r#"{"tip":7}"#, r#"{"tip":" "}"#, r#"{"tip":"T.","when":{"any":"boat"}}"#];
        let values: Vec<&str> = odd.into_iter().chain([tip; 7]).collect();
        let expected = ["f", "g", "h", "i", "j"].map(|key| format!("openai/{key}@3"));
        assert_eq!(ids(&values, "generate", "boat"), expected);
    }

    #[test]
    fn words_match_whatever_the_case_the_number_and_the_script() {
        for (word, prompt, matches) in [
            ("photo", "Two PHOTOS, please", true),
            ("photos", "a photo", true),
            ("family", "three families", true),
            ("box", "boxes of fruit", true),
            ("dress", "a dress", true),
            ("dress", "dresses", true),
            ("bus", "a bus", true),
            ("glass", "a gla", false),
            ("car", "a scar", false),
            ("car", "a cart", false),
            ("sign", "a \u{201c}sign\u{201d}", true),
            ("oil painting", "an Oil-Painting of a cat", true),
            ("oil painting", "a painting in oil", false),
            ("portr\u{e4}t", "ein PORTR\u{c4}T", true),
            (
                "\u{444}\u{43e}\u{442}\u{43e}",
                "\u{424}\u{41e}\u{422}\u{41e} \u{43a}\u{43e}\u{442}\u{430}",
                true,
            ),
            ("\u{5199}\u{771f}", "\u{6d77}\u{306e}\u{5199}\u{771f}\u{3092}", true),
            (
                "\u{0e20}\u{0e32}\u{0e1e}",
                "\u{0e27}\u{0e32}\u{0e14}\u{0e20}\u{0e32}\u{0e1e}\u{0e17}\u{0e30}\u{0e40}\u{0e25}",
                true,
            ),
            (
                "\u{91a}\u{93f}\u{924}\u{94d}\u{930}",
                "\u{90f}\u{915} \u{91a}\u{93f}\u{924}\u{94d}\u{930}",
                true,
            ),
            ("!", "a boat!", false),
            ("", "a boat", false),
        ] {
            let value = format!(r#"{{"tip":"T.","when":{{"any":["{word}"]}}}}"#);
            assert_eq!(ids(&[&value], "generate", prompt).len(), usize::from(matches), "{word} in {prompt}");
        }
    }
}
