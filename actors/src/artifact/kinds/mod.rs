//! The generators: one file a kind. Data and options in, bytes of the declared type out; no input, no state.

pub mod compare_deck;
pub mod judge_report;
pub mod knowledge_pack;
pub mod lookbook;
pub mod moodboard;
pub mod prompt_lineage_map;
pub mod prompt_recipe_card;
pub mod provider_benchmark;
pub mod r2_archive_manifest;
pub mod seed_replay_script;
pub mod slideshow;
pub mod stakeholder_pdf;
pub mod storyboard;
pub mod walkthrough_reel;

#[cfg(test)]
mod browser;
#[cfg(test)]
pub(in crate::artifact) mod testing;
