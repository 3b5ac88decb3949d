//! Every page with the hostile corpus in a real browser, under the policy that it's served with: nothing of it runs, and nothing
//! is asked of anybody but the page and its pictures.
//!
//! ```sh
//! cargo test -p picasso-actors --lib in_a_browser -- --ignored
//! ```

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::{env, thread};

use super::testing::{hostile, material, project, render};
use crate::artifact::generator::{Document, Output};
use crate::artifact::kind::Kind;
use crate::artifact::material::Material;
use crate::artifact::registry::generator;
use crate::gallery::Gallery;

/// What the corpus does here instead of raising a dialog: something that can be seen afterwards.
const DEED: &str = "document.documentElement.dataset.owned=1";
/// A page on which the same does run, so that it's known to be seen.
const CONTROL: &str = "<!doctype html><title>x</title><script>document.documentElement.dataset.owned=1;\
    new Image().src='http://evil.example/x'</script>";

/// A server for one page and its pictures that notes what else is asked of whatever host.
struct Site {
    address: String,
    page: Arc<Mutex<(String, Vec<u8>)>>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Site {
    fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let site = Self { address, page: Arc::default(), asked: Arc::default() };
        let (page, asked) = (Arc::clone(&site.page), Arc::clone(&site.asked));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (page, asked) = (Arc::clone(&page), Arc::clone(&asked));
                thread::spawn(move || answer(stream, &page, &asked));
            }
        });
        site
    }

    /// What the browser makes of it, and what it asked for besides.
    fn visit(&self, policy: String, body: Vec<u8>) -> (String, Vec<String>) {
        *self.page.lock().unwrap() = (policy, body);
        self.asked.lock().unwrap().clear();
        let browser = env::var("PICASSO_BROWSER").unwrap_or_else(|_| "chromium".to_owned());
        let found = Command::new(browser)
            .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"])
            .args(["--disable-component-update", "--virtual-time-budget=3000", "--dump-dom"])
            .arg(format!("--host-resolver-rules=MAP * {}", self.address))
            .arg(format!("http://{}/page", self.address))
            .output()
            .expect("a browser is installed, or PICASSO_BROWSER names one");
        let asked = self.asked.lock().unwrap().clone();
        (String::from_utf8_lossy(&found.stdout).into_owned(), asked)
    }
}

/// One request; `GET /page`, its pictures, and everything else, which is noted with its host.
fn answer(mut stream: TcpStream, page: &Mutex<(String, Vec<u8>)>, asked: &Mutex<Vec<String>>) {
    let lines: Vec<String> = BufReader::new(stream.try_clone().unwrap())
        .lines()
        .map_while(Result::ok)
        .take_while(|line| !line.is_empty())
        .collect();
    let Some(first) = lines.first() else { return };
    let (policy, body) = page.lock().unwrap().clone();
    let served = first.starts_with("GET /page ");
    if !served && !first.starts_with("GET /picture/") {
        let host = lines.iter().find(|line| line.to_ascii_lowercase().starts_with("host:"));
        let host = host.map_or("", String::as_str);
        // What the browser asks its maker, whatever page it shows.
        if !host.ends_with(".google.com") && !host.ends_with(".googleapis.com") {
            asked.lock().unwrap().push(format!("{first} {host}"));
        }
    }
    let (status, body) = if served { ("200 OK", body) } else { ("404 Not Found", Vec::new()) };
    let policy = if policy.is_empty() { policy } else { format!("content-security-policy: {policy}\r\n") };
    let head = format!(
        "HTTP/1.1 {status}\r\ncontent-type: text/html; charset=utf-8\r\n{policy}content-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    // A browser that has gone away has no use for the answer.
    let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&body));
}

/// As the edge serves it.
fn policy(document: &Document) -> String {
    let origins = document.image_origins.join(" ");
    let scripts: Vec<String> = document.scripts.iter().map(|hash| format!("'{hash}'")).collect();
    let (sandbox, scripts) = match scripts.as_slice() {
        [] => ("sandbox allow-popups", String::new()),
        scripts => ("sandbox allow-popups allow-scripts", format!(" script-src {};", scripts.join(" "))),
    };
    format!(
        "{sandbox}; default-src 'none'; img-src {origins} data:;{scripts} style-src 'unsafe-inline'; base-uri 'none'"
    )
}

#[test]
#[ignore = "needs Chromium"]
fn in_a_browser_nothing_hostile_runs_and_nobody_else_is_asked() {
    let site = Site::open();
    let (dom, asked) = site.visit(String::new(), CONTROL.into());
    assert!(
        dom.contains("data-owned") && asked.iter().any(|one| one.contains("evil.example")),
        "{asked:?} {dom}"
    );

    let galleries: Vec<Gallery> = hostile()
        .iter()
        .map(|text| {
            let mut gallery = project(&text.replace("alert(1)", DEED));
            for image in &mut gallery.images {
                image.url = format!("http://{}/picture/{}", site.address, image.id);
            }
            gallery
        })
        .collect();
    for kind in Kind::ALL.into_iter().filter(|kind| generator(*kind).output == Output::Html) {
        let document = render(generator(kind), &Material { title: "\"><script>", ..material(&galleries) });
        // With the policy, and without: it's the last line, not the only one.
        for policy in [policy(&document), String::new()] {
            let (dom, asked) = site.visit(policy, document.body.clone());
            assert!(dom.contains("</html>") && !dom.contains("data-owned"), "{kind:?}: {dom}");
            assert!(asked.is_empty(), "{kind:?}: {asked:?}");
            let lives = document.scripts.is_empty() || dom.contains("--live\"");
            assert!(lives, "{kind:?}: its own script runs");
        }
    }
}
