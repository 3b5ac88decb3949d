//! The routes. Each provider's folder owns its wire shapes; what is common to all is how a call goes
//! ([`conduct`]), what faults do to it ([`faults`]) and what bodies look like ([`wire`]).

mod conduct;
mod control;
mod faults;
mod gemini;
mod openai;
mod origin;
mod sizes;
mod wire;
mod workers;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use serde_json::Value;

use crate::state::Emulator;

/// Bytes of a request's body; a 20 MB picture in base64 fits.
const MAX_BODY: usize = 32 << 20;

/// Everything that the emulator serves.
pub fn router(emulator: Emulator) -> Router {
    Router::new()
        .merge(openai::routes())
        .merge(gemini::routes())
        .merge(workers::routes())
        .merge(control::routes())
        .merge(origin::routes(&emulator))
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .with_state(emulator)
}

/// An answer before it is a response: status and JSON.
type Answer = (StatusCode, Value);

fn base64(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

/// The bytes behind base64 text; `None` when it is none.
fn from_base64(text: &str) -> Option<Vec<u8>> {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.decode(text).ok()
}

/// The bytes of `data:image/…;base64,…`; `None` for anything else.
fn from_data_url(url: &str) -> Option<Vec<u8>> {
    let (_, data) = url.strip_prefix("data:image/")?.split_once(";base64,")?;
    from_base64(data)
}

/// Roughly how many tokens a text is.
fn tokens(text: &str) -> u64 {
    u64::try_from(text.len().div_ceil(4)).unwrap_or(u64::MAX)
}
