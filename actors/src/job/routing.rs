//! Which model makes a variant, and which others may when it can't: decided before anything is spent.
//!
//! The first route is the one asked for. A model that can't do what is wanted is refused here, with the name of one that
//! can; the others are there only if the request allows them, and only those that can do the very same.

use crate::catalogue::shape::{Shape, Wish};
use crate::catalogue::{self, How, Model};
use crate::ingest::Input;
use crate::job::journal::Variant;
use crate::job::message::Spec;
use crate::job::wishes::Route;
use crate::operation::{Canvas, Operation, Size};
use crate::picture::canvas::COMPOSE_PIXELS_MAX;
use crate::provider::Provider;
use crate::request::Invalid;

/// A provider that can be called, and the model that it's configured with.
pub type Configured = (Provider, String);

/// What a model is asked for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fit {
    /// How it carries the operation out.
    pub how: How,
    /// In which shape.
    pub shape: Shape,
}

/// A reason why a model can't, and the field that asks for it.
type Unfit = (&'static str, String);

/// The routes of each provider asked for, in the order of `spec.providers`.
///
/// # Errors
/// [`Invalid`] naming the field and, where there is one, a model that can do what is wanted.
pub fn resolve(spec: &Spec, configured: &[Configured]) -> Result<Vec<Vec<Route>>, Invalid> {
    check_pictures(spec)?;
    let of = |(index, provider): (usize, &Provider)| routes(spec, index, *provider, configured);
    spec.providers.iter().enumerate().map(of).collect()
}

/// What the route's model is asked for.
///
/// # Errors
/// Field and reason when it can't.
pub fn fit(spec: &Spec, route: &Route) -> Result<Fit, Unfit> {
    let model = model(route);
    let wishes = &spec.wishes;
    let how =
        model.how(wishes.operation).ok_or_else(|| ("operation", format!("it can't {}", wishes.operation)))?;
    let shape = model.sizes.fit(wish(spec)).map_err(|why| (shape_field(spec), why))?;
    if !grows(spec, shape) {
        return Err(("startImageUrl", "it makes nothing larger than the picture is".to_owned()));
    }
    if let Some(quality) = wishes.quality
        && !model.qualities.contains(&quality)
    {
        return Err(("quality", format!("it knows no quality {}", quality.as_str())));
    }
    if let Some(format) = wishes.format
        && !model.formats.contains(&format)
    {
        return Err(("format", format!("it can't be asked for {}", format.as_str())));
    }
    if wishes.seed.is_some() && !model.seed {
        return Err(("seed", "it takes no seed".to_owned()));
    }
    if wishes.partials > model.partials {
        return Err(("partialImages", format!("it shows at most {} partial pictures", model.partials)));
    }
    let pictures = usize::from(spec.materials.start.is_some()) + spec.materials.references.len();
    if pictures > model.pictures {
        return Err(("referenceImageUrls", format!("it takes at most {} pictures", model.pictures)));
    }
    if spec.prompt.chars().count() > model.prompt_chars {
        return Err(("prompt", format!("it takes at most {} characters", model.prompt_chars)));
    }
    Ok(Fit { how, shape })
}

/// The model that is asked for a variant.
pub fn current(spec: &Spec, variant: &Variant) -> Route {
    let first = || spec.routes(variant.provider).first();
    let configured = || Route { provider: variant.provider, model: String::new() };
    variant.rerouted().or_else(first).cloned().unwrap_or_else(configured)
}

/// The model that the provider names in the place of one that it has shut down, if it can do what is wanted.
pub fn successor(spec: &Spec, gone: &Route) -> Option<Route> {
    let successor = catalogue::find(gone.provider, &gone.model)?.successor?;
    let route = Route { provider: gone.provider, model: successor.to_owned() };
    fit(spec, &route).is_ok().then_some(route)
}

/// The row of the route's model, or what is assumed of one that has none.
pub fn model(route: &Route) -> Model {
    let found = catalogue::find(route.provider, &route.model);
    found.copied().unwrap_or_else(|| catalogue::unlisted(route.provider))
}

/// Where the picture lies on the canvas, when it's to be continued.
pub fn canvas(spec: &Spec) -> Option<Canvas> {
    spec.wishes.canvas?.around(spec.materials.start.as_ref()?.size())
}

fn routes(
    spec: &Spec,
    index: usize,
    provider: Provider,
    configured: &[Configured],
) -> Result<Vec<Route>, Invalid> {
    let field = format!("providers[{index}]");
    let routing = &spec.wishes.routing;
    if !routing.allows(provider) {
        return Err(Invalid::field(field, "isn't among routing.only"));
    }
    let first = first(spec, provider, configured);
    if let Err((what, why)) = fit(spec, &first) {
        return Err(Invalid::unsupported(what, refusal(spec, &first, &why, configured)));
    }
    let mut routes = vec![first];
    if routing.fallback {
        let named = routing.order.iter().copied();
        let others = Provider::ALL.into_iter().filter(|it| !routing.order.contains(it));
        for other in named.chain(others).filter(|it| *it != provider && routing.allows(*it)) {
            if configured.iter().any(|(known, _)| *known == other) {
                let route = self::first(spec, other, configured);
                if fit(spec, &route).is_ok() {
                    routes.push(route);
                }
            }
        }
    }
    Ok(routes)
}

/// The model to ask for at a provider: the one that the request names; the configured one, if it can; else the first of the
/// provider's that can.
fn first(spec: &Spec, provider: Provider, configured: &[Configured]) -> Route {
    let route = |model: &str| Route { provider, model: model.to_owned() };
    if let Some(named) = spec.wishes.model(provider) {
        return route(named);
    }
    let configured = configured.iter().find(|(known, _)| *known == provider).map_or("", |(_, model)| model);
    let usual = route(configured);
    if fit(spec, &usual).is_ok() {
        return usual;
    }
    let mine = catalogue::MODELS.iter().filter(|it| it.provider == provider && it.shutdown.is_none());
    let able = mine.clone().map(|it| route(it.id)).find(|it| fit(spec, it).is_ok());
    // None is: the reason given is that of one that can at least do this at all.
    let nearly = || mine.clone().find(|it| it.how(spec.wishes.operation).is_some()).map(|it| route(it.id));
    able.or_else(nearly).unwrap_or(usual)
}

/// Why not, and who else could.
fn refusal(spec: &Spec, route: &Route, why: &str, configured: &[Configured]) -> String {
    let can = |model: &&Model| {
        model.shutdown.is_none()
            && fit(spec, &Route { provider: model.provider, model: model.id.to_owned() }).is_ok()
    };
    // One that could be asked at once is a better answer than one that would have to be set up first.
    let ready = |model: &&Model| configured.iter().any(|(provider, _)| *provider == model.provider);
    let mut able = catalogue::MODELS.iter().filter(can);
    let other = able.clone().find(ready).or_else(|| able.next());
    let name = if route.model.is_empty() { route.provider.as_str() } else { &route.model };
    match other {
        Some(model) => format!("{name}: {why}; {}'s {} can", model.provider, model.id),
        None => format!("{name}: {why}; no model that is known can"),
    }
}

/// What has nothing to do with any model.
fn check_pictures(spec: &Spec) -> Result<(), Invalid> {
    let (wishes, materials) = (&spec.wishes, &spec.materials);
    let Some(start) = &materials.start else { return Ok(()) };
    if wishes.canvas.is_some() && canvas(spec).is_none() {
        let why = format!("must hold the whole picture ({}) and more", start.size());
        return Err(Invalid::field("canvas", why));
    }
    let whole = canvas(spec).map_or(start.size(), Canvas::size);
    if wishes.operation.keeps_pixels() && whole.pixels() > COMPOSE_PIXELS_MAX {
        let field = if wishes.canvas.is_some() { "canvas" } else { "startImageUrl" };
        let why =
            format!("at most {COMPOSE_PIXELS_MAX} pixels where a part must stay as it is; {whole} is more");
        return Err(Invalid::field(field, why));
    }
    if let Some(mask) = &materials.mask
        && mask.size() != start.size()
    {
        let why = format!("must have the picture's size, {}; it has {}", start.size(), mask.size());
        return Err(Invalid::field("mask", why));
    }
    if let Some(size) = wishes.size
        && wishes.operation == Operation::Upscale
        && size.pixels() <= start.size().pixels()
    {
        let why = format!("must be larger than the picture, {}", start.size());
        return Err(Invalid::field("size", why));
    }
    Ok(())
}

/// In what shape the result is wanted.
fn wish(spec: &Spec) -> Wish {
    let wishes = &spec.wishes;
    if let Some(size) = wishes.size {
        return Wish::Exactly(size);
    }
    if let Some(aspect) = wishes.aspect {
        return Wish::Aspect(aspect);
    }
    let Some(start) = spec.materials.start.as_ref().map(Input::size) else { return Wish::Any };
    match wishes.operation {
        Operation::Generate => Wish::Any,
        Operation::Edit | Operation::Inpaint | Operation::Variation => Wish::Like(start),
        Operation::Outpaint => Wish::Like(canvas(spec).map_or(start, Canvas::size)),
        Operation::Upscale => Wish::Like(Size { width: start.width * 2, height: start.height * 2 }),
    }
}

/// What is to have more pixels has more.
fn grows(spec: &Spec, shape: Shape) -> bool {
    let Some(start) = spec.materials.start.as_ref().filter(|_| spec.wishes.operation == Operation::Upscale)
    else {
        return true;
    };
    match shape {
        Shape::Pixels(size) => size.pixels() > start.size().pixels(),
        Shape::Aspect(_, scale) => u64::from(scale.side()).pow(2) > start.size().pixels(),
        Shape::Own => false,
    }
}

/// The field that decides on the shape.
fn shape_field(spec: &Spec) -> &'static str {
    let wishes = &spec.wishes;
    if wishes.size.is_some() {
        "size"
    } else if wishes.aspect.is_some() {
        "aspect"
    } else if wishes.canvas.is_some() {
        "canvas"
    } else {
        "startImageUrl"
    }
}

#[cfg(test)]
mod tests;
