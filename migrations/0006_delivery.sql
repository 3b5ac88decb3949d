-- What is done with a near-duplicate, how a picture is delivered, and what its provider signed.

ALTER TABLE image_progressions ADD COLUMN near_duplicate_action TEXT; -- mark, stack or keep; NULL: it's like no other
ALTER TABLE image_progressions ADD COLUMN delivery_mode         TEXT; -- hosted or transform; NULL: no picture, or from before
ALTER TABLE image_progressions ADD COLUMN provenance            TEXT; -- c2pa: the original has a manifest; delivered files don't
