//! An artifact's link through its life: its terms hold for every edition, and nothing of it is told to D1.

use picasso_actors::address::ActorName;
use picasso_actors::artifact::link::{self, Expiry, Lock, Password, Recipe};
use picasso_actors::artifact::{self, Change, Edition, Kind};
use picasso_actors::entropy::Entropy;
use picasso_actors::ids::ArtifactId;
use picasso_actors::protocol::{Message, RefusalCode, Reply};
use serde_json::{Value, json};

use crate::studio::body;
use crate::world::World;

struct Linked {
    world: World,
    me: ActorName,
}

impl Linked {
    fn new(seed: u64) -> Self {
        let mut world = World::new(seed);
        let me = ActorName::Artifact(ArtifactId::random(&mut world.seed));
        Self { world, me }
    }

    fn tell(&mut self, message: artifact::Message) -> Reply {
        self.world.ask(&self.me, Message::Artifact(message))
    }

    fn publish(&mut self, key: &str) {
        let edition = Edition {
            kind: Kind::Lookbook,
            title: "Sea".to_owned(),
            project_ids: vec![],
            content_r2_key: key.to_owned(),
            media_type: "text/html; charset=utf-8".to_owned(),
            bytes: 10,
            image_origins: vec![],
            options: serde_json::Map::new(),
            scripts: vec![],
            files: vec![],
        };
        body(&self.tell(artifact::Message::Publish(Box::new(edition))));
    }

    fn change(&mut self, link: link::Change) -> Value {
        body(&self.tell(artifact::Message::Change(Box::new(Change { title: None, link }))))
    }

    fn serve(&mut self, pass: Option<&str>) -> Value {
        body(&self.tell(artifact::Message::Serve { pass: pass.map(str::to_owned) }))
    }
}

fn password(derived: &str) -> link::Change {
    let recipe = Recipe { salt: "salt".to_owned(), iterations: link::ITERATIONS };
    let lock = Lock { recipe, derived: derived.to_owned() };
    link::Change { password: Some(Password::Of(lock)), ..link::Change::default() }
}

#[test]
fn a_password_opens_this_edition_and_the_next() {
    let mut linked = Linked::new(420);
    linked.publish("artifact/a/1");
    assert_eq!(linked.change(password("right"))["link"]["hasPassword"], true);
    assert_eq!(linked.serve(None), json!({ "locked": { "salt": "salt", "iterations": 100_000 } }));
    let wrong = linked.tell(artifact::Message::Unlock { derived: "wrong".to_owned() });
    assert!(matches!(&wrong, Reply::Refused(refusal) if refusal.code == RefusalCode::Forbidden), "{wrong:?}");
    let pass = body(&linked.tell(artifact::Message::Unlock { derived: "right".to_owned() }));
    let pass = pass["value"].as_str().unwrap();
    assert_eq!(linked.serve(Some(pass))["open"]["terms"]["freshS"], json!(null));
    linked.publish("artifact/a/2");
    assert_eq!(linked.serve(Some(pass))["open"]["served"]["contentR2Key"], "artifact/a/2");
    assert!(linked.serve(None)["locked"].is_object(), "a new edition opens nothing");
    linked.change(password("right too"));
    assert!(linked.serve(Some(pass))["locked"].is_object());
    // Whoever has the key to the API needs no password.
    assert_eq!(body(&linked.tell(artifact::Message::Version(1)))["contentR2Key"], "artifact/a/1");
}

#[test]
fn a_link_ends_at_its_time_and_can_begin_again() {
    let mut linked = Linked::new(421);
    linked.publish("artifact/a/1");
    let end = linked.world.now + 10_000;
    let expires = |at| link::Change { expires: Some(at), ..link::Change::default() };
    assert_eq!(linked.change(expires(Expiry::At(end)))["link"]["expiresAt"], end);
    assert_eq!(linked.serve(None)["open"]["terms"]["freshS"], 10);
    linked.world.run_until(end);
    assert_eq!(linked.serve(None), json!("gone"));
    linked.change(expires(Expiry::Never));
    assert_eq!(linked.serve(None)["open"]["terms"]["freshS"], 60);
    linked.change(link::Change { revoked: Some(true), ..link::Change::default() });
    assert_eq!(linked.serve(None), json!("gone"));
    linked.publish("artifact/a/2");
    assert_eq!(linked.serve(None), json!("gone"), "a new edition doesn't bring it back");
}

#[test]
fn a_title_is_told_to_d1_and_the_links_terms_are_not() {
    let mut linked = Linked::new(422);
    let title = |title: &str| Change { title: Some(title.to_owned()), link: link::Change::default() };
    let early = linked.tell(artifact::Message::Change(Box::new(title("Sky"))));
    assert!(matches!(&early, Reply::Refused(refusal) if refusal.code == RefusalCode::NotFound), "{early:?}");
    linked.publish("artifact/a/1");
    linked.change(password("d3r1v3d"));
    let shown = body(&linked.tell(artifact::Message::Change(Box::new(title("Sky")))));
    assert_eq!((&shown["title"], &shown["version"]), (&json!("Sky"), &json!(1)));
    assert_eq!(shown["link"]["hasPassword"], true);
    assert!(!shown.to_string().contains("d3r1v3d") && !shown.to_string().contains("salt"));
    linked.world.run();
    assert_eq!(linked.world.d1.json("SELECT json_array(title, revision) FROM artifacts"), json!(["Sky", 2]));
}

/// 22 characters of 62 are 130 bits: whoever guesses a billion slugs a second finds none.
#[test]
fn a_slug_has_at_least_128_random_bits() {
    struct Counted(usize);
    impl Entropy for Counted {
        fn id(&mut self, len: usize) -> String {
            self.0 += len;
            "0".repeat(len)
        }
        fn below(&mut self, _: u64) -> u64 {
            0
        }
    }
    let mut drawn = Counted(0);
    let slug = ArtifactId::random(&mut drawn);
    assert_eq!(slug.as_str().len(), drawn.0, "all of it is drawn");
    assert!(62_f64.log2() * f64::from(u32::try_from(drawn.0).unwrap()) >= 128.0);
}
