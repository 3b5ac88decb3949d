//! What is measured, and what is said to be unknown.

use serde_json::{Map, Value, json};

use super::GENERATOR;
use crate::artifact::kinds::testing::{self, failed, gallery, image, material};
use crate::gallery::{Calls, Gallery, Image};
use crate::provider::Provider;

fn calls(provider: Provider, model: &str, calls: u32, unpriced: u32, nanousd: Option<u64>) -> Calls {
    Calls {
        provider: Some(provider),
        model: Some(model.to_owned()),
        task: "generate".to_owned(),
        calls,
        unpriced,
        nanousd,
    }
}

fn project() -> Gallery {
    let timed = |id: &str, ms| Image { provider_ms: Some(ms), ..image(id) };
    let twin = Image { near_duplicate_of: Some("a".to_owned()), ..timed("d", 900_000) };
    Gallery {
        calls: vec![
            calls(Provider::Openai, "gpt-image-2.5", 6, 2, Some(200_000_000)),
            calls(Provider::Workers, "gpt-image-2.5", 1, 1, None),
        ],
        ..gallery(vec![timed("a", 1_000), timed("b", 2_000), timed("c", 30_000), twin, failed("e")])
    }
}

fn data(galleries: &[Gallery]) -> Value {
    serde_json::from_slice(&testing::render(&GENERATOR, &material(galleries)).files[0].body).unwrap()
}

#[test]
fn each_model_is_measured_on_its_own() {
    let data = data(&[project()]);
    let [openai, workers] = [&data["models"][0], &data["models"][1]];
    assert_eq!((&openai["provider"], &openai["pictures"]), (&json!("openai"), &json!(4)));
    assert_eq!(openai["latencyMs"], json!({ "count": 3, "p50": 2_000, "p95": 30_000 }), "without the twin");
    assert_eq!((&openai["passed"]["hits"], &openai["passed"]["of"]), (&json!(3), &json!(3)));
    assert_eq!((&openai["nearDuplicates"]["hits"], &openai["nearDuplicates"]["of"]), (&json!(1), &json!(4)));
    assert_eq!(
        openai["calls"],
        json!({ "count": 6, "unpriced": 2, "knownNanousd": 200_000_000, "meanUsd": 0.05 })
    );
    assert_eq!(workers["calls"], json!({ "count": 1, "unpriced": 1, "knownNanousd": null, "meanUsd": null }));
    assert_eq!(workers["latencyMs"], json!({ "count": 0, "p50": null, "p95": null }));
}

#[test]
fn projects_are_added_up() {
    let data = data(&[project(), project()]);
    assert_eq!(data["models"].as_array().unwrap().len(), 2);
    assert_eq!(data["models"][0]["calls"]["knownNanousd"], 400_000_000);
    assert_eq!(
        (&data["models"][0]["pictures"], &data["models"][1]["calls"]["knownNanousd"]),
        (&json!(8), &Value::Null)
    );
}

#[test]
fn what_is_unknown_is_said_and_too_few_are_called_so() {
    let page = testing::html(&GENERATOR, &material(&[project()]));
    assert!(page.contains("Of unknown cost: Workers AI gpt-image-2.5."), "{page}");
    assert!(page.contains("$0.2 + 2 unknown") && !page.contains("$0<"));
    assert!(page.contains("Too few to tell") && page.contains("OpenAI gpt-image-2.5 has 3 judged pictures"));
    let options: Map<String, Value> = json!({ "least": 1 }).as_object().unwrap().clone();
    let galleries = [project()];
    let document = (GENERATOR.render)(&material(&galleries), &GENERATOR.settings(options).unwrap()).unwrap();
    assert!(!String::from_utf8(document.body).unwrap().contains("Too few to tell"));
}
