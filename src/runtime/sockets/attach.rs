//! A new listener: let in, given what it missed, and from then on what happens.
//!
//! Nothing here waits between the look at the log and the seat at the table, so that no event falls in between.

use std::rc::Rc;

use picasso_actors::actor;
use picasso_actors::entropy::Entropy;
use picasso_actors::protocol::{Envelope, Message, Reply, Sender};
use picasso_actors::session::frame::Frame;
use picasso_actors::session::opening::Opening;
use picasso_actors::session::resume::Page;
use picasso_actors::session::{self, sockets};
use picasso_actors::sql::Fault;
use worker::worker_sys::WebSocketRequestResponsePair;
use worker::{Error, Request, Response, Result, WebSocket, WebSocketPair};

use super::{count, events, page, prune};
use crate::runtime::alarm;
use crate::runtime::object::Object;
use crate::runtime::platform::{Random, now_ms};

/// Events read at a time, and sent at a time to who takes them so.
const PAGE: u32 = 500;

/// Opens a listener: a `WebSocket` when asked for one, else server-sent events. 429 when there's no room, 403 for a ticket that
/// doesn't count.
///
/// # Errors
/// When a turn fails or the platform refuses something.
pub async fn open(object: &Rc<Object>, request: &Request) -> Result<Response> {
    let url = request.url()?;
    let pairs: Vec<(String, String)> =
        url.query_pairs().map(|(key, value)| (key.into_owned(), value.into_owned())).collect();
    let opening = Opening::read(&pairs, None).map_err(|invalid| Error::from(invalid.to_string()))?;
    prune(object, now_ms());
    if !sockets::has_room(count(object)) {
        return Response::error("no room", 429);
    }
    if let Some((_, ticket)) = pairs.into_iter().find(|(key, _)| key == "ticket") {
        let admit = Message::Session(session::Message::Admit { ticket });
        if !matches!(ask(object, admit)?, Reply::Done) {
            return Response::error("ticket refused", 403);
        }
    }
    let response = if request.headers().has("upgrade")? {
        socket(object, &opening)?
    } else {
        let (response, seat) = events::open(object, opening.cursor())?;
        object.listeners.readers.borrow_mut().push(seat);
        response
    };
    alarm::follow_up(object).await?;
    Ok(response)
}

fn socket(object: &Object, opening: &Opening) -> Result<Response> {
    let pair = WebSocketPair::new()?;
    let ping = WebSocketRequestResponsePair::new(sockets::PING, sockets::PONG)?;
    object.state.set_websocket_auto_response(&ping);
    object.state.accept_web_socket(&pair.server);
    let mut cursor = opening.cursor();
    while !cursor.is_caught_up() {
        let page = page(object, &mut cursor, PAGE).map_err(failed)?;
        // One that can't be reached is found out by the next event.
        if send(&pair.server, page, opening.batch).is_err() {
            break;
        }
    }
    Response::from_websocket(pair.client)
}

fn send(socket: &WebSocket, page: Page, batch: bool) -> Result<()> {
    if !batch {
        return page.into_frames().try_for_each(|frame| socket.send_with_str(&frame.text));
    }
    if let Some(frame) = page.resync {
        socket.send_with_str(&frame.text)?;
    }
    if !page.events.is_empty() {
        let texts: Vec<&str> = page.events.iter().map(|frame: &Frame| frame.text.as_str()).collect();
        socket.send_with_str(format!("[{}]", texts.join(",")))?;
    }
    page.caught_up.map_or(Ok(()), |frame| socket.send_with_str(&frame.text))
}

/// A message from the object to itself.
fn ask(object: &Object, message: Message) -> Result<Reply> {
    let to = object.me().map_err(failed)?.clone();
    let from = Sender::Edge { id: Random.id(22), fingerprint: None };
    let envelope = Envelope { from, to, message };
    let delivered = object.turn(|turn| actor::deliver(turn, envelope));
    let (reply, _) = delivered.inspect_err(|fault| object.log(fault)).map_err(failed)?;
    Ok(serde_json::from_str(&reply)?)
}

/// What it was is in the log.
fn failed(_: Fault) -> Error {
    Error::from("turn failed")
}
