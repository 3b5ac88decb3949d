//! The API key. Compared in constant time by its digest, so that neither its bytes nor its length can be timed. Several keys,
//! separated by commas, can be valid at once, for changing them. No configured key means that everything is refused.

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use worker::{Env, Request};

use super::problem::Problem;
use crate::env;

/// Checks `X-Api-Key`.
///
/// # Errors
/// 401.
pub fn check(request: &Request, env: &Env) -> Result<(), Problem> {
    let configured = env::var(env, "API_KEY").unwrap_or_default();
    let given = request.headers().get("x-api-key").ok().flatten().unwrap_or_default();
    if matches(&configured, &given) {
        Ok(())
    } else if configured.trim().is_empty() {
        Err(Problem::unauthorized("no API_KEY is configured, so every request is refused"))
    } else if given.is_empty() {
        Err(Problem::unauthorized("send the API key as X-Api-Key"))
    } else {
        Err(Problem::unauthorized("the API key is wrong"))
    }
}

fn matches(configured: &str, given: &str) -> bool {
    let given_digest = Sha256::digest(given.as_bytes());
    // Every key is compared, whichever matches.
    let any = configured
        .split(',')
        .map(str::trim)
        .filter(|key| !key.is_empty())
        .fold(0_u8, |any, key| any | Sha256::digest(key.as_bytes()).ct_eq(&given_digest).unwrap_u8());
    any == 1 && !given.is_empty()
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn one_of_the_configured_keys_is_needed() {
        assert!(matches("abc", "abc"));
        assert!(matches("old, new", "new"));
        for (configured, given) in
            [("", ""), ("", "abc"), (" , ", ""), ("abc", ""), ("abc", "ab"), ("abc", "abcd"), ("a,b", "a,b")]
        {
            assert!(!matches(configured, given), "{configured:?} {given:?}");
        }
    }
}
