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
  ('project:CQuISGvzCiENsXQw', 23);
INSERT INTO inbox_asks (id, reply, at_ms) VALUES
  ('SuanHF8MXVt3SYyuCVOE', '{"body":{"jobId":"CQuISGvzCiENsXQw-eOmQgOC1Txyi","projectId":"CQuISGvzCiENsXQw","sessionId":"ada-laptop","variants":6}}', 1795442440000);
INSERT INTO outbox (seq, lane, item, created_at, attempts, due_at, dead, error) VALUES
  (27, 'session:ada-laptop', '{"tell":{"to":"session:ada-laptop","message":{"session":{"publish":{"event_type":"judge","ts":1795442456420,"data":{"jobId":"CQuISGvzCiENsXQw-eOmQgOC1Txyi","provider":"workers","variantIndex":0,"stage":"settle","progress":0.95,"progressionId":"CQuISGvzCiENsXQw-eOmQgOC1Txyi-4","generatedImageUrl":"https://imagedelivery.net/h/CQuISGvzCiENsXQw-eOmQgOC1Txyi-4/public","judgment":"pass","notes":"A red boat, as asked.","tags":["red-boat","sea"]}}}}}}', 1795442456420, 3, 1795442458170, 0, 'unreachable'),
  (28, 'project:CQuISGvzCiENsXQw', '{"tell":{"to":"project:CQuISGvzCiENsXQw","message":{"project":{"settle":{"job_id":"CQuISGvzCiENsXQw-eOmQgOC1Txyi","ordinal":4,"progression_id":"CQuISGvzCiENsXQw-eOmQgOC1Txyi-4","verdict":{"judgment":"pass","notes":"A red boat, as asked.","tags":["red-boat","sea"],"retrySuggestion":null}}}}}}', 1795442456420, 3, 1795442458170, 0, 'unreachable'),
  (29, 'session:ada-laptop', '{"tell":{"to":"session:ada-laptop","message":{"session":{"publish":{"event_type":"progress","ts":1795442456540,"data":{"jobId":"CQuISGvzCiENsXQw-eOmQgOC1Txyi","provider":"gemini","variantIndex":0,"stage":"fingerprint","progress":0.65,"progressionId":"CQuISGvzCiENsXQw-eOmQgOC1Txyi-2"}}}}}}', 1795442456540, 0, 1795442456540, 0, NULL),
  (30, 'session:ada-laptop', '{"tell":{"to":"session:ada-laptop","message":{"session":{"publish":{"event_type":"progress","ts":1795442456580,"data":{"jobId":"CQuISGvzCiENsXQw-eOmQgOC1Txyi","provider":"gemini","variantIndex":0,"stage":"deliver","progress":0.7,"progressionId":"CQuISGvzCiENsXQw-eOmQgOC1Txyi-2"}}}}}}', 1795442456580, 0, 1795442456580, 0, NULL);
DELETE FROM sqlite_sequence;
INSERT INTO sqlite_sequence (name, seq) VALUES
  ('outbox', 30),
  ('journal', 43);
INSERT INTO timers (name, at_ms) VALUES
  ('pulse', 1795442462170),
  ('sweep', 1795536040000);
INSERT INTO job (id, spec, state, variants, completed, failed, passed, near_duplicates, created_at, updated_at, revision) VALUES
  (1, '{"projectId":"CQuISGvzCiENsXQw","sessionId":"ada-laptop","prompt":"A red boat on a calm sea","providers":["openai","gemini","workers"],"variants":2,"deadlineMs":300000}', 'running', 6, 0, 1, 0, 0, 1795442440000, 1795442445040, 2);
INSERT INTO journal (seq, ordinal, event, at_ms) VALUES
  (1, 0, '{"started":{"stage":"refine","attempt":1,"lease_until":1795442480000,"holder":"life-1"}}', 1795442440000),
  (2, 2, '{"started":{"stage":"refine","attempt":1,"lease_until":1795442480000,"holder":"life-1"}}', 1795442440000),
  (3, 4, '{"started":{"stage":"refine","attempt":1,"lease_until":1795442480000,"holder":"life-1"}}', 1795442440000),
  (4, 0, '{"done":{"refine":{"text":"A red boat on a calm sea\n\nName the light.","tips":["openai/one-light@2"]}}}', 1795442440040),
  (5, 1, '{"done":{"refine":{"text":"A red boat on a calm sea\n\nName the light.","tips":["openai/one-light@2"]}}}', 1795442440040),
  (6, 2, '{"done":{"refine":{"text":"A red boat on a calm sea\n\nName the light.","tips":["openai/one-light@2"]}}}', 1795442440040),
  (7, 3, '{"done":{"refine":{"text":"A red boat on a calm sea\n\nName the light.","tips":["openai/one-light@2"]}}}', 1795442440040),
  (8, 4, '{"done":{"refine":{"text":"A red boat on a calm sea\n\nName the light.","tips":["openai/one-light@2"]}}}', 1795442440040),
  (9, 5, '{"done":{"refine":{"text":"A red boat on a calm sea\n\nName the light.","tips":["openai/one-light@2"]}}}', 1795442440040),
  (10, 0, '{"started":{"stage":"generate","attempt":1,"lease_until":1795442750000,"holder":"life-1"}}', 1795442440040),
  (11, 1, '{"started":{"stage":"generate","attempt":1,"lease_until":1795442750000,"holder":"life-1"}}', 1795442440040),
  (12, 2, '{"started":{"stage":"generate","attempt":1,"lease_until":1795442750000,"holder":"life-1"}}', 1795442440040),
  (13, 3, '{"started":{"stage":"generate","attempt":1,"lease_until":1795442750000,"holder":"life-1"}}', 1795442440040),
  (14, 4, '{"started":{"stage":"generate","attempt":1,"lease_until":1795442750000,"holder":"life-1"}}', 1795442440040),
  (15, 5, '{"started":{"stage":"generate","attempt":1,"lease_until":1795442750000,"holder":"life-1"}}', 1795442440040),
  (16, 4, '{"done":"generate"}', 1795442444040),
  (17, 4, '{"done":{"store":{"key":"project/CQuISGvzCiENsXQw/jobs/CQuISGvzCiENsXQw-eOmQgOC1Txyi/orig/4","mediaType":"image/png","bytes":4096,"width":64,"height":48,"model":"workers-model","usage":"{\"total_tokens\":7}","providerMs":1234}}}', 1795442444040),
  (18, 4, '{"started":{"stage":"fingerprint","attempt":1,"lease_until":1795442484040,"holder":"life-1"}}', 1795442444040),
  (19, 4, '{"done":{"fingerprint":"fd83bb54156a1bb320c64e93d9582ac30892c8a9eaada80a6fb7674a6ec66d21"}}', 1795442444080),
  (20, 4, '{"started":{"stage":"deliver","attempt":1,"lease_until":1795442484080,"holder":"life-1"}}', 1795442444080),
  (21, 4, '{"done":{"deliver":{"url":"https://imagedelivery.net/h/CQuISGvzCiENsXQw-eOmQgOC1Txyi-4/public","imageId":"CQuISGvzCiENsXQw-eOmQgOC1Txyi-4"}}}', 1795442444120),
  (22, 4, '{"started":{"stage":"record","attempt":1,"lease_until":1795443044120,"holder":"outbox"}}', 1795442444120),
  (23, 4, '{"done":{"record":null}}', 1795442444120),
  (24, 4, '{"started":{"stage":"judge","attempt":1,"lease_until":1795442514120,"holder":"life-1"}}', 1795442444120),
  (25, 5, '{"failed":{"stage":"generate","failure":{"class":"model_gone","message":"scripted model_gone"}}}', 1795442445040),
  (26, 3, '{"done":"generate"}', 1795442449040),
  (27, 3, '{"done":{"store":{"key":"project/CQuISGvzCiENsXQw/jobs/CQuISGvzCiENsXQw-eOmQgOC1Txyi/orig/3","mediaType":"image/png","bytes":4096,"width":64,"height":48,"model":"gemini-model","usage":"{\"total_tokens\":7}","providerMs":1234}}}', 1795442449040),
  (28, 3, '{"started":{"stage":"fingerprint","attempt":1,"lease_until":1795442489040,"holder":"life-1"}}', 1795442449040),
  (29, 3, '{"done":{"fingerprint":"c046d0aa4daca8cf5b850fc243247a9b2c5c378ac19b118ef5548e06a156f1b5"}}', 1795442449080),
  (30, 3, '{"started":{"stage":"deliver","attempt":1,"lease_until":1795442489080,"holder":"life-1"}}', 1795442449080),
  (31, 3, '{"done":{"deliver":{"url":"https://imagedelivery.net/h/CQuISGvzCiENsXQw-eOmQgOC1Txyi-3/public","imageId":"CQuISGvzCiENsXQw-eOmQgOC1Txyi-3"}}}', 1795442449120),
  (32, 3, '{"started":{"stage":"record","attempt":1,"lease_until":1795443049120,"holder":"outbox"}}', 1795442449120),
  (33, 3, '{"done":{"record":null}}', 1795442449120),
  (34, 3, '{"started":{"stage":"judge","attempt":1,"lease_until":1795442519120,"holder":"life-1"}}', 1795442449120),
  (35, 1, '{"retry":{"stage":"generate","attempt":1,"failure":{"class":"rate","message":"scripted rate"},"at":1795442456188}}', 1795442455540),
  (36, 1, '{"started":{"stage":"generate","attempt":2,"lease_until":1795442750000,"holder":"life-1"}}', 1795442456188),
  (37, 4, '{"done":{"judge":{"judgment":"pass","notes":"A red boat, as asked.","tags":["red-boat","sea"],"retrySuggestion":null}}}', 1795442456420),
  (38, 4, '{"started":{"stage":"settle","attempt":1,"lease_until":1795443056420,"holder":"outbox"}}', 1795442456420),
  (39, 2, '{"done":"generate"}', 1795442456540),
  (40, 2, '{"done":{"store":{"key":"project/CQuISGvzCiENsXQw/jobs/CQuISGvzCiENsXQw-eOmQgOC1Txyi/orig/2","mediaType":"image/png","bytes":4096,"width":64,"height":48,"model":"gemini-model","usage":"{\"total_tokens\":7}","providerMs":1234}}}', 1795442456540),
  (41, 2, '{"started":{"stage":"fingerprint","attempt":1,"lease_until":1795442496540,"holder":"life-1"}}', 1795442456540),
  (42, 2, '{"done":{"fingerprint":"2dfdfa452a24e350818adac65ec30d3a45dde41033b012aa27cd3d597f49c2ca"}}', 1795442456580),
  (43, 2, '{"started":{"stage":"deliver","attempt":1,"lease_until":1795442496580,"holder":"life-1"}}', 1795442456580);
INSERT INTO variants (ordinal, status, due_at, holder, deadline_at, fold) VALUES
  (0, 'running', 1795442750000, 'life-1', 1795442740000, '{"ordinal":0,"provider":"openai","index":0,"stage":"generate","status":{"running":{"lease_until":1795442750000,"holder":"life-1"}},"attempt":1,"failures":0,"refined":{"text":"A red boat on a calm sea\n\nName the light.","tips":["openai/one-light@2"]},"image":null,"phash":null,"delivery":null,"nearDuplicateOf":null,"verdict":null}'),
  (1, 'running', 1795442750000, 'life-1', 1795442740000, '{"ordinal":1,"provider":"openai","index":1,"stage":"generate","status":{"running":{"lease_until":1795442750000,"holder":"life-1"}},"attempt":2,"failures":1,"refined":{"text":"A red boat on a calm sea\n\nName the light.","tips":["openai/one-light@2"]},"image":null,"phash":null,"delivery":null,"nearDuplicateOf":null,"verdict":null}'),
  (2, 'running', 1795442496580, 'life-1', NULL, '{"ordinal":2,"provider":"gemini","index":0,"stage":"deliver","status":{"running":{"lease_until":1795442496580,"holder":"life-1"}},"attempt":1,"failures":0,"refined":{"text":"A red boat on a calm sea\n\nName the light.","tips":["openai/one-light@2"]},"image":{"key":"project/CQuISGvzCiENsXQw/jobs/CQuISGvzCiENsXQw-eOmQgOC1Txyi/orig/2","mediaType":"image/png","bytes":4096,"width":64,"height":48,"model":"gemini-model","usage":"{\"total_tokens\":7}","providerMs":1234},"phash":"2dfdfa452a24e350818adac65ec30d3a45dde41033b012aa27cd3d597f49c2ca","delivery":null,"nearDuplicateOf":null,"verdict":null}'),
  (3, 'running', 1795442519120, 'life-1', NULL, '{"ordinal":3,"provider":"gemini","index":1,"stage":"judge","status":{"running":{"lease_until":1795442519120,"holder":"life-1"}},"attempt":1,"failures":0,"refined":{"text":"A red boat on a calm sea\n\nName the light.","tips":["openai/one-light@2"]},"image":{"key":"project/CQuISGvzCiENsXQw/jobs/CQuISGvzCiENsXQw-eOmQgOC1Txyi/orig/3","mediaType":"image/png","bytes":4096,"width":64,"height":48,"model":"gemini-model","usage":"{\"total_tokens\":7}","providerMs":1234},"phash":"c046d0aa4daca8cf5b850fc243247a9b2c5c378ac19b118ef5548e06a156f1b5","delivery":{"url":"https://imagedelivery.net/h/CQuISGvzCiENsXQw-eOmQgOC1Txyi-3/public","imageId":"CQuISGvzCiENsXQw-eOmQgOC1Txyi-3"},"nearDuplicateOf":null,"verdict":null}'),
  (4, 'running', 1795443056420, 'outbox', NULL, '{"ordinal":4,"provider":"workers","index":0,"stage":"settle","status":{"running":{"lease_until":1795443056420,"holder":"outbox"}},"attempt":1,"failures":0,"refined":{"text":"A red boat on a calm sea\n\nName the light.","tips":["openai/one-light@2"]},"image":{"key":"project/CQuISGvzCiENsXQw/jobs/CQuISGvzCiENsXQw-eOmQgOC1Txyi/orig/4","mediaType":"image/png","bytes":4096,"width":64,"height":48,"model":"workers-model","usage":"{\"total_tokens\":7}","providerMs":1234},"phash":"fd83bb54156a1bb320c64e93d9582ac30892c8a9eaada80a6fb7674a6ec66d21","delivery":{"url":"https://imagedelivery.net/h/CQuISGvzCiENsXQw-eOmQgOC1Txyi-4/public","imageId":"CQuISGvzCiENsXQw-eOmQgOC1Txyi-4"},"nearDuplicateOf":null,"verdict":{"judgment":"pass","notes":"A red boat, as asked.","tags":["red-boat","sea"],"retrySuggestion":null}}'),
  (5, 'failed', NULL, NULL, NULL, '{"ordinal":5,"provider":"workers","index":1,"stage":"generate","status":{"failed":{"class":"model_gone","message":"scripted model_gone"}},"attempt":1,"failures":0,"refined":{"text":"A red boat on a calm sea\n\nName the light.","tips":["openai/one-light@2"]},"image":null,"phash":null,"delivery":null,"nearDuplicateOf":null,"verdict":null}');
