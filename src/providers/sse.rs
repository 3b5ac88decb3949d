//! Server-sent events as they come, as far as providers use them: the data of each event, without its name or id.

/// What has come of a stream, and isn't an event yet.
#[derive(Default)]
pub struct Events {
    line: Vec<u8>,
    data: Option<Vec<u8>>,
    /// The last line ended with a carriage return, and a line feed would belong to it.
    returned: bool,
}

impl Events {
    /// Takes a piece of the stream in, however it was cut, and appends the data of the events that it completes.
    pub fn push(&mut self, mut piece: &[u8], events: &mut Vec<Vec<u8>>) {
        while !piece.is_empty() {
            if std::mem::take(&mut self.returned)
                && let Some(rest) = piece.strip_prefix(b"\n")
            {
                piece = rest;
                continue;
            }
            let Some(at) = piece.iter().position(|byte| matches!(byte, b'\n' | b'\r')) else {
                self.line.extend_from_slice(piece);
                return;
            };
            let (line, rest) = piece.split_at(at);
            self.line.extend_from_slice(line);
            self.returned = rest.starts_with(b"\r");
            piece = rest.get(1..).unwrap_or_default();
            events.extend(self.end_line());
        }
    }

    /// Bytes that are held.
    pub fn len(&self) -> usize {
        self.line.len() + self.data.as_ref().map_or(0, Vec::len)
    }

    /// The data of the event that an empty line completes.
    fn end_line(&mut self) -> Option<Vec<u8>> {
        let mut line = std::mem::take(&mut self.line);
        if line.is_empty() {
            return self.data.take();
        }
        let field = [&b"data: "[..], b"data:"].into_iter().find(|field| line.starts_with(field))?;
        // In place: a picture's line has megabytes.
        line.drain(..field.len());
        match &mut self.data {
            Some(data) => {
                data.push(b'\n');
                data.append(&mut line);
            }
            none => *none = Some(line),
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STREAM: &str = ": hello\n\nevent: a\ndata: {\"x\":1}\n\nid: 7\r\ndata:one\r\ndata: two\r\n\r\nretry: 5\rdata: \
        three\r\rdata: [DONE]\n\ndata: cut";

    #[test]
    fn events_are_the_same_however_the_stream_is_cut() {
        for size in 1..=STREAM.len() {
            let (mut events, mut got) = (Events::default(), Vec::new());
            for piece in STREAM.as_bytes().chunks(size) {
                events.push(piece, &mut got);
            }
            let got: Vec<String> = got.into_iter().map(|data| String::from_utf8(data).unwrap()).collect();
            assert_eq!(got, [r#"{"x":1}"#, "one\ntwo", "three", "[DONE]"], "in pieces of {size}");
            assert_eq!(events.len(), "data: cut".len(), "what is no event yet is held");
        }
    }
}
