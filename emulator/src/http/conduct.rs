//! How a picture call goes, whoever is asked: it's written down, meets its fault or is painted, and is answered.

use std::sync::Arc;
use std::time::Duration;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::faults::{self, Dialect};
use super::wire::Delivery;
use crate::call::{Ask, Open};
use crate::encode::{Format, encode, encode_transparent};
use crate::fault::{Fault, Target};
use crate::operation::Material;
use crate::retouch::{cut_out, retouch, unfinished};
use crate::service::Provider;
use crate::state::{Commission, Emulator};

/// What `wrong_bytes` delivers instead of a picture: valid base64, plainly no image.
const WRONG_BYTES: &[u8] = b"This is no image. The emulator was asked to send wrong bytes.";

/// What a call wants, in terms that all providers share.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// The model's id.
    pub model: String,
    /// The whole prompt.
    pub prompt: String,
    /// Where the request went; a redirect may lead there again.
    pub path: String,
    /// Pixels.
    pub size: (u32, u32),
    /// Which of the many pictures.
    pub seed: Option<u64>,
    /// Pictures.
    pub count: u32,
    /// Of the files.
    pub format: Format,
    /// Of JPEG files, 1 to 100.
    pub quality: u8,
    /// Unfinished pictures before each picture.
    pub partials: u32,
    /// What came along.
    pub material: Arc<Material>,
    /// For the log.
    pub ask: Ask,
}

/// A file, and what it looked like before it was finished.
#[derive(Clone, Debug)]
pub struct Painted {
    /// The file.
    pub bytes: Vec<u8>,
    /// Files of the same kind, the roughest first.
    pub partials: Vec<Vec<u8>>,
}

/// One provider's picture call, read and checked.
pub trait Call: Send + Sync + 'static {
    /// Who paints.
    const PROVIDER: Provider;
    /// How it says what goes wrong.
    fn dialect(&self) -> &'static (dyn Dialect + Sync);
    /// What is wanted.
    fn wanted(&self) -> &Wanted;
    /// Puts the pictures into the provider's answer. `thinks`: thoughts first, where the provider has any.
    fn deliver(&self, number: u64, pictures: &[Painted], thinks: bool) -> Delivery;
}

/// Answers a call.
pub async fn conduct<C: Call>(emulator: &Emulator, call: C) -> Response {
    let Wanted { model, prompt, ask, .. } = call.wanted();
    let service = C::PROVIDER.into();
    let fault = emulator.rules().take(Target { service, model, prompt, task: ask.task });
    let open = emulator.log().open(service, model, prompt, ask.clone());
    let billed_anyway = matches!(fault, Some(Fault::LateSuccess { .. }));
    let work = finish(emulator.clone(), call, fault, open);
    if billed_anyway {
        // A task of its own goes on when the client leaves, as the provider would.
        let done = tokio::spawn(work).await;
        return done
            .unwrap_or_else(|error| (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response());
    }
    work.await
}

async fn finish<C: Call>(emulator: Emulator, call: C, fault: Option<Fault>, open: Open) -> Response {
    let wanted = call.wanted();
    let outcome = fault.as_ref().map_or("ok", Fault::kind);
    let dialect = call.dialect();
    let asked = faults::Asked { model: &wanted.model, path: &wanted.path, streamed: wanted.ask.streamed };
    if let Some(response) = faults::replaced(fault.as_ref(), dialect, asked).await {
        open.close(outcome, Some(response.status().as_u16()));
        return response;
    }
    let thinks = fault == Some(Fault::Thoughts);
    let subject = wanted.material.operation.subject(&wanted.prompt);
    let mut pictures = Vec::new();
    let mut slow_ms = 0;
    for _ in 0..wanted.count {
        let commission = emulator.commission(C::PROVIDER, subject, wanted.seed, wanted.size);
        slow_ms = commission.slow_ms;
        if !wanted.ask.streamed {
            tokio::time::sleep(Duration::from_millis(slow_ms)).await;
        }
        match painted(commission, wanted, fault.as_ref()).await {
            Ok(picture) => pictures.push(picture),
            Err(complaint) => {
                open.close("failed", Some(500));
                let status = StatusCode::INTERNAL_SERVER_ERROR;
                let body = dialect.failed(&complaint);
                return (status, axum::Json(body)).into_response();
            }
        }
    }
    let delivery = call.deliver(emulator.request_number(), &pictures, thinks);
    faults::delivered(fault.as_ref(), dialect, delivery, slow_ms, open).await
}

/// Paints and encodes off the async threads.
async fn painted(commission: Commission, wanted: &Wanted, fault: Option<&Fault>) -> Result<Painted, String> {
    let partials = wanted.partials.max(u32::from(fault == Some(&Fault::Thoughts)));
    if fault == Some(&Fault::WrongBytes) {
        let partials = (0..partials).map(|_| WRONG_BYTES.to_vec()).collect();
        return Ok(Painted { bytes: WRONG_BYTES.to_vec(), partials });
    }
    let (material, format, quality) = (wanted.material.clone(), wanted.format, wanted.quality);
    let order = commission.order;
    let work = move || {
        let quality =
            order.twin.map_or(quality, |nth| quality.saturating_sub(u8::try_from(nth % 5).unwrap_or(0)));
        let picture = retouch(&order, &material);
        let file = |picture: &image::RgbImage| {
            let file = if material.cut_out {
                encode_transparent(&cut_out(picture), format)
            } else {
                encode(picture, format, quality)
            };
            file.map_err(|error| error.to_string())
        };
        let rough = (0..partials).map(|step| file(&unfinished(&picture, step, partials)));
        Ok(Painted { partials: rough.collect::<Result<_, String>>()?, bytes: file(&picture)? })
    };
    tokio::task::spawn_blocking(work).await.map_err(|error| error.to_string())?
}

/// The parameters that the log shows as they were sent: everything but the named ones.
pub fn parameters(
    fields: &serde_json::Map<String, serde_json::Value>,
    without: &[&str],
) -> serde_json::Map<String, serde_json::Value> {
    fields
        .iter()
        .filter(|(name, _)| !without.contains(&name.as_str()))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}
