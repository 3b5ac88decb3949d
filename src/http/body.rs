//! Reading a body: counted as it comes, whatever its Content-Length says, and not waited for longer than it may take.

use std::time::Duration;

use futures::{FutureExt, StreamExt};
use picasso_actors::request::{BODY_MAX, body_ms};
use worker::{Delay, Request};

use super::problem::Problem;

/// The whole body, at most [`BODY_MAX`] bytes.
///
/// # Errors
/// 413 as soon as there's one byte more, and 408 when the last one isn't there in [time](body_ms); nothing further is read.
pub async fn read(request: &mut Request) -> Result<Vec<u8>, Problem> {
    read_at_most(request, BODY_MAX).await
}

/// The whole body, at most so many bytes.
///
/// # Errors
/// As [`read`].
pub async fn read_at_most(request: &mut Request, most: usize) -> Result<Vec<u8>, Problem> {
    let ms = body_ms(most);
    futures::select_biased! {
        body = Box::pin(counted(request, most).fuse()) => body,
        () = Delay::from(Duration::from_millis(ms)).fuse() => Err(Problem::too_slow(ms)),
    }
}

async fn counted(request: &mut Request, most: usize) -> Result<Vec<u8>, Problem> {
    let mut body = Vec::new();
    if request.inner().body().is_none() {
        return Ok(body);
    }
    let mut stream = request.stream()?;
    while let Some(chunk) = stream.next().await {
        body.extend(chunk?);
        if body.len() > most {
            return Err(Problem::too_large(most));
        }
    }
    Ok(body)
}
