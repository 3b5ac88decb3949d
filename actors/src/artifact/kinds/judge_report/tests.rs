//! What is counted, and what is said of it.

use serde_json::{Value, json};

use super::GENERATOR;
use crate::artifact::kinds::testing::{self, failed, gallery, image, material};
use crate::gallery::{Gallery, Image};
use crate::job::judge::Scores;
use crate::provider::Provider;

fn scored(image: Image, subject: u8, style: u8) -> Image {
    Image {
        scores: Some(Scores { subject: Some(subject), style: Some(style), ..Scores::default() }),
        ..image
    }
}

fn project() -> Gallery {
    let tagged = |image: Image, tags: [&str; 2]| Image { tags: tags.map(str::to_owned).to_vec(), ..image };
    gallery(vec![
        scored(image("a"), 9, 7),
        scored(image("b"), 9, 9),
        tagged(scored(failed("c"), 2, 8), ["circle", "wrong-colour"]),
        tagged(scored(failed("d"), 3, 8), ["circle", "wrong-colour"]),
        Image { notes: Some("Too dark.".to_owned()), retry_suggestion: None, ..scored(failed("e"), 8, 1) },
        Image {
            judgment: None,
            notes: Some("The judge came to no verdict: it was away.".to_owned()),
            ..image("f")
        },
        Image { near_duplicate_of: Some("a".to_owned()), ..image("g") },
    ])
}

#[test]
fn the_data_has_every_count() {
    let document = testing::render(&GENERATOR, &material(&[project()]));
    let data: Value = serde_json::from_slice(&document.files[0].body).unwrap();
    assert_eq!(data["passed"]["hits"], 2);
    assert_eq!(
        (&data["passed"]["of"], &data["undecided"], &data["nearDuplicatesLeftOut"]),
        (&json!(5), &json!(1), &json!(1))
    );
    let subject = &data["criteria"][0];
    assert_eq!((&subject["count"], &subject["mean"]), (&json!(5), &json!(6.2)));
    assert_eq!(subject["distribution"], json!([0, 0, 1, 1, 0, 0, 0, 0, 1, 2, 0]));
    assert_eq!(
        data["criteria"][2],
        json!({
            "name": "text", "count": 0, "mean": null, "standardDeviation": null, "distribution": [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        })
    );
    assert_eq!(data["providers"][1]["name"], "Workers AI");
    assert_eq!(data["providers"][1]["passed"]["of"], 3);
    let worst = &data["failures"][0];
    assert_eq!((&worst["lowest"], &worst["count"]), (&json!("subject"), &json!(2)));
    assert_eq!(
        worst["tags"],
        json!([{ "tag": "wrong-colour", "count": 2 }]),
        "what all have explains nothing"
    );
    assert_eq!(worst["reasons"][0]["images"], json!(["c", "d"]), "said of both, shown once");
    assert_eq!(data["failures"][1]["reasons"][0]["notes"], "Too dark.");
    let rows = String::from_utf8(document.files[1].body.clone()).unwrap();
    assert_eq!(rows.lines().count(), 7, "a row a picture, and the columns' names");
}

#[test]
fn what_is_undecided_is_said_to_be() {
    let page = testing::html(&GENERATOR, &material(&[project()]));
    assert!(
        page.contains("2 of 5 judged pictures meet the brief: 40 %, likely between 12 and 77 %"),
        "{page}"
    );
    assert!(
        page.contains("The judge came to no verdict: it was away.")
            && page.contains("1 near-duplicate isn’t counted")
    );
    assert_eq!(page.matches("Name the colour first.").count(), 1);
    let open = Image { judgment: None, provider: Some(Provider::Gemini), ..image("a") };
    let page = testing::html(&GENERATOR, &material(&[gallery(vec![open])]));
    assert!(page.contains("No picture has been judged yet.") && !page.contains("By maker"));
}
