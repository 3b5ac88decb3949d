-- A session as version 1 left it: frozen. One job is over, one isn't.
CREATE TABLE schema_version (version INTEGER NOT NULL);
INSERT INTO schema_version VALUES (1);
CREATE TABLE inbox_senders (sender TEXT PRIMARY KEY, seq INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE inbox_asks (id TEXT PRIMARY KEY, reply TEXT NOT NULL, at_ms INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX inbox_asks_at ON inbox_asks (at_ms);
CREATE TABLE outbox (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, lane TEXT NOT NULL, item TEXT NOT NULL, created_at INTEGER NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0, due_at INTEGER NOT NULL, dead INTEGER NOT NULL DEFAULT 0, error TEXT);
CREATE INDEX outbox_lane ON outbox (dead, lane, seq);
CREATE TABLE timers (name TEXT PRIMARY KEY, at_ms INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE head (id INTEGER PRIMARY KEY CHECK (id = 1), epoch TEXT NOT NULL, last_seq INTEGER NOT NULL);
CREATE TABLE events (seq INTEGER PRIMARY KEY, frame TEXT NOT NULL, at_ms INTEGER NOT NULL);
CREATE TABLE tickets (ticket TEXT PRIMARY KEY, expires_at INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO inbox_senders VALUES ('job:4fZk0PqLx81mWd2C-7bY3lMn1Rx4F', 8);
INSERT INTO head VALUES (1, 'Ep0chOne', 6);
INSERT INTO events (seq, at_ms, frame) VALUES
(1, 1795348800000, '{"sessionId":"ada-laptop","seq":1,"type":"queued","ts":1795348800000,"data":{"jobId":"4fZk0PqLx81mWd2C-9aX2kLm0Qw3E","provider":"workers","variantIndex":0,"stage":"refine","progress":0.0}}'),
(2, 1795348800000, '{"sessionId":"ada-laptop","seq":2,"type":"running","ts":1795348800000,"data":{"jobId":"4fZk0PqLx81mWd2C-9aX2kLm0Qw3E","provider":"workers","variantIndex":0,"stage":"generate","progress":0.1}}'),
(3, 1795348800010, '{"sessionId":"ada-laptop","seq":3,"type":"queued","ts":1795348800010,"data":{"jobId":"4fZk0PqLx81mWd2C-7bY3lMn1Rx4F","provider":"gemini","variantIndex":0,"stage":"refine","progress":0.0}}'),
(4, 1795348800020, '{"sessionId":"ada-laptop","seq":4,"type":"running","ts":1795348800020,"data":{"jobId":"4fZk0PqLx81mWd2C-7bY3lMn1Rx4F","provider":"gemini","variantIndex":0,"stage":"generate","progress":0.1}}'),
(5, 1795348801000, '{"sessionId":"ada-laptop","seq":5,"type":"complete","ts":1795348801000,"data":{"jobId":"4fZk0PqLx81mWd2C-9aX2kLm0Qw3E","provider":"workers","variantIndex":0,"progress":1.0}}'),
(6, 1795348801000, '{"sessionId":"ada-laptop","seq":6,"type":"complete","ts":1795348801000,"data":{"jobId":"4fZk0PqLx81mWd2C-9aX2kLm0Qw3E","progress":1.0,"summary":{"variants":1,"completed":1,"failed":0,"passed":1,"nearDuplicates":0,"ms":1000}}}');
