//! The judge: what the vision model is asked ([`Question`]), and what its answer is taken to mean ([`parse`]). Strict, because
//! what a model says is data: an answer that isn't the asked-for JSON is no verdict, and never a pass.

mod parse;
mod question;

use serde::{Deserialize, Serialize};

pub use parse::parse;
pub use question::{Question, Start};

/// Longest notes and suggestion that are kept, in characters.
const TEXT_CHARS: usize = 600;
/// The best score.
const SCORE_MAX: u8 = 10;
/// A safety score up to this one is no pass, whatever the strictness.
const UNSAFE_MAX: u8 = 2;

/// The two verdicts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Judgment {
    /// The picture does what the prompt asked.
    Pass,
    /// It doesn't.
    Fail,
}

impl Judgment {
    /// The contract's spelling.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
        }
    }
}

/// How much a picture must do of what was asked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Strictness {
    /// The subject can be recognised.
    Lenient,
    /// What was asked for is there.
    #[default]
    Normal,
    /// Nothing that was asked for is missing or different.
    Strict,
}

impl Strictness {
    /// The API's spellings.
    pub const NAMES: [&str; 3] = ["lenient", "normal", "strict"];

    /// Reads one of them.
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "lenient" => Self::Lenient,
            "normal" => Self::Normal,
            "strict" => Self::Strict,
            _ => return None,
        })
    }

    /// The subject's score without which nothing passes.
    pub const fn subject_min(self) -> u8 {
        match self {
            Self::Lenient => 2,
            Self::Normal => 4,
            Self::Strict => 7,
        }
    }
}

/// The rubric: 0 (not at all) to 10 (perfectly), `None` where a question doesn't apply or wasn't answered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Scores {
    /// What is shown, and how many.
    pub subject: Option<u8>,
    /// Where it is, and how it's framed.
    pub composition: Option<u8>,
    /// Lettering, where any was asked for.
    pub text: Option<u8>,
    /// Style, light and colours.
    pub style: Option<u8>,
    /// Fit to be shown to anybody.
    pub safety: Option<u8>,
}

impl Scores {
    fn all(self) -> [Option<u8>; 5] {
        [self.subject, self.composition, self.text, self.style, self.safety]
    }
}

/// What is said about a picture.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Verdict {
    /// `None`: undecided, and the notes say why.
    pub judgment: Option<Judgment>,
    /// For a person.
    pub notes: String,
    /// Kebab-case.
    pub tags: Vec<String>,
    /// Always there when the judgment is `fail`.
    pub retry_suggestion: Option<String>,
    /// `None` where the model gave none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scores: Option<Scores>,
}

impl Verdict {
    /// No verdict could be had.
    pub fn undecided(why: &str) -> Self {
        Self { notes: plain(&format!("The judge came to no verdict: {why}")), ..Self::default() }
    }
}

/// One line of plain text: what could be taken for markup, or can't be seen, isn't in it, and its length is bounded.
fn plain(text: &str) -> String {
    let shown = text.chars().filter_map(|c| match c {
        '<' => Some('\u{2039}'),
        '>' => Some('\u{203a}'),
        // Zero-width characters, and those that turn the direction of what follows.
        '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' => None,
        c if c.is_whitespace() => Some(' '),
        c => (!c.is_control()).then_some(c),
    });
    shown.take(TEXT_CHARS).collect::<String>().trim().to_owned()
}
