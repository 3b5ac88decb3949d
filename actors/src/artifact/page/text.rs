//! Words for the page: cleaned, cut to size, counted and dated.
//!
//! Escaping is the template's; what is done here keeps one text from disturbing the ones around it.

use crate::calendar;

/// The text without characters that act instead of being read: controls (but line breaks and tabs), and the bidirectional
/// overrides and isolates that could turn the words after them around.
pub fn clean(text: &str) -> String {
    text.chars().filter(|c| !acts(*c)).collect::<String>().trim().to_owned()
}

/// Whether a character acts instead of being read.
pub fn acts(c: char) -> bool {
    (c.is_control() && c != '\n' && c != '\t')
        || matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// [`clean`], on one line.
pub fn line(text: &str) -> String {
    clean(text).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// At most `max` characters (and an ellipsis), cut between words where there is a gap.
pub fn cut(text: &str, max: usize) -> String {
    let Some((end, _)) = text.char_indices().nth(max) else { return text.to_owned() };
    let head: String = text.char_indices().take_while(|(at, _)| *at < end).map(|(_, c)| c).collect();
    let words = head.rsplit_once(char::is_whitespace).map_or(head.as_str(), |(words, _)| words);
    // A cut that would lose most of it (one endless word) is made inside the word instead.
    let kept = if words.chars().count() * 2 > max { words } else { &head };
    format!("{}…", kept.trim_end_matches([' ', ',', ';', ':', '.']))
}

/// `1 image`, `2 images`.
pub fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// `a`, `a and b`, `a, b and c`.
pub fn list(items: &[String]) -> String {
    match items.split_last() {
        None => String::new(),
        Some((only, [])) => only.clone(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
    }
}

/// A day: as people write it, and as machines do.
#[derive(Debug, PartialEq, Eq)]
pub struct Day {
    /// `22 November 2026`.
    pub spoken: String,
    /// `2026-11-22`.
    pub iso: String,
}

/// The UTC day of a moment in epoch milliseconds, in the proleptic Gregorian calendar.
pub fn day(epoch_ms: i64) -> Day {
    const MONTHS: [&str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    let (year, month, day) = calendar::date(epoch_ms);
    let name = usize::try_from(month - 1).ok().and_then(|index| MONTHS.get(index)).unwrap_or(&"");
    Day { spoken: format!("{day} {name} {year}"), iso: format!("{year:04}-{month:02}-{day:02}") }
}

#[cfg(test)]
mod tests {
    use super::{clean, count, cut, day, line, list};

    #[test]
    fn acting_characters_go_and_words_stay() {
        assert_eq!(clean(" a\u{0}\u{202E}b\u{2067}\nc\t\u{7f}d\u{200F} "), "ab\nc\td\u{200F}");
        assert_eq!(line(" one\n\n two\tthree "), "one two three");
    }

    #[test]
    fn cuts_fall_between_words() {
        assert_eq!(cut("short", 5), "short");
        assert_eq!(cut("a red circle, on white", 14), "a red circle…");
        assert_eq!(cut(&"é".repeat(30), 10), format!("{}…", "é".repeat(10)));
        assert_eq!(cut(&format!("a {}", "x".repeat(30)), 10), format!("a {}…", "x".repeat(8)));
    }

    #[test]
    fn numbers_and_lists_read_well() {
        assert_eq!(
            (count(1, "image", "images"), count(0, "image", "images")),
            ("1 image".into(), "0 images".into())
        );
        let names: Vec<String> = ["a", "b", "c"].map(String::from).into();
        assert_eq!(list(&[]), "");
        assert_eq!(list(names.get(..1).unwrap()), "a");
        assert_eq!(list(names.get(..2).unwrap()), "a and b");
        assert_eq!(list(&names), "a, b and c");
    }

    #[test]
    fn days_are_the_calendars() {
        for (ms, iso, spoken) in [
            (0, "1970-01-01", "1 January 1970"),
            (-1, "1969-12-31", "31 December 1969"),
            (951_782_400_000, "2000-02-29", "29 February 2000"),
            (1_795_305_600_000, "2026-11-22", "22 November 2026"),
            (1_795_391_999_999, "2026-11-22", "22 November 2026"),
            (4_107_542_400_000, "2100-03-01", "1 March 2100"),
        ] {
            let found = day(ms);
            assert_eq!((found.iso.as_str(), found.spoken.as_str()), (iso, spoken));
        }
        assert!(!day(i64::MAX).iso.is_empty() && !day(i64::MIN).iso.is_empty(), "no moment overflows");
    }
}
