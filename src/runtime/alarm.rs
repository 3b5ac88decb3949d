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
use futures::stream::FuturesUnordered;
use picasso_actors::actor;
use picasso_actors::address::ActorName;
use picasso_actors::outbox::{self, Batch, Load, Trouble};
use picasso_actors::protocol::{Envelope, Reply, Sender};
use picasso_actors::sql::Fault;
use worker::{Delay, Result};

use crate::bindings::d1;
use crate::runtime::object::Object;
use crate::runtime::platform::now_ms;
use crate::runtime::{mailbox, perform};

/// New work is taken on for this long: the platform ends an alarm handler after 15 minutes, and a step may take 10.
const TAKE_ON_MS: i64 = 4 * 60 * 1000;
/// How long the handler waits, at most, before it looks again.
const LOOK_AGAIN: Duration = Duration::from_secs(30);
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
    let sender = Rc::clone(object);
    object.state.wait_until(async move {
        send(&sender).await;
        // A lane that failed is due again sooner than the guard.
        if let Err(error) = arm(&sender).await {
            tracing::error!(error = %error, "the alarm couldn't be set");
        }
    });
    Ok(())
}

/// The alarm handler.
///
/// # Errors
/// When the next alarm can't be set; the platform then runs this one again.
pub async fn drive(object: &Rc<Object>) -> Result<()> {
    object.armed.set(None);
    let (driver, mut calls) = mpsc::unbounded();
    object.driver.replace(Some(driver));
    let healthy = work_off(object, &mut calls).await;
    object.driver.replace(None);
    if healthy { arm(object).await } else { set(object, now_ms() + AFTER_FAULT_MS).await }
}

/// Tells the alarm handler to look; `false` when it isn't at work.
pub fn wake_driver(object: &Object) -> bool {
    object.driver.borrow().as_ref().is_some_and(|driver| driver.unbounded_send(()).is_ok())
}

/// Works until nothing is left; `false` when a turn failed. What is under way is seen to its end in any case: dropping it
/// would leave its leases to lapse.
async fn work_off(object: &Rc<Object>, calls: &mut mpsc::UnboundedReceiver<()>) -> bool {
    let began = now_ms();
    let mut healthy = true;
    let mut running: Running<'_> = FuturesUnordered::new();
    loop {
        let taking_on = healthy && now_ms() - began < TAKE_ON_MS;
        if taking_on {
            match object.turn(|turn| actor::wake(turn, &object.holder)) {
                Ok(((), works)) => {
                    for work in works {
                        running.push(Box::pin(perform::perform(object, work)));
                    }
                }
                Err(fault) => {
                    object.log(&fault);
                    healthy = false;
                }
            }
        }
        for batch in take(object) {
            running.push(Box::pin(deliver(object, batch)));
        }
        if running.is_empty() {
            return healthy;
        }
        let pause = if taking_on { pause(object) } else { LOOK_AGAIN };
        futures::select_biased! {
            _ = running.next() => {}
            _ = calls.next() => {}
            () = Delay::from(pause).fuse() => {}
        }
    }
}

/// How long nothing can become due.
fn pause(object: &Object) -> Duration {
    let Ok(Some(at)) = next_wake(object) else { return LOOK_AGAIN };
    // A little at least: what is due now was just handed out.
    Duration::from_millis(u64::try_from(at - now_ms()).unwrap_or(0))
        .clamp(Duration::from_millis(10), LOOK_AGAIN)
}

/// When something is due, besides what is being sent.
fn next_wake(object: &Object) -> std::result::Result<Option<i64>, Fault> {
    let sending = object.sending.borrow();
    let (at, _) = object
        .turn(|turn| actor::next_wake_in(turn.sql, turn.me.kind(), &object.holder, &sending, turn.now))?;
    Ok(at)
}

/// Sets the alarm to the next time at which something is due.
async fn arm(object: &Object) -> Result<()> {
    match next_wake(object) {
        Ok(Some(at)) if object.armed.get().is_none_or(|armed| at < armed) => set(object, at).await,
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

/// Empties the outbox as far as it goes: each lane in order, and none waits for another, since one can take long.
async fn send(object: &Rc<Object>) {
    let mut running = FuturesUnordered::new();
    loop {
        for batch in take(object) {
            running.push(deliver(object, batch));
        }
        if running.next().await.is_none() {
            return;
        }
    }
}

/// Marks the lanes of the due batches as having one under way.
fn take(object: &Rc<Object>) -> Vec<Taken> {
    let due = object.due().unwrap_or_else(|fault| {
        object.log(&fault);
        Vec::new()
    });
    object.sending.borrow_mut().extend(due.iter().map(|batch| batch.lane.clone()));
    due.into_iter().map(|batch| Taken { object: Rc::clone(object), batch }).collect()
}

/// A batch under way. However that ends, its lane is free again.
struct Taken {
    object: Rc<Object>,
    batch: Batch,
}

impl Drop for Taken {
    fn drop(&mut self) {
        self.object.sending.borrow_mut().remove(&self.batch.lane);
    }
}

/// Sends one lane's batch and notes how it went: what the receiver took in is deleted, the rest waits.
async fn deliver(object: &Object, taken: Taken) {
    let Batch { lane, last, load } = &taken.batch;
    let (done, trouble) = match load {
        Load::Tells(to, envelopes) => {
            let (taken, error) = tell(object, to, envelopes).await;
            (taken, error.map(Trouble::Away))
        }
        Load::Snapshots(rows) => match d1::write_snapshots(&object.env, rows).await {
            Ok(()) => (Some(*last), None),
            Err(trouble) => (None, Some(trouble)),
        },
    };
    if let Some(Trouble::Away(error) | Trouble::Refused(error)) = &trouble {
        tracing::warn!(lane, error, "not sent, will be tried again");
    }
    let noted = object.turn(|turn| {
        if let Some(last) = done {
            outbox::acknowledge(turn.sql, lane, last)?;
        }
        trouble.map_or(Ok(()), |trouble| outbox::postpone(turn.sql, turn.me, lane, turn.now, &trouble))
    });
    if let Err(fault) = noted {
        object.log(&fault);
    }
}

/// Sends envelopes; returns the last one that was taken in, and why there are more.
async fn tell(object: &Object, to: &ActorName, envelopes: &[Envelope]) -> (Option<i64>, Option<String>) {
    let replies = match mailbox::post(&object.env, to, envelopes).await {
        Ok(replies) => replies,
        Err(undelivered) => return (None, Some(format!("{undelivered:?}"))),
    };
    for reply in &replies {
        if let Reply::Refused(refusal) = reply {
            tracing::warn!(actor = %to, reason = refusal.detail, "a tell was refused");
        }
    }
    let taken = replies.len().checked_sub(1).and_then(|index| envelopes.get(index));
    let taken = taken.and_then(|envelope| match envelope.from {
        Sender::Actor { seq, .. } => Some(seq),
        Sender::Edge { .. } => None,
    });
    let error = (replies.len() < envelopes.len()).then(|| "the receiver couldn't process it".to_owned());
    (taken, error)
}
