-- The read model. The actors (Durable Objects) hold the truth; these tables answer what crosses projects: lists,
-- search, admin, analytics. Wiping them and letting the actors send their snapshots again gives the same rows.
--
-- Why there are no foreign keys between snapshots: each actor sends its own rows when it can, so a progression may
-- arrive before its project and an artifact before both. A constraint would turn that harmless order into an error.
-- For the same reason everything but the key, the revision and what a row can't be read without is nullable.
--
-- `revision` counts an entity's changes in its actor. A snapshot is applied only WHERE excluded.revision > revision,
-- so duplicates and late arrivals change nothing.
--
-- Units: every *_at, timestamp = epoch milliseconds (UTC). *_ms = milliseconds. width, height = pixels.
-- Types are declared because numbers are bound as REAL: only a column of INTEGER affinity stores them as integers.

CREATE TABLE projects (
  id          TEXT    NOT NULL PRIMARY KEY,
  name        TEXT    NOT NULL,
  description TEXT    NOT NULL DEFAULT '',
  created_at  INTEGER NOT NULL,
  updated_at  INTEGER NOT NULL,
  revision    INTEGER NOT NULL DEFAULT 0
);

-- Newest change first; the id breaks ties, so that keyset paging never skips or repeats a row.
CREATE INDEX projects_by_updated ON projects (updated_at DESC, id);

-- One image each. `prompt` is what the person asked; `refined_prompt` is what the provider got.
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

-- UNIQUE has its own index already; this one is named because the contract names it, and it covers the public route.
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

-- The id is made where the view happens, so a queue message delivered twice is one row.
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

-- Values are JSON tips; their form is shown by seed/knowledge_base.sql.
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

-- Queue messages that could not be handled. The queue has no dead-letter queue, it forgets a message after its last
-- delivery; this table is what remembers.
CREATE TABLE queue_dead (
  id         TEXT    NOT NULL PRIMARY KEY,
  body       TEXT    NOT NULL,
  error      TEXT    NOT NULL,
  attempts   INTEGER NOT NULL,
  created_at INTEGER NOT NULL
);

CREATE INDEX queue_dead_by_created ON queue_dead (created_at);
