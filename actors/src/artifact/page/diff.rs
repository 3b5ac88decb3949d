//! Two texts, word by word.

use similar::{Algorithm, ChangeTag, capture_diff_slices};

/// Words that go together.
#[derive(Debug, PartialEq, Eq)]
pub struct Run {
    /// Where they are.
    pub side: Side,
    /// The words, with single spaces.
    pub text: String,
}

/// In which of two texts words are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// In both.
    Both,
    /// In the first only.
    First,
    /// In the second only.
    Second,
}

/// What has to be taken from one text and put into it to make it the other, in order. Its cost is of the order of words × changes:
/// give it no more than a few hundred words.
pub fn words(one: &str, other: &str) -> Vec<Run> {
    let [one, other] = [one, other].map(|text| text.split_whitespace().collect::<Vec<_>>());
    let operations = capture_diff_slices(Algorithm::Myers, &one, &other);
    let mut runs: Vec<Run> = Vec::new();
    for change in operations.iter().flat_map(|operation| operation.iter_changes(&one, &other)) {
        let side = match change.tag() {
            ChangeTag::Equal => Side::Both,
            ChangeTag::Delete => Side::First,
            ChangeTag::Insert => Side::Second,
        };
        match runs.last_mut() {
            Some(run) if run.side == side => {
                run.text.push(' ');
                run.text.push_str(change.value_ref());
            }
            _ => runs.push(Run { side, text: change.value().to_owned() }),
        }
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::{Side, words};

    #[test]
    fn what_went_and_what_came_is_told_apart_from_what_stayed() {
        let runs = words("the same stairs, warm light", "the same  stairs, colder light, blue coat");
        let told: Vec<(Side, &str)> = runs.iter().map(|run| (run.side, run.text.as_str())).collect();
        let expected = [
            (Side::Both, "the same stairs,"),
            (Side::First, "warm light"),
            (Side::Second, "colder light, blue coat"),
        ];
        assert_eq!(told, expected);
        assert_eq!(words("a b", "a b").len(), 1);
        assert!(words("", " \n").is_empty());
    }
}
