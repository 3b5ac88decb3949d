//! `PicassoDurableObject`: one class, four kinds of actor. There is one algorithm here, the same for all of them: take a
//! message in, in one transaction; arm the alarm; reply; then act.

#![allow(missing_docs, reason = "the attribute on the class makes public methods without any")]

use std::rc::Rc;

use picasso_actors::actor;
use picasso_actors::entropy::Entropy;
use picasso_actors::protocol::{Envelope, Message, Reply, Sender};
use picasso_actors::session;
use picasso_actors::sql::Fault;
use worker::{
    DurableObject, Env, Error, Method, Request, Response, Result, State, WebSocket, WebSocketIncomingMessage,
    WebSocketPair, durable_object, wasm_bindgen,
};

use crate::logging;
use crate::runtime::object::Object;
use crate::runtime::platform::Random;
use crate::runtime::{alarm, sockets};

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
        if request.headers().get("upgrade")?.is_some_and(|value| value.eq_ignore_ascii_case("websocket")) {
            return attach(&self.object, &request).await;
        }
        if request.method() != Method::Post {
            return Response::error("POST envelopes", 405);
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
        if length > sockets::INBOUND_MAX {
            socket.close(Some(1009), Some("send at most 4096 bytes"))?;
        }
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

/// Opens a socket of the session, and sends what the client missed.
async fn attach(object: &Rc<Object>, request: &Request) -> Result<Response> {
    let url = request.url()?;
    let query =
        |name: &str| url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
    if let Some(ticket) = query("ticket") {
        let admitted = ask(object, Message::Session(session::Message::Admit { ticket }))?;
        alarm::follow_up(object).await?;
        if !matches!(admitted, Reply::Done) {
            return Response::error("ticket refused", 403);
        }
    }
    let since = query("since").and_then(|since| since.parse().ok()).unwrap_or(0);
    let pair = WebSocketPair::new()?;
    object.state.accept_web_socket(&pair.server);
    // No `await` from here on: the socket is a listener already, and must see what it missed first.
    object.turn(|turn| sockets::replay(turn, &pair.server, since)).map_err(|fault| {
        object.log(&fault);
        Error::from("replay failed")
    })?;
    Response::from_websocket(pair.client)
}

/// A message from the object to itself.
fn ask(object: &Object, message: Message) -> Result<Reply> {
    let fail = |fault: Fault| {
        object.log(&fault);
        Error::from("turn failed")
    };
    let to = object.me().map_err(fail)?.clone();
    let from = Sender::Edge { id: Random.id(22) };
    let (reply, _) =
        object.turn(|turn| actor::deliver(turn, Envelope { from, to, message })).map_err(fail)?;
    Ok(serde_json::from_str(&reply)?)
}
