//! Getting it wrong on purpose: another scene that shares neither colour nor thing nor light with the asked one.

use crate::scene::{Colour, Count, Ground, Item, Light, Noun, Scene, Terrain, Tint, Tone};

/// Colours and the ones that nobody would take for them.
const OPPOSITES: [(Colour, Colour); 14] = [
    (Colour::Red, Colour::Teal),
    (Colour::Orange, Colour::Blue),
    (Colour::Yellow, Colour::Purple),
    (Colour::Gold, Colour::Purple),
    (Colour::Green, Colour::Pink),
    (Colour::Teal, Colour::Red),
    (Colour::Blue, Colour::Orange),
    (Colour::Purple, Colour::Green),
    (Colour::Pink, Colour::Green),
    (Colour::Brown, Colour::Teal),
    (Colour::Beige, Colour::Blue),
    (Colour::Black, Colour::Pink),
    (Colour::Grey, Colour::Orange),
    (Colour::White, Colour::Purple),
];

/// A scene that misses the asked one in every respect.
pub fn wrong(asked: &Scene) -> Scene {
    let tints = |asked: &Scene| -> Vec<Colour> {
        let items = asked.items.iter().flat_map(|item| [Some(asked.body(item)), item.accent]).flatten();
        let ground = asked.ground.iter().filter_map(|ground| ground.tint);
        items
            .chain(asked.backdrop.iter().chain(&asked.loose).copied())
            .chain(ground)
            .map(|tint| tint.colour)
            .collect()
    };
    let taken = tints(asked);
    // The first two opposites that nobody asked for.
    let opposite = |colour: &Colour| OPPOSITES.iter().find(|(one, _)| one == colour).map(|(_, other)| *other);
    let mut free: Vec<Colour> = taken
        .iter()
        .filter_map(opposite)
        .chain([Colour::Teal, Colour::Purple, Colour::Green, Colour::Red, Colour::Blue])
        .collect();
    free.retain(|colour| !taken.iter().any(|taken| akin(*taken, *colour)));
    let mut free = free.into_iter();
    let body = free.next().unwrap_or(Colour::Teal);
    let behind = free.find(|colour| !akin(*colour, body)).unwrap_or(body);
    let noun = [Noun::Hexagon, Noun::Key, Noun::Umbrella, Noun::Fish]
        .into_iter()
        .find(|noun| !asked.items.iter().any(|item| item.noun == *noun))
        .unwrap_or(Noun::Hexagon);
    let count = if asked.items.iter().any(|item| item.count == Count::Exactly(2)) { 3 } else { 2 };
    let item = Item { noun, tint: Some(Tint::plain(body)), accent: None, count: Count::Exactly(count) };
    let landscape = asked.is_landscape();
    Scene {
        light: landscape.then_some(match asked.light {
            Some(Light::Night | Light::Sunset) => Light::Day,
            Some(Light::Day) | None => Light::Sunset,
        }),
        ground: asked.ground.map(|ground| Ground {
            terrain: other(ground.terrain),
            tint: ground.tint.map(|_| Tint::plain(behind)),
        }),
        backdrop: if landscape { Vec::new() } else { vec![Tint { colour: behind, tone: Tone::Plain }] },
        items: vec![item],
        loose: Vec::new(),
        caption: None,
        key: !asked.key,
    }
}

fn other(terrain: Terrain) -> Terrain {
    match terrain {
        Terrain::Forest | Terrain::Meadow => Terrain::Desert,
        Terrain::Sea | Terrain::Desert | Terrain::Snow | Terrain::City => Terrain::Meadow,
    }
}

/// Colours whose regions touch.
fn akin(one: Colour, other: Colour) -> bool {
    use Colour::{
        Beige, Black, Blue, Brown, Gold, Green, Grey, Orange, Pink, Purple, Red, Teal, White, Yellow,
    };
    let group = |colour: Colour| match colour {
        Red => [Red, Pink, Brown, Red],
        Orange => [Orange, Gold, Brown, Orange],
        Yellow => [Yellow, Gold, Beige, Yellow],
        Gold => [Gold, Yellow, Orange, Brown],
        Green => [Green, Teal, Green, Green],
        Teal => [Teal, Green, Blue, Teal],
        Blue => [Blue, Teal, Purple, Blue],
        Purple => [Purple, Pink, Blue, Purple],
        Pink => [Pink, Red, Purple, Pink],
        Brown => [Brown, Orange, Gold, Red],
        Beige => [Beige, White, Yellow, Gold],
        Black => [Black, Grey, Black, Black],
        Grey => [Grey, Black, White, Grey],
        White => [White, Beige, Grey, White],
    };
    group(one).contains(&other)
}
