//! An artifact's table: the edition that is shown.

use crate::artifact::message::{Current, Edition, Served};
use crate::json;
use crate::sql::{Fault, Sql};

/// Version 1.
pub const SCHEMA: &[&str] = &["CREATE TABLE artifact (
   id INTEGER PRIMARY KEY CHECK (id = 1), edition TEXT NOT NULL, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL,
   revision INTEGER NOT NULL)"];

/// Shows `edition` from now on; returns the revision.
///
/// # Errors
/// [`Fault::Storage`].
pub fn publish(sql: &dyn Sql, edition: &Edition, now: i64) -> Result<i64, Fault> {
    let row = sql.first(
        "INSERT INTO artifact (id, edition, created_at, updated_at, revision) VALUES (1, ?1, ?2, ?2, 1)
         ON CONFLICT (id) DO UPDATE SET edition = excluded.edition, updated_at = excluded.updated_at,
           revision = revision + 1 RETURNING revision",
        &[json::write(edition)?.into(), now.into()],
    )?;
    row.map_or_else(|| Err(Fault::corrupt("artifact", "no revision")), |row| row.integer(0))
}

/// The edition that is shown.
///
/// # Errors
/// [`Fault`].
pub fn current(sql: &dyn Sql) -> Result<Option<Current>, Fault> {
    let Some(row) = sql.first("SELECT edition, created_at, updated_at, revision FROM artifact", &[])? else {
        return Ok(None);
    };
    Ok(Some(Current {
        edition: json::read("edition", &row.text(0)?)?,
        created_at: row.integer(1)?,
        updated_at: row.integer(2)?,
        revision: row.integer(3)?,
    }))
}

/// The artifact as the API shows it.
///
/// # Errors
/// [`Fault::Storage`].
pub fn shown(sql: &dyn Sql, id: &str) -> Result<Option<String>, Fault> {
    sql.first(
        "SELECT json_object('artifact_id', ?1, 'public_slug', ?1, 'kind', edition ->> '$.kind', 'title',
           edition ->> '$.title', 'projectIds', json(edition -> '$.projectIds'), 'mediaType', edition ->> '$.mediaType',
           'bytes', edition ->> '$.bytes', 'configuration', json('{}'), 'createdAt', created_at, 'updatedAt', updated_at)
         FROM artifact",
        &[id.into()],
    )?
    .map(|row| row.text(0))
    .transpose()
}

/// What a reader gets.
///
/// # Errors
/// [`Fault`].
pub fn served(sql: &dyn Sql) -> Result<Option<Served>, Fault> {
    sql.first("SELECT edition FROM artifact", &[])?
        .map(|row| json::read("edition", &row.text(0)?))
        .transpose()
}
