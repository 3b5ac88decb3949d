//! What operators ask and have done: questions across projects, answered from the read model; filling it again; sending
//! once more what was parked.

use futures::future::join_all;
use picasso_actors::address::ActorName;
use picasso_actors::directory;
use picasso_actors::ids::DirectoryId;
use picasso_actors::protocol::{Message, Reply};
use picasso_actors::read_model::Query;
use picasso_actors::read_model::admin::{self, List};
use picasso_actors::{request as requests, upkeep};
use serde_json::json;
use worker::{Env, Request, Response};

use super::problem::Problem;
use super::{body, reply};
use crate::bindings::d1;
use crate::queue;
use crate::runtime::mailbox;
use crate::runtime::perform::{self, models};
use crate::runtime::platform::now_ms;

/// `GET /api/admin/<list>`
pub async fn list(request: &Request, env: &Env, list: List) -> Result<Response, Problem> {
    let query = admin::query(list, &reply::query(request)?, now_ms())?;
    reply::json(200, &read(env, &query).await?)
}

/// `POST /api/admin/rebuild`: has everything that exists say its rows again. Whom only D1 knew is entered first, so that the
/// directories tell those too.
pub async fn rebuild(env: &Env) -> Result<Response, Problem> {
    let mut after = String::new();
    loop {
        let names: Vec<String> = serde_json::from_str(&read(env, &admin::names(&after)).await?)?;
        ask_all(env, directory::entries(&names)).await?;
        match names.into_iter().next_back() {
            Some(last) => after = last,
            None => break,
        }
    }
    ask_all(env, directories(&Message::Upkeep(upkeep::Message::Resend))).await?;
    progress(env, 202).await
}

/// `GET /api/admin/rebuild`
pub async fn rebuild_progress(env: &Env) -> Result<Response, Problem> {
    progress(env, 200).await
}

/// `POST /api/admin/outbox/requeue`
pub async fn requeue_item(mut request: Request, env: &Env) -> Result<Response, Problem> {
    let (actor, seq) = requests::parked_item(&body::read(&mut request).await?)?;
    let requeued = reply::ask(env, actor, Message::Upkeep(upkeep::Message::Requeue { seq })).await?;
    reply::json(200, requeued.get())
}

/// `POST /api/admin/queue/:id/requeue`: the message is sent before its row is deleted, so it may come twice, and is never
/// lost.
pub async fn requeue_message(env: &Env, id: &str) -> Result<Response, Problem> {
    let found: (Option<String>,) = serde_json::from_str(&read(env, &admin::dead_message(id)).await?)?;
    let Some(body) = found.0 else { return Err(Problem::not_found("no such dead message")) };
    queue::send_text(env, &body, 0).await?;
    d1::run(env, vec![(admin::FORGET_MESSAGE.to_owned(), vec![id.into()])])
        .await
        .map_err(|error| Problem::read_model_away(&error))?;
    reply::json(200, &json!({ "id": id }).to_string())
}

/// `POST /api/admin/vision/agree` `{"agree": true}`: accepts the licence of the vision model for the whole account.
pub async fn agree(mut request: Request, env: &Env) -> Result<Response, Problem> {
    requests::agreement(&body::read(&mut request).await?)?;
    let model = perform::config(env).workers.vision_model;
    let refused = models::agree(env).await.err();
    let reason = refused.map(|failure| failure.message);
    reply::json(200, &json!({ "model": model, "agreed": reason.is_none(), "reason": reason }).to_string())
}

async fn read(env: &Env, query: &Query) -> Result<String, Problem> {
    d1::read(env, query).await.map_err(|error| Problem::read_model_away(&error))
}

/// How far each directory is.
async fn progress(env: &Env, status: u16) -> Result<Response, Problem> {
    let asked = directories(&Message::Directory(directory::Message::Progress));
    let mut shown = Vec::new();
    for reply in ask_all(env, asked).await? {
        shown.push(reply::body(reply)?.get().to_owned());
    }
    reply::json(status, &format!(r#"{{"directories":[{}],"now":{}}}"#, shown.join(","), now_ms()))
}

/// The same message to every directory.
fn directories(message: &Message) -> Vec<(ActorName, Message)> {
    DirectoryId::all().map(|id| (ActorName::Directory(id), message.clone())).collect()
}

/// Asks many directories at once. They refuse nothing: a message for another kind of actor would be a defect.
async fn ask_all(env: &Env, asks: Vec<(ActorName, Message)>) -> Result<Vec<Reply>, Problem> {
    let replies = join_all(asks.into_iter().map(|(to, message)| mailbox::ask(env, to, message))).await;
    Ok(replies.into_iter().collect::<Result<_, _>>()?)
}
