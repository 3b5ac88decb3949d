//! What a caller may name as a start image: an upload, a progression of the same project, or an address elsewhere.
//!
//! | text | is |
//! |---|---|
//! | `<our origin>/api/projects/<project>/uploads/<id>`, `upload:<id>` | an upload |
//! | `progression:<id>`, or the id alone | a progression |
//! | `https://…` | somebody else's picture |

use super::guard::{self, Denied, Rules, Target};
use crate::ids::{ProgressionId, ProjectId};

/// Hexadecimal digits of a SHA-256.
const DIGITS: usize = 64;

/// Where a start image comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// The upload with this digest.
    Upload(String),
    /// A picture in the project's tree.
    Progression(ProgressionId),
    /// To be fetched.
    Remote(Target),
}

/// Reads what a caller names for a job of `project`.
///
/// # Errors
/// [`Denied`].
pub fn parse(text: &str, project: &ProjectId, rules: &Rules) -> Result<Source, Denied> {
    let id = text.strip_prefix("progression:").unwrap_or(text);
    if let Ok(id) = ProgressionId::parse(id) {
        return if id.project() == *project { Ok(Source::Progression(id)) } else { Err(Denied::Foreign) };
    }
    let path = text.strip_prefix(rules.origin()).filter(|path| path.starts_with('/'));
    if let Some(id) = text.strip_prefix("upload:").or_else(|| upload(path?, project)) {
        return if is_digest(id) { Ok(Source::Upload(id.to_owned())) } else { Err(Denied::Own) };
    }
    if path.is_some_and(|path| path.contains("/uploads/")) {
        return Err(Denied::Foreign);
    }
    guard::allow(text, rules).map(Source::Remote)
}

/// An upload's path.
pub fn path(project: &ProjectId, sha256: &str) -> String {
    format!("/api/projects/{project}/uploads/{sha256}")
}

/// Whether a text is an upload's id.
pub fn is_digest(text: &str) -> bool {
    text.len() == DIGITS && text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

fn upload<'a>(path: &'a str, project: &ProjectId) -> Option<&'a str> {
    path.strip_prefix("/api/projects/")?.strip_prefix(project.as_str())?.strip_prefix("/uploads/")
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROJECT: &str = "4fZk0PqLx81mWd2C";
    const ORIGIN: &str = "https://picasso.example.org";

    fn read(text: &str) -> Result<Source, Denied> {
        let rules = Rules::new("", ORIGIN);
        parse(text, &ProjectId::parse(PROJECT).unwrap(), &rules)
    }

    #[test]
    fn an_upload_is_named_by_its_address_or_its_id() {
        let digest = "0a".repeat(32);
        let address = format!("{ORIGIN}{}", path(&ProjectId::parse(PROJECT).unwrap(), &digest));
        for text in [address, format!("upload:{digest}")] {
            assert_eq!(read(&text), Ok(Source::Upload(digest.clone())), "{text}");
        }
        let foreign = format!("{ORIGIN}/api/projects/4fZk0PqLx81mWd2D/uploads/{digest}");
        assert_eq!(read(&foreign), Err(Denied::Foreign));
        for id in ["", "0A", "../../jobs/x/orig/0", &"a".repeat(63), &format!("{digest}0"), &"0A".repeat(32)]
        {
            assert_eq!(read(&format!("upload:{id}")), Err(Denied::Own), "{id}");
            let address = format!("{ORIGIN}/api/projects/{PROJECT}/uploads/{id}");
            assert_eq!(read(&address), Err(Denied::Own), "{id}");
        }
        let elsewhere = format!("https://example.org/api/projects/{PROJECT}/uploads/{digest}");
        assert!(matches!(read(&elsewhere), Ok(Source::Remote(_))));
    }

    #[test]
    fn a_progression_is_named_by_its_id() {
        for id in [format!("{PROJECT}-9aX2kLm0Qw3E-3"), format!("{PROJECT}-9aX2kLm0Qw3E")] {
            for text in [id.clone(), format!("progression:{id}")] {
                assert_eq!(read(&text), Ok(Source::Progression(ProgressionId::parse(&id).unwrap())));
            }
        }
        assert_eq!(read("4fZk0PqLx81mWd2D-9aX2kLm0Qw3E-3"), Err(Denied::Foreign));
        for text in ["progression:", "progression:x", "progression:progression:x", PROJECT, ""] {
            assert_eq!(read(text), Err(Denied::Scheme), "{text}");
        }
    }

    #[test]
    fn nothing_else_of_ours_is_a_source() {
        for path in ["", "/", "/public/artifact/2b7Qm0ZkLx81mWd2CaB3xY", "/api/projects"] {
            assert_eq!(read(&format!("{ORIGIN}{path}")), Err(Denied::Own), "{path}");
        }
        let beside = format!("{ORIGIN}.evil.org/api/projects/{PROJECT}/uploads/{}", "0a".repeat(32));
        assert!(matches!(read(&beside), Ok(Source::Remote(_))));
    }
}
