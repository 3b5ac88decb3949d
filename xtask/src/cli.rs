//! The command line.

use std::{env, path::PathBuf, process::ExitCode};

use anyhow::Result;
use lexopt::{Arg, Parser, ValueExt as _};

use crate::{
    build::{self, Gate},
    demo, dev, harness,
    process::guard,
    progress::Board,
    repo::Repo,
    setup::Tools,
    simulate, test,
};

const HELP: &str = "\
cargo xtask demo  [--port N] [--gallery]       set up, start, run a job, publish a lookbook, stay up; with
                                               --gallery every kind of artifact, and a page that leads to them
cargo xtask dev   [--port N] [--state FOLDER]  set up and start the whole stack on this machine
cargo xtask test  [--native-only | --e2e-only | --traps-only]
                                               set up and run every test
cargo xtask torture [--rounds N] [--seed N]    kill the Worker again and again, and judge what its clients saw
cargo xtask outage [--seconds N]               take D1 away while clients go on, and see it catch up
cargo xtask simulate [--schedules N] [--seed S] run random universes of actors, everything going wrong
cargo xtask simulate --crash-pairs             let a job die twice, at every pair of points
cargo xtask soak  [--minutes N]                half load for long, while the memory of workerd is watched
cargo xtask build                              build the release Worker into build/
cargo xtask setup                              install the pinned tools, nothing else

--port is 8787 unless said; --state is .state/dev. Tools are kept in $PICASSO_HOME or the user's cache folder.";

/// What to do.
#[derive(Debug, PartialEq, Eq)]
enum Command {
    Build,
    Demo { port: u16, gallery: bool },
    Dev(dev::Options),
    Help,
    Outage { seconds: u32 },
    Setup,
    Simulate(simulate::Options),
    Test(test::Parts),
    Soak { minutes: u32 },
    Torture(harness::Torture),
}

/// Runs what the arguments ask for.
pub fn main() -> ExitCode {
    let mut arguments = env::args_os().skip(1).peekable();
    let done = if arguments.next_if(|first| first == guard::SUBCOMMAND).is_some() {
        guard::main(arguments)
    } else {
        parse(Parser::from_args(arguments)).and_then(run)
    };
    match done {
        Ok(code) => code.into(),
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<u8> {
    if command == Command::Help {
        println!("{HELP}");
        return Ok(0);
    }
    let repo = Repo::locate()?;
    match command {
        Command::Build => {
            let board = Board::new();
            build::worker(&repo, &board, Gate::from_environment()).map(|_| 0)
        }
        Command::Demo { port, gallery } => demo::run(&repo, port, gallery),
        Command::Dev(options) => dev::run(&repo, &options),
        Command::Setup => Tools::ensure(&repo, &Board::new()).map(|_| 0),
        Command::Simulate(options) => simulate::run(&repo, &options),
        Command::Test(parts) => test::run(&repo, parts),
        Command::Torture(options) => harness::torture(&repo, &options),
        Command::Outage { seconds } => harness::outage(&repo, seconds),
        Command::Soak { minutes } => harness::soak(&repo, minutes),
        Command::Help => Ok(0),
    }
}

fn parse(mut parser: Parser) -> Result<Command> {
    let name = match parser.next()? {
        Some(Arg::Value(name)) => name.string()?,
        Some(Arg::Long("help") | Arg::Short('h')) | None => return Ok(Command::Help),
        Some(other) => return Err(other.unexpected().into()),
    };
    let (mut port, mut state, mut parts) = (None, None, test::Parts::All);
    let (mut rounds, mut schedules, mut minutes) = (harness::ROUNDS, None, harness::MINUTES);
    let mut gallery = false;
    let (mut seed, mut pairs, mut seconds) = (None, false, harness::SECONDS);
    while let Some(argument) = parser.next()? {
        match (name.as_str(), argument) {
            ("dev" | "demo", Arg::Long("port")) => port = Some(parser.value()?.parse()?),
            ("demo", Arg::Long("gallery")) => gallery = true,
            ("dev", Arg::Long("state")) => state = Some(PathBuf::from(parser.value()?)),
            ("outage", Arg::Long("seconds")) => seconds = parser.value()?.parse()?,
            ("soak", Arg::Long("minutes")) => minutes = parser.value()?.parse()?,
            ("torture", Arg::Long("rounds")) => rounds = parser.value()?.parse()?,
            ("torture", Arg::Long("seed")) => seed = Some(parser.value()?.parse()?),
            ("test", Arg::Long("native-only")) if parts == test::Parts::All => parts = test::Parts::Native,
            ("test", Arg::Long("e2e-only")) if parts == test::Parts::All => parts = test::Parts::EndToEnd,
            ("test", Arg::Long("traps-only")) if parts == test::Parts::All => parts = test::Parts::Traps,
            ("simulate", Arg::Long("schedules")) if !pairs => schedules = Some(parser.value()?.parse()?),
            ("simulate", Arg::Long("seed")) if !pairs => seed = Some(parser.value()?.parse()?),
            ("simulate", Arg::Long("crash-pairs")) if seed.or(schedules).is_none() => pairs = true,
            (_, Arg::Long("help") | Arg::Short('h')) => return Ok(Command::Help),
            (_, other) => return Err(other.unexpected().into()),
        }
    }
    let port = port.unwrap_or(dev::DEFAULT_PORT);
    Ok(match name.as_str() {
        "build" => Command::Build,
        "demo" => Command::Demo { port, gallery },
        "dev" => Command::Dev(dev::Options { port, state }),
        "help" => Command::Help,
        "outage" => Command::Outage { seconds },
        "setup" => Command::Setup,
        "simulate" if pairs => Command::Simulate(simulate::Options::CrashPairs),
        "simulate" => {
            let count = schedules.unwrap_or(simulate::SCHEDULES);
            Command::Simulate(simulate::Options::Schedules { count, seed })
        }
        "soak" => Command::Soak { minutes },
        "test" => Command::Test(parts),
        "torture" => Command::Torture(harness::Torture { rounds, seed }),
        other => anyhow::bail!("there is no `cargo xtask {other}`\n\n{HELP}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Command> {
        parse(Parser::from_args(line.split_whitespace()))
    }

    #[test]
    fn commands_and_their_options() {
        assert_eq!(parsed("").unwrap(), Command::Help);
        assert_eq!(parsed("demo --port 9000").unwrap(), Command::Demo { port: 9000, gallery: false });
        assert_eq!(parsed("demo --gallery").unwrap(), Command::Demo { port: 8787, gallery: true });
        let options = dev::Options { port: 8787, state: Some("x/y".into()) };
        assert_eq!(parsed("dev --state x/y").unwrap(), Command::Dev(options));
        let options = simulate::Options::Schedules { count: 5, seed: Some(7) };
        assert_eq!(parsed("simulate --seed 7 --schedules 5").unwrap(), Command::Simulate(options));
        assert_eq!(parsed("test --e2e-only").unwrap(), Command::Test(test::Parts::EndToEnd));
        assert_eq!(parsed("soak").unwrap(), Command::Soak { minutes: 10 });
        assert_eq!(parsed("outage --seconds 5").unwrap(), Command::Outage { seconds: 5 });
        let options = harness::Torture { rounds: 3, seed: Some(7) };
        assert_eq!(parsed("torture --seed 7 --rounds 3").unwrap(), Command::Torture(options));
    }

    #[test]
    fn mistakes_are_refused() {
        for line in [
            "fly",
            "build --port 1",
            "dev --port x",
            "dev --port 70000",
            "test --e2e-only --native-only",
            "simulate --crash-pairs --seed 1",
        ] {
            assert!(parsed(line).is_err(), "{line}");
        }
    }
}
