//! The generators: one file a kind. Data and options in, bytes of the declared type out; no input, no state.

pub mod lookbook;
pub mod stakeholder_pdf;
pub mod walkthrough_reel;

#[cfg(test)]
mod testing;
