//! An actor's name: the only place that formats or parses `"job:<id>"`.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::ids::{ArtifactId, BreakerId, DirectoryId, GateId, InvalidId, JobId, ProjectId, SessionId};

/// The kinds of actor that one Durable Object class plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// One person's live stream.
    Session,
    /// A tree of progressions.
    Project,
    /// One request, fanned out.
    Job,
    /// A published thing.
    Artifact,
    /// What knows how often an address has begun work.
    Gate,
    /// What knows whether a provider's models are well.
    Breaker,
    /// A list of what exists.
    Directory,
}

/// The name of one actor, and so of one Durable Object.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ActorName {
    /// `session:<sessionId>`
    Session(SessionId),
    /// `project:<projectId>`
    Project(ProjectId),
    /// `job:<jobId>`
    Job(JobId),
    /// `artifact:<artifactId>`
    Artifact(ArtifactId),
    /// `gate:<n>`
    Gate(GateId),
    /// `breaker:<provider>`
    Breaker(BreakerId),
    /// `directory:<n>`
    Directory(DirectoryId),
}

impl ActorName {
    /// Reads an object's name.
    ///
    /// # Errors
    /// [`InvalidId`] for an unknown prefix or an id that isn't one.
    pub fn parse(text: &str) -> Result<Self, InvalidId> {
        match text.split_once(':') {
            Some(("session", id)) => SessionId::parse(id).map(Self::Session),
            Some(("project", id)) => ProjectId::parse(id).map(Self::Project),
            Some(("job", id)) => JobId::parse(id).map(Self::Job),
            Some(("artifact", id)) => ArtifactId::parse(id).map(Self::Artifact),
            Some(("gate", id)) => GateId::parse(id).map(Self::Gate),
            Some(("breaker", id)) => BreakerId::parse(id).map(Self::Breaker),
            Some(("directory", id)) => DirectoryId::parse(id).map(Self::Directory),
            // The session parser names no kind that fits better, and an empty id is no id.
            _ => SessionId::parse("").map(Self::Session),
        }
    }

    /// Which kind it is.
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Session(_) => Kind::Session,
            Self::Project(_) => Kind::Project,
            Self::Job(_) => Kind::Job,
            Self::Artifact(_) => Kind::Artifact,
            Self::Gate(_) => Kind::Gate,
            Self::Breaker(_) => Kind::Breaker,
            Self::Directory(_) => Kind::Directory,
        }
    }

    /// The id without its prefix.
    pub fn id(&self) -> &str {
        match self {
            Self::Session(id) => id.as_str(),
            Self::Project(id) => id.as_str(),
            Self::Job(id) => id.as_str(),
            Self::Artifact(id) => id.as_str(),
            Self::Gate(id) => id.as_str(),
            Self::Breaker(id) => id.as_str(),
            Self::Directory(id) => id.as_str(),
        }
    }
}

impl std::fmt::Display for ActorName {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let prefix = match self.kind() {
            Kind::Session => "session",
            Kind::Project => "project",
            Kind::Job => "job",
            Kind::Artifact => "artifact",
            Kind::Gate => "gate",
            Kind::Breaker => "breaker",
            Kind::Directory => "directory",
        };
        write!(out, "{prefix}:{}", self.id())
    }
}

impl Serialize for ActorName {
    fn serialize<S: Serializer>(&self, into: S) -> Result<S::Ok, S::Error> {
        into.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ActorName {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_reads_back_as_it_was_written() {
        for text in [
            "session:ada-laptop",
            "project:4fZk0PqLx81mWd2C",
            "job:4fZk0PqLx81mWd2C-9aX2kLm0Qw3E",
            "artifact:2b7Qm0ZkLx81mWd2CaB3xY",
            "breaker:openai",
            "breaker:workers",
            "directory:0",
            "directory:15",
        ] {
            assert_eq!(ActorName::parse(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn any_other_name_is_refused() {
        for text in [
            "",
            "session:",
            "job:4fZk0PqLx81mWd2C",
            "user:ada",
            "session",
            "Project:4fZk0PqLx81mWd2C",
            "breaker:",
            "breaker:vision",
            "breaker:Openai",
            "directory:16",
            "directory:07",
            "directory:+7",
            "directory:-1",
        ] {
            assert!(ActorName::parse(text).is_err(), "{text:?}");
        }
    }
}
