//! An artifact's link: on which terms its page is shown, and to whom.
//!
//! The password itself never gets here. What is kept is derived from it, slowly and with a salt, by the shell; here it's compared.
//! Whoever knew it gets a pass, which the browser shows from then on: it follows from what is kept, so there's no list of them, and
//! another password ends them all.

use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use subtle::ConstantTimeEq;

use crate::artifact::message::Served;
use crate::ids::ArtifactId;
use crate::json;
use crate::sql::{Fault, Sql};

/// In version 4: the terms, once they aren't the usual ones.
pub const SCHEMA: &[&str] =
    &["CREATE TABLE link (id INTEGER PRIMARY KEY CHECK (id = 1), terms TEXT NOT NULL)"];

/// Rounds of PBKDF2 for a new password: the most that workerd runs.
pub const ITERATIONS: u32 = 100_000;
/// How long a pass opens the page, in milliseconds.
pub const PASS_MS: i64 = 24 * 60 * 60 * 1000;
/// Browsers and caches may show an open page this long without asking, in seconds.
pub const FRESH_S: i64 = 60;

/// The terms as they're kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Link {
    /// What opens it; without, it's open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lock: Option<Lock>,
    /// From then on there's nothing to see, epoch milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<i64>,
    /// Search engines are told to leave it out.
    pub noindex: bool,
    /// What comes with the page can be had too.
    pub download: bool,
    /// There's nothing to see.
    pub revoked: bool,
}

/// What is kept of a password.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Lock {
    /// How it's derived.
    #[serde(flatten)]
    pub recipe: Recipe,
    /// What came out, as text.
    pub derived: String,
}

/// How a password is derived: PBKDF2 with HMAC-SHA-256, 256 bits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Recipe {
    /// Random, at least 128 bits, as text.
    pub salt: String,
    /// Rounds.
    pub iterations: u32,
}

/// What is to be different; what isn't named stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Change {
    /// The password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<Password>,
    /// When it ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<Expiry>,
    /// See [`Link`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub noindex: Option<bool>,
    /// See [`Link`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub download: Option<bool>,
    /// See [`Link`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked: Option<bool>,
}

/// What becomes of a link's password.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Password {
    /// None is needed any more.
    Lifted,
    /// This one, from now on.
    Of(Lock),
}

/// What becomes of a link's end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Expiry {
    /// There is none.
    Never,
    /// Epoch milliseconds.
    At(i64),
}

/// What a reader gets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// The edition that is shown.
    Open {
        /// What is served.
        served: Box<Served>,
        /// How.
        terms: Terms,
    },
    /// A password is asked for; this is how to derive what [`super::Message::Unlock`] takes.
    Locked(Recipe),
    /// Nothing any more.
    Gone,
}

/// How a page is served.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Terms {
    /// How long a copy may be shown without asking, in seconds; `None`: nobody may keep one.
    pub fresh_s: Option<i64>,
    /// See [`Link`].
    pub noindex: bool,
    /// See [`Link`].
    pub download: bool,
}

/// What opens a locked page for a while: the reply to the right password.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Pass {
    /// For the reader's browser to show.
    pub value: String,
    /// How long it opens the page, in whole seconds.
    pub lasts_s: i64,
}

/// The terms as the API shows them.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_excessive_bools, reason = "the API's fields")]
struct Shown {
    has_password: bool,
    expires_at: Option<i64>,
    noindex: bool,
    download: bool,
    revoked: bool,
}

impl Default for Link {
    fn default() -> Self {
        Self { lock: None, expires_at: None, noindex: true, download: true, revoked: false }
    }
}

impl Link {
    /// What a reader gets of `served` at `now` who shows `pass`.
    pub fn answer(&self, me: &ArtifactId, served: Served, pass: Option<&str>, now: i64) -> Answer {
        if self.is_gone(now) {
            return Answer::Gone;
        }
        match &self.lock {
            Some(lock) if !pass.is_some_and(|pass| lock.admits(me, pass, now)) => {
                Answer::Locked(lock.recipe.clone())
            }
            Some(_) | None => {
                let files = if self.download { served.files } else { Vec::new() };
                let served = Box::new(Served { files, ..served });
                Answer::Open { served, terms: self.terms(now) }
            }
        }
    }

    /// The pass for whoever knows what derives to `derived`; `None` for everybody else, and where nothing is locked.
    pub fn unlock(&self, me: &ArtifactId, derived: &str, now: i64) -> Option<Pass> {
        let lock = self.lock.as_ref().filter(|_| !self.is_gone(now))?;
        if !bool::from(lock.derived.as_bytes().ct_eq(derived.as_bytes())) {
            return None;
        }
        let until = self.expires_at.map_or(now + PASS_MS, |end| end.min(now + PASS_MS));
        Some(Pass { value: lock.pass(me, until)?, lasts_s: (until - now) / 1000 })
    }

    /// Makes the change.
    pub fn change(&mut self, change: Change) {
        match change.password {
            Some(Password::Of(lock)) => self.lock = Some(lock),
            Some(Password::Lifted) => self.lock = None,
            None => {}
        }
        match change.expires {
            Some(Expiry::At(end)) => self.expires_at = Some(end),
            Some(Expiry::Never) => self.expires_at = None,
            None => {}
        }
        self.noindex = change.noindex.unwrap_or(self.noindex);
        self.download = change.download.unwrap_or(self.download);
        self.revoked = change.revoked.unwrap_or(self.revoked);
    }

    /// As the API shows it: nothing of the password but that there is one.
    ///
    /// # Errors
    /// [`Fault::Corrupt`], never in fact.
    pub fn shown(&self) -> Result<String, Fault> {
        json::write(&Shown {
            has_password: self.lock.is_some(),
            expires_at: self.expires_at,
            noindex: self.noindex,
            download: self.download,
            revoked: self.revoked,
        })
    }

    fn is_gone(&self, now: i64) -> bool {
        self.revoked || self.expires_at.is_some_and(|end| end <= now)
    }

    fn terms(&self, now: i64) -> Terms {
        // Rounded down: no copy outlives the page.
        let left_s = self.expires_at.map_or(FRESH_S, |end| (end - now) / 1000);
        let fresh_s = self.lock.is_none().then_some(left_s.min(FRESH_S));
        Terms { fresh_s, noindex: self.noindex, download: self.download }
    }
}

impl Lock {
    /// The pass that opens the page until `until`: the time, and a code that only whoever keeps this lock can make.
    fn pass(&self, me: &ArtifactId, until: i64) -> Option<String> {
        let mut code = Hmac::<Sha256>::new_from_slice(self.derived.as_bytes()).ok()?;
        code.update(format!("{me}.{until}").as_bytes());
        let code = code.finalize().into_bytes();
        let half = u128::from_be_bytes(*code.first_chunk()?);
        Some(format!("{until}.{half:032x}"))
    }

    fn admits(&self, me: &ArtifactId, pass: &str, now: i64) -> bool {
        let until = pass.split_once('.').and_then(|(until, _)| until.parse().ok());
        let expected = until.filter(|until| *until > now).and_then(|until| self.pass(me, until));
        expected.is_some_and(|expected| expected.as_bytes().ct_eq(pass.as_bytes()).into())
    }
}

/// The terms of the artifact whose tables these are.
///
/// # Errors
/// [`Fault`].
pub fn load(sql: &dyn Sql) -> Result<Link, Fault> {
    let row = sql.first("SELECT terms FROM link", &[])?;
    row.map_or_else(|| Ok(Link::default()), |row| json::read("link", &row.text(0)?))
}

/// Keeps the terms.
///
/// # Errors
/// [`Fault`].
pub fn save(sql: &dyn Sql, link: &Link) -> Result<(), Fault> {
    sql.exec(
        "INSERT INTO link (id, terms) VALUES (1, ?) ON CONFLICT (id) DO UPDATE SET terms = excluded.terms",
        &[json::write(link)?.into()],
    )?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifact::Kind;

    const NOW: i64 = 1_795_348_800_000;

    fn me() -> ArtifactId {
        ArtifactId::parse("2b7Qm0ZkLx81mWd2CaB3xY").unwrap()
    }

    fn served() -> Served {
        Served {
            kind: Kind::Lookbook,
            content_r2_key: "artifact/a/1.html".to_owned(),
            media_type: "text/html".to_owned(),
            image_origins: vec![],
            scripts: vec![],
            files: vec![crate::artifact::Attachment {
                name: "data.csv".to_owned(),
                r2_key: "artifact/a/data.csv".to_owned(),
                media_type: "text/csv".to_owned(),
                bytes: 1,
            }],
        }
    }

    fn lock(salt: &str, derived: &str) -> Lock {
        Lock { recipe: Recipe { salt: salt.to_owned(), iterations: ITERATIONS }, derived: derived.to_owned() }
    }

    fn locked() -> Link {
        Link { lock: Some(lock("salt", "derived")), ..Link::default() }
    }

    fn answer(link: &Link, pass: Option<&str>, now: i64) -> Answer {
        link.answer(&me(), served(), pass, now)
    }

    #[track_caller]
    fn terms(link: &Link, pass: Option<&str>, now: i64) -> Terms {
        match answer(link, pass, now) {
            Answer::Open { terms, .. } => terms,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_expiry_holds_to_the_millisecond_and_for_copies_too() {
        let link = Link { expires_at: Some(NOW), ..Link::default() };
        for (left, fresh) in [(1, 0), (999, 0), (1_000, 1), (59_999, 59), (60_000, 60), (3_600_000, 60)] {
            assert_eq!(terms(&link, None, NOW - left).fresh_s, Some(fresh), "{left}");
        }
        assert_eq!(answer(&link, None, NOW), Answer::Gone);
        assert_eq!(answer(&link, None, NOW + 1), Answer::Gone);
        assert_eq!(terms(&Link::default(), None, NOW).fresh_s, Some(60));
    }

    #[test]
    fn what_is_revoked_is_gone_until_it_is_not() {
        let mut link = locked();
        let pass = link.unlock(&me(), "derived", NOW).unwrap();
        link.change(Change { revoked: Some(true), ..Change::default() });
        assert_eq!(answer(&link, None, NOW), Answer::Gone, "and doesn't ask for a password");
        assert_eq!(answer(&link, Some(&pass.value), NOW), Answer::Gone);
        assert_eq!(link.unlock(&me(), "derived", NOW), None);
        link.change(Change { revoked: Some(false), ..Change::default() });
        assert_eq!(terms(&link, Some(&pass.value), NOW).fresh_s, None);
    }

    #[test]
    fn a_pass_opens_its_own_page_for_a_day() {
        let link = locked();
        assert_eq!(link.unlock(&me(), "derivee", NOW), None);
        assert_eq!(link.unlock(&me(), "", NOW), None);
        assert_eq!(Link::default().unlock(&me(), "derived", NOW), None, "nothing is locked");
        let pass = link.unlock(&me(), "derived", NOW).unwrap();
        assert_eq!(pass.lasts_s, 24 * 60 * 60);
        assert_eq!(terms(&link, Some(&pass.value), NOW + PASS_MS - 1).fresh_s, None, "nobody keeps a copy");
        let asked = Answer::Locked(Recipe { salt: "salt".to_owned(), iterations: ITERATIONS });
        assert_eq!(answer(&link, Some(&pass.value), NOW + PASS_MS), asked);
        let other = ArtifactId::parse("2b7Qm0ZkLx81mWd2CaB3xZ").unwrap();
        assert_eq!(link.answer(&other, served(), Some(&pass.value), NOW), asked);
        let (until, code) = pass.value.split_once('.').unwrap();
        let later = until.parse::<i64>().unwrap() + 1;
        let forged = [
            format!("{later}.{code}"),
            format!("{until}.{}", code.replace(|c: char| c.is_ascii_digit(), "a")),
            format!("+{until}.{code}"),
            format!("{until}."),
            format!("{until}.{code}0"),
            String::new(),
            ".".to_owned(),
            format!("{}.{code}", i64::MAX),
        ];
        for forged in forged {
            assert_eq!(answer(&link, Some(&forged), NOW), asked, "{forged}");
        }
    }

    #[test]
    fn another_password_ends_all_passes_and_so_does_the_same_one_again() {
        let mut link = locked();
        let pass = link.unlock(&me(), "derived", NOW).unwrap();
        let salted_anew = lock("other salt", "derived differently");
        link.change(Change { password: Some(Password::Of(salted_anew)), ..Change::default() });
        assert!(matches!(answer(&link, Some(&pass.value), NOW), Answer::Locked(_)));
        link.change(Change { password: Some(Password::Lifted), ..Change::default() });
        assert_eq!(terms(&link, None, NOW).fresh_s, Some(60));
    }

    #[test]
    fn a_pass_ends_with_the_link() {
        let link = Link { expires_at: Some(NOW + 90_500), ..locked() };
        let pass = link.unlock(&me(), "derived", NOW).unwrap();
        assert_eq!(pass.lasts_s, 90);
        assert_eq!(answer(&link, Some(&pass.value), NOW + 90_500), Answer::Gone);
        let mut longer = link.clone();
        longer.change(Change { expires: Some(Expiry::Never), ..Change::default() });
        assert!(matches!(answer(&longer, Some(&pass.value), NOW + 90_500), Answer::Locked(_)));
    }

    #[test]
    fn without_download_nothing_comes_with_the_page() {
        let files = |link: &Link| match answer(link, None, NOW) {
            Answer::Open { served, terms } => (served.files.len(), terms.download, terms.noindex),
            other => panic!("{other:?}"),
        };
        let mut link = Link::default();
        assert_eq!(files(&link), (1, true, true));
        link.change(Change { download: Some(false), noindex: Some(false), ..Change::default() });
        assert_eq!(files(&link), (0, false, false));
    }

    #[test]
    fn what_is_shown_has_nothing_of_the_password() {
        let shown = locked().shown().unwrap();
        let literal =
            r#"{"hasPassword":true,"expiresAt":null,"noindex":true,"download":true,"revoked":false}"#;
        assert_eq!(shown, literal);
    }
}
