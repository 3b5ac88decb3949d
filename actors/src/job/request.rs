//! From a variant to the call that makes its picture: what the provider's model is told, and which pictures it's sent.

use crate::catalogue::{How, Shape};
use crate::ids::JobId;
use crate::ingest::Input;
use crate::job::journal::Variant;
use crate::job::message::Spec;
use crate::job::{plan, routing};
use crate::operation::Operation;
use crate::provider::{GenerateRequest, Material, Prepare, Provider, Role};

/// The call for a variant.
pub fn of(spec: &Spec, job: &JobId, variant: &Variant) -> GenerateRequest {
    let route = routing::current(spec, variant);
    // The plan has checked that it fits; a specification from before there was a choice always does.
    let fit = routing::fit(spec, &route);
    let (how, shape) = fit.map_or((How::Native, Shape::Own), |fit| (fit.how, fit.shape));
    let words = variant.refined.as_ref().map_or(spec.prompt.as_str(), |refined| refined.text.as_str());
    let wishes = &spec.wishes;
    let operation = wishes.operation;
    GenerateRequest {
        provider: route.provider,
        prompt: instruction(operation, route.provider, how, words),
        seed: seed(spec, job, variant),
        shape,
        operation,
        quality: wishes.quality,
        format: wishes.format,
        materials: materials(spec, route.provider, routing::model(&route).picture_side),
        partials: wishes.partials,
        model: route.model,
    }
}

/// The seed that is asked for.
fn seed(spec: &Spec, job: &JobId, variant: &Variant) -> u32 {
    let named = spec.wishes.seed.map(|seed| seed.wrapping_add(variant.index) & 0x7fff_ffff);
    named.unwrap_or_else(|| plan::seed(job.as_str(), variant.ordinal))
}

/// The seed, where the model that served takes one.
pub fn seed_of(spec: &Spec, job: &JobId, variant: &Variant) -> Option<u32> {
    routing::model(&routing::current(spec, variant)).seed.then(|| seed(spec, job, variant))
}

/// The words, with what the model has to be told because the call alone doesn't say it.
fn instruction(operation: Operation, provider: Provider, how: How, words: &str) -> String {
    let emulated = how.emulation().is_some();
    let told = match operation {
        Operation::Inpaint if emulated => {
            "The last picture is a mask of the first. Change the first picture only where the mask is white, and keep everything \
             else exactly as it is. In the white area: "
        }
        Operation::Outpaint if provider == Provider::Gemini => {
            "The first picture lies on a larger, empty canvas; the last picture is a mask of it. Continue the picture over the \
             whole canvas, in the white area of the mask, and keep everything else exactly as it is. Beyond its edges: "
        }
        Operation::Outpaint => "Continue the picture beyond its edges, seamlessly. Beyond its edges: ",
        Operation::Variation if emulated => {
            "Make a variation of the picture: the same subject, style and palette, in another composition. "
        }
        Operation::Upscale => {
            "Render exactly this picture again with more pixels: the same composition, subjects, colours and text, only with \
             finer detail. "
        }
        Operation::Generate | Operation::Edit | Operation::Inpaint | Operation::Variation => "",
    };
    format!("{told}{words}").trim_end().to_owned()
}

/// What is sent along: the start image, further ones, then the mask.
fn materials(spec: &Spec, provider: Provider, side: u32) -> Vec<Material> {
    let small = if side > 0 { Prepare::Shrink(side) } else { Prepare::AsIs };
    let material = |role, input: &Input, prepare| Material { role, key: input.key.clone(), prepare };
    let mut materials = Vec::new();
    let Some(start) = &spec.materials.start else { return materials };
    let canvas = routing::canvas(spec);
    materials.push(material(Role::Start, start, canvas.map_or(small, Prepare::Pad)));
    materials.extend(spec.materials.references.iter().map(|it| material(Role::Reference, it, small)));
    // OpenAI reads the mask from the alpha channel; the others are shown it.
    let by_alpha = provider == Provider::Openai;
    if let Some(mask) = &spec.materials.mask {
        let prepare = if by_alpha { Prepare::MaskAlpha } else { Prepare::MaskWhite };
        materials.push(material(Role::Mask, mask, prepare));
    } else if let Some(canvas) = canvas {
        let prepare = if by_alpha { Prepare::BorderAlpha(canvas) } else { Prepare::BorderWhite(canvas) };
        materials.push(material(Role::Mask, start, prepare));
    }
    materials
}
