//! Messages: delivered more than once, to the wrong actor, or into a turn that fails.

use picasso_actors::actor;
use picasso_actors::address::ActorName;
use picasso_actors::ids::{ArtifactId, JobId, ProjectId};
use picasso_actors::job::Spec;
use picasso_actors::job::stage::Stage;
use picasso_actors::protocol::{Envelope, Message, RefusalCode, Reply, Sender};
use picasso_actors::provider::Provider::{self, Openai};
use picasso_actors::sql::{Fault, Sql as _};
use picasso_actors::{artifact, job, project, session};

use crate::studio::{Studio, body, start};
use crate::world::network::Fate;

/// Everything that every actor holds, once the job is over.
fn dump(studio: &mut Studio) -> Vec<String> {
    let names = studio.world.names();
    names.iter().map(|me| format!("{me}\n{}", studio.world.sql(me).dump())).collect()
}

fn refusal(reply: &Reply) -> RefusalCode {
    match reply {
        Reply::Refused(refusal) => refusal.code,
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_message_delivered_twice_has_the_effect_of_one() {
    let story = |fate: Fate| {
        let mut studio = Studio::new(40);
        studio.world.network = Box::new(move |_, _, _| fate);
        let job = studio.run(&Provider::ALL, 2);
        studio.check_ended(&job);
        (dump(&mut studio), studio.world.sockets.clone(), studio.world.d1.dump())
    };
    assert_eq!(story(Fate::Arrives), story(Fate::ArrivesTwice));
}

#[test]
fn a_parcel_whose_receipt_is_lost_is_sent_again_without_harm() {
    let mut studio = Studio::new(41);
    let mut sent = 0;
    studio.world.network = Box::new(move |_, _, _| {
        sent += 1;
        if sent % 3 == 0 { Fate::Arrives } else { Fate::ArrivesUnheard }
    });
    let job = studio.run(&Provider::ALL, 2);
    studio.check_ended(&job);
    assert_eq!(studio.events().len(), 6 * 8 + 1);
}

#[test]
fn an_ask_repeated_under_its_id_gets_the_same_words_and_does_nothing() {
    let mut studio = Studio::new(42);
    let job = JobId::random(&studio.project, &mut studio.world.seed);
    let asks: Vec<(ActorName, Message)> = vec![
        (ActorName::Session(studio.session.clone()), Message::Session(session::Message::MintTicket)),
        (ActorName::Job(job.clone()), start(studio.spec(&[Openai], 1))),
        (
            ActorName::Project(studio.project.clone()),
            Message::Project(project::Message::Update {
                name: Some("Ocean".into()),
                description: None,
                budget: None,
                near_duplicates: None,
            }),
        ),
        (
            ActorName::Project(studio.project.clone()),
            Message::Project(project::Message::Create { name: "Again".into(), description: String::new() }),
        ),
    ];
    for (n, (to, message)) in asks.into_iter().enumerate() {
        let id = format!("ask-{n}");
        let first = studio.world.ask_as(&id, &to, message.clone()).unwrap();
        let before = studio.world.sql(&to).dump();
        let again = studio.world.ask_as(&id, &to, message).unwrap();
        assert_eq!(serde_json::to_string(&first).unwrap(), serde_json::to_string(&again).unwrap());
        assert_eq!(studio.world.sql(&to).dump(), before, "{to}");
    }
}

#[test]
fn a_job_takes_its_specification_again_and_no_other() {
    let mut studio = Studio::new(43);
    let job = studio.start(&[Openai], 2);
    let me = ActorName::Job(job.clone());
    let same = studio.spec(&[Openai], 2);
    assert_eq!(body(&studio.world.ask(&me, start(same.clone())))["variants"], 2);
    let others = [
        Spec { variants: 3, ..same.clone() },
        Spec { prompt: "A blue boat".into(), ..same.clone() },
        Spec { providers: Provider::ALL.to_vec(), ..same.clone() },
        Spec { deadline_ms: 1_000, ..same },
    ];
    for other in others {
        assert_eq!(refusal(&studio.world.ask(&me, start(other))), RefusalCode::KeyReused);
    }
    studio.world.run();
    studio.check_ended(&job);
    assert_eq!(studio.variants(&job).len(), 2);
}

#[test]
fn a_job_of_another_project_is_refused() {
    let mut studio = Studio::new(44);
    let other = ProjectId::random(&mut studio.world.seed);
    let me = ActorName::Job(JobId::random(&other, &mut studio.world.seed));
    let spec = studio.spec(&[Openai], 1);
    assert_eq!(refusal(&studio.world.ask(&me, start(spec))), RefusalCode::Misaddressed);
    assert_eq!(refusal(&studio.world.ask(&me, Message::Job(job::Message::Fetch))), RefusalCode::NotFound);
}

#[test]
fn an_envelope_for_another_actor_is_refused_and_leaves_no_trace() {
    let mut studio = Studio::new(45);
    let me = ActorName::Session(studio.session.clone());
    let other = ActorName::parse("session:grace-phone").unwrap();
    let before = studio.world.sql(&me).dump();
    for from in [
        Sender::Edge { id: "e-1".into(), fingerprint: None },
        Sender::Actor { name: ActorName::Project(studio.project.clone()), seq: 1 },
    ] {
        let message = Message::Session(session::Message::MintTicket);
        let envelope = serde_json::to_string(&Envelope { from, to: other.clone(), message }).unwrap();
        let reply: Reply = serde_json::from_str(&studio.world.receive(&me, &envelope).unwrap()).unwrap();
        assert_eq!(refusal(&reply), RefusalCode::Misaddressed);
        assert_eq!(studio.world.sql(&me).dump(), before);
    }
}

#[test]
fn a_message_for_another_kind_of_actor_is_refused() {
    let mut studio = Studio::new(46);
    let job = studio.run(&[Openai], 1);
    let artifact = ArtifactId::random(&mut studio.world.seed);
    let actors = [
        ActorName::Session(studio.session.clone()),
        ActorName::Project(studio.project.clone()),
        ActorName::Job(job),
        ActorName::Artifact(artifact),
    ];
    let messages = [
        Message::Session(session::Message::MintTicket),
        Message::Project(project::Message::Fetch),
        Message::Job(job::Message::Fetch),
        Message::Artifact(artifact::Message::Serve { pass: None }),
    ];
    for (a, actor) in actors.iter().enumerate() {
        for (m, message) in messages.iter().enumerate() {
            let reply = studio.world.ask(actor, message.clone());
            let misaddressed =
                matches!(&reply, Reply::Refused(refusal) if refusal.code == RefusalCode::Misaddressed);
            assert_eq!(misaddressed, a != m, "{actor}: {message:?} → {reply:?}");
        }
    }
}

#[test]
fn a_fault_anywhere_in_a_turn_leaves_nothing_of_it() {
    let mut studio = Studio::new(47);
    let job = JobId::random(&studio.project, &mut studio.world.seed);
    let me = ActorName::Job(job.clone());
    let before = studio.world.sql(&me).dump();
    let spec = studio.spec(&Provider::ALL, 2);
    let mut blown = 0;
    loop {
        studio.world.sql(&me).blow_after(blown);
        match studio.world.ask_as("start", &me, start(spec.clone())) {
            Ok(reply) => {
                assert_eq!(body(&reply)["variants"], 6);
                break;
            }
            Err(fault) => assert!(matches!(fault, Fault::Storage(_)), "{fault}"),
        }
        assert_eq!(studio.world.sql(&me).dump(), before, "after {blown} statements");
        assert!(studio.world.outside.calls.is_empty());
        blown += 1;
    }
    assert!(blown > 10, "the fuse blew at every statement: {blown}");
    studio.world.run();
    studio.check_ended(&job);
}

#[test]
fn a_fault_while_a_result_is_taken_in_loses_neither_the_result_nor_the_others() {
    let mut studio = Studio::new(48);
    let job = studio.start(&Provider::ALL, 1);
    let me = ActorName::Job(job.clone());
    // The fuse is set again and again, so that it hits turns of every kind.
    for blown in 0..40 {
        studio.world.sql(&me).blow_after(blown % 9);
        studio.world.run_until(studio.world.now + 400);
    }
    studio.world.run();
    studio.check_ended(&job);
    assert_eq!(studio.world.outside.paid, 3);
}

#[test]
fn a_parcel_stops_at_the_first_fault_and_goes_on_from_there() {
    let mut studio = Studio::new(49);
    let session = ActorName::Session(studio.session.clone());
    let job = studio.start(&Provider::ALL, 2);
    // Six `queued` events are on their way in one parcel; the session's storage fails in the third.
    studio.world.sql(&session).blow_after(9);
    studio.world.run_until(studio.world.now + 20);
    let seen = studio.events().len();
    assert!((1..6).contains(&seen), "{seen} came through");
    studio.world.run();
    studio.check_ended(&job);
    assert_eq!(studio.events().len(), 6 * 8 + 1);
}

#[test]
fn a_query_is_answered_and_not_remembered() {
    let mut studio = Studio::new(50);
    let job = studio.run(&[Openai], 1);
    let me = ActorName::Job(job.clone());
    let before = studio.world.sql(&me).dump();
    studio.fetch(&job);
    assert_eq!(studio.world.sql(&me).dump(), before);
}

#[test]
fn the_holder_of_a_job_that_never_began_has_nothing_to_do() {
    let mut studio = Studio::new(51);
    let me = ActorName::Job(JobId::random(&studio.project, &mut studio.world.seed));
    studio.world.turn(&me, |turn| actor::wake(turn, "life-1")).unwrap();
    assert_eq!(actor::next_wake(studio.world.sql(&me), me.kind()).unwrap(), None);
}

#[test]
fn a_project_that_answers_again_is_heard_once() {
    let mut studio = Studio::new(52);
    let job = studio.start(&[Openai], 1);
    let (me, project) = (ActorName::Job(job.clone()), ActorName::Project(studio.project.clone()));
    // New messages each time, as when the job had asked again: no inbox knows them.
    let answers = || {
        [
            job::Message::Recorded { ordinal: 0, near_duplicate_of: None },
            job::Message::Settled { ordinal: 0 },
            job::Message::Settled { ordinal: 7 },
        ]
    };
    for _ in 0..40 {
        studio.world.run_until(studio.world.now + 400);
        if studio.variant(&job, Openai, 0).stage > Stage::Record {
            for answer in answers() {
                let to = me.clone();
                studio.world.turn(&project, |turn| turn.tell(to, Message::Job(answer))).unwrap();
            }
        }
    }
    studio.world.run();
    studio.check_ended(&job);
    assert_eq!(studio.events().len(), 9);
}

/// Cuts one lane of one actor, for good.
fn cut(studio: &mut Studio, from: &ActorName, lane: &ActorName) {
    let (from, lane) = (from.clone(), lane.to_string());
    studio.world.network =
        Box::new(move |me, to, _| if *me == from && to == lane { Fate::Fails } else { Fate::Arrives });
}

/// What `me` has to say to `to` and couldn't yet.
fn unsent(studio: &mut Studio, me: &ActorName, to: &ActorName) -> Vec<String> {
    let lane = to.to_string();
    let items =
        studio.world.sql(me).exec("SELECT item FROM outbox WHERE lane = ? ORDER BY seq", &[lane.into()]);
    items.unwrap().iter().map(|row| row.text(0).unwrap()).collect()
}

#[test]
fn a_project_that_is_asked_again_gives_the_same_answer() {
    let mut studio = Studio::new(53);
    let job = studio.start(&[Openai], 1);
    let (me, project) = (ActorName::Job(job.clone()), ActorName::Project(studio.project.clone()));
    cut(&mut studio, &project, &me);
    // The job gives the project ten minutes, then asks again.
    studio.world.run_until(studio.world.now + 11 * 60 * 1000);
    let answers = unsent(&mut studio, &project, &me);
    assert_eq!(answers.len(), 2, "{answers:?}");
    assert_eq!(answers[0], answers[1], "and not that the picture nearly equals itself");
    studio.world.network = Box::new(|_, _, _| Fate::Arrives);
    studio.world.run();
    studio.check_ended(&job);
}

#[test]
fn a_question_to_the_project_outlives_the_one_who_asked_and_takes_no_place() {
    let mut studio = Studio::new(54);
    let job = studio.start(&[Openai], 8);
    let (me, project) = (ActorName::Job(job.clone()), ActorName::Project(studio.project.clone()));
    cut(&mut studio, &me, &project);
    for _ in 0..3 {
        studio.world.run_until(studio.world.now + 60_000);
        studio.world.crash(&me);
    }
    assert_eq!(studio.calls(Stage::Generate).len(), 8, "though eight wait for the project");
    assert_eq!(
        unsent(&mut studio, &me, &project).len(),
        1 + 8 + 8,
        "the job has said that it's open and what each call cost, and each has asked once, whatever its object's life"
    );
    studio.world.network = Box::new(|_, _, _| Fate::Arrives);
    studio.world.run();
    studio.check_ended(&job);
}
