//! Reports, recipes, lessons and replays of a real project: what they count is what happened, and what they say to run runs.

use std::fs;
use std::process::Command;

use picasso_e2e::api::{Body, Caller};
use picasso_e2e::stack;
use picasso_e2e::studio::{SCENE, Studio, text};
use serde_json::{Value, json};

/// Makes an artifact of the studio's project; its slug.
fn make(studio: &Studio, kind: &str) -> String {
    let order = json!({ "kind": kind, "projectIds": [studio.project] });
    text(&studio.api.post("/api/artifacts", &order).expect(201).json()["public_slug"])
}

fn public(path: &str) -> String {
    Caller::anonymous().send("GET", &format!("/public/artifact/{path}"), &[], Body::None).expect(200).text()
}

fn data(path: &str) -> Value {
    serde_json::from_str(&public(path)).unwrap()
}

#[test]
fn what_is_reported_is_what_happened() {
    let studio = Studio::open("reports");
    let scene = format!("{SCENE} {{miss:workers#1}}");
    let job = studio.finished(&studio.start(&studio.job(&scene, &["openai", "workers"], 1)));
    assert_eq!(job["variants"][1]["judgment"], "fail");

    let slug = make(&studio, "judge-report");
    assert!(public(&slug).contains("1 of 2 judged pictures meet the brief"));
    let report = data(&format!("{slug}/data.json"));
    assert_eq!((&report["passed"]["hits"], &report["passed"]["of"]), (&json!(1), &json!(2)));
    assert_eq!(report["failures"][0]["count"], 1);
    assert_eq!(public(&format!("{slug}/data.csv")).lines().count(), 3);

    let slug = make(&studio, "provider-benchmark");
    let bench = data(&format!("{slug}/data.json"));
    let models = bench["models"].as_array().unwrap();
    assert_eq!(models.len(), 2, "{bench}");
    for model in models {
        assert_eq!(
            (&model["calls"]["count"], &model["latencyMs"]["count"]),
            (&json!(1), &json!(1)),
            "{model}"
        );
    }
    assert!(bench["otherCalls"].as_array().unwrap().iter().any(|calls| calls["task"] == "judge"));

    let slug = make(&studio, "prompt-lineage-map");
    let graph = data(&format!("{slug}/graph.json"));
    assert_eq!(graph["nodes"].as_array().unwrap().len(), 2);
    assert_eq!(public(&slug).matches("<image href=").count(), 2);
}

#[test]
fn a_recipe_makes_the_picture_again() {
    let studio = Studio::open("recipe");
    let _ = studio.finished(&studio.start(&studio.job(SCENE, &["openai"], 1)));
    let slug = make(&studio, "prompt-recipe-card");
    let recipe = data(&format!("{slug}/recipe.json"))["recipes"][0].clone();
    assert!(public(&slug).contains("Make it again"));
    let again = studio.finished(&studio.start(&recipe["job"]));
    assert_eq!((&again["completed"], &again["passed"]), (&json!(1), &json!(1)));
    let sent = studio.progressions(&[])[0].clone();
    assert_eq!(sent["prompt"], recipe["refinedPrompt"], "the very words that the model was sent");
}

#[test]
fn a_pack_has_the_tips_words_in_the_version_that_was_applied() {
    let studio = Studio::open("pack");
    let _ = studio.finished(&studio.start(&studio.job(SCENE, &["openai"], 1)));
    let applied = studio.progressions(&[])[0]["tipIds"].as_array().unwrap().len();
    assert!(applied > 0, "the seed has tips for everything");
    let slug = make(&studio, "knowledge-pack");
    let pack = data(&slug);
    let tips = pack["tips"].as_array().unwrap();
    assert_eq!(tips.len(), applied);
    for tip in tips {
        assert!(
            tip["tip"].as_str().is_some_and(|words| words.len() > 10) && tip["missing"].is_null(),
            "{tip}"
        );
        assert_eq!((&tip["with"]["hits"], &tip["with"]["of"]), (&json!(1), &json!(1)));
    }
    assert!(public(&format!("{slug}/pack.md")).starts_with("# "));
}

#[test]
fn a_replay_runs_the_jobs_again() {
    let studio = Studio::open("replay");
    let first = studio.finished(&studio.start(&studio.job(SCENE, &["openai", "workers"], 2)));
    let start = text(&first["variants"][0]["progressionId"]);
    let mut edit = studio.job("the same circle, blue", &["openai"], 1);
    edit["startImageUrl"] = json!(start);
    let _ = studio.finished(&studio.start(&edit));

    let slug = make(&studio, "seed-replay-script");
    let folder = stack::state().join(format!("replay-{}", studio.word));
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("replay.json"), public(&slug)).unwrap();
    fs::write(folder.join("replay.py"), public(&format!("{slug}/replay.py"))).unwrap();
    let run = || {
        let mut python = Command::new("python3");
        python.arg(folder.join("replay.py")).env_remove("PICASSO_URL").env_remove("PICASSO_API_KEY");
        python
    };
    let nowhere = run().output().unwrap();
    assert!(!nowhere.status.success() && String::from_utf8_lossy(&nowhere.stderr).contains("PICASSO_URL"));
    let ran =
        run().env("PICASSO_URL", stack::url()).env("PICASSO_API_KEY", stack::api_key()).output().unwrap();
    let said = String::from_utf8_lossy(&ran.stdout).into_owned();
    assert!(ran.status.success(), "{said}{}", String::from_utf8_lossy(&ran.stderr));
    let project = said.split_whitespace().nth(1).unwrap();
    assert_ne!(project, studio.project);
    let made = studio.api.get(&format!("/api/projects/{project}/progressions?limit=50"));
    let made = made["progressions"].as_array().unwrap();
    assert_eq!(made.len(), 5, "{said}");
    let edited = made.iter().find(|picture| picture["operation"] == "edit").unwrap();
    let begun = made.iter().find(|picture| picture["id"] == edited["parentProgressionId"]);
    assert!(begun.is_some(), "the edit begins with the replayed picture: {edited}");
    let seeds = |pictures: &[Value]| {
        let mut seeds: Vec<u64> = pictures.iter().filter_map(|picture| picture["seed"].as_u64()).collect();
        seeds.sort_unstable();
        seeds
    };
    assert_eq!(seeds(made), seeds(&studio.progressions(&[])), "each with the seed that it had");
}
