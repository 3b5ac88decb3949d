//! What people ask to be published.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::{Given, Invalid, decode, given, name};
use crate::artifact::link::{self, Expiry, Password};
use crate::artifact::options::Settings;
use crate::artifact::{Change, Edition, Kind, PROJECTS_MAX, registry};
use crate::ids::ProjectId;

/// Shortest and longest password of a link, in characters.
const PASSWORD_MIN: usize = 8;
const PASSWORD_MAX: usize = 64;
/// Largest form with a password, in bytes: room for the longest one, each byte of it escaped.
pub const PASSWORD_FORM_MAX: usize = 1024;
/// Where JavaScript's integers end.
const TIME_MAX: i64 = 1 << 53;

/// What is to be different.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ArtifactChange {
    /// All but a new password.
    pub change: Change,
    /// That, as it was given: it's kept as what is derived from it.
    pub password: Option<String>,
}

/// What is to be made.
#[derive(Debug, Clone, PartialEq)]
pub struct Order {
    /// Of which kind.
    pub kind: Kind,
    /// Of which projects, in order, each once; at least one.
    pub project_ids: Vec<ProjectId>,
    /// The first project's name when absent.
    pub title: Option<String>,
    /// How.
    pub settings: Settings,
}

/// Reads the body of `POST /api/artifacts`.
///
/// # Errors
/// [`Invalid`] naming the field.
pub fn new_artifact(body: &[u8]) -> Result<Order, Invalid> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Body {
        kind: String,
        project_ids: Vec<String>,
        #[serde(default)]
        title: Option<String>,
        #[serde(default)]
        options: Map<String, Value>,
    }
    let body: Body = decode(body)?;
    let kind = Kind::parse(&body.kind).ok_or_else(|| {
        let known: Vec<&str> = Kind::ALL.into_iter().map(Kind::as_str).collect();
        Invalid::field("kind", format!("must be one of {}", known.join(", ")))
    })?;
    Ok(Order {
        kind,
        project_ids: projects(&body.project_ids)?,
        title: body.title.map(|title| name("title", &title)).transpose()?,
        settings: registry::generator(kind).settings(body.options)?,
    })
}

/// Reads the body of `POST /api/projects/:id/artifacts/lookbook`, which may be empty.
///
/// # Errors
/// [`Invalid`] naming the field.
pub fn new_lookbook(body: &[u8], project: ProjectId) -> Result<Order, Invalid> {
    #[derive(Default, Deserialize)]
    struct Body {
        #[serde(default)]
        title: Option<String>,
        #[serde(default)]
        options: Map<String, Value>,
    }
    let empty = body.iter().all(u8::is_ascii_whitespace);
    let body: Body = if empty { Body::default() } else { decode(body)? };
    Ok(Order {
        kind: Kind::Lookbook,
        project_ids: vec![project],
        title: body.title.map(|title| name("title", &title)).transpose()?,
        settings: registry::generator(Kind::Lookbook).settings(body.options)?,
    })
}

/// Reads the body of `POST /api/artifacts/:id/render`, which may be empty: what is said replaces what the `shown` edition was
/// made with.
///
/// # Errors
/// [`Invalid`] naming the field.
pub fn next_edition(body: &[u8], shown: Edition) -> Result<Order, Invalid> {
    #[derive(Default, Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Body {
        #[serde(default)]
        project_ids: Option<Vec<String>>,
        #[serde(default)]
        title: Option<String>,
        #[serde(default)]
        options: Option<Map<String, Value>>,
    }
    let empty = body.iter().all(u8::is_ascii_whitespace);
    let body: Body = if empty { Body::default() } else { decode(body)? };
    let project_ids = body.project_ids.map(|ids| projects(&ids)).transpose()?;
    Ok(Order {
        kind: shown.kind,
        project_ids: project_ids.unwrap_or(shown.project_ids),
        title: Some(body.title.map_or(Ok(shown.title), |title| name("title", &title))?),
        settings: registry::generator(shown.kind).settings(body.options.unwrap_or(shown.options))?,
    })
}

/// Reads the body of `PATCH /api/artifacts/:id`. `now` is in epoch milliseconds.
///
/// # Errors
/// [`Invalid`] naming the field.
pub fn artifact_change(body: &[u8], now: i64) -> Result<ArtifactChange, Invalid> {
    #[derive(Deserialize)]
    struct Body {
        #[serde(default)]
        title: Option<String>,
        #[serde(default)]
        link: Option<Link>,
    }
    #[derive(Default, Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Link {
        #[serde(default, deserialize_with = "given")]
        password: Option<Given<String>>,
        #[serde(default, deserialize_with = "given")]
        expires_at: Option<Given<i64>>,
        #[serde(default)]
        noindex: Option<bool>,
        #[serde(default)]
        download: Option<bool>,
        #[serde(default)]
        revoked: Option<bool>,
    }
    let body: Body = decode(body)?;
    if body.title.is_none() && body.link.is_none() {
        return Err(Invalid::field("title", "give a title or a link to change"));
    }
    let title = body.title.map(|title| name("title", &title)).transpose()?;
    let link = body.link.unwrap_or_default();
    let (lifted, password) = match link.password {
        Some(Given::Null) => (Some(Password::Lifted), None),
        Some(Given::Value(password)) => (None, Some(new_password(password)?)),
        None => (None, None),
    };
    let expires = match link.expires_at {
        Some(Given::Value(end)) if end <= now || end > TIME_MAX => {
            return Err(Invalid::field(
                "link.expiresAt",
                "must be a time to come, in milliseconds since 1970",
            ));
        }
        Some(Given::Value(end)) => Some(Expiry::At(end)),
        Some(Given::Null) => Some(Expiry::Never),
        None => None,
    };
    let link = link::Change {
        password: lifted,
        expires,
        noindex: link.noindex,
        download: link.download,
        revoked: link.revoked,
    };
    Ok(ArtifactChange { change: Change { title, link }, password })
}

/// Reads the form that a locked page shows: the password that it was sent with, empty when that can't be one.
pub fn password(form: &[u8]) -> String {
    let mut fields = url::form_urlencoded::parse(form);
    let password = fields.find_map(|(name, value)| (name == "password").then(|| value.into_owned()));
    password.filter(|it| it.chars().count() <= PASSWORD_MAX).unwrap_or_default()
}

/// Reads the body of `POST /api/artifacts/:id/associate`.
///
/// # Errors
/// [`Invalid`] naming the field.
pub fn association(body: &[u8]) -> Result<ProjectId, Invalid> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Body {
        project_id: String,
    }
    let body: Body = decode(body)?;
    project("projectId", &body.project_id)
}

fn new_password(password: String) -> Result<String, Invalid> {
    let length = password.chars().count();
    // A form's field has one line.
    if !(PASSWORD_MIN..=PASSWORD_MAX).contains(&length) || password.chars().any(char::is_control) {
        let reason = format!("must be {PASSWORD_MIN} to {PASSWORD_MAX} characters on one line");
        return Err(Invalid::field("link.password", reason));
    }
    Ok(password)
}

fn projects(ids: &[String]) -> Result<Vec<ProjectId>, Invalid> {
    if ids.is_empty() || ids.len() > PROJECTS_MAX {
        return Err(Invalid::field("projectIds", format!("must be 1 to {PROJECTS_MAX} projects")));
    }
    let mut projects = Vec::with_capacity(ids.len());
    for (at, id) in ids.iter().enumerate() {
        let field = format!("projectIds[{at}]");
        let id = project(&field, id)?;
        if projects.contains(&id) {
            return Err(Invalid::field(field, "is named twice"));
        }
        projects.push(id);
    }
    Ok(projects)
}

fn project(field: &str, id: &str) -> Result<ProjectId, Invalid> {
    ProjectId::parse(id).map_err(|_| Invalid::field(field, "must be a project's id"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_795_348_800_000;

    fn read(body: &str) -> Result<ArtifactChange, Invalid> {
        artifact_change(body.as_bytes(), NOW)
    }

    #[test]
    fn what_is_null_is_lifted_and_what_is_not_named_stays() {
        let all = format!(
            r#"{{"title":" Sea ","link":{{"password":"sommer 24","expiresAt":{},"noindex":false,"download":false,"revoked":true}}}}"#,
            NOW + 1
        );
        let asked = read(&all).unwrap();
        assert_eq!(asked.password.as_deref(), Some("sommer 24"));
        assert_eq!(asked.change.title.as_deref(), Some("Sea"));
        let link = link::Change {
            password: None,
            expires: Some(Expiry::At(NOW + 1)),
            noindex: Some(false),
            download: Some(false),
            revoked: Some(true),
        };
        assert_eq!(asked.change.link, link);
        let asked = read(r#"{"link":{"password":null,"expiresAt":null}}"#).unwrap();
        assert_eq!(asked.password, None);
        let lifted = (Some(Password::Lifted), Some(Expiry::Never));
        assert_eq!((asked.change.link.password, asked.change.link.expires), lifted);
        assert_eq!(read(r#"{"link":{}}"#).unwrap(), ArtifactChange::default());
    }

    #[test]
    fn what_does_not_fit_is_refused_by_name() {
        let long = "x".repeat(PASSWORD_MAX + 1);
        for (body, field) in [
            ("{}".to_owned(), "title"),
            (r#"{"title":null}"#.to_owned(), "title"),
            (r#"{"title":""}"#.to_owned(), "title"),
            (r#"{"link":7}"#.to_owned(), "link"),
            (r#"{"link":{"password":"seven77"}}"#.to_owned(), "link.password"),
            (format!(r#"{{"link":{{"password":"{long}"}}}}"#), "link.password"),
            (r#"{"link":{"password":"two\nlines"}}"#.to_owned(), "link.password"),
            (r#"{"link":{"password":12345678}}"#.to_owned(), "link.password"),
            (format!(r#"{{"link":{{"expiresAt":{NOW}}}}}"#), "link.expiresAt"),
            // In seconds, by mistake.
            (r#"{"link":{"expiresAt":1895348800}}"#.to_owned(), "link.expiresAt"),
            (format!(r#"{{"link":{{"expiresAt":{}}}}}"#, i64::MAX), "link.expiresAt"),
            (r#"{"link":{"expiresAt":"tomorrow"}}"#.to_owned(), "link.expiresAt"),
            (r#"{"link":{"noindex":"no"}}"#.to_owned(), "link.noindex"),
        ] {
            assert_eq!(read(&body).map_err(|invalid| invalid.field), Err(field.to_owned()), "{body}");
        }
    }

    #[test]
    fn a_forms_password_is_read_as_it_was_typed() {
        for (form, expected) in [
            ("password=sommer+24%21", "sommer 24!"),
            ("x=1&password=%C3%A4%F0%9F%A6%80", "ä🦀"),
            ("password=a&password=b", "a"),
            ("password=", ""),
            ("passwort=a", ""),
            ("", ""),
            ("password=%ff", "\u{fffd}"),
        ] {
            assert_eq!(password(form.as_bytes()), expected, "{form}");
        }
        let longest = "%F0%9F%A6%80".repeat(PASSWORD_MAX);
        let form = format!("password={longest}");
        assert!(form.len() <= PASSWORD_FORM_MAX, "there's room for it: {}", form.len());
        assert_eq!(password(form.as_bytes()).chars().count(), PASSWORD_MAX);
        assert_eq!(password(format!("{form}x").as_bytes()), "");
    }
}
