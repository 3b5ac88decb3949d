//! What a job says again when the read model has lost it.

use crate::ids::JobId;
use crate::job::{calls, store, view};
use crate::snapshot::{Row, Table};
use crate::sql::Fault;
use crate::turn::Turn;

/// Says the job's rows again. They are few, so all of them in one turn.
///
/// # Errors
/// [`Fault`] from the storage.
pub fn resend(turn: &Turn<'_>, me: &JobId) -> Result<(), Fault> {
    if let Some(head) = store::head(turn.sql)? {
        turn.snapshot(Row::new(Table::Jobs, &view::columns(me, &head))?)?;
    }
    calls::all(turn.sql)?.into_iter().try_for_each(|row| turn.snapshot(row))
}
