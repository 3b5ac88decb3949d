//! What is said for a tip, and of a tip whose words can't be had.

use serde_json::{Value, json};

use super::GENERATOR;
use crate::artifact::kinds::testing::{self, failed, gallery, image, material};
use crate::artifact::material::{Gathered, Material};
use crate::gallery::Image;
use crate::knowledge::Kept;
use crate::provider::Provider;

const TIP: &str = "openai/exact-scope@2";

fn tipped(image: Image) -> Image {
    Image { tip_ids: vec![TIP.to_owned()], provider: Some(Provider::Openai), ..image }
}

fn pack(gathered: &Gathered) -> (Value, String) {
    let plain = |id| Image { provider: Some(Provider::Openai), ..failed(id) };
    let images = vec![
        tipped(image("a")),
        tipped(image("b")),
        tipped(failed("c")),
        plain("d"),
        image("e"),
        failed("f"),
    ];
    let galleries = [gallery(images)];
    let document = testing::render(&GENERATOR, &Material { gathered, ..material(&galleries) });
    let whole = serde_json::from_slice(&document.body).unwrap();
    (whole, String::from_utf8(document.files[0].body.clone()).unwrap())
}

#[test]
fn a_tip_stands_with_its_words_and_its_evidence() {
    let value =
        r#"{"title":"Scope","tip":"Say <exactly> what changes.","source":"https://example.com/guide"}"#;
    let tip = |version| Kept { key: "openai/exact-scope".to_owned(), version, value: value.to_owned() };
    let (pack, markdown) =
        pack(&Gathered { tips: vec![tip(1), tip(2)], tips_known: true, ..Gathered::default() });
    let tip = &pack["tips"][0];
    assert_eq!((&tip["id"], &tip["tip"]), (&json!(TIP), &json!("Say <exactly> what changes.")));
    assert_eq!((&tip["with"]["hits"], &tip["with"]["of"]), (&json!(2), &json!(3)));
    assert_eq!((&tip["without"]["hits"], &tip["without"]["of"]), (&json!(1), &json!(2)), "of the same maker");
    assert_eq!(tip["examples"].as_array().unwrap().len(), 2);
    assert_eq!(pack["prompts"][0]["passed"]["hits"], 3);
    assert!(markdown.contains("> “Say \\<exactly\\> what changes.”"), "{markdown}");
    assert!(markdown.contains("[source](<https://example.com/guide>)"));
}

#[test]
fn a_tip_without_words_says_why() {
    for (known, why) in [(true, "no such version"), (false, "couldn’t be asked")] {
        let (pack, markdown) = pack(&Gathered { tips_known: known, ..Gathered::default() });
        assert!(pack["tips"][0]["missing"].as_str().unwrap().contains(why), "{pack}");
        assert!(pack["tips"][0]["tip"].is_null() && markdown.contains(why));
        assert!(markdown.contains("### openai/exact-scope@2"));
    }
}
