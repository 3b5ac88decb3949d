//! The Worker.
use worker::{wasm_bindgen, Context, Env, Request, Response, Result, event};

/// Entry point of every HTTP request.
#[event(fetch)]
async fn fetch(_request: Request, _env: Env, _context: Context) -> Result<Response> {
    Response::ok("picasso")
}

/// The one Durable Object class: four kinds of actor, told apart by name prefix.
#[worker::durable_object]
pub struct PicassoDurableObject {}

impl worker::DurableObject for PicassoDurableObject {
    fn new(_state: worker::State, _env: Env) -> Self {
        Self {}
    }

    async fn fetch(&self, _request: Request) -> Result<Response> {
        Response::ok("actor")
    }
}
