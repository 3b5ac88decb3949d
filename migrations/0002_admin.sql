-- What operating Picasso needs: every call to a provider, what actors couldn't send, and how jobs were ended by people.
--
-- Units and types as in 0001. Columns of `jobs` that are NOT NULL have defaults, because rows said before this migration
-- don't have them.

ALTER TABLE jobs ADD COLUMN cancelled   INTEGER NOT NULL DEFAULT 0; -- variants ended by a person
ALTER TABLE jobs ADD COLUMN superseded  INTEGER NOT NULL DEFAULT 0; -- attempts that a retry has replaced
ALTER TABLE jobs ADD COLUMN deadline_at INTEGER;                    -- of the job; NULL when it has none

-- Newest first, as admin lists them; the first entry of the second index tells how fresh the read model is.
CREATE INDEX jobs_by_created ON jobs (created_at DESC, id);
CREATE INDEX jobs_by_updated ON jobs (updated_at);
CREATE INDEX image_progressions_by_created ON image_progressions (created_at DESC, id);
CREATE INDEX artifacts_by_created ON artifacts (created_at DESC, id);
CREATE INDEX artifact_views_by_time ON artifact_views (timestamp);

-- One question to a provider each, whatever came of it.
CREATE TABLE provider_calls (
  id         TEXT    NOT NULL PRIMARY KEY,
  job_id     TEXT    NOT NULL,
  project_id TEXT    NOT NULL,
  session_id TEXT,
  provider   TEXT    NOT NULL,               -- openai | gemini | workers
  model      TEXT,                           -- as the provider names it, when it did
  task       TEXT    NOT NULL,               -- generate | judge
  ordinal    INTEGER NOT NULL,               -- of the variant in its job
  attempt    INTEGER NOT NULL,
  outcome    TEXT    NOT NULL,               -- ok, or the class of the failure
  ms         INTEGER,                        -- how long it took; NULL when nobody knows
  at         INTEGER NOT NULL,               -- when it ended
  revision   INTEGER NOT NULL DEFAULT 0
);

CREATE INDEX provider_calls_by_time ON provider_calls (at, provider, task);
CREATE INDEX provider_calls_by_job ON provider_calls (job_id, ordinal, attempt);

-- What an actor had promised to send and couldn't: parked in the actor, shown here, sent again when somebody says so.
CREATE TABLE outbox_dead (
  actor       TEXT    NOT NULL,
  seq         INTEGER NOT NULL,              -- of the actor's outbox
  lane        TEXT    NOT NULL,              -- another actor's name, or d1
  item        TEXT    NOT NULL,              -- JSON, cut to a length worth looking at; never shown whole: it can hold R2 keys
  error       TEXT,
  attempts    INTEGER NOT NULL DEFAULT 0,
  created_at  INTEGER NOT NULL,
  parked_at   INTEGER NOT NULL,
  requeued_at INTEGER,                       -- NULL while it waits for somebody
  revision    INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (actor, seq)
);

CREATE INDEX outbox_dead_by_parked ON outbox_dead (parked_at);
