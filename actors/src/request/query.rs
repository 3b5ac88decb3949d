//! The queries of lists: pages, filters, cursors.

use super::{Invalid, PAGE_MAX, QUERY_MAX, TAGS_MAX, at_most};
use crate::ids::{JobId, ProgressionId};
use crate::project::{CostsPage, Filter};
use crate::read_model::SPAN_MAX_MS;

/// The usual page.
const PAGE: u32 = 50;
/// The usual time that is asked about, in milliseconds: thirty days.
const SPAN_MS: i64 = 30 * 24 * 60 * 60 * 1000;

/// Which page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// At most this many.
    pub limit: u32,
    /// Time and id of the last row seen.
    pub before: Option<(i64, String)>,
}

/// Reads `limit` and `cursor` of a list.
///
/// # Errors
/// [`Invalid`] naming the parameter.
pub fn page(pairs: &[(String, String)]) -> Result<Page, Invalid> {
    let mut page = Page { limit: PAGE, before: None };
    for (key, value) in pairs {
        match key.as_str() {
            "limit" => page.limit = limit(value)?,
            "cursor" => page.before = Some(cursor(value)?),
            _ => {}
        }
    }
    Ok(page)
}

/// Reads the query of `GET /api/projects/:id/costs`, a page of jobs.
///
/// # Errors
/// [`Invalid`] naming the parameter.
pub fn costs(pairs: &[(String, String)]) -> Result<CostsPage, Invalid> {
    let mut page = CostsPage { limit: PAGE, after: String::new() };
    for (key, value) in pairs {
        match key.as_str() {
            "limit" => page.limit = limit(value)?,
            "cursor" => {
                let job = JobId::parse(value);
                page.after = job.map_err(|_| not_ours())?.to_string();
            }
            _ => {}
        }
    }
    Ok(page)
}

/// Reads `from` and `to` of `GET /api/artifacts/:id/views`, epoch milliseconds: up to now and the thirty days before when absent.
///
/// # Errors
/// [`Invalid`] naming the parameter.
pub fn span(pairs: &[(String, String)], now: i64) -> Result<(i64, i64), Invalid> {
    let time = |name: &str| {
        let given = pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.parse::<i64>().ok());
        let valid = given.map(|time| time.filter(|time| (0..=1 << 53).contains(time)));
        valid
            .map(|time| time.ok_or_else(|| Invalid::field(name, "must be a time in milliseconds since 1970")))
    };
    let to = time("to").transpose()?.unwrap_or(now);
    let from = time("from").transpose()?.unwrap_or_else(|| (to - SPAN_MS).max(0));
    if !(0..=SPAN_MAX_MS).contains(&(to - from)) {
        return Err(Invalid::field("from", "must be before to, by at most 366 days"));
    }
    Ok((from, to))
}

/// Reads the query of `GET /api/projects/:id/progressions`. Tags come as `tags=a&tags=b`, `tags[]=a`, `tags=a,b` or
/// `tags=["a","b"]`.
///
/// # Errors
/// [`Invalid`] naming the parameter.
pub fn filter(pairs: &[(String, String)]) -> Result<Filter, Invalid> {
    let mut filter = Filter { limit: PAGE, ..Filter::default() };
    for (key, value) in pairs {
        match key.as_str() {
            "query" => {
                at_most("query", value, QUERY_MAX)?;
                filter.query = Some(value.trim().to_owned()).filter(|text| !text.is_empty());
            }
            "tags" | "tags[]" => filter.tags.extend(tags(value)?),
            "limit" => filter.limit = limit(value)?,
            "cursor" => filter.before = Some(progression_cursor(value)?),
            _ => {}
        }
    }
    if filter.tags.len() > TAGS_MAX {
        return Err(Invalid::field("tags", format!("at most {TAGS_MAX}")));
    }
    Ok(filter)
}

fn limit(text: &str) -> Result<u32, Invalid> {
    text.parse()
        .ok()
        .filter(|limit| (1..=PAGE_MAX).contains(limit))
        .ok_or_else(|| Invalid::field("limit", format!("must be a number from 1 to {PAGE_MAX}")))
}

/// A cursor is the time and the id of the last row seen, as `<ms>.<id>`.
fn cursor(text: &str) -> Result<(i64, String), Invalid> {
    text.split_once('.')
        .and_then(|(at, id)| Some((at.parse().ok().filter(|at| *at >= 0)?, id.to_owned())))
        .filter(|(_, id)| !id.is_empty() && id.len() <= 128)
        .ok_or_else(not_ours)
}

fn not_ours() -> Invalid {
    Invalid::field("cursor", "must be the nextCursor of an earlier page")
}

fn progression_cursor(text: &str) -> Result<(i64, String), Invalid> {
    let (at, id) = cursor(text)?;
    ProgressionId::parse(&id).map(|id| (at, id.to_string())).map_err(|_| not_ours())
}

fn tags(value: &str) -> Result<Vec<String>, Invalid> {
    let given: Vec<String> = if value.trim_start().starts_with('[') {
        serde_json::from_str(value).map_err(|_| Invalid::field("tags", "must be a list of texts"))?
    } else {
        value.split(',').map(str::to_owned).collect()
    };
    let tags: Vec<String> =
        given.iter().map(|tag| tag.trim().to_lowercase()).filter(|tag| !tag.is_empty()).collect();
    for tag in &tags {
        if !tag.chars().all(|c| c.is_alphanumeric() || c == '-') || tag.chars().count() > 64 {
            return Err(Invalid::field("tags", "must be in kebab-case, at most 64 characters each"));
        }
    }
    Ok(tags)
}
