//! One look at a published thing, as the queue carries it and `artifact_views` keeps it.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::bots;

/// Longest user agent that is kept, in characters.
const USER_AGENT_CHARS: usize = 256;
/// Longest name of a place.
const PLACE_CHARS: usize = 100;

/// A view. Its id makes writing it twice the same as writing it once; its address is truncated before it's ever stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct View {
    /// Unique.
    pub id: String,
    /// What was looked at.
    pub artifact_id: String,
    /// Epoch milliseconds.
    pub timestamp: i64,
    /// A network, never a machine: /24 or /48.
    pub ip_address: Option<String>,
    /// As Cloudflare tells it.
    pub country: Option<String>,
    /// As Cloudflare tells it.
    pub city: Option<String>,
    /// Cut to size.
    pub user_agent: Option<String>,
    /// A program looked, not a person: see [`bots`]. Views that are on their way since before this was told have none.
    #[serde(default)]
    pub bot: bool,
}

/// The statement that writes any number of views, given as one JSON array; what is there already stays.
pub const INSERT: &str =
    "INSERT INTO artifact_views (id, artifact_id, timestamp, ip_address, country, city, user_agent, bot)
   SELECT json_extract(value, '$.id'), json_extract(value, '$.artifactId'), json_extract(value, '$.timestamp'),
     json_extract(value, '$.ipAddress'), json_extract(value, '$.country'), json_extract(value, '$.city'),
     json_extract(value, '$.userAgent'), COALESCE(json_extract(value, '$.bot'), 0) FROM json_each(?) WHERE true ON CONFLICT (id) DO NOTHING";

/// The statement that keeps a queue message that nobody can handle: id, body, error, attempts, time.
pub const PARK: &str = "INSERT INTO queue_dead (id, body, error, attempts, created_at) VALUES (?, ?, ?, ?, ?)
   ON CONFLICT (id) DO NOTHING";

impl View {
    /// A view with everything cut to what may be kept.
    pub fn new(
        id: String,
        artifact_id: String,
        timestamp: i64,
        ip: Option<&str>,
        place: (Option<String>, Option<String>),
        user_agent: Option<&str>,
    ) -> Self {
        let cut = |text: &str, chars: usize| {
            text.chars().filter(|c| !c.is_control()).take(chars).collect::<String>()
        };
        Self {
            id,
            artifact_id,
            timestamp,
            ip_address: ip.and_then(network),
            country: place.0.map(|text| cut(&text, PLACE_CHARS)),
            city: place.1.map(|text| cut(&text, PLACE_CHARS)),
            user_agent: user_agent.map(|text| cut(text, USER_AGENT_CHARS)),
            bot: bots::is_bot(user_agent),
        }
    }
}

/// The network that an address is in: /24 for IPv4, /48 for IPv6. `None` for what isn't an address.
fn network(address: &str) -> Option<String> {
    match address.trim().parse::<IpAddr>().ok()? {
        IpAddr::V4(address) => {
            let [a, b, c, _] = address.octets();
            Some(format!("{a}.{b}.{c}.0/24"))
        }
        IpAddr::V6(address) => {
            if let Some(mapped) = address.to_ipv4_mapped() {
                return network(&mapped.to_string());
            }
            let [a, b, c, ..] = address.segments();
            Some(format!("{}/48", std::net::Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_becomes_its_network() {
        for (address, expected) in [
            ("203.0.113.77", Some("203.0.113.0/24")),
            ("2001:db8:1:2:3:4:5:6", Some("2001:db8:1::/48")),
            ("::ffff:203.0.113.77", Some("203.0.113.0/24")),
            ("::1", Some("::/48")),
            ("not an address", None),
            ("", None),
        ] {
            assert_eq!(network(address).as_deref(), expected, "{address}");
        }
    }

    #[test]
    fn what_is_kept_is_cut() {
        let view = View::new("v".into(), "a".into(), 1, None, (None, None), Some(&"x\n".repeat(300)));
        assert_eq!(view.user_agent.unwrap().len(), 256);
    }
}
