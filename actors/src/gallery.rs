//! A project as an artifact generator sees it: what was made, in order, with what was said about it.

use serde::{Deserialize, Serialize};

use crate::provider::Provider;

/// One project's data, as the project actor hands it out for publishing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Gallery {
    /// The project's id.
    pub project_id: String,
    /// The project's name, as typed by a person.
    pub name: String,
    /// Empty when none was given.
    pub description: String,
    /// Oldest first. Near-duplicates are included and marked; a generator leaves them out unless asked.
    pub images: Vec<Image>,
}

/// One progression that has a delivered picture.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Image {
    /// The progression's id.
    pub id: String,
    /// The parent in the tree, if any.
    pub parent_id: Option<String>,
    /// What the person asked for, before refinement.
    pub prompt: String,
    /// Who made it.
    pub provider: Option<Provider>,
    /// The provider's model.
    pub model: Option<String>,
    /// The delivery address; the R2 original has none.
    pub url: String,
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// `pass` or `fail`; `None` while undecided.
    pub judgment: Option<String>,
    /// The judge's notes.
    pub notes: Option<String>,
    /// Kebab-case.
    pub tags: Vec<String>,
    /// What to try when the verdict is `fail`.
    pub retry_suggestion: Option<String>,
    /// The progression it nearly equals.
    pub near_duplicate_of: Option<String>,
    /// Epoch milliseconds.
    pub created_at: i64,
}
