//! What was asked of providers, and what came of it: one row a call, kept here and shown in the read model.

use serde::Serialize;

use crate::effect::{Outcome, Output};
use crate::job::course::Course;
use crate::job::journal::Variant;
use crate::job::stage::Stage;
use crate::json;
use crate::provider::Provider;
use crate::snapshot::{Row, Table};
use crate::sql::{Fault, Sql};

/// Version 2.
pub const SCHEMA: &[&str] =
    &["CREATE TABLE calls (id TEXT PRIMARY KEY, columns TEXT NOT NULL) WITHOUT ROWID"];

/// The row of `provider_calls`.
#[derive(Serialize)]
struct Columns<'a> {
    id: String,
    job_id: &'a str,
    project_id: &'a str,
    session_id: &'a str,
    provider: Provider,
    model: Option<&'a str>,
    task: &'a str,
    ordinal: u32,
    attempt: u32,
    outcome: &'a str,
    ms: Option<i64>,
    at: i64,
    revision: i64,
}

/// Notes how the attempt at a variant's stage went, if it was a call to a provider. Must be said before the variant changes.
///
/// # Errors
/// [`Fault`] from the storage.
pub fn note(course: &Course<'_, '_>, variant: &Variant, outcome: &Outcome) -> Result<(), Fault> {
    let provider = match variant.stage {
        Stage::Generate => variant.serving(),
        // The vision model is on Workers AI, whoever made the picture.
        Stage::Judge => Provider::Workers,
        Stage::Refine
        | Stage::Store
        | Stage::Compose
        | Stage::Fingerprint
        | Stage::Deliver
        | Stage::Record
        | Stage::Settle => return Ok(()),
    };
    let image = if let Ok(Output::Stored(image)) = outcome { Some(image) } else { None };
    let measured = (variant.began_at > 0).then(|| course.turn.now - variant.began_at);
    let task = variant.stage.as_str();
    let columns = Columns {
        id: format!("{}-{}-{task}-{}", course.me, variant.ordinal, variant.attempt),
        job_id: course.me.as_str(),
        project_id: course.head.spec.project_id.as_str(),
        session_id: course.head.spec.session_id.as_str(),
        provider,
        model: image.map(|image| image.model.as_str()),
        task,
        ordinal: variant.ordinal,
        attempt: variant.attempt,
        outcome: match outcome {
            Ok(_) if variant.ended() => "discarded",
            Ok(_) => "ok",
            Err(failure) => failure.class.as_str(),
        },
        // An attempt that found the picture of an earlier one took no time of the provider's: that one did.
        ms: image.and_then(|image| i64::try_from(image.provider_ms).ok()).or(measured),
        at: course.turn.now,
        revision: 1,
    };
    let row = Row::new(Table::ProviderCalls, &columns)?;
    course.turn.sql.exec(
        "INSERT INTO calls (id, columns) VALUES (?, ?) ON CONFLICT (id) DO NOTHING",
        &[columns.id.into(), row.columns.get().into()],
    )?;
    course.turn.snapshot(row)
}

/// Every call that was noted.
///
/// # Errors
/// [`Fault`].
pub fn all(sql: &dyn Sql) -> Result<Vec<Row>, Fault> {
    sql.exec("SELECT columns FROM calls ORDER BY id", &[])?
        .iter()
        .map(|row| Ok(Row { table: Table::ProviderCalls, columns: json::raw(row.text(0)?)? }))
        .collect()
}
