//! The forms in which a picture is uploaded.

use crate::request::{Invalid, InvalidKind};

/// What a body is, by its declared type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// The picture itself.
    Picture,
    /// `multipart/form-data` with the picture as its one file.
    Multipart,
    /// JSON that names an address: `{"url": "https://…"}`.
    Address,
}

/// Which form a body has that is declared as this type.
pub fn form(content_type: Option<&str>) -> Form {
    let essence = content_type.and_then(|text| text.split(';').next()).unwrap_or_default().trim();
    match essence.to_ascii_lowercase().as_str() {
        "multipart/form-data" => Form::Multipart,
        "application/json" => Form::Address,
        _ => Form::Picture,
    }
}

/// Reads the address in a [`Form::Address`].
///
/// # Errors
/// [`Invalid`] naming the field.
pub fn address(body: &[u8]) -> Result<String, Invalid> {
    let body: serde_json::Value =
        serde_json::from_slice(body).map_err(|error| malformed(format!("isn't JSON: {error}")))?;
    let url = body.get("url").and_then(serde_json::Value::as_str);
    url.map(str::to_owned).ok_or_else(|| Invalid::field("url", "must be the address of a picture"))
}

/// A [`Form::Multipart`] that can't be read.
pub fn no_form() -> Invalid {
    malformed("isn't the multipart form that it's declared to be".to_owned())
}

/// A [`Form::Multipart`] with no file or several.
pub fn not_one_file() -> Invalid {
    Invalid::field("body", "must have one file")
}

fn malformed(reason: String) -> Invalid {
    Invalid { kind: InvalidKind::Malformed, field: "body".to_owned(), reason }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_is_the_declared_one() {
        for (declared, expected) in [
            (None, Form::Picture),
            (Some("image/png"), Form::Picture),
            (Some("application/octet-stream"), Form::Picture),
            (Some("application/jsonp"), Form::Picture),
            (Some("Multipart/Form-Data; boundary=x"), Form::Multipart),
            (Some("application/json;charset=utf-8"), Form::Address),
        ] {
            assert_eq!(form(declared), expected, "{declared:?}");
        }
    }

    #[test]
    fn an_address_is_a_text_in_an_object() {
        assert_eq!(address(br#"{"url":"https://x.org/","more":1}"#).unwrap(), "https://x.org/");
        for body in ["{}", "[]", "null", r#"{"url":1}"#, r#"{"url":null}"#, r#"["url"]"#] {
            assert_eq!(address(body.as_bytes()).unwrap_err().field, "url", "{body}");
        }
        for body in ["", "{", "\u{feff}{}"] {
            let invalid = address(body.as_bytes()).unwrap_err();
            assert_eq!((invalid.kind, invalid.field.as_str()), (InvalidKind::Malformed, "body"), "{body}");
        }
    }
}
