//! What each model can do, as data: its operations, the parameters that it takes, its limits, its price and its end.
//!
//! Adding a model is one row in [`models`]; `GET /api/providers` shows them all. What isn't listed can still be configured:
//! it's asked for plain pictures only, and its price is unknown.

mod models;
pub mod price;
pub mod shape;
pub mod shown;

use crate::operation::{Format, Operation, Quality};
use crate::provider::Provider;

pub use models::{CHECKED, MODELS};
pub use price::Price;
pub use shape::{Shape, Sizes};

/// One model.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Model {
    /// Whose it is.
    pub provider: Provider,
    /// The provider's id of it.
    pub id: &'static str,
    /// What it can do, and how.
    pub operations: &'static [(Operation, How)],
    /// In which sizes.
    pub sizes: Sizes,
    /// The qualities that can be asked for; none: there's no choice.
    pub qualities: &'static [Quality],
    /// The file formats that can be asked for; none: there's no choice.
    pub formats: &'static [Format],
    /// It takes a seed.
    pub seed: bool,
    /// Most pictures that it takes, the start image included, the mask not.
    pub pictures: usize,
    /// A picture that it takes must have no side longer than this, in pixels; 0: any that we take.
    pub picture_side: u32,
    /// Longest prompt, in characters.
    pub prompt_chars: usize,
    /// Most partial pictures that it streams before the whole.
    pub partials: u32,
    /// What a call costs.
    pub price: Price,
    /// The day on which the provider shuts it down, as `2026-12-01`.
    pub shutdown: Option<&'static str>,
    /// What the provider names as its successor.
    pub successor: Option<&'static str>,
}

/// How a model carries out an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// The provider has a call for it.
    Native,
    /// The provider has none, and this is done instead. Shown with the result.
    Emulated(&'static str),
}

impl How {
    /// What is done instead, if anything is.
    pub const fn emulation(self) -> Option<&'static str> {
        match self {
            Self::Native => None,
            Self::Emulated(how) => Some(how),
        }
    }
}

impl Model {
    /// How it carries the operation out; `None` when it can't.
    pub fn how(&self, operation: Operation) -> Option<How> {
        self.operations.iter().find(|(known, _)| *known == operation).map(|(_, how)| *how)
    }
}

/// The row of a model.
pub fn find(provider: Provider, id: &str) -> Option<&'static Model> {
    MODELS.iter().find(|model| model.provider == provider && model.id == id)
}

/// A model that carries the operation out, of this provider if it has one, for a caller who asked for one that doesn't.
pub fn capable(provider: Provider, operation: Operation) -> Option<&'static Model> {
    let can = |model: &&Model| model.how(operation).is_some() && model.shutdown.is_none();
    MODELS.iter().filter(can).find(|model| model.provider == provider).or_else(|| MODELS.iter().find(can))
}

/// What is assumed of a model without a row: a plain picture in the provider's usual size, at a price nobody knows.
pub const fn unlisted(provider: Provider) -> Model {
    Model {
        provider,
        sizes: match provider {
            Provider::Openai => Sizes::Listed(&[(1024, 1024), (1536, 1024), (1024, 1536)]),
            Provider::Gemini => Sizes::Aspects { aspects: &shape::TEN_ASPECTS, scales: &[shape::Scale::K1] },
            Provider::Workers => Sizes::Own,
        },
        ..models::PLAIN
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_one_of_a_kind_and_leads_somewhere() {
        for (n, model) in MODELS.iter().enumerate() {
            let twins = MODELS.iter().filter(|it| (it.provider, it.id) == (model.provider, model.id));
            assert_eq!(twins.count(), 1, "{n} {}", model.id);
            assert!(!model.operations.is_empty(), "{}", model.id);
            if let Some(successor) = model.successor {
                let successor = find(model.provider, successor).expect(model.id);
                assert!(successor.shutdown.is_none(), "{} ends too", successor.id);
                for (operation, _) in model.operations {
                    assert!(successor.how(*operation).is_some(), "{} can't {operation}", successor.id);
                }
            }
            assert_eq!(model.shutdown.is_some(), model.successor.is_some(), "{}", model.id);
        }
    }

    #[test]
    fn an_operation_that_no_model_of_a_provider_has_leads_to_another_provider() {
        assert_eq!(capable(Provider::Workers, Operation::Inpaint).unwrap().provider, Provider::Workers);
        assert_eq!(capable(Provider::Workers, Operation::Upscale).unwrap().provider, Provider::Openai);
    }
}
