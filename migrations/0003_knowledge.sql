-- Every state that the knowledge base has been in, and what the judge scored.
--
-- D1 is where tips live; no actor says them again. So their history is kept by the database itself: triggers note every
-- change, whoever makes it (the API, the seed file, a person with a console). A row of `knowledge_versions` never changes,
-- and `revision` numbers the changes of the whole base: the tips as they stood at a revision are the newest row of each key
-- up to it. A tip's `version` rises with each of its changes, to what the tip says of itself where that's more.
--
-- Wrangler cuts this file at semicolons and knows a trigger's body by BEGIN and END between white space: keep them so, and
-- CASE out of it.

CREATE TABLE knowledge_versions (
  revision   INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  key        TEXT    NOT NULL,
  version    INTEGER NOT NULL,
  value      TEXT,                               -- NULL: deleted
  created_at INTEGER NOT NULL
);

CREATE INDEX knowledge_versions_by_key ON knowledge_versions (key, revision);

INSERT INTO knowledge_versions (key, version, value, created_at)
SELECT key, MAX(1, CAST(iif(json_valid(value), coalesce(json_extract(value, '$.version'), 1), 1) AS INTEGER)), value,
  CAST(unixepoch('subsec') * 1000 AS INTEGER)
FROM knowledge_base ORDER BY key;

CREATE TRIGGER knowledge_base_inserted AFTER INSERT ON knowledge_base
BEGIN
  INSERT INTO knowledge_versions (key, version, value, created_at)
  SELECT NEW.key,
    MAX(CAST(iif(json_valid(NEW.value), coalesce(json_extract(NEW.value, '$.version'), 1), 1) AS INTEGER),
        coalesce((SELECT MAX(version) FROM knowledge_versions WHERE key = NEW.key), 0) + 1),
    NEW.value, CAST(unixepoch('subsec') * 1000 AS INTEGER);
END;

CREATE TRIGGER knowledge_base_updated AFTER UPDATE ON knowledge_base WHEN NEW.value IS NOT OLD.value
BEGIN
  INSERT INTO knowledge_versions (key, version, value, created_at)
  SELECT NEW.key,
    MAX(CAST(iif(json_valid(NEW.value), coalesce(json_extract(NEW.value, '$.version'), 1), 1) AS INTEGER),
        coalesce((SELECT MAX(version) FROM knowledge_versions WHERE key = NEW.key), 0) + 1),
    NEW.value, CAST(unixepoch('subsec') * 1000 AS INTEGER);
END;

-- A tip under another key is another tip.
CREATE TRIGGER knowledge_base_renamed BEFORE UPDATE OF key ON knowledge_base WHEN NEW.key IS NOT OLD.key
BEGIN
  SELECT RAISE(ABORT, 'a tip keeps its key: delete it and insert another');
END;

CREATE TRIGGER knowledge_base_deleted AFTER DELETE ON knowledge_base
BEGIN
  INSERT INTO knowledge_versions (key, version, value, created_at)
  SELECT OLD.key, coalesce((SELECT MAX(version) FROM knowledge_versions WHERE key = OLD.key), 0) + 1, NULL,
    CAST(unixepoch('subsec') * 1000 AS INTEGER);
END;

ALTER TABLE image_progressions ADD COLUMN scores TEXT; -- JSON {subject, composition, text, style, safety}, each 0..10 or null
