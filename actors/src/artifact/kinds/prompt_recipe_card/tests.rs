//! Which pictures get a card, and that what is pasted is taken.

use serde_json::{Map, Value, json};

use super::GENERATOR;
use crate::artifact::generator::Document;
use crate::artifact::kinds::testing::{failed, gallery, image, material};
use crate::gallery::{Gallery, Image};
use crate::ids::ProjectId;
use crate::request;

fn cards(galleries: &[Gallery], options: &Value) -> (Document, Value) {
    let options: Map<String, Value> = options.as_object().unwrap().clone();
    let document = (GENERATOR.render)(&material(galleries), &GENERATOR.settings(options).unwrap()).unwrap();
    let recipes: Value = serde_json::from_slice(&document.files[0].body).unwrap();
    (document, recipes["recipes"].clone())
}

#[test]
fn without_a_choice_what_passed_has_a_card_and_at_most_24_do() {
    let twin = Image { near_duplicate_of: Some("a".to_owned()), ..image("c") };
    let (_, recipes) = cards(&[gallery(vec![image("a"), failed("b"), twin])], &json!({}));
    assert_eq!(recipes.as_array().unwrap().len(), 1);
    let many = gallery((0..40).map(|n| image(&n.to_string())).collect());
    assert_eq!(cards(&[many], &json!({})).1.as_array().unwrap().len(), 24);
    let chosen = json!({ "images": ["4fZk0PqLx81mWd2C-9aX2kLm0Qw3E-0"] });
    let (_, recipes) = cards(&[gallery(vec![failed("4fZk0PqLx81mWd2C-9aX2kLm0Qw3E-0")])], &chosen);
    assert_eq!(recipes[0]["verdict"], "fail", "who is named has a card");
}

#[test]
fn the_body_is_taken_as_it_stands_on_the_page() {
    let exact = Image {
        refined_prompt: Some("A red circle on white. <b> & \"soft\" light.".to_owned()),
        tip_ids: vec!["workers/soft-light@3".to_owned()],
        provider: Some(crate::provider::Provider::Workers),
        model: Some("@cf/black-forest-labs/flux-1-schnell".to_owned()),
        seed: Some(7),
        ..image("a")
    };
    let (document, recipes) = cards(&[gallery(vec![exact])], &json!({}));
    let page = String::from_utf8(document.body).unwrap();
    let (_, pre) = page.split_once("<pre>").unwrap();
    let (pre, _) = pre.split_once("</pre>").unwrap();
    let pasted = pre.replace("&#60;", "<").replace("&#62;", ">").replace("&#34;", "\"").replace("&#38;", "&");
    let project = ProjectId::parse("4fZk0PqLx81mWd2C").unwrap();
    let spec = request::new_job(project, pasted.as_bytes()).unwrap();
    assert_eq!(spec.prompt, "A red circle on white. <b> & \"soft\" light.");
    assert_eq!(serde_json::from_str::<Value>(&pasted).unwrap(), recipes[0]["job"]);
    assert!(page.contains("workers/soft-light@3") && page.contains("What the model was sent"));
}

#[test]
fn what_cannot_be_made_again_says_why() {
    let painted = Image { operation: "inpaint".to_owned(), ..image("a") };
    let (document, recipes) = cards(&[gallery(vec![painted])], &json!({}));
    assert!(String::from_utf8(document.body).unwrap().contains("There is no body to paste: the mask"));
    assert_eq!(recipes[0]["job"], Value::Null);
}
