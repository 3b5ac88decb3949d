//! Requests to others that end when nobody waits for them any more.

use worker::{AbortController, Fetch, Request, Response};

/// Aborts the request that was sent with it when it's dropped.
pub struct Aborting(Option<AbortController>);

impl Default for Aborting {
    fn default() -> Self {
        Self(Some(AbortController::default()))
    }
}

impl Aborting {
    /// Sends the request.
    ///
    /// # Errors
    /// When nobody answers.
    pub async fn send(&self, request: Request) -> worker::Result<Response> {
        match self.0.as_ref().map(AbortController::signal) {
            Some(signal) => Fetch::Request(request).send_with_signal(&signal).await,
            None => Fetch::Request(request).send().await,
        }
    }
}

impl Drop for Aborting {
    fn drop(&mut self) {
        if let Some(controller) = self.0.take() {
            controller.abort();
        }
    }
}
