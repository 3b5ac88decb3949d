//! Child processes that can't outlive us.
//!
//! Every child runs under a guard (`process::guard`), which leads a process group of its own and holds the read
//! end of a pipe from us. When we end in any way, SIGKILL included, the pipe closes and the guard ends the whole
//! group. Absent: anything that talks to the children; they get no standard input.

pub mod guard;
pub mod service;

use std::{
    collections::VecDeque,
    env,
    ffi::OsStr,
    io::{BufRead as _, BufReader, Read},
    os::unix::process::CommandExt as _,
    path::PathBuf,
    process::{Command, ExitStatus, Stdio},
    sync::{Arc, Mutex, PoisonError},
    thread,
};

use anyhow::{Context as _, Result, bail};

use crate::progress::Task;

/// Names the xtask program to harnesses that aren't it themselves: the guard is a subcommand of it.
pub const XTASK_VARIABLE: &str = "PICASSO_XTASK";

/// Lines of a failed command that are worth showing: a screenful or two of compiler errors.
const SHOWN_LINES: usize = 160;

/// What a finished command printed.
#[derive(Debug)]
pub struct Output {
    /// Standard output, all of it.
    pub stdout: String,
    /// Both outputs as they came, the last lines of them.
    pub tail: Vec<String>,
    /// How it ended.
    pub status: ExitStatus,
}

/// The last lines of something that may print for ever.
#[derive(Debug, Clone)]
pub struct Tail {
    lines: Arc<Mutex<VecDeque<String>>>,
    limit: usize,
}

/// A command that runs under a guard, without standard input. Add arguments and environment as usual; spawn it
/// with [`run`], [`show`], [`capture`] or [`service::Service`], which keep the guard's pipe open.
///
/// # Errors
/// When our own program can't be found to serve as the guard.
pub fn command(program: impl AsRef<OsStr>) -> Result<Command> {
    let mut command = Command::new(guard_program()?);
    command.arg0("xtask").arg(guard::SUBCOMMAND).arg(program).stdin(Stdio::piped()).process_group(0);
    Ok(command)
}

/// On Linux the program as it runs, not its path: Cargo replaces the file under us when the tests that we start
/// build the whole workspace. Elsewhere the path serves, whichever build is there by then.
fn guard_program() -> Result<PathBuf> {
    if let Some(path) = env::var_os(XTASK_VARIABLE) {
        return Ok(path.into());
    }
    let running = PathBuf::from("/proc/self/exe");
    if running.exists() {
        return Ok(running);
    }
    env::current_exe().context("can't find the running program")
}

/// Runs a command to its end, showing its latest line on `task`, and fails with its last lines when it fails.
///
/// # Errors
/// When it can't be started or ends with anything but 0.
pub fn run(command: &mut Command, task: &Task) -> Result<Output> {
    let output = capture(command, |line| task.now(line.to_owned()))?;
    if output.status.success() {
        return Ok(output);
    }
    bail!("{} failed ({})\n{}", shown(command), output.status, output.tail.join("\n"));
}

/// Runs a command to its end with its output passed through. `watch` is called again and again meanwhile; its
/// error ends the command and is returned.
///
/// # Errors
/// When it can't be started; those of `watch`.
pub fn show(command: &mut Command, mut watch: impl FnMut() -> Result<()>) -> Result<ExitStatus> {
    let mut child = command.spawn().with_context(|| format!("can't start {}", shown(command)))?;
    // Taken out, since waiting would close it, which tells the guard that we are gone.
    let pipe = child.stdin.take();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        if let Err(error) = watch() {
            drop(pipe);
            child.wait()?;
            return Err(error);
        }
    }
}

/// Runs a command to its end and returns what it printed, whatever its status.
///
/// # Errors
/// When it can't be started or waited for.
pub fn capture(command: &mut Command, mut watch: impl FnMut(&str) + Send) -> Result<Output> {
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("can't start {}", shown(command)))?;
    // Dropped at the end of this function: until then the guard sees us alive.
    let _pipe = child.stdin.take();
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let tail = Tail::new(SHOWN_LINES);
    let mut collected = String::new();
    thread::scope(|scope| {
        scope.spawn(|| {
            each_line(stderr, |line| {
                watch(line);
                tail.push(line);
            });
        });
        each_line(stdout, |line| {
            collected.push_str(line);
            collected.push('\n');
            tail.push(line);
        });
    });
    let status = child.wait()?;
    Ok(Output { stdout: collected, tail: tail.lines(), status })
}

/// The command as a person would type it, without the guard.
pub fn shown(command: &Command) -> String {
    let mut words: Vec<_> = command.get_args().map(OsStr::to_string_lossy).collect();
    if words.first().is_some_and(|word| word == guard::SUBCOMMAND) {
        words.remove(0);
    }
    words.join(" ")
}

impl Tail {
    /// Keeps the last `limit` lines.
    pub fn new(limit: usize) -> Self {
        Self { lines: Arc::default(), limit }
    }

    /// Adds a line, forgetting the oldest when full.
    pub fn push(&self, line: &str) {
        // A poisoned lock only means that another reader died between two lines.
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() == self.limit {
            lines.pop_front();
        }
        lines.push_back(line.to_owned());
    }

    /// The kept lines, oldest first.
    pub fn lines(&self) -> Vec<String> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }
}

/// Calls `with` for each line until the stream ends. Bytes that aren't UTF-8 are shown as replacement characters;
/// a line that redraws itself with carriage returns counts as its last state.
pub(crate) fn each_line(stream: Option<impl Read>, mut with: impl FnMut(&str)) {
    let Some(stream) = stream else { return };
    let mut stream = BufReader::new(stream);
    let mut bytes = Vec::new();
    while matches!(stream.read_until(b'\n', &mut bytes), Ok(1..)) {
        let text = String::from_utf8_lossy(&bytes);
        let line = text.trim_end();
        with(line.rsplit('\r').next().unwrap_or(line));
        bytes.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tail_keeps_the_last_lines() {
        let tail = Tail::new(2);
        for line in ["a", "b", "c"] {
            tail.push(line);
        }
        assert_eq!(tail.lines(), ["b", "c"]);
    }

    #[test]
    fn lines_survive_broken_text_and_redrawing() {
        let mut lines = Vec::new();
        each_line(Some(&b"one\r\n10%\r20%\nb\xffd\nlast"[..]), |line| lines.push(line.to_owned()));
        assert_eq!(lines, ["one", "20%", "b\u{fffd}d", "last"]);
    }
}
