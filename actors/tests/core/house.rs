//! The rules of the house, held against the tree itself: what the core may name, what `wrangler.toml` must say, and that the
//! tables of D1 are those that the actors fill.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use picasso_actors::knowledge::{Advice, Kept, Knowledge, select};
use picasso_actors::operation::Operation;
use picasso_actors::snapshot::Table;
use picasso_actors::sql::Sql as _;
use serde_json::{Value, json};

use crate::world::World;
use crate::world::database::Database;

/// Crates that bring a clock, randomness, a runtime or JavaScript.
const IMPURE: [&str; 22] = [
    "async-std",
    "async-trait",
    "chrono",
    "console_error_panic_hook",
    "fastrand",
    "futures",
    "getrandom",
    "instant",
    "jiff",
    "js-sys",
    "nanoid",
    "rand",
    "reqwest",
    "rusqlite",
    "smol",
    "time",
    "tokio",
    "ulid",
    "uuid",
    "wasm-bindgen",
    "web-sys",
    "worker",
];
/// What no line of the core's code may have.
const IMPURE_CODE: [&str; 10] = [
    "SystemTime",
    "Instant",
    "async fn",
    "async move",
    "async {",
    ".await",
    "JsValue",
    "wasm_bindgen",
    "js_sys",
    "thread_rng",
];
/// Folders that hold what was built or fetched.
const BUILT: [&str; 4] = ["target", "node_modules", "build", "dist"];
/// Files that people write.
const WRITTEN: [&str; 15] = [
    "rs", "toml", "md", "sql", "html", "css", "js", "mjs", "ts", "json", "jsonc", "jsonl", "sh", "txt", "yml",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap()
}

/// Every file below `folder` that people write.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if name.starts_with('.') || path.is_symlink() {
            continue;
        }
        if path.is_dir() {
            if !BUILT.contains(&name.as_str()) {
                found.extend(files(&path));
            }
        } else if path.extension().is_some_and(|it| WRITTEN.contains(&it.to_string_lossy().as_ref())) {
            found.push(path);
        }
    }
    found
}

/// A TOML table's lines, without its header.
fn table<'a>(toml: &'a str, header: &str) -> Vec<&'a str> {
    let lines = toml.lines().skip_while(|line| line.trim() != header).skip(1);
    lines.take_while(|line| !line.trim_start().starts_with('[')).collect()
}

#[test]
fn the_core_depends_on_nothing_impure() {
    let manifest = read("actors/Cargo.toml");
    let dependencies: Vec<&str> = table(&manifest, "[dependencies]")
        .into_iter()
        .filter_map(|line| Some(line.split_once('=')?.0.trim().split('.').next()?.trim_matches('"')))
        .collect();
    assert!(dependencies.contains(&"serde"), "{dependencies:?}");
    for name in dependencies {
        assert!(!IMPURE.contains(&name), "the core must not depend on {name}");
    }
    assert!(!manifest.contains("[target."), "no dependency for one platform only");
    assert!(!manifest.contains("[dependencies."), "dependencies stand in one table");
}

#[test]
fn the_core_names_no_clock_no_runtime_and_no_waiting() {
    let sources = files(&root().join("actors/src"));
    assert!(sources.len() > 30, "{}", sources.len());
    for path in sources.iter().filter(|path| path.extension().is_some_and(|it| it == "rs")) {
        let text = fs::read_to_string(path).unwrap();
        for (number, line) in (1..).zip(text.lines()) {
            let code = line.split("//").next().unwrap();
            let found = IMPURE_CODE.iter().find(|it| code.contains(**it));
            assert_eq!(found, None, "{}:{number}", path.display());
        }
    }
}

#[test]
fn wrangler_toml_is_the_law_and_a_build_table() {
    let ours = read("wrangler.toml");
    let (mut kept, mut building) = (Vec::new(), false);
    for line in ours.lines() {
        if line.trim_start().starts_with('[') {
            building = line == "[build]";
        }
        if !building {
            kept.push(line);
        }
    }
    assert_eq!(kept.join("\n").trim_end(), include_str!("law.toml").trim_end());
}

#[test]
fn every_column_that_actors_fill_is_in_the_migrations_and_no_other_is() {
    let world = World::new(0);
    for of in [
        Table::Projects,
        Table::ImageProgressions,
        Table::Jobs,
        Table::Artifacts,
        Table::ProjectArtifacts,
        Table::ArtifactConfigurations,
        Table::ProviderCalls,
        Table::OutboxDead,
    ] {
        let statement = of.upsert();
        let (_, names) = statement.split_once(" (").unwrap();
        let (names, _) = names.split_once(')').unwrap();
        let filled: BTreeSet<String> = names.split(", ").map(str::to_owned).collect();
        let info = world.d1.exec(&format!("PRAGMA table_info({})", of.name()), &[]).unwrap();
        let there: BTreeSet<String> = info.iter().map(|row| row.text(1).unwrap()).collect();
        assert_eq!(filled, there, "{}", of.name());
        world.d1.exec(&statement, &["[]".into()]).unwrap();
    }
}

#[test]
fn the_contracts_tables_columns_and_indexes_are_there() {
    let world = World::new(0);
    let contract = [
        ("projects", "id name description created_at updated_at"),
        (
            "image_progressions",
            "id project_id parent_progression_id start_image_url prompt generated_image_url original_image_r2_key
             ai_provider ai_notes ai_tags judgment created_at",
        ),
        ("artifacts", "id owner_id project_id kind title template_r2_key content_r2_key public_slug created_at"),
        ("project_artifacts", "project_id artifact_id"),
        ("artifact_configurations", "artifact_id config_key config_value"),
        ("artifact_views", "id artifact_id timestamp ip_address country city user_agent"),
        ("knowledge_base", "key value"),
        ("workflow_results", "user_id task result created_at"),
    ];
    for (table, columns) in contract {
        for column in columns.split_whitespace() {
            world.d1.exec(&format!("SELECT {column} FROM {table}"), &[]).unwrap();
        }
    }
    let leading = |table: &str, first: &str, second: Option<&str>| {
        let indexes = world.d1.exec(&format!("PRAGMA index_list({table})"), &[]).unwrap();
        indexes.iter().any(|index| {
            let info = world.d1.exec(&format!("PRAGMA index_info({})", index.text(1).unwrap()), &[]).unwrap();
            let columns: Vec<String> = info.iter().filter_map(|row| row.optional_text(2).unwrap()).collect();
            columns[0] == first && second.is_none_or(|it| columns.get(1).is_some_and(|at| at == it))
        })
    };
    assert!(leading("projects", "updated_at", None));
    assert!(leading("image_progressions", "project_id", Some("created_at")));
    assert!(leading("artifacts", "public_slug", None));
    assert!(leading("artifact_views", "artifact_id", Some("timestamp")));
}

/// D1 with the seed in it.
fn seeded() -> Database {
    let d1 = World::new(0).d1;
    d1.script(&read("seed/knowledge_base.sql"));
    d1
}

fn version(d1: &Database, key: &str) -> Value {
    d1.json(&format!(
        "SELECT json_array(json_extract(value, '$.version')) FROM knowledge_base WHERE key = '{key}'"
    ))[0]
        .clone()
}

#[test]
fn the_seed_can_be_sown_again_and_leaves_what_the_team_has_edited() {
    let d1 = seeded();
    let once = d1.dump();
    d1.script(&read("seed/knowledge_base.sql"));
    assert_eq!(d1.dump(), once);

    let edit = |key: &str, value: &str| {
        d1.exec("UPDATE knowledge_base SET value = ? WHERE key = ?", &[value.into(), key.into()]).unwrap();
    };
    edit("openai/people", r#"{"id": "openai/people", "version": 99, "tip": "Ours."}"#);
    edit("gemini/one-scene", r#"{"id": "gemini/one-scene", "version": 0, "tip": "Old."}"#);
    edit("workers/camera", "not JSON");
    d1.script(&read("seed/knowledge_base.sql"));
    assert_eq!(version(&d1, "openai/people"), json!(99));
    assert_eq!(version(&d1, "gemini/one-scene"), json!(1));
    assert_eq!(version(&d1, "workers/camera"), json!(2));
}

#[test]
fn every_tip_of_the_seed_can_be_read_and_applied() {
    let d1 = seeded();
    let rows = d1.exec("SELECT key, value FROM knowledge_base", &[]).unwrap();
    assert!(rows.len() >= 9, "three for each provider at least");
    for row in rows {
        let (key, value) = (row.text(0).unwrap(), row.text(1).unwrap());
        let tip: Value = serde_json::from_str(&value).unwrap();
        assert_eq!(tip["id"], key);
        assert_eq!(Some(tip["provider"].as_str().unwrap()), key.split('/').next());
        assert!(tip["source"].as_str().unwrap().starts_with("https://"), "{key}");
        let word = tip["when"]["any"][0].as_str().unwrap_or("boat");
        let version = tip["version"].as_u64().unwrap();
        let kept = Kept { key: key.clone(), version, value };
        let advice =
            select(&Knowledge { revision: 1, tips: vec![kept] }, Operation::Generate, &format!("A {word}."));
        let text = tip["tip"].as_str().unwrap().to_owned();
        assert_eq!(advice, [Advice { id: format!("{key}@{version}"), text }]);
    }
}

#[test]
fn nothing_is_put_off_in_the_tree() {
    // Put together here, so that this file isn't one that has them.
    let marks = [["TO", "DO"], ["FIX", "ME"], ["coming", " soon"]].map(|halves| halves.concat());
    let files = files(&root());
    assert!(files.len() > 60, "{}", files.len());
    for path in files {
        let Ok(text) = fs::read_to_string(&path) else { continue };
        for (number, line) in (1..).zip(text.lines()) {
            let mark = marks.iter().find(|mark| line.contains(mark.as_str()));
            assert_eq!(mark, None, "{}:{number}", path.display());
        }
    }
}
