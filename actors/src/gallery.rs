//! A project as an artifact generator sees it: what was made, in order, with what was said about it.

use serde::{Deserialize, Serialize};

use crate::job::judge::Scores;
use crate::provider::Provider;

/// One project's data, as the project actor hands it out for publishing.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
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
    /// Steps back in the tree, oldest first. They have no picture of their own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rollbacks: Vec<Rollback>,
    /// What its calls to providers come to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub calls: Vec<Calls>,
}

/// The calls for one model and one task, those that failed and those whose picture isn't in the project included.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Calls {
    /// Who was asked.
    pub provider: Option<Provider>,
    /// For which model, where that's known.
    pub model: Option<String>,
    /// `generate`, `judge` or `refine`.
    pub task: String,
    /// How many.
    pub calls: u32,
    /// How many of them have no known cost.
    pub unpriced: u32,
    /// What the others cost, in billionths of a dollar; `None` where there are none.
    pub nanousd: Option<u64>,
}

/// A step back: a place in the tree from which work went on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Rollback {
    /// Its id as a progression.
    pub id: String,
    /// The step that was gone back to.
    pub parent_id: Option<String>,
    /// Epoch milliseconds.
    pub created_at: i64,
}

/// One progression that has a delivered picture.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Image {
    /// The progression's id.
    pub id: String,
    /// The parent in the tree, if any.
    pub parent_id: Option<String>,
    /// What the person asked for, before refinement.
    pub prompt: String,
    /// What the provider was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refined_prompt: Option<String>,
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
    /// Each of the judge's scores, 0 to 10.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scores: Option<Scores>,
    /// The job that it came of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job_id: Option<String>,
    /// Its number among the provider's variants.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant_index: Option<u32>,
    /// What was done: `generate`, `edit`, …
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub operation: String,
    /// What was done in place of a call that the provider doesn't have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub emulated: Option<String>,
    /// Whom it was asked of, where another served.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requested_provider: Option<Provider>,
    /// Which tips were applied, as `id@version`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tip_ids: Vec<String>,
    /// The seed, where the model takes one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<u32>,
    /// The picture that it began with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_image_url: Option<String>,
    /// How long the provider took, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider_ms: Option<u64>,
    /// Of the original.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media_type: Option<String>,
    /// Of the original.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
    /// Dominant colours as `#rrggbb`, the most common first; none of pictures from before they were looked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub palette: Vec<String>,
    /// The progression it nearly equals.
    pub near_duplicate_of: Option<String>,
    /// Epoch milliseconds.
    pub created_at: i64,
}

/// Where the bytes of a project's pictures are: for the shell, which loads them. A generator that shows them sees bytes, never
/// a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Original {
    /// The progression's id.
    pub id: String,
    /// The provider's exact bytes in R2.
    pub key: String,
    /// What people see, where that isn't the provider's exact bytes.
    pub picture_key: Option<String>,
    /// Of the bytes under `key`.
    pub media_type: Option<String>,
    /// How many are under `key`.
    pub bytes: Option<u64>,
}
