//! The generators: one file a kind. Data and options in, bytes of the declared type out; no input, no state.

pub mod judge_report;
pub mod lookbook;
pub mod prompt_lineage_map;
pub mod provider_benchmark;

#[cfg(test)]
mod testing;
