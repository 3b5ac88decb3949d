//! Pictures: crafted files and what has to come of them ([`corpus`]), random damage ([`mutation`]), what operations do to pixels,
//! what is told of a picture's making, and which pictures are found alike ([`alike`]).

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice)]
#![allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
#![allow(missing_docs, reason = "a test's name says what it's for")]

mod alike;
mod canvas;
mod corpus;
mod decoding;
mod disclosure;
mod files;
mod lossless;
mod mutation;
mod orientation;
mod painter;
mod speed;
