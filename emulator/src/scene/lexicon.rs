//! The words that the painter and the vision model know: colours, things, settings, counts.
//! Data only; how words bind to each other is `parse`'s business.

/// A family of colours that people name and that can be told apart in a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "each variant is the word itself")]
pub enum Colour {
    Red,
    Orange,
    Yellow,
    Gold,
    Green,
    Teal,
    Blue,
    Purple,
    Pink,
    Brown,
    Beige,
    Black,
    Grey,
    White,
}

impl Colour {
    /// Every family.
    pub const ALL: [Self; 14] = [
        Self::Red,
        Self::Orange,
        Self::Yellow,
        Self::Gold,
        Self::Green,
        Self::Teal,
        Self::Blue,
        Self::Purple,
        Self::Pink,
        Self::Brown,
        Self::Beige,
        Self::Black,
        Self::Grey,
        Self::White,
    ];

    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Red => "red",
            Self::Orange => "orange",
            Self::Yellow => "yellow",
            Self::Gold => "gold",
            Self::Green => "green",
            Self::Teal => "teal",
            Self::Blue => "blue",
            Self::Purple => "purple",
            Self::Pink => "pink",
            Self::Brown => "brown",
            Self::Beige => "beige",
            Self::Black => "black",
            Self::Grey => "grey",
            Self::White => "white",
        }
    }
}

/// How light a colour was asked to be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Tone {
    /// Pastel.
    Pale,
    /// The colour itself.
    #[default]
    Plain,
    /// Dark.
    Deep,
}

/// A colour as the prompt names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Tint {
    /// The family.
    pub colour: Colour,
    /// Its lightness.
    pub tone: Tone,
}

impl Tint {
    /// The plain tone of a family.
    pub const fn plain(colour: Colour) -> Self {
        Self { colour, tone: Tone::Plain }
    }
}

/// Where in a landscape a thing belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Zone {
    /// Free: wherever the composition wants it.
    Free,
    /// Above the horizon.
    Sky,
    /// Stands on the ground.
    Ground,
    /// On water.
    Water,
    /// Wide, on the horizon, behind everything else.
    Far,
}

/// A thing that can be drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "each variant is the word itself")]
pub enum Noun {
    Circle,
    Square,
    Cube,
    Triangle,
    Star,
    Heart,
    Ring,
    Diamond,
    Hexagon,
    Sun,
    Moon,
    Planet,
    Cloud,
    Bird,
    Balloon,
    AirBalloon,
    Kite,
    Butterfly,
    Rocket,
    Plane,
    Mountain,
    Pyramid,
    Tree,
    Pine,
    Palm,
    Cactus,
    Flower,
    Leaf,
    Mushroom,
    House,
    Castle,
    Lighthouse,
    Car,
    Bicycle,
    Boat,
    Fish,
    Cat,
    Apple,
    Orange,
    Lemon,
    Cup,
    Bottle,
    Vase,
    Lamp,
    Chair,
    Umbrella,
    Book,
    Key,
    Crown,
    Drop,
    Bolt,
    Wave,
}

/// What is known about a noun apart from its drawing.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// The noun.
    pub noun: Noun,
    /// Singular words; the first is its name. Up to three words each.
    pub words: &'static [&'static str],
    /// Where it belongs.
    pub zone: Zone,
    /// Its colour when none was asked.
    pub natural: Tint,
    /// Its size beside the others, 1 being a thing that fills its place.
    pub scale: f32,
}

const fn entry(noun: Noun, words: &'static [&'static str], zone: Zone, natural: Colour, scale: f32) -> Entry {
    Entry { noun, words, zone, natural: Tint::plain(natural), scale }
}

/// Every noun, in the order of the enum.
pub const NOUNS: [Entry; 52] = [
    entry(
        Noun::Circle,
        &["circle", "ball", "orb", "dot", "disc", "disk", "sphere", "bubble", "marble"],
        Zone::Free,
        Colour::Red,
        0.9,
    ),
    entry(Noun::Square, &["square", "rectangle", "tile"], Zone::Free, Colour::Blue, 0.9),
    entry(
        Noun::Cube,
        &["cube", "box", "crate", "block", "gift", "present", "parcel"],
        Zone::Free,
        Colour::Teal,
        0.95,
    ),
    entry(Noun::Triangle, &["triangle", "cone"], Zone::Free, Colour::Teal, 0.95),
    entry(Noun::Star, &["star", "starfish", "sea star"], Zone::Sky, Colour::Yellow, 0.85),
    entry(Noun::Heart, &["heart"], Zone::Free, Colour::Red, 0.95),
    entry(Noun::Ring, &["ring", "hoop", "donut", "doughnut", "wheel"], Zone::Free, Colour::Gold, 0.95),
    entry(Noun::Diamond, &["diamond", "gem", "crystal", "jewel"], Zone::Free, Colour::Teal, 0.9),
    entry(Noun::Hexagon, &["hexagon", "honeycomb"], Zone::Free, Colour::Gold, 0.9),
    entry(Noun::Sun, &["sun", "sunburst"], Zone::Sky, Colour::Yellow, 0.9),
    entry(Noun::Moon, &["moon", "crescent", "crescent moon", "full moon"], Zone::Sky, Colour::Beige, 0.8),
    entry(Noun::Planet, &["planet", "saturn"], Zone::Sky, Colour::Orange, 1.0),
    entry(Noun::Cloud, &["cloud"], Zone::Sky, Colour::White, 0.9),
    entry(
        Noun::Bird,
        &["bird", "seagull", "gull", "swallow", "dove", "sparrow"],
        Zone::Sky,
        Colour::Blue,
        0.9,
    ),
    entry(Noun::Balloon, &["balloon", "party balloon"], Zone::Sky, Colour::Red, 0.9),
    entry(Noun::AirBalloon, &["hot air balloon", "air balloon"], Zone::Sky, Colour::Orange, 1.05),
    entry(Noun::Kite, &["kite"], Zone::Sky, Colour::Red, 0.85),
    entry(Noun::Butterfly, &["butterfly", "moth"], Zone::Sky, Colour::Orange, 0.85),
    entry(Noun::Rocket, &["rocket", "spaceship", "spacecraft"], Zone::Sky, Colour::Red, 1.0),
    entry(
        Noun::Plane,
        &["paper plane", "plane", "airplane", "aeroplane", "paper airplane"],
        Zone::Sky,
        Colour::White,
        0.85,
    ),
    entry(Noun::Mountain, &["mountain", "peak", "volcano", "cliff", "alp"], Zone::Far, Colour::Grey, 1.25),
    entry(Noun::Pyramid, &["pyramid", "tent"], Zone::Ground, Colour::Gold, 1.1),
    entry(Noun::Tree, &["tree", "oak", "apple tree"], Zone::Ground, Colour::Green, 1.05),
    entry(
        Noun::Pine,
        &["pine", "pine tree", "fir", "fir tree", "christmas tree", "spruce"],
        Zone::Ground,
        Colour::Green,
        1.05,
    ),
    entry(Noun::Palm, &["palm", "palm tree"], Zone::Ground, Colour::Green, 1.1),
    entry(Noun::Cactus, &["cactus", "succulent"], Zone::Ground, Colour::Green, 0.9),
    entry(
        Noun::Flower,
        &["flower", "rose", "daisy", "blossom", "tulip", "sunflower", "poppy", "bloom"],
        Zone::Ground,
        Colour::Pink,
        0.9,
    ),
    entry(Noun::Leaf, &["leaf", "feather"], Zone::Free, Colour::Green, 0.85),
    entry(Noun::Mushroom, &["mushroom", "toadstool"], Zone::Ground, Colour::Red, 0.8),
    entry(
        Noun::House,
        &["house", "cottage", "cabin", "home", "barn", "hut", "villa"],
        Zone::Ground,
        Colour::Orange,
        1.0,
    ),
    entry(Noun::Castle, &["castle", "fortress", "tower", "palace"], Zone::Ground, Colour::Grey, 1.1),
    entry(Noun::Lighthouse, &["lighthouse", "beacon"], Zone::Ground, Colour::Red, 1.25),
    entry(Noun::Car, &["car", "automobile", "taxi", "van", "vehicle"], Zone::Ground, Colour::Red, 0.95),
    entry(Noun::Bicycle, &["bicycle", "bike"], Zone::Ground, Colour::Teal, 0.95),
    entry(
        Noun::Boat,
        &["boat", "sailboat", "sail boat", "sailing boat", "ship", "yacht", "sail"],
        Zone::Water,
        Colour::Red,
        1.0,
    ),
    entry(Noun::Fish, &["fish", "goldfish", "whale"], Zone::Free, Colour::Orange, 0.85),
    entry(Noun::Cat, &["cat", "kitten"], Zone::Ground, Colour::Orange, 0.9),
    entry(Noun::Apple, &["apple", "cherry", "tomato"], Zone::Free, Colour::Red, 0.8),
    entry(Noun::Orange, &["orange", "tangerine", "mandarin"], Zone::Free, Colour::Orange, 0.8),
    entry(Noun::Lemon, &["lemon", "lime"], Zone::Free, Colour::Yellow, 0.75),
    entry(
        Noun::Cup,
        &["cup", "mug", "coffee", "teacup", "coffee cup", "cup of coffee", "cup of tea"],
        Zone::Free,
        Colour::Teal,
        0.85,
    ),
    entry(Noun::Bottle, &["bottle", "perfume", "flask"], Zone::Free, Colour::Green, 1.0),
    entry(Noun::Vase, &["vase", "pot", "jug", "urn", "amphora"], Zone::Free, Colour::Blue, 0.95),
    entry(Noun::Lamp, &["lamp", "lantern", "light bulb", "bulb"], Zone::Free, Colour::Yellow, 0.95),
    entry(Noun::Chair, &["chair", "armchair", "sofa", "couch"], Zone::Ground, Colour::Teal, 0.95),
    entry(Noun::Umbrella, &["umbrella", "parasol"], Zone::Ground, Colour::Red, 1.0),
    entry(Noun::Book, &["book", "notebook", "magazine"], Zone::Free, Colour::Blue, 0.85),
    entry(Noun::Key, &["key"], Zone::Free, Colour::Gold, 0.8),
    entry(Noun::Crown, &["crown", "tiara"], Zone::Free, Colour::Gold, 0.85),
    entry(Noun::Drop, &["drop", "droplet", "raindrop", "teardrop"], Zone::Free, Colour::Blue, 0.85),
    entry(
        Noun::Bolt,
        &["lightning", "lightning bolt", "bolt", "thunderbolt"],
        Zone::Sky,
        Colour::Yellow,
        0.9,
    ),
    entry(Noun::Wave, &["wave"], Zone::Water, Colour::Blue, 1.0),
];

impl Noun {
    /// What is known about it.
    pub fn entry(self) -> &'static Entry {
        const UNKNOWN: Entry = NOUNS[0];
        NOUNS.iter().find(|entry| entry.noun == self).unwrap_or(&UNKNOWN)
    }

    /// The word for one of it.
    pub fn name(self) -> &'static str {
        self.entry().words.first().copied().unwrap_or("thing")
    }

    /// The word for `count` of it.
    pub fn named(self, count: usize) -> String {
        let name = self.name();
        match (count, self) {
            (1, _) | (_, Self::Fish) => name.to_owned(),
            (_, Self::Leaf) => "leaves".to_owned(),
            (_, Self::Butterfly) => "butterflies".to_owned(),
            (_, Self::Cactus) => "cacti".to_owned(),
            (_, Self::Bolt) => "lightning bolts".to_owned(),
            _ if name.ends_with('x') => format!("{name}es"),
            _ => format!("{name}s"),
        }
    }
}

/// The light of a landscape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each variant is the word itself")]
pub enum Light {
    Day,
    Sunset,
    Night,
}

/// What a landscape stands on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each variant is the word itself")]
pub enum Terrain {
    Sea,
    Desert,
    Meadow,
    Forest,
    Snow,
    City,
}

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
