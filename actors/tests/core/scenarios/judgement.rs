//! What the judge is asked and what becomes of its answer; what a refinement that failed says.

use picasso_actors::effect::{Output, Task};
use picasso_actors::job::judge::Question;
use picasso_actors::job::stage::Stage;
use picasso_actors::project::{self, Filter};
use picasso_actors::provider::FailureClass;
use picasso_actors::provider::Provider::{Openai, Workers};
use serde_json::{Value, json};

use crate::studio::{Studio, body};
use crate::world::outside::Play;

fn answers(studio: &mut Studio, answer: &'static str) {
    studio.world.script(move |call| {
        (call.work.stage == Stage::Judge).then(|| Play::Says(900, Ok(Output::Answer(answer.into()))))
    });
}

fn questions(studio: &Studio) -> Vec<Question> {
    let of = |task: &Task| match task {
        Task::Judge { question, .. } => question.clone(),
        other => panic!("{other:?}"),
    };
    studio.calls(Stage::Judge).iter().map(|call| of(&call.work.task)).collect()
}

#[test]
fn scores_are_told_shown_and_kept() {
    let mut studio = Studio::new(140);
    answers(
        &mut studio,
        r#"{"verdict":"pass","notes":"Fine.","scores":{"subject":9,"composition":8,"text":null,"style":7,"safety":10}}"#,
    );
    let job = studio.run(&[Workers], 1);
    studio.check_ended(&job);
    let scores = json!({"subject": 9, "composition": 8, "text": null, "style": 7, "safety": 10});
    let events = studio.events_of(Workers, 0);
    let told: Vec<&Value> =
        events.iter().filter(|it| it.kind == "judge").map(|it| &it.data["scores"]).collect();
    assert_eq!(told, [&scores]);
    assert_eq!(studio.fetch(&job)["variants"][0]["scores"], scores);
    let all = Filter { limit: 9, ..Filter::default() };
    let page = body(&studio.ask_project(project::Message::Progressions(all)));
    assert_eq!(page["progressions"][0]["scores"], scores);
    assert_eq!(studio.world.d1.json("SELECT scores FROM image_progressions"), scores);
}

#[test]
fn a_pass_with_an_unsafe_score_ends_as_a_fail() {
    let mut studio = Studio::new(141);
    answers(&mut studio, r#"{"verdict":"pass","notes":"Fine.","scores":{"subject":9,"safety":1}}"#);
    let job = studio.run(&[Workers], 1);
    let shown = studio.fetch(&job);
    assert_eq!((&shown["variants"][0]["judgment"], &shown["passed"]), (&json!("fail"), &json!(0)));
    assert!(shown["variants"][0]["notes"].as_str().unwrap().contains("safety"));
    assert!(shown["variants"][0]["retrySuggestion"].is_string());
}

#[test]
fn a_judge_whose_answer_was_no_verdict_is_reminded_of_the_form() {
    let mut studio = Studio::new(142);
    answers(&mut studio, "A boat. I like it.");
    let job = studio.run(&[Workers], 2);
    studio.check_ended(&job);
    let asked = questions(&studio);
    let again: Vec<bool> = asked.iter().map(|question| question.again).collect();
    assert_eq!((again.iter().filter(|it| **it).count(), again.len()), (2, 4), "once each");
    assert!(asked.iter().all(|it| it.text(1).contains("couldn't be used") == it.again));
    let codes: std::collections::BTreeSet<String> = asked.into_iter().map(|it| it.code).collect();
    assert_eq!(codes.len(), 4, "each question has a code of its own");
}

#[test]
fn a_licence_that_is_not_accepted_leaves_no_verdict_and_says_what_to_do() {
    let mut studio = Studio::new(143);
    studio
        .world
        .script(|call| (call.work.stage == Stage::Judge).then(|| Play::fails(200, FailureClass::Auth)));
    let job = studio.run(&[Workers], 1);
    studio.check_ended(&job);
    assert_eq!(studio.calls(Stage::Judge).len(), 1, "asking again can't help");
    let row = &studio.rows(&job)[0];
    assert_eq!(
        (&row["judgment"], &row["notes"]),
        (&json!(null), &json!("The judge came to no verdict: scripted auth"))
    );
}

#[test]
fn a_prompt_that_could_not_be_refined_says_so() {
    let mut studio = Studio::new(144);
    studio
        .world
        .script(|call| (call.work.stage == Stage::Refine).then(|| Play::fails(40, FailureClass::Storage)));
    let job = studio.run(&[Openai], 2);
    studio.check_ended(&job);
    for variant in studio.fetch(&job)["variants"].as_array().unwrap() {
        let refined =
            json!({"text": "A red boat on a calm sea", "tips": [], "note": "Not refined: scripted storage"});
        assert_eq!(variant["refined"], refined);
    }
}
