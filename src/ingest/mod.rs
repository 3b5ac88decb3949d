//! Start images: fetched from elsewhere or uploaded, measured, and kept in R2 under the digest of their bytes.

mod fetch;
mod room;

use picasso_actors::ids::{ProgressionId, ProjectId};
use picasso_actors::ingest::guard::{Denied, Rules, Target};
use picasso_actors::ingest::source::{self, Source};
use picasso_actors::ingest::{self, Input, Rejection};
use picasso_actors::picture::Sniffed;
use picasso_actors::provider::Failure;
use sha2::{Digest, Sha256};
use worker::Env;

use crate::bindings::r2;
use crate::env;

pub use fetch::{Fetched, fetch};
pub use room::Place;

/// Why there is no start image.
#[derive(Debug)]
pub enum Error {
    /// The picture, or where it is, isn't taken.
    Rejected(Rejection),
    /// Too many pictures are under way.
    Busy,
    /// R2 failed.
    Storage(Failure),
}

/// What a caller's start image is.
#[derive(Debug)]
pub enum Resolved {
    /// In R2.
    Input(Input),
    /// A picture of the project's own, which its actor knows.
    Progression(ProgressionId),
}

/// The rules of this environment, for a request to `origin`.
pub fn rules(env: &Env, origin: &str) -> Rules {
    Rules::new(&env::var(env, "INGEST_ALLOW_HOSTS").unwrap_or_default(), origin)
}

/// What becomes of a picture that was fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// It's kept in R2.
    Bytes,
    /// It's measured and let go.
    Nothing,
}

/// Finds or fetches what a caller names as a start image for a job of `project`. Fetching takes at most
/// [`ingest::DEADLINE_MS`].
///
/// # Errors
/// [`Error`].
pub async fn resolve(
    env: &Env,
    project: &ProjectId,
    text: &str,
    rules: &Rules,
    keep: Keep,
) -> Result<Resolved, Error> {
    match source::parse(text, project, rules)? {
        Source::Progression(id) => Ok(Resolved::Progression(id)),
        Source::Upload(sha256) => {
            let found = find(env, project, &sha256).await?;
            found.map(Resolved::Input).ok_or_else(|| ingest::no_upload().into())
        }
        Source::Remote(target) => download(env, project, &target, rules, keep).await.map(Resolved::Input),
    }
}

/// Fetches a picture.
///
/// # Errors
/// [`Error`].
pub async fn download(
    env: &Env,
    project: &ProjectId,
    target: &Target,
    rules: &Rules,
    keep: Keep,
) -> Result<Input, Error> {
    let _place = place().await?;
    let Fetched { bytes, sniffed, .. } = fetch(target, rules).await?;
    match keep {
        Keep::Bytes => store(env, project, bytes, &sniffed).await,
        Keep::Nothing => Ok(described(project, &sniffed, &bytes)),
    }
}

/// A place for a picture that is about to be read, to be held until it's stored.
///
/// # Errors
/// [`Error::Busy`].
pub async fn place() -> Result<Place, Error> {
    room::take().await.ok_or(Error::Busy)
}

/// Keeps a measured picture. The same bytes are the same object.
///
/// # Errors
/// [`Error::Storage`].
pub async fn store(
    env: &Env,
    project: &ProjectId,
    bytes: Vec<u8>,
    sniffed: &Sniffed,
) -> Result<Input, Error> {
    let input = described(project, sniffed, &bytes);
    if let Some(earlier) = find(env, project, &input.sha256).await? {
        return Ok(earlier);
    }
    r2::put_input(env, &input, bytes).await?;
    Ok(input)
}

fn described(project: &ProjectId, sniffed: &Sniffed, bytes: &[u8]) -> Input {
    Input::new(project, hex(&Sha256::digest(bytes)), sniffed, bytes)
}

/// The start image with this digest, if the project has it.
///
/// # Errors
/// [`Error::Storage`].
pub async fn find(env: &Env, project: &ProjectId, sha256: &str) -> Result<Option<Input>, Error> {
    Ok(r2::find_input(env, &ingest::key(project, sha256)).await?)
}

impl From<Rejection> for Error {
    fn from(rejection: Rejection) -> Self {
        Self::Rejected(rejection)
    }
}

impl From<Denied> for Error {
    fn from(denied: Denied) -> Self {
        Self::Rejected(denied.into())
    }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        Self::Storage(failure)
    }
}

/// A digest in hexadecimal digits.
pub fn hex(digest: &[u8]) -> String {
    let digits = digest.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.filter_map(|digit| char::from_digit(u32::from(digit), 16)).collect()
}
