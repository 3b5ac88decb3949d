//! The project's money: every call that its jobs have made, its budget, and what is reserved for jobs that are open.
//!
//! `project.spent` is the sum of what the calls count for, and a job's row has its own part of it; what is reserved for a job is
//! what it may still spend. All are written in the turn that changes them, so two jobs can't be promised the same dollar.

use crate::catalogue::price::Nanodollars;
use crate::ids::JobId;
use crate::job::money::{Claim, dollars};
use crate::project::jobs::RESERVED_MS;
use crate::project::message::{Budget, CostsPage, Spent};
use crate::protocol::{Refusal, RefusalCode};
use crate::sql::{Fault, Sql, Value};

/// Version 3. Amounts are in billionths of a US dollar; `counted` is the cost, or the bound while the cost isn't known.
pub const SCHEMA: &[&str] = &[
    "ALTER TABLE project ADD COLUMN budget INTEGER",
    "ALTER TABLE project ADD COLUMN spent INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE jobs ADD COLUMN reserved INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE jobs ADD COLUMN spent INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE jobs ADD COLUMN claimed_at INTEGER",
    "CREATE INDEX jobs_claimed ON jobs (claimed_at) WHERE claimed_at IS NOT NULL",
    "CREATE TABLE costs (
       id TEXT PRIMARY KEY, job_id TEXT NOT NULL, provider TEXT NOT NULL, model TEXT, task TEXT NOT NULL, nanousd INTEGER,
       counted INTEGER NOT NULL, at_ms INTEGER NOT NULL, revision INTEGER NOT NULL) WITHOUT ROWID",
    "CREATE INDEX costs_job ON costs (job_id)",
];

/// What open jobs may still spend. A place or a claim that no job took up in time is none.
const RESERVED: &str = "SELECT COALESCE(SUM(MAX(reserved - spent, 0)), 0) FROM jobs
  WHERE (closed_at IS NULL AND (opened_at IS NOT NULL OR reserved_at > ?1)) OR claimed_at > ?1";

/// The figures of a group of calls. Of calls that are all of unknown cost, the sum isn't known either.
macro_rules! figures {
    () => {
        "'calls', COUNT(*), 'unpricedCalls', COUNT(*) - COUNT(nanousd),
         'costNanousd', COALESCE(SUM(nanousd), CASE COUNT(*) WHEN 0 THEN 0 END),
         'costUsd', COALESCE(SUM(nanousd), CASE COUNT(*) WHEN 0 THEN 0 END) / 1e9"
    };
}

/// Sets or lifts the budget.
///
/// # Errors
/// [`Fault::Storage`].
pub fn set_budget(sql: &dyn Sql, budget: Budget) -> Result<(), Fault> {
    let budget = match budget {
        Budget::Lifted => Value::Null,
        Budget::Of(budget) => amount(budget),
    };
    sql.exec("UPDATE project SET budget = ?", &[budget])?;
    Ok(())
}

/// Whether the budget has room for a claim: what the job is held to, `None` without a budget.
///
/// # Errors
/// [`Fault`]; inside, why it has none.
pub fn room(sql: &dyn Sql, claim: &Claim, now: i64) -> Result<Result<Option<Nanodollars>, Refusal>, Fault> {
    let Some((budget, spent)) = budget(sql)? else { return Ok(Ok(None)) };
    if let Some(why) = &claim.unpriced {
        return Ok(Err(Refusal { code: RefusalCode::Unpriced, detail: why.clone() }));
    }
    let reserved = sql.first(RESERVED, &[(now - RESERVED_MS).into()])?.map_or(Ok(0), |row| row.integer(0))?;
    let left = budget.saturating_sub(spent).saturating_sub(unsigned(reserved));
    if claim.highest <= left {
        return Ok(Ok(Some(claim.highest)));
    }
    let detail = format!(
        "it may cost up to {}, and the project's budget of {} leaves {}",
        dollars(claim.highest),
        dollars(budget),
        dollars(left)
    );
    Ok(Err(Refusal { code: RefusalCode::Budget, detail }))
}

/// Reserves for a job that has its place.
///
/// # Errors
/// [`Fault::Storage`].
pub fn reserve(sql: &dyn Sql, job: &JobId, highest: Nanodollars) -> Result<(), Fault> {
    sql.exec("UPDATE jobs SET reserved = ? WHERE job_id = ?", &[amount(highest), job.as_str().into()])?;
    Ok(())
}

/// What is reserved for a job that has its place already; the outer `None`: it has none. As with [`room`], no amount without
/// a budget.
///
/// # Errors
/// [`Fault`].
pub fn reserved(sql: &dyn Sql, job: &JobId) -> Result<Option<Option<Nanodollars>>, Fault> {
    let row = sql.first("SELECT reserved FROM jobs WHERE job_id = ?", &[job.as_str().into()])?;
    let Some(row) = row else { return Ok(None) };
    let reserved = unsigned(row.integer(0)?);
    Ok(Some(budget(sql)?.map(|_| reserved)))
}

/// Reserves more for a job that is about to try again. Should the job have ended, the claim is void unless it opens soon.
///
/// # Errors
/// [`Fault::Storage`].
pub fn extend(sql: &dyn Sql, job: &JobId, highest: Nanodollars, now: i64) -> Result<(), Fault> {
    sql.exec(
        "UPDATE jobs SET reserved = CASE WHEN closed_at IS NULL OR claimed_at > ?3 THEN reserved ELSE spent END + ?1,
           claimed_at = ?4 WHERE job_id = ?2",
        &[amount(highest), job.as_str().into(), (now - RESERVED_MS).into(), now.into()],
    )?;
    Ok(())
}

/// A job has begun, or begun again, and may spend `cap` in all.
///
/// # Errors
/// [`Fault::Storage`].
pub fn opened(sql: &dyn Sql, job: &JobId, cap: Option<Nanodollars>) -> Result<(), Fault> {
    sql.exec(
        "UPDATE jobs SET reserved = MAX(reserved, ?), claimed_at = NULL WHERE job_id = ?",
        &[amount(cap.unwrap_or(0)), job.as_str().into()],
    )?;
    Ok(())
}

/// A job has ended: what it hasn't spent is free again, unless it's about to go on.
///
/// # Errors
/// [`Fault::Storage`].
pub fn closed(sql: &dyn Sql, job: &JobId) -> Result<(), Fault> {
    let of = [job.as_str().into()];
    sql.exec("UPDATE jobs SET reserved = 0 WHERE job_id = ? AND claimed_at IS NULL", &of)?;
    Ok(())
}

/// Takes a call in; what is known of it already changes nothing.
///
/// # Errors
/// [`Fault`].
pub fn note(sql: &dyn Sql, call: &Spent) -> Result<(), Fault> {
    let known = sql.first("SELECT revision, counted FROM costs WHERE id = ?", &[call.id.as_str().into()])?;
    let (revision, counted) = match known {
        Some(row) => (row.integer(0)?, row.integer(1)?),
        None => (0, 0),
    };
    if call.revision <= revision {
        return Ok(());
    }
    sql.exec(
        "INSERT OR REPLACE INTO costs (id, job_id, provider, model, task, nanousd, counted, at_ms, revision)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        &[
            call.id.as_str().into(),
            call.job_id.as_str().into(),
            call.provider.as_str().into(),
            call.model.as_deref().into(),
            call.task.as_str().into(),
            call.nanousd.map(amount).into(),
            amount(call.counted),
            call.at.into(),
            call.revision.into(),
        ],
    )?;
    let more = i64::try_from(call.counted).unwrap_or(i64::MAX) - counted;
    sql.exec("UPDATE project SET spent = spent + ?", &[more.into()])?;
    let of = [more.into(), call.job_id.as_str().into()];
    sql.exec("UPDATE jobs SET spent = spent + ? WHERE job_id = ?", &of)?;
    Ok(())
}

/// What the project has cost, as the API shows it: in all, by provider, model and task, and a page of jobs.
///
/// # Errors
/// [`Fault::Storage`].
pub fn shown(sql: &dyn Sql, id: &str, page: &CostsPage, now: i64) -> Result<Option<String>, Fault> {
    let reserved = sql.first(RESERVED, &[(now - RESERVED_MS).into()])?.map_or(Ok(0), |row| row.integer(0))?;
    sql.first(
        concat!(
            "WITH page AS (SELECT job_id, json_object('jobId', job_id, ",
            figures!(),
            ") AS item FROM costs WHERE job_id > ?2 GROUP BY job_id ORDER BY job_id LIMIT ?3)
             SELECT json_object('projectId', ?1, 'total', (SELECT json_object(",
            figures!(),
            ") FROM costs),
             'countedNanousd', spent, 'countedUsd', spent / 1e9,
             'reservedNanousd', CAST(?4 AS INTEGER), 'reservedUsd', ?4 / 1e9,
             'budgetNanousd', budget, 'budgetUsd', budget / 1e9,
             'providers', (SELECT json_group_array(json(item)) FROM (SELECT json_object('provider', provider, ",
            figures!(),
            ") AS item FROM costs GROUP BY provider ORDER BY provider)),
             'models', (SELECT json_group_array(json(item)) FROM (SELECT json_object('provider', provider, 'model', model, ",
            figures!(),
            ") AS item FROM costs GROUP BY provider, model ORDER BY provider, model)),
             'tasks', (SELECT json_group_array(json(item)) FROM (SELECT json_object('task', task, ",
            figures!(),
            ") AS item FROM costs GROUP BY task ORDER BY task)),
             'jobs', (SELECT json_group_array(json(item)) FROM page),
             'nextCursor', (SELECT CASE WHEN COUNT(*) = ?3 THEN MAX(job_id) END FROM page)) FROM project"
        ),
        &[id.into(), page.after.as_str().into(), page.limit.into(), reserved.into()],
    )?
    .map(|row| row.text(0))
    .transpose()
}

/// The budget and what has been spent, if there is a budget.
fn budget(sql: &dyn Sql) -> Result<Option<(Nanodollars, Nanodollars)>, Fault> {
    let Some(row) = sql.first("SELECT budget, spent FROM project", &[])? else { return Ok(None) };
    let Some(budget) = row.optional_integer(0)? else { return Ok(None) };
    Ok(Some((unsigned(budget), unsigned(row.integer(1)?))))
}

/// `SQLite`'s integers are signed; no amount here reaches 2^53.
fn amount(nanousd: Nanodollars) -> Value {
    Value::Integer(i64::try_from(nanousd).unwrap_or(i64::MAX))
}

fn unsigned(integer: i64) -> Nanodollars {
    u64::try_from(integer).unwrap_or(0)
}
