//! A whole job: three providers, two variants each, with a near-duplicate and a failing verdict among them.

use std::collections::BTreeSet;

use picasso_e2e::api::{Body, Caller};
use picasso_e2e::stack;
use picasso_e2e::stream::Event;
use picasso_e2e::studio::{SCENE, Studio, Watched};
use serde_json::{Map, Value, json};

const PROVIDERS: [&str; 3] = ["openai", "gemini", "workers"];

fn variants() -> impl Iterator<Item = (&'static str, u64)> {
    PROVIDERS.into_iter().flat_map(|provider| [(provider, 0), (provider, 1)])
}

#[test]
fn a_job_of_three_providers_and_two_variants_runs_from_the_request_to_the_rows() {
    let studio = Studio::open("job");
    let job =
        studio.watch(&studio.job(&format!("{SCENE} {{twin:gemini}} {{miss:workers#1}}"), &PROVIDERS, 2));
    the_stream_is_whole(&studio, &job);
    for (provider, index) in variants() {
        the_events_of_a_variant_are_in_order(&studio, &job, provider, index);
    }
    one_last_event_sums_up(&job);
    the_verdicts_are_earned(&job);
    one_picture_is_marked_as_a_near_duplicate(&studio, &job);
    the_api_agrees_with_the_events(&studio, &job);
    let rows = studio.rows(&job.id);
    six_rows_have_both_locations(&studio, &job, &rows);
    for row in &rows {
        the_delivered_picture_decodes(row);
    }
    each_provider_was_called_once_for_each_variant(&studio);
}

/// `seq` is dense from 1, everything is of this session and job, and nothing is dated before what it follows.
fn the_stream_is_whole(studio: &Studio, job: &Watched) {
    let seqs: Vec<i64> = job.events.iter().map(Event::seq).collect();
    let expected: Vec<i64> = (1..).take(seqs.len()).collect();
    assert_eq!(seqs, expected);
    for event in &job.events {
        assert_eq!(event.json["sessionId"], studio.session.as_str(), "{}", event.text);
        assert_eq!(event.data("jobId"), job.id.as_str(), "{}", event.text);
        let keys: BTreeSet<&str> = event.json.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(keys, BTreeSet::from(["sessionId", "seq", "type", "ts", "data"]));
    }
    let times: Vec<i64> = job.events.iter().map(|event| event.json["ts"].as_i64().unwrap()).collect();
    assert!(times.is_sorted(), "{times:?}");
    let queued = job.events.iter().take(6).map(Event::kind).collect::<Vec<_>>();
    assert_eq!(queued, ["queued"; 6], "every variant is queued before any is run");
}

/// queued → running → progress… → judge → complete, with the progress never falling and each thing told as soon as it's
/// known.
fn the_events_of_a_variant_are_in_order(studio: &Studio, job: &Watched, provider: &str, index: u64) {
    let events = job.of(provider, index);
    let kinds: Vec<&str> = events.iter().map(|event| event.kind()).collect();
    let (first, rest) = kinds.split_at(2);
    let (progress, last) = rest.split_at(rest.len() - 2);
    assert_eq!(first, ["queued", "running"], "{provider} {index}: {kinds:?}");
    assert!(!progress.is_empty() && progress.iter().all(|kind| *kind == "progress"), "{kinds:?}");
    assert_eq!(last, ["judge", "complete"], "{provider} {index}: {kinds:?}");

    let stages: Vec<&Value> = events[2..].iter().map(|event| event.data("stage")).collect();
    assert_eq!(json!(stages), json!(["fingerprint", "deliver", "record", "judge", "settle", null]));
    let progress: Vec<f64> = events.iter().map(|event| event.data("progress").as_f64().unwrap()).collect();
    assert!(progress.is_sorted() && progress[0] < 0.5, "{progress:?}");
    assert!((progress[progress.len() - 1] - 1.0).abs() < f64::EPSILON, "{progress:?}");

    let judged = events[events.len() - 2];
    for field in ["judgment", "notes", "tags", "generatedImageUrl"] {
        assert!(!judged.data(field).is_null(), "{field}: {}", judged.text);
    }
    for tag in judged.data("tags").as_array().unwrap() {
        let tag = tag.as_str().unwrap();
        assert!(tag.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'), "{tag}");
    }
    let url = judged.data("generatedImageUrl").as_str().unwrap();
    assert!(url.starts_with(&stack::url()), "{url}: delivered by Images, not by us");
    assert_eq!(
        judged.data("progressionId").as_str().unwrap().split('-').next(),
        Some(studio.project.as_str())
    );
}

fn one_last_event_sums_up(job: &Watched) {
    let closing = job.events.iter().filter(|event| event.data("variantIndex").is_null()).count();
    assert_eq!(closing, 1);
    let mut summary = job.summary().clone();
    let ms = summary.as_object_mut().unwrap().remove("ms").unwrap();
    assert!(ms.as_i64().unwrap() > 0);
    let expected = json!({ "variants": 6, "completed": 6, "failed": 0, "cancelled": 0, "passed": 5, "nearDuplicates": 1 });
    assert_eq!(summary, expected);
}

/// What was painted right passes; the one that was painted wrong fails, with advice that a person can use.
fn the_verdicts_are_earned(job: &Watched) {
    let judged: Vec<&Event> = job.events.iter().filter(|event| event.kind() == "judge").collect();
    let (passed, failed): (Vec<&Event>, Vec<&Event>) =
        judged.into_iter().partition(|event| event.data("judgment") == "pass");
    assert_eq!((passed.len(), failed.len()), (5, 1));
    assert_eq!(failed[0].data("judgment"), "fail");
    assert_eq!(failed[0].data("provider"), "workers");
    let advice = failed[0].data("retrySuggestion").as_str().unwrap();
    assert!(advice.split_whitespace().count() >= 4, "advice: {advice:?}");
    assert!(passed.iter().all(|event| event.data("retrySuggestion").is_null()));
}

/// Gemini painted the same picture twice: the second to be recorded points to the first.
fn one_picture_is_marked_as_a_near_duplicate(studio: &Studio, job: &Watched) {
    let ends: Vec<&Event> = job
        .events
        .iter()
        .filter(|event| event.kind() == "complete" && !event.data("provider").is_null())
        .collect();
    let (marked, plain): (Vec<&Event>, Vec<&Event>) =
        ends.into_iter().partition(|event| !event.data("nearDuplicateOf").is_null());
    assert_eq!(marked.len(), 1);
    let twin = marked[0].data("nearDuplicateOf");
    let original = plain.iter().find(|event| event.data("progressionId") == &twin["progressionId"]).unwrap();
    assert_eq!((marked[0].data("provider"), original.data("provider")), (&json!("gemini"), &json!("gemini")));
    assert!(twin["distance"].as_u64().is_some_and(|bits| bits <= 26), "{twin}");
    let marked_ids: Vec<Value> = studio
        .progressions(&[])
        .into_iter()
        .filter(|shown| !shown["nearDuplicateOf"].is_null())
        .map(|shown| shown["id"].clone())
        .collect();
    assert_eq!(marked_ids, [marked[0].data("progressionId").clone()]);
}

/// `GET /api/jobs/:id` and the progressions say of each variant what its last event said.
fn the_api_agrees_with_the_events(studio: &Studio, job: &Watched) {
    let shown = studio.fetch(&job.id);
    assert_eq!(shown["state"], "complete");
    assert_eq!(shown["projectId"], studio.project.as_str());
    let summary = job.summary();
    for figure in ["completed", "failed", "passed", "nearDuplicates"] {
        assert_eq!(shown[figure], summary[figure], "{figure}");
    }
    let progressions = studio.progressions(&[]);
    assert_eq!(progressions.len(), 6);
    for (variant, (provider, index)) in shown["variants"].as_array().unwrap().iter().zip(variants()) {
        assert_eq!((&variant["provider"], &variant["variantIndex"]), (&json!(provider), &json!(index)));
        assert_eq!(variant["state"], "complete");
        let last = *job.of(provider, index).last().unwrap();
        let progression = progressions.iter().find(|shown| shown["id"] == variant["progressionId"]).unwrap();
        for field in [
            "progressionId",
            "generatedImageUrl",
            "nearDuplicateOf",
            "judgment",
            "notes",
            "tags",
            "retrySuggestion",
        ] {
            assert_eq!(&variant[field], last.data(field), "{field} of {provider} {index}");
        }
        for field in
            ["generatedImageUrl", "judgment", "notes", "tags", "retrySuggestion", "provider", "variantIndex"]
        {
            assert_eq!(progression[field], variant[field], "{field} of {provider} {index}");
        }
        assert_eq!(progression["nearDuplicateOf"], variant["nearDuplicateOf"]["progressionId"].clone());
    }
}

fn six_rows_have_both_locations(studio: &Studio, job: &Watched, rows: &[Map<String, Value>]) {
    assert_eq!(rows.len(), 6);
    for (row, (provider, index)) in rows.iter().zip(variants()) {
        let last = *job.of(provider, index).last().unwrap();
        let ordinal =
            PROVIDERS.iter().position(|it| *it == provider).unwrap() * 2 + usize::try_from(index).unwrap();
        let key = format!("project/{}/jobs/{}/orig/{ordinal}", studio.project, job.id);
        assert_eq!(row["original_image_r2_key"], key.as_str());
        assert_eq!(&row["generated_image_url"], last.data("generatedImageUrl"));
        assert_eq!(row["project_id"], studio.project.as_str());
        assert_eq!((&row["ai_provider"], &row["variant_index"]), (&json!(provider), &json!(index)));
        assert_eq!(&row["judgment"], last.data("judgment"));
        assert_eq!(&row["ai_notes"], last.data("notes"));
        let tags: Value = serde_json::from_str(row["ai_tags"].as_str().unwrap()).unwrap();
        assert_eq!(&tags, last.data("tags"));
        assert_eq!(&row["near_duplicate_of"], &last.data("nearDuplicateOf")["progressionId"]);
        assert_eq!(&row["retry_suggestion"], last.data("retrySuggestion"));
        assert!(row["phash"].as_str().is_some_and(|hash| hash.len() == 64), "{row:?}");
        let tips: Vec<String> = serde_json::from_str(row["tip_ids"].as_str().unwrap()).unwrap();
        assert!(
            !tips.is_empty() && tips.iter().all(|tip| tip.starts_with(&format!("{provider}/"))),
            "{tips:?}"
        );
        let prompt = row["prompt"].as_str().unwrap();
        let refined = row["refined_prompt"].as_str().unwrap();
        assert!(refined.starts_with(prompt) && refined.len() > prompt.len(), "{refined:?}");
    }
}

fn the_delivered_picture_decodes(row: &Map<String, Value>) {
    let url = row["generated_image_url"].as_str().unwrap();
    let path = url.strip_prefix(&stack::url()).unwrap();
    let picture = Caller::anonymous().send("GET", path, &[], Body::None).expect(200);
    let decoded = image::load_from_memory(&picture.body).unwrap_or_else(|error| panic!("{url}: {error}"));
    assert_eq!(
        (json!(decoded.width()), json!(decoded.height())),
        (row["width"].clone(), row["height"].clone())
    );
    assert!(picture.header("content-type").starts_with("image/"), "{}", picture.header("content-type"));
}

fn each_provider_was_called_once_for_each_variant(studio: &Studio) {
    for provider in PROVIDERS {
        assert_eq!(studio.emulator.calls_of(provider, &studio.word).len(), 2, "{provider}");
    }
    assert_eq!(studio.emulator.calls_of("vision", &studio.word).len(), 6);
}
