//! Who looked at an artifact: by day (UTC) and country, people and programs apart.

use crate::ids::ArtifactId;
use crate::read_model::Query;

/// The longest time that is asked about at once, in milliseconds: a year.
pub const SPAN_MAX_MS: i64 = 366 * 24 * 60 * 60 * 1000;

/// The views of an artifact from `from` on and before `to`, epoch milliseconds.
pub fn views(id: &ArtifactId, from: i64, to: i64) -> Query {
    Query {
        statement: "WITH looks AS (
             SELECT timestamp - timestamp % 86400000 AS day, country, COUNT(*) - SUM(bot) AS people, SUM(bot) AS bots
             FROM artifact_views WHERE artifact_id = ?1 AND timestamp >= ?2 AND timestamp < ?3 GROUP BY 1, 2)
           SELECT json_object('artifact_id', ?1, 'from', CAST(?2 AS INTEGER), 'to', CAST(?3 AS INTEGER),
             'total', (SELECT json_object('people', COALESCE(SUM(people), 0), 'bots', COALESCE(SUM(bots), 0)) FROM looks),
             'countries', (SELECT json_group_array(json(item)) FROM (
               SELECT json_object('country', country, 'people', SUM(people), 'bots', SUM(bots)) AS item
               FROM looks GROUP BY country ORDER BY SUM(people) DESC, SUM(bots) DESC, country)),
             'days', (SELECT json_group_array(json(item)) FROM (
               SELECT json_object('day', date(day / 1000, 'unixepoch'), 'dayStart', day, 'people', SUM(people),
                 'bots', SUM(bots), 'countries', json_group_array(
                   json_object('country', country, 'people', people, 'bots', bots) ORDER BY people DESC, bots DESC, country))
                 AS item FROM looks GROUP BY day ORDER BY day)))",
        params: vec![id.as_str().into(), from.into(), to.into()],
    }
}
