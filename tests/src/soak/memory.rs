//! How much memory workerd has, from `/proc`.

use std::collections::BTreeMap;
use std::time::Duration;
use std::{fs, process};

use anyhow::{Context as _, Result, ensure};

/// What a moment's memory is the median of: a few looks.
const WINDOW: Duration = Duration::from_secs(40);
/// How late the last look may be.
const SLACK: Duration = Duration::from_secs(13);

/// What was seen, in order.
#[derive(Debug, Default)]
pub struct Samples(Vec<(Duration, u64)>);

impl Samples {
    /// Adds what was seen `at` after the beginning, in bytes.
    pub fn add(&mut self, at: Duration, bytes: u64) {
        self.0.push((at, bytes));
    }

    /// The median of what was seen in the last moments before `until`; 0 when nothing was.
    pub fn before(&self, until: Duration) -> u64 {
        // A look takes a moment: the one that belongs to the end may come just after it.
        let (from, to) = (until.saturating_sub(WINDOW), until + SLACK);
        let mut seen: Vec<u64> =
            self.0.iter().filter(|(at, _)| (from..to).contains(at)).map(|(_, bytes)| *bytes).collect();
        seen.sort_unstable();
        seen.get(seen.len() / 2).copied().unwrap_or(0)
    }
}

/// The two workerds of a stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Workerds {
    /// The process that runs our Worker, and the local D1, R2 and queue.
    pub ours: u32,
    /// The one that wrangler puts before it, with none of our code: it's shown, not judged.
    pub proxy: u32,
}

/// The resident memory of a process, in bytes.
///
/// # Errors
/// When it's gone.
pub fn resident(pid: u32) -> Result<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let kilobytes: u64 = field(&status, "VmRSS:").and_then(|size| size.parse().ok()).context("no VmRSS")?;
    Ok(kilobytes << 10)
}

/// The two workerds below this process; the proxy is the one that listens on `port`.
///
/// # Errors
/// Where there is no `/proc`; when there aren't two workerds.
pub fn workerds(port: u16) -> Result<Workerds> {
    let mut parents = BTreeMap::new();
    let mut workerds = Vec::new();
    for entry in fs::read_dir("/proc").context("memory can be read on Linux only")? {
        let Ok(pid) = entry?.file_name().to_string_lossy().parse::<u32>() else { continue };
        // It may have ended since.
        let Ok(status) = fs::read_to_string(format!("/proc/{pid}/status")) else { continue };
        let Some(parent) = field(&status, "PPid:").and_then(|parent| parent.parse().ok()) else { continue };
        parents.insert(pid, parent);
        if field(&status, "Name:") == Some("workerd") {
            workerds.push(pid);
        }
    }
    workerds.retain(|pid| is_below(*pid, process::id(), &parents));
    ensure!(workerds.len() == 2, "{} workerds instead of two", workerds.len());
    let (proxy, ours): (Vec<u32>, Vec<u32>) = workerds.into_iter().partition(|pid| listens_on(*pid, port));
    let (ours, proxy) = ours.first().zip(proxy.first()).context("no workerd, or both, listen on our port")?;
    Ok(Workerds { ours: *ours, proxy: *proxy })
}

fn listens_on(pid: u32, port: u16) -> bool {
    let arguments = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let address = format!("entry=127.0.0.1:{port}");
    arguments.split(|byte| *byte == 0).any(|argument| argument.ends_with(address.as_bytes()))
}

fn is_below(mut pid: u32, ancestor: u32, parents: &BTreeMap<u32, u32>) -> bool {
    while let Some(parent) = parents.get(&pid) {
        if *parent == ancestor {
            return true;
        }
        pid = *parent;
    }
    false
}

/// The first word of a line of `/proc/…/status`.
fn field<'a>(status: &'a str, name: &str) -> Option<&'a str> {
    status.lines().find_map(|line| line.strip_prefix(name))?.split_whitespace().next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_median_is_of_its_time_only() {
        let mut samples = Samples::default();
        for (at, bytes) in [(5, 1), (100, 20), (110, 10), (120, 30), (300, 99)] {
            samples.add(Duration::from_secs(at), bytes);
        }
        assert_eq!(samples.before(Duration::from_mins(2)), 20);
        assert_eq!(samples.before(Duration::from_secs(200)), 0);
    }

    #[test]
    fn a_process_is_below_those_who_started_it() {
        let parents = BTreeMap::from([(4, 3), (3, 2), (2, 1), (9, 1)]);
        assert!(is_below(4, 2, &parents));
        assert!(!is_below(9, 2, &parents) && !is_below(2, 2, &parents));
    }

    #[test]
    fn a_status_is_read_by_name() {
        let status = "Name:\tworkerd\nPPid:\t12\nVmRSS:\t  2048 kB\n";
        assert_eq!(field(status, "VmRSS:"), Some("2048"));
        assert_eq!(field(status, "Name:"), Some("workerd"));
        assert_eq!(field(status, "Threads:"), None);
    }
}
