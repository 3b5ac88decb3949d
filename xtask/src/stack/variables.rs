//! The Worker's variables on this machine: `.dev.vars` and what the emulator adds to it.

use std::{
    fmt::Write as _,
    fs::{self, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
};

use anyhow::{Context as _, Result};

use crate::digest::hex;

/// Names and values, in order.
pub type Variables = Vec<(String, String)>;

/// The variable with the key that every `/api` request needs.
pub const API_KEY: &str = "API_KEY";

/// The variable with private origins that pictures may be fetched from.
const INGEST_ALLOW_HOSTS: &str = "INGEST_ALLOW_HOSTS";

/// Bytes of randomness in a key that we make.
const KEY_BYTES: usize = 32;

/// One provider: the variables that make it the real one, and what they are on the emulator. The last pair is the
/// base URL's name and path.
struct Provider {
    keys: &'static [&'static str],
    base: (&'static str, &'static str),
}

const PROVIDERS: [Provider; 3] = [
    Provider { keys: &["OPENAI_API_KEY"], base: ("OPENAI_BASE_URL", "/openai/v1") },
    Provider { keys: &["GEMINI_API_KEY"], base: ("GEMINI_BASE_URL", "/gemini/v1beta") },
    Provider {
        keys: &["WORKERS_AI_ACCOUNT_ID", "WORKERS_AI_API_TOKEN"],
        base: ("WORKERS_AI_BASE_URL", "/cloudflare/client/v4"),
    },
];

/// The value of every key on the emulator.
const EMULATOR_KEY: &str = "emulator";

const NEW_FILE: &str = "\
# The Worker's secrets on this machine. Made once by `cargo xtask dev`, never overwritten, ignored by git.
# What every /api request sends as X-Api-Key:
API_KEY={key}

# A provider without its key here is the emulator. A key, and nothing else, makes it the real service, which costs
# money. The base URLs and models are for those who need others than the defaults.
#OPENAI_API_KEY=
#OPENAI_BASE_URL=
#OPENAI_IMAGE_MODEL=

#GEMINI_API_KEY=
#GEMINI_BASE_URL=
#GEMINI_IMAGE_MODEL=

# Workers AI over REST needs both the account and the token. They serve the judge, too.
#WORKERS_AI_ACCOUNT_ID=
#WORKERS_AI_API_TOKEN=
#WORKERS_AI_BASE_URL=
#WORKERS_AI_IMAGE_MODEL=

# Private origins that pictures may be fetched from: host:port, several with commas.
#INGEST_ALLOW_HOSTS=
";

/// Reads `.dev.vars`, making it with a random API key when it isn't there. Returns whether it was made.
///
/// # Errors
/// When it can't be read or written, or has no `API_KEY`.
pub fn read_or_make(path: &Path) -> Result<(Variables, bool)> {
    let made = make(path)?;
    let text = fs::read_to_string(path).with_context(|| format!("can't read {}", path.display()))?;
    let variables = parse(&text);
    get(&variables, API_KEY)
        .with_context(|| format!("{} has no API_KEY: the Worker would refuse everything", path.display()))?;
    Ok((variables, made))
}

/// Variables for a stack that must never reach a real provider or know a developer's secrets: an own API key, no
/// other.
///
/// # Errors
/// When the system has no randomness.
pub fn throwaway() -> Result<Variables> {
    Ok(vec![(API_KEY.to_owned(), random_key()?)])
}

/// `variables` without anything but the API key: a stack that a person can call and that costs nothing.
pub fn only_api_key(variables: &Variables) -> Variables {
    variables.iter().filter(|(name, _)| name == API_KEY).cloned().collect()
}

/// A variable's value; none when it is missing or empty.
pub fn get<'a>(variables: &'a Variables, name: &str) -> Option<&'a str> {
    variables
        .iter()
        .rev()
        .find(|(key, _)| key == name)
        .map(|(_, value)| value.as_str())
        .filter(|value| !value.is_empty())
}

/// What the Worker gets: `variables`, for every provider without its keys the emulator's, and the emulator as one more origin
/// of pictures.
pub fn with_emulator(variables: &Variables, emulator: &str) -> Variables {
    let mut all = variables.clone();
    for provider in PROVIDERS {
        if provider.keys.iter().all(|key| get(variables, key).is_some()) {
            continue;
        }
        let (name, path) = provider.base;
        let keys = provider.keys.iter().map(|key| ((*key).to_owned(), EMULATOR_KEY.to_owned()));
        all.retain(|(key, _)| key != name && !provider.keys.contains(&key.as_str()));
        all.push((name.to_owned(), format!("{emulator}{path}")));
        all.extend(keys);
    }
    let host = emulator.trim_start_matches("http://").to_owned();
    let hosts = get(variables, INGEST_ALLOW_HOSTS).map_or(host.clone(), |mine| format!("{mine},{host}"));
    all.retain(|(name, _)| name != INGEST_ALLOW_HOSTS);
    all.push((INGEST_ALLOW_HOSTS.to_owned(), hosts));
    all
}

/// The providers that would really be called, by the variable that decides it.
pub fn real_providers(variables: &Variables) -> Vec<&'static str> {
    let real = |provider: &&Provider| provider.keys.iter().all(|key| get(variables, key).is_some());
    PROVIDERS.iter().filter(real).filter_map(|provider| provider.keys.first().copied()).collect()
}

/// Writes an env file for wrangler that only its owner can read.
///
/// # Errors
/// When it can't be written.
pub fn write(path: &Path, variables: &Variables) -> Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
        _ => {}
    }
    create_private(path)?.write_all(render(variables).as_bytes())?;
    Ok(())
}

fn make(path: &Path) -> Result<bool> {
    match create_private(path) {
        Ok(mut file) => {
            file.write_all(NEW_FILE.replace("{key}", &random_key()?).as_bytes())?;
            Ok(true)
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(error).with_context(|| format!("can't write {}", path.display())),
    }
}

fn create_private(path: &Path) -> io::Result<fs::File> {
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

fn random_key() -> Result<String> {
    let mut bytes = [0; KEY_BYTES];
    getrandom::fill(&mut bytes).context("the system has no randomness")?;
    Ok(hex(&bytes))
}

/// Reads the format of `.dev.vars` as wrangler's parser does, but for values over several lines.
fn parse(text: &str) -> Variables {
    text.lines().filter_map(|line| line_of(line.trim())).collect()
}

fn line_of(line: &str) -> Option<(String, String)> {
    let line = line.strip_prefix("export ").unwrap_or(line);
    let (name, value) = line.split_once('=')?;
    let (name, value) = (name.trim(), value.trim());
    let named = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "_.-".contains(c));
    named.then(|| (name.to_owned(), unquoted(value)))
}

fn unquoted(value: &str) -> String {
    for quote in ['\'', '"', '`'] {
        if let Some((inner, _)) = value.strip_prefix(quote).and_then(|rest| rest.rsplit_once(quote)) {
            return if quote == '"' {
                inner.replace("\\n", "\n").replace("\\r", "\r")
            } else {
                inner.to_owned()
            };
        }
    }
    // Unquoted: a comment may follow.
    value.split_once('#').map_or(value, |(before, _)| before).trim_end().to_owned()
}

/// wrangler expands `$NAME` in env files, which it doesn't in `.dev.vars`: a dollar sign is escaped.
fn render(variables: &Variables) -> String {
    variables.iter().fold(String::new(), |mut text, (name, value)| {
        let quote = ['\'', '"', '`'].into_iter().find(|quote| !value.contains(*quote)).unwrap_or('\'');
        // Writing to a String can't fail.
        let _ = writeln!(text, "{name}={quote}{}{quote}", value.replace('$', "\\$"));
        text
    })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    const EMULATOR: &str = "http://127.0.0.1:4000";

    fn variables(pairs: &[(&str, &str)]) -> Variables {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn without_keys_every_provider_is_the_emulator() {
        let all = with_emulator(&variables(&[("API_KEY", "k")]), EMULATOR);
        for (name, value) in [
            ("API_KEY", "k"),
            ("OPENAI_BASE_URL", "http://127.0.0.1:4000/openai/v1"),
            ("OPENAI_API_KEY", "emulator"),
            ("GEMINI_BASE_URL", "http://127.0.0.1:4000/gemini/v1beta"),
            ("GEMINI_API_KEY", "emulator"),
            ("WORKERS_AI_BASE_URL", "http://127.0.0.1:4000/cloudflare/client/v4"),
            ("WORKERS_AI_ACCOUNT_ID", "emulator"),
            ("WORKERS_AI_API_TOKEN", "emulator"),
            ("INGEST_ALLOW_HOSTS", "127.0.0.1:4000"),
        ] {
            assert_eq!(get(&all, name), Some(value), "{name}");
        }
        assert!(real_providers(&all[..1].to_vec()).is_empty());
    }

    #[test]
    fn a_real_key_and_nothing_else_makes_a_provider_real() {
        let mine = variables(&[("OPENAI_API_KEY", "sk-1"), ("GEMINI_API_KEY", "")]);
        let all = with_emulator(&mine, EMULATOR);
        assert_eq!(get(&all, "OPENAI_API_KEY"), Some("sk-1"));
        assert_eq!(get(&all, "OPENAI_BASE_URL"), None);
        assert_eq!(get(&all, "GEMINI_API_KEY"), Some("emulator"));
        assert_eq!(real_providers(&mine), ["OPENAI_API_KEY"]);
    }

    #[test]
    fn the_emulator_is_one_more_origin_of_pictures() {
        let all = with_emulator(&variables(&[("INGEST_ALLOW_HOSTS", "nas.lan:443")]), EMULATOR);
        assert_eq!(get(&all, "INGEST_ALLOW_HOSTS"), Some("nas.lan:443,127.0.0.1:4000"));
    }

    #[test]
    fn half_of_workers_ai_is_not_enough_and_isnt_sent_to_the_emulator() {
        let all = with_emulator(&variables(&[("WORKERS_AI_API_TOKEN", "secret")]), EMULATOR);
        assert_eq!(get(&all, "WORKERS_AI_API_TOKEN"), Some("emulator"));
        assert!(all.iter().all(|(_, value)| value != "secret"));
    }

    #[test]
    fn the_format_of_dev_vars_is_read() {
        let text = "# c\nA=1 # one\n export B = \"x\\ny\" # c\nC='a#b'\nbroken\nD=\nE=a=b$c\n2 3=4\n";
        let read = variables(&[("A", "1"), ("B", "x\ny"), ("C", "a#b"), ("D", ""), ("E", "a=b$c")]);
        assert_eq!(parse(text), read);
        assert_eq!(get(&read, "D"), None);
    }

    #[test]
    fn what_is_written_keeps_every_value() {
        let text = render(&variables(&[("A", "it's $5"), ("B", "x y#z"), ("C", "")]));
        assert_eq!(text, "A=\"it's \\$5\"\nB='x y#z'\nC=''\n");
    }

    #[test]
    fn dev_vars_is_made_once_private_and_with_a_key_of_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let paths = [folder.path().join("1"), folder.path().join("2")];
        let (first, made) = read_or_make(&paths[0]).unwrap();
        assert!(made);
        let key = get(&first, API_KEY).unwrap().to_owned();
        assert!(key.len() == 64 && key.bytes().all(|byte| byte.is_ascii_hexdigit()));
        assert_eq!(first.len(), 1, "only the key is set: {first:?}");
        assert_eq!(fs::metadata(&paths[0]).unwrap().permissions().mode() & 0o777, 0o600);
        let (again, made) = read_or_make(&paths[0]).unwrap();
        assert!(!made && again == first);
        assert_ne!(get(&read_or_make(&paths[1]).unwrap().0, API_KEY), Some(key.as_str()));
        fs::write(&paths[1], "OPENAI_API_KEY=x\n").unwrap();
        assert!(read_or_make(&paths[1]).is_err());
    }
}
