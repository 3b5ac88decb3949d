//! How many pictures an isolate holds at once: its memory is 128 MB, and each is 10 MiB of bytes before it's as many pixels.
//!
//! A place isn't for ever, because a request that the platform gives up never returns its own, and a sender who dawdles
//! mustn't keep others waiting.

use std::cell::RefCell;
use std::time::Duration;

use worker::Delay;

use crate::runtime::platform::now_ms;

/// Most pictures at once.
const MOST: usize = 3;
/// How long a place counts, in milliseconds.
const LEASE_MS: i64 = 10_000;
/// How long to wait for one, in milliseconds. Longer than a place counts: who gives up has had others before him.
const PATIENCE_MS: i64 = 20_000;
/// Between two looks.
const LOOK: Duration = Duration::from_millis(50);

thread_local! {
    static TAKEN: RefCell<Taken> = const { RefCell::new(Taken { next: 0, places: Vec::new() }) };
}

/// Returned when it's dropped.
#[derive(Debug)]
pub struct Place(u64);

struct Taken {
    next: u64,
    /// Number, and until when it counts.
    places: Vec<(u64, i64)>,
}

/// A place, or none within the time.
pub async fn take() -> Option<Place> {
    let end = now_ms() + PATIENCE_MS;
    loop {
        let now = now_ms();
        let place = TAKEN.with_borrow_mut(|taken| taken.take(now));
        if place.is_some() || now > end {
            return place;
        }
        Delay::from(LOOK).await;
    }
}

impl Taken {
    fn take(&mut self, now: i64) -> Option<Place> {
        self.places.retain(|(_, until)| *until > now);
        (self.places.len() < MOST).then(|| {
            self.next += 1;
            self.places.push((self.next, now + LEASE_MS));
            Place(self.next)
        })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        TAKEN.with_borrow_mut(|taken| taken.places.retain(|(number, _)| *number != self.0));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn take(now: i64) -> Option<Place> {
        TAKEN.with_borrow_mut(|taken| taken.take(now))
    }

    #[test]
    fn a_place_is_free_again_when_it_is_returned_or_kept_too_long() {
        let [first, second, third] = [take(0), take(1), take(2)];
        assert!(first.is_some() && second.is_some() && third.is_some());
        assert!(take(LEASE_MS - 1).is_none());
        drop(second);
        let fourth = take(LEASE_MS - 1);
        assert!(fourth.is_some() && take(LEASE_MS - 1).is_none());
        // The first's time is over; that it's returned late takes nobody else's.
        let fifth = take(LEASE_MS);
        drop(first);
        assert!(fifth.is_some() && take(LEASE_MS).is_none());
    }
}
