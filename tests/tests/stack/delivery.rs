//! What people get to see: a copy that says how it was made, while the original stays as the provider made it; the Worker's own
//! pictures; and what becomes of near-duplicates.

use std::io::Cursor;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use image::{ImageDecoder as _, ImageFormat, ImageReader, Rgb, RgbImage};
use picasso_e2e::api::{Body, Caller};
use picasso_e2e::bucket::Bucket;
use picasso_e2e::stack;
use picasso_e2e::studio::{SCENE, Studio, text, unique};
use serde_json::{Value, json};

/// The XMP packet of a file.
fn xmp(bytes: &[u8]) -> String {
    let reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format().unwrap();
    let packet = reader.into_decoder().unwrap().xmp_metadata().unwrap();
    String::from_utf8(packet.unwrap_or_default()).unwrap()
}

/// A PNG with a chunk such as C2PA manifests are in, where they are.
fn signed() -> Vec<u8> {
    let picture = RgbImage::from_fn(640, 480, |x, y| {
        Rgb([
            u8::try_from(x / 3).unwrap(),
            u8::try_from(y / 2).unwrap(),
            if (x / 80 + y / 60) % 2 == 0 { 40 } else { 220 },
        ])
    });
    let mut file = Vec::new();
    picture.write_to(&mut Cursor::new(&mut file), ImageFormat::Png).unwrap();
    let manifest = b"caBX\0\0\0\x20jumb\0\0\0\x18jumdc2pa\0\x11\0\x10\x80\0\0\xaa\0\x38\x9b\x71";
    let mut chunk = u32::try_from(manifest.len() - 4).unwrap().to_be_bytes().to_vec();
    chunk.extend(manifest);
    chunk.extend(crc(manifest).to_be_bytes());
    // After the signature and the header.
    file.splice(33..33, chunk);
    file
}

/// PNG's checksum.
fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0_u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0xedb8_8320 * (crc & 1)))
    })
}

/// A path of the stack's own.
fn path(url: &Value) -> String {
    text(url).strip_prefix(&stack::url()).unwrap().to_owned()
}

#[test]
fn a_delivered_file_says_how_it_was_made_and_the_original_is_as_it_was_signed() {
    let studio = Studio::open("disclosed");
    let original = signed();
    let body = json!({ "result": { "image": STANDARD.encode(&original) }, "success": true, "errors": [], "messages": [] });
    let fault = json!({ "kind": "status", "status": 200, "body": body });
    studio.emulator.fault("workers", &studio.word, None, &fault);
    let job = studio.start(&studio.job(SCENE, &["workers"], 1));
    let variant = studio.finished(&job)["variants"][0].clone();
    assert_eq!(variant["state"], "complete", "{variant}");

    let key = format!("project/{}/jobs/{job}/orig/0", studio.project);
    assert_eq!(Bucket::open().get(&key).unwrap(), original, "to the byte");
    let shown = studio.progressions(&[]).remove(0);
    assert_eq!((&shown["provenance"], &shown["deliveryMode"]), (&json!("c2pa"), &json!("hosted")));
    let row = studio.rows(&job).remove(0);
    assert_eq!((&row["provenance"], &row["delivery_mode"]), (&json!("c2pa"), &json!("hosted")));

    let delivered = Caller::anonymous().send("GET", &path(&shown["generatedImageUrl"]), &[], Body::None);
    let delivered = delivered.expect(200).body;
    let packet = xmp(&delivered);
    for told in ["/digitalsourcetype/trainedAlgorithmicMedia\"", "photoshop:Credit=\"workers\""] {
        assert!(packet.contains(told), "{told} in {packet:?}");
    }
    assert!(!delivered.windows(4).any(|bytes| bytes == b"caBX"), "a manifest that wouldn't hold any more");
    let pixels = |file: &[u8]| image::load_from_memory(file).unwrap().to_rgb8();
    assert_eq!(pixels(&delivered), pixels(&original));
}

/// Images hosts everything on this stack, so what the Worker would have kept is put where it would be.
#[test]
fn the_worker_shows_a_picture_itself_at_an_address_that_has_to_be_known() {
    let studio = Studio::open("itself");
    let job = studio.start(&studio.job(SCENE, &["openai"], 1));
    studio.finished(&job);
    let token: String = unique("").chars().cycle().take(64).collect();
    let made =
        json!({ "source": "generated", "provider": "openai", "model": "m <1>", "at": 1_795_348_800_000_i64 });
    let key = format!("project/{}/jobs/{job}/orig/0", studio.project);
    let bucket = Bucket::open();
    bucket.copy(&key, &format!("shown/{token}"), &json!({ "stored": made.to_string() }).to_string());

    let anyone = Caller::anonymous();
    let url = format!("/public/image/{token}");
    let mut etag = String::new();
    // The second comes from the cache, where there is one.
    for asked in [url.clone(), url.clone(), format!("{url}?x=1")] {
        let shown = anyone.send("GET", &asked, &[], Body::None).expect(200);
        assert_eq!(shown.header("content-type"), "image/webp");
        assert_eq!(shown.header("cache-control"), "public, max-age=31536000, immutable");
        assert_eq!(shown.header("x-content-type-options"), "nosniff");
        assert_eq!(shown.header("content-security-policy"), "sandbox; default-src 'none'");
        assert_ne!(shown.body, bucket.get(&key).unwrap(), "never as it lies there");
        let packet = xmp(&shown.body);
        assert!(
            packet.contains("/trainedAlgorithmicMedia\"") && packet.contains("openai m &lt;1&gt;"),
            "{packet:?}"
        );
        assert!(image::load_from_memory(&shown.body).is_ok());
        shown.header("etag").clone_into(&mut etag);
    }
    let known = [("if-none-match", etag.as_str())];
    assert!(anyone.send("GET", &url, &known, Body::None).expect(304).body.is_empty());
    assert!(anyone.send("HEAD", &url, &[], Body::None).expect(200).body.is_empty());
    let other: String = token.chars().rev().collect();
    for wrong in [
        other,
        token.to_uppercase().replace(|c: char| c.is_ascii_digit(), "A"),
        format!("{token}0"),
        "..".to_owned(),
    ] {
        let _ = anyone.send("GET", &format!("/public/image/{wrong}"), &[], Body::None).expect(404);
    }
}

#[test]
fn a_project_says_what_becomes_of_near_duplicates_and_a_mark_can_be_taken_back() {
    let studio = Studio::open("twins");
    let project = format!("/api/projects/{}", studio.project);
    let change = |body: &Value| {
        let body = json!({ "nearDuplicates": body }).to_string();
        studio.api.send("PATCH", &project, &[], Body::Bytes(body.as_bytes()))
    };
    assert_eq!(studio.api.get(&project)["nearDuplicates"], json!({ "threshold": 40, "action": "mark" }));
    let _ =
        change(&json!({ "threshold": 65 })).problem_with(422, "invalid-field", "nearDuplicates.threshold");
    let _ =
        change(&json!({ "action": "delete" })).problem_with(422, "invalid-field", "nearDuplicates.action");

    let twins = |scene: &str| {
        let body = studio.job(&format!("{scene} {{twin:gemini}}"), &["gemini"], 2);
        let job = studio.watch(&body);
        let all = studio.progressions(&[("query", scene)]);
        let (twin, rival): (Vec<Value>, Vec<Value>) =
            all.into_iter().partition(|shown| !shown["nearDuplicateOf"].is_null());
        assert_eq!((twin.len(), rival.len()), (1, 1), "{twin:?} {rival:?}");
        assert_eq!(twin[0]["nearDuplicateOf"], rival[0]["id"]);
        assert_eq!(job.summary()["nearDuplicates"], 1);
        twin[0].clone()
    };
    let marked = twins("a red circle on a white background");
    assert_eq!((&marked["nearDuplicateAction"], &marked["stackedUnder"]), (&json!("mark"), &Value::Null));
    let shown = change(&json!({ "threshold": 30, "action": "stack" })).expect(200).json();
    assert_eq!(shown["nearDuplicates"], json!({ "threshold": 30, "action": "stack" }));
    let stacked = twins("a blue square on a yellow background");
    assert_eq!(stacked["nearDuplicateAction"], "stack");
    assert_eq!(stacked["stackedUnder"], stacked["nearDuplicateOf"]);

    let keep = format!("/api/progressions/{}/keep", text(&marked["id"]));
    let kept = studio.api.send("POST", &keep, &[], Body::None).expect(200).json();
    assert_eq!(kept["nearDuplicateAction"], "keep");
    for still in ["nearDuplicateOf", "nearDuplicateDistance", "generatedImageUrl"] {
        assert_eq!(kept[still], marked[still], "{still}");
    }
    assert_eq!(studio.api.send("POST", &keep, &[], Body::None).expect(200).json(), kept, "once is enough");
    let nobody = format!("/api/progressions/{}-000000000000/keep", studio.project);
    let _ = studio.api.send("POST", &nobody, &[], Body::None).problem(404, "not-found");
}
