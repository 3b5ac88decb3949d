//! A project's tables: its head, its progressions, and the artifacts that show it.
//!
//! What the API shows, D1's row and a generator's gallery are all built by `SQLite` as JSON from the one table: nothing is
//! taken apart and put together again on the way.

use crate::ids::{ArtifactId, ProgressionId};
use crate::job::judge::Verdict;
use crate::job::message::NearDuplicate;
use crate::json;
use crate::operation::Operation;
use crate::project::likeness::{Action, Change, Hash, Settings, THRESHOLD};
use crate::project::message::{Filter, Progression};
use crate::provider::Provider;
use crate::provider::{DeliveryMode, Provenance};
use crate::sql::{Fault, Row, Sql, Value};

/// Version 1.
pub const SCHEMA: &[&str] = &[
    "CREATE TABLE project (
       id INTEGER PRIMARY KEY CHECK (id = 1), name TEXT NOT NULL, description TEXT NOT NULL, created_at INTEGER NOT NULL,
       updated_at INTEGER NOT NULL, revision INTEGER NOT NULL)",
    // `search` is prompt, notes and tags in lower case: SQLite's own lower() knows ASCII only.
    "CREATE TABLE progressions (
       id TEXT PRIMARY KEY, parent_id TEXT, job_id TEXT, operation TEXT NOT NULL, prompt TEXT NOT NULL, refined_prompt TEXT,
       tip_ids TEXT NOT NULL, provider TEXT, model TEXT, variant_index INTEGER, start_image_url TEXT,
       generated_image_url TEXT, image_id TEXT, original_image_r2_key TEXT, media_type TEXT, width INTEGER,
       height INTEGER, bytes INTEGER, phash TEXT, near_duplicate_of TEXT, near_duplicate_distance INTEGER, usage TEXT,
       provider_ms INTEGER, judgment TEXT, notes TEXT, tags TEXT NOT NULL, retry_suggestion TEXT, search TEXT NOT NULL,
       created_at INTEGER NOT NULL, revision INTEGER NOT NULL) WITHOUT ROWID",
    "CREATE INDEX progressions_created ON progressions (created_at, id)",
    "CREATE TABLE artifacts (artifact_id TEXT PRIMARY KEY, at_ms INTEGER NOT NULL) WITHOUT ROWID",
];

/// Version 3: where the picture is when it isn't the provider's exact bytes that people see, who was asked for and who served,
/// what was done in place of a call that a provider doesn't have, the seed, what the judge scored, as JSON; how pictures
/// are compared, where the project says so, and what was done with each near-duplicate; how a picture is delivered and what its
/// provider signed.
pub const SCHEMA_3: &[&str] = &[
    "ALTER TABLE progressions ADD COLUMN requested_provider TEXT",
    "ALTER TABLE progressions ADD COLUMN requested_model TEXT",
    "ALTER TABLE progressions ADD COLUMN hops TEXT NOT NULL DEFAULT '[]'",
    "ALTER TABLE progressions ADD COLUMN emulated TEXT",
    "ALTER TABLE progressions ADD COLUMN seed INTEGER",
    "ALTER TABLE progressions ADD COLUMN picture_r2_key TEXT",
    "ALTER TABLE progressions ADD COLUMN scores TEXT",
    "ALTER TABLE project ADD COLUMN near_threshold INTEGER",
    "ALTER TABLE project ADD COLUMN near_action TEXT NOT NULL DEFAULT 'mark'",
    "ALTER TABLE progressions ADD COLUMN near_action TEXT NOT NULL DEFAULT 'mark'",
    "ALTER TABLE progressions ADD COLUMN delivery_mode TEXT",
    "ALTER TABLE progressions ADD COLUMN provenance TEXT",
];

/// Version 4: a picture's dominant colours, as JSON.
pub const SCHEMA_4: &[&str] = &["ALTER TABLE progressions ADD COLUMN palette TEXT NOT NULL DEFAULT '[]'"];

/// One progression as the API shows it. No R2 key: originals have no address.
const SHOWN: &str = "json_object('id', id, 'projectId', ?1, 'parentProgressionId', parent_id, 'jobId', job_id,
  'variantIndex', variant_index, 'operation', operation, 'prompt', prompt, 'refinedPrompt', refined_prompt,
  'tipIds', json(tip_ids), 'provider', provider, 'model', model, 'requestedProvider', requested_provider,
  'requestedModel', requested_model, 'reroutes', json(hops), 'emulated', emulated, 'seed', seed, 'startImageUrl', start_image_url,
  'generatedImageUrl', generated_image_url, 'deliveryMode', delivery_mode, 'provenance', provenance, 'mediaType', media_type, 'width', width, 'height', height,
  'nearDuplicateOf', near_duplicate_of, 'nearDuplicateDistance', near_duplicate_distance,
  'nearDuplicateAction', CASE WHEN near_duplicate_of IS NOT NULL THEN near_action END,
  'stackedUnder', CASE WHEN near_action = 'stack' THEN near_duplicate_of END, 'judgment', judgment,
  'notes', notes, 'tags', json(tags), 'retrySuggestion', retry_suggestion, 'scores', json(scores), 'palette', json(palette), 'createdAt', created_at)";

/// Whether the project has begun.
///
/// # Errors
/// [`Fault::Storage`].
pub fn exists(sql: &dyn Sql) -> Result<bool, Fault> {
    Ok(sql.first("SELECT 1 FROM project", &[])?.is_some())
}

/// Begins.
///
/// # Errors
/// [`Fault::Storage`].
pub fn create(sql: &dyn Sql, name: &str, description: &str, now: i64) -> Result<(), Fault> {
    sql.exec(
        "INSERT INTO project (id, name, description, created_at, updated_at, revision) VALUES (1, ?, ?, ?, ?, 1)",
        &[name.into(), description.into(), now.into(), now.into()],
    )?;
    Ok(())
}

/// Changes what is given, and the time of the last change in any case.
///
/// # Errors
/// [`Fault::Storage`].
pub fn touch(sql: &dyn Sql, name: Option<&str>, description: Option<&str>, now: i64) -> Result<(), Fault> {
    sql.exec(
        "UPDATE project SET name = COALESCE(?, name), description = COALESCE(?, description),
           updated_at = MAX(updated_at, ?), revision = revision + 1",
        &[name.into(), description.into(), now.into()],
    )?;
    Ok(())
}

/// The project as the API shows it.
///
/// # Errors
/// [`Fault::Storage`].
pub fn shown(sql: &dyn Sql, id: &str) -> Result<Option<String>, Fault> {
    sql.first(
        "SELECT json_object('id', ?1, 'name', name, 'description', description,
           'progressions', (SELECT COUNT(*) FROM progressions),
           'artifacts', (SELECT json_group_array(artifact_id) FROM (SELECT artifact_id FROM artifacts ORDER BY at_ms)),
           'nearDuplicates', json_object('threshold', CAST(COALESCE(near_threshold, ?2) AS INTEGER), 'action', near_action),
           'budgetUsd', budget / 1e9, 'budgetNanousd', budget, 'createdAt', created_at, 'updatedAt', updated_at) FROM project",
        &[id.into(), THRESHOLD.into()],
    )?
    .map(|row| row.text(0))
    .transpose()
}

/// The project's row in D1.
///
/// # Errors
/// [`Fault::Storage`].
pub fn columns(sql: &dyn Sql, id: &str) -> Result<Option<String>, Fault> {
    sql.first(
        "SELECT json_object('id', ?1, 'name', name, 'description', description, 'created_at', created_at,
           'updated_at', updated_at, 'revision', revision) FROM project",
        &[id.into()],
    )?
    .map(|row| row.text(0))
    .transpose()
}

/// Takes a progression in; one that is there already stays as it is.
///
/// # Errors
/// [`Fault::Storage`].
pub fn insert(
    sql: &dyn Sql,
    it: &Progression,
    job_id: Option<&str>,
    duplicate: Option<&NearDuplicate>,
    now: i64,
) -> Result<(), Fault> {
    sql.exec(
        "INSERT INTO progressions (id, parent_id, job_id, operation, prompt, refined_prompt, tip_ids, provider, model,
           variant_index, start_image_url, generated_image_url, image_id, original_image_r2_key, media_type, width, height,
           bytes, phash, near_duplicate_of, near_duplicate_distance, usage, provider_ms, requested_provider, requested_model, hops,
           emulated, seed, picture_r2_key, near_action, delivery_mode, provenance, palette, tags, search, created_at, revision)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, '[]', ?, ?, 1)
         ON CONFLICT (id) DO NOTHING",
        &[
            it.id.as_str().into(),
            it.parent_id.as_ref().map(ProgressionId::as_str).into(),
            job_id.into(),
            it.operation.as_str().into(),
            it.prompt.as_str().into(),
            it.refined_prompt.as_deref().into(),
            json::write(&it.tip_ids)?.into(),
            it.provider.map(crate::provider::Provider::as_str).into(),
            it.model.as_deref().into(),
            it.variant_index.into(),
            it.start_image_url.as_deref().into(),
            it.generated_image_url.as_deref().into(),
            it.image_id.as_deref().into(),
            it.original_image_r2_key.as_deref().into(),
            it.media_type.as_deref().into(),
            it.width.into(),
            it.height.into(),
            it.bytes.map(whole).into(),
            it.phash.as_deref().into(),
            duplicate.map(|near| near.progression_id.as_str()).into(),
            duplicate.map(|near| near.distance).into(),
            it.usage.as_deref().into(),
            it.provider_ms.map(whole).into(),
            it.requested.as_ref().map(|route| route.provider.as_str()).into(),
            it.requested.as_ref().map(|route| route.model.as_str()).filter(|model| !model.is_empty()).into(),
            json::write(&it.hops)?.into(),
            it.emulated.as_deref().into(),
            it.seed.into(),
            it.picture_r2_key.as_deref().into(),
            duplicate.map_or(Action::Mark, |near| near.action).as_str().into(),
            it.delivery_mode.map(DeliveryMode::as_str).into(),
            it.provenance.map(Provenance::as_str).into(),
            json::write(&it.palette)?.into(),
            it.prompt.to_lowercase().into(),
            now.into(),
        ],
    )?;
    Ok(())
}

/// Writes a verdict. `false` when there is no such progression.
///
/// # Errors
/// [`Fault::Storage`].
pub fn settle(sql: &dyn Sql, id: &ProgressionId, verdict: &Verdict) -> Result<bool, Fault> {
    let said = format!(" {} {}", verdict.notes, verdict.tags.join(" ")).to_lowercase();
    let row = sql.first(
        "UPDATE progressions SET judgment = ?, notes = ?, tags = ?, retry_suggestion = ?, scores = ?, search = search || ?,
           revision = revision + 1 WHERE id = ? RETURNING id",
        &[
            verdict.judgment.map(crate::job::judge::Judgment::as_str).into(),
            verdict.notes.as_str().into(),
            json::write(&verdict.tags)?.into(),
            verdict.retry_suggestion.as_deref().into(),
            verdict.scores.as_ref().map(json::write).transpose()?.into(),
            said.into(),
            id.as_str().into(),
        ],
    )?;
    Ok(row.is_some())
}

/// Whether the progression is here, and what it was found to nearly equal.
///
/// # Errors
/// [`Fault`].
pub fn recorded(sql: &dyn Sql, id: &ProgressionId) -> Result<Option<Option<NearDuplicate>>, Fault> {
    sql.first(
        "SELECT near_duplicate_of, near_duplicate_distance, near_action FROM progressions WHERE id = ?",
        &[id.as_str().into()],
    )?
    .map(|row| {
        Ok(match (row.optional_text(0)?, row.optional_integer(1)?) {
            (Some(id), Some(distance)) => Some(NearDuplicate {
                progression_id: ProgressionId::parse(&id)
                    .map_err(|error| Fault::corrupt("progression", error))?,
                distance: u32::try_from(distance).map_err(|error| Fault::corrupt("progression", error))?,
                action: action(&row.text(2)?)?,
            }),
            _ => None,
        })
    })
    .transpose()
}

/// How the project compares its pictures.
///
/// # Errors
/// [`Fault`].
pub fn settings(sql: &dyn Sql) -> Result<Settings, Fault> {
    let Some(row) = sql.first("SELECT near_threshold, near_action FROM project", &[])? else {
        return Ok(Settings::default());
    };
    let threshold = row.optional_integer(0)?.map_or(Ok(THRESHOLD), u32::try_from);
    let threshold = threshold.map_err(|error| Fault::corrupt("project", error))?;
    Ok(Settings { threshold, action: action(&row.text(1)?)? })
}

/// Changes how the project compares its pictures.
///
/// # Errors
/// [`Fault::Storage`].
pub fn compare(sql: &dyn Sql, change: Change, now: i64) -> Result<(), Fault> {
    sql.exec(
        "UPDATE project SET near_threshold = COALESCE(?, near_threshold), near_action = COALESCE(?, near_action),
           updated_at = MAX(updated_at, ?), revision = revision + 1",
        &[change.threshold.into(), change.action.map(Action::as_str).into(), now.into()],
    )?;
    Ok(())
}

/// Takes a near-duplicate into the tree. `false` when there's nothing to change.
///
/// # Errors
/// [`Fault::Storage`].
pub fn keep(sql: &dyn Sql, id: &ProgressionId) -> Result<bool, Fault> {
    let row = sql.first(
        "UPDATE progressions SET near_action = 'keep', revision = revision + 1
         WHERE id = ? AND near_duplicate_of IS NOT NULL AND near_action <> 'keep' RETURNING id",
        &[id.as_str().into()],
    )?;
    Ok(row.is_some())
}

fn action(text: &str) -> Result<Action, Fault> {
    Action::parse(text).ok_or_else(|| Fault::corrupt("near-duplicate's action", text))
}

/// Hashes read at a time: at about 100 bytes each, under the 2 MB that a value may have.
const HASHES: i64 = 10_000;

/// The hashes by which others are measured, oldest first: of everything that isn't itself a near-duplicate, or is kept as if it
/// weren't. One string a page, because each
/// row that crosses into wasm costs more than its bytes.
///
/// # Errors
/// [`Fault`].
pub fn hashes(sql: &dyn Sql) -> Result<Vec<(ProgressionId, Hash)>, Fault> {
    let mut hashes = Vec::new();
    let mut after = (0, String::new());
    loop {
        let row = sql.first(
            "SELECT group_concat(id || ' ' || phash, char(10)), COUNT(*), MAX(created_at) FROM
               (SELECT id, phash, created_at FROM progressions
                WHERE phash IS NOT NULL AND (near_duplicate_of IS NULL OR near_action = 'keep')
                  AND (created_at, id) > (?, ?)
                ORDER BY created_at, id LIMIT ?)",
            &[after.0.into(), after.1.into(), HASHES.into()],
        )?;
        let Some(row) = row else { return Ok(hashes) };
        let text = row.optional_text(0)?.unwrap_or_default();
        hashes.extend(text.lines().filter_map(|line| {
            let (id, hash) = line.split_once(' ')?;
            Some((ProgressionId::parse(id).ok()?, Hash::parse(hash)?))
        }));
        if row.integer(1)? < HASHES {
            return Ok(hashes);
        }
        let last = text.lines().last().and_then(|line| line.split_once(' ')).map(|(id, _)| id.to_owned());
        after = (row.integer(2)?, last.unwrap_or_default());
    }
}

/// A progression, what it was rolled back to, and what it's a near-duplicate of: the one picture that all of them show.
///
/// # Errors
/// [`Fault`].
pub fn same_picture(sql: &dyn Sql, id: &ProgressionId) -> Result<Vec<ProgressionId>, Fault> {
    let rows = sql.exec(
        "WITH RECURSIVE same (id) AS (
           VALUES (?) UNION
           SELECT COALESCE(near_duplicate_of, parent_id) FROM progressions JOIN same USING (id)
           WHERE near_duplicate_of IS NOT NULL OR operation = 'rollback')
         SELECT id FROM same WHERE id IS NOT NULL",
        &[id.as_str().into()],
    )?;
    rows.iter()
        .map(|row| ProgressionId::parse(&row.text(0)?).map_err(|e| Fault::corrupt("progression", e)))
        .collect()
}

/// The progression's row in D1.
///
/// # Errors
/// [`Fault::Storage`].
pub fn progression_columns(
    sql: &dyn Sql,
    project: &str,
    id: &ProgressionId,
) -> Result<Option<String>, Fault> {
    sql.first(
        "SELECT json_object('id', id, 'project_id', ?1, 'parent_progression_id', parent_id, 'start_image_url',
           start_image_url, 'prompt', prompt, 'generated_image_url', generated_image_url, 'original_image_r2_key',
           original_image_r2_key, 'ai_provider', provider, 'ai_notes', notes, 'ai_tags', tags, 'judgment', judgment,
           'created_at', created_at, 'job_id', job_id, 'variant_index', variant_index, 'model', model, 'refined_prompt',
           refined_prompt, 'tip_ids', tip_ids, 'image_id', image_id, 'media_type', media_type, 'width', width, 'height',
           height, 'bytes', bytes, 'phash', phash, 'near_duplicate_of', near_duplicate_of, 'near_duplicate_distance',
           near_duplicate_distance, 'retry_suggestion', retry_suggestion, 'usage', usage, 'provider_ms', provider_ms,
           'operation', operation, 'requested_provider', requested_provider, 'requested_model', requested_model, 'reroutes',
           hops, 'emulated', emulated, 'seed', seed, 'scores', scores, 'near_duplicate_action',
           CASE WHEN near_duplicate_of IS NOT NULL THEN near_action END, 'delivery_mode', delivery_mode, 'provenance', provenance,
           'revision', revision) FROM progressions WHERE id = ?2",
        &[project.into(), id.as_str().into()],
    )?
    .map(|row| row.text(0))
    .transpose()
}

/// A page of progressions as the API shows them, newest first, with where to go on.
///
/// # Errors
/// [`Fault::Storage`].
pub fn page(sql: &dyn Sql, project: &str, filter: &Filter) -> Result<String, Fault> {
    let (before_at, before_id) = filter.before.clone().map_or((i64::MAX >> 11, String::new()), |it| it);
    let row = sql.first(
        &format!(
            "WITH page AS (
               SELECT * FROM progressions
               WHERE (created_at < ?2 OR (created_at = ?2 AND id < ?3))
                 AND (?4 = '' OR instr(search, ?4) > 0)
                 AND NOT EXISTS (SELECT 1 FROM json_each(?5) AS asked
                   WHERE NOT EXISTS (SELECT 1 FROM json_each(progressions.tags) AS had WHERE had.value = asked.value))
               ORDER BY created_at DESC, id DESC LIMIT ?6)
             SELECT json_object(
               'progressions', (SELECT json_group_array(json(item)) FROM
                 (SELECT {SHOWN} AS item FROM page ORDER BY created_at DESC, id DESC)),
               'nextCursor', (SELECT CASE WHEN COUNT(*) = ?6 THEN
                 (SELECT created_at || '.' || id FROM page ORDER BY created_at, id LIMIT 1) END FROM page))"
        ),
        &[
            project.into(),
            before_at.into(),
            before_id.into(),
            filter.query.as_deref().unwrap_or_default().to_lowercase().into(),
            json::write(&filter.tags)?.into(),
            filter.limit.into(),
        ],
    )?;
    row.map_or_else(|| Err(Fault::corrupt("page", "no row")), |row: Row| row.text(0))
}

/// At most `limit` progressions, in the order of their ids, after `after`.
///
/// # Errors
/// [`Fault`].
pub fn progressions_after(sql: &dyn Sql, after: &str, limit: u32) -> Result<Vec<ProgressionId>, Fault> {
    let rows = sql.exec(
        "SELECT id FROM progressions WHERE id > ? ORDER BY id LIMIT ?",
        &[after.into(), limit.into()],
    )?;
    let id =
        |row: &Row| ProgressionId::parse(&row.text(0)?).map_err(|error| Fault::corrupt("progression", error));
    rows.iter().map(id).collect()
}

/// What artifact generators work on, oldest first.
///
/// # Errors
/// [`Fault::Storage`].
pub fn gallery(sql: &dyn Sql, project: &str) -> Result<Option<String>, Fault> {
    sql.first(
        "SELECT json_object('projectId', ?1, 'name', name, 'description', description, 'images',
           (SELECT json_group_array(json(item)) FROM (SELECT json_object('id', id, 'parentId', parent_id, 'prompt', prompt,
              'provider', provider, 'model', model, 'url', generated_image_url, 'width', width, 'height', height,
              'judgment', judgment, 'notes', notes, 'tags', json(tags), 'retrySuggestion', retry_suggestion,
              'scores', json(scores), 'refinedPrompt', refined_prompt, 'jobId', job_id, 'variantIndex', variant_index,
              'operation', operation, 'emulated', emulated, 'requestedProvider', requested_provider,
              'tipIds', json(tip_ids), 'seed', seed, 'startImageUrl', start_image_url, 'providerMs', provider_ms,
              'mediaType', media_type, 'bytes', bytes, 'palette', json(palette),
              'nearDuplicateOf', CASE WHEN near_action <> 'keep' THEN near_duplicate_of END, 'createdAt', created_at) AS item
            FROM progressions WHERE generated_image_url IS NOT NULL AND width IS NOT NULL AND height IS NOT NULL
            ORDER BY created_at, id)),
           'rollbacks', (SELECT json_group_array(json(item)) FROM (SELECT json_object('id', id, 'parentId', parent_id,
              'createdAt', created_at) AS item
            FROM progressions WHERE operation = 'rollback' ORDER BY created_at, id)),
           'calls', (SELECT json_group_array(json(item)) FROM (SELECT json_object('provider', provider, 'model', model,
              'task', task, 'calls', COUNT(*), 'unpriced', COUNT(*) - COUNT(nanousd), 'nanousd', SUM(nanousd)) AS item
            FROM costs GROUP BY provider, model, task ORDER BY provider, model, task))) FROM project",
        &[project.into()],
    )?
    .map(|row| row.text(0))
    .transpose()
}

/// Where the bytes of all pictures are, oldest first.
///
/// # Errors
/// [`Fault::Storage`].
pub fn originals(sql: &dyn Sql) -> Result<Option<String>, Fault> {
    sql.first(
        "SELECT (SELECT json_group_array(json(item)) FROM (SELECT json_object('id', id, 'key', original_image_r2_key,
           'pictureKey', picture_r2_key, 'mediaType', media_type, 'bytes', bytes) AS item
         FROM progressions WHERE original_image_r2_key IS NOT NULL AND operation <> 'rollback' ORDER BY created_at, id))
         FROM project",
        &[],
    )?
    .map(|row| row.text(0))
    .transpose()
}

/// A new progression that begins where `to` began, or, if that began with nothing, with what it made. `false` when there is
/// no such step.
///
/// # Errors
/// [`Fault::Storage`].
pub fn roll_back(sql: &dyn Sql, to: &ProgressionId, id: &ProgressionId, now: i64) -> Result<bool, Fault> {
    let Some(step) = sql.first("SELECT prompt FROM progressions WHERE id = ?", &[to.as_str().into()])? else {
        return Ok(false);
    };
    // Found by its prompt alone: the step's notes and tags are about the step's picture.
    let search = step.text(0)?.to_lowercase();
    sql.exec(
        "INSERT INTO progressions (id, parent_id, operation, prompt, tip_ids, start_image_url, original_image_r2_key,
           picture_r2_key, provenance, media_type, width, height, bytes, tags, search, created_at, revision)
         SELECT ?, id, 'rollback', prompt, '[]', COALESCE(start_image_url, generated_image_url), original_image_r2_key,
           picture_r2_key, provenance, media_type, width, height, bytes, '[]', ?, ?, 1 FROM progressions WHERE id = ?",
        &[id.as_str().into(), search.into(), now.into(), to.as_str().into()],
    )?;
    Ok(true)
}

/// The progression as the API shows it.
///
/// # Errors
/// [`Fault::Storage`].
pub fn progression(sql: &dyn Sql, project: &str, id: &ProgressionId) -> Result<Option<String>, Fault> {
    sql.first(
        &format!("SELECT {SHOWN} FROM progressions WHERE id = ?2"),
        &[project.into(), id.as_str().into()],
    )?
    .map(|row| row.text(0))
    .transpose()
}

/// The picture of a progression, as a job takes it to begin with.
///
/// # Errors
/// [`Fault::Storage`].
pub fn picture(sql: &dyn Sql, id: &ProgressionId) -> Result<Option<String>, Fault> {
    sql.first(
        "SELECT json_object('key', COALESCE(picture_r2_key, original_image_r2_key), 'mediaType', media_type, 'width', width,
           'height', height, 'bytes', bytes, 'sha256', '') FROM progressions
         WHERE id = ? AND original_image_r2_key IS NOT NULL AND width IS NOT NULL",
        &[id.as_str().into()],
    )?
    .map(|row| row.text(0))
    .transpose()
}

/// Most likely duplicates that a plan names.
pub const ALIKE_MAX: u32 = 20;

/// The ids of the newest pictures that were asked for in the same words, for the same operation on the same picture, of any of
/// these providers: a JSON list.
///
/// # Errors
/// [`Fault`].
pub fn alike(
    sql: &dyn Sql,
    prompt: &str,
    operation: Operation,
    start: Option<&str>,
    providers: &[Provider],
) -> Result<String, Fault> {
    let row = sql.first(
        "SELECT json_group_array(id) FROM (SELECT id FROM progressions
           WHERE prompt = ? AND operation = ? AND start_image_url IS ? AND requested_provider IN (SELECT value FROM json_each(?))
           ORDER BY created_at DESC, id LIMIT ?)",
        &[
            prompt.into(),
            operation.as_str().into(),
            start.into(),
            json::write(&providers)?.into(),
            ALIKE_MAX.into(),
        ],
    )?;
    row.map_or_else(|| Ok("[]".to_owned()), |row| row.text(0))
}

/// Notes that an artifact shows this project.
///
/// # Errors
/// [`Fault::Storage`].
pub fn add_artifact(sql: &dyn Sql, id: &ArtifactId, now: i64) -> Result<(), Fault> {
    sql.exec(
        "INSERT INTO artifacts (artifact_id, at_ms) VALUES (?, ?) ON CONFLICT (artifact_id) DO NOTHING",
        &[id.as_str().into(), now.into()],
    )?;
    Ok(())
}

/// `SQLite`'s integers are signed; nothing counted here reaches 2^53.
fn whole(number: u64) -> Value {
    Value::Integer(i64::try_from(number).unwrap_or(i64::MAX))
}
