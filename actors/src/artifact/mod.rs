//! The artifact actor: one published thing. It knows what it shows and which bytes are current; the bytes are in R2.
//!
//! Bytes first, then the row that points at them: an object without a row can be collected, a row without an object is never
//! visible. A new rendering is a new key under the same slug, so a reader gets the old or the new, whole.

pub mod data;
pub mod figures;
pub mod generator;
pub mod kind;
pub mod kinds;
pub mod link;
pub mod material;
pub mod message;
pub mod options;
pub mod page;
pub mod pdf;
pub mod recipe;
pub mod registry;
pub mod store;
pub mod typeface;

use crate::address::ActorName;
use crate::directory;
use crate::ids::{ArtifactId, ProjectId};
use crate::json;
use crate::project;
use crate::protocol::{self, Refusal, RefusalCode, Reply};
use crate::snapshot::{Row, Table};
use crate::sql::Fault;
use crate::turn::Turn;

pub use kind::Kind;
pub use message::{
    Attachment, Change, Columns, Configuration, Edition, Message, PROJECTS_MAX, ProjectLink, Served,
};

/// Takes one message in.
///
/// # Errors
/// [`Fault`] from the storage.
pub fn handle(turn: &mut Turn<'_>, me: &ArtifactId, message: Message) -> Result<Reply, Fault> {
    let found = match message {
        Message::Publish(edition) => return publish(turn, me, &edition),
        Message::Associate(project) => return associate(turn, me, project),
        Message::Change(change) => return amend(turn, me, *change),
        Message::Unlock { derived } => return unlock(turn, me, &derived),
        Message::Receipt => match store::current(turn.sql)? {
            Some(current) => return receipt(me, current.edition.kind),
            None => None,
        },
        Message::Fetch => return shown(turn, me),
        Message::Serve { pass } => {
            let link = link::load(turn.sql)?;
            let current = store::current(turn.sql)?;
            let answer = current.map(|it| link.answer(me, it.edition.into(), pass.as_deref(), turn.now));
            answer.map(|answer| json::to_raw(&answer)).transpose()?
        }
        Message::Edition => {
            store::current(turn.sql)?.map(|current| json::to_raw(&current.edition)).transpose()?
        }
        Message::Versions => store::versions(turn.sql)?.map(json::raw).transpose()?,
        Message::Version(version) => {
            let edition = store::edition(turn.sql, version)?;
            edition.map(|edition| json::to_raw(&Served::from(edition))).transpose()?
        }
    };
    Ok(found.map_or_else(|| Reply::not_found("artifact"), Reply::Body))
}

/// Says the artifact's rows. They are few, so all of them in one turn.
///
/// # Errors
/// [`Fault`] from the storage.
pub fn resend(turn: &Turn<'_>, me: &ArtifactId) -> Result<(), Fault> {
    let Some(shown) = store::current(turn.sql)? else { return Ok(()) };
    turn.snapshot(Row::new(Table::Artifacts, &Columns::new(me, &shown))?)?;
    let revision = shown.revision;
    for (key, value) in &shown.edition.options {
        configured(turn, me, key, Some(json::write(value)?), revision)?;
    }
    for project_id in shown.edition.project_ids {
        let link = ProjectLink { project_id, artifact_id: me.clone(), revision };
        turn.snapshot(Row::new(Table::ProjectArtifacts, &link)?)?;
    }
    Ok(())
}

fn configured(
    turn: &Turn<'_>,
    me: &ArtifactId,
    key: &str,
    value: Option<String>,
    revision: i64,
) -> Result<(), Fault> {
    let row = Configuration { artifact_id: me, config_key: key, config_value: value, revision };
    turn.snapshot(Row::new(Table::ArtifactConfigurations, &row)?)
}

fn publish(turn: &Turn<'_>, me: &ArtifactId, edition: &Edition) -> Result<Reply, Fault> {
    let before = store::current(turn.sql)?;
    let version = store::publish(turn.sql, edition, turn.now)?;
    if version == 1 {
        directory::announce(turn)?;
    }
    if let Some(before) = before {
        for gone in before.edition.options.keys().filter(|key| !edition.options.contains_key(*key)) {
            configured(turn, me, gone, None, before.revision + 1)?;
        }
    }
    resend(turn, me)?;
    for project_id in &edition.project_ids {
        published(turn, me, project_id)?;
    }
    receipt(me, edition.kind)
}

fn associate(turn: &Turn<'_>, me: &ArtifactId, project: ProjectId) -> Result<Reply, Fault> {
    let Some(current) = store::current(turn.sql)? else { return Ok(Reply::not_found("artifact")) };
    let mut edition = current.edition;
    if !edition.project_ids.contains(&project) {
        if edition.project_ids.len() >= PROJECTS_MAX {
            let detail = format!("an artifact shows at most {PROJECTS_MAX} projects");
            return Ok(Reply::Refused(Refusal { code: RefusalCode::Conflict, detail }));
        }
        published(turn, me, &project)?;
        edition.project_ids.push(project);
        store::amend(turn.sql, &edition, turn.now)?;
        resend(turn, me)?;
    }
    shown(turn, me)
}

fn amend(turn: &Turn<'_>, me: &ArtifactId, change: Change) -> Result<Reply, Fault> {
    let Some(current) = store::current(turn.sql)? else { return Ok(Reply::not_found("artifact")) };
    let mut link = link::load(turn.sql)?;
    link.change(change.link);
    link::save(turn.sql, &link)?;
    if let Some(title) = change.title {
        store::amend(turn.sql, &Edition { title, ..current.edition }, turn.now)?;
        resend(turn, me)?;
    }
    shown(turn, me)
}

fn unlock(turn: &Turn<'_>, me: &ArtifactId, derived: &str) -> Result<Reply, Fault> {
    match link::load(turn.sql)?.unlock(me, derived, turn.now) {
        Some(pass) => Ok(Reply::Body(json::to_raw(&pass)?)),
        None => Ok(Reply::forbidden("that isn't the password")),
    }
}

fn shown(turn: &Turn<'_>, me: &ArtifactId) -> Result<Reply, Fault> {
    let link = link::load(turn.sql)?.shown()?;
    let shown = store::shown(turn.sql, me.as_str(), link)?.map(json::raw).transpose()?;
    Ok(shown.map_or_else(|| Reply::not_found("artifact"), Reply::Body))
}

fn published(turn: &Turn<'_>, me: &ArtifactId, project: &ProjectId) -> Result<(), Fault> {
    let published = project::Message::Published { artifact_id: me.clone() };
    turn.tell(ActorName::Project(project.clone()), protocol::Message::Project(published))
}

fn receipt(me: &ArtifactId, kind: Kind) -> Result<Reply, Fault> {
    let published = message::Published {
        artifact_id: me.clone(),
        public_slug: me.clone(),
        kind,
        public: (registry::generator(kind).audience == generator::Audience::KeyHolder).then_some(false),
    };
    Ok(Reply::Body(json::to_raw(&published)?))
}
