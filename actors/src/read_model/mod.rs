//! The questions that are put to D1: what crosses projects. Each is one statement whose only row and column is the JSON that
//! the caller gets; `SQLite` builds it, so it passes through the Worker untouched.

pub mod admin;
mod views;

use crate::sql::Value;

pub use views::{SPAN_MAX_MS, views};

/// A statement with its parameters.
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    /// With `?` placeholders.
    pub statement: &'static str,
    /// In order.
    pub params: Vec<Value>,
}

/// The page of projects after `before` (time of the last change and id of the last one seen), newest change first.
pub fn projects(limit: u32, before: Option<(i64, String)>) -> Query {
    let (at, id) = before.unwrap_or((i64::MAX >> 11, String::new()));
    Query {
        statement: "WITH page AS (
             SELECT id, name, description, created_at, updated_at FROM projects
             WHERE updated_at < ?1 OR (updated_at = ?1 AND id > ?2) ORDER BY updated_at DESC, id LIMIT ?3)
           SELECT json_object(
             'projects', (SELECT json_group_array(json(item)) FROM (SELECT json_object('id', id, 'name', name,
               'description', description, 'createdAt', created_at, 'updatedAt', updated_at) AS item
               FROM page ORDER BY updated_at DESC, id)),
             'nextCursor', (SELECT CASE WHEN COUNT(*) = ?3 THEN
               (SELECT updated_at || '.' || id FROM page ORDER BY updated_at, id DESC LIMIT 1) END FROM page))",
        params: vec![at.into(), id.into(), limit.into()],
    }
}

/// The page of artifacts after `before` (time of the last change and id of the last one seen), newest change first.
pub fn artifacts(limit: u32, before: Option<(i64, String)>) -> Query {
    let (at, id) = before.unwrap_or((i64::MAX >> 11, String::new()));
    Query {
        statement: "WITH page AS (
             SELECT id, kind, title, public_slug, media_type, bytes, created_at, updated_at FROM artifacts
             WHERE updated_at < ?1 OR (updated_at = ?1 AND id > ?2) ORDER BY updated_at DESC, id LIMIT ?3)
           SELECT json_object(
             'artifacts', (SELECT json_group_array(json(item)) FROM (SELECT json_object('artifact_id', id,
               'public_slug', public_slug, 'kind', kind, 'title', title, 'projectIds',
               (SELECT json_group_array(project_id) FROM project_artifacts WHERE artifact_id = page.id),
               'mediaType', media_type, 'bytes', bytes, 'createdAt', created_at, 'updatedAt', updated_at) AS item
               FROM page ORDER BY updated_at DESC, id)),
             'nextCursor', (SELECT CASE WHEN COUNT(*) = ?3 THEN
               (SELECT updated_at || '.' || id FROM page ORDER BY updated_at, id DESC LIMIT 1) END FROM page))",
        params: vec![at.into(), id.into(), limit.into()],
    }
}
