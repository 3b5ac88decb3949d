-- 1: a program looked, not a person. The views from before count as people's.
ALTER TABLE artifact_views ADD COLUMN bot INTEGER NOT NULL DEFAULT 0;
