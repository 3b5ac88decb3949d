//! The ledger: what was asked of providers, what came of it and what it cost. One row a call, kept here, told to the project,
//! and shown in the read model. A row changes only when more of its call becomes known; its revision rises then.

use serde::Serialize;

use crate::address::ActorName;
use crate::catalogue::price::Nanodollars;
use crate::effect::{Outcome, Output, Said};
use crate::job::course::Course;
use crate::job::journal::Variant;
use crate::job::message::Spec;
use crate::job::refine::Rewriting;
use crate::job::stage::Stage;
use crate::job::{money, retry, routing, store};
use crate::json;
use crate::project::{self, Spent};
use crate::protocol::Message;
use crate::provider::{FailureClass, Provider};
use crate::snapshot::{Row, Table};
use crate::sql::{Fault, Sql};

/// Version 2.
pub const SCHEMA: &[&str] =
    &["CREATE TABLE calls (id TEXT PRIMARY KEY, columns TEXT NOT NULL) WITHOUT ROWID"];

/// Version 3: what a call counts for against a budget, in billionths of a dollar: its cost, or its bound while that isn't
/// known.
pub const SCHEMA_3: &[&str] = &[
    "ALTER TABLE calls ADD COLUMN counted INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE calls ADD COLUMN revision INTEGER NOT NULL DEFAULT 1",
];

/// The row of `provider_calls`.
#[derive(Serialize)]
struct Columns<'a> {
    id: String,
    job_id: &'a str,
    project_id: &'a str,
    session_id: &'a str,
    requested_provider: Provider,
    provider: Provider,
    model: Option<&'a str>,
    task: &'a str,
    ordinal: u32,
    attempt: u32,
    outcome: &'a str,
    usage: Option<&'a str>,
    cost_nanousd: Option<Nanodollars>,
    ms: Option<i64>,
    at: i64,
    revision: i64,
}

/// What is known of a call.
#[derive(Clone, Copy, Default)]
struct Call<'a> {
    attempt: u32,
    outcome: &'a str,
    model: Option<&'a str>,
    usage: Option<&'a str>,
    cost: Option<Nanodollars>,
    ms: Option<i64>,
}

/// Notes how the attempt at a variant's stage went, if it was a call to a provider. Must be said before the variant changes.
///
/// # Errors
/// [`Fault`] from the storage.
pub fn note(course: &Course<'_, '_>, variant: &Variant, outcome: &Outcome) -> Result<(), Fault> {
    let ended = if variant.ended() { "discarded" } else { "ok" };
    let call = Call { attempt: variant.attempt, outcome: ended, ..Call::default() };
    let call = match outcome {
        Ok(Output::Stored(image) | Output::Found(image)) if variant.stage == Stage::Generate => {
            let found = matches!(outcome, Ok(Output::Found(_)));
            let asked = if found { unsettled(course.turn.sql, variant.ordinal)? } else { None };
            Call {
                attempt: asked.unwrap_or(variant.attempt),
                model: Some(&image.model),
                usage: image.usage.as_deref(),
                cost: money::of_picture(&course.head.spec, variant, image),
                // An attempt that found the picture of an earlier one took no time of the provider's: that one did.
                ms: i64::try_from(image.provider_ms).ok(),
                ..call
            }
        }
        Ok(Output::Answer(said)) => answered(said, call),
        Ok(Output::Tips(material)) => match &material.rewriting {
            Some(Rewriting::Said(said)) => answered(said, call),
            Some(Rewriting::Failed(failure)) => failed(failure.class, call),
            None => return Ok(()),
        },
        Ok(
            Output::Stored(_)
            | Output::Found(_)
            | Output::Fingerprint(_)
            | Output::Delivered(_)
            | Output::Forgotten(_),
        ) => {
            return Ok(());
        }
        // Nobody was asked.
        Err(failure) if matches!(failure.class, FailureClass::Budget | FailureClass::Circuit) => {
            return Ok(());
        }
        Err(failure) if variant.stage == Stage::Refine && failure.class != FailureClass::Timeout => {
            return Ok(());
        }
        Err(failure) => failed(failure.class, call),
    };
    write(course, variant, call)
}

/// Notes an attempt of which nobody knows what has come: one that was cut off, or one that goes on after its variant's end.
/// Must be said before the variant changes.
///
/// # Errors
/// [`Fault`] from the storage.
pub fn note_unknown(course: &Course<'_, '_>, variant: &Variant, outcome: &str) -> Result<(), Fault> {
    write(course, variant, Call { attempt: variant.attempt, outcome, ..Call::default() })
}

/// What the job has spent and may be spending, in billionths of a dollar: every call at its cost, or else at its bound.
///
/// # Errors
/// [`Fault`].
pub fn committed(sql: &dyn Sql, spec: &Spec) -> Result<Nanodollars, Fault> {
    let row = sql.first("SELECT COALESCE(SUM(counted), 0) FROM calls", &[])?;
    let noted = row.map_or(Ok(0), |row| row.integer(0))?;
    // Late ones are noted already.
    let open = store::variants(sql)?.into_iter().filter(Variant::is_under_way);
    let open: Nanodollars = open.filter_map(|variant| money::bound(spec, &variant)).sum();
    Ok(u64::try_from(noted).unwrap_or(0).saturating_add(open))
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

/// The attempt that must have made the picture which a later one has found: the last of which nothing is known.
fn unsettled(sql: &dyn Sql, ordinal: u32) -> Result<Option<u32>, Fault> {
    let row = sql.first(
        "SELECT MAX(columns ->> '$.attempt') FROM calls WHERE columns ->> '$.ordinal' = ?
           AND columns ->> '$.task' = 'generate' AND columns ->> '$.cost_nanousd' IS NULL",
        &[ordinal.into()],
    )?;
    let attempt = row.map_or(Ok(None), |row| row.optional_integer(0))?;
    Ok(attempt.and_then(|attempt| u32::try_from(attempt).ok()))
}

fn answered<'a>(said: &'a Said, call: Call<'a>) -> Call<'a> {
    let (model, usage) = (said.model.as_deref(), said.usage.as_deref());
    Call { model, usage, cost: model.and_then(|model| money::of_answer(model, usage)), ..call }
}

/// What was refused isn't billed; of the rest nobody knows.
const fn failed(class: FailureClass, call: Call<'_>) -> Call<'_> {
    let cost = if retry::may_cost(class) { None } else { Some(0) };
    Call { outcome: class.as_str(), cost, ..call }
}

fn write(course: &Course<'_, '_>, variant: &Variant, call: Call<'_>) -> Result<(), Fault> {
    let (head, turn) = (&course.head, &course.turn);
    let route = routing::current(&head.spec, variant);
    let (provider, asked) = match variant.stage {
        Stage::Generate => (route.provider, route.model.as_str()),
        // The models of words are on Workers AI, whoever makes the picture.
        Stage::Judge => (Provider::Workers, head.spec.terms.judge.as_str()),
        Stage::Refine if money::rewrites(&head.spec) => {
            (Provider::Workers, head.spec.terms.rewriter.as_str())
        }
        Stage::Refine
        | Stage::Store
        | Stage::Compose
        | Stage::Fingerprint
        | Stage::Deliver
        | Stage::Record
        | Stage::Settle => return Ok(()),
    };
    let task = variant.stage.as_str();
    // Refinement begins anew with every hop, and counts from 1 again.
    let round = match variant.hops.len() {
        hops @ 1.. if variant.stage == Stage::Refine => hops.to_string(),
        _ => String::new(),
    };
    let id = format!("{}-{}-{task}{round}-{}", course.me, variant.ordinal, call.attempt);
    let counted = call.cost.or_else(|| money::bound(&head.spec, variant)).unwrap_or(0);
    let known = turn.sql.first("SELECT revision FROM calls WHERE id = ?", &[id.as_str().into()])?;
    let columns = Columns {
        id,
        job_id: course.me.as_str(),
        project_id: head.spec.project_id.as_str(),
        session_id: head.spec.session_id.as_str(),
        requested_provider: variant.provider,
        provider,
        model: call.model.or_else(|| (!asked.is_empty()).then_some(asked)),
        task,
        ordinal: variant.ordinal,
        attempt: call.attempt,
        outcome: call.outcome,
        usage: call.usage,
        cost_nanousd: call.cost,
        ms: call.ms.or_else(|| (variant.began_at > 0).then(|| turn.now - variant.began_at)),
        at: turn.now,
        revision: known.map_or(Ok(0), |row| row.integer(0))? + 1,
    };
    let row = Row::new(Table::ProviderCalls, &columns)?;
    turn.sql.exec(
        "INSERT OR REPLACE INTO calls (id, columns, counted, revision) VALUES (?, ?, ?, ?)",
        &[
            columns.id.as_str().into(),
            row.columns.get().into(),
            i64::try_from(counted).unwrap_or(i64::MAX).into(),
            columns.revision.into(),
        ],
    )?;
    let spent = project::Message::Spent(Spent {
        model: columns.model.map(str::to_owned),
        id: columns.id,
        job_id: course.me.clone(),
        provider,
        task: task.to_owned(),
        nanousd: call.cost,
        counted,
        at: turn.now,
        revision: columns.revision,
    });
    turn.tell(ActorName::Project(head.spec.project_id.clone()), Message::Project(spent))?;
    turn.snapshot(row)
}
