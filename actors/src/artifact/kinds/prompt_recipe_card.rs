//! Recipe cards: everything to make these pictures again.
//!
//! **In**: one project or several; **option** `images`; without it, the first 24 that passed. **Out**: a page with a card a
//! picture (one a sheet in print): the prompt as typed, what the model was sent with the tips applied, maker, model, operation,
//! seed, size, start image, verdict and scores, and the body of a job to paste, which sends the very same words; the same as
//! `recipe.json`. What can't be made again says why. **Example**: `{"kind": "prompt-recipe-card", "projectIds": ["…"]}`.

mod view;

#[cfg(test)]
mod tests;

use askama::Template as _;
use serde_json::{Map, Value, json};

use crate::artifact::data;
use crate::artifact::generator::{Audience, Document, Error, Generator, Output};
use crate::artifact::kind::Kind;
use crate::artifact::material::{self, Material};
use crate::artifact::options::Settings;
use crate::artifact::page::{self, Verdict, text};
use crate::artifact::recipe;
use crate::gallery::{Gallery, Image};

/// Cards when nobody says which: a deck that can still be leafed through.
const CARDS: usize = 24;

/// A job needs a session that it reports to. This one is anybody's.
const SESSION: &str = "recipe-card";

/// See the module.
pub const GENERATOR: Generator = Generator {
    kind: Kind::PromptRecipeCard,
    name: "Prompt recipe card",
    about: "Everything to make these pictures again, with the body of a job to paste.",
    output: Output::Html,
    options: &[&material::IMAGES],
    needs: &[],
    audience: Audience::Everyone,
    render,
};

/// One picture and how to make it.
struct Recipe<'a> {
    gallery: &'a Gallery,
    image: &'a Image,
    job: Result<Map<String, Value>, &'static str>,
}

fn render(material: &Material<'_>, settings: &Settings) -> Result<Document, Error> {
    let chosen = settings.has(material::IMAGES.name) && settings.images(material::IMAGES.name).is_some();
    let recipes = recipes(material.galleries, chosen);
    let cards: Vec<Value> = recipes.iter().map(Recipe::json).collect();
    let whole = json!({
        "title": page::title(material, GENERATOR.name), "published": text::day(material.published_at).iso, "recipes": cards,
    });
    Ok(Document {
        body: view::page(material, &recipes).render()?.into_bytes(),
        image_origins: page::image_origins(material.galleries),
        files: vec![data::json_file("recipe.json", &whole)],
        ..Document::default()
    })
}

fn recipes(galleries: &[Gallery], chosen: bool) -> Vec<Recipe<'_>> {
    let all = galleries.iter().flat_map(|gallery| gallery.images.iter().map(move |image| (gallery, image)));
    let wanted = all.filter(|(_, image)| {
        chosen || (Verdict::of(image) == Verdict::Pass && image.near_duplicate_of.is_none())
    });
    let most = if chosen { usize::MAX } else { CARDS };
    let recipe = |(gallery, image)| Recipe { gallery, image, job: recipe::job(image).map(with_session) };
    wanted.take(most).map(recipe).collect()
}

fn with_session(mut body: Map<String, Value>) -> Map<String, Value> {
    body.insert("sessionId".to_owned(), SESSION.into());
    body
}

impl Recipe<'_> {
    fn json(&self) -> Value {
        let image = self.image;
        json!({
            "id": image.id, "project": self.gallery.project_id, "url": image.url, "prompt": image.prompt,
            "refinedPrompt": image.refined_prompt, "tips": image.tip_ids, "provider": image.provider, "model": image.model,
            "operation": image.operation, "emulated": image.emulated, "seed": image.seed, "width": image.width,
            "height": image.height, "startImage": recipe::start(image), "verdict": image.judgment, "scores": image.scores,
            "job": self.job.as_ref().ok(), "missing": self.job.as_ref().err(),
        })
    }
}
