//! From an HTTP body or query to a command: every limit on what people send is here, and every "no" names its field.
//!
//! Unknown fields are ignored (a newer client may send them); a known field of a wrong type never is.

mod query;

use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};

use crate::address::ActorName;
use crate::ids::ProjectId;
use crate::ids::SessionId;
use crate::job::{Selection, Spec};
use crate::provider::Provider;

pub use query::{Page, filter, page};

/// Largest JSON body, in bytes.
pub const BODY_MAX: usize = 64 * 1024;
/// Longest prompt, in characters.
pub const PROMPT_MAX: usize = 4_000;
/// Longest name or title, in characters.
pub const NAME_MAX: usize = 200;
/// Longest description, in characters.
pub const DESCRIPTION_MAX: usize = 4_000;
/// Most variants from each provider.
pub const VARIANTS_MAX: u32 = 8;
/// Longest text to search for, in characters.
pub const QUERY_MAX: usize = 500;
/// Most tags in a filter.
pub const TAGS_MAX: usize = 32;
/// Largest page.
pub const PAGE_MAX: u32 = 200;
/// How long a variant may take until its picture is stored, in milliseconds: the slowest model's documented worst is 280 s.
pub const DEADLINE_MS: u64 = 300_000;
const DEADLINE_MIN_MS: u64 = 1_000;
const DEADLINE_MAX_MS: u64 = 600_000;
/// How long a job may take in all, in milliseconds, until what is still open ends: time for the pictures, and for what
/// comes after them to be tried again and again.
pub const JOB_DEADLINE_MS: u64 = 30 * 60 * 1000;
const JOB_DEADLINE_MAX_MS: u64 = 24 * 60 * 60 * 1000;

/// A request that can't be carried out as it is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {reason}")]
pub struct Invalid {
    /// What kind of "no".
    pub kind: InvalidKind,
    /// Which field, as the caller wrote it: `providers[1]`; `body` for the whole.
    pub field: String,
    /// Why, for a person.
    pub reason: String,
}

/// The kinds of invalid request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InvalidKind {
    /// Not JSON, or not UTF-8.
    Malformed,
    /// JSON, but a field is missing, of a wrong type or out of range.
    Field,
    /// Understood, but nothing that Picasso can do.
    Unsupported,
}

impl Invalid {
    /// A field that's missing, of a wrong type or out of range.
    pub fn field(field: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { kind: InvalidKind::Field, field: field.into(), reason: reason.into() }
    }
}

/// `POST /api/projects`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewProject {
    /// Trimmed, not empty.
    pub name: String,
    /// May be empty.
    pub description: String,
}

/// `PATCH /api/projects/:id`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProjectChange {
    /// Trimmed, not empty.
    pub name: Option<String>,
    /// May be empty.
    pub description: Option<String>,
}

/// `POST /api/projects/:id/artifacts/lookbook`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewLookbook {
    /// The project's name when absent.
    pub title: Option<String>,
}

/// Reads the body of `POST /api/projects`.
///
/// # Errors
/// [`Invalid`] naming the field.
pub fn new_project(body: &[u8]) -> Result<NewProject, Invalid> {
    #[derive(Deserialize)]
    struct Body {
        name: String,
        #[serde(default)]
        description: Option<String>,
    }
    let body: Body = decode(body)?;
    let description = description(body.description)?.unwrap_or_default();
    Ok(NewProject { name: name("name", &body.name)?, description })
}

/// Reads the body of `PATCH /api/projects/:id`.
///
/// # Errors
/// [`Invalid`] naming the field.
pub fn project_change(body: &[u8]) -> Result<ProjectChange, Invalid> {
    #[derive(Deserialize)]
    struct Body {
        #[serde(default)]
        name: Option<String>,
        #[serde(default)]
        description: Option<String>,
    }
    let body: Body = decode(body)?;
    if body.name.is_none() && body.description.is_none() {
        return Err(Invalid::field("name", "give a name or a description to change"));
    }
    Ok(ProjectChange {
        name: body.name.map(|text| name("name", &text)).transpose()?,
        description: description(body.description)?,
    })
}

/// Reads the body of `POST /api/projects/:id/jobs`.
///
/// # Errors
/// [`Invalid`] naming the field.
pub fn new_job(project_id: ProjectId, body: &[u8]) -> Result<Spec, Invalid> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Body {
        prompt: String,
        providers: Vec<String>,
        #[serde(default)]
        variants: Option<i64>,
        session_id: String,
        #[serde(default)]
        deadline_ms: Option<i64>,
        #[serde(default)]
        job_deadline_ms: Option<i64>,
        #[serde(default)]
        start_image_url: Option<String>,
        #[serde(default)]
        operation: Option<String>,
    }
    let body: Body = decode(body)?;
    if body.start_image_url.is_some() {
        return Err(unsupported(
            "startImageUrl",
            "jobs make pictures from words only: leave startImageUrl out",
        ));
    }
    if body.operation.as_deref().is_some_and(|operation| operation != "generate") {
        return Err(unsupported("operation", "the only operation is generate"));
    }
    if body.prompt.trim().is_empty() {
        return Err(Invalid::field("prompt", "must not be empty"));
    }
    at_most("prompt", &body.prompt, PROMPT_MAX)?;
    let session_id = SessionId::parse(&body.session_id).map_err(|_| {
        Invalid::field("sessionId", "must be 1 to 128 letters, digits, hyphens or underscores")
    })?;
    Ok(Spec {
        project_id,
        session_id,
        prompt: body.prompt,
        providers: providers(&body.providers)?,
        variants: variants(body.variants)?,
        deadline_ms: deadline("deadlineMs", body.deadline_ms, DEADLINE_MS, DEADLINE_MAX_MS)?,
        job_deadline_ms: deadline(
            "jobDeadlineMs",
            body.job_deadline_ms,
            JOB_DEADLINE_MS,
            JOB_DEADLINE_MAX_MS,
        )?,
    })
}

/// Reads the body of `POST /api/jobs/:id/cancel` and `/retry`, which may be empty: then it's about the whole job.
///
/// # Errors
/// [`Invalid`] naming the field.
pub fn selection(body: &[u8]) -> Result<Selection, Invalid> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Body {
        #[serde(default)]
        provider: Option<String>,
        #[serde(default)]
        variant_index: Option<i64>,
    }
    if body.iter().all(u8::is_ascii_whitespace) {
        return Ok(Selection::default());
    }
    let body: Body = decode(body)?;
    let provider = body.provider.map(|name| {
        Provider::parse(&name)
            .ok_or_else(|| Invalid::field("provider", "must be one of openai, gemini, workers"))
    });
    let variant_index = body.variant_index.map(|index| {
        u32::try_from(index)
            .ok()
            .filter(|index| *index < VARIANTS_MAX)
            .ok_or_else(|| Invalid::field("variantIndex", format!("must be from 0 to {}", VARIANTS_MAX - 1)))
    });
    Ok(Selection { provider: provider.transpose()?, variant_index: variant_index.transpose()? })
}

/// Reads the body of `POST /api/projects/:id/artifacts/lookbook`, which may be empty.
///
/// # Errors
/// [`Invalid`] naming the field.
pub fn new_lookbook(body: &[u8]) -> Result<NewLookbook, Invalid> {
    #[derive(Deserialize)]
    struct Body {
        #[serde(default)]
        title: Option<String>,
    }
    if body.iter().all(u8::is_ascii_whitespace) {
        return Ok(NewLookbook { title: None });
    }
    let body: Body = decode(body)?;
    Ok(NewLookbook { title: body.title.map(|title| name("title", &title)).transpose()? })
}

/// Reads the body of `POST /api/admin/outbox/requeue`: whose outbox, and the parked item's number.
///
/// # Errors
/// [`Invalid`] naming the field.
pub fn parked_item(body: &[u8]) -> Result<(ActorName, i64), Invalid> {
    let body: serde_json::Value = serde_json::from_slice(body).map_err(|error| malformed(&error))?;
    let actor = body.get("actor").and_then(|actor| ActorName::parse(actor.as_str()?).ok());
    let seq = body.get("seq").and_then(serde_json::Value::as_i64).filter(|seq| (1..=1 << 53).contains(seq));
    let actor = actor.ok_or_else(|| Invalid::field("actor", "must be an actor's name, as project:<id>"))?;
    let seq = seq.ok_or_else(|| Invalid::field("seq", "must be the number of a parked item"))?;
    Ok((actor, seq))
}

/// Reads the body of `POST /api/admin/vision/agree`, which must say so in as many words.
///
/// # Errors
/// [`Invalid`] naming the field.
pub fn agreement(body: &[u8]) -> Result<(), Invalid> {
    let body: serde_json::Value = serde_json::from_slice(body).map_err(|error| malformed(&error))?;
    let agreed = body.get("agree").and_then(serde_json::Value::as_bool) == Some(true);
    agreed.then_some(()).ok_or_else(|| Invalid::field("agree", "must be true: it binds the account's owner"))
}

/// Reads JSON into `T`; what doesn't fit is named by its path.
pub(crate) fn decode<T: DeserializeOwned>(body: &[u8]) -> Result<T, Invalid> {
    // serde would take a list for the fields in their order.
    if body.trim_ascii_start().starts_with(b"[") {
        serde_json::from_slice::<IgnoredAny>(body).map_err(|error| malformed(&error))?;
        return Err(Invalid::field("body", "must be an object"));
    }
    let mut json = serde_json::Deserializer::from_slice(body);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let path = error.path().to_string();
        let error = error.into_inner();
        match error.classify() {
            serde_json::error::Category::Data => {
                Invalid::field(missing(&error).unwrap_or_else(|| at(&path)), plain(&error))
            }
            serde_json::error::Category::Syntax
            | serde_json::error::Category::Eof
            | serde_json::error::Category::Io => malformed(&error),
        }
    })?;
    json.end().map_err(|error| malformed(&error))?;
    Ok(value)
}

fn malformed(error: &serde_json::Error) -> Invalid {
    Invalid { kind: InvalidKind::Malformed, field: "body".to_owned(), reason: format!("isn't JSON: {error}") }
}

/// A missing field is named in the error's text, not in its path.
fn missing(error: &serde_json::Error) -> Option<String> {
    let text = error.to_string();
    let (_, rest) = text.split_once("missing field `")?;
    rest.split_once('`').map(|(field, _)| field.to_owned())
}

fn at(path: &str) -> String {
    if path == "." { "body".to_owned() } else { path.to_owned() }
}

/// The error without the position, which means nothing to a caller who sees the field's name.
fn plain(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.split(" at line ").next().unwrap_or(&text).to_owned()
}

fn unsupported(field: &str, reason: &str) -> Invalid {
    Invalid { kind: InvalidKind::Unsupported, field: field.to_owned(), reason: reason.to_owned() }
}

fn at_most(field: &str, text: &str, most: usize) -> Result<(), Invalid> {
    if text.chars().count() > most {
        return Err(Invalid::field(field, format!("at most {most} characters")));
    }
    Ok(())
}

fn name(field: &str, text: &str) -> Result<String, Invalid> {
    let text = text.trim();
    if text.is_empty() {
        return Err(Invalid::field(field, "must not be empty"));
    }
    if text.chars().any(char::is_control) {
        return Err(Invalid::field(field, "must be one line without control characters"));
    }
    at_most(field, text, NAME_MAX)?;
    Ok(text.to_owned())
}

fn description(text: Option<String>) -> Result<Option<String>, Invalid> {
    if let Some(text) = &text {
        at_most("description", text, DESCRIPTION_MAX)?;
    }
    Ok(text)
}

pub(crate) fn providers(names: &[String]) -> Result<Vec<Provider>, Invalid> {
    let mut providers = Vec::new();
    for (index, name) in names.iter().enumerate() {
        let field = format!("providers[{index}]");
        let provider = Provider::parse(name).ok_or_else(|| {
            Invalid::field(field.clone(), "unknown provider: must be openai, gemini or workers")
        })?;
        if providers.contains(&provider) {
            return Err(Invalid::field(field, "named twice: use variants for more than one picture"));
        }
        providers.push(provider);
    }
    if providers.is_empty() {
        return Err(Invalid::field("providers", "name at least one of openai, gemini, workers"));
    }
    Ok(providers)
}

pub(crate) fn variants(asked: Option<i64>) -> Result<u32, Invalid> {
    u32::try_from(asked.unwrap_or(1))
        .ok()
        .filter(|variants| (1..=VARIANTS_MAX).contains(variants))
        .ok_or_else(|| Invalid::field("variants", format!("must be from 1 to {VARIANTS_MAX}")))
}

fn deadline(field: &str, asked: Option<i64>, usual: u64, most: u64) -> Result<u64, Invalid> {
    let Some(asked) = asked else { return Ok(usual) };
    u64::try_from(asked)
        .ok()
        .filter(|ms| (DEADLINE_MIN_MS..=most).contains(ms))
        .ok_or_else(|| Invalid::field(field, format!("must be from {DEADLINE_MIN_MS} to {most}")))
}

#[cfg(test)]
mod tests;
