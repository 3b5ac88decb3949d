//! From an HTTP body or query to a command: every limit on what people send is here, and every "no" names its field.
//!
//! Unknown fields are ignored (a newer client may send them); a known field of a wrong type never is.

mod artifact;
mod job;
mod query;

use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Deserializer};

use crate::address::ActorName;
use crate::job::Selection;
use crate::project::Budget;
use crate::project::likeness::{self, THRESHOLD_MAX};
use crate::provider::Provider;

pub use artifact::{
    ArtifactChange, Order, PASSWORD_FORM_MAX, artifact_change, association, new_artifact, new_lookbook,
    next_edition, password,
};
pub use job::new_job;
pub(crate) use job::{named, providers, within};
pub use query::{Page, costs, filter, page, span};

/// Largest JSON body, in bytes.
pub const BODY_MAX: usize = 64 * 1024;
/// How long any body may take, in milliseconds.
const BODY_MS: u64 = 10_000;
/// The slowest line that a large body is waited for on, in bytes a millisecond: 1 Mbit/s.
const BODY_RATE: u64 = 128;
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
/// The largest budget of a project, in US dollars.
const PROJECT_BUDGET_MAX: f64 = 1_000_000.0;
pub use job::{DEADLINE_MS, JOB_DEADLINE_MS};

/// How long a body of at most so many bytes may take to come, in milliseconds, to its last byte: who sends it a byte at a time
/// doesn't hold a request for ever.
pub const fn body_ms(most: usize) -> u64 {
    BODY_MS + most as u64 / BODY_RATE
}

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

    /// Something that's understood, and that nobody who was asked for can do.
    pub fn unsupported(field: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { kind: InvalidKind::Unsupported, field: field.into(), reason: reason.into() }
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
    /// In billionths of a dollar.
    pub budget: Option<Budget>,
    /// How pictures are compared from then on.
    pub near_duplicates: Option<likeness::Change>,
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
    #[serde(rename_all = "camelCase")]
    struct Body {
        #[serde(default)]
        name: Option<String>,
        #[serde(default)]
        description: Option<String>,
        // `null` lifts it, so it isn't the same as nothing.
        #[serde(default, deserialize_with = "given")]
        budget_usd: Option<Given<f64>>,
        #[serde(default)]
        near_duplicates: Option<likeness::Change>,
    }
    let body: Body = decode(body)?;
    if body.name.is_none()
        && body.description.is_none()
        && body.budget_usd.is_none()
        && body.near_duplicates.is_none()
    {
        let why = "give a name, a description, a budgetUsd or nearDuplicates to change";
        return Err(Invalid::field("name", why));
    }
    if body.near_duplicates.and_then(|it| it.threshold).is_some_and(|it| it > THRESHOLD_MAX) {
        let reason = format!("must be from 0 to {THRESHOLD_MAX}");
        return Err(Invalid::field("nearDuplicates.threshold", reason));
    }
    let budget = body.budget_usd.map(|dollars| match dollars {
        Given::Value(dollars) => job::budget("budgetUsd", dollars, PROJECT_BUDGET_MAX).map(Budget::Of),
        Given::Null => Ok(Budget::Lifted),
    });
    Ok(ProjectChange {
        name: body.name.map(|text| name("name", &text)).transpose()?,
        description: description(body.description)?,
        budget: budget.transpose()?,
        near_duplicates: body.near_duplicates,
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

/// A field that is there, where `null` isn't the same as nothing.
enum Given<T> {
    Null,
    Value(T),
}

/// Reads such a field.
fn given<'a, T: Deserialize<'a>, D: Deserializer<'a>>(from: D) -> Result<Option<Given<T>>, D::Error> {
    let value = Option::deserialize(from)?;
    Ok(Some(value.map_or(Given::Null, Given::Value)))
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

#[cfg(test)]
mod tests;
