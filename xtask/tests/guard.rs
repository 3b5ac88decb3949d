//! The guard, run as a program: nothing that it starts outlives whoever started it.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test, and native only")]

use std::{
    io::{BufRead as _, BufReader, Read as _},
    os::unix::process::CommandExt as _,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

/// Longer than the guard's grace of 5 s, far shorter than what the children would run.
const SOON: Duration = Duration::from_secs(20);

fn guarded(script: &str) -> Child {
    Command::new(env!("CARGO_BIN_EXE_xtask"))
        .args(["guard", "sh", "-c", script])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .process_group(0)
        .spawn()
        .unwrap()
}

/// Closes the guard's pipe, as the kernel does when its parent dies, once the child has printed a line; then waits
/// until nobody holds the child's output open any more.
fn orphan(mut guard: Child) -> Duration {
    let mut output = BufReader::new(guard.stdout.take().unwrap());
    let mut line = String::new();
    output.read_line(&mut line).unwrap();
    assert_eq!(line, "up\n");
    let begun = Instant::now();
    drop(guard.stdin.take());
    guard.wait().unwrap();
    output.read_to_end(&mut Vec::new()).unwrap();
    begun.elapsed()
}

#[test]
fn the_exit_code_passes_through() {
    let mut guard = guarded("exit 7");
    let pipe = guard.stdin.take();
    assert_eq!(guard.wait().unwrap().code(), Some(7));
    drop(pipe);
}

#[test]
fn children_and_their_children_end_with_the_parent() {
    assert!(orphan(guarded("sleep 60 & echo up; wait")) < SOON);
}

#[test]
fn a_child_that_ignores_the_request_is_made_to_end() {
    assert!(orphan(guarded("trap '' TERM; sleep 60 & echo up; while :; do wait; done")) < SOON);
}
