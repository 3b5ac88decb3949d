//! The live stream: a ticket for browsers, which can't send a key with a WebSocket, and the socket itself, which the
//! session's object accepts.

use picasso_actors::address::ActorName;
use picasso_actors::ids::SessionId;
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

/// `GET /api/stream/:sessionId?since=&ticket=`
pub async fn open(request: Request, env: &Env, id: SessionId) -> Result<Response, Problem> {
    let upgrade = request.headers().get("upgrade")?.unwrap_or_default();
    if !upgrade.eq_ignore_ascii_case("websocket") {
        return Err(Problem::upgrade());
    }
    let query = reply::query(&request)?;
    let since = match query.iter().find(|(key, _)| key == "since") {
        None => 0,
        Some((_, text)) => text
            .parse::<u32>()
            .map_err(|_| Problem::field(400, "since", "must be the seq of the last event seen, from 0"))?,
    };
    let ticket = if request.headers().has("x-api-key")? { None } else { ticket(&request) };
    let to = ActorName::Session(id);
    let mut address =
        url::Url::parse(&mailbox::address(&to)).map_err(|error| Problem::internal(&error.to_string()))?;
    address.query_pairs_mut().append_pair("since", &since.to_string());
    if let Some(ticket) = ticket {
        address.query_pairs_mut().append_pair("ticket", &ticket);
    }
    let headers = worker::Headers::new();
    headers.set("upgrade", "websocket")?;
    let mut init = worker::RequestInit::new();
    init.with_headers(headers);
    let inner = Request::new_with_init(address.as_str(), &init)?;
    let stub = env::actors(env)?.get_by_name(&to.to_string())?;
    let response = stub.fetch_with_request(inner).await?;
    match response.status_code() {
        101 => Ok(response),
        403 => Err(Problem::forbidden("the ticket is unknown, used or older than 60 s")),
        status => Err(Problem::internal(&format!("the session answered {status}"))),
    }
}

fn ticket(request: &Request) -> Option<String> {
    let url = request.url().ok()?;
    url.query_pairs().find(|(key, _)| key == "ticket").map(|(_, value)| value.into_owned())
}
