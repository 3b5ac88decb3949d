//! The stream: each socket gets exactly what follows its `since`, in order, and whatever anybody saw is what is replayed.

use std::collections::{BTreeMap, HashMap};

use super::{Micros, Rule, Violation};

/// One event on one socket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// Whose stream.
    pub session: String,
    /// Which of the run's sockets.
    pub connection: u64,
    /// What the socket was opened with.
    pub since: i64,
    /// The event's number.
    pub seq: i64,
    /// The frame as it came.
    pub text: String,
    /// When it came.
    pub at: Micros,
}

/// The rules `Gap`, `Duplicate`, `Disorder`, `Different` and `Unreplayable`. `replays` has each session's stream from the
/// first event to the last, as it is at the end.
pub fn check(frames: &[Frame], replays: &BTreeMap<String, Vec<Frame>>) -> Vec<Violation> {
    let mut found = Vec::new();
    let mut sockets: BTreeMap<(&str, u64), Vec<&Frame>> = BTreeMap::new();
    for frame in frames.iter().chain(replays.values().flatten()) {
        sockets.entry((&frame.session, frame.connection)).or_default().push(frame);
    }
    for socket in sockets.values() {
        found.extend(check_socket(socket));
    }
    let kept: HashMap<(&str, i64), &str> =
        replays.values().flatten().map(|frame| ((&*frame.session, frame.seq), &*frame.text)).collect();
    for frame in frames {
        let name = format_args!("{} {}: {}", frame.session, frame.seq, frame.text);
        match kept.get(&(&*frame.session, frame.seq)) {
            Some(text) if *text == frame.text => {}
            Some(text) => found.push(Violation::new(Rule::Different, format!("{name} became {text}"))),
            None => found.push(Violation::new(Rule::Unreplayable, name.to_string())),
        }
    }
    found
}

fn check_socket(frames: &[&Frame]) -> Vec<Violation> {
    let mut found = Vec::new();
    let mut last = frames.first().map_or(0, |frame| frame.since);
    for (at, frame) in frames.iter().enumerate() {
        let rule = match frame.seq - last {
            1 => None,
            2.. => Some(Rule::Gap),
            _ if frames.iter().take(at).any(|earlier| earlier.seq == frame.seq) => Some(Rule::Duplicate),
            _ => Some(Rule::Disorder),
        };
        if let Some(rule) = rule {
            let detail = format!(
                "{} since {}, socket {}: {} came after {last}",
                frame.session, frame.since, frame.connection, frame.seq
            );
            found.push(Violation::new(rule, detail));
        }
        last = last.max(frame.seq);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::rules;

    fn socket(connection: u64, since: i64, seqs: &[i64]) -> Vec<Frame> {
        let frame = |seq: &i64| Frame {
            session: "ada".to_owned(),
            connection,
            since,
            seq: *seq,
            text: format!("event {seq}"),
            at: 0,
        };
        seqs.iter().map(frame).collect()
    }

    fn broken(frames: &[Frame], replay: &[i64]) -> Vec<Rule> {
        rules(&check(frames, &BTreeMap::from([("ada".to_owned(), socket(0, 0, replay))])))
    }

    #[test]
    fn sockets_that_get_their_suffix_are_right() {
        let frames = [socket(1, 0, &[1, 2]), socket(2, 2, &[3, 4]), socket(3, 1, &[2])].concat();
        assert!(broken(&frames, &[1, 2, 3, 4]).is_empty());
    }

    #[test]
    fn a_number_left_out_is_a_gap() {
        assert_eq!(broken(&socket(1, 0, &[1, 3]), &[1, 2, 3]), [Rule::Gap]);
        assert_eq!(broken(&socket(1, 1, &[3]), &[1, 2, 3]), [Rule::Gap], "right after `since`");
        assert_eq!(broken(&[], &[1, 3]), [Rule::Gap], "in what is kept");
    }

    #[test]
    fn a_number_that_comes_again_is_a_duplicate() {
        assert_eq!(broken(&socket(1, 0, &[1, 2, 2]), &[1, 2]), [Rule::Duplicate]);
    }

    #[test]
    fn a_number_that_falls_is_a_disorder() {
        assert_eq!(broken(&socket(1, 2, &[3, 2, 4]), &[1, 2, 3, 4]), [Rule::Disorder]);
        assert_eq!(broken(&socket(1, 0, &[2, 1]), &[1, 2]), [Rule::Gap, Rule::Disorder]);
    }

    #[test]
    fn an_event_that_reads_otherwise_later_is_different() {
        let mut seen = socket(1, 0, &[1]);
        seen[0].text = "another".to_owned();
        assert_eq!(broken(&seen, &[1]), [Rule::Different]);
    }

    #[test]
    fn an_event_that_was_seen_and_isnt_kept_is_unreplayable() {
        assert_eq!(broken(&socket(1, 0, &[1, 2]), &[1]), [Rule::Unreplayable]);
        assert_eq!(rules(&check(&socket(1, 0, &[1]), &BTreeMap::new())), [Rule::Unreplayable]);
    }
}
