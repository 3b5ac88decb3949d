//! What a project does with near-duplicates, as it was told; and taking it back.

use picasso_actors::effect::{Outcome, Output, Task};
use picasso_actors::ids::ProgressionId;
use picasso_actors::job::Spec;
use picasso_actors::job::delivery::{Ask, HOSTING_MS, late};
use picasso_actors::job::stage::Stage;
use picasso_actors::job::wishes::{Address, Materials, Wishes};
use picasso_actors::operation::Operation;
use picasso_actors::picture::disclosure::Source;
use picasso_actors::project::likeness::{Action, Change};
use picasso_actors::project::{Filter, Message};
use picasso_actors::protocol::{RefusalCode, Reply};
use picasso_actors::provider::Provider::{self, Gemini};
use picasso_actors::provider::{Delivery, DeliveryMode, FailureClass};
use serde_json::{Value, json};

use crate::studio::{Studio, body, progression};
use crate::world::outside::Play;

/// A studio whose pictures are each 30 bits from the one before, in the order of their variants.
fn chained(seed: u64, change: Change) -> Studio {
    let mut studio = Studio::new(seed);
    let chain = |at: u32| {
        format!("{:016x}{}", 0x0f0f_0f0f_0f0f_0f0f_u64 ^ ((1_u64 << (30 * at)) - 1), "3c5a".repeat(12))
    };
    studio.world.script(move |call| match &call.work.task {
        Task::Fingerprint { .. } => {
            let after = i64::from(call.index) * 500 + 40;
            Some(Play::Says(after, Ok(Output::Fingerprint(chain(call.index).into()))))
        }
        _ => None,
    });
    body(&studio.ask_project(compare(change)));
    studio
}

/// Everything in the project, oldest first.
fn listed(studio: &mut Studio) -> Vec<Value> {
    let shown = body(&studio.ask_project(Message::Progressions(Filter { limit: 50, ..Filter::default() })));
    let mut all = shown["progressions"].as_array().unwrap().clone();
    all.reverse();
    all
}

fn fields<const N: usize>(of: &Value, names: [&str; N]) -> [Value; N] {
    names.map(|name| of[name].clone())
}

const SHOWN: [&str; 4] = ["nearDuplicateOf", "nearDuplicateDistance", "nearDuplicateAction", "stackedUnder"];

fn compare(change: Change) -> Message {
    Message::Update { name: None, description: None, budget: None, near_duplicates: Some(change) }
}

#[test]
fn a_project_is_told_how_to_compare_and_says_so() {
    let mut studio = Studio::new(120);
    let shown = |studio: &mut Studio| body(&studio.ask_project(Message::Fetch))["nearDuplicates"].clone();
    assert_eq!(shown(&mut studio), json!({"threshold": 40, "action": "mark"}));
    let stack = Change { threshold: None, action: Some(Action::Stack) };
    let reply = body(&studio.ask_project(compare(stack)));
    assert_eq!(reply["nearDuplicates"], json!({"threshold": 40, "action": "stack"}));
    let none = Change { threshold: Some(0), action: None };
    studio.ask_project(compare(none));
    assert_eq!(shown(&mut studio), json!({"threshold": 0, "action": "stack"}));
}

#[test]
fn within_a_smaller_threshold_nothing_is_alike() {
    let mut studio = chained(121, Change { threshold: Some(29), action: None });
    studio.run(&[Gemini], 3);
    assert!(listed(&mut studio).iter().all(|it| fields(it, SHOWN) == [const { Value::Null }; 4]));
}

#[test]
fn what_is_stacked_lies_under_its_rival_and_is_no_measure() {
    let mut studio = chained(122, Change { threshold: None, action: Some(Action::Stack) });
    let job = studio.run(&[Gemini], 3);
    studio.check_ended(&job);
    let all = listed(&mut studio);
    let rival = &all[0]["id"];
    assert_eq!(fields(&all[1], SHOWN), [rival.clone(), json!(30), json!("stack"), rival.clone()]);
    assert!(all[2]["nearDuplicateOf"].is_null(), "60 bits from the first");
    let told = studio.events_of(Gemini, 1).pop().unwrap().data["nearDuplicateOf"].clone();
    assert_eq!(told, json!({"progressionId": rival, "distance": 30, "action": "stack"}));
    let row = studio.world.d1.json(&format!(
        "SELECT json_array(near_duplicate_of, near_duplicate_distance, near_duplicate_action)
         FROM image_progressions WHERE id = {}",
        all[1]["id"].to_string().replace('"', "'")
    ));
    assert_eq!(row, json!([rival, 30, "stack"]));
}

#[test]
fn what_is_kept_is_a_picture_like_any_other_and_says_whom_it_is_like() {
    let mut studio = chained(123, Change { threshold: None, action: Some(Action::Keep) });
    studio.run(&[Gemini], 3);
    let all = listed(&mut studio);
    let like = |n: usize| [all[n]["id"].clone(), json!(30), json!("keep"), Value::Null];
    assert_eq!(fields(&all[1], SHOWN), like(0));
    assert_eq!(fields(&all[2], SHOWN), like(1), "a measure itself");
    let gallery = body(&studio.ask_project(Message::Gallery));
    assert!(gallery["images"].as_array().unwrap().iter().all(|image| image["nearDuplicateOf"].is_null()));
}

#[test]
fn a_mark_can_be_taken_back_and_then_the_picture_is_a_measure() {
    let mut studio = chained(124, Change::default());
    let first = studio.run(&[Gemini], 2);
    let marked = format!("{first}-1");
    let before = listed(&mut studio)[1].clone();
    assert_eq!(before["nearDuplicateAction"], "mark");
    let revision = |studio: &mut Studio| {
        studio.world.run();
        studio.world.d1.json(&format!(
            "SELECT json_array(revision, near_duplicate_action, near_duplicate_distance)
             FROM image_progressions WHERE id = '{marked}'"
        ))
    };
    let was = revision(&mut studio)[0].as_i64().unwrap();
    for _ in 0..2 {
        let kept = body(&studio.ask_project(Message::Keep(progression(&marked))));
        assert_eq!(kept["nearDuplicateAction"], "keep");
        assert_eq!(
            fields(&kept, ["nearDuplicateOf", "nearDuplicateDistance"]),
            [before["nearDuplicateOf"].clone(), json!(30)]
        );
        assert_eq!(revision(&mut studio), json!([was + 1, "keep", 30]), "said once");
    }
    let chain = format!("{:016x}{}", 0x0f0f_0f0f_0f0f_0f0f_u64 ^ ((1_u64 << 60) - 1), "3c5a".repeat(12));
    studio.world.script(move |call| {
        (call.work.stage == Stage::Fingerprint)
            .then(|| Play::Says(40, Ok(Output::Fingerprint(chain.clone().into()))))
    });
    studio.run(&[Gemini], 1);
    assert_eq!(
        listed(&mut studio)[2]["nearDuplicateOf"],
        marked.as_str(),
        "30 bits from it, 60 from the first"
    );
}

#[test]
fn there_is_nothing_to_keep_where_nothing_is() {
    let mut studio = Studio::new(125);
    let job = studio.run(&[Gemini], 1);
    let plain = body(&studio.ask_project(Message::Keep(progression(&format!("{job}-0")))));
    assert!(plain["nearDuplicateAction"].is_null());
    match studio.ask_project(Message::Keep(progression(&format!("{job}-7")))) {
        Reply::Refused(refusal) => assert_eq!(refusal.code, RefusalCode::NotFound),
        other => panic!("{other:?}"),
    }
}

/// A job that edits this picture of the project, whose result is `bits` from the hash that [`chained`] begins with.
fn edited(studio: &mut Studio, start: &str, bits: u32) -> Value {
    let hash = format!("{:016x}{}", 0x0f0f_0f0f_0f0f_0f0f_u64 ^ ((1_u64 << bits) - 1), "3c5a".repeat(12));
    studio.world.script(move |call| {
        (call.work.stage == Stage::Fingerprint)
            .then(|| Play::Says(40, Ok(Output::Fingerprint(hash.clone().into()))))
    });
    let spec = Spec {
        wishes: Wishes { operation: Operation::Edit, ..Wishes::default() },
        materials: Materials { parent: Some(progression(start)), ..Materials::default() },
        ..studio.spec(&[Gemini], 1)
    };
    let job = studio.start_as(spec);
    studio.world.run();
    studio.check_ended(&job);
    listed(studio).pop().unwrap()
}

#[test]
fn a_small_edit_is_no_near_duplicate_of_what_it_was_made_from() {
    let mut studio = chained(127, Change::default());
    let start = format!("{}-0", studio.run(&[Gemini], 1));
    let first = edited(&mut studio, &start, 2);
    assert!(first["nearDuplicateOf"].is_null());
    let second = edited(&mut studio, &start, 3);
    assert_eq!(
        fields(&second, ["nearDuplicateOf", "nearDuplicateDistance"]),
        [first["id"].clone(), json!(1)],
        "another result is a rival, though the start is nearly as near"
    );
}

#[test]
fn what_shows_the_same_picture_as_the_start_is_no_rival_either() {
    let mut studio = chained(128, Change::default());
    let job = studio.run(&[Gemini], 2);
    let (first, marked) = (format!("{job}-0"), format!("{job}-1"));
    assert_eq!(listed(&mut studio)[1]["nearDuplicateOf"], first.as_str());
    // Near its start, and so near what its start is a near-duplicate of.
    let edit = edited(&mut studio, &marked, 31);
    assert!(edit["nearDuplicateOf"].is_null(), "{edit}");

    let mut studio = chained(129, Change::default());
    let step = format!("{}-0", studio.run(&[Gemini], 1));
    let id = ProgressionId::random(&studio.project, &mut studio.world.seed);
    studio.ask_project(Message::Rollback { to: progression(&step), id: id.clone() });
    let edit = edited(&mut studio, id.as_str(), 2);
    assert!(edit["nearDuplicateOf"].is_null(), "{edit}");
}

/// What the shell is asked to deliver, attempt by attempt.
fn deliveries(studio: &Studio) -> Vec<Ask> {
    let calls = studio.world.outside.calls.iter();
    calls
        .filter_map(|call| match &call.work.task {
            Task::Deliver(ask) => Some(ask.clone()),
            _ => None,
        })
        .collect()
}

/// What the shell makes of an Images that never answers.
fn hosted_by_nobody(ask: &Ask) -> Outcome {
    match &ask.address {
        Some(address) if ask.is_kept_here(false) => Ok(Output::Delivered(Delivery {
            url: format!("{}/public/image/t", address.origin),
            image_id: "t".to_owned(),
            mode: DeliveryMode::Transform,
            reason: Some(late().message),
        })),
        _ => Err(late()),
    }
}

#[test]
fn a_picture_is_not_lost_because_images_hangs() {
    let mut studio = Studio::new(130);
    studio.world.script(|call| match &call.work.task {
        Task::Deliver(ask) => {
            assert!(HOSTING_MS < call.work.timeout_ms, "there's time to keep it");
            Some(Play::Says(i64::try_from(HOSTING_MS).unwrap(), hosted_by_nobody(ask)))
        }
        _ => None,
    });
    let address = Address { origin: "https://picasso.example".to_owned(), secret: "s".to_owned() };
    let spec = Spec {
        materials: Materials { address: Some(address), ..Materials::default() },
        ..studio.spec(&[Gemini], 1)
    };
    let job = studio.start_as(spec);
    studio.world.run();
    studio.check_ended(&job);
    assert_eq!(deliveries(&studio).len(), 2, "it may have been away for a moment");
    let shown = listed(&mut studio).pop().unwrap();
    assert_eq!(
        fields(&shown, ["deliveryMode", "generatedImageUrl"]),
        [json!("transform"), json!("https://picasso.example/public/image/t")]
    );
    let delivered = studio.events_of(Gemini, 0).into_iter().find(|event| event.data["stage"] == "record");
    assert_eq!(delivered.unwrap().data["notes"], late().message);
}

#[test]
fn a_delivery_knows_how_its_picture_was_made_and_that_it_failed_before() {
    let mut studio = Studio::new(126);
    studio.world.script(|call| {
        (call.work.stage == Stage::Deliver && call.work.attempt == 1)
            .then(|| Play::fails(60_000, FailureClass::Storage))
    });
    let address = Address { origin: "https://picasso.example".to_owned(), secret: "s".to_owned() };
    let spec = Spec {
        wishes: Wishes { operation: Operation::Edit, ..Wishes::default() },
        materials: Materials { address: Some(address.clone()), ..Materials::default() },
        ..studio.spec(&[Provider::Workers], 1)
    };
    let job = studio.start_as(spec);
    studio.world.run();
    let asked = deliveries(&studio);
    assert_eq!(asked.iter().map(|ask| ask.again).collect::<Vec<_>>(), [false, true]);
    let [first, second] = asked.as_slice() else { panic!("{asked:?}") };
    assert_eq!((&first.made, first.image_id.as_str()), (&second.made, format!("{job}-0").as_str()));
    assert_eq!((first.made.source, first.made.provider), (Source::Composite, Provider::Workers));
    assert_eq!((first.made.model.as_str(), &first.address), ("workers-model", &Some(address)));
    let stored = studio.events().into_iter().find(|event| event.data["stage"] == "fingerprint").unwrap();
    assert_eq!(first.made.at, stored.ts, "when it was stored, not when it was delivered");
}
