//! The page as the template needs it.

use askama::Template;

use super::{GENERATOR, Recipe};
use serde_json::Value;

use crate::artifact::data;
use crate::artifact::material::Material;
use crate::artifact::page::{self, Frame, Picture, Verdict, delivery, note, picture, provider_label, text};
use crate::gallery::Image;
use crate::job::judge::Scores;

/// Characters of a fact.
const FACT_CHARS: usize = 160;

#[derive(Template)]
#[template(path = "prompt-recipe-card.html")]
pub(super) struct Page<'a> {
    frame: Frame<'a>,
    kicker: &'static str,
    lead: String,
    facts: Vec<String>,
    cards: Vec<Card<'a>>,
}

struct Card<'a> {
    number: usize,
    picture: Option<Picture<'a>>,
    ratio: String,
    prompt: String,
    size: &'static str,
    /// Empty where the model was sent the person's own words.
    refined: String,
    tips: Vec<String>,
    facts: Vec<(&'static str, String)>,
    verdict: Verdict,
    notes: String,
    /// Where the body is sent to.
    path: String,
    /// Empty where the picture can't be made again.
    body: String,
    missing: String,
}

pub(super) fn page<'a>(material: &'a Material<'a>, recipes: &[Recipe<'a>]) -> Page<'a> {
    let lead = match recipes.len() {
        0 => "No picture has passed yet, so there is nothing to make again.".to_owned(),
        _ => "How these pictures were made, to the word, and how to make them again.".to_owned(),
    };
    let facts = vec![text::count(recipes.len(), "recipe", "recipes")];
    Page {
        frame: Frame::new(material, GENERATOR.name, &lead, &facts),
        kicker: GENERATOR.name,
        lead,
        facts,
        cards: recipes.iter().enumerate().map(|(at, recipe)| card(at + 1, recipe, material)).collect(),
    }
}

fn card<'a>(number: usize, recipe: &Recipe<'a>, material: &Material<'_>) -> Card<'a> {
    let image = recipe.image;
    let prompt = text::clean(&image.prompt);
    let prompt = if prompt.is_empty() { "Without a prompt".to_owned() } else { prompt };
    let refined = image.refined_prompt.as_deref().map(text::clean).filter(|refined| *refined != prompt);
    Card {
        number,
        picture: delivery::is_safe(&image.url)
            .then(|| picture(image, "(min-width: 60rem) 40vw, 92vw", material)),
        ratio: page::ratio(image),
        size: page::size(&prompt, 60, 160),
        prompt,
        refined: refined.unwrap_or_default(),
        tips: image.tip_ids.iter().map(|tip| text::cut(&text::line(tip), FACT_CHARS)).collect(),
        facts: facts(image),
        verdict: Verdict::of(image),
        notes: note(image.notes.as_ref()),
        path: format!(
            "/api/projects/{}/jobs",
            text::cut(&text::line(&recipe.gallery.project_id), FACT_CHARS)
        ),
        body: recipe
            .job
            .as_ref()
            .map_or_else(|_| String::new(), |body| data::shown(&Value::Object(body.clone()))),
        missing: recipe.job.as_ref().err().map(|why| (*why).to_owned()).unwrap_or_default(),
    }
}

fn facts(image: &Image) -> Vec<(&'static str, String)> {
    let size =
        (image.width > 0 && image.height > 0).then(|| format!("{} × {} px", image.width, image.height));
    let start = crate::artifact::recipe::start(image).filter(|_| image.operation != "generate");
    let Scores { subject, composition, text, style, safety } = image.scores.unwrap_or_default();
    let scores = [
        ("subject", subject),
        ("composition", composition),
        ("text", text),
        ("style", style),
        ("safety", safety),
    ];
    let scores: Vec<String> =
        scores.iter().filter_map(|(name, score)| Some(format!("{name} {}", (*score)?))).collect();
    let known = [
        ("Made by", Some(provider_label(image.provider).to_owned())),
        ("Model", Some(page::model(image))),
        ("Operation", Some(image.operation.clone())),
        ("Done instead", image.emulated.clone()),
        ("Seed", image.seed.map(|seed| seed.to_string())),
        ("Size", size),
        ("Began with", start.map(str::to_owned)),
        ("Scores", Some(scores.join(", "))),
    ];
    let known = known.into_iter().filter_map(|(name, fact)| Some((name, fact?)));
    known
        .map(|(name, fact)| (name, text::cut(&text::line(&fact), FACT_CHARS)))
        .filter(|(_, fact)| !fact.is_empty())
        .collect()
}
