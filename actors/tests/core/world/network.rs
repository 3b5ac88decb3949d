//! Between the objects: what the outbox holds travels as JSON texts, one parcel a lane at a time, and may be lost, doubled or
//! left without a receipt.

use picasso_actors::address::ActorName;
use picasso_actors::outbox::{self, Batch, Load, Trouble};
use picasso_actors::protocol::{Envelope, Sender};
use picasso_actors::snapshot;
use picasso_actors::sql::{Fault, Sql};

use super::{Happening, Slip, World};

/// What happens to a parcel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It arrives, and the sender hears so.
    Arrives,
    /// The same, twice.
    ArrivesTwice,
    /// It arrives, and the sender hears of a failure.
    ArrivesUnheard,
    /// It arrives this many milliseconds later, and the sender hears so.
    Lags(i64),
    /// The sender hears of a failure now, and all the same it arrives this many milliseconds later, whatever was sent since.
    ArrivesLate(i64),
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
    /// Sends what is due in the outbox, a parcel a lane. A lane that has one under way waits, and no other does.
    pub(super) fn flush(&mut self, me: &ActorName) {
        let now = self.now;
        let actor = self.object(me);
        for batch in outbox::due(&actor.sql, me, &actor.posted, now).unwrap() {
            self.object(me).posted.insert(batch.lane.clone());
            self.post(me, batch);
        }
    }

    fn post(&mut self, me: &ActorName, batch: Batch) {
        let parcel = Parcel::pack(batch);
        let fate = (self.network)(me, &parcel.lane, self.now);
        let lane = parcel.lane.clone();
        let failure =
            |why: &str| Happening::Heard { lane, done: None, error: Some(Trouble::Away(why.to_owned())) };
        let arrives = |parcel, again, unheard| Happening::Arrive { parcel, again, unheard };
        match fate {
            Fate::Arrives => self.plan(0, me, arrives(parcel, false, false)),
            Fate::ArrivesTwice => self.plan(0, me, arrives(parcel, true, false)),
            Fate::Lags(after) => self.plan(after, me, arrives(parcel, false, false)),
            Fate::ArrivesUnheard => {
                self.arrive(me, &parcel, false, false);
                self.plan(0, me, failure("no answer"));
            }
            Fate::ArrivesLate(after) => {
                self.plan(after, me, arrives(parcel, false, true));
                self.plan(0, me, failure("no answer"));
            }
            Fate::Fails => self.plan(0, me, failure("unreachable")),
        }
    }

    pub(super) fn arrive(&mut self, me: &ActorName, parcel: &Parcel, again: bool, listens: bool) {
        let (mut done, mut error) = self.unpack(me, parcel);
        if again {
            (done, error) = self.unpack(me, parcel);
        }
        if self.slip == Some(Slip::AcknowledgesAll) {
            (done, error) = (Some(parcel.last), None);
        }
        if listens {
            self.plan(0, me, Happening::Heard { lane: parcel.lane.clone(), done, error });
        }
    }

    /// The receiving side: letters in order, up to the first fault. Gives the last one dealt with, and the fault.
    fn unpack(&mut self, from: &ActorName, parcel: &Parcel) -> (Option<i64>, Option<Trouble>) {
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
                Err(fault) => {
                    self.faults.push((from.clone(), fault.clone()));
                    let refused = write(&parcel.probes).is_ok();
                    let trouble = if refused { Trouble::Refused } else { Trouble::Away };
                    (None, Some(trouble(fault.to_string())))
                }
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
        self.object(me).posted.remove(lane);
        // A receipt that can't be written down is no receipt: the parcel goes out again.
        let _ = self.turn(me, |turn| {
            if let Some(last) = done {
                acknowledge(turn.sql, lane, last)?;
            }
            error.map_or(Ok(()), |trouble| outbox::postpone(turn.sql, me, lane, turn.now, trouble))
        });
    }
}

/// Deletes what the receiver has, and sees that nothing else goes.
fn acknowledge(sql: &dyn Sql, lane: &str, last: i64) -> Result<(), Fault> {
    let count = || -> Result<(i64, i64), Fault> {
        let query = "SELECT COUNT(*), COUNT(*) FILTER (WHERE lane = ? AND dead = 0 AND seq <= ?) FROM outbox";
        let row = sql.first(query, &[lane.into(), last.into()])?;
        row.map_or(Ok((0, 0)), |row| Ok((row.integer(0)?, row.integer(1)?)))
    };
    let (all, covered) = count()?;
    outbox::acknowledge(sql, lane, last)?;
    assert_eq!(count()?, (all - covered, 0), "an acknowledgement of {lane} up to {last}");
    Ok(())
}
