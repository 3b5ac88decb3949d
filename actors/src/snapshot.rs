//! Rows for D1: what crosses projects is answered from there, and every row of it was once said by an actor.
//!
//! A row carries its entity's `revision`, and D1 takes it only when that is greater than what it has. So duplicates and
//! reordering are harmless, and an actor may repeat itself. Views aren't snapshots: the queue's consumer writes them.

use serde::{Deserialize, Serialize};

use crate::json::{Raw, to_raw};
use crate::sql::Fault;

/// The tables that receive snapshots.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Table {
    /// `projects`
    Projects,
    /// `image_progressions`
    ImageProgressions,
    /// `jobs`
    Jobs,
    /// `artifacts`
    Artifacts,
    /// `project_artifacts`
    ProjectArtifacts,
    /// `artifact_configurations`
    ArtifactConfigurations,
    /// `provider_calls`
    ProviderCalls,
    /// `outbox_dead`
    OutboxDead,
}

/// One row of one table. `columns` is a JSON object with the table's column names as keys; columns that are missing there
/// become NULL.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Row {
    /// Where it goes.
    pub table: Table,
    /// What it holds, `revision` included.
    pub columns: Raw,
}

impl Row {
    /// A row from a value whose JSON fields are the columns.
    ///
    /// # Errors
    /// [`Fault::Corrupt`] when it can't be written as JSON.
    pub fn new(table: Table, columns: &impl Serialize) -> Result<Self, Fault> {
        Ok(Self { table, columns: to_raw(columns)? })
    }
}

impl Table {
    /// The name in D1.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Projects => "projects",
            Self::ImageProgressions => "image_progressions",
            Self::Jobs => "jobs",
            Self::Artifacts => "artifacts",
            Self::ProjectArtifacts => "project_artifacts",
            Self::ArtifactConfigurations => "artifact_configurations",
            Self::ProviderCalls => "provider_calls",
            Self::OutboxDead => "outbox_dead",
        }
    }

    const fn key(self) -> &'static [&'static str] {
        match self {
            Self::Projects | Self::ImageProgressions | Self::Jobs | Self::Artifacts | Self::ProviderCalls => {
                &["id"]
            }
            Self::ProjectArtifacts => &["project_id", "artifact_id"],
            Self::ArtifactConfigurations => &["artifact_id", "config_key"],
            Self::OutboxDead => &["actor", "seq"],
        }
    }

    /// Every column but the key's.
    const fn columns(self) -> &'static [&'static str] {
        match self {
            Self::Projects => &["name", "description", "created_at", "updated_at", "revision"],
            Self::ImageProgressions => &[
                "project_id",
                "parent_progression_id",
                "start_image_url",
                "prompt",
                "generated_image_url",
                "original_image_r2_key",
                "ai_provider",
                "ai_notes",
                "ai_tags",
                "judgment",
                "created_at",
                "job_id",
                "variant_index",
                "model",
                "refined_prompt",
                "tip_ids",
                "image_id",
                "media_type",
                "width",
                "height",
                "bytes",
                "phash",
                "near_duplicate_of",
                "near_duplicate_distance",
                "retry_suggestion",
                "usage",
                "provider_ms",
                "operation",
                "requested_provider",
                "requested_model",
                "reroutes",
                "emulated",
                "seed",
                "scores",
                "near_duplicate_action",
                "delivery_mode",
                "provenance",
                "revision",
            ],
            Self::Jobs => &[
                "project_id",
                "session_id",
                "prompt",
                "state",
                "providers",
                "variants",
                "completed",
                "failed",
                "passed",
                "near_duplicates",
                "created_at",
                "updated_at",
                "cancelled",
                "superseded",
                "deadline_at",
                "revision",
            ],
            Self::Artifacts => &[
                "owner_id",
                "project_id",
                "kind",
                "title",
                "template_r2_key",
                "content_r2_key",
                "public_slug",
                "created_at",
                "media_type",
                "bytes",
                "updated_at",
                "revision",
            ],
            Self::ProjectArtifacts => &["revision"],
            Self::ArtifactConfigurations => &["config_value", "revision"],
            Self::ProviderCalls => &[
                "job_id",
                "project_id",
                "session_id",
                "provider",
                "model",
                "task",
                "ordinal",
                "attempt",
                "outcome",
                "requested_provider",
                "usage",
                "cost_nanousd",
                "ms",
                "at",
                "revision",
            ],
            Self::OutboxDead => {
                &["lane", "item", "error", "attempts", "created_at", "parked_at", "requeued_at", "revision"]
            }
        }
    }

    /// Columns that may not be NULL and that rows said by an older version lack: 0 for those.
    const fn zeros(self) -> &'static [&'static str] {
        match self {
            Self::Jobs => &["cancelled", "superseded"],
            Self::Projects
            | Self::ImageProgressions
            | Self::Artifacts
            | Self::ProjectArtifacts
            | Self::ArtifactConfigurations
            | Self::ProviderCalls
            | Self::OutboxDead => &[],
        }
    }

    /// One statement that takes any number of this table's rows as one parameter, a JSON array of objects: two bound
    /// parameters would be one too many for a table of 30 columns and 50 rows.
    pub fn upsert(self) -> String {
        let names: Vec<&str> = self.key().iter().chain(self.columns()).copied().collect();
        let value = |name: &&str| {
            let value = format!("json_extract(value, '$.{name}')");
            if self.zeros().contains(name) { format!("COALESCE({value}, 0)") } else { value }
        };
        let values: Vec<String> = names.iter().map(value).collect();
        let updates: Vec<String> =
            self.columns().iter().map(|name| format!("{name} = excluded.{name}")).collect();
        format!(
            "INSERT INTO {table} ({names}) SELECT {values} FROM json_each(?) WHERE true \
             ON CONFLICT ({key}) DO UPDATE SET {updates} WHERE excluded.revision > {table}.revision",
            table = self.name(),
            names = names.join(", "),
            values = values.join(", "),
            key = self.key().join(", "),
            updates = updates.join(", "),
        )
    }
}

/// The statements that write `rows`, each with no row to write: where these go through and those don't, a row is at fault.
pub fn probes(rows: &[Row]) -> Vec<(String, String)> {
    tables(rows).into_iter().map(|table| (table.upsert(), "[]".to_owned())).collect()
}

/// The statements, each with its one parameter, that write `rows`: one for each table, in a fixed order.
///
/// # Errors
/// [`Fault::Corrupt`] when a row can't be written as JSON.
pub fn statements(rows: &[Row]) -> Result<Vec<(String, String)>, Fault> {
    tables(rows)
        .into_iter()
        .map(|table| {
            let columns: Vec<&Raw> =
                rows.iter().filter(|row| row.table == table).map(|row| &row.columns).collect();
            Ok((table.upsert(), crate::json::write(&columns)?))
        })
        .collect()
}

/// The tables that `rows` go to, in a fixed order.
fn tables(rows: &[Row]) -> Vec<Table> {
    let mut tables: Vec<Table> = rows.iter().map(|row| row.table).collect();
    tables.sort_unstable();
    tables.dedup();
    tables
}
