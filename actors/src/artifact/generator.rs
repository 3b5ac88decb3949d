//! The contract of a generator: what it says of itself, what it's given, what comes out.
//!
//! Data and options in, bytes of the declared type out: no input of its own, no state.

use serde_json::{Value, json};

use crate::artifact::data;
use crate::artifact::kind::Kind;
use crate::artifact::material::{Material, Need};
use crate::artifact::options::{self, Field, Settings};
use crate::request::Invalid;

/// How one kind is made.
#[derive(Debug, Clone, Copy)]
pub struct Generator {
    /// Which.
    pub kind: Kind,
    /// For people: `Lookbook`.
    pub name: &'static str,
    /// What it is, one sentence for people.
    pub about: &'static str,
    /// What comes out.
    pub output: Output,
    /// What it may be told.
    pub options: &'static [&'static Field],
    /// What it takes beside the projects.
    pub needs: &'static [Need],
    /// Who may see it.
    pub audience: Audience,
    /// Makes it.
    pub render: fn(&Material<'_>, &Settings) -> Result<Document, Error>,
}

/// What comes out of a generator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Output {
    /// A page.
    Html,
    /// A document to print.
    Pdf,
    /// Moving pictures.
    Film,
    /// Data.
    Json,
}

/// Who may see what comes out of a generator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    /// Whoever has the link.
    Everyone,
    /// The API key's holder. The link shows nothing.
    KeyHolder,
}

/// One rendering.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Document {
    /// The bytes, of the generator's output type.
    pub body: Vec<u8>,
    /// The only origins that a page may load pictures from.
    pub image_origins: Vec<String>,
    /// The scripts of a page, each as a source of a Content-Security-Policy: `sha256-…`. None but these run.
    pub scripts: Vec<String>,
    /// What comes with it, under the same address.
    pub files: Vec<File>,
}

/// Something beside a document: its data as CSV, for instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// The last part of its address, with its ending.
    pub name: &'static str,
    /// What it is.
    pub media_type: &'static str,
    /// The bytes.
    pub body: Vec<u8>,
}

/// Why there is no document.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The template engine gave up.
    #[error("it could not be rendered: {0}")]
    Template(#[from] askama::Error),
    /// A font isn't there, or isn't one.
    #[error("its fonts can't be used")]
    Font,
    /// A film couldn't be written.
    #[error("the film could not be written: {0}")]
    Film(String),
    /// The options or the projects don't allow it.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// A table isn't one.
    #[error("it could not be tabulated: {0}")]
    Table(#[from] csv::Error),
}

impl Generator {
    /// Reads the options that somebody gave.
    ///
    /// # Errors
    /// [`Invalid`] naming the option.
    pub fn settings(&self, given: serde_json::Map<String, Value>) -> Result<Settings, Invalid> {
        Settings::read(self.options.to_vec(), given)
    }

    /// What `GET /api/artifact-kinds` shows of it.
    pub fn shown(&self) -> Value {
        json!({
            "kind": self.kind, "name": self.name, "about": self.about, "output": self.output.as_str(),
            "mediaType": self.output.media_type(), "public": self.audience == Audience::Everyone, "options": options::schema(self.options),
        })
    }
}

impl Output {
    /// The contract's word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Html => "html",
            Self::Pdf => "pdf",
            Self::Film => "video",
            Self::Json => "json",
        }
    }

    /// The `Content-Type`.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Html => "text/html; charset=utf-8",
            Self::Pdf => "application/pdf",
            Self::Film => "image/gif",
            Self::Json => data::JSON,
        }
    }

    /// The ending of a file's name.
    pub const fn ending(self) -> &'static str {
        match self {
            Self::Film => "gif",
            Self::Html | Self::Pdf | Self::Json => self.as_str(),
        }
    }
}
