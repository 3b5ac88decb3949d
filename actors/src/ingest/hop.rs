//! What another server's answer means: read it, ask elsewhere, or give up. What it says in words is nobody's business.

use super::Rejection;
use super::guard::{self, Rules, Target};

/// Most redirects, one after the other.
pub const REDIRECTS_MAX: u32 = 3;

/// What follows from an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Its body should be the picture.
    Read,
    /// It's elsewhere.
    Follow(Target),
}

/// Decides by an answer's status and `Location`, after `redirects` others.
///
/// # Errors
/// [`Rejection::Unreachable`], or [`Rejection::Refused`] for where it leads.
pub fn step(
    from: &Target,
    status: u16,
    location: Option<&str>,
    redirects: u32,
    rules: &Rules,
) -> Result<Step, Rejection> {
    match (status, location) {
        (200, _) => Ok(Step::Read),
        (301 | 302 | 303 | 307 | 308, _) if redirects >= REDIRECTS_MAX => {
            Err(failed(from, &format!("redirects more than {REDIRECTS_MAX} times")))
        }
        (301 | 302 | 303 | 307 | 308, Some(location)) => {
            Ok(Step::Follow(guard::follow(from, location, rules)?))
        }
        (301 | 302 | 303 | 307 | 308, None) => Err(failed(from, "redirects to nowhere")),
        _ => Err(failed(from, &format!("answered {}xx", status / 100))),
    }
}

/// Nothing came, or not all of it.
pub fn broken(from: &Target) -> Rejection {
    failed(from, "couldn't be reached, or broke off")
}

/// It took too long.
pub fn late(from: &Target) -> Rejection {
    failed(from, &format!("sent no whole picture within {} s", super::DEADLINE_MS / 1_000))
}

fn failed(from: &Target, what: &str) -> Rejection {
    Rejection::Unreachable(format!("{} {what}", from.host()))
}

#[cfg(test)]
mod tests {
    use super::super::guard::{Denied, allow};
    use super::*;

    fn rules() -> Rules {
        Rules::new("", "https://picasso.example.org")
    }

    fn from() -> Target {
        allow("https://cdn.example.org/a/b.png?c", &rules()).unwrap()
    }

    fn next(status: u16, location: Option<&str>, redirects: u32) -> Result<String, Rejection> {
        step(&from(), status, location, redirects, &rules()).map(|step| match step {
            Step::Read => "read".to_owned(),
            Step::Follow(target) => target.href().to_owned(),
        })
    }

    #[test]
    fn only_a_200_is_read() {
        assert_eq!(next(200, None, 0).unwrap(), "read");
        assert_eq!(next(200, Some("https://localhost/"), 3).unwrap(), "read");
        for status in [0, 101, 199, 201, 203, 204, 206, 226, 300, 304, 305, 306, 310, 400, 404, 500, 599] {
            let said = next(status, Some("https://example.org/"), 0).unwrap_err();
            let expected = format!("cdn.example.org answered {}xx", status / 100);
            assert_eq!(said, Rejection::Unreachable(expected), "{status}");
        }
    }

    #[test]
    fn a_redirect_is_read_from_where_it_was_said() {
        for (location, leads_to) in [
            ("https://example.org/x.png#there", "https://example.org/x.png"),
            ("//example.org/x.png", "https://example.org/x.png"),
            ("/x.png", "https://cdn.example.org/x.png"),
            ("x.png?y", "https://cdn.example.org/a/x.png?y"),
            ("../../../x.png", "https://cdn.example.org/x.png"),
            ("", "https://cdn.example.org/a/b.png?c"),
            ("?d=http://localhost/", "https://cdn.example.org/a/b.png?d=http://localhost/"),
            ("./x:y.png", "https://cdn.example.org/a/x:y.png"),
        ] {
            for status in [301, 302, 303, 307, 308] {
                assert_eq!(next(status, Some(location), 0).unwrap(), leads_to, "{location}");
            }
        }
    }

    #[test]
    fn a_redirect_may_lead_nowhere_else_than_a_first_address() {
        for (location, why) in [
            ("http://cdn.example.org/", Denied::Scheme),
            ("//localhost/", Denied::Local),
            ("//127.1/", Denied::Address),
            ("https://[::1]/", Denied::Address),
            ("https://2852039166/latest/meta-data/", Denied::Address),
            ("https://a@example.org/", Denied::Userinfo),
            ("https://example.org:8443/", Denied::Port),
            ("https://picasso.example.org/api/projects", Denied::Own),
            ("https://10.0.0.1.nip.io/", Denied::Resolver),
            ("\\\\localhost\\x", Denied::Character),
            ("/\t/localhost/", Denied::Character),
            ("https:///localhost/", Denied::Local),
            ("///localhost/", Denied::Local),
            ("https:/x.png", Denied::Scheme),
            ("x:y.png", Denied::Scheme),
            ("file:///etc/passwd", Denied::Scheme),
            ("data:image/png;base64,AAAA", Denied::Scheme),
        ] {
            assert_eq!(next(302, Some(location), 0), Err(Rejection::Refused(why)), "{location}");
        }
        assert_eq!(next(302, Some(&"x".repeat(2_049)), 0), Err(Rejection::Refused(Denied::Long)));
    }

    #[test]
    fn redirects_end() {
        assert!(next(302, Some("/x"), REDIRECTS_MAX - 1).is_ok());
        for (location, redirects) in [(Some("/x"), REDIRECTS_MAX), (None, 0), (None, REDIRECTS_MAX)] {
            assert!(matches!(next(302, location, redirects), Err(Rejection::Unreachable(_))));
        }
    }
}
