CREATE TABLE schema_version (version INTEGER NOT NULL);
CREATE TABLE inbox_senders (sender TEXT PRIMARY KEY, seq INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE inbox_asks (id TEXT PRIMARY KEY, reply TEXT NOT NULL, at_ms INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX inbox_asks_at ON inbox_asks (at_ms);
CREATE TABLE outbox (
       seq INTEGER PRIMARY KEY AUTOINCREMENT, lane TEXT NOT NULL, item TEXT NOT NULL, created_at INTEGER NOT NULL,
       attempts INTEGER NOT NULL DEFAULT 0, due_at INTEGER NOT NULL, dead INTEGER NOT NULL DEFAULT 0, error TEXT);
CREATE INDEX outbox_lane ON outbox (dead, lane, seq);
CREATE TABLE timers (name TEXT PRIMARY KEY, at_ms INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE job (
       id INTEGER PRIMARY KEY CHECK (id = 1), spec TEXT NOT NULL, state TEXT NOT NULL, variants INTEGER NOT NULL,
       completed INTEGER NOT NULL, failed INTEGER NOT NULL, passed INTEGER NOT NULL, near_duplicates INTEGER NOT NULL,
       created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, revision INTEGER NOT NULL);
CREATE TABLE journal (
       seq INTEGER PRIMARY KEY AUTOINCREMENT, ordinal INTEGER NOT NULL, event TEXT NOT NULL, at_ms INTEGER NOT NULL);
CREATE INDEX journal_variant ON journal (ordinal, seq);
CREATE TABLE variants (
       ordinal INTEGER PRIMARY KEY, status TEXT NOT NULL, due_at INTEGER, holder TEXT, deadline_at INTEGER,
       fold TEXT NOT NULL);
CREATE INDEX variants_due ON variants (status, due_at);
INSERT INTO schema_version (version) VALUES
  (1);
INSERT INTO inbox_senders (sender, seq) VALUES
  ('project:CQuISGvzCiENsXQw', 16);
DELETE FROM sqlite_sequence;
INSERT INTO sqlite_sequence (name, seq) VALUES
  ('outbox', 39),
  ('journal', 47);
INSERT INTO job (id, spec, state, variants, completed, failed, passed, near_duplicates, created_at, updated_at, revision) VALUES
  (1, '{"projectId":"CQuISGvzCiENsXQw","sessionId":"ada-laptop","prompt":"A red boat on a calm sea","providers":["openai","gemini"],"variants":2,"deadlineMs":300000}', 'complete', 4, 3, 1, 2, 1, 1795348800000, 1795348809020, 5);
INSERT INTO journal (seq, ordinal, event, at_ms) VALUES
  (1, 0, '{"started":{"stage":"refine","attempt":1,"lease_until":1795348840000,"holder":"life-1"}}', 1795348800000),
  (2, 2, '{"started":{"stage":"refine","attempt":1,"lease_until":1795348840000,"holder":"life-1"}}', 1795348800000),
  (3, 0, '{"done":{"refine":{"text":"A red boat on a calm sea\n\nName the light.","tips":["openai/one-light@2"]}}}', 1795348800040),
  (4, 1, '{"done":{"refine":{"text":"A red boat on a calm sea\n\nName the light.","tips":["openai/one-light@2"]}}}', 1795348800040),
  (5, 2, '{"done":{"refine":{"text":"A red boat on a calm sea\n\nName the light.","tips":["openai/one-light@2"]}}}', 1795348800040),
  (6, 3, '{"done":{"refine":{"text":"A red boat on a calm sea\n\nName the light.","tips":["openai/one-light@2"]}}}', 1795348800040),
  (7, 0, '{"started":{"stage":"generate","attempt":1,"lease_until":1795349110000,"holder":"life-1"}}', 1795348800040),
  (8, 1, '{"started":{"stage":"generate","attempt":1,"lease_until":1795349110000,"holder":"life-1"}}', 1795348800040),
  (9, 2, '{"started":{"stage":"generate","attempt":1,"lease_until":1795349110000,"holder":"life-1"}}', 1795348800040),
  (10, 3, '{"started":{"stage":"generate","attempt":1,"lease_until":1795349110000,"holder":"life-1"}}', 1795348800040),
  (11, 3, '{"failed":{"stage":"generate","failure":{"class":"moderation","message":"scripted moderation"}}}', 1795348800740),
  (12, 0, '{"done":"generate"}', 1795348808040),
  (13, 0, '{"done":{"store":{"key":"project/CQuISGvzCiENsXQw/jobs/CQuISGvzCiENsXQw-n3cpiqw5igot/orig/0","mediaType":"image/png","bytes":4096,"width":64,"height":48,"model":"openai-model","usage":"{\"total_tokens\":7}","providerMs":1234}}}', 1795348808040),
  (14, 1, '{"done":"generate"}', 1795348808040),
  (15, 1, '{"done":{"store":{"key":"project/CQuISGvzCiENsXQw/jobs/CQuISGvzCiENsXQw-n3cpiqw5igot/orig/1","mediaType":"image/png","bytes":4096,"width":64,"height":48,"model":"openai-model","usage":"{\"total_tokens\":7}","providerMs":1234}}}', 1795348808040),
  (16, 2, '{"done":"generate"}', 1795348808040),
  (17, 2, '{"done":{"store":{"key":"project/CQuISGvzCiENsXQw/jobs/CQuISGvzCiENsXQw-n3cpiqw5igot/orig/2","mediaType":"image/png","bytes":4096,"width":64,"height":48,"model":"gemini-model","usage":"{\"total_tokens\":7}","providerMs":1234}}}', 1795348808040),
  (18, 0, '{"started":{"stage":"fingerprint","attempt":1,"lease_until":1795348848040,"holder":"life-1"}}', 1795348808040),
  (19, 1, '{"started":{"stage":"fingerprint","attempt":1,"lease_until":1795348848040,"holder":"life-1"}}', 1795348808040),
  (20, 2, '{"started":{"stage":"fingerprint","attempt":1,"lease_until":1795348848040,"holder":"life-1"}}', 1795348808040),
  (21, 0, '{"done":{"fingerprint":"33025d0d702c0aed7269d1f7386b5b2f01bf97a6848a2a659997e1988f0dbed3"}}', 1795348808070),
  (22, 0, '{"started":{"stage":"deliver","attempt":1,"lease_until":1795348848070,"holder":"life-1"}}', 1795348808070),
  (23, 1, '{"done":{"fingerprint":"92f45002b25d86b6bdd871052f65576ceaf4f3868e006bf0c5c63d769566aeb6"}}', 1795348808080),
  (24, 2, '{"done":{"fingerprint":"33025d0d702c0aed7269d1f7386b5b2f01bf97a6848a2a659997e1988f0dbed3"}}', 1795348808080),
  (25, 1, '{"started":{"stage":"deliver","attempt":1,"lease_until":1795348848080,"holder":"life-1"}}', 1795348808080),
  (26, 2, '{"started":{"stage":"deliver","attempt":1,"lease_until":1795348848080,"holder":"life-1"}}', 1795348808080),
  (27, 0, '{"done":{"deliver":{"url":"https://imagedelivery.net/h/CQuISGvzCiENsXQw-n3cpiqw5igot-0/public","imageId":"CQuISGvzCiENsXQw-n3cpiqw5igot-0"}}}', 1795348808110),
  (28, 0, '{"started":{"stage":"record","attempt":1,"lease_until":1795349408110,"holder":"outbox"}}', 1795348808110),
  (29, 0, '{"done":{"record":null}}', 1795348808110),
  (30, 0, '{"started":{"stage":"judge","attempt":1,"lease_until":1795348878110,"holder":"life-1"}}', 1795348808110),
  (31, 1, '{"done":{"deliver":{"url":"https://imagedelivery.net/h/CQuISGvzCiENsXQw-n3cpiqw5igot-1/public","imageId":"CQuISGvzCiENsXQw-n3cpiqw5igot-1"}}}', 1795348808120),
  (32, 2, '{"done":{"deliver":{"url":"https://imagedelivery.net/h/CQuISGvzCiENsXQw-n3cpiqw5igot-2/public","imageId":"CQuISGvzCiENsXQw-n3cpiqw5igot-2"}}}', 1795348808120),
  (33, 1, '{"started":{"stage":"record","attempt":1,"lease_until":1795349408120,"holder":"outbox"}}', 1795348808120),
  (34, 2, '{"started":{"stage":"record","attempt":1,"lease_until":1795349408120,"holder":"outbox"}}', 1795348808120),
  (35, 1, '{"done":{"record":null}}', 1795348808120),
  (36, 2, '{"done":{"record":{"progressionId":"CQuISGvzCiENsXQw-n3cpiqw5igot-0","distance":0}}}', 1795348808120),
  (37, 1, '{"started":{"stage":"judge","attempt":1,"lease_until":1795348878120,"holder":"life-1"}}', 1795348808120),
  (38, 2, '{"started":{"stage":"judge","attempt":1,"lease_until":1795348878120,"holder":"life-1"}}', 1795348808120),
  (39, 0, '{"done":{"judge":{"judgment":"pass","notes":"A red boat, as asked.","tags":["red-boat","sea"],"retrySuggestion":null}}}', 1795348809010),
  (40, 0, '{"started":{"stage":"settle","attempt":1,"lease_until":1795349409010,"holder":"outbox"}}', 1795348809010),
  (41, 0, '{"done":"settle"}', 1795348809010),
  (42, 1, '{"done":{"judge":{"judgment":"fail","notes":"The mast is bent.","tags":["boat"],"retrySuggestion":"Ask for a straight mast."}}}', 1795348809020),
  (43, 2, '{"done":{"judge":{"judgment":"pass","notes":"A red boat, as asked.","tags":["red-boat","sea"],"retrySuggestion":null}}}', 1795348809020),
  (44, 1, '{"started":{"stage":"settle","attempt":1,"lease_until":1795349409020,"holder":"outbox"}}', 1795348809020),
  (45, 2, '{"started":{"stage":"settle","attempt":1,"lease_until":1795349409020,"holder":"outbox"}}', 1795348809020),
  (46, 1, '{"done":"settle"}', 1795348809020),
  (47, 2, '{"done":"settle"}', 1795348809020);
INSERT INTO variants (ordinal, status, due_at, holder, deadline_at, fold) VALUES
  (0, 'complete', NULL, NULL, NULL, '{"ordinal":0,"provider":"openai","index":0,"stage":"settle","status":"complete","attempt":1,"failures":0,"refined":{"text":"A red boat on a calm sea\n\nName the light.","tips":["openai/one-light@2"]},"image":{"key":"project/CQuISGvzCiENsXQw/jobs/CQuISGvzCiENsXQw-n3cpiqw5igot/orig/0","mediaType":"image/png","bytes":4096,"width":64,"height":48,"model":"openai-model","usage":"{\"total_tokens\":7}","providerMs":1234},"phash":"33025d0d702c0aed7269d1f7386b5b2f01bf97a6848a2a659997e1988f0dbed3","delivery":{"url":"https://imagedelivery.net/h/CQuISGvzCiENsXQw-n3cpiqw5igot-0/public","imageId":"CQuISGvzCiENsXQw-n3cpiqw5igot-0"},"nearDuplicateOf":null,"verdict":{"judgment":"pass","notes":"A red boat, as asked.","tags":["red-boat","sea"],"retrySuggestion":null}}'),
  (1, 'complete', NULL, NULL, NULL, '{"ordinal":1,"provider":"openai","index":1,"stage":"settle","status":"complete","attempt":1,"failures":0,"refined":{"text":"A red boat on a calm sea\n\nName the light.","tips":["openai/one-light@2"]},"image":{"key":"project/CQuISGvzCiENsXQw/jobs/CQuISGvzCiENsXQw-n3cpiqw5igot/orig/1","mediaType":"image/png","bytes":4096,"width":64,"height":48,"model":"openai-model","usage":"{\"total_tokens\":7}","providerMs":1234},"phash":"92f45002b25d86b6bdd871052f65576ceaf4f3868e006bf0c5c63d769566aeb6","delivery":{"url":"https://imagedelivery.net/h/CQuISGvzCiENsXQw-n3cpiqw5igot-1/public","imageId":"CQuISGvzCiENsXQw-n3cpiqw5igot-1"},"nearDuplicateOf":null,"verdict":{"judgment":"fail","notes":"The mast is bent.","tags":["boat"],"retrySuggestion":"Ask for a straight mast."}}'),
  (2, 'complete', NULL, NULL, NULL, '{"ordinal":2,"provider":"gemini","index":0,"stage":"settle","status":"complete","attempt":1,"failures":0,"refined":{"text":"A red boat on a calm sea\n\nName the light.","tips":["openai/one-light@2"]},"image":{"key":"project/CQuISGvzCiENsXQw/jobs/CQuISGvzCiENsXQw-n3cpiqw5igot/orig/2","mediaType":"image/png","bytes":4096,"width":64,"height":48,"model":"gemini-model","usage":"{\"total_tokens\":7}","providerMs":1234},"phash":"33025d0d702c0aed7269d1f7386b5b2f01bf97a6848a2a659997e1988f0dbed3","delivery":{"url":"https://imagedelivery.net/h/CQuISGvzCiENsXQw-n3cpiqw5igot-2/public","imageId":"CQuISGvzCiENsXQw-n3cpiqw5igot-2"},"nearDuplicateOf":{"progressionId":"CQuISGvzCiENsXQw-n3cpiqw5igot-0","distance":0},"verdict":{"judgment":"pass","notes":"A red boat, as asked.","tags":["red-boat","sea"],"retrySuggestion":null}}'),
  (3, 'failed', NULL, NULL, NULL, '{"ordinal":3,"provider":"gemini","index":1,"stage":"generate","status":{"failed":{"class":"moderation","message":"scripted moderation"}},"attempt":1,"failures":0,"refined":{"text":"A red boat on a calm sea\n\nName the light.","tips":["openai/one-light@2"]},"image":null,"phash":null,"delivery":null,"nearDuplicateOf":null,"verdict":null}');
