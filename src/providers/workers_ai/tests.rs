//! Workers AI against its documented wire shapes.

use picasso_actors::provider::Provider;
use serde_json::json;

use super::super::config::testing;
use super::*;

fn request(prompt: &str) -> GenerateRequest {
    GenerateRequest::from_words(Provider::Workers, prompt.into(), 7)
}

fn run_with(model: &str, request: &GenerateRequest, pictures: &[Sent]) -> Result<Inputs, Failure> {
    inputs(
        &testing::config().workers,
        &GenerateRequest { model: model.to_owned(), ..request.clone() },
        pictures,
    )
}

fn json_of(model: &str) -> Value {
    match run_with(model, &request("a red boat"), &[]).unwrap().body {
        Body::Json(text) => serde_json::from_str(&text).unwrap(),
        Body::Multipart { .. } => panic!("{model} takes JSON"),
    }
}

fn answered(status: u16, body: &str) -> Result<Picture, Failure> {
    decode(&Answer { status, headers: &|_| None, body: body.as_bytes() }, 0)
}

#[test]
fn the_call() {
    let call = super::super::encode(&testing::config(), &request("a red boat"), &[]).unwrap();
    let url =
        "https://api.cloudflare.com/client/v4/accounts/0a1b2c3d/ai/run/@cf/black-forest-labs/flux-1-schnell";
    assert_eq!((call.method, call.url.as_str()), ("POST", url));
    assert!(call.headers.contains(&("authorization", "Bearer secret-workers".into())));
    assert!(call.headers.contains(&("content-type", "application/json".into())));
    let body: Value = serde_json::from_slice(&call.body).unwrap();
    assert_eq!(body, json!({"prompt": "a red boat", "steps": 4}));
}

#[test]
fn each_model_gets_the_fields_it_knows() {
    let side = 1024;
    for (model, expected, output) in [
        ("@cf/black-forest-labs/flux-1-schnell", json!({"prompt": "a red boat", "steps": 4}), Output::Json),
        (
            "@cf/leonardo/lucid-origin",
            json!({"prompt": "a red boat", "seed": 7, "width": side, "height": side}),
            Output::Json,
        ),
        (
            "@cf/leonardo/phoenix-1.0",
            json!({"prompt": "a red boat", "seed": 7, "width": side, "height": side}),
            Output::Bytes,
        ),
        (
            "@cf/stabilityai/stable-diffusion-xl-base-1.0",
            json!({"prompt": "a red boat", "seed": 7, "width": side, "height": side, "num_steps": 20}),
            Output::Bytes,
        ),
        ("@cf/someone/new-model", json!({"prompt": "a red boat"}), Output::Json),
    ] {
        assert_eq!(json_of(model), expected, "{model}");
        assert_eq!(run_with(model, &request("a red boat"), &[]).unwrap().output, output, "{model}");
    }
    let failure =
        run_with("@cf/runwayml/stable-diffusion-v1-5-inpainting", &request("a boat"), &[]).unwrap_err();
    assert_eq!(failure.class, FailureClass::NotConfigured);
}

fn picture(role: Role, bytes: &[u8]) -> Sent {
    Sent { role, media_type: "image/png", bytes: bytes.to_vec() }
}

#[test]
fn flux_2_gets_a_form_with_its_pictures() {
    let model = "@cf/black-forest-labs/flux-2-dev";
    let pictures = [picture(Role::Start, b"START"), picture(Role::Reference, b"LOOK")];
    let Body::Multipart { bytes, .. } = run_with(model, &request("a boat"), &pictures).unwrap().body else {
        panic!("a form")
    };
    let form = String::from_utf8(bytes).unwrap();
    let names: Vec<&str> =
        form.split("; name=\"").skip(1).map(|part| part.split('"').next().unwrap()).collect();
    assert_eq!(names, ["prompt", "width", "height", "seed", "input_image_0", "input_image_1"]);
    let config = testing::with(&[("WORKERS_AI_IMAGE_MODEL", model)]);
    let call = encode(&config.workers, &request("a boat"), &[]).unwrap();
    let content_type = call.headers.iter().find(|(name, _)| *name == "content-type").unwrap();
    assert!(content_type.1.starts_with("multipart/form-data; boundary=picasso-"), "{}", content_type.1);
}

#[test]
fn a_picture_to_begin_with_and_a_mask_go_into_the_json() {
    let json = |model, operation, pictures: &[Sent]| {
        let request = GenerateRequest { operation, ..request("a boat") };
        let Body::Json(text) = run_with(model, &request, pictures).unwrap().body else { panic!("JSON") };
        serde_json::from_str::<Value>(&text).unwrap()
    };
    let start = picture(Role::Start, b"ABC");
    let varied = json(
        "@cf/runwayml/stable-diffusion-v1-5-img2img",
        Operation::Variation,
        std::slice::from_ref(&start),
    );
    assert_eq!((varied["image_b64"].as_str(), varied["strength"].as_f64()), (Some("QUJD"), Some(0.6)));
    let mask = picture(Role::Mask, &[0, 255]);
    let painted = json("@cf/runwayml/stable-diffusion-v1-5-inpainting", Operation::Inpaint, &[start, mask]);
    assert_eq!((&painted["mask"], &painted["strength"]), (&json!([0, 255]), &Value::Null));
    assert_eq!(painted["image_b64"], "QUJD");
}

#[test]
fn schnell_takes_2048_characters() {
    let own = "b".repeat(2_000);
    let model = "@cf/black-forest-labs/flux-1-schnell";
    let guided = request(&format!("{own}\n\nSharp focus on the boat. {}", "More guidance. ".repeat(9)));
    let Body::Json(text) = run_with(model, &guided, &[]).unwrap().body else { panic!("JSON") };
    let body: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(body["prompt"], format!("{own}\n\nSharp focus on the boat. More guidance."));
    let failure = run_with(model, &request(&"b".repeat(2_049)), &[]).unwrap_err();
    assert_eq!(failure.class, FailureClass::BadRequest);
    assert!(failure.message.contains("2049") && failure.message.contains("2048"), "{}", failure.message);
    // The other models have no documented limit.
    run_with("@cf/leonardo/lucid-origin", &request(&"b".repeat(5_000)), &[]).unwrap();
}

#[test]
fn a_model_can_not_leave_the_path() {
    let config = testing::with(&[("WORKERS_AI_IMAGE_MODEL", "@cf/a/../../../user/tokens")]);
    let failure = encode(&config.workers, &request("a boat"), &[]).unwrap_err();
    assert_eq!(failure.class, FailureClass::NotConfigured);
    assert!(failure.message.contains("WORKERS_AI_IMAGE_MODEL"), "{}", failure.message);
}

#[test]
fn pictures_in_every_form() {
    let jpeg = b"\xff\xd8\xff\xe0";
    let header = |name: &str| match name {
        "cf-ray" => Some("ray-1".to_owned()),
        "content-type" => Some("image/png".to_owned()),
        _ => None,
    };
    let json = br#"{"result":{"image":"/9j/4A=="},"success":true,"errors":[],"messages":[]}"#;
    for body in [&json[..], &jpeg[..]] {
        let picture = decode(&Answer { status: 200, headers: &header, body }, 0).unwrap();
        assert_eq!((picture.bytes.as_slice(), picture.request_id.as_deref()), (&jpeg[..], Some("ray-1")));
    }
    assert_eq!(decode_result_json(r#"{"image":"/9j/4A=="}"#).unwrap().bytes, jpeg);
    assert_eq!(decode_result_bytes(jpeg.to_vec()).unwrap().bytes, jpeg);
}

#[test]
fn a_success_without_a_picture() {
    for body in [
        r#"{"result":{},"success":true,"errors":[],"messages":[]}"#,
        r#"{"result":null,"success":true,"errors":[],"messages":[]}"#,
        r#"{"result":{"image":""},"success":true}"#,
    ] {
        assert_eq!(answered(200, body).unwrap_err().class, FailureClass::NoImage, "{body}");
    }
    for text in ["{}", "null", r#"{"image":null}"#] {
        assert_eq!(decode_result_json(text).unwrap_err().class, FailureClass::NoImage, "{text}");
    }
    for text in ["", "{\"image\":\"QUJ", "[1]", r#"{"image":"%"}"#] {
        assert_eq!(decode_result_json(text).unwrap_err().class, FailureClass::BadImage, "{text}");
    }
    assert_eq!(decode_result_bytes(Vec::new()).unwrap_err().class, FailureClass::NoImage);
}

#[test]
fn refusals_over_rest_and_through_the_binding() {
    use FailureClass::{Auth, BadRequest, ModelGone, Moderation, NotConfigured, Overloaded, Quota, Timeout};
    for (status, code, message, class) in [
        (400, 5007, "No such model @cf/x/y or task", ModelGone),
        (404, 3042, "The model name is invalid", ModelGone),
        (400, 5004, "Invalid data type for base64 input: number", BadRequest),
        (400, 5006, "Error: oneOf at '/' not met", BadRequest),
        (400, 3003, "Request is missing headers or body: prompt", BadRequest),
        (413, 3006, "Request is too large", BadRequest),
        (400, 3030, "AiError: AiError: Input prompt contains NSFW content", Moderation),
        (
            400,
            3030,
            "AiError: AiError: Your output has been flagged. Please choose another prompt",
            Moderation,
        ),
        (400, 3030, "AiError: Model input is not valid: missing required input", BadRequest),
        (408, 3007, "Request timeout", Timeout),
        (408, 3008, "Request was aborted", Timeout),
        (429, 3036, "You have used up your daily free allocation of 10,000 neurons.", Quota),
        (429, 4006, "AiError: you have used up your daily free allocation of 10,000 neurons", Quota),
        (429, 3040, "Capacity temporarily exceeded, please try again.", Overloaded),
        (403, 3041, "The account is not allowed to access this model", Auth),
        (403, 5018, "The account is not allowed to access this model", Auth),
        (403, 3023, "Service unavailable for account", Auth),
        (403, 5035, "This model requires a Workers Paid plan", Auth),
        (401, 10_000, "Authentication error", Auth),
        (
            404,
            7003,
            "Could not route to /client/v4/accounts/x/ai/run, perhaps your object identifier is invalid?",
            NotConfigured,
        ),
        (500, 3043, "Internal server error", Overloaded),
    ] {
        let body = json!({"result": {}, "success": false, "errors": [{"code": code, "message": message}], "messages": []});
        let failure = answered(status, &body.to_string()).unwrap_err();
        assert_eq!(failure.class, class, "{status} {code} {message}");
        assert!(failure.message.contains(&code.to_string()), "{}", failure.message);
        let text = json!({"result": null, "success": false, "errors": [{"code": code.to_string(), "message": message}]});
        assert_eq!(answered(status, &text.to_string()).unwrap_err().class, class, "{code} as text");
        // An envelope can say no with status 200.
        assert_eq!(answered(200, &body.to_string()).unwrap_err().class, class, "{code}");
        let thrown = binding_failure(&format!("{code}: {message}"));
        assert_eq!(thrown.class, class, "{code} thrown: {}", thrown.message);
        assert_eq!(thrown, binding_failure(&format!("InferenceUpstreamError: {code}: {message}")));
    }
}

#[test]
fn a_rate_limit_without_a_known_code() {
    let header = |name: &str| (name == "retry-after").then(|| "2".to_owned());
    let body =
        br#"{"errors":[{"message":"Rate limited","code":2003}],"success":false,"result":{},"messages":[]}"#;
    let failure = decode(&Answer { status: 429, headers: &header, body }, 0).unwrap_err();
    assert_eq!((failure.class, failure.retry_after_ms), (FailureClass::Rate, Some(2_000)));
    assert_eq!(failure.message, "workers asks for fewer requests (429 2003): Rate limited");
}

#[test]
fn the_binding_without_a_code() {
    assert_eq!(binding_failure("Binding AI needs to be run remotely").class, FailureClass::NotConfigured);
    assert_eq!(binding_failure("Network connection lost.").class, FailureClass::Overloaded);
    assert_eq!(binding_failure("").class, FailureClass::Overloaded);
    let known = binding_failure("3040: Capacity temporarily exceeded, please try again.");
    let message = "workers is overloaded or failing (3040): Capacity temporarily exceeded, please try again.";
    assert_eq!(known.message, message);
}

#[test]
fn an_unknown_account_names_its_variable() {
    let body =
        r#"{"success":false,"errors":[{"code":7003,"message":"Could not route to /client/v4/accounts/x"}]}"#;
    let failure = answered(404, body).unwrap_err();
    assert!(failure.message.contains("WORKERS_AI_ACCOUNT_ID"), "{}", failure.message);
}
