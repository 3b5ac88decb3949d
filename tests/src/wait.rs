//! Waiting for something to be so, with a deadline.

use std::thread;
use std::time::{Duration, Instant};

/// How long anything may take. Far more than it does: a busy machine isn't a defect.
pub const LIMIT: Duration = Duration::from_secs(90);

/// Between two looks.
const TICK: Duration = Duration::from_millis(50);

/// Looks until there's something to see.
pub fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let end = deadline();
    loop {
        if let Some(seen) = look() {
            return seen;
        }
        assert!(left(end) > Duration::from_millis(1), "waited {} s in vain: {what}", LIMIT.as_secs());
        thread::sleep(TICK);
    }
}

/// The latest moment for something that begins now.
#[expect(clippy::disallowed_methods, reason = "a native test, not part of the core with its injected time")]
pub fn deadline() -> Instant {
    Instant::now() + LIMIT
}

/// What is left of the time, at least a little, because no time at all means "for ever" to a socket.
#[expect(clippy::disallowed_methods, reason = "as above")]
pub fn left(deadline: Instant) -> Duration {
    deadline.saturating_duration_since(Instant::now()).max(Duration::from_millis(1))
}
