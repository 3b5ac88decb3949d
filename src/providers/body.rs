//! Reading answers without copying their megabytes: base64 text is borrowed from the body and decoded once.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use picasso_actors::provider::{Failure, FailureClass};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{Answer, errors};

/// Standard alphabet; padding may be missing.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// R2 takes 8,192 bytes of metadata an object, and usage is one of its entries.
const USAGE_BYTES_MAX: usize = 2_048;

/// A JSON string that is borrowed from the body unless it holds escapes (some encoders write `=` as `\u003d`). A plain
/// `Option<Cow<str>>` would always copy.
#[derive(Debug, Deserialize)]
pub struct Text<'a>(#[serde(borrow)] pub Cow<'a, str>);

/// The body of a successful answer as JSON.
pub fn json<'a, T: Deserialize<'a>>(who: &str, answer: &Answer<'a>) -> Result<T, Failure> {
    if answer.body.is_empty() {
        return Err(Failure::new(FailureClass::NoImage, format!("{who} answered with an empty body")));
    }
    serde_json::from_slice(answer.body).map_err(|error| errors::unreadable(who, answer, &error))
}

/// The bytes behind base64 text.
pub fn image(who: &str, text: &str) -> Result<Vec<u8>, Failure> {
    if text.is_empty() {
        return Err(Failure::new(FailureClass::NoImage, format!("{who} answered with an empty image")));
    }
    BASE64.decode(text).map_err(|error| {
        Failure::new(FailureClass::BadImage, format!("{who} sent base64 that doesn't decode: {error}"))
    })
}

/// Appends the base64 of `bytes` to `text`.
pub fn append_base64(bytes: &[u8], text: &mut String) {
    BASE64.encode_string(bytes, text);
}

/// How many characters [`append_base64`] adds.
pub fn base64_length(bytes: &[u8]) -> usize {
    bytes.len().div_ceil(3) * 4
}

/// Usage figures on one line; `None` when there are none or they can't be object metadata.
pub fn usage(raw: Option<&RawValue>) -> Option<String> {
    let value: serde_json::Value = serde_json::from_str(raw?.get()).ok()?;
    let line = value.to_string();
    (line.len() <= USAGE_BYTES_MAX && line.is_ascii()).then_some(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    struct Holder<'a> {
        #[serde(borrow)]
        data: Option<Text<'a>>,
    }

    #[test]
    fn base64_text_is_borrowed_and_escapes_still_work() {
        let plain: Holder<'_> = serde_json::from_slice(br#"{"data":"QUJD"}"#).unwrap();
        assert!(matches!(plain.data.unwrap().0, Cow::Borrowed("QUJD")));
        let escaped: Holder<'_> = serde_json::from_slice(br#"{"data":"QUI\u003d"}"#).unwrap();
        assert_eq!(image("x", &escaped.data.unwrap().0).unwrap(), b"AB");
        let absent: Holder<'_> = serde_json::from_slice(br#"{"data":null}"#).unwrap();
        assert!(absent.data.is_none());
    }

    #[test]
    fn base64_that_is_none() {
        assert_eq!(image("x", "QUI").unwrap(), b"AB");
        assert_eq!(image("x", "not base64!").unwrap_err().class, FailureClass::BadImage);
        assert_eq!(image("x", "QUJDR").unwrap_err().class, FailureClass::BadImage);
        assert_eq!(image("x", "").unwrap_err().class, FailureClass::NoImage);
    }

    #[test]
    fn lengths_agree() {
        for bytes in [&b""[..], b"a", b"ab", b"abc", b"abcd"] {
            let mut text = String::new();
            append_base64(bytes, &mut text);
            assert_eq!(text.len(), base64_length(bytes));
        }
    }

    #[test]
    fn usage_is_one_line_or_nothing() {
        let raw = RawValue::from_string("{\n  \"total_tokens\": 9\n}".into()).unwrap();
        assert_eq!(usage(Some(&raw)).unwrap(), r#"{"total_tokens":9}"#);
        let big = RawValue::from_string(format!("\"{}\"", "x".repeat(USAGE_BYTES_MAX))).unwrap();
        assert_eq!(usage(Some(&big)), None);
        assert_eq!(usage(None), None);
    }
}
