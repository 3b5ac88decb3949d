//! The whole product on this machine: workerd through wrangler, and the emulator beside it.
//!
//! Invariants: everything that lasts is inside the state folder, so a stack killed at any moment and started again
//! on the same folder goes on where it was; nothing of a stack outlives this process; stacks with different ports
//! and states don't see each other. Absent: building. [`Programs::prepare`] does that before the first start.

mod database;
pub mod variables;

use std::{
    fmt, fs,
    net::{Ipv4Addr, TcpListener},
    path::{Path, PathBuf},
    process::Command,
    sync::mpsc::{self, Receiver, RecvTimeoutError, Sender},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail};
use signal_hook::{
    consts::{SIGHUP, SIGINT, SIGTERM},
    iterator::Signals,
};

use self::variables::Variables;
use crate::{
    build::{self, GATE_VARIABLE, Gate},
    process::{
        self,
        service::{OnEnd, Service, Watch},
    },
    progress::Board,
    repo::Repo,
    setup::Tools,
    together,
};

/// How long the Worker may take until its first answer. A cold start on a busy machine takes a tenth of it.
const START_LIMIT: Duration = Duration::from_mins(2);

/// Between two looks whether the Worker answers.
const POLL: Duration = Duration::from_millis(100);

/// What a stack is made of, built and ready to start.
#[derive(Debug, Clone)]
pub struct Programs {
    /// wrangler and its Node.
    pub tools: Tools,
    emulator: PathBuf,
    worker: PathBuf,
}

/// How a stack is to run.
#[derive(Debug, Clone)]
pub struct Options {
    /// The port on 127.0.0.1 that the Worker listens on.
    pub port: u16,
    /// The folder for everything that lasts. Made when missing.
    pub state: PathBuf,
    /// The Worker's variables; providers without a key become the emulator.
    pub variables: Variables,
    /// Whether the Worker's log goes to standard output, too.
    pub echo: bool,
}

/// A running stack.
pub struct Stack {
    programs: Programs,
    options: Options,
    emulator: Service,
    emulator_url: String,
    worker: Option<Service>,
    events: Receiver<Event>,
    sender: Sender<Event>,
}

/// Why a wait ended early.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// The service of that name isn't there any more.
    Ended(&'static str),
    /// Somebody wants us to stop.
    Signal,
}

/// The error of whatever was under way when somebody wanted us to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stopped;

impl fmt::Display for Stopped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("stopped")
    }
}

impl std::error::Error for Stopped {}

impl Programs {
    /// Sets up and builds whatever isn't up to date: tools, Worker and emulator side by side, then the database in
    /// `state`.
    ///
    /// # Errors
    /// The first failure; what is still being built then ends with this process.
    pub fn prepare(repo: &Repo, state: &Path, board: &Board) -> Result<Self> {
        let (for_worker, worker_board, state) = (repo.clone(), board.clone(), state.to_owned());
        let (for_emulator, emulator_board) = (repo.clone(), board.clone());
        let (tools, emulator) = together::both(
            move || {
                let tools = build::worker(&for_worker, &worker_board, Gate::Warn)?;
                database::prepare(&for_worker, &tools, &state, &worker_board)?;
                Ok(tools)
            },
            move || {
                emulator_board.watch("build the emulator", |task| {
                    build::program(&for_emulator, "picasso-emulator", "picasso-emulator", task)
                })
            },
        )?;
        Ok(Self { tools, emulator, worker: repo.root().to_owned() })
    }

    /// The same with another Worker: that of the `wrangler.toml` in this folder.
    #[must_use]
    pub fn with_worker(self, folder: PathBuf) -> Self {
        Self { worker: folder, ..self }
    }
}

impl Stack {
    /// Starts the emulator and the Worker and waits until the Worker answers. From here on SIGINT, SIGTERM and
    /// SIGHUP don't end this process; [`Stack::wait`] returns on them.
    ///
    /// # Errors
    /// When the port is in use; with the last lines of a service that ended; when nothing answers for two minutes.
    pub fn start(programs: &Programs, options: Options) -> Result<Self> {
        free(options.port)?;
        fs::create_dir_all(&options.state)
            .with_context(|| format!("can't create {}", options.state.display()))?;
        let options = Options { state: fs::canonicalize(&options.state)?, ..options };
        let (sender, events) = mpsc::channel();
        let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP])?;
        let to_us = sender.clone();
        thread::spawn(move || signals.forever().try_for_each(|_| to_us.send(Event::Signal)));

        let (emulator, emulator_url) = start_emulator(programs, &options, &sender, &events)?;
        let programs = programs.clone();
        let mut stack = Self { programs, options, emulator, emulator_url, worker: None, events, sender };
        stack.start_worker()?;
        Ok(stack)
    }

    /// `http://127.0.0.1:PORT` of the Worker.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.options.port)
    }

    /// The Worker's port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.options.port
    }

    /// The emulator's address, without a path.
    pub fn emulator_url(&self) -> &str {
        &self.emulator_url
    }

    /// The key for `/api`.
    pub fn api_key(&self) -> &str {
        variables::get(&self.options.variables, variables::API_KEY).unwrap_or_default()
    }

    /// The folder for everything that lasts, as an absolute path.
    pub fn state(&self) -> &Path {
        &self.options.state
    }

    /// Ends the Worker at once, as a crash would; the emulator stays.
    pub fn kill_worker(&mut self) {
        if let Some(worker) = self.worker.take() {
            worker.kill();
        }
    }

    /// Starts the Worker on the same state and waits until it answers. Does nothing while it runs.
    ///
    /// # Errors
    /// With its last lines when it ends; when it doesn't answer for two minutes; when a signal wants us to stop.
    pub fn start_worker(&mut self) -> Result<()> {
        if self.worker.is_none() {
            let env_file = self.options.state.join("run.env");
            variables::write(
                &env_file,
                &variables::with_emulator(&self.options.variables, &self.emulator_url),
            )?;
            let mut command = self.programs.tools.wrangler()?;
            command
                .args([
                    "dev",
                    "--local",
                    "--ip",
                    "127.0.0.1",
                    "--show-interactive-dev-session=false",
                    "--port",
                ])
                .arg(self.options.port.to_string())
                .args(["--inspector-port", &free_port()?.to_string(), "--persist-to"])
                .arg(&self.options.state)
                .arg("--env-file")
                .arg(&env_file)
                .env(GATE_VARIABLE, "warn")
                .current_dir(&self.programs.worker);
            keep_inside(&mut command, &self.options.state);
            let log = self.options.state.join("logs/worker.log");
            let watch: Watch =
                if self.options.echo { Box::new(|line| println!("{line}")) } else { Box::new(|_| ()) };
            self.worker = Some(Service::start("worker", command, &log, watch, deaths(&self.sender))?);
        }
        self.answers()
    }

    /// Waits at most `limit` for a signal or the end of a service. A killed Worker's end isn't reported.
    pub fn wait(&mut self, limit: Duration) -> Option<Event> {
        let until = Instant::now() + limit;
        loop {
            match self.events.recv_timeout(until.saturating_duration_since(Instant::now())) {
                Ok(Event::Ended("worker"))
                    if self.worker.as_mut().is_none_or(|worker| worker.ended().is_none()) => {}
                Ok(event) => return Some(event),
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return None,
            }
        }
    }

    /// Waits until somebody wants us to stop.
    ///
    /// # Errors
    /// With the last lines of a service that ends before that.
    pub fn until_stopped(&mut self) -> Result<()> {
        loop {
            match self.wait(Duration::from_hours(1)) {
                Some(Event::Signal) => return Ok(()),
                Some(Event::Ended(name)) => return Err(self.obituary(name)),
                None => {}
            }
        }
    }

    /// Why a service ended, with its last lines.
    pub fn obituary(&mut self, name: &str) -> anyhow::Error {
        let services = [Some(&mut self.emulator), self.worker.as_mut()];
        match services.into_iter().flatten().find(|service| service.name() == name) {
            Some(service) => died(service),
            None => anyhow::anyhow!("the {name} ended"),
        }
    }

    /// Ends everything: asks first, makes it after five seconds.
    pub fn stop(self) {
        let Self { worker, emulator, .. } = self;
        if let Some(worker) = worker {
            worker.stop();
        }
        emulator.stop();
    }

    /// Whether the Worker answers with success, waiting for it.
    fn answers(&mut self) -> Result<()> {
        let (url, key) = (format!("{}/api/projects", self.url()), self.api_key().to_owned());
        let agent =
            ureq::Agent::config_builder().timeout_global(Some(Duration::from_secs(5))).build().new_agent();
        let until = Instant::now() + START_LIMIT;
        let mut last = String::from("no answer");
        while Instant::now() < until {
            match agent.get(&url).header("X-Api-Key", &key).call() {
                Ok(_) => return Ok(()),
                Err(error) => last = error.to_string(),
            }
            match self.wait(POLL) {
                Some(Event::Signal) => bail!(Stopped),
                Some(Event::Ended(name)) => return Err(self.obituary(name)),
                None => {}
            }
        }
        let words = self.worker.as_ref().map(Service::last_words).unwrap_or_default();
        bail!("the Worker isn't ready after {} s ({last})\n{words}", START_LIMIT.as_secs())
    }
}

/// A port on 127.0.0.1 that nobody listens on.
///
/// # Errors
/// When there is none.
pub fn free_port() -> Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

/// Fails in one line when `port` is in use.
///
/// # Errors
/// When it is, or may not be used.
pub fn free(port: u16) -> Result<()> {
    match TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
        Ok(_) => Ok(()),
        Err(error) => bail!("port {port} can't be used ({error}): choose another with --port"),
    }
}

/// Keeps wrangler's own files in the state folder. Its registry of running Workers above all: two stacks on one
/// machine would find each other's objects through a common one, since both go by the same script name.
fn keep_inside(command: &mut Command, state: &Path) {
    let own = state.join("wrangler");
    command
        .env("WRANGLER_REGISTRY_PATH", own.join("registry"))
        .env("CLOUDFLARE_DEV_REGISTRY_PATH", own.join("registry"))
        .env("WRANGLER_CACHE_DIR", own.join("cache"))
        .env("WRANGLER_LOG_PATH", own.join("logs"));
}

fn start_emulator(
    programs: &Programs,
    options: &Options,
    sender: &Sender<Event>,
    events: &Receiver<Event>,
) -> Result<(Service, String)> {
    let (found, address) = mpsc::channel();
    let watch = move |line: &str| {
        if let Some(url) = line.strip_prefix("emulator ready ") {
            // Nobody waits for a second address.
            let _ = found.send(url.trim().to_owned());
        }
    };
    let mut command = process::command(&programs.emulator)?;
    command.args(["--port", "0"]);
    let log = options.state.join("logs/emulator.log");
    let mut service = Service::start("emulator", command, &log, Box::new(watch), deaths(sender))?;
    let until = Instant::now() + START_LIMIT;
    while Instant::now() < until {
        if let Ok(url) = address.recv_timeout(POLL) {
            return Ok((service, url));
        }
        match events.try_recv() {
            Ok(Event::Signal) => bail!(Stopped),
            Ok(Event::Ended(_)) => return Err(died(&mut service)),
            Err(_) => {}
        }
    }
    bail!("the emulator isn't ready after {} s\n{}", START_LIMIT.as_secs(), service.last_words())
}

fn died(service: &mut Service) -> anyhow::Error {
    let how = service.ended().map_or_else(String::new, |status| format!(" ({status})"));
    anyhow::anyhow!("the {} ended{how}; its last lines:\n{}", service.name(), service.last_words())
}

/// Reports a service's end to the stack.
fn deaths(sender: &Sender<Event>) -> OnEnd {
    let sender = sender.clone();
    Box::new(move |name| {
        // Nobody listens any more: the stack is gone.
        let _ = sender.send(Event::Ended(name));
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_busy_port_is_one_line_with_the_way_out() {
        let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = taken.local_addr().unwrap().port();
        let error = free(port).unwrap_err().to_string();
        assert!(
            error.contains(&port.to_string()) && error.contains("--port") && !error.contains('\n'),
            "{error}"
        );
        drop(taken);
    }
}
