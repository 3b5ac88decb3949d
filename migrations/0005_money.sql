-- What calls to providers cost: the ledger's rows as the jobs keep them.

ALTER TABLE provider_calls ADD COLUMN requested_provider TEXT;    -- whose variant the call was for
ALTER TABLE provider_calls ADD COLUMN usage              TEXT;    -- JSON, as the provider reports it
ALTER TABLE provider_calls ADD COLUMN cost_nanousd       INTEGER; -- billionths of a US dollar; NULL: nobody knows, which isn't 0
