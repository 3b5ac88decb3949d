//! Doing two things at the same time, giving up at the first failure.

use std::{sync::mpsc, thread};

use anyhow::{Result, anyhow};

/// Runs both and returns both results, or the first error at once. What the other half has started by then ends
/// with this process, which the caller is expected to end on an error.
///
/// # Errors
/// The first error of either half.
pub fn both<A: Send + 'static, B: Send + 'static>(
    first: impl FnOnce() -> Result<A> + Send + 'static,
    second: impl FnOnce() -> Result<B> + Send + 'static,
) -> Result<(A, B)> {
    enum Half<A, B> {
        First(Result<A>),
        Second(Result<B>),
    }
    let (sender, results) = mpsc::channel();
    let other = sender.clone();
    thread::spawn(move || sender.send(Half::First(first())));
    thread::spawn(move || other.send(Half::Second(second())));
    let (mut a, mut b) = (None, None);
    for result in results {
        match result {
            Half::First(result) => a = Some(result?),
            Half::Second(result) => b = Some(result?),
        }
    }
    a.zip(b).ok_or_else(|| anyhow!("a thread of xtask broke"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_results_come_back() {
        assert_eq!(both(|| Ok(1), || Ok("b")).unwrap(), (1, "b"));
    }

    #[test]
    fn a_failure_doesnt_wait_for_the_other_half() {
        let (release, gate) = mpsc::channel::<()>();
        let failed = both(|| anyhow::bail!("early") as Result<()>, move || Ok(gate.recv()?));
        assert_eq!(failed.unwrap_err().to_string(), "early");
        drop(release);
    }
}
