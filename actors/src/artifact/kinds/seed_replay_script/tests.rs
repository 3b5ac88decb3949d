//! What is asked for again, and in which groups.

use serde_json::{Value, json};

use super::GENERATOR;
use crate::artifact::kinds::testing::{self, gallery, image, material};
use crate::gallery::Image;
use crate::ids::ProjectId;
use crate::provider::Provider;
use crate::request;

fn made(id: &str, job: &str, index: u32, seed: Option<u32>) -> Image {
    let maker = if seed.is_some() {
        (Provider::Workers, "@cf/black-forest-labs/flux-1-schnell")
    } else {
        (Provider::Openai, "gpt-image-1")
    };
    Image {
        job_id: Some(job.to_owned()),
        variant_index: Some(index),
        seed,
        provider: Some(maker.0),
        model: Some(maker.1.to_owned()),
        ..image(id)
    }
}

fn jobs(images: Vec<Image>) -> Vec<Value> {
    let document = testing::render(&GENERATOR, &material(&[gallery(images)]));
    let whole: Value = serde_json::from_slice(&document.body).unwrap();
    let jobs = whole["projects"][0]["jobs"].as_array().unwrap().clone();
    for job in jobs.iter().filter(|job| job["missing"].is_null()) {
        let mut body = job["body"].clone();
        body["sessionId"] = json!("replay-1");
        request::new_job(ProjectId::parse("4fZk0PqLx81mWd2C").unwrap(), body.to_string().as_bytes()).unwrap();
    }
    jobs
}

#[test]
fn what_was_asked_for_together_is_asked_for_together() {
    let jobs = jobs(vec![made("a", "one", 0, None), made("b", "one", 1, None), made("c", "two", 0, None)]);
    assert_eq!(jobs.len(), 2);
    assert_eq!(
        jobs[0]["body"],
        json!({
            "prompt": testing::PROMPT, "operation": "generate", "providers": ["openai"], "variants": 2, "refinement": "off",
            "models": { "openai": "gpt-image-1" }, "size": "1024x1024",
        })
    );
    assert_eq!(jobs[0]["pictures"].as_array().unwrap().len(), 2);
}

#[test]
fn every_picture_gets_its_seed() {
    let in_a_row = jobs(vec![made("a", "one", 0, Some(40)), made("b", "one", 1, Some(41))]);
    assert_eq!(
        (in_a_row.len(), &in_a_row[0]["body"]["seed"], &in_a_row[0]["body"]["variants"]),
        (1, &json!(40), &json!(2))
    );
    let drawn =
        jobs(vec![made("a", "one", 0, Some(40)), made("b", "one", 1, Some(7)), made("c", "one", 0, None)]);
    let seeds: Vec<&Value> = drawn.iter().map(|job| &job["body"]["seed"]).collect();
    assert_eq!(seeds, [&json!(40), &json!(7), &Value::Null]);
    assert_eq!((&drawn[1]["firstVariant"], &drawn[1]["body"]["variants"]), (&json!(1), &json!(1)));
}

#[test]
fn an_edit_begins_with_the_replayed_picture() {
    let edit = |start: &str| Image {
        operation: "edit".to_owned(),
        start_image_url: Some(start.to_owned()),
        ..made("b", "two", 0, None)
    };
    let found = jobs(vec![made("a", "one", 0, None), edit("a")]);
    assert_eq!((&found[1]["startsWith"], &found[1]["body"]["startImageUrl"]), (&json!("a"), &json!("a")));
    let found = jobs(vec![edit("https://example.com/a.png")]);
    assert_eq!(found[0]["startsWith"], Value::Null);
    let masked = Image { operation: "inpaint".to_owned(), ..made("b", "two", 0, None) };
    assert_eq!(jobs(vec![masked])[0]["missing"], "the mask that it was painted through isn’t kept with it");
}
