//! `PicassoDurableObject`: one class, four kinds of actor. There is one algorithm here, the same for all of them: take a
//! message in, in one transaction; arm the alarm; reply; then act.
//!
//! In memory it keeps nothing that matters: who it is, what the alarm is set to, and whether somebody is sending. All of it
//! can be lost at any time.

#![allow(missing_docs, reason = "the attribute on the class makes public methods without any")]

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use futures::channel::mpsc;
use picasso_actors::actor;
use picasso_actors::address::ActorName;
use picasso_actors::effect::{Effect, Work};
use picasso_actors::entropy::Entropy;
use picasso_actors::protocol::{Envelope, Message, Reply, Sender};
use picasso_actors::session;
use picasso_actors::sql::Fault;
use picasso_actors::turn::Turn;
use picasso_actors::{outbox, schema};
use worker::{
    DurableObject, Env, Error, Method, Request, Response, Result, State, WebSocket, WebSocketIncomingMessage,
    WebSocketPair, durable_object, wasm_bindgen,
};

use crate::logging;
use crate::runtime::platform::{Random, now_ms};
use crate::runtime::{alarm, commit, sockets};

/// The one Durable Object class.
#[durable_object]
pub struct PicassoDurableObject {
    object: Rc<Object>,
}

/// What the object's handlers and the work they start share.
pub struct Object {
    pub(crate) state: State,
    pub(crate) env: Env,
    /// Names this life of the object: see `actor::wake`.
    pub(crate) holder: String,
    /// What the alarm is set to, as far as this life knows.
    pub(crate) armed: Cell<Option<i64>>,
    /// Wakes the alarm handler, while it's at work.
    pub(crate) driver: RefCell<Option<mpsc::UnboundedSender<()>>>,
    /// Somebody is emptying the outbox.
    pub(crate) sending: Cell<bool>,
    me: Option<ActorName>,
    open: Cell<bool>,
}

impl DurableObject for PicassoDurableObject {
    fn new(state: State, env: Env) -> Self {
        logging::init();
        let me = state.id().name().and_then(|name| ActorName::parse(&name).ok());
        let object = Object {
            state,
            env,
            holder: Random.id(8),
            armed: Cell::new(None),
            driver: RefCell::new(None),
            sending: Cell::new(false),
            me,
            open: Cell::new(false),
        };
        Self { object: Rc::new(object) }
    }

    async fn fetch(&self, mut request: Request) -> Result<Response> {
        if request.headers().get("upgrade")?.is_some_and(|value| value.eq_ignore_ascii_case("websocket")) {
            return self.object.attach(&request).await;
        }
        if request.method() != Method::Post {
            return Response::error("POST envelopes", 405);
        }
        let Ok(envelopes) = serde_json::from_str::<Vec<Envelope>>(&request.text().await?) else {
            return Response::error("not envelopes", 400);
        };
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
        alarm::follow_up(&self.object).await?;
        Response::ok(format!("[{}]", replies.join(",")))
    }

    async fn alarm(&self) -> Result<Response> {
        alarm::drive(&self.object).await?;
        Response::empty()
    }

    async fn websocket_message(&self, socket: WebSocket, message: WebSocketIncomingMessage) -> Result<()> {
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

impl Object {
    /// Who this object is.
    ///
    /// # Errors
    /// [`Fault::Corrupt`] for an object that wasn't made by a name of ours.
    pub fn me(&self) -> Result<&ActorName, Fault> {
        self.me.as_ref().ok_or_else(|| Fault::corrupt("object", "its name isn't an actor's"))
    }

    /// Runs one turn in one transaction. Frames go out before it returns; work is returned.
    ///
    /// # Errors
    /// [`Fault`]; nothing has changed then.
    pub fn turn<T>(
        &self,
        body: impl FnOnce(&mut Turn<'_>) -> std::result::Result<T, Fault>,
    ) -> std::result::Result<(T, Vec<Work>), Fault> {
        let me = self.me()?;
        let (value, effects) = commit::commit(&self.state.storage(), |sql| {
            if !self.open.get() {
                schema::open(sql, me.kind())?;
            }
            let mut entropy = Random;
            let mut turn = Turn::new(sql, me, now_ms(), &mut entropy);
            let value = body(&mut turn)?;
            Ok((value, turn.effects))
        })?;
        self.open.set(true);
        let mut works = Vec::new();
        for effect in effects {
            match effect {
                Effect::Broadcast { frame } => sockets::broadcast(&self.state, &frame),
                Effect::Work(work) => works.push(work),
            }
        }
        Ok((value, works))
    }

    /// The outbox's due batches.
    ///
    /// # Errors
    /// [`Fault`] from the storage.
    pub fn due(&self) -> std::result::Result<Vec<outbox::Batch>, Fault> {
        let (due, _) = self.turn(|turn| outbox::due(turn.sql, turn.me, turn.now))?;
        Ok(due)
    }

    /// Logs a fault where it was born; outside it's opaque.
    pub fn log(&self, fault: &Fault) {
        let actor = self.me.as_ref().map(ToString::to_string).unwrap_or_default();
        tracing::error!(actor, error = %fault, "turn failed");
    }

    /// Opens a socket of the session, and sends what the client missed.
    async fn attach(self: &Rc<Self>, request: &Request) -> Result<Response> {
        let url = request.url()?;
        let query =
            |name: &str| url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
        if let Some(ticket) = query("ticket") {
            let admitted = self.ask(Message::Session(session::Message::Admit { ticket }))?;
            alarm::follow_up(self).await?;
            if !matches!(admitted, Reply::Done) {
                return Response::error("ticket refused", 403);
            }
        }
        let since = query("since").and_then(|since| since.parse().ok()).unwrap_or(0);
        let pair = WebSocketPair::new()?;
        self.state.accept_web_socket(&pair.server);
        // No `await` from here on: the socket is a listener already, and must see what it missed first.
        self.turn(|turn| sockets::replay(turn, &pair.server, since)).map_err(|fault| {
            self.log(&fault);
            Error::from("replay failed")
        })?;
        Response::from_websocket(pair.client)
    }

    /// A message from the object to itself.
    fn ask(&self, message: Message) -> Result<Reply> {
        let fail = |fault: Fault| {
            self.log(&fault);
            Error::from("turn failed")
        };
        let to = self.me().map_err(fail)?.clone();
        let from = Sender::Edge { id: Random.id(22) };
        let (reply, _) =
            self.turn(|turn| actor::deliver(turn, Envelope { from, to, message })).map_err(fail)?;
        Ok(serde_json::from_str(&reply)?)
    }
}
