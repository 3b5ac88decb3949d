//! The live stream: a ticket for browsers, which can't send a key with it, and the stream itself, which the session's object
//! opens.

use picasso_actors::address::ActorName;
use picasso_actors::ids::SessionId;
use picasso_actors::session::opening::Opening;
use picasso_actors::session::sockets;
use picasso_actors::{protocol, session};
use worker::{Env, Request, Response};

use super::idempotency::Asking;
use super::problem::Problem;
use super::{body, reply};
use crate::env;
use crate::runtime::mailbox;

/// `POST /api/stream/:sessionId/ticket`
pub async fn mint_ticket(mut request: Request, env: &Env, id: SessionId) -> Result<Response, Problem> {
    let body = body::read(&mut request).await?;
    let asking = Asking::of(&request, &body)?;
    let message = protocol::Message::Session(session::Message::MintTicket);
    asking.ask(env, ActorName::Session(id), message).await?.response(201)
}

/// Whether a request to the stream brings a ticket instead of a key: the session checks it.
pub fn has_ticket(request: &Request, path: &str) -> bool {
    path.strip_prefix("/api/stream/").is_some_and(|rest| !rest.contains('/'))
        && ticket(request).is_some()
        && !request.headers().has("x-api-key").unwrap_or(false)
}

/// `GET /api/stream/:sessionId?since=&epoch=&batch=&ticket=`: a WebSocket, or server-sent events for who accepts these.
pub async fn open(request: Request, env: &Env, id: SessionId) -> Result<Response, Problem> {
    let header = |name: &str| request.headers().get(name).map(Option::unwrap_or_default);
    let is_socket = header("upgrade")?.eq_ignore_ascii_case("websocket");
    if !is_socket && !takes_events(&header("accept")?) {
        return Err(Problem::upgrade());
    }
    let origin = request.headers().get("origin")?;
    let others = env::var(env, "ALLOWED_ORIGINS").unwrap_or_default();
    if !sockets::allows_origin(origin.as_deref(), &request.url()?.origin().ascii_serialization(), &others) {
        return Err(Problem::forbidden("pages of this origin may not listen"));
    }
    let opening = Opening::read(&reply::query(&request)?, request.headers().get("last-event-id")?.as_deref())
        .map_err(|invalid| Problem::field(400, &invalid.field, &invalid.reason))?;
    let ticket = if request.headers().has("x-api-key")? { None } else { ticket(&request) };
    let response = attach(env, id, is_socket, &opening, ticket).await?;
    match response.status_code() {
        101 | 200 => Ok(response),
        403 => Err(Problem::forbidden("the ticket is unknown, used or older than 60 s")),
        429 => Err(Problem::no_room()),
        status => Err(Problem::internal(&format!("the session answered {status}"))),
    }
}

/// The same request, to the session's object.
async fn attach(
    env: &Env,
    id: SessionId,
    is_socket: bool,
    opening: &Opening,
    ticket: Option<String>,
) -> Result<Response, Problem> {
    let to = ActorName::Session(id);
    let mut address =
        url::Url::parse(&mailbox::address(&to)).map_err(|error| Problem::internal(&error.to_string()))?;
    let mut pairs = address.query_pairs_mut();
    pairs.append_pair("since", &opening.since.to_string());
    pairs.append_pair("epoch", opening.epoch.as_deref().unwrap_or_default());
    pairs.append_pair("batch", if opening.batch { "1" } else { "0" });
    if let Some(ticket) = ticket {
        pairs.append_pair("ticket", &ticket);
    }
    drop(pairs);
    let headers = worker::Headers::new();
    if is_socket {
        headers.set("upgrade", "websocket")?;
    }
    let mut init = worker::RequestInit::new();
    init.with_headers(headers);
    let inner = Request::new_with_init(address.as_str(), &init)?;
    Ok(env::actors(env)?.get_by_name(&to.to_string())?.fetch_with_request(inner).await?)
}

/// Whether an `Accept` header names server-sent events; `*/*` doesn't.
fn takes_events(accept: &str) -> bool {
    let types = accept.split(',').filter_map(|part| part.split(';').next());
    types.into_iter().any(|media_type| media_type.trim().eq_ignore_ascii_case("text/event-stream"))
}

fn ticket(request: &Request) -> Option<String> {
    let url = request.url().ok()?;
    url.query_pairs().find(|(key, _)| key == "ticket").map(|(_, value)| value.into_owned())
}

#[cfg(test)]
mod tests {
    use super::takes_events;

    #[test]
    fn only_who_says_so_gets_server_sent_events() {
        for accept in ["text/event-stream", "text/html, Text/Event-Stream;q=0.5"] {
            assert!(takes_events(accept), "{accept}");
        }
        for accept in ["", "*/*", "text/*", "application/json", "text/event-streams"] {
            assert!(!takes_events(accept), "{accept}");
        }
    }
}
