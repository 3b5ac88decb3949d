//! What the core and the provider adapters say to each other: who is asked, for what, and how it went.
//!
//! The core never sees a provider's wire format; the adapters (in the Worker's `providers/`) never decide what
//! happens next. Image bytes stay in the shell: only their key, type and size travel through here.

use serde::{Deserialize, Serialize};

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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GenerateRequest {
    /// Who makes it.
    pub provider: Provider,
    /// The refined prompt, at most 4,000 + tips characters.
    pub prompt: String,
    /// Differs between the variants of a job, so that providers that take a seed give different pictures. Below 2^31.
    pub seed: u32,
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
    /// The R2 key of the provider's exact bytes.
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
}

/// Where a delivered picture is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Delivery {
    /// The address that people's browsers load.
    pub url: String,
    /// The id in Images, for deleting it.
    pub image_id: String,
}
