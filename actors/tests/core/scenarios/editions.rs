//! An artifact's life: editions follow each other under one slug, and projects are added.

use picasso_actors::address::ActorName;
use picasso_actors::artifact::{self, Edition, PROJECTS_MAX};
use picasso_actors::ids::{ArtifactId, ProjectId};
use picasso_actors::protocol::{Message, Reply};
use serde_json::{Value, json};

use crate::studio::{Studio, body};

struct Published {
    studio: Studio,
    me: ActorName,
}

impl Published {
    fn new(seed: u64) -> Self {
        let mut studio = Studio::new(seed);
        let me = ActorName::Artifact(ArtifactId::random(&mut studio.world.seed));
        Self { studio, me }
    }

    fn tell(&mut self, message: artifact::Message) -> Reply {
        self.studio.world.ask(&self.me, Message::Artifact(message))
    }

    fn ask(&mut self, message: artifact::Message) -> Value {
        body(&self.tell(message))
    }

    fn publish(&mut self, title: &str, options: &Value) {
        let edition = Edition {
            kind: artifact::Kind::Lookbook,
            title: title.to_owned(),
            project_ids: vec![self.studio.project.clone()],
            content_r2_key: format!("artifact/a/{title}"),
            media_type: "text/html; charset=utf-8".to_owned(),
            bytes: 10,
            image_origins: vec![],
            options: options.as_object().unwrap().clone(),
            scripts: vec![],
            files: vec![],
        };
        self.ask(artifact::Message::Publish(Box::new(edition)));
    }

    fn in_d1(&mut self, statement: &str) -> Value {
        self.studio.world.run();
        self.studio.world.d1.json(statement)
    }
}

#[test]
fn old_editions_stay_reachable() {
    let mut published = Published::new(401);
    published.publish("one", &json!({ "prompts": false, "failed": true }));
    published.publish("two", &json!({ "prompts": true }));
    assert_eq!(
        published.ask(artifact::Message::Serve { pass: None })["open"]["served"]["contentR2Key"],
        "artifact/a/two"
    );
    assert_eq!(published.ask(artifact::Message::Version(1))["contentR2Key"], "artifact/a/one");
    assert!(matches!(published.tell(artifact::Message::Version(3)), Reply::Refused(_)));
    let versions = published.ask(artifact::Message::Versions);
    assert_eq!((&versions["version"], versions["versions"].as_array().unwrap().len()), (&json!(2), 2));
    assert_eq!(versions["versions"][1]["configuration"], json!({ "prompts": false, "failed": true }));
    assert_eq!(published.ask(artifact::Message::Edition)["options"], json!({ "prompts": true }));
}

#[test]
fn the_configuration_in_d1_is_that_of_the_shown_edition() {
    let mut published = Published::new(402);
    published.publish("one", &json!({ "prompts": false, "failed": true }));
    let rows = "SELECT json_group_object(config_key, config_value) FROM (SELECT * FROM artifact_configurations ORDER BY 2)";
    assert_eq!(published.in_d1(rows), json!({ "failed": "true", "prompts": "false" }));
    published.publish("two", &json!({ "prompts": true }));
    assert_eq!(published.in_d1(rows), json!({ "failed": null, "prompts": "true" }));
}

#[test]
fn a_project_more_is_linked_once() {
    let mut published = Published::new(403);
    let other = ProjectId::random(&mut published.studio.world.seed);
    assert!(matches!(published.tell(artifact::Message::Associate(other.clone())), Reply::Refused(_)));
    published.publish("one", &json!({}));
    for _ in 0..2 {
        let shown = published.ask(artifact::Message::Associate(other.clone()));
        assert_eq!(shown["projectIds"], json!([published.studio.project.as_str(), other.as_str()]));
        assert_eq!(shown["version"], 1, "nothing was rendered");
    }
    assert_eq!(published.in_d1("SELECT json(COUNT(*)) FROM project_artifacts"), json!(2));
    for _ in 2..PROJECTS_MAX {
        let next = ProjectId::random(&mut published.studio.world.seed);
        published.ask(artifact::Message::Associate(next));
    }
    let next = ProjectId::random(&mut published.studio.world.seed);
    assert!(
        matches!(published.tell(artifact::Message::Associate(next)), Reply::Refused(_)),
        "that's too many"
    );
}
