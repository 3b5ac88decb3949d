//! The kinds of artifact: the list of what can be published.

use serde::{Deserialize, Serialize};

/// The kinds of artifact. Adding one is a variant here, a file in `kinds/` with a template, and its line in
/// [`super::registry`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A page of a project's pictures.
    Lookbook,
    /// Numbered frames and a shot list.
    Storyboard,
    /// Pictures, colours and words side by side.
    Moodboard,
    /// One picture a screen.
    Slideshow,
    /// Pictures in pairs, with what differs.
    CompareDeck,
    /// A document to mail, print and file.
    StakeholderPdf,
    /// A short film.
    WalkthroughReel,
    /// What the judge says of all pictures, and why.
    JudgeReport,
    /// How the makers compare.
    ProviderBenchmark,
    /// How each picture came of others.
    PromptLineageMap,
    /// Everything to make pictures again.
    PromptRecipeCard,
    /// A script that runs jobs again.
    SeedReplayScript,
    /// What was learnt.
    KnowledgePack,
    /// Every stored object.
    R2ArchiveManifest,
}

impl Kind {
    /// All of them, in the order in which they're shown to people.
    pub const ALL: [Self; 14] = [
        Self::Lookbook,
        Self::Storyboard,
        Self::Moodboard,
        Self::CompareDeck,
        Self::Slideshow,
        Self::StakeholderPdf,
        Self::WalkthroughReel,
        Self::JudgeReport,
        Self::ProviderBenchmark,
        Self::PromptLineageMap,
        Self::PromptRecipeCard,
        Self::SeedReplayScript,
        Self::KnowledgePack,
        Self::R2ArchiveManifest,
    ];

    /// The registry id, in kebab-case.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Lookbook => "lookbook",
            Self::Storyboard => "storyboard",
            Self::Moodboard => "moodboard",
            Self::Slideshow => "slideshow",
            Self::CompareDeck => "compare-deck",
            Self::StakeholderPdf => "stakeholder-pdf",
            Self::WalkthroughReel => "walkthrough-reel",
            Self::JudgeReport => "judge-report",
            Self::ProviderBenchmark => "provider-benchmark",
            Self::PromptLineageMap => "prompt-lineage-map",
            Self::PromptRecipeCard => "prompt-recipe-card",
            Self::SeedReplayScript => "seed-replay-script",
            Self::KnowledgePack => "knowledge-pack",
            Self::R2ArchiveManifest => "r2-archive-manifest",
        }
    }

    /// The part of its address between `/public/` and the slug. The lookbook has a route of its own.
    pub const fn path(self) -> &'static str {
        match self {
            Self::Lookbook => "lookbook",
            Self::Storyboard
            | Self::Moodboard
            | Self::Slideshow
            | Self::CompareDeck
            | Self::StakeholderPdf
            | Self::WalkthroughReel
            | Self::JudgeReport
            | Self::ProviderBenchmark
            | Self::PromptLineageMap
            | Self::PromptRecipeCard
            | Self::SeedReplayScript
            | Self::KnowledgePack
            | Self::R2ArchiveManifest => "artifact",
        }
    }

    /// The kind of this registry id, in kebab-case or camelCase (`compare-deck`, `compareDeck`).
    pub fn parse(id: &str) -> Option<Self> {
        let is_named = |kind: &Self| kind.as_str() == id || camel_case(kind.as_str()) == id;
        Self::ALL.into_iter().find(is_named)
    }
}

fn camel_case(kebab: &str) -> String {
    let mut words = kebab.split('-');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |mut camel, word| {
        let mut letters = word.chars();
        camel.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        camel.push_str(letters.as_str());
        camel
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_read_in_both_spellings() {
        for kind in Kind::ALL {
            assert_eq!(Kind::parse(kind.as_str()), Some(kind));
            assert_eq!(Kind::parse(&camel_case(kind.as_str())), Some(kind));
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str(), "stored as it's called");
        }
        assert_eq!(camel_case("compare-deck"), "compareDeck");
        for unknown in ["", "Lookbook", "look-book", "lookbook "] {
            assert_eq!(Kind::parse(unknown), None, "{unknown}");
        }
    }
}
