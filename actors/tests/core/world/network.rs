//! Between the objects: what the outbox holds travels as JSON texts, one parcel a lane at a time, and may be lost, doubled or
//! left without a receipt.

use picasso_actors::address::ActorName;
use picasso_actors::outbox::{self, Batch, Load, Trouble};
use picasso_actors::protocol::{Envelope, Sender};
use picasso_actors::snapshot;
use picasso_actors::sql::Sql as _;

use super::{Happening, World};

/// What happens to a parcel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It arrives, and the sender hears so.
    Arrives,
    /// The same, twice.
    ArrivesTwice,
    /// It arrives, and the sender hears of a failure.
    ArrivesUnheard,
    /// The destination can't be reached.
    Fails,
}

/// What happens to a parcel that an actor posts on a lane at a time.
pub type Network = Box<dyn FnMut(&ActorName, &str, i64) -> Fate>;

/// What the outbox sends over the wire: texts.
pub(super) struct Parcel {
    lane: String,
    last: i64,
    /// Envelopes, each with its sequence number.
    letters: Vec<(i64, String)>,
    /// Statements for D1 with their parameters, when that's the destination.
    statements: Vec<(String, String)>,
    /// The same without rows.
    probes: Vec<(String, String)>,
}

impl Parcel {
    fn pack(batch: Batch) -> Self {
        let Batch { lane, last, load, .. } = batch;
        let letter = |envelope: &Envelope| match &envelope.from {
            Sender::Actor { seq, .. } => (*seq, serde_json::to_string(envelope).unwrap()),
            Sender::Edge { .. } => panic!("the outbox speaks for the edge"),
        };
        let (letters, statements, probes) = match load {
            Load::Tells(to, envelopes) => {
                assert_eq!(to.to_string(), lane);
                (envelopes.iter().map(letter).collect(), Vec::new(), Vec::new())
            }
            Load::Snapshots(rows) => {
                (Vec::new(), snapshot::statements(&rows).unwrap(), snapshot::probes(&rows))
            }
        };
        Self { lane, last, letters, statements, probes }
    }
}

impl World {
    /// Sends what is due in the outbox, a parcel a lane.
    pub(super) fn flush(&mut self, me: &ActorName) {
        let now = self.now;
        let actor = self.object(me);
        let batches = outbox::due(&actor.sql, me, now).unwrap();
        for batch in batches {
            if self.object(me).posted.insert(batch.lane.clone()) {
                self.post(me, batch);
            }
        }
    }

    fn post(&mut self, me: &ActorName, batch: Batch) {
        let parcel = Parcel::pack(batch);
        let fate = (self.network)(me, &parcel.lane, self.now);
        let lane = parcel.lane.clone();
        match fate {
            Fate::Arrives => self.plan(0, me, Happening::Arrive { parcel, again: false }),
            Fate::ArrivesTwice => self.plan(0, me, Happening::Arrive { parcel, again: true }),
            Fate::ArrivesUnheard => {
                self.unpack(&parcel);
                let error = Some(Trouble::Away("no answer".into()));
                self.plan(0, me, Happening::Heard { lane, done: None, error });
            }
            Fate::Fails => {
                let error = Some(Trouble::Away("unreachable".into()));
                self.plan(0, me, Happening::Heard { lane, done: None, error });
            }
        }
    }

    pub(super) fn arrive(&mut self, me: &ActorName, life: u32, parcel: Parcel, again: bool) {
        let (mut done, mut error) = self.unpack(&parcel);
        if again {
            (done, error) = self.unpack(&parcel);
        }
        // A sender that died meanwhile hears nothing, and sends it again.
        if self.object(me).life == life {
            self.plan(0, me, Happening::Heard { lane: parcel.lane, done, error });
        }
    }

    /// The receiving side: letters in order, up to the first fault. Gives the last one dealt with, and the fault.
    fn unpack(&mut self, parcel: &Parcel) -> (Option<i64>, Option<Trouble>) {
        if parcel.lane == "d1" {
            let write = |statements: &[(String, String)]| {
                self.d1.transaction(|| {
                    statements.iter().try_for_each(|(statement, rows)| {
                        self.d1.exec(statement, &[rows.as_str().into()]).map(|_| ())
                    })
                })
            };
            return match write(&parcel.statements) {
                Ok(()) => (Some(parcel.last), None),
                Err(fault) if write(&parcel.probes).is_ok() => {
                    (None, Some(Trouble::Refused(fault.to_string())))
                }
                Err(fault) => (None, Some(Trouble::Away(fault.to_string()))),
            };
        }
        let to = ActorName::parse(&parcel.lane).unwrap();
        let mut done = None;
        for (seq, letter) in &parcel.letters {
            match self.receive(&to, letter) {
                Ok(_) => done = Some(*seq),
                Err(fault) => return (done, Some(Trouble::Away(fault.to_string()))),
            }
        }
        (done, None)
    }

    pub(super) fn heard(&mut self, me: &ActorName, lane: &str, done: Option<i64>, error: Option<&Trouble>) {
        let now = self.now;
        let actor = self.object(me);
        actor.posted.remove(lane);
        let sql = &actor.sql;
        // A receipt that can't be written down is no receipt: the parcel goes out again.
        let _ = sql.transaction(|| {
            if let Some(last) = done {
                outbox::acknowledge(sql, lane, last)?;
            }
            match error {
                Some(trouble) => outbox::postpone(sql, me, lane, now, trouble),
                None => Ok(()),
            }
        });
        self.arm(me);
        self.plan(0, me, Happening::Flush);
    }
}
