//! The Worker: the shell around the pure core in `picasso-actors`. It acts; it decides nothing about the business.
//!
//! - [`http`] turns requests into messages to actors, and their replies into responses;
//! - [`durable_object`] is the one class that plays all the actors; [`runtime`] is what it runs on;
//! - [`ingest`] takes pictures in from outside;
//! - [`providers`] speaks the providers' wire formats, purely; [`bindings`] are the platform's services;
//! - [`queue`] writes what nobody waits for.

pub mod bindings;
pub mod durable_object;
pub mod env;
pub mod http;
pub mod ingest;
pub mod logging;
pub mod providers;
pub mod queue;
pub mod runtime;
#[cfg(feature = "trap-tests")]
mod trap;

use worker::{Context, Env, Request, Response, Result, event};

/// Every HTTP request from outside.
///
/// # Errors
/// None: what goes wrong is a problem document.
#[event(fetch)]
async fn fetch(request: Request, env: Env, context: Context) -> Result<Response> {
    logging::init();
    #[cfg(feature = "trap-tests")]
    if let Some(armed) = trap::arm(&request) {
        return armed;
    }
    #[cfg(feature = "trap-tests")]
    trap::spring("fetch", &request.path()).await;
    http::serve(request, env, context).await
}
