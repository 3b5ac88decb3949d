//! The archive's manifest and its ZIP, for the key's holder alone: every byte as it is in R2, and a word on what isn't there.

use std::fs;
use std::process::Command;

use picasso_e2e::api::{Body, Caller};
use picasso_e2e::bucket::Bucket;
use picasso_e2e::stack;
use picasso_e2e::studio::{SCENE, Studio, text};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// A project of two pictures and one that somebody sent, and its manifest.
fn archived(name: &str) -> (Studio, String, Value) {
    let studio = Studio::open(name);
    let _ = studio.upload(&fs::read(sample(&studio)).unwrap());
    let job = studio.start(&studio.job(SCENE, &["openai", "workers"], 1));
    studio.finished(&job);
    let order = json!({ "kind": "r2-archive-manifest", "projectIds": [studio.project] });
    let made = studio.api.post("/api/artifacts", &order).expect(201).json();
    assert_eq!(made["public"], false, "the link shows nothing, and the reply says so");
    let id = text(&made["artifact_id"]);
    let manifest = studio.api.get(&format!("/api/artifacts/{id}/versions/1"));
    (studio, id, manifest)
}

/// A picture to upload.
fn sample(studio: &Studio) -> std::path::PathBuf {
    let path = stack::state().join(format!("{}.png", studio.word));
    image::RgbImage::from_pixel(64, 64, image::Rgb([200, 30, 30])).save(&path).unwrap();
    path
}

fn originals(manifest: &Value) -> Vec<Value> {
    let objects = manifest["objects"].as_array().unwrap().iter();
    objects.filter(|object| object["role"] == "original").cloned().collect()
}

/// What two programs that aren't ours find in the ZIP: its names, each file unpacked and its check sum compared.
fn unpacked(studio: &Studio, id: &str) -> (std::path::PathBuf, Vec<String>) {
    let reply =
        studio.api.send("GET", &format!("/api/artifacts/{id}/originals.zip"), &[], Body::None).expect(200);
    assert_eq!(reply.header("content-type"), "application/zip");
    let folder = stack::state().join(format!("zip-{}", studio.word));
    fs::create_dir_all(&folder).unwrap();
    let file = folder.join("originals.zip");
    fs::write(&file, &reply.body).unwrap();
    let tested = Command::new("unzip").arg("-t").arg(&file).output().unwrap();
    assert!(tested.status.success(), "{}", String::from_utf8_lossy(&tested.stdout));
    let script = "import sys, zipfile\nwith zipfile.ZipFile(sys.argv[1]) as z:\n    assert z.testzip() is None\n    z.extractall(sys.argv[2])\n    print('\\n'.join(z.namelist()))";
    let read = Command::new("python3").args(["-c", script]).arg(&file).arg(&folder).output().unwrap();
    assert!(read.status.success(), "{}", String::from_utf8_lossy(&read.stderr));
    let names = String::from_utf8(read.stdout).unwrap().lines().map(str::to_owned).collect();
    (folder, names)
}

fn digest(bytes: &[u8]) -> String {
    xtask::digest::hex(&Sha256::digest(bytes))
}

#[test]
fn a_manifest_lists_every_object_as_it_is_and_only_to_the_keys_holder() {
    let (studio, id, manifest) = archived("archive");
    let bucket = Bucket::open();
    let objects = manifest["objects"].as_array().unwrap();
    for object in objects {
        let bytes = bucket.get(object["key"].as_str().unwrap()).unwrap();
        assert_eq!(
            (&object["bytes"], &object["sha256"]),
            (&json!(bytes.len()), &json!(digest(&bytes))),
            "{object}"
        );
    }
    assert_eq!(originals(&manifest).len(), 2);
    assert!(objects.iter().any(|object| object["role"] == "input" && object["mediaType"] == "image/png"));
    assert_eq!((&manifest["complete"], &manifest["lostOriginals"]), (&json!(true), &json!([])));
    for (path, status) in [
        (format!("/public/artifact/{id}"), 404),
        (format!("/public/artifact/{id}/manifest.csv"), 404),
        (format!("/api/artifacts/{id}/files/manifest.csv"), 401),
        (format!("/api/artifacts/{id}/originals.zip"), 401),
        (format!("/api/artifacts/{id}/versions/1"), 401),
    ] {
        let reply = Caller::anonymous().send("GET", &path, &[], Body::None);
        assert_eq!(reply.status, status, "{path}");
        assert!(!reply.text().contains("/orig/"), "{path}");
    }
    let table = studio.api.send("GET", &format!("/api/artifacts/{id}/files/manifest.csv"), &[], Body::None);
    assert_eq!(table.expect(200).text().lines().count(), objects.len() + 1);
    let other = studio.publish();
    studio
        .api
        .send("GET", &format!("/api/artifacts/{other}/originals.zip"), &[], Body::None)
        .problem(404, "not-found");
}

#[test]
fn the_zip_has_every_original_to_the_byte() {
    let (studio, id, manifest) = archived("zip");
    let (folder, names) = unpacked(&studio, &id);
    let originals = originals(&manifest);
    assert_eq!(names.len(), originals.len());
    for original in originals {
        let name =
            names.iter().find(|name| name.starts_with(original["progression"].as_str().unwrap())).unwrap();
        assert_eq!(digest(&fs::read(folder.join(name)).unwrap()), original["sha256"].as_str().unwrap());
    }
}

#[test]
fn what_is_gone_or_changed_is_a_note_and_the_rest_is_whole() {
    let (studio, id, manifest) = archived("gone");
    let bucket = Bucket::open();
    let keys: Vec<String> = originals(&manifest).iter().map(|original| text(&original["key"])).collect();
    bucket.remove(&keys[0]);
    let (folder, names) = unpacked(&studio, &id);
    let note = names.iter().find(|name| name.ends_with(".missing.txt")).unwrap();
    assert!(fs::read_to_string(folder.join(note)).unwrap().contains("isn’t there any more"), "{names:?}");
    assert_eq!(names.len(), 2);
    bucket.copy(&keys[1], &keys[0], "{}");
    let (folder, names) = unpacked(&studio, &id);
    let note = names.iter().find(|name| name.ends_with(".missing.txt")).unwrap();
    assert!(fs::read_to_string(folder.join(note)).unwrap().contains("has been changed"), "{names:?}");
}
