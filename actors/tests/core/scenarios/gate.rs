//! Who may begin how much, and what it is to ask again under the same key.

use picasso_actors::actor;
use picasso_actors::address::{ActorName, Kind};
use picasso_actors::gate::{Bucket, Message as Gate, SWEEP_EVERY_MS, Verdict};
use picasso_actors::ids::GateId;
use picasso_actors::job;
use picasso_actors::project;
use picasso_actors::protocol::{Envelope, Message, RefusalCode, Reply, Sender};
use picasso_actors::provider::Provider::Openai;

use crate::studio::{Studio, body, start};
use crate::world::World;

const BUCKET: Bucket = Bucket { burst: 5, per_minute: 30 };

fn gate() -> ActorName {
    ActorName::Gate(GateId::of("203.0.113.7"))
}

fn take(world: &mut World, address: &str) -> Verdict {
    let take = Gate::Take { address: address.to_owned(), bucket: BUCKET };
    serde_json::from_value(body(&world.ask(&gate(), Message::Gate(take)))).unwrap()
}

#[test]
fn no_address_ever_gets_more_than_its_burst_and_what_flowed_in() {
    let mut world = World::new(110);
    let began = world.now;
    let mut taken = 0;
    for n in 0..2_000_i64 {
        world.run_until(began + n * 137 % 997 + n * 60);
        taken += i64::from(take(&mut world, "203.0.113.7").allowed);
        let elapsed = world.now - began;
        let most = i64::from(BUCKET.burst) + elapsed * i64::from(BUCKET.per_minute) / 60_000;
        assert!(taken <= most, "{taken} of {most} after {elapsed} ms");
    }
    let fair = (world.now - began) * i64::from(BUCKET.per_minute) / 60_000;
    assert!(taken >= fair, "{taken} of {fair}: nothing that flowed in is lost");
}

#[test]
fn addresses_have_buckets_of_their_own_and_a_refusal_costs_nothing() {
    let mut world = World::new(111);
    while take(&mut world, "203.0.113.7").allowed {}
    let refused = take(&mut world, "203.0.113.7");
    assert_eq!((refused.allowed, refused.remaining, refused.wait_ms), (false, 0, 2_000));
    assert!(take(&mut world, "203.0.113.8").allowed);
    world.run_until(world.now + 1_999);
    assert!(!take(&mut world, "203.0.113.7").allowed);
    world.run_until(world.now + 1);
    assert!(take(&mut world, "203.0.113.7").allowed, "asking in vain has not put it off");
}

#[test]
fn a_gate_forgets_full_buckets_and_sleeps() {
    let mut world = World::new(112);
    for n in 0..100 {
        take(&mut world, &format!("10.0.0.{n}"));
        world.run_until(world.now + SWEEP_EVERY_MS);
    }
    let kept = world.sql(&gate()).number("SELECT COUNT(*) FROM buckets");
    assert!((1..=8).contains(&kept), "{kept} are kept");
    assert_eq!(world.sql(&gate()).number("SELECT COUNT(*) FROM inbox_asks"), 0, "and no replies");
    world.run();
    assert_eq!(world.sql(&gate()).number("SELECT COUNT(*) FROM buckets"), 0);
    assert_eq!(actor::next_wake(world.sql(&gate()), Kind::Gate).unwrap(), None);
}

/// Asks under a key, with a digest of the request.
fn keyed(world: &mut World, to: &ActorName, fingerprint: &str, message: Message) -> Reply {
    let from = Sender::Edge { id: "key-1".to_owned(), fingerprint: Some(fingerprint.to_owned()) };
    let envelope = Envelope { from, to: to.clone(), message };
    let reply = world.receive(to, &serde_json::to_string(&envelope).unwrap()).unwrap();
    serde_json::from_str(&reply).unwrap()
}

fn code(reply: &Reply) -> RefusalCode {
    match reply {
        Reply::Refused(refusal) => refusal.code,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_key_stands_for_one_request() {
    let mut studio = Studio::new(113);
    let me = ActorName::Job(picasso_actors::ids::JobId::random(&studio.project, &mut studio.world.seed));
    let spec = studio.spec(&[Openai], 1);
    let first = keyed(&mut studio.world, &me, "f-1", start(spec.clone()));
    let again = keyed(&mut studio.world, &me, "f-1", start(spec.clone()));
    let Reply::Again(again) = again else { panic!("{again:?}") };
    assert_eq!(
        serde_json::to_string(&again).unwrap(),
        serde_json::to_string(&first).unwrap(),
        "byte for byte"
    );
    let other = keyed(&mut studio.world, &me, "f-2", start(spec.clone()));
    assert_eq!(code(&other), RefusalCode::KeyReused);
    studio.world.run();
    assert_eq!(studio.world.outside.paid, 1);

    // A day and more later the reply is forgotten, but not the job.
    assert_eq!(studio.world.sql(&me).number("SELECT COUNT(*) FROM inbox_asks"), 0);
    let late = keyed(&mut studio.world, &me, "f-1", start(spec.clone()));
    assert_eq!(serde_json::to_string(&late).unwrap(), serde_json::to_string(&first).unwrap());
    let other = job::Spec { variants: 2, ..spec };
    assert_eq!(code(&keyed(&mut studio.world, &me, "f-3", start(other))), RefusalCode::KeyReused);
}

#[test]
fn what_is_refused_leaves_the_key_free() {
    let mut studio = Studio::new(114);
    let me = ActorName::Project(studio.project.clone());
    let unknown = picasso_actors::ids::ProgressionId::random(&studio.project, &mut studio.world.seed);
    let id = picasso_actors::ids::ProgressionId::random(&studio.project, &mut studio.world.seed);
    let roll_back = project::Message::Rollback { to: unknown, id };
    let refused = keyed(&mut studio.world, &me, "f-1", Message::Project(roll_back));
    assert_eq!(code(&refused), RefusalCode::NotFound);
    let commission = || Message::Project(project::Message::Commission);
    let first = keyed(&mut studio.world, &me, "f-2", commission());
    let Reply::Again(again) = keyed(&mut studio.world, &me, "f-2", commission()) else { panic!() };
    assert_eq!(body(&again), body(&first), "one artifact, however often it's asked for");
}
