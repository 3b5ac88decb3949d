//! What a person sees while something takes long: a spinner for each task on a terminal, a line at each task's
//! start and end elsewhere. Everything goes to stderr.

use std::{
    borrow::Cow,
    io::IsTerminal as _,
    time::{Duration, Instant},
};

use anyhow::Result;
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Several tasks shown at once.
#[derive(Clone)]
pub struct Board {
    bars: MultiProgress,
    live: bool,
}

/// One task on the board.
pub struct Task {
    bar: ProgressBar,
    name: String,
    started: Instant,
    live: bool,
}

impl Board {
    /// An empty board.
    pub fn new() -> Self {
        let live = std::io::stderr().is_terminal();
        let target = if live { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        Self { bars: MultiProgress::with_draw_target(target), live }
    }

    /// Whether stderr is a terminal that can redraw lines.
    pub fn live(&self) -> bool {
        self.live
    }

    /// Adds a task that is running from now on.
    pub fn task(&self, name: impl Into<String>) -> Task {
        let name = name.into();
        let bar = self.bars.add(ProgressBar::new_spinner());
        if let Ok(style) = ProgressStyle::with_template("{spinner} {prefix} {elapsed:>4} {wide_msg:.dim}") {
            bar.set_style(style);
        }
        bar.set_prefix(name.clone());
        if self.live {
            bar.enable_steady_tick(Duration::from_millis(120));
        } else {
            eprintln!("… {name}");
        }
        Task { bar, name, started: Instant::now(), live: self.live }
    }

    /// Runs `work` as a task, marked as done or failed by its result.
    ///
    /// # Errors
    /// Those of `work`.
    pub fn watch<T>(&self, name: impl Into<String>, work: impl FnOnce(&Task) -> Result<T>) -> Result<T> {
        let task = self.task(name);
        match work(&task) {
            Ok(value) => {
                task.done("");
                Ok(value)
            }
            Err(error) => {
                task.failed();
                Err(error)
            }
        }
    }

    /// Adds a bar that the caller styles and fills.
    pub fn bar(&self, bar: ProgressBar) -> ProgressBar {
        self.bars.add(bar)
    }

    /// A line that stays, above the running tasks.
    pub fn line(&self, text: impl AsRef<str>) {
        if self.live {
            // Fails only when stderr is gone, and then there is nobody to tell.
            let _ = self.bars.println(text);
        } else {
            eprintln!("{}", text.as_ref());
        }
    }
}

impl Default for Board {
    fn default() -> Self {
        Self::new()
    }
}

impl Task {
    /// What the task is doing at the moment; shown on terminals only.
    pub fn now(&self, text: impl Into<Cow<'static, str>>) {
        if self.live {
            self.bar.set_message(text);
        }
    }

    /// Ends the task with a line that stays. `outcome` may be empty.
    pub fn done(self, outcome: &str) -> Duration {
        let took = self.started.elapsed();
        self.end('✓', outcome);
        took
    }

    /// Ends the task as failed; the error itself is reported by whoever gets it.
    pub fn failed(self) {
        self.end('✗', "");
    }

    fn end(&self, mark: char, outcome: &str) {
        let gap = if outcome.is_empty() { "" } else { ", " };
        let line = format!("{mark} {} ({}{gap}{outcome})", self.name, seconds(self.started.elapsed()));
        if self.live {
            self.bar.suspend(|| eprintln!("{line}"));
            self.bar.finish_and_clear();
        } else {
            eprintln!("{line}");
        }
    }
}

/// `0.4 s`, `41 s`, `4 min 05 s`.
pub fn seconds(duration: Duration) -> String {
    let whole = duration.as_secs();
    match whole {
        0..10 => format!("{:.1} s", duration.as_secs_f64()),
        10..60 => format!("{whole} s"),
        _ => format!("{} min {:02} s", whole / 60, whole % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_well() {
        assert_eq!(seconds(Duration::from_millis(420)), "0.4 s");
        assert_eq!(seconds(Duration::from_secs(41)), "41 s");
        assert_eq!(seconds(Duration::from_secs(245)), "4 min 05 s");
    }
}
