//! What the providers' failures share: classes by status, waiting times, and messages that are safe to show.

use std::time::UNIX_EPOCH;

use picasso_actors::provider::{Failure, FailureClass};
use serde_json::Value;

use super::Answer;

/// A provider's own words are cut to this many characters, so that what stands around them always fits.
pub const WORDS_CHARS: usize = 160;

/// Codes, reasons and request ids are cut to this many characters.
pub const CODE_CHARS: usize = 48;

/// In place of a status where there is none: an error that the `AI` binding threw.
pub const NO_STATUS: u16 = 0;

/// What a provider said when it refused.
pub struct Refusal<'a> {
    /// Who, as a person would say it: `openai`, `the vision model`.
    pub who: &'a str,
    /// What it comes down to.
    pub class: FailureClass,
    /// The provider's own code, where it has one.
    pub code: &'a str,
    /// The provider's own words, not yet cleaned.
    pub words: &'a str,
}

impl Refusal<'_> {
    /// The failure, with the waiting time that the answer's headers or `delay_ms` (from its body) ask for. The waiting
    /// time is kept only where waiting can help.
    pub fn failure(&self, answer: &Answer<'_>, delay_ms: Option<u64>, now_ms: u64) -> Failure {
        let status = if answer.status == NO_STATUS { String::new() } else { answer.status.to_string() };
        let codes = [status, clean(self.code, CODE_CHARS)].join(" ");
        let codes = match codes.trim() {
            "" => String::new(),
            codes => format!(" ({codes})"),
        };
        let words = clean(self.words, WORDS_CHARS);
        let colon = if words.is_empty() { "" } else { ": " };
        let id = answer.request_id().map(|id| format!(" [{id}]")).unwrap_or_default();
        let message = format!("{} {}{codes}{colon}{words}{id}", self.who, phrase(self.class));
        let wait = match self.class {
            FailureClass::Rate | FailureClass::Overloaded | FailureClass::Timeout => {
                retry_after_ms(answer, now_ms).or(delay_ms)
            }
            _ => None,
        };
        Failure::new(self.class, message).retry_after(wait)
    }
}

/// The class of a status whose body says nothing more. `understood` tells whether the body was an error in the
/// provider's own format: only then does 404 mean the model, not the address.
pub fn status_class(status: u16, understood: bool) -> FailureClass {
    match status {
        401 | 403 => FailureClass::Auth,
        402 => FailureClass::Quota,
        404 | 410 if understood => FailureClass::ModelGone,
        408 | 504 | 522 | 524 => FailureClass::Timeout,
        // An error that nothing is known of may pass.
        NO_STATUS | 409 | 425 | 500..=599 => FailureClass::Overloaded,
        429 => FailureClass::Rate,
        _ => FailureClass::BadRequest,
    }
}

/// A failing answer whose body isn't an error in the provider's format. `base_url_var` is named where the address is
/// the likely fault.
pub fn unexplained(who: &str, base_url_var: &str, answer: &Answer<'_>, now_ms: u64) -> Failure {
    let hint;
    let words = match answer.status {
        300..=399 => {
            hint = format!("redirects aren't followed; check {base_url_var}");
            hint.as_str()
        }
        404 | 405 | 410 => {
            hint = format!("nothing answers there; check {base_url_var}");
            hint.as_str()
        }
        _ if is_web_page(answer) => "a web page instead of an answer",
        _ => plain_text(answer.body),
    };
    let class = status_class(answer.status, false);
    Refusal { who, class, code: "", words }.failure(answer, None, now_ms)
}

/// A successful status whose body isn't the JSON that it should be.
pub fn unreadable(who: &str, answer: &Answer<'_>, error: &serde_json::Error) -> Failure {
    if is_web_page(answer) {
        // A gateway's error or maintenance page: the service behind it is out of reach for now.
        let message = format!("{who} answered {} with a web page instead of an image", answer.status);
        return Failure::new(FailureClass::Overloaded, message);
    }
    let what = if error.is_eof() { "the answer was cut" } else { "the answer isn't in its format" };
    let at = format!("line {} column {}", error.line(), error.column());
    Failure::new(FailureClass::BadImage, format!("{who}: {what} after {} bytes ({at})", answer.body.len()))
}

/// Whether the body is HTML, whatever its status.
pub fn is_web_page(answer: &Answer<'_>) -> bool {
    answer.body.trim_ascii_start().starts_with(b"<")
        || answer.header("content-type").is_some_and(|kind| kind.starts_with("text/html"))
}

/// The string at a JSON pointer, or the empty string.
pub fn text_at<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

/// How long the headers ask us to wait, in milliseconds: `retry-after-ms` first, then `retry-after` as seconds or as an
/// HTTP date.
pub fn retry_after_ms(answer: &Answer<'_>, now_ms: u64) -> Option<u64> {
    let exact = answer.header("retry-after-ms").and_then(|text| millis(&text, 1.0));
    exact.or_else(|| {
        let text = answer.header("retry-after")?;
        millis(&text, 1000.0).or_else(|| date_after(&text, now_ms))
    })
}

/// A protobuf duration in JSON, such as `46s` or `38.618326853s`, in milliseconds.
pub fn duration_ms(text: &str) -> Option<u64> {
    millis(text.strip_suffix('s')?, 1000.0)
}

/// A decimal number times `unit`, rounded up to whole milliseconds; `None` for what no clock can mean.
fn millis(text: &str, unit: f64) -> Option<u64> {
    /// A year.
    const MOST: f64 = 366.0 * 86_400_000.0;
    let value = (text.trim().parse::<f64>().ok()? * unit).ceil();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked to lie in 0..=MOST")]
    (0.0..=MOST).contains(&value).then_some(value as u64)
}

fn date_after(text: &str, now_ms: u64) -> Option<u64> {
    let date = httpdate::parse_http_date(text.trim()).ok()?;
    let at_ms = u64::try_from(date.duration_since(UNIX_EPOCH).ok()?.as_millis()).ok()?;
    Some(at_ms.saturating_sub(now_ms))
}

fn phrase(class: FailureClass) -> &'static str {
    match class {
        FailureClass::NotConfigured => "isn't configured rightly",
        FailureClass::Auth => "refused the key or the account",
        FailureClass::Quota => "says that its quota or credit is used up",
        FailureClass::Rate => "asks for fewer requests",
        FailureClass::Overloaded => "is overloaded or failing",
        FailureClass::Timeout => "took too long",
        FailureClass::Moderation => "refused this for safety reasons",
        FailureClass::BadRequest => "refused the request",
        FailureClass::ModelGone => "doesn't have this model",
        FailureClass::NoImage => "sent no image",
        FailureClass::BadImage => "sent a broken image",
        FailureClass::BadAnswer => "made no sense",
        FailureClass::Storage => "failed",
        FailureClass::Budget => "could cost more than it may",
        FailureClass::Circuit => "is paused",
        FailureClass::Cancelled => "was stopped",
    }
}

fn plain_text(body: &[u8]) -> &str {
    let text = std::str::from_utf8(body).unwrap_or_default().trim();
    if text.starts_with(['{', '[']) || text == "null" { "" } else { text }
}

/// Words of a provider in a form to be stored and shown: on one line, cut, and without anything that looks like a key
/// (`OpenAI` quotes part of a wrong key) or like encoded data.
pub fn clean(text: &str, chars: usize) -> String {
    let mut out = String::new();
    let mut word = String::new();
    // Enough of the text to fill `chars` after white space is gone, without walking through a megabyte.
    for c in text.trim().chars().take(chars.saturating_mul(4)).chain(std::iter::once(' ')) {
        if c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '*' | '+' | '=') {
            word.push(c);
            continue;
        }
        out.push_str(if looks_secret(&word) { "[redacted]" } else { &word });
        word.clear();
        if !(c.is_whitespace() || c.is_control()) {
            out.push(c);
        } else if !out.ends_with(' ') {
            out.push(' ');
        }
    }
    let out = out.trim();
    match out.char_indices().nth(chars) {
        Some((at, _)) => format!("{}…", out.get(..at).unwrap_or_default().trim_end()),
        None => out.to_owned(),
    }
}

fn looks_secret(word: &str) -> bool {
    let known = (word.starts_with("sk-") && word.len() > 6) || (word.starts_with("AIza") && word.len() > 8);
    let has = |kind: fn(&char) -> bool| word.chars().any(|c| kind(&c));
    known
        || (word.len() >= 32
            && has(char::is_ascii_uppercase)
            && has(char::is_ascii_lowercase)
            && has(char::is_ascii_digit))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-22 00:00:00 UTC.
    const NOW_MS: u64 = 1_795_305_600_000;

    fn wait(headers: &[(&str, &str)]) -> Option<u64> {
        let header = |name: &str| {
            headers.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        };
        retry_after_ms(&Answer { status: 429, headers: &header, body: b"" }, NOW_MS)
    }

    #[test]
    fn waiting_times() {
        assert_eq!(wait(&[("retry-after", "2")]), Some(2_000));
        assert_eq!(wait(&[("retry-after", " 0.25 ")]), Some(250));
        assert_eq!(wait(&[("retry-after-ms", "1500.2"), ("retry-after", "9")]), Some(1_501));
        assert_eq!(wait(&[("retry-after-ms", "soon"), ("retry-after", "9")]), Some(9_000));
        assert_eq!(wait(&[("retry-after", "Sun, 22 Nov 2026 00:00:30 GMT")]), Some(30_000));
        assert_eq!(wait(&[("retry-after", "Sat, 21 Nov 2026 00:00:00 GMT")]), Some(0));
        for nonsense in ["", "-1", "NaN", "inf", "1e300", "tomorrow", "Sun, 99 Nov 2026 00:00:30 GMT"] {
            assert_eq!(wait(&[("retry-after", nonsense)]), None, "{nonsense:?}");
        }
        assert_eq!(wait(&[]), None);
        assert_eq!(duration_ms("46s"), Some(46_000));
        assert_eq!(duration_ms("38.618326853s"), Some(38_619));
        assert_eq!(duration_ms("46"), None);
    }

    #[test]
    fn waiting_times_go_only_where_waiting_helps() {
        let header = |name: &str| (name == "retry-after").then(|| "3".to_owned());
        for (class, wait) in [
            (FailureClass::Rate, Some(3_000)),
            (FailureClass::Overloaded, Some(3_000)),
            (FailureClass::Quota, None),
            (FailureClass::Moderation, None),
        ] {
            let answer = Answer { status: 429, headers: &header, body: b"" };
            let refusal = Refusal { who: "x", class, code: "", words: "" };
            assert_eq!(refusal.failure(&answer, Some(9_000), NOW_MS).retry_after_ms, wait);
        }
    }

    #[test]
    fn words_are_made_safe() {
        for (words, safe) in [
            (
                "Incorrect API key provided: sk-proj-****abcd. Find it",
                "Incorrect API key provided: [redacted]. Find it",
            ),
            ("key AIzaSyDUMMYKEY0123 is bad", "key [redacted] is bad"),
            ("got Bearer aB3dE6gH9aB3dE6gH9aB3dE6gH9aB3dE6gH9ab.", "got Bearer [redacted]."),
            ("two\r\n\tlines \u{7}here", "two lines here"),
            (
                "metric: generativelanguage.googleapis.com/generate_content_free_tier_requests",
                "metric: generativelanguage.googleapis.com/generate_content_free_tier_requests",
            ),
            ("req_0123456789abcdef0123456789abcdef", "req_0123456789abcdef0123456789abcdef"),
        ] {
            assert_eq!(clean(words, 180), safe);
        }
        assert_eq!(clean("één twee drie", 8), "één twee…");
    }

    #[test]
    fn a_long_message_keeps_its_request_id() {
        let header = |name: &str| (name == "x-request-id").then(|| "req_42".to_owned());
        let answer = Answer { status: 500, headers: &header, body: b"" };
        let words = "again and again ".repeat(200);
        let refusal =
            Refusal { who: "openai", class: FailureClass::Overloaded, code: "server_error", words: &words };
        let failure = refusal.failure(&answer, None, NOW_MS);
        assert!(failure.message.starts_with("openai is overloaded or failing (500 server_error): again"));
        assert!(failure.message.ends_with("… [req_42]"), "{}", failure.message);
    }
}
