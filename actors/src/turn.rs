//! What a turn has at hand, and where it leaves what should happen.

use crate::address::ActorName;
use crate::effect::Effect;
use crate::entropy::Entropy;
use crate::outbox::{self, Item};
use crate::protocol::Message;
use crate::snapshot;
use crate::sql::{Fault, Sql};

/// One turn of an actor, inside its transaction: see [`crate::actor`].
pub struct Turn<'a> {
    /// The actor's database, inside the transaction.
    pub sql: &'a dyn Sql,
    /// Who is acting.
    pub me: &'a ActorName,
    /// Epoch milliseconds.
    pub now: i64,
    /// Ids and jitter.
    pub entropy: &'a mut dyn Entropy,
    /// What the shell is to do after the commit, in order.
    pub effects: Vec<Effect>,
}

impl<'a> Turn<'a> {
    /// A turn that begins now.
    pub fn new(sql: &'a dyn Sql, me: &'a ActorName, now: i64, entropy: &'a mut dyn Entropy) -> Self {
        Self { sql, me, now, entropy, effects: Vec::new() }
    }

    /// Promises to send `message` to `to`.
    ///
    /// # Errors
    /// [`Fault::Storage`].
    pub fn tell(&self, to: ActorName, message: Message) -> Result<(), Fault> {
        outbox::push(self.sql, &Item::Tell { to, message }, self.now)
    }

    /// Promises to write `row` to D1.
    ///
    /// # Errors
    /// [`Fault::Storage`].
    pub fn snapshot(&self, row: snapshot::Row) -> Result<(), Fault> {
        outbox::push(self.sql, &Item::Snapshot(row), self.now)
    }
}
