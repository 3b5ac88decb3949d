//! What operators ask across projects: lists with filters and keyset cursors, and figures. Every answer says how old the
//! newest snapshot is. No R2 key is in any of them, nor a parked item, which can hold one.
//!
//! A list is a statement and its filters; [`query`] reads what a caller sent into its parameters. `?1` is the time, a paged
//! list then has `?2` and `?3` for the cursor and `?4` for the limit, and the filters follow in their order, NULL when they
//! aren't given. Numbers are bound as REAL, so those that are shown are cast.

use serde::Deserialize;
use serde::de::IntoDeserializer;
use serde::de::value::{Error, StrDeserializer};

use crate::address::ActorName;
use crate::artifact;
use crate::ids::{ArtifactId, ProjectId, SessionId};
use crate::provider::Provider;
use crate::read_model::Query;
use crate::request::{Invalid, QUERY_MAX};
use crate::sql::Value;

/// Largest page, and the usual one.
pub const PAGE_MAX: u32 = 100;
const PAGE: u32 = 50;
/// Actors that are read from D1 at a time.
pub const NAMES: u32 = 5_000;
/// Longest id in a cursor, in bytes: a session's name and a number.
const CURSOR_ID_MAX: usize = 200;

/// A question: the last part of its path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum List {
    /// Totals of everything.
    Overview,
    /// Projects, by last change.
    Projects,
    /// Jobs, by beginning.
    Jobs,
    /// Progressions of all projects.
    Progressions,
    /// What each provider was asked and how it went.
    Providers,
    /// Artifacts.
    Artifacts,
    /// Views by artifact and day (UTC).
    Views,
    /// Parked items of the actors' outboxes.
    Outbox,
    /// Dead messages of the queue.
    Queue,
}

/// One query parameter.
struct Filter {
    name: &'static str,
    read: fn(&str) -> Option<Value>,
    expected: &'static str,
}

/// A common table: when the newest snapshot was said. Publishing touches its project, so artifacts needn't be asked.
macro_rules! fresh {
    () => {
        "WITH fresh AS (SELECT MAX(at) AS at FROM
           (SELECT MAX(updated_at) AS at FROM projects UNION ALL SELECT MAX(updated_at) FROM jobs))"
    };
}

/// The end of every answer.
macro_rules! staleness {
    () => {
        "'newestSnapshotAt', (SELECT at FROM fresh), 'now', CAST(?1 AS INTEGER),
         'staleMs', (SELECT MAX(0, CAST(?1 AS INTEGER) - at) FROM fresh))"
    };
}

/// A paged list, newest first. `$from` selects columns that include `at` and `id`; `$item` are the fields shown of a row.
macro_rules! paged {
    ($name:literal, $from:literal, $item:literal) => {
        concat!(
            fresh!(),
            ", page AS (SELECT * FROM (SELECT ",
            $from,
            ") WHERE at < ?2 OR (at = ?2 AND id > ?3) ORDER BY at DESC, id LIMIT ?4)
             SELECT json_object('",
            $name,
            "', (SELECT json_group_array(json(item)) FROM (SELECT json_object(",
            $item,
            ") AS item FROM page ORDER BY at DESC, id)),
             'nextCursor', (SELECT CASE WHEN COUNT(*) = ?4 THEN
               (SELECT at || '.' || id FROM page ORDER BY at, id DESC LIMIT 1) END FROM page), ",
            staleness!()
        )
    };
}

const OVERVIEW: &str = concat!(
    fresh!(),
    "SELECT json_object(
       'projects', (SELECT COUNT(*) FROM projects),
       'jobs', (SELECT json_object('total', COUNT(*), 'running', COALESCE(SUM(state = 'running'), 0),
         'complete', COALESCE(SUM(state = 'complete'), 0)) FROM jobs),
       'oldestRunningJobAt', (SELECT MIN(created_at) FROM jobs WHERE state = 'running'),
       'progressions', (SELECT json_object('total', COUNT(*), 'passed', COALESCE(SUM(judgment = 'pass'), 0),
         'failed', COALESCE(SUM(judgment = 'fail'), 0), 'undecided', COALESCE(SUM(judgment IS NULL), 0),
         'nearDuplicates', COUNT(near_duplicate_of)) FROM image_progressions),
       'providers', (SELECT json_group_object(provider, json(figures)) FROM (
         SELECT ai_provider AS provider, json_object('images', COUNT(*),
           'passed', COALESCE(SUM(judgment = 'pass'), 0), 'averageMs', CAST(AVG(provider_ms) AS INTEGER)) AS figures
         FROM image_progressions WHERE ai_provider IS NOT NULL GROUP BY ai_provider)),
       'providerCalls', (SELECT json_object('total', COUNT(*), 'failed', COALESCE(SUM(outcome <> 'ok'), 0),
         'unpriced', COUNT(*) - COUNT(cost_nanousd), 'costNanousd', SUM(cost_nanousd), 'costUsd', SUM(cost_nanousd) / 1e9)
         FROM provider_calls),
       'artifacts', (SELECT COUNT(*) FROM artifacts),
       'views', (SELECT COUNT(*) FROM artifact_views),
       'parkedItems', (SELECT COUNT(*) FROM outbox_dead WHERE requeued_at IS NULL),
       'deadQueueMessages', (SELECT COUNT(*) FROM queue_dead), ",
    staleness!()
);

const PROJECTS: &str = paged!(
    "projects",
    "id, name, description, created_at, updated_at AS at FROM projects
       WHERE ?5 IS NULL OR instr(lower(name || char(10) || description), lower(?5))",
    "'id', id, 'name', name, 'description', description,
       'progressions', (SELECT COUNT(*) FROM image_progressions WHERE project_id = page.id),
       'jobs', (SELECT COUNT(*) FROM jobs WHERE project_id = page.id), 'createdAt', created_at, 'updatedAt', at"
);

const JOBS: &str = paged!(
    "jobs",
    "*, created_at AS at FROM jobs WHERE (?5 IS NULL OR state = ?5)
       AND (?6 IS NULL OR instr(providers, '\"' || ?6 || '\"')) AND (?7 IS NULL OR project_id = ?7)
       AND (?8 IS NULL OR session_id = ?8) AND (?9 IS NULL OR created_at <= ?1 - ?9)",
    "'id', id, 'projectId', project_id, 'sessionId', session_id, 'prompt', prompt, 'state', state,
       'providers', json(providers), 'variants', variants, 'completed', completed, 'failed', failed, 'cancelled', cancelled,
       'superseded', superseded, 'passed', passed, 'nearDuplicates', near_duplicates, 'createdAt', at,
       'updatedAt', updated_at, 'deadlineAt', deadline_at, 'ageMs', CAST(?1 AS INTEGER) - at"
);

const PROGRESSIONS: &str = paged!(
    "progressions",
    "*, created_at AS at FROM image_progressions WHERE (?5 IS NULL OR project_id = ?5)
       AND (?6 IS NULL OR ai_provider = ?6) AND (?7 IS NULL OR COALESCE(judgment, 'undecided') = ?7)
       AND (?8 IS NULL OR EXISTS (SELECT 1 FROM json_each(ai_tags) WHERE value = ?8))
       AND (?9 IS NULL OR (near_duplicate_of IS NOT NULL) = ?9)
       AND (?10 IS NULL OR instr(lower(COALESCE(prompt, '') || char(10) || COALESCE(ai_notes, '')), lower(?10)))",
    "'id', id, 'projectId', project_id, 'parentProgressionId', parent_progression_id, 'jobId', job_id,
       'variantIndex', variant_index, 'operation', operation, 'prompt', prompt, 'provider', ai_provider, 'model', model,
       'generatedImageUrl', generated_image_url, 'mediaType', media_type, 'width', width, 'height', height,
       'judgment', judgment, 'scores', json(scores), 'notes', ai_notes, 'tags', json(ai_tags), 'nearDuplicateOf', near_duplicate_of,
       'nearDuplicateDistance', near_duplicate_distance, 'providerMs', provider_ms, 'createdAt', at"
);

const PROVIDERS: &str = concat!(
    fresh!(),
    ", calls AS (SELECT provider, task, outcome, ms, cost_nanousd FROM provider_calls WHERE at >= COALESCE(?2, 0)),
     ranked AS (SELECT provider, task, ms, ROW_NUMBER() OVER (PARTITION BY provider, task ORDER BY ms) AS place,
       COUNT(*) OVER (PARTITION BY provider, task) AS total FROM calls WHERE outcome = 'ok' AND ms IS NOT NULL),
     tasks AS (SELECT provider, json_object('task', task, 'calls', COUNT(*), 'ok', SUM(outcome = 'ok'),
       'unpriced', COUNT(*) - COUNT(cost_nanousd), 'costNanousd', SUM(cost_nanousd), 'costUsd', SUM(cost_nanousd) / 1e9,
       'errors', (SELECT json_group_object(outcome, times) FROM (SELECT outcome, COUNT(*) AS times FROM calls AS it
          WHERE it.provider = calls.provider AND it.task = calls.task AND outcome <> 'ok' GROUP BY outcome)),
       'p50Ms', (SELECT MIN(ms) FROM ranked AS it
          WHERE it.provider = calls.provider AND it.task = calls.task AND place >= 0.5 * total),
       'p95Ms', (SELECT MIN(ms) FROM ranked AS it
          WHERE it.provider = calls.provider AND it.task = calls.task AND place >= 0.95 * total)) AS figures
       FROM calls GROUP BY provider, task ORDER BY provider, task),
     images AS (SELECT ai_provider AS provider, COUNT(*) AS total, SUM(judgment = 'pass') AS passed,
       SUM(judgment = 'fail') AS failed, SUM(judgment IS NULL) AS undecided, COUNT(near_duplicate_of) AS twins
       FROM image_progressions WHERE ai_provider IS NOT NULL AND created_at >= COALESCE(?2, 0) GROUP BY ai_provider),
     names AS (SELECT provider FROM calls UNION SELECT provider FROM images)
     SELECT json_object('providers', (SELECT json_group_array(json(item)) FROM (SELECT json_object(
       'provider', names.provider,
       'tasks', (SELECT json_group_array(json(figures)) FROM tasks WHERE tasks.provider = names.provider),
       'images', COALESCE(total, 0), 'passed', COALESCE(passed, 0), 'failed', COALESCE(failed, 0),
       'undecided', COALESCE(undecided, 0), 'passRate', round(1.0 * passed / total, 4),
       'nearDuplicates', COALESCE(twins, 0)) AS item
       FROM names LEFT JOIN images ON images.provider = names.provider ORDER BY names.provider)), ",
    staleness!()
);

const ARTIFACTS: &str = paged!(
    "artifacts",
    "*, created_at AS at FROM artifacts WHERE (?5 IS NULL OR kind = ?5) AND (?6 IS NULL OR project_id = ?6
       OR EXISTS (SELECT 1 FROM project_artifacts AS link WHERE link.project_id = ?6 AND artifact_id = artifacts.id))",
    "'id', id, 'kind', kind, 'title', title, 'projectId', project_id, 'publicSlug', public_slug, 'mediaType', media_type,
       'bytes', bytes, 'views', (SELECT COUNT(*) FROM artifact_views WHERE artifact_id = page.id), 'createdAt', at,
       'updatedAt', updated_at"
);

const VIEWS: &str = paged!(
    "views",
    "artifact_id AS id, timestamp - timestamp % 86400000 AS at, COUNT(*) AS views,
       SUM(bot) AS bots, COUNT(DISTINCT ip_address) AS networks FROM artifact_views WHERE (?5 IS NULL OR artifact_id = ?5)
       AND timestamp >= COALESCE(?6, 0) AND (?7 IS NULL OR timestamp < ?7)
       GROUP BY artifact_id, timestamp - timestamp % 86400000",
    "'artifactId', id, 'day', date(at / 1000, 'unixepoch'), 'dayStart', at, 'views', views,
       'people', views - bots, 'bots', bots, 'networks', networks"
);

// Of an item only what it's about is shown: the receiver and the message's name, or the table and the row's id.
const OUTBOX: &str = paged!(
    "items",
    "actor || '/' || seq AS id, parked_at AS at, actor, seq, lane, error, attempts, created_at, requeued_at,
       CASE WHEN json_valid(item) THEN item END AS item
       FROM outbox_dead WHERE (?5 IS NULL OR lane = ?5) AND (?6 IS NULL OR actor = ?6)",
    "'actor', actor, 'seq', seq, 'lane', lane, 'table', item ->> '$.snapshot.table',
       'row', item ->> '$.snapshot.columns.id',
       'message', (SELECT kind.key || '.' || CASE kind.type WHEN 'object'
          THEN (SELECT name.key FROM json_each(kind.value) AS name LIMIT 1) ELSE kind.value END
        FROM json_each(item, '$.tell.message') AS kind LIMIT 1),
       'error', error, 'attempts', attempts, 'createdAt', created_at, 'parkedAt', at, 'requeuedAt', requeued_at"
);

const QUEUE: &str = paged!(
    "messages",
    "*, created_at AS at FROM queue_dead",
    "'id', id, 'body', substr(body, 1, 2000), 'error', error, 'attempts', attempts, 'createdAt', at"
);

/// All actors that D1 knows of besides jobs, in the order of their names, after `after`; at most [`NAMES`].
pub fn names(after: &str) -> Query {
    Query {
        statement: "SELECT json_group_array(name) FROM (SELECT name FROM
             (SELECT 'project:' || id AS name FROM projects UNION ALL SELECT 'artifact:' || id FROM artifacts)
           WHERE name > ? ORDER BY name LIMIT ?)",
        params: vec![after.into(), NAMES.into()],
    }
}

/// What a dead message of the queue says, `null` when there is none with this id.
pub fn dead_message(id: &str) -> Query {
    Query {
        statement: "SELECT json_array((SELECT body FROM queue_dead WHERE id = ?))",
        params: vec![id.into()],
    }
}

/// Forgets a dead message.
pub const FORGET_MESSAGE: &str = "DELETE FROM queue_dead WHERE id = ?";

impl List {
    /// The list with this name in a path.
    pub fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "overview" => Self::Overview,
            "projects" => Self::Projects,
            "jobs" => Self::Jobs,
            "progressions" => Self::Progressions,
            "providers" => Self::Providers,
            "artifacts" => Self::Artifacts,
            "views" => Self::Views,
            "outbox" => Self::Outbox,
            "queue" => Self::Queue,
            _ => return None,
        })
    }

    const fn statement(self) -> &'static str {
        match self {
            Self::Overview => OVERVIEW,
            Self::Projects => PROJECTS,
            Self::Jobs => JOBS,
            Self::Progressions => PROGRESSIONS,
            Self::Providers => PROVIDERS,
            Self::Artifacts => ARTIFACTS,
            Self::Views => VIEWS,
            Self::Outbox => OUTBOX,
            Self::Queue => QUEUE,
        }
    }

    const fn is_paged(self) -> bool {
        !matches!(self, Self::Overview | Self::Providers)
    }

    const fn filters(self) -> &'static [Filter] {
        match self {
            Self::Overview | Self::Queue => &[],
            Self::Projects => &[QUERY],
            Self::Jobs => &[STATE, PROVIDER, PROJECT, SESSION, OLDER_THAN],
            Self::Progressions => &[PROJECT, PROVIDER, JUDGMENT, TAG, NEAR_DUPLICATES, QUERY],
            Self::Providers => &[SINCE],
            Self::Artifacts => &[KIND, PROJECT],
            Self::Views => &[ARTIFACT, SINCE, UNTIL],
            Self::Outbox => &[LANE, ACTOR],
        }
    }
}

/// Reads a list's query.
///
/// # Errors
/// [`Invalid`] naming the parameter: one that the list doesn't have, that comes twice, or whose value makes no sense.
pub fn query(list: List, pairs: &[(String, String)], now: i64) -> Result<Query, Invalid> {
    let filters = list.filters();
    let (mut limit, mut cursor) = (PAGE, (i64::MAX >> 11, String::new()));
    let mut given = vec![Value::Null; filters.len()];
    for (at, (name, text)) in pairs.iter().enumerate() {
        if pairs.iter().take(at).any(|(other, _)| other == name) {
            return Err(Invalid::field(name, "given twice"));
        }
        match name.as_str() {
            "limit" if list.is_paged() => limit = read_limit(text)?,
            "cursor" if list.is_paged() => cursor = read_cursor(text)?,
            _ => {
                let mut slots = filters.iter().zip(given.iter_mut());
                let Some((filter, slot)) = slots.find(|(filter, _)| filter.name == name) else {
                    return Err(Invalid::field(name, "unknown parameter"));
                };
                *slot = (filter.read)(text).ok_or_else(|| Invalid::field(name, filter.expected))?;
            }
        }
    }
    let mut params = vec![now.into()];
    if list.is_paged() {
        params.extend([cursor.0.into(), cursor.1.into(), limit.into()]);
    }
    params.extend(given);
    Ok(Query { statement: list.statement(), params })
}

const TIME: &str = "must be a time in milliseconds since 1970";
const QUERY: Filter = Filter { name: "query", read: words, expected: "must be 1 to 500 characters" };
const STATE: Filter = Filter {
    name: "state",
    read: |text| one_of(text, &["running", "complete"]),
    expected: "must be running or complete",
};
const PROVIDER: Filter = Filter {
    name: "provider",
    read: |text| Provider::parse(text).map(|provider| provider.as_str().into()),
    expected: "must be openai, gemini or workers",
};
const PROJECT: Filter = Filter {
    name: "projectId",
    read: |text| ProjectId::parse(text).ok().map(|_| text.into()),
    expected: "must be a project's id",
};
const SESSION: Filter = Filter {
    name: "sessionId",
    read: |text| SessionId::parse(text).ok().map(|_| text.into()),
    expected: "must be 1 to 128 letters, digits, hyphens or underscores",
};
const ARTIFACT: Filter = Filter {
    name: "artifactId",
    read: |text| ArtifactId::parse(text).ok().map(|_| text.into()),
    expected: "must be an artifact's id",
};
const ACTOR: Filter = Filter {
    name: "actor",
    read: |text| ActorName::parse(text).ok().map(|_| text.into()),
    expected: "must be an actor's name, as project:<id>",
};
const LANE: Filter = Filter {
    name: "lane",
    read: |text| (text == "d1" || ActorName::parse(text).is_ok()).then(|| text.into()),
    expected: "must be d1 or an actor's name",
};
const OLDER_THAN: Filter =
    Filter { name: "olderThanMs", read: millis, expected: "must be a number of milliseconds" };
const SINCE: Filter = Filter { name: "since", read: millis, expected: TIME };
const UNTIL: Filter = Filter { name: "until", read: millis, expected: TIME };
const JUDGMENT: Filter = Filter {
    name: "judgment",
    read: |text| one_of(text, &["pass", "fail", "undecided"]),
    expected: "must be pass, fail or undecided",
};
const TAG: Filter = Filter { name: "tag", read: words, expected: "must be one tag" };
const NEAR_DUPLICATES: Filter = Filter {
    name: "nearDuplicates",
    read: |text| match text {
        "true" => Some(1_i64.into()),
        "false" => Some(0_i64.into()),
        _ => None,
    },
    expected: "must be true or false",
};
const KIND: Filter = Filter {
    name: "kind",
    read: |text| {
        let kind: StrDeserializer<'_, Error> = text.into_deserializer();
        artifact::Kind::deserialize(kind).ok().map(|kind| kind.as_str().into())
    },
    expected: "must be a kind of artifact",
};

fn words(text: &str) -> Option<Value> {
    (!text.trim().is_empty() && text.chars().count() <= QUERY_MAX).then(|| text.trim().into())
}

fn one_of(text: &str, words: &[&str]) -> Option<Value> {
    words.contains(&text).then(|| text.into())
}

/// At most 2^53, which is where JavaScript's integers end.
fn millis(text: &str) -> Option<Value> {
    text.parse().ok().filter(|number| (0..=1_i64 << 53).contains(number)).map(Value::Integer)
}

fn read_limit(text: &str) -> Result<u32, Invalid> {
    text.parse()
        .ok()
        .filter(|limit| (1..=PAGE_MAX).contains(limit))
        .ok_or_else(|| Invalid::field("limit", format!("must be a number from 1 to {PAGE_MAX}")))
}

/// A cursor is the time and the id of the last row seen, as `<ms>.<id>`.
fn read_cursor(text: &str) -> Result<(i64, String), Invalid> {
    text.split_once('.')
        .and_then(|(at, id)| Some((at.parse().ok().filter(|at| (0..=1 << 53).contains(at))?, id.to_owned())))
        .filter(|(_, id)| !id.is_empty() && id.len() <= CURSOR_ID_MAX)
        .ok_or_else(|| Invalid::field("cursor", "must be the nextCursor of an earlier page"))
}
