//! A call for a picture as its provider's breaker gets to know it: asked for leave before, told how it went after. A breaker
//! that can't be reached holds nobody up.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use futures::FutureExt;
use picasso_actors::address::ActorName;
use picasso_actors::breaker::{self, Answer, Message, Permit, Verdict};
use picasso_actors::ids::BreakerId;
use picasso_actors::protocol::{self, Reply};
use picasso_actors::provider::{Failure, Provider};
use worker::Delay;

use crate::runtime::mailbox;
use crate::runtime::object::Object;
use crate::runtime::platform::now_ms;

/// How long the breaker is waited for, in milliseconds.
const ASK_MS: u64 = 2_000;

/// The call of an attempt, if it gets to make one.
pub struct Call {
    object: Rc<Object>,
    permitted: RefCell<Option<Permitted>>,
}

struct Permitted {
    provider: Provider,
    model: String,
    permit: Permit,
}

impl Call {
    /// One that hasn't been made.
    pub fn new(object: &Rc<Object>) -> Self {
        Self { object: Rc::clone(object), permitted: RefCell::default() }
    }

    /// Asks for leave to make it.
    ///
    /// # Errors
    /// `Circuit` while the model is paused.
    pub async fn begin(&self, provider: Provider, model: &str) -> Result<(), Failure> {
        let asked = breaker::Message::Permit { model: model.to_owned() };
        let answer = futures::select_biased! {
            answer = Box::pin(self.ask(provider, asked).fuse()) => answer,
            () = Delay::from(Duration::from_millis(ASK_MS)).fuse() => Err(format!("no answer within {ASK_MS} ms")),
        };
        match answer.and_then(|reply| read(&reply)) {
            Ok(Answer::Go(permit)) => {
                let permitted = Permitted { provider, model: model.to_owned(), permit };
                self.permitted.replace(Some(permitted));
                Ok(())
            }
            Ok(Answer::Wait { until, trouble }) => {
                Err(breaker::paused(provider, model, trouble, until, now_ms()))
            }
            Err(error) => {
                tracing::warn!(provider = provider.as_str(), error, "asked without the breaker's leave");
                Ok(())
            }
        }
    }

    /// Tells how it went, the first time that it's said. Nobody waits for that.
    pub fn end(&self, verdict: Verdict) {
        let (Some(Permitted { provider, model, permit }), Ok(ActorName::Job(job))) =
            (self.permitted.take(), self.object.me())
        else {
            return;
        };
        let told = breaker::Message::Outcome { model, job: job.clone(), permit, verdict };
        let call = Self::new(&self.object);
        self.object.state.wait_until(async move {
            if let Err(error) = call.ask(provider, told).await {
                tracing::warn!(provider = provider.as_str(), error, "the breaker wasn't told");
            }
        });
    }

    async fn ask(&self, provider: Provider, message: Message) -> Result<Reply, String> {
        let to = ActorName::Breaker(BreakerId::of(provider));
        let asked = mailbox::ask(&self.object.env, to, protocol::Message::Breaker(message)).await;
        asked.map_err(|undelivered| format!("{undelivered:?}"))
    }
}

fn read(reply: &Reply) -> Result<Answer, String> {
    match reply {
        Reply::Body(body) => serde_json::from_str(body.get()).map_err(|error| error.to_string()),
        other => Err(format!("{other:?}")),
    }
}
