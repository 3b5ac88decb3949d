//! Partial pictures: told in order, once each, none after the end; and forgotten, whatever happened to whoever made them.

use picasso_actors::actor;
use picasso_actors::address::ActorName;
use picasso_actors::effect::Task;
use picasso_actors::ids::{JobId, PartialId};
use picasso_actors::job::Selection;
use picasso_actors::job::partial::KEEP_MS;
use picasso_actors::job::stage::Stage;
use picasso_actors::job::wishes::{Address, Materials, Wishes};
use picasso_actors::provider::FailureClass;
use picasso_actors::provider::Provider::Openai;
use picasso_actors::sql::Sql as _;
use serde_json::{Value, json};

use crate::studio::Studio;
use crate::world::outside::{Call, Play};

const ORIGIN: &str = "https://picasso.example";

/// A job with `variants` pictures and three partials of each, whose attempts to make one go as `play` says.
fn started(studio: &mut Studio, variants: u32, play: impl Fn(&Call) -> Option<Play> + 'static) -> JobId {
    studio.world.script(move |call| match call.work.task {
        Task::Generate { .. } => play(call),
        _ => None,
    });
    let mut spec = studio.spec(&[Openai], variants);
    spec.wishes = Wishes { partials: 3, ..Wishes::default() };
    let address = Address { origin: ORIGIN.to_owned(), secret: "s".to_owned() };
    spec.materials = Materials { address: Some(address), ..Materials::default() };
    let job = studio.start_as(spec);
    let soon = studio.world.now + 1_000;
    studio.world.run_until(soon);
    job
}

/// The shell has put the `nth` partial of an attempt.
fn progress(studio: &mut Studio, job: &JobId, ordinal: u32, attempt: u32, nth: u32) {
    let me = ActorName::Job(job.clone());
    studio.world.turn(&me, |turn| actor::progress(turn, ordinal, attempt, nth)).unwrap();
    let now = studio.world.now;
    studio.world.run_until(now + 10);
}

/// What a variant's partials are to be put under, attempt by attempt.
fn ids(studio: &Studio, index: u32) -> Vec<Vec<PartialId>> {
    let calls = studio.calls(Stage::Generate).into_iter().filter(|call| call.index == index);
    calls
        .filter_map(|call| match call.work.task {
            Task::Generate { partials, .. } => Some(partials),
            _ => None,
        })
        .collect()
}

/// The numbers and addresses that people were told.
fn shown(studio: &mut Studio, index: u32) -> Vec<(Value, Value)> {
    let events = studio.events_of(Openai, index).into_iter().map(|event| event.data);
    let partial = events.filter(|data| !data["partialIndex"].is_null());
    partial.map(|data| (data["partialIndex"].clone(), data["partialImageUrl"].clone())).collect()
}

fn told(index: u32, id: &PartialId) -> (Value, Value) {
    (json!(index), json!(format!("{ORIGIN}/public/partial/{id}")))
}

/// Partials that the job still knows of.
fn known(studio: &mut Studio, job: &JobId) -> i64 {
    let sql = studio.world.sql(&ActorName::Job(job.clone()));
    sql.first("SELECT COUNT(*) FROM partials", &[]).unwrap().unwrap().integer(0).unwrap()
}

/// The partials that R2 was asked to delete, one list an attempt.
fn forgotten(studio: &Studio) -> Vec<Vec<PartialId>> {
    let calls = studio.world.outside.calls.iter();
    calls
        .filter_map(|call| match &call.work.task {
            Task::Forget { partials } => Some(partials.clone()),
            _ => None,
        })
        .collect()
}

#[test]
fn they_are_told_in_order_and_once_each() {
    let mut studio = Studio::new(71);
    let job = started(&mut studio, 1, |_| None);
    for nth in [0, 0, 2, 1, 2, 3, 99] {
        progress(&mut studio, &job, 0, 1, nth);
    }
    studio.world.run();
    studio.check_ended(&job);
    let ids = ids(&studio, 0);
    assert_eq!(shown(&mut studio, 0), [told(0, &ids[0][0]), told(1, &ids[0][2])]);
    let kinds = studio.kinds_of(Openai, 0);
    assert_eq!(kinds[..5], ["queued", "running", "progress", "progress", "progress"], "before the picture");
}

#[test]
fn none_is_told_of_an_attempt_that_does_not_matter_any_more() {
    let mut studio = Studio::new(72);
    let job = started(&mut studio, 2, |_| None);
    progress(&mut studio, &job, 0, 2, 0);
    studio.cancel(&job, Selection { provider: None, variant_index: Some(0) });
    progress(&mut studio, &job, 0, 1, 0);
    studio.world.run();
    progress(&mut studio, &job, 1, 1, 0);
    progress(&mut studio, &job, 7, 1, 0);
    studio.check_ended(&job);
    assert_eq!((shown(&mut studio, 0), shown(&mut studio, 1)), (vec![], vec![]));
}

#[test]
fn an_attempt_that_is_made_again_has_its_own_and_the_numbers_go_on() {
    let mut studio = Studio::new(73);
    let job = started(&mut studio, 1, |call| {
        (call.work.attempt == 1).then(|| Play::fails(2_000, FailureClass::BadImage))
    });
    progress(&mut studio, &job, 0, 1, 0);
    progress(&mut studio, &job, 0, 1, 1);
    let later = studio.world.now + 5_000;
    studio.world.run_until(later);
    progress(&mut studio, &job, 0, 1, 2);
    progress(&mut studio, &job, 0, 2, 0);
    studio.world.run();
    studio.check_ended(&job);
    let ids = ids(&studio, 0);
    assert_eq!(ids.len(), 2);
    assert_eq!(
        shown(&mut studio, 0),
        [told(0, &ids[0][0]), told(1, &ids[0][1]), told(2, &ids[1][0])],
        "the highest is the newest"
    );
}

/// An object can die after a put and before it's told: nobody would ever know of it, had it not been written down before.
#[test]
fn whatever_an_attempt_may_have_left_is_forgotten_and_deletion_is_begun_again_until_it_is_done() {
    let mut studio = Studio::new(74);
    let mut deletions = 0;
    studio.world.script(move |call| match call.work.task {
        Task::Forget { .. } => {
            deletions += 1;
            (deletions < 3).then(|| match deletions {
                1 => Play::Vanishes,
                _ => Play::fails(10, FailureClass::Storage),
            })
        }
        _ => None,
    });
    let mut spec = studio.spec(&[Openai], 2);
    spec.wishes = Wishes { partials: 3, ..Wishes::default() };
    let address = Address { origin: ORIGIN.to_owned(), secret: "s".to_owned() };
    spec.materials = Materials { address: Some(address), ..Materials::default() };
    let job = studio.start_as(spec);
    let soon = studio.world.now + 1_000;
    studio.world.run_until(soon);
    progress(&mut studio, &job, 0, 1, 0);
    studio.world.crash(&ActorName::Job(job.clone()));
    let last = studio.world.now + KEEP_MS;
    studio.world.run_until(last);
    assert_eq!(forgotten(&studio), [] as [Vec<PartialId>; 0], "who was told last may still look");
    assert_eq!(known(&mut studio, &job), 12, "two variants, two attempts, three each");
    studio.world.run();
    studio.check_ended(&job);
    let mut all: Vec<PartialId> = [ids(&studio, 0), ids(&studio, 1)].concat().concat();
    all.sort();
    let deletions = forgotten(&studio);
    assert!(deletions.len() >= 3, "{deletions:?}");
    let mut deleted = deletions.concat();
    deleted.sort();
    deleted.dedup();
    assert_eq!(deleted, all);
    assert_eq!(known(&mut studio, &job), 0);
}

#[test]
fn a_job_that_wants_none_has_none() {
    let mut studio = Studio::new(75);
    let job = studio.run(&[Openai], 1);
    assert_eq!((ids(&studio, 0), known(&mut studio, &job)), (vec![vec![]], 0));
}
