//! What a request for events asks for.

use crate::request::Invalid;
use crate::session::resume::Cursor;

/// Events that one page of a job's events has at most, and has when nobody says.
pub const PAGE_MAX: u32 = 500;

/// From where a listener wants to go on, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opening {
    /// The last event that it has; 0 for none.
    pub since: i64,
    /// The epoch that this event belongs to, if it knows.
    pub epoch: Option<String>,
    /// A WebSocket that takes what it missed as JSON arrays.
    pub batch: bool,
}

impl Opening {
    /// Reads the query of `GET /api/stream/:sessionId`. `Last-Event-ID` goes before `since`: an `EventSource` that comes back
    /// sends the address that it began with.
    ///
    /// # Errors
    /// [`Invalid`] naming the parameter or the header.
    pub fn read(pairs: &[(String, String)], last_event_id: Option<&str>) -> Result<Self, Invalid> {
        let mut opening = Self { since: 0, epoch: None, batch: false };
        for (key, value) in pairs {
            match key.as_str() {
                "since" => opening.since = seq("since", value)?,
                "epoch" => opening.epoch = Some(value.clone()),
                "batch" => opening.batch = value == "1",
                _ => {}
            }
        }
        if let Some(id) = last_event_id.filter(|id| !id.is_empty()) {
            opening.since = seq("Last-Event-ID", id)?;
        }
        Ok(opening)
    }

    /// The listener's place in the log.
    pub fn cursor(&self) -> Cursor {
        Cursor::new(self.since, self.epoch.clone())
    }
}

/// Reads the query of `GET /api/jobs/:id/events`: the last event seen, and how many are wanted.
///
/// # Errors
/// [`Invalid`] naming the parameter.
pub fn of_job(pairs: &[(String, String)]) -> Result<(i64, u32), Invalid> {
    let (mut after, mut limit) = (0, PAGE_MAX);
    for (key, value) in pairs {
        match key.as_str() {
            "after" => after = seq("after", value)?,
            "limit" => {
                let given = value.parse().ok().filter(|limit| (1..=PAGE_MAX).contains(limit));
                limit = given.ok_or_else(|| {
                    Invalid::field("limit", format!("must be a number from 1 to {PAGE_MAX}"))
                })?;
            }
            _ => {}
        }
    }
    Ok((after, limit))
}

fn seq(field: &str, text: &str) -> Result<i64, Invalid> {
    text.parse::<u32>()
        .map(i64::from)
        .map_err(|_| Invalid::field(field, "must be the seq of the last event seen, from 0"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(query: &[(&str, &str)]) -> Vec<(String, String)> {
        query.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn a_listener_says_what_it_has() {
        let read = |query: &[(&str, &str)], id| Opening::read(&pairs(query), id).unwrap();
        let nothing = Opening { since: 0, epoch: None, batch: false };
        assert_eq!(read(&[], None), nothing);
        assert_eq!(read(&[("batch", "0"), ("other", "x")], Some("")), nothing);
        let some = Opening { since: 7, epoch: Some("ep0ch".to_owned()), batch: true };
        assert_eq!(read(&[("since", "7"), ("epoch", "ep0ch"), ("batch", "1")], None), some);
        assert_eq!(read(&[("since", "3")], Some("7")).since, 7, "the header is newer");
    }

    #[test]
    fn what_is_no_number_is_refused_by_name() {
        for bad in ["", "x", "-1", "1.5", "99999999999", "1 "] {
            assert_eq!(Opening::read(&pairs(&[("since", bad)]), None).unwrap_err().field, "since");
            assert_eq!(of_job(&pairs(&[("after", bad)])).unwrap_err().field, "after");
            assert_eq!(of_job(&pairs(&[("limit", bad)])).unwrap_err().field, "limit");
        }
        assert_eq!(Opening::read(&[], Some("x")).unwrap_err().field, "Last-Event-ID");
        for bad in ["0", "501"] {
            assert_eq!(of_job(&pairs(&[("limit", bad)])).unwrap_err().field, "limit");
        }
        assert_eq!(of_job(&pairs(&[("after", "4"), ("limit", "500")])), Ok((4, 500)));
        assert_eq!(of_job(&[]), Ok((0, 500)));
    }
}
