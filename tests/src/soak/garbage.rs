//! Asks workerd's isolates, over its inspector, to collect their garbage.
//!
//! V8 lets garbage lie while there's memory enough: what a resident size grows by may be that, of our Worker or of the
//! local tools beside it in the same process. What is still there after a collection is held by somebody. Absent: isolates
//! that have nothing to do. They don't answer, and they don't grow either.

use std::collections::BTreeSet;
use std::net::TcpStream;
use std::time::Duration;
use std::{fs, io, thread};

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};
use tungstenite::{Message, WebSocket};

use super::memory::Workerds;
use crate::api::{Body, Caller};

/// How long an isolate may take.
const PATIENCE: Duration = Duration::from_secs(8);
/// The isolate that our Worker runs in, as miniflare names it. It takes one client, and wrangler is that: it's asked through
/// wrangler's own inspector.
const OURS: &str = "core:user:picasso-backend";

/// The inspectors of a stack.
#[derive(Debug)]
pub struct Inspector {
    worker: Isolate,
    others: Vec<Isolate>,
}

#[derive(Debug, Clone)]
struct Isolate {
    id: String,
    url: String,
}

impl Inspector {
    /// Finds them among the ports that the two processes listen on.
    ///
    /// # Errors
    /// When there's no inspector of our Worker, or none of the isolates beside it.
    pub fn of(workerds: Workerds) -> Result<Self> {
        let mut others = isolates(workerds.ours)?;
        others.retain(|one| one.id != OURS);
        let worker = isolates(workerds.proxy)?.into_iter().find(|one| one.url.ends_with("/ws"));
        Ok(Self { worker: worker.context("wrangler shows no inspector")?, others })
    }

    /// Collects in all isolates at once; what our Worker's has on its heap afterwards, in bytes.
    ///
    /// # Errors
    /// When our Worker's doesn't answer in time; what others do is of no importance.
    pub fn collect(&self) -> Result<u64> {
        thread::scope(|scope| {
            for other in &self.others {
                scope.spawn(|| other.collect());
            }
            self.worker.collect()
        })
    }
}

impl Isolate {
    /// Collects; what it still uses, in bytes.
    fn collect(&self) -> Result<u64> {
        let host = self.url.trim_start_matches("ws://").split('/').next().unwrap_or_default();
        let tcp = TcpStream::connect(host)?;
        tcp.set_read_timeout(Some(PATIENCE))?;
        let (mut socket, _) = tungstenite::client(self.url.as_str(), tcp).map_err(io::Error::other)?;
        call(&mut socket, "HeapProfiler.collectGarbage")?;
        let usage = call(&mut socket, "Runtime.getHeapUsage")?;
        // Its answer isn't waited for: an isolate may be busy.
        socket.close(None).ok();
        usage["result"]["usedSize"].as_f64().map(whole).context("no usedSize")
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a number of bytes, in JSON")]
const fn whole(bytes: f64) -> u64 {
    bytes as u64
}

fn call(socket: &mut WebSocket<TcpStream>, method: &str) -> Result<Value> {
    socket.send(Message::text(json!({ "id": 1, "method": method }).to_string()))?;
    loop {
        let Message::Text(text) = socket.read()? else { continue };
        let answer: Value = serde_json::from_str(&text)?;
        if answer["id"] == 1 {
            return Ok(answer);
        }
    }
}

fn isolates(pid: u32) -> Result<Vec<Isolate>> {
    let ports = listening(pid)?;
    let listed = ports.iter().find_map(|port| listed(*port));
    listed.with_context(|| format!("no inspector on any of {ports:?}"))
}

fn listed(port: u16) -> Option<Vec<Isolate>> {
    let inspector = Caller::with_patience(format!("http://127.0.0.1:{port}"), None, PATIENCE);
    let reply = inspector.try_send("GET", "/json", &[], Body::None).ok()?;
    let listed: Value = serde_json::from_slice(&reply.body).ok()?;
    let isolates = listed.as_array()?.iter().filter_map(|one| {
        let text = |field: &str| one[field].as_str().map(str::to_owned);
        Some(Isolate { id: text("id")?, url: text("webSocketDebuggerUrl")? })
    });
    Some(isolates.collect())
}

/// The TCP ports on which a process listens.
fn listening(pid: u32) -> Result<Vec<u16>> {
    let mut sockets = BTreeSet::new();
    for descriptor in fs::read_dir(format!("/proc/{pid}/fd"))? {
        // It may have been closed since.
        let Ok(target) = fs::read_link(descriptor?.path()) else { continue };
        let target = target.to_string_lossy().into_owned();
        sockets.extend(
            target.strip_prefix("socket:[").and_then(|rest| rest.strip_suffix(']')).map(str::to_owned),
        );
    }
    let table = fs::read_to_string(format!("/proc/{pid}/net/tcp"))?;
    let ports: Vec<u16> = table.lines().skip(1).filter_map(|line| listener(line, &sockets)).collect();
    ensure!(!ports.is_empty(), "process {pid} listens on nothing");
    Ok(ports)
}

/// The port of a line of `/proc/…/net/tcp` (`sl local_address rem_address st … inode`), if it's one of `sockets` and listens.
fn listener(line: &str, sockets: &BTreeSet<String>) -> Option<u16> {
    const LISTEN: &str = "0A";
    let mut words = line.split_whitespace();
    let (local, state, inode) = (words.nth(1)?, words.nth(1)?, words.nth(5)?);
    let (_, port) = local.split_once(':')?;
    (state == LISTEN && sockets.contains(inode)).then(|| u16::from_str_radix(port, 16).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listener_is_told_from_a_connection() {
        let sockets = BTreeSet::from(["4711".to_owned()]);
        let line = |state: &str, inode: &str| {
            format!(
                "   0: 0100007F:22C3 00000000:0000 {state} 00000000:00000000 00:00000000 00000000     0        0 {inode} 1 0"
            )
        };
        assert_eq!(listener(&line("0A", "4711"), &sockets), Some(8899));
        assert_eq!(listener(&line("01", "4711"), &sockets), None);
        assert_eq!(listener(&line("0A", "4712"), &sockets), None);
        assert_eq!(listener("  sl  local_address", &sockets), None);
    }
}
