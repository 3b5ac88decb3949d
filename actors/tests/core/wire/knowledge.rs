//! Tips as they are stored and shown, preferences as they are kept, and what a job says about both.

use picasso_actors::job::judge::Strictness;
use picasso_actors::job::refine::Refinement;
use picasso_actors::job::wishes::Wishes;
use picasso_actors::knowledge::{self, Change, Expected, Key};
use picasso_actors::preferences::{self, Preferences};
use picasso_actors::read_model::Query;
use picasso_actors::sql::Sql as _;

use super::{pin, pin_text, pin_written, session};
use crate::world::World;

const TIP: &str = r#"{"key":"openai/soft-light","title":"Light","tip":"Name the light.","when":{"ops":["edit"],"any":["boat"]},
    "source":"https://a.example/b"}"#;

fn shown(world: &World, query: &Query) -> String {
    world.d1.first(query.statement, &query.params).unwrap().unwrap().text(0).unwrap()
}

#[test]
fn a_tip() {
    let world = World::new(1);
    let tip = knowledge::new_tip(TIP.as_bytes()).unwrap();
    let stored = |version: u32| {
        r#"{"id":"openai/soft-light","provider":"openai","version":VERSION,"title":"Light","tip":"Name the light.",
        "when":{"ops":["edit"],"any":["boat"]},"source":"https://a.example/b"}"#
            .replace("VERSION", &version.to_string())
    };
    pin_written(&tip, &stored(0));
    let made = shown(&world, &knowledge::change(&Change::Make(tip), Expected::default()).unwrap());
    pin_text(&made, r#"["openai/soft-light"]"#);
    let values = world.d1.rows("SELECT value FROM knowledge_base", &[]);
    pin_text(&values[0].text(0).unwrap(), &stored(1));
    world.d1.script("UPDATE knowledge_versions SET created_at = 7");

    let key = Key::parse("openai", "soft-light").unwrap();
    let body = r#""key":"openai/soft-light","version":1,"revision":1,"provider":"openai","title":"Light","tip":"Name the light.",
        "when":{"ops":["edit"],"any":["boat"]},"source":"https://a.example/b""#;
    pin_text(&shown(&world, &knowledge::one(&key)), &format!(r#"{{{body},"updatedAt":7}}"#));
    pin_text(
        &shown(&world, &knowledge::list(&[]).unwrap()),
        &format!(r#"{{"tips":[{{{body},"updatedAt":7}}],"nextCursor":null,"revision":1}}"#),
    );
    pin_text(
        &shown(&world, &knowledge::versions(&key, &[]).unwrap()),
        &format!(
            r#"{{"key":"openai/soft-light","versions":[{{{body},"deleted":false,"createdAt":7}}],"nextCursor":null}}"#
        ),
    );
}

#[test]
fn preferences_of_a_session() {
    pin(&Preferences::default(), "{}");
    let literal = r#"
        {"providers":["gemini","workers"],"variants":3,"size":"1024x768","quality":"high","refinement":"suggest",
        "rewrite":true,"strictness":"strict","tone":"friendly"}
    "#;
    pin(&preferences::parse(literal.as_bytes()).unwrap(), literal);
    pin(&preferences::parse(br#"{"aspect":"4:3"}"#).unwrap(), r#"{"aspect":"4:3"}"#);
    assert_eq!(preferences::key(&session()), "session:ada-laptop");
}

#[test]
fn what_a_job_says_of_its_prompt_and_its_judge() {
    let wishes = Wishes {
        refinement: Refinement::Off,
        rewrite: true,
        knowledge_revision: Some(9),
        strictness: Strictness::Lenient,
        ..Wishes::default()
    };
    pin(&wishes, r#"{"refinement":"off","rewrite":true,"knowledgeRevision":9,"strictness":"lenient"}"#);
}
