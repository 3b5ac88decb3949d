//! Artifacts by their registry: made in both spellings, shown, listed, made anew, linked, and refused by name.

use picasso_e2e::api::{Body, Caller};
use picasso_e2e::studio::{SCENE, Studio, text};
use picasso_e2e::wait;
use serde_json::{Value, json};

fn make(studio: &Studio, body: &Value) -> String {
    text(&studio.api.post("/api/artifacts", body).expect(201).json()["artifact_id"])
}

fn page(slug: &str) -> String {
    let anybody = Caller::anonymous();
    anybody.send("GET", &format!("/public/artifact/{slug}"), &[], Body::None).expect(200).text()
}

#[test]
fn every_kind_says_what_it_may_be_told() {
    let kinds = Caller::with_key().get("/api/artifact-kinds");
    for kind in kinds["kinds"].as_array().unwrap() {
        let schema = &kind["options"];
        assert_eq!((&schema["type"], &schema["additionalProperties"]), (&json!("object"), &json!(false)));
        assert!(
            ["html", "pdf", "json", "video", "csv"].contains(&kind["output"].as_str().unwrap()),
            "{kind}"
        );
        assert!(kind["about"].as_str().is_some_and(|about| about.len() > 20), "{kind}");
    }
    assert!(kinds["kinds"].as_array().unwrap().iter().any(|kind| kind["kind"] == "lookbook"));
}

#[test]
fn an_artifact_is_made_shown_listed_and_made_anew() {
    let studio = Studio::open("artifact");
    let job = studio.start(&studio.job(SCENE, &["openai"], 1));
    studio.finished(&job);
    let prompt = studio.prompt(SCENE);
    let body =
        json!({ "kind": "lookbook", "projectIds": [studio.project], "title": format!("T {}", studio.word) });
    let id = make(&studio, &body);
    assert!(page(&id).contains(&prompt));

    let anew = json!({ "options": { "prompts": false } });
    let rendered = studio.api.post(&format!("/api/artifacts/{id}/render"), &anew).expect(201).json();
    assert_eq!(rendered["public_slug"], id, "the address stays");
    let second = page(&id);
    assert!(!second.contains(&prompt) && second.contains("<img "), "the words are gone, the picture isn't");
    assert!(second.contains(&format!("T {}", studio.word)), "the title stays");

    let shown = studio.api.get(&format!("/api/artifacts/{id}"));
    assert_eq!((&shown["version"], &shown["configuration"]), (&json!(2), &json!({ "prompts": false })));
    let versions = studio.api.get(&format!("/api/artifacts/{id}/versions"));
    assert_eq!(versions["versions"].as_array().unwrap().len(), 2);
    let first =
        studio.api.send("GET", &format!("/api/artifacts/{id}/versions/1"), &[], Body::None).expect(200);
    assert!(first.text().contains(&prompt));
    assert!(
        first.header("content-security-policy").contains("sandbox")
            && first.header("cache-control").contains("no-store")
    );
    studio
        .api
        .send("GET", &format!("/api/artifacts/{id}/versions/3"), &[], Body::None)
        .problem(404, "not-found");
    Caller::anonymous()
        .send("GET", &format!("/api/artifacts/{id}/versions/1"), &[], Body::None)
        .problem(401, "unauthorized");

    wait::until("the artifact is listed", || {
        let list = studio.api.get("/api/artifacts?limit=200");
        let found = list["artifacts"]
            .as_array()
            .unwrap()
            .iter()
            .find(|one| one["artifact_id"] == id.as_str())?
            .clone();
        (found["projectIds"] == json!([studio.project]) && found["kind"] == "lookbook").then_some(())
    });
    wait::until("its configuration is in D1", || {
        let statement = "SELECT COUNT(*) FROM artifact_configurations
           WHERE artifact_id = ? AND config_key = 'prompts' AND config_value = 'false'";
        (studio.database.count(statement, &[&id]) == 1).then_some(())
    });
}

#[test]
fn a_document_and_a_film_are_made_of_the_pictures_bytes() {
    let studio = Studio::open("printed");
    let job = studio.start(&studio.job(SCENE, &["openai", "workers"], 1));
    studio.finished(&job);
    for (kind, media_type, magic, marks) in [
        ("stakeholder-pdf", "application/pdf", b"%PDF-1.".as_slice(), 2),
        ("walkthroughReel", "image/gif", b"GIF89a".as_slice(), 0),
    ] {
        let id = make(&studio, &json!({ "kind": kind, "projectIds": [studio.project] }));
        let served = Caller::anonymous().send("GET", &format!("/public/artifact/{id}"), &[], Body::None);
        assert_eq!((served.status, served.header("content-type")), (200, media_type), "{kind}");
        assert!(
            served.body.starts_with(magic) && served.body.len() > 20_000,
            "{kind}: {} bytes",
            served.body.len()
        );
        let jpegs = served.body.windows(9).filter(|window| window == b"DCTDecode").count();
        assert!(jpegs >= marks, "{kind}: {jpegs} pictures");
    }
}

#[test]
fn another_project_is_linked_and_seen_in_the_next_edition() {
    let (one, other) = (Studio::open("linkone"), Studio::open("linktwo"));
    for studio in [&one, &other] {
        let job = studio.start(&studio.job(SCENE, &["openai"], 1));
        studio.finished(&job);
    }
    let id = make(&one, &json!({ "kind": "lookbook", "projectIds": [one.project] }));
    let link = json!({ "projectId": other.project });
    let shown = one.api.post(&format!("/api/artifacts/{id}/associate"), &link).expect(200).json();
    assert_eq!(shown["projectIds"], json!([one.project, other.project]));
    assert!(!page(&id).contains(&other.prompt(SCENE)));
    let rendered = one.api.send("POST", &format!("/api/artifacts/{id}/render"), &[], Body::None);
    assert_eq!(rendered.status, 201);
    assert!(page(&id).contains(&other.prompt(SCENE)));
    let unknown = json!({ "projectId": "4fZk0PqLx81mWd2C" });
    one.api.post(&format!("/api/artifacts/{id}/associate"), &unknown).problem(404, "not-found");
}

#[test]
fn a_wrong_order_is_refused_by_name_and_nothing_is_made() {
    let studio = Studio::open("badorder");
    let project = &studio.project;
    for (body, field) in [
        (json!({ "projectIds": [project] }), "kind"),
        (json!({ "kind": "poster", "projectIds": [project] }), "kind"),
        (json!({ "kind": "lookbook" }), "projectIds"),
        (json!({ "kind": "lookbook", "projectIds": [] }), "projectIds"),
        (json!({ "kind": "lookbook", "projectIds": [project, project] }), "projectIds[1]"),
        (json!({ "kind": "lookbook", "projectIds": ["x"] }), "projectIds[0]"),
        (json!({ "kind": "lookbook", "projectIds": [project], "title": "" }), "title"),
        (
            json!({ "kind": "lookbook", "projectIds": [project], "options": { "colour": 1 } }),
            "options.colour",
        ),
        (
            json!({ "kind": "lookbook", "projectIds": [project], "options": { "prompts": "no" } }),
            "options.prompts",
        ),
        (
            json!({ "kind": "lookbook", "projectIds": [project], "options": { "images": [format!("{project}-9aX2kLm0Qw3E-0")] } }),
            "options.images[0]",
        ),
    ] {
        studio.api.post("/api/artifacts", &body).problem_with(422, "invalid-field", field);
    }
    let unknown = json!({ "kind": "lookbook", "projectIds": ["4fZk0PqLx81mWd2C"] });
    studio.api.post("/api/artifacts", &unknown).problem(404, "not-found");
    assert_eq!(studio.api.get(&format!("/api/projects/{project}"))["artifacts"], json!([]));
}
