//! `cargo xtask demo --gallery`: after the tour, a project with a story, every kind of artifact made of it, and a page that
//! leads to all of them.

use std::{
    env,
    fmt::Write as _,
    fs,
    path::PathBuf,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};

use super::api::Api;
use crate::{progress::Board, stack::Stack};

/// The scenes of the story; the emulator paints what they name.
const SCENES: [&str; 3] = [
    "a white lighthouse on a green hill, blue sky, a yellow sun",
    "a red sailing boat on a teal sea, three white birds",
    "a black night sky with a white moon over a blue sea",
];
/// What becomes of the second scene's first picture.
const EDIT: &str = "the same boat with a yellow sail at sunset";
const PROVIDERS: [&str; 3] = ["openai", "gemini", "workers"];
/// How long one job may take.
const JOB_LIMIT: Duration = Duration::from_mins(3);
const POLL_MS: u64 = 300;

/// One kind, made.
struct Made {
    name: String,
    about: String,
    output: String,
    address: String,
}

/// Makes it all; the index page.
///
/// # Errors
/// When an answer of the API isn't what the contract says, or a job doesn't end.
pub fn make(stack: &mut Stack, board: &Board, api: &Api, session: &str) -> Result<PathBuf> {
    let project = api.post(
        "/api/projects",
        &json!({ "name": "The lighthouse", "description": "Three scenes for the harbour museum" }),
        "id",
    )?;
    board.line("\na project with a story");
    let mut jobs = Vec::new();
    for scene in SCENES {
        let body = json!({ "prompt": scene, "providers": PROVIDERS, "variants": 1, "sessionId": session });
        jobs.push(run(stack, api, &project, &body)?);
    }
    let boat = jobs.get(1).map(|job| format!("{job}-0")).context("the second scene")?;
    let edit = json!({
        "prompt": EDIT, "providers": ["openai", "gemini"], "variants": 1, "startImageUrl": boat, "sessionId": session,
    });
    run(stack, api, &project, &edit)?;
    api.post(&format!("/api/progressions/{boat}/rollback"), &json!({}), "id")?;

    let kinds = api.get("/api/artifact-kinds")?;
    let mut made = Vec::new();
    for kind in kinds.get("kinds").and_then(Value::as_array).context("no kinds")? {
        let text = |field: &str| kind.get(field).and_then(Value::as_str).unwrap_or_default().to_owned();
        let order = json!({ "kind": text("kind"), "projectIds": [project] });
        let slug = api.post("/api/artifacts", &order, "public_slug")?;
        // A kind that isn't public has nothing at its public address: it's read with the key.
        let is_public = kind.get("public").and_then(Value::as_bool) != Some(false);
        let path = if is_public {
            format!("/public/artifact/{slug}")
        } else {
            format!("/api/artifacts/{slug}/versions/1")
        };
        let address = format!("{}{path}", stack.url());
        board.line(format!("{:<22} {address}", text("kind")));
        let about = if is_public { text("about") } else { text("about") + " Needs X-Api-Key." };
        made.push(Made { name: text("name"), about, output: text("output"), address });
    }
    let index = stack.state().join("gallery.html");
    fs::write(&index, page(&made)).with_context(|| format!("can't write {}", index.display()))?;
    open(&index);
    Ok(index)
}

/// Runs one job to its end; its id.
fn run(stack: &mut Stack, api: &Api, project: &str, body: &Value) -> Result<String> {
    let job = api.post(&format!("/api/projects/{project}/jobs"), body, "jobId")?;
    let until = Instant::now() + JOB_LIMIT;
    let is_open = |job: &Value| job.get("state").and_then(Value::as_str) != Some("complete");
    while is_open(&api.get(&format!("/api/jobs/{job}"))?) {
        if Instant::now() > until {
            bail!("job {job} isn't done after {} s", JOB_LIMIT.as_secs());
        }
        if stack.wait(Duration::from_millis(POLL_MS)).is_some() {
            bail!("stopped before the gallery was complete");
        }
    }
    Ok(job)
}

fn page(made: &[Made]) -> String {
    let mut items = String::new();
    for Made { name, about, output, address } in made {
        let (name, about) = (escaped(name), escaped(about));
        // Writing to a text can't fail.
        let _ =
            writeln!(items, "<li><a href=\"{address}\">{name}</a> <small>{output}</small><br>{about}</li>");
    }
    format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Picasso’s gallery</title>\
         <meta name=\"viewport\" content=\"width=device-width\"><style>body{{font:17px/1.5 Georgia,serif;max-width:44em;\
         margin:8vh auto;padding:0 1.5em}}li{{margin:.9em 0}}small{{color:#777;font-family:sans-serif}}</style>\
         <h1>{} kinds of artifact</h1><ol>\n{items}</ol></html>\n",
        made.len()
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}

/// Shows the page where there's a desktop; where there's none, its path is printed anyway.
fn open(index: &std::path::Path) {
    let program = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    let has_desktop = cfg!(target_os = "macos") || env::var_os("DISPLAY").is_some();
    if has_desktop {
        let _ = Command::new(program).arg(index).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_index_leads_to_everything_and_escapes_what_it_says() {
        let made = |name: &str| Made {
            name: name.to_owned(),
            about: "a & b".to_owned(),
            output: "html".to_owned(),
            address: "http://127.0.0.1:1/public/artifact/x".to_owned(),
        };
        let page = page(&[made("<One>"), made("Two")]);
        assert!(page.contains("&lt;One>") && page.contains("a &amp; b") && page.contains("2 kinds"));
        assert_eq!(page.matches("href=\"http://127.0.0.1:1/public/artifact/x\"").count(), 2);
    }
}
