//! The knowledge base in D1: every change is kept, whoever makes it, and what stood at a revision stands there for ever.

use std::collections::BTreeSet;

use picasso_actors::job::refine::{Ask, Material, Refined, Refinement};
use picasso_actors::knowledge::{self, Change, Expected, Key, Knowledge, Tip};
use picasso_actors::operation::Operation;
use picasso_actors::provider::Provider::{self, Openai};
use picasso_actors::read_model::Query;
use picasso_actors::sql::Sql as _;
use serde_json::{Value, json};

use crate::studio::Studio;
use crate::world::World;
use crate::world::database::Database;

const SEED: &str = include_str!("../../../../seed/knowledge_base.sql");

fn answer(d1: &Database, query: &Query) -> Option<Value> {
    let row = d1.first(query.statement, &query.params).unwrap()?;
    Some(serde_json::from_str(&row.text(0).unwrap()).unwrap())
}

fn key(name: &str) -> Key {
    Key::parse("openai", name).unwrap()
}

fn tip(name: &str, text: &str) -> Tip {
    let body = json!({"key": format!("openai/{name}"), "title": "T", "tip": text});
    knowledge::new_tip(body.to_string().as_bytes()).unwrap()
}

fn change(d1: &Database, change: &Change, expected: Expected) -> bool {
    answer(d1, &knowledge::change(change, expected).unwrap()).is_some()
}

fn make(d1: &Database, name: &str, text: &str) -> bool {
    change(d1, &Change::Make(tip(name, text)), Expected::default())
}

fn replace(d1: &Database, name: &str, text: &str) -> bool {
    change(d1, &Change::Replace(tip(name, text)), Expected::default())
}

fn delete(d1: &Database, name: &str) -> bool {
    change(d1, &Change::Delete(key(name)), Expected::default())
}

fn at(d1: &Database, provider: Provider, revision: Option<u64>) -> Knowledge {
    serde_json::from_value(answer(d1, &knowledge::at(provider, revision)).unwrap()).unwrap()
}

fn refined(d1: &Database, revision: Option<u64>) -> Refined {
    let ask = Ask {
        provider: Openai,
        operation: Operation::Generate,
        prompt: "A boat".to_owned(),
        refinement: Refinement::Auto,
        rewrite: false,
        revision,
    };
    ask.refined(&Material { knowledge: at(d1, Openai, revision), rewriting: None })
}

fn list(d1: &Database, pairs: &[(&str, &str)]) -> Value {
    let pairs: Vec<(String, String)> =
        pairs.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
    answer(d1, &knowledge::list(&pairs).unwrap()).unwrap()
}

#[test]
fn a_provider_gets_its_own_tips_and_a_job_uses_them() {
    let mut studio = Studio::new(115);
    studio.world.d1.script(SEED);
    let mut seen = BTreeSet::new();
    for provider in Provider::ALL {
        let knowledge = at(&studio.world.d1, provider, None);
        assert!((3..=5).contains(&knowledge.tips.len()), "{provider}: {}", knowledge.tips.len());
        for kept in &knowledge.tips {
            let tip: Value = serde_json::from_str(&kept.value).unwrap();
            assert_eq!((&tip["provider"], &tip["id"]), (&json!(provider), &json!(kept.key)));
            seen.insert(kept.key.clone());
        }
        studio.world.outside.revision = knowledge.revision;
        studio.world.outside.tips = knowledge.tips.into_iter().map(|kept| kept.value).collect();
    }
    let rows = studio.world.d1.number("SELECT COUNT(*) FROM knowledge_base");
    assert_eq!(seen.len(), usize::try_from(rows).unwrap());
    let job = studio.run(&[Openai], 1);
    let tips: Vec<String> = serde_json::from_str(studio.rows(&job)[0]["tips"].as_str().unwrap()).unwrap();
    assert!(tips.iter().all(|tip| tip.ends_with("@1")) && !tips.is_empty(), "{tips:?}");
    assert_eq!(studio.fetch(&job)["variants"][0]["refined"]["revision"], rows);
}

#[test]
fn a_pinned_revision_gives_the_same_prompt_for_ever() {
    let d1 = World::new(1).d1;
    assert!(make(&d1, "light", "Name the light.") && make(&d1, "frame", "Frame it."));
    let pins: Vec<(u64, Refined)> =
        (0..=2).map(|revision| (revision, refined(&d1, Some(revision)))).collect();
    assert_eq!(pins[0].1.text, "A boat");
    assert_eq!(pins[1].1.text, "A boat\n\nName the light.");
    assert_eq!(pins[2].1.tips, ["openai/frame@1", "openai/light@1"]);

    assert!(replace(&d1, "light", "Name two lights.") && delete(&d1, "frame"));
    assert!(make(&d1, "frame", "Frame it again.") && delete(&d1, "light"));
    d1.script("DELETE FROM knowledge_base");
    d1.script(SEED);
    for (revision, before) in pins {
        assert_eq!(refined(&d1, Some(revision)), before, "revision {revision}");
    }
    assert_eq!(refined(&d1, Some(3)).tips, ["openai/frame@1", "openai/light@2"]);
    assert_eq!(refined(&d1, Some(4)).tips, ["openai/light@2"]);
    assert_eq!(refined(&d1, Some(5)).tips, ["openai/frame@3", "openai/light@2"]);
    let newest = refined(&d1, None);
    assert_eq!(refined(&d1, newest.revision), newest);
    let ahead = refined(&d1, newest.revision.map(|it| it + 1));
    assert_eq!((ahead.text.as_str(), ahead.revision), ("A boat", None));
}

#[test]
fn every_change_is_kept_whoever_makes_it() {
    let d1 = World::new(2).d1;
    d1.script(SEED);
    let seeded = at(&d1, Openai, None).revision;
    assert_eq!(seeded, 15);
    d1.script(SEED);
    d1.script("UPDATE knowledge_base SET value = value");
    assert_eq!(at(&d1, Openai, None).revision, seeded, "what changes nothing is no version");
    d1.script(
        r#"UPDATE knowledge_base SET value = json_set(value, '$.tip', 'Ours.') WHERE key = 'openai/people';
           UPDATE knowledge_base SET value = json_set(value, '$.version', 40) WHERE key = 'openai/people';
           UPDATE knowledge_base SET value = 'not JSON' WHERE key = 'openai/people';
           INSERT OR REPLACE INTO knowledge_base (key, value) VALUES ('openai/people', '{"tip":"New."}');
           DELETE FROM knowledge_base WHERE key = 'openai/people'"#,
    );
    let all = answer(&d1, &knowledge::versions(&key("people"), &[]).unwrap()).unwrap();
    let told: Vec<Value> = all["versions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| json!([it["version"], it["tip"], it["deleted"], it["revision"]]))
        .collect();
    assert_eq!(told[0], json!([43, null, true, 20]));
    assert_eq!(told[1], json!([42, "New.", false, 19]));
    assert_eq!(told[2], json!([41, null, false, 18]));
    assert_eq!(told[3], json!([40, "Ours.", false, 17]));
    assert_eq!(told[4], json!([3, "Ours.", false, 16]));
    assert_eq!(told.len(), 6);
    let renamed = d1.exec("UPDATE knowledge_base SET key = 'openai/x' WHERE key = 'openai/exact-scope'", &[]);
    assert!(renamed.unwrap_err().to_string().contains("keeps its key"));
}

#[test]
fn a_change_is_made_when_the_tip_is_as_expected() {
    let d1 = World::new(3).d1;
    assert!(!replace(&d1, "light", "X.") && !delete(&d1, "light"), "there is none");
    assert!(make(&d1, "light", "One.") && !make(&d1, "light", "Two."));
    let expect = |header, body| Expected { header, body };
    let to = |text| Change::Replace(tip("light", text));
    assert!(
        !change(&d1, &to("Two."), expect(Some(2), None)) && !change(&d1, &to("Two."), expect(None, Some(2)))
    );
    assert!(
        change(&d1, &to("Two."), expect(Some(1), None)) && change(&d1, &to("Three."), expect(None, Some(2)))
    );
    let shown = answer(&d1, &knowledge::one(&key("light"))).unwrap();
    assert_eq!(
        (&shown["version"], &shown["tip"], &shown["revision"]),
        (&json!(3), &json!("Three."), &json!(3))
    );
    let stored = d1.json("SELECT value FROM knowledge_base");
    assert_eq!(
        stored,
        json!({"id": "openai/light", "provider": "openai", "version": 3, "title": "T", "tip": "Three.", "when": {}})
    );
    assert!(!change(&d1, &Change::Delete(key("light")), expect(Some(2), None)));
    assert!(change(&d1, &Change::Delete(key("light")), expect(Some(3), None)));
    assert_eq!(answer(&d1, &knowledge::one(&key("light"))), None);
    assert!(make(&d1, "light", "Again."));
    assert_eq!(answer(&d1, &knowledge::one(&key("light"))).unwrap()["version"], 5);
}

#[test]
fn a_tip_that_the_team_has_deleted_or_edited_is_not_sown_again() {
    let d1 = World::new(4).d1;
    d1.script(SEED);
    assert!(delete(&d1, "people") && replace(&d1, "exact-scope", "Ours."));
    let before = d1.dump();
    d1.script(SEED);
    assert_eq!(d1.dump(), before);
}

#[test]
fn tips_are_listed_by_provider_and_operation_page_by_page() {
    let d1 = World::new(5).d1;
    d1.script(SEED);
    make(&d1, "edits", "E.");
    d1.script(
        r#"UPDATE knowledge_base SET value = json_set(value, '$.when', json('{"ops":["upscale"]}')) WHERE key = 'openai/edits';
           INSERT INTO knowledge_base VALUES ('workers/odd', 'not JSON')"#,
    );
    let keys = |page: &Value| -> Vec<String> {
        page["tips"].as_array().unwrap().iter().map(|it| it["key"].as_str().unwrap().to_owned()).collect()
    };
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let mut pairs = vec![("limit", "4")];
        if !cursor.is_empty() {
            pairs.push(("cursor", &cursor));
        }
        let page = list(&d1, &pairs);
        assert_eq!(page["revision"], 18);
        seen.extend(keys(&page));
        let Some(next) = page["nextCursor"].as_str() else { break };
        next.clone_into(&mut cursor);
    }
    assert_eq!(seen.len(), 17);
    assert!(seen.is_sorted(), "{seen:?}");
    assert_eq!(keys(&list(&d1, &[("provider", "gemini")])).len(), 5);
    assert_eq!(keys(&list(&d1, &[("op", "upscale")])), ["openai/edits", "workers/odd"]);
    let shown = &list(&d1, &[("provider", "openai"), ("op", "upscale")])["tips"][0];
    assert!(shown["updatedAt"].as_i64().unwrap() > 1_700_000_000_000);
    assert_eq!(
        (&shown["provider"], &shown["when"], &shown["source"]),
        (&json!("openai"), &json!({"ops": ["upscale"], "any": []}), &json!(null))
    );
    for (name, text) in [("op", "paint"), ("provider", "x"), ("limit", "0"), ("cursor", "x"), ("page", "2")] {
        let pairs = [(name.to_owned(), text.to_owned())];
        assert_eq!(knowledge::list(&pairs).unwrap_err().field, name);
    }
    let (mut seen, mut cursor) = (0, None);
    for n in 0..5 {
        replace(&d1, "edits", &format!("E{n}."));
    }
    loop {
        let mut pairs = vec![("limit".to_owned(), "3".to_owned())];
        pairs.extend(cursor.map(|cursor| ("cursor".to_owned(), cursor)));
        let page = answer(&d1, &knowledge::versions(&key("edits"), &pairs).unwrap()).unwrap();
        seen += page["versions"].as_array().unwrap().len();
        cursor = page["nextCursor"].as_str().map(str::to_owned);
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(seen, 7);
    assert_eq!(answer(&d1, &knowledge::versions(&key("never"), &[]).unwrap()), None);
}

/// A database from before tips had versions.
#[test]
fn tips_that_were_there_before_have_a_first_version() {
    let d1 = Database::default();
    let migrations = crate::world::migrations();
    for migration in &migrations[..2] {
        d1.script(migration);
    }
    d1.script(
        r#"INSERT INTO knowledge_base VALUES ('openai/a', '{"version":4,"tip":"A."}'), ('openai/b', '{"tip":"B."}'),
             ('openai/c', 'not JSON'), ('openai/d', '{"version":"x","tip":"D."}')"#,
    );
    for migration in &migrations[2..] {
        d1.script(migration);
    }
    let knowledge = at(&d1, Openai, None);
    let versions: Vec<(&str, u64)> = knowledge.tips.iter().map(|it| (it.key.as_str(), it.version)).collect();
    assert_eq!(versions, [("openai/a", 4), ("openai/b", 1), ("openai/c", 1), ("openai/d", 1)]);
    assert_eq!(knowledge.revision, 4);
    assert_eq!(refined(&d1, None).tips, ["openai/a@4", "openai/b@1", "openai/d@1"]);
}

#[test]
fn a_tip_that_was_applied_is_found_in_that_version_whatever_became_of_it() {
    let d1 = World::new(2).d1;
    assert!(make(&d1, "a", "One.") && replace(&d1, "a", "Two.") && make(&d1, "b", "B.") && delete(&d1, "b"));
    let ids = ["openai/a@1", "openai/a@2", "openai/a@3", "openai/b@1", "openai/b@2", "openai/c@1", "no id"];
    let found = answer(&d1, &knowledge::applied(&ids).unwrap()).unwrap();
    let words: BTreeSet<(String, u64, String)> = serde_json::from_value::<Vec<knowledge::Kept>>(found)
        .unwrap()
        .into_iter()
        .map(|kept| {
            let value: Value = serde_json::from_str(&kept.value).unwrap();
            (kept.key, kept.version, value["tip"].as_str().unwrap().to_owned())
        })
        .collect();
    let expected = [("openai/a", 1, "One."), ("openai/a", 2, "Two."), ("openai/b", 1, "B.")]
        .map(|(key, version, tip)| (key.to_owned(), version, tip.to_owned()));
    assert_eq!(words, BTreeSet::from(expected));
}
