//! Every kind with its generator: one generator is one file in `kinds/`, whose doc comment is its specification.

use serde_json::{Value, json};

use crate::artifact::generator::Generator;
use crate::artifact::kind::Kind;
use crate::artifact::kinds::{
    compare_deck, judge_report, knowledge_pack, lookbook, moodboard, prompt_lineage_map, prompt_recipe_card,
    provider_benchmark, r2_archive_manifest, seed_replay_script, slideshow, stakeholder_pdf, storyboard,
    walkthrough_reel,
};

/// The generator of a kind.
pub const fn generator(kind: Kind) -> &'static Generator {
    match kind {
        Kind::Lookbook => &lookbook::GENERATOR,
        Kind::Storyboard => &storyboard::GENERATOR,
        Kind::Moodboard => &moodboard::GENERATOR,
        Kind::Slideshow => &slideshow::GENERATOR,
        Kind::CompareDeck => &compare_deck::GENERATOR,
        Kind::StakeholderPdf => &stakeholder_pdf::GENERATOR,
        Kind::WalkthroughReel => &walkthrough_reel::GENERATOR,
        Kind::JudgeReport => &judge_report::GENERATOR,
        Kind::ProviderBenchmark => &provider_benchmark::GENERATOR,
        Kind::PromptLineageMap => &prompt_lineage_map::GENERATOR,
        Kind::PromptRecipeCard => &prompt_recipe_card::GENERATOR,
        Kind::SeedReplayScript => &seed_replay_script::GENERATOR,
        Kind::KnowledgePack => &knowledge_pack::GENERATOR,
        Kind::R2ArchiveManifest => &r2_archive_manifest::GENERATOR,
    }
}

/// What `GET /api/artifact-kinds` shows.
pub fn shown() -> Value {
    let kinds: Vec<Value> = Kind::ALL.into_iter().map(|kind| generator(kind).shown()).collect();
    json!({ "kinds": kinds })
}
