//! A published page's link: behind a password, until a time, taken back; and what copies of it are told.

use std::time::{SystemTime, UNIX_EPOCH};

use picasso_e2e::api::{Body, Caller, Reply};
use picasso_e2e::studio::{Studio, text, unique};
use picasso_e2e::wait;
use serde_json::{Value, json};

const PASSWORD: &str = "sommer & 24";
const FORM: &str = "application/x-www-form-urlencoded";

/// Somebody with a browser, at an address of their own.
struct Reader {
    caller: Caller,
    cookie: String,
}

impl Reader {
    fn new() -> Self {
        let network = unique("").split_at(8).0.to_owned();
        let (a, b) = network.split_at(4);
        let caller = Caller::anonymous().from_address(&format!("2001:db8:{a}:{b}::1"));
        Self { caller, cookie: String::new() }
    }

    fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> Reply {
        let mut headers = headers.to_vec();
        headers.push(("cookie", &self.cookie));
        self.caller.send(method, path, &headers, Body::None)
    }

    fn get(&self, path: &str) -> Reply {
        self.ask("GET", path, &[])
    }

    /// Fills in the form.
    fn say(&self, path: &str, password: &str) -> Reply {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        let form = form.append_pair("password", password).finish();
        let headers = [("content-type", FORM), ("cookie", self.cookie.as_str())];
        self.caller.send("POST", path, &headers, Body::Bytes(form.as_bytes()))
    }

    /// Fills it in right, and keeps the cookie.
    fn enter(&mut self, path: &str, password: &str) -> Reply {
        let entered = self.say(path, password).expect(303);
        entered.header("set-cookie").split(';').next().unwrap().clone_into(&mut self.cookie);
        entered
    }
}

fn change(studio: &Studio, slug: &str, link: &Value) -> Value {
    let body = json!({ "link": link }).to_string();
    let path = format!("/api/artifacts/{slug}");
    studio.api.send("PATCH", &path, &[], Body::Bytes(body.as_bytes())).expect(200).json()
}

#[expect(clippy::disallowed_methods, reason = "a native test, not part of the core with its injected time")]
fn now_ms() -> i64 {
    i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap()
}

#[track_caller]
fn the_form_is_shown(reply: &Reply, status: u16) {
    assert_eq!(reply.status, status);
    for (name, value) in [
        ("content-type", "text/html; charset=utf-8"),
        ("cache-control", "private, no-store"),
        ("etag", ""),
        ("set-cookie", ""),
        (
            "content-security-policy",
            "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
        ),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
    ] {
        assert_eq!(reply.header(name), value, "{name}");
    }
}

#[test]
fn a_password_opens_the_page_for_whoever_knows_it() {
    let studio = Studio::open("password");
    let slug = studio.publish();
    let path = format!("/public/artifact/{slug}");
    let open = Reader::new().get(&path).expect(200);
    let shown = change(&studio, &slug, &json!({ "password": PASSWORD }));
    let expected = json!({
        "hasPassword": true, "expiresAt": null, "noindex": true, "download": true, "revoked": false,
    });
    assert_eq!(shown["link"], expected);
    let fetched = studio.api.get(&format!("/api/artifacts/{slug}"));
    assert_eq!(fetched["link"], expected);
    assert!(!fetched.to_string().contains("sommer") && !fetched.to_string().contains("salt"), "{fetched}");

    let mut reader = Reader::new();
    let etag = open.header("etag").to_owned();
    let form = reader.get(&path);
    the_form_is_shown(&form, 401);
    let html = form.text();
    assert!(html.contains("<form method=\"post\">") && html.contains("type=\"password\""), "{html}");
    assert!(!html.contains(&studio.word) && !html.contains("<script"), "it says nothing of the page");
    for known in [etag.as_str(), "*"] {
        the_form_is_shown(&reader.ask("GET", &path, &[("if-none-match", known)]), 401);
    }
    the_form_is_shown(&reader.ask("HEAD", &path, &[]), 401);
    the_form_is_shown(&reader.get(&format!("/public/lookbook/{slug}")), 401);
    the_form_is_shown(&reader.get(&format!("{path}/data.csv")), 401);

    let wrong = reader.say(&path, "winter & 24");
    the_form_is_shown(&wrong, 401);
    assert!(wrong.text().contains("role=\"alert\""), "it says so");
    let entered = reader.enter(&path, PASSWORD);
    assert_eq!((entered.header("location"), entered.body.len()), (path.as_str(), 0));
    let cookie = entered.header("set-cookie").to_owned();
    assert!(cookie.starts_with(&format!("picasso-{slug}=")), "{cookie}");
    for part in [&format!("Path={path}"), "HttpOnly", "SameSite=Lax", "Max-Age=86400"] {
        assert!(cookie.split("; ").any(|it| it == part), "{part} in {cookie}");
    }
    let page = reader.get(&path).expect(200);
    assert_eq!((&page.body, page.header("cache-control")), (&open.body, "private, no-store"));
    assert_eq!(page.header("content-security-policy"), open.header("content-security-policy"));
    assert_eq!(reader.ask("GET", &path, &[("if-none-match", &etag)]).status, 304);
    assert_eq!(reader.get(&format!("{path}/data.csv")).status, 404, "no such file");
    assert_eq!(reader.say(&path, "anything").status, 303, "who is in needs no password");

    let other = studio.publish();
    change(&studio, &other, &json!({ "password": PASSWORD }));
    let stolen = reader.cookie.replace(&slug, &other);
    let thief = Reader { cookie: stolen, ..Reader::new() };
    the_form_is_shown(&thief.get(&format!("/public/artifact/{other}")), 401);

    change(&studio, &slug, &json!({ "password": PASSWORD }));
    the_form_is_shown(&reader.get(&path), 401);
    change(&studio, &slug, &json!({ "password": null }));
    assert_eq!(Reader::new().get(&path).expect(200).header("cache-control"), open.header("cache-control"));
}

#[test]
fn who_tries_too_many_passwords_has_to_wait() {
    let studio = Studio::open("guesses");
    let slug = studio.publish();
    let path = format!("/public/lookbook/{slug}");
    change(&studio, &slug, &json!({ "password": PASSWORD }));
    let guesser = Reader::new();
    let refused = (0..100).map(|n| guesser.say(&path, &format!("guess {n}"))).find(|it| it.status != 401);
    let refused = refused.expect("an end");
    the_form_is_shown(&refused, 429);
    let wait: u64 = refused.header("retry-after").parse().unwrap();
    assert!((1..=60).contains(&wait), "{wait} s");
    // Looking costs nothing, nor does it keep anybody else out.
    the_form_is_shown(&guesser.get(&path), 401);
    let mut reader = Reader::new();
    let _ = reader.enter(&path, PASSWORD);
    let _ = reader.get(&path).expect(200);
    let long = format!("password={}", "x".repeat(2_000));
    let headers = [("content-type", FORM)];
    let _ =
        reader.caller.send("POST", &format!("{path}x"), &headers, Body::Bytes(long.as_bytes())).expect(404);
    let stranger = Reader::new();
    stranger.caller.send("POST", &path, &headers, Body::Chunked(long.as_bytes())).problem_with(
        413,
        "body-too-large",
        "body",
    );
}

#[test]
fn a_page_ends_at_its_time_and_copies_of_it_no_later() {
    let studio = Studio::open("expiry");
    let slug = studio.publish();
    let path = format!("/public/artifact/{slug}");
    let gone = Reader::new().get("/public/artifact/0000000000000000000000").expect(404);
    let etag = Reader::new().get(&path).expect(200).header("etag").to_owned();
    let end = now_ms() + 30_000;
    assert_eq!(change(&studio, &slug, &json!({ "expiresAt": end }))["link"]["expiresAt"], end);
    let page = Reader::new().get(&path).expect(200);
    let fresh: i64 = page
        .header("cache-control")
        .strip_prefix("public, max-age=")
        .and_then(|rest| rest.strip_suffix(", must-revalidate"))
        .unwrap()
        .parse()
        .unwrap();
    assert!(fresh <= 30, "{fresh}");
    change(&studio, &slug, &json!({ "expiresAt": now_ms() + 2_000 }));
    let ended = wait::until("the page ends", || Some(Reader::new().get(&path)).filter(|it| it.status != 200));
    assert_eq!((ended.status, &ended.body), (404, &gone.body), "as if it had never been");
    assert_eq!(Reader::new().ask("GET", &path, &[("if-none-match", &etag)]).status, 404);
    assert_eq!(Reader::new().ask("HEAD", &path, &[]).status, 404);
    let late = json!({ "link": { "expiresAt": now_ms() - 1 } }).to_string();
    studio
        .api
        .send("PATCH", &format!("/api/artifacts/{slug}"), &[], Body::Bytes(late.as_bytes()))
        .problem_with(422, "invalid-field", "link.expiresAt");
    change(&studio, &slug, &json!({ "expiresAt": null }));
    let _ = Reader::new().get(&path).expect(200);
}

#[test]
fn what_is_taken_back_is_as_if_it_had_never_been() {
    let studio = Studio::open("revoked");
    let slug = studio.publish();
    let unknown = Reader::new().get("/public/lookbook/0000000000000000000000").expect(404);
    let etag = Reader::new().get(&format!("/public/lookbook/{slug}")).header("etag").to_owned();
    change(&studio, &slug, &json!({ "revoked": true, "password": PASSWORD }));
    for path in [
        format!("/public/lookbook/{slug}"),
        format!("/public/artifact/{slug}"),
        format!("/public/artifact/{slug}/data.csv"),
    ] {
        for reply in [
            Reader::new().get(&path),
            Reader::new().ask("GET", &path, &[("if-none-match", &etag)]),
            Reader::new().say(&path, PASSWORD),
        ] {
            assert_eq!((reply.status, &reply.body), (404, &unknown.body), "{path}");
            for header in ["content-type", "cache-control", "content-security-policy", "set-cookie", "etag"] {
                assert_eq!(reply.header(header), unknown.header(header), "{header} of {path}");
            }
        }
    }
    let render = format!("/api/artifacts/{slug}/render");
    let _ = studio.api.send("POST", &render, &[], Body::None).expect(201);
    assert_eq!(
        Reader::new().get(&format!("/public/artifact/{slug}")).status,
        404,
        "nor does it come back so"
    );
    let _ = studio.api.send("GET", &format!("/api/artifacts/{slug}/versions/1"), &[], Body::None).expect(200);
    change(&studio, &slug, &json!({ "revoked": false, "password": null }));
    let _ = Reader::new().get(&format!("/public/artifact/{slug}")).expect(200);
}

#[test]
fn search_engines_and_savers_are_told_what_the_link_says() {
    let studio = Studio::open("index");
    let slug = studio.publish();
    let path = format!("/public/artifact/{slug}");
    let page = Reader::new().get(&path).expect(200);
    assert_eq!((page.header("x-robots-tag"), page.header("content-disposition")), ("noindex", ""));
    assert!(!page.text().contains("\"robots\""), "the page's bytes don't speak for the link");
    let head = Reader::new().ask("HEAD", &path, &[]);
    let same = Reader::new().ask("GET", &path, &[("if-none-match", page.header("etag"))]);
    assert_eq!((head.header("x-robots-tag"), same.header("x-robots-tag")), ("noindex", "noindex"));
    change(&studio, &slug, &json!({ "noindex": false, "download": false }));
    let page = Reader::new().get(&path).expect(200);
    assert_eq!((page.header("x-robots-tag"), page.header("content-disposition")), ("", "inline"));
}

#[test]
fn a_title_is_changed_and_what_makes_no_sense_is_refused() {
    let studio = Studio::open("title");
    let slug = studio.publish();
    let path = format!("/api/artifacts/{slug}");
    let change = |body: &str| studio.api.send("PATCH", &path, &[], Body::Bytes(body.as_bytes()));
    let title = format!("T {}", studio.word);
    let shown = change(&json!({ "title": title }).to_string()).expect(200).json();
    assert_eq!((text(&shown["title"]), &shown["version"]), (title.clone(), &json!(1)));
    wait::until("the title is listed", || {
        let query = "SELECT COUNT(*) FROM artifacts WHERE id = ? AND title = ?";
        (studio.database.count(query, &[&slug, &title]) == 1).then_some(())
    });
    for (body, field) in [
        ("{}", "title"),
        (r#"{"link":{"password":"short"}}"#, "link.password"),
        (r#"{"link":{"revoked":1}}"#, "link.revoked"),
    ] {
        change(body).problem_with(422, "invalid-field", field);
    }
    let unknown = "/api/artifacts/0000000000000000000000";
    let body = Body::Bytes(br#"{"link":{"revoked":true}}"#);
    studio.api.send("PATCH", unknown, &[], body).problem(404, "not-found");
    Caller::anonymous().send("PATCH", &path, &[], body).problem(401, "unauthorized");
    let _ = Reader::new().get(&format!("/public/artifact/{slug}")).expect(200);
}
