//! What D1 is asked and told about tips. Each statement yields one JSON text, or nothing.

use super::tip::{Key, Tip};
use crate::json;
use crate::operation::Operation;
use crate::provider::Provider;
use crate::read_model::Query;
use crate::request::{self, Invalid};
use crate::sql::{Fault, Value};

/// The usual page, and the largest.
const PAGE: u32 = 50;
const PAGE_MAX: i64 = 200;

/// What a caller believes a tip's version to be.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Expected {
    /// By `If-Match`: another one is 412.
    pub header: Option<u64>,
    /// By the body: another one is 409.
    pub body: Option<u64>,
}

/// How a tip can change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// It's new; nothing happens when there is one.
    Make(Tip),
    /// Another version.
    Replace(Tip),
    /// It's gone.
    Delete(Key),
}

/// Each key's newest row: `SQLite` takes the other columns from the row that has the maximum.
macro_rules! newest {
    ($where:literal) => {
        concat!(
            "WITH newest AS (SELECT key, version, value, created_at, MAX(revision) AS revision FROM knowledge_versions ",
            $where,
            " GROUP BY key) "
        )
    };
}

/// A tip as people see it, of a row whose `body` is JSON.
macro_rules! shown {
    ($more:literal) => {
        concat!(
            "json_object('key', key, 'version', version, 'revision', revision,
               'provider', substr(key, 1, instr(key, '/') - 1), 'title', body ->> '$.title', 'tip', body ->> '$.tip',
               'when', json_object('ops', json(COALESCE(body -> '$.when.ops', '[]')),
                 'any', json(COALESCE(body -> '$.when.any', '[]'))),
               'source', body ->> '$.source', ",
            $more,
            ")"
        )
    };
}

const LIST: &str = concat!(
    newest!("WHERE ?3 IS NULL OR (key >= ?3 || '/' AND key < ?3 || '0')"),
    ", page AS (SELECT * FROM (SELECT *, iif(json_valid(value), value, '{}') AS body FROM newest WHERE value IS NOT NULL)
         WHERE key > ?1 AND (?4 IS NULL OR COALESCE(json_array_length(body, '$.when.ops'), 0) = 0
           OR EXISTS (SELECT 1 FROM json_each(body, '$.when.ops') AS op WHERE op.value = ?4))
         ORDER BY key LIMIT ?2)
       SELECT json_object(
         'tips', (SELECT json_group_array(json(item)) FROM (SELECT ",
    shown!("'updatedAt', created_at"),
    " AS item FROM page ORDER BY key)),
         'nextCursor', (SELECT CASE WHEN COUNT(*) = ?2 THEN MAX(key) END FROM page),
         'revision', (SELECT COALESCE(MAX(revision), 0) FROM knowledge_versions))"
);

const ONE: &str = concat!(
    newest!("WHERE key = ?1"),
    "SELECT ",
    shown!("'updatedAt', created_at"),
    " FROM (SELECT *, iif(json_valid(value), value, '{}') AS body FROM newest WHERE value IS NOT NULL)"
);

const VERSIONS: &str = concat!(
    "WITH page AS (SELECT *, iif(json_valid(value), value, '{}') AS body FROM knowledge_versions
         WHERE key = ?1 AND (?3 IS NULL OR revision < ?3) ORDER BY revision DESC LIMIT ?2)
       SELECT json_object('key', ?1,
         'versions', (SELECT json_group_array(json(item)) FROM (SELECT ",
    shown!("'deleted', json(iif(value IS NULL, 'true', 'false')), 'createdAt', created_at"),
    " AS item FROM page ORDER BY revision DESC)),
         'nextCursor', (SELECT CASE WHEN COUNT(*) = ?2 THEN CAST(MIN(revision) AS TEXT) END FROM page))
       WHERE EXISTS (SELECT 1 FROM knowledge_versions WHERE key = ?1)"
);

const AT: &str = concat!(
    newest!("WHERE key >= ?1 || '/' AND key < ?1 || '0' AND (?2 IS NULL OR revision <= ?2)"),
    "SELECT json_object('revision', (SELECT COALESCE(MAX(revision), 0) FROM knowledge_versions),
         'tips', (SELECT json_group_array(json(item)) FROM (SELECT
           json_object('key', key, 'version', version, 'value', value) AS item
           FROM newest WHERE value IS NOT NULL ORDER BY key)))"
);

const APPLIED: &str =
    "SELECT json_group_array(json_object('key', kept.key, 'version', kept.version, 'value', kept.value))
  FROM json_each(?1) AS wanted JOIN knowledge_versions AS kept
    ON kept.key = wanted.value ->> 0 AND kept.version = CAST(wanted.value ->> 1 AS INTEGER)
  WHERE kept.value IS NOT NULL";

/// The version that comes next, and whether the one that's there is the expected one.
macro_rules! next {
    () => {
        "(SELECT COALESCE(MAX(version), 0) + 1 FROM knowledge_versions WHERE key = ?1)"
    };
}
macro_rules! as_expected {
    () => {
        "(?2 IS NULL OR ?2 = (SELECT MAX(version) FROM knowledge_versions WHERE key = ?1))"
    };
}

const MAKE: &str = concat!(
    "INSERT INTO knowledge_base (key, value) SELECT ?1, json_set(?2, '$.version', ",
    next!(),
    ") WHERE true ON CONFLICT (key) DO NOTHING RETURNING json_array(key)"
);

const REPLACE: &str = concat!(
    "UPDATE knowledge_base SET value = json_set(?3, '$.version', ",
    next!(),
    ") WHERE key = ?1 AND ",
    as_expected!(),
    " RETURNING json_array(key)"
);

const DELETE: &str =
    concat!("DELETE FROM knowledge_base WHERE key = ?1 AND ", as_expected!(), " RETURNING json_array(key)");

/// `GET /api/knowledge?provider=&op=&limit=&cursor=`: a page, in the order of the keys.
///
/// # Errors
/// [`Invalid`] naming the parameter.
pub fn list(pairs: &[(String, String)]) -> Result<Query, Invalid> {
    let (mut after, mut limit) = (String::new(), PAGE);
    let (mut provider, mut operation) = (Value::Null, Value::Null);
    for (name, text) in pairs {
        match name.as_str() {
            "provider" => {
                let known = Provider::parse(text)
                    .ok_or_else(|| Invalid::field(name, "must be openai, gemini or workers"))?;
                provider = known.as_str().into();
            }
            "op" => {
                let all = Operation::ALL.map(Operation::as_str);
                let named = request::named(name, Some(text), Operation::parse, &all)?;
                operation = named.map(Operation::as_str).into();
            }
            "limit" => limit = read_limit(text)?,
            "cursor" => {
                let key = text.split_once('/').and_then(|(provider, name)| Key::parse(provider, name));
                key.ok_or_else(|| Invalid::field(name, "must be the nextCursor of an earlier page"))?
                    .as_str()
                    .clone_into(&mut after);
            }
            _ => return Err(Invalid::field(name, "unknown parameter")),
        }
    }
    Ok(Query { statement: LIST, params: vec![after.into(), limit.into(), provider, operation] })
}

/// `GET /api/knowledge/:key`; nothing when there is no such tip.
pub fn one(key: &Key) -> Query {
    Query { statement: ONE, params: vec![key.as_str().into()] }
}

/// `GET /api/knowledge/:key/versions?limit=&cursor=`, newest first; nothing when there has never been such a tip.
///
/// # Errors
/// [`Invalid`] naming the parameter.
pub fn versions(key: &Key, pairs: &[(String, String)]) -> Result<Query, Invalid> {
    let (mut before, mut limit) = (Value::Null, PAGE);
    for (name, text) in pairs {
        match name.as_str() {
            "limit" => limit = read_limit(text)?,
            "cursor" => {
                let revision = text.parse().ok().filter(|number| (1..=1_i64 << 53).contains(number));
                before = revision
                    .ok_or_else(|| Invalid::field(name, "must be the nextCursor of an earlier page"))?
                    .into();
            }
            _ => return Err(Invalid::field(name, "unknown parameter")),
        }
    }
    Ok(Query { statement: VERSIONS, params: vec![key.as_str().into(), limit.into(), before] })
}

/// A provider's tips, as a [`super::Knowledge`]: as they stand, or as they stood at a revision.
pub fn at(provider: Provider, revision: Option<u64>) -> Query {
    Query { statement: AT, params: vec![provider.as_str().into(), number(revision)] }
}

/// These versions of tips (each `key@version`), as a list of [`super::Kept`]; those that were never there are left out.
///
/// # Errors
/// [`Fault::Corrupt`] when they can't be written as JSON.
pub fn applied(ids: &[&str]) -> Result<Query, Fault> {
    let wanted: Vec<(&str, &str)> = ids.iter().filter_map(|id| id.rsplit_once('@')).collect();
    Ok(Query { statement: APPLIED, params: vec![json::write(&wanted)?.into()] })
}

/// Makes a change, in one statement; nothing comes back when it wasn't made, because the tip is there (`Make`), or isn't, or
/// has another version than expected.
///
/// # Errors
/// [`Fault::Corrupt`] when the tip can't be written as JSON.
pub fn change(change: &Change, expected: Expected) -> Result<Query, Fault> {
    // At odds with each other, they can't both be met: then it's the header's that counts.
    let version = number(expected.header.or(expected.body));
    Ok(match change {
        Change::Make(tip) => {
            Query { statement: MAKE, params: vec![tip.id.as_str().into(), json::write(tip)?.into()] }
        }
        Change::Replace(tip) => Query {
            statement: REPLACE,
            params: vec![tip.id.as_str().into(), version, json::write(tip)?.into()],
        },
        Change::Delete(key) => Query { statement: DELETE, params: vec![key.as_str().into(), version] },
    })
}

/// Beyond 2^53 there is no revision and no version.
fn number(of: Option<u64>) -> Value {
    of.map(|number| i64::try_from(number.min(1 << 53)).unwrap_or(1 << 53)).into()
}

fn read_limit(text: &str) -> Result<u32, Invalid> {
    request::within("limit", text.parse().unwrap_or(0), 1, PAGE_MAX)
}
