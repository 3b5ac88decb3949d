//! JSON objects in what a model says, whatever prose or code fence stands around them.

use serde::de::IgnoredAny;

/// An answer that's longer than this is none, in bytes: what is asked for takes a tenth of it.
pub const LONGEST: usize = 32 * 1024;

/// The outermost JSON objects of an answer, in order; none of one that's too long. What is in braces and isn't JSON (a
/// template that was copied back, a word of a prompt) is prose.
pub fn objects(said: &str) -> impl Iterator<Item = &str> {
    let mut rest = if said.len() <= LONGEST { said } else { "" };
    let braced = std::iter::from_fn(move || {
        let object = rest.get(rest.find('{')?..)?;
        let (object, behind) = object.split_at_checked(end(object)?)?;
        rest = behind;
        Some(object)
    });
    braced.filter(|object| serde_json::from_str::<IgnoredAny>(object).is_ok())
}

/// Where the object ends that the text begins with; `None` when it doesn't.
fn end(text: &str) -> Option<usize> {
    let (mut depth, mut inside, mut escaped) = (0_u32, false, false);
    for (at, byte) in (1..).zip(text.bytes()) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if inside => escaped = true,
            b'"' => inside = !inside,
            b'{' if !inside => depth += 1,
            b'}' if !inside => {
                depth -= 1;
                if depth == 0 {
                    return Some(at);
                }
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_are_found_between_whatever_else_is_said() {
        for (said, expected) in [
            ("", vec![]),
            ("none", vec![]),
            ("{", vec![]),
            ("} {", vec![]),
            ("Sure: {\"a\":1} and {}.", vec!["{\"a\":1}", "{}"]),
            ("{\"a\":{\"b\":\"}\\\"}\"}}x", vec!["{\"a\":{\"b\":\"}\\\"}\"}}"]),
            ("```json\n{\"\u{e9}\": \"{\"}\n```", vec!["{\"\u{e9}\": \"{\"}"]),
            ("{\"a\": {\"b\": 1}", vec![]),
            ("{red} {\"a\": 1 or 2} {\"a\":1,} {\"a\":1}", vec!["{\"a\":1}"]),
        ] {
            assert_eq!(objects(said).collect::<Vec<_>>(), expected, "{said}");
        }
        let long = format!("{{\"a\":\"{}\"}}", "x".repeat(LONGEST));
        assert_eq!(objects(&long).count(), 0);
    }
}
