//! What a job says again when the read model has lost it.

use crate::ids::JobId;
use crate::job::{store, view};
use crate::snapshot::{Row, Table};
use crate::sql::Fault;
use crate::turn::Turn;

/// Says the job's rows again. They are few, so all of them in one turn.
///
/// # Errors
/// [`Fault`] from the storage.
pub fn resend(turn: &Turn<'_>, me: &JobId) -> Result<(), Fault> {
    match store::head(turn.sql)? {
        Some(head) => turn.snapshot(Row::new(Table::Jobs, &view::columns(me, &head))?),
        None => Ok(()),
    }
}
