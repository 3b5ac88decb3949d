use super::*;
use crate::catalogue::shape::Scale;
use crate::ids::{ProjectId, SessionId};
use crate::job::wishes::{Materials, Routing, WantedCanvas, Wishes};
use crate::operation::{Aspect, Quality};

fn input(width: u32, height: u32) -> Input {
    Input {
        key: "project/p/inputs/0".to_owned(),
        media_type: "image/png".to_owned(),
        width,
        height,
        bytes: 1,
        sha256: "0".to_owned(),
    }
}

fn spec(providers: &[Provider], wishes: Wishes) -> Spec {
    let start = wishes.start.as_ref().map(|_| input(768, 512));
    let mask = wishes.mask.as_ref().map(|_| input(768, 512));
    Spec {
        project_id: ProjectId::parse("4fZk0PqLx81mWd2C").unwrap(),
        session_id: SessionId::parse("s").unwrap(),
        prompt: "a boat".into(),
        providers: providers.to_vec(),
        variants: 1,
        deadline_ms: 1,
        job_deadline_ms: 1,
        materials: Materials { start, mask, ..Materials::default() },
        wishes,
        routes: Vec::new(),
        terms: crate::job::money::Terms::default(),
    }
}

/// An operation with all that it needs.
fn wishes(operation: Operation) -> Wishes {
    let text = |there: bool| there.then(|| "https://example.com/a.png".to_owned());
    Wishes {
        operation,
        start: text(operation.needs_start()),
        mask: text(operation == Operation::Inpaint),
        canvas: (operation == Operation::Outpaint).then_some(WantedCanvas {
            width: 1024,
            height: 512,
            x: None,
            y: None,
        }),
        ..Wishes::default()
    }
}

fn configured() -> Vec<Configured> {
    let usual = ["gpt-image-2", "gemini-nano-banana-2.1", "@cf/black-forest-labs/flux-1-schnell"];
    Provider::ALL.into_iter().zip(usual.map(str::to_owned)).collect()
}

fn models(routes: &[Route]) -> Vec<&str> {
    routes.iter().map(|route| route.model.as_str()).collect()
}

#[test]
fn every_provider_and_operation_has_a_model_or_a_reason() {
    for operation in Operation::ALL {
        for provider in Provider::ALL {
            let resolved = resolve(&spec(&[provider], wishes(operation)), &configured());
            if (provider, operation) == (Provider::Workers, Operation::Upscale) {
                let refused = resolved.unwrap_err();
                assert_eq!(refused.field, "operation");
                assert!(refused.reason.contains("openai's gpt-image-2 can"), "{}", refused.reason);
                continue;
            }
            let routes = resolved.unwrap();
            assert!(!routes[0][0].model.is_empty(), "{provider} {operation}");
            assert_eq!(routes[0].len(), 1, "nobody asked for another");
        }
    }
}

#[test]
fn the_configured_model_goes_first_and_another_only_where_it_cannot() {
    let first = |operation| {
        let routes = resolve(&spec(&[Provider::Workers], wishes(operation)), &configured()).unwrap();
        routes[0][0].model.clone()
    };
    assert_eq!(first(Operation::Generate), "@cf/black-forest-labs/flux-1-schnell");
    assert_eq!(first(Operation::Edit), "@cf/black-forest-labs/flux-2-klein-4b");
    assert_eq!(first(Operation::Inpaint), "@cf/runwayml/stable-diffusion-v1-5-inpainting");
    assert_eq!(first(Operation::Outpaint), "@cf/runwayml/stable-diffusion-v1-5-inpainting");
}

#[test]
fn a_named_model_that_cannot_is_refused_with_one_that_can() {
    let named = |operation, model: &str| {
        let models = vec![Route { provider: Provider::Workers, model: model.to_owned() }];
        let refused =
            resolve(&spec(&[Provider::Workers], Wishes { models, ..wishes(operation) }), &configured());
        refused.unwrap_err().reason
    };
    let reason = named(Operation::Inpaint, "@cf/black-forest-labs/flux-2-dev");
    assert!(reason.starts_with("@cf/black-forest-labs/flux-2-dev: it can't inpaint; "), "{reason}");
    assert!(reason.ends_with(" can"), "{reason}");
    assert!(named(Operation::Edit, "@cf/unknown/model").contains("it can't edit"));
}

#[test]
fn parameters_are_refused_where_there_is_no_choice() {
    let refused = |provider, wishes| resolve(&spec(&[provider], wishes), &configured()).unwrap_err();
    let quality = Wishes { quality: Some(Quality::High), ..Wishes::default() };
    assert_eq!(refused(Provider::Gemini, quality).field, "quality");
    let max = Wishes { quality: Some(Quality::Max), ..Wishes::default() };
    assert!(resolve(&spec(&[Provider::Openai], max), &configured()).is_ok(), "a newer model can");
    let seed = Wishes { seed: Some(7), ..Wishes::default() };
    assert_eq!(refused(Provider::Openai, seed.clone()).field, "seed");
    assert!(resolve(&spec(&[Provider::Gemini], seed), &configured()).is_ok());
    let size = Wishes { size: Some(Size { width: 1000, height: 1000 }), ..Wishes::default() };
    assert_eq!(refused(Provider::Openai, size).field, "size");
    let partials = Wishes { partials: 1, ..Wishes::default() };
    assert_eq!(refused(Provider::Gemini, partials).field, "partialImages");
}

#[test]
fn others_may_serve_only_where_that_is_allowed_and_in_the_order_asked_for() {
    let routed = |routing| {
        let wishes = Wishes { routing, ..wishes(Operation::Edit) };
        resolve(&spec(&[Provider::Openai], wishes), &configured()).unwrap().remove(0)
    };
    assert_eq!(models(&routed(Routing::default())), ["gpt-image-2"]);
    let fallback = Routing { fallback: true, ..Routing::default() };
    let all = ["gpt-image-2", "gemini-nano-banana-2.1", "@cf/black-forest-labs/flux-2-klein-4b"];
    assert_eq!(models(&routed(fallback.clone())), all);
    let order = vec![Provider::Workers];
    assert_eq!(models(&routed(Routing { order, ..fallback.clone() })), [all[0], all[2], all[1]]);
    let only = vec![Provider::Openai, Provider::Workers];
    assert_eq!(models(&routed(Routing { only, ..fallback })), [all[0], all[2]]);
}

#[test]
fn nobody_serves_who_is_not_configured_or_cannot() {
    let routing = Routing { fallback: true, ..Routing::default() };
    let upscale = spec(&[Provider::Openai], Wishes { routing, ..wishes(Operation::Upscale) });
    assert_eq!(
        models(&resolve(&upscale, &configured()).unwrap()[0]),
        ["gpt-image-2", "gemini-nano-banana-2.1"]
    );
    assert_eq!(models(&resolve(&upscale, &configured()[..1]).unwrap()[0]), ["gpt-image-2"]);
    let only = Routing { only: vec![Provider::Gemini], ..Routing::default() };
    let refused =
        resolve(&spec(&[Provider::Openai], Wishes { routing: only, ..Wishes::default() }), &configured());
    assert_eq!(refused.unwrap_err().field, "providers[0]");
}

#[test]
fn pictures_fit_together() {
    let refused = |spec: &Spec| resolve(spec, &configured()).unwrap_err().field;
    let mut mask = spec(&[Provider::Openai], wishes(Operation::Inpaint));
    mask.materials.mask = Some(input(512, 512));
    assert_eq!(refused(&mask), "mask");
    let mut huge = spec(&[Provider::Openai], wishes(Operation::Inpaint));
    huge.materials =
        Materials { start: Some(input(4096, 2048)), mask: Some(input(4096, 2048)), ..Materials::default() };
    assert_eq!(refused(&huge), "startImageUrl");
    let mut canvas = spec(&[Provider::Openai], wishes(Operation::Outpaint));
    canvas.wishes.canvas = Some(WantedCanvas { width: 768, height: 512, x: None, y: None });
    assert_eq!(refused(&canvas), "canvas");
    let mut references = spec(&[Provider::Workers], wishes(Operation::Edit));
    references.materials.references = vec![input(64, 64); 4];
    assert_eq!(refused(&references), "referenceImageUrls");
}

#[test]
fn a_result_has_the_form_of_the_picture_it_began_with() {
    let shape = |provider, operation| {
        let spec = spec(&[provider], wishes(operation));
        fit(&spec, &resolve(&spec, &configured()).unwrap()[0][0]).unwrap().shape
    };
    let pixels = |width, height| Shape::Pixels(Size { width, height });
    assert_eq!(shape(Provider::Openai, Operation::Edit), pixels(1008, 672));
    assert_eq!(shape(Provider::Openai, Operation::Upscale), pixels(1536, 1024));
    assert_eq!(shape(Provider::Openai, Operation::Outpaint), pixels(1152, 576));
    assert_eq!(
        shape(Provider::Gemini, Operation::Upscale),
        Shape::Aspect(Aspect { width: 3, height: 2 }, Scale::K1)
    );
    assert_eq!(shape(Provider::Workers, Operation::Inpaint), pixels(768, 512));
}

#[test]
fn a_model_that_is_gone_leads_to_the_one_that_its_provider_names() {
    let gone = |model: &str| Route { provider: Provider::Openai, model: model.to_owned() };
    let spec = spec(&[Provider::Openai], Wishes::default());
    assert_eq!(successor(&spec, &gone("gpt-image-1.5")), Some(gone("gpt-image-2.6-flare")));
    assert_eq!(successor(&spec, &gone("gpt-image-2")), None);
}
