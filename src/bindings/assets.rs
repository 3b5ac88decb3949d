//! The files of `public/`, which are deployed beside the Worker.

use worker::{Error, Fetcher, Result};

/// The bytes of the file at `path`, which begins with a slash.
///
/// # Errors
/// When there's no such file, or the platform fails.
pub async fn read(assets: &Fetcher, path: &str) -> Result<Vec<u8>> {
    // The host means nothing: the binding answers for all.
    let mut answer = assets.fetch(format!("https://assets.invalid{path}"), None).await?;
    match answer.status_code() {
        200 => answer.bytes().await,
        status => Err(Error::RustError(format!("the asset {path} can't be read: {status}"))),
    }
}
