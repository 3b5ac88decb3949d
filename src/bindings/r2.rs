//! R2: originals and rendered artifacts. Private: nothing here makes an address.

use std::collections::HashMap;

use picasso_actors::ingest::Input;
use picasso_actors::job::delivery::Made;
use picasso_actors::picture;
use picasso_actors::provider::{Failure, FailureClass, StoredImage};
use sha2::{Digest, Sha256};
use worker::{Env, HttpMetadata, Include};

use crate::env;

/// The custom metadata that holds what is known of a picture, so that a crash right after the put loses nothing.
const STORED: &str = "stored";

/// The custom metadata that says until when a partial picture can be seen, in epoch milliseconds.
const UNTIL: &str = "until";

/// Puts a provider's exact bytes.
///
/// # Errors
/// [`FailureClass::Storage`], or `NotConfigured` without the binding.
pub async fn put_original(env: &Env, image: &StoredImage, bytes: Vec<u8>) -> Result<(), Failure> {
    let known = serde_json::to_string(image).map_err(failed)?;
    put_described(env, &image.key, &image.media_type, known, bytes).await
}

/// What is known of the original under `key`, if it's there.
///
/// # Errors
/// As [`put_original`].
pub async fn find_original(env: &Env, key: &str) -> Result<Option<StoredImage>, Failure> {
    Ok(described(env, key).await?.and_then(|known| serde_json::from_str(&known).ok()))
}

/// Puts a copy that the Worker shows, with how the picture was made.
///
/// # Errors
/// As [`put_original`].
pub async fn put_shown(env: &Env, key: &str, made: &Made, bytes: Vec<u8>) -> Result<(), Failure> {
    let media_type = picture::sniff(&bytes)?.media_type;
    put_described(env, key, media_type, serde_json::to_string(made).map_err(failed)?, bytes).await
}

/// How the picture was made of which `object` is a copy.
pub fn made(object: &worker::Object) -> Option<Made> {
    serde_json::from_str(&object.custom_metadata().ok()?.remove(STORED)?).ok()
}

/// Puts a start image.
///
/// # Errors
/// As [`put_original`].
pub async fn put_input(env: &Env, input: &Input, bytes: Vec<u8>) -> Result<(), Failure> {
    let known = serde_json::to_string(input).map_err(failed)?;
    put_described(env, &input.key, &input.media_type, known, bytes).await
}

/// What is known of the start image under `key`, if it's there.
///
/// # Errors
/// As [`put_original`].
pub async fn find_input(env: &Env, key: &str) -> Result<Option<Input>, Failure> {
    Ok(described(env, key).await?.and_then(|known| serde_json::from_str(&known).ok()))
}

/// The bytes under `key`.
///
/// # Errors
/// As [`put_original`]; [`FailureClass::Storage`] also when there are none.
pub async fn get(env: &Env, key: &str) -> Result<Vec<u8>, Failure> {
    let object = bucket(env)?.get(key).execute().await.map_err(failed)?;
    let body =
        object.as_ref().and_then(worker::Object::body).ok_or_else(|| failed("the object isn't there"))?;
    body.bytes().await.map_err(failed)
}

/// Puts a rendered artifact.
///
/// # Errors
/// As [`put_original`].
pub async fn put_artifact(env: &Env, key: &str, media_type: &str, bytes: Vec<u8>) -> Result<(), Failure> {
    let metadata = HttpMetadata { content_type: Some(media_type.to_owned()), ..HttpMetadata::default() };
    bucket(env)?.put(key, bytes).http_metadata(metadata).execute().await.map_err(failed)?;
    Ok(())
}

/// Puts a partial picture that can be seen until `until` (epoch milliseconds).
///
/// # Errors
/// As [`put_original`].
pub async fn put_partial(
    env: &Env,
    key: &str,
    media_type: &str,
    until: i64,
    bytes: Vec<u8>,
) -> Result<(), Failure> {
    put_with(env, key, media_type, (UNTIL, until.to_string()), bytes).await
}

/// The partial picture under `key`, and until when it can be seen.
///
/// # Errors
/// As [`put_original`].
pub async fn partial(env: &Env, key: &str) -> Result<Option<(worker::Object, i64)>, Failure> {
    let Some(object) = bucket(env)?.get(key).execute().await.map_err(failed)? else { return Ok(None) };
    let until = object.custom_metadata().map_err(failed)?.remove(UNTIL).and_then(|text| text.parse().ok());
    Ok(until.map(|until| (object, until)))
}

/// Deletes objects, at most 1,000, whether or not they are there.
///
/// # Errors
/// As [`put_original`].
pub async fn delete(env: &Env, keys: Vec<String>) -> Result<(), Failure> {
    bucket(env)?.delete_multiple(keys).await.map_err(failed)
}

/// A page of the objects whose keys begin with `prefix`, by key, and where to go on.
///
/// # Errors
/// As [`put_original`].
pub async fn list(
    env: &Env,
    prefix: &str,
    cursor: Option<String>,
) -> Result<(Vec<worker::Object>, Option<String>), Failure> {
    let bucket = bucket(env)?;
    let list = bucket.list().prefix(prefix).include(vec![Include::HttpMetadata]);
    let list = if let Some(cursor) = cursor { list.cursor(cursor) } else { list };
    let page = list.execute().await.map_err(failed)?;
    Ok((page.objects(), page.cursor().filter(|_| page.truncated())))
}

/// The bytes under `key` as they come, with what R2 says of them, if they're there.
///
/// # Errors
/// As [`put_original`].
pub async fn open(env: &Env, key: &str) -> Result<Option<(worker::Object, worker::ByteStream)>, Failure> {
    let Some(object) = bucket(env)?.get(key).execute().await.map_err(failed)? else { return Ok(None) };
    let Some(body) = object.body() else { return Ok(None) };
    let stream = body.stream().map_err(failed)?;
    Ok(Some((object, stream)))
}

/// Puts a picture with what is known of it.
async fn put_described(
    env: &Env,
    key: &str,
    media_type: &str,
    known: String,
    bytes: Vec<u8>,
) -> Result<(), Failure> {
    put_with(env, key, media_type, (STORED, known), bytes).await
}

/// Puts bytes with one entry of metadata.
async fn put_with(
    env: &Env,
    key: &str,
    media_type: &str,
    (name, value): (&str, String),
    bytes: Vec<u8>,
) -> Result<(), Failure> {
    let metadata = HttpMetadata { content_type: Some(media_type.to_owned()), ..HttpMetadata::default() };
    let bucket = bucket(env)?;
    // R2 checks the bytes against it, and keeps it.
    let digest = Sha256::digest(&bytes).to_vec();
    let put = bucket.put(key, bytes).http_metadata(metadata).sha256(digest);
    put.custom_metadata(HashMap::from([(name.to_owned(), value)])).execute().await.map_err(failed)?;
    Ok(())
}

/// What is known of the picture under `key`, as it was put.
async fn described(env: &Env, key: &str) -> Result<Option<String>, Failure> {
    let Some(object) = bucket(env)?.head(key).await.map_err(failed)? else { return Ok(None) };
    Ok(object.custom_metadata().map_err(failed)?.remove(STORED))
}

fn bucket(env: &Env) -> Result<worker::Bucket, Failure> {
    env::bucket(env).map_err(|missing| Failure::new(FailureClass::NotConfigured, missing.to_string()))
}

/// An error of R2.
pub fn failed(error: impl std::fmt::Display) -> Failure {
    Failure::new(FailureClass::Storage, format!("R2: {error}"))
}
