//! `PicassoDurableObject`: one class, all kinds of actor. There is one algorithm here, the same for all of them: take a
//! message in, in one transaction; arm the alarm; reply; then act.

#![allow(missing_docs, reason = "the attribute on the class makes public methods without any")]

use std::rc::Rc;

use picasso_actors::actor;
use picasso_actors::protocol::Envelope;
use worker::{
    DurableObject, Env, Error, Method, Request, Response, Result, State, WebSocket, WebSocketIncomingMessage,
    durable_object, wasm_bindgen,
};

use crate::logging;
use crate::runtime::alarm;
use crate::runtime::object::Object;
use crate::runtime::sockets::{self, attach};

/// The one Durable Object class.
#[durable_object]
pub struct PicassoDurableObject {
    object: Rc<Object>,
}

impl DurableObject for PicassoDurableObject {
    fn new(state: State, env: Env) -> Self {
        logging::init();
        Self { object: Rc::new(Object::new(state, env)) }
    }

    async fn fetch(&self, mut request: Request) -> Result<Response> {
        match request.method() {
            Method::Get => return attach::open(&self.object, &request).await,
            Method::Post => {}
            _ => return Response::error("GET the stream or POST envelopes", 405),
        }
        let Ok(envelopes) = serde_json::from_str::<Vec<Envelope>>(&request.text().await?) else {
            return Response::error("not envelopes", 400);
        };
        #[cfg(feature = "trap-tests")]
        crate::trap::spring("object", &self.object.name()).await;
        let mut replies: Vec<String> = Vec::with_capacity(envelopes.len());
        for envelope in envelopes {
            match self.object.turn(|turn| actor::deliver(turn, envelope)) {
                Ok((reply, _)) => replies.push(reply),
                // Its sender tries again, and what comes after it must wait its turn.
                Err(fault) => {
                    self.object.log(&fault);
                    break;
                }
            }
        }
        #[cfg(feature = "trap-tests")]
        crate::trap::spring("committed", &self.object.name()).await;
        alarm::follow_up(&self.object).await?;
        Response::ok(format!("[{}]", replies.join(",")))
    }

    async fn alarm(&self) -> Result<Response> {
        #[cfg(feature = "trap-tests")]
        crate::trap::spring("alarm", &self.object.name()).await;
        alarm::drive(&self.object).await?;
        Response::empty()
    }

    async fn websocket_message(&self, socket: WebSocket, message: WebSocketIncomingMessage) -> Result<()> {
        #[cfg(feature = "trap-tests")]
        crate::trap::spring("socket", &self.object.name()).await;
        let length = match &message {
            WebSocketIncomingMessage::String(text) => text.len(),
            WebSocketIncomingMessage::Binary(bytes) => bytes.len(),
        };
        sockets::receive(&socket, length);
        Ok(())
    }

    async fn websocket_close(
        &self,
        socket: WebSocket,
        code: usize,
        _reason: String,
        _clean: bool,
    ) -> Result<()> {
        // At this compatibility date the platform doesn't answer a close by itself. 1005 and 1006 say that there was no
        // code, and may not be sent.
        let code = u16::try_from(code).ok().filter(|code| !(1004..=1006).contains(code)).unwrap_or(1000);
        let _ = socket.close(Some(code), Some(""));
        Ok(())
    }

    async fn websocket_error(&self, _socket: WebSocket, _error: Error) -> Result<()> {
        Ok(())
    }
}
