//! What was learnt: the tips that were applied, with evidence, and the prompts that worked.
//!
//! **In**: one project or several, and the tips' own words from the knowledge base; **option** `prompts`. **Out**: JSON with each
//! tip in the version that was applied, the pass rate of the pictures that it was applied to and of the same maker's others, and
//! examples that passed; and the prompts that passed, the best first; the same as `pack.md` in Markdown. A tip whose words can't be
//! had stands alone with its id, and says why. **Example**: `{"kind": "knowledge-pack", "projectIds": ["…"]}`.
//!
//! Nobody drew lots over who gets a tip, so a difference is a hint and not a proof: both forms say so.

mod evidence;
mod markdown;

#[cfg(test)]
mod tests;

use serde_json::{Value, json};

use crate::artifact::data;
use crate::artifact::figures::rounded;
use crate::artifact::generator::{Audience, Document, Error, File, Generator, Output};
use crate::artifact::kind::Kind;
use crate::artifact::material::{self, Material, Need};
use crate::artifact::options::Settings;
use crate::artifact::page::{self, text};
use crate::gallery::Image;
use evidence::{Evidence, Tip, Worked};

/// See the module.
pub const GENERATOR: Generator = Generator {
    kind: Kind::KnowledgePack,
    name: "Knowledge pack",
    about: "The tips that were applied and the prompts that worked, with the evidence.",
    output: Output::Json,
    options: &[&material::PROMPTS],
    needs: &[Need::Tips],
    audience: Audience::Everyone,
    render,
};

/// What has to be said beside every rate.
const CAUTION: &str =
    "Tips go where they fit, not where the lot falls: a difference between the rates is a hint, not a proof.";

#[expect(clippy::unnecessary_wraps, reason = "the registry's signature")]
fn render(material: &Material<'_>, _: &Settings) -> Result<Document, Error> {
    let evidence = Evidence::of(material);
    let title = page::title(material, GENERATOR.name);
    let day = text::day(material.published_at);
    let whole = json!({
        "title": title, "published": day.iso, "caution": CAUTION, "judged": evidence.judged.json(),
        "tips": evidence.tips.iter().map(tip).collect::<Vec<_>>(),
        "prompts": evidence.prompts.iter().map(worked).collect::<Vec<_>>(),
    });
    let pack = File {
        name: "pack.md",
        media_type: "text/markdown; charset=utf-8",
        body: markdown::pack(&title, &day.spoken, &evidence).into_bytes(),
    };
    Ok(Document { body: data::json(&whole), files: vec![pack], ..Document::default() })
}

fn tip(tip: &Tip<'_>) -> Value {
    json!({
        "id": tip.id, "title": tip.title, "tip": tip.words, "source": tip.source, "missing": tip.missing,
        "pictures": tip.pictures, "with": tip.with.json(), "without": tip.without.json(),
        "examples": tip.examples.iter().map(|image| example(image)).collect::<Vec<_>>(),
    })
}

fn worked(worked: &Worked<'_>) -> Value {
    json!({
        "prompt": worked.prompt, "passed": worked.passed.json(), "meanScore": worked.score.map(rounded),
        "best": example(worked.best),
    })
}

fn example(image: &Image) -> Value {
    json!({
        "id": image.id, "provider": image.provider, "model": image.model, "url": image.url, "prompt": image.prompt,
        "score": evidence::score(image).map(rounded),
    })
}
