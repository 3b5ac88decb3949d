//! Ids that route: what a project owns carries the project's id in front, so a request reaches its actor without a
//! look-up. This is the only place that builds or takes apart an id.
//!
//! | id | form | example |
//! |---|---|---|
//! | project | 16 of `[0-9A-Za-z]` (95 bits) | `4fZk0PqLx81mWd2C` |
//! | job | `<project>-<12>` | `4fZk0PqLx81mWd2C-9aX2kLm0Qw3E` |
//! | partial picture | `<job>-<ordinal>-<22>`: the key to the picture too | `4fZk0PqLx81mWd2C-9aX2kLm0Qw3E-3-2b7…` |
//! | progression | `<job>-<ordinal>`, or `<project>-<12>` for a rollback | `4fZk0PqLx81mWd2C-9aX2kLm0Qw3E-3` |
//! | artifact | 22 of `[0-9A-Za-z]` (130 bits): it's the public slug too | `2b7…` |
//! | gate | a number below 64, that follows from an address | `42` |
//! | session | chosen by the client, 1–128 of `[0-9A-Za-z_-]` | `ada-laptop` |
//! | breaker | a provider's name | `openai` |
//! | directory | a number below 16, that follows from a member's id | `7` |

use serde::{Deserialize, Deserializer, Serialize};

use crate::entropy::Entropy;
use crate::provider::Provider;

/// Random characters of a project id.
const PROJECT_LEN: usize = 16;
/// Random characters that tell a project's jobs and rollbacks apart.
const SUFFIX_LEN: usize = 12;
/// Random characters of an artifact id: at least 128 bits, because the slug is the only key of a published page.
const ARTIFACT_LEN: usize = 22;
/// Random characters of a partial picture's id, for the same reason.
const PARTIAL_LEN: usize = 22;
/// Longest session id; the object's name limit is far above it.
const SESSION_MAX: usize = 128;

/// How many gates share the world's addresses.
const GATES: u32 = 64;
/// How many directories share the work. Ids are spread by this number: it can't change without moving members.
const DIRECTORIES: u32 = 16;

/// A text that isn't an id of the kind asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a {0} id")]
pub struct InvalidId(&'static str);

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $kind:literal, $valid:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Reads an id.
            ///
            /// # Errors
            /// [`InvalidId`] when the text doesn't have the form in the module's table.
            pub fn parse(text: &str) -> Result<Self, InvalidId> {
                let valid: fn(&str) -> bool = $valid;
                if valid(text) { Ok(Self(text.to_owned())) } else { Err(InvalidId($kind)) }
            }

            /// The id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                out.write_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                let text = String::deserialize(from)?;
                Self::parse(&text).map_err(serde::de::Error::custom)
            }
        }
    };
}

id!(
    /// A project.
    ProjectId, "project", |text| is_word(text, PROJECT_LEN)
);
id!(
    /// A job, inside its project.
    JobId, "job", |text| matches!(parts(text).as_slice(), [project, job]
        if is_word(project, PROJECT_LEN) && is_word(job, SUFFIX_LEN))
);
id!(
    /// One image in a project's tree.
    ProgressionId, "progression", |text| match parts(text).as_slice() {
        [project, own] => is_word(project, PROJECT_LEN) && is_word(own, SUFFIX_LEN),
        [project, job, ordinal] => is_word(project, PROJECT_LEN) && is_word(job, SUFFIX_LEN) && is_ordinal(ordinal),
        _ => false,
    }
);
id!(
    /// What a provider showed of a picture on the way to it; also the only key to it.
    PartialId, "partial picture", |text| matches!(parts(text).as_slice(), [project, job, ordinal, own]
        if is_word(project, PROJECT_LEN) && is_word(job, SUFFIX_LEN) && is_ordinal(ordinal) && is_word(own, PARTIAL_LEN))
);
id!(
    /// A published thing; also its public slug.
    ArtifactId, "artifact", |text| is_word(text, ARTIFACT_LEN)
);
id!(
    /// One person's live stream.
    SessionId, "session", |text| (1..=SESSION_MAX).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
);

id!(
    /// One of the gates that count how often an address begins work.
    GateId, "gate", |text| is_below(text, GATES)
);
id!(
    /// The provider whose models' health is known there.
    BreakerId, "breaker", |text| Provider::parse(text).is_some()
);
id!(
    /// One of the lists of what exists.
    DirectoryId, "directory", |text| is_below(text, DIRECTORIES)
);

impl GateId {
    /// The one that knows an address.
    pub fn of(address: &str) -> Self {
        Self((fnv(address.bytes()) % GATES).to_string())
    }
}

impl BreakerId {
    /// That of a provider.
    pub fn of(provider: Provider) -> Self {
        Self(provider.as_str().to_owned())
    }
}

impl DirectoryId {
    /// Every one of them.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..DIRECTORIES).map(|n| Self(n.to_string()))
    }

    /// The one that lists the thing with this id.
    pub fn of(id: &str) -> Self {
        Self((fnv(id.bytes()) % DIRECTORIES).to_string())
    }
}

impl ProjectId {
    /// A new project's id.
    pub fn random(entropy: &mut dyn Entropy) -> Self {
        Self(entropy.id(PROJECT_LEN))
    }
}

impl JobId {
    /// A new job of `project`.
    pub fn random(project: &ProjectId, entropy: &mut dyn Entropy) -> Self {
        Self(format!("{project}-{}", entropy.id(SUFFIX_LEN)))
    }

    /// The project that owns the job.
    pub fn project(&self) -> ProjectId {
        owner(&self.0)
    }
}

impl ProgressionId {
    /// The progression of a job's `ordinal`-th variant: always the same, so recording it twice is recording it once.
    pub fn of_variant(job: &JobId, ordinal: u32) -> Self {
        Self(format!("{job}-{ordinal}"))
    }

    /// A new progression that no job made.
    pub fn random(project: &ProjectId, entropy: &mut dyn Entropy) -> Self {
        Self(format!("{project}-{}", entropy.id(SUFFIX_LEN)))
    }

    /// The project that owns the progression.
    pub fn project(&self) -> ProjectId {
        owner(&self.0)
    }
}

impl PartialId {
    /// A new one, of a job's `ordinal`-th variant.
    pub fn random(job: &JobId, ordinal: u32, entropy: &mut dyn Entropy) -> Self {
        Self(format!("{job}-{ordinal}-{}", entropy.id(PARTIAL_LEN)))
    }

    /// Where its bytes are, in R2.
    pub fn key(&self) -> String {
        let mut parts = self.0.split('-');
        let mut next = || parts.next().unwrap_or_default();
        let (project, job, ordinal, own) = (next(), next(), next(), next());
        format!("project/{project}/jobs/{project}-{job}/partial/{ordinal}/{own}")
    }
}

impl ArtifactId {
    /// A new artifact's id.
    pub fn random(entropy: &mut dyn Entropy) -> Self {
        Self(entropy.id(ARTIFACT_LEN))
    }
}

/// FNV-1a: spreads evenly, never changes, and is no secret's keeper.
pub(crate) fn fnv(bytes: impl Iterator<Item = u8>) -> u32 {
    bytes.fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

fn parts(text: &str) -> Vec<&str> {
    text.split('-').collect()
}

/// A number in its usual spelling.
fn is_below(text: &str, limit: u32) -> bool {
    text.parse::<u32>().is_ok_and(|number| number < limit && number.to_string() == text)
}

fn is_ordinal(text: &str) -> bool {
    (1..=4).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())
}

fn is_word(text: &str, len: usize) -> bool {
    text.len() == len && text.bytes().all(|b| b.is_ascii_alphanumeric())
}

/// The first part of an id that was checked when it was made.
fn owner(id: &str) -> ProjectId {
    ProjectId(id.split('-').next().unwrap_or_default().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROJECT: &str = "4fZk0PqLx81mWd2C";

    #[test]
    fn an_owned_id_leads_to_its_project() {
        let job = JobId::parse(&format!("{PROJECT}-9aX2kLm0Qw3E")).unwrap();
        assert_eq!(job.project().as_str(), PROJECT);
        let progression = ProgressionId::of_variant(&job, 3);
        assert_eq!(progression.as_str(), format!("{PROJECT}-9aX2kLm0Qw3E-3"));
        assert_eq!(ProgressionId::parse(progression.as_str()).unwrap().project(), job.project());
    }

    #[test]
    fn what_isnt_an_id_is_refused() {
        for text in
            ["", "short", "4fZk0PqLx81mWd2C-", "../../../../../..", "4fZk0PqLx81mWd2é", "4fZk0PqLx81mWd2C "]
        {
            assert!(ProjectId::parse(text).is_err(), "{text:?}");
        }
        for text in [PROJECT, "4fZk0PqLx81mWd2C-9aX2kLm0Qw3E-1", "a-b", "-"] {
            assert!(JobId::parse(text).is_err(), "{text:?}");
        }
        for text in ["", "a b", "a/b", "é", &"x".repeat(129), "a:b", "a\n"] {
            assert!(SessionId::parse(text).is_err(), "{text:?}");
        }
        assert!(SessionId::parse(&"x".repeat(128)).is_ok());
        assert!(ProgressionId::parse("4fZk0PqLx81mWd2C-9aX2kLm0Qw3E-12345").is_err());
    }

    #[test]
    fn addresses_are_spread_over_all_gates() {
        let mut counts = std::collections::BTreeMap::<GateId, u32>::new();
        for n in 0..6_400_u32 {
            *counts.entry(GateId::of(&format!("10.{}.{}.7", n / 256, n % 256))).or_default() += 1;
        }
        assert_eq!(counts.len(), 64);
        assert!(counts.values().all(|count| (50..=200).contains(count)), "{counts:?}");
    }

    #[test]
    fn an_id_is_checked_when_it_is_read_from_json() {
        assert!(serde_json::from_str::<ProjectId>("\"nope\"").is_err());
        assert!(serde_json::from_str::<ProjectId>(&format!("\"{PROJECT}\"")).is_ok());
    }
}
