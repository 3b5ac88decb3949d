//! What each object is, and what goes into the ZIP.

use serde_json::{Value, json};

use super::{GENERATOR, originals};
use crate::artifact::generator::Audience;
use crate::artifact::kinds::testing::{self, gallery, image, material};
use crate::artifact::material::{Archive, Gathered, Material, Stored};
use crate::artifact::registry::generator;
use crate::artifact::{Kind, generator::Document};
use crate::gallery::Original;

const ID: &str = "4fZk0PqLx81mWd2C-9aX2kLm0Qw3E-0";

fn stored(key: &str, media_type: &str) -> Stored {
    Stored {
        project_id: "p".to_owned(),
        key: key.to_owned(),
        bytes: 10,
        sha256: Some("0a".repeat(32)),
        media_type: Some(media_type.to_owned()),
        etag: "e".to_owned(),
    }
}

fn manifest() -> Document {
    let original = |id: &str, key: &str, picture: Option<&str>| Original {
        id: id.to_owned(),
        key: key.to_owned(),
        picture_key: picture.map(str::to_owned),
        media_type: None,
        bytes: None,
    };
    let archive = Archive {
        objects: vec![
            stored("project/p/inputs/00", "image/png"),
            stored("project/p/jobs/j/composed/0", "image/png"),
            stored("project/p/jobs/j/orig/0", "image/jpeg"),
            Stored { sha256: None, ..stored("project/p/jobs/j/orig/9", "image/png") },
            stored("project/p/jobs/j/partial/0/x", "image/png"),
        ],
        originals: vec![
            original(ID, "project/p/jobs/j/orig/0", Some("project/p/jobs/j/composed/0")),
            original("gone", "project/p/jobs/j/orig/1", None),
        ],
        complete: true,
    };
    let galleries = [gallery(vec![image(ID)])];
    testing::render(
        &GENERATOR,
        &Material { gathered: &Gathered { archive, ..Gathered::default() }, ..material(&galleries) },
    )
}

#[test]
fn each_object_is_said_to_be_what_it_is() {
    let document = manifest();
    let whole: Value = serde_json::from_slice(&document.body).unwrap();
    let roles: Vec<&Value> =
        whole["objects"].as_array().unwrap().iter().map(|object| &object["role"]).collect();
    assert_eq!(roles, ["input", "picture", "original", "other", "partial"]);
    assert_eq!((&whole["count"], &whole["bytes"], &whole["complete"]), (&json!(5), &json!(50), &json!(true)));
    assert_eq!(whole["lostOriginals"], json!(["gone"]));
    assert_eq!(whole["objects"][3]["sha256"], Value::Null);
    let table = String::from_utf8(document.files[0].body.clone()).unwrap();
    assert_eq!(table.lines().count(), 6);
}

#[test]
fn the_zip_has_the_originals_under_their_ids() {
    let packed = originals(&manifest().body).unwrap();
    let names: Vec<String> = packed.iter().map(super::Packed::name).collect();
    assert_eq!(names, [format!("{ID}.jpg")]);
    assert_eq!((packed[0].bytes, packed[0].key.as_str()), (10, "project/p/jobs/j/orig/0"));
    assert!(originals(b"{}").is_err());
}

#[test]
fn only_the_keys_holder_sees_keys() {
    for kind in Kind::ALL {
        let hidden = generator(kind).audience == Audience::KeyHolder;
        assert_eq!(hidden, kind == Kind::R2ArchiveManifest, "{}", kind.as_str());
    }
}
