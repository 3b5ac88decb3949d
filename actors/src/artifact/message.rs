//! What an artifact understands, and what it is made of.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::artifact::kind::Kind;
use crate::artifact::link;
use crate::ids::{ArtifactId, ProjectId};

/// Messages to an artifact.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Message {
    /// The bytes are in R2: show them from now on.
    Publish(Box<Edition>),
    /// Query: the reply to the first [`Self::Publish`].
    Receipt,
    /// Query: what it is.
    Fetch,
    /// Query: what a reader gets ([`link::Answer`]).
    Serve {
        /// The [`link::Pass`] that the reader's browser shows.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pass: Option<String>,
    },
    /// Query: a [`link::Pass`] for whoever knows the password; a refusal for everybody else.
    Unlock {
        /// Derived from what the reader says, by the [`link::Recipe`].
        derived: String,
    },
    /// Change the title, or the terms of the link.
    Change(Box<Change>),
    /// One more project belongs to it; it's seen in the next edition.
    Associate(ProjectId),
    /// Query: the edition that is shown, to make the next one from it.
    Edition,
    /// Query: all editions, newest first.
    Versions,
    /// Query: what a reader of this version gets ([`Served`]).
    Version(i64),
}

/// Projects that an artifact can show.
pub const PROJECTS_MAX: usize = 20;

impl Message {
    /// See [`crate::protocol::Message::is_repeatable`].
    pub const fn is_repeatable(&self) -> bool {
        match self {
            Self::Receipt
            | Self::Fetch
            | Self::Serve { .. }
            | Self::Unlock { .. }
            | Self::Edition
            | Self::Versions
            | Self::Version(_) => true,
            Self::Publish(_) | Self::Associate(_) | Self::Change(_) => false,
        }
    }
}

/// What is to be different without a new rendering; what isn't named stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// For people; in the page itself from the next edition on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The link's terms.
    #[serde(default)]
    pub link: link::Change,
}

/// One rendering, ready to be shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Edition {
    /// What kind of thing.
    pub kind: Kind,
    /// For people.
    pub title: String,
    /// Which projects it shows, in order.
    pub project_ids: Vec<ProjectId>,
    /// Where the bytes are.
    pub content_r2_key: String,
    /// What they are.
    pub media_type: String,
    /// How many.
    pub bytes: u64,
    /// Where its pictures come from: the only addresses that the page may load from.
    pub image_origins: Vec<String>,
    /// The options that it was made with, as given.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub options: Map<String, Value>,
    /// Its scripts, as sources of a Content-Security-Policy: none but these run.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scripts: Vec<String>,
    /// What comes with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<Attachment>,
}

/// Something that comes with an edition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Attachment {
    /// The last part of its address.
    pub name: String,
    /// Where the bytes are.
    pub r2_key: String,
    /// What they are.
    pub media_type: String,
    /// How many.
    pub bytes: u64,
}

/// The edition that is shown, and since when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Current {
    /// What is shown.
    pub edition: Edition,
    /// When the first edition was published, epoch milliseconds.
    pub created_at: i64,
    /// When this one was.
    pub updated_at: i64,
    /// Counts editions, from 1.
    pub version: i64,
    /// Counts changes, from 1.
    pub revision: i64,
}

/// What a reader's request needs to know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Served {
    /// What kind of thing.
    pub kind: Kind,
    /// Where the bytes are.
    pub content_r2_key: String,
    /// What they are.
    pub media_type: String,
    /// See [`Edition`].
    pub image_origins: Vec<String>,
    /// See [`Edition`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scripts: Vec<String>,
    /// See [`Edition`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<Attachment>,
}

impl From<Edition> for Served {
    fn from(edition: Edition) -> Self {
        Self {
            kind: edition.kind,
            content_r2_key: edition.content_r2_key,
            media_type: edition.media_type,
            image_origins: edition.image_origins,
            scripts: edition.scripts,
            files: edition.files,
        }
    }
}

/// The reply to [`Message::Publish`], in the contract's spelling.
#[derive(Debug, Clone, Serialize)]
pub struct Published {
    /// The artifact.
    pub artifact_id: ArtifactId,
    /// For `/public/artifact/:slug`.
    pub public_slug: ArtifactId,
    /// The registry id.
    pub kind: Kind,
    /// Said where the link shows nothing: only the key's holder sees it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub public: Option<bool>,
}

/// The row of the `artifacts` table.
#[derive(Debug, Clone, Serialize)]
pub struct Columns {
    id: ArtifactId,
    project_id: Option<ProjectId>,
    kind: Kind,
    title: String,
    content_r2_key: String,
    public_slug: ArtifactId,
    created_at: i64,
    media_type: String,
    bytes: u64,
    updated_at: i64,
    revision: i64,
}

impl Columns {
    /// Makes the row.
    pub fn new(me: &ArtifactId, current: &Current) -> Self {
        let edition = &current.edition;
        Self {
            id: me.clone(),
            project_id: edition.project_ids.first().cloned(),
            kind: edition.kind,
            title: edition.title.clone(),
            content_r2_key: edition.content_r2_key.clone(),
            public_slug: me.clone(),
            created_at: current.created_at,
            media_type: edition.media_type.clone(),
            bytes: edition.bytes,
            updated_at: current.updated_at,
            revision: current.revision,
        }
    }
}

/// The row of the `project_artifacts` table.
#[derive(Debug, Clone, Serialize)]
pub struct ProjectLink {
    /// The project.
    pub project_id: ProjectId,
    /// The artifact.
    pub artifact_id: ArtifactId,
    /// The artifact's.
    pub revision: i64,
}

/// A row of the `artifact_configurations` table.
#[derive(Debug, Clone, Serialize)]
pub struct Configuration<'a> {
    /// The artifact.
    pub artifact_id: &'a ArtifactId,
    /// The option's name.
    pub config_key: &'a str,
    /// What was given, a JSON text; NULL once it's not given any more.
    pub config_value: Option<String>,
    /// The artifact's.
    pub revision: i64,
}
