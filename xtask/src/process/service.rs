//! A child that runs until it is stopped, its output kept in a file.

use std::{
    fs::{self, File},
    io::Write as _,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{self, Receiver},
    },
    thread,
    time::Duration,
};

use anyhow::{Context as _, Result};
use rustix::process::{Pid, Signal, kill_process_group};

use super::{Tail, each_line, guard::GRACE, shown};

/// Lines of a dead service that are shown with the report of its death.
const LAST_WORDS: usize = 30;

/// What a service's lines go through beside its log file.
pub type Watch = Box<dyn FnMut(&str) + Send>;

/// What a service's end is told to.
pub type OnEnd = Box<dyn FnOnce(&'static str) + Send>;

/// A running service.
pub struct Service {
    name: &'static str,
    group: Pid,
    tail: Tail,
    log: PathBuf,
    ended: Receiver<ExitStatus>,
    status: Option<ExitStatus>,
    /// Open for as long as the guard should see us alive.
    _pipe: Option<std::process::ChildStdin>,
}

impl Service {
    /// Starts `command` (made by [`super::command`]), logging to `log`, which is begun anew. `watch` sees each line
    /// of either output. `on_end` is called once, with the service's name, when it has ended for whatever reason.
    ///
    /// # Errors
    /// When the log can't be written or the command can't be started.
    pub fn start(
        name: &'static str,
        mut command: Command,
        log: &Path,
        watch: Watch,
        on_end: OnEnd,
    ) -> Result<Self> {
        if let Some(folder) = log.parent() {
            fs::create_dir_all(folder)?;
        }
        let file = File::create(log).with_context(|| format!("can't write {}", log.display()))?;
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .with_context(|| format!("can't start {}", shown(&command)))?;
        let group = Pid::from_child(&child);
        let pipe = child.stdin.take();
        let tail = Tail::new(LAST_WORDS);
        let ended = follow(name, child, file, tail.clone(), watch, on_end);
        Ok(Self { name, group, tail, log: log.to_owned(), ended, status: None, _pipe: pipe })
    }

    /// Its name, as reports call it.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// How it ended; none while it runs.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        if self.status.is_none() {
            self.status = self.ended.try_recv().ok();
        }
        self.status
    }

    /// Its last lines and where all of them are.
    pub fn last_words(&self) -> String {
        format!("{}\n(all of it: {})", self.tail.lines().join("\n"), self.log.display())
    }

    /// Asks the whole group to end and makes it when it doesn't. Dropping does the same.
    pub fn stop(self) {
        drop(self);
    }

    /// Ends the whole group at once, as a crash would.
    pub fn kill(mut self) {
        self.signal(Signal::KILL);
        self.wait(GRACE);
    }

    /// Waits until it ended, at most `limit`.
    fn wait(&mut self, limit: Duration) {
        if self.status.is_none() {
            self.status = self.ended.recv_timeout(limit).ok();
        }
    }

    fn signal(&self, signal: Signal) {
        // Fails only when nobody is left in the group, which is what it is for.
        let _ = kill_process_group(self.group, signal);
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        if self.ended().is_none() {
            self.signal(Signal::TERM);
            self.wait(GRACE);
        }
        // Also what it left behind in its group when it ended.
        self.signal(Signal::KILL);
        self.wait(GRACE);
    }
}

/// Reads both outputs and waits, on threads of their own; the receiver gets the status once all of it is read.
fn follow(
    name: &'static str,
    mut child: Child,
    file: File,
    tail: Tail,
    watch: Watch,
    on_end: OnEnd,
) -> Receiver<ExitStatus> {
    let (sender, ended) = mpsc::channel();
    let sink = Arc::new(Mutex::new((file, watch)));
    let take = move |line: &str| {
        let mut sink = sink.lock().unwrap_or_else(PoisonError::into_inner);
        // A full disk must not stop the service; its lines are still watched.
        let _ = writeln!(sink.0, "{line}");
        (sink.1)(line);
        tail.push(line);
    };
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let for_stderr = take.clone();
    let stderr = thread::spawn(move || each_line(stderr, for_stderr));
    let stdout = thread::spawn(move || each_line(stdout, take));
    thread::spawn(move || {
        let status = child.wait();
        // What the child left behind in its group may hold the outputs open: give the last lines a moment only.
        let (done, all_read) = mpsc::channel();
        thread::spawn(move || {
            let _ = (stdout.join(), stderr.join());
            let _ = done.send(());
        });
        let _ = all_read.recv_timeout(Duration::from_millis(500));
        if let Ok(status) = status {
            let _ = sender.send(status);
        }
        on_end(name);
    });
    ended
}
