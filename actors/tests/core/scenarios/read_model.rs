//! What is asked of D1 is answered by the tables that the migrations make and the actors fill.

use picasso_actors::ids::ArtifactId;
use picasso_actors::provider::Provider;
use picasso_actors::read_model::admin::{self, List};
use picasso_actors::read_model::{self, Query};
use picasso_actors::sql::Sql as _;
use picasso_actors::view::{self, View};
use picasso_actors::{entropy::Entropy as _, request};
use serde_json::{Value, json};

use crate::studio::Studio;
use crate::world::World;

fn answer(world: &World, query: &Query) -> Value {
    let row = world.d1.first(query.statement, &query.params).unwrap().unwrap();
    serde_json::from_str(&row.text(0).unwrap()).unwrap()
}

fn overview(now: i64) -> Query {
    admin::query(List::Overview, &[], now).unwrap()
}

#[test]
fn projects_are_listed_once_each_newest_change_first() {
    let world = World::new(110);
    for (id, at) in [("a", 3), ("b", 9), ("c", 3), ("d", 3), ("e", 1)] {
        world.d1.script(&format!(
            "INSERT INTO projects (id, name, created_at, updated_at) VALUES ('{id}', 'N', 1, {at})"
        ));
    }
    let (mut before, mut seen) = (None, Vec::new());
    loop {
        let page = answer(&world, &read_model::projects(2, before.clone()));
        let items = page["projects"].as_array().unwrap();
        seen.extend(items.iter().map(|it| it["id"].as_str().unwrap().to_owned()));
        let Some(cursor) = page["nextCursor"].as_str() else { break };
        before = request::page(&[("cursor".to_owned(), cursor.to_owned())]).unwrap().before;
    }
    assert_eq!(seen, ["b", "a", "c", "d", "e"]);
}

#[test]
fn the_overview_counts_what_the_actors_said() {
    let mut studio = Studio::new(111);
    studio.run(&Provider::ALL, 2);
    let shown = answer(&studio.world, &overview(studio.world.now));
    assert_eq!(shown["projects"], 1);
    assert_eq!(shown["jobs"], json!({"total": 1, "running": 0, "complete": 1}));
    assert_eq!(
        shown["progressions"],
        json!({"total": 6, "passed": 6, "failed": 0, "undecided": 0, "nearDuplicates": 0})
    );
    assert_eq!(shown["providers"]["gemini"], json!({"images": 2, "passed": 2, "averageMs": 1234}));
    assert_eq!((&shown["views"], &shown["deadQueueMessages"]), (&json!(0), &json!(0)));
    assert_eq!(shown["newestSnapshotAt"], studio.events().pop().unwrap().ts);
}

#[test]
fn the_overview_of_nothing_is_all_zero() {
    let shown = answer(&World::new(112), &overview(5));
    assert_eq!(shown["jobs"], json!({"total": 0, "running": 0, "complete": 0}));
    assert_eq!((&shown["projects"], &shown["newestSnapshotAt"]), (&json!(0), &json!(null)));
}

#[test]
fn a_view_delivered_any_number_of_times_is_one_row() {
    let mut world = World::new(113);
    let views: Vec<View> = (0..10)
        .map(|n| {
            let place = (Some("DE".to_owned()), None);
            View::new(world.seed.id(20), "artifact".into(), n, Some("203.0.113.77"), place, Some("curl/8"))
        })
        .collect();
    for batch in [&views[..], &views[3..], &views[..5], &views[9..]] {
        let parameter = serde_json::to_string(batch).unwrap();
        world.d1.exec(view::INSERT, &[parameter.into()]).unwrap();
    }
    assert_eq!(world.d1.number("SELECT COUNT(*) FROM artifact_views"), 10);
    let row = world.d1.json(
        "SELECT json_array(artifact_id, timestamp, ip_address, country, city, user_agent, bot) FROM artifact_views
         WHERE timestamp = 9",
    );
    assert_eq!(row, json!(["artifact", 9, "203.0.113.0/24", "DE", null, "curl/8", 1]));
}

#[test]
fn views_are_read_by_day_and_country_people_and_programs_apart() {
    const DAY: i64 = 86_400_000;
    let mut world = World::new(115);
    let (mine, other) = (ArtifactId::random(&mut world.seed), ArtifactId::random(&mut world.seed));
    let mut looks = vec![];
    for (artifact, at, country, agent) in [
        (&mine, DAY - 1, "DE", "Firefox/144.0"),
        (&mine, DAY, "DE", "Firefox/144.0"),
        (&mine, DAY + 1, "FR", "Firefox/144.0"),
        (&mine, DAY + 2, "FR", "Firefox/144.0"),
        (&mine, DAY + 3, "", "Twitterbot/1.0"),
        (&mine, 3 * DAY - 1, "DE", "Twitterbot/1.0"),
        (&mine, 3 * DAY, "DE", "Firefox/144.0"),
        (&other, DAY, "DE", "Firefox/144.0"),
    ] {
        let place = (Some(country.to_owned()).filter(|it| !it.is_empty()), None);
        looks.push(View::new(world.seed.id(20), artifact.to_string(), at, None, place, Some(agent)));
    }
    world.d1.exec(view::INSERT, &[serde_json::to_string(&looks).unwrap().into()]).unwrap();
    let shown = answer(&world, &read_model::views(&mine, DAY, 3 * DAY));
    let country =
        |country: &str, people: i64, bots: i64| json!({ "country": country, "people": people, "bots": bots });
    let nowhere = json!({ "country": null, "people": 0, "bots": 1 });
    let expected = json!({
        "artifact_id": mine.as_str(), "from": DAY, "to": 3 * DAY, "total": { "people": 3, "bots": 2 },
        "countries": [country("FR", 2, 0), country("DE", 1, 1), nowhere],
        "days": [
            { "day": "1970-01-02", "dayStart": DAY, "people": 3, "bots": 1,
              "countries": [country("FR", 2, 0), country("DE", 1, 0), nowhere] },
            { "day": "1970-01-03", "dayStart": 2 * DAY, "people": 0, "bots": 1, "countries": [country("DE", 0, 1)] },
        ],
    });
    assert_eq!(shown, expected);
    let none = answer(&world, &read_model::views(&other, 0, DAY));
    assert_eq!((&none["total"], &none["days"]), (&json!({ "people": 0, "bots": 0 }), &json!([])));
}

#[test]
fn a_queue_message_is_parked_once() {
    let world = World::new(114);
    for _ in 0..2 {
        let params = ["m-1".into(), "{".into(), "isn't JSON".into(), 1_i64.into(), 7_i64.into()];
        world.d1.exec(view::PARK, &params).unwrap();
    }
    let row = world
        .d1
        .json("SELECT json_group_array(json_array(id, body, error, attempts, created_at)) FROM queue_dead");
    assert_eq!(row, json!([["m-1", "{", "isn't JSON", 1, 7]]));
}
