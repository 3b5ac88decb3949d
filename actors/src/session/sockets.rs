//! Who may listen, and for how long. A listener is a WebSocket or a reader of server-sent events.
//!
//! Nothing here needs memory beyond the object's sleep: what a socket has sent is counted in its attachment, and when it last
//! showed a sign of life is the platform's to say, which answers [`PING`] without waking the object.

use serde::{Deserialize, Serialize};

/// Listeners that a session may have at once.
pub const MOST: usize = 32;
/// Whoever finds no place may come back after so many seconds.
pub const RETRY_AFTER_S: &str = "10";
/// Longest message that a client may send, in bytes: it has nothing to say but a ping.
pub const INBOUND_MAX: usize = 4_096;
/// Messages that a client may send in a minute, those aside that the platform answers by itself.
pub const INBOUND_PER_MINUTE: u32 = 100;
/// A client that sends pings and then none for this long is gone, in milliseconds.
pub const SILENT_MS: i64 = 120_000;
/// How often those that are gone are looked for while events are sent, in milliseconds.
pub const PRUNE_EVERY_MS: i64 = 60_000;
/// How often a reader of server-sent events hears from us, in milliseconds.
pub const KEEP_ALIVE_MS: u32 = 15_000;
/// What a client sends to see whether the stream is alive.
pub const PING: &str = "ping";
/// The answer.
pub const PONG: &str = "pong";

/// How a socket is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Close {
    /// The WebSocket close code.
    pub code: u16,
    /// For a person.
    pub reason: &'static str,
}

impl Close {
    /// It can't be reached any more, or has been silent for too long.
    pub const GONE: Self = Self { code: 1011, reason: "reconnect with ?since=" };
    const TOO_LONG: Self = Self { code: 1009, reason: "send at most 4096 bytes" };
    const TOO_OFTEN: Self = Self { code: 1008, reason: "send at most 100 messages a minute" };
}

/// What a socket has sent in the current minute; kept as its attachment.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inbound {
    /// When the minute began, epoch milliseconds.
    since: i64,
    /// Messages since then.
    count: u32,
}

impl Inbound {
    /// Counts a message of `bytes`; how to close the socket, if that was too much.
    pub fn receive(&mut self, bytes: usize, now: i64) -> Option<Close> {
        if now - self.since >= 60_000 {
            *self = Self { since: now, count: 0 };
        }
        self.count += 1;
        if bytes > INBOUND_MAX {
            Some(Close::TOO_LONG)
        } else if self.count > INBOUND_PER_MINUTE {
            Some(Close::TOO_OFTEN)
        } else {
            None
        }
    }
}

/// Whether one more may listen where `open` do.
pub const fn has_room(open: usize) -> bool {
    open < MOST
}

/// Whether a client is gone that showed its last sign of life at `last_sign`; one that never has needn't.
pub const fn is_gone(last_sign: Option<i64>, now: i64) -> bool {
    match last_sign {
        Some(at) => now - at >= SILENT_MS,
        None => false,
    }
}

/// Whether pages of `origin` may listen: our own, and those in `others`, separated by commas. Whoever sends no origin is no
/// browser.
pub fn allows_origin(origin: Option<&str>, own: &str, others: &str) -> bool {
    origin.is_none_or(|origin| {
        origin == own || (!origin.is_empty() && others.split(',').any(|other| other.trim() == origin))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: i64 = 1_795_348_800_000;

    #[test]
    fn a_message_may_be_so_long_and_no_longer() {
        assert_eq!(Inbound::default().receive(INBOUND_MAX, NOON), None);
        assert_eq!(Inbound::default().receive(INBOUND_MAX + 1, NOON).map(|close| close.code), Some(1009));
    }

    #[test]
    fn a_hundred_messages_a_minute_are_taken_and_the_next_one_is_too_many() {
        let mut inbound = Inbound::default();
        for minute in 0..3 {
            for nth in 0..100 {
                assert_eq!(inbound.receive(1, NOON + minute * 60_000 + nth * 599), None, "{minute} {nth}");
            }
        }
        assert_eq!(inbound.receive(1, NOON + 3 * 60_000 - 1).map(|close| close.code), Some(1008));
    }

    #[test]
    fn what_a_socket_has_sent_outlives_the_objects_sleep() {
        let mut inbound = Inbound::default();
        inbound.receive(1, NOON);
        let text = r#"{"since":1795348800000,"count":1}"#;
        assert_eq!(serde_json::to_string(&inbound).unwrap(), text);
        assert_eq!(serde_json::from_str::<Inbound>(text).unwrap(), inbound);
    }

    #[test]
    fn only_who_has_pinged_and_stopped_is_gone() {
        assert!(!is_gone(None, NOON));
        assert!(!is_gone(Some(NOON - SILENT_MS + 1), NOON));
        assert!(is_gone(Some(NOON - SILENT_MS), NOON));
    }

    #[test]
    fn thirty_two_may_listen() {
        assert!(has_room(MOST - 1) && !has_room(MOST));
    }

    #[test]
    fn pages_of_our_own_origin_and_of_configured_ones_may_listen() {
        let own = "https://picasso.example";
        for (origin, others) in [
            (None, ""),
            (Some(own), ""),
            (Some("https://studio.example"), "https://a.example, https://studio.example"),
        ] {
            assert!(allows_origin(origin, own, others), "{origin:?} {others:?}");
        }
        for (origin, others) in [
            ("https://evil.example", ""),
            ("https://evil.example", "https://studio.example"),
            ("null", ""),
            ("", ","),
            ("", ""),
            ("https://picasso.example.evil.example", own),
            ("http://picasso.example", ""),
            ("https://picasso.example:8443", ""),
        ] {
            assert!(!allows_origin(Some(origin), own, others), "{origin:?} {others:?}");
        }
    }
}
