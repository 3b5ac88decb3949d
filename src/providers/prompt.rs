//! Fitting a refined prompt into what a model takes.
//!
//! A refined prompt is the person's own words, a blank line, then the guidance that refinement added. Guidance is ours
//! to shorten; the person's words aren't, so when they alone are too long the call is refused instead.

use std::borrow::Cow;

use picasso_actors::provider::{Failure, FailureClass};

/// The prompt within `limit` characters (Unicode code points, which is how a JSON schema's `maxLength` counts).
/// Guidance goes from its end, at whole lines or sentences.
///
/// # Errors
/// `BadRequest` when the words before the guidance are too long by themselves.
pub fn fit<'a>(prompt: &'a str, limit: usize, model: &str) -> Result<Cow<'a, str>, Failure> {
    if prompt.chars().count() <= limit {
        return Ok(Cow::Borrowed(prompt));
    }
    let (own, guidance) = prompt.rsplit_once(SEPARATOR).unwrap_or((prompt, ""));
    let length = own.chars().count();
    if length > limit {
        let why = format!(
            "the prompt has {length} characters, and {model} takes at most {limit}: shorten the prompt"
        );
        return Err(Failure::new(FailureClass::BadRequest, why));
    }
    let room = limit.saturating_sub(length + SEPARATOR.len());
    Ok(match whole_sentences(guidance, room) {
        "" => Cow::Borrowed(own),
        kept => Cow::Owned([own, SEPARATOR, kept].concat()),
    })
}

/// What stands between the person's words and the guidance.
const SEPARATOR: &str = "\n\n";

/// The longest start of `text` with at most `room` characters that ends with a line or a sentence.
fn whole_sentences(text: &str, room: usize) -> &str {
    let mut end = 0;
    let mut previous = ' ';
    for (count, (at, c)) in text.char_indices().enumerate() {
        if count > room {
            break;
        }
        if c == '\n' || (c == ' ' && matches!(previous, '.' | '!' | '?' | ';')) {
            end = at;
        }
        previous = c;
    }
    text.get(..end).unwrap_or_default().trim_end()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fits_is_left_alone() {
        let prompt = "a boat\n\nSharp focus. Soft light.";
        assert_eq!(fit(prompt, prompt.len(), "m").unwrap(), prompt);
        // 4 characters, 12 bytes.
        assert_eq!(fit("船と海景", 4, "m").unwrap(), "船と海景");
    }

    #[test]
    fn guidance_is_dropped_sentence_by_sentence() {
        let prompt = "a boat\n\nSharp focus. Soft light. Wide lens.\nNo text.";
        for (limit, kept) in [
            (51, "a boat\n\nSharp focus. Soft light. Wide lens."),
            (42, "a boat\n\nSharp focus. Soft light."),
            (32, "a boat\n\nSharp focus. Soft light."),
            (31, "a boat\n\nSharp focus."),
            (19, "a boat"),
            (7, "a boat"),
            (6, "a boat"),
        ] {
            let fitted = fit(prompt, limit, "m").unwrap();
            assert_eq!(fitted, kept, "limit {limit}");
            assert!(fitted.chars().count() <= limit);
        }
    }

    #[test]
    fn the_persons_own_words_are_never_cut() {
        for prompt in ["a long boat", "a long boat\n\nSharp focus."] {
            let failure = fit(prompt, 10, "@cf/some/model").unwrap_err();
            assert_eq!(failure.class, FailureClass::BadRequest);
            let expected =
                "the prompt has 11 characters, and @cf/some/model takes at most 10: shorten the prompt";
            assert_eq!(failure.message, expected);
        }
    }
}
