//! What the painter and the vision model know: colours, things, lights and grounds. Data only; which words mean them is
//! in `words`.

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
