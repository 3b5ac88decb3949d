//! What a session asks for where its jobs don't say: a small document, kept beside the actors in a key-value store that is
//! eventually consistent. So a change may take a minute to be seen everywhere, and nothing here decides what a running job does:
//! a job's own fields are filled in once, when it starts.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::ids::SessionId;
use crate::job::judge::Strictness;
use crate::job::refine::Refinement;
use crate::provider::Provider;
use crate::request::{self, Invalid};

/// Largest document, in bytes.
pub const BYTES_MAX: usize = 4 * 1024;
/// Longest tone, in characters.
const TONE_MAX: usize = 200;
/// Longest size, aspect or quality, in characters: the job's own checks know what's right.
const WORD_MAX: usize = 20;

/// The defaults of a session. A field that isn't there is the service's own choice.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Preferences {
    /// Distinct, in the order asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub providers: Option<Vec<Provider>>,
    /// Pictures from each provider.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variants: Option<u32>,
    /// `<width>x<height>` in pixels, or `auto`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<String>,
    /// `<width>:<height>`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aspect: Option<String>,
    /// One word; what it can be differs between models.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quality: Option<String>,
    /// What is done with the tips.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refinement: Option<Refinement>,
    /// The reasoning model may word prompts anew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rewrite: Option<bool>,
    /// How much the judge demands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub strictness: Option<Strictness>,
    /// How the studio speaks to this person: one line. No job has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tone: Option<String>,
}

/// Where a session's document is.
pub fn key(session: &SessionId) -> String {
    format!("session:{session}")
}

/// Reads the body of `PUT /api/preferences/:sessionId`. `null` is the same as leaving a field out.
///
/// # Errors
/// [`Invalid`] naming the field, also one that isn't known.
pub fn parse(body: &[u8]) -> Result<Preferences, Invalid> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Body {
        providers: Option<Vec<String>>,
        variants: Option<i64>,
        size: Option<String>,
        aspect: Option<String>,
        quality: Option<String>,
        refinement: Option<String>,
        rewrite: Option<bool>,
        strictness: Option<String>,
        tone: Option<String>,
    }
    if body.len() > BYTES_MAX {
        return Err(Invalid::field("body", format!("at most {BYTES_MAX} bytes")));
    }
    let body: Body = request::decode(body)?;
    let wrong = |field: &str, what: &str| Invalid::field(field, format!("must be {what}"));
    Ok(Preferences {
        providers: body.providers.map(|names| request::providers(&names)).transpose()?,
        variants: body.variants.map(|variants| request::variants(Some(variants))).transpose()?,
        size: checked(body.size, |text| text == "auto" || is_pair(text, 'x'))
            .map_err(|()| wrong("size", "<width>x<height> or auto"))?,
        aspect: checked(body.aspect, |text| is_pair(text, ':'))
            .map_err(|()| wrong("aspect", "<width>:<height>"))?,
        quality: checked(body.quality, |text| text.bytes().all(|byte| byte.is_ascii_lowercase()))
            .map_err(|()| wrong("quality", "one word in lower case"))?,
        refinement: named(body.refinement, Refinement::parse)
            .map_err(|()| wrong("refinement", "off, suggest or auto"))?,
        rewrite: body.rewrite,
        strictness: named(body.strictness, Strictness::parse)
            .map_err(|()| wrong("strictness", "lenient, normal or strict"))?,
        tone: body.tone.map(|tone| tone_of(&tone)).transpose()?,
    })
}

/// The session that a job's body names, if it names one.
pub fn session_of(job: &[u8]) -> Option<SessionId> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Named {
        session_id: String,
    }
    let named: Named = serde_json::from_slice(job).ok()?;
    SessionId::parse(&named.session_id).ok()
}

/// A job's body with what it leaves out and the session prefers. The rest of it stays as it is, to the letter, so that its own
/// mistakes are found and named as ever. A field that's `null` isn't left out: it asks for the service's own choice. A job that
/// names a size or an aspect has chosen both.
pub fn fill(job: &[u8], preferences: &Preferences) -> Vec<u8> {
    let filled = || {
        let given: Map<String, Value> = serde_json::from_slice(job).ok()?;
        let mut wanted = Preferences { tone: None, ..preferences.clone() };
        if given.contains_key("size") || given.contains_key("aspect") {
            (wanted.size, wanted.aspect) = (None, None);
        }
        let Value::Object(mut wanted) = serde_json::to_value(&wanted).ok()? else { return None };
        wanted.retain(|name, _| !given.contains_key(name));
        let members = Value::Object(wanted).to_string();
        let members = members.strip_prefix('{')?.strip_suffix('}')?;
        let comma = if members.is_empty() || given.is_empty() { "" } else { "," };
        let (head, rest) = job.split_at_checked(job.iter().position(|byte| *byte == b'{')? + 1)?;
        Some([head, members.as_bytes(), comma.as_bytes(), rest].concat())
    };
    filled().unwrap_or_else(|| job.to_vec())
}

/// A short text that is as it must be.
fn checked(text: Option<String>, right: fn(&str) -> bool) -> Result<Option<String>, ()> {
    match text {
        Some(text) if text.is_empty() || text.len() > WORD_MAX || !right(&text) => Err(()),
        text => Ok(text),
    }
}

fn named<T>(text: Option<String>, parse: fn(&str) -> Option<T>) -> Result<Option<T>, ()> {
    text.map(|text| parse(&text).ok_or(())).transpose()
}

/// Two whole numbers with a sign between them.
fn is_pair(text: &str, sign: char) -> bool {
    let is_number = |part: &str| {
        (1..=5).contains(&part.len())
            && part.bytes().all(|byte| byte.is_ascii_digit())
            && !part.starts_with('0')
    };
    text.split_once(sign).is_some_and(|(width, height)| is_number(width) && is_number(height))
}

fn tone_of(text: &str) -> Result<String, Invalid> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > TONE_MAX || text.chars().any(char::is_control) {
        return Err(Invalid::field("tone", format!("must be one line of 1 to {TONE_MAX} characters")));
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: &str = r#"{"providers":["gemini","workers"],"variants":3,"size":"1024x768","aspect":"4:3","quality":"high","refinement":"suggest","rewrite":true,"strictness":"strict","tone":"friendly"}"#;

    fn filled(job: &str) -> Value {
        let preferences: Preferences = serde_json::from_str(ALL).unwrap();
        serde_json::from_slice(&fill(job.as_bytes(), &preferences)).unwrap()
    }

    #[test]
    fn preferences_are_written_as_they_are_read() {
        let read = parse(ALL.as_bytes()).unwrap();
        assert_eq!(serde_json::to_string(&read).unwrap(), ALL);
        assert_eq!(serde_json::from_str::<Preferences>(ALL).unwrap(), read);
        let none = parse(br#"{"tone":null}"#).unwrap();
        assert_eq!(serde_json::to_string(&none).unwrap(), "{}");
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (body, field) in [
            (r#"{"provider":["gemini"]}"#, "provider"),
            (r#"{"tone":"calm","deadlineMs":1}"#, "deadlineMs"),
            (r#"{"providers":[]}"#, "providers"),
            (r#"{"providers":["midas"]}"#, "providers[0]"),
            (r#"{"providers":["gemini","gemini"]}"#, "providers[1]"),
            (r#"{"providers":"gemini"}"#, "providers"),
            (r#"{"variants":0}"#, "variants"),
            (r#"{"variants":9}"#, "variants"),
            (r#"{"size":"big"}"#, "size"),
            (r#"{"size":"1024x"}"#, "size"),
            (r#"{"size":"0x9"}"#, "size"),
            (r#"{"aspect":"16/9"}"#, "aspect"),
            (r#"{"aspect":""}"#, "aspect"),
            (r#"{"quality":"very high"}"#, "quality"),
            (r#"{"quality":"aaaaaaaaaaaaaaaaaaaaa"}"#, "quality"),
            (r#"{"refinement":"Auto"}"#, "refinement"),
            (r#"{"rewrite":"yes"}"#, "rewrite"),
            (r#"{"strictness":"harsh"}"#, "strictness"),
            (r#"{"tone":" "}"#, "tone"),
            (r#"{"tone":"a\nb"}"#, "tone"),
            ("[]", "body"),
            ("{", "body"),
        ] {
            assert_eq!(parse(body.as_bytes()).unwrap_err().field, field, "{body}");
        }
        let long = format!(r#"{{"tone":"x"{}}}"#, " ".repeat(BYTES_MAX));
        assert_eq!(parse(long.as_bytes()).unwrap_err().field, "body");
    }

    #[test]
    fn a_job_takes_what_it_leaves_out_and_keeps_what_it_says() {
        let job = filled(r#"{"prompt":"a boat","variants":1,"sessionId":"ada","rewrite":null}"#);
        assert_eq!((&job["variants"], &job["rewrite"]), (&Value::from(1), &Value::Null));
        assert_eq!((job["providers"][0].as_str(), job["size"].as_str()), (Some("gemini"), Some("1024x768")));
        assert_eq!((job["prompt"].as_str(), job.get("tone")), (Some("a boat"), None));
        let job = filled(r#" { "aspect":"1:1"}"#);
        assert_eq!((job["aspect"].as_str(), job.get("size")), (Some("1:1"), None));
        assert_eq!(filled("{}")["variants"], 3);
    }

    #[test]
    fn a_body_with_nothing_to_fill_stays_to_the_letter() {
        let preferences: Preferences = serde_json::from_str(ALL).unwrap();
        for body in ["", "[1]", "{\"a\":", "nonsense", "\"{\"", "{\"a\":1} x"] {
            assert_eq!(fill(body.as_bytes(), &preferences), body.as_bytes(), "{body}");
        }
        for body in ["{}", "{\"variants\":1,\"variants\":2}"] {
            assert_eq!(fill(body.as_bytes(), &Preferences::default()), body.as_bytes(), "{body}");
        }
        let doubled = fill(br#"{"variants":1,"variants":2}"#, &preferences);
        assert_eq!(
            String::from_utf8(doubled).unwrap().matches("variants").count(),
            2,
            "its mistake is still there"
        );
    }

    #[test]
    fn a_job_names_its_session() {
        assert_eq!(session_of(br#"{"sessionId":"ada","x":1}"#).unwrap().as_str(), "ada");
        assert_eq!(session_of(br#"{"sessionId":"a b"}"#), None);
        assert_eq!(session_of(b"{}"), None);
    }
}
