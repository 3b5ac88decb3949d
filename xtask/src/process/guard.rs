//! The guard between us and each child: it starts the child in its own process group and ends that group when
//! the pipe on its standard input closes.

use std::{
    ffi::OsString,
    io::Read as _,
    os::unix::process::ExitStatusExt as _,
    process::{Command, ExitStatus, Stdio},
    sync::{Arc, atomic::AtomicBool, mpsc},
    thread,
    time::Duration,
};

use anyhow::{Context as _, Result};
use rustix::process::{Signal, getpgrp, kill_process_group};

/// How a guard is called: `xtask guard PROGRAM ARGUMENTS…`.
pub const SUBCOMMAND: &str = "guard";

/// Between asking a group to end and ending it.
pub const GRACE: Duration = Duration::from_secs(5);

enum Event {
    Ended(std::io::Result<ExitStatus>),
    Orphaned,
}

/// Runs the program until it ends or our parent does; returns the exit code to pass on.
///
/// # Errors
/// When the program can't be started.
pub fn main(mut command: impl Iterator<Item = OsString>) -> Result<u8> {
    let program = command.next().context("guard needs a program")?;
    // Signals to the group must reach the child and leave us here to report how it ended.
    for signal in [signal_hook::consts::SIGTERM, signal_hook::consts::SIGINT, signal_hook::consts::SIGHUP] {
        signal_hook::flag::register(signal, Arc::new(AtomicBool::new(false)))?;
    }
    let mut child = Command::new(&program)
        .args(command)
        .stdin(Stdio::null())
        .spawn()
        .with_context(|| format!("can't start {}", program.to_string_lossy()))?;
    let (events, inbox) = mpsc::channel();
    let pipe = events.clone();
    thread::spawn(move || {
        // Nothing is ever written to the pipe: whatever read returns, it has closed.
        let _ = std::io::stdin().read(&mut [0]);
        let _ = pipe.send(Event::Orphaned);
    });
    thread::spawn(move || {
        let _ = events.send(Event::Ended(child.wait()));
    });
    match inbox.recv()? {
        Event::Ended(status) => Ok(code(status?)),
        Event::Orphaned => {
            let _ = kill_process_group(getpgrp(), Signal::TERM);
            let _ = inbox.recv_timeout(GRACE);
            // What the child started and left behind is still in the group; so are we.
            let _ = kill_process_group(getpgrp(), Signal::KILL);
            Ok(1)
        }
    }
}

/// The shell's convention: 128 and the signal's number for a child that a signal ended.
fn code(status: ExitStatus) -> u8 {
    let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal));
    code.and_then(|code| u8::try_from(code).ok()).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exit_codes_pass_through_and_signals_are_told_apart() {
        assert_eq!(code(ExitStatus::from_raw(0)), 0);
        assert_eq!(code(ExitStatus::from_raw(3 << 8)), 3);
        assert_eq!(code(ExitStatus::from_raw(9)), 137);
    }
}
