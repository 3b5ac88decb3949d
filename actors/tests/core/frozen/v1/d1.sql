CREATE TABLE projects (
  id          TEXT    NOT NULL PRIMARY KEY,
  name        TEXT    NOT NULL,
  description TEXT    NOT NULL DEFAULT '',
  created_at  INTEGER NOT NULL,
  updated_at  INTEGER NOT NULL,
  revision    INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX projects_by_updated ON projects (updated_at DESC, id);
CREATE TABLE image_progressions (
  id                      TEXT    NOT NULL PRIMARY KEY,
  project_id              TEXT    NOT NULL,
  parent_progression_id   TEXT,
  start_image_url         TEXT,
  prompt                  TEXT,
  generated_image_url     TEXT,               -- delivery, through Cloudflare Images
  original_image_r2_key   TEXT,               -- the provider's bytes; never served
  ai_provider             TEXT,               -- openai | gemini | workers
  ai_notes                TEXT,               -- the judge's
  ai_tags                 TEXT,               -- JSON array, kebab-case
  judgment                TEXT,               -- pass | fail; NULL while undecided
  created_at              INTEGER NOT NULL,
  job_id                  TEXT,
  variant_index           INTEGER,
  model                   TEXT,
  refined_prompt          TEXT,
  tip_ids                 TEXT,               -- JSON array of knowledge_base keys
  image_id                TEXT,               -- in Cloudflare Images; the URL's host can change, the id can't
  media_type              TEXT,
  width                   INTEGER,
  height                  INTEGER,
  bytes                   INTEGER,
  phash                   TEXT,               -- perceptual hash, hex
  near_duplicate_of       TEXT,               -- a progression; such a row is kept out of the tree
  near_duplicate_distance INTEGER,            -- differing bits between the two hashes
  retry_suggestion        TEXT,               -- only with judgment = fail
  usage                   TEXT,               -- the provider's own figures, raw JSON
  provider_ms             INTEGER,
  operation               TEXT,               -- generate | edit | inpaint | outpaint | variation | upscale
  revision                INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX image_progressions_by_project ON image_progressions (project_id, created_at);
CREATE INDEX image_progressions_by_job ON image_progressions (job_id, variant_index);
CREATE TABLE jobs (
  id              TEXT    NOT NULL PRIMARY KEY,
  project_id      TEXT    NOT NULL,
  session_id      TEXT,
  prompt          TEXT,
  state           TEXT    NOT NULL,
  providers       TEXT    NOT NULL DEFAULT '[]', -- JSON array
  variants        INTEGER NOT NULL DEFAULT 0,    -- for each provider
  completed       INTEGER NOT NULL DEFAULT 0,
  failed          INTEGER NOT NULL DEFAULT 0,
  passed          INTEGER NOT NULL DEFAULT 0,    -- by the judge
  near_duplicates INTEGER NOT NULL DEFAULT 0,
  created_at      INTEGER NOT NULL,
  updated_at      INTEGER NOT NULL,
  revision        INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX jobs_by_project ON jobs (project_id, created_at);
CREATE INDEX jobs_by_state ON jobs (state, updated_at);
CREATE TABLE artifacts (
  id              TEXT    NOT NULL PRIMARY KEY,
  owner_id        TEXT,
  project_id      TEXT,
  kind            TEXT    NOT NULL,
  title           TEXT,
  template_r2_key TEXT,
  content_r2_key  TEXT,                          -- NULL until rendered
  public_slug     TEXT    UNIQUE,
  created_at      INTEGER NOT NULL,
  media_type      TEXT,
  bytes           INTEGER,
  updated_at      INTEGER,
  revision        INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX artifacts_by_slug ON artifacts (public_slug, kind, content_r2_key);
CREATE INDEX artifacts_by_project ON artifacts (project_id, created_at);
CREATE TABLE project_artifacts (
  project_id  TEXT    NOT NULL,
  artifact_id TEXT    NOT NULL,
  revision    INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (project_id, artifact_id)
);
CREATE INDEX project_artifacts_by_artifact ON project_artifacts (artifact_id);
CREATE TABLE artifact_configurations (
  artifact_id  TEXT    NOT NULL,
  config_key   TEXT    NOT NULL,
  config_value TEXT,
  revision     INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (artifact_id, config_key)
);
CREATE TABLE artifact_views (
  id          TEXT    NOT NULL PRIMARY KEY,
  artifact_id TEXT    NOT NULL,
  timestamp   INTEGER NOT NULL,
  ip_address  TEXT,                              -- truncated before it is sent: /24 or /48
  country     TEXT,
  city        TEXT,
  user_agent  TEXT
);
CREATE INDEX artifact_views_by_artifact ON artifact_views (artifact_id, timestamp);
CREATE TABLE knowledge_base (
  key   TEXT NOT NULL PRIMARY KEY,
  value TEXT NOT NULL
);
CREATE TABLE workflow_results (
  id         TEXT    NOT NULL PRIMARY KEY,       -- the workflow instance's, so a step that runs twice writes once
  user_id    TEXT    NOT NULL,
  task       TEXT    NOT NULL,
  result     TEXT,
  created_at INTEGER NOT NULL
);
CREATE INDEX workflow_results_by_user ON workflow_results (user_id, created_at);
CREATE TABLE queue_dead (
  id         TEXT    NOT NULL PRIMARY KEY,
  body       TEXT    NOT NULL,
  error      TEXT    NOT NULL,
  attempts   INTEGER NOT NULL,
  created_at INTEGER NOT NULL
);
CREATE INDEX queue_dead_by_created ON queue_dead (created_at);
INSERT INTO projects (id, name, description, created_at, updated_at, revision) VALUES
  ('CQuISGvzCiENsXQw', 'The sea', 'Boats and more.', 1795348800000, 1795442430000, 6);
INSERT INTO image_progressions (id, project_id, parent_progression_id, start_image_url, prompt, generated_image_url, original_image_r2_key, ai_provider, ai_notes, ai_tags, judgment, created_at, job_id, variant_index, model, refined_prompt, tip_ids, image_id, media_type, width, height, bytes, phash, near_duplicate_of, near_duplicate_distance, retry_suggestion, usage, provider_ms, operation, revision) VALUES
  ('CQuISGvzCiENsXQw-n3cpiqw5igot-0', 'CQuISGvzCiENsXQw', NULL, NULL, 'A red boat on a calm sea', 'https://imagedelivery.net/h/CQuISGvzCiENsXQw-n3cpiqw5igot-0/public', 'project/CQuISGvzCiENsXQw/jobs/CQuISGvzCiENsXQw-n3cpiqw5igot/orig/0', 'openai', 'A red boat, as asked.', '["red-boat","sea"]', 'pass', 1795348808110, 'CQuISGvzCiENsXQw-n3cpiqw5igot', 0, 'openai-model', 'A red boat on a calm sea

Name the light.', '["openai/one-light@2"]', 'CQuISGvzCiENsXQw-n3cpiqw5igot-0', 'image/png', 64, 48, 4096, '33025d0d702c0aed7269d1f7386b5b2f01bf97a6848a2a659997e1988f0dbed3', NULL, NULL, NULL, '{"total_tokens":7}', 1234, 'generate', 2),
  ('CQuISGvzCiENsXQw-n3cpiqw5igot-1', 'CQuISGvzCiENsXQw', NULL, NULL, 'A red boat on a calm sea', 'https://imagedelivery.net/h/CQuISGvzCiENsXQw-n3cpiqw5igot-1/public', 'project/CQuISGvzCiENsXQw/jobs/CQuISGvzCiENsXQw-n3cpiqw5igot/orig/1', 'openai', 'The mast is bent.', '["boat"]', 'fail', 1795348808120, 'CQuISGvzCiENsXQw-n3cpiqw5igot', 1, 'openai-model', 'A red boat on a calm sea

Name the light.', '["openai/one-light@2"]', 'CQuISGvzCiENsXQw-n3cpiqw5igot-1', 'image/png', 64, 48, 4096, '92f45002b25d86b6bdd871052f65576ceaf4f3868e006bf0c5c63d769566aeb6', NULL, NULL, 'Ask for a straight mast.', '{"total_tokens":7}', 1234, 'generate', 2),
  ('CQuISGvzCiENsXQw-n3cpiqw5igot-2', 'CQuISGvzCiENsXQw', NULL, NULL, 'A red boat on a calm sea', 'https://imagedelivery.net/h/CQuISGvzCiENsXQw-n3cpiqw5igot-2/public', 'project/CQuISGvzCiENsXQw/jobs/CQuISGvzCiENsXQw-n3cpiqw5igot/orig/2', 'gemini', 'A red boat, as asked.', '["red-boat","sea"]', 'pass', 1795348808120, 'CQuISGvzCiENsXQw-n3cpiqw5igot', 0, 'gemini-model', 'A red boat on a calm sea

Name the light.', '["openai/one-light@2"]', 'CQuISGvzCiENsXQw-n3cpiqw5igot-2', 'image/png', 64, 48, 4096, '33025d0d702c0aed7269d1f7386b5b2f01bf97a6848a2a659997e1988f0dbed3', 'CQuISGvzCiENsXQw-n3cpiqw5igot-0', 0, NULL, '{"total_tokens":7}', 1234, 'generate', 2),
  ('CQuISGvzCiENsXQw-eG64dOaUf20l', 'CQuISGvzCiENsXQw', 'CQuISGvzCiENsXQw-n3cpiqw5igot-0', 'https://imagedelivery.net/h/CQuISGvzCiENsXQw-n3cpiqw5igot-0/public', 'A red boat on a calm sea', NULL, 'project/CQuISGvzCiENsXQw/jobs/CQuISGvzCiENsXQw-n3cpiqw5igot/orig/0', NULL, NULL, '[]', NULL, 1795442400000, NULL, NULL, NULL, NULL, '[]', NULL, 'image/png', 64, 48, 4096, NULL, NULL, NULL, NULL, NULL, NULL, 'rollback', 1),
  ('CQuISGvzCiENsXQw-eOmQgOC1Txyi-4', 'CQuISGvzCiENsXQw', NULL, NULL, 'A red boat on a calm sea', 'https://imagedelivery.net/h/CQuISGvzCiENsXQw-eOmQgOC1Txyi-4/public', 'project/CQuISGvzCiENsXQw/jobs/CQuISGvzCiENsXQw-eOmQgOC1Txyi/orig/4', 'workers', NULL, '[]', NULL, 1795442444120, 'CQuISGvzCiENsXQw-eOmQgOC1Txyi', 0, 'workers-model', 'A red boat on a calm sea

Name the light.', '["openai/one-light@2"]', 'CQuISGvzCiENsXQw-eOmQgOC1Txyi-4', 'image/png', 64, 48, 4096, 'fd83bb54156a1bb320c64e93d9582ac30892c8a9eaada80a6fb7674a6ec66d21', NULL, NULL, NULL, '{"total_tokens":7}', 1234, 'generate', 1),
  ('CQuISGvzCiENsXQw-eOmQgOC1Txyi-3', 'CQuISGvzCiENsXQw', NULL, NULL, 'A red boat on a calm sea', 'https://imagedelivery.net/h/CQuISGvzCiENsXQw-eOmQgOC1Txyi-3/public', 'project/CQuISGvzCiENsXQw/jobs/CQuISGvzCiENsXQw-eOmQgOC1Txyi/orig/3', 'gemini', NULL, '[]', NULL, 1795442449120, 'CQuISGvzCiENsXQw-eOmQgOC1Txyi', 1, 'gemini-model', 'A red boat on a calm sea

Name the light.', '["openai/one-light@2"]', 'CQuISGvzCiENsXQw-eOmQgOC1Txyi-3', 'image/png', 64, 48, 4096, 'c046d0aa4daca8cf5b850fc243247a9b2c5c378ac19b118ef5548e06a156f1b5', NULL, NULL, NULL, '{"total_tokens":7}', 1234, 'generate', 1);
INSERT INTO jobs (id, project_id, session_id, prompt, state, providers, variants, completed, failed, passed, near_duplicates, created_at, updated_at, revision) VALUES
  ('CQuISGvzCiENsXQw-n3cpiqw5igot', 'CQuISGvzCiENsXQw', 'ada-laptop', 'A red boat on a calm sea', 'complete', '["openai","gemini"]', 4, 3, 1, 2, 1, 1795348800000, 1795348809020, 5),
  ('CQuISGvzCiENsXQw-eOmQgOC1Txyi', 'CQuISGvzCiENsXQw', 'ada-laptop', 'A red boat on a calm sea', 'running', '["openai","gemini","workers"]', 6, 0, 1, 0, 0, 1795442440000, 1795442445040, 2);
INSERT INTO artifacts (id, owner_id, project_id, kind, title, template_r2_key, content_r2_key, public_slug, created_at, media_type, bytes, updated_at, revision) VALUES
  ('LrUoAcRs6bVL0AuN9KQs6p', NULL, 'CQuISGvzCiENsXQw', 'lookbook', 'Sea', NULL, 'artifact/a/1', 'LrUoAcRs6bVL0AuN9KQs6p', 1795442430000, 'text/html; charset=utf-8', 41234, 1795442430000, 1);
INSERT INTO project_artifacts (project_id, artifact_id, revision) VALUES
  ('CQuISGvzCiENsXQw', 'LrUoAcRs6bVL0AuN9KQs6p', 1);
