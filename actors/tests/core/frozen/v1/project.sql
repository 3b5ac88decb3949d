CREATE TABLE schema_version (version INTEGER NOT NULL);
CREATE TABLE inbox_senders (sender TEXT PRIMARY KEY, seq INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE inbox_asks (id TEXT PRIMARY KEY, reply TEXT NOT NULL, at_ms INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX inbox_asks_at ON inbox_asks (at_ms);
CREATE TABLE outbox (
       seq INTEGER PRIMARY KEY AUTOINCREMENT, lane TEXT NOT NULL, item TEXT NOT NULL, created_at INTEGER NOT NULL,
       attempts INTEGER NOT NULL DEFAULT 0, due_at INTEGER NOT NULL, dead INTEGER NOT NULL DEFAULT 0, error TEXT);
CREATE INDEX outbox_lane ON outbox (dead, lane, seq);
CREATE TABLE timers (name TEXT PRIMARY KEY, at_ms INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE project (
       id INTEGER PRIMARY KEY CHECK (id = 1), name TEXT NOT NULL, description TEXT NOT NULL, created_at INTEGER NOT NULL,
       updated_at INTEGER NOT NULL, revision INTEGER NOT NULL);
CREATE TABLE progressions (
       id TEXT PRIMARY KEY, parent_id TEXT, job_id TEXT, operation TEXT NOT NULL, prompt TEXT NOT NULL, refined_prompt TEXT,
       tip_ids TEXT NOT NULL, provider TEXT, model TEXT, variant_index INTEGER, start_image_url TEXT,
       generated_image_url TEXT, image_id TEXT, original_image_r2_key TEXT, media_type TEXT, width INTEGER,
       height INTEGER, bytes INTEGER, phash TEXT, near_duplicate_of TEXT, near_duplicate_distance INTEGER, usage TEXT,
       provider_ms INTEGER, judgment TEXT, notes TEXT, tags TEXT NOT NULL, retry_suggestion TEXT, search TEXT NOT NULL,
       created_at INTEGER NOT NULL, revision INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX progressions_created ON progressions (created_at, id);
CREATE TABLE artifacts (artifact_id TEXT PRIMARY KEY, at_ms INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO schema_version (version) VALUES
  (1);
INSERT INTO inbox_senders (sender, seq) VALUES
  ('artifact:LrUoAcRs6bVL0AuN9KQs6p', 3),
  ('job:CQuISGvzCiENsXQw-eOmQgOC1Txyi', 24),
  ('job:CQuISGvzCiENsXQw-n3cpiqw5igot', 34);
INSERT INTO inbox_asks (id, reply, at_ms) VALUES
  ('3QZusLeiw06eBur7tGnq', '{"body":{"id":"CQuISGvzCiENsXQw","name":"Sea and sky","description":"Boats and more.","progressions":6,"artifacts":["LrUoAcRs6bVL0AuN9KQs6p"],"createdAt":1795348800000,"updatedAt":1795442456000}}', 1795442456000),
  ('MyeiQtpmY76MJnEx3mGO', '{"body":{"id":"CQuISGvzCiENsXQw","name":"The sea","description":"Boats and more.","progressions":3,"artifacts":[],"createdAt":1795348800000,"updatedAt":1795442400000}}', 1795442400000),
  ('tpyKB5Vin6Ih6B73hWlB', '{"body":{"id":"CQuISGvzCiENsXQw-eG64dOaUf20l","projectId":"CQuISGvzCiENsXQw","parentProgressionId":"CQuISGvzCiENsXQw-n3cpiqw5igot-0","jobId":null,"variantIndex":null,"operation":"rollback","prompt":"A red boat on a calm sea","refinedPrompt":null,"tipIds":[],"provider":null,"model":null,"startImageUrl":"https://imagedelivery.net/h/CQuISGvzCiENsXQw-n3cpiqw5igot-0/public","generatedImageUrl":null,"mediaType":"image/png","width":64,"height":48,"nearDuplicateOf":null,"nearDuplicateDistance":null,"judgment":null,"notes":null,"tags":[],"retrySuggestion":null,"createdAt":1795442400000}}', 1795442400000);
INSERT INTO outbox (seq, lane, item, created_at, attempts, due_at, dead, error) VALUES
  (24, 'd1', '{"snapshot":{"table":"projects","columns":{"id":"CQuISGvzCiENsXQw","name":"Sea and sky","description":"Boats and more.","created_at":1795348800000,"updated_at":1795442456000,"revision":7}}}', 1795442456000, 4, 1795442459750, 0, 'unreachable');
DELETE FROM sqlite_sequence;
INSERT INTO sqlite_sequence (name, seq) VALUES
  ('outbox', 24);
INSERT INTO timers (name, at_ms) VALUES
  ('sweep', 1795536000000);
INSERT INTO project (id, name, description, created_at, updated_at, revision) VALUES
  (1, 'Sea and sky', 'Boats and more.', 1795348800000, 1795442456000, 7);
INSERT INTO progressions (id, parent_id, job_id, operation, prompt, refined_prompt, tip_ids, provider, model, variant_index, start_image_url, generated_image_url, image_id, original_image_r2_key, media_type, width, height, bytes, phash, near_duplicate_of, near_duplicate_distance, usage, provider_ms, judgment, notes, tags, retry_suggestion, search, created_at, revision) VALUES
  ('CQuISGvzCiENsXQw-eG64dOaUf20l', 'CQuISGvzCiENsXQw-n3cpiqw5igot-0', NULL, 'rollback', 'A red boat on a calm sea', NULL, '[]', NULL, NULL, NULL, 'https://imagedelivery.net/h/CQuISGvzCiENsXQw-n3cpiqw5igot-0/public', NULL, NULL, 'project/CQuISGvzCiENsXQw/jobs/CQuISGvzCiENsXQw-n3cpiqw5igot/orig/0', 'image/png', 64, 48, 4096, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '[]', NULL, 'a red boat on a calm sea', 1795442400000, 1),
  ('CQuISGvzCiENsXQw-eOmQgOC1Txyi-3', NULL, 'CQuISGvzCiENsXQw-eOmQgOC1Txyi', 'generate', 'A red boat on a calm sea', 'A red boat on a calm sea

Name the light.', '["openai/one-light@2"]', 'gemini', 'gemini-model', 1, NULL, 'https://imagedelivery.net/h/CQuISGvzCiENsXQw-eOmQgOC1Txyi-3/public', 'CQuISGvzCiENsXQw-eOmQgOC1Txyi-3', 'project/CQuISGvzCiENsXQw/jobs/CQuISGvzCiENsXQw-eOmQgOC1Txyi/orig/3', 'image/png', 64, 48, 4096, 'c046d0aa4daca8cf5b850fc243247a9b2c5c378ac19b118ef5548e06a156f1b5', NULL, NULL, '{"total_tokens":7}', 1234, NULL, NULL, '[]', NULL, 'a red boat on a calm sea', 1795442449120, 1),
  ('CQuISGvzCiENsXQw-eOmQgOC1Txyi-4', NULL, 'CQuISGvzCiENsXQw-eOmQgOC1Txyi', 'generate', 'A red boat on a calm sea', 'A red boat on a calm sea

Name the light.', '["openai/one-light@2"]', 'workers', 'workers-model', 0, NULL, 'https://imagedelivery.net/h/CQuISGvzCiENsXQw-eOmQgOC1Txyi-4/public', 'CQuISGvzCiENsXQw-eOmQgOC1Txyi-4', 'project/CQuISGvzCiENsXQw/jobs/CQuISGvzCiENsXQw-eOmQgOC1Txyi/orig/4', 'image/png', 64, 48, 4096, 'fd83bb54156a1bb320c64e93d9582ac30892c8a9eaada80a6fb7674a6ec66d21', NULL, NULL, '{"total_tokens":7}', 1234, NULL, NULL, '[]', NULL, 'a red boat on a calm sea', 1795442444120, 1),
  ('CQuISGvzCiENsXQw-n3cpiqw5igot-0', NULL, 'CQuISGvzCiENsXQw-n3cpiqw5igot', 'generate', 'A red boat on a calm sea', 'A red boat on a calm sea

Name the light.', '["openai/one-light@2"]', 'openai', 'openai-model', 0, NULL, 'https://imagedelivery.net/h/CQuISGvzCiENsXQw-n3cpiqw5igot-0/public', 'CQuISGvzCiENsXQw-n3cpiqw5igot-0', 'project/CQuISGvzCiENsXQw/jobs/CQuISGvzCiENsXQw-n3cpiqw5igot/orig/0', 'image/png', 64, 48, 4096, '33025d0d702c0aed7269d1f7386b5b2f01bf97a6848a2a659997e1988f0dbed3', NULL, NULL, '{"total_tokens":7}', 1234, 'pass', 'A red boat, as asked.', '["red-boat","sea"]', NULL, 'a red boat on a calm sea a red boat, as asked. red-boat sea', 1795348808110, 2),
  ('CQuISGvzCiENsXQw-n3cpiqw5igot-1', NULL, 'CQuISGvzCiENsXQw-n3cpiqw5igot', 'generate', 'A red boat on a calm sea', 'A red boat on a calm sea

Name the light.', '["openai/one-light@2"]', 'openai', 'openai-model', 1, NULL, 'https://imagedelivery.net/h/CQuISGvzCiENsXQw-n3cpiqw5igot-1/public', 'CQuISGvzCiENsXQw-n3cpiqw5igot-1', 'project/CQuISGvzCiENsXQw/jobs/CQuISGvzCiENsXQw-n3cpiqw5igot/orig/1', 'image/png', 64, 48, 4096, '92f45002b25d86b6bdd871052f65576ceaf4f3868e006bf0c5c63d769566aeb6', NULL, NULL, '{"total_tokens":7}', 1234, 'fail', 'The mast is bent.', '["boat"]', 'Ask for a straight mast.', 'a red boat on a calm sea the mast is bent. boat', 1795348808120, 2),
  ('CQuISGvzCiENsXQw-n3cpiqw5igot-2', NULL, 'CQuISGvzCiENsXQw-n3cpiqw5igot', 'generate', 'A red boat on a calm sea', 'A red boat on a calm sea

Name the light.', '["openai/one-light@2"]', 'gemini', 'gemini-model', 0, NULL, 'https://imagedelivery.net/h/CQuISGvzCiENsXQw-n3cpiqw5igot-2/public', 'CQuISGvzCiENsXQw-n3cpiqw5igot-2', 'project/CQuISGvzCiENsXQw/jobs/CQuISGvzCiENsXQw-n3cpiqw5igot/orig/2', 'image/png', 64, 48, 4096, '33025d0d702c0aed7269d1f7386b5b2f01bf97a6848a2a659997e1988f0dbed3', 'CQuISGvzCiENsXQw-n3cpiqw5igot-0', 0, '{"total_tokens":7}', 1234, 'pass', 'A red boat, as asked.', '["red-boat","sea"]', NULL, 'a red boat on a calm sea a red boat, as asked. red-boat sea', 1795348808120, 2);
INSERT INTO artifacts (artifact_id, at_ms) VALUES
  ('LrUoAcRs6bVL0AuN9KQs6p', 1795442430000);
