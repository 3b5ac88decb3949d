//! Another model serves, where that's allowed; and what has to stay of a picture stays.

use picasso_actors::address::ActorName;
use picasso_actors::effect::Task;
use picasso_actors::ids::{JobId, ProgressionId};
use picasso_actors::ingest::Input;
use picasso_actors::job::Spec;
use picasso_actors::job::stage::Stage;
use picasso_actors::job::wishes::{Materials, Route, Routing, Wishes};
use picasso_actors::operation::Operation;
use picasso_actors::project;
use picasso_actors::protocol::Message;
use picasso_actors::provider::FailureClass::{self, ModelGone, Moderation, Overloaded, Quota};
use picasso_actors::provider::Provider::{self, Gemini, Openai};
use picasso_actors::provider::Role;
use serde_json::{Value, json};

use crate::studio::{Studio, body};
use crate::world::outside::Play;

fn route(provider: Provider, model: &str) -> Route {
    Route { provider, model: model.to_owned() }
}

/// A job of one picture for which both may be asked, in this order.
fn routed(studio: &Studio) -> Spec {
    Spec {
        wishes: Wishes { routing: Routing { fallback: true, ..Routing::default() }, ..Wishes::default() },
        routes: vec![vec![route(Openai, "gpt-image-2"), route(Gemini, "gemini-nano-banana-2.1")]],
        ..studio.spec(&[Openai], 1)
    }
}

/// Whoever is asked for this model fails.
fn fails(studio: &mut Studio, model: &'static str, class: FailureClass) {
    studio.world.script(move |call| match &call.work.task {
        Task::Generate { request, .. } if request.model == model => Some(Play::fails(100, class)),
        _ => None,
    });
}

fn models(studio: &Studio) -> Vec<String> {
    let model = |call: crate::world::outside::Call| match call.work.task {
        Task::Generate { request, .. } => request.model,
        other => panic!("{other:?}"),
    };
    let mut models: Vec<String> = studio.calls(Stage::Generate).into_iter().map(model).collect();
    models.dedup();
    models
}

fn progressions(studio: &mut Studio) -> Vec<Value> {
    let filter = project::Filter { limit: 50, ..project::Filter::default() };
    let page = body(&studio.ask_project(project::Message::Progressions(filter)));
    page["progressions"].as_array().unwrap().clone()
}

fn finished(studio: &mut Studio, spec: Spec) -> JobId {
    let job = studio.start_as(spec);
    studio.world.run();
    studio.check_ended(&job);
    job
}

#[test]
fn another_model_serves_when_the_first_cannot_and_the_row_says_so() {
    for class in [Overloaded, Quota, FailureClass::Auth, FailureClass::NoImage] {
        let mut studio = Studio::new(61);
        fails(&mut studio, "gpt-image-2", class);
        let spec = routed(&studio);
        let job = finished(&mut studio, spec);
        assert_eq!(models(&studio), ["gpt-image-2", "gemini-nano-banana-2.1"], "{class:?}");
        let row = &progressions(&mut studio)[0];
        assert_eq!(
            (&row["requestedProvider"], &row["requestedModel"], &row["provider"]),
            (&json!("openai"), &json!("gpt-image-2"), &json!("gemini"))
        );
        assert_eq!(row["reroutes"], json!([format!("scripted {}", class.as_str())]));
        let hops = studio.events_of(Openai, 0).into_iter();
        let told: Vec<Value> =
            hops.filter(|event| !event.data["errorClass"].is_null()).map(|event| event.data).collect();
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(
            told[0]["notes"].as_str().unwrap().ends_with("asking gemini's gemini-nano-banana-2.1 instead.")
        );
        assert_eq!(studio.fetch(&job)["variants"][0]["provider"], "openai", "it keeps its place");
    }
}

#[test]
fn a_prompt_is_refined_for_whoever_is_asked() {
    let mut studio = Studio::new(62);
    fails(&mut studio, "gpt-image-2", Quota);
    let spec = routed(&studio);
    finished(&mut studio, spec);
    let asked: Vec<Provider> = studio
        .calls(Stage::Refine)
        .into_iter()
        .map(|call| match call.work.task {
            Task::Refine(ask) => ask.provider,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(asked, [Openai, Gemini]);
}

#[test]
fn nobody_else_is_asked_when_the_request_is_to_blame_or_does_not_allow_it() {
    for (class, fallback) in [(Moderation, true), (FailureClass::BadRequest, true), (Overloaded, false)] {
        let mut studio = Studio::new(63);
        fails(&mut studio, "gpt-image-2", class);
        let mut spec = routed(&studio);
        if !fallback {
            spec.wishes = Wishes::default();
            spec.routes[0].truncate(1);
        }
        let job = finished(&mut studio, spec);
        assert_eq!(models(&studio), ["gpt-image-2"], "{class:?}");
        assert_eq!(studio.fetch(&job)["failed"], 1);
    }
}

#[test]
fn a_model_that_is_gone_is_followed_by_its_successor_even_where_nobody_asked_for_others() {
    let mut studio = Studio::new(64);
    fails(&mut studio, "gpt-image-1.5", ModelGone);
    let mut spec = routed(&studio);
    spec.wishes = Wishes::default();
    spec.routes = vec![vec![route(Openai, "gpt-image-1.5")]];
    finished(&mut studio, spec);
    assert_eq!(models(&studio), ["gpt-image-1.5", "gpt-image-2.6-flare"]);
    assert_eq!(progressions(&mut studio)[0]["requestedModel"], "gpt-image-1.5");
}

fn input(name: &str) -> Input {
    Input {
        key: format!("project/p/inputs/{name}"),
        media_type: "image/png".to_owned(),
        width: 768,
        height: 512,
        bytes: 9,
        sha256: name.to_owned(),
    }
}

#[test]
fn what_has_to_stay_is_laid_over_the_picture_and_the_providers_bytes_are_kept() {
    let mut studio = Studio::new(65);
    let mut spec = studio.spec(&[Gemini], 1);
    spec.wishes = Wishes {
        operation: Operation::Inpaint,
        start: Some("upload:a".to_owned()),
        mask: Some("upload:b".to_owned()),
        ..Wishes::default()
    };
    spec.materials = Materials { start: Some(input("a")), mask: Some(input("b")), ..Materials::default() };
    spec.routes = vec![vec![route(Gemini, "gemini-nano-banana-2.1")]];
    let job = finished(&mut studio, spec);

    let Task::Generate { request, key, .. } = studio.calls(Stage::Generate).remove(0).work.task else {
        panic!()
    };
    let roles: Vec<Role> = request.materials.iter().map(|material| material.role).collect();
    assert_eq!(roles, [Role::Start, Role::Mask]);
    assert!(request.prompt.starts_with("The last picture is a mask of the first."), "{}", request.prompt);
    let composed = studio.calls(Stage::Compose);
    assert_eq!(composed.len(), 1);
    let Task::Compose { to, .. } = &composed[0].work.task else { panic!() };
    let row = &studio.rows(&job)[0];
    assert_eq!(row["original"], key, "the provider's exact bytes");
    for stage in [Stage::Fingerprint, Stage::Deliver, Stage::Judge] {
        let shown = match studio.calls(stage).remove(0).work.task {
            Task::Fingerprint { key } | Task::Judge { key, .. } => key,
            Task::Deliver(ask) => ask.key,
            other => panic!("{other:?}"),
        };
        assert_eq!(shown, *to, "{stage:?} sees the whole");
    }
    let shown = &progressions(&mut studio)[0];
    assert!(shown["emulated"].as_str().unwrap().contains("no mask at this provider"), "{shown}");
    assert_eq!((&shown["operation"], &shown["startImageUrl"]), (&json!("inpaint"), &json!("upload:a")));
    let id = ProgressionId::parse(shown["id"].as_str().unwrap()).unwrap();
    let me = ActorName::Project(studio.project.clone());
    let picture = body(&studio.world.ask(&me, Message::Project(project::Message::Picture(id))));
    assert_eq!(picture["key"], *to, "a job that begins with it begins with what people see");
}

#[test]
fn a_repair_that_fails_costs_no_second_picture() {
    let mut studio = Studio::new(66);
    let mut times = 0;
    studio.world.script(move |call| {
        let fails = call.work.stage == Stage::Compose && times < 2;
        times += i32::from(fails);
        fails.then(|| Play::fails(50, FailureClass::Storage))
    });
    let mut spec = studio.spec(&[Openai], 1);
    spec.wishes =
        Wishes { operation: Operation::Inpaint, mask: Some("upload:b".to_owned()), ..Wishes::default() };
    spec.materials = Materials { start: Some(input("a")), mask: Some(input("b")), ..Materials::default() };
    spec.routes = vec![vec![route(Openai, "gpt-image-2")]];
    finished(&mut studio, spec);
    assert_eq!((studio.calls(Stage::Compose).len(), studio.world.outside.paid), (3, 1));
}
