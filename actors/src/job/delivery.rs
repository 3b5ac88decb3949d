//! How a finished picture gets to people. A copy that says how it was made goes to Cloudflare Images; where Images doesn't take
//! it, the Worker keeps the copy and shows it at an address of its own that nobody can guess. The original is read, never written.

use serde::{Deserialize, Serialize};

use crate::calendar;
use crate::job::journal::{Done, Event};
use crate::job::wishes::Address;
use crate::job::work;
use crate::operation::Operation;
use crate::picture::disclosure::{Disclosure, Source, disclose};
use crate::picture::{SIDE_MAX, canvas};
use crate::provider::{Failure, FailureClass, Provider};

/// Largest file that Images hosts, in bytes. Its other limits (100 megapixels, 12,000 pixels a side) are above ours.
pub const HOSTED_BYTES_MAX: usize = 10_000_000;
/// How long Images may take to host a picture, in milliseconds: half of what an attempt may, so that there's time to keep it here.
pub const HOSTING_MS: u64 = work::PLATFORM_MS / 2;
/// Longest side of a picture that the Worker shows itself, in pixels.
pub const SHOWN_SIDE_MAX: u32 = 2_048;
/// Room for what a copy says of itself, in bytes.
const TOLD_MAX: usize = 8 * 1_024;

/// What has to be delivered.
#[derive(Debug, Clone, PartialEq)]
pub struct Ask {
    /// Where the bytes are.
    pub key: String,
    /// The id it gets in Images: deterministic, so that a repetition finds it there.
    pub image_id: String,
    /// What the copy says.
    pub made: Made,
    /// Where the Worker can show it; unknown to jobs from before there was a choice.
    pub address: Option<Address>,
    /// An earlier attempt has failed.
    pub again: bool,
}

/// How a picture was made. Kept beside the copies that the Worker shows, because bringing them into shape drops what is in them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Made {
    /// From nothing, or of a picture that was there.
    pub source: Source,
    /// Who made it.
    pub provider: Provider,
    /// With which model.
    pub model: String,
    /// When it was stored, epoch milliseconds.
    pub at: i64,
}

impl Ask {
    /// The copy for people: within the limits of Images, with how it was made, without what a provider signed, which only holds
    /// for the original.
    ///
    /// # Errors
    /// `bad_image` when it can't be decoded, or not be made small enough.
    pub fn copy(&self, original: &[u8]) -> Result<Vec<u8>, Failure> {
        if original.len() + TOLD_MAX <= HOSTED_BYTES_MAX
            && let Ok(copy) = self.made.tell(original)
        {
            return Ok(copy);
        }
        // Too large, or put together in a way that only a decoder understands.
        self.made.tell(&canvas::reencode(original, HOSTED_BYTES_MAX - TOLD_MAX, SIDE_MAX)?.bytes)
    }

    /// Whether the Worker shows the picture itself, now that Images hasn't taken it: at once when Images says no by a number,
    /// else (it may have been away for a moment, or [`late`]) from the second attempt on.
    pub const fn is_kept_here(&self, is_refused: bool) -> bool {
        self.address.is_some() && (is_refused || self.again)
    }
}

impl Made {
    /// The file, with how it was made in it. Its pixels are coded as they were.
    ///
    /// # Errors
    /// `bad_image` when it's no whole PNG, JPEG or WebP.
    pub fn tell(&self, bytes: &[u8]) -> Result<Vec<u8>, Failure> {
        let created = calendar::moment(self.at);
        let provider = self.provider.as_str();
        disclose(bytes, &Disclosure { source: self.source, provider, model: &self.model, created: &created })
    }
}

/// Images hasn't hosted a picture within [`HOSTING_MS`].
pub fn late() -> Failure {
    Failure::new(FailureClass::Timeout, format!("Images hosted nothing within {HOSTING_MS} ms"))
}

/// What IPTC's vocabulary calls the result of an operation.
pub const fn source(operation: Operation) -> Source {
    match operation {
        Operation::Generate | Operation::Variation => Source::Generated,
        Operation::Edit | Operation::Inpaint | Operation::Outpaint | Operation::Upscale => Source::Composite,
    }
}

/// When a variant's picture was stored.
pub fn stored_at(journal: &[(Event, i64)]) -> Option<i64> {
    journal.iter().find(|(event, _)| matches!(event, Event::Done(Done::Store(_)))).map(|(_, at)| *at)
}

/// Where the copy of a picture is that the Worker shows under `token`.
pub fn shown_key(token: &str) -> String {
    format!("shown/{token}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(address: bool, again: bool) -> Ask {
        let made =
            Made { source: Source::Generated, provider: Provider::Gemini, model: "m".to_owned(), at: 0 };
        let address = address.then(|| Address { origin: "https://p".to_owned(), secret: "s".to_owned() });
        Ask { key: "k".to_owned(), image_id: "i".to_owned(), made, address, again }
    }

    #[test]
    fn what_images_refuses_is_shown_here_and_what_it_missed_is_tried_again() {
        for (address, again, is_refused, here) in [
            (true, false, true, true),
            (true, false, false, false),
            (true, true, false, true),
            (false, true, true, false),
        ] {
            assert_eq!(ask(address, again).is_kept_here(is_refused), here);
        }
    }

    #[test]
    fn a_copy_that_is_no_picture_fails() {
        assert!(ask(true, false).copy(b"no picture").is_err());
    }

    #[test]
    fn a_picture_that_was_there_is_told() {
        let uris = Operation::ALL.map(|operation| source(operation).uri().rsplit('/').next().unwrap());
        let composite = "compositeWithTrainedAlgorithmicMedia";
        assert_eq!(
            uris,
            [
                "trainedAlgorithmicMedia",
                composite,
                composite,
                composite,
                "trainedAlgorithmicMedia",
                composite
            ]
        );
    }
}
