//! The emulator as a program: binds, says where, and serves until it's told to stop.

use std::process::ExitCode;

use picasso_emulator::{Emulator, router};
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpListener;

const USAGE: &str = "picasso-emulator [--host 127.0.0.1] [--port 0] [--exit-with-stdin]

Speaks the wire protocols of OpenAI Images, Gemini and Workers AI. Prints `emulator ready http://HOST:PORT`.
  --host HOST         address to listen on (default 127.0.0.1)
  --port PORT         port to listen on (default 0: any free one)
  --exit-with-stdin   stop when standard input closes";

struct Options {
    host: String,
    port: u16,
    exit_with_stdin: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    let options = match options(std::env::args().skip(1)) {
        Ok(Some(options)) => options,
        Ok(None) => {
            println!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        Err(complaint) => {
            eprintln!("picasso-emulator: {complaint}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    match serve(options).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("picasso-emulator: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn serve(options: Options) -> std::io::Result<()> {
    let listener = TcpListener::bind((options.host.as_str(), options.port)).await?;
    let address = listener.local_addr()?;
    // `println!` flushes at the newline when stdout is a terminal only; a parent process reads a pipe.
    let mut out = std::io::stdout();
    std::io::Write::write_all(&mut out, format!("emulator ready http://{address}\n").as_bytes())?;
    std::io::Write::flush(&mut out)?;
    // No graceful drain: a hanging call (a fault on demand) would hold the process for ever.
    tokio::select! {
        served = axum::serve(listener, router(Emulator::default())) => served,
        stopped = signalled() => stopped,
        () = stdin_closed(), if options.exit_with_stdin => Ok(()),
    }
}

#[cfg(unix)]
async fn signalled() -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted,
        _ = terminate.recv() => Ok(()),
    }
}

#[cfg(not(unix))]
async fn signalled() -> std::io::Result<()> {
    tokio::signal::ctrl_c().await
}

async fn stdin_closed() {
    let mut stdin = tokio::io::stdin();
    let mut sink = [0; 256];
    while stdin.read(&mut sink).await.is_ok_and(|read| read > 0) {}
    // The runtime can't cancel a blocked read of stdin, but at its end there's none left.
}

fn options(mut args: impl Iterator<Item = String>) -> Result<Option<Options>, String> {
    let mut options = Options { host: "127.0.0.1".to_owned(), port: 0, exit_with_stdin: false };
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--host" => options.host = args.next().ok_or("--host needs an address")?,
            "--port" => {
                let port = args.next().ok_or("--port needs a number")?;
                options.port = port.parse().map_err(|_| format!("--port: {port} is no port"))?;
            }
            "--exit-with-stdin" => options.exit_with_stdin = true,
            "--help" | "-h" => return Ok(None),
            other => return Err(format!("unknown argument {other}")),
        }
    }
    Ok(Some(options))
}
