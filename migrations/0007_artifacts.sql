-- The list of artifacts, newest change first.
CREATE INDEX artifacts_by_change ON artifacts (updated_at);
