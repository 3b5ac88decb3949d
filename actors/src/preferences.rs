//! What a session asks for where its jobs don't say: a small document, kept beside the actors in a key-value store that is
//! eventually consistent. So a change may take a minute to be seen everywhere, and nothing here decides what a running job does:
//! a job's own fields are filled in once, when it starts.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::ids::SessionId;
use crate::job::judge::Strictness;
use crate::job::refine::Refinement;
use crate::operation::{Aspect, Operation, Quality, Size};
use crate::picture::SIDE_MAX;
use crate::provider::Provider;
use crate::request::{self, Invalid, VARIANTS_MAX};

/// Largest document, in bytes.
pub const BYTES_MAX: usize = 4 * 1024;
/// Longest tone, in characters.
const TONE_MAX: usize = 200;

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
    /// `<width>x<height>` in pixels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<String>,
    /// `<width>:<height>`, where there is no size.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aspect: Option<String>,
    /// How much trouble to take.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quality: Option<Quality>,
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
    if body.size.is_some() && body.aspect.is_some() {
        return Err(Invalid::field("aspect", "leave it out where size is given"));
    }
    let right = |text: &Option<String>, right: fn(&str) -> bool| text.as_deref().is_none_or(right);
    if !right(&body.size, |text| Size::parse(text).is_some_and(|size| size.longest() <= SIDE_MAX)) {
        return Err(Invalid::field("size", format!("must be WIDTHxHEIGHT, each from 1 to {SIDE_MAX}")));
    }
    if !right(&body.aspect, |text| Aspect::parse(text).is_some()) {
        return Err(Invalid::field("aspect", "must be WIDTH:HEIGHT, as 16:9"));
    }
    let qualities = Quality::ALL.map(Quality::as_str);
    Ok(Preferences {
        providers: body.providers.map(|names| request::providers("providers", &names)).transpose()?,
        variants: body
            .variants
            .map(|variants| request::within("variants", variants, 1, i64::from(VARIANTS_MAX)))
            .transpose()?,
        size: body.size,
        aspect: body.aspect,
        quality: request::named("quality", body.quality.as_deref(), Quality::parse, &qualities)?,
        refinement: request::named(
            "refinement",
            body.refinement.as_deref(),
            Refinement::parse,
            &Refinement::NAMES,
        )?,
        rewrite: body.rewrite,
        strictness: request::named(
            "strictness",
            body.strictness.as_deref(),
            Strictness::parse,
            &Strictness::NAMES,
        )?,
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
/// names its size or aspect, or gets them from the picture that it begins with, takes neither.
pub fn fill(job: &[u8], preferences: &Preferences) -> Vec<u8> {
    let filled = || {
        let given: Map<String, Value> = serde_json::from_slice(job).ok()?;
        let mut wanted = Preferences { tone: None, ..preferences.clone() };
        if has_its_size(&given) {
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

/// It gets its size from the picture that it begins with, or has named one.
fn has_its_size(job: &Map<String, Value>) -> bool {
    let operation = job.get("operation").and_then(Value::as_str).and_then(Operation::parse);
    ["size", "aspect", "mask", "canvas"].iter().any(|field| job.contains_key(*field))
        || operation.is_some_and(|it| it.keeps_pixels() || it == Operation::Upscale)
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

    const ALL: &str = r#"{"providers":["gemini","workers"],"variants":3,"size":"1024x768","quality":"high","refinement":"suggest","rewrite":true,"strictness":"strict","tone":"friendly"}"#;

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
            (r#"{"size":"9000x1"}"#, "size"),
            (r#"{"size":"1024x768","aspect":"4:3"}"#, "aspect"),
            (r#"{"quality":"very high"}"#, "quality"),
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
        for job in [
            r#"{"mask":"m"}"#,
            r#"{"canvas":{}}"#,
            r#"{"operation":"upscale"}"#,
            r#"{"operation":"inpaint"}"#,
        ] {
            assert_eq!(filled(job).get("size"), None, "{job}");
        }
        assert_eq!(filled(r#"{"operation":"edit"}"#)["size"], "1024x768");
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
