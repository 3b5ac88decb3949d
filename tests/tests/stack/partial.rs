//! Partial pictures: shown in order while the picture is being made, seen by whoever was told, and never in the picture's way.

use picasso_e2e::api::{Body, Caller};
use picasso_e2e::bucket::Bucket;
use picasso_e2e::stream::Event;
use picasso_e2e::studio::{SCENE, Studio, Watched};
use picasso_e2e::{database, stack, wait};
use serde_json::{Value, json};

/// A row of an event mustn't be larger, in bytes.
const FRAME_MAX: usize = 64 * 1024;

/// Runs a job that wants three partial pictures of its one variant.
fn watch(studio: &Studio) -> Watched {
    let mut body = studio.job(SCENE, &["openai"], 1);
    body["partialImages"] = 3.into();
    studio.watch(&body)
}

/// The events that show a partial picture.
fn shown(job: &Watched) -> Vec<&Event> {
    job.of("openai", 0).into_iter().filter(|event| !event.data("partialIndex").is_null()).collect()
}

fn indexes(job: &Watched) -> Value {
    shown(job).iter().map(|event| event.data("partialIndex").clone()).collect()
}

#[test]
fn three_partial_pictures_come_in_order_before_the_picture_and_can_be_seen() {
    let studio = Studio::open("partial");
    let job = watch(&studio);
    assert_eq!(indexes(&job), json!([0, 1, 2]));
    let kinds: Vec<&str> = job.of("openai", 0).iter().map(|event| event.kind()).collect();
    assert_eq!(kinds[..5], ["queued", "running", "progress", "progress", "progress"]);
    assert_eq!(job.summary()["completed"], 1);
    assert!(job.events.iter().all(|event| event.text.len() < FRAME_MAX), "an address, never the bytes");

    let everyone = Caller::anonymous();
    for event in shown(&job) {
        let url = event.data("partialImageUrl").as_str().unwrap();
        let url = url.strip_prefix(&stack::url()).unwrap_or_else(|| panic!("{url} isn't ours"));
        let seen = everyone.send("GET", url, &[], Body::None).expect(200);
        for (name, value) in [
            ("content-type", "image/webp"),
            ("x-content-type-options", "nosniff"),
            ("content-security-policy", "sandbox; default-src 'none'"),
        ] {
            assert_eq!(seen.header(name), value, "{name}");
        }
        assert!(seen.header("cache-control").starts_with("private, max-age="));
        let picture = image::load_from_memory_with_format(&seen.body, image::ImageFormat::WebP).unwrap();
        assert_eq!((picture.width(), picture.height()), (1024, 1024));
        let head = everyone.send("HEAD", url, &[], Body::None).expect(200);
        assert!(head.body.is_empty());
        let _ = everyone.send("POST", url, &[], Body::None).expect(405);

        let (known, own) = url.rsplit_once('-').unwrap();
        let other: String = own.chars().rev().collect();
        let unknown = everyone.send("GET", &format!("{known}-{other}"), &[], Body::None).expect(404);
        let nonsense = everyone.send("GET", "/public/partial/x", &[], Body::None).expect(404);
        assert_eq!(unknown.body, nonsense.body, "whatever is wrong, it looks the same");
    }
}

/// The last part of each partial picture's address.
fn ids(job: &Watched) -> Vec<String> {
    let url = |event: &&Event| event.data("partialImageUrl").as_str().unwrap().to_owned();
    shown(job).iter().map(url).map(|url| url.rsplit_once('/').unwrap().1.to_owned()).collect()
}

/// Where a partial picture's bytes are.
fn key(id: &str) -> String {
    let [project, job, ordinal, own] = id.split('-').collect::<Vec<_>>().try_into().unwrap();
    format!("project/{project}/jobs/{project}-{job}/partial/{ordinal}/{own}")
}

#[test]
fn a_partial_picture_whose_time_is_over_isnt_shown_and_then_isnt_there() {
    let studio = Studio::open("partialgone");
    let job = watch(&studio);
    let (bucket, everyone) = (Bucket::open(), Caller::anonymous());
    let ids = ids(&job);
    assert!(ids.len() == 3 && ids.iter().all(|id| bucket.get(&key(id)).is_some()));

    // One that can be seen no more, though it's there.
    let (known, own) = ids[0].rsplit_once('-').unwrap();
    let over = format!("{known}-{}", own.chars().rev().collect::<String>());
    bucket.copy(&key(&ids[0]), &key(&over), &json!({ "until": "1" }).to_string());
    let _ = everyone.send("GET", &format!("/public/partial/{}", ids[0]), &[], Body::None).expect(200);
    let _ = everyone.send("GET", &format!("/public/partial/{over}"), &[], Body::None).expect(404);

    database::age(
        "partials",
        &format!("id = '{}'", ids[0]),
        &["UPDATE partials SET forget_at = 0", "UPDATE timers SET at_ms = 0 WHERE name = 'partials'"],
    );
    let _ = studio.fetch(&job.id);
    wait::until("the partial pictures are deleted", || {
        ids.iter().all(|id| bucket.get(&key(id)).is_none()).then_some(())
    });
    for id in &ids {
        let _ = everyone.send("GET", &format!("/public/partial/{id}"), &[], Body::None).expect(404);
    }
}

#[test]
fn a_stream_that_breaks_or_says_no_is_a_failure_of_its_class_and_is_asked_again() {
    for (name, fault, calls) in
        [("cutstream", "cut_stream", 2), ("streamerror", "stream_error", 2), ("nopicture", "no_image", 2)]
    {
        let studio = Studio::open(name);
        studio.emulator.fault("openai", &studio.word, Some(1), &json!({ "kind": fault }));
        let job = watch(&studio);
        assert_eq!(studio.emulator.calls_of("openai", &studio.word).len(), calls, "{name}");
        assert_eq!(job.summary()["completed"], 1, "{name}");
        let numbers = indexes(&job);
        let count = numbers.as_array().unwrap().len();
        assert_eq!(numbers, (0..count).collect::<Value>(), "{name}: the numbers go on");
        assert!(count >= 3, "{name}: {numbers}");
    }
}
