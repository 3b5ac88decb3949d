//! `Idempotency-Key`: a request that is repeated under its key does nothing, and gets the same answer.
//!
//! There is no table of keys. What a request makes has an id that follows from the key, and the actor that makes it keeps
//! its reply under the key with a digest of the request; so a repetition finds its way to the same actor and is answered
//! there, also while the first is still under way. A request that is refused makes nothing, and leaves its key free.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use picasso_actors::address::ActorName;
use picasso_actors::entropy::Entropy;
use picasso_actors::json::Raw;
use picasso_actors::protocol::{Message, Reply, Sender};
use sha2::{Digest, Sha256};
use worker::{Env, Request, Response};

use super::problem::Problem;
use super::reply;
use crate::runtime::mailbox;
use crate::runtime::platform::{ALPHABET, Random};

/// The request's header.
const HEADER: &str = "idempotency-key";
/// The response's header, on a repetition.
const REPLAYED: &str = "idempotency-replayed";
/// Longest key, in characters.
const KEY_MAX: usize = 255;

/// A request that makes something, and what makes it the same request when it comes again.
pub struct Asking(Option<Keyed>);

struct Keyed {
    /// Of the path and the key.
    digest: String,
    /// Of the body's meaning.
    fingerprint: String,
}

impl Keyed {
    fn ask(&self) -> String {
        format!("key:{}", self.digest)
    }
}

/// What an actor made of it.
pub struct Answer {
    /// The body.
    pub body: Raw,
    /// It was made by an earlier request with the same key.
    pub replayed: bool,
}

impl Asking {
    /// Reads the key of a request to `path`, if it has one. The body's spacing and the order of its fields don't matter.
    ///
    /// # Errors
    /// 400 for a key that isn't one.
    pub fn of(request: &Request, body: &[u8]) -> Result<Self, Problem> {
        let Some(key) = request.headers().get(HEADER)? else { return Ok(Self(None)) };
        Self::with_key(&key, &request.path(), body).map(|keyed| Self(Some(keyed)))
    }

    fn with_key(key: &str, path: &str, body: &[u8]) -> Result<Keyed, Problem> {
        if key.is_empty()
            || key.len() > KEY_MAX
            || !key.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ')
        {
            let detail = format!("must be 1 to {KEY_MAX} printable ASCII characters");
            return Err(Problem::field(400, "Idempotency-Key", &detail));
        }
        // Checked before: what isn't JSON doesn't get here. An empty body is one of its own.
        let meaning = serde_json::from_slice::<serde_json::Value>(body).map(|value| value.to_string());
        Ok(Keyed {
            digest: text(&Sha256::new().chain_update(path).chain_update([0]).chain_update(key).finalize()),
            fingerprint: text(&Sha256::digest(meaning.unwrap_or_default())),
        })
    }

    /// For a request with a key: the id under which an actor keeps its reply, and the digest of what was asked.
    pub fn key(&self) -> Option<(String, String)> {
        self.0.as_ref().map(|keyed| (keyed.ask(), keyed.fingerprint.clone()))
    }

    /// Where the ids of what the request makes come from. They must be no secrets: with a key they follow from it.
    pub fn ids(&self) -> Ids<'_> {
        Ids(self.0.as_ref())
    }

    /// Asks an actor, which keeps its reply for a repetition.
    ///
    /// # Errors
    /// The refusal, or what kept the message from being delivered.
    pub async fn ask(&self, env: &Env, to: ActorName, message: Message) -> Result<Answer, Problem> {
        let (id, fingerprint) = match &self.0 {
            Some(keyed) => (keyed.ask(), Some(keyed.fingerprint.clone())),
            None => (Random.id(22), None),
        };
        let reply = mailbox::ask_as(env, to, Sender::Edge { id, fingerprint }, message).await?;
        match reply {
            Reply::Again(first) => Ok(Answer { body: reply::body(*first)?, replayed: true }),
            first => Ok(Answer { body: reply::body(first)?, replayed: false }),
        }
    }
}

impl Answer {
    /// As a response.
    ///
    /// # Errors
    /// When the platform refuses to build it.
    pub fn response(&self, status: u16) -> Result<Response, Problem> {
        let response = reply::json(status, self.body.get())?;
        if self.replayed {
            response.headers().set(REPLAYED, "true")?;
        }
        Ok(response)
    }
}

/// Ids that are new, or follow from a key.
pub struct Ids<'a>(Option<&'a Keyed>);

impl Entropy for Ids<'_> {
    fn id(&mut self, len: usize) -> String {
        let Some(keyed) = self.0 else { return Random.id(len) };
        // 248 is the last multiple of 62 below 256: bytes beyond it would favour the first letters.
        (0_u32..)
            .flat_map(|block| {
                Sha256::new().chain_update(&keyed.digest).chain_update(block.to_le_bytes()).finalize()
            })
            .filter(|byte| *byte < 248)
            .filter_map(|byte| ALPHABET.get(usize::from(byte % 62)))
            .take(len)
            .collect()
    }

    fn below(&mut self, bound: u64) -> u64 {
        Random.below(bound)
    }
}

fn text(digest: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(digest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keyed(key: &str, path: &str, body: &str) -> Keyed {
        Asking::with_key(key, path, body.as_bytes()).map_err(|problem| problem.status()).unwrap()
    }

    #[test]
    fn a_key_counts_together_with_its_path() {
        let one = keyed("k", "/api/projects", "{}").digest;
        assert_eq!(one, keyed("k", "/api/projects", r#"{"name":"x"}"#).digest);
        assert_ne!(one, keyed("k", "/api/progressions/p/rollback", "{}").digest);
        assert_ne!(one, keyed("l", "/api/projects", "{}").digest);
        assert_eq!(one.len(), 43);
    }

    #[test]
    fn a_body_counts_by_what_it_means() {
        let one = keyed("k", "/p", r#"{"a":1,"b":[2]}"#).fingerprint;
        assert_eq!(one, keyed("k", "/p", "{ \"b\": [2],\n \"a\": 1 }").fingerprint);
        assert_ne!(one, keyed("k", "/p", r#"{"a":1,"b":[3]}"#).fingerprint);
        assert_ne!(keyed("k", "/p", "").fingerprint, keyed("k", "/p", "{}").fingerprint);
    }

    #[test]
    fn a_key_that_is_none_is_refused_by_name() {
        for key in ["", &"x".repeat(256), "é", "a\u{7f}"] {
            let problem = Asking::with_key(key, "/p", b"").err().map(|problem| problem.status());
            assert_eq!(problem, Some(400), "{key:?}");
        }
        keyed(&"x".repeat(255), "/p", "");
    }

    #[test]
    fn ids_follow_from_a_key_and_are_spread() {
        let keyed = keyed("k", "/p", "");
        let id = Ids(Some(&keyed)).id(200);
        assert_eq!(id, Ids(Some(&keyed)).id(200));
        assert!(id.len() == 200 && id.bytes().all(|byte| byte.is_ascii_alphanumeric()));
        let different: std::collections::BTreeSet<char> = id.chars().collect();
        assert!(different.len() > 50, "{id}");
        assert_ne!(Ids(None).id(16), Ids(None).id(16));
    }
}
