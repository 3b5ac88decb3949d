//! How a picture was made, as names and values.

use super::{Verdict, model, provider_label, text};
use crate::gallery::Image;

/// One fact of a picture: the same names in the same order for every picture, so that two can be laid side by side.
#[derive(Debug, PartialEq, Eq)]
pub struct Fact {
    /// For people.
    pub name: &'static str,
    /// Cut to size; empty where it isn't known.
    pub value: String,
}

/// All that is known of how the picture was made, and what the judge made of it; not its prompt.
pub fn facts(image: &Image) -> Vec<Fact> {
    let scores = image.scores.unwrap_or_default();
    let score = |score: Option<u8>| score.map(|score| format!("{score} of 10")).unwrap_or_default();
    let size = (image.width > 0).then(|| format!("{} × {}", image.width, image.height));
    [
        ("Maker", image.provider.map(|_| provider_label(image.provider).to_owned()).unwrap_or_default()),
        ("Model", model(image)),
        ("Operation", text::cut(&text::line(&image.operation), 60)),
        ("Seed", image.seed.map(|seed| seed.to_string()).unwrap_or_default()),
        ("Size", size.unwrap_or_default()),
        ("Time", image.provider_ms.map(spoken).unwrap_or_default()),
        ("Verdict", Verdict::of(image).label().to_owned()),
        ("Subject", score(scores.subject)),
        ("Composition", score(scores.composition)),
        ("Lettering", score(scores.text)),
        ("Style", score(scores.style)),
        ("Safety", score(scores.safety)),
    ]
    .map(|(name, value)| Fact { name, value })
    .into()
}

/// Milliseconds as people say them: `2.4 s`.
fn spoken(ms: u64) -> String {
    format!("{}.{} s", ms / 1_000, ms % 1_000 / 100)
}

#[cfg(test)]
mod tests {
    use super::{facts, spoken};
    use crate::artifact::kinds::testing::image;
    use crate::gallery::Image;

    #[test]
    fn every_picture_has_the_same_names() {
        let names = |image: &Image| facts(image).iter().map(|fact| fact.name).collect::<Vec<_>>();
        assert_eq!(names(&image("a")), names(&Image::default()));
        let unknown: Vec<&str> = facts(&Image::default())
            .iter()
            .filter(|fact| !fact.value.is_empty())
            .map(|fact| fact.name)
            .collect();
        assert_eq!(unknown, ["Verdict"]);
    }

    #[test]
    fn times_are_in_seconds() {
        assert_eq!([0, 99, 100, 21_480].map(spoken), ["0.0 s", "0.0 s", "0.1 s", "21.4 s"]);
    }
}
