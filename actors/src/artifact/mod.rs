//! The artifact actor: one published thing. It knows what it shows and which bytes are current; the bytes are in R2.
//!
//! Bytes first, then the row that points at them: an object without a row can be collected, a row without an object is never
//! visible. A new rendering is a new key under the same slug, so a reader gets the old or the new, whole.

pub mod kinds;
pub mod message;
pub mod store;

use crate::address::ActorName;
use crate::directory;
use crate::ids::ArtifactId;
use crate::json;
use crate::project;
use crate::protocol::{self, Reply};
use crate::snapshot::{Row, Table};
use crate::sql::Fault;
use crate::turn::Turn;

pub use message::{Columns, Edition, Kind, Message, ProjectLink, Served};

/// Takes one message in.
///
/// # Errors
/// [`Fault`] from the storage.
pub fn handle(turn: &mut Turn<'_>, me: &ArtifactId, message: Message) -> Result<Reply, Fault> {
    match message {
        Message::Publish(edition) => publish(turn, me, &edition),
        Message::Receipt => match store::served(turn.sql)? {
            Some(served) => receipt(me, served.kind),
            None => Ok(Reply::not_found("artifact")),
        },
        Message::Fetch => Ok(match store::shown(turn.sql, me.as_str())? {
            Some(text) => Reply::Body(json::raw(text)?),
            None => Reply::not_found("artifact"),
        }),
        Message::Serve => Ok(match store::served(turn.sql)? {
            Some(served) => Reply::Body(json::to_raw(&served)?),
            None => Reply::not_found("artifact"),
        }),
    }
}

/// Says the artifact's rows. They are few, so all of them in one turn.
///
/// # Errors
/// [`Fault`] from the storage.
pub fn resend(turn: &Turn<'_>, me: &ArtifactId) -> Result<(), Fault> {
    let Some(shown) = store::current(turn.sql)? else { return Ok(()) };
    turn.snapshot(Row::new(Table::Artifacts, &Columns::new(me, &shown))?)?;
    for project_id in shown.edition.project_ids {
        let link = ProjectLink { project_id, artifact_id: me.clone(), revision: shown.revision };
        turn.snapshot(Row::new(Table::ProjectArtifacts, &link)?)?;
    }
    Ok(())
}

fn publish(turn: &Turn<'_>, me: &ArtifactId, edition: &Edition) -> Result<Reply, Fault> {
    let revision = store::publish(turn.sql, edition, turn.now)?;
    if revision == 1 {
        directory::announce(turn)?;
    }
    resend(turn, me)?;
    for project_id in &edition.project_ids {
        let published = project::Message::Published { artifact_id: me.clone() };
        turn.tell(ActorName::Project(project_id.clone()), protocol::Message::Project(published))?;
    }
    receipt(me, edition.kind)
}

fn receipt(me: &ArtifactId, kind: Kind) -> Result<Reply, Fault> {
    let published = message::Published { artifact_id: me.clone(), public_slug: me.clone(), kind };
    Ok(Reply::Body(json::to_raw(&published)?))
}
