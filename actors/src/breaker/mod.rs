//! The breaker of a provider: one circuit for each of its models, shared by all jobs. A model that meets almost nothing but
//! trouble isn't asked for a while; then one call finds out whether it's better.
//!
//! It's asked before each call for a picture, and told how the call went. What it knows is health and no truth: a report may
//! get lost, and where it can't be reached the call is made. Absent: the models of words, without which a job goes on.

pub mod circuit;
pub mod message;
pub mod store;

use crate::json;
use crate::protocol::Reply;
use crate::provider::{Failure, FailureClass, Provider};
use crate::sql::Fault;
use crate::turn::Turn;

pub use message::{Answer, Circuits, Gauge, Message, Permit, State, Verdict};

/// Takes one message in.
///
/// # Errors
/// [`Fault`] from the storage.
pub fn handle(turn: &Turn<'_>, message: Message) -> Result<Reply, Fault> {
    match message {
        Message::Permit { model } => {
            let mut circuit = store::circuit(turn.sql, &model)?;
            let answer = circuit.permit(turn.now);
            if matches!(answer, Answer::Go(Permit { probe: true, .. })) {
                store::save(turn.sql, &model, &circuit, turn.now)?;
            }
            Ok(Reply::Body(json::to_raw(&answer)?))
        }
        Message::Outcome { model, job, permit, verdict } => {
            let mut circuit = store::circuit(turn.sql, &model)?;
            let before = circuit.clone();
            if circuit.probed(permit, verdict, turn.now) {
                store::forget(turn.sql, &model)?;
            } else if circuit.counts(permit) && verdict != Verdict::Unclear {
                store::note(turn.sql, &model, &job, verdict != Verdict::Served, turn.now)?;
                if let Verdict::Trouble(trouble) = verdict
                    && store::recent(turn.sql, &model, turn.now)?.is_bad()
                {
                    circuit.open(trouble, turn.now);
                }
            }
            if circuit != before {
                store::save(turn.sql, &model, &circuit, turn.now)?;
            }
            Ok(Reply::Done)
        }
        Message::Circuits => Ok(Reply::Body(json::to_raw(&store::circuits(turn.sql, turn.now)?)?)),
    }
}

/// Why a model isn't asked at `now`, and when it may be.
pub fn paused(provider: Provider, model: &str, trouble: FailureClass, until: i64, now: i64) -> Failure {
    let why = format!("{provider}/{model} is paused after repeated trouble: {}", trouble.as_str());
    Failure::new(FailureClass::Circuit, why).retry_after(u64::try_from(until - now).ok())
}
