//! What people ask to be published.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::{Invalid, decode, name};
use crate::artifact::options::Settings;
use crate::artifact::{Edition, Kind, PROJECTS_MAX, registry};
use crate::ids::ProjectId;

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
