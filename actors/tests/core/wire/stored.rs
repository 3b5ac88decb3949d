//! What a job keeps: its journal, and the fold of it.

use picasso_actors::effect::{Output, Said};
use picasso_actors::ids::PartialId;
use picasso_actors::job::NearDuplicate;
use picasso_actors::job::delivery::Made;
use picasso_actors::job::journal::{Done, Event, Hop, Late, Status, Variant};
use picasso_actors::job::judge::{Judgment, Scores, Strictness, Verdict};
use picasso_actors::job::plan::Slot;
use picasso_actors::job::refine::{Material, Refined, Refinement, Rewriting};
use picasso_actors::job::stage::Stage;
use picasso_actors::job::wishes::{Address, Route};
use picasso_actors::knowledge::{Kept, Knowledge};
use picasso_actors::picture::Look;
use picasso_actors::picture::disclosure::Source;
use picasso_actors::project::likeness::Action;
use picasso_actors::provider::{
    Delivery, DeliveryMode, Failure, FailureClass, Provenance, Provider, StoredImage,
};

use super::{delivery, failure, image, near_duplicate, pin, refined, verdict};

const STAGES: [(Stage, &str); 9] = [
    (Stage::Refine, "refine"),
    (Stage::Generate, "generate"),
    (Stage::Store, "store"),
    (Stage::Compose, "compose"),
    (Stage::Fingerprint, "fingerprint"),
    (Stage::Deliver, "deliver"),
    (Stage::Record, "record"),
    (Stage::Judge, "judge"),
    (Stage::Settle, "settle"),
];

/// A new event or yield has no literal yet: this stops compiling, to say so.
const fn key(event: &Event) -> &'static str {
    match event {
        Event::Started { .. } => "started",
        Event::Lapsed { .. } => "lapsed",
        Event::Retry { .. } => "retry",
        Event::Failed { .. } => "failed",
        Event::Rerouted { .. } => "rerouted",
        Event::Discarded(_) => "discarded",
        Event::Superseded { .. } => "superseded",
        Event::Done(Done::Refine(_)) => "refine",
        Event::Done(Done::Generate) => "generate",
        Event::Done(Done::Store(_)) => "store",
        Event::Done(Done::Compose(_)) => "compose",
        Event::Done(Done::Fingerprint(_)) => "fingerprint",
        Event::Done(Done::Deliver(_)) => "deliver",
        Event::Done(Done::Record(_)) => "record",
        Event::Done(Done::Judge(_)) => "judge",
        Event::Done(Done::Settle) => "settle",
    }
}

#[track_caller]
fn pin_event(event: &Event, literal: &str) {
    pin(event, literal);
    assert!(literal.contains(&format!("\"{}\"", key(event))), "{literal}");
}

#[test]
fn stages_and_failure_classes() {
    for (stage, name) in STAGES {
        assert_eq!(stage.as_str(), name);
        pin(
            &Event::Lapsed { stage, attempt: 1 },
            &r#"{"lapsed":{"stage":"STAGE","attempt":1}}"#.replace("STAGE", name),
        );
    }
    for (class, name) in [
        (FailureClass::NotConfigured, "not_configured"),
        (FailureClass::Auth, "auth"),
        (FailureClass::Quota, "quota"),
        (FailureClass::Rate, "rate"),
        (FailureClass::Overloaded, "overloaded"),
        (FailureClass::Timeout, "timeout"),
        (FailureClass::Moderation, "moderation"),
        (FailureClass::BadRequest, "bad_request"),
        (FailureClass::ModelGone, "model_gone"),
        (FailureClass::NoImage, "no_image"),
        (FailureClass::BadImage, "bad_image"),
        (FailureClass::BadAnswer, "bad_answer"),
        (FailureClass::Storage, "storage"),
        (FailureClass::Budget, "budget"),
        (FailureClass::Circuit, "circuit"),
        (FailureClass::Cancelled, "cancelled"),
    ] {
        assert_eq!(class.as_str(), name);
        pin(&Failure::new(class, "m"), &r#"{"class":"CLASS","message":"m"}"#.replace("CLASS", name));
    }
}

#[test]
fn events_of_an_attempt() {
    pin_event(
        &Event::Started { stage: Stage::Generate, attempt: 1, lease_until: 9, holder: "life-1".into() },
        r#"{"started":{"stage":"generate","attempt":1,"lease_until":9,"holder":"life-1"}}"#,
    );
    pin_event(
        &Event::Lapsed { stage: Stage::Generate, attempt: 1 },
        r#"{"lapsed":{"stage":"generate","attempt":1}}"#,
    );
    pin_event(
        &Event::Retry { stage: Stage::Generate, attempt: 1, failure: failure(), at: 9 },
        r#"
        {"retry":{"stage":"generate","attempt":1,"failure":{"class":"rate","message":"slow down",
        "retryAfterMs":2500},"at":9}}
    "#,
    );
    pin_event(
        &Event::Failed { stage: Stage::Generate, failure: failure(), under_way: false },
        r#"{"failed":{"stage":"generate","failure":{"class":"rate","message":"slow down","retryAfterMs":2500}}}"#,
    );
    pin_event(
        &Event::Failed { stage: Stage::Generate, failure: failure(), under_way: true },
        r#"
        {"failed":{"stage":"generate","failure":{"class":"rate","message":"slow down","retryAfterMs":2500},
        "under_way":true}}
    "#,
    );
    pin_event(
        &Event::Discarded(image()),
        r#"
        {"discarded":{"key":"project/p/jobs/j/orig/1","mediaType":"image/png","bytes":4096,"width":64,
        "height":48,"model":"gpt-image-1","usage":"{\"n\":1}","providerMs":1234}}
    "#,
    );
    pin_event(&Event::Superseded { by: 7 }, r#"{"superseded":{"by":7}}"#);
}

#[test]
fn ends_of_stages() {
    let done = Event::Done;
    pin_event(
        &done(Done::Refine(refined())),
        r#"{"done":{"refine":{"text":"A red boat\n\nSoft light.","tips":["openai/light@3"]}}}"#,
    );
    pin_event(&done(Done::Generate), r#"{"done":"generate"}"#);
    pin_event(
        &done(Done::Store(image())),
        r#"
        {"done":{"store":{"key":"project/p/jobs/j/orig/1","mediaType":"image/png","bytes":4096,"width":64,
        "height":48,"model":"gpt-image-1","usage":"{\"n\":1}","providerMs":1234}}}
    "#,
    );
    let look = Look { hash: "0f".into(), palette: vec!["#c81e1e".into(), "#141478".into()] };
    pin_event(
        &done(Done::Fingerprint(look)),
        r##"{"done":{"fingerprint":{"hash":"0f","palette":["#c81e1e","#141478"]}}}"##,
    );
    let before_palettes: Event = serde_json::from_str(r#"{"done":{"fingerprint":"0f"}}"#).unwrap();
    assert_eq!(before_palettes, done(Done::Fingerprint("0f".to_owned().into())));
    pin_event(
        &done(Done::Deliver(delivery())),
        r#"{"done":{"deliver":{"url":"https://imagedelivery.net/h/i/public","imageId":"i"}}}"#,
    );
    let here = Delivery { mode: DeliveryMode::Transform, ..delivery() };
    pin_event(
        &done(Done::Deliver(here.clone())),
        r#"{"done":{"deliver":{"url":"https://imagedelivery.net/h/i/public","imageId":"i","mode":"transform"}}}"#,
    );
    pin_event(
        &done(Done::Deliver(Delivery { reason: Some("Images: no".into()), ..here })),
        r#"
        {"done":{"deliver":{"url":"https://imagedelivery.net/h/i/public","imageId":"i","mode":"transform",
        "reason":"Images: no"}}}
    "#,
    );
    for (action, name) in [(Action::Stack, "stack"), (Action::Keep, "keep")] {
        pin_event(
            &done(Done::Record(Some(NearDuplicate { action, ..near_duplicate() }))),
            &r#"{"done":{"record":{"progressionId":"4fZk0PqLx81mWd2C-9aX2kLm0Qw3E-0","distance":7,"action":"ACTION"}}}"#
                .replace("ACTION", name),
        );
    }
    pin_event(&done(Done::Record(None)), r#"{"done":{"record":null}}"#);
    pin_event(
        &done(Done::Record(Some(near_duplicate()))),
        r#"{"done":{"record":{"progressionId":"4fZk0PqLx81mWd2C-9aX2kLm0Qw3E-0","distance":7}}}"#,
    );
    pin_event(
        &done(Done::Judge(verdict())),
        r#"{"done":{"judge":{"judgment":"fail","notes":"Blue.","tags":["blue-boat"],"retrySuggestion":"Say red."}}}"#,
    );
    pin_event(
        &done(Done::Judge(Verdict { judgment: Some(Judgment::Pass), ..verdict() })),
        r#"{"done":{"judge":{"judgment":"pass","notes":"Blue.","tags":["blue-boat"],"retrySuggestion":"Say red."}}}"#,
    );
    pin_event(
        &done(Done::Judge(Verdict::undecided("it slept"))),
        r#"
        {"done":{"judge":{"judgment":null,"notes":"The judge came to no verdict: it slept","tags":[],
        "retrySuggestion":null}}}
    "#,
    );
    pin_event(&done(Done::Settle), r#"{"done":"settle"}"#);
}

/// What came later stands behind what was there before, and only where there is something to say.
#[test]
fn refinements_and_scores() {
    let suggested = Refined {
        suggestion: Some("A red boat\n\nSoft light.".into()),
        revision: Some(9),
        note: Some("Not reworded: busy".into()),
        ..refined()
    };
    pin_event(
        &Event::Done(Done::Refine(suggested)),
        r#"
        {"done":{"refine":{"text":"A red boat\n\nSoft light.","tips":["openai/light@3"],
        "suggestion":"A red boat\n\nSoft light.","revision":9,"note":"Not reworded: busy"}}}
    "#,
    );
    pin(
        &Refined { rewritten: true, ..Refined::plain("a boat") },
        r#"{"text":"a boat","tips":[],"rewritten":true}"#,
    );
    let scores =
        Scores { subject: Some(9), composition: Some(7), text: None, style: Some(0), safety: Some(10) };
    pin_event(
        &Event::Done(Done::Judge(Verdict { scores: Some(scores), ..verdict() })),
        r#"
        {"done":{"judge":{"judgment":"fail","notes":"Blue.","tags":["blue-boat"],"retrySuggestion":"Say red.",
        "scores":{"subject":9,"composition":7,"text":null,"style":0,"safety":10}}}}
    "#,
    );
    for (refinement, strictness, literal) in [
        (Refinement::Off, Strictness::Lenient, r#"["off","lenient"]"#),
        (Refinement::Suggest, Strictness::Normal, r#"["suggest","normal"]"#),
        (Refinement::Auto, Strictness::Strict, r#"["auto","strict"]"#),
    ] {
        pin(&(refinement, strictness), literal);
    }
    assert_eq!((Refinement::default(), Strictness::default()), (Refinement::Auto, Strictness::Normal));
}

#[test]
fn another_model_and_what_is_laid_over_the_picture() {
    let to = Route { provider: Provider::Gemini, model: "g-2".to_owned() };
    pin_event(
        &Event::Rerouted { attempt: 4, failure: failure(), to: to.clone() },
        r#"
        {"rerouted":{"attempt":4,"failure":{"class":"rate","message":"slow down","retryAfterMs":2500},
        "to":{"provider":"gemini","model":"g-2"}}}
    "#,
    );
    pin_event(
        &Event::Done(Done::Compose(StoredImage { original_key: Some("o".to_owned()), ..image() })),
        r#"
        {"done":{"compose":{"key":"project/p/jobs/j/orig/1","mediaType":"image/png","bytes":4096,"width":64,
        "height":48,"model":"gpt-image-1","usage":"{\"n\":1}","providerMs":1234,"originalKey":"o"}}}
    "#,
    );
    let slot = Slot { ordinal: 3, provider: Provider::Openai, index: 1, retry_of: None, composes: true };
    let mut variant = Variant::new(slot, 5, 8);
    variant.hops = vec![Hop { to, failure: failure() }];
    variant.asked = 4;
    pin(
        &variant,
        r#"
        {"ordinal":3,"provider":"openai","index":1,"stage":"refine","status":{"ready":5},"attempt":0,
        "failures":0,"refined":null,"image":null,"phash":null,"delivery":null,"nearDuplicateOf":null,
        "verdict":null,"beganAt":0,"deadlineAt":8,"composes":true,"hops":[{"to":{"provider":"gemini",
        "model":"g-2"},"failure":{"class":"rate","message":"slow down","retryAfterMs":2500}}],"asked":4}
    "#,
    );
}

#[test]
fn how_a_picture_was_made_and_signed() {
    pin(
        &StoredImage { provenance: Some(Provenance::C2pa), ..image() },
        r#"
        {"key":"project/p/jobs/j/orig/1","mediaType":"image/png","bytes":4096,"width":64,"height":48,
        "model":"gpt-image-1","usage":"{\"n\":1}","providerMs":1234,"provenance":"c2pa"}
    "#,
    );
    for (source, name) in [(Source::Generated, "generated"), (Source::Composite, "composite")] {
        pin(
            &Made { source, provider: Provider::Gemini, model: "g".to_owned(), at: 5 },
            &r#"{"source":"SOURCE","provider":"gemini","model":"g","at":5}"#.replace("SOURCE", name),
        );
    }
    pin(
        &Address { origin: "https://picasso.example".to_owned(), secret: "s".to_owned() },
        r#"{"origin":"https://picasso.example","secret":"s"}"#,
    );
}

#[test]
fn a_variant() {
    let slot = Slot { ordinal: 3, provider: Provider::Gemini, index: 1, retry_of: None, composes: false };
    let mut variant = Variant::new(slot, 5, 8);
    pin(
        &variant,
        r#"
        {"ordinal":3,"provider":"gemini","index":1,"stage":"refine","status":{"ready":5},"attempt":0,
        "failures":0,"refined":null,"image":null,"phash":null,"delivery":null,"nearDuplicateOf":null,
        "verdict":null,"beganAt":0,"deadlineAt":8}
    "#,
    );
    variant.status = Status::Running { lease_until: 9, holder: "life-1".into() };
    variant.attempt = 2;
    variant.failures = 1;
    variant.refined = Some(refined());
    variant.image = Some(image());
    variant.phash = Some("0f".into());
    variant.delivery = Some(delivery());
    variant.near_duplicate_of = Some(near_duplicate());
    variant.verdict = Some(verdict());
    variant.began_at = 6;
    variant.retry_of = Some(1);
    variant.superseded_by = Some(4);
    variant.late = Some(Late { lease_until: 9, holder: "life-1".into() });
    pin(
        &variant,
        r#"
        {"ordinal":3,"provider":"gemini","index":1,"stage":"refine","status":{"running":{"lease_until":9,
        "holder":"life-1"}},"attempt":2,"failures":1,"refined":{"text":"A red boat\n\nSoft light.",
        "tips":["openai/light@3"]},"image":{"key":"project/p/jobs/j/orig/1","mediaType":"image/png",
        "bytes":4096,"width":64,"height":48,"model":"gpt-image-1","usage":"{\"n\":1}","providerMs":1234},
        "phash":"0f","delivery":{"url":"https://imagedelivery.net/h/i/public","imageId":"i"},
        "nearDuplicateOf":{"progressionId":"4fZk0PqLx81mWd2C-9aX2kLm0Qw3E-0","distance":7},
        "verdict":{"judgment":"fail","notes":"Blue.","tags":["blue-boat"],"retrySuggestion":"Say red."},
        "beganAt":6,"deadlineAt":8,"retryOf":1,"supersededBy":4,"late":{"lease_until":9,"holder":"life-1"}}
    "#,
    );
    let paused = Variant { asked: 1, pauses: 2, ..Variant::new(slot, 5, 8) };
    let written = serde_json::to_string(&paused).unwrap();
    assert!(written.ends_with(r#""deadlineAt":8,"asked":1,"pauses":2}"#), "{written}");
    assert_eq!(serde_json::from_str::<Variant>(&written).unwrap(), paused);
    pin(&Status::Complete, r#""complete""#);
    pin(
        &Status::Failed(failure()),
        r#"{"failed":{"class":"rate","message":"slow down","retryAfterMs":2500}}"#,
    );
}

#[test]
fn what_work_yields() {
    let kept = Kept { key: "openai/light".into(), version: 3, value: "{}".into() };
    let knowledge = Knowledge { revision: 9, tips: vec![kept] };
    pin(
        &Output::Tips(Material { knowledge: knowledge.clone(), rewriting: None }),
        r#"{"tips":{"knowledge":{"revision":9,"tips":[{"key":"openai/light","version":3,"value":"{}"}]}}}"#,
    );
    let said = Said { text: "{}".into(), model: Some("m".into()), usage: Some(r#"{"n":1}"#.into()) };
    pin(
        &Output::Tips(Material { knowledge, rewriting: Some(Rewriting::Said(said.clone())) }),
        r#"
        {"tips":{"knowledge":{"revision":9,"tips":[{"key":"openai/light","version":3,"value":"{}"}]},
        "rewriting":{"said":{"text":"{}","model":"m","usage":"{\"n\":1}"}}}}
    "#,
    );
    pin(
        &Output::Tips(Material {
            knowledge: Knowledge::default(),
            rewriting: Some(Rewriting::Failed(failure())),
        }),
        r#"
        {"tips":{"knowledge":{"revision":0,"tips":[]},
        "rewriting":{"failed":{"class":"rate","message":"slow down","retryAfterMs":2500}}}}
    "#,
    );
    pin(
        &Output::Stored(image()),
        r#"
        {"stored":{"key":"project/p/jobs/j/orig/1","mediaType":"image/png","bytes":4096,"width":64,
        "height":48,"model":"gpt-image-1","usage":"{\"n\":1}","providerMs":1234}}
    "#,
    );
    pin(&Output::Fingerprint("0f".to_owned().into()), r#"{"fingerprint":{"hash":"0f"}}"#);
    pin(
        &Output::Delivered(delivery()),
        r#"{"delivered":{"url":"https://imagedelivery.net/h/i/public","imageId":"i"}}"#,
    );
    pin(&Output::Answer("{}".into()), r#"{"answer":{"text":"{}"}}"#);
    let partial = PartialId::parse("4fZk0PqLx81mWd2C-9aX2kLm0Qw3E-3-2b7Qm0ZkLx81mWd2CaB3xY").unwrap();
    assert_eq!(
        partial.key(),
        "project/4fZk0PqLx81mWd2C/jobs/4fZk0PqLx81mWd2C-9aX2kLm0Qw3E/partial/3/2b7Qm0ZkLx81mWd2CaB3xY"
    );
    pin(
        &Output::Forgotten(vec![partial]),
        r#"{"forgotten":["4fZk0PqLx81mWd2C-9aX2kLm0Qw3E-3-2b7Qm0ZkLx81mWd2CaB3xY"]}"#,
    );
    pin(&Output::Answer(said), r#"{"answer":{"text":"{}","model":"m","usage":"{\"n\":1}"}}"#);
}
