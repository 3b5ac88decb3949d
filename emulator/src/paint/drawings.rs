//! How each noun is drawn: parts from back to front, in the little language of `drawing`. Data only.

use super::drawing::Ink::{Accent, Body, Cloth, Dark, Glass, Glow, Leaf, Light, Pale, Shade, Wood};
use super::drawing::Part;
use crate::scene::Noun;

/// The parts of a noun, back to front.
pub fn of(noun: Noun) -> &'static [Part] {
    shapes(noun).or_else(|| skies(noun)).or_else(|| grounds(noun)).unwrap_or_else(|| objects(noun))
}

fn shapes(noun: Noun) -> Option<&'static [Part]> {
    Some(match noun {
        Noun::Circle => &[(Body, "O 50 50 48")],
        Noun::Square => &[(Body, "R 6 6 88 88 5")],
        Noun::Cube => &[
            (Body, "M 8 27 L 50 49 L 50 97 L 8 75 Z"),
            (Shade, "M 92 27 L 50 49 L 50 97 L 92 75 Z"),
            (Light, "M 50 5 L 92 27 L 50 49 L 8 27 Z"),
        ],
        Noun::Triangle => &[(Body, "M 50 6 L 97 90 L 3 90 Z")],
        Noun::Star => &[(Body, "S 50 53 51 22 5")],
        Noun::Heart => &[(
            Body,
            "M 50 94 C 20 70 3 52 3 31 C 3 14 15 6 28 6 C 38 6 46 12 50 22 C 54 12 62 6 72 6 C 85 6 97 14 97 31 C 97 52 80 70 50 94 Z",
        )],
        Noun::Ring => &[(Body, "O 50 50 48 o 50 50 27")],
        Noun::Diamond => &[
            (Body, "M 24 12 L 76 12 L 98 38 L 50 94 L 2 38 Z"),
            (Light, "M 24 12 L 36 38 L 2 38 Z M 36 38 L 64 38 L 50 94 Z"),
            (Shade, "M 76 12 L 64 38 L 98 38 Z"),
        ],
        Noun::Hexagon => &[(Body, "M 26 8 L 74 8 L 98 50 L 74 92 L 26 92 L 2 50 Z")],
        Noun::Drop => &[
            (Body, "M 50 2 C 66 28 84 46 84 64 C 84 84 68 98 50 98 C 32 98 16 84 16 64 C 16 46 34 28 50 2 Z"),
            (Light, "M 27 62 C 27 76 35 86 45 88 C 37 80 33 72 33 62 Z"),
        ],
        Noun::Bolt => &[(Body, "M 60 2 L 16 56 L 44 56 L 34 98 L 84 38 L 54 38 Z")],
        Noun::Leaf => &[
            (Body, "M 8 92 C 6 46 34 10 94 6 C 96 62 60 94 18 86 Z"),
            (Shade, "M 5 97 C 28 62 54 36 80 20 C 57 43 35 67 11 97 Z"),
        ],
        _ => return None,
    })
}

fn skies(noun: Noun) -> Option<&'static [Part]> {
    Some(match noun {
        Noun::Sun => &[(Body, "S 50 50 50 38 16"), (Light, "O 50 50 31")],
        Noun::Moon => &[(
            Body,
            "M 66 5 C 38 1 8 22 8 52 C 8 80 34 98 62 94 C 70 93 76 90 81 85 C 55 88 37 72 37 50 C 37 30 48 14 66 5 Z",
        )],
        Noun::Planet => &[
            (
                Accent,
                "M 0 50 C 0 42 22 36 50 36 C 78 36 100 42 100 50 L 92 50 C 92 46 74 42 50 42 C 26 42 8 46 8 50 Z",
            ),
            (Body, "O 50 50 31"),
            (
                Light,
                "M 21 39 C 40 44 60 44 79 39 C 77 34 74 31 72 28 C 58 32 42 32 28 28 C 25 31 22 35 21 39 Z",
            ),
            (
                Accent,
                "M 0 50 C 0 58 22 64 50 64 C 78 64 100 58 100 50 L 92 50 C 92 54 74 58 50 58 C 26 58 8 54 8 50 Z",
            ),
        ],
        Noun::Cloud => &[(
            Body,
            "M 22 80 C 8 80 2 71 4 61 C 6 52 13 48 20 48 C 20 32 34 22 48 27 C 56 17 76 19 80 37 C 92 37 98 46 97 59 C 96 72 88 80 76 80 Z",
        )],
        Noun::Bird => &[
            (
                Body,
                "M 3 40 C 18 25 37 29 48 50 C 60 27 80 21 98 33 C 82 36 71 44 63 60 C 58 71 49 74 42 66 C 34 52 20 42 3 40 Z",
            ),
            (Shade, "M 48 50 C 53 41 59 34 66 30 C 62 40 58 52 55 62 C 51 61 49 56 48 50 Z"),
        ],
        Noun::Balloon => &[
            (Dark, "T 1.4 50 84 48 88 52 92 50 99"),
            (Shade, "M 46 76 L 54 76 L 58 85 L 42 85 Z"),
            (
                Body,
                "M 50 3 C 75 3 88 21 88 40 C 88 59 66 76 54 79 L 46 79 C 34 76 12 59 12 40 C 12 21 25 3 50 3 Z",
            ),
            (Light, "E 35 27 7 11"),
        ],
        Noun::AirBalloon => &[
            (Dark, "T 1.4 39 74 43 88 T 1.4 61 74 57 88"),
            (
                Body,
                "M 50 2 C 77 2 91 20 91 38 C 91 56 72 66 62 77 L 38 77 C 28 66 9 56 9 38 C 9 20 23 2 50 2 Z",
            ),
            (
                Accent,
                "M 50 2 C 62 2 67 20 67 38 C 67 56 58 66 55 77 L 45 77 C 42 66 33 56 33 38 C 33 20 38 2 50 2 Z",
            ),
            (Wood, "R 41 87 18 12 3"),
        ],
        Noun::Kite => &[
            (Dark, "T 1.6 50 76 45 84 54 90 49 99"),
            (Body, "M 50 2 L 86 38 L 50 80 L 14 38 Z"),
            (Light, "M 50 2 L 86 38 L 50 38 Z"),
            (Shade, "M 14 38 L 50 38 L 50 80 Z"),
        ],
        Noun::Butterfly => &[
            (
                Shade,
                "M 48 54 C 24 54 13 70 21 83 C 32 93 46 79 49 58 Z M 52 54 C 76 54 87 70 79 83 C 68 93 54 79 51 58 Z",
            ),
            (
                Body,
                "M 48 50 C 40 19 15 6 5 17 C -1 30 14 56 48 55 Z M 52 50 C 60 19 85 6 95 17 C 101 30 86 56 52 55 Z",
            ),
            (Light, "O 23 30 6 O 77 30 6"),
            (Dark, "E 50 55 3 21 T 1.4 50 36 45 25 40 22 T 1.4 50 36 55 25 60 22"),
        ],
        Noun::Rocket => &[
            (Glow, "M 39 74 L 61 74 C 61 86 55 92 50 99 C 45 92 39 86 39 74 Z"),
            (Accent, "M 33 48 L 12 76 L 14 89 L 35 74 Z M 67 48 L 88 76 L 86 89 L 65 74 Z"),
            (Body, "M 50 2 C 68 18 73 44 68 76 L 32 76 C 27 44 32 18 50 2 Z"),
            (Pale, "O 50 40 12"),
            (Glass, "O 50 40 8.5"),
        ],
        Noun::Plane => &[(Body, "M 2 46 L 98 6 L 62 90 L 45 60 Z"), (Shade, "M 45 60 L 98 6 L 41 86 Z")],
        _ => return None,
    })
}

#[expect(clippy::too_many_lines, reason = "a table")]
fn grounds(noun: Noun) -> Option<&'static [Part]> {
    Some(match noun {
        Noun::Mountain => &[
            (Body, "M 46 8 L 54 14 L 66 34 L 74 42 L 99 94 L 1 94 L 22 54 L 30 46 Z"),
            (Shade, "M 46 8 L 54 14 L 66 34 L 74 42 L 99 94 L 58 94 L 50 70 L 56 50 L 49 30 Z"),
            (Pale, "M 46 8 L 54 14 L 63 29 L 56 35 L 50 29 L 43 37 L 36 31 Z"),
        ],
        Noun::Pyramid => &[(Body, "M 46 10 L 2 88 L 62 95 Z"), (Shade, "M 46 10 L 62 95 L 98 84 Z")],
        Noun::Tree => &[
            (Wood, "M 45 56 L 55 56 L 58 99 L 42 99 Z"),
            (Body, "O 50 34 30 O 29 45 21 O 71 45 21 O 39 24 19 O 62 24 19"),
            (Light, "O 38 25 12 O 26 42 9"),
        ],
        Noun::Pine => &[
            (Wood, "R 45 82 10 17 1"),
            (Body, "M 50 1 L 74 36 L 64 36 L 82 62 L 71 62 L 92 89 L 8 89 L 29 62 L 18 62 L 36 36 L 26 36 Z"),
            (Shade, "M 50 1 L 74 36 L 64 36 L 82 62 L 71 62 L 92 89 L 50 89 Z"),
        ],
        Noun::Palm => &[
            (Wood, "M 48 34 C 54 56 52 78 45 99 L 56 99 C 62 76 60 54 54 34 Z"),
            (
                Body,
                "M 50 33 C 36 12 14 13 2 31 C 20 25 36 30 50 40 Z M 50 33 C 64 12 86 13 98 31 C 80 25 64 30 50 40 Z M 50 33 C 32 29 16 41 10 62 C 26 48 38 44 53 41 Z M 50 33 C 68 29 84 41 90 62 C 74 48 62 44 47 41 Z M 46 36 C 41 19 48 6 62 0 C 62 13 60 26 55 38 Z",
            ),
            (Shade, "O 50 38 5"),
        ],
        Noun::Cactus => &[
            (
                Body,
                "M 42 64 L 25 64 C 15 64 12 57 12 50 L 12 36 C 12 27 26 27 26 36 L 26 46 C 26 49 28 50 31 50 L 42 50 Z",
            ),
            (
                Body,
                "M 58 56 L 73 56 C 84 56 88 49 88 42 L 88 30 C 88 21 74 21 74 30 L 74 38 C 74 41 72 42 69 42 L 58 42 Z",
            ),
            (Body, "R 37 8 26 91 13"),
            (Shade, "R 44 18 3 76 1.5 R 53 18 3 76 1.5"),
        ],
        Noun::Flower => &[
            (Leaf, "T 3.4 50 40 51 70 49 99 M 50 82 C 58 64 76 62 84 66 C 78 80 64 86 50 86 Z"),
            (Body, "P 50 33 19 15 6"),
            (Glow, "O 50 33 11"),
        ],
        Noun::Mushroom => &[
            (Pale, "M 39 50 C 40 70 36 84 33 95 C 42 99 58 99 67 95 C 64 84 60 70 61 50 Z"),
            (Body, "M 3 55 C 3 22 26 5 50 5 C 74 5 97 22 97 55 C 80 63 20 63 3 55 Z"),
            (Pale, "O 31 31 7 O 61 24 8 O 77 43 5 O 48 45 5"),
        ],
        Noun::House => &[
            (Shade, "R 68 12 11 28 1"),
            (Body, "R 15 42 70 57 1"),
            (Accent, "M 50 5 L 98 48 L 91 54 L 9 54 L 2 48 Z"),
            (Wood, "M 41 99 L 41 72 C 41 63 59 63 59 72 L 59 99 Z"),
            (Glass, "R 22 64 13 15 2 R 65 64 13 15 2"),
        ],
        Noun::Castle => &[
            (
                Light,
                "M 30 99 L 30 36 L 38 36 L 38 43 L 46 43 L 46 36 L 54 36 L 54 43 L 62 43 L 62 36 L 70 36 L 70 99 Z",
            ),
            (
                Body,
                "M 3 99 L 3 13 L 9 13 L 9 20 L 15 20 L 15 13 L 22 13 L 22 20 L 28 20 L 28 13 L 34 13 L 34 99 Z",
            ),
            (
                Body,
                "M 66 99 L 66 13 L 72 13 L 72 20 L 78 20 L 78 13 L 85 13 L 85 20 L 91 20 L 91 13 L 97 13 L 97 99 Z",
            ),
            (Dark, "M 41 99 L 41 75 C 41 61 59 61 59 75 L 59 99 Z R 15 40 7 15 3.5 R 78 40 7 15 3.5"),
        ],
        Noun::Lighthouse => &[
            (Body, "M 38 26 L 62 26 L 71 99 L 29 99 Z"),
            (Cloth, "M 36.2 41 L 63.8 41 L 65.6 55 L 34.4 55 Z M 32.8 69 L 67.2 69 L 69 83 L 31 83 Z"),
            (Glow, "R 41 11 18 15 1"),
            (Dark, "R 33 24 34 5 1 M 45 99 L 45 91 C 45 85 55 85 55 91 L 55 99 Z"),
            (Body, "M 35 12 L 50 0 L 65 12 Z"),
        ],
        Noun::Umbrella => &[
            (Dark, "T 2.6 50 40 50 90 48 96 42 97 38 94 37 88 T 2.6 50 8 50 2"),
            (
                Body,
                "M 4 52 C 6 22 26 7 50 7 C 74 7 94 22 96 52 C 88 45 79 45 73 52 C 67 45 56 45 50 52 C 44 45 33 45 27 52 C 21 45 12 45 4 52 Z",
            ),
            (Accent, "M 50 7 C 63 7 71 28 73 52 C 67 45 56 45 50 52 C 44 45 33 45 27 52 C 29 28 37 7 50 7 Z"),
        ],
        Noun::Chair => &[
            (Wood, "R 15 82 5 17 1 R 80 82 5 17 1"),
            (Body, "R 21 6 58 62 15"),
            (Body, "R 16 64 68 21 4"),
            (Light, "R 17 50 66 20 8"),
            (Shade, "R 5 42 19 44 9 R 76 42 19 44 9"),
        ],
        Noun::Cat => &[
            (Shade, "M 74 95 C 97 94 99 70 91 59 C 88 56 83 59 85 63 C 89 75 85 84 70 86 Z"),
            (
                Body,
                "M 29 97 C 14 97 13 70 26 55 C 23 49 23 40 25 34 L 21 8 L 40 23 C 46 21 54 21 60 23 L 79 8 L 75 34 C 77 40 77 49 74 55 C 87 70 86 97 71 97 Z",
            ),
            (Light, "M 39 64 C 43 59 57 59 61 64 C 63 80 58 93 50 95 C 42 93 37 80 39 64 Z"),
            (Glow, "E 38 40 6 6.5 E 62 40 6 6.5"),
            (Dark, "E 38 40 2 5.5 E 62 40 2 5.5 M 46 49 L 54 49 L 50 54 Z"),
        ],
        _ => return None,
    })
}

#[expect(clippy::too_many_lines, reason = "a table")]
fn objects(noun: Noun) -> &'static [Part] {
    match noun {
        Noun::Car => &[
            (
                Body,
                "M 2 70 C 2 58 9 54 19 52 L 30 36 C 33 31 36 29 42 29 L 62 29 C 68 29 72 31 76 36 L 87 52 C 95 54 98 58 98 66 L 98 75 C 98 79 96 81 93 81 L 7 81 C 4 81 2 79 2 75 Z",
            ),
            (
                Glass,
                "M 33 51 L 41 38 L 51 38 L 51 51 Z M 55 51 L 55 38 L 63 38 C 67 38 69 39 71 42 L 77 51 Z",
            ),
            (Glow, "O 92 63 4"),
            (Dark, "O 25 81 13 O 75 81 13"),
            (Pale, "O 25 81 5.5 O 75 81 5.5"),
        ],
        Noun::Bicycle => &[
            (Dark, "R 27 24 19 5 2.5"),
            (Body, "O 24 68 24 o 24 68 18.5 O 76 68 24 o 76 68 18.5"),
            (Body, "T 5 24 68 41 38 66 38 50 68 24 68 T 5 50 68 37 28 T 5 76 68 64 26 75 22"),
        ],
        Noun::Boat => &[
            (Wood, "R 48.5 3 3.4 66 1"),
            (Cloth, "M 54 7 C 77 23 88 42 92 61 L 54 61 Z M 46 14 C 33 30 20 46 12 61 L 46 61 Z"),
            (Body, "M 3 66 L 97 66 C 93 84 84 95 73 97 L 27 97 C 14 95 7 84 3 66 Z"),
            (Light, "M 4.4 71 L 95.6 71 L 94 76 L 6 76 Z"),
        ],
        Noun::Fish => &[
            (Body, "M 3 50 C 18 22 48 16 70 42 L 95 22 C 99 40 99 60 95 78 L 70 58 C 48 84 18 78 3 50 Z"),
            (Shade, "M 40 54 C 50 50 60 54 62 64 C 50 68 42 64 40 54 Z"),
            (Light, "M 44 30 C 38 42 38 58 44 70 L 39 71 C 32 58 32 42 39 29 Z"),
            (Pale, "O 22 44 6"),
            (Dark, "O 21 44 3"),
        ],
        Noun::Apple => &[
            (Wood, "T 4 50 28 51 16 57 6"),
            (Leaf, "M 54 17 C 62 3 78 2 86 7 C 81 20 67 25 54 17 Z"),
            (
                Body,
                "M 50 26 C 38 13 9 17 7 48 C 5 77 30 99 44 97 C 48 96 52 96 56 97 C 70 99 95 77 93 48 C 91 17 62 13 50 26 Z",
            ),
            (Light, "E 27 43 6 11"),
        ],
        Noun::Orange => &[
            (Body, "O 50 55 43"),
            (Leaf, "M 50 14 C 58 1 76 1 83 7 C 76 20 62 23 50 14 Z"),
            (Wood, "R 47.5 8 5 9 2"),
            (Light, "E 33 40 7 10"),
        ],
        Noun::Lemon => &[
            (Leaf, "M 80 34 C 80 18 92 12 99 13 C 99 25 93 34 80 34 Z"),
            (
                Body,
                "M 4 51 C 9 47 11 43 15 37 C 28 15 68 13 84 39 C 88 45 92 49 97 51 C 92 55 88 60 84 66 C 68 90 28 88 15 66 C 11 59 9 55 4 51 Z",
            ),
            (Light, "E 36 38 13 6"),
        ],
        Noun::Cup => &[
            (Shade, "E 44 93 40 5"),
            (Body, "M 70 35 C 100 30 100 68 66 70 L 67 61 C 88 58 88 42 71 44 Z"),
            (Body, "M 12 22 L 76 22 C 76 60 71 84 61 93 L 27 93 C 17 84 12 60 12 22 Z"),
            (Light, "E 44 22 32 8"),
            (Wood, "E 44 23 27 5.5"),
        ],
        Noun::Bottle => &[
            (
                Body,
                "M 42 22 L 42 6 L 58 6 L 58 22 C 58 32 76 36 76 52 L 76 91 C 76 96 73 99 68 99 L 32 99 C 27 99 24 96 24 91 L 24 52 C 24 36 42 32 42 22 Z",
            ),
            (Dark, "R 40 1 20 10 2"),
            (Pale, "R 24 60 52 24 0"),
            (Shade, "R 34 69 32 3 1 R 40 75 20 2 1"),
            (Light, "R 29 47 4 11 2"),
        ],
        Noun::Vase => &[
            (
                Body,
                "M 36 5 L 64 5 C 63 14 58 18 60 26 C 86 36 92 56 79 79 C 73 91 67 98 62 98 L 38 98 C 33 98 27 91 21 79 C 8 56 14 36 40 26 C 42 18 37 14 36 5 Z",
            ),
            (
                Light,
                "M 15 51 C 35 57 65 57 85 51 C 85.5 55 85 58 84.5 61 C 65 67 35 67 15.5 61 C 15 58 14.5 55 15 51 Z",
            ),
            (Shade, "E 50 5 14 3.4"),
        ],
        Noun::Lamp => &[
            (Dark, "R 47.5 48 5 46 1 M 28 99 C 28 89 72 89 72 99 Z"),
            (Body, "M 33 6 L 67 6 L 88 52 L 12 52 Z"),
            (Light, "M 40 6 L 50 6 L 46 52 L 26 52 Z"),
        ],
        Noun::Book => &[
            (Pale, "R 24 10 62 88 2"),
            (Body, "R 16 4 66 90 3"),
            (Shade, "R 16 4 12 90 3"),
            (Pale, "R 40 24 32 18 2"),
        ],
        Noun::Key => &[
            (Body, "O 26 50 25 o 26 50 13"),
            (
                Body,
                "M 48 44.5 L 98 44.5 L 98 68 L 90 68 L 90 55.5 L 84 55.5 L 84 72 L 75 72 L 75 55.5 L 48 55.5 Z",
            ),
        ],
        Noun::Crown => &[
            (Body, "M 8 86 L 4 26 L 28 54 L 50 12 L 72 54 L 96 26 L 92 86 Z"),
            (Light, "O 4 24 5 O 50 10 6 O 96 24 5"),
            (Shade, "R 8 77 84 14 2"),
            (Accent, "O 50 62 5"),
        ],
        // A breaking wave; it is also what stands here for nouns that another group draws.
        _ => &[
            (
                Body,
                "M 0 94 C 8 60 26 22 58 13 C 80 7 97 19 99 38 C 90 28 78 26 70 34 C 60 44 66 60 82 67 C 93 72 98 80 100 94 Z",
            ),
            (Shade, "M 12 94 C 20 70 36 52 55 50 C 46 62 46 78 56 94 Z"),
            (
                Pale,
                "M 58 13 C 80 7 97 19 99 38 C 92 26 80 20 70 22 C 60 23 48 28 38 35 C 43 24 50 16 58 13 Z",
            ),
        ],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::paint::drawing;
    use crate::scene::lexicon::NOUNS;

    #[test]
    fn every_drawing_can_be_read_has_a_body_and_fills_its_box() {
        let wave = objects(Noun::Wave);
        for entry in &NOUNS {
            let parts = of(entry.noun);
            assert!(entry.noun == Noun::Wave || parts != wave, "{:?} has no drawing", entry.noun);
            assert!(parts.iter().any(|(ink, _)| *ink == Body), "{:?}", entry.noun);
            let (mut low, mut high) = (f32::MAX, f32::MIN);
            for (_, outline) in parts {
                let bounds = drawing::path(outline).unwrap_or_else(|| panic!("{outline}")).bounds();
                assert!(bounds.left() >= -3.0 && bounds.right() <= 103.0, "{:?} {outline}", entry.noun);
                low = low.min(bounds.top());
                high = high.max(bounds.bottom());
            }
            assert!(low >= -3.0 && high <= 103.0 && high - low > 40.0, "{:?} {low} {high}", entry.noun);
        }
    }
}
