//! The lineage: how each picture came of others, drawn as trees.
//!
//! **In**: one project or several; **option** `prompts`. **Out**: a page with a tree for each job that began with words: the
//! prompt, what was made of it, what was made of that, steps back, and near-duplicates hanging dashed off what they nearly equal;
//! each picture a thumbnail that leads to it, with its maker and its verdict; the same as `graph.json` (nodes and edges).
//! **Example**: `{"kind": "prompt-lineage-map", "projectIds": ["…"]}`.
//!
//! Layout crates place nodes of any graph with forces or layers, in time that isn't linear, for a canvas that they draw
//! themselves. These are trees whose cards are all of one size: a row for each leaf, each parent in the middle of its children.

mod tree;
mod view;

#[cfg(test)]
mod tests;

use askama::Template as _;
use serde_json::{Value, json};

use crate::artifact::data;
use crate::artifact::generator::{Audience, Document, Error, Generator, Output};
use crate::artifact::kind::Kind;
use crate::artifact::material::{self, Material};
use crate::artifact::options::Settings;
use crate::artifact::page::{self, text};
use tree::{Forest, Link, What};

/// See the module.
pub const GENERATOR: Generator = Generator {
    kind: Kind::PromptLineageMap,
    name: "Prompt lineage map",
    about: "How each picture came of others, as trees: branches, steps back, near-duplicates.",
    output: Output::Html,
    options: &[&material::PROMPTS],
    needs: &[],
    audience: Audience::Everyone,
    render,
};

fn render(material: &Material<'_>, _: &Settings) -> Result<Document, Error> {
    let forests: Vec<Forest<'_>> = material.galleries.iter().map(Forest::of).collect();
    Ok(Document {
        body: view::page(material, &forests).render()?.into_bytes(),
        image_origins: page::image_origins(material.galleries),
        files: vec![data::json_file("graph.json", &graph(material, &forests))],
        ..Document::default()
    })
}

fn graph(material: &Material<'_>, forests: &[Forest<'_>]) -> Value {
    let (mut nodes, mut edges) = (Vec::new(), Vec::new());
    for (forest, gallery) in forests.iter().zip(material.galleries) {
        for node in &forest.nodes {
            nodes.push(match node.what {
                What::Picture(image) => json!({
                    "id": image.id, "project": gallery.project_id, "kind": "picture", "prompt": image.prompt,
                    "provider": image.provider, "model": image.model, "operation": image.operation, "job": image.job_id,
                    "verdict": image.judgment, "url": image.url, "createdAt": image.created_at,
                }),
                What::StepBack(step) => json!({
                    "id": step.id, "project": gallery.project_id, "kind": "step-back", "createdAt": step.created_at,
                }),
            });
            if let Some((parent, link)) = node.parent {
                let kind = match link {
                    Link::MadeFrom => "made-from",
                    Link::NearDuplicate => "near-duplicate-of",
                };
                edges.push(json!({ "from": forest.id(parent), "to": node.id(), "kind": kind }));
            }
        }
    }
    json!({
        "title": page::title(material, GENERATOR.name), "published": text::day(material.published_at).iso,
        "nodes": nodes, "edges": edges,
    })
}
