//! A job that goes well, from the request to the last row.

use picasso_actors::address::ActorName;
use picasso_actors::effect::{Output, Task};
use picasso_actors::job::journal::{Stage, Status};
use picasso_actors::job::judge::Judgment;
use picasso_actors::job::{self, NearDuplicate};
use picasso_actors::provider::Provider::{Gemini, Openai, Workers};
use picasso_actors::provider::{FailureClass, Provider};
use serde_json::json;

use crate::studio::Studio;
use crate::world::outside::{self, Play};

#[test]
fn six_variants_go_all_the_way() {
    let mut studio = Studio::new(1);
    let job = studio.run(&Provider::ALL, 2);
    studio.check_ended(&job);

    for provider in Provider::ALL {
        for index in 0..2 {
            let events = studio.events_of(provider, index);
            let steps: Vec<(&str, Option<&str>, f64)> = events
                .iter()
                .map(|it| {
                    (it.kind.as_str(), it.data["stage"].as_str(), it.data["progress"].as_f64().unwrap())
                })
                .collect();
            assert_eq!(
                steps,
                [
                    ("queued", Some("refine"), 0.0),
                    ("running", Some("generate"), 0.1),
                    ("progress", Some("fingerprint"), 0.65),
                    ("progress", Some("deliver"), 0.7),
                    ("progress", Some("record"), 0.8),
                    ("progress", Some("judge"), 0.85),
                    ("judge", Some("settle"), 0.95),
                    ("complete", None, 1.0),
                ],
                "{provider} {index}"
            );
            let last = &events.last().unwrap().data;
            assert_eq!(last["judgment"], "pass");
            assert_eq!(last["notes"], "A red boat, as asked.");
            assert_eq!(last["tags"], json!(["red-boat", "sea"]));
            assert!(last["generatedImageUrl"].as_str().unwrap().starts_with("https://imagedelivery.net/"));
        }
    }
    let last = studio.events().pop().unwrap();
    let ms = last.ts - crate::world::DAWN;
    assert_eq!(
        last.data,
        json!({"jobId": job.as_str(), "progress": 1.0, "summary": {"variants": 6, "completed": 6, "failed": 0,
            "passed": 6, "nearDuplicates": 0, "ms": ms}})
    );
    assert_eq!(studio.world.outside.paid, 6);
}
