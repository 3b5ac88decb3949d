-- What a picture was asked of, what served in its place and why, and what was done where a provider has no such call.

ALTER TABLE image_progressions ADD COLUMN requested_provider TEXT;
ALTER TABLE image_progressions ADD COLUMN requested_model    TEXT;
ALTER TABLE image_progressions ADD COLUMN reroutes           TEXT;    -- JSON array: a reason for each model asked in vain
ALTER TABLE image_progressions ADD COLUMN emulated           TEXT;    -- NULL: the provider has such a call
ALTER TABLE image_progressions ADD COLUMN seed               INTEGER; -- NULL: the model takes none
