//! From words to a scene: which colour and which count belong to which noun.
//!
//! One pass from left to right. Colours and counts wait until a noun takes them; a preposition, punctuation or too
//! many unknown words end the wait, and a colour that nobody took is bound to what came before ("a car in red"), to
//! the backdrop ("on blue"), or stays loose.

use super::lexicon::{Light, Noun, Terrain, Tint, Tone};
use super::words::{Meaning, meaning};
use super::{Colour, Count, Ground, Item, Scene, hash};

/// Unknown words between a colour and its noun: "a red old wooden fishing boat" has three.
const MAX_BETWEEN: usize = 3;
/// Kinds of things in one picture; more would be a list, no composition.
const MAX_ITEMS: usize = 6;
/// Characters of a caption.
const MAX_CAPTION: usize = 60;

/// Reads one paragraph that has no directives left in it.
pub fn scene(paragraph: &str) -> Scene {
    let (text, caption) = take_caption(paragraph);
    let tokens = tokens(&text);
    let mut reader = Reader::default();
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        let Token::Word(word) = token else {
            reader.pause();
            at += 1;
            continue;
        };
        let (length, known) = longest(&tokens, at);
        let known = if is_fruit(&tokens, at) { Some(Meaning::Noun(Noun::Orange, false)) } else { known };
        reader.read(word, known, tokens.get(at + length));
        at += length;
    }
    reader.pause();
    let mut scene = reader.scene;
    let words: Vec<&str> = tokens
        .iter()
        .filter_map(|token| if let Token::Word(word) = token { Some(&**word) } else { None })
        .collect();
    scene.key = hash(words.join(" ").as_bytes());
    scene.caption = caption;
    scene
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Word(String),
    Pause,
}

/// What the last waiting colours could still be bound to.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Target {
    Item(usize),
    Backdrop,
    Ground,
}

#[derive(Debug, Default)]
struct Reader {
    scene: Scene,
    colours: Vec<Tint>,
    tone: Tone,
    count: Option<Count>,
    unknown: usize,
    /// The word that introduced the waiting colours.
    introduced: Option<Meaning>,
    /// Colours of "a red and a blue circle" that wait for the second colour's noun.
    elliptic: Vec<Tint>,
    last: Option<Target>,
    negated: bool,
    after_and: bool,
}

impl Reader {
    fn read(&mut self, word: &str, known: Option<Meaning>, next: Option<&Token>) {
        let after_and = std::mem::take(&mut self.after_and);
        match known {
            Some(Meaning::Colour(tint)) => {
                let tone = std::mem::take(&mut self.tone);
                let tone = if tone == Tone::Plain { tint.tone } else { tone };
                self.colours.push(Tint { colour: tint.colour, tone });
                self.unknown = 0;
            }
            Some(Meaning::Tone(tone)) => self.tone = tone,
            Some(Meaning::Count(count)) => {
                self.stop_or_hold(after_and);
                self.count = Some(Count::Exactly(count));
            }
            Some(Meaning::Several) => self.count = Some(Count::Several),
            Some(Meaning::Article) => self.stop_or_hold(after_and),
            Some(Meaning::And) => {
                self.after_and = true;
                if !matches!(next, Some(Token::Word(word)) if continues_colours(word)) && word == "to" {
                    self.stop();
                }
            }
            Some(meaning @ (Meaning::Connector | Meaning::Onto | Meaning::Preposition)) => {
                let count = self.count;
                self.stop();
                // "a pair of boats": the count outlives the "of".
                self.count = if word == "of" { count } else { None };
                self.introduced = Some(meaning);
                self.negated = false;
            }
            Some(Meaning::Not) => {
                self.stop();
                self.negated = true;
            }
            Some(Meaning::Noun(noun, plural)) => self.noun(noun, plural),
            Some(Meaning::Backdrop) => self.backdrop(None),
            Some(Meaning::Sky) => self.backdrop(Some(Light::Day)),
            Some(Meaning::Light(light)) => self.light(light),
            Some(Meaning::Terrain(terrain)) => self.terrain(terrain),
            None => {
                self.unknown += 1;
                if self.unknown > MAX_BETWEEN {
                    self.stop();
                }
            }
        }
    }

    fn noun(&mut self, noun: Noun, plural: bool) {
        let mut colours = std::mem::take(&mut self.colours).into_iter();
        let (tint, accent) = (colours.next(), colours.next());
        let elliptic = std::mem::take(&mut self.elliptic);
        let count = self.count.take();
        let definite = count.is_none() && !plural;
        self.done();
        if std::mem::take(&mut self.negated) {
            return;
        }
        let known = self.scene.items.iter_mut().enumerate().find(|(_, item)| item.noun == noun);
        if let Some((index, item)) = known
            && definite
            && (tint.is_none() || item.tint.is_none() || item.tint == tint)
        {
            item.tint = item.tint.or(tint);
            self.last = Some(Target::Item(index));
            return;
        }
        let each = count.unwrap_or(if plural { Count::Several } else { Count::Exactly(1) });
        for tint in elliptic {
            self.push(Item { noun, tint: Some(tint), accent: None, count: Count::Exactly(1) });
        }
        self.push(Item { noun, tint, accent, count: each });
    }

    fn push(&mut self, item: Item) {
        if self.scene.items.len() < MAX_ITEMS {
            self.scene.items.push(item);
            self.last = Some(Target::Item(self.scene.items.len() - 1));
        }
    }

    fn backdrop(&mut self, light: Option<Light>) {
        let colours = std::mem::take(&mut self.colours);
        self.done();
        if std::mem::take(&mut self.negated) {
            return;
        }
        if self.scene.backdrop.is_empty() {
            self.scene.backdrop = colours.into_iter().take(2).collect();
        }
        self.scene.light = self.scene.light.or(light);
        self.last = Some(Target::Backdrop);
    }

    fn light(&mut self, light: Light) {
        let colours = std::mem::take(&mut self.colours);
        self.done();
        if std::mem::take(&mut self.negated) {
            return;
        }
        if self.scene.backdrop.is_empty() {
            self.scene.backdrop = colours.into_iter().take(2).collect();
        }
        // "sky" alone means day, and a named hour is the better word for it.
        if self.scene.light.is_none_or(|light| light == Light::Day) {
            self.scene.light = Some(light);
        }
        self.last = Some(Target::Backdrop);
    }

    fn terrain(&mut self, terrain: Terrain) {
        let tint = std::mem::take(&mut self.colours).into_iter().next();
        self.done();
        if std::mem::take(&mut self.negated) {
            return;
        }
        match &mut self.scene.ground {
            // Water wins over its beach, since boats need it; else the first word wins.
            Some(ground) if ground.terrain != terrain && terrain != Terrain::Sea => {}
            Some(ground) => {
                ground.terrain = terrain;
                ground.tint = ground.tint.or(tint);
            }
            None => self.scene.ground = Some(Ground { terrain, tint }),
        }
        self.last = Some(Target::Ground);
    }

    /// A noun took what was waiting.
    fn done(&mut self) {
        self.count = None;
        self.unknown = 0;
        self.introduced = None;
    }

    fn stop_or_hold(&mut self, after_and: bool) {
        if after_and && self.introduced.is_none() {
            self.elliptic.append(&mut self.colours);
        }
        self.stop();
    }

    /// Nobody takes the waiting colours: bind them backwards, to the backdrop, or let them loose.
    fn stop(&mut self) {
        let colours = std::mem::take(&mut self.colours);
        let introduced = self.introduced.take();
        self.unknown = 0;
        self.tone = Tone::Plain;
        if colours.is_empty() || self.negated {
            return;
        }
        match (introduced, self.last) {
            (Some(Meaning::Connector), Some(Target::Item(index))) => {
                if let Some(item) = self.scene.items.get_mut(index).filter(|item| item.tint.is_none()) {
                    item.tint = colours.first().copied();
                    item.accent = colours.get(1).copied();
                    return;
                }
            }
            (Some(Meaning::Connector), Some(Target::Backdrop)) | (Some(Meaning::Onto), _)
                if self.scene.backdrop.is_empty() =>
            {
                self.scene.backdrop = colours.into_iter().take(2).collect();
                return;
            }
            (Some(Meaning::Connector), Some(Target::Ground)) => {
                if let Some(ground) = self.scene.ground.as_mut().filter(|ground| ground.tint.is_none()) {
                    ground.tint = colours.first().copied();
                    return;
                }
            }
            _ => {}
        }
        for tint in colours {
            if self.scene.loose.len() < MAX_ITEMS && !self.scene.loose.contains(&tint) {
                self.scene.loose.push(tint);
            }
        }
    }

    /// Punctuation, or the end.
    fn pause(&mut self) {
        let mut held = std::mem::take(&mut self.elliptic);
        held.append(&mut self.colours);
        self.colours = held;
        self.stop();
        self.count = None;
        self.negated = false;
    }
}

/// True when the word after "and" or "to" goes on with a list of colours.
fn continues_colours(word: &str) -> bool {
    matches!(meaning(word), Some(Meaning::Colour(_) | Meaning::Tone(_)))
}

/// The longest run of up to three words at `at` that means something.
fn longest(tokens: &[Token], at: usize) -> (usize, Option<Meaning>) {
    for length in (1..=3).rev() {
        let words: Option<Vec<&str>> = tokens.get(at..at + length).and_then(|run| {
            run.iter().map(|token| if let Token::Word(word) = token { Some(&**word) } else { None }).collect()
        });
        if let Some(found) = words.and_then(|words| meaning(&words.join(" "))) {
            return (length, Some(found));
        }
    }
    (1, None)
}

/// "an orange on a plate": the word is the fruit when nothing is left in its clause for the colour to belong to.
fn is_fruit(tokens: &[Token], at: usize) -> bool {
    let before = at.checked_sub(1).and_then(|before| tokens.get(before));
    let counted = matches!(before, Some(Token::Word(word))
        if matches!(meaning(word), Some(Meaning::Article | Meaning::Count(_) | Meaning::Colour(_))));
    let alone = match tokens.get(at + 1) {
        None | Some(Token::Pause) => true,
        Some(Token::Word(word)) => {
            matches!(meaning(word), Some(Meaning::Connector | Meaning::Onto | Meaning::Preposition))
        }
    };
    counted
        && alone
        && matches!(tokens.get(at), Some(Token::Word(word)) if word == "orange")
        && matches!(meaning("orange"), Some(Meaning::Colour(Tint { colour: Colour::Orange, .. })))
}

fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut word = String::new();
    let flush = |word: &mut String, tokens: &mut Vec<Token>| {
        if !word.is_empty() {
            tokens.push(Token::Word(std::mem::take(word)));
        }
    };
    for c in text.chars() {
        match c {
            c if c.is_alphanumeric() => word.extend(c.to_lowercase()),
            '\'' | '’' => {
                // "the boat's sail": what follows the apostrophe says nothing.
                flush(&mut word, &mut tokens);
            }
            '&' => {
                flush(&mut word, &mut tokens);
                tokens.push(Token::Word("and".to_owned()));
            }
            '.' | ',' | ';' | ':' | '!' | '?' | '\n' | '(' | ')' | '—' | '–' | '|' | '/' => {
                flush(&mut word, &mut tokens);
                tokens.push(Token::Pause);
            }
            _ => flush(&mut word, &mut tokens),
        }
    }
    flush(&mut word, &mut tokens);
    tokens.retain(|token| !matches!(token, Token::Word(word) if word == "s"));
    tokens
}

/// Takes the first quoted text out of the paragraph.
fn take_caption(paragraph: &str) -> (String, Option<String>) {
    for (open, close) in [('"', '"'), ('“', '”'), ('«', '»'), ('„', '“')] {
        if let Some((before, rest)) = paragraph.split_once(open)
            && let Some((quoted, after)) = rest.split_once(close)
        {
            let words: Vec<&str> = quoted.split_whitespace().collect();
            let caption: String = words.join(" ").chars().take(MAX_CAPTION).collect();
            let text = format!("{before} , {after}");
            return (text, Some(caption).filter(|caption| caption.chars().any(char::is_alphanumeric)));
        }
    }
    (paragraph.to_owned(), None)
}

#[cfg(test)]
mod tests {
    use super::super::Brief;
    use super::*;

    fn read(prompt: &str) -> Scene {
        Brief::read(prompt).scene
    }

    fn told(prompt: &str) -> String {
        let scene = read(prompt);
        let tint = |tint: &Tint| match tint.tone {
            Tone::Plain => tint.colour.name().to_owned(),
            tone => format!("{tone:?} {}", tint.colour.name()),
        };
        let mut told: Vec<String> = scene
            .items
            .iter()
            .map(|item| {
                let count = match item.count {
                    Count::Exactly(count) => count.to_string(),
                    Count::Several => "n".to_owned(),
                };
                let colours: Vec<String> = item.tint.iter().chain(&item.accent).map(tint).collect();
                format!("{count} {} {:?}", colours.join("+"), item.noun)
            })
            .collect();
        if !scene.backdrop.is_empty() {
            told.push(format!("on {}", scene.backdrop.iter().map(tint).collect::<Vec<_>>().join("-")));
        }
        told.extend(scene.light.map(|light| format!("{light:?}")));
        told.extend(scene.ground.map(|ground| {
            format!("{:?}{}", ground.terrain, ground.tint.as_ref().map(tint).unwrap_or_default())
        }));
        if !scene.loose.is_empty() {
            told.push(format!("loose {}", scene.loose.iter().map(tint).collect::<Vec<_>>().join(" ")));
        }
        told.extend(scene.caption.map(|caption| format!("\"{caption}\"")));
        told.join(", ")
    }

    #[test]
    fn colours_and_counts_bind_to_their_nouns() {
        for (prompt, expected) in [
            ("a red circle on a blue background", "1 red Circle, on blue"),
            ("Three yellow stars", "n yellow Star".replace('n', "3").as_str()),
            ("red circle on white", "1 red Circle, on white"),
            ("a pair of green pine trees", "2 green Pine"),
            ("a red vintage fishing boat at sea", "1 red Boat, Sea"),
            ("a red and white boat", "1 red+white Boat"),
            ("a red and a blue circle", "1 red Circle, 1 blue Circle"),
            ("a car in red, background of teal", "1 red Car, on teal"),
            ("The house is pink. Dark blue sky", "1 pink House, on Deep blue, Day"),
            ("an orange on a table", "1  Orange"),
            ("an orange sun over the turquoise sea", "1 orange Sun, Seateal"),
            ("two oranges and a lemon", "2  Orange, 1  Lemon"),
            ("hot-air balloons over dunes at sunset", "n  AirBalloon, Sunset, Desert"),
            ("a gradient from teal to purple", "on teal-purple"),
            ("a purple to pink gradient", "on purple-pink"),
            ("a white moon, no clouds, starry night", "1 white Moon, Night"),
            ("poster saying \"SUMMER 2026\" with a yellow sun", "1 yellow Sun, \"SUMMER 2026\""),
            ("a feeling in teal and mustard", "loose teal gold"),
            ("a boat near a beach by the sea", "1  Boat, Sea"),
            ("nothing that anyone could draw", ""),
        ] {
            assert_eq!(told(prompt), expected, "{prompt}");
        }
    }

    #[test]
    fn only_the_first_paragraph_counts_and_directives_are_gone() {
        assert_eq!(
            told("a red circle {miss}\nin a {slow:5}ring\n\nUse a blue star."),
            "1 red Circle, 1  Ring"
        );
        assert_eq!(read("a red circle {miss:gemini#2}").key, read("A red  circle").key);
    }

    #[test]
    fn a_caption_is_not_read_as_a_scene() {
        assert_eq!(told("\"BLUE MOON\" above a red car"), "1 red Car, \"BLUE MOON\"");
        assert_eq!(told("say \"\" quietly"), "");
    }

    #[test]
    fn a_list_of_everything_stays_bounded() {
        let prompt = "a star, a heart, a ring, a sun, a moon, a cat, a fish, a car, a boat, a key";
        assert_eq!(read(prompt).items.len(), MAX_ITEMS);
    }
}
