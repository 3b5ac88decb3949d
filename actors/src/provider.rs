//! What the core and the provider adapters say to each other: who is asked, for what, and how it went.
//!
//! The core never sees a provider's wire format; the adapters (in the Worker's `providers/`) never decide what
//! happens next. Image bytes stay in the shell: only their key, type and size travel through here.

use serde::{Deserialize, Serialize};

use crate::catalogue::Shape;
use crate::operation::{Canvas, Format, Operation, Quality};

/// An image provider. The names are the contract's (`providers: ('openai'|'gemini'|'workers')[]`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Provider {
    /// `OpenAI` Images.
    Openai,
    /// Google Gemini `generateContent`.
    Gemini,
    /// Cloudflare Workers AI.
    Workers,
}

impl Provider {
    /// Every provider, in the order in which the docs and tables list them.
    pub const ALL: [Self; 3] = [Self::Openai, Self::Gemini, Self::Workers];

    /// The contract's spelling.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Openai => "openai",
            Self::Gemini => "gemini",
            Self::Workers => "workers",
        }
    }

    /// Reads the contract's spelling; anything else is `None`.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|provider| provider.as_str() == text)
    }
}

impl std::fmt::Display for Provider {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(self.as_str())
    }
}

/// One picture to be made: the whole of what an adapter needs to encode a call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GenerateRequest {
    /// Who makes it.
    pub provider: Provider,
    /// Its model; empty: the configured one.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub model: String,
    /// What to do.
    #[serde(default)]
    pub operation: Operation,
    /// The refined prompt, at most 4,000 + tips characters.
    pub prompt: String,
    /// Differs between the variants of a job, so that providers that take a seed give different pictures. Below 2^31.
    pub seed: u32,
    /// In which shape.
    #[serde(default = "usual_shape")]
    pub shape: Shape,
    /// How much trouble to take, where there's a choice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quality: Option<Quality>,
    /// The file format, where there's a choice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<Format>,
    /// Pictures to send along: the start image first, then further ones, then the mask.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub materials: Vec<Material>,
    /// Partial pictures to show on the way.
    #[serde(default)]
    pub partials: u32,
}

impl GenerateRequest {
    /// A picture from words alone, in the model's own shape.
    pub const fn from_words(provider: Provider, prompt: String, seed: u32) -> Self {
        Self {
            provider,
            model: String::new(),
            operation: Operation::Generate,
            prompt,
            seed,
            shape: Shape::Own,
            quality: None,
            format: None,
            materials: Vec::new(),
            partials: 0,
        }
    }
}

/// For requests from before there was a choice.
const fn usual_shape() -> Shape {
    Shape::Own
}

/// A picture to be sent along.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Material {
    /// What it's for.
    pub role: Role,
    /// Where its bytes are, in R2.
    pub key: String,
    /// What has to be done to it first.
    pub prepare: Prepare,
}

/// What a picture is sent along for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// To begin with.
    Start,
    /// To look at.
    Reference,
    /// To say where to paint.
    Mask,
}

/// What has to be done to a picture before a provider takes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Prepare {
    /// Nothing, unless it's a GIF, whose first frame is sent as a PNG, or has to be turned upright: who of the providers goes by
    /// EXIF isn't documented.
    AsIs,
    /// No side may be longer than this, in pixels.
    Shrink(u32),
    /// It's laid on a larger canvas, with a transparent border.
    Pad(Canvas),
    /// The mask as an alpha channel: transparent = paint here. As PNG.
    MaskAlpha,
    /// The mask in white on black: white = paint here. As PNG.
    MaskWhite,
    /// From the start image: the border of the canvas is to be painted, as an alpha channel.
    BorderAlpha(Canvas),
    /// From the start image: the border of the canvas is to be painted, in white on black.
    BorderWhite(Canvas),
}

/// Why a step failed, as far as what to do next depends on it. Policy for each class: [`crate::job::retry`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureClass {
    /// A key, account or binding that isn't configured. The message names the variable.
    NotConfigured,
    /// 401 or 403: the key was refused.
    Auth,
    /// Quota or credit gone: asking again can't help.
    Quota,
    /// 429: too fast, try later.
    Rate,
    /// 5xx or "out of capacity".
    Overloaded,
    /// No answer in time, or the connection broke.
    Timeout,
    /// The provider's safety system refused the prompt or the picture.
    Moderation,
    /// The provider says that the request itself is wrong.
    BadRequest,
    /// The model is unknown to the provider or retired.
    ModelGone,
    /// Success without an image.
    NoImage,
    /// Bytes that are cut, undecodable or not an image we accept.
    BadImage,
    /// A language or vision model's answer that isn't what was asked for.
    BadAnswer,
    /// R2, D1, Images or another part of our own platform failed.
    Storage,
    /// Another call could cost more than the job may.
    Budget,
    /// The model isn't asked for now, since it has met almost nothing but trouble: see [`crate::breaker`].
    Circuit,
    /// Whoever asked for it has taken it back. Never an attempt's own failure.
    Cancelled,
}

impl FailureClass {
    /// The spelling on the wire and in events.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotConfigured => "not_configured",
            Self::Auth => "auth",
            Self::Quota => "quota",
            Self::Rate => "rate",
            Self::Overloaded => "overloaded",
            Self::Timeout => "timeout",
            Self::Moderation => "moderation",
            Self::BadRequest => "bad_request",
            Self::ModelGone => "model_gone",
            Self::NoImage => "no_image",
            Self::BadImage => "bad_image",
            Self::BadAnswer => "bad_answer",
            Self::Storage => "storage",
            Self::Budget => "budget",
            Self::Circuit => "circuit",
            Self::Cancelled => "cancelled",
        }
    }
}

/// A step that failed: its class, and a message that a person can read and that holds no secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Failure {
    /// What kind of failure.
    pub class: FailureClass,
    /// At most [`Failure::MESSAGE_CHARS`] characters.
    pub message: String,
    /// How long the provider asked us to wait, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u64>,
}

impl Failure {
    /// Providers' error texts are cut to this many characters before they are stored or shown.
    pub const MESSAGE_CHARS: usize = 300;

    /// A failure with its message cut to size and without control characters.
    pub fn new(class: FailureClass, message: impl AsRef<str>) -> Self {
        let message =
            message.as_ref().chars().filter(|c| !c.is_control()).take(Self::MESSAGE_CHARS).collect();
        Self { class, message, retry_after_ms: None }
    }

    /// The same failure with the provider's own waiting time.
    #[must_use]
    pub fn retry_after(mut self, ms: Option<u64>) -> Self {
        self.retry_after_ms = ms;
        self
    }
}

/// What is known of a picture whose bytes are safely in R2. Also the R2 object's custom metadata, so that a crash
/// between the put and the journal loses nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StoredImage {
    /// The R2 key of the picture's bytes.
    pub key: String,
    /// From the magic bytes, never from a header: `image/png`, `image/jpeg` or `image/webp`.
    pub media_type: String,
    /// Size of the object in bytes.
    pub bytes: u64,
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// The model that the provider was asked for.
    pub model: String,
    /// The provider's own usage figures as one JSON text, kept raw; absent where it reports none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage: Option<String>,
    /// How long the provider took, in milliseconds.
    pub provider_ms: u64,
    /// Where the provider's exact bytes are, when `key` leads to what was made of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub original_key: Option<String>,
    /// What the provider signed its origin with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provenance: Option<Provenance>,
}

/// How a provider signs where a picture is from. Whether the signature holds isn't looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Provenance {
    /// With a C2PA manifest inside the file.
    C2pa,
}

impl Provenance {
    /// The spelling everywhere.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::C2pa => "c2pa",
        }
    }
}

impl StoredImage {
    /// Where the provider's exact bytes are.
    pub fn original(&self) -> &str {
        self.original_key.as_deref().unwrap_or(&self.key)
    }
}

/// Where a delivered picture is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Delivery {
    /// The address that people's browsers load.
    pub url: String,
    /// The id in Images, for deleting it; or the token that the address ends with.
    pub image_id: String,
    /// Who answers at that address. Deliveries from before there was a choice are hosted.
    #[serde(default, skip_serializing_if = "DeliveryMode::is_usual")]
    pub mode: DeliveryMode,
    /// Why Images doesn't host it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// How people get a picture.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DeliveryMode {
    /// Cloudflare Images keeps a copy and serves it.
    #[default]
    Hosted,
    /// The Worker keeps a copy and has Images bring it into shape for whoever asks.
    Transform,
}

impl DeliveryMode {
    /// The spelling everywhere.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Hosted => "hosted",
            Self::Transform => "transform",
        }
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks by reference")]
    fn is_usual(&self) -> bool {
        *self == Self::default()
    }
}
