//! Cloudflare Workers AI: its image models over REST, and the same inputs and results for the `AI` binding.
//!
//! Each model has an input format of its own, kept as data in `MODELS`; one that isn't listed is sent the prompt alone,
//! which every text-to-image model takes. Models without a seed give different pictures by themselves.
//!
//! The binding takes [`Inputs`] and gives back what stands in the REST envelope's `result`, or a stream of bytes, or an
//! error whose message starts with the code: [`decode_result_json`], [`decode_result_bytes`] and [`binding_failure`].

use picasso_actors::operation::Operation;
use picasso_actors::provider::{Failure, FailureClass, GenerateRequest, Role};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::body::{self, Text};
use super::config::{Secret, path_part};
use super::errors::{self, Refusal, text_at};
use super::multipart::{self, Field};
use super::{Answer, Call, Picture, Sent, pixels, prompt};

const WHO: &str = "workers";
const BASE_URL_VAR: &str = "WORKERS_AI_BASE_URL";

/// The models that are asked for, and the REST service where it is configured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// Makes pictures.
    pub image_model: String,
    /// Looks at them.
    pub vision_model: String,
    /// Words prompts anew.
    pub reasoning_model: Option<String>,
    /// Without it, only the `AI` binding can be used.
    pub rest: Result<Rest, Failure>,
}

/// The REST twin of the binding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rest {
    /// Without a slash at its end.
    pub base_url: String,
    /// The account whose neurons are spent.
    pub account: String,
    /// Needs the permission "Workers AI".
    pub token: Secret,
}

/// What one model is run with, over REST as well as through the binding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inputs {
    /// The model's id.
    pub model: String,
    /// Its input.
    pub body: Body,
    /// In which form the binding gives the picture.
    pub output: Output,
}

/// The two input forms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// One JSON object as text.
    Json(String),
    /// For the binding: `{multipart: {body: <stream of bytes>, contentType}}`.
    Multipart {
        /// With the boundary.
        content_type: String,
        /// The form.
        bytes: Vec<u8>,
    },
}

/// The two output forms of the binding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Output {
    /// `{image: <base64>}`: [`decode_result_json`].
    Json,
    /// A stream of the image's bytes: [`decode_result_bytes`].
    Bytes,
}

/// The REST call of an image model.
///
/// # Errors
/// `NotConfigured` without account and token; `BadRequest` from [`inputs`].
pub fn encode(config: &Config, request: &GenerateRequest, pictures: &[Sent]) -> Result<Call, Failure> {
    let rest = config.rest.as_ref().map_err(Clone::clone)?;
    let inputs = inputs(config, request, pictures)?;
    let (content_type, body) = match inputs.body {
        Body::Json(text) => ("application/json".to_owned(), text.into_bytes()),
        Body::Multipart { content_type, bytes } => (content_type, bytes),
    };
    run(rest, "WORKERS_AI_IMAGE_MODEL", &inputs.model, content_type, body)
}

/// What to run the model with: the one that the request names, or else the configured one.
///
/// # Errors
/// `BadRequest` for a prompt that is longer than the model takes; `NotConfigured` for a model that can't begin with nothing.
pub fn inputs(config: &Config, request: &GenerateRequest, pictures: &[Sent]) -> Result<Inputs, Failure> {
    let model = if request.model.is_empty() { &config.image_model } else { &request.model };
    let format = MODELS.iter().find(|known| known.id == model).unwrap_or(&UNLISTED);
    if format.begins_with_picture && pictures.is_empty() {
        let why = format!("WORKERS_AI_IMAGE_MODEL: {model} only changes pictures, set one that makes them");
        return Err(Failure::new(FailureClass::NotConfigured, why));
    }
    let prompt = prompt::fit(&request.prompt, format.prompt_chars, model)?;
    let size = pixels(request.shape);
    let of = |role| pictures.iter().find(move |picture| picture.role == role);
    let fields = Fields {
        prompt: &prompt,
        width: format.chooses.then_some(size.width),
        height: format.chooses.then_some(size.height),
        seed: format.chooses.then_some(request.seed),
        steps: format.steps,
        num_steps: format.num_steps,
        strength: match request.operation {
            Operation::Variation => Some(VARIATION_STRENGTH),
            Operation::Edit => Some(EDIT_STRENGTH),
            Operation::Generate | Operation::Inpaint | Operation::Outpaint | Operation::Upscale => None,
        }
        .filter(|_| format.begins_with_picture),
        image: of(Role::Start).filter(|_| format.begins_with_picture),
        mask: of(Role::Mask),
    };
    let body = if format.multipart { fields.form(pictures) } else { fields.json()? };
    Ok(Inputs { model: model.clone(), body, output: format.output })
}

/// A `POST` to one model; `model_var` names the variable that holds its id.
pub(super) fn run(
    rest: &Rest,
    model_var: &str,
    model: &str,
    content_type: String,
    body: Vec<u8>,
) -> Result<Call, Failure> {
    let model = path_part(model_var, model, "@/._-")?;
    let url = format!("{}/accounts/{}/ai/run/{model}", rest.base_url, rest.account);
    let secret = ("authorization", format!("Bearer {}", rest.token.expose()));
    Ok(Call::post(url, secret, content_type, body))
}

/// The picture of a REST answer: base64 in the envelope, or the bytes themselves. The content type isn't asked, since it
/// is known to name another format than the bytes have.
///
/// # Errors
/// See [`super::decode`].
pub fn decode(answer: &Answer<'_>, now_ms: u64) -> Result<Picture, Failure> {
    if !answer.is_success() {
        return Err(refusal(WHO, answer, now_ms));
    }
    let is_json = answer.body.trim_ascii_start().starts_with(b"{");
    if !is_json && !answer.body.is_empty() && !errors::is_web_page(answer) {
        return Ok(Picture { bytes: answer.body.to_vec(), usage: None, request_id: answer.request_id() });
    }
    let reply: Envelope<'_> = body::json(WHO, answer)?;
    if reply.success == Some(false) {
        return Err(refusal(WHO, answer, now_ms));
    }
    picture(reply.result, answer.request_id())
}

/// The picture of a binding's result, given as JSON text.
///
/// # Errors
/// `NoImage`, or `BadImage` when it doesn't decode.
pub fn decode_result_json(text: &str) -> Result<Picture, Failure> {
    let result: Option<ImageResult<'_>> = serde_json::from_str(text).map_err(|error| {
        Failure::new(FailureClass::BadImage, format!("workers: the result isn't in its format ({error})"))
    })?;
    picture(result, None)
}

/// The picture of a binding's result, given as bytes.
///
/// # Errors
/// `NoImage` when there are none.
pub fn decode_result_bytes(bytes: Vec<u8>) -> Result<Picture, Failure> {
    if bytes.is_empty() {
        return Err(Failure::new(FailureClass::NoImage, "workers answered with an empty body"));
    }
    Ok(Picture { bytes, usage: None, request_id: None })
}

/// The failure behind an error that the binding threw: its message is `"<code>: <description>"`.
pub fn binding_failure(message: &str) -> Failure {
    thrown(WHO, message)
}

pub(super) fn thrown(who: &str, message: &str) -> Failure {
    if message.contains("needs to be run remotely") {
        let why = "the AI binding doesn't work locally: set WORKERS_AI_ACCOUNT_ID and WORKERS_AI_API_TOKEN";
        return Failure::new(FailureClass::NotConfigured, why);
    }
    // As text, the error is preceded by its name.
    let (code, words) = message
        .split_once("Error: ")
        .filter(|(name, _)| name.chars().all(char::is_alphanumeric))
        .map_or(message, |(_, rest)| rest)
        .split_once(':')
        .and_then(|(code, words)| Some((code.trim().parse().ok()?, words.trim())))
        .unwrap_or((0, message));
    let answer = Answer { status: errors::NO_STATUS, headers: &|_| None, body: b"" };
    CloudflareError { code, words }.failure(who, &answer, 0)
}

/// The failure behind an answer whose status or envelope says so.
pub(super) fn refusal(who: &str, answer: &Answer<'_>, now_ms: u64) -> Failure {
    let value = serde_json::from_slice::<Value>(answer.body).unwrap_or_default();
    let Some(error) = value.pointer("/errors/0") else {
        return errors::unexplained(who, BASE_URL_VAR, answer, now_ms);
    };
    // Mostly a number, at times a text.
    let code = error.get("code");
    let code =
        code.and_then(|code| code.as_u64().or_else(|| code.as_str()?.parse().ok())).unwrap_or_default();
    CloudflareError { code, words: text_at(error, "/message") }.failure(who, answer, now_ms)
}

/// The input format of one model.
struct Format {
    id: &'static str,
    /// Unicode code points; the documented maximum, or the product's own bound where none is documented.
    prompt_chars: usize,
    /// It takes width, height and a seed.
    chooses: bool,
    /// Two names for the same: each model knows its own.
    steps: Option<u32>,
    num_steps: Option<u32>,
    multipart: bool,
    /// It changes a picture, and makes none from words alone.
    begins_with_picture: bool,
    output: Output,
}

/// How far a variation may go from its picture, 0 to 1.
const VARIATION_STRENGTH: f32 = 0.6;
/// How far an edit may.
const EDIT_STRENGTH: f32 = 0.75;

/// What a model that isn't listed is sent, and what the listed ones differ from.
const UNLISTED: Format = Format {
    id: "",
    prompt_chars: 32_000,
    chooses: false,
    steps: None,
    num_steps: None,
    multipart: false,
    begins_with_picture: false,
    output: Output::Json,
};

const DIFFUSION: Format = Format { chooses: true, num_steps: Some(20), output: Output::Bytes, ..UNLISTED };

const FLUX_2: Format = Format { chooses: true, multipart: true, ..UNLISTED };

const MODELS: &[Format] = &[
    // Refuses any field but these two.
    Format { id: "@cf/black-forest-labs/flux-1-schnell", prompt_chars: 2_048, steps: Some(4), ..UNLISTED },
    Format { id: "@cf/black-forest-labs/flux-2-dev", ..FLUX_2 },
    Format { id: "@cf/black-forest-labs/flux-2-klein-4b", ..FLUX_2 },
    Format { id: "@cf/black-forest-labs/flux-2-klein-9b", ..FLUX_2 },
    Format { id: "@cf/leonardo/lucid-origin", chooses: true, ..UNLISTED },
    Format { id: "@cf/leonardo/phoenix-1.0", chooses: true, output: Output::Bytes, ..UNLISTED },
    Format { id: "@cf/stabilityai/stable-diffusion-xl-base-1.0", ..DIFFUSION },
    // Distilled: made for a few steps.
    Format { id: "@cf/bytedance/stable-diffusion-xl-lightning", num_steps: Some(8), ..DIFFUSION },
    Format { id: "@cf/lykon/dreamshaper-8-lcm", num_steps: Some(8), ..DIFFUSION },
    // Text-to-image by name, but useless without a picture to start from.
    Format { id: "@cf/runwayml/stable-diffusion-v1-5-img2img", begins_with_picture: true, ..DIFFUSION },
    Format { id: "@cf/runwayml/stable-diffusion-v1-5-inpainting", begins_with_picture: true, ..DIFFUSION },
];

#[derive(Serialize)]
struct Fields<'a> {
    prompt: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    width: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    height: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    seed: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    steps: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    num_steps: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    strength: Option<f32>,
    #[serde(skip)]
    image: Option<&'a Sent>,
    #[serde(skip)]
    mask: Option<&'a Sent>,
}

impl Fields<'_> {
    fn json(&self) -> Result<Body, Failure> {
        let mut text = serde_json::to_string(self)
            .map_err(|error| Failure::new(FailureClass::BadRequest, format!("{WHO}: {error}")))?;
        // Appended by hand, so that a picture's megabytes exist once more and not twice.
        if let Some(image) = self.image {
            text.pop();
            text.push_str(r#","image_b64":""#);
            body::append_base64(&image.bytes, &mut text);
            text.push_str(r#""}"#);
        }
        if let Some(mask) = self.mask {
            text.pop();
            // The only form that a mask has.
            text.push_str(r#","mask":["#);
            for (n, byte) in mask.bytes.iter().enumerate() {
                text.push_str(if n == 0 { "" } else { "," });
                text.push_str(&byte.to_string());
            }
            text.push_str("]}");
        }
        Ok(Body::Json(text))
    }

    /// `flux-2` takes forms only, and up to four pictures.
    fn form(&self, pictures: &[Sent]) -> Body {
        let numbers =
            [("width", self.width), ("height", self.height), ("seed", self.seed), ("steps", self.steps)];
        let mut fields = vec![Field::Text("prompt", self.prompt.to_owned())];
        fields.extend(
            numbers.iter().filter_map(|(name, value)| Some(Field::Text(name, (*value)?.to_string()))),
        );
        let files = pictures.iter().enumerate();
        fields.extend(files.map(|(n, picture)| Field::File(format!("input_image_{n}"), picture)));
        let (content_type, bytes) = multipart::encode(&fields);
        Body::Multipart { content_type, bytes }
    }
}

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow)]
    result: Option<ImageResult<'a>>,
    success: Option<bool>,
}

#[derive(Deserialize)]
struct ImageResult<'a> {
    #[serde(borrow)]
    image: Option<Text<'a>>,
}

fn picture(result: Option<ImageResult<'_>>, request_id: Option<String>) -> Result<Picture, Failure> {
    let Some(Text(image)) = result.and_then(|result| result.image) else {
        return Err(Failure::new(FailureClass::NoImage, "workers answered without an image"));
    };
    Ok(Picture { bytes: body::image(WHO, &image)?, usage: None, request_id })
}

struct CloudflareError<'a> {
    /// 0 where there is none.
    code: u64,
    words: &'a str,
}

impl CloudflareError<'_> {
    fn failure(&self, who: &str, answer: &Answer<'_>, now_ms: u64) -> Failure {
        let class = self.class().unwrap_or_else(|| errors::status_class(answer.status, self.code != 0));
        let words = match self.code {
            LICENCE => LICENCE_HELP,
            7000 | 7003 => "check WORKERS_AI_ACCOUNT_ID",
            // The model's own errors arrive wrapped, at times twice.
            _ => self.words.trim_start_matches("AiError: "),
        };
        let code = if self.code == 0 { String::new() } else { self.code.to_string() };
        Refusal { who, class, code: &code, words }.failure(answer, None, now_ms)
    }

    /// By the code, wherever it is known; the statuses of the quota and of the lack of capacity are the same.
    fn class(&self) -> Option<FailureClass> {
        Some(match self.code {
            5007 | 3042 => FailureClass::ModelGone,
            3003 | 3006 | 3039 | 5004 | 5005 | 5006 | 5019 => FailureClass::BadRequest,
            3007 | 3008 => FailureClass::Timeout,
            3023 | 3041 | 5018 | 5035 | LICENCE | 9109 | 10_000 => FailureClass::Auth,
            // The free neurons of the day: back at 00:00 UTC.
            3036 | 4006 => FailureClass::Quota,
            3040 | 3043 => FailureClass::Overloaded,
            // The account in the address.
            7000 | 7003 => FailureClass::NotConfigured,
            // Anything that the model itself refused.
            3030 if self.is_safety() => FailureClass::Moderation,
            3030 => FailureClass::BadRequest,
            _ if self.is_safety() => FailureClass::Moderation,
            _ => return None,
        })
    }

    fn is_safety(&self) -> bool {
        self.words.contains("contains NSFW content") || self.words.contains("has been flagged")
    }
}

/// "User has not agreed to … model terms"; also the answer to agreeing.
pub(super) const LICENCE: u64 = 5016;

const LICENCE_HELP: &str = "the model's licence isn't accepted for this Cloudflare account yet; read it, then \
                            POST {\"agree\":true} to /api/admin/vision/agree (or choose another model)";

#[cfg(test)]
mod tests;
