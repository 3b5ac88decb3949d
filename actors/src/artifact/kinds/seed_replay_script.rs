//! The replay: a script and its data that run these projects' jobs again, against any Picasso.
//!
//! **In**: one project or several; no options. **Out**: JSON with every job as the body that asks for it, grouped as it was asked
//! (makers, number of variants, prompt, operation, seed, size, start image), and `replay.py` (Python 3, nothing beside its
//! standard library), which reads that JSON, makes a new project for each old one, starts the jobs in order, waits for each, lets
//! an edit begin with the replayed picture, and prints a summary. Address and key come from the environment. **Example**:
//! `{"kind": "seed-replay-script", "projectIds": ["…"]}`, then `PICASSO_URL=… PICASSO_API_KEY=… python3 replay.py replay.json`.
//!
//! The script is the same for everybody: no word of anybody's is in it, so there's nothing to quote. Pictures with seeds that
//! don't follow from one another are jobs of their own, so that each gets its seed.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::artifact::data;
use crate::artifact::generator::{Audience, Document, Error, File, Generator, Output};
use crate::artifact::kind::Kind;
use crate::artifact::material::Material;
use crate::artifact::options::Settings;
use crate::artifact::page::{self, text};
use crate::artifact::recipe;
use crate::gallery::{Gallery, Image};
use crate::provider::Provider;
use crate::request::VARIANTS_MAX;

/// The script reads this format only.
const FORMAT: &str = "picasso-replay/1";
const SCRIPT: &str = include_str!("../../../../templates/replay.py");

/// See the module.
pub const GENERATOR: Generator = Generator {
    kind: Kind::SeedReplayScript,
    name: "Seed replay script",
    about: "A script and its data that run these projects’ jobs again, with the same words, makers and seeds.",
    output: Output::Json,
    options: &[],
    needs: &[],
    audience: Audience::Everyone,
    render,
};

#[expect(clippy::unnecessary_wraps, reason = "the registry's signature")]
fn render(material: &Material<'_>, _: &Settings) -> Result<Document, Error> {
    let projects: Vec<Value> = material.galleries.iter().map(project).collect();
    let whole = json!({
        "format": FORMAT, "title": page::title(material, GENERATOR.name),
        "published": text::day(material.published_at).iso, "projects": projects,
    });
    let script = File {
        name: "replay.py",
        media_type: "text/x-python; charset=utf-8",
        body: SCRIPT.as_bytes().to_vec(),
    };
    Ok(Document { body: data::json(&whole), files: vec![script], ..Document::default() })
}

fn project(gallery: &Gallery) -> Value {
    let mut order: Vec<Key<'_>> = Vec::new();
    let mut groups: BTreeMap<Key<'_>, Vec<&Image>> = BTreeMap::new();
    for image in &gallery.images {
        let key = Key::of(image);
        let group = groups.entry(key).or_default();
        if group.is_empty() {
            order.push(key);
        }
        group.push(image);
    }
    let jobs: Vec<Value> =
        order.iter().filter_map(|key| groups.get(key).map(|images| job(*key, images, gallery))).collect();
    json!({ "id": gallery.project_id, "name": gallery.name, "description": gallery.description, "jobs": jobs })
}

/// What one job asks for at once.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Key<'a> {
    /// The job, or the picture where that isn't recorded.
    job: &'a str,
    /// The first variant's seed.
    seed: Option<u32>,
    /// A job asks each maker for one model.
    route: Option<(Option<Provider>, &'a str)>,
}

impl<'a> Key<'a> {
    fn of(image: &'a Image) -> Self {
        let seed = image.seed.filter(|seed| *seed <= i32::MAX.unsigned_abs());
        let seed = seed.map(|seed| seed.wrapping_sub(image.variant_index.unwrap_or(0)) & 0x7fff_ffff);
        // Another model than the others', because the first one failed: it can't be asked for in one go with them.
        let rerouted = image.requested_provider.is_some() && image.requested_provider != image.provider;
        let route = rerouted.then(|| (image.provider, image.model.as_deref().unwrap_or_default()));
        Self { job: image.job_id.as_deref().unwrap_or(&image.id), seed, route }
    }
}

fn job(key: Key<'_>, images: &[&Image], gallery: &Gallery) -> Value {
    let pictures: Vec<Value> = images
        .iter()
        .map(|image| {
            json!({
                "id": image.id, "provider": image.provider, "variantIndex": image.variant_index.unwrap_or(0),
                "seed": image.seed, "url": image.url,
            })
        })
        .collect();
    let found = body(key, images);
    let start = images.first().and_then(|image| recipe::start(image));
    let begins = found.as_ref().is_ok_and(|body| body.contains_key("startImageUrl"));
    let within = start.filter(|start| begins && gallery.images.iter().any(|image| image.id == *start));
    json!({
        "job": key.job, "body": found.as_ref().ok(), "missing": found.as_ref().err(), "startsWith": within,
        "firstVariant": first_variant(images), "pictures": pictures,
    })
}

/// Of pictures with seeds, the first one's number: its seed is the first of the new job.
fn first_variant(images: &[&Image]) -> u32 {
    let seeded = images.iter().all(|image| image.seed.is_some());
    let least = images.iter().filter_map(|image| image.variant_index).min();
    if seeded { least.unwrap_or(0) } else { 0 }
}

/// The body but for its session, or what is missing for it.
fn body(key: Key<'_>, images: &[&Image]) -> Result<Map<String, Value>, &'static str> {
    let image = images.first().ok_or("it has no pictures")?;
    let operation = recipe::operation(image)?;
    let mut providers: Vec<Provider> = Vec::new();
    let mut models = Map::new();
    for image in images {
        let provider = image.provider.ok_or("who made it isn’t recorded")?;
        if !providers.contains(&provider) {
            providers.push(provider);
        }
        if let Some((route, _)) = recipe::model(image) {
            models.insert(provider.as_str().to_owned(), route.model.into());
        }
    }
    if image.prompt.trim().is_empty() && !operation.needs_no_prompt() {
        return Err("its prompt isn’t kept with it");
    }
    let first = first_variant(images);
    let last = images.iter().filter_map(|image| image.variant_index).max().unwrap_or(0).max(first);
    let mut body = Map::new();
    let mut say = |name: &str, value: Value| body.insert(name.to_owned(), value);
    say("prompt", image.prompt.as_str().into());
    say("operation", operation.as_str().into());
    say("providers", json!(providers));
    say("variants", (last - first + 1).min(VARIANTS_MAX).into());
    if !models.is_empty() {
        say("models", models.into());
    }
    if images.iter().all(|image| image.tip_ids.is_empty()) {
        say("refinement", "off".into());
    }
    if let Some(seed) = key.seed {
        say("seed", (seed.wrapping_add(first) & 0x7fff_ffff).into());
    }
    let mut sizes = images.iter().map(|image| recipe::size(image, operation));
    if let Some(Some(size)) = sizes.next().filter(|one| sizes.all(|other| other == *one)) {
        say("size", size.into());
    }
    if operation.needs_start() {
        say(
            "startImageUrl",
            recipe::start(image).ok_or("the picture that it began with isn’t recorded")?.into(),
        );
    }
    Ok(body)
}
