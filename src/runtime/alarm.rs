//! What happens after a turn. The outbox is emptied right away; the alarm guards that, and drives all work.
//!
//! Work runs inside the alarm handler and nowhere else: an object whose only activity is an open request of its own counts
//! as idle after a minute or two, and a provider takes longer than that, while an alarm handler may take 15 minutes. The
//! handler loops (hand out what can be done, wait for any of it, take its result in) until nothing is left, and returns
//! well before its time is over. It records its own trouble and never throws for an expected failure: after six throws
//! the platform would give up on it.

use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::time::Duration;

use futures::FutureExt;
use futures::StreamExt;
use futures::channel::mpsc;
use futures::future::join_all;
use futures::stream::FuturesUnordered;
use picasso_actors::outbox::{self, Batch, Load};
use picasso_actors::protocol::{Reply, Sender};
use picasso_actors::turn;
use worker::{Delay, Result};

use crate::bindings::d1;
use crate::durable_object::Object;
use crate::runtime::platform::now_ms;
use crate::runtime::{mailbox, perform};

/// New work is taken on for this long: the platform ends an alarm handler after 15 minutes, and a step may take 10.
const TAKE_ON_MS: i64 = 4 * 60 * 1000;
/// How long the handler waits, at most, before it looks again.
const LOOK_AGAIN_MS: i64 = 30_000;
/// After a fault, the object is woken again this much later.
const AFTER_FAULT_MS: i64 = 2_000;

type Running<'a> = FuturesUnordered<Pin<Box<dyn Future<Output = ()> + 'a>>>;

/// After a turn outside the alarm handler: has the handler look, or sends what there is to send and arms the alarm.
///
/// # Errors
/// When the alarm can't be set: the turn must not be acknowledged then.
pub async fn follow_up(object: &Rc<Object>) -> Result<()> {
    if wake_driver(object) {
        return Ok(());
    }
    arm(object).await?;
    if !object.sending.get() {
        let sender = Rc::clone(object);
        object.state.wait_until(async move {
            send(&sender).await;
            // A lane that failed is due again sooner than the guard.
            if let Err(error) = arm(&sender).await {
                tracing::error!(error = %error, "the alarm couldn't be set");
            }
        });
    }
    Ok(())
}

/// The alarm handler.
///
/// # Errors
/// When the next alarm can't be set; the platform then runs this one again.
pub async fn drive(object: &Rc<Object>) -> Result<()> {
    object.armed.set(None);
    let (waker, mut wakes) = mpsc::unbounded();
    object.driver.replace(Some(waker));
    let healthy = work_off(object, &mut wakes).await;
    object.driver.replace(None);
    if healthy { arm(object).await } else { set(object, now_ms() + AFTER_FAULT_MS).await }
}

/// Tells the alarm handler to look; `false` when it isn't at work.
pub fn wake_driver(object: &Object) -> bool {
    object.driver.borrow().as_ref().is_some_and(|driver| driver.unbounded_send(()).is_ok())
}

/// Works until nothing is left; `false` when a turn failed.
async fn work_off(object: &Rc<Object>, wakes: &mut mpsc::UnboundedReceiver<()>) -> bool {
    let began = now_ms();
    let mut running: Running<'_> = FuturesUnordered::new();
    loop {
        if now_ms() - began < TAKE_ON_MS {
            match object.turn(|turn| turn::wake(turn, &object.holder)) {
                Ok(((), works)) => {
                    for work in works {
                        running.push(Box::pin(perform::perform(object, work)));
                    }
                }
                Err(fault) => {
                    object.log(&fault);
                    return false;
                }
            }
        }
        if !object.sending.get() && object.due().is_ok_and(|due| !due.is_empty()) {
            running.push(Box::pin(send(object)));
        }
        if running.is_empty() {
            return true;
        }
        let pause = pause(object);
        futures::select_biased! {
            _ = running.next() => {}
            _ = wakes.next() => {}
            () = Delay::from(pause).fuse() => {}
        }
    }
}

/// How long nothing can become due.
fn pause(object: &Object) -> Duration {
    let next = object
        .turn(|turn| turn::next_wake(turn.sql, turn.me.kind()))
        .map_or(None, |(next, _)| next)
        .map_or(LOOK_AGAIN_MS, |at| (at - now_ms()).clamp(10, LOOK_AGAIN_MS));
    Duration::from_millis(u64::try_from(next).unwrap_or(0))
}

/// Sets the alarm to the next time at which something is due.
async fn arm(object: &Object) -> Result<()> {
    match object.turn(|turn| turn::next_wake(turn.sql, turn.me.kind())) {
        Ok((Some(at), _)) if object.armed.get().is_none_or(|armed| at < armed) => set(object, at).await,
        Ok(_) => Ok(()),
        Err(fault) => {
            object.log(&fault);
            set(object, now_ms() + AFTER_FAULT_MS).await
        }
    }
}

async fn set(object: &Object, at: i64) -> Result<()> {
    object.armed.set(Some(at));
    // The platform's call takes an offset from now.
    object.state.storage().set_alarm((at - now_ms()).max(0)).await
}

/// Empties the outbox as far as it goes: all lanes at once, each in order.
async fn send(object: &Rc<Object>) {
    object.sending.set(true);
    loop {
        match object.due() {
            Ok(due) if due.is_empty() => break,
            Ok(due) => {
                join_all(due.into_iter().map(|batch| deliver(object, batch))).await;
            }
            Err(fault) => {
                object.log(&fault);
                break;
            }
        }
    }
    object.sending.set(false);
}

/// Sends one lane's batch and notes how it went.
async fn deliver(object: &Object, batch: Batch) {
    let lane = batch.lane.clone();
    let sent = match batch.load {
        Load::Tells(to, envelopes) => match mailbox::post(&object.env, &to, &envelopes).await {
            Ok(replies) => {
                for refusal in replies
                    .iter()
                    .filter_map(|reply| if let Reply::Refused(no) = reply { Some(no) } else { None })
                {
                    tracing::warn!(actor = %lane, reason = refusal.detail, "a tell was refused");
                }
                // Fewer replies than envelopes: the receiver stopped at the first that it couldn't process.
                let taken = replies.len().checked_sub(1).and_then(|last| envelopes.get(last));
                let upto = taken.and_then(|envelope| match envelope.from {
                    Sender::Actor { seq, .. } => Some(seq),
                    Sender::Edge { .. } => None,
                });
                if replies.len() == envelopes.len() {
                    Ok(batch.last)
                } else {
                    Err((upto, "not processed".to_owned()))
                }
            }
            Err(undelivered) => Err((None, format!("{undelivered:?}"))),
        },
        Load::Snapshots(rows) => match d1::write_snapshots(&object.env, &rows).await {
            Ok(()) => Ok(batch.last),
            Err(error) => Err((None, error)),
        },
    };
    let noted = object.turn(|turn| match &sent {
        Ok(last) => outbox::acknowledge(turn.sql, &lane, *last),
        Err((upto, error)) => {
            if let Some(last) = upto {
                outbox::acknowledge(turn.sql, &lane, *last)?;
            }
            outbox::postpone(turn.sql, &lane, turn.now, error)
        }
    });
    if let Err((_, error)) = &sent {
        tracing::warn!(lane, error, "not sent, will be tried again");
    }
    if let Err(fault) = noted {
        object.log(&fault);
    }
}
