//! Who is being impersonated: the three image providers, and the two models that judge and write.
//! Names here are the ones of the control routes; nothing here knows a wire format.

use serde::{Deserialize, Serialize};

/// An image provider; each paints in a style of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Provider {
    /// `OpenAI` Images: soft, modelled shapes.
    Openai,
    /// Google Gemini: cut paper.
    Gemini,
    /// Cloudflare Workers AI: gouache.
    Workers,
}

impl Provider {
    /// Every provider, in the order in which people list them.
    pub const ALL: [Self; 3] = [Self::Openai, Self::Gemini, Self::Workers];

    /// The name in directives, in the control routes and in the call log.
    pub fn name(self) -> &'static str {
        match self {
            Self::Openai => "openai",
            Self::Gemini => "gemini",
            Self::Workers => "workers",
        }
    }

    /// The reverse of [`Self::name`]; `None` for anything else.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|provider| provider.name() == name)
    }
}

/// A thing that faults can be injected into, and that the call log tells apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Service {
    /// [`Provider::Openai`].
    Openai,
    /// [`Provider::Gemini`].
    Gemini,
    /// [`Provider::Workers`], its image models only.
    Workers,
    /// The vision models on Workers AI.
    Vision,
    /// The text models on Workers AI.
    Text,
}

impl From<Provider> for Service {
    fn from(provider: Provider) -> Self {
        match provider {
            Provider::Openai => Self::Openai,
            Provider::Gemini => Self::Gemini,
            Provider::Workers => Self::Workers,
        }
    }
}

/// What kind of work a call is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Task {
    /// A picture from words alone.
    #[default]
    Generate,
    /// A picture from pictures, whatever is done to them.
    Edit,
    /// Looking at a picture.
    Vision,
    /// Writing.
    Text,
}
