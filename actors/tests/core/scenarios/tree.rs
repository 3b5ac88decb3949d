//! A project's tree: what is found in it, page by page, and going back to an earlier step.

use std::collections::BTreeSet;

use picasso_actors::address::ActorName;
use picasso_actors::effect::Output;
use picasso_actors::ids::ProgressionId;
use picasso_actors::job::Spec;
use picasso_actors::job::stage::Stage;
use picasso_actors::project::{Filter, Message};
use picasso_actors::protocol::{RefusalCode, Reply};
use picasso_actors::provider::Provider::{self, Openai};
use serde_json::{Value, json};

use crate::studio::{Studio, body, progression};
use crate::world::outside::Play;

/// Runs one job of one picture, with a prompt and what the judge says.
fn picture(studio: &mut Studio, prompt: &str, notes: &str, tags: &[&str]) -> String {
    let answer = json!({"verdict": "pass", "notes": notes, "tags": tags}).to_string();
    studio.world.script(move |call| {
        (call.work.stage == Stage::Judge).then(|| Play::Says(900, Ok(Output::Answer(answer.as_str().into()))))
    });
    let spec = Spec { prompt: prompt.to_owned(), ..studio.spec(&[Openai], 1) };
    let job = studio.start_as(spec);
    studio.world.run();
    format!("{job}-0")
}

fn page(studio: &mut Studio, filter: Filter) -> Value {
    body(&studio.ask_project(Message::Progressions(filter)))
}

fn ids(page: &Value) -> Vec<String> {
    let items = page["progressions"].as_array().unwrap();
    items.iter().map(|it| it["id"].as_str().unwrap().to_owned()).collect()
}

fn found(studio: &mut Studio, query: &str, tags: &[&str]) -> Vec<String> {
    let tags = tags.iter().map(|tag| (*tag).to_owned()).collect();
    ids(&page(studio, Filter { query: Some(query.to_owned()), tags, limit: 50, before: None }))
}

fn only(id: &str) -> Vec<String> {
    vec![id.to_owned()]
}

#[test]
fn text_is_found_in_prompt_notes_and_tags_whatever_its_case_or_script() {
    let mut studio = Studio::new(70);
    let fjord = picture(&mut studio, "Ein Boot auf dem MÜGGELSEE, Ångström", "ГОРЫ вдали", &["ÉTÉ"]);
    let plain = picture(&mut studio, "100% a_b [c] \"quoted\" 'it''s'", "Nothing.", &[]);
    for query in ["müggelsee", "MÜGGELSEE", "ångström", "горы", "Горы", "été", "ÉTÉ", ""] {
        assert!(found(&mut studio, query, &[]).contains(&fjord), "{query:?}");
    }
    for query in ["100%", "a_b", "[c]", "\"quoted\"", "'it''s'"] {
        assert_eq!(found(&mut studio, query, &[]), only(&plain), "{query:?}: no wildcard, no quote");
    }
    for query in ["%", "_"] {
        assert_eq!(found(&mut studio, query, &[]), only(&plain), "{query:?} stands for itself");
    }
    assert!(found(&mut studio, "muggelsee", &[]).is_empty());
}

#[test]
fn a_query_longer_than_the_platforms_patterns_works() {
    let mut studio = Studio::new(71);
    let prompt = "a lighthouse on a cliff above a stormy sea at dusk, seen from a small boat";
    let id = picture(&mut studio, prompt, "Fine.", &[]);
    let query = &prompt[2..62];
    assert_eq!(query.len(), 60);
    assert_eq!(found(&mut studio, query, &[]), [id]);
    assert!(found(&mut studio, &format!("{query}!"), &[]).is_empty());
}

#[test]
fn a_progression_must_have_all_the_tags_asked_for() {
    let mut studio = Studio::new(72);
    let both = picture(&mut studio, "one", "Fine.", &["sea", "boat"]);
    let sea = picture(&mut studio, "two", "Fine.", &["sea"]);
    let neither = picture(&mut studio, "three", "Fine.", &["seaside"]);
    assert_eq!(found(&mut studio, "", &["sea"]), [sea.clone(), both.clone()]);
    assert_eq!(found(&mut studio, "", &["sea", "boat"]), only(&both));
    assert_eq!(found(&mut studio, "one", &["sea"]), only(&both));
    assert!(found(&mut studio, "two", &["boat"]).is_empty());
    assert_eq!(found(&mut studio, "", &[]), [neither, sea, both]);
}

#[test]
fn pages_show_everything_once_while_new_pictures_come_in() {
    let mut studio = Studio::new(73);
    studio.run(&Provider::ALL, 3);
    let all = ids(&page(&mut studio, Filter { limit: 50, ..Filter::default() }));
    assert_eq!(all.len(), 9);

    let (mut before, mut seen) = (None, Vec::new());
    loop {
        let shown = page(&mut studio, Filter { limit: 2, before: before.clone(), ..Filter::default() });
        seen.extend(ids(&shown));
        picture(&mut studio, "meanwhile", "Fine.", &[]);
        let Some(cursor) = shown["nextCursor"].as_str() else { break };
        let pairs = [("cursor".to_owned(), cursor.to_owned())];
        before = picasso_actors::request::filter(&pairs).unwrap().before;
    }
    assert_eq!(seen, all, "none twice, none left out, none of the new ones");
}

#[test]
fn pictures_of_one_moment_are_paged_by_their_ids() {
    let mut studio = Studio::new(74);
    studio.run(&Provider::ALL, 2);
    let me = ActorName::Project(studio.project.clone());
    studio.world.sql(&me).script("UPDATE progressions SET created_at = 5");
    let first = page(&mut studio, Filter { limit: 4, ..Filter::default() });
    let cursor = first["nextCursor"].as_str().unwrap().split_once('.').unwrap();
    let before = Some((cursor.0.parse().unwrap(), cursor.1.to_owned()));
    let second = page(&mut studio, Filter { limit: 4, before, ..Filter::default() });
    let seen: BTreeSet<String> = ids(&first).into_iter().chain(ids(&second)).collect();
    assert_eq!((seen.len(), ids(&second).len()), (6, 2));
    assert_eq!(second["nextCursor"], json!(null));
}

#[test]
fn rolling_back_begins_anew_from_an_earlier_step() {
    let mut studio = Studio::new(75);
    let step = picture(&mut studio, "A red boat", "The mast is bent.", &["boat"]);
    let id = ProgressionId::random(&studio.project, &mut studio.world.seed);
    let reply = body(&studio.ask_project(Message::Rollback { to: progression(&step), id: id.clone() }));
    assert_eq!((&reply["id"], &reply["parentProgressionId"]), (&json!(id.as_str()), &json!(step)));
    assert_eq!((&reply["operation"], &reply["prompt"]), (&json!("rollback"), &json!("A red boat")));
    assert_eq!(reply["startImageUrl"], format!("https://imagedelivery.net/h/{step}/public"));
    for field in ["generatedImageUrl", "judgment", "notes", "provider", "jobId"] {
        assert_eq!(reply[field], json!(null), "{field}");
    }
    assert_eq!(reply["tags"], json!([]));

    studio.world.run();
    let row = studio.world.d1.json(&format!(
        "SELECT json_array(parent_progression_id, original_image_r2_key, start_image_url, operation)
         FROM image_progressions WHERE id = '{id}'"
    ));
    let parent = studio.world.d1.json(&format!(
        "SELECT json_array(id, original_image_r2_key, generated_image_url, 'rollback')
         FROM image_progressions WHERE id = '{step}'"
    ));
    assert_eq!(row, parent, "its base is the step's picture");
}

#[test]
fn a_rollback_of_a_rollback_has_the_same_base() {
    let mut studio = Studio::new(76);
    let step = picture(&mut studio, "A red boat", "Fine.", &[]);
    let mut base = Vec::new();
    let mut to = progression(&step);
    for _ in 0..2 {
        let id = ProgressionId::random(&studio.project, &mut studio.world.seed);
        base.push(
            body(&studio.ask_project(Message::Rollback { to, id: id.clone() }))["startImageUrl"].clone(),
        );
        to = id;
    }
    assert_eq!(base[0], base[1]);
    assert!(base[0].is_string());
}

#[test]
fn a_rollback_is_not_found_by_what_was_said_of_another_picture() {
    let mut studio = Studio::new(77);
    let step = picture(&mut studio, "A red boat", "The mast is bent.", &["bent-mast"]);
    let id = ProgressionId::random(&studio.project, &mut studio.world.seed);
    studio.ask_project(Message::Rollback { to: progression(&step), id: id.clone() });
    assert_eq!(found(&mut studio, "bent", &[]), only(&step));
    assert_eq!(found(&mut studio, "RED boat", &[]), [id.to_string(), step]);
}

#[test]
fn there_is_no_way_back_to_what_is_not_there() {
    let mut studio = Studio::new(78);
    let id = ProgressionId::random(&studio.project, &mut studio.world.seed);
    let to = ProgressionId::random(&studio.project, &mut studio.world.seed);
    match studio.ask_project(Message::Rollback { to, id }) {
        Reply::Refused(refusal) => assert_eq!(refusal.code, RefusalCode::NotFound),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_project_shows_no_key_of_an_original() {
    let mut studio = Studio::new(79);
    studio.run(&[Openai], 1);
    for message in
        [Message::Progressions(Filter { limit: 50, ..Filter::default() }), Message::Gallery, Message::Fetch]
    {
        let shown = body(&studio.ask_project(message.clone())).to_string();
        assert!(!shown.contains("orig/"), "{message:?}: {shown}");
    }
}
