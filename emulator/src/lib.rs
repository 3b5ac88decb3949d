//! The image providers on loopback: `OpenAI` Images, Gemini `generateContent` and Workers AI REST in their exact wire
//! shapes, with a painter behind them that draws what the prompt names and a vision model that looks at real pixels.
//!
//! Invariants: a picture is a pure function of scene, provider, size and seed; the vision model knows a picture only
//! by decoding it; a fault changes what is answered, never what later calls paint. Absent: files that were uploaded to a
//! provider before, pictures at addresses, animated and vector output, and anything that reaches the network.

pub mod call;
pub mod colour;
pub mod encode;
pub mod fault;
mod http;
pub mod operation;
pub mod paint;
pub mod picture;
pub mod retouch;
pub mod scene;
pub mod service;
mod state;
pub mod text;
pub mod vision;

pub use http::router;
pub use state::{Commission, Emulator};
