//! Each actor's tables, in numbered steps. An object's schema is never in `migrations/`: those are D1's.
//!
//! A step is never changed once it has run anywhere; a new need is a new step. State written by an older version opens in
//! a newer one by running the steps it hasn't seen.

use crate::address::Kind;
use crate::sql::{Fault, Sql};
use crate::{artifact, breaker, directory, gate, inbox, job, outbox, project, session, timers, upkeep};

/// Brings the database of an actor of this kind up to date. Must run inside a transaction.
///
/// # Errors
/// [`Fault::Storage`]; [`Fault::Corrupt`] when the state is newer than this code.
pub fn open(sql: &dyn Sql, kind: Kind) -> Result<(), Fault> {
    sql.exec("CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL)", &[])?;
    let found = sql.first("SELECT MAX(version) FROM schema_version", &[])?;
    let found = found.map_or(Ok(None), |row| row.optional_integer(0))?.unwrap_or(0);
    let steps = steps(kind);
    let known = i64::try_from(steps.len()).unwrap_or(i64::MAX);
    if found > known {
        return Err(Fault::corrupt("schema", format!("version {found}, this code knows {known}")));
    }
    for (version, step) in (1..).zip(steps) {
        if version > found {
            for statement in step.iter().flat_map(|part| part.iter()) {
                sql.exec(statement, &[])?;
            }
            sql.exec("INSERT INTO schema_version (version) VALUES (?)", &[version.into()])?;
        }
    }
    Ok(())
}

/// The statements of a step, in parts.
type Step = Vec<&'static [&'static str]>;

/// The steps of a kind.
fn steps(kind: Kind) -> [Step; 4] {
    let (first, second): (&[&str], Step) = match kind {
        Kind::Session => (session::store::SCHEMA, vec![session::store::SCHEMA_2, session::places::SCHEMA]),
        Kind::Project => (project::store::SCHEMA, vec![project::jobs::SCHEMA, directory::ANNOUNCE_PROJECT]),
        Kind::Job => (job::store::SCHEMA, vec![job::store::SCHEMA_2, job::calls::SCHEMA]),
        Kind::Artifact => (artifact::store::SCHEMA, vec![directory::ANNOUNCE_ARTIFACT]),
        Kind::Directory => (directory::store::SCHEMA, vec![]),
        Kind::Breaker => (breaker::store::SCHEMA, vec![]),
        Kind::Gate => (gate::store::SCHEMA, vec![]),
    };
    let third = match kind {
        Kind::Project => vec![project::store::SCHEMA_3, project::money::SCHEMA],
        Kind::Job => vec![job::calls::SCHEMA_3, job::partial::SCHEMA],
        Kind::Session | Kind::Artifact | Kind::Breaker | Kind::Directory | Kind::Gate => vec![],
    };
    let fourth = match kind {
        Kind::Artifact => vec![artifact::store::SCHEMA_4, artifact::link::SCHEMA],
        Kind::Project => vec![project::store::SCHEMA_4],
        Kind::Session | Kind::Job | Kind::Breaker | Kind::Directory | Kind::Gate => vec![],
    };
    [
        vec![inbox::SCHEMA, outbox::SCHEMA, timers::SCHEMA, first],
        [vec![inbox::SCHEMA_2, outbox::SCHEMA_2, upkeep::SCHEMA], second].concat(),
        third,
        fourth,
    ]
}
