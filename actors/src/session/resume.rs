//! Reading a session's log from any point on.
//!
//! A listener is a [`Cursor`]: each page it's given begins right after the one before, so nothing can be skipped, come twice
//! or come out of order, however much happens in between. What it gets is the missing suffix, or a `resync` and what follows
//! that; then, once, `caught_up`.

use crate::ids::JobId;
use crate::session::frame::{self, Frame, Reason};
use crate::session::message::Replay;
use crate::session::store::{self, Head};
use crate::sql::Fault;
use crate::turn::Turn;

/// Where a listener is in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    since: i64,
    /// What the listener believes; asked once, because it can't change while the object lives.
    epoch: Option<String>,
    caught_up: bool,
}

/// What a listener gets next, in this order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Page {
    /// What it holds can't be continued.
    pub resync: Option<Frame>,
    /// Events.
    pub events: Vec<Frame>,
    /// That was all so far.
    pub caught_up: Option<Frame>,
}

impl Cursor {
    /// A listener that has everything up to `since` (0 for nothing), of `epoch` if it knows.
    pub fn new(since: i64, epoch: Option<String>) -> Self {
        Self { since, epoch: epoch.filter(|epoch| !epoch.is_empty()), caught_up: false }
    }

    /// It has had everything that there was.
    pub const fn is_caught_up(&self) -> bool {
        self.caught_up
    }

    /// The next page: at most `limit` events. Empty for a listener that has everything.
    ///
    /// # Errors
    /// [`Fault`] from the storage; the cursor is then of no further use.
    pub fn next(&mut self, turn: &Turn<'_>, limit: u32) -> Result<Page, Fault> {
        let head = store::head(turn.sql)?;
        let me = turn.me.id();
        let mut page = Page::default();
        if let Some(reason) = self.breaks(&head) {
            let jobs = store::open_jobs(turn.sql)?;
            page.resync = Some(frame::resync(me, &head.epoch, head.last_seq, turn.now, reason, &jobs));
            self.since = head.last_seq;
            self.caught_up = false;
        } else {
            page.events = store::after(turn.sql, self.since, limit, None)?;
            self.since = page.events.last().map_or(self.since, |last| last.seq);
        }
        if !self.caught_up && self.since == head.last_seq {
            page.caught_up = Some(frame::caught_up(me, &head.epoch, head.last_seq, turn.now));
            self.caught_up = true;
        }
        Ok(page)
    }

    /// Why the log doesn't go on where the listener is.
    fn breaks(&mut self, head: &Head) -> Option<Reason> {
        if self.epoch.take().is_some_and(|epoch| epoch != head.epoch) {
            Some(Reason::Epoch)
        } else if self.since > head.last_seq {
            Some(Reason::Ahead)
        } else if self.since < head.trimmed_to {
            Some(Reason::Trimmed)
        } else {
            None
        }
    }
}

impl Page {
    /// All of it, in order.
    pub fn into_frames(self) -> impl Iterator<Item = Frame> {
        self.resync.into_iter().chain(self.events).chain(self.caught_up)
    }
}

/// The events after `since`, of one job or all; after a break, what there is.
///
/// # Errors
/// [`Fault`] from the storage.
pub fn replay(turn: &Turn<'_>, since: i64, limit: u32, job: Option<&JobId>) -> Result<Replay, Fault> {
    let head = store::head(turn.sql)?;
    let ahead = since > head.last_seq;
    let trimmed = since < head.trimmed_to
        && match job {
            Some(job) => !store::is_whole(turn.sql, job)?,
            None => true,
        };
    let frames = store::after(turn.sql, if ahead { 0 } else { since }, limit, job)?;
    let is_full = u32::try_from(frames.len()).is_ok_and(|count| count == limit);
    let next = frames.last().filter(|_| is_full).map(|last| last.seq);
    let events = frames.into_iter().map(|frame| crate::json::raw(frame.text)).collect::<Result<_, _>>()?;
    Ok(Replay { events, next, epoch: head.epoch, resync: ahead || trimmed })
}
