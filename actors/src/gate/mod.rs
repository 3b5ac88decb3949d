//! The gate: how often each address may begin work that costs money, and how often try a password. A token bucket for each, in
//! 64 objects.
//!
//! An address is that of the connection as the platform tells it, never a header that a caller can choose; of an IPv6 address
//! the network counts (/64), because whoever has one address there has them all. Buckets that are full again are forgotten,
//! since an unknown address has a full one; a gate keeps so many of them and no more.

pub mod message;
pub mod store;

use std::net::IpAddr;

use crate::json;
use crate::protocol::Reply;
use crate::sql::Fault;
use crate::timers;
use crate::turn::Turn;

pub use message::{Bucket, Message, Verdict};

/// Buckets that one gate keeps; the ones that weren't used for longest go first.
pub const MOST_BUCKETS: u32 = 10_000;
/// Name of the timer that forgets full buckets.
const SWEEP: &str = "buckets";
/// How often it does, in milliseconds.
pub const SWEEP_EVERY_MS: i64 = 10 * 60 * 1000;

/// Takes one message in.
///
/// # Errors
/// [`Fault`] from the storage.
pub fn handle(turn: &Turn<'_>, message: Message) -> Result<Reply, Fault> {
    match message {
        Message::Take { address, bucket } => {
            let (verdict, left) = bucket.take(store::level(turn.sql, &address, bucket, turn.now)?);
            if verdict.allowed {
                store::save(turn.sql, &address, left, turn.now)?;
                timers::start(turn.sql, SWEEP, turn.now + SWEEP_EVERY_MS)?;
            }
            Ok(Reply::Body(json::to_raw(&verdict)?))
        }
    }
}

/// Does what is due.
///
/// # Errors
/// [`Fault`] from the storage.
pub fn wake(turn: &Turn<'_>, due: &[String]) -> Result<(), Fault> {
    if due.iter().any(|timer| timer == SWEEP) && store::sweep(turn.sql, turn.now)? {
        timers::set(turn.sql, SWEEP, turn.now + SWEEP_EVERY_MS)?;
    }
    Ok(())
}

/// What an address counts as: itself, or its network for IPv6. Without one, everybody shares a bucket.
pub fn counted(address: Option<&str>) -> String {
    match address.and_then(|text| text.trim().parse::<IpAddr>().ok()).map(|address| address.to_canonical()) {
        Some(IpAddr::V4(address)) => address.to_string(),
        Some(IpAddr::V6(address)) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
        None => "unknown".to_owned(),
    }
}

/// What an address that tries passwords counts as, apart from its jobs.
pub fn counted_unlocking(address: Option<&str>) -> String {
    format!("unlock {}", counted(address))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_counts_as_itself_or_as_its_network() {
        for (address, expected) in [
            (Some("203.0.113.77"), "203.0.113.77"),
            (Some("::ffff:203.0.113.77"), "203.0.113.77"),
            (Some("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64"),
            (Some("2001:db8:1:2::1"), "2001:db8:1:2::/64"),
            (Some("2001:db8:1:3::1"), "2001:db8:1:3::/64"),
            (Some("not an address"), "unknown"),
            (Some("203.0.113.77, 10.0.0.1"), "unknown"),
            (None, "unknown"),
        ] {
            assert_eq!(counted(address), expected, "{address:?}");
        }
    }
}
