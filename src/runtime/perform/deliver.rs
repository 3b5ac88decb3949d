//! Bringing a picture to people: to Images, or, where Images doesn't take it, to where the Worker shows it itself.

use std::time::Duration;

use futures::FutureExt;
use picasso_actors::job::delivery::{self, Ask};
use picasso_actors::provider::{Delivery, DeliveryMode, Failure};
use sha2::{Digest, Sha256};
use worker::{Delay, Env};

use crate::bindings::images::Refused;
use crate::bindings::{images, r2};
use crate::ingest::hex;

/// Delivers a copy; the original stays as it is.
///
/// # Errors
/// `NotConfigured` without the binding; what Images said, where the Worker may not show the picture itself; `Storage`.
pub async fn deliver(env: &Env, ask: &Ask) -> Result<Delivery, Failure> {
    let images = images::bound(env)?;
    let original = r2::get(env, &ask.key).await?;
    let copy = ask.copy(&original)?;
    drop(original);
    let hosted = futures::select_biased! {
        hosted = Box::pin(images::host(&images, &ask.image_id, &copy).fuse()) => hosted,
        () = Delay::from(Duration::from_millis(delivery::HOSTING_MS)).fuse() => {
            Err(Refused { is_final: false, failure: delivery::late() })
        }
    };
    match hosted {
        Ok(url) => {
            Ok(Delivery { url, image_id: ask.image_id.clone(), mode: DeliveryMode::Hosted, reason: None })
        }
        Err(refused) => match &ask.address {
            Some(address) if ask.is_kept_here(refused.is_final) => {
                tracing::warn!(
                    step = "deliver",
                    reason = refused.failure.message,
                    "the Worker shows it itself"
                );
                let token = token(&address.secret, &ask.image_id);
                r2::put_shown(env, &delivery::shown_key(&token), &ask.made, copy).await?;
                let url = format!("{}/public/image/{token}", address.origin);
                let reason = Some(refused.failure.message);
                Ok(Delivery { url, image_id: token, mode: DeliveryMode::Transform, reason })
            }
            _ => Err(refused.failure),
        },
    }
}

/// What a picture's address ends with: the same for the same step, and a guess of 128 bits for everybody else.
fn token(secret: &str, image_id: &str) -> String {
    hex(&Sha256::digest(format!("{secret}/{image_id}").as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::token;

    #[test]
    fn an_address_leads_to_one_picture_and_stays() {
        let one = token("s", "i-0");
        assert!(picasso_actors::ingest::source::is_digest(&one));
        assert_eq!(one, token("s", "i-0"));
        assert!(one != token("s", "i-1") && one != token("t", "i-0"));
    }
}
