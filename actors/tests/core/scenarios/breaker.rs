//! A model in trouble is paused for everybody: who may goes elsewhere, the others wait, and one call finds out whether it's
//! better.

use std::cell::Cell;
use std::rc::Rc;

use picasso_actors::address::ActorName;
use picasso_actors::breaker::circuit::{FIRST_PAUSE_MS, LOOK_AGAIN_MS, MOST_CALLS, PROBE_MS, WINDOW_MS};
use picasso_actors::breaker::store::FORGET_MS;
use picasso_actors::breaker::{self, Answer, Circuits, Gauge, Permit, State, Verdict};
use picasso_actors::effect::Task;
use picasso_actors::ids::{BreakerId, JobId, ProjectId};
use picasso_actors::job::Spec;
use picasso_actors::job::journal::Variant;
use picasso_actors::job::stage::Stage;
use picasso_actors::job::wishes::{Route, Routing, Wishes};
use picasso_actors::protocol::{Message, Reply};
use picasso_actors::provider::FailureClass::{self, Moderation, Overloaded, Timeout};
use picasso_actors::provider::Provider::{self, Gemini, Openai};
use serde_json::{Value, json};

use crate::studio::{Studio, body};
use crate::world::outside::{Call, Play};
use crate::world::{DAWN, World};

const MODEL: &str = "gpt-image-2";
const OTHER: &str = "gemini-nano-banana-2.1";

fn me() -> ActorName {
    ActorName::Breaker(BreakerId::of(Openai))
}

fn ask(world: &mut World, message: breaker::Message) -> Reply {
    world.ask(&me(), Message::Breaker(message))
}

fn permit(world: &mut World) -> Answer {
    let reply = ask(world, breaker::Message::Permit { model: MODEL.to_owned() });
    serde_json::from_value(body(&reply)).unwrap()
}

/// Leave to make a call; `None`: it's to wait.
fn leave(world: &mut World) -> Option<Permit> {
    match permit(world) {
        Answer::Go(permit) => Some(permit),
        Answer::Wait { .. } => None,
    }
}

fn tell(world: &mut World, job: &JobId, permit: Permit, verdict: Verdict) {
    let told = breaker::Message::Outcome { model: MODEL.to_owned(), job: job.clone(), permit, verdict };
    assert!(matches!(ask(world, told), Reply::Done));
}

fn gauge(world: &mut World) -> Gauge {
    let circuits = body(&ask(world, breaker::Message::Circuits));
    let circuits: Circuits = serde_json::from_value(circuits).unwrap();
    circuits.get(MODEL).cloned().unwrap_or_default()
}

fn jobs(world: &mut World, count: usize) -> Vec<JobId> {
    let project = ProjectId::random(&mut world.seed);
    (0..count).map(|_| JobId::random(&project, &mut world.seed)).collect()
}

/// As many calls, in turn of the jobs, come to this.
fn calls(world: &mut World, jobs: &[JobId], count: usize, verdict: Verdict) {
    for job in jobs.iter().cycle().take(count) {
        let permit = leave(world).unwrap();
        tell(world, job, permit, verdict);
    }
}

const TROUBLE: Verdict = Verdict::Trouble(Overloaded);

fn opened(seed: u64) -> (World, Vec<JobId>) {
    let mut world = World::new(seed);
    let jobs = jobs(&mut world, 3);
    calls(&mut world, &jobs, 10, TROUBLE);
    assert_eq!(gauge(&mut world).state, State::Open);
    (world, jobs)
}

#[test]
fn a_model_is_paused_for_much_trouble_of_several_jobs_within_a_minute() {
    let mut world = World::new(201);
    let jobs = jobs(&mut world, 3);
    calls(&mut world, &jobs[..2], 30, TROUBLE);
    assert_eq!(gauge(&mut world).state, State::Closed, "two jobs can be wrong");
    world.run_until(world.now + WINDOW_MS);
    calls(&mut world, &jobs, 9, TROUBLE);
    assert_eq!(gauge(&mut world).recent_calls, 9, "what was a minute ago doesn't count");
    calls(&mut world, &jobs, 20, Verdict::Unclear);
    assert_eq!((gauge(&mut world).state, gauge(&mut world).recent_calls), (State::Closed, 9));
    calls(&mut world, &jobs, 1, TROUBLE);
    let now = world.now;
    let (since, until) = (Some(now), Some(now + FIRST_PAUSE_MS));
    assert_eq!(
        gauge(&mut world),
        Gauge { state: State::Open, since, until, recent_calls: 10, recent_trouble: 10 }
    );
    assert_eq!(permit(&mut world), Answer::Wait { until: now + FIRST_PAUSE_MS, trouble: Overloaded });
    let other = ask(&mut world, breaker::Message::Permit { model: "gpt-image-2.6-flare".to_owned() });
    assert_eq!(body(&other), json!({"go": {"at": now, "probe": false}}), "its sisters are well");
}

#[test]
fn a_model_that_serves_one_of_four_goes_on() {
    let mut world = World::new(202);
    let jobs = jobs(&mut world, 5);
    for _ in 0..20 {
        calls(&mut world, &jobs, 1, Verdict::Served);
        calls(&mut world, &jobs, 3, TROUBLE);
    }
    assert_eq!(gauge(&mut world).state, State::Closed);
}

#[test]
fn a_hundred_who_come_together_make_one_probe() {
    let (mut world, jobs) = opened(203);
    world.run_until(world.now + FIRST_PAUSE_MS);
    let probes: Vec<Permit> = (0..100).filter_map(|_| leave(&mut world)).collect();
    let [probe] = probes[..] else { panic!("{probes:?}") };
    assert!(probe.probe);
    world.run_until(world.now + LOOK_AGAIN_MS);
    assert_eq!(leave(&mut world), None, "while it's under way");
    tell(&mut world, &jobs[0], probe, Verdict::Served);
    assert_eq!((0..100).filter_map(|_| leave(&mut world)).filter(|it| !it.probe).count(), 100);
    let since = Some(world.now);
    assert_eq!(gauge(&mut world), Gauge { since, ..Gauge::default() }, "and what was is forgotten");
}

#[test]
fn a_probe_that_nobody_hears_of_blocks_nobody_for_ever() {
    let (mut world, jobs) = opened(204);
    world.run_until(world.now + FIRST_PAUSE_MS);
    assert!(leave(&mut world).is_some_and(|it| it.probe));
    world.run_until(world.now + PROBE_MS - 1);
    assert_eq!(leave(&mut world), None);
    world.run_until(world.now + 1);
    let next = leave(&mut world).filter(|it| it.probe).unwrap();
    tell(&mut world, &jobs[1], next, Verdict::Trouble(Timeout));
    let until = world.now + 2 * FIRST_PAUSE_MS;
    assert_eq!(permit(&mut world), Answer::Wait { until, trouble: Timeout });
}

#[test]
fn nothing_is_forgotten_with_the_object_and_nothing_is_kept_for_ever() {
    let (mut world, jobs) = opened(205);
    world.crash(&me());
    assert_eq!(leave(&mut world), None);
    world.run_until(world.now + FIRST_PAUSE_MS);
    let probe = leave(&mut world).unwrap();
    tell(&mut world, &jobs[0], probe, Verdict::Served);
    for _ in 0..50 {
        calls(&mut world, &jobs, 7, Verdict::Served);
        calls(&mut world, &jobs, 3, TROUBLE);
    }
    let kept = world.sql(&me()).number("SELECT COUNT(*) FROM calls");
    assert_eq!(kept, i64::from(MOST_CALLS));
    assert_eq!(world.sql(&me()).number("SELECT COUNT(*) FROM inbox_asks"), 0, "and no replies");
    world.run_until(world.now + FORGET_MS);
    assert_eq!(gauge(&mut world), Gauge { since: gauge(&mut world).since, ..Gauge::default() });
    calls(&mut world, &jobs, 1, Verdict::Served);
    assert_eq!(world.sql(&me()).number("SELECT COUNT(*) FROM calls"), 1);
    assert_eq!(world.alarm(&me()), None, "it wakes for nobody");
}

fn route(provider: Provider, model: &str) -> Route {
    Route { provider, model: model.to_owned() }
}

/// A job of one picture, that may ask another model or not.
fn one(studio: &Studio, fallback: bool) -> Spec {
    let mut routes = vec![route(Openai, MODEL)];
    if fallback {
        routes.push(route(Gemini, OTHER));
    }
    Spec {
        wishes: Wishes { routing: Routing { fallback, ..Routing::default() }, ..Wishes::default() },
        routes: vec![routes],
        ..studio.spec(&[Openai], 1)
    }
}

fn asks(call: &Call, model: &str) -> bool {
    matches!(&call.work.task, Task::Generate { request, .. } if request.model == model)
}

/// The breaker of this call's provider says to wait for `ms` milliseconds.
fn wait(call: &Call, ms: i64) -> Play {
    let now = call.at + 1;
    Play::Says(1, Err(breaker::paused(Openai, MODEL, Overloaded, now + ms, now)))
}

/// The calls that the ledger knows: model and outcome.
fn ledger(studio: &Studio, job: &JobId) -> Value {
    studio.world.d1.json(&format!(
        "SELECT json_group_array(model || ' ' || outcome) FROM
           (SELECT * FROM provider_calls WHERE job_id = '{job}' AND task = 'generate' ORDER BY attempt)"
    ))
}

fn only(studio: &mut Studio, job: &JobId) -> Variant {
    studio.variants(job).remove(0)
}

#[test]
fn a_job_that_may_go_elsewhere_goes_at_once_and_says_why() {
    let mut studio = Studio::new(211);
    studio.world.script(|call| asks(call, MODEL).then(|| wait(call, 15_000)));
    let spec = one(&studio, true);
    let job = studio.start_as(spec);
    studio.world.run();
    studio.check_ended(&job);
    let variant = only(&mut studio, &job);
    let why = "openai/gpt-image-2 is paused after repeated trouble: overloaded";
    assert_eq!((variant.hops[0].failure.message.as_str(), variant.serving()), (why, Gemini));
    let asked = studio.calls(Stage::Generate).into_iter().map(|call| call.at - DAWN).collect::<Vec<_>>();
    assert!(asked.len() == 2 && asked[1] - asked[0] < 1_000, "{asked:?}");
    assert_eq!(ledger(&studio, &job), json!(["gemini-model ok"]), "nobody was asked in vain");
    let told = studio.events_of(Openai, 0).into_iter().find(|event| event.data["errorClass"] == "circuit");
    assert_eq!(told.unwrap().data["notes"], format!("{why}; asking gemini's {OTHER} instead."));
}

/// A pause is no attempt: after any number of them all four that an overload is worth are left.
#[test]
fn a_job_that_may_not_waits_and_has_all_its_attempts_left() {
    let mut studio = Studio::new(212);
    let asked = Rc::new(Cell::new(0));
    let count = Rc::clone(&asked);
    studio.world.script(move |call| {
        let nth = count.get();
        count.set(nth + i32::from(asks(call, MODEL)));
        match nth {
            _ if !asks(call, MODEL) => None,
            0..=9 => Some(wait(call, 15_000)),
            10 | 12 | 13 => Some(Play::fails(100, Overloaded)),
            11 => Some(wait(call, 30_000)),
            _ => None,
        }
    });
    let spec = one(&studio, false);
    let job = studio.start_as(spec);
    studio.world.run();
    studio.check_ended(&job);
    assert_eq!(asked.get(), 15);
    assert_eq!((studio.fetch(&job)["completed"].clone(), studio.world.outside.paid), (json!(1), 1));
    let [bad, good] = ["gpt-image-2 overloaded", "openai-model ok"];
    assert_eq!(ledger(&studio, &job), json!([bad, bad, bad, good]));
    let times: Vec<i64> = studio.calls(Stage::Generate).iter().map(|call| call.at).collect();
    assert!(times.windows(2).take(10).all(|pair| (15_000..=17_010).contains(&(pair[1] - pair[0]))));
    let notes = studio.events_of(Openai, 0).into_iter().filter_map(|event| {
        event.data["notes"].as_str().map(str::to_owned).filter(|notes| notes.contains("is paused"))
    });
    let notes: Vec<String> = notes.collect();
    assert_eq!(notes.len(), 11);
    assert!(notes[0].contains("overloaded; trying again in 1"), "{}", notes[0]);
}

#[test]
fn the_deadline_ends_a_wait_as_soon_as_it_is_in_vain() {
    for (pause, ended) in [(15_000, 60_000), (70_000, 1_000)] {
        let mut studio = Studio::new(213);
        studio.world.script(move |call| asks(call, MODEL).then(|| wait(call, pause)));
        let spec = Spec { deadline_ms: 60_000, ..one(&studio, false) };
        let job = studio.start_as(spec);
        studio.world.run();
        studio.check_ended(&job);
        let last = studio.events_of(Openai, 0).pop().unwrap();
        assert_eq!((last.kind.as_str(), &last.data["errorClass"]), ("fail", &json!("circuit")), "{last:?}");
        assert!(last.ts - DAWN <= ended && last.ts - DAWN >= ended - 20_000, "{}", last.ts - DAWN);
        assert_eq!((studio.world.outside.paid, ledger(&studio, &job)), (0, json!([])));
    }
}

/// Jobs, breaker and provider together: those who made the trouble fail, those who come then wait, one finds out that it's over.
#[test]
fn trouble_that_passes_is_waited_for_and_nobody_is_asked_meanwhile() {
    let mut studio = Studio::new(214);
    studio.world.has_breakers = true;
    let well = DAWN + 40_000;
    studio.world.script(move |call| {
        (asks(call, MODEL) && call.at < well).then(|| Play::fails(200, FailureClass::Overloaded))
    });
    let mut jobs: Vec<JobId> = (0..4)
        .map(|_| {
            let spec = one(&studio, false);
            studio.start_as(spec)
        })
        .collect();
    studio.world.run_until(DAWN + 12_000);
    let opened = gauge(&mut studio.world);
    assert_eq!(opened.state, State::Open);
    let since = opened.since.unwrap();
    for _ in 0..8 {
        let spec = one(&studio, false);
        jobs.push(studio.start_as(spec));
    }
    studio.world.run();
    for job in &jobs {
        studio.check_ended(job);
    }
    let late: Vec<Value> = jobs[4..].iter().map(|job| studio.fetch(job)["completed"].clone()).collect();
    assert_eq!(late, vec![json!(1); 8], "all who waited");
    let asked: Vec<i64> = studio.calls(Stage::Generate).iter().map(|call| call.at).collect();
    let during = asked.iter().filter(|at| **at > since && **at < well);
    assert!(during.count() <= 2, "a probe a pause: {asked:?}");
    let closed = gauge(&mut studio.world);
    assert!(closed.state == State::Closed && closed.since > Some(well), "{closed:?}");
}

/// What the request or the account is to blame for pauses nobody.
#[test]
fn refusals_open_no_circuit() {
    let mut studio = Studio::new(215);
    studio.world.has_breakers = true;
    studio.world.script(|call| asks(call, MODEL).then(|| Play::fails(100, Moderation)));
    for _ in 0..12 {
        let spec = one(&studio, false);
        studio.start_as(spec);
    }
    studio.world.run();
    assert_eq!((studio.calls(Stage::Generate).len(), gauge(&mut studio.world)), (12, Gauge::default()));
}
