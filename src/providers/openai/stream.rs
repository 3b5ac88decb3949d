//! A streamed answer: partial pictures on the way, then the picture with its usage, then `[DONE]`.
//!
//! A partial that is broken is left out: it's a courtesy, and the picture has been paid for. What follows the picture doesn't
//! matter any more.

use std::borrow::Cow;

use picasso_actors::provider::{Failure, FailureClass};
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::{WHO, refusal};
use crate::providers::body::{self, Text};
use crate::providers::sse::Events;
use crate::providers::{ANSWER_BYTES_MAX, Answer, Picture};

/// Bytes of a whole stream: as many full answers as it can show pictures.
const STREAM_BYTES_MAX: usize = 4 * ANSWER_BYTES_MAX;

/// A partial picture.
#[derive(Debug, PartialEq, Eq)]
pub struct Partial {
    /// Its number in this answer, from 0.
    pub nth: u32,
    /// The exact bytes. Not yet known to be an image.
    pub bytes: Vec<u8>,
}

/// What has come so far.
#[derive(Default)]
pub struct Stream {
    events: Events,
    read: usize,
    picture: Option<Picture>,
    over: bool,
}

impl Stream {
    /// Takes a piece of the body in; `head` is the answer's status and headers. The partial pictures that it completes.
    ///
    /// # Errors
    /// The class of an error that the provider sends in place of the picture; `BadImage` for more than an answer may have.
    pub fn feed(&mut self, piece: &[u8], head: &Answer<'_>, now_ms: u64) -> Result<Vec<Partial>, Failure> {
        let (mut events, mut partials) = (Vec::new(), Vec::new());
        self.read += piece.len();
        self.events.push(piece, &mut events);
        if self.events.len() > ANSWER_BYTES_MAX || self.read > STREAM_BYTES_MAX {
            let why = format!("an event is larger than {ANSWER_BYTES_MAX} bytes, or the answer than so many");
            return Err(Failure::new(FailureClass::BadImage, why));
        }
        for data in events {
            if self.picture.is_none() {
                partials.extend(self.take(&Answer { body: &data, ..*head }, now_ms)?);
            }
        }
        Ok(partials)
    }

    /// The picture, once it has come.
    pub fn picture(&mut self) -> Option<Picture> {
        self.picture.take()
    }

    /// What it means that the stream has ended without a picture.
    pub fn end(&self) -> Failure {
        if self.over {
            Failure::new(FailureClass::NoImage, "openai answered without an image")
        } else {
            Failure::new(
                FailureClass::BadImage,
                format!("openai: the answer was cut after {} bytes", self.read),
            )
        }
    }

    fn take(&mut self, event: &Answer<'_>, now_ms: u64) -> Result<Option<Partial>, Failure> {
        if event.body == b"[DONE]" {
            self.over = true;
            return Ok(None);
        }
        let data: Data<'_> = body::json(WHO, event)?;
        if let Some(error) = &data.error {
            return Err(refusal(error, event, now_ms));
        }
        let image = data.b64_json.as_ref().map_or("", |Text(image)| image);
        if data.kind.ends_with(".completed") {
            self.picture = Some(Picture {
                bytes: body::image(WHO, image)?,
                usage: body::usage(data.usage),
                request_id: event.request_id(),
            });
        } else if data.kind.ends_with(".partial_image")
            && let (Some(nth), Ok(bytes)) = (data.partial_image_index, body::image(WHO, image))
        {
            return Ok(Some(Partial { nth, bytes }));
        }
        Ok(None)
    }
}

#[derive(Deserialize)]
struct Data<'a> {
    #[serde(borrow, default, rename = "type")]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    b64_json: Option<Text<'a>>,
    partial_image_index: Option<u32>,
    #[serde(borrow)]
    usage: Option<&'a RawValue>,
    error: Option<Value>,
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARTIALS: &str = concat!(
        r#"event: image_generation.partial_image"#,
        "\n",
        r#"data: {"type":"image_generation.partial_image","b64_json":"QUI=","partial_image_index":0,"size":"1024x1024"}"#,
        "\n\n",
        r#"data: {"type":"image_edit.partial_image","b64_json":"%%%","partial_image_index":1}"#,
        "\n\n",
        r#"data: {"type":"image_generation.partial_image","b64_json":"QUJD","partial_image_index":2}"#,
        "\n\n",
    );
    const COMPLETED: &str = concat!(
        r#"data: {"type":"image_generation.completed","b64_json":"iVBORw0KGgo=","usage":{"total_tokens":9}}"#,
        "\n\n",
    );
    const DONE: &str = "data: [DONE]\n\n";

    /// The partials' numbers and the picture, or the class.
    fn streamed(body: &str, size: usize) -> (Vec<u32>, Result<Picture, FailureClass>) {
        let header = |name: &str| (name == "x-request-id").then(|| "req_7".to_owned());
        let head = Answer { status: 200, headers: &header, body: b"" };
        let (mut stream, mut shown) = (Stream::default(), Vec::new());
        for piece in body.as_bytes().chunks(size) {
            match stream.feed(piece, &head, 0) {
                Ok(partials) => shown.extend(partials.into_iter().map(|partial| partial.nth)),
                Err(failure) => return (shown, Err(failure.class)),
            }
            if let Some(picture) = stream.picture() {
                return (shown, Ok(picture));
            }
        }
        (shown, Err(stream.end().class))
    }

    #[test]
    fn partials_come_first_and_then_the_picture_with_its_usage() {
        for rest in [DONE, "", "data: {\"error\":{}}\n\n"] {
            let body = [PARTIALS, COMPLETED, rest].concat();
            for size in [1, 7, body.len()] {
                let (shown, picture) = streamed(&body, size);
                let picture = picture.unwrap();
                assert_eq!(shown, [0, 2], "a broken one is left out");
                assert_eq!(picture.bytes, b"\x89PNG\r\n\x1a\n");
                assert_eq!(picture.usage.as_deref(), Some(r#"{"total_tokens":9}"#));
                assert_eq!(picture.request_id.as_deref(), Some("req_7"));
            }
        }
    }

    #[test]
    fn a_stream_without_a_picture() {
        use FailureClass::{BadImage, Moderation, NoImage, Overloaded};
        for (end, class) in [
            ("", BadImage),
            (DONE, NoImage),
            (COMPLETED.strip_suffix("\n").unwrap(), BadImage),
            ("data: {\"type\":\"image_gener\n\n", BadImage),
            ("data: {\"type\":\"image_generation.completed\"}\n\n", NoImage),
            ("data: {\"type\":\"image_generation.completed\",\"b64_json\":\"%\"}\n\n", BadImage),
            (
                "event: error\ndata: {\"error\":{\"type\":\"server_error\",\"message\":\"oh\"}}\n\n",
                Overloaded,
            ),
            ("data: {\"error\":{\"code\":\"moderation_blocked\",\"message\":\"no\"}}\n\n", Moderation),
        ] {
            let (shown, outcome) = streamed(&[PARTIALS, end].concat(), 1);
            assert_eq!((shown, outcome.unwrap_err()), (vec![0, 2], class), "{end:?}");
        }
    }

    #[test]
    fn a_stream_is_counted() {
        let head = Answer { status: 200, headers: &|_| None, body: b"" };
        for (byte, limit) in [(b'x', ANSWER_BYTES_MAX), (b'\n', STREAM_BYTES_MAX)] {
            let (piece, mut stream) = (vec![byte; 1 << 20], Stream::default());
            for _ in 0..limit >> 20 {
                assert_eq!(stream.feed(&piece, &head, 0).unwrap(), []);
            }
            assert_eq!(stream.feed(&piece, &head, 0).unwrap_err().class, FailureClass::BadImage);
        }
    }
}
