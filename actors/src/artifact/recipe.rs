//! How to make a picture again: the body of `POST /api/projects/:id/jobs` that asks for it.
//!
//! The provider gets the very words that it got, so nothing is read from the knowledge base (which may have changed) and nobody
//! rewords them. What isn't kept with a picture can't be asked for again, and is said to be missing.

use serde_json::{Map, Value, json};

use crate::catalogue;
use crate::catalogue::shape::Wish;
use crate::gallery::Image;
use crate::job::routing;
use crate::job::wishes::Route;
use crate::operation::{Operation, Size};
use crate::request::PROMPT_MAX;

/// The body, but for the session; or what is missing for it, for a person.
///
/// # Errors
/// What is missing.
pub fn job(image: &Image) -> Result<Map<String, Value>, &'static str> {
    let operation = operation(image)?;
    let provider = image.provider.ok_or("who made it isn’t recorded")?;
    let model = model(image);
    let words = [image.refined_prompt.as_deref(), Some(image.prompt.as_str())];
    let longest = model.as_ref().map_or(PROMPT_MAX, |(_, model)| model.prompt_chars.min(PROMPT_MAX));
    let sendable = |words: &&str| !words.trim().is_empty() && words.chars().count() <= longest;
    let words = words.into_iter().flatten().find(sendable);
    if words.is_none() && !operation.needs_no_prompt() {
        return Err("its prompt isn’t kept with it");
    }
    let mut body = Map::new();
    let mut say = |name: &str, value: Value| body.insert(name.to_owned(), value);
    say("operation", operation.as_str().into());
    say("providers", json!([provider]));
    say("variants", 1.into());
    say("refinement", "off".into());
    if let Some(words) = words {
        say("prompt", words.into());
    }
    if let Some((route, model)) = model {
        say("models", json!({ provider.as_str(): route.model }));
        if let Some(seed) = image.seed.filter(|seed| model.seed && *seed <= i32::MAX.unsigned_abs()) {
            say("seed", seed.into());
        }
    }
    if let Some(size) = size(image, operation) {
        say("size", size.into());
    }
    if operation.needs_start() {
        let start = start(image).ok_or("the picture that it began with isn’t recorded")?;
        say("startImageUrl", start.into());
    }
    Ok(body)
}

/// What was done, if it can be asked for again with what is kept.
///
/// # Errors
/// What is missing.
pub fn operation(image: &Image) -> Result<Operation, &'static str> {
    match Operation::parse(&image.operation) {
        Some(Operation::Inpaint) => Err("the mask that it was painted through isn’t kept with it"),
        Some(Operation::Outpaint) => Err("where it lay on its canvas isn’t kept with it"),
        Some(operation) => Ok(operation),
        None => Err("how it was made isn’t recorded"),
    }
}

/// What it began with, as typed, or its parent.
pub fn start(image: &Image) -> Option<&str> {
    image.start_image_url.as_deref().or(image.parent_id.as_deref())
}

/// The model that made it, if its id is one that can be asked for.
pub fn model(image: &Image) -> Option<(Route, catalogue::Model)> {
    let (provider, id) = (image.provider?, image.model.as_deref()?);
    let listed = catalogue::find(provider, id)?;
    Some((Route { provider, model: listed.id.to_owned() }, *listed))
}

/// Its size, where that can be asked for.
pub fn size(image: &Image, operation: Operation) -> Option<String> {
    let size = Size { width: image.width, height: image.height };
    let route = Route { provider: image.provider?, model: image.model.clone().unwrap_or_default() };
    let takes = size.pixels() > 0
        && !operation.keeps_pixels()
        && operation != Operation::Upscale
        && routing::model(&route).sizes.fit(Wish::Exactly(size)).is_ok();
    takes.then(|| size.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifact::kinds::testing::image;
    use crate::catalogue::MODELS;
    use crate::ids::ProjectId;
    use crate::request;

    /// A picture that says all that can be said, of every model that can do the operation.
    fn pictures() -> Vec<Image> {
        let mut pictures = Vec::new();
        for model in MODELS {
            for operation in Operation::ALL.into_iter().filter(|operation| model.how(*operation).is_some()) {
                pictures.push(Image {
                    provider: Some(model.provider),
                    model: Some(model.id.to_owned()),
                    operation: operation.as_str().to_owned(),
                    seed: Some(4_711),
                    refined_prompt: Some("A red circle on white. Soft light.".to_owned()),
                    start_image_url: operation
                        .needs_start()
                        .then(|| "4fZk0PqLx81mWd2C-9aX2kLm0Qw3E-0".to_owned()),
                    ..image("a")
                });
            }
        }
        pictures
    }

    #[test]
    fn every_body_is_one_that_is_taken() {
        let project = ProjectId::parse("4fZk0PqLx81mWd2C").unwrap();
        for picture in pictures() {
            let Ok(mut body) = job(&picture) else {
                assert!(["inpaint", "outpaint"].contains(&picture.operation.as_str()), "{picture:?}");
                continue;
            };
            body.insert("sessionId".to_owned(), "recipe".into());
            let text = serde_json::to_vec(&body).unwrap();
            let spec = request::new_job(project.clone(), &text).unwrap();
            assert_eq!(spec.wishes.operation.as_str(), picture.operation);
            assert_eq!(spec.prompt, "A red circle on white. Soft light.");
            assert_eq!(spec.wishes.models[0].model, picture.model.clone().unwrap());
            if picture.operation == "generate" {
                routing::fit(&spec, &spec.wishes.models[0])
                    .unwrap_or_else(|why| panic!("{why:?} {picture:?}"));
            }
        }
    }

    #[test]
    fn what_is_missing_is_named() {
        let of = |change: fn(&mut Image)| {
            let mut image = image("a");
            change(&mut image);
            job(&image).unwrap_err()
        };
        assert_eq!(of(|image| image.operation = "rollback".to_owned()), "how it was made isn’t recorded");
        assert_eq!(of(|image| image.provider = None), "who made it isn’t recorded");
        assert_eq!(of(|image| image.prompt = String::new()), "its prompt isn’t kept with it");
        let began = of(|image| image.operation = "edit".to_owned());
        assert_eq!(began, "the picture that it began with isn’t recorded");
        let long = Image { refined_prompt: Some("x".repeat(PROMPT_MAX + 1)), ..image("a") };
        assert_eq!(job(&long).unwrap()["prompt"], long.prompt, "a body that's too long would be refused");
    }
}
