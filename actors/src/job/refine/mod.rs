//! A prompt gets the provider's tips, and, where that's asked for, a model's wording. Without the model it's deterministic: the
//! same words, operation and revision of the knowledge base give the same prompt for ever.
//!
//! The shell reads and asks what [`Ask::query`] and [`Ask::question`] say, and brings back a [`Material`]; what becomes of it
//! is decided by [`Ask::refined`]. A refinement is worth having and worth doing without: whatever goes wrong, there's a prompt.

mod rewrite;

use serde::{Deserialize, Serialize};

use crate::effect::Said;
use crate::job::message::Spec;
use crate::knowledge::{self, Advice, Knowledge};
use crate::operation::Operation;
use crate::provider::{Failure, Provider};
use crate::read_model::Query;

pub use rewrite::{Question, SCHEMA, TIMEOUT_MS};

/// What is done with the tips.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Refinement {
    /// Nothing is read, and nobody is asked: the provider gets the person's words.
    Off,
    /// The provider gets the person's words; what it could have got is shown beside them.
    Suggest,
    /// The provider gets the refined prompt.
    #[default]
    Auto,
}

impl Refinement {
    /// The API's spellings.
    pub const NAMES: [&str; 3] = ["off", "suggest", "auto"];

    /// Reads one of them.
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "off" => Self::Off,
            "suggest" => Self::Suggest,
            "auto" => Self::Auto,
            _ => return None,
        })
    }
}

/// All that a refined prompt follows from, the knowledge base aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ask {
    /// Whose tips.
    pub provider: Provider,
    /// What is to be done.
    pub operation: Operation,
    /// The person's words.
    pub prompt: String,
    /// What is done with the tips.
    pub refinement: Refinement,
    /// The reasoning model may word it anew.
    pub rewrite: bool,
    /// The revision of the knowledge base; `None`: the newest.
    pub revision: Option<u64>,
}

/// What the shell brings.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Material {
    /// The tips at the revision that was asked for.
    pub knowledge: Knowledge,
    /// What the reasoning model said; `None` when it wasn't asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rewriting: Option<Rewriting>,
}

/// How asking the reasoning model went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rewriting {
    /// It answered.
    Said(Said),
    /// It didn't.
    Failed(Failure),
}

/// A prompt as a provider gets it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Refined {
    /// What the provider gets: the person's words, with what was made of them, or alone.
    pub text: String,
    /// The tips that were applied (or would be, where there is a suggestion), as `key@version`.
    pub tips: Vec<String>,
    /// What [`Self::text`] would have been, where that was only to be suggested.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suggestion: Option<String>,
    /// The revision of the knowledge base: pinned, it gives the same prompt again. `None` where nothing was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<u64>,
    /// A model worded it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub rewritten: bool,
    /// Why it isn't what was asked for, for a person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

impl Refined {
    /// A prompt to which nothing was added.
    pub fn plain(prompt: &str) -> Self {
        Self { text: prompt.to_owned(), ..Self::default() }
    }

    /// The same, because something was in the way.
    pub fn without(prompt: &str, why: &str) -> Self {
        Self { note: Some(format!("Not refined: {why}")), ..Self::plain(prompt) }
    }

    /// The tips that the provider has got.
    pub fn applied(&self) -> &[String] {
        if self.suggestion.is_some() { &[] } else { &self.tips }
    }
}

impl Ask {
    /// What a job asks for a provider.
    pub fn of(spec: &Spec, provider: Provider) -> Self {
        Self {
            provider,
            operation: spec.wishes.operation,
            prompt: spec.prompt.clone(),
            refinement: spec.wishes.refinement,
            rewrite: spec.wishes.rewrite,
            revision: spec.wishes.knowledge_revision,
        }
    }

    /// What to read: [`Knowledge`] as JSON. `None` when nothing is to be read.
    pub fn query(&self) -> Option<Query> {
        (self.refinement != Refinement::Off).then(|| knowledge::at(self.provider, self.revision))
    }

    /// What to ask the reasoning model. `None` when it isn't to be asked.
    pub fn question(&self, knowledge: &Knowledge) -> Option<Question> {
        let wanted = self.rewrite && self.refinement != Refinement::Off && !self.prompt.trim().is_empty();
        (wanted && self.is_there(knowledge)).then(|| rewrite::question(self, &self.advice(knowledge)))
    }

    /// The prompt. A model's wording is taken if it keeps what it must; else the tips are appended, and a note says why.
    /// A pin that the knowledge base hasn't reached is no pin: the prompt stays as it is.
    pub fn refined(&self, material: &Material) -> Refined {
        let knowledge = &material.knowledge;
        if self.refinement == Refinement::Off {
            return Refined::plain(&self.prompt);
        }
        if !self.is_there(knowledge) {
            let why = format!("the knowledge base's newest revision is {}", knowledge.revision);
            return Refined::without(&self.prompt, &why);
        }
        let advice = self.advice(knowledge);
        let (rewritten, note) = match &material.rewriting {
            None => (None, None),
            Some(Rewriting::Failed(failure)) => (None, Some(failure.message.clone())),
            Some(Rewriting::Said(said)) => match rewrite::wording(&self.prompt, &said.text) {
                Ok(wording) => (Some(wording), None),
                Err(why) => (None, Some(why.to_owned())),
            },
        };
        let refined = Refined {
            rewritten: rewritten.is_some(),
            text: rewritten.unwrap_or_else(|| appended(&self.prompt, &advice)),
            tips: advice.into_iter().map(|advice| advice.id).collect(),
            revision: Some(self.revision.unwrap_or(knowledge.revision)),
            suggestion: None,
            note: note.map(|why| format!("Not reworded: {why}")),
        };
        match self.refinement {
            Refinement::Suggest => {
                Refined { suggestion: Some(refined.text), text: self.prompt.clone(), ..refined }
            }
            Refinement::Off | Refinement::Auto => refined,
        }
    }

    fn advice(&self, knowledge: &Knowledge) -> Vec<Advice> {
        knowledge::select(knowledge, self.operation, &self.prompt)
    }

    fn is_there(&self, knowledge: &Knowledge) -> bool {
        self.revision.is_none_or(|pinned| pinned <= knowledge.revision)
    }
}

/// The person's words, then a blank line, then the tips.
fn appended(prompt: &str, advice: &[Advice]) -> String {
    if advice.is_empty() {
        return prompt.to_owned();
    }
    let guidance: Vec<&str> = advice.iter().map(|advice| advice.text.as_str()).collect();
    format!("{}\n\n{}", prompt.trim_end(), guidance.join(" ")).trim_start().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::knowledge::Kept;
    use crate::provider::FailureClass;

    fn ask(refinement: Refinement) -> Ask {
        Ask {
            provider: Provider::Openai,
            operation: Operation::Generate,
            prompt: "A \"Red\" boat\n".to_owned(),
            refinement,
            rewrite: true,
            revision: None,
        }
    }

    fn material(rewriting: Option<Rewriting>) -> Material {
        let kept = |key: &str, tip: &str| Kept {
            key: format!("openai/{key}"),
            version: 2,
            value: format!(r#"{{"tip":"{tip}"}}"#),
        };
        let tips = vec![kept("a", "Name the light."), kept("b", "Say it plainly.")];
        Material { knowledge: Knowledge { revision: 7, tips }, rewriting }
    }

    #[expect(clippy::unnecessary_wraps, reason = "as a material has it")]
    fn said(text: &str) -> Option<Rewriting> {
        Some(Rewriting::Said(Said::from(text)))
    }

    const APPENDED: &str = "A \"Red\" boat\n\nName the light. Say it plainly.";

    #[test]
    fn tips_are_appended_and_named_with_their_versions() {
        let refined = ask(Refinement::Auto).refined(&material(None));
        assert_eq!(refined.text, APPENDED);
        assert_eq!(refined.tips, ["openai/a@2", "openai/b@2"]);
        assert_eq!((refined.revision, refined.rewritten, refined.note.as_deref()), (Some(7), false, None));
        let none = Material { knowledge: Knowledge { revision: 7, tips: vec![] }, rewriting: None };
        assert_eq!(ask(Refinement::Auto).refined(&none).text, "A \"Red\" boat\n");
    }

    #[test]
    fn off_reads_nothing_asks_nobody_and_changes_nothing() {
        let off = ask(Refinement::Off);
        assert_eq!((off.query(), off.question(&material(None).knowledge)), (None, None));
        assert_eq!(off.refined(&material(said(r#"{"prompt":"x"}"#))), Refined::plain("A \"Red\" boat\n"));
    }

    #[test]
    fn a_suggestion_stands_beside_the_plain_prompt() {
        let refined = ask(Refinement::Suggest).refined(&material(None));
        assert_eq!(
            (refined.text.as_str(), refined.suggestion.as_deref()),
            ("A \"Red\" boat\n", Some(APPENDED))
        );
        assert_eq!((refined.tips.len(), refined.applied().len()), (2, 0));
    }

    #[test]
    fn a_models_wording_is_taken_or_the_note_says_why_not() {
        let refined =
            ask(Refinement::Auto).refined(&material(said(r#"{"prompt":"A boat, \"Red\" on its bow"}"#)));
        assert_eq!((refined.text.as_str(), refined.rewritten), ("A boat, \"Red\" on its bow", true));
        assert_eq!(refined.tips.len(), 2, "they were its guidance");

        let failed = Rewriting::Failed(Failure::new(FailureClass::Overloaded, "busy"));
        for (rewriting, why) in
            [(said("Sure!"), "JSON"), (said(r#"{"prompt":"A boat"}"#), "quot"), (Some(failed), "busy")]
        {
            let refined = ask(Refinement::Auto).refined(&material(rewriting));
            assert_eq!((refined.text.as_str(), refined.rewritten), (APPENDED, false));
            assert!(refined.note.unwrap().contains(why), "{why}");
        }
    }

    #[test]
    fn a_pin_is_what_it_says_or_nothing() {
        let pinned = |revision| Ask { revision: Some(revision), ..ask(Refinement::Auto) };
        assert_eq!(pinned(4).refined(&material(None)).revision, Some(4));
        let ahead = pinned(8).refined(&material(said(r#"{"prompt":"A \"Red\" x"}"#)));
        assert_eq!((ahead.text.as_str(), ahead.revision), ("A \"Red\" boat\n", None));
        assert!(ahead.note.unwrap().contains('7'));
        assert_eq!(pinned(8).question(&material(None).knowledge), None);
    }

    #[test]
    fn the_question_has_the_words_the_guidance_and_the_provider() {
        let question = ask(Refinement::Auto).question(&material(None).knowledge).unwrap();
        for part in ["A \"Red\" boat", "Name the light.", "openai", "--- "] {
            assert!(question.instruction.contains(part), "{part}: {}", question.instruction);
        }
        let plain = Ask { rewrite: false, ..ask(Refinement::Auto) };
        assert_eq!(plain.question(&material(None).knowledge), None);
    }
}
