//! An artifact's tables: what is shown, and every edition that ever was.

use crate::artifact::message::{Current, Edition};
use crate::json;
use crate::sql::{Fault, Sql};

/// Version 1.
pub const SCHEMA: &[&str] = &["CREATE TABLE artifact (
   id INTEGER PRIMARY KEY CHECK (id = 1), edition TEXT NOT NULL, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL,
   revision INTEGER NOT NULL)"];

/// Version 4: editions are kept, and counted apart from other changes.
pub const SCHEMA_4: &[&str] = &[
    "CREATE TABLE editions (version INTEGER PRIMARY KEY, edition TEXT NOT NULL, at_ms INTEGER NOT NULL)",
    "ALTER TABLE artifact ADD COLUMN version INTEGER NOT NULL DEFAULT 1",
    // Before, every change was an edition, and only the last one was kept.
    "UPDATE artifact SET version = revision",
    "INSERT INTO editions (version, edition, at_ms) SELECT version, edition, updated_at FROM artifact",
];

/// Shows `edition` from now on; returns its version.
///
/// # Errors
/// [`Fault::Storage`].
pub fn publish(sql: &dyn Sql, edition: &Edition, now: i64) -> Result<i64, Fault> {
    let edition = json::write(edition)?;
    let row = sql.first(
        "INSERT INTO artifact (id, edition, created_at, updated_at, version, revision) VALUES (1, ?1, ?2, ?2, 1, 1)
         ON CONFLICT (id) DO UPDATE SET edition = excluded.edition, updated_at = excluded.updated_at,
           version = version + 1, revision = revision + 1 RETURNING version",
        &[edition.as_str().into(), now.into()],
    )?;
    let version = row.map_or_else(|| Err(Fault::corrupt("artifact", "no version")), |row| row.integer(0))?;
    sql.exec(
        "INSERT INTO editions (version, edition, at_ms) VALUES (?, ?, ?)",
        &[version.into(), edition.into(), now.into()],
    )?;
    Ok(version)
}

/// Changes what is shown without a new rendering.
///
/// # Errors
/// [`Fault::Storage`].
pub fn amend(sql: &dyn Sql, edition: &Edition, now: i64) -> Result<(), Fault> {
    sql.exec(
        "UPDATE artifact SET edition = ?, updated_at = ?, revision = revision + 1",
        &[json::write(edition)?.into(), now.into()],
    )?;
    Ok(())
}

/// The edition that is shown.
///
/// # Errors
/// [`Fault`].
pub fn current(sql: &dyn Sql) -> Result<Option<Current>, Fault> {
    let row = sql.first("SELECT edition, created_at, updated_at, version, revision FROM artifact", &[])?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(Current {
        edition: json::read("edition", &row.text(0)?)?,
        created_at: row.integer(1)?,
        updated_at: row.integer(2)?,
        version: row.integer(3)?,
        revision: row.integer(4)?,
    }))
}

/// An edition that was shown once, or still is.
///
/// # Errors
/// [`Fault`].
pub fn edition(sql: &dyn Sql, version: i64) -> Result<Option<Edition>, Fault> {
    sql.first("SELECT edition FROM editions WHERE version = ?", &[version.into()])?
        .map(|row| json::read("edition", &row.text(0)?))
        .transpose()
}

/// The artifact as the API shows it, with its link as JSON.
///
/// # Errors
/// [`Fault::Storage`].
pub fn shown(sql: &dyn Sql, id: &str, link: String) -> Result<Option<String>, Fault> {
    sql.first(
        "SELECT json_object('artifact_id', ?1, 'public_slug', ?1, 'kind', edition ->> '$.kind', 'title',
           edition ->> '$.title', 'projectIds', json(edition -> '$.projectIds'), 'mediaType', edition ->> '$.mediaType',
           'bytes', edition ->> '$.bytes', 'configuration', json(COALESCE(edition -> '$.options', '{}')),
           'files', (SELECT json_group_array(json_object('name', value ->> '$.name', 'mediaType', value ->> '$.mediaType',
             'bytes', value ->> '$.bytes')) FROM json_each(edition -> '$.files')),
           'link', json(?2), 'version', version, 'createdAt', created_at, 'updatedAt', updated_at)
         FROM artifact",
        &[id.into(), link.into()],
    )?
    .map(|row| row.text(0))
    .transpose()
}

/// All editions as the API shows them, newest first.
///
/// # Errors
/// [`Fault::Storage`].
pub fn versions(sql: &dyn Sql) -> Result<Option<String>, Fault> {
    sql.first(
        "SELECT json_object('version', version, 'versions', (SELECT json_group_array(json(item)) FROM (
           SELECT json_object('version', version, 'title', edition ->> '$.title', 'bytes', edition ->> '$.bytes',
             'configuration', json(COALESCE(edition -> '$.options', '{}')), 'createdAt', at_ms) AS item
           FROM editions ORDER BY version DESC))) FROM artifact",
        &[],
    )?
    .map(|row| row.text(0))
    .transpose()
}
