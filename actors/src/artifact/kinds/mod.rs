//! The generators: one file a kind. Data and options in, bytes of the declared type out; no input, no state.

pub mod compare_deck;
pub mod lookbook;
pub mod moodboard;
pub mod slideshow;
pub mod stakeholder_pdf;
pub mod storyboard;
pub mod walkthrough_reel;

#[cfg(test)]
mod browser;
#[cfg(test)]
pub(in crate::artifact) mod testing;
