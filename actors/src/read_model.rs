//! The questions that are put to D1: what crosses projects. Each is one statement whose only row and column is the JSON that
//! the caller gets; `SQLite` builds it, so it passes through the Worker untouched.

use crate::sql::Value;

/// A statement with its parameters.
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    /// With `?` placeholders.
    pub statement: &'static str,
    /// In order.
    pub params: Vec<Value>,
}

/// The page of projects after `before` (time of the last change and id of the last one seen), newest change first.
pub fn projects(limit: u32, before: Option<(i64, String)>) -> Query {
    let (at, id) = before.unwrap_or((i64::MAX >> 11, String::new()));
    Query {
        statement: "WITH page AS (
             SELECT id, name, description, created_at, updated_at FROM projects
             WHERE updated_at < ?1 OR (updated_at = ?1 AND id > ?2) ORDER BY updated_at DESC, id LIMIT ?3)
           SELECT json_object(
             'projects', (SELECT json_group_array(json(item)) FROM (SELECT json_object('id', id, 'name', name,
               'description', description, 'createdAt', created_at, 'updatedAt', updated_at) AS item
               FROM page ORDER BY updated_at DESC, id)),
             'nextCursor', (SELECT CASE WHEN COUNT(*) = ?3 THEN
               (SELECT updated_at || '.' || id FROM page ORDER BY updated_at, id DESC LIMIT 1) END FROM page))",
        params: vec![at.into(), id.into(), limit.into()],
    }
}

/// What there is, in numbers, and how old the newest snapshot is told by `newestSnapshotAt` (epoch milliseconds).
pub fn overview() -> Query {
    Query {
        statement: "SELECT json_object(
             'projects', (SELECT COUNT(*) FROM projects),
             'jobs', (SELECT json_object('total', COUNT(*), 'running', COALESCE(SUM(state = 'running'), 0),
               'complete', COALESCE(SUM(state = 'complete'), 0)) FROM jobs),
             'progressions', (SELECT json_object('total', COUNT(*), 'passed', COALESCE(SUM(judgment = 'pass'), 0),
               'failed', COALESCE(SUM(judgment = 'fail'), 0), 'undecided', COALESCE(SUM(judgment IS NULL), 0),
               'nearDuplicates', COUNT(near_duplicate_of)) FROM image_progressions),
             'providers', (SELECT json_group_object(provider, json(figures)) FROM (
               SELECT ai_provider AS provider, json_object('images', COUNT(*),
                 'passed', COALESCE(SUM(judgment = 'pass'), 0), 'averageMs', CAST(AVG(provider_ms) AS INTEGER)) AS figures
               FROM image_progressions WHERE ai_provider IS NOT NULL GROUP BY ai_provider)),
             'artifacts', (SELECT COUNT(*) FROM artifacts),
             'views', (SELECT COUNT(*) FROM artifact_views),
             'deadQueueMessages', (SELECT COUNT(*) FROM queue_dead),
             'newestSnapshotAt', (SELECT MAX(at) FROM (SELECT MAX(updated_at) AS at FROM projects
               UNION ALL SELECT MAX(updated_at) FROM jobs)))",
        params: Vec::new(),
    }
}

/// The knowledge base's rows for a provider. Their keys begin with the provider's name and a slash; `0` follows `/`.
pub fn tips(provider: &str) -> Query {
    Query {
        statement: "SELECT json_group_array(value) FROM
             (SELECT value FROM knowledge_base WHERE key >= ?1 || '/' AND key < ?1 || '0' ORDER BY key)",
        params: vec![provider.into()],
    }
}
