//! One life of an object: what its handlers and the work that they start share, and the running of turns.
//!
//! In memory it keeps nothing that matters: who it is, what the alarm is set to, and whether somebody is sending. All of it
//! can be lost at any time.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;

use futures::channel::mpsc;
use picasso_actors::address::ActorName;
use picasso_actors::effect::{Effect, Work};
use picasso_actors::entropy::Entropy;
use picasso_actors::sql::Fault;
use picasso_actors::turn::Turn;
use picasso_actors::{outbox, schema};
use worker::{Env, State};

use crate::runtime::commit;
use crate::runtime::platform::{Random, now_ms};
use crate::runtime::sockets::{self, Listeners};

/// What the object's handlers and the work they start share.
pub struct Object {
    /// Storage, sockets and the alarm.
    pub state: State,
    /// The bindings.
    pub env: Env,
    /// Names this life of the object: see `actor::wake`.
    pub holder: String,
    /// What the alarm is set to, as far as this life knows.
    pub armed: Cell<Option<i64>>,
    /// Wakes the alarm handler, while it's at work.
    pub driver: RefCell<Option<mpsc::UnboundedSender<()>>>,
    /// The outbox's lanes that have a batch under way.
    pub sending: RefCell<BTreeSet<String>>,
    /// Who listens to a session.
    pub listeners: Listeners,
    me: Option<ActorName>,
    open: Cell<bool>,
}

impl Object {
    /// A new life.
    pub fn new(state: State, env: Env) -> Self {
        let me = state.id().name().and_then(|name| ActorName::parse(&name).ok());
        Self {
            state,
            env,
            holder: Random.id(8),
            armed: Cell::new(None),
            driver: RefCell::new(None),
            sending: RefCell::default(),
            listeners: Listeners::default(),
            me,
            open: Cell::new(false),
        }
    }

    /// Who this object is.
    ///
    /// # Errors
    /// [`Fault::Corrupt`] for an object that wasn't made by a name of ours.
    pub fn me(&self) -> Result<&ActorName, Fault> {
        self.me.as_ref().ok_or_else(|| Fault::corrupt("object", "its name isn't an actor's"))
    }

    /// Who this object is, to aim a trap at it.
    #[cfg(feature = "trap-tests")]
    pub fn name(&self) -> String {
        self.me.as_ref().map(ToString::to_string).unwrap_or_default()
    }

    /// Runs one turn in one transaction. Frames go out before it returns; work is returned.
    ///
    /// # Errors
    /// [`Fault`]; nothing has changed then.
    pub fn turn<T>(
        &self,
        body: impl FnOnce(&mut Turn<'_>) -> std::result::Result<T, Fault>,
    ) -> std::result::Result<(T, Vec<Work>), Fault> {
        let (mut body, mut value) = (Some(body), None);
        let works = self.run(&mut |turn| {
            value = body.take().map(|body| body(turn)).transpose()?;
            Ok(())
        })?;
        value.map(|value| (value, works)).ok_or_else(|| Fault::Storage("the turn didn't run".to_owned()))
    }

    /// A turn, the same code for all: each copy of it would add kilobytes to the Worker.
    fn run(
        &self,
        body: &mut dyn FnMut(&mut Turn<'_>) -> std::result::Result<(), Fault>,
    ) -> std::result::Result<Vec<Work>, Fault> {
        let me = self.me()?;
        let effects = commit::commit(&self.state.storage(), |sql| {
            if !self.open.get() {
                schema::open(sql, me.kind())?;
            }
            let mut entropy = Random;
            let mut turn = Turn::new(sql, me, now_ms(), &mut entropy);
            body(&mut turn)?;
            #[cfg(feature = "trap-tests")]
            crate::trap::spring_now("turn", &me.to_string());
            Ok(turn.effects)
        })?;
        self.open.set(true);
        let mut works = Vec::new();
        for effect in effects {
            match effect {
                Effect::Broadcast { frame } => sockets::broadcast(self, &frame),
                Effect::Work(work) => works.push(*work),
            }
        }
        Ok(works)
    }

    /// The due batches of the outbox's lanes that have none under way.
    ///
    /// # Errors
    /// [`Fault`] from the storage.
    pub fn due(&self) -> std::result::Result<Vec<outbox::Batch>, Fault> {
        let sending = self.sending.borrow();
        let (due, _) = self.turn(|turn| outbox::due(turn.sql, turn.me, &sending, turn.now))?;
        Ok(due)
    }

    /// Logs a fault where it was born; outside it's opaque.
    pub fn log(&self, fault: &Fault) {
        let actor = self.me.as_ref().map(ToString::to_string).unwrap_or_default();
        tracing::error!(actor, error = %fault, "turn failed");
    }
}
