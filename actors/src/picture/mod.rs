//! Pictures as bytes and as pixels: what they are, what they look like, what can be made of them. Pure, no I/O.
//!
//! Bytes from outside are hostile until measured. The type comes from magic bytes alone ([`sniff`]), what decoding would take
//! is worked out from headers before anything is allocated ([`decode`]), and text, ICC and XMP are never unpacked on the way to
//! pixels; of EXIF the orientation alone is read. Sizes and pixels are upright everywhere outside of this module. A decoder takes at most [`ALLOC_MAX`] beside the input, half of what the isolate has.
//!
//! Absent: colours aren't managed, of an animation only the first frame is seen.

pub mod canvas;
mod container;
pub mod decode;
pub mod disclosure;
mod encode;
mod fingerprint;
mod lossless;
pub mod mask;
mod orientation;
pub mod prepare;
pub mod print;
mod resample;
mod sniff;

pub use decode::check;
pub use encode::Encoded;
pub use fingerprint::{FLAT, fingerprint, fingerprint_of};
pub use sniff::{Format, Sniffed, sniff};

use crate::provider::{Failure, FailureClass};

/// Longest side, in pixels.
pub const SIDE_MAX: u32 = 8_192;
/// Most pixels: 4096 × 4096.
pub const PIXELS_MAX: u64 = 16_777_216;
/// What a decoder may allocate for pixels and its own planes, in bytes: half of the isolate's 128 MB.
pub const ALLOC_MAX: u64 = 64 * 1024 * 1024;

fn bad(why: &str) -> Failure {
    Failure::new(FailureClass::BadImage, why)
}

fn wrong(why: &str) -> Failure {
    Failure::new(FailureClass::BadRequest, why)
}
