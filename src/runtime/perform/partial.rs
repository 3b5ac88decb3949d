//! Partial pictures as they come: put to R2, and then told to the job. None of them may cost the picture: one that can't be
//! kept isn't shown, and nobody waits for it long.

use std::rc::Rc;
use std::time::Duration;

use futures::FutureExt;
use picasso_actors::actor;
use picasso_actors::ids::PartialId;
use picasso_actors::job::partial::KEEP_MS;
use picasso_actors::picture;
use picasso_actors::provider::Failure;
use worker::Delay;

use super::clock;
use super::send::Open;
use crate::bindings::r2;
use crate::providers::openai::stream::{Partial, Stream};
use crate::providers::{Answer, Picture};
use crate::runtime::alarm;
use crate::runtime::object::Object;
use crate::runtime::platform::now_ms;

/// A put of a partial picture may hold up the picture itself for this long, in milliseconds.
const PUT_MS: u64 = 5_000;

/// To whom the partial pictures of an attempt are shown.
pub struct Audience<'a> {
    /// The job's object.
    pub object: &'a Rc<Object>,
    /// Which variant's attempt.
    pub ordinal: u32,
    /// Which attempt.
    pub attempt: u32,
    /// What they are put under, in order.
    pub partials: &'a [PartialId],
}

/// Reads a streamed answer up to its picture, and shows what comes before.
///
/// # Errors
/// What the stream says, or its end; `Timeout` when the connection breaks.
pub async fn read(mut answer: Open, audience: &Audience<'_>) -> Result<Picture, Failure> {
    let mut stream = Stream::default();
    while let Some(piece) = answer.next().await? {
        let head = Answer { status: answer.status, headers: &|name| answer.header(name), body: &[] };
        for partial in stream.feed(&piece, &head, clock())? {
            audience.show(partial).await;
        }
        if let Some(picture) = stream.picture() {
            return Ok(picture);
        }
    }
    Err(stream.end())
}

impl Audience<'_> {
    async fn show(&self, partial: Partial) {
        let Partial { nth, bytes } = partial;
        let id = usize::try_from(nth).ok().and_then(|nth| self.partials.get(nth));
        let (Some(id), Ok(sniffed)) = (id, picture::sniff(&bytes)) else { return };
        let until = now_ms() + KEEP_MS;
        let key = id.key();
        let put = r2::put_partial(&self.object.env, &key, sniffed.media_type, until, bytes);
        let kept = futures::select_biased! {
            kept = Box::pin(put.fuse()) => kept.is_ok(),
            () = Delay::from(Duration::from_millis(PUT_MS)).fuse() => false,
        };
        if !kept {
            tracing::warn!(ordinal = self.ordinal, attempt = self.attempt, nth, "a partial picture is lost");
            return;
        }
        match self.object.turn(|turn| actor::progress(turn, self.ordinal, self.attempt, nth)) {
            // The driver is what this runs in: it has something to send.
            Ok(_) => {
                alarm::wake_driver(self.object);
            }
            Err(fault) => self.object.log(&fault),
        }
    }
}
