//! What a person wants of a job beyond words and providers, and what has come of it before anything is spent: the pictures
//! that were sent along, and the models that will be asked.

use serde::{Deserialize, Serialize};

use crate::catalogue::price::Nanodollars;
use crate::ids::ProgressionId;
use crate::ingest::Input;
use crate::job::judge::Strictness;
use crate::job::refine::Refinement;
use crate::operation::{Aspect, Canvas, Format, Operation, Quality, Size};
use crate::provider::Provider;

/// As asked for. What a person leaves out is left out here too, so that a plain job stays small.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Wishes {
    /// What to do.
    #[serde(skip_serializing_if = "is_usual")]
    pub operation: Operation,
    /// The picture to begin with: an address, an upload's address or a progression's id, as typed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start: Option<String>,
    /// Further pictures to look at, likewise.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub references: Vec<String>,
    /// Where to paint, likewise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mask: Option<String>,
    /// The canvas to continue the picture on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub canvas: Option<WantedCanvas>,
    /// Exactly so many pixels.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<Size>,
    /// Width to height.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub aspect: Option<Aspect>,
    /// How much trouble to take.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quality: Option<Quality>,
    /// The file format.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<Format>,
    /// The first variant's seed; each further one's is one more. Below 2^31.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seed: Option<u32>,
    /// Partial pictures to be shown on the way, 0 to 3.
    #[serde(skip_serializing_if = "is_usual")]
    pub partials: u32,
    /// A provider's model, where it isn't to be the configured one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub models: Vec<Route>,
    /// Who else may be asked.
    #[serde(skip_serializing_if = "Routing::is_plain")]
    pub routing: Routing,
    /// What the job may cost at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub budget: Option<Nanodollars>,
    /// What is done with the tips.
    #[serde(skip_serializing_if = "is_usual")]
    pub refinement: Refinement,
    /// The reasoning model may word the prompt anew.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub rewrite: bool,
    /// The revision of the knowledge base; the newest when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub knowledge_revision: Option<u64>,
    /// How much the judge demands.
    #[serde(skip_serializing_if = "is_usual")]
    pub strictness: Strictness,
}

/// A canvas as asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct WantedCanvas {
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// Pixels to the left of the picture; in the middle when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub x: Option<u32>,
    /// Pixels above the picture; in the middle when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub y: Option<u32>,
}

impl WantedCanvas {
    /// The canvas for a picture of this size, if it has room for the picture and for something more.
    pub fn around(self, picture: Size) -> Option<Canvas> {
        let (right, below) =
            (self.width.checked_sub(picture.width)?, self.height.checked_sub(picture.height)?);
        let (x, y) = (self.x.unwrap_or(right / 2), self.y.unwrap_or(below / 2));
        let fits = x <= right && y <= below && (right > 0 || below > 0);
        fits.then_some(Canvas { width: self.width, height: self.height, x, y })
    }
}

/// Who may serve a variant instead of the provider that was asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Routing {
    /// Another model may, when the one asked for fails in a way that another might not.
    pub fallback: bool,
    /// In this order; the usual one for those that aren't named.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub order: Vec<Provider>,
    /// And nobody else; none named: anybody.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub only: Vec<Provider>,
}

impl Routing {
    /// Nothing was asked for.
    fn is_plain(&self) -> bool {
        *self == Self::default()
    }

    /// Whether this provider may serve.
    pub fn allows(&self, provider: Provider) -> bool {
        self.only.is_empty() || self.only.contains(&provider)
    }
}

/// A provider and one of its models.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Route {
    /// Who is asked.
    pub provider: Provider,
    /// For which model.
    pub model: String,
}

/// The pictures that were sent along, and where the results could be shown.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Materials {
    /// The picture to begin with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start: Option<Input>,
    /// The progression that it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent: Option<ProgressionId>,
    /// Further pictures, in order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub references: Vec<Input>,
    /// Where to paint.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mask: Option<Input>,
    /// Where the Worker can show what Images doesn't take.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<Address>,
}

/// Where the Worker shows pictures itself. Drawn when the job begins, because an alarm knows no origin, and so that a repetition
/// makes the same address again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Address {
    /// `https://host`.
    pub origin: String,
    /// At least 128 random bits, from which the addresses follow by way of a digest: one leads to none of the others.
    pub secret: String,
}

impl Materials {
    /// There are none.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl Wishes {
    /// Nothing was asked for.
    pub fn is_plain(&self) -> bool {
        *self == Self::default()
    }

    /// The model that was named for a provider.
    pub fn model(&self, provider: Provider) -> Option<&str> {
        self.models.iter().find(|route| route.provider == provider).map(|route| route.model.as_str())
    }
}

fn is_usual<T: Default + PartialEq>(wish: &T) -> bool {
    *wish == T::default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_canvas_has_room_for_the_picture_and_more() {
        let picture = Size { width: 100, height: 80 };
        let canvas = |width, height, x, y| WantedCanvas { width, height, x, y }.around(picture);
        assert_eq!(canvas(140, 80, None, None), Some(Canvas { width: 140, height: 80, x: 20, y: 0 }));
        assert_eq!(canvas(140, 90, Some(0), Some(10)), Some(Canvas { width: 140, height: 90, x: 0, y: 10 }));
        for (width, height, x, y) in [
            (100, 80, None, None),
            (99, 200, None, None),
            (140, 80, Some(41), None),
            (140, 80, None, Some(1)),
        ] {
            assert_eq!(canvas(width, height, x, y), None, "{width}x{height}");
        }
    }

    #[test]
    fn what_nobody_asked_for_takes_no_room() {
        assert_eq!(serde_json::to_string(&Wishes::default()).unwrap(), "{}");
        assert_eq!(serde_json::to_string(&Materials::default()).unwrap(), "{}");
        assert_eq!(serde_json::from_str::<Wishes>("{}").unwrap(), Wishes::default());
    }
}
