//! Which words mean what: colours, things, settings, counts, and the little grammar that binds them. Data and look-up
//! only; how words bind to each other is `parse`'s business.

use super::lexicon::{Colour, Light, NOUNS, Noun, Terrain, Tint, Tone};

/// A word, or words, with a meaning here.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Meaning {
    /// A colour.
    Colour(Tint),
    /// Lighter or darker, for the colour that follows.
    Tone(Tone),
    /// A thing; true when the word was a plural.
    Noun(Noun, bool),
    /// `background`, `wall`, …: its colour is the backdrop's.
    Backdrop,
    /// `sky`: its colour is the backdrop's, and the scene is a landscape.
    Sky,
    /// A time of day.
    Light(Light),
    /// A ground.
    Terrain(Terrain),
    /// So many.
    Count(u8),
    /// More than one.
    Several,
    /// `a`, `the`, …
    Article,
    /// `in`, `of`, `is`: what follows may say the colour of what came before.
    Connector,
    /// `on`, `against`: a bare colour that follows is the backdrop's.
    Onto,
    /// Other prepositions: they end what came before.
    Preposition,
    /// `and`, `to`, `&`.
    And,
    /// `no`, `without`: the next thing is not wanted.
    Not,
}

const fn deep(colour: Colour) -> Tint {
    Tint { colour, tone: Tone::Deep }
}

const fn pale(colour: Colour) -> Tint {
    Tint { colour, tone: Tone::Pale }
}

const fn plain(colour: Colour) -> Tint {
    Tint::plain(colour)
}

const COLOURS: &[(&str, Tint)] = &[
    ("red", plain(Colour::Red)),
    ("scarlet", plain(Colour::Red)),
    ("ruby", plain(Colour::Red)),
    ("vermilion", plain(Colour::Red)),
    ("crimson", deep(Colour::Red)),
    ("maroon", deep(Colour::Red)),
    ("burgundy", deep(Colour::Red)),
    ("orange", plain(Colour::Orange)),
    ("peach", pale(Colour::Orange)),
    ("apricot", pale(Colour::Orange)),
    ("terracotta", deep(Colour::Orange)),
    ("rust", deep(Colour::Orange)),
    ("copper", deep(Colour::Orange)),
    ("yellow", plain(Colour::Yellow)),
    ("gold", plain(Colour::Gold)),
    ("golden", plain(Colour::Gold)),
    ("mustard", plain(Colour::Gold)),
    ("ochre", plain(Colour::Gold)),
    ("amber", plain(Colour::Gold)),
    ("green", plain(Colour::Green)),
    ("emerald", plain(Colour::Green)),
    ("jade", plain(Colour::Green)),
    ("olive", deep(Colour::Green)),
    ("sage", pale(Colour::Green)),
    ("mint", pale(Colour::Green)),
    ("teal", plain(Colour::Teal)),
    ("turquoise", plain(Colour::Teal)),
    ("cyan", plain(Colour::Teal)),
    ("aqua", plain(Colour::Teal)),
    ("aquamarine", plain(Colour::Teal)),
    ("petrol", deep(Colour::Teal)),
    ("blue", plain(Colour::Blue)),
    ("azure", plain(Colour::Blue)),
    ("cobalt", plain(Colour::Blue)),
    ("ultramarine", plain(Colour::Blue)),
    ("cerulean", plain(Colour::Blue)),
    ("navy", deep(Colour::Blue)),
    ("indigo", deep(Colour::Blue)),
    ("purple", plain(Colour::Purple)),
    ("violet", plain(Colour::Purple)),
    ("lilac", pale(Colour::Purple)),
    ("lavender", pale(Colour::Purple)),
    ("mauve", pale(Colour::Purple)),
    ("plum", deep(Colour::Purple)),
    ("aubergine", deep(Colour::Purple)),
    ("pink", plain(Colour::Pink)),
    ("salmon", plain(Colour::Pink)),
    ("coral", plain(Colour::Pink)),
    ("blush", pale(Colour::Pink)),
    ("magenta", deep(Colour::Pink)),
    ("fuchsia", deep(Colour::Pink)),
    ("brown", plain(Colour::Brown)),
    ("chocolate", plain(Colour::Brown)),
    ("bronze", plain(Colour::Brown)),
    ("chestnut", plain(Colour::Brown)),
    ("beige", plain(Colour::Beige)),
    ("cream", plain(Colour::Beige)),
    ("tan", plain(Colour::Beige)),
    ("black", plain(Colour::Black)),
    ("ebony", plain(Colour::Black)),
    ("charcoal", deep(Colour::Grey)),
    ("slate", deep(Colour::Grey)),
    ("grey", plain(Colour::Grey)),
    ("gray", plain(Colour::Grey)),
    ("silver", pale(Colour::Grey)),
    ("white", plain(Colour::White)),
    ("ivory", plain(Colour::White)),
];

const SETTINGS: &[(&str, Meaning)] = &[
    ("background", Meaning::Backdrop),
    ("backdrop", Meaning::Backdrop),
    ("gradient", Meaning::Backdrop),
    ("wall", Meaning::Backdrop),
    ("canvas", Meaning::Backdrop),
    ("studio", Meaning::Backdrop),
    ("sky", Meaning::Sky),
    ("night", Meaning::Light(Light::Night)),
    ("midnight", Meaning::Light(Light::Night)),
    ("starry", Meaning::Light(Light::Night)),
    ("moonlit", Meaning::Light(Light::Night)),
    ("space", Meaning::Light(Light::Night)),
    ("outer space", Meaning::Light(Light::Night)),
    ("galaxy", Meaning::Light(Light::Night)),
    ("sunset", Meaning::Light(Light::Sunset)),
    ("sunrise", Meaning::Light(Light::Sunset)),
    ("dawn", Meaning::Light(Light::Sunset)),
    ("dusk", Meaning::Light(Light::Sunset)),
    ("twilight", Meaning::Light(Light::Sunset)),
    ("golden hour", Meaning::Light(Light::Sunset)),
    ("daylight", Meaning::Light(Light::Day)),
    ("sunny", Meaning::Light(Light::Day)),
    ("sunny day", Meaning::Light(Light::Day)),
    ("sea", Meaning::Terrain(Terrain::Sea)),
    ("ocean", Meaning::Terrain(Terrain::Sea)),
    ("lake", Meaning::Terrain(Terrain::Sea)),
    ("water", Meaning::Terrain(Terrain::Sea)),
    ("river", Meaning::Terrain(Terrain::Sea)),
    ("bay", Meaning::Terrain(Terrain::Sea)),
    ("harbour", Meaning::Terrain(Terrain::Sea)),
    ("harbor", Meaning::Terrain(Terrain::Sea)),
    ("lagoon", Meaning::Terrain(Terrain::Sea)),
    ("desert", Meaning::Terrain(Terrain::Desert)),
    ("sand", Meaning::Terrain(Terrain::Desert)),
    ("dune", Meaning::Terrain(Terrain::Desert)),
    ("beach", Meaning::Terrain(Terrain::Desert)),
    ("meadow", Meaning::Terrain(Terrain::Meadow)),
    ("field", Meaning::Terrain(Terrain::Meadow)),
    ("grass", Meaning::Terrain(Terrain::Meadow)),
    ("lawn", Meaning::Terrain(Terrain::Meadow)),
    ("garden", Meaning::Terrain(Terrain::Meadow)),
    ("park", Meaning::Terrain(Terrain::Meadow)),
    ("hill", Meaning::Terrain(Terrain::Meadow)),
    ("valley", Meaning::Terrain(Terrain::Meadow)),
    ("countryside", Meaning::Terrain(Terrain::Meadow)),
    ("forest", Meaning::Terrain(Terrain::Forest)),
    ("woods", Meaning::Terrain(Terrain::Forest)),
    ("woodland", Meaning::Terrain(Terrain::Forest)),
    ("jungle", Meaning::Terrain(Terrain::Forest)),
    ("snow", Meaning::Terrain(Terrain::Snow)),
    ("snowy", Meaning::Terrain(Terrain::Snow)),
    ("winter", Meaning::Terrain(Terrain::Snow)),
    ("ice", Meaning::Terrain(Terrain::Snow)),
    ("city", Meaning::Terrain(Terrain::City)),
    ("skyline", Meaning::Terrain(Terrain::City)),
    ("town", Meaning::Terrain(Terrain::City)),
];

const GRAMMAR: &[(&str, Meaning)] = &[
    ("dark", Meaning::Tone(Tone::Deep)),
    ("deep", Meaning::Tone(Tone::Deep)),
    ("light", Meaning::Tone(Tone::Pale)),
    ("pale", Meaning::Tone(Tone::Pale)),
    ("pastel", Meaning::Tone(Tone::Pale)),
    ("one", Meaning::Count(1)),
    ("single", Meaning::Count(1)),
    ("two", Meaning::Count(2)),
    ("pair", Meaning::Count(2)),
    ("couple", Meaning::Count(2)),
    ("three", Meaning::Count(3)),
    ("trio", Meaning::Count(3)),
    ("four", Meaning::Count(4)),
    ("five", Meaning::Count(5)),
    ("six", Meaning::Count(6)),
    ("seven", Meaning::Count(7)),
    ("eight", Meaning::Count(8)),
    ("nine", Meaning::Count(9)),
    ("several", Meaning::Several),
    ("few", Meaning::Several),
    ("many", Meaning::Several),
    ("some", Meaning::Several),
    ("a", Meaning::Article),
    ("an", Meaning::Article),
    ("the", Meaning::Article),
    ("another", Meaning::Article),
    ("its", Meaning::Article),
    ("in", Meaning::Connector),
    ("of", Meaning::Connector),
    ("is", Meaning::Connector),
    ("are", Meaning::Connector),
    ("from", Meaning::Connector),
    ("on", Meaning::Onto),
    ("against", Meaning::Onto),
    ("upon", Meaning::Onto),
    ("at", Meaning::Preposition),
    ("with", Meaning::Preposition),
    ("under", Meaning::Preposition),
    ("below", Meaning::Preposition),
    ("above", Meaning::Preposition),
    ("over", Meaning::Preposition),
    ("by", Meaning::Preposition),
    ("near", Meaning::Preposition),
    ("beside", Meaning::Preposition),
    ("behind", Meaning::Preposition),
    ("before", Meaning::Preposition),
    ("between", Meaning::Preposition),
    ("through", Meaning::Preposition),
    ("into", Meaning::Preposition),
    ("for", Meaning::Preposition),
    ("and", Meaning::And),
    ("to", Meaning::And),
    ("no", Meaning::Not),
    ("without", Meaning::Not),
];

/// Looks up one to three lower-case words joined by single spaces; plurals are understood.
pub fn meaning(words: &str) -> Option<Meaning> {
    exact(words).or_else(|| match words {
        // Plurals that no suffix explains.
        "leaves" => Some(Meaning::Noun(Noun::Leaf, true)),
        "cacti" => Some(Meaning::Noun(Noun::Cactus, true)),
        "fishes" => Some(Meaning::Noun(Noun::Fish, true)),
        "skies" => Some(Meaning::Sky),
        _ => {
            let stem = |suffix: &str, instead: &str| {
                words
                    .strip_suffix(suffix)
                    .filter(|stem| stem.len() > 1)
                    .map(|stem| format!("{stem}{instead}"))
            };
            [stem("s", ""), stem("es", ""), stem("ies", "y")].into_iter().flatten().find_map(|singular| {
                match exact(&singular)? {
                    Meaning::Noun(noun, _) => Some(Meaning::Noun(noun, true)),
                    Meaning::Colour(Tint { colour: Colour::Orange, tone: Tone::Plain }) => {
                        Some(Meaning::Noun(Noun::Orange, true))
                    }
                    setting
                    @ (Meaning::Backdrop | Meaning::Sky | Meaning::Light(_) | Meaning::Terrain(_)) => {
                        Some(setting)
                    }
                    _ => None,
                }
            })
        }
    })
}

fn exact(words: &str) -> Option<Meaning> {
    if let Some((_, tint)) = COLOURS.iter().find(|(word, _)| *word == words) {
        return Some(Meaning::Colour(*tint));
    }
    if let Some((_, meaning)) = GRAMMAR.iter().chain(SETTINGS).find(|(word, _)| *word == words) {
        return Some(*meaning);
    }
    if let Ok(count @ 1..=9) = words.parse::<u8>() {
        return Some(Meaning::Count(count));
    }
    NOUNS.iter().find(|entry| entry.words.contains(&words)).map(|entry| Meaning::Noun(entry.noun, false))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_noun_has_an_entry_of_its_own_and_no_word_means_two_things() {
        let mut words: Vec<&str> = NOUNS.iter().flat_map(|entry| entry.words.iter().copied()).collect();
        words.extend(SETTINGS.iter().chain(GRAMMAR).map(|(word, _)| *word));
        // The fruit shares its word with the colour; the parser decides by context.
        words.extend(COLOURS.iter().map(|(word, _)| *word).filter(|word| *word != "orange"));
        let count = words.len();
        words.sort_unstable();
        words.dedup();
        assert_eq!(words.len(), count);
        for entry in &NOUNS {
            assert_eq!(entry.noun.entry().words, entry.words);
        }
    }

    #[test]
    fn plurals_are_understood() {
        assert_eq!(meaning("stars"), Some(Meaning::Noun(Noun::Star, true)));
        assert_eq!(meaning("boxes"), Some(Meaning::Noun(Noun::Cube, true)));
        assert_eq!(meaning("butterflies"), Some(Meaning::Noun(Noun::Butterfly, true)));
        assert_eq!(meaning("hot air balloons"), Some(Meaning::Noun(Noun::AirBalloon, true)));
        assert_eq!(meaning("oranges"), Some(Meaning::Noun(Noun::Orange, true)));
        assert_eq!(meaning("dunes"), Some(Meaning::Terrain(Terrain::Desert)));
        assert_eq!(meaning("reds"), None);
        assert_eq!(Noun::Cube.named(2), "cubes");
    }
}
