//! Requests that are repeated under one key: everybody gets the same answer, byte for byte.

use std::collections::BTreeMap;

use super::{Rule, Violation};

/// An answer with success to a request under a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The `Idempotency-Key`.
    pub key: String,
    /// Whether it was said to be an earlier request's.
    pub replayed: bool,
    /// The body.
    pub body: String,
}

/// The rule `Once`. That one of the answers was the first isn't asked for: it may have been lost in a kill.
pub fn check(answers: &[Answer]) -> Vec<Violation> {
    let mut by_key: BTreeMap<&str, (&str, usize)> = BTreeMap::new();
    let mut found = Vec::new();
    for Answer { key, replayed, body } in answers {
        let (first, fresh) = by_key.entry(key).or_insert((body, 0));
        *fresh += usize::from(!replayed);
        if first != body {
            found.push(Violation::new(Rule::Once, format!("{key}: {first} and {body}")));
        }
        if *fresh > 1 {
            found.push(Violation::new(Rule::Once, format!("{key}: two answers said to be the first")));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::rules;

    fn answer(replayed: bool, body: &str) -> Answer {
        Answer { key: "k".to_owned(), replayed, body: body.to_owned() }
    }

    #[test]
    fn repetitions_get_the_same_answer() {
        assert!(check(&[answer(true, "a"), answer(false, "a"), answer(true, "a")]).is_empty());
        let other = Answer { key: "l".to_owned(), ..answer(false, "b") };
        assert!(check(&[answer(false, "a"), other]).is_empty());
    }

    #[test]
    fn another_answer_or_a_second_first_is_found() {
        assert_eq!(rules(&check(&[answer(false, "a"), answer(true, "b")])), [Rule::Once]);
        assert_eq!(rules(&check(&[answer(false, "a"), answer(false, "a")])), [Rule::Once]);
    }
}
