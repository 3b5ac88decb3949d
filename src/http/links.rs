//! A published thing's link: its terms, changed by the key's holder; its password, asked of readers by a form that needs no
//! script. Who is let in is decided by the artifact's actor; a password is only derived here, and goes no further.

use picasso_actors::address::ActorName;
use picasso_actors::artifact::Message;
use picasso_actors::artifact::link::{Answer, ITERATIONS, Lock, Pass, Password, Recipe};
use picasso_actors::entropy::Entropy;
use picasso_actors::ids::ArtifactId;
use picasso_actors::protocol::{self, Reply};
use picasso_actors::request::{self as requests, PASSWORD_FORM_MAX};
use worker::{Env, Request, Response};

use super::problem::Problem;
use super::published::{self, Page, missing};
use super::{body, limits, reply};
use crate::bindings::pbkdf2;
use crate::runtime::mailbox;
use crate::runtime::platform::{Random, now_ms};

/// Random characters of a salt: 130 bits.
const SALT_LEN: usize = 22;

/// Why the form is shown.
#[derive(Debug, Clone, Copy)]
pub enum Asked {
    /// The reader just got here.
    First,
    /// That wasn't it.
    Again,
    /// Too many tries: so many seconds until the next.
    Later(i64),
}

/// `PATCH /api/artifacts/:id`
pub async fn change(mut request: Request, env: &Env, id: ArtifactId) -> Result<Response, Problem> {
    let asked = requests::artifact_change(&body::read(&mut request).await?, now_ms())?;
    let mut change = asked.change;
    if let Some(password) = asked.password {
        let recipe = Recipe { salt: Random.id(SALT_LEN), iterations: ITERATIONS };
        let derived = pbkdf2::derive(&password, &recipe).await?;
        change.link.password = Some(Password::Of(Lock { recipe, derived }));
    }
    let change = protocol::Message::Artifact(Message::Change(Box::new(change)));
    reply::json(200, reply::ask(env, ActorName::Artifact(id), change).await?.get())
}

/// `POST /public/lookbook/:slug`, `POST /public/artifact/:slug`, `POST /public/artifact/:slug/:file`: a try at its password
pub async fn unlock(mut request: Request, env: &Env, page: Page<'_>) -> Result<Response, Problem> {
    let Ok(id) = ArtifactId::parse(page.slug) else { return missing() };
    let recipe = match published::find(env, &id, pass(&request, page.slug)?).await? {
        Some(Answer::Locked(recipe)) => recipe,
        Some(Answer::Open { .. }) => return onwards(page, None),
        Some(Answer::Gone) | None => return missing(),
    };
    let token = limits::take_unlock(&request, env).await?;
    if !token.allowed {
        return form(Asked::Later(token.wait_s()));
    }
    let password = requests::password(&body::read_at_most(&mut request, PASSWORD_FORM_MAX).await?);
    let derived = pbkdf2::derive(&password, &recipe).await?;
    let message = protocol::Message::Artifact(Message::Unlock { derived });
    match mailbox::ask(env, ActorName::Artifact(id), message).await? {
        Reply::Body(pass) => {
            let cookie = cookie(&request, page, &serde_json::from_str(pass.get())?)?;
            onwards(page, Some(&cookie))
        }
        Reply::Done | Reply::Refused(_) | Reply::Again(_) => form(Asked::Again),
    }
}

/// The pass that the reader's browser shows for this page.
pub fn pass(request: &Request, slug: &str) -> Result<Option<String>, Problem> {
    let cookies = request.headers().get("cookie")?.unwrap_or_default();
    Ok(shown(&cookies, slug).map(str::to_owned))
}

/// The page that asks for a password. It says nothing of what it's in front of.
pub fn form(asked: Asked) -> Result<Response, Problem> {
    let (status, alert) = match asked {
        Asked::First => (401, ""),
        Asked::Again => (401, "<p role=\"alert\"><b>That isn't the password.</b></p>"),
        Asked::Later(_) => (429, "<p role=\"alert\"><b>Too many tries. Wait a minute.</b></p>"),
    };
    let words = format!(
        "<p>Whoever sent you this link knows the password.</p>{alert}<form method=\"post\"><label>Password<br>\
         <input name=\"password\" type=\"password\" autocomplete=\"current-password\" required autofocus \
         style=\"font:inherit;width:100%;box-sizing:border-box;padding:.4em\"></label>\
         <p><button style=\"font:inherit;padding:.4em 1.5em\">Open</button></p></form>"
    );
    let policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'self'; \
        frame-ancestors 'none'";
    let response = published::note(status, "This page is locked", &words, policy)?;
    response.headers().set("cache-control", "private, no-store")?;
    if let Asked::Later(wait_s) = asked {
        response.headers().set("retry-after", &wait_s.to_string())?;
    }
    Ok(response)
}

/// To the page itself: 303, so the browser comes with GET.
fn onwards(page: Page<'_>, cookie: Option<&str>) -> Result<Response, Problem> {
    let path = page.path();
    let target = page.file.map_or_else(|| path.clone(), |file| format!("{path}/{file}"));
    let response = Response::empty()?.with_status(303);
    response.headers().set("location", &target)?;
    response.headers().set("cache-control", "private, no-store")?;
    if let Some(cookie) = cookie {
        response.headers().set("set-cookie", cookie)?;
    }
    Ok(response)
}

fn cookie(request: &Request, page: Page<'_>, pass: &Pass) -> Result<String, Problem> {
    let secure = if request.url()?.scheme() == "https" { "; Secure" } else { "" };
    let (name, path) = (name(page.slug), page.path());
    let Pass { value, lasts_s } = pass;
    Ok(format!("{name}={value}; Path={path}; Max-Age={lasts_s}; HttpOnly; SameSite=Lax{secure}"))
}

fn name(slug: &str) -> String {
    format!("picasso-{slug}")
}

fn shown<'a>(cookies: &'a str, slug: &str) -> Option<&'a str> {
    let name = name(slug);
    let mut pairs = cookies.split(';').filter_map(|pair| pair.trim().split_once('='));
    pairs.find_map(|(key, value)| (key == name).then_some(value))
}

#[cfg(test)]
mod tests {
    use super::shown;

    #[test]
    fn a_pass_is_found_among_other_cookies() {
        for cookies in
            ["picasso-x=1.a", "a=b; picasso-x=1.a", "picasso-xy=2.b;picasso-x=1.a; c", " picasso-x=1.a ;"]
        {
            assert_eq!(shown(cookies, "x"), Some("1.a"), "{cookies}");
        }
        for cookies in ["", "picasso-x", "picasso-xy=1.a", "xpicasso-x=1.a", "Picasso-x=1.a"] {
            assert_eq!(shown(cookies, "x"), None, "{cookies}");
        }
    }
}
