//! The directory actor: one of sixteen lists of what exists and isn't listed by another actor, projects and artifacts. A thing's
//! id says which list has it. Jobs and progressions are found through their project.
//!
//! This is how an empty read model is filled: D1 can't be asked what it has lost. Members enter themselves when they begin
//! ([`announce`]); those that are older than the directory do so when they are next awake.

pub mod message;
pub mod store;

use crate::address::{ActorName, Kind};
use crate::ids::DirectoryId;
use crate::json;
use crate::protocol::{self, Reply};
use crate::sql::Fault;
use crate::turn::Turn;
use crate::upkeep;

pub use message::{Message, Progress};

/// Name of the timer that has an actor from before the directory announce itself.
pub const ANNOUNCE: &str = "announce";
/// Version 2 of a project: one that had begun announces itself.
pub const ANNOUNCE_PROJECT: &[&str] =
    &["INSERT INTO timers (name, at_ms) SELECT 'announce', created_at FROM project"];
/// Version 2 of an artifact: the same.
pub const ANNOUNCE_ARTIFACT: &[&str] =
    &["INSERT INTO timers (name, at_ms) SELECT 'announce', created_at FROM artifact"];

/// Takes one message in.
///
/// # Errors
/// [`Fault`] from the storage.
pub fn handle(turn: &mut Turn<'_>, message: Message) -> Result<Reply, Fault> {
    match message {
        Message::Enter { members } => {
            let new = store::enter(turn.sql, &members, turn.now)?;
            // Who comes while or after the others were told is told as well: D1 may have lost it too.
            if upkeep::progress(turn.sql)?.begun_at.is_some() {
                upkeep::tell_resend(turn, new)?;
            }
            Ok(Reply::Done)
        }
        Message::Progress => {
            let upkeep::Progress { begun_at, ended_at, told } = upkeep::progress(turn.sql)?;
            let progress = Progress {
                directory: turn.me.id().to_owned(),
                members: store::count(turn.sql)?,
                told,
                begun_at,
                ended_at,
            };
            Ok(Reply::Body(json::to_raw(&progress)?))
        }
    }
}

/// The directory that lists `member`.
pub fn of(member: &ActorName) -> ActorName {
    ActorName::Directory(DirectoryId::of(member.id()))
}

/// The messages that enter these names in their directories. What isn't the name of a project or an artifact is left out.
pub fn entries(names: &[String]) -> Vec<(ActorName, protocol::Message)> {
    let members: Vec<ActorName> = names
        .iter()
        .filter_map(|name| ActorName::parse(name).ok())
        .filter(|member| matches!(member.kind(), Kind::Project | Kind::Artifact))
        .collect();
    DirectoryId::all()
        .filter_map(|id| {
            let directory = ActorName::Directory(id);
            let mine: Vec<ActorName> = members.iter().filter(|it| of(it) == directory).cloned().collect();
            (!mine.is_empty())
                .then_some((directory, protocol::Message::Directory(Message::Enter { members: mine })))
        })
        .collect()
}

/// Has the actor entered in its directory.
///
/// # Errors
/// [`Fault::Storage`].
pub fn announce(turn: &Turn<'_>) -> Result<(), Fault> {
    let enter = Message::Enter { members: vec![turn.me.clone()] };
    turn.tell(of(turn.me), protocol::Message::Directory(enter))
}
