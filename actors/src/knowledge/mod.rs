//! The knowledge base: what a tip is, which tips a prompt gets, and what D1 is asked and told about them.
//!
//! D1 holds the truth here, and no actor is involved. Its triggers keep every change (`migrations/0003_knowledge.sql`): changes
//! are numbered, the base's *revision* is the newest one's number, and what stood at a revision never changes. Absent: what
//! becomes of a prompt ([`crate::job::refine`]).

mod query;
mod select;
mod tip;

use serde::{Deserialize, Serialize};

pub use query::{Change, Expected, applied, at, change, list, one, versions};
pub use select::{Advice, select};
pub use tip::{Key, Tip, When, expected, new_tip, tip};

/// A provider's tips as they stood at one moment.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Knowledge {
    /// The base's newest revision then. (For a pinned one, the tips are those of the pin.)
    pub revision: u64,
    /// In the order of their keys.
    pub tips: Vec<Kept>,
}

/// A tip as D1 keeps it: a value that people may have written by hand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// `<provider>/<name>`.
    pub key: String,
    /// Rises with every change of this tip.
    pub version: u64,
    /// A [`Tip`] as JSON, if it's right.
    pub value: String,
}
