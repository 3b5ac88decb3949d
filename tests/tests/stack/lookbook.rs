//! A lookbook: published, served, cached, locked in, and its views counted.

use std::collections::BTreeSet;

use picasso_e2e::api::{Body, Caller, Reply};
use picasso_e2e::stack;
use picasso_e2e::studio::{SCENE, Studio, text};
use picasso_e2e::wait;
use serde_json::json;

fn get(path: &str, headers: &[(&str, &str)]) -> Reply {
    Caller::anonymous().send("GET", path, headers, Body::None)
}

/// What keeps a page that we serve from doing anything but showing itself.
fn the_page_is_locked_in(reply: &Reply) {
    let policy = format!(
        "sandbox allow-popups; default-src 'none'; img-src {} data:; \
         style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        stack::url()
    );
    for (name, value) in [
        ("content-security-policy", policy.as_str()),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("cross-origin-resource-policy", "same-origin"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cache-control", "public, max-age=60, must-revalidate"),
        ("x-robots-tag", "noindex"),
        ("content-type", "text/html; charset=utf-8"),
    ] {
        assert_eq!(reply.header(name), value, "{name} of {}", reply.status);
    }
    for absent in ["set-cookie", "access-control-allow-origin"] {
        assert_eq!(reply.header(absent), "", "{absent}");
    }
}

#[test]
fn a_lookbook_is_published_and_served_as_it_was_rendered() {
    let studio = Studio::open("lookbook");
    let scene = format!("{SCENE} {{miss:workers#1}}");
    let job = studio.finished(&studio.start(&studio.job(&scene, &["openai", "workers"], 1)));
    let path = format!("/api/projects/{}/artifacts/lookbook", studio.project);
    let published = studio.api.post(&path, &json!({ "title": "Für die Presse" })).expect(201).json();
    let slug = text(&published["public_slug"]);
    assert_eq!(published["artifact_id"], slug.as_str());
    assert!(slug.len() == 22 && slug.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{slug}");

    let page = get(&format!("/public/lookbook/{slug}"), &[]).expect(200);
    the_page_is_locked_in(&page);
    let html = page.text();
    assert!(html.starts_with("<!doctype html>") && html.trim_end().ends_with("</html>"));
    assert!(html.contains("<title>Für die Presse</title>"));
    assert!(html.contains(&format!(
        "<meta property=\"og:url\" content=\"{}/public/lookbook/{slug}\">",
        stack::url()
    )));
    for variant in job["variants"].as_array().unwrap() {
        let url = text(&variant["generatedImageUrl"]);
        assert!(html.contains(&format!("src=\"{url}\"")), "{url}");
        let _ = get(url.strip_prefix(&stack::url()).unwrap(), &[]).expect(200);
    }
    assert_eq!(job["variants"][1]["judgment"], "fail");
    let advice = text(&job["variants"][1]["retrySuggestion"]);
    let plain: String = advice.chars().take_while(|c| c.is_alphanumeric() || *c == ' ').collect();
    assert!(plain.len() > 10 && html.contains(plain.trim()), "{advice}");
    assert!(html.contains(SCENE));

    let other = get(&format!("/public/artifact/{slug}"), &[]).expect(200);
    the_page_is_locked_in(&other);
    assert_eq!(other.body, page.body, "both routes serve it");
    let shown = studio.api.get(&format!("/api/artifacts/{slug}"));
    assert_eq!((&shown["kind"], &shown["title"]), (&json!("lookbook"), &json!("Für die Presse")));
    assert_eq!(shown["bytes"], page.body.len());
    let row = wait::until("the artifact is in D1", || {
        studio.database.rows("SELECT * FROM artifacts WHERE public_slug = ?", &[&slug]).pop()
    });
    assert_eq!((&row["kind"], &row["project_id"]), (&json!("lookbook"), &json!(studio.project)));
    let linked = "SELECT COUNT(*) FROM project_artifacts WHERE project_id = ? AND artifact_id = ?";
    wait::until("the link is in D1", || {
        (studio.database.count(linked, &[&studio.project, &slug]) == 1).then_some(())
    });
    wait::until("the project knows", || {
        let project = studio.api.get(&format!("/api/projects/{}", studio.project));
        (project["artifacts"] == json!([slug])).then_some(())
    });
}

#[test]
fn a_page_is_sent_once_and_then_confirmed() {
    let studio = Studio::open("cached");
    let path = format!("/public/lookbook/{}", studio.publish());
    let page = get(&path, &[]).expect(200);
    let etag = page.header("etag").to_owned();
    assert!(etag.starts_with('"') && etag.ends_with('"') && etag.len() > 10, "a strong tag: {etag}");
    let weak = format!("W/{etag}");
    let list = format!("\"other\", {etag}");
    for known in [etag.as_str(), &weak, &list, "*"] {
        let same = get(&path, &[("if-none-match", known)]);
        assert_eq!((same.status, same.body.len()), (304, 0), "{known}");
        assert_eq!(same.header("etag"), etag);
        assert_eq!(same.header("content-security-policy"), page.header("content-security-policy"));
        assert_eq!(same.header("cache-control"), page.header("cache-control"));
    }
    for unknown in ["\"other\"", "W/\"other\"", "\"\"", "nonsense"] {
        let whole = get(&path, &[("if-none-match", unknown)]);
        assert_eq!((whole.status, whole.body.len()), (200, page.body.len()), "{unknown}");
    }
    let head = Caller::anonymous().send("HEAD", &path, &[], Body::None).expect(200);
    for header in ["content-security-policy", "cache-control", "content-type", "x-content-type-options"] {
        assert_eq!(head.header(header), page.header(header), "{header}");
    }
    assert_eq!((head.body.len(), head.header("etag")), (0, etag.as_str()));
}

/// Ten readers are ten rows, of networks, never of machines.
#[test]
fn each_look_is_a_row_with_a_truncated_address() {
    let studio = Studio::open("views");
    let slug = studio.publish();
    let path = format!("/public/lookbook/{slug}");
    let agent = format!("{}{}", studio.word, "x".repeat(300));
    for _ in 0..10 {
        let _ = get(&path, &[("user-agent", &agent)]).expect(200);
    }
    let _ = Caller::anonymous().send("HEAD", &path, &[("user-agent", &agent)], Body::None).expect(200);
    let _ = get(&format!("{path}x"), &[("user-agent", &agent)]).expect(404);
    let query = "SELECT * FROM artifact_views WHERE artifact_id = ?1 AND instr(user_agent, ?2)";
    let rows = wait::until("ten views are in D1", || {
        // The queue delivers ten at a time, and other tests' readers are among them: a reader who isn't counted moves
        // what is left of ours on.
        let _ = get(&path, &[("user-agent", "pusher")]).expect(200);
        let rows = studio.database.rows(query, &[&slug, &studio.word]);
        (rows.len() >= 10).then_some(rows)
    });
    assert_eq!(rows.len(), 10, "neither the HEAD nor the 404 is a look");
    let ids: BTreeSet<String> = rows.iter().map(|row| text(&row["id"])).collect();
    assert_eq!(ids.len(), 10);
    for row in &rows {
        let network = text(&row["ip_address"]);
        assert!(network.starts_with("10.") && network.ends_with(".0/24"), "{network}");
        assert_eq!(text(&row["user_agent"]).len(), 256);
        assert!(row["timestamp"].as_i64().unwrap() > 1_700_000_000_000);
    }
}

/// Unknown, garbled, hostile: nobody learns from the answer which.
#[test]
fn whatever_is_wrong_with_a_slug_the_page_is_the_same() {
    let studio = Studio::open("slugs");
    let slug = studio.publish();
    let expected = get("/public/lookbook/0000000000000000000000", &[]).expect(404);
    assert!(expected.header("content-type").starts_with("text/html"));
    assert_eq!(expected.header("cache-control"), "no-store");
    assert!(expected.header("content-security-policy").contains("default-src 'none'"));
    let other_case: String = slug
        .chars()
        .map(|c| if c.is_lowercase() { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() })
        .collect();
    let long = "x".repeat(2_000);
    let short = slug.split_at(21).0;
    for bad in [
        "x",
        short,
        &format!("{slug}0"),
        &other_case,
        &studio.project,
        "%00",
        "%2e%2e%2f",
        "..%2fadmin",
        "%F0%9F%A6%80",
        "%ff",
        "a%0d%0aset-cookie:x=1",
        "artifact:x",
        "%3Cscript%3E",
        &long,
    ] {
        for route in ["lookbook", "artifact"] {
            let reply = get(&format!("/public/{route}/{bad}"), &[]);
            assert_eq!((reply.status, &reply.body), (404, &expected.body), "{route}/{bad}");
            for header in [
                "content-type",
                "cache-control",
                "content-security-policy",
                "x-content-type-options",
                "referrer-policy",
                "set-cookie",
            ] {
                assert_eq!(reply.header(header), expected.header(header), "{header} of {route}/{bad}");
            }
        }
    }
    let _ = get(&format!("/public/lookbook/{slug}"), &[]).expect(200);
}

/// Words that would like to be markup are words.
#[test]
fn hostile_words_stay_words() {
    const HOSTILE: &str =
        "</title></p><script>alert(1)</script><img src=x onerror=alert(2)>\"'`&amp;{{7*7}}]]><!--";
    let studio = Studio::open("hostile");
    let path = format!("/api/projects/{}", studio.project);
    let change = json!({ "name": HOSTILE, "description": format!("{HOSTILE}\n{HOSTILE}") }).to_string();
    let _ = studio.api.send("PATCH", &path, &[], Body::Bytes(change.as_bytes())).expect(200);
    let answer = json!({
        "verdict": "fail", "notes": HOSTILE, "tags": [HOSTILE], "retrySuggestion": format!("javascript:alert(3) {HOSTILE}"),
    });
    studio.emulator.fault(
        "vision",
        &studio.word,
        None,
        &json!({ "kind": "text", "response": answer.to_string() }),
    );
    let job = studio.finished(&studio.start(&studio.job(&format!("{SCENE} {HOSTILE}"), &["workers"], 1)));
    assert_eq!(job["variants"][0]["judgment"], "fail", "{job}");
    let html = get(&format!("/public/lookbook/{}", studio.publish()), &[]).expect(200).text();
    for markup in ["<script", "<img src=x", "</title></p>", "<!--", "href=\"javascript:"] {
        assert!(!html.contains(markup), "{markup}");
    }
    assert_eq!(html.matches("<title>").count(), 1);
    assert!(html.matches("alert(1)").count() >= 4, "name, description, prompt, notes are all there");
    // No attribute's value ends early: between the quoted parts of a tag there's nothing of it.
    for tag in html.split('<').skip(1).filter_map(|rest| rest.split('>').next()) {
        for outside in tag.split('"').step_by(2) {
            assert!(!outside.contains("onerror") && !outside.contains("alert("), "<{tag}>");
        }
    }
}
