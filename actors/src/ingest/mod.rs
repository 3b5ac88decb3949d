//! How a picture from outside becomes a start image: what a caller may name ([`source`]) or send ([`upload`]), which
//! addresses may be asked ([`guard`]), what an answer means ([`hop`]), and which bytes are taken.
//!
//! Nothing is decided after the bytes: a picture is stored under the digest of its bytes, so the same picture is the same
//! object however often and from wherever it comes. Asking, reading and storing are the shell's.

pub mod guard;
pub mod hop;
pub mod source;
pub mod upload;

use serde::{Deserialize, Serialize};

use crate::ids::ProjectId;
use crate::operation::Size;
use crate::picture::{self, Sniffed};

/// Most bytes of a picture, counted as they come.
pub const BYTES_MAX: usize = 10 * 1024 * 1024;
/// How long fetching a picture may take, every redirect and the last byte included, in milliseconds.
pub const DEADLINE_MS: u64 = 10_000;
/// The only header that another server learns about what is wanted.
pub const ACCEPT: &str = "image/png, image/jpeg, image/webp, image/gif";
/// What we call ourselves.
pub const USER_AGENT: &str = "Picasso";

/// A start image in R2: whole, measured, and private like every original.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Input {
    /// Its R2 key. In no reply.
    pub key: String,
    /// From the magic bytes.
    pub media_type: String,
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// Its size.
    pub bytes: u64,
    /// Of its bytes: 64 hexadecimal digits in lower case. Also the upload's id. Empty for a picture of the project's own, which
    /// nobody has uploaded.
    pub sha256: String,
}

/// An [`Input`] as its uploader sees it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Shown<'a> {
    upload_id: &'a str,
    url: String,
    media_type: &'a str,
    width: u32,
    height: u32,
    bytes: u64,
    sha256: &'a str,
}

/// Why a picture isn't taken. The text is for its caller: it says nothing that another server said.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// Nobody may be asked for it.
    #[error(transparent)]
    Refused(#[from] guard::Denied),
    /// It can't be had.
    #[error("{0}")]
    Unreachable(String),
    /// It can be had, but isn't a picture that we take.
    #[error("{0}")]
    Unacceptable(String),
}

impl Input {
    /// What is known of these bytes, once they're measured.
    pub fn new(project: &ProjectId, sha256: String, sniffed: &Sniffed, bytes: &[u8]) -> Self {
        Self {
            key: key(project, &sha256),
            media_type: sniffed.media_type.to_owned(),
            width: sniffed.width,
            height: sniffed.height,
            bytes: bytes.len() as u64,
            sha256,
        }
    }

    /// Width and height.
    pub const fn size(&self) -> Size {
        Size { width: self.width, height: self.height }
    }

    /// For the uploader, whose address of us is `origin`: without the key.
    pub fn shown(&self, origin: &str, project: &ProjectId) -> Shown<'_> {
        Shown {
            upload_id: &self.sha256,
            url: format!("{origin}{}", source::path(project, &self.sha256)),
            media_type: &self.media_type,
            width: self.width,
            height: self.height,
            bytes: self.bytes,
            sha256: &self.sha256,
        }
    }
}

/// Where a project keeps a start image.
pub fn key(project: &ProjectId, sha256: &str) -> String {
    format!("project/{project}/inputs/{sha256}")
}

/// Measures a picture, all of it. What its sender declared must be true; nothing declared, or "some bytes", is fine.
///
/// # Errors
/// [`Rejection::Unacceptable`].
pub fn inspect(bytes: &[u8], declared: Option<&str>) -> Result<Sniffed, Rejection> {
    picture::check(bytes, declared).map_err(|failure| Rejection::Unacceptable(failure.message))
}

/// The upload that was named isn't there.
pub fn no_upload() -> Rejection {
    Rejection::Unreachable("the project has no such upload".to_owned())
}

/// More bytes than [`BYTES_MAX`].
pub fn too_large() -> Rejection {
    Rejection::Unacceptable(format!("the picture has more than {BYTES_MAX} bytes"))
}

#[cfg(test)]
mod tests;
