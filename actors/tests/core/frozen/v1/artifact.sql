CREATE TABLE schema_version (version INTEGER NOT NULL);
CREATE TABLE inbox_senders (sender TEXT PRIMARY KEY, seq INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE inbox_asks (id TEXT PRIMARY KEY, reply TEXT NOT NULL, at_ms INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX inbox_asks_at ON inbox_asks (at_ms);
CREATE TABLE outbox (
       seq INTEGER PRIMARY KEY AUTOINCREMENT, lane TEXT NOT NULL, item TEXT NOT NULL, created_at INTEGER NOT NULL,
       attempts INTEGER NOT NULL DEFAULT 0, due_at INTEGER NOT NULL, dead INTEGER NOT NULL DEFAULT 0, error TEXT);
CREATE INDEX outbox_lane ON outbox (dead, lane, seq);
CREATE TABLE timers (name TEXT PRIMARY KEY, at_ms INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE artifact (
   id INTEGER PRIMARY KEY CHECK (id = 1), edition TEXT NOT NULL, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL,
   revision INTEGER NOT NULL);
INSERT INTO schema_version (version) VALUES
  (1);
INSERT INTO inbox_asks (id, reply, at_ms) VALUES
  ('1efTj33KJaVcNCWuzDbt', '{"body":{"artifact_id":"LrUoAcRs6bVL0AuN9KQs6p","public_slug":"LrUoAcRs6bVL0AuN9KQs6p","kind":"lookbook"}}', 1795442456000),
  ('qwJQRq8gfCd1jlkCRA65', '{"body":{"artifact_id":"LrUoAcRs6bVL0AuN9KQs6p","public_slug":"LrUoAcRs6bVL0AuN9KQs6p","kind":"lookbook"}}', 1795442430000);
INSERT INTO outbox (seq, lane, item, created_at, attempts, due_at, dead, error) VALUES
  (4, 'd1', '{"snapshot":{"table":"artifacts","columns":{"id":"LrUoAcRs6bVL0AuN9KQs6p","project_id":"CQuISGvzCiENsXQw","kind":"lookbook","title":"The sea","content_r2_key":"artifact/a/2","public_slug":"LrUoAcRs6bVL0AuN9KQs6p","created_at":1795442430000,"media_type":"text/html; charset=utf-8","bytes":41234,"updated_at":1795442456000,"revision":2}}}', 1795442456000, 4, 1795442459750, 0, 'unreachable'),
  (5, 'd1', '{"snapshot":{"table":"project_artifacts","columns":{"project_id":"CQuISGvzCiENsXQw","artifact_id":"LrUoAcRs6bVL0AuN9KQs6p","revision":2}}}', 1795442456000, 0, 1795442456000, 0, NULL),
  (6, 'project:CQuISGvzCiENsXQw', '{"tell":{"to":"project:CQuISGvzCiENsXQw","message":{"project":{"published":{"artifact_id":"LrUoAcRs6bVL0AuN9KQs6p"}}}}}', 1795442456000, 4, 1795442459750, 0, 'unreachable');
DELETE FROM sqlite_sequence;
INSERT INTO sqlite_sequence (name, seq) VALUES
  ('outbox', 6);
INSERT INTO timers (name, at_ms) VALUES
  ('sweep', 1795536030000);
INSERT INTO artifact (id, edition, created_at, updated_at, revision) VALUES
  (1, '{"kind":"lookbook","title":"The sea","projectIds":["CQuISGvzCiENsXQw"],"contentR2Key":"artifact/a/2","mediaType":"text/html; charset=utf-8","bytes":41234,"imageOrigins":["https://imagedelivery.net"]}', 1795442430000, 1795442456000, 2);
